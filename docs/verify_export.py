#!/usr/bin/env python3
"""verify_export.py DIR --vkey KEY [--since CHECKPOINT]... [--witness KEY]...  (KEY: any key of the log, or its file)
Checks an export alone (docs/auditors.md). Python 3, openssl 3. Exit 0 good, 1 unreadable, 2 usage, 3 not good."""
import argparse, base64, csv, hashlib, itertools, json, os, pathlib, struct, subprocess, sys, tempfile
ED25519 = bytes.fromhex("302a300506032b6570032100")         # what DER puts before the 32 bytes of a key
sha = lambda data: hashlib.sha256(data).digest()
node = lambda left, right: sha(b"\1" + left + right)         # RFC 6962; a leaf is sha(b"\0" + record)
class Key:
    def __init__(self, line):
        self.line = (pathlib.Path(line).read_text() if os.path.exists(line) else line).strip()
        self.name, self.id, data = self.line.split("+", 2)
        raw = base64.b64decode(data, validate=True)
        self.kind, self.der = raw[0], raw[1:] if raw[0] == 2 else ED25519 + raw[1:]  # 2: ECDSA, 4: a witness
    def verifies(self, body, signature):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in zip("kbs", (self.der, body, signature)): pathlib.Path(folder, name).write_bytes(data)
            line = "openssl pkeyutl -verify -pubin -keyform DER -inkey k -rawin -in b -sigfile s -digest sha256".split()
            return not subprocess.run(line[:None if self.kind == 2 else -2], cwd=folder, capture_output=True).returncode
    def open(self, note):                                    # a signed note -> (size, root), or (None, None)
        body, lines, good = note[:note.rindex(b"\n\n") + 1], note[note.rindex(b"\n\n") + 2:], False
        for dash, name, blob in (line.split(" ") for line in lines.decode().splitlines()):
            data = base64.b64decode(blob, validate=True)
            if name != self.name or data[:4].hex() != self.id: continue
            text = b"cosignature/v1\ntime %d\n" % struct.unpack(">Q", data[4:12]) if self.kind == 4 else b""
            if not (good := dash == "\u2014" and self.verifies(text + body, data[12 if text else 4:])): break
        origin, size, root = body.decode().split("\n")[:3]
        return (int(size), base64.b64decode(root)) if good and (self.kind == 4 or origin == self.name) else (None, None)
