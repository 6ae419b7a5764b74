#!/usr/bin/env python3
"""certificates_test.py: a vendor that cannot prove who it is gets nothing: 502 with the reason, and a record."""
import json
import unittest

import lab_fixture
from lab_fixture import Lab, chat, messages

PATH = "/openai/v1/chat/completions"
# kind of certificate -> words one of which the reason must hold
BAD = {
    "wrong_pin": ("pin",),
    "expired": ("expired",),
    "self_signed": ("self", "untrusted", "issuer", "chain"),
    "cn_only": ("name", "host"),
    "other_name": ("name", "host"),
    "other_ca": ("unknown_ca", "untrusted", "issuer"),
}


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def connection(self, answer):
        """The record of the vendor connection that an exchange went out on, or was to."""
        verdict = self.lab.record(answer)["completed"]
        rows = self.lab.sallyctl("evidence", "query", "--kind", "tls_connection", "--limit", "0", "--output", "json")
        found = [row for row in json.loads(rows.stdout)["records"]
                 if row["ring"]["worker"] == verdict["ring"]["worker"]
                 and row["ring"]["sequence"] == verdict["upstream_connection"]]
        self.assertEqual(len(found), 1, verdict)
        self.assertEqual(found[0]["spki"], verdict["upstream_spki"])
        self.assertGreaterEqual(len(found[0]["certificates"]), 1)
        return found[0]

    def test_each_bad_certificate_is_refused_with_its_reason_and_nothing_is_sent(self):
        for kind, words in BAD.items():
            with self.subTest(kind):
                self.lab.restart_vendor(certificate=kind)
                before = len(self.lab.vendor_requests())
                for path, shape in ((PATH, chat), ("/anthropic/v1/messages", messages)):
                    answer = self.lab.post(path, shape("hello"))
                    self.assertEqual(answer.status, 502, answer.text)
                    self.assertTrue(any(word in answer.text.lower() for word in words), answer.text)
                    shown = self.connection(answer)
                    self.assertEqual(shown["result"], "denied")
                    self.assertEqual(shown["pin"], "mismatch" if kind == "wrong_pin" else "not_checked")
                self.assertEqual(len(self.lab.vendor_requests()), before)
        self.lab.restart_vendor()
        self.assertEqual(self.lab.post(PATH, chat("hello")).status, 200)

    def test_both_versions_of_tls(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                self.lab.restart_vendor(tls=version)
                for stream in (False, True):
                    answer = self.lab.post(PATH, chat("hello", stream=stream))
                    self.assertEqual(answer.status, 200)
                shown = self.connection(answer)
                self.assertEqual((shown["result"], shown["tls_version"], shown["pin"]), ("ok", version, "accepted"))
                self.assertTrue(shown["cipher"].startswith("TLS_"), shown)
                self.assertEqual(shown["client_certificate"], "not_requested")
        self.lab.restart_vendor()

    def test_a_vendor_that_is_away(self):
        self.lab.stop_vendor()
        answer = self.lab.post(PATH, chat("hello"), timeout=60)
        self.assertIn(answer.status, (502, 504), answer.text)
        self.lab.restart_vendor()
        self.assertEqual(self.lab.post(PATH, chat("hello")).status, 200)


if __name__ == "__main__":
    lab_fixture.main()
