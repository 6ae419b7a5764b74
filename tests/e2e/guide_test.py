#!/usr/bin/env python3
"""guide_test.py: an operator with docs/operator_guide.md (and README.md) in the hand types every command in its order.

Commands are taken from the pages: lines of indented blocks, and code in running text, that begin with a program of
ours or of the system, and typed in the order of the pages. plan() says what stands in for placeholders, what an
answer must show, and what cannot run here and why; a command that it does not have is typed as it stands and has to
end with 0.
"""
import datetime
import getpass
import glob
import json
import os
import re
import shutil
import subprocess
import time
import unittest

import lab_fixture
from lab_fixture import Lab, chat
from lab_processes import ROOT, run, wait_for

PAGES = ("README.md", "docs/operator_guide.md")
PROGRAMS = ("sallyctl", "sallyportd", "sallyport-dataplane", "sallyport-verify", "sudo", "cmake", "cp", "mkdir",
            "openssl", "bench/run", "tests/quality/run")
PLANTED = "guide.reader" + "@" + "operator-example.org"
PATH = "/openai/v1/chat/completions"


def commands_of(page):
    """[(line, command)] of a page, in its order."""
    with open(f"{ROOT}/{page}", encoding="utf-8") as file:
        lines = file.read().split("\n")
    blocks = [(number, re.sub(r"\s{2,}#.*$", "", line.strip())) for number, line in enumerate(lines, 1)
              if line.startswith("    ")]
    found = [(number, text) for number, text in blocks if text.split(" ")[0] in PROGRAMS]
    prose = "\n".join("" if line.startswith("    ") else line for line in lines)
    for span in re.finditer(r"`([^`]+)`", prose):
        text = span.group(1).replace("\n", " ")
        # The bare name of a program is a name.
        if text.split(" ")[0] in PROGRAMS and (" " in text or "/" in text):
            found.append((prose.count("\n", 0, span.start()) + 1, text))
    return sorted(found, key=lambda one: one[0])


