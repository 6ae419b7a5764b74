#!/usr/bin/env python3
"""sallyctl_test.py: the program as scripts use it: exit codes, JSON of every verb, no guessing, scan as a stream.

Usage: sallyctl_test.py --bin DIR      exit 0 good, 1 bad
"""
import argparse
import base64
import json
import os
import random
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
POLICIES = os.path.join(ROOT, "policies")
COMMANDS = ["status", "doctor", "reload", "version", "completion bash", "policy check", "policy test", "policy compile",
            "policy apply", "policy explain", "scan",
            "evidence list", "evidence show", "evidence tail", "evidence query", "evidence population",
            "evidence sample", "evidence prove", "evidence verify", "evidence export", "evidence snapshot", "key new",
            "key list", "key revoke"]
BIN = None


class Daemon:
    """An admin socket of a few lines: answers each question with what `answers` has for its command."""

    def __init__(self, run_dir, answers):
        self.answers, self.asked = answers, []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(os.path.join(run_dir, "admin.sock"))
        self.socket.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer, peer.makefile("rwb") as file:
                question = json.loads(file.readline())
                self.asked.append(question)
                file.write(json.dumps(self.answers[question["command"]]).encode() + b"\n")
                file.flush()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


class Case(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="sallyctl-test-")
        self.addCleanup(shutil.rmtree, self.work, True)
        for name in ("run", "state", "credentials"):
            os.mkdir(os.path.join(self.work, name), 0o700)

    def path(self, *names):
        return os.path.join(self.work, *names)

    def environment(self, **more):
        base = {name: value for name, value in os.environ.items() if not name.startswith("SALLYPORT_")}
        return dict(base, SALLYPORT_RUN_DIR=self.path("run"), SALLYPORT_STATE_DIR=self.path("state"),
                    SALLYPORT_CREDENTIALS=self.path("credentials"), **more)

    def ctl(self, *words, input="", expect=None, **more):
        answer = subprocess.run([BIN, *words], input=input, capture_output=True, text=not isinstance(input, bytes),
                                env=self.environment(**more), timeout=120)
        if expect is not None:
            self.assertEqual(answer.returncode, expect, f"{words}: {answer.stdout}{answer.stderr}")
        return answer

    def json(self, *words, expect=0, **more):
        answer = self.ctl(*words, "--output", "json", expect=expect, **more)
        value = json.loads(answer.stdout)
        noun_verb = "-".join(words[:2]) if words[0] in ("policy", "evidence", "key", "completion") else words[0]
        self.assertEqual(value["schema"], f"sallyport/{noun_verb}/1")
        return value

    def error(self, *words, expect, **more):
        """The same failure in both forms: three lines, and one object."""
        table = self.ctl(*words, expect=expect, **more)
        lines = table.stderr.splitlines()
        self.assertRegex(lines[-3], "^sallyctl: .")
        self.assertRegex(lines[-2], "^  why:  .")
        self.assertRegex(lines[-1], "^  next: .")
        answer = self.ctl(*words, "--output", "json", expect=expect, **more)
        start = answer.stderr.index("{")
        value = json.loads(answer.stderr[start:])
        self.assertEqual((value["schema"], value["exit"]), ("sallyport/error/1", expect))
        return value

    def overlay(self, name="bundle", **files):
        folder = self.path(name)
        os.mkdir(folder)
        files = dict({"bundle": f"format: 1\nname: test\ndescription: a test\nextends: {POLICIES}\n",
                      "tenants": "tenants:\n  acme:\n    vendors: [openai]\n"}, **files)
        for stem, text in files.items():
            with open(os.path.join(folder, stem + ".yaml"), "w", encoding="utf-8") as file:
                file.write(text)
        return folder


