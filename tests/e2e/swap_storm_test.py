#!/usr/bin/env python3
"""swap_storm_test.py: requests at concurrency 50 while two images that differ in one action swap every 100 ms.

SALLYPORT_STORM says how many requests (500 when it does not).

No request fails, and what happened to each fits the image digest in its own record: tokens at the vendor under the one,
the plain address under the other. A request decided by two versions would fit neither.
"""
import itertools
import json
import os
import threading
import time
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

REQUESTS, CONCURRENCY, SWAP_SECONDS = int(os.environ.get("SALLYPORT_STORM", "500")), 50, 0.1
# The storm lasts until there were this many swaps, too: under it one takes what two cores leave.
# One that hangs ends it.
SWAPS, STORM_SECONDS_MAX = max(5, min(11, REQUESTS // 100)), 120


class SwapStorm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def swap(self, digests, stop, swaps, problems):
        turn = 0
        while not stop.is_set():
            turn += 1
            began = time.monotonic()
            answer = self.lab.sallyctl("policy", "apply", "--image", digests[turn % 2], check=False)
            if answer.returncode != 0:
                problems.append(answer.stderr)
                return
            swaps.append(time.monotonic())
            time.sleep(max(0.0, SWAP_SECONDS - (time.monotonic() - began)))

    def client(self, numbers, swaps, problems, outcomes):
        connection = LabConnection(self.lab, timeout=60)
        end = time.monotonic() + STORM_SECONDS_MAX
        for number in numbers:
            if problems or time.monotonic() > end or (number >= REQUESTS and len(swaps) >= SWAPS):
                return
            address = f"storm.{number}" + "@" + "example.org"
            stream = number % 2 == 1
            try:
                answer = self.lab.post("/openai/v1/chat/completions",
                                       chat(f"n{number} {address}", f"sim-split-5.n{number}", stream=stream),
                                       connection=connection)
                text = next(iter(answer.channel_texts().values()), "") if answer.status == 200 else answer.text
                outcomes[number] = (answer.status, text == f"You said: n{number} {address}", answer.request_id, text)
            except Exception as error:  # a failed request is the finding, whatever its kind
                outcomes[number] = (0, False, None, repr(error))
                connection = LabConnection(self.lab, timeout=60)

    def test_the_storm(self):
        tokenizes = self.lab.compile(self.lab.policy_folder)
        allows = self.lab.compile(self.lab.policy_with_action("EMAIL_ADDRESS", "allow"))
        self.assertNotEqual(tokenizes, allows)
        numbers, outcomes, stop, swaps, problems = itertools.count(), {}, threading.Event(), [], []
        swapper = threading.Thread(target=self.swap, args=((tokenizes, allows), stop, swaps, problems))
        swapper.start()
        clients = [threading.Thread(target=self.client, args=(numbers, swaps, problems, outcomes))
                   for _ in range(CONCURRENCY)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        stop.set()
        swapper.join()
        self.assertEqual(problems, [])
        self.assertGreaterEqual(len(swaps), SWAPS)
        failed = {n: o for n, o in outcomes.items() if o[0] != 200 or not o[1]}
        self.assertEqual(failed, {}, list(failed.items())[:3])
        self.judge(tokenizes, allows, outcomes)
        print(f"swap storm: {len(outcomes)} requests, {len(swaps)} swaps")

    def judge(self, tokenizes, allows, outcomes):
        received = {}
        for body in self.lab.vendor_bodies():
            content = json.loads(body)["messages"][0]["content"]
            received[int(content.split(" ")[0][1:])] = content
        self.lab.drained()
        exchanges = self.lab.exchanges()
        both = {tokenizes: 0, allows: 0}
        for number in outcomes:
            decided = exchanges[f"sim-split-5.n{number}"]
            self.assertEqual(len(decided), 1)
            digest = lab_fixture.image_digest(decided[0])
            self.assertIn(digest, both)
            both[digest] += 1
            plain = f"storm.{number}" + "@" + "example.org" in received[number]
            self.assertEqual(plain, digest == allows, f"request {number}")
        self.assertTrue(all(both.values()), f"one image decided nothing: {both}")


if __name__ == "__main__":
    lab_fixture.main()
