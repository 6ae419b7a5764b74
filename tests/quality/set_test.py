#!/usr/bin/env python3
"""set_test.py: the labelled set is what it says: the same on every run, its spans are its values, its check digits hold
by the published examples of each standard, and no file of this folder holds a text that looks like a live key.
"""
import json
import os
import random
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import make_set  # noqa: E402
import scoring  # noqa: E402
import secret_values  # noqa: E402
import values  # noqa: E402

# Rows of the inventory that the set must hold, in both halves.
ENTITIES = set(values.MAKERS) - {"PASSPORT_MRZ"} | {"SECRET", "URL_CREDENTIALS"}
LANGUAGES = set("en de fr es it pt nl pl sv tr ar hi zh ja ko ru".split())


class CheckDigits(unittest.TestCase):
    """Examples printed in the standards themselves or in the documents that publish them."""

    def test_published_examples(self):
        self.assertEqual(values.luhn_digit("411111111111111"), "1")
        self.assertEqual(values.luhn_digit("80840" + "123456789"), "3")  # CMS, NPI check digit calculation
        self.assertEqual(values.mod97("WEST12345698765432" + "GB82"), 1)  # ISO 13616, the Registry's sample
        self.assertEqual(values.verhoeff_digit("236"), "3")
        self.assertEqual(values.mrz_digit("L898902C3"), "6")  # ICAO 9303
        self.assertEqual(values.bech32("bc", 0, bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")),
                         "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")  # BIP 173
        self.assertEqual(values.base58check(bytes.fromhex("00010966776006953d5567439e5e39f86a0d273bee")),
                         "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM")
        self.assertEqual(values.keccak256(b"").hex(),
                "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")


class Set(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.halves = {half: make_set.make(half) for half in make_set.HALVES}

    def test_the_same_on_every_run(self):
        self.assertEqual(json.dumps(make_set.make("hold")), json.dumps(self.halves["hold"]))

    def test_spans_lie_in_their_texts_in_both_units(self):
        for records in self.halves.values():
            for record in records:
                text, data = record["text"], record["text"].encode()
                for span in record["spans"]:
                    self.assertLess(span["start"], span["end"])
                    self.assertEqual(text[span["start"]:span["end"]].encode(), data[span["bstart"]:span["bend"]])

    def test_every_entity_family_and_language_in_both_halves(self):
        for half, records in self.halves.items():
            seen = {span["entity"] for record in records for span in record["spans"]}
            self.assertEqual(ENTITIES - seen, set(), half)
            families = {span.get("subtype") for record in records for span in record["spans"]}
            self.assertEqual(set(secret_values.FAMILIES) - families, set(), half)
            self.assertEqual(LANGUAGES - {record["lang"] for record in records}, set(), half)

    def test_the_halves_share_no_template(self):
        for name in ("personal", "secrets", "harmless"):
            tune, hold = ({body for _, body in make_set.blocks(half, name)} for half in make_set.HALVES)
            self.assertEqual(tune & hold, set())

    def test_harmless_text_has_no_label(self):
        for records in self.halves.values():
            self.assertGreater(sum(len(r["text"]) for r in records if r["kind"] == "harmless"), 300_000)
            self.assertEqual([r["id"] for r in records if r["kind"] == "harmless" and r["spans"]], [])

    def test_no_file_holds_a_key(self):
        r = random.Random(1)
        heads = {make(r)[:4] for make, _ in secret_values.FAMILIES.values()}
        for where, _, files in os.walk(HERE):
            for name in files:
                with open(os.path.join(where, name), encoding="utf-8", errors="replace") as file:
                    for word in file.read().split():
                        long_tail = len(word) >= 24 and sum(c.isdigit() for c in word) >= 6 and word.isalnum()
                        self.assertFalse(long_tail and word[:4] in heads, f"{name}: {word[:8]}...")


class Scoring(unittest.TestCase):
    def score(self, gold, found):
        score = scoring.Score()
        spans = [{"bstart": a, "bend": b, "entity": e} for a, b, e in gold]
        score.add({"text": "x" * 99, "spans": spans, "tags": [], "lang": "en", "kind": "personal"},
                [(*f, "") for f in found])
        return score

    def test_half_of_the_characters_is_a_hit_and_less_is_a_miss_but_no_alarm(self):
        self.assertEqual(self.score([(0, 10, "IBAN")], [(0, 5, "IBAN")]).row("IBAN")["tp"], 1)
        row = self.score([(0, 10, "IBAN")], [(0, 4, "IBAN")]).row("IBAN")
        self.assertEqual((row["fn"], row["fp"]), (1, 0))

    def test_another_entity_on_a_value_is_an_alarm(self):
        self.assertEqual(self.score([(0, 10, "IBAN")], [(0, 10, "CREDIT_CARD")]).row("CREDIT_CARD")["fp"], 1)

    def test_one_prediction_hits_once(self):
        row = self.score([(0, 10, "IBAN"), (10, 20, "IBAN")], [(0, 20, "IBAN")]).row("IBAN")
        self.assertEqual((row["tp"], row["fn"]), (1, 1))

    def test_alarms_in_text_without_labels_count_per_megabyte(self):
        self.assertEqual(self.score([], [(3, 9, "VIN")]).summary()["harmless"]["alarms"], 1)


if __name__ == "__main__":
    unittest.main()
