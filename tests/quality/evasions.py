"""evasions.py: values written so that a plain pattern does not see them: other digits, invisible characters, encodings,
broken numbers. One entry per technique; `PROMISED` is what the product says it finds, the others are counted for the
record only (docs/detection.md names them as limits).
"""
import base64
import json
import textwrap
import urllib.parse

import secret_values
import values

NUMBERS = ("CREDIT_CARD", "US_SSN", "IBAN", "PHONE_NUMBER")
WORDS = ("EMAIL_ADDRESS", "SECRET")
ALL = NUMBERS + WORDS


def digits_from(first):
    return lambda r, v: "".join(chr(first + int(c)) if c.isascii() and c.isdigit() else c for c in v)


def between(char):
    """`char` behind every second or third character."""
    def make(r, value):
        out = ""
        for index, c in enumerate(value):
            out += c + (char if index + 1 < len(value) and r.random() < 0.4 else "")
        return out if char in out else value[:2] + char + value[2:]
    return make


def separators(char):
    return lambda r, v: "".join(char if c in " -." else c for c in v)


def regroup(char):
    def make(r, value):
        bare = "".join(c for c in value if c.isalnum() or c == "+")
        return char.join(bare[i:i + 4] for i in range(0, len(bare), 4)) if len(bare) > 11 else char.join([bare[:3],
                bare[3:6], bare[6:]])
    return make


def fullwidth(r, value):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def homoglyphs(r, value):
    table = dict(zip("aeopcxyABCEHIKMOPTX", "аеорсхуАВСЕНІКМОРТХ"))
    places = [i for i, c in enumerate(value) if c in table]
    chosen = set(r.sample(places, min(len(places), 3)))
    return "".join(table[c] if i in chosen else c for i, c in enumerate(value))


def escapes(r, value, share=1.0):
    return "".join(f"\\u{ord(c):04x}" if r.random() < share or i == 0 else c for i, c in enumerate(value))


def broken(piece):
    """The value in two halves with `piece` between."""
    def make(r, value):
        at = len(value) // 2
        return value[:at] + piece + value[at:]
    return make


def at_dot(r, value):
    local, _, host = value.partition("@")
    a, d = r.choice([(" at ", " dot "), (" [at] ", " [dot] "), (" (at) ", " (dot) "), ("(at)", "(dot)")])
    return local + a + host.replace(".", d)


def spelled(r, value):
    words = "zero one two three four five six seven eight nine".split()
    return " ".join(words[int(c)] for c in value if c.isdigit())


def rot13(r, value):
    return value.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"))


