#!/usr/bin/env python3
"""loss_test.py: chat bodies of 1 B to 4 MiB through the relay while a router loses 1 % of the packets on both legs.

What the vendor received and what the client got back are compared by hash, and the loss must have been real: the
router's drops and our retransmissions are above zero.
"""
import hashlib
import json
import queue
import random
import re
import subprocess
import threading
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

PATH = "/openai/v1/chat/completions"
SIZES = [1, 2, 100, 1_000, 1_460, 16_384, 65_536, 262_144, 1 << 20, 4 << 20]
ROUNDS, CONCURRENCY = 4, 4


def filler(size, seed):
    """Text without a finding, different for every transfer, so that no two can be mixed up."""
    chance = random.Random(seed)
    words = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "elit", "sed", "eiusmod", "tempor"]
    pieces, length = [], 0
    while length < size:
        pieces.append(chance.choice(words))
        length += len(pieces[-1]) + 1
    return " ".join(pieces)[:size]


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Loss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(loss=1)
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def client(self, todo, outcomes):
        connection = LabConnection(self.lab, timeout=120)
        while True:
            try:
                number, size, stream = todo.get_nowait()
            except queue.Empty:
                return
            text = filler(size, number)
            try:
                answer = self.lab.post(PATH, chat(text, f"sim-split-4096.loss-{number}", stream=stream),
                                       connection=connection)
                said = next(iter(answer.channel_texts().values()), "") if answer.status == 200 else answer.text
                outcomes[number] = "good" if said == "You said: " + text else f"{answer.status}: {said[:80]}"
            except Exception as error:  # whatever went wrong with a transfer is the finding
                outcomes[number] = repr(error)
                connection = LabConnection(self.lab, timeout=120)

    def router_drops(self):
        rules = subprocess.run(["nsenter", f"--net=/run/netns/{self.lab.router_namespace}", "nft", "list", "ruleset"],
                               capture_output=True, text=True, check=True).stdout
        return sum(int(n) for n in re.findall(r"counter packets (\d+)", rules))

    def test_bodies_of_every_size(self):
        todo, outcomes, wanted = queue.Queue(), {}, {}
        for number in range(len(SIZES) * ROUNDS):
            size = SIZES[number % len(SIZES)]
            wanted[f"sim-split-4096.loss-{number}"] = digest(filler(size, number))
            todo.put((number, size, number // len(SIZES) % 2 == 1))
        clients = [threading.Thread(target=self.client, args=(todo, outcomes)) for _ in range(CONCURRENCY)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual({n: o for n, o in outcomes.items() if o != "good"}, {})
        received = {}
        for body in map(json.loads, self.lab.vendor_bodies()):
            received[body["model"]] = digest(body["messages"][0]["content"])
        self.assertEqual(received, wanted)
        counters = self.lab.status()["dataplane"]["counters"]
        drops, repeated = self.router_drops(), counters["tcp.retransmits"]
        self.assertGreater(drops, 0)
        self.assertGreater(repeated, 0)
        print(f"loss: {len(outcomes)} exchanges, {drops} packets dropped, {repeated} segments repeated")


if __name__ == "__main__":
    lab_fixture.main()
