"""values.py: made-up values of every entity, with check digits computed here from the standards and not by the
product's own validators, so that a mistake in one of the two shows. Nothing here is anybody's number. Each maker
takes a random.Random and an optional variant name; names of makers are names of entities.
"""
import hashlib
import re

from names import (CITIES_DE, CITIES_FR, CITIES_US, FAMILIES, GIVEN, MAIL_HOSTS, PERSONS, STREETS_DE,
        STREETS_FR, STREETS_US)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"


def digits(r, count, first=None):
    out = "".join(r.choice(DIGITS) for _ in range(count))
    return (r.choice(first) + out[1:]) if first and count else out


def letters(r, count, alphabet=LETTERS):
    return "".join(r.choice(alphabet) for _ in range(count))


def grouped(text, sizes, separator):
    out, at = [], 0
    for size in sizes:
        out.append(text[at:at + size])
        at += size
    return separator.join(part for part in out + [text[at:]] if part)


# --- check digits ------------------------------------------------------------------------------------------------

def luhn_digit(body):
    """ISO/IEC 7812-1 annex B."""
    total = 0
    for index, char in enumerate(reversed(body)):
        value = int(char) * (2 if index % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str((10 - total % 10) % 10)


def mod97(text):
    return int("".join(str(int(c, 36)) for c in text)) % 97


VERHOEFF_D = [[0] * 10 for _ in range(10)]
for _a in range(10):
    for _b in range(10):  # multiplication of the dihedral group D5
        VERHOEFF_D[_a][_b] = ((_a + _b) % 5 if _b < 5 else (_a + _b - 5) % 5 + 5) if _a < 5 else (
            (_a - 5 - _b) % 5 + 5 if _b < 5 else (_a - _b) % 5)
VERHOEFF_P = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _a in range(2, 8):
    VERHOEFF_P.append([VERHOEFF_P[1][VERHOEFF_P[_a - 1][_b]] for _b in range(10)])


def verhoeff_digit(body):
    check = 0
    for index, char in enumerate(reversed(body)):
        check = VERHOEFF_D[check][VERHOEFF_P[(index + 1) % 8][int(char)]]
    return str([VERHOEFF_D[check][digit] for digit in range(10)].index(0))


def weighted(body, weights):
    return sum(int(c) * w for c, w in zip(body, weights))


# --- money -------------------------------------------------------------------------------------------------------

CARD_RANGES = {
    "visa": (["4"], 16), "mastercard": (["51", "52", "53", "54", "55", "2221", "2345", "2699", "2720"], 16),
    "amex": (["34", "37"], 15), "discover": (["6011", "644", "648", "65"], 16), "jcb": (["3528", "3566", "3589"], 16),
    "diners": (["300", "305", "36", "38"], 14), "unionpay": (["6221", "6250", "6282"], 16),
    "maestro": (["5018", "6304", "6759", "6763"], 16)}


def card_digits(r, brand=None):
    brand = brand or r.choices(list(CARD_RANGES), [30, 25, 14, 8, 5, 5, 5, 4])[0]
    prefixes, length = CARD_RANGES[brand]
    prefix = r.choice(prefixes)
    while True:
        body = prefix + digits(r, length - 1 - len(prefix))
        if len(set(body[-8:])) > 3:
            return body + luhn_digit(body)


def CREDIT_CARD(r, variant=None):
    brand = variant if variant in CARD_RANGES else None
    value = card_digits(r, brand)
    sizes = [4, 6, 5] if len(value) == 15 else [4, 6, 4] if len(value) == 14 else [4, 4, 4, 4]
    style = variant if variant in ("bare", "spaced", "dashed", "dotted") else r.choices(
        ["bare", "spaced", "dashed", "dotted"], [40, 35, 20, 5])[0]
    if style == "bare":
        return value
    return grouped(value, sizes, {"spaced": " ", "dashed": "-", "dotted": "."}[style])


# Registry of ISO 13616: country, BBAN as (letter kind, length); n digits, a letters, c both.
IBANS = {
    "DE": "n18", "GB": "a4 n14", "FR": "n10 c11 n2", "NL": "a4 n10", "BE": "n12", "ES": "n20", "IT": "a1 n10 c12",
    "AT": "n16", "CH": "n5 c12", "PL": "n24", "SE": "n20", "NO": "n11", "DK": "n14", "FI": "n14", "IE": "a4 n14",
    "PT": "n21", "LU": "n3 c13", "CZ": "n20", "SK": "n20", "HU": "n24", "RO": "a4 c16", "BG": "a4 n6 c8",
            "GR": "n7 c16",
    "HR": "n17", "SI": "n15", "EE": "n16", "LV": "a4 c13", "LT": "n16", "MT": "a4 n5 c18", "CY": "n8 c16",
            "IS": "n22",
    "LI": "n5 c12", "MC": "n10 c11 n2", "TR": "n6 c16", "SA": "n2 c18", "AE": "n19", "IL": "n19", "QA": "a4 c21",
    "BR": "n23 a1 c1", "UA": "n6 c19", "RS": "n18", "GE": "a2 n16", "KZ": "n3 c13", "PK": "a4 c16"}


def iban_length(country):
    """Characters of a whole IBAN; 0: not in the table."""
    return 4 + sum(int(part[1:]) for part in IBANS[country].split()) if country in IBANS else 0


def iban_compact(r, country=None):
    country = country or r.choices(list(IBANS), [12, 12, 9, 8, 6, 8, 8, 5, 5, 6] + [2] * (len(IBANS) - 10))[0]
    bban = ""
    for part in IBANS[country].split():
        # Banks may use letters where the registry says so; account numbers hardly have any.
        alphabet = {"n": DIGITS, "a": LETTERS, "c": DIGITS * 12 + LETTERS}[part[0]]
        bban += "".join(r.choice(alphabet) for _ in range(int(part[1:])))
    return country + f"{98 - mod97(bban + country + '00'):02d}" + bban


def IBAN(r, variant=None):
    value = iban_compact(r, variant if variant in IBANS else None)
    style = variant if variant in ("bare", "spaced", "lower", "dashed") else r.choices(
        ["bare", "spaced", "lower", "dashed"], [45, 42, 8, 5])[0]
    if style == "spaced":
        return grouped(value, [4] * 9, " ")
    if style == "dashed":
        return grouped(value, [4] * 9, "-")
    return value.lower() if style == "lower" else value


def ABA_ROUTING(r, variant=None):
    while True:
        prefix = r.choice(["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "21", "26", "31",
                "32"])
        body = prefix + digits(r, 6)
        check = (10 - weighted(body, [3, 7, 1, 3, 7, 1, 3, 7]) % 10) % 10
        return body + str(check)


def BANK_ACCOUNT(r, variant=None):
    return digits(r, r.choice([8, 9, 10, 10, 11, 12]), "123456789")


# --- people's numbers --------------------------------------------------------------------------------------------

def ssn_digits(r):
    while True:
        area = r.randint(1, 772)
        if area == 666:
            continue
        value = f"{area:03d}{r.randint(1, 99):02d}{r.randint(1, 9999):04d}"
        if value not in ("078051120", "219099999", "457555462"):
            return value


def US_SSN(r, variant=None):
    value = ssn_digits(r)
    style = variant or r.choices(["dashed", "spaced", "dotted"], [75, 17, 8])[0]
    return value if style == "bare" else grouped(value, [3, 2, 4],
            {"dashed": "-", "spaced": " ", "dotted": "."}[style])


def US_ITIN(r, variant=None):
    group = r.choice([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])
    return f"9{digits(r, 2)}-{group:02d}-{digits(r, 4)}"


PHONES = {  # national trunk form and international form; digits for N 2-9, n 0-9
    "us": ["(A) X-nnnn", "A-X-nnnn", "A.X.nnnn", "+1 A X nnnn", "+1-A-X-nnnn", "1-A-X-nnnn", "+1 (A) X-nnnn",
            "+1AXnnnn",
           "(A)X-nnnn", "A X nnnn"],
    "uk": ["+44 7nnn nnnnnn", "+44 20 7nnn nnnn", "07nnn nnnnnn", "020 7nnn nnnn", "+44 (0)20 7nnn nnnn",
            "0161 nnn nnnn"],
    "de": ["+49 170 nnnnnnn", "+49 30 Nnnnnnn", "0171 Nnnnnnn", "030 / Nnnnnnn", "+49 (0)89 Nnn nnn",
            "0049 40 Nnnnnnn",
           "089/Nnnnnn"],
    "fr": ["+33 6 nn nn nn nn", "06 nn nn nn nn", "01.nn.nn.nn.nn", "+33 1 nn nn nn nn", "07-nn-nn-nn-nn",
            "+336nnnnnnnn"],
    "es": ["+34 6nn nnn nnn", "6nn nnn nnn", "+34 91 nnn nn nn", "91 nnn nn nn", "6nn nn nn nn"],
    "it": ["+39 3Nn nnn nnnn", "+39 06 nnnn nnnn", "3Nn nnnnnnn", "02 nnnn nnnn"],
    "nl": ["+31 6 Nnnnnnnn", "06-Nnnnnnnn", "020 Nnn nnnn", "+31 20 Nnn nnnn"],
    "pl": ["+48 5nn nnn nnn", "5nn-nnn-nnn", "22 Nnn nn nn"],
    "se": ["+46 70 Nnn nn nn", "070-Nnn nn nn", "08-Nnn nnn nn"],
    "pt": ["+351 91n nnn nnn", "91n nnn nnn"], "ch": ["+41 79 Nnn nn nn", "044 Nnn nn nn"],
    "in": ["+91 9nnnn nnnnn", "+91-98nnnnnnnn", "98nnn nnnnn"],
            "br": ["+55 11 9nnnn-nnnn", "(21) 9nnnn-nnnn", "(11) Nnnn-nnnn"],
    "jp": ["+81 90-nnnn-nnnn", "090-nnnn-nnnn", "03-Nnnn-nnnn"],
            "cn": ["+86 13n nnnn nnnn", "13nnnnnnnnn", "010-Nnnnnnnn"],
    "kr": ["+82 10-Nnnn-nnnn", "010-Nnnn-nnnn", "02-Nnn-nnnn"],
            "au": ["+61 4nn nnn nnn", "04nn nnn nnn", "(02) 9nnn nnnn"],
    "tr": ["+90 53n nnn nn nn", "0532 nnn nn nn"], "ru": ["+7 916 nnn-nn-nn", "8 (495) nnn-nn-nn"],
            "sa": ["+966 5n nnn nnnn", "05n nnn nnnn"]}
# Behind a label, below a head, behind a call only: local numbers, plans of fewer people.
LABELLED_PHONES = {
    "ru8": ["8 (91n) nnn-nn-nn", "(91n)nnn-nn-nn", "8-9nn-nnn-nn-nn", "8 9nn nnn nn nn"],
    "gr": ["2310 nnnnnn", "210 Nnn nnnn", "69nnnnnnnn"], "sk": ["045/Nnn nn nn", "0905 nnn nnn", "02/Nnnn nnnn"],
    "local6": ["Nnn nnN", "Nnnnn9", "Nn nn nN"], "de0": ["0Nnnn Nnnnnnnn", "(0Nnn) Nnnnnnnnn", "00Nnnnnnn"],
    "vn": ["09nnnnnnnn", "+84 9n nnn nnnn", "024 Nnnn nnnn", "+84Nnnnnnnnnnn"], "th": ["0 2Nnn nnnn", "08n-nnn-nnnn"],
    "rs": ["00381 Nn Nnn nnn", "064 Nnn nnnn", "011/Nnn nn nn"], "lu": ["Nn nn nN", "+352 Nnn nnn"],
    "dk": ["Nn nn nn nn", "Nnnnnnnn"], "ir": ["0912 nnn nnnn", "021-Nnnnnnnn"],
    "id2": ["0812-nnnn-nnnn", "021 Nnn nnnn"],
    "ext": ["(415) Nnn-nnnn x0nn", "415.Nnn.nnnn ext. nn", "415-Nnn-nnnn, ext nnnn", "1-415-Nnn-nnnn x4nnnn"],
    "kr2": ["031)Nnn-nnnn", "02-Nnn-nnnn"], "se2": ["070-Nnn nn nn", "0Nnnnnnnn", "08-Nn nn nn"]}


def PHONE_NUMBER(r, variant=None):
    """A variant is a country, `+` for any international form, or `us` by default most often."""
    if variant == "plain":
        return r.choice(["415", "617", "212"]) + digits(r, 1, "23456789") + digits(r, 6)
    if variant == "plus":
        country = r.choice(list(PHONES))
        forms = [form for form in PHONES[country] if form.startswith("+")]
    else:
        country = variant or r.choices(list(PHONES), [30, 9, 9, 7, 5, 5, 4, 4, 4] + [2] * (len(PHONES) - 9))[0]
        forms = PHONES[country] if country in PHONES else LABELLED_PHONES[country]
    form = r.choice(forms)
    area = r.choice(["212", "310", "415", "503", "617", "702", "805", "904", "412", "646", "303", "512", "720",
            "801"])
    out = ""
    for char in form.replace("A", area).replace("X", digits(r, 1, "23456789") + "nn"):
        out += digits(r, 1) if char == "n" else digits(r, 1, "23456789") if char == "N" else char
    return out


def DATE_OF_BIRTH(r, variant=None):
    year, month, day = r.randint(1936, 2006), r.randint(1, 12), r.randint(1, 28)
    style = variant or r.choice(["us", "iso", "eu", "en", "en2", "dash"])
    names = MONTHS.get(style)
    if names:
        return names[1].format(d=day, m=names[0][month - 1], y=year)
    return {"us": f"{month:02d}/{day:02d}/{year}", "iso": f"{year}-{month:02d}-{day:02d}",
            "eu": f"{day:02d}.{month:02d}.{year}", "dash": f"{day:02d}-{month:02d}-{year}",
                    "ushort": f"{month}/{day}/{year}",
            "packed": f"{year}{month:02d}{day:02d}",
            "slash": f"{day:02d}/{month:02d}/{year}", "cjk": f"{year}年{month}月{day}日",
                    "ko": f"{year}년 {month}월 {day}일"}[style]


MONTHS = {
    "en": ("January February March April May June July August September October November December".split(),
            "{m} {d}, {y}"),
    "en2": ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), "{d} {m} {y}"),
    "de": ("Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),
            "{d}. {m} {y}"),
    "fr": ("janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
            "{d} {m} {y}"),
    "es": ("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
           "{d} de {m} de {y}"),
    "it": ("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split(),
            "{d} {m} {y}"),
    "pt": ("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split(),
           "{d} de {m} de {y}"),
    "nl": ("januari februari maart april mei juni juli augustus september oktober november december".split(),
            "{d} {m} {y}"),
    "pl": (
           "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia".split(),
           "{d} {m} {y}")}