class Check:
    def __init__(self, folder, key, since=(), witnesses=()):
        self.folder, self.problems, self.first = folder, [], (1 << 64, "")
        self.given = key, since, witnesses
        for step in "sums notes tiles roots entries records text".split():
            try: getattr(self, step)()
            except Exception as error: self.say(f"unreadable: {type(error).__name__} {error}")  # damage is an answer
    def say(self, text): self.problems.append(text)
    def bad(self, index, text):
        self.say(f"record {index} {text}")
        self.first = min(self.first, (index, self.problems[-1]), key=lambda pair: pair[0])
    def read(self, name, other=None):                        # `other`: for what need not be there
        path = pathlib.Path(self.folder, name)
        return path.read_bytes() if other is None or path.exists() else other
    def path(self, row, number, width):                      # C2SP tlog-tiles: tile/0/x001/234.p/17
        *most, last = (digits.zfill(3) for digits in f"{number:,}".split(","))
        return "/".join(["tile", str(row), *("x" + d for d in most), last]) + (f".p/{width}" if width < 256 else "")
    def sums(self):
        pin = sha(self.read("MANIFEST.json")).hex().encode() + b"  MANIFEST.json\n"
        if self.read("MANIFEST.sha256") != pin: self.say("MANIFEST.json is not the one that MANIFEST.sha256 names")
        listed = {line[66:]: line[:64] for line in self.read("SHA256SUMS").decode().splitlines()}
        there = {str(p.relative_to(self.folder)) for p in pathlib.Path(self.folder).rglob("*") if not p.is_dir()}
        self.problems += [f"{n} is another" for n in listed if n not in there or sha(self.read(n)).hex() != listed[n]]
        self.problems += [f"{n} was added" for n in there - {*listed, "SHA256SUMS", "MANIFEST.json", "MANIFEST.sha256"}]
    def notes(self):
        m, given, note = json.loads(self.read("MANIFEST.json")), Key(self.given[0]), self.read("checkpoint")
        self.keys = [Key(line) for line in self.read("keys", given.line.encode()).decode().split()]  # oldest first
        if given.line not in [key.line for key in self.keys]: self.say("it is not signed by the given key")
        old, last = sorted(pathlib.Path(self.folder, "checkpoints").iterdir()), self.keys[-1]
        self.changes(texts := [note] + [path.read_bytes() for path in old])
        (self.size, self.root), self.begin, self.end = last.open(note), m["from"], m["to"]
        pem = base64.b64decode(b"".join(self.read("log.pub.pem").splitlines()[1:-1]))
        said = m["format"], m["size"], base64.b64decode(m["root"]), m["origin"], m["vkey"], self.read("vkey").decode()
        if (*said, pem) != (2, self.size, self.root, last.name, last.line, last.line + "\n", last.der):
            self.say("made with another key")
        if m["sha256sums"] != sha(self.read("SHA256SUMS")).hex(): self.say("MANIFEST.json names other SHA256SUMS")
        for w in self.given[2]: any(Key(w).open(t)[0] for t in texts) or self.say(f"no good cosignature of {w}")
        old += [pathlib.Path(path) for path in self.given[1]]
        self.old = [("checkpoint", self.size, self.root)] + [(str(p), *self.open(p.read_bytes())) for p in old]
    def changes(self, notes):       # of the key: a KEY record names both, a checkpoint behind it is signed by both
        self.ends, self.leaves = [0], []
        said = {r[600:664]: (int(p.name), sha(b"\0" + r)) for p in pathlib.Path(self.folder, "rotations").glob("*")
                if (r := p.read_bytes())[2] == 12 and r[88:104] == b"\x0flog_key_rotated"}
        for a, b in zip(self.keys, self.keys[1:]):
            index, leaf = said.get(sha(a.line.encode()) + sha(b.line.encode()), (0, b""))
            both = [size for n in notes if a.open(n)[0] and (size := b.open(n)[0]) and size > index]
            if not both or not leaf: self.say(f"the change from key {a.id} to key {b.id} is " +
                                              ("not signed by both keys" if leaf else "missing: no record names both"))
            self.ends, self.leaves = self.ends + [min(both, default=0)], self.leaves + [(index, leaf)]
    def open(self, note):           # by a key that was in force at its size
        found = ((*key.open(note), a, b) for key, a, b in zip(self.keys, self.ends, self.ends[1:] + [1 << 64]))
        return next(((size, root) for size, root, a, b in found if size is not None and a <= size <= b), (None, None))
    def tiles(self):
        self.rows, entries = [], self.size
        while entries:
            self.rows.append({})
            for first in range(0, entries, 256):             # outside of a range there is none in the lowest row
                width = min(256, entries - first)
                data = self.read(name := self.path(len(self.rows) - 1, first // 256, width), b"")
                if len(data) not in (0, 32 * width): self.say(f"{name} is not {width} hashes")
                self.rows[-1].update({first + i: data[32 * i:32 * i + 32] for i in range(len(data) // 32)})
            entries //= 256
        for row, n in ((row, n) for row in range(len(self.rows) - 1) for n in self.rows[row + 1]):
            if n * 256 in self.rows[row] and self.fold(row, n * 256, 256) != self.rows[row + 1][n]:
                self.say(f"{self.path(row, n, 256)} does not fit the row above it")
    def fold(self, row, at, n):                              # the root over n hashes of a row, n a power of two
        return self.rows[row][at] if n < 2 else node(self.fold(row, at, n // 2), self.fold(row, at + n // 2, n // 2))
    def tree(self, begin, end):                              # MTH(D[begin:end])
        count = end - begin
        if count & (count - 1) == 0 and begin % max(count, 1) == 0:
            row, inside = divmod(count.bit_length() - 1, 8)
            return self.fold(row, begin >> 8 * row, 1 << inside) if count else sha(b"")
        middle = begin + (1 << (count - 1).bit_length() - 1)
        return node(self.tree(begin, middle), self.tree(middle, end))
    def roots(self):
        for i, leaf in self.leaves: leaf in (b"", self.rows[0].get(i)) or self.bad(i, "is changed: see rotations/")
        for name, size, root in self.old:
            if size is None: self.say(f"{name} is not signed by the given key")
            elif size > self.size: self.bad(self.size, f"is missing: {name} signs {size}")
            elif self.tree(0, size) != root: self.say(f"the first {size} records are not those that {name} signed")
    def entries(self):
        self.list = []
        for first in range(self.begin, self.end, 256):
            data = self.read(self.path("entries", first // 256, min(256, self.end - first)))
            while data: end = 2 + data[0] * 256 + data[1]; self.list.append(data[2:end]); data = data[end:]
        want = [self.rows[0][i] for i in range(self.begin, self.end)]
        have = [want[i] if not r and i < len(want) else sha(b"\0" + r) for i, r in enumerate(self.list)] + [b"", b""]
        at = next((i for i in range(len(want)) if have[i] != want[i]), len(want))
        other, after = want.index(have[at]) if have[at] in want else -1, have[at + 1:at + 2]
        if at == len(want): what = "is added behind the last one"
        elif not have[at] or other > at and after in ([b""], want[other + 1:other + 2]): what = "is missing"
        elif other >= 0 and have[other] == want[at]: what = f"is reordered: it and {self.begin + other} changed places"
        elif other >= 0: what = f"is added: {self.begin + other} again"
        else: what = "is added" if after == [want[at]] else "is changed"
        if len(self.list) > at or at < len(want): self.bad(self.begin + at, what)
    def records(self):
        gone = {i for i, r in enumerate(self.list, self.begin) if not r}
        spans = [(a, next(b for b in itertools.count(a) if b not in gone)) for a in sorted(gone) if a - 1 not in gone]
        rings, state, named, unsure = {}, {}, [], int(bool(gone) or self.begin > 0)
        for index, r in ((i, r) for i, r in enumerate(self.list, self.begin) if r):
            kind, (seq,), ring, request = r[2], struct.unpack_from("<Q", r, 8), r[16:44], r[48:64]
            last, rings[ring] = rings.get(ring, 0), seq or rings.get(ring, 0)
            if seq and seq != last + 1 and not (unsure and seq > last): self.bad(index, f"follows {last}: {seq}")
            if kind == 1 and request in state or kind in (2, 5) and state.get(request, unsure) != 1:
                self.bad(index, "is one admission or verdict too many, or its admission is missing")
            if kind in (1, 2, 5): state[request] = kind
            if kind == 13 and r[88:95] == b"\6pruned": named.append((*struct.unpack_from("<QQ", r, 672), r[632:664]))
        if self.end - self.begin == self.size:               # the newest run names all that is gone
            digest = sha(b"".join(struct.pack(">QQ", *span) for span in spans))
            named = [(0, self.size, digest) for *_, after in named[-1:] if after == digest]
        for a, b in spans: any(x <= a and b <= y for x, y, _ in named) or self.bad(a, "is missing: no run removed it")
    def text(self):                                          # an aid to read; it must not tell another story
        lines, table = self.read("records.jsonl").splitlines(), self.read("records.csv").decode().splitlines()
        want = [(i, self.rows[0][i].hex()) for i in range(self.begin, self.end)]
        for name, rows in ("records.jsonl", map(json.loads, lines)), ("records.csv", csv.DictReader(table)):
            if want != [(int(r["index"]), r["leaf"]) for r in rows]: self.say(f"{name} lists other records")
if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    _, _ = parser.add_argument("dir"), parser.add_argument("--vkey", required=True)
    for name in "--since", "--witness": parser.add_argument(name, action="append", default=[])
    given = parser.parse_args()
    check = Check(given.dir, given.vkey, given.since, given.witness)
    print(*(f"problem: {p}" for p in check.problems[:20]), "first bad record: " + (check.first[1] or "none"), sep="\n")
    print("export FAILED" if check.problems else f"export OK: {len(check.list)} records of {check.keys[-1].name}")
    sys.exit(3 if check.problems else 0)
