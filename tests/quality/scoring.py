"""scoring.py: predictions against labels, by the rules of ../shared/corpus/score.py, so that the two sets compare.

  match     same entity (SECRET and URL_CREDENTIALS are one class), IoU of characters >= 0.5, one to one, best first;
            a SECRET also when the prediction covers the whole value with little around it (`user:password`)
  ignored   predictions on optional spans, fragments of the same entity, ZIP_CODE inside STREET_ADDRESS
  alarm     every other prediction: counted against precision; in text without any label also per MB. Beside labels,
            kinds that this set never labels (SWIFT_CODE, DRUG_CODE ...) are no alarms: nobody said that they are wrong
"""
from collections import Counter, defaultdict

AROUND_A_SECRET = 24


def klass(entity):
    """What counts as one: a URL with a password is a secret, the machine readable line of a passport is a passport."""
    return {"URL_CREDENTIALS": "SECRET", "TRAVEL_DOCUMENT": "PASSPORT"}.get(entity, entity)


def overlap(a, b):
    return max(0, min(a[1], b[1]) - max(a[0], b[0]))


def fits(gold, found):
    """IoU of the two, or 0 when they do not match."""
    common = overlap(gold, found)
    if common == 0:
        return 0.0
    ratio = common / ((gold[1] - gold[0]) + (found[1] - found[0]) - common)
    if ratio >= 0.5:
        return ratio
    covers = found[0] <= gold[0] and found[1] >= gold[1]
    return 0.4 if gold[2] == "SECRET" and covers and found[1] - found[0] <= gold[1] - gold[
            0] + AROUND_A_SECRET else 0.0


def pair(gold, found):
    """Indices of gold that are hit, indices of found that hit."""
    candidates = sorted(((fits(g, f), i, j) for i, g in enumerate(gold) for j,
            f in enumerate(found) if g[2] == f[2]), reverse=True)
    hit, used = {}, set()
    for ratio, i, j in candidates:
        if ratio > 0 and i not in hit and j not in used:
            hit[i] = j
            used.add(j)
    return hit, used


def excused(found, gold, optional):
    if any(overlap(found, o) for o in optional):
        return True
    return any(overlap(found, g) and (g[2] == found[2] or (found[2], g[2]) == ("ZIP_CODE", "STREET_ADDRESS"))
            for g in gold)


class Score:
    """Counts of one set."""

    def __init__(self, kinds=None):
        """`kinds`: those that the set labels; None: all count."""
        self.kinds = kinds
        self.tp, self.fn, self.fp = Counter(), Counter(), Counter()
        self.subtypes = defaultdict(lambda: [0, 0])
        self.languages = defaultdict(lambda: [0, 0])
        self.techniques = defaultdict(lambda: [0, 0])
        self.harmless_bytes, self.harmless_alarms = 0, Counter()
        self.misses, self.alarms = [], []

    def add(self, record, found):
        """`found`: (start, end, entity, rule), in the unit of the record's bstart and bend."""
        found = [(f[0], f[1], klass(f[2]), f[3]) for f in found if f[2] != "LITERAL"]
        gold = [(s["bstart"], s["bend"], klass(s["entity"]), s.get("subtype")) for s in record["spans"]
                if not s.get("optional")]
        optional = [(s["bstart"], s["bend"]) for s in record["spans"] if s.get("optional")]
        hit, used = pair(gold, found)
        technique = next((t for t in record["tags"] if t.startswith(("evasion:", "not-promised:"))), None)
        if technique:  # recall only: what else is seen in broken text is nobody's label
            for i, g in enumerate(gold):
                for name in (technique, f"{technique} {g[2]}"):
                    self.techniques[name][0] += i in hit
                    self.techniques[name][1] += 1
                if i not in hit and technique.startswith("evasion:"):
                    self.misses.append((technique, record, g))
            return
        for i, g in enumerate(gold):
            (self.tp if i in hit else self.fn)[g[2]] += 1
            if g[2] == "SECRET":
                self.subtypes[g[3] or "url-credentials"][0] += i in hit
                self.subtypes[g[3] or "url-credentials"][1] += 1
            elif g[2] != "PERSON":
                self.languages[record["lang"]][0] += i in hit
                self.languages[record["lang"]][1] += 1
            if i not in hit:
                self.misses.append((g[2], record, g))
        for j, f in enumerate(found):
            unlabelled_kind = gold and self.kinds is not None and f[2] not in self.kinds
            if j in used or unlabelled_kind or excused(f, gold, optional):
                continue
            self.fp[f[2]] += 1
            self.alarms.append((f[2], record, f))
            if not gold:
                self.harmless_alarms[f[2]] += 1
        if not gold:
            self.harmless_bytes += len(record["text"].encode())

    def row(self, entity):
        tp, fn, fp = self.tp[entity], self.fn[entity], self.fp[entity]
        return {"gold": tp + fn, "tp": tp, "fn": fn, "fp": fp, **ratios(tp, fn, fp)}

    def summary(self):
        """All figures as plain values."""
        entities = sorted(set(self.tp) | set(self.fn) | set(self.fp))
        rows = {entity: self.row(entity) for entity in entities}
        scored = [e for e in entities if e != "PERSON"]
        tp, fn, fp = (sum(rows[e][k] for e in scored) for k in ("tp", "fn", "fp"))
        many = [rows[e]["f1"] for e in scored if rows[e]["gold"] >= 10]
        evasion = [v for k, v in self.techniques.items() if k.startswith("evasion:") and " " not in k
                and k != "evasion:none"]
        alarms = sum(count for entity, count in self.harmless_alarms.items() if entity != "PERSON")
        return {
            "entities": rows, "all": {"gold": tp + fn, "fp": fp, **ratios(tp, fn, fp),
                    "macro_f1": sum(many) / len(many) if many else 0.0},
            "secrets": rows.get("SECRET"), "person": rows.get("PERSON"),
            "harmless": {"bytes": self.harmless_bytes, "alarms": alarms,
                    "per_mb": alarms / (self.harmless_bytes / 1e6) if self.harmless_bytes else None,
                         "by_entity": dict(self.harmless_alarms)},
            "evasion": {"found": sum(v[0] for v in evasion), "of": sum(v[1] for v in evasion),
                        "techniques": {k: v for k, v in sorted(self.techniques.items()) if " " not in k},
                        "by_entity": {k: v for k, v in sorted(self.techniques.items()) if " " in k}},
            "secret_families": dict(sorted(self.subtypes.items())), "languages": dict(sorted(self.languages.items()))}


def ratios(tp, fn, fp):
    p = tp / (tp + fp) if tp + fp else 0.0
    r = tp / (tp + fn) if tp + fn else 0.0
    return {"p": p, "r": r, "f1": 2 * p * r / (p + r) if p + r else 0.0}
