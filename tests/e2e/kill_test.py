#!/usr/bin/env python3
"""kill_test.py: kill -9 of either process at 20 random instants of live traffic.

Afterwards every request in the vendor's own log has exactly one admitted record and one completed (or interrupted) one,
and after a kill of the dataplane no file of the machine holds a value that was planted in the traffic.
"""
import os
import random
import threading
import time
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

KILLS = int(os.environ.get("SALLYPORT_KILLS", "20"))
SEED = int(os.environ.get("SALLYPORT_SEED", "1"))
PLACES = ("/dev/shm", "/run", "/tmp", "/var/lib/sallyport", "/dev/hugepages", "/var/tmp")


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        cls.number = 0
        cls.lock = threading.Lock()

    def traffic(self, stop, answered):
        connection = LabConnection(self.lab, timeout=10)
        while not stop.is_set():
            with self.lock:
                Kill.number += 1
                number = Kill.number
            body = chat(f"planted.{number}" + "@" + "kill-example.org", f"sim-split-4.slow-2.k{number}",
                        stream=number % 2 == 0)
            try:
                answer = self.lab.post("/openai/v1/chat/completions", body, connection=connection)
                answered.append(answer.status)
            except Exception:  # a cut connection is what this test makes
                connection.close()
                connection = LabConnection(self.lab, timeout=10)
                time.sleep(0.1)

    def storm(self, kill):
        chance = random.Random(SEED)
        stop, answered = threading.Event(), []
        clients = [threading.Thread(target=self.traffic, args=(stop, answered)) for _ in range(8)]
        for client in clients:
            client.start()
        try:
            for _ in range(KILLS):
                time.sleep(0.5 + chance.random() * 1.5)
                kill()
        finally:
            stop.set()
            for client in clients:
                client.join()
        self.assertGreater(answered.count(200), KILLS)

    def check_log_and_records(self):
        after = chat("after", f"sim-echo.after-{Kill.number}")
        self.assertEqual(self.lab.post("/openai/v1/chat/completions", after).status, 200)
        self.lab.drained()
        self.assertEqual(self.lab.sallyctl("evidence", "verify").returncode, 0)
        exchanges, seen = self.lab.exchanges(), self.lab.vendor_models()
        for model in seen:
            self.assertEqual(len(exchanges[model]), 1, model)
            self.assertTrue(lab_fixture.finished(exchanges[model][0]), exchanges[model])
        print(f"kill: {len(seen)} requests at the vendor, {sum(map(len, exchanges.values()))} admitted")

    def test_the_dataplane(self):
        def kill():
            self.lab.kill("dataplane")
            self.assertEqual(self.planted_files(), [])
            self.lab.start_dataplane()

        self.storm(kill)
        self.check_log_and_records()

    def test_the_control_plane(self):
        def kill():
            self.lab.kill("sallyportd")
            self.lab.start_sallyportd()

        self.storm(kill)
        self.check_log_and_records()

    def planted_files(self):
        """Files that hold a planted value. The vendor's own log and this test's memory are the vendor's, not ours."""
        found = []
        for place in PLACES:
            for where, folders, files in os.walk(place):
                folders[:] = [f for f in folders if not os.path.ismount(os.path.join(where, f)) or place == where]
                for name in files:
                    path = os.path.join(where, name)
                    if path == self.lab.vendor_log_path or not os.path.isfile(path) or os.path.islink(path):
                        continue
                    try:
                        with open(path, "rb") as file:
                            if b"@kill-example.org" in file.read(64 << 20):
                                found.append(path)
                    except OSError:
                        continue
        return found


if __name__ == "__main__":
    lab_fixture.main()
