#!/usr/bin/env python3
"""twin_test.py: the shipped rules against slow twins in another language.

  patterns   every pattern rule again with Python's `re` over the whole text: what it matches is found, and what is
             found by a rule is matched by it
  checksums  every entity with a check digit: values made by the standards are found, the same values with one digit
             changed are not; what is found anywhere in the set holds by the standard

Usage: twin_test.py --bin build/release/bin/sallyctl
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import make_set  # noqa: E402
import values  # noqa: E402

OPTIONS = None
WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"


def sallyctl(*words, lines=None):
    data = None if lines is None else "".join(json.dumps(line) + "\n" for line in lines).encode()
    answer = subprocess.run([OPTIONS.bin, *words, "--policy", OPTIONS.policy], input=data, capture_output=True)
    if answer.returncode != 0:
        raise AssertionError(f"sallyctl {words} exits {answer.returncode}: {answer.stderr.decode()[-400:]}")
    return answer.stdout.decode()


def scan(texts):
    """Spans of each text."""
    out = sallyctl("scan", "--explain", lines=[{"id": i, "text": text} for i, text in enumerate(texts)])
    return [json.loads(line)["spans"] for line in out.splitlines()]


def compact(text):
    return "".join(c for c in text if c.isalnum())


def luhn(text):
    return text.isdigit() and values.luhn_digit(text[:-1]) == text[-1]


def iban(text):
    text = text.upper()
    return values.mod97(text[4:] + text[:4]) == 1


def nhs(text):
    return (11 - values.weighted(text[:9], range(10, 1, -1)) % 11) % 11 == int(text[9])


def pesel(text):
    return (10 - values.weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10 == int(text[10])


def tax_id(text):
    product = 10
    for char in text[:10]:
        product = ((int(char) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(text[10])


def cpf(text):
    return all(values.weighted(text, range(n + 1, 1, -1)) * 10 % 11 % 10 == int(text[n]) for n in (9, 10))


def resident(text):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return "10X98765432"[values.weighted(text, weights) % 11] == text[17].upper()


def nir(text):
    return int(text[13:]) == 97 - int(text[:13].replace("2A", "19").replace("2B", "18")) % 97


# Entity: (a cue before the value, whether a compact value holds by its standard).
CHECKED = {
    "CREDIT_CARD": ("card number ", luhn), "IBAN": ("IBAN ", iban), "IMEI": ("IMEI ", luhn),
    "ABA_ROUTING": ("routing number ", lambda t: values.weighted(t, [3, 7, 1] * 3) % 10 == 0),
    "US_NPI": ("NPI ", lambda t: luhn("80840" + t)), "UK_NHS": ("NHS number ", nhs),
    "CA_SIN": ("social insurance number ", luhn), "PL_PESEL": ("PESEL ", pesel), "DE_TAX_ID": ("Steuer-ID ", tax_id),
    "AU_TFN": ("TFN ", lambda t: values.weighted(t, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0),
    "IN_AADHAAR": ("Aadhaar ", lambda t: values.verhoeff_digit(t[:-1]) == t[-1]), "BR_CPF": ("CPF ", cpf),
    "CN_RESIDENT_ID": ("身份证号 ", resident), "FR_NIR": ("numéro de sécurité sociale ", nir)}


def one_digit_changed(r, text, holds):
    """Another digit in one place, so that the check no longer holds."""
    while True:
        at = r.choice([i for i, c in enumerate(text) if c.isdigit() and i > 3])
        changed = text[:at] + r.choice([d for d in "0123456789" if d != text[at]]) + text[at + 1:]
        if not holds(compact(changed)):
            return changed


class Checksums(unittest.TestCase):
    def setUp(self):
        self.known = {e["entity"] for e in json.loads(sallyctl("policy", "explain", "--output", "json"))["entities"]}

    def test_valid_values_are_found_and_broken_ones_are_not(self):
        r = random.Random("twin")
        good, bad = [], []
        for entity, (_, holds) in CHECKED.items():
            if entity not in self.known:
                print(f"twin: SKIP: the bundle has no {entity}")
                continue
            made = [values.MAKERS[entity](r) for _ in range(30)]
            for value in made:
                self.assertTrue(holds(compact(value)), f"{entity}: the maker and the twin disagree on {value}")
            good += [(entity, value) for value in made]
            bad += [(entity, one_digit_changed(r, value, holds)) for value in made]
        missed = [(entity, value) for (entity, value), spans in zip(good, self.behind_cues(good))
                if not any(s["entity"] == entity for s in spans)]
        self.assertEqual(missed, [], "valid values are not found")
        alarms = [(entity, value) for (entity, value), spans in zip(bad, self.behind_cues(bad))
                if any(s["entity"] == entity and s["end"] - s["start"] > len(value) // 2 for s in spans)]
        self.assertEqual(alarms, [], "values with a wrong digit are found")

    @staticmethod
    def behind_cues(made):
        """Spans of each (entity, value) behind the entity's cue: in one run, since each compiles the whole bundle."""
        return scan([CHECKED[entity][0] + value for entity, value in made])

    def test_what_is_found_in_the_set_holds(self):
        for half in make_set.HALVES:
            records = [record for record in make_set.make(half) if record["kind"] != "evasion"]
            for record, spans in zip(records, scan([record["text"] for record in records])):
                data = record["text"].encode()
                for span in spans:
                    if span["entity"] in CHECKED:
                        value = compact(data[span["start"]:span["end"]].decode())
                        self.assertTrue(CHECKED[span["entity"]][1](value),
                                f"{span['entity']}: {value!r} in {record['id']}")