# technique: (entities it makes sense for, function)
PROMISED = {
    "none": (ALL, lambda r, v: v), "fullwidth": (ALL, fullwidth),
            "arabic-indic-digits": (NUMBERS, digits_from(0x660)),
    "persian-digits": (NUMBERS, digits_from(0x6f0)), "devanagari-digits": (NUMBERS, digits_from(0x966)),
    "bengali-digits": (("CREDIT_CARD", "US_SSN", "PHONE_NUMBER"), digits_from(0x9e6)),
    "zero-width-space": (ALL, between("\u200b")), "zero-width-joiner": (ALL, between("\u200d")),
            "word-joiner": (ALL, between("\u2060")),
    "byte-order-mark": (ALL, between("\ufeff")), "soft-hyphen": (ALL, between("\u00ad")),
    "no-break-space": (NUMBERS, lambda r, v: regroup("\u00a0")(r, v)), "thin-space": (NUMBERS, regroup("\u2009")),
    "narrow-no-break-space": (NUMBERS, regroup("\u202f")), "no-break-hyphen": (NUMBERS, regroup("\u2011")),
    "en-dash": (NUMBERS, regroup("\u2013")), "minus-sign": (NUMBERS, regroup("\u2212")),
            "underscore": (("CREDIT_CARD", "IBAN", "US_SSN"), regroup("_")),
    "slash": (("CREDIT_CARD", "IBAN", "US_SSN"), regroup("/")),
            "homoglyphs": (("EMAIL_ADDRESS", "SECRET", "IBAN"), homoglyphs),
    "spaced-characters": (("CREDIT_CARD", "IBAN", "US_SSN", "EMAIL_ADDRESS", "SECRET"), lambda r,
            v: " ".join(v.replace(" ", ""))),
    "dotted-characters": (("CREDIT_CARD", "IBAN"), lambda r, v: ".".join(c for c in v if c.isalnum())),
    "json-escapes": (ALL, escapes), "json-escapes-some": (ALL, lambda r, v: escapes(r, v, 0.4)),
    "percent": (ALL, lambda r, v: "".join(f"%{b:02X}" for b in v.encode())),
    "percent-some": (WORDS, lambda r, v: urllib.parse.quote(v, safe="").replace(".", "%2E")),
    "html-decimal": (ALL, lambda r, v: "".join(f"&#{ord(c)};" for c in v)),
            "html-hexadecimal": (ALL, lambda r, v: "".join(f"&#x{ord(c):x};" for c in v)),
    "quoted-printable": (ALL, lambda r, v: "".join(c if c.isalnum() and r.random() < 0.6 else f"={ord(c):02X}"
            for c in v)),
    "base64": (ALL, lambda r, v: base64.b64encode(f"value: {v} end".encode()).decode()),
    "base64url": (ALL, lambda r, v: base64.urlsafe_b64encode(f"the number is {v}".encode()).decode().rstrip("=")),
    "hex": (ALL, lambda r, v: v.encode().hex()), "hex-0x": (ALL, lambda r, v: "0x" + v.encode().hex()),
    "hex-colons": (ALL, lambda r, v: v.encode().hex(":")), "hex-spaces": (ALL, lambda r, v: v.encode().hex(" ")),
    "base64-wrapped": (ALL, lambda r, v: "\n".join(textwrap.wrap(base64.b64encode(
        f"the first line is here and it is followed by {v} and more of the text".encode()).decode(), 64))),
    "base64-twice": (ALL, lambda r, v: base64.b64encode(base64.b64encode(f"the number is {v}".encode())).decode()),
    "base64-of-json": (ALL, lambda r, v: base64.b64encode(json.dumps({"k": "x", "value": v}).encode()).decode()),
    "base64-of-percent": (ALL, lambda r, v: base64.b64encode(
        ("v=" + urllib.parse.quote(f"it is {v}")).encode()).decode()),
    "newline": (("CREDIT_CARD", "IBAN", "US_SSN"), broken("\n")),
    "markdown-bold": (("CREDIT_CARD", "IBAN", "US_SSN", "SECRET"), broken("**")),
            "backtick": (("CREDIT_CARD", "IBAN", "SECRET"), broken("`")),
    "key-over-a-line-end": (("SECRET",), broken("\n  ")), "key-over-a-continued-line": (("SECRET",), broken("\\\n")),
    "key-of-literals": (("SECRET",), lambda r, v: "'" + v[:5] + "' . '" + v[5:18] + "' . '" + v[18:] + "'"),
    "key-of-a-list": (("SECRET",), lambda r, v: '["' + '", "'.join([v[:8], v[8:20], v[20:]]) + '"].join("")'),
    "key-in-tags": (("SECRET",), lambda r, v: v[:6] + "<b>" + v[6:20] + "</b>" + v[20:]),
    "string-concat": (("CREDIT_CARD", "IBAN", "US_SSN", "SECRET"), lambda r, v: '"' + broken('" + "')(r, v) + '"'),
    "at-dot-words": (("EMAIL_ADDRESS",), at_dot)}
NOT_PROMISED = {"spelled-digits": (("CREDIT_CARD", "US_SSN"), spelled), "reversed": (ALL, lambda r, v: v[::-1]),
        "rot13": (WORDS, rot13)}

CARRIERS = {
    "tune": {"CREDIT_CARD": "credit card {}", "US_SSN": "ssn {}", "IBAN": "IBAN: {}", "PHONE_NUMBER": "phone {}",
             "EMAIL_ADDRESS": "write to {}", "SECRET": "api key {}"},
    "hold": {"CREDIT_CARD": "Please bill my card number {} today",
            "US_SSN": "My social security number is {} by the way",
             "IBAN": "transfer it to the IBAN {} tomorrow", "PHONE_NUMBER": "you can call {} for that",
             "EMAIL_ADDRESS": "her e-mail address is {} I think", "SECRET": "token: {}"}}


def value_of(r, entity):
    if entity == "SECRET":
        return secret_values.FAMILIES[r.choice(["github-pat", "stripe-secret", "gitlab-pat", "npm",
                "slack-bot"])][0](r)
    if entity == "PHONE_NUMBER":
        return values.PHONE_NUMBER(r, r.choice(["us", "plus"]))
    return values.MAKERS[entity](r, {"US_SSN": "dashed"}.get(entity))


def records(r, half):
    for promised, techniques in ((True, PROMISED), (False, NOT_PROMISED)):
        for technique, (entities, change) in techniques.items():
            for entity in entities:
                for _ in range(2):
                    before, _, after = CARRIERS[half][entity].partition("{}")
                    value = change(r, value_of(r, entity))
                    yield {"text": before + value + after, "lang": "en", "kind": "evasion",
                           "tags": [("evasion:" if promised else "not-promised:") + technique],
                           "spans": [{"start": len(before), "end": len(before) + len(value), "entity": entity}]}
