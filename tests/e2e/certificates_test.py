#!/usr/bin/env python3
"""certificates_test.py: a vendor that cannot prove who it is gets nothing: 502 with the reason, and a record."""
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

    def test_each_bad_certificate_is_refused_with_its_reason_and_nothing_is_sent(self):
        for kind, words in BAD.items():
            with self.subTest(kind):
                self.lab.restart_vendor(certificate=kind)
                before = len(self.lab.vendor_requests())
                for path, shape in ((PATH, chat), ("/anthropic/v1/messages", messages)):
                    answer = self.lab.post(path, shape("hello"))
                    self.assertEqual(answer.status, 502, answer.text)
                    self.assertTrue(any(word in answer.text.lower() for word in words), answer.text)
                    self.assertTrue(self.lab.record(answer))
                self.assertEqual(len(self.lab.vendor_requests()), before)
        self.lab.restart_vendor()
        self.assertEqual(self.lab.post(PATH, chat("hello")).status, 200)

    def test_both_versions_of_tls(self):
        for version in ("1.2", "1.3"):
            with self.subTest(version):
                self.lab.restart_vendor(tls=version)
                for stream in (False, True):
                    self.assertEqual(self.lab.post(PATH, chat("hello", stream=stream)).status, 200)
        self.lab.restart_vendor()

    def test_a_vendor_that_is_away(self):
        self.lab.stop_vendor()
        answer = self.lab.post(PATH, chat("hello"), timeout=60)
        self.assertIn(answer.status, (502, 504), answer.text)
        self.lab.restart_vendor()
        self.assertEqual(self.lab.post(PATH, chat("hello")).status, 200)


if __name__ == "__main__":
    lab_fixture.main()
