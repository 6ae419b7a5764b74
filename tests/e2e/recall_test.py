#!/usr/bin/env python3
"""recall_test.py: a vendor that keeps conversations quotes tokens of an earlier exchange, on the whole appliance.

Who sent the value has it back, streamed and not; another principal of the tenant only by a rule; another tenant never.
Every restoration and denial is an RST record of the exchange. Sealed, or without a control plane, tokens stay and
answers go on.
"""
import json
import os
import time
import unittest

import lab_fixture
from lab_appliance import REASON
from lab_fixture import Lab, chat

PATH = "/openai/v1/chat/completions"
PLANTED = "planted.canary" + "@" + "recall-example.org"
SAID = f"You said: write to {PLANTED}"
RIVAL = "rival"
MORE_KEYS = {"colleague": ("lab", "colleague"), "deputy": ("lab", "deputy"), "rival": (RIVAL, "support-desk")}


class RecallLab(Lab):
    """The lab with a second tenant, and with principals that access.yaml lets have values back."""
    def write_overlay(self):
        super().write_overlay()
        vendors = ", ".join(self.vendors)
        self.overlay("tenants.yaml", f"tenants:\n  {self.tenant}:\n    vendors: [{vendors}]\n"
                                     f"  {RIVAL}:\n    vendors: [{vendors}]\n")
        self.overlay("access.yaml", "rules:\n  - {id: lab-support, principal: [support-desk, colleague, deputy], "
                                    f"reason: {REASON}, allow: true}}\n")
        self.overlay("restoration.yaml", f"""reasons:
  - {{code: {REASON}, text: a customer asked}}
identities:
  - {{name: deputy, gateway: deputy, roles: [desk]}}
rules:
  - {{id: desk, role: desk, tenant: {self.tenant}, entity: EMAIL_ADDRESS, reason: {REASON}, allow: true}}
""")

    def make_policy(self):
        super().make_policy()
        for key, (tenant, principal) in MORE_KEYS.items():
            answer = self.sallyctl("key", "new", "--policy", self.policy_folder, "--tenant", tenant, "--principal",
                                   principal, "--environment", self.environment, "--reason", REASON, "--id", key,
                                   "--output", "json")
            self.keys[key] = json.loads(answer.stdout)["key"]


class Recall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = RecallLab(environment="lab", limits={"recall_wait_ms": 1000})
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        cls.lab.sallyctl("vault", "init")
        cls.settled()
        answer = cls.lab.post(PATH, chat(f"write to {PLANTED}", "sim-store-1"))
        assert answer.channel_texts()["choice", 0] == SAID, answer.text
        cls.until("the vault has it", 10, lambda: json.loads(cls.lab.sallyctl(
            "vault", "status", "--output", "json").stdout)["tokens"] == 1)

    @classmethod
    def until(cls, what, seconds, question):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if question():
                return
            time.sleep(0.1)
        raise RuntimeError(f"not within {seconds} s: {what}")

    @classmethod
    def settled(cls):
        def same():
            status = cls.lab.status()
            return (status is not None and status["vault"]["state"] == "open" and status["recall"]["workers"] >= 1
                    and status["dataplane"]["secrets_generation"] == status["secrets"]["generation"])
        cls.until("the dataplane has the vault's key", 20, same)
        time.sleep(0.3)

    def said(self, key="allowed", stream=False, model="sim-recall-1"):
        """What the vendor quotes of the first exchange, as this caller reads it."""
        model += ".split-3" if stream else ""
        answer = self.lab.post(PATH, chat("who was it?", model, stream=stream), key=key)
        self.assertEqual(answer.status, 200, answer.text)
        return answer, answer.channel_texts()["choice", 0]

    def rst(self, answer):
        """RST records of this exchange, once they are in the log."""
        self.lab.record(answer)
        listing = self.lab.sallyctl("evidence", "query", "--kind", "RST", "--limit", "0", "--output", "json")
        rows = json.loads(listing.stdout)["records"]
        return [row for row in rows if answer.request_id in json.dumps(row)]

    def test_1_who_sent_it_has_it_back_streamed_and_not(self):
        for stream in (False, True):
            answer, text = self.said(stream=stream)
            self.assertEqual(text, SAID)
            rows = self.rst(answer)
            self.assertEqual(len(rows), 1, rows)
            self.assertIn("minting_principal", json.dumps(rows[0]))
            restored = self.lab.record(answer)["completed"]["restorations"]
            self.assertIn("earlier_exchange", json.dumps(restored))

    def test_2_others_of_the_tenant_only_by_a_rule_another_tenant_never(self):
        for stream in (False, True):
            for key, why in (("denied", None), ("colleague", "not_minted"), ("rival", None)):
                with self.subTest(key=key, stream=stream):
                    answer, text = self.said(key, stream)
                    self.assertNotIn(PLANTED, text)
                    self.assertRegex(text, r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]")
                    rows = self.rst(answer)
                    self.assertEqual([why] if why else [], [w for w in (why,) for r in rows if w in json.dumps(r)])
            self.assertEqual(self.said("deputy", stream)[1], SAID)

    def test_3_a_token_in_the_request_is_known_before_the_vendor_answers(self):
        _, token = self.said("denied")
        token = token[token.index("["):token.index("]") + 1]
        answer = self.lab.post(PATH, chat(f"who is {token}?"))
        self.assertEqual(answer.channel_texts()["choice", 0], f"You said: who is {PLANTED}?")
        self.assertNotIn(PLANTED, self.lab.vendor_bodies()[-1])

    def test_4_sealed_the_token_stays(self):
        self.lab.sallyctl("vault", "seal", "--reason", "drill")
        time.sleep(1)
        for stream in (False, True):
            answer, text = self.said(stream=stream)
            self.assertRegex(text, r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]")
            self.assertIn("vault_sealed", json.dumps(self.lab.record(answer)))
        self.lab.sallyctl("vault", "unseal")
        self.settled()
        self.assertEqual(self.said()[1], SAID)

    def test_5_without_a_control_plane_answers_go_on_with_tokens(self):
        self.lab.kill("sallyportd")
        time.sleep(1)
        for stream in (False, True):
            before = time.monotonic()
            _, text = self.said(stream=stream)
            self.assertRegex(text, r"\[EMAIL-ADDRESS-[0-9A-Z]{23}\]")
            self.assertLess(time.monotonic() - before, 10)
        self.lab.start_sallyportd()
        self.settled()
        self.until("values come back", 15, lambda: self.said()[1] == SAID)
        status = self.lab.status()
        self.assertGreaterEqual(status["recall"]["restored"], 1)
        self.lab.drained()
        self.assertEqual(self.lab.sallyctl("evidence", "verify").returncode, 0)

    def test_6_no_file_has_the_value(self):
        for folder in (self.lab.run_dir, self.lab.state_dir):
            for where, _, names in os.walk(folder):
                for name in names:
                    path = os.path.join(where, name)
                    if os.path.isfile(path):
                        with open(path, "rb") as file:
                            self.assertNotIn(PLANTED.encode(), file.read(), path)


if __name__ == "__main__":
    lab_fixture.main()