def PASSPORT(r, variant=None):
    style = variant or r.choice(["us", "usnew", "uk", "de", "fr", "in", "ca", "it", "es", "nl"])
    return {"us": lambda: digits(r, 9, "2345"), "usnew": lambda: r.choice("ACXY") + digits(r, 8),
            "uk": lambda: digits(r, 9, "13456"),
            "letters": lambda: r.choice("CFGHJK") + letters(r, 7, "CFGHJKLMNPRTVWXYZ") + digits(r, 1),
            "de": lambda: r.choice("CFGHJK") + letters(r, 8, "CFGHJKLMNPRTVWXYZ0123456789"),
            "fr": lambda: digits(r, 2) + letters(r, 2) + digits(r, 5),
                    "in": lambda: r.choice("JKLMNPRSTUVWZ") + digits(r, 7, "1234567"),
            "ca": lambda: letters(r, 2) + digits(r, 6), "it": lambda: "Y" + r.choice("ABC") + digits(r, 7),
            "es": lambda: letters(r, 3) + digits(r, 6),
                    "nl": lambda: "N" + letters(r, 1, "PRSTUVWX") + r.choice("BCDFGHJ") + digits(r, 6),
            "jp": lambda: "T" + r.choice("KRSZ") + digits(r, 7),
                    "cn": lambda: r.choice(["E", "G", "EA", "EB"])[0] + digits(r, 8),
            "pl": lambda: "E" + r.choice("ABCDEFGHJ") + digits(r, 7),
            "ru": lambda: "45" + digits(r, 2) + " № " + digits(r, 6)}[style]()