class Words(Case):
    def test_help_at_every_level(self):
        whole = self.ctl("--help", expect=0).stdout
        for command in COMMANDS:
            self.assertIn(f"  {command} ", whole)
            text = self.ctl(*command.split(), "--help", expect=0).stdout
            self.assertIn(f"usage: sallyctl {command}", text)
            examples = text.split("\nexamples\n")[1]
            self.assertGreaterEqual(examples.count(f"sallyctl {command}"), 2, command)
        for noun in ("policy", "evidence", "key", "completion"):
            self.assertIn("verbs", self.ctl(noun, "--help", expect=0).stdout)
        self.assertIn("usage:", self.ctl(expect=2).stderr)

    def test_no_prefix_is_a_name(self):
        nouns = {command.split()[0]: command.split()[1:] for command in COMMANDS}
        for noun, verb in nouns.items():
            for size in range(1, len(noun)):
                self.assertEqual(self.ctl(noun[:size], *verb).returncode, 2, noun[:size])
        for command in COMMANDS:
            noun, *verb = command.split()
            for size in range(1, len(verb[0]) if verb else 0):
                self.assertEqual(self.ctl(noun, verb[0][:size]).returncode, 2, verb[0][:size])

    def test_no_prefix_is_an_option(self):
        for command in COMMANDS:
            text = self.ctl(*command.split(), "--help").stdout
            names = set(re.findall(r"--([a-z][a-z-]+)", text.split("\nexamples\n")[0]))
            for name in names:
                for size in (1, len(name) // 2, len(name) - 1):
                    if name[:size] in names:
                        continue
                    answer = self.ctl(*command.split(), f"--{name[:size]}", "table")
                    self.assertEqual(answer.returncode, 2, f"{command} --{name[:size]}")

    def test_usage_errors(self):
        for words in (["nothing"], ["policy"], ["policy", "nothing"], ["evidence", "show"], ["status", "extra"],
                      ["scan"], ["key", "new"], ["evidence", "list", "--limit", "many"], ["policy", "apply"],
                      ["evidence", "list", "--since", "yesterday"], ["policy", "apply", "--image", "12ab"],
                      ["policy", "apply", "x", "--image", "0" * 64], ["scan", "--policy", "x", "--direction", "up"]):
            self.error(*words, expect=2)
        self.ctl("status", "--output", "xml", expect=2)

    def test_completion_completes(self):
        script = self.ctl("completion", "bash", expect=0).stdout
        asked = 'COMP_WORDS=(sallyctl evidence ""); COMP_CWORD=2; _sallyctl; echo "${COMPREPLY[@]}"'
        answer = subprocess.run(["bash", "-c", script + "\n" + asked], capture_output=True, text=True, cwd=self.work)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        for verb in ("list", "show", "tail", "query", "population", "sample", "prove", "verify", "export", "snapshot"):
            self.assertIn(verb, answer.stdout.split())
        asked = 'COMP_WORDS=(sallyctl --run-dir x scan --p); COMP_CWORD=4; _sallyctl; echo "${COMPREPLY[@]}"'
        answer = subprocess.run(["bash", "-c", script + "\n" + asked], capture_output=True, text=True, cwd=self.work)
        self.assertEqual(answer.stdout.split(), ["--policy"])
        self.assertIn("script", self.json("completion", "bash"))

    def test_a_full_disk_is_a_failure(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            answer = subprocess.run([BIN, "version"], stdout=full, stderr=subprocess.PIPE, env=self.environment())
        self.assertEqual(answer.returncode, 1)
        for words in (["--help"], ["completion", "bash"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                answer = subprocess.run([BIN, *words], stdout=full, stderr=subprocess.PIPE, env=self.environment())
            self.assertEqual(answer.returncode, 1)
            self.assertIn(b"the answer was not written whole", answer.stderr)

    def test_words_of_any_length_and_of_any_bytes(self):
        for words in (["status", ""], ["policy", "check", ""], ["evidence", "show", ""]):
            self.assertEqual(self.error(*words, expect=2)["code"],
                             "extra_argument" if words[0] == "status" else "empty_argument")
        answer = self.ctl("status", "x" * 100_000, expect=2)
        self.assertLess(len(answer.stderr), 10_000)
        daemon = Daemon(self.path("run"), {})
        self.addCleanup(daemon.close)

    def test_streams_that_the_caller_closed(self):
        # Never an abort, and never a file that is opened later in the place of stdout.
        for closed, words, code in ((">&-", "version", 1), ("2>&-", "version", 0), ("<&-", "version", 0),
                                    (">&- 2>&- <&-", "version", 1), ("2>/dev/full", "no-such-command", 2),
                                    ("2>&-", f"scan --policy {POLICIES}", 0), (">&- 2>&-", "no-such-command", 2)):
            shell = ["bash", "-c", f'"$0" {words} {closed}', BIN]
            answer = subprocess.run(shell, input=b"", capture_output=True, env=self.environment())
            self.assertEqual(answer.returncode, code, (closed, words, answer.stderr))

    def test_colour_only_where_it_is_wanted(self):
        self.assertNotIn("\x1b", self.ctl("doctor").stdout)
        self.assertIn("\x1b", self.ctl("doctor", CLICOLOR_FORCE="1").stdout)
        self.assertNotIn("\x1b", self.ctl("doctor", CLICOLOR_FORCE="1", NO_COLOR="1").stdout)


class Appliance(Case):
    def test_no_daemon(self):
        for words in (["status"], ["reload"], ["policy", "apply", POLICIES], ["policy", "apply", "--image", "0" * 64]):
            self.assertEqual(self.error(*words, expect=6)["code"], "daemon_unreachable")

    def test_status(self):
        answers = {"status": {"ok": True, "node": "n", "policy": {"version": 3},
                              "dataplane": {"connected": True, "state": "Ready", "counters": {"x": 1, "zero": 0}},
                              "problems": [{"code": "c", "message": "certificate ends soon", "hint": "renew"}]}}
        daemon = Daemon(self.path("run"), answers)
        self.addCleanup(daemon.close)
        value = self.json("status")
        self.assertTrue(value["ready"])
        self.assertEqual(value["policy"]["version"], 3)
        text = self.ctl("status", "--ready", expect=0).stdout
        self.assertIn("ready: requests are served", text)
        self.assertIn("certificate ends soon", text)
        self.assertIn("counter x", text)
        self.assertNotIn("zero", text)
        answers["status"]["dataplane"]["state"] = "Waiting"
        self.ctl("status", expect=0)
        self.ctl("status", "--ready", expect=3)
        self.assertIn("actor", daemon.asked[0])

    def test_apply_and_refusals(self):
        answers = {"apply": {"ok": True, "image": "ab" * 32, "bundle": "cd" * 32, "version": 4, "adopted": True,
                             "workers": 1}, "reload": {"ok": True}}
        daemon = Daemon(self.path("run"), answers)
        self.addCleanup(daemon.close)
        os.symlink(POLICIES, self.path("link"))
        self.assertEqual(self.json("policy", "apply", self.path("link"))["version"], 4)
        self.assertEqual(daemon.asked[-1]["folder"], os.path.realpath(POLICIES))
        self.assertIn("in every worker", self.ctl("policy", "apply", "--image", "ab" * 32, expect=0).stdout)
        self.assertEqual(daemon.asked[-1]["image"], "ab" * 32)
        self.json("reload")
        for code, exit in (("unknown_image", 4), ("denied", 5), ("image_refused", 1)):
            answers["apply"] = {"ok": False, "code": code, "message": "m", "hint": "h", "problems": []}
            self.assertEqual(self.error("policy", "apply", "--image", "0" * 64, expect=exit)["code"], code)
        self.error("policy", "apply", self.path("none"), expect=4)

    def test_doctor(self):
        value = self.json("doctor", expect=3)
        states = {row["check"]: row for row in value["checks"]}
        self.assertEqual(states["certificate"]["state"], "FAIL")
        self.assertEqual(states["matcher"]["state"], "OK")
        self.assertEqual(states["state-folder"]["state"], "OK")
        for row in value["checks"]:
            self.assertEqual(bool(row["fix"]), row["state"] != "OK", row)
        for line in self.ctl("doctor", expect=3).stdout.splitlines()[:-1]:
            self.assertRegex(line, "^(OK    |WARN  |FAIL  )")

    def test_version(self):
        value = self.json("version")
        self.assertRegex(value["version"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(value["libraries"]["matcher"], r"^5\.4\.0")

    def test_evidence_without_a_log(self):
        window = ["--kind", "REQ", "--from", "2d", "--to", "1d"]
        for words in (["list"], ["show", "sp_" + "0" * 26], ["verify"], ["export", self.path("out")], ["tail"],
                      ["query"], ["population", *window], ["sample", *window], ["prove", "0"],
                      ["snapshot", "--to", self.path("out")]):
            self.assertEqual(self.error("evidence", *words, expect=4)["code"], "no_log")


class Policy(Case):
    def test_the_shipped_bundle_is_good(self):
        value = self.json("policy", "check", POLICIES)
        self.assertTrue(value["ok"])
        self.assertGreater(value["examples"], 10)
        self.assertIn("policy test: OK", self.ctl("policy", "test", POLICIES, expect=0).stdout)
        self.json("policy", "test", POLICIES)

    def test_check_measures_the_rules_when_asked(self):
        value = self.json("policy", "check", POLICIES, "--speed")
        self.assertGreater(value["speed"]["yardstick_gigabytes_per_second"], 0)
        self.assertGreater(len(value["speed"]["rules"]), 10)
        folder = self.overlay()
        os.mkdir(os.path.join(folder, "entities"))
        with open(os.path.join(folder, "entities", "slow.yaml"), "w", encoding="utf-8") as file:
            file.write("entities:\n  BADGE:\n    description: a badge\n    rules:\n"
                       "      - {id: slow-badge, kind: pattern, pattern: '[A-Za-z0-9]{20}', confidence: 50}\n"
                       "    must_match:\n      - {text: 'abcdefghij0123456789', match: 'abcdefghij0123456789'}\n"
                       "    must_not_match:\n      - 'nothing'\n")
        answer = self.ctl("policy", "check", folder, "--speed", expect=3)
        self.assertRegex(answer.stderr, r"slow\.yaml:\d+:\d+: the rule slow-badge is slow: [0-9.]+ GB/s")

    def test_explain_says_what_how_and_by_which_rule(self):
        value = self.json("policy", "explain", "EMAIL_ADDRESS", "--policy", POLICIES, "--tenant", "main")
        entity, = value["entities"]
        self.assertEqual((entity["entity"], entity["action"], entity["decided_by"]),
                         ("EMAIL_ADDRESS", "tokenize", "personal-data-as-tokens"))
        self.assertEqual(entity["rules"][0]["kind"], "email")
        self.assertTrue(entity["rules"][0]["limit"])
        self.assertTrue(entity["finds"] and entity["leaves"] and value["limits"])
        response = self.json("policy", "explain", "SECRET", "--policy", POLICIES, "--direction", "response")
        secret, = response["entities"]
        self.assertEqual((secret["action"], secret["decided_by"]), ("block", "secrets-in-answers"))
        self.assertEqual(secret["finds"], [])  # examples of keys are not shown
        for one in self.json("policy", "explain", "--policy", POLICIES)["entities"]:
            for rule in one["rules"]:
                self.assertNotEqual(rule["kind"], "unknown", rule["id"])
                self.assertNotEqual(rule.get("validator", {}).get("name"), "unknown", rule["id"])
        self.assertIn("decided by rule", self.ctl("policy", "explain", "--policy", POLICIES, expect=0).stdout)
        self.error("policy", "explain", "NOTHING", "--policy", POLICIES, expect=4)

    def test_a_bad_bundle_is_a_no(self):
        folder = self.overlay(actions="rules:\n  - id: weak\n    entity: SECRET\n    direction: request\n"
                                      "    action: tokenize\n")
        answer = self.ctl("policy", "check", folder, expect=3)
        self.assertRegex(answer.stderr, r"actions\.yaml:\d+:\d+: ")
        self.assertRegex(answer.stderr, r"\n +\^\n")
        value = self.json("policy", "check", folder, expect=3)
        self.assertFalse(value["ok"])
        self.assertGreater(value["problems"][0]["line"], 0)
        for words in (("policy", "compile", folder), ("scan", "--policy", folder),
                      ("policy", "diff", POLICIES, folder), ("policy", "explain", "--policy", folder),
                      ("redact", "replay", "--policy", folder, "--window", "1h")):
            self.assertEqual(self.error(*words, expect=3)["code"], "bundle_invalid", words)
        self.error("policy", "check", self.path("none"), expect=4)

    def test_compile_stores_and_writes_the_same_image(self):
        folder = self.overlay()
        value = self.json("policy", "compile", folder, "-o", self.path("a.image"))
        self.assertEqual(value["image"], self.json("policy", "compile", folder)["image"])
        with open(self.path("a.image"), "rb") as file, open(value["stored"], "rb") as stored:
            self.assertEqual(file.read(), stored.read())
        self.assertEqual(value["stored"], self.path("state", "images", value["image"] + ".image"))
        self.assertEqual(os.stat(value["stored"]).st_mode & 0o777, 0o600)
        self.error("policy", "compile", folder, "-o", self.path("no", "where.image"), expect=1)

    def test_compile_makes_a_private_state_folder(self):
        self.json("policy", "compile", POLICIES, "--state-dir", self.path("made", "state"))
        self.assertEqual(os.stat(self.path("made", "state")).st_mode & 0o777, 0o700)
        # Nobody's business but root's: a state folder that others may write is not used.
        os.chmod(self.path("made", "state"), 0o777)
        answer = self.ctl("policy", "compile", POLICIES, "--state-dir", self.path("made", "state"))
        self.assertEqual(answer.returncode, 1, answer.stdout)
        answer = self.ctl("policy", "compile", POLICIES, "-o", self.path("i"),
                          "--state-dir", self.path("made", "state"))
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("not stored", answer.stderr)


class Keys(Case):
    def new(self, folder, *more, expect=0):
        return self.json("key", "new", "--policy", folder, "--tenant", "acme", "--principal", "desk",
                         "--environment", "lab", *more, expect=expect)

    def test_a_key_from_new_to_revoked(self):
        folder = self.overlay()
        value = self.new(folder, "--reason", "assistance", "--id", "desk")
        self.assertRegex(value["key"], r"^spk_[A-Za-z0-9_-]{43}$")
        self.assertEqual(len(base64.urlsafe_b64decode(value["key"][4:] + "=")), 32)
        with open(value["file"], encoding="utf-8") as file:
            text = file.read()
        self.assertNotIn(value["key"], text)
        second = self.ctl("key", "new", "--policy", folder, "--tenant", "acme", "--principal", "p2", "--environment",
                          "production", expect=0)
        self.assertRegex(second.stdout, r"^spk_[A-Za-z0-9_-]{43}\n$")
        self.assertIn("policy apply", second.stderr)
        self.ctl("policy", "check", folder, expect=0)
        rows = self.json("key", "list", "--policy", folder)["keys"]
        self.assertEqual([row["principal"] for row in rows], ["desk", "p2"])
        self.assertEqual(rows[0]["reason"], "assistance")
        self.assertIn("desk", self.ctl("key", "list", "--policy", folder, expect=0).stdout)
        self.json("key", "revoke", "desk", "--policy", folder)
        self.error("key", "revoke", "desk", "--policy", folder, expect=4)
        self.assertEqual(len(self.json("key", "list", "--policy", folder)["keys"]), 1)

    def test_edits_at_the_same_time_are_all_there(self):
        folder = self.overlay()

        def at_once(*words):
            jobs = [subprocess.Popen([BIN, "key", *(word.format(n) for word in words), "--policy", folder],
                                     env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    for n in range(6)]
            self.assertEqual([job.wait(120) for job in jobs], [0] * 6)

        at_once("new", "--tenant", "acme", "--environment", "lab", "--principal", "p{}", "--id", "k{}")
        self.assertEqual({row["id"] for row in self.json("key", "list", "--policy", folder)["keys"]},
                         {f"k{n}" for n in range(6)})
        at_once("revoke", "k{}")
        self.assertEqual(self.json("key", "list", "--policy", folder)["keys"], [])

    def test_the_hmac_is_under_the_key_of_the_appliance(self):
        import hashlib
        import hmac
        folder = self.overlay()
        value = self.new(folder)
        with open(self.path("state", "keys", "gateway-hmac.key"), encoding="utf-8") as file:
            secret = bytes.fromhex(file.read().strip())
        digest = hmac.new(secret, value["key"].encode(), hashlib.sha256).hexdigest()
        with open(value["file"], encoding="utf-8") as file:
            self.assertIn(digest, file.read().lower())

    def test_what_the_bundle_does_not_have(self):
        folder = self.overlay()
        line = ["key", "new", "--policy", folder, "--principal", "p"]
        self.error(*line, "--tenant", "nobody", "--environment", "lab", expect=4)
        self.error(*line, "--tenant", "acme", "--environment", "nowhere", expect=4)
        self.error("key", "list", "--policy", self.path("none"), expect=4)
        self.new(folder, "--id", "twice")
        self.error(*line, "--tenant", "acme", "--environment", "lab", "--id", "twice", expect=7)


class Scan(Case):
    def rows(self, lines, *words, expect=0):
        answer = self.ctl("scan", "--policy", POLICIES, *words, input="".join(line + "\n" for line in lines),
                          expect=expect)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def test_order_and_ids_of_many(self):
        chance = random.Random(5)
        ids = [chance.choice([f"text {i}", i, [i], {"n": i}, None, float(i) + 0.5]) for i in range(2000)]
        texts = [f"u{i}@example.org " * (i % 5) + "filler " * (i % 300) for i in range(2000)]
        rows = self.rows([json.dumps({"id": a, "text": t}) for a, t in zip(ids, texts)], "--tenant", "main",
                         "--environment", "lab", "--destination", "openai")
        self.assertEqual([row["id"] for row in rows], ids)
        for number, (text, row) in enumerate(zip(texts, rows)):
            self.assertEqual(len(row["spans"]), number % 5)
            for span in row["spans"]:
                self.assertEqual(text.encode()[span["start"]:span["end"]], f"u{number}@example.org".encode())

    def test_a_line_is_answered_before_stdin_closes(self):
        child = subprocess.Popen([BIN, "scan", "--policy", POLICIES], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, env=self.environment())
        try:
            for number in range(3):
                child.stdin.write(json.dumps({"id": number, "text": "jo@example.org"}).encode() + b"\n")
                child.stdin.flush()
                self.assertTrue(select.select([child.stdout], [], [], 60)[0], "no answer while stdin is open")
                self.assertEqual(json.loads(os.read(child.stdout.fileno(), 65536))["id"], number)
            child.stdin.close()
            self.assertEqual(child.wait(60), 0)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()

    def test_a_line_of_megabytes(self):
        filler = "words without anything in them, " * 100_000
        text = "a@example.org " + filler + " b@example.org"
        row, = self.rows([json.dumps({"id": 1, "text": text})])
        self.assertEqual([span["end"] for span in row["spans"]], [13, len(text)])
        run = "x" * 3_000_000
        row, = self.rows([json.dumps({"id": 1, "text": run + " b@example.org"})])
        self.assertEqual(row["verdict"], "redact")

    def test_bad_lines_stand_in_their_place(self):
        rows = self.rows(["{", '{"id":1,"text":"x"}', '{"id":2}', "[]", '{"id":3,"text_b64":"!"}',
                          '{"id":4,"text":"jo@example.org"}'], expect=1)
        self.assertEqual([("error" in row, row["id"]) for row in rows],
                         [(True, None), (False, 1), (True, 2), (True, None), (True, 3), (False, 4)])
        self.assertEqual(rows[3]["line"], 4)
        answer = self.ctl("scan", "--policy", POLICIES, input=b'\xff\xfe\n{"id":1,"text":"\xff"}\n', expect=1)
        self.assertEqual(answer.stdout.count(b'"error"'), 2)

    def test_redact_says_that_its_key_is_thrown_away(self):
        line = json.dumps({"id": 1, "text": "to jo@example.org"})
        answers = [self.ctl("scan", "--policy", POLICIES, "--redact", input=line, expect=0) for _ in range(2)]
        self.assertIn("throw-away", answers[0].stderr)
        texts = [json.loads(answer.stdout)["redacted"] for answer in answers]
        for text in texts:
            self.assertRegex(text, r"^to \[EMAIL-ADDRESS-[0-9A-Z]{23}\]$")
        self.assertNotEqual(*texts)

    def test_explain_and_stats(self):
        line = json.dumps({"id": 1, "text": "to jo@example.org"})
        row, = self.rows([line], "--explain")
        span, = row["spans"]
        self.assertEqual((span["rule"], span["kind"]), ("email-address", "email"))
        answer = self.ctl("scan", "--policy", POLICIES, "--stats", "--output", "json", input=line, expect=0)
        stats = json.loads(answer.stderr.strip().splitlines()[-1])
        self.assertEqual((stats["schema"], stats["texts"], stats["bytes"]), ("sallyport/scan-stats/1", 1, 17))
        self.assertEqual(stats["findings"], {"EMAIL_ADDRESS": 1})
        self.assertEqual(len(answer.stdout.splitlines()), 1)
        self.assertRegex(self.ctl("scan", "--policy", POLICIES, "--stats", input=line, expect=0).stderr, "MB/s")

    def test_defaults_are_named(self):
        self.assertRegex(self.ctl("scan", "--policy", POLICIES, expect=0).stderr, "as tenant main, environment lab")
        self.error("scan", "--policy", POLICIES, "--tenant", "nobody", expect=4)
        self.error("scan", "--policy", self.path("none"), expect=4)

    def test_a_response_meets_other_rules(self):
        line = json.dumps({"id": 1, "text": "new data: jo@example.org"})
        request, = self.rows([line], "--direction", "request")
        response, = self.rows([line], "--direction", "response")
        self.assertEqual(request["spans"][0]["action"], "tokenize")
        self.assertEqual(request["spans"][0]["start"], response["spans"][0]["start"])
        self.assertNotEqual(response["spans"][0]["action"], "tokenize")


def main():
    global BIN
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    options, rest = parser.parse_known_args()
    BIN = os.path.join(os.path.abspath(options.bin), "sallyctl")
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
