#!/usr/bin/env python3
"""sdk_kinds_test.py: the official clients of Google, Mistral, Cohere and AWS Bedrock through the appliance.

As sdk_test.py: an application changes base URL and key, nothing else. Without a registry the test is skipped.
"""
import json
import os
import subprocess
import unittest

import lab_fixture
from lab_fixture import Lab
from sdk_test import install

EMAIL = "erika.mustermann" + "@" + "example.org"
ECHO = f'You said: Write to {EMAIL} about "the invoice".'
VENDORS = ("gemini", "mistral", "cohere", "bedrock")


class SdkKinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(vendors=VENDORS)
        cls.addClassCleanup(cls.lab.stop)
        folder, node = install()
        cls.lab.start()
        settings = {"base": cls.lab.url(""), "key": cls.lab.keys["allowed"], "email": EMAIL}
        environment = dict(os.environ, NODE_EXTRA_CA_CERTS=cls.lab.gateway_ca)
        answer = subprocess.run(["ip", "netns", "exec", cls.lab.client_namespace, node, "kinds.mjs"], cwd=folder,
                                input=json.dumps(settings), env=environment, capture_output=True, text=True,
                                timeout=180)
        assert answer.returncode == 0, answer.stderr
        cls.cases = {case["name"]: case for case in map(json.loads, answer.stdout.splitlines())}

    def test_every_client_gets_its_values_back(self):
        for name in ("gemini", "mistral", "cohere", "cohere_v1", "bedrock"):
            for form in ("plain", "stream"):
                with self.subTest(name=name, form=form):
                    case = self.cases[f"{name}.{form}"]
                    self.assertTrue(case["ok"], case)
                    self.assertEqual(case["text"], ECHO)

    def test_no_vendor_saw_the_address(self):
        bodies = self.lab.vendor_bodies()
        self.assertGreaterEqual(len(bodies), 10)
        for body in bodies:
            self.assertNotIn(EMAIL, body)
            self.assertIn("[EMAIL-ADDRESS-", body)


if __name__ == "__main__":
    lab_fixture.main()