def mrz_digit(text):
    """ICAO 9303 part 3, 4.9: weights 7 3 1."""
    value = {**{c: i for i, c in enumerate(DIGITS + LETTERS)}, "<": 0}
    return str(sum(value[c] * (7, 3, 1)[i % 3] for i, c in enumerate(text)) % 10)


def PASSPORT_MRZ(r, variant=None):
    """Both lines of a TD3 zone: one value."""
    number = (r.choice("CFGHJK") + letters(r, 8, "CFGHJKLMNPRTVWXYZ0123456789"))
    birth = f"{r.randint(40, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
    expiry = f"{r.randint(27, 34):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
    n, b, e = number + mrz_digit(number), birth + mrz_digit(birth), expiry + mrz_digit(expiry)
    optional = "<" * 14
    o = optional + "0"
    country = r.choice(["D<<", "GBR", "USA", "FRA", "UTO"])
    name = f"{mail_word(r.choice(FAMILIES)).upper()}<<{mail_word(r.choice(GIVEN)).upper()}"
    second = n + country + b + r.choice("MF") + e + o + mrz_digit(n + b + e + o)
    return f"P<{country}{name}".ljust(44, "<") + "\n" + second


def DRIVER_LICENSE(r, variant=None):
    style = variant or r.choice(["ca", "ny", "tx", "fl", "il", "nj", "wa", "uk", "oh", "ma"])
    return {"ca": lambda: letters(r, 1) + digits(r, 7), "ny": lambda: digits(r, 9), "tx": lambda: digits(r, 8),
            "fl": lambda: f"{letters(r, 1)}{digits(r, 3)}-{digits(r, 3)}-{digits(r, 2)}-{digits(r, 3)}-{digits(r, 1)}",
            "il": lambda: f"{letters(r, 1)}{digits(r, 3)}-{digits(r, 4)}-{digits(r, 4)}",
                    "nj": lambda: letters(r, 1) + digits(r, 14),
            "wa": lambda: "WDL" + letters(r, 4) + digits(r, 3) + letters(r, 1) + digits(r, 1),
                    "oh": lambda: letters(r, 2) + digits(r, 6),
            "ma": lambda: "S" + digits(r, 8),
            "uk": lambda: letters(r, 5) + f"{r.randint(4, 9)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{digits(r, 1)}"
            + letters(r, 2) + digits(r, 1, "9876") + letters(r, 2)}[style]()


