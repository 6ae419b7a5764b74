#!/usr/bin/env python3
"""vault_test.py: what a token stands for, from a request to its erasure, on the whole appliance.

The value is planted in a request. No file of the appliance ever holds it; the vault knows what its token stands for;
sealed it refuses what would mint tokens; a hold keeps it; an erasure destroys the keys that opened its row and
the rings, and the log says so.
"""
import glob
import json
import mmap
import os
import pwd
import re
import time
import unittest
import unittest.mock

import lab_fixture
from lab_fixture import Lab, chat
from lab_processes import run

PATH = "/openai/v1/chat/completions"
PLANTED = "planted.canary" + "@" + "vault-example.org"
OTHER = "somebody.else" + "@" + "vault-example.org"


class RestoringLab(Lab):
    """The lab, with one person who may ask the vault: the one who runs this test."""
    def write_overlay(self):
        super().write_overlay()
        me = pwd.getpwuid(os.getuid()).pw_name
        self.overlay("restoration.yaml", f"""reasons:
  - {{code: audit, text: yearly audit}}
  - {{code: incident, text: an incident, ticket: true}}
identities:
  - {{name: operator, unix: "{me}", roles: [desk]}}
rules:
  - {{id: desk, role: desk, entity: EMAIL_ADDRESS, reason: audit, environment: lab, allow: true}}
break_glass: [desk]
""")


