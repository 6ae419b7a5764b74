#!/usr/bin/env python3
"""rollout_test.py: a change for one tenant, for everybody, and back on the real appliance; many applies under load.

SALLYPORT_APPLIES says how many (12 when it does not). Memory of both processes before and after is printed.
SALLYPORT_DICTIONARY says how many values a tenant's list has (20,000 when it does not).
"""
import glob
import json
import os
import shutil
import threading
import time
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat
from lab_processes import wait_for

APPLIES = int(os.environ.get("SALLYPORT_APPLIES", "12"))
VALUES = int(os.environ.get("SALLYPORT_DICTIONARY", "20000"))
CLIENTS = 4
GROWTH_MIB_MAX = 64
ADDRESS = "rollout" + "@" + "example.org"


class Rollout(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        lab = cls.lab
        make_policy = lab.make_policy

        def with_second_tenant():
            make_policy()
            vendors = ", ".join(lab.vendors)
            lab.overlay("tenants.yaml", f"tenants:\n  {lab.tenant}:\n    vendors: [{vendors}]\n"
                                        f"  second:\n    vendors: [{vendors}]\n")
            lab.overlay("rollout.yaml", "rollout:\n  canary_least_exchanges: 1\n  canary_least_seconds: 0\n"
                                         "  tests_every_seconds: 3\n")
            answer = json.loads(lab.sallyctl(
                "key", "new", "--policy", lab.policy_folder, "--tenant", "second", "--principal", "support-desk",
                "--environment", "lab", "--reason", "customer-support", "--id", "second", "--output", "json").stdout)
            lab.keys["second"] = answer["key"]

        lab.make_policy = with_second_tenant
        lab.start()
        cls.allows_folder = lab.policy_with_action("EMAIL_ADDRESS", "allow")

    def step(self, *words):
        answer = json.loads(self.lab.sallyctl("policy", *words, "--output", "json").stdout)
        if not answer["adopted"]:
            # A loaded machine: sallyctl says after five seconds that it goes on without it.
            wait_for("adoption of " + str(answer["version"]), 60, lambda: self.adopted() >= answer["version"])
        return answer

    def adopted(self):
        return min(worker["adopted_version"] for worker in self.lab.status()["dataplane"]["workers"])

    def left(self, key, mark):
        """What a request of this key looks like at the vendor: tokenised or plain; and the image that decided."""
        answer = self.lab.post("/openai/v1/chat/completions", chat(f"{mark} {ADDRESS}", "sim-echo"), key=key)
        self.assertEqual(answer.status, 200, answer.text)
        contents = [json.loads(body)["messages"][0]["content"] for body in self.lab.vendor_bodies()]
        plain = ADDRESS in next(content for content in reversed(contents) if mark in content)
        return plain, lab_fixture.image_digest(self.lab.record(answer))

    def test_1_one_tenant_first_then_all_then_back(self):
        base = self.lab.status()["policy"]["image"]
        self.assertEqual(self.left("allowed", "m1"), (False, base))
        canary = self.step("apply", self.allows_folder, "--canary", "second", "--change",
                           "https://changes.example/17", "--note", "addresses may go")["image"]
        self.assertEqual(self.left("second", "m2"), (True, canary))
        self.assertEqual(self.left("allowed", "m3"), (False, base))
        end = time.monotonic() + 10
        while self.lab.status()["policy"]["canary"]["counts"]["exchanges"] < 1 and time.monotonic() < end:
            time.sleep(0.2)
        took = {"promote": self.step("promote")["took_ms"]}
        self.assertEqual(self.left("allowed", "m4"), (True, canary))
        took["rollback"] = self.step("rollback")["took_ms"]
        self.assertEqual(self.left("allowed", "m5"), (False, base))
        self.assertEqual(self.left("second", "m6"), (False, base))
        print(f"until every worker has adopted: promote {took['promote']} ms, rollback {took['rollback']} ms")
        self.assertLess(took["rollback"], 1000)
        steps = json.loads(self.lab.sallyctl("policy", "history", "--output", "json").stdout)["steps"]
        self.assertEqual([s["step"] for s in steps[:3]], ["rollback", "promote", "canary"])
        self.assertEqual({s["result"] for s in steps[:3]}, {"in_force"})
        self.assertEqual(steps[2]["change_link"], "https://changes.example/17")
        self.assertGreaterEqual(steps[1]["canary"]["exchanges"], 1)
        self.assertGreater(steps[2]["tests_passed"], 0)

    def test_1a_what_a_vendor_received_by_the_looser_policy_is_named(self):
        answer = self.lab.sallyctl("redact", "replay", "--policy", self.lab.policy_folder, "--window", "1h", "--output",
                                   "json", check=False)
        self.assertEqual(answer.returncode, 3, answer.stdout + answer.stderr)
        replay = json.loads(answer.stdout)
        self.assertEqual({(row["vendor"], row["entity"], row["was"], row["now"]) for row in replay["missed"]},
                         {("openai", "EMAIL_ADDRESS", "allow", "tokenize")})
        self.assertEqual(replay["received_by_vendor"]["openai"]["EMAIL_ADDRESS"], 2, "of m2 and of m4")
        self.assertEqual(replay["missed_exchanges"], 2)

    def test_2_the_seeded_texts_ran_on_the_live_box(self):
        end, tests = time.monotonic() + 20, None
        while time.monotonic() < end and not tests:
            tests = self.lab.status()["policy"]["tests"]
            time.sleep(0.2)
        self.assertTrue(tests and tests["ok"] and tests["run"] > 0, tests)
        listing = json.loads(self.lab.sallyctl("evidence", "list", "--kind", "test", "--limit", "0", "--output",
                                               "json").stdout)["exchanges"]
        self.assertTrue(listing)
        for record in listing:
            self.assertEqual((record["action"], record["result"]), ("validation_tests", "ok"), record)
            self.assertEqual(record["fields"]["expected"], record["fields"]["found"], record)

    def test_2a_the_seeded_texts_run_by_the_clock(self):
        def scheduled():
            listing = json.loads(self.lab.sallyctl("evidence", "list", "--kind", "test", "--limit", "0", "--output",
                                                   "json").stdout)["exchanges"]
            return [record for record in listing if record["fields"]["stage"] == "schedule"]

        # Earlier runs may be of what was in force during the steps above.
        image = self.lab.status()["policy"]["image"]
        of_it, end = 0, time.monotonic() + 60
        while of_it < 2 and time.monotonic() < end:
            time.sleep(0.5)
            records = scheduled()
            of_it = sum(record["fields"]["image"] == image for record in records)
        self.assertGreaterEqual(of_it, 2, f"nothing ran by itself: {records}")
        for record in records:
            self.assertEqual((record["result"], record["fields"]["failed"]), ("ok", 0), record)

    def resident_mib(self, name):
        with open(f"/proc/{self.lab.processes[name].pid}/status", encoding="utf-8") as status:
            # Its own memory: pages of the log's file, which grows with every request, are the kernel's to take back.
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon:")) / 1024

    def load(self, stop, counts, problems):
        connection = LabConnection(self.lab, timeout=60)
        while not stop.is_set():
            try:
                answer = self.lab.post("/openai/v1/chat/completions", chat("load", "sim-echo"), connection=connection)
                counts[answer.status] = counts.get(answer.status, 0) + 1
                if answer.status != 200:
                    problems.append(answer.text)
            except Exception as error:  # a failed request is the finding, whatever its kind
                problems.append(repr(error))
                connection = LabConnection(self.lab, timeout=60)

    def test_3_many_applies_in_a_row_under_load(self):
        images = [self.lab.compile(self.lab.policy_folder), self.lab.compile(self.allows_folder)]
        stop, counts, problems = threading.Event(), {}, []
        clients = [threading.Thread(target=self.load, args=(stop, counts, problems)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        took, began = [], time.monotonic()
        try:
            for turn in range(APPLIES):
                if turn == min(10, APPLIES // 2):  # pools and caches are warm
                    before = {name: self.resident_mib(name) for name in ("sallyportd", "dataplane")}
                took.append(self.step("apply", images[(turn + 1) % 2])["took_ms"])
        finally:
            stop.set()
            for client in clients:
                client.join()
        after = {name: self.resident_mib(name) for name in before}
        print(f"{APPLIES} applies in {time.monotonic() - began:.1f} s under {counts.get(200, 0)} requests; "
              f"adoption ms: median {sorted(took)[len(took) // 2]}, worst {max(took)}; memory MiB: "
              + ", ".join(f"{name} {before[name]:.1f} -> {after[name]:.1f}" for name in before))
        self.assertEqual(problems[:3], [])
        self.assertGreater(counts.get(200, 0), 0)
        for name in before:
            self.assertLess(after[name] - before[name], GROWTH_MIB_MAX, name)

    def with_dictionary(self, expected):
        """A copy of the bundle in which one tenant has a list of its own, and three seeded texts about it."""
        folder = self.lab.policy_folder + ".dictionary"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.lab.policy_folder, folder)
        for name in ("lists", "entities", "tests"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
        with open(f"{folder}/lists/customers.txt", "w", encoding="utf-8") as file:
            file.writelines(f"Quillfeather {number * 7919 % 10000019:08d} Works\n" for number in range(VALUES))
        value = f"Quillfeather {(VALUES - 1) * 7919 % 10000019:08d} Works"
        texts = {
            "entities/own.yaml": "entities:\n  CUSTOMER: {dictionary: true, priority: 75}\n",
            "dictionaries.yaml": f"dictionaries:\n  customers: {{file: lists/customers.txt, entity: CUSTOMER, "
                                 f"tenants: [{self.lab.tenant}]}}\n",
            "tests/own.yaml": "tests:\n" + "".join(
                f"  - name: {name}\n    tenant: {tenant}\n    environment: lab\n    destination: openai\n"
                f"    text: \"an offer for {value} please\"\n    expect:\n      detections: [{found}]\n"
                for name, tenant, found in (
                    ("a customer is found", self.lab.tenant, "{entity: " + expected + f", match: {value}}}"),
                    ("a customer of somebody else is not", "second", ""))),
        }
        for name, text in texts.items():
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        return folder, value

    def test_4_seeded_texts_about_a_tenants_dictionary(self):
        folder, value = self.with_dictionary("EMAIL_ADDRESS")
        wrong = self.lab.sallyctl("policy", "test", folder, check=False)
        self.assertEqual(wrong.returncode, 3, wrong.stdout + wrong.stderr)
        folder, value = self.with_dictionary("CUSTOMER")
        began = time.monotonic()
        tried = [json.loads(self.lab.sallyctl("policy", verb, folder, "--output", "json").stdout)["tests"]
                 for verb in ("check", "test")]
        checked, began = time.monotonic() - began, time.monotonic()
        image = self.step("apply", folder)["image"]
        print(f"{VALUES} values: check and test {checked:.1f} s, apply {time.monotonic() - began:.1f} s")

        def runs(stage):
            listing = json.loads(self.lab.sallyctl("evidence", "list", "--kind", "test", "--limit", "0", "--output",
                                                   "json").stdout)["exchanges"]
            return [one for one in listing if one["fields"]["image"] == image and one["fields"]["stage"] == stage]

        for stage in ("all", "schedule"):
            end = time.monotonic() + 60
            while not runs(stage) and time.monotonic() < end:
                time.sleep(0.3)
            record = runs(stage)[0]
            self.assertEqual((record["result"], record["fields"]["failed"]), ("ok", 0), record)
            self.assertEqual(record["count"], tried[1], "every seeded text of the bundle ran on the live box")
        self.assertEqual(tried[0], tried[1])
        for path in glob.glob(f"{self.lab.state_dir}/**", recursive=True):
            if os.path.isfile(path) and "/bundles/" not in path:  # sources are kept there, as they are
                with open(path, "rb") as file:
                    self.assertNotIn(value.encode(), file.read(), path)


if __name__ == "__main__":
    lab_fixture.main()
