#!/usr/bin/env python3
"""sdk_test.py: the official openai and @anthropic-ai/sdk clients through the appliance.

An application changes base URL and key, nothing else. The SDKs come from the npm registry into the build directory
when the test runs; without a registry (and without an earlier install) the test is skipped and says so.
"""
import json
import os
import shutil
import subprocess
import unittest

import lab_fixture
from lab_fixture import Lab, Skip

EMAIL, PHONE = "erika.mustermann" + "@" + "example.org", "+1 415 " + "555 0188"
TEXT = f'Write to {EMAIL} or call {PHONE} about "the invoice".'
ECHO = "You said: " + TEXT


def install():
    """The folder with node_modules, and the node to run."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Skip("node and npm are not installed (Debian packages nodejs npm)")
    folder = os.path.join(os.environ.get("SALLYPORT_BUILD_DIR", os.path.join(lab_fixture.ROOT, "build")), "e2e_sdk")
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "clients.mjs", "kinds.mjs"):
        shutil.copy(os.path.join(lab_fixture.HERE, "sdk", name), folder)
    node = "node"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) < 20:
        # Debian 12 has Node 18; the SDKs want 20. The registry has the runtime too.
        node = os.path.join(folder, "node_modules", "node", "bin", "node")
        add("node@22", folder, node)
    for client in ("openai", "@aws-sdk/client-bedrock-runtime"):  # an earlier run may have had fewer
        add(None, folder, os.path.join(folder, "node_modules", client, "package.json"))
    return folder, node


def add(package, folder, wanted):
    """npm install, unless an earlier run left what we want."""
    if os.path.exists(wanted):
        return
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error",
               "--fetch-retries=1", "--fetch-timeout=30000"] + ([package] if package else [])
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    if answer.returncode != 0:
        raise Skip("the npm registry cannot be reached: " + answer.stderr.strip().split("\n")[-1])


class Sdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder, node = install()
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        cls.secret = lab_fixture.planted_secret()
        settings = {"openai": {"baseURL": cls.lab.url("/openai/v1"), "key": cls.lab.keys["allowed"]},
                    "anthropic": {"baseURL": cls.lab.url("/anthropic"), "key": cls.lab.keys["allowed"]},
                    "email": EMAIL, "phone": PHONE, "secret": cls.secret}
        environment = dict(os.environ, NODE_EXTRA_CA_CERTS=cls.lab.gateway_ca)
        answer = subprocess.run(["ip", "netns", "exec", cls.lab.client_namespace, node, "clients.mjs"], cwd=folder,
                                input=json.dumps(settings), env=environment, capture_output=True, text=True,
                                timeout=300)
        assert answer.returncode == 0, answer.stderr
        cls.cases = {case["name"]: case for case in map(json.loads, answer.stdout.splitlines())}
        cls.sent = cls.lab.vendor_bodies()

    def case(self, name):
        case = self.cases[name]
        self.assertTrue(case["ok"], case)
        self.assertEqual(case["calls"], 1, case)
        return case

    def test_plain(self):
        for vendor, finish in (("openai", "stop"), ("anthropic", "end_turn")):
            with self.subTest(vendor):
                case = self.case(f"{vendor}.plain")
                self.assertEqual((case["text"], case["finish"]), (ECHO, finish))
                self.assertTrue(case["usage"])

    def test_streams(self):
        for vendor in ("openai", "anthropic"):
            for size in (1, 3, 7, 40):
                with self.subTest(vendor=vendor, size=size):
                    case = self.case(f"{vendor}.stream.{size}")
                    self.assertEqual(case["text"], ECHO)
                    self.assertEqual(case.get("whole", ECHO), ECHO)
        self.assertTrue(self.cases["openai.stream.3"]["usage"])

    def test_two_choices(self):
        case = self.case("openai.pair")
        self.assertEqual((case["text"], case["second"]), (ECHO, ECHO))

    def test_tool_calls(self):
        for name in ("openai.tool", "openai.tool.stream", "anthropic.tool", "anthropic.tool.stream"):
            with self.subTest(name):
                arguments = self.case(name)["arguments"]
                self.assertEqual(arguments["query"], TEXT)
                self.assertEqual(arguments["nested"]["list"], [TEXT, "plain"])
                self.assertEqual(arguments["nested"]["quote"], 'a "quoted" \\ path')

    def test_a_turn_with_tool_results(self):
        self.assertEqual(json.loads(self.case("openai.tool.turn")["text"].removeprefix("You said: ")), {"mail": EMAIL})
        self.assertEqual(self.case("anthropic.tool.turn")["text"], f"You said: mail {EMAIL}")

    def test_the_results_of_a_batch_come_through_the_gateway(self):
        case = self.cases["anthropic.batch"]
        self.assertTrue(case["ok"], case)
        self.assertEqual((case["ids"], case["calls"]), (["a", "b"], 3))

    def test_a_blocked_secret_makes_exactly_one_call_and_no_retry(self):
        for vendor in ("openai", "anthropic"):
            with self.subTest(vendor):
                case = self.cases[f"{vendor}.blocked"]
                self.assertFalse(case["ok"])
                self.assertEqual((case["calls"], case["status"]), (1, 403), case)
                self.assertEqual(case["type"], "PermissionDeniedError")
                self.assertNotIn(self.secret, json.dumps(case))

    def test_the_vendor_saw_no_personal_data_and_no_secret(self):
        self.assertGreater(len(self.sent), 15)
        for body in self.sent:
            for planted in (EMAIL, PHONE, self.secret):
                self.assertNotIn(planted, body)
        self.assertTrue(any("[EMAIL-ADDRESS-" in body for body in self.sent))


if __name__ == "__main__":
    lab_fixture.main()