def MEDICAL_RECORD_NUMBER(r, variant=None):
    style = variant or r.choice(["bare", "bare", "prefix", "dash", "letter"])
    return {"bare": lambda: digits(r, r.choice([6, 7, 8, 8, 9, 10])),
            "prefix": lambda: r.choice(["MR", "MRN", "H", "P"]) + digits(r, 7),
            "dash": lambda: grouped(digits(r, r.choice([7, 8])), r.choice([[2, 2], [3, 3]]), "-"),
            "letter": lambda: letters(r, 1) + digits(r, r.choice([6, 7, 8]))}[style]()


def US_NPI(r, variant=None):
    body = digits(r, 9, "12")
    return body + luhn_digit("80840" + body)


def US_DEA(r, variant=None):
    body = digits(r, 6)
    check = (weighted(body[0::2], [1, 1, 1]) + 2 * weighted(body[1::2], [1, 1, 1])) % 10
    return r.choice("ABFGMP") + letters(r, 1) + body + str(check)


def US_MBI(r, variant=None):
    alpha = "ACDEFGHJKMNPQRTUVWXY"
    kinds = {"C": "123456789", "A": alpha, "N": DIGITS, "X": DIGITS + alpha}
    value = "".join(r.choice(kinds[k]) for k in "CAXNAXNAANN")
    return grouped(value, [4, 3, 4], "-") if (variant or r.choice(["bare", "dashed"])) == "dashed" else value


def UK_NHS(r, variant=None):
    while True:
        body = digits(r, 9, "4679")
        check = 11 - weighted(body, range(10, 1, -1)) % 11
        if check != 10:
            value = body + str(check % 11)
            return grouped(value, [3, 3, 4], {"bare": "",
                    "dashed": "-"}.get(variant or r.choice(["", "", "bare", "dashed"]), " "))


def UK_NINO(r, variant=None):
    while True:
        pair = letters(r, 1, "ABCEGHJKLMNOPRSTWXYZ") + letters(r, 1, "ABCEGHJKLMNPRSTWXYZ")
        if pair not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            value = pair + digits(r, 6) + r.choice("ABCD")
            return grouped(value, [2, 2, 2, 2],
                    " ") if (variant or r.choice(["bare", "spaced"])) == "spaced" else value


def CA_SIN(r, variant=None):
    body = digits(r, 8, "1234567")
    return grouped(body + luhn_digit(body), [3, 3],
            {"spaced": " ", "dashed": "-"}.get(variant or r.choice(["spaced", "dashed", ""]), ""))


