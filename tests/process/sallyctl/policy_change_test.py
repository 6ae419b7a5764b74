#!/usr/bin/env python3
"""policy diff, guard, sign and approve as an author, a reviewer and a pipeline use them; tricks that must not get past.

Usage: policy_change_test.py --bin DIR --source DIR
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ARGUMENTS = None
PIN = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
CODE_FILES = 20_000
CODE_SECONDS_MAX = 10.0

BUNDLE = {
    "bundle.yaml": "format: 1\nname: small\n",
    "environments.yaml": "environments:\n  production: {durability: committed}\n  lab: {durability: recorded}\n",
    "tenants.yaml": "tenants:\n  sales: {vendors: [one]}\n  legal: {vendors: [one]}\n",
    "vendors/one.yaml": f"""vendor:
  name: one
  host: api.one.example
  addresses: [192.0.2.10]
  pins: ["{PIN}"]
  auth_header: authorization
  credential: one
  data_use: {{training: never, retention: zero, human_review: never, content_logging: none}}
  endpoints:
    - {{method: POST, path: /v1/chat, api_kind: chat}}
""",
    "vendors/api/chat.yaml": "api_kind: chat\nformat: 1\nrequest: {paths: {prompt: T}}\n"
                             "response: {paths: {answer: T}}\n",
    "entities/badge.yaml": """entities:
  BADGE:
    rules:
      - {id: badge, kind: pattern, pattern: 'badge-[0-9]{6}', validator: none, confidence: 80}
    must_match: [{text: badge-123456}]
    must_not_match: [badge-1]
""",
    "actions.yaml": """rules:
  - {id: badges, entity: BADGE, direction: request, min_confidence: 80, action: tokenize}
  - {id: unsure, direction: request, action: observe}
  - {id: answers, direction: response, action: observe}
""",
    "access.yaml": "rules: []\n",
    "routes.yaml": 'gateway_hosts: ["*"]\nprefixes: {/one: one}\n',
    "tests/seeded.yaml": """tests:
  - name: a badge is a token
    tenant: sales
    environment: production
    destination: one
    text: "this is badge-123456"
    expect: {verdict: pass, detections: [{entity: BADGE, match: badge-123456, action: tokenize}]}
