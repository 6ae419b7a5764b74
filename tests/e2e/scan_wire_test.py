#!/usr/bin/env python3
"""scan_wire_test.py: 1,000 texts through `sallyctl scan` and over the wire: the edits are equal.

Both sides run the same engine; what differs is the chunking, the JSON around the text and the path of the bytes. The
texts are made from seeds: names, mail addresses, numbers near and at the boundary of being one, other scripts, escapes.
"""
import json
import random
import re
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

COUNT = 1000
TOKEN = re.compile(r"\[([A-Z][A-Z-]*)-[0-9A-HJKMNP-TV-Z]{23}\]")
WORDS = ("the invoice of last week was paid by our customer please send a copy to my desk today "
         "né 電話 \U0001f600 Ω").split()


def digits(chance, count):
    return "".join(chance.choice("0123456789") for _ in range(count))


def luhn(chance):
    body = "4" + digits(chance, 14)
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def planted(chance):
    name = chance.choice(["erika", "jo.bloggs", "a", "maria+tag", "x_y"])
    host = chance.choice(["example.org", "mail.example.co.uk", "northwind.example", "a.b.c.example.com"])
    card = luhn(chance)
    return chance.choice([
        name + "@" + host, name + "@" + host + ".", "<" + name + "@" + host + ">", "mailto:" + name + "@" + host,
        card, " ".join(card[i:i + 4] for i in range(0, 16, 4)), card[:-1] + str((int(card[-1]) + 1) % 10),
        "+1 415 555 " + digits(chance, 4), "(415) 555-" + digits(chance, 4), "+49 30 " + digits(chance, 7),
        "SSN " + f"{chance.randint(1, 899):03d}-{chance.randint(1, 99):02d}-{chance.randint(1, 9999):04d}",
        digits(chance, 9), digits(chance, 40), "https://user:" + "pw" + digits(chance, 5) + "@host.example/x",
        name + "@", "@" + host, name + " at " + host, "1.2.3.4", "2026-11-24T10:00:00Z"])


def text(seed):
    chance = random.Random(seed)
    pieces = []
    for _ in range(chance.randint(1, 40)):
        pieces.append(planted(chance) if chance.random() < 0.2 else chance.choice(WORDS))
    return chance.choice([" ", "\n", ", ", "\t"]).join(pieces)


class ScanIsTheWire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def scanned(self, texts):
        lines = "".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts))
        answer = self.lab.sallyctl("scan", "--policy", self.lab.policy_folder, "--tenant", self.lab.tenant,
                                   "--environment", self.lab.environment, "--destination", "openai", input=lines)
        rows = [json.loads(line) for line in answer.stdout.splitlines()]
        self.assertEqual([row["id"] for row in rows], [str(i) for i in range(len(texts))], answer.stderr)
        return rows

    def test_a_thousand_texts(self):
        texts = [text(seed) for seed in range(COUNT)]
        rows = self.scanned(texts)
        connection = LabConnection(self.lab)
        blocked = edited = 0
        for original, row in zip(texts, rows):
            with self.subTest(text=original[:80]):
                answer = self.lab.post("/openai/v1/chat/completions", chat(original), connection=connection)
                if row["verdict"] == "block":
                    blocked += 1
                    self.assertEqual(answer.status, 403, answer.text)
                    connection = LabConnection(self.lab)
                    continue
                self.assertEqual(answer.status, 200, answer.text)
                received = json.loads(self.lab.vendor_bodies()[-1])["messages"][0]["content"]
                self.assertEqual(self.shape(received), self.expected(original, row))
                edited += bool(row["spans"])
                self.assertEqual(answer.json["choices"][0]["message"]["content"], "You said: " + original)
        self.assertGreater(edited, COUNT // 3)

    @staticmethod
    def shape(received):
        return TOKEN.sub(lambda m: "\x01" + m.group(1).replace("-", "_") + "\x02", received)

    @staticmethod
    def expected(original, row):
        data, at, out = original.encode(), 0, b""
        for span in row["spans"]:
            if span["action"] in ("allow", "observe"):
                continue
            out += data[at:span["start"]] + b"\x01" + span["entity"].encode() + b"\x02"
            at = span["end"]
        return (out + data[at:]).decode()


if __name__ == "__main__":
    lab_fixture.main()