class Vault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = RestoringLab(environment="lab")
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        for name, value in (("planted", PLANTED), ("other", OTHER)):
            with open(f"{cls.lab.work}/{name}.txt", "w", encoding="utf-8") as file:
                file.write(value + "\n")

    def ctl(self, *words, check=True):
        answer = self.lab.sallyctl(*words, "--output", "json", check=False)
        if check:
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return json.loads(answer.stdout or answer.stderr)

    def subject(self, *words, name="planted", check=True):
        return self.ctl("subject", *words, "--tenant", self.lab.tenant, "--entity", "EMAIL_ADDRESS", "--value-file",
                        f"{self.lab.work}/{name}.txt", check=check)

    def until(self, what, seconds, question):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if question():
                return
            time.sleep(0.1)
        self.fail(f"not within {seconds} s: {what}")

    def files_with(self, content):
        """Every file of the run and state folders, rings included, that holds these bytes."""
        found = []
        for folder in (self.lab.run_dir, self.lab.state_dir):
            for path in glob.glob(f"{folder}/**", recursive=True):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        if content in file.read():
                            found.append(path)
        return found

    def shared_memory_with(self, content):
        """Files of hugepages and of shared memory, whoever made them, that hold these bytes."""
        found = []
        for folder in ("/dev/hugepages", "/dev/shm"):
            for path in glob.glob(f"{folder}/**", recursive=True):
                try:
                    with open(path, "rb") as file:
                        held = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) if os.path.isfile(path) else b""
                        if held and held.find(content) >= 0:
                            found.append(path)
                except (OSError, ValueError):
                    continue  # gone meanwhile, or empty
        return found

    def memory_with(self, name, content):
        """What a core of this process would hold: its readable regions that have these bytes."""
        pid, found = self.lab.processes[name].pid, []
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, rights, *_, label = (line.rstrip("\n").split(None, 5) + [""])[:6]
                begin, end = (int(part, 16) for part in span.split("-"))
                if not rights.startswith("r") or label.startswith("[v"):
                    continue
                for at in range(begin, end, 1 << 24):
                    try:
                        memory.seek(at)
                        piece = memory.read(min(end - at, (1 << 24) + len(content)))
                    except (OSError, ValueError):
                        continue  # reserved, and never touched
                    if content in piece:
                        found.append(f"{name} {span} {label} +{at + piece.index(content) - begin:#x}")
        return found

    def key_slots(self, name):
        with open(f"{self.lab.state_dir}/vault/{name}", "rb") as file:
            raw = file.read()[4096:]
        slots = [raw[i:i + 128] for i in range(0, len(raw), 128)]
        return [slot for slot in slots if slot[:4] != b"\0\0\0\0"]

    def generation(self):
        return self.lab.status()["secrets"]["generation"]

    def settled(self, state="open", beyond=None):
        """The dataplane seals to the vault's newest key: of secrets that are newer than `beyond`, where it is given."""
        def same():
            status = self.lab.status()
            generation = status["secrets"]["generation"]
            return (status["vault"]["state"] == state and generation != beyond
                    and status["dataplane"]["secrets_generation"] == generation)
        self.until("the dataplane has the vault's key", 20, same)
        time.sleep(0.3)  # workers take it between two turns

    def test_1_without_a_vault_nothing_is_kept(self):
        self.assertEqual(self.lab.status()["vault"]["state"], "absent")
        self.assertEqual(self.lab.post(PATH, chat(PLANTED)).status, 200)
        self.assertFalse(os.path.exists(f"{self.lab.state_dir}/vault/subject.keys"))

    def test_2_a_mapping_reaches_the_vault_and_no_file_has_the_value(self):
        self.assertEqual(self.ctl("vault", "init")["state"], "open")
        self.settled()
        self.assertEqual(self.lab.post(PATH, chat(f"write to {PLANTED}")).status, 200)
        self.assertEqual(self.lab.post(PATH, chat(f"and to {OTHER}")).status, 200)
        self.until("two mappings", 10, lambda: self.ctl("vault", "status")["tokens"] == 2)
        self.assertEqual(self.files_with(PLANTED.encode()), [])
        self.lab.drained()
        found = self.subject("find")
        self.assertGreaterEqual(found["exchanges"], 1)
        self.assertEqual(found["subjects"][0]["tokens"][0]["entity"], "EMAIL_ADDRESS")
        self.assertIn("openai", found["by_vendor"])
        self.assertEqual(self.lab.post(PATH, chat(f"again {PLANTED}")).status, 200)
        time.sleep(0.5)
        self.assertEqual(self.ctl("vault", "status")["mappings_renewed"], 0, "a repeated mapping was sent again")

    def restore(self, token, *more, reason="audit"):
        """(exit code, the one result) of sallyctl restore."""
        answer = self.lab.sallyctl("restore", "--tenant", self.lab.tenant, "--reason", reason, *more, token,
                                   "--output", "json", check=False)
        return answer.returncode, json.loads(answer.stdout)["results"][0]

    def test_2a_a_named_person_has_the_value_back_for_a_reason_and_the_log_knows(self):
        self.assertEqual(self.lab.post(PATH, chat(f"write to {PLANTED}")).status, 200)
        token = re.search(r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]", json.dumps(self.lab.vendor_bodies()[-1])).group(0)
        code, result = self.restore(token)
        self.assertEqual((code, result["status"], result.get("value")), (0, "restored", PLANTED))
        # No rule for that reason; a token that was never made; one of somebody else's alphabet.
        code, result = self.restore(token, "--ticket", "INC-1", reason="incident")
        self.assertEqual((code, result["status"], "value" in result), (5, "denied", False))
        code, result = self.restore(token[:-2] + ("0" if token[-2] != "0" else "1") + "]")
        self.assertEqual((code, result["status"]), (4, "unknown"))
        done = self.lab.sallyctl("restore", "--tenant", "other", "--reason", "audit", token, "--output", "json",
                                 check=False)
        self.assertEqual(json.loads(done.stdout)["results"][0]["status"], "unknown")
        code, result = self.restore(token, "--ticket", "INC-1", "--break-glass", reason="incident")
        self.assertEqual((code, result.get("value")), (0, PLANTED))
        self.assertEqual(self.lab.sallyctl("access", "pending", check=False).returncode, 3)
        self.assertIn("restoration_review_open", {p["code"] for p in self.lab.status()["problems"]})
        review = self.ctl("access", "pending", check=False)["open"][0]["id"]
        close = ("access", "close", review, "--decision", "justified", "--note", "a drill")
        with unittest.mock.patch.dict(os.environ, SUDO_USER=pwd.getpwuid(os.getuid()).pw_name):
            self.assertEqual(self.lab.sallyctl(*close, check=False).returncode, 5)  # four eyes
        with unittest.mock.patch.dict(os.environ, SUDO_USER="reviewer"):
            self.ctl(*close)
        self.assertEqual(self.lab.sallyctl("access", "pending", check=False).returncode, 0)
        did = {(row["tenant"], row["reason"], row["rule"]): row for row in self.ctl("access", "review")["did"]}
        own = did[self.lab.tenant, "audit", "desk"]
        self.assertEqual((own["principal"], own["allowed"], own["denied"]), ("operator", 1, 1))
        self.assertEqual(did["other", "audit", "desk"]["denied"], 1)
        self.assertEqual(did[self.lab.tenant, "incident", "break-glass"]["allowed"], 1)
        self.assertEqual(self.files_with(PLANTED.encode()), [])

    def test_3_sealed_it_refuses_what_would_mint_and_lets_the_rest_pass(self):
        generation = self.generation()
        self.ctl("vault", "seal", "--reason", "drill")
        self.settled("sealed", beyond=generation)
        answer = self.lab.post(PATH, chat("third.person" + "@" + "vault-example.org"))
        self.assertEqual(answer.status, 503, answer.text)
        self.assertEqual(answer.headers.get("x-sallyport-reason-code"), "vault_sealed")
        self.assertEqual(self.lab.post(PATH, chat("no value in here")).status, 200)
        self.assertEqual(self.ctl("vault", "status", check=False)["state"], "sealed")
        generation = self.generation()
        self.assertEqual(self.ctl("vault", "unseal")["state"], "open")
        self.settled(beyond=generation)
        self.assertEqual(self.lab.post(PATH, chat("third.person" + "@" + "vault-example.org")).status, 200)

    def test_4_a_rotation_and_a_start_lose_nothing(self):
        tokens = self.ctl("vault", "status")["tokens"]
        self.assertEqual(self.ctl("vault", "key", "rotate", "--reason", "drill")["kek_generation"], 2)
        self.assertEqual(self.lab.post(PATH, chat("fourth.person" + "@" + "vault-example.org")).status, 200)
        self.until("one more", 10, lambda: self.ctl("vault", "status")["tokens"] == tokens + 1)
        self.lab.kill("sallyportd")
        self.lab.start_sallyportd()
        self.until("open again", 10, lambda: self.ctl("vault", "status", check=False).get("state") == "open")
        self.assertEqual(self.ctl("vault", "status")["tokens"], tokens + 1)
        self.settled()

    def test_4a_ceremonies_of_the_key(self):
        work = f"{self.lab.work}/ceremony"
        os.makedirs(work)
        for name in ("a", "b", "c"):
            run(["openssl", "genpkey", "-algorithm", "x25519", "-out", f"{work}/{name}.key"])
            run(["openssl", "pkey", "-in", f"{work}/{name}.key", "-pubout", "-out", f"{work}/{name}.pub"])
        self.ctl("vault", "key", "backup", "--to", f"{work}/a.pub", "--out", f"{work}/backup.json")
        self.assertTrue(self.ctl("vault", "key", "restore", f"{work}/backup.json", "--key", f"{work}/a.key",
                                 "--check")["good"])
        self.ctl("vault", "key", "split", "-n", "3", "-k", "2", "--to", f"{work}/a.pub", f"{work}/b.pub",
                 f"{work}/c.pub", "--out", work)
        pairs = [f"{work}/share-1.json:{work}/a.key", f"{work}/share-3.json:{work}/c.key"]
        few = self.ctl("vault", "key", "combine", pairs[0], "--out", f"{work}/vault.kek", check=False)
        self.assertEqual(few["code"], "share_too_few")
        self.ctl("vault", "key", "combine", *pairs, "--out", f"{work}/vault.kek")
        with open(f"{work}/vault.kek", "rb") as one, open(f"{self.lab.credentials}/vault.kek", "rb") as other:
            self.assertEqual(one.read(), other.read())
        self.ctl("vault", "seal", "--reason", "ceremony")
        os.rename(f"{self.lab.credentials}/vault.kek", f"{work}/kept.kek")
        first = self.ctl("vault", "unseal", "--share", f"{work}/share-2.json", "--key", f"{work}/b.key", check=False)
        self.assertEqual((first["state"], first["shares_brought"]), ("sealed", 1))
        self.assertEqual(self.ctl("vault", "unseal", "--share", f"{work}/share-3.json", "--key",
                                  f"{work}/c.key")["state"], "open")
        os.rename(f"{work}/kept.kek", f"{self.lab.credentials}/vault.kek")
        self.settled()

    def test_5_a_hold_defers_an_erasure_and_its_release_carries_it_out(self):
        self.ctl("hold", "add", "--tenant", self.lab.tenant, "--name", "case-7", "--reason", "litigation", "--entity",
                 "EMAIL_ADDRESS", "--value-file", f"{self.lab.work}/other.txt")
        erased = self.subject("erase", "--reason", "gdpr-17", name="other", check=False)
        self.assertEqual(erased["state"], "deferred")
        self.assertEqual(len(self.subject("find", name="other")["subjects"][0]["tokens"]), 1)
        self.assertEqual([row["result"] for row in self.subject("find", name="other")["erasures"]], ["deferred"])
        alone = self.lab.sallyctl("hold", "release", "case-7", "--reason", "settled", check=False)
        self.assertEqual(alone.returncode, 2, "without an approver")
        self.ctl("hold", "release", "case-7", "--reason", "settled", "--approver", "counsel")
        found = self.subject("find", name="other", check=False)
        self.assertEqual(found["subjects"][0]["tokens"], [])

    def test_6_an_erasure_destroys_every_key_that_opened_the_value(self):
        slots, receive = self.key_slots("subject.keys"), self.key_slots("receive.keys")
        erased = self.subject("erase", "--reason", "gdpr-17", "--ticket", "DSR-7")
        self.assertEqual((erased["keys_destroyed"], erased["tokens_removed"]), (1, 1))
        self.assertEqual((erased["rings"], erased["state"]), ("unreadable", "completed"))
        gone = [slot for slot in slots if slot not in self.key_slots("subject.keys")]
        self.assertEqual(len(gone), 1)
        for slot in gone + receive:
            self.assertEqual(self.files_with(slot[44:92]), [], "a wrapped key is still in a file")
        self.assertEqual(self.files_with(PLANTED.encode()), [])
        self.assertEqual(self.shared_memory_with(PLANTED.encode()), [])
        for name in ("sallyportd", "dataplane"):
            self.assertNotEqual(self.memory_with(name, b"sallyport"), [], "the search itself works")
            self.assertEqual(self.memory_with(name, PLANTED.encode()), [])
        found = self.subject("find", check=False)
        self.assertEqual(found["subjects"][0]["tokens"], [])
        self.assertGreaterEqual(found["exchanges"], 1, "the log still says where it was")
        self.lab.drained()
        self.assertEqual(self.lab.sallyctl("evidence", "verify").returncode, 0)
        # It may come back: a new mapping under a new key.
        self.assertEqual(self.lab.post(PATH, chat(f"anew {PLANTED}")).status, 200)
        self.until("a new mapping", 10, lambda: self.subject("find")["subjects"][0]["tokens"] != [])

    def test_6a_neither_process_leaves_a_core(self):
        for name in ("sallyportd", "dataplane"):
            with open(f"/proc/{self.lab.processes[name].pid}/limits", encoding="utf-8") as file:
                limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
            self.assertEqual(limits["Max core file size"], ["0", "0"], name)

    def test_7_reredact_gives_this_subject_other_tokens_and_nobody_else(self):
        def token_of(value):
            self.assertEqual(self.lab.post(PATH, chat(f"later {value}")).status, 200)
            return re.search(r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]", json.dumps(self.lab.vendor_bodies()[-1])).group(0)
        before, other = token_of(PLANTED), token_of(OTHER)
        answer = self.subject("reredact", "--reason", "leak-3")
        self.assertEqual(answer["subject_epoch"], 1)
        self.assertNotIn("token_epoch", answer)
        self.settled()
        self.until("another token", 15, lambda: token_of(PLANTED) != before)
        self.assertEqual(token_of(OTHER), other)
        self.assertEqual(self.restore(before)[1]["status"], "unknown")
        after = token_of(PLANTED)
        self.until("its mapping", 10, lambda: self.restore(after)[1]["status"] == "restored")
        self.assertEqual(self.subject("reredact", "--reason", "leak-4")["subject_epoch"], 2)
        self.settled()
        self.until("a third one", 15, lambda: token_of(PLANTED) not in (before, after))


if __name__ == "__main__":
    lab_fixture.main()
