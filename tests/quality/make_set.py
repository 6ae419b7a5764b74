#!/usr/bin/env python3
"""make_set.py: the project's own labelled texts, made from templates and a seed: the same bytes on any machine.

The two halves `tune` and `hold` have other templates and other values. Tune on `tune`; a figure that is much better
there than on `hold` is a rule that learned the samples. One record a line, in the form of ../shared/corpus:
id, text, spans (code points and bytes), lang, tags, kind (personal, secret, harmless, long, evasion).

Template files (templates/): blocks behind `%% ... lang xN` (N texts are made).
  <<ENTITY>> <<ENTITY:variant>>   a value with its label       <<?ENTITY>>   a value that need not be found
  <<=name:argument>>              a word without a label

Usage: make_set.py [tune|hold] > set.jsonl
"""
import json
import os
import random
import re
import sys

import evasions
import names
import secret_values
import values

HERE = os.path.dirname(os.path.abspath(__file__))
HALVES = ("tune", "hold")
SLOT = re.compile(r"<<(\??|=)([A-Z][A-Z_0-9]*|(?<==)[a-z0-9]+)(?::([A-Za-z0-9-]+))?>>")
ENTITY_OF = {"PASSPORT_MRZ": "PASSPORT", "PASSWORD": "SECRET", "BASIC": "SECRET"}
LONG_TEXTS, HARMLESS_LONG_TEXTS, SECRETS_A_FAMILY, PERSONAL_TIMES = 40, 130, 3, 2


def filler(r, name, argument):
    if name in secret_values.FILLERS:
        return secret_values.FILLERS[name](r, argument)
    return {"int": lambda: values.digits(r, int(argument), "123456789"),
            "upper": lambda: values.letters(r, int(argument)),
            "version": lambda: f"{r.randint(0, 24)}.{r.randint(0, 30)}.{r.randint(0, 250)}",
                    "day": lambda: f"{r.randint(1, 28):02d}",
            "uuid": lambda: "-".join(secret_values.hexes(r, n) for n in (8, 4, 4, 4, 12)),
            "product": lambda: r.choice(names.PRODUCTS), "company": lambda: r.choice(names.COMPANIES)}[name]()


def fill(r, template, key=None):
    """The text and its spans in code points. `key`: (family, value) for the slot <<KEY>>."""
    text, spans, at = "", [], 0
    for slot in SLOT.finditer(template):
        text += template[at:slot.start()]
        at = slot.end()
        kind, name, variant = slot.groups()
        if kind == "=":
            text += filler(r, name, variant)
            continue
        subtype = variant
        if name == "KEY":
            subtype, value = key
            name = "SECRET"
        elif name in secret_values.MAKERS:
            value = secret_values.MAKERS[name](r, variant)
            subtype = {"PASSWORD": "password", "BASIC": "basic-auth"}.get(name, variant)
        else:
            value = values.MAKERS[name](r, variant)
        span = {"start": len(text), "end": len(text) + len(value), "entity": ENTITY_OF.get(name, name)}
        if subtype:
            span["subtype"] = subtype
        if kind == "?":
            span["optional"] = True
        spans.append(span)
        text += value
    return text + template[at:], spans


def blocks(half, name):
    """(words of the head, template) of each block."""
    with open(os.path.join(HERE, "templates", f"{half}_{name}.txt"), encoding="utf-8") as file:
        for block in file.read().split("%% ")[1:]:
            head, _, body = block.partition("\n")
            yield head.split(), body.rstrip("\n")


def language(head):
    return next((word for word in head if len(word) == 2 and word.isalpha()), "en")


def draws(head):
    return next((int(word[1:]) for word in head if re.fullmatch(r"x\d+", word)), 1)


def personal(r, half):
    for head, template in blocks(half, "personal"):
        for _ in range(draws(head) * PERSONAL_TIMES):
            text, spans = fill(r, template)
            yield {"text": text, "spans": spans, "lang": language(head), "kind": "personal"}


