#!/usr/bin/env python3
"""export_test.py: the key alone checks an export; whatever is done to it is found and named, by both verifiers.

Usage: export_test.py --bin DIR      exit 0 good, 1 bad
"""
import base64
import concurrent.futures
import csv
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import evidence_case as case  # noqa: E402
from evidence_case import load_entries, read, repair_sums, store_entries, write  # noqa: E402

FLIPS_PER_FILE, FLIPS_PER_FILE_IN_PYTHON = 16, 4
# What the tree and the signature protect, whoever makes the sums fit again.
PROVEN = ("tile/", "checkpoint", "vkey", "keys", "rotations/", "log.pub.pem")


def spread(size, count):
    return sorted({i * (size - 1) // max(count - 1, 1) for i in range(min(count, size))})


class SmallLog(case.Case):
    def setUp(self):
        super().setUp()
        self.size = case.make_log(self.path("state"))
        self.vkey = case.vkey_of(self.path("state"))
        self.folder = self.export()

    def test_it_is_good_by_both_and_by_sha256sum(self):
        self.assert_good(self.folder, self.vkey)
        for sums in ("MANIFEST.sha256", "SHA256SUMS"):
            subprocess.run(["sha256sum", "--quiet", "-c", sums], cwd=self.folder, check=True)
        script = os.path.join(case.ROOT, "docs", "verify_export.py")
        answer = subprocess.run([sys.executable, script, self.folder, "--vkey", read(self.vkey).decode().strip()],
                                capture_output=True, text=True)
        self.assertEqual((answer.returncode, answer.stdout.count("export OK")), (0, 1), answer.stdout + answer.stderr)

    def test_the_howto_works_as_it_stands(self):
        text = read(self.folder, "HOWTO.txt").decode()
        steps = re.search(r"2  The checkpoint.*?\n(.*?)   log.pub.pem holds", text, re.S).group(1)
        answer = subprocess.run(["bash", "-ec", steps.replace("/tmp/", self.work + "/")], cwd=self.folder,
                                capture_output=True, text=True)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        same = re.search(r"\(Ed25519\):\n(.*?)\n\n", text, re.S).group(1)
        subprocess.run(["bash", "-ec", same], cwd=self.folder, check=True)
        script = re.search(r"python3 - <<'END'\n(.*?)     END", text, re.S).group(1)
        script = "\n".join(line[5:] for line in script.split("\n"))
        answer = subprocess.run([sys.executable, "-c", script], cwd=self.folder, capture_output=True, text=True)
        self.assertTrue(answer.stdout.endswith(" True\n"), answer.stdout + answer.stderr)

    def test_every_kind_of_flipped_byte_is_found(self):
        def flipped(job):
            number, name, at, python = job
            copy = self.path(f"flip{number}")
            shutil.copytree(self.folder, copy)
            content = bytearray(read(copy, name))
            content[at] ^= 1 << (at % 8)
            write(bytes(content), copy, name)
            good, _ = case.verify_by_python(copy, self.vkey) if python else case.verify_by_program(copy, self.vkey)
            shutil.rmtree(copy)
            return f"{name} byte {at} by {'python' if python else 'sallyport-verify'}" if good else None

        jobs = []
        for name in case.files_of(self.folder):
            size = os.path.getsize(os.path.join(self.folder, name))
            jobs += [(name, at, False) for at in spread(size, FLIPS_PER_FILE)]
            jobs += [(name, at, True) for at in spread(size, FLIPS_PER_FILE_IN_PYTHON)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            missed = [one for one in pool.map(flipped, [(i, *job) for i, job in enumerate(jobs)]) if one]
        self.assertGreater(len(jobs), 200)
        self.assertEqual(missed, [])

    def test_a_flip_is_found_when_all_sums_were_made_to_fit(self):
        for name in (n for n in case.files_of(self.folder) if n.startswith(PROVEN)):
            size = os.path.getsize(os.path.join(self.folder, name))
            for at in spread(size, 5):
                copy = self.copy(self.folder)
                content = bytearray(read(copy, name))
                content[at] ^= 4
                write(bytes(content), copy, name)
                repair_sums(copy)
                good, _ = case.verify_by_program(copy, self.vkey)
                self.assertFalse(good, f"{name} byte {at}")
                if name != "log.pub.pem":  # the Python one reads past its first and last line
                    self.assertFalse(case.verify_by_python(copy, self.vkey)[0], f"{name} byte {at}, Python")

    def test_another_story_in_the_readable_files_is_found(self):
        for name, old, new in (("records.jsonl", b'"lab"', b'"lob"'), ("records.csv", b'"alice"', b'"alicf"')):
            copy = self.copy(self.folder)
            write(read(copy, name).replace(old, new, 1), copy, name)
            repair_sums(copy)
            good, text = case.verify_by_program(copy, self.vkey)
            self.assertFalse(good)
            self.assertIn("is misquoted: " + name, text)
        copy = self.copy(self.folder)
        lines = read(copy, "records.jsonl").splitlines(True)
        write(b"".join(lines[:3] + lines[4:]), copy, "records.jsonl")
        repair_sums(copy)
        self.assert_bad(copy, self.vkey, "records.jsonl")

    def test_no_cell_of_the_csv_is_a_formula(self):
        with open(os.path.join(self.folder, "records.csv"), newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), self.size)
        for row in rows:
            for cell in row.values():
                self.assertFalse(cell.lstrip()[:1] in tuple("=+-@\t\r"), cell)
        cells = {cell for row in rows for cell in row.values()}
        for name in ("'=HYPERLINK(1)", "'+SUM(A1)", "'-2+3", "'@evil", 'a,"b"', "'=1+1", "'=cmd"):
            self.assertIn(name, cells)
        for line in read(self.folder, "records.csv").split(b"\r\n")[:-1]:
            self.assertRegex(line, rb'^("([^"]|"")*",)+"([^"]|"")*"$')

    def test_files_that_are_missing_or_added(self):
        copy = self.copy(self.folder)
        write(b"x", copy, "tile", "0", "readme")
        self.assert_bad(copy, self.vkey, "tile/0/readme was added")
        for name in ("checkpoint", "records.jsonl", "MANIFEST.json", "SHA256SUMS", "vkey"):
            copy = self.copy(self.folder)
            os.remove(os.path.join(copy, name))
            self.assert_bad(copy, self.vkey)

    def test_a_manifest_of_other_types_and_a_tile_of_another_size_are_a_no(self):
        for name in ("format", "size", "from", "to", "root", "origin", "vkey"):
            for value in (None, [], {}, 7 if name in ("root", "origin", "vkey") else "7"):
                copy = self.copy(self.folder)
                write(json.dumps(dict(json.loads(read(copy, "MANIFEST.json")), **{name: value})).encode(), copy,
                      "MANIFEST.json")
                repair_sums(copy)
                self.assert_bad(copy, self.vkey)
        tile = next(name for name in case.files_of(self.folder) if name.startswith("tile/0/"))
        copy = self.copy(self.folder)
        write(read(copy, tile) + b"x", copy, tile)
        repair_sums(copy)
        self.assert_bad(copy, self.vkey, "hashes")

    def test_another_key_is_a_no(self):
        case.make_log(self.path("other"))
        self.assert_bad(self.folder, case.vkey_of(self.path("other")), "not signed by the given key")

    def test_usage_and_missing_folders_have_their_own_exit(self):
        verify = case.program("sallyport-verify")
        for words, expect in (([], 2), ([self.folder], 2), ([self.folder, "--vkey"], 2), (["--help"], 0),
                              (["--version"], 0),
                              ([self.path("none"), "--vkey", self.vkey], 1), ([self.folder, "--nothing", "x"], 2)):
            self.assertEqual(subprocess.run([verify, *words], capture_output=True).returncode, expect, words)

    def test_only_libcrypto_is_linked(self):
        text = subprocess.run(["ldd", case.program("sallyport-verify")], capture_output=True, text=True).stdout
        allowed = ("libcrypto", "libstdc++", "libgcc_s", "libc.so", "libm.so", "ld-linux", "linux-vdso", "libasan",
                   "libubsan", "libdl", "libpthread", "librt")
        for line in text.splitlines():
            self.assertTrue(any(name in line for name in allowed), line)


class EveryByte(case.Case):
    """A log with one record of every kind. SALLYPORT_FLIP_STEP=1 flips each byte of it (the long test)."""

    STEP = int(os.environ.get("SALLYPORT_FLIP_STEP", "0"))

    def setUp(self):
        super().setUp()
        self.size = case.make_log(self.path("state"), "--exchanges", 2, "--kinds", "all")
        self.vkey = case.vkey_of(self.path("state"))
        self.folder = self.export()
        # The same signature is checked thousands of times: openssl is asked once for each.
        known, ask = {}, case.verify_export.Key.verifies

        def verifies(key, body, signature):
            question = (key.der, body, signature)
            if question not in known:
                known[question] = ask(key, body, signature)
            return known[question]

        case.verify_export.Key.verifies = verifies
        self.addCleanup(setattr, case.verify_export.Key, "verifies", ask)

    def flips(self, name, step):
        """(position, undo) after each flip, in place."""
        content = read(self.folder, name)
        for at in range(0, len(content), step):
            changed = bytearray(content)
            changed[at] ^= 1 << (at % 8)
            write(bytes(changed), self.folder, name)
            yield at
        write(content, self.folder, name)

    def test_every_byte_of_every_file(self):
        done = 0
        for name in case.files_of(self.folder):
            size = os.path.getsize(os.path.join(self.folder, name))
            # By default whole files where they are small, and a spread that meets every field where not.
            for at in self.flips(name, self.STEP or max(1, size // 120)):
                done += 1
                self.assertFalse(case.verify_by_python(self.folder, self.vkey)[0], f"{name} byte {at}, Python")
                if done % 3 == 0 or self.STEP:
                    self.assertFalse(case.verify_by_program(self.folder, self.vkey)[0], f"{name} byte {at}")
        self.assertGreater(done, 500)
        self.assert_good(self.folder, self.vkey)

    def test_every_field_of_every_kind_of_record_names_the_record(self):
        """All sums are made to fit again: what is left is the tree, and it names the record."""
        records = load_entries(self.folder)
        kinds = {record[2]: index for index, record in enumerate(records)}
        self.assertEqual(set(kinds), set(range(1, 21)) - {5}, "every kind but interrupted, which has the parts of 2")
        for index in kinds.values():
            record = records[index]
            for at in range(index % 5, len(record), self.STEP or 53):
                changed = bytearray(record)
                changed[at] ^= 1 << (at % 8)
                store_entries(self.folder, records[:index] + [bytes(changed)] + records[index + 1:])
                repair_sums(self.folder)
                want = f"first bad record: record {index} is changed"
                self.assertIn(want, case.verify_by_python(self.folder, self.vkey)[1], f"kind {record[2]} byte {at}")
                if at % 4 == 0 or self.STEP:
                    self.assertIn(want, case.verify_by_program(self.folder, self.vkey)[1], f"byte {at}")
        store_entries(self.folder, records)
        repair_sums(self.folder)
        self.assert_good(self.folder, self.vkey)


class Signer:
    """A key that openssl made: 2 ECDSA P-256, 4 a witness with Ed25519."""

    def __init__(self, folder, name, kind):
        self.folder, self.name, self.kind = folder, name, kind
        self.private = os.path.join(folder, f"{kind}-{os.path.basename(name)}.pem")
        algorithm = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == 2 else ["ED25519"]
        self.openssl("genpkey", "-algorithm", *algorithm, "-out", self.private)
        der = self.openssl("pkey", "-in", self.private, "-pubout", "-outform", "DER")
        self.pem = self.openssl("pkey", "-in", self.private, "-pubout")
        self.raw = bytes([kind]) + (der if kind == 2 else der[-32:])
        self.id = hashlib.sha256(der if kind == 2 else name.encode() + b"\n" + self.raw).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(self.raw).decode()}"

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout

    def line(self, body):
        """The signature line over a note's body."""
        time_bytes = (1_700_000_000).to_bytes(8, "big") if self.kind == 4 else b""
        text = (b"cosignature/v1\ntime 1700000000\n" if self.kind == 4 else b"") + body
        path = os.path.join(self.folder, "to-sign")
        write(text, path)
        digest = ["-digest", "sha256"] if self.kind == 2 else []
        signature = self.openssl("pkeyutl", "-sign", "-inkey", self.private, "-rawin", *digest, "-in", path)
        return f"\u2014 {self.name} {base64.b64encode(self.id + time_bytes + signature).decode()}\n".encode()


class Signatures(case.Case):
    def setUp(self):
        super().setUp()
        case.make_log(self.path("state"))
        self.vkey, self.folder = case.vkey_of(self.path("state")), self.export()
        self.note = read(self.folder, "checkpoint")
        self.body = self.note[:self.note.rindex(b"\n\n") + 1]

    def test_a_witness_is_asked_for_and_must_have_signed(self):
        witness = Signer(self.work, "witness.example/w1", 4)
        write(self.note + witness.line(self.body), self.folder, "checkpoint")
        repair_sums(self.folder)
        self.assert_good(self.folder, self.vkey)
        for good, words in ((True, [witness.vkey]), (False, [Signer(self.work, "witness.example/w2", 4).vkey])):
            more = [word for key in words for word in ("--witness", key)]
            self.assertEqual(case.verify_by_program(self.folder, self.vkey, *more)[0], good)
            self.assertEqual(case.verify_by_python(self.folder, self.vkey, (), words)[0], good)
        write(self.note, self.folder, "checkpoint")  # the newest is not cosigned yet, an older one is
        sizes = sorted(int(name) for name in os.listdir(os.path.join(self.folder, "checkpoints")) if name != "0")
        older = os.path.join("checkpoints", str(sizes[0]))
        note = read(self.folder, older)
        write(note + witness.line(note[:note.rindex(b"\n\n") + 1]), self.folder, older)
        repair_sums(self.folder)
        good, text = case.verify_by_program(self.folder, self.vkey, "--witness", witness.vkey)
        self.assertTrue(good, text)
        self.assertIn(f"witness witness.example/w1 saw the first {os.path.basename(older)} records", text)
        self.assertTrue(case.verify_by_python(self.folder, self.vkey, (), [witness.vkey])[0])

    def test_a_log_signed_by_ecdsa_is_checked_too(self):
        key = Signer(self.work, self.body.split(b"\n")[0].decode(), 2)
        notes = ["checkpoint"] + ["checkpoints/" + n for n in os.listdir(os.path.join(self.folder, "checkpoints"))]
        for name in notes:
            body = read(self.folder, name).rpartition(b"\n\n")[0] + b"\n"
            write(body + b"\n" + key.line(body), self.folder, name)
        for name in ("vkey", "keys"):
            write(key.vkey.encode() + b"\n", self.folder, name)
        write(key.pem, self.folder, "log.pub.pem")
        manifest = json.loads(read(self.folder, "MANIFEST.json"))
        write(json.dumps(dict(manifest, vkey=key.vkey)).encode(), self.folder, "MANIFEST.json")
        repair_sums(self.folder)
        self.assert_good(self.folder, key.vkey)
        self.assert_bad(self.folder, self.vkey)
        write(self.body + b"\n" + key.line(self.body + b"x\n"), self.folder, "checkpoint")
        repair_sums(self.folder)
        self.assert_bad(self.folder, key.vkey, "not signed by the given key")


class Records(case.Case):
    """Two bundles and a second row of tiles; somebody makes all the sums fit again."""

    def setUp(self):
        super().setUp()
        self.size = case.make_log(self.path("state"), "--exchanges", 170)
        self.vkey = case.vkey_of(self.path("state"))
        self.folder = self.export()
        self.records = load_entries(self.folder)
        self.assertGreater(self.size, 256)

    def with_records(self, records):
        copy = self.copy(self.folder)
        store_entries(copy, records)
        repair_sums(copy)
        return copy

    def test_what_was_done_to_a_record_is_named(self):
        self.assert_good(self.folder, self.vkey)
        r, last = self.records, self.size - 1
        changed = r[7][:200] + bytes([r[7][200] ^ 1]) + r[7][201:]
        foreign = r[9][:150] + b"\7" + r[9][151:]
        for records, words in (
                (r[:7] + [changed] + r[8:], "record 7 is changed"),
                (r[:7] + r[8:], "record 7 is missing"),
                (r[:260] + r[261:], "record 260 is missing"),
                (r[:7] + [r[9], r[8], r[7]] + r[10:], "record 7 is reordered"),
                (r[:7] + [r[3]] + r[7:], "record 7 is added"),
                (r[:7] + [r[3]] + r[8:], "record 7 is added"),
                (r[:7] + [foreign] + r[7:], "record 7 is added"),
                (r[:-1], f"record {last} is missing"),
                (r + [r[0]], f"record {last + 1} is added")):
            self.assert_bad(self.with_records(records), self.vkey, "first bad record: " + words)

    def test_a_record_that_was_taken_out_is_not_one_that_was_pruned(self):
        records = list(self.records)
        records[20] = b""
        self.assert_bad(self.with_records(records), self.vkey, "first bad record: record 20 is missing")

    def test_a_tree_that_fits_the_changed_record_is_not_the_signed_one(self):
        copy = self.with_records(self.records[:7] + [self.records[7][:-1] + b"\1"] + self.records[8:])
        for number, records in enumerate((load_entries(copy)[:256], load_entries(copy)[256:])):
            path = os.path.join(copy, "tile", "0", f"{number:03d}" + (f".p/{len(records)}" if number else ""))
            write(b"".join(case.verify_export.sha(b"\0" + r) for r in records), path)
        repair_sums(copy)
        self.assert_bad(copy, self.vkey, "tile/0/000 does not fit the row above it")

    def test_a_range_is_good_and_keeps_the_tree(self):
        self.ctl("evidence", "export", self.path("part"), "--from", "2026-01-01")
        manifest = json.loads(read(self.path("part"), "MANIFEST.json"))
        self.assertEqual((manifest["from"], manifest["to"]), (256, self.size))
        self.assertFalse(os.path.exists(self.path("part", "tile", "0", "000")))
        self.assert_good(self.path("part"), self.vkey)
        self.ctl("evidence", "export", self.path("first"), "--to", "2023-12-01")
        self.assert_good(self.path("first"), self.vkey)
        self.error("evidence", "export", self.path("none"), "--to", "2001-01-01", expect=4)


class RotatedKeys(case.Case):
    """A log whose key changed twice: once far behind the end, once near it."""

    def setUp(self):
        super().setUp()
        state = self.path("state")
        case.make_log(state, "--exchanges", 20)
        self.first = read(case.vkey_of(state)).decode().strip()
        self.kept = os.path.join(self.export("kept"), "checkpoint")
        case.make_log(state, "--exchanges", 200, "--generation", 8, "--rotate", "yes")
        self.second = read(case.vkey_of(state)).decode().strip()
        case.make_log(state, "--exchanges", 200, "--generation", 9)
        self.json("evidence", "snapshot", "--to", self.path("bucket"))
        case.make_log(state, "--exchanges", 5, "--generation", 10, "--rotate", "yes")
        self.newest = read(case.vkey_of(state)).decode().strip()
        self.folder = self.export()

    def key_list(self):
        return self.ctl("evidence", "key", "list", "--output", "json")

    def test_any_key_of_the_log_checks_all_of_it_whole_and_in_part(self):
        keys = json.loads(self.key_list().stdout)["keys"]
        self.assertEqual([key["vkey"] for key in keys], [self.first, self.second, self.newest])
        self.assertEqual([key["in_force"] for key in keys], [False, False, True])
        part = self.path("bucket", self.json("evidence", "snapshot", "--to", self.path("bucket"))["name"])
        begin = json.loads(read(part, "MANIFEST.json"))["from"]
        self.assertLess(keys[1]["from_size"], begin)
        self.assertLess(begin, keys[2]["from_size"])
        for vkey in (self.first, self.second, self.newest):
            self.assert_good(self.folder, vkey, "--since", self.kept)
            self.assert_good(part, vkey)
            answer = self.json("evidence", "verify", "--vkey", vkey, "--since", self.kept)
            self.assertEqual((answer["ok"], answer["keys"]), (True, 3), answer["problems"])
        case.make_log(self.path("other"))
        stranger = read(case.vkey_of(self.path("other"))).decode().strip()
        self.assert_bad(self.folder, stranger, "not signed by the given key")

    def test_a_change_that_is_missing_forged_or_not_signed_by_both_is_named(self):
        name = sorted(os.listdir(os.path.join(self.folder, "rotations")), key=int)[0]
        keys = json.loads(self.key_list().stdout)["keys"]
        change = f"the change from key {keys[0]['id']} to key {keys[1]['id']}"
        copy = self.copy(self.folder)
        os.remove(os.path.join(copy, "rotations", name))
        repair_sums(copy)
        self.assert_bad(copy, self.newest, change + " is missing")
        copy = self.copy(self.folder)  # a record that names other keys
        record = bytearray(read(copy, "rotations", name))
        record[640] ^= 1
        write(bytes(record), copy, "rotations", name)
        repair_sums(copy)
        self.assert_bad(copy, self.first, change + " is missing")
        copy = self.copy(self.folder)  # the same names, but never in this log
        record = bytearray(read(copy, "rotations", name))
        record[64] ^= 1
        write(bytes(record), copy, "rotations", name)
        repair_sums(copy)
        self.assert_bad(copy, self.first, f"record {name} is changed")
        crossing = os.path.join("checkpoints", str(keys[1]["from_size"]))
        note = read(self.folder, crossing)
        lines = note.splitlines(True)
        for gone in (-1, -2):  # the new key's signature, the old one's
            copy = self.copy(self.folder)
            write(b"".join(line for i, line in enumerate(lines) if i != len(lines) + gone), copy, crossing)
            repair_sums(copy)
            self.assert_bad(copy, self.first, change, "not signed by both keys")
        # Two keys of the list changed places.
        copy = self.copy(self.folder)
        write("".join(line + "\n" for line in (self.second, self.first, self.newest)).encode(), copy, "keys")
        repair_sums(copy)
        self.assert_bad(copy, self.first, "is missing: no record")

    def test_a_retired_key_signs_nothing_and_a_rewritten_log_is_caught(self):
        old, new = self.path("again"), self.path("fork")
        for state in (old, new):
            os.makedirs(os.path.join(state, "keys"))
        case.make_log(old, "--exchanges", 20)  # what a thief of the key in force would write
        shutil.copy(self.path("state", "keys", "evidence.key.3"), os.path.join(new, "keys", "evidence.key"))
        case.make_log(new, "--exchanges", 20, "--variant", "another-model")
        fork = self.export("forked", state=new)
        self.assert_good(fork, self.newest)
        self.assert_bad(fork, self.newest, "signed by the given key", since=[self.kept])
        self.ctl("evidence", "verify", "--vkey", self.newest, "--since", self.kept, state=new, expect=3)
        # The first key signs a later tree: its time is over.
        vkey = case.vkey_of(old)
        before = case.make_log(old, "--exchanges", 0)
        shutil.copy(os.path.join(old, "keys", "evidence.key"), self.path("stolen"))
        case.make_log(old, "--exchanges", 0, "--rotate", "yes")
        first = json.loads(self.ctl("evidence", "key", "list", "--output", "json", state=old).stdout)["keys"][0]["vkey"]
        self.assertGreater(case.make_log(old, "--exchanges", 0), before)
        exported = self.export("retired", state=old)
        note = read(exported, "checkpoint")
        body = note[:note.rindex(b"\n\n") + 1]
        write(body, self.path("body"))
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.path("stolen"), "-rawin", "-in",
                                    self.path("body")], check=True, capture_output=True).stdout
        blob = bytes.fromhex(first.split("+")[1]) + signature
        line = f"\u2014 {first.split('+')[0]} {base64.b64encode(blob).decode()}\n"
        write(body + b"\n" + line.encode(), self.path("forged"))
        self.assert_good(exported, first)
        self.assert_bad(exported, read(vkey).decode().strip(), "signed by the given key", since=[self.path("forged")])
        self.assertIn("was replaced at size", self.ctl("evidence", "verify", "--vkey", vkey, "--since",
                                                       self.path("forged"), state=old, expect=3).stdout)


class History(case.Case):
    def test_a_log_rewritten_with_the_real_key_is_caught_by_an_old_checkpoint(self):
        case.make_log(self.path("state"), "--exchanges", 12)
        kept, vkey = self.export("kept"), case.vkey_of(self.path("state"))
        os.makedirs(self.path("again", "keys"))
        shutil.copy(self.path("state", "keys", "evidence.key"), self.path("again", "keys"))
        case.make_log(self.path("again"), "--exchanges", 20, "--variant", "another-model")
        rewritten = self.export("rewritten", state=self.path("again"))
        self.assert_good(rewritten, vkey)  # the key vouches for it: alone it proves nothing about the past
        old = os.path.join(kept, "checkpoint")
        self.assert_good(kept, vkey, "--since", old)
        self.assert_bad(rewritten, vkey, "not those that", since=[old])
        answer = self.ctl("evidence", "verify", "--since", old, state=self.path("again"), expect=3)
        self.assertIn("evidence verify: FAILED", answer.stdout)
        self.ctl("evidence", "verify", "--since", old)
        error = self.error("evidence", "prove", "--from", old, state=self.path("again"), expect=3)
        self.assertEqual(error["code"], "no_proof")
        shorter = self.path("short")
        os.makedirs(os.path.join(shorter, "keys"))
        shutil.copy(self.path("state", "keys", "evidence.key"), os.path.join(shorter, "keys"))
        size = case.make_log(shorter, "--exchanges", 4)
        self.assert_bad(self.export("cut", state=shorter), vkey, f"record {size} is missing", since=[old])

    def test_what_retention_removed_is_told_from_what_was_lost(self):
        case.make_log(self.path("state"), "--exchanges", 20, "--pruned", 4, 9)
        folder, vkey = self.export(), case.vkey_of(self.path("state"))
        records, lines = load_entries(folder), read(folder, "records.jsonl").splitlines()
        head, *table = read(folder, "records.csv").split(b"\r\n")[:-1]
        leaf = head.decode().replace('"', "").split(",").index("leaf")
        columns = head.count(b",") + 1

        def without(*indexes):
            copy, some, text, rows = self.copy(folder), list(records), list(lines), list(table)
            for index in indexes:
                value = json.loads(lines[index])["leaf"]
                some[index] = b""
                text[index] = json.dumps({"index": index, "kind": "pruned", "leaf": value}).encode()
                cells = [""] * columns
                cells[0], cells[leaf], cells[3] = str(index), value, "pruned"
                rows[index] = ",".join(f'"{cell}"' for cell in cells).encode()
            store_entries(copy, some)
            write(b"\n".join(text) + b"\n", copy, "records.jsonl")
            write(b"\r\n".join([head, *rows]) + b"\r\n", copy, "records.csv")
            repair_sums(copy)
            return copy

        self.assert_good(without(*range(4, 9)), vkey)
        self.assert_bad(without(*range(4, 10)), vkey, "first bad record: record 4 is missing")
        self.assert_bad(without(11), vkey, "first bad record: record 11 is missing")

    @unittest.skipIf(os.geteuid() != 0, "gives a folder away")
    def test_a_folder_that_somebody_else_made_is_not_filled(self):
        case.make_log(self.path("state"))
        for place in ("plain", "link"):
            beside = self.path(f".{place}.sallyport-export")
            os.mkdir(beside) if place == "plain" else os.symlink(self.path(".plain.sallyport-export"), beside)
            os.chown(beside, 65534, 65534)
            self.assertEqual(self.error("evidence", "export", self.path(place), expect=7)["code"], "export_refused")
            self.assertFalse(os.path.exists(self.path(place)))
        self.assertEqual(os.listdir(self.path(".plain.sallyport-export")), [])

    def test_a_killed_export_leaves_nothing_that_looks_whole(self):
        case.make_log(self.path("state"), "--exchanges", 1500)
        environment = dict(os.environ, SALLYPORT_STATE_DIR=self.path("state"), SALLYPORT_RUN_DIR=self.path("run"))
        for wait_ms in (5, 30, 80):
            job = subprocess.Popen([case.program("sallyctl"), "evidence", "export", self.path("out")], env=environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait_ms / 1000)
            job.send_signal(signal.SIGKILL)
            job.wait()
            if os.path.exists(self.path("out")):
                self.assert_good(self.path("out"), case.vkey_of(self.path("state")))
                shutil.rmtree(self.path("out"))
        self.export("out")
        self.assert_good(self.path("out"), case.vkey_of(self.path("state")))
        self.assertEqual([name for name in os.listdir(self.work) if name.startswith(".")], [])
        self.assertEqual(self.error("evidence", "export", self.path("out"), expect=7)["code"], "export_refused")


if __name__ == "__main__":
    case.main()
