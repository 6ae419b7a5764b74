"""sallyportd while somebody sets the wall clock by hours and days, forwards and back: it serves, its timers do not
care, its log says so and still verifies, and nothing is removed by age."""
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import daemon_test  # noqa: E402
import played_dataplane as played  # noqa: E402

HOUR, DAY = 3600, 86400


class ClockTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp(prefix="sallyport-clock-")
        cls.clock_path = f"{cls.work}/offset"
        with open(cls.clock_path, "wb") as file:
            file.write(bytes(8))
        with open(cls.clock_path, "r+b") as file:
            cls.clock = mmap.mmap(file.fileno(), 8)
        cls.environment = {"LD_PRELOAD": f"{daemon_test.BIN}/libset_clock.so", "SET_CLOCK_FILE": cls.clock_path}
        cls.daemon = daemon_test.Daemon(cls.work)
        daemon_test.DaemonTest.prepare(cls.daemon)
        cls.daemon.write("bundle/bundle.yaml", f"format: 1\nname: one\nextends: {daemon_test.ROOT}/policies\n")
        cls.daemon.write("bundle/tenants.yaml", "tenants:\n  team:\n    vendors: [openai]\n")
        cls.daemon.write("bundle/rollout.yaml", "rollout:\n  canary_least_exchanges: 1\n  canary_least_seconds: 60\n")
        cls.daemon.start("--policy", f"{cls.work}/bundle", environment=cls.environment)
        cls.daemon.until(lambda: cls.daemon.status()["policy"]["version"] == 1, "first publication")

    @classmethod
    def tearDownClass(cls):
        code = cls.daemon.stop()
        shutil.rmtree(cls.work, ignore_errors=True)
        assert code == 0, code

    def setUp(self):
        self.addCleanup(self.set_clock, 0)

    def set_clock(self, seconds):
        """By so much beside the right one."""
        self.clock[0:8] = struct.pack("<q", seconds)

    def records(self, action):
        done = subprocess.run([f"{daemon_test.BIN}/sallyctl", "--state-dir", self.daemon.state_dir, "evidence", "query",
                               "--kind", "CHK", "--output", "json", "--limit", "0"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [row for row in json.loads(done.stdout)["records"] if row.get("action") == action]

    def test_it_serves_and_says_so_whatever_the_clock_says(self):
        dataplane = played.PlayedDataplane(self.daemon.run_dir, 1).welcome()
        self.addCleanup(dataplane.close)
        uptime = self.daemon.status()["sallyportd"]["uptime_s"]
        for step in (5 * HOUR, -5 * HOUR, 400 * DAY, 0):
            self.set_clock(step)
            began = time.monotonic()
            status = self.daemon.status()
            self.assertLess(time.monotonic() - began, 2)
            self.assertTrue(status["dataplane"]["connected"])
            self.assertLess(status["sallyportd"]["uptime_s"] - uptime, 60)
            self.daemon.until(lambda: "clock_set" in self.daemon.codes(), "problem clock_set", 10)
            self.assertEqual(self.daemon.status()["evidence"]["pruned_records"], 0)
        self.daemon.until(lambda: len(self.records("clock_stepped")) >= 4, "records of four steps", 10)
        self.assertEqual({row["reason"] for row in self.records("clock_stepped")}, {"forwards", "backwards"})
        done = subprocess.run([f"{daemon_test.BIN}/sallyctl", "--state-dir", self.daemon.state_dir, "evidence",
                               "verify"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_client_has_its_five_seconds_by_no_wall_clock(self):
        box = []

        def slow():
            box.append(self.daemon.ask(b'{"command":', 20))  # no newline: it waits for more
        thread = threading.Thread(target=slow)
        began = time.monotonic()
        thread.start()
        time.sleep(0.5)
        self.set_clock(-10 * DAY)
        thread.join(20)
        self.assertEqual(box[0]["code"], "request_timeout")
        self.assertLess(time.monotonic() - began, 9)

    def test_a_canary_is_not_older_because_somebody_set_the_clock(self):
        self.daemon.write("next/bundle.yaml", f"format: 1\nname: next\nextends: {self.work}/bundle\n")
        self.daemon.write("next/limits.yaml", "limits:\n  retry_after_s: 7\n")
        answer = self.daemon.ask({"command": "apply", "folder": f"{self.work}/next", "canary": ["team"]})
        self.assertTrue(answer["ok"], answer)
        for step, expected in ((DAY, False), (-DAY, False)):
            self.set_clock(step)
            answer = self.daemon.ask({"command": "promote"})
            self.assertEqual(answer["ok"], expected, answer)
            self.assertEqual(answer["code"], "canary_too_young")
            self.assertRegex(answer["message"], r"in \d{1,2} s; promote wants")
        self.assertTrue(self.daemon.ask({"command": "rollback"})["ok"])

    def test_the_vault_ends_nothing_while_somebody_may_set_the_clock_right(self):
        self.daemon.stop()  # what others did to the clock is of no matter
        self.daemon.start(environment=self.environment)
        done = subprocess.run([f"{daemon_test.BIN}/sallyctl", "--run-dir", self.daemon.run_dir, "vault", "init",
                               "--credentials", self.daemon.credentials], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

        def run_at_once(number):
            """A new policy makes it look at the vault at once."""
            folder = f"{self.work}/policy{number}"
            self.daemon.write(f"policy{number}/bundle.yaml", f"format: 1\nname: again\nextends: {self.work}/bundle\n")
            self.daemon.write(f"policy{number}/limits.yaml", f"limits:\n  retry_after_s: {number}\n")
            answer = self.daemon.ask({"command": "apply", "folder": folder})
            self.assertTrue(answer["ok"], answer)
        last_run = lambda: self.daemon.status()["vault"]["last_retention_run"]  # noqa: E731
        run_at_once(3)
        self.daemon.until(last_run, "run of the vault", 10)
        before = last_run()
        self.set_clock(30 * DAY)
        self.daemon.until(lambda: "clock_set" in self.daemon.codes(), "problem clock_set", 10)
        run_at_once(4)
        time.sleep(1)
        self.assertEqual(last_run(), before)


if __name__ == "__main__":
    daemon_test.main()