class GuideLab(Lab):
    """The lab, with the folders where the guide has them and what it says about policy files in them."""
    tenant = "acme"

    def start(self):
        """Up to what the guide begins with: networks, a vendor, certificates, credentials."""
        try:
            self.network()
            self.make_certificates()
            self.site = f"{self.work}/site"
            shutil.copytree(f"{ROOT}/policies", f"{self.site}/policies")
            git = ["git", "-C", self.site, "-c", "user.name=o", "-c", "user.email=o@example.org"]
            run(["git", "init", "-q", "-b", "main", self.site])
            run([*git, "add", "."])
            run([*git, "commit", "-q", "-m", "as shipped"])
            os.makedirs(self.credentials, mode=0o700)
            self.secret("vendor.openai", b"lab-" + os.urandom(24).hex().encode())
            shutil.copy(f"{self.credentials}/vendor.openai", f"{self.work}/vendor_credential")
            for name in ("pem", "key"):
                with open(f"{self.certificates}/{self.gateway_host}.{name}", "rb") as file:
                    self.secret(f"gateway.{name}", file.read())
            self.restart_vendor()
        except BaseException:
            self.stop()
            raise
        return self

    def secret(self, name, content):
        with open(os.open(f"{self.credentials}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)

    def write_site(self):
        """The table of section 4, and two tenants with rules for restoration."""
        with open(f"{self.certificates}/{self.vendor_hosts[0]}.pin", encoding="utf-8") as file:
            pin = file.read().strip()
        shutil.copy(f"{self.certificates}/vendor_ca.pem", f"{self.policy_folder}/vendor_ca.pem")
        for name, text in {
            "bundle.yaml": "format: 1\nname: site\nextends: ../base\n",
            "vendors/openai.yaml": f"vendor: {{addresses: [{self.vendor_address}], pins: [\"sha256/{pin}\"], "
                                   "ca_file: vendor_ca.pem}\n",
            "tenants.yaml": "tenants: {acme: {vendors: [openai]}, beta: {vendors: [openai]}}\n",
            "access.yaml": "rules: [{id: support, tenant: acme, reason: support, allow: true}]\n",
            "rollout.yaml": "rollout: {canary_least_exchanges: 1, canary_least_seconds: 0}\n",
            "restoration.yaml": f"identities:\n  - {{name: operator, unix: \"{getpass.getuser()}\", roles: [desk]}}\n"
                                "rules:\n  - {id: desk, role: desk, entity: EMAIL_ADDRESS, reason: incident, "
                                "environment: lab, allow: true}\n",
        }.items():
            self.overlay(name, text)

    def action(self, entity, action, folder=None):
        """One rule of the overlay (or of a checkout) in front of all others."""
        path = f"{folder or self.policy_folder}/actions.yaml"
        text = "rules:\n"
        if folder:
            with open(f"{ROOT}/policies/actions.yaml", encoding="utf-8") as file:
                text = file.read()
        rule = f"rules:\n  - id: guide\n    entity: {entity}\n    direction: request\n    action: {action}\n"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("rules:\n", rule, 1))

    def typed(self, command, words, stdin=None):
        """What an operator's shell answers."""
        for name, value in words.items():
            command = re.sub(rf"(?<![\w.,/-]){re.escape(name)}(?![\w-])" if name[0] != "/" else re.escape(name),
                             lambda _: value, command)
        environment = dict(self.environment_variables(), PATH=f"{self.bin}:{os.environ['PATH']}", HOME=self.work)
        return subprocess.run(["bash", "-c", command], cwd=self.site, env=environment, input=stdin, text=True,
                              capture_output=True, timeout=120)


class Step:
    """How one command is typed here: `words` stand in for its placeholders, `before` makes its state, `after` looks."""

    def __init__(self, command, after=None, before=None, codes=(0,), stdin="", words=None, reason=None, says=()):
        self.command, self.after, self.before, self.codes, self.stdin = command, after, before, codes, stdin
        self.words, self.reason, self.says = words or {}, reason, says


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = GuideLab(environment="lab", vendors=("openai",))
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        lab = cls.lab
        cls.words = {"/etc/sallyport": lab.work, "/var/lib/sallyport": lab.state_dir, "/var/tmp/audit":
                     f"{lab.work}/audit", "DIR": lab.policy_folder, "KEY": f"{lab.work}/author",
                     "LINK": "https://changes.example/17"}

    # --- states that a command needs, and what its answer must show ----------------------------------

    def ask(self, key="allowed"):
        answer = self.lab.post(PATH, chat(f"write to {PLANTED}"), key=key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer

    def until(self, what, question):
        wait_for(what, 60, question, *self.lab.processes.values())

    def ctl(self, *words):
        return json.loads(self.lab.sallyctl(*words, "--output", "json").stdout)

    def took_key(self, answer):
        self.lab.keys["allowed"] = re.search(r"\bspk_\S+", answer.stdout).group(0)
        self.assertNotIn(self.lab.keys["allowed"], self.all_policy())
        made = self.ctl("key", "new", "--policy", self.lab.policy_folder, "--tenant", "beta", "--principal", "bot",
                        "--environment", "lab", "--id", "spare")
        self.lab.keys["second"] = made["key"]
        self.words["KEYID"] = "spare"

    def all_policy(self):
        found = ""
        for path in glob.glob(f"{self.lab.policy_folder}/**/*.yaml", recursive=True):
            with open(path, encoding="utf-8") as file:
                found += file.read()
        return found

    def start_sallyportd(self):
        self.lab.start_sallyportd()

    def signer(self):
        for name in ("author", "ben"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@lab", "-f", f"{self.lab.work}/{name}"])

    def second_signer(self):
        self.words["KEY"] = f"{self.lab.work}/ben"

    def signed(self, _):
        self.assertEqual(len(os.listdir(f"{self.lab.policy_folder}/.approvals")), 1)

    def approved(self, _):
        self.assertEqual(len(os.listdir(f"{self.lab.policy_folder}/.approvals")), 2)

    def stricter(self):
        self.lab.action("PHONE_NUMBER", "mask", f"{self.lab.site}/policies")

    def looser(self):
        self.lab.action("PHONE_NUMBER", "allow", f"{self.lab.site}/policies")

    def change(self):
        self.former = self.lab.status()["policy"]["image"]
        self.turn = getattr(self, "turn", 0) + 1
        self.lab.action("PHONE_NUMBER", "mask" if self.turn % 2 else "hash")

    def changed(self, _):
        self.assertNotEqual(self.lab.status()["policy"]["image"], self.former)

    def rolled_back(self, _):
        self.assertEqual(self.lab.status()["policy"]["image"], self.former)
        images = [step["image"] for step in self.ctl("policy", "history")["steps"]]
        self.words["DIGEST"] = next(image for image in images if image != self.former)

    def on_canary(self, _):
        self.assertEqual(self.lab.status()["policy"]["image"], self.former)
        self.ask()
        self.ask("second")
        self.until("an exchange of the canary",
                   lambda: self.lab.status()["policy"]["canary"]["counts"]["exchanges"] > 0)

    def first_request(self):
        self.words["ID"] = self.ask().request_id
        self.lab.drained()

    def vault_settled(self):
        def same():
            status = self.lab.status()
            return (status["vault"]["state"] == "open"
                    and status["dataplane"]["secrets_generation"] == status["secrets"]["generation"])
        self.until("the dataplane has the vault's key", same)

    def custodians(self):
        for name in "abcde":
            run(["openssl", "genpkey", "-algorithm", "x25519", "-out", f"{self.lab.site}/{name}.key"])
            run(["openssl", "pkey", "-in", f"{self.lab.site}/{name}.key", "-pubout", "-out",
                 f"{self.lab.site}/{name}.pub"])

    def split_again(self):
        for path in glob.glob(f"{self.lab.site}/share-*.json"):
            os.unlink(path)
        for command in ("sallyctl vault key split -n 5 -k 3 --to a.pub b.pub c.pub d.pub e.pub",
                        "sallyctl vault seal --reason drill"):
            self.assertEqual(self.lab.typed(command, {}).returncode, 0)

    def other_custodians(self, _):
        for name, code in (("1", 9), ("5", 0)):
            key = "abcde"[int(name) - 1]
            answer = self.lab.typed(f"sallyctl vault unseal --share share-{name}.json --key {key}.key", {})
            self.assertEqual(answer.returncode, code, answer.stdout + answer.stderr)
        self.vault_settled()

    def mapping(self):
        self.vault_settled()
        # Workers do not send a pair again that they sent: this one they have not.
        before = self.ctl("vault", "status")["tokens"]
        self.ask()
        self.until("a mapping", lambda: self.ctl("vault", "status")["tokens"] > before)
        with open(f"{self.lab.site}/value.txt", "w", encoding="utf-8") as file:
            file.write(PLANTED + "\n")
        self.words["TOKEN"] = re.search(r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]",
                                        json.dumps(self.lab.vendor_bodies()[-1])).group(0)
        self.lab.drained()

    def restored(self, answer):
        self.assertIn(PLANTED, answer.stdout)

    def nothing_left(self, _):
        found = self.lab.typed("sallyctl subject find --tenant acme --entity EMAIL_ADDRESS --output json < value.txt",
                               {})
        self.assertEqual(json.loads(found.stdout)["subjects"][0]["tokens"], [])

    def window(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: E731
        self.words.update(FROM=stamp(now - datetime.timedelta(hours=1)), TO=stamp(now - datetime.timedelta(seconds=2)))

    def plan(self):
        """Every command of the pages, in their order."""
        elsewhere, builds = "it has a test of its own", "it installs packages or builds for minutes"
        s = Step
        return [
            s("sudo scripts/demo", reason=builds),
            s("sudo scripts/test", reason="it runs this test"),
            s("bench/run --quick", reason="it measures for minutes; " + elsewhere),
            s("tests/quality/run", reason=elsewhere + ": quality_*"),
            s("sudo scripts/setup", reason=builds),
            s("sallyctl doctor", codes=(0, 3), says=("OK", "WARN")),
            s("sudo scripts/setup", reason=builds),
            s("cmake --preset release && cmake --build --preset release", reason=builds),
            s("sallyctl status", codes=(6,), says=("sallyportd",)),
            # 4. First start
            s("sallyctl doctor", codes=(0, 3)),
            s("cp -r policies /etc/sallyport/base"),
            s("mkdir -p /etc/sallyport/policies/vendors", after=lambda _: self.lab.write_site()),
            s("sallyctl key new --policy /etc/sallyport/policies --tenant acme --principal support-desk "
              "--environment lab --reason support", after=self.took_key),
            s("sallyctl policy check /etc/sallyport/policies"),
            s("sallyctl policy check /etc/sallyport/policies --speed"),
            s("sallyctl policy test /etc/sallyport/policies"),
            s("sallyport-dataplane --check", words={"--check": f"--check --config {self.lab.config_path}"},
              says=("memory",)),
            s("sallyport-dataplane --check", words={"--check": f"--check --config {self.lab.config_path}"},
              says=("memory",)),
            s("sallyportd --policy /etc/sallyport/policies", before=self.start_sallyportd,
              words={"sallyportd": "true"}),
            s("sallyport-dataplane", before=self.lab.start_dataplane, words={"sallyport-dataplane": "true"}),
            s("sallyctl status", says=("ready",)),
            # 5. Daily work
            s("sallyctl status"),
            s("sallyctl doctor", codes=(0, 3)),
            s("sallyctl scan --policy DIR --explain", stdin='{"id":1,"text":"mail ' + PLANTED + '"}\n',
              says=("EMAIL_ADDRESS", "redact")),
            s("sallyctl policy explain EMAIL_ADDRESS --policy DIR --tenant acme", says=("tokenize",)),
            s("sallyctl policy diff main:policies policies", before=self.stricter, codes=(3,), says=("stricter",)),
            s("sallyctl policy guard main:policies policies --code .", before=self.looser, codes=(3,),
              says=("redaction_loosened",), after=lambda _: self.stricter()),
            s("sallyctl policy sign DIR --key KEY", before=self.signer, after=self.signed),
            s("sallyctl policy approve DIR --key KEY --base main:policies", before=self.second_signer,
              after=self.approved),
            s("sallyctl policy apply DIR", before=self.change, after=self.changed),
            s("sallyctl policy rollback", after=self.rolled_back),
            s("sallyctl policy rollback DIGEST", after=self.changed),
            s("sallyctl policy history", says=("rollback",)),
            s("sallyctl policy apply DIR --canary acme,beta --change LINK", before=self.change, after=self.on_canary),
            s("sallyctl policy promote", after=self.changed),
            s("sallyctl policy apply DIR --confirm-within 5m", before=self.change, after=self.changed),
            s("sallyctl policy confirm", after=self.changed),
            s("sallyctl policy apply DIR --emergency --note WHY", before=self.change, after=self.changed,
              words={"WHY": "'the list of a vendor leaked'"}),
            s("sallyctl policy review"),
            s("sallyctl policy history", says=("confirm", "https://changes.example/17", "leaked")),
            s("sallyctl key list --policy DIR", says=("spare", "support-desk")),
            s("sallyctl key revoke KEYID --policy DIR"),
            s("sallyctl evidence list", before=self.first_request),
            s("sallyctl evidence show ID", says=("acme", "support-desk", "EMAIL_ADDRESS")),
            s("sallyctl evidence list --kind TLS --vendor NAME", words={"NAME": "openai"},
              says=("tls_connection", "identity_seen", "TLS_")),
            s("sallyctl evidence show INDEX", words={"INDEX": "0"}),
            s("sallyctl evidence verify", says=("OK",)),
            s("sallyctl evidence tail --follow", codes=(130,),
              words={"sallyctl": "timeout --preserve-status -s INT 2 sallyctl"}),
            s("sallyctl reload"),
            # 5.1 The vault
            s("sallyctl vault init"),
            s("sallyctl vault status", says=("open",)),
            s("openssl genpkey -algorithm x25519 -out escrow.key; openssl pkey -in escrow.key -pubout -out escrow.pub"),
            s("sallyctl vault key backup --to escrow.pub --out vault-backup.json"),
            s("sallyctl vault key restore vault-backup.json --key escrow.key --check"),
            s("sallyctl vault key split -n 5 -k 3 --to a.pub b.pub c.pub d.pub e.pub", before=self.custodians),
            s("sallyctl vault key rotate --reason yearly"),
            s("sallyctl vault seal --reason incident-12"),
            s("sallyctl vault unseal"),
            s("sallyctl vault unseal --share share-2.json --key b.key", before=self.split_again, codes=(9,),
              after=self.other_custodians),
            # 5.2 Requests
            s("sallyctl subject find --tenant acme --entity EMAIL_ADDRESS < value.txt", before=self.mapping,
              says=("openai",)),
            s("sallyctl subject export --tenant acme --entity EMAIL_ADDRESS --out person.json < value.txt"),
            s("sallyctl restore --tenant acme --reason incident --ticket INC-7 'TOKEN'", after=self.restored),
            s("sallyctl access review --since 90d", says=("operator",)),
            s("sallyctl access pending"),
            s("sallyctl hold add --tenant acme --name case-7 --reason litigation --entity EMAIL_ADDRESS < value.txt"),
            s("sallyctl hold list", says=("case-7",)),
            s("sallyctl subject erase --tenant acme --entity EMAIL_ADDRESS --reason gdpr-17 --ticket DSR-7 < value.txt",
              codes=(9,)),
            s("sallyctl hold release case-7 --reason settled --approver counsel", after=self.nothing_left),
            s("sallyctl redact replay --policy DIR --window 7d", codes=(0, 3)),
            s("sallyctl status --output json", says=("recall",)),
            s("sallyctl evidence show ID"),
            # 5.3 Evidence for somebody else
            s("sallyctl evidence list --kind ADM,POL,KEY --since 7d", says=("vault_created",)),
            s("sallyctl evidence query --kind RST --tenant acme --limit 0 --output json", says=("INC-7",)),
            s("sallyctl evidence population --control CC6.7 --from FROM --to TO --output json > q3.json",
              before=self.window),
            s("sallyctl evidence sample --population q3.json --size 25"),
            s("sallyctl evidence prove ID > request.tlog-proof"),
            s("sallyctl evidence export /var/tmp/audit"),
            s("sallyport-verify /var/tmp/audit --vkey /var/lib/sallyport/keys/evidence.key.vkey", says=("OK",)),
            s("sallyctl evidence snapshot --to s3://evidence/site-1 --endpoint https://s3.example.com "
              "--retain-days 400", words={"s3://evidence/site-1 --endpoint https://s3.example.com "
                                          "--retain-days 400": f"{self.lab.work}/bucket"}),
            # 6. What clients see
            s("sallyctl key list --policy DIR"),
            s("sallyctl status"),
            # 7. When something is down
            s("sallyctl evidence verify --since CHECKPOINT", says=("OK",),
              words={"CHECKPOINT": f"{self.lab.work}/audit/checkpoint"}),
        ]

    # --- the tests ------------------------------------------------------------------------------------

    def steps(self):
        """(what is typed, in the order of the pages; entries of the plan that no page has)."""
        planned, steps = {}, []
        for step in self.plan():
            planned.setdefault(step.command, []).append(step)
        for page in PAGES:
            for _, text in commands_of(page):
                reason = "it is not written out" if "..." in text else None
                steps.append(planned[text].pop(0) if planned.get(text) else Step(text, reason=reason))
        return steps, [command for command, left in planned.items() if left]

    def test_1_the_plan_is_of_these_pages(self):
        steps, stale = self.steps()
        self.assertEqual(stale, [], "no page has these any more")
        self.assertGreater(len(steps), 70)

    def test_1a_the_units_are_good(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        for name in ("sallyportd", "sallyport-dataplane"):
            with open(f"{ROOT}/docs/examples/{name}.service", encoding="utf-8") as file:
                text = file.read().replace("/usr/local/bin/", f"{self.lab.bin}/")
            with open(f"{self.lab.work}/{name}.service", "w", encoding="utf-8") as file:
                file.write(text)
        answer = subprocess.run(["systemd-analyze", "verify", *glob.glob(f"{self.lab.work}/*.service")],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def test_2_every_command_does_what_the_page_says(self):
        listed, began = 0, time.monotonic()
        steps, _ = self.steps()
        for step in steps:
            if step.reason:
                listed += 1
                print(f"  not run: {step.command}: {step.reason}")
                continue
            self.type(step)
        print(f"{len(steps)} commands: {len(steps) - listed} typed, {listed} not; {time.monotonic() - began:.1f} s")

    def type(self, step):
        if step.before:
            step.before()
        began = time.monotonic()
        answer = self.lab.typed(step.command, {**self.words, **step.words}, step.stdin)
        if os.environ.get("SALLYPORT_GUIDE_SHOW"):
            print(f"$ {step.command}   [{answer.returncode}, {time.monotonic() - began:.1f} s]\n"
                  f"{answer.stdout}{answer.stderr}")
        said = answer.stdout + answer.stderr
        self.assertIn(answer.returncode, step.codes, f"{step.command}\n{said}")
        for word in step.says:
            self.assertIn(word, said, step.command)
        if step.after:
            step.after(answer)


if __name__ == "__main__":
    lab_fixture.main()