def AU_TFN(r, variant=None):
    while True:
        value = digits(r, 9, "123456789")
        if weighted(value, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0:
            return grouped(value, [3, 3], " ") if r.random() < 0.5 else value


def AU_MEDICARE(r, variant=None):
    body = digits(r, 8, "23456")
    value = body + str(weighted(body, [1, 3, 7, 9, 1, 3, 7, 9]) % 10) + digits(r, 1, "1234")
    return grouped(value, [4, 5], " ") if r.random() < 0.5 else value


def IN_AADHAAR(r, variant=None):
    body = digits(r, 11, "23456789")
    value = body + verhoeff_digit(body)
    return grouped(value, [4, 4], r.choice([" ", " ", "-"])) if variant != "bare" else value


def IN_PAN(r, variant=None):
    return letters(r, 3) + r.choice("PPPPCHFT") + letters(r, 1) + digits(r, 4, "123456789") + letters(r, 1)


def DE_TAX_ID(r, variant=None):
    """ISO 7064 mod 11,10; in the first ten digits exactly one digit stands twice, no other repeats."""
    while True:
        pool = r.sample(DIGITS, 9)
        body = pool + [r.choice(pool)]
        r.shuffle(body)
        if body[0] == "0":
            continue
        product = 10
        for char in body:
            total = (int(char) + product) % 10 or 10
            product = total * 2 % 11
        value = "".join(body) + str((11 - product) % 10)
        return grouped(value, [2, 3, 3], " ") if (variant or r.choice(["bare", "spaced"])) == "spaced" else value


def FR_NIR(r, variant=None):
    body = f"{r.choice('12')}{r.randint(40, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 95):02d}"
    body += f"{r.randint(1, 990):03d}{r.randint(1, 999):03d}"
    if body[5:7] == "20":
        body = body[:5] + "75" + body[7:]
    key = f"{97 - int(body) % 97:02d}"
    return grouped(body + key, [1, 2, 2, 2, 3, 3, 2],
            " ") if (variant or r.choice(["bare", "spaced"])) == "spaced" else body + key


def ES_NIF(r, variant=None):
    table = "TRWAGMYFPDXBNJZSQVHLCKE"
    if (variant or r.choice(["dni", "dni", "nie"])) == "nie":
        first, body, dash = r.choice("XYZ"), digits(r, 7), r.choice(["", "", "-"])
        return first + dash + body + dash + table[int(str("XYZ".index(first)) + body) % 23]
    body = digits(r, 8)
    letter = table[int(body) % 23]
    if variant == "dotted":
        return grouped(body, [2, 3, 3], ".") + "-" + letter
    return body + r.choice(["", "", "-"]) + letter


FISCAL_ODD = dict(zip(DIGITS + LETTERS, [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4,
        18, 20, 11, 3, 6,
                                         8, 12, 14, 16, 10, 22, 25, 24, 23]))


def IT_FISCAL_CODE(r, variant=None):
    """Decreto ministeriale 23 dicembre 1976."""
    consonants = "BCDFGLMNPRSTVZ"
    body = letters(r, 6, consonants) + f"{r.randint(40, 99):02d}" + r.choice("ABCDEHLMPRST")
    body += f"{r.randint(1, 28) + r.choice([0, 40]):02d}" + r.choice("ABCDEFGHL") + f"{r.randint(1, 899):03d}"
    even = {**{d: int(d) for d in DIGITS}, **{c: i for i, c in enumerate(LETTERS)}}
    total = sum(FISCAL_ODD[c] if i % 2 == 0 else even[c] for i, c in enumerate(body))
    return body + LETTERS[total % 26]


def PL_PESEL(r, variant=None):
    year = r.randint(1940, 2008)
    month = r.randint(1, 12) + (20 if year >= 2000 else 0)
    body = f"{year % 100:02d}{month:02d}{r.randint(1, 28):02d}" + digits(r, 4)
    return body + str((10 - weighted(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10)


def NL_BSN(r, variant=None):
    while True:
        body = digits(r, 8, "123456789")
        check = weighted(body, range(9, 1, -1)) % 11
        if check < 10:
            value = body + str(check)
            return value if r.random() < 0.75 else grouped(value, [4, 2, 3], ".")


def BR_CPF(r, variant=None):
    body = digits(r, 9)
    for length in (9, 10):
        rest = weighted(body, range(length + 1, 1, -1)) * 10 % 11
        body += str(rest % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}" if (variant
            or r.choice(["f", "f", "bare"])) != "bare" else body


def SE_PERSONNUMMER(r, variant=None):
    year = r.randint(1940, 2004)
    body = f"{year % 100:02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{digits(r, 3)}"
    value = body[:6] + "-" + body[6:] + luhn_digit(body)
    return str(year // 100) + value if r.random() < 0.5 else value


def SG_NRIC(r, variant=None):
    first = r.choice("STFG")
    body = digits(r, 7)
    total = weighted(body, [2, 7, 6, 5, 4, 3, 2]) + (4 if first in "TG" else 0)
    return first + body + ("JZIHGFEDCBA" if first in "ST" else "XWUTRQPNMLK")[total % 11]


def KR_RRN(r, variant=None):
    body = f"{r.randint(50, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{r.choice('12')}{digits(r, 5)}"
    return body[:6] + "-" + body[6:] + str((11 - weighted(body, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10)


def CN_RESIDENT_ID(r, variant=None):
    """GB 11643-1999."""
    region = r.choice(["110101", "110105", "310104", "310115", "440305", "440106", "510107", "330106", "320102",
            "420106"])
    body = f"{region}{r.randint(1950, 2004)}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{digits(r, 3)}"
    return body + "10X98765432"[weighted(body, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11]


def VIN(r, variant=None):
    """49 CFR 565.15: position 9."""
    alphabet = "ABCDEFGHJKLMNPRSTUVWXYZ" + DIGITS
    value = {**{d: int(d) for d in DIGITS}, **dict(zip("ABCDEFGH", range(1, 9))), **dict(zip("JKLMN", range(1, 6))),
            "P": 7, "R": 9,
             **dict(zip("STUVWXYZ", range(2, 10)))}
    body = r.choice(["1HG", "1FT", "2T1", "3VW", "4T1", "5YJ", "JTD", "WBA", "1G1"]) + "".join(r.choice(alphabet)
            for _ in range(5)) + "0"
    body += r.choice("ABCDEFGHJKLMNPRSTVWXY123456789") + r.choice(alphabet) + digits(r, 6)
    total = sum(value[c] * w for c, w in zip(body, [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2])) % 11
    return body[:8] + ("X" if total == 10 else str(total)) + body[9:]


def IMEI(r, variant=None):
    body = r.choice(["35", "86", "01", "99"]) + digits(r, 12)
    value = body + luhn_digit(body)
    return value if r.random() < 0.7 else grouped(value, [2, 6, 6, 1], "-")


# --- networks and money of the net -------------------------------------------------------------------------------

def IP_ADDRESS(r, variant=None):
    if (variant or r.choice(["v4", "v4", "v4", "v6"])) == "v6":
        groups = [f"{r.randint(1, 65535):x}" for _ in range(8)]
        groups[0:2] = ["2001", r.choice(["db8", "67c", "41d0"])] if r.random() < 0.6 else [r.choice(["fd12", "fe80",
                "2a02"]), groups[1]]
        if r.random() < 0.5:
            keep = r.randint(1, 4)
            return ":".join(groups[:keep]) + "::" + ":".join(groups[-r.randint(1, 3):])
        return ":".join(groups)
    first = r.choice([10, 172, 192, 203, 198, 185, 84, 91, 52, 34])
    second = 16 + r.randint(0, 15) if first == 172 else 168 if first == 192 else r.randint(0, 255)
    return f"{first}.{second}.{r.randint(0, 255)}.{r.randint(1, 254)}"


def MAC_ADDRESS(r, variant=None):
    while True:
        value = "".join(r.choice("0123456789abcdef") for _ in range(12))
        if any(c in "abcdef" for c in value) and len(set(value)) > 5:
            break
    style = variant or r.choices(["colon", "dash", "dot", "upper"], [5, 2, 1, 2])[0]
    if style == "dot":
        return grouped(value, [4, 4], ".")
    out = grouped(value, [2] * 6, "-" if style == "dash" else ":")
    return out.upper() if style in ("upper", "dash") else out


B58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58check(payload):
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        out = B58[rest] + out
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + out


BECH = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(prefix, version, program):
    """BIP 173 and, from version 1 on, BIP 350."""
    bits = "".join(f"{b:08b}" for b in program)
    bits += "0" * (-len(bits) % 5)
    data = [version] + [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for value in expanded + data + [0] * 6:
        top = check >> 25
        check = (check & 0x1ffffff) << 5 ^ value
        for i, generator in enumerate([0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]):
            check ^= generator if top >> i & 1 else 0
    check ^= 1 if version == 0 else 0x2bc830a3
    return prefix + "1" + "".join(BECH[d] for d in data + [check >> 5 * (5 - i) & 31 for i in range(6)])


def keccak256(data):
    """The sponge before FIPS 202 changed its padding (EIP-55 uses that one)."""
    state, mask = [0] * 25, (1 << 64) - 1
    padded = bytearray(data) + b"\1" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80

    def rotate(value, by):
        return (value << by | value >> (64 - by)) & mask if by else value

    for block in range(0, len(padded), 136):
        for i in range(17):
            state[i] ^= int.from_bytes(padded[block + 8 * i:block + 8 * i + 8], "little")
        shift = 1
        for _ in range(24):
            column = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
            state = [state[i] ^ column[(i + 4) % 5] ^ rotate(column[(i + 1) % 5], 1) for i in range(25)]
            x, y, current = 1, 0, state[1]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x + 5 * y] = state[x + 5 * y], rotate(current, (t + 1) * (t + 2) // 2 % 64)
            for row in range(0, 25, 5):
                five = state[row:row + 5]
                for i in range(5):
                    state[row + i] = five[i] ^ (~five[(i + 1) % 5] & mask & five[(i + 2) % 5])
            for j in range(7):  # the round constant, from its shift register
                shift = (shift << 1 ^ (shift >> 7) * 0x171) & 0xff
                if shift & 2:
                    state[0] ^= 1 << ((1 << j) - 1)
    return b"".join(word.to_bytes(8, "little") for word in state)[:32]


def CRYPTO_ADDRESS(r, variant=None):
    random_bytes = bytes(r.randrange(256) for _ in range(20))
    style = variant or r.choice(["p2pkh", "p2sh", "bech32", "taproot", "eth", "ethlower"])
    if style == "p2pkh":
        return base58check(b"\0" + random_bytes)
    if style == "p2sh":
        return base58check(b"\5" + random_bytes)
    if style == "bech32":
        return bech32("bc", 0, random_bytes)
    if style == "taproot":
        return bech32("bc", 1, random_bytes + bytes(r.randrange(256) for _ in range(12)))
    plain = random_bytes.hex()
    if style == "ethlower":
        return "0x" + plain
    digest = keccak256(plain.encode()).hex()
    return "0x" + "".join(c.upper() if int(d, 16) >= 8 else c for c, d in zip(plain, digest))


def mail_word(name):
    table = str.maketrans("áàäâãåéèëêíìïîóòöôõøúùüûñçšžýłęąśźżćńğış", "aaaaaaeeeeiiiioooooouuuuncszyleaszzcngis")
    return "".join(c for c in name.lower().translate(table) if c.isascii() and c.isalnum())


def EMAIL_ADDRESS(r, variant=None):
    given, family = mail_word(r.choice(GIVEN)), mail_word(r.choice(FAMILIES))
    local = r.choice([f"{given}.{family}", f"{given[0]}{family}", f"{given}{r.randint(1, 99)}", f"{family}_{given}",
            f"{given}-{family}",
                      f"{given}.{family}+{r.choice(['news', 'shop', 'test'])}", f"{given}",
                              f"{given[0]}.{family}{r.randint(60, 99)}"])
    value = f"{local}@{r.choice(MAIL_HOSTS)}"
    return value.upper() if variant == "upper" else value


def PERSON(r, variant=None):
    """`hl7`, `x12`: family and given name as those write them; `card`: of a vCard."""
    if variant in ("hl7", "x12", "card"):
        given, family = r.choice(GIVEN), r.choice(FAMILIES)
        if variant == "card":
            return f"{family};{given}"
        return {"hl7": "^", "x12": "*"}[variant].join(mail_word(name).upper() for name in (family, given))
    if variant:
        given, family, form = PERSONS[variant]
        return form.format(given=r.choice(given.split()), family=r.choice(family.split()))
    return f"{r.choice(GIVEN)} {r.choice(FAMILIES)}"


def STREET_ADDRESS(r, variant=None):
    style = variant or r.choice(["us", "us", "us", "uk", "de", "fr"])
    if style in ("hl7", "x12"):
        city, state, zips = r.choice(CITIES_US)
        street = f"{r.randint(10, 9999)} {r.choice(STREETS_US).upper()}"
        return street if style == "x12" else f"{street}^^{city.upper()}^{state}^{zips}{digits(r, 2)}"
    if style == "us":
        city, state, zips = r.choice(CITIES_US)
        unit = r.choice(["", "", "", f" Apt {r.randint(1, 40)}{r.choice('ABCD')}", f", Suite {r.randint(100, 900)}",
                f" #{r.randint(1, 99)}"])
        return f"{r.randint(10, 9999)} {r.choice(STREETS_US)}{unit}, {city}, {state} {zips}{digits(r, 2)}"
    if style == "street":
        kind = r.choice(["Brook", "Curve", "Freeway", "Spur", "Cove", "Trafficway"])
        return f"{digits(r, 4, '123456789')} {r.choice(FAMILIES)} {kind}"
    if style == "uk":
        town, code = r.choice([("London", "SW1A"), ("Manchester", "M4"), ("Leeds", "LS2"), ("Bristol", "BS8"),
                ("Edinburgh", "EH3"), ("Oxford", "OX1")])
        street = r.choice(["Baker Street", "High Street", "Church Lane", "Station Road", "Victoria Road",
                "Mill Lane", "Park Avenue"])
        return f"{r.randint(1, 180)} {street}, {town} {code} " + digits(
            r, 1, "123456789") + letters(r, 2, "ABDEFGHJLNPQRSTUWXYZ")
    if style == "de":
        city, code = r.choice(CITIES_DE)
        return f"{r.choice(STREETS_DE)} {r.randint(1, 180)}{r.choice(['', '', 'a', 'b'])}, {code}{digits(r, 2)} {city}"
    if style == "fr":
        city, code = r.choice(CITIES_FR)
        return f"{r.randint(1, 180)}{r.choice(['', ',', ' bis'])} {r.choice(STREETS_FR)}, {code} {city}"
    if style == "es":
        street = r.choice(["Calle de Alcalá", "Calle Mayor", "Avenida de América"])
        return f"{street} {r.randint(1, 200)}, 280{r.randint(1, 54):02d} Madrid"
    if style == "it":
        street = r.choice(["Via Garibaldi", "Via Roma", "Corso Vittorio Emanuele"])
        return f"{street} {r.randint(1, 120)}, 20{r.randint(121, 162)} Milano"
    if style in ADDRESSES:
        return re.sub(r"#+", lambda m: digits(r, len(m.group()), "123456789"), r.choice(ADDRESSES[style]))
    street = r.choice(["Keizersgracht", "Prinsengracht", "Damstraat"])
    return f"{street} {r.randint(1, 700)}, {r.randint(1011, 1099)} {letters(r, 2)} Amsterdam"


# Forms of other countries: each # is a digit, the first of a row no zero.
ADDRESSES = {
    "flat": ["Flat ##, ## Harbour Road, Dover CT16 #QA", "Unit #, ### Mill Lane, Leeds LS2 #JT"],
    "box": ["PO Box ###, Fairview, OR 97###", "P.O. Box ####, Dayton, OH 454##", "Postfach ##, 8001 Zürich"],
    "block": ["### Cedar Court\nSuite ###\nAlbany\nUnited States", "Kastanienweg ##\n####3 Erfurt\nGermany",
              "## rue Pasteur\n3#### Rennes\nFrance"],
    "military": ["PSC ####, Box ###\nAPO AE 09###", "Unit #### Box ###\nDPO AP 96###"],
    "pl": ["ul. Słowackiego ##/#, 3#-### Kraków", "al. Wolności #, 8#-### Gdańsk"],
    "pt": ["Rua das Oliveiras ##, 4###-### Porto", "Avenida Central ###, 2º Esq, 1###-### Lisboa"],
    "sv": ["Björkvägen ##, 75# ## Uppsala", "Storgatan # B, 21# ## Malmö"],
    "da": ["Nørregade ##, 2. tv, 5### Odense", "Skovvej #, 8### Aarhus"],
    "no": ["Karl Johans gate ##, 5### Bergen", "Fjellveien #, 7### Trondheim"],
    "fi": ["Rantakatu ## B #, 33### Tampere", "Koivukuja #, 2#### Turku"],
    "hu": ["Petőfi utca ##, 6### Szeged", "4### Debrecen, Kossuth Lajos u. ##"],
    "cz": ["Masarykova ##/#, 60# ## Brno", "Husova ###, 30# ## Plzeň"],
    "tr": ["Atatürk Caddesi No: ##, 35### İzmir", "Lale Sokak No:#, 06### Ankara"],
    "br": ["Rua das Acácias, ### - apto ##, Curitiba - PR, 80###-###"],
    "ch": ["Rue du Rhône ##, 1### Genève", "Seestrasse ##, 8### Zürich"],
    "es2": ["C/ Mayor ##, 3º B, 4#### Sevilla", "Paseo de Gracia ##, 2º, 0#### Barcelona"],
    "it2": ["Via Mazzini ##/A, 4#### Bologna (BO)", "Piazza Dante n. #, 3#### Trento"],
    "numbered": ["### 7th Avenue, Dayton, OH 454##", "## 42nd St Apt #, Fairview, OR 97###",
                 "3### Hickory Corners Fairview, OR 97###"],
    "ie": ["2# Sráid Mhór, Ennis, Co. Clare, V95 X2T#", "1## Merrion Row, Dublin 2, D02 KF7#"],
    "in": ["Flat No. 40#, Shanti Apartments, MG Road, Pune 411###", "2#, Lal Bagh Road, Mysuru 570 00#"],
    "gh": ["# Osu Link, Teshie, GA-1##-81##", "1# Ridge Lk, Ho, VH-0###-44##"],
    "ro": ["Str. Ion Creangă nr. #, bl. A#, sc. 1, ap. 1#, 400### Cluj-Napoca"],
    "co": ["Carrera 1# No. 8#-2#", "Calle 9#A N° 11A-2#"],
    "sn": ["Avenida del Puerto s/n, 460## Valencia", "Polígono Las Eras s/n, 068## Mérida"],
    "vn": ["1# Nguyễn Du, Phường #, Quận #, TP. Hồ Chí Minh"],
    "ru": ["37435#, г. Тверь, ул. Садовая, д. 1#, кв. #", "г. Казань, аллея Победы, 14#"],
    "uk_script": ["0100#, м. Київ, вул. Лісова, 2#", "м. Львів, площа Ринок, 1#"],
    "he": ["רחוב הרצל 1#", "שדרות בן גוריון 4#, דירה #"],
    "ar": ["شارع الملك فهد، حي العليا، الرياض 122##"],
    "fa": ["خیابان ولیعصر، پلاک 1#، تهران"],
    "th": ["9#/1# ถนนสุขุมวิท แขวงคลองเตย กรุงเทพมหานคร 101##"],
    "ja": ["渋谷区神南#丁目1#番1#号", "横浜市西区みなとみらい2-2-#"],
    "ko": ["서울 마포구 월드컵북로#길 1#", "대전 유성구 대학로 9#"],
    "zh": ["上海徐汇区漕溪北路59#号", "广东深圳市南山区科技园南路1#号"],
    "el": ["Αγίας Λαύρας #, 303 0# Ναύπακτος"],
    "alone": ["4### Maple Street", "3## Fifth Avenue", "4# Lakeview Drive", "Goethestraße ##",
              "## rue Victor Hugo", "Calle Mayor ##"],
    "cottage": ["## Ivy Cottages, Ashford TN23 #QA", "# Sunnyside, Dover, KY 41###"]}


def ZIP_CODE(r, variant=None):
    """Without a variant one behind its word; the variants are known by their form."""
    if variant == "uk":
        outward = r.choice(["GL54", "SW1A", "M1", "EH3", "CF10", "LS6", "OX2", "BT7", "EC2V", "IV27"])
        return outward + " " + digits(r, 1) + r.choice("ABDEFHJLNPQRSTUWXYZ") + r.choice("ADEFHJLNPQRSTUWXYZ")
    if variant == "ca":
        letters = "ABCEGHJKLMNPRSTVXY"
        return f"{r.choice(letters)}{digits(r, 1)}{r.choice(letters)} {digits(r, 1)}{r.choice(letters)}{digits(r, 1)}"
    if variant == "ny":
        return "1" + r.choice("01234") + digits(r, 3)
    value = r.choice(CITIES_US)[2] + digits(r, 2)
    return value + "-" + digits(r, 4) if r.random() < 0.25 else value


MAKERS = {name: maker for name, maker in list(globals().items()) if name.isupper() and callable(maker)}