def camel(name):
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def secrets(r, half):
    frames = list(blocks(half, "secrets"))
    each = [template for head, template in frames if head[0] == "each"]
    for family, (make, env) in secret_values.FAMILIES.items():
        for template in r.sample(each, SECRETS_A_FAMILY):
            template = template.replace("{ENV}", env).replace("{lower}", env.lower()).replace("{camel}", camel(env))
            text, spans = fill(r, template, (family, make(r)))
            yield {"text": text, "spans": spans, "lang": "en", "kind": "secret"}
    for head, template in frames:
        if head[0] == "blocks":
            for family, make in secret_values.BLOCKS.items():
                for _ in range(3):
                    text, spans = fill(r, template, (family, make(r)))
                    yield {"text": text, "spans": spans, "lang": "en", "kind": "secret"}
        elif head[0] != "each":
            for _ in range(draws(head)):
                text, spans = fill(r, template)
                yield {"text": text, "spans": spans, "lang": language(head), "kind": "secret"}


def harmless(r, half):
    for head, template in blocks(half, "harmless"):
        for _ in range(draws(head)):
            text, spans = fill(r, template)
            yield {"text": text, "spans": spans, "lang": language(head), "kind": "harmless"}


def segments(half):
    """Messages between machines and rows of numbers; of a seed of their own, so that the others stay what they are."""
    r = random.Random(f"sallyport labelled set, segments, {half}, 1")
    for head, template in blocks(half, "segments"):
        for _ in range(draws(head) * PERSONAL_TIMES):
            text, spans = fill(r, template)
            kind = "harmless" if "harmless" in head else "personal"
            yield {"text": text, "spans": spans, "lang": language(head), "kind": kind}


def join(parts, separator):
    text, spans = "", []
    for part in parts:
        text += separator if text else ""
        spans += [dict(span, start=span["start"] + len(text), end=span["end"] + len(text)) for span in part["spans"]]
        text += part["text"]
    return text, spans


def escaped(text, spans):
    """The text as the inside of a JSON string, as people paste it, and where its spans lie then."""
    places, out = [], ""
    for char in text:
        places.append(len(out))
        out += json.dumps(char, ensure_ascii=False)[1:-1]
    places.append(len(out))
    return out, [dict(span, start=places[span["start"]], end=places[span["end"]]) for span in spans]


def long_texts(r, records):
    """Prompts of many paragraphs: values between harmless text, some of them pasted with JSON's escapes."""
    quiet = [record for record in records if record["kind"] == "harmless"]
    loud = [record for record in records if record["kind"] in ("personal", "secret") and len(record["text"]) > 25]
    for number in range(LONG_TEXTS):
        parts = r.sample(quiet, r.randint(8, 24)) + r.sample(loud, r.randint(2, 7))
        r.shuffle(parts)
        text, spans = join(parts, r.choice(["\n\n", "\n", "\n\n---\n\n"]))
        if number % 4 == 3:
            text, spans = escaped(text, spans)
        yield {"text": text, "spans": spans, "lang": "mix", "kind": "long"}


def harmless_long(r, half):
    templates = [template for _, template in blocks(half, "harmless")]
    for _ in range(HARMLESS_LONG_TEXTS):
        parts = []
        for template in r.sample(templates, 30):
            text, spans = fill(r, template)
            parts.append({"text": text, "spans": spans})
        text, spans = join(parts, "\n\n")
        yield {"text": text, "spans": spans, "lang": "mix", "kind": "harmless"}


def make(half):
    """All records of one half, in order."""
    r = random.Random(f"sallyport labelled set, {half}, 1")
    records = [*personal(r, half), *secrets(r, half), *harmless(r, half)]
    records += [*long_texts(r, records), *harmless_long(r, half), *evasions.records(r, half)]
    records += segments(half)
    for number, record in enumerate(records):
        record["id"] = f"{half}-{record['kind']}-{number}"
        record.setdefault("tags", [])
        for span in record["spans"]:
            span["bstart"] = len(record["text"][:span["start"]].encode())
            span["bend"] = span["bstart"] + len(record["text"][span["start"]:span["end"]].encode())
    return records


def main():
    wanted = sys.argv[1:] or HALVES
    if any(half not in HALVES for half in wanted):
        print(__doc__, file=sys.stderr)
        return 2
    for half in wanted:
        for record in make(half):
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
