#!/usr/bin/env python3
"""drainer_test.py: the control plane stands still. `recorded` goes on until its mark, `committed` refuses at once."""
import signal
import time
import unittest

import lab_fixture
from lab_fixture import Lab, chat

PATH = "/openai/v1/chat/completions"


class Drainer(unittest.TestCase):
    def lab(self, **options):
        lab = Lab(**options)
        self.addCleanup(lab.stop)
        lab.start()
        return lab

    def resumes(self, lab, within):
        end = time.monotonic() + within
        while time.monotonic() < end:
            if lab.post(PATH, chat("again")).status == 200:
                return True
            time.sleep(0.5)
        return False

    def nothing_unrecorded(self, lab):
        """Each request at the vendor has its two records; an admitted one that is not there was refused in time."""
        lab.drained()
        exchanges, seen = lab.exchanges(), lab.vendor_models()
        recorded = [e for many in exchanges.values() for e in many]
        self.assertTrue(all(map(lab_fixture.finished, recorded)), exchanges)
        unsent = [e for e in recorded if e["completed"]["reason_code"] == "evidence_not_committed"]
        self.assertEqual(len(recorded) - len(unsent), len(seen))

    def test_recorded_goes_on_until_the_mark(self):
        lab = self.lab(environment="lab", limits={"max_undrained_ms": 5000})
        lab.signal("sallyportd", signal.SIGSTOP)
        self.assertEqual(lab.post(PATH, chat("first")).status, 200)
        stopped, refused_after = time.monotonic(), None
        while time.monotonic() - stopped < 20:
            answer = lab.post(PATH, chat("next"))
            if answer.status == 503:
                refused_after = time.monotonic() - stopped
                break
            self.assertEqual(answer.status, 200, answer.text)
            time.sleep(0.2)
        self.assertIsNotNone(refused_after, "never refused")
        self.assertTrue(3 < refused_after < 15, refused_after)
        self.assertTrue(answer.headers.get("retry-after"))
        sent = len(lab.vendor_requests())
        self.assertEqual(lab.post(PATH, chat("still")).status, 503)
        self.assertEqual(len(lab.vendor_requests()), sent)
        lab.signal("sallyportd", signal.SIGCONT)
        self.assertTrue(self.resumes(lab, 20))
        self.nothing_unrecorded(lab)

    def test_committed_refuses_at_once(self):
        lab = self.lab(environment="production")
        self.assertEqual(lab.post(PATH, chat("before")).status, 200)
        lab.signal("sallyportd", signal.SIGSTOP)
        sent, began = len(lab.vendor_requests()), time.monotonic()
        answer = lab.post(PATH, chat("now"))
        self.assertEqual(answer.status, 503, answer.text)
        self.assertLess(time.monotonic() - began, 6)
        self.assertEqual(len(lab.vendor_requests()), sent)
        lab.signal("sallyportd", signal.SIGCONT)
        self.assertTrue(self.resumes(lab, 20))
        self.nothing_unrecorded(lab)


if __name__ == "__main__":
    lab_fixture.main()
