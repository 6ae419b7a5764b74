#!/usr/bin/env python3
"""verify_export.py: checks an export of the evidence log with the log's public key alone (docs/auditors.md).
Usage: verify_export.py DIR --vkey KEY [--since CHECKPOINT]... [--witness KEY]...      KEY: the line, or its file
Python 3 standard library, and openssl 3 for the signatures. Exit 0 good, 1 unreadable, 2 usage, 3 not good."""
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
        if sha(raw[1:] if self.kind == 2 else self.name.encode() + b"\n" + raw)[:4].hex() != self.id:
            raise ValueError("the given key is not the one that its id names")
    def verifies(self, body, signature):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ("key", self.der), ("body", body), ("sig", signature):
                pathlib.Path(folder, name).write_bytes(content)
            line = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in body -sigfile sig" + \
                   (" -digest sha256" if self.kind == 2 else "")
            return subprocess.run(line.split(), cwd=folder, capture_output=True).returncode == 0
    def open(self, note):                                    # a signed note -> (size, root), or (None, None)
        body, lines, good = note[:note.rindex(b"\n\n") + 1], note[note.rindex(b"\n\n") + 2:], False
        for dash, name, blob in (line.split(" ") for line in lines.decode().splitlines()):
            data = base64.b64decode(blob, validate=True)
            if name != self.name or data[:4].hex() != self.id: continue
            text = b"cosignature/v1\ntime %d\n" % struct.unpack(">Q", data[4:12]) if self.kind == 4 else b""
            if not (good := dash == "\u2014" and self.verifies(text + body, data[12 if text else 4:])): break
        origin, size, root = body.decode().split("\n")[:3]
        good = good and (self.kind == 4 or origin == self.name)
        return (int(size), base64.b64decode(root)) if good else (None, None)
