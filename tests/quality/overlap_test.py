#!/usr/bin/env python3
"""overlap_test.py: every example of every entity is reported as that entity, whole, when other text stands around it.

The examples of a policy run as tests of their own rule when it is compiled. Which of two entities takes a value that
both could be (a tax number of nine digits, a key that is also base64) shows only when all of them read the same text:
here each example stands alone, behind a sentence and between two sentences that say nothing about it.

Usage: overlap_test.py --bin sallyctl [--policy DIR]
"""
import collections
import glob
import os
import sys
import unittest

from scan_texts import read_options, scan

try:
    import yaml
except ImportError as missing:
    print(f"SKIPPED: {missing}; scripts/setup installs python3-yaml")
    sys.exit(77)

PLACES = {
    "alone": "{}",
    "behind": "The meeting went well and everybody agreed.\n{}",
    "between": "The meeting went well and everybody agreed.\n{}\nPlease have a look when there is time.",
}
# Entities of which one example is the bare value and nothing else: what the policy calls `confidence_alone`, the answer
# to a question that stands elsewhere. Between sentences that say nothing such digits are no one's (chance_test.py), so
# these examples must be found alone, and are not looked for elsewhere.
ALONE = {"ABA_ROUTING", "AT_SVNR", "AU_MEDICARE", "BE_NATIONAL_NUMBER", "BR_CNPJ", "BR_CPF",
         "CA_SIN", "DE_TAX_ID", "HK_ID", "IN_AADHAAR", "IN_PAN", "KR_RRN", "NO_FODSELSNUMMER",
         "PASSPORT", "PL_PESEL", "RO_CNP", "SE_PERSONNUMMER", "TH_ID", "TR_KIMLIK", "TW_ID",
         "UK_NHS", "US_DEA", "US_ITIN", "US_NPI", "ZA_ID"}
OPTIONS = None


def examples():
    """(entity, text, value) of every must_match of the policy; value None: anywhere in the text."""
    for path in sorted(glob.glob(os.path.join(OPTIONS.policy, "entities", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            entities = yaml.safe_load(file)["entities"]
        for entity, row in entities.items():
            for one in row.get("must_match") or []:
                text = one["text"] if "text" in one else "".join(one["text_parts"])
                value = one.get("match") or "".join(one.get("match_parts", [])) or None
                yield entity, text, value


def missed():
    """{(entity, found as): [(place, text of the policy)]} of every example that is not reported as it should be, the
    entities guessed alone only, and how many were asked."""
    asked = [(entity, place, text, value, form.format(text)) for entity, text, value in examples()
             for place, form in PLACES.items()]
    out, guesses = collections.defaultdict(list), set()
    for said in scan(OPTIONS, [row[4] for row in asked]):
        entity, place, text, value, whole = asked[said["id"]]
        whole = whole.encode()
        first = whole.index(text.encode())
        start = first if value is None else whole.index(value.encode(), first)
        end = start + len((value or text).encode())
        near = [s for s in said["spans"] if s["start"] < end and start < s["end"]]
        if any(s["entity"] == entity and (value is None or (s["start"], s["end"]) == (start, end)) for s in near):
            continue
        found = "+".join(sorted({s["entity"] if s["entity"] != entity else "a part or more" for s in near}))
        if place != "alone" and value is not None and value == text.strip("'\"") and found == "" and entity in ALONE:
            guesses.add(entity)
            continue
        out[(entity, found or "nothing")].append((place, text))
    return out, guesses, len(asked)


class Overlap(unittest.TestCase):
    def test_every_example_is_its_entity_whole(self):
        table, guesses, count = missed()
        self.assertGreater(count, 1_000)
        for key, rows in sorted(table.items()):
            for place, text in rows:
                # The examples of a policy are made up; a secret's are not repeated here all the same.
                shown = text if key[0] != "SECRET" else f"example of {len(text)} characters, {text[:12]!r}..."
                print(f"{key[0]} found as {key[1]}, {place}: {shown}", file=sys.stderr)
        print(f"{count} placed examples; {len(guesses)} entities are guessed where a value stands alone, only there")
        self.assertEqual(sorted(table), [], "an example is read as something else")
        self.assertEqual(sorted(ALONE - guesses), [], "said to be guessed alone, and found everywhere")


if __name__ == "__main__":
    OPTIONS, arguments = read_options(__doc__)
    unittest.main(argv=arguments)