""",
}


def write(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if "bundle.yaml" in files:
        shutil.copy(ARGUMENTS.source / "policies" / "limits.yaml", pathlib.Path(folder, "limits.yaml"))


def run(*arguments, cwd=None, environment=None):
    return subprocess.run([str(ARGUMENTS.bin / "sallyctl"), *map(str, arguments)], capture_output=True, text=True,
            timeout=120,
                          cwd=cwd, check=False, env={**os.environ, **(environment or {})})


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sallyport-change-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def bundle(self, name, changes=(), more=None):
        files = dict(BUNDLE, **(more or {}))
        for file, before, after in changes:
            self.assertIn(before, files[file])
            files[file] = files[file].replace(before, after)
        write(self.folder / name, {file: text for file, text in files.items() if text is not None})
        return self.folder / name

    def guard(self, changes=(), more=None, base=()):
        before = self.bundle("before", base)
        after = self.bundle("after", list(base) + list(changes), more)
        done = run("policy", "guard", before, after, "--output", "json")
        self.assertIn(done.returncode, (0, 3), done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode == 0, answer["ok"])
        return answer

    def refused(self, changes=(), more=None, base=()):
        shutil.rmtree(self.folder / "before", ignore_errors=True)
        shutil.rmtree(self.folder / "after", ignore_errors=True)
        answer = self.guard(changes, more, base)
        return sorted({one["finding"] for one in answer["findings"] if not one["excused_by"]})


# At a confidence that nothing has `badges` still decides: a rule that never does would stop the bundle.
HOLE = "rules:\n  - {id: hole, entity: BADGE, %s direction: request, max_confidence: 99, action: observe}\n"


class Guard(Folder):
    def test_nothing_changed_passes(self):
        self.assertEqual(self.refused(), [])

    def test_a_stricter_change_passes(self):
        self.assertEqual(self.refused([("actions.yaml", "action: tokenize", "action: block")],
                                      {"tests/seeded.yaml": BUNDLE["tests/seeded.yaml"].replace("verdict: pass",
                                              "verdict: block")
                                       .replace("action: tokenize", "action: block")}), ["test_weakened"])
        self.assertEqual(self.refused([("entities/badge.yaml", "confidence: 80", "confidence: 95")]), [])

    def test_a_rule_that_shadows_is_a_loosening(self):
        self.assertIn("redaction_loosened", self.refused([("actions.yaml", "rules:\n", HOLE % "")]))

    def test_narrowed_to_one_tenant_or_role_it_still_is(self):
        for narrow in ("tenant: legal,", "environment: lab,", "destination: one,", "role: tool,",
                "tenant: legal, role: system,"):
            self.assertIn("redaction_loosened", self.refused([("actions.yaml", "rules:\n", HOLE % narrow)]), narrow)

    def test_an_overlay_that_says_it_is_refused(self):
        before = self.bundle("before")
        overlay = self.folder / "site"
        write(overlay, {"actions.yaml": HOLE % "tenant: sales,"})
        (overlay / "bundle.yaml").write_text("format: 1\nname: site\nextends: ../before\n")
        done = run("policy", "guard", before, overlay)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("BADGE in requests: tokenize becomes observe for tenant sales (rule 'hole')", done.stdout)
        self.assertIn("site/actions.yaml:2: redaction_loosened", done.stdout)

    def test_a_lowered_confidence_is_refused(self):
        self.assertIn("redaction_loosened", self.refused([("entities/badge.yaml", "confidence: 80", "confidence: 79")]))

    def test_a_validator_or_pattern_that_finds_less_is_refused(self):
        for before, after in (("validator: none", "validator: entropy"), ("{6}'", "{7}'"), ("pattern: 'badge",
                "pattern: 'bad[g]e"),
                              ("confidence: 80", "confidence: 80, context: [staff]"), ("confidence: 80",
                                      "confidence: 80, against: [x]")):
            self.assertIn("detection_weakened", self.refused([("entities/badge.yaml", before, after)]), after)

    def test_a_renamed_entity_does_not_hide_a_loosening(self):
        renamed = {file: BUNDLE[file].replace("BADGE", "PASS_NUMBER") for file in ("actions.yaml", "tests/seeded.yaml")}
        renamed["entities/badge.yaml"] = None
        renamed["entities/other.yaml"] = BUNDLE["entities/badge.yaml"].replace("BADGE", "PASS_NUMBER")
        self.assertEqual(self.refused(more=renamed), ["test_weakened"])  # the test names the entity
        renamed["actions.yaml"] = renamed["actions.yaml"].replace("action: tokenize", "action: observe")
        self.assertIn("redaction_loosened", self.refused(more=renamed))
        renamed["entities/other.yaml"] = renamed["entities/other.yaml"].replace("{6}", "{8}").replace("123456",
                "12345678")
        self.assertIn("detection_weakened", self.refused(more=renamed))

    def test_an_entity_moved_to_another_file_is_the_same(self):
        moved = {"entities/badge.yaml": None, "entities/moved.yaml": BUNDLE["entities/badge.yaml"]}
        self.assertEqual(self.refused(more=moved), [])

    def test_an_entity_that_goes_is_refused(self):
        gone = {"entities/badge.yaml": BUNDLE["entities/badge.yaml"].replace("BADGE", "OTHER").replace("badge-",
                "other-"),
                "tests/seeded.yaml": "tests: []\n", "actions.yaml": BUNDLE["actions.yaml"].replace("BADGE", "OTHER")}
        self.assertIn("detection_weakened", self.refused(more=gone))

    def test_a_weakened_test_is_refused(self):
        seeded = "tests/seeded.yaml"
        for before, after in ((", action: tokenize", ""), ("verdict: pass, ", ""), ("production", "lab"), ("this is",
                "that is"),
                              (", detections: [{entity: BADGE, match: badge-123456, action: tokenize}]", "")):
            self.assertEqual(self.refused([(seeded, before, after)]), ["test_weakened"], before)
        self.assertEqual(self.refused([(seeded, "name: a badge is a token", "name: renamed")]), [])
        self.assertEqual(self.refused([("entities/badge.yaml", "must_not_match: [badge-1]",
                "must_not_match: [badge-2]")]),
                         ["test_weakened"])

    def test_content_logging_pins_and_data_use(self):
        vendor = "vendors/one.yaml"
        self.assertEqual(self.refused([(vendor, "content_logging: none", "content_logging: content")]),
                ["content_logging"])
        self.assertEqual(self.refused([(vendor, "training: never", "training: unknown")]), ["data_use_unknown"])
        second = {"vendors/two.yaml": BUNDLE[vendor].replace(": one", ": two").replace("api.one", "api.two")}
        reach = [("tenants.yaml", "legal: {vendors: [one]", "legal: {vendors: [one, two]")]
        self.assertEqual(self.refused(reach, second), [])
        second["vendors/two.yaml"] = second["vendors/two.yaml"].replace("  data_use", "  region: us\n  # data_use")
        self.assertEqual(self.refused(reach, second), ["data_use_unknown"])
        ca = (ARGUMENTS.source / "tests/unit/control/policy/test_ca.pem").read_text()
        self.assertEqual(self.refused([(vendor, f'pins: ["{PIN}"]', "ca_file: ca.pem")], {"ca.pem": ca}),
                ["vendor_unpinned"])

    def test_a_member_that_is_no_longer_read_is_refused(self):
        self.assertEqual(self.refused([("vendors/api/chat.yaml", "{prompt: T}", "{prompt: structural}")]),
                ["reading_weakened"])
        self.assertEqual(self.refused([("vendors/one.yaml", "  credential", "  unknown_field: pass\n  credential")]),
                         ["reading_weakened"])
        self.assertEqual(self.refused([("actions.yaml", "rules:",
                "opaque: [{id: o, kind: image, action: allow}]\nrules:")]),
                         ["reading_weakened"])

    def test_more_people_with_values_back_are_refused(self):
        self.assertEqual(self.refused([("access.yaml", "rules: []",
                "rules:\n  - {id: all, reason: support, allow: true}")]),
                         ["restoration_widened"])

    def exception(self, **changes):
        row = {"id": "e1", "finding": "redaction_loosened", "subject": "BADGE", "owner": "kim@example.org",
                "reason": "migration",
               "expires": '"2999-12-31"', **changes}
        return {"exceptions.yaml": "exceptions:\n  - {" + ", ".join(f"{k}: {v}" for k, v in row.items() if v) + "}\n"}

    def test_an_exception_with_an_owner_and_a_day_lets_it_pass(self):
        hole = [("actions.yaml", "rules:\n", HOLE % "tenant: legal,")]
        self.assertEqual(self.refused(hole, self.exception()), [])
        self.assertEqual(self.refused(hole, self.exception(tenant="legal")), [])
        for excuse in (self.exception(expires='"2020-01-01"'), self.exception(tenant="sales"),
                self.exception(environment="lab"),
                       self.exception(finding="test_weakened")):
            self.assertEqual(self.refused(hole, excuse), ["redaction_loosened"], excuse)
        wide = [("actions.yaml", "rules:\n", HOLE % "")]
        self.assertEqual(self.refused(wide, self.exception(tenant="legal")), ["redaction_loosened"])
        for excuse in (self.exception(owner=None), self.exception(expires=None)):
            after = self.bundle("broken", hole, excuse)
            done = run("policy", "guard", self.bundle("before"), after)
            self.assertEqual(done.returncode, 3)
            self.assertIn("an exception has no", done.stderr)

    def test_sarif_names_file_line_and_what_lets_it_pass(self):
        before, after = self.bundle("before"), self.bundle("after", [("actions.yaml", "rules:\n",
                HOLE % "tenant: legal,")],
                                                           self.exception())
        report = self.folder / "guard.sarif"
        done = run("policy", "guard", before, after, "--sarif", report, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        sarif = json.loads(report.read_text())
        self.assertEqual(sarif["version"], "2.1.0")
        result = sarif["runs"][0]["results"][0]
        self.assertEqual(result["ruleId"], "redaction_loosened")
        rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        self.assertEqual(rules[result["ruleIndex"]]["id"], "redaction_loosened")
        place = result["locations"][0]["physicalLocation"]
        self.assertEqual(place["artifactLocation"]["uri"], "after/actions.yaml")
        self.assertEqual(place["region"]["startLine"], 2)
        self.assertIn("kim@example.org", result["suppressions"][0]["justification"])


class Diff(Folder):
    def git(self, *arguments):
        done = subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c",
                "init.defaultBranch=main",
                               *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_it_says_what_changes_and_how_risky_that_is(self):
        before = self.bundle("before")
        after = self.bundle("after", [("actions.yaml", "action: tokenize", "action: mask")])
        done = run("policy", "diff", before, after)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("risk    risky: one approver, and a canary", done.stdout)
        self.assertIn("BADGE in requests: tokenize becomes mask", done.stdout)
        answer = json.loads(run("policy", "diff", after, before, "--output", "json").stdout)
        self.assertEqual((answer["risk"], answer["approvers"], answer["canary"]), ("loosening", 2, True))
        self.assertEqual(run("policy", "diff", before, before).returncode, 0)

    def test_revisions_of_git_are_read_with_what_they_extend(self):
        self.bundle("base")
        (self.folder / "site").mkdir()
        (self.folder / "site/bundle.yaml").write_text("format: 1\nname: site\nextends: ../base\n")
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "one")
        (self.folder / "site/actions.yaml").write_text(HOLE % "")
        (self.folder / "link.yaml").symlink_to("/etc/passwd")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "two")
        done = run("policy", "guard", "HEAD~1:site", "HEAD", "--path", "site", cwd=self.folder)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("site/actions.yaml:2: redaction_loosened", done.stdout)
        self.assertEqual(run("policy", "diff", "HEAD:site", "site", cwd=self.folder).returncode, 0)
        for wrong in ("nowhere:site", "HEAD:nowhere", "--upload-pack=x:site", "HEAD:../site"):
            self.assertIn(run("policy", "diff", wrong, "site", cwd=self.folder).returncode, (2, 4), wrong)
        leftover = [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("sallyport-git-")]
        self.assertEqual(leftover, [])

    def test_the_hook_refuses_a_commit_that_loosens_and_code_that_goes_around(self):
        self.bundle("policies")
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "one")
        hook = self.folder / ".git/hooks/pre-commit"
        shutil.copy(ARGUMENTS.source / "docs/examples/pre-commit", hook)
        hook.chmod(0o755)
        environment = {**os.environ, "SALLYCTL": str(ARGUMENTS.bin / "sallyctl")}

        def commit():
            self.git("add", "-A")
            return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m",
                    "next"],
                                  cwd=self.folder, capture_output=True, text=True, check=False, env=environment)

        actions = self.folder / "policies/actions.yaml"
        good = actions.read_text()
        actions.write_text(good.replace("rules:\n", HOLE % "tenant: legal,"))
        done = commit()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("redaction_loosened", done.stdout + done.stderr)
        actions.write_text("# a comment\n" + good)
        (self.folder / "app.py").write_text('URL = "https://api.openai.com/v1"\n')
        done = commit()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("code_vendor_host", done.stdout + done.stderr)
        (self.folder / "app.py").write_text('URL = "https://gateway.example.org/openai/v1"\n')
        done = commit()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Code(Folder):
    def found(self, name, text, *options):
        shutil.rmtree(self.folder / "code", ignore_errors=True)
        write(self.folder / "code", {name: text})
        done = run("policy", "guard", "--code", self.folder / "code", "--output", "json", *options)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        return [(one["finding"], one["line"]) for one in json.loads(done.stdout)["findings"] if not one["excused_by"]]

    def test_hosts_of_vendors(self):
        host, none = [("code_vendor_host", 1)], []
        for name, text, expected in (
                ("a.py", 'u = "https://api.openai.com/v1"\n', host),
                ("a.py", "u = f'https://{region}-aiplatform.googleapis.com'\n", none),
                ("a.py", "u = 'https://us-east1-aiplatform.googleapis.com'\n", host),
                ("a.ts", "const u = `https://${name}.openai.azure.com`\n", none),
                ("a.ts", "const u = `https://corp.openai.azure.com/x`\n", host),
                ("a.go", "u := `https://api.anthropic.com`\n", host),
                ("A.java", 'String u = "https://bedrock-runtime.eu-west-1.amazonaws.com";\n', host),
                ("a.py", "# https://api.openai.com is not called\n", none),
                ("a.js", "/* https://api.openai.com */ x = 1\n", none),
                ("a.py", 'u = "https://api.openai.com.example.org"\n', none),
                ("a.py", 'u = "https://gateway.example.org/openai/v1"\n', none),
                ("a.txt", '"https://api.openai.com"\n', none),
                ("node_modules/x/a.js", '"https://api.openai.com"\n', none),
                ("vendor/x/a.go", 'u := "https://api.openai.com"\n', none)):
            self.assertEqual(self.found(name, text), expected, text)
        self.assertEqual(self.found("a.py", 'u = "https://llm.corp.example"\n', "--hosts", "llm.corp.example"), host)

    def test_what_git_ignores_is_not_looked_at(self):
        line = 'u = "https://api.openai.com/v1"\n'

        def names():
            done = run("policy", "guard", "--code", self.folder / "code", "--output", "json")
            return sorted(one["file"] for one in json.loads(done.stdout)["findings"])

        write(self.folder / "code", {".gitignore": "made/\n*.gen.py\n", "a.py": line, "made/b.py": line,
                                     "c.gen.py": line, "d.gen.py": line, "inner/e.py": line})
        every = names()
        self.assertEqual(len(every), 5, "without a repository all of it counts")
        for folder in (".", "inner"):
            subprocess.run(["git", "init", "-q", self.folder / "code" / folder], check=True)
        subprocess.run(["git", "-C", self.folder / "code", "add", "-f", "d.gen.py"], check=True)
        left = [os.path.basename(name) for name in names()]
        self.assertEqual(left, ["a.py", "d.gen.py", "e.py"], "tracked, new, and of a repository inside")

    def test_clients_without_a_base_url(self):
        for name, text, count in (
                ("a.py", "from openai import OpenAI\nc = OpenAI(api_key=k)\n", 1),
                ("a.py", "from openai import OpenAI\nc = OpenAI(\n  api_key=k,\n  base_url=GATEWAY,\n)\n", 0),
                ("a.py", "class OpenAI(Base): pass  # openai\n", 0),
                ("a.py", "import boto3\nc = boto3.client('bedrock-runtime')\n", 1),
                ("a.py", "import boto3\nc = boto3.client('bedrock-runtime', endpoint_url=GATEWAY)\n", 0),
                ("a.ts", "import OpenAI from 'openai'\nconst c = new OpenAI({apiKey})\n", 1),
                ("a.ts", "import OpenAI from 'openai'\nconst c = new OpenAI({apiKey, baseURL})\n", 0),
                ("a.go", 'import "github.com/openai/openai-go"\nfunc f() { c := openai.NewClient() }\n', 1),
                ("a.go",
                        'import "github.com/openai/openai-go"\n'
                        "func f() { c := openai.NewClient(option.WithBaseURL(u)) }\n", 0),
                ("A.java", "import com.openai.x;\nvar c = OpenAIOkHttpClient.builder().apiKey(k).build();\n", 1),
                ("A.java", "import com.openai.x;\nvar c = OpenAIOkHttpClient.builder().baseUrl(u).build();\n", 0)):
            self.assertEqual(self.found(name, text), [("code_no_base_url", 2)] * count, text)
        self.assertEqual(self.found("a.py", "from openai import OpenAI\nc = OpenAI()\n",
                "--base-url-from-environment"), [])

    def test_prompts_in_logs(self):
        for name, text, count in (
                ("a.py", "logger.info('asked %s', prompt)\n", 1), ("a.py", "print(f'asked {prompt}')\n", 1),
                ("a.py", "logger.info('the prompt is long')\n", 0), ("a.py", "logger.info('%d', len(prompt))\n", 0),
                ("a.py", "store(prompt)\n", 0), ("a.py", "logger.info(messages)\n", 0),
                ("a.py", "import openai; logger.info(messages)\n", 1), ("a.py", "log.debug(prompt='x')\n", 0),
                ("a.js", "console.log(`asked ${userPrompt}`)\n", 1), ("a.js", "console.log({prompt})\n", 1),
                ("a.js", "console.log(prompt.length)\n", 0), ("a.js", "const re = /\"/; console.log(prompt)\n", 1),
                ("a.go", 'slog.Info("asked", "p", prompt)\n', 1), ("a.go", 'fmt.Println("prompt")\n', 0),
                ("A.java", 'logger.debug("asked {}", systemPrompt);\n', 1), ("A.java",
                        "System.out.println(prompt.length());\n", 0)):
            self.assertEqual(self.found(name, text), [("code_prompt_logged", 1)] * count, text)

    def test_a_suppression_says_why(self):
        line = 'u = "https://api.openai.com"'
        self.assertEqual(self.found("a.py", f"{line}  # sallyport: allow code_vendor_host -- health page, no data\n"),
                [])
        self.assertEqual(self.found("a.py", f"# sallyport: allow code_vendor_host -- health page, no data\n{line}\n"),
                [])
        self.assertEqual(self.found("a.py", f"{line}  # sallyport: allow code_vendor_host\n"),
                         [("code_vendor_host", 1), ("code_bare_suppression", 1)])
        self.assertEqual(self.found("a.py", f"{line}  # sallyport: allow code_prompt_logged -- another rule\n"),
                         [("code_vendor_host", 1)])

    def test_a_large_tree_is_quick(self):
        body = "".join(f"def f{i}(prompt_id, items):\n    return [x for x in items if x.api == {i}]\n\n"
                       for i in range(60))
        root = self.folder / "large"
        for i in range(CODE_FILES):
            folder = root / f"p{i // 500}"
            if i % 500 == 0:
                folder.mkdir(parents=True)
            (folder / f"m{i}.py").write_text(body)
        (root / "p7" / "bad.py").write_text('u = "https://api.anthropic.com"\n')
        before, used = time.monotonic(), os.times()
        done = run("policy", "guard", "--code", root, "--output", "json")
        now = os.times()
        wall = time.monotonic() - before
        cpu = now.children_user + now.children_system - used.children_user - used.children_system
        print(f"{CODE_FILES} files: {wall:.2f} s, {cpu:.2f} s of CPU")
        answer = json.loads(done.stdout)
        self.assertEqual(answer["files"], CODE_FILES + 1)
        self.assertEqual([one["file"].rsplit("/", 1)[1] for one in answer["findings"]], ["bad.py"])
        self.assertLess(cpu, CODE_SECONDS_MAX)  # of CPU: other tests run beside this one


@unittest.skipUnless(shutil.which("ssh-keygen"), "needs ssh-keygen (package openssh-client)")
class Signatures(Folder):
    def key(self, name):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        return self.folder / name

    def test_an_author_signs_and_others_approve(self):
        policies = self.bundle("policies")
        names = ("alice", "bob", "carol")
        keys = {name: self.key(name) for name in names}
        signers = self.folder / "policy_signers"
        signers.write_text("".join(f"{name} {(self.folder / (name + '.pub')).read_text()}" for name in names))
        signers.chmod(0o600)

        def sign(verb, name, *more):
            done = run("policy", verb, policies, "--key", keys[name], "--allowed-signers", signers, "--output",
                    "json", *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)["approvals"]

        digest = json.loads(run("policy", "check", policies, "--output", "json").stdout)["bundle"]
        self.assertFalse(sign("sign", "alice")["enough"])
        self.assertFalse(sign("approve", "alice")["enough"])
        self.assertTrue(sign("approve", "bob")["enough"])
        # What is signed is no part of what is signed; anybody can check it with ssh-keygen alone.
        self.assertEqual(json.loads(run("policy", "check", policies, "--output", "json").stdout)["bundle"], digest)
        signature = next((policies / ".approvals").glob(f"{digest}.author.*.sig"))
        done = subprocess.run(["ssh-keygen", "-Y", "verify", "-n", "sallyport-policy", "-I", "alice", "-f", signers,
                "-s", signature],
                              input=f"sallyport policy bundle 1\n{digest}\nauthor\n", text=True, check=False,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        # A change that loosens needs two.
        base = self.bundle("base", [("actions.yaml", "action: tokenize", "action: block")],
                           {"tests/seeded.yaml": "tests: []\n"})
        self.assertFalse(sign("approve", "bob", "--base", base)["enough"])
        self.assertTrue(sign("approve", "carol", "--base", base)["enough"])
        # Another digest is nobody's.
        (policies / "actions.yaml").write_text((policies / "actions.yaml").read_text() + "# more\n")
        self.assertEqual(sign("approve", "carol")["code"], "author_missing")

    def test_what_is_no_key_is_said(self):
        policies = self.bundle("policies")
        done = run("policy", "sign", policies, "--key", policies / "actions.yaml")
        self.assertEqual(done.returncode, 4)
        self.assertIn("is no SSH key", done.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    ARGUMENTS, rest = parser.parse_known_args()
    ARGUMENTS.bin, ARGUMENTS.source = ARGUMENTS.bin.resolve(), ARGUMENTS.source.resolve()
    unittest.main(argv=[sys.argv[0]] + rest, verbosity=2)