class Forms(unittest.TestCase):
    """Mail addresses, cards and IBAN as plain expressions over the whole text: each that holds is covered."""

    MAIL = re.compile(
        r"(?<![A-Za-z0-9._%+'!#$&*/=?^`{|}~-])[A-Za-z0-9][A-Za-z0-9._+-]*@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}"
        r"(?![A-Za-z0-9_.@-])")
    CARD = re.compile(
        r"(?<![A-Za-z0-9_.,:+/#=-])(?<![A-Za-z0-9] )"
        r"(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d{2}([ -]?)\d{6}\2\d{5})"
        r"(?![A-Za-z0-9_.,:+/-])(?! [A-Za-z0-9])")
    CODE = re.compile(
        r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")

    def holds(self, pattern, text):
        if pattern is self.MAIL:  # algorithms of ssh have the names of those who made them
            return not re.search(r"[0-9-][^@]*@(?:openssh\.com|libssh\.org)$", text)
        if pattern is self.CARD:
            return luhn(compact(text)) and compact(text)[0] in "456" and compact(text)[:2] not in ("50", "57", "59")
        return len(compact(text)) == values.iban_length(compact(text)[:2]) and iban(compact(text))

    def test_whatever_holds_is_covered(self):
        checked = {}
        for half in make_set.HALVES:
            records = [r for r in make_set.make(half) if r["kind"] in ("personal", "long", "harmless")
                    and r["text"].isascii()]
            for record, spans in zip(records, scan([record["text"] for record in records])):
                for name in ("MAIL", "CARD", "CODE"):
                    pattern = getattr(self, name)
                    for match in pattern.finditer(record["text"]):
                        if self.holds(pattern, match.group()):
                            checked[name] = checked.get(name, 0) + 1
                            covered = any(s["start"] <= match.start() and match.end() <= s["end"] for s in spans)
                            self.assertTrue(covered, f"{name} at {match.span()} of {record['id']}: {match.group()!r}")
        self.assertTrue(all(checked.get(name, 0) > 10 for name in ("MAIL", "CARD", "CODE")), checked)
        print(f"twin: covered {checked}")


class Patterns(unittest.TestCase):
    """The twin sees what the scanner promises: one word, boundaries, the longest run behind an open right end."""

    def test_the_same_matches(self):
        explained = json.loads(sallyctl("policy", "explain", "--output", "json"))["entities"]
        rules = {rule["id"]: rule for entity in explained for rule in entity["rules"] if rule["kind"] == "pattern"}
        # Values of the set are random: what only asks for entropy holds for them.
        plain = {name for name, rule in rules.items() if not rule["context"]
                 and rule.get("validator", {}).get("name", "none") in ("none", "entropy")}
        twins = {name: re.compile(rule["pattern"], re.I if rule["case_insensitive"] else 0) for name,
                rule in rules.items()}
        # Those with a validator may refuse a match; few of the set's are made to be refused.
        validated = {name for name, rule in rules.items() if not rule["context"] and "validator" in rule}
        seen, checked, judged, kept = set(), 0, 0, 0
        for half in make_set.HALVES:
            records = [record for record in make_set.make(half) if record["kind"] != "evasion"
                    and record["text"].isascii()]
            for record, spans in zip(records, scan([record["text"] for record in records])):
                text = record["text"]
                for span in spans:
                    if span.get("rule") in twins:
                        self.assertTrue(twins[span["rule"]].search(text[span["start"]:span["end"]]),
                                        f"{span['rule']} found what it does not match, in {record['id']}")
                for name in plain:
                    for match in twins[name].finditer(text):
                        if not self.stands_alone(rules[name], text, match):
                            continue
                        checked += 1
                        seen.add(name)
                        # Another rule may begin behind the vendor's mark ("SK" and 32 digits near the name).
                        most = 0.85 * (match.end() - match.start())
                        covered = any(min(s["end"], match.end()) - max(s["start"], match.start()) >= most
                                      for s in spans)
                        self.assertTrue(covered,
                                f"{name} matches {match.span()} of {record['id']}, and nothing is found there")
                for name in validated:
                    for match in twins[name].finditer(text):
                        if self.stands_alone(rules[name], text, match):
                            judged += 1
                            kept += any(s["start"] < match.end() and match.start() < s["end"] for s in spans)
        self.assertGreater(checked + judged, 200)
        self.assertGreaterEqual(kept, 0.95 * judged, f"validators kept {kept} of {judged} matches")
        print(f"twin: {checked} matches of {len(seen)} of {len(plain)} plain pattern rules")

    @staticmethod
    def stands_alone(rule, text, match):
        before, behind = text[match.start() - 1:match.start()], text[match.end():match.end() + 1]
        if any(c in match.group() for c in " \t\n\"'`<>\\"):
            return False
        if rule["boundary_left"] and before and before in WORD:
            return False
        return not (rule["boundary_right"] and behind and behind in WORD)


def main():
    global OPTIONS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin", "sallyctl"))
    parser.add_argument("--policy", default=os.path.join(ROOT, "policies"))
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
