#!/usr/bin/env python3
"""chance_test.py: how often random digits are taken for somebody's number.

A checksum of one digit holds for one random number in ten. So digits of which nothing is said must be no finding,
unless the checksum is long or the policy says why (policies/entities, beside `confidence_alone`). Prints the share of
random digit runs of each length that are reported, per entity: alone as a whole text, and inside of a sentence.

And tokens of ours are made of capitals and digits: whatever words they happen to hold say nothing of a number beside
them.

Usage: chance_test.py --bin sallyctl [--policy DIR]
"""
import collections
import random
import unittest

from scan_texts import read_options, scan

LENGTHS, RUNS = range(5, 21), 400
CHANCE_MAX = 0.02
# More than that, and why: the same reasons stand in the policy.
STATED = {
    "CREDIT_CARD": ("both", 0.08, "the ranges of issuers and Luhn count alone: a card without a word is still a card"),
    "US_ITIN": ("alone", 0.06, "nine digits as a whole text answer a question that stands elsewhere"),
    "CA_SIN": ("alone", 0.12, "the same"),
    "ABA_ROUTING": ("alone", 0.06, "the same"),
}
TOKEN_CHARACTERS, TOKEN_SIZE, TOKENS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23, 30_000
OPTIONS = None


def reported():
    """{(place, length): {entity: share}} of random digit runs."""
    r = random.Random("sallyport digits by chance, 1")
    texts = []
    for length in LENGTHS:
        for _ in range(RUNS):
            digits = "".join(r.choice("0123456789") for _ in range(length))
            texts += [(("alone", length), digits), (("inside", length), f"see {digits} of the list")]
    found = collections.defaultdict(collections.Counter)
    for value in scan(OPTIONS, [text for _, text in texts]):
        for entity in {span["entity"] for span in value["spans"]}:
            found[texts[value["id"]][0]][entity] += 1
    return {key: {entity: count / RUNS for entity, count in row.items()} for key, row in found.items()}


def beside_tokens():
    """[(text with a random token, the same with one that spells nothing)]."""
    r = random.Random("sallyport tokens by chance, 1")
    value = {"digits": lambda: "".join(r.choice("0123456789") for _ in range(r.choice([6, 8, 9, 11, 40]))),
             "hex": lambda: "".join(r.choice("0123456789abcdef") for _ in range(r.choice([32, 40]))),
             "key": lambda: "".join(r.choice("abcdefghABCDEFGH0123456789") for _ in range(32))}
    pairs = []
    for _ in range(TOKENS):
        token = "".join(r.choice(TOKEN_CHARACTERS) for _ in range(TOKEN_SIZE))
        form = f"to [PERSON-%s]{r.choice([', ', ' ', ': ', chr(10)])}{value[r.choice(sorted(value))]()}"
        pairs.append((form % token, form % ("7W" * TOKEN_SIZE)[:TOKEN_SIZE]))
    return pairs


class Chance(unittest.TestCase):
    def test_a_token_says_nothing_of_what_stands_beside_it(self):
        pairs = beside_tokens()
        rows = list(scan(OPTIONS, [text for pair in pairs for text in pair]))
        found = [[(span["start"], span["end"], span["entity"]) for span in row["spans"]] for row in rows]
        differ = [f"{pairs[i][0]!r}: {found[2 * i]}" for i in range(TOKENS) if found[2 * i] != found[2 * i + 1]]
        self.assertEqual(differ, [])

    def test_digits_of_which_nothing_is_said_are_no_ones_number(self):
        table = reported()
        print("place   digits  taken for")
        for place in ("inside", "alone"):
            for length in LENGTHS:
                row = table.get((place, length), {})
                print(f"{place:8}{length:6}  " + ", ".join(f"{e} {s:.1%}" for e, s in sorted(row.items())))
                for entity, share in row.items():
                    where, most, _ = STATED.get(entity, ("", CHANCE_MAX, ""))
                    limit = most if where in (place, "both") else CHANCE_MAX
                    self.assertLessEqual(share, limit, f"{entity}, {length} random digits, {place}")
        self.assertTrue(any("CREDIT_CARD" in row for row in table.values()), "nothing was scanned")


if __name__ == "__main__":
    OPTIONS, arguments = read_options(__doc__)
    unittest.main(argv=arguments)