class Check:
    def __init__(self, folder, key, since=(), witnesses=()):
        self.folder, self.problems, self.first = folder, [], (1 << 64, "")
        for step in (self.sums, lambda: self.notes(key, since, witnesses), self.tiles, self.roots, self.entries,
                     self.records, self.text):
            try: step()
            except Exception as error: self.say(f"unreadable: {type(error).__name__} {error}")  # damage is an answer
    def say(self, text): self.problems.append(text)
    def bad(self, index, text):
        self.say(f"record {index} {text}")
        self.first = min(self.first, (index, self.problems[-1]), key=lambda pair: pair[0])
    def read(self, name): return pathlib.Path(self.folder, name).read_bytes()
    def path(self, row, number, width):                      # C2SP tlog-tiles: tile/0/x001/234.p/17
        *most, last = (digits.zfill(3) for digits in f"{number:,}".split(","))
        return "/".join(["tile", str(row), *("x" + d for d in most), last]) + (f".p/{width}" if width < 256 else "")
    def sums(self):
        pin = sha(self.read("MANIFEST.json")).hex().encode() + b"  MANIFEST.json\n"
        if self.read("MANIFEST.sha256") != pin: self.say("MANIFEST.json is not the one that MANIFEST.sha256 names")
        listed = {line[66:]: line[:64] for line in self.read("SHA256SUMS").decode().splitlines()}
        there = {str(p.relative_to(self.folder)) for p in pathlib.Path(self.folder).rglob("*") if not p.is_dir()}
        for name in there - {*listed, "SHA256SUMS", "MANIFEST.json", "MANIFEST.sha256"}: self.say(f"{name} was added")
        for name in (n for n in listed if n not in there or sha(self.read(n)).hex() != listed[n]):
            self.say(f"{name} is not the one that was exported")
    def notes(self, key, since, witnesses):
        m, self.key, note = json.loads(self.read("MANIFEST.json")), Key(key), self.read("checkpoint")
        (self.size, self.root), self.begin, self.end = self.key.open(note), m["from"], m["to"]
        if self.read("vkey").decode() != self.key.line + "\n" or m["vkey"] != self.key.line or self.key.der != \
           base64.b64decode(b"".join(self.read("log.pub.pem").splitlines()[1:-1])): self.say("made with another key")
        if (m["format"], m["size"], base64.b64decode(m["root"]), m["sha256sums"]) != \
           (2, self.size, self.root, sha(self.read("SHA256SUMS")).hex()): self.say("MANIFEST.json says something else")
        old = sorted(pathlib.Path(self.folder, "checkpoints").iterdir())
        for line in witnesses:
            if not any(Key(line).open(text)[0] for text in [note] + [p.read_bytes() for p in old]):
                self.say(f"no checkpoint has a good cosignature of {line}")
        old += [pathlib.Path(path) for path in since]
        self.old = [("checkpoint", self.size, self.root)] + [(str(p), *self.key.open(p.read_bytes())) for p in old]
    def tiles(self):
        self.rows, entries = [], self.size
        while entries:
            row, hashes = len(self.rows), {}
            for first in range(0, entries, 256):
                width = min(256, entries - first)
                if row == 0 and width == 256 and not self.begin <= first < self.end: continue
                data = self.read(self.path(row, first // 256, width))
                hashes.update({first + i: data[32 * i:32 * i + 32] for i in range(len(data) // 32)})
            self.rows, entries = self.rows + [hashes], entries // 256
        for row, n in ((row, n) for row in range(len(self.rows) - 1) for n in self.rows[row + 1]):
            if n * 256 in self.rows[row] and self.fold(row, n * 256, 256) != self.rows[row + 1][n]:
                self.say(f"{self.path(row, n, 256)} does not fit the row above it")
    def fold(self, row, first, count):
        hashes = [self.rows[row][i] for i in range(first, first + count)]
        while len(hashes) > 1: hashes = [node(*hashes[i:i + 2]) for i in range(0, len(hashes), 2)]
        return hashes[0]
    def tree(self, begin, end):                              # MTH(D[begin:end])
        count = end - begin
        if count & (count - 1) == 0 and begin % max(count, 1) == 0:
            row, inside = divmod(count.bit_length() - 1, 8)
            return self.fold(row, begin >> 8 * row, 1 << inside) if count else sha(b"")
        middle = begin + (1 << (count - 1).bit_length() - 1)
        return node(self.tree(begin, middle), self.tree(middle, end))
    def roots(self):
        for name, size, root in self.old:
            if size is None: self.say(f"{name} is not signed by the given key")
            elif size > self.size: self.bad(self.size, f"is missing: {name} signs {size}")
            elif self.tree(0, size) != root: self.say(f"the first {size} records are not those that {name} signed")
    def entries(self):
        self.list = []
        for first in range(self.begin, self.end, 256):
            data = self.read(self.path("entries", first // 256, min(256, self.end - first)))
            while data:
                length, = struct.unpack(">H", data[:2])
                self.list.append(data[2:2 + length])
                data = data[2 + length:]
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
            kind, (sequence,), ring, request = r[2], struct.unpack_from("<Q", r, 8), r[16:44], r[48:64]
            last, rings[ring] = rings.get(ring, 0), sequence or rings.get(ring, 0)
            if sequence and sequence != last + 1 and not (unsure and sequence > last):
                self.bad(index, f"does not follow number {last} of its ring: it is {sequence}")
            if kind == 1 and request in state or kind in (2, 5) and state.get(request, unsure) != 1:
                self.bad(index, "is one admission or verdict too many, or its admission is missing")
            if kind in (1, 2, 5): state[request] = kind
            if kind == 13 and r[88:95] == b"\6pruned": named.append((*struct.unpack_from("<QQ", r, 672), r[632:664]))
        if self.end - self.begin == self.size:               # the newest run names all that is gone
            pruned = sha(b"".join(struct.pack(">QQ", *span) for span in spans))
            named = [(0, self.size if pruned == digest else 0, digest) for _, _, digest in named[-1:]]
        for a, b in (span for span in spans if not any(x <= span[0] and span[1] <= y for x, y, _ in named)):
            self.bad(a, "is missing: no retention run of this log removed exactly what is gone")
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
    print("export FAILED" if check.problems else f"export OK: {len(check.list)} records of {check.key.name}")
    sys.exit(3 if check.problems else 0)
