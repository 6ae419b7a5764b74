"""evidence_case.py: what the tests of the evidence tools share: logs, sallyctl, both verifiers, tampering."""
import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
BIN = os.path.join(ROOT, "build", "release", "bin")

specification = importlib.util.spec_from_file_location("verify_export", os.path.join(ROOT, "docs", "verify_export.py"))
verify_export = importlib.util.module_from_spec(specification)
specification.loader.exec_module(verify_export)


def program(name):
    return os.path.join(BIN, name)


def make_log(state, *words):
    answer = subprocess.run([program("evidence_make_log"), state, *map(str, words)], capture_output=True,
                            text=True, timeout=120)
    if answer.returncode != 0:
        raise AssertionError(answer.stdout + answer.stderr)
    return int(answer.stdout)


def vkey_of(state):
    return os.path.join(state, "keys", "evidence.key.vkey")


def verify_by_program(folder, vkey, *more):
    """(good, text) of sallyport-verify."""
    answer = subprocess.run([program("sallyport-verify"), folder, "--vkey", vkey, *more], capture_output=True,
                            text=True, timeout=60)
    if answer.returncode not in (0, 3):
        raise AssertionError(f"exit {answer.returncode}: {answer.stdout}{answer.stderr}")
    return answer.returncode == 0, answer.stdout


def verify_by_python(folder, vkey, since=(), witnesses=()):
    """(good, text) of docs/verify_export.py, without a new interpreter."""
    check = verify_export.Check(folder, vkey, since, witnesses)
    return not check.problems, "\n".join(check.problems) + "\nfirst bad record: " + check.first[1]


def files_of(folder):
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(content, *path):
    with open(os.path.join(*path), "wb") as file:
        file.write(content)


def repair_sums(folder):
    """What somebody who changed the files would do next: make all sums fit again."""
    pins = ("SHA256SUMS", "MANIFEST.json", "MANIFEST.sha256")
    lines = [f"{hashlib.sha256(read(folder, n)).hexdigest()}  {n}\n" for n in files_of(folder) if n not in pins]
    write("".join(lines).encode(), folder, "SHA256SUMS")
    manifest = json.loads(read(folder, "MANIFEST.json"))
    manifest["sha256sums"] = hashlib.sha256(read(folder, "SHA256SUMS")).hexdigest()
    write((json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode(), folder, "MANIFEST.json")
    pin = hashlib.sha256(read(folder, "MANIFEST.json")).hexdigest()
    write(f"{pin}  MANIFEST.json\n".encode(), folder, "MANIFEST.sha256")


def bundle_path(folder, number, width):
    return os.path.join(folder, "tile", "entries", f"{number:03d}" + (f".p/{width}" if width < 256 else ""))


def load_entries(folder):
    manifest, records = json.loads(read(folder, "MANIFEST.json")), []
    for first in range(manifest["from"], manifest["to"], 256):
        data = read(bundle_path(folder, first // 256, min(256, manifest["to"] - first)))
        while data:
            length, = struct.unpack(">H", data[:2])
            records.append(data[2:2 + length])
            data = data[2 + length:]
    return records


def store_entries(folder, records):
    """Bundles as full as the manifest says; what is over goes into the last one."""
    to = json.loads(read(folder, "MANIFEST.json"))["to"]
    for first in range(0, to, 256):
        width = min(256, to - first)
        piece = records[first:] if first + width == to else records[first:first + width]
        write(b"".join(struct.pack(">H", len(r)) + r for r in piece), bundle_path(folder, first // 256, width))


class Case(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="evidence-test-")
        self.addCleanup(shutil.rmtree, self.work, True)
        for name in ("run", "state", "credentials"):
            os.mkdir(self.path(name), 0o700)

    def path(self, *names):
        return os.path.join(self.work, *names)

    def ctl(self, *words, expect=0, state=None, **more):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SALLYPORT_")}
        environment.update(SALLYPORT_RUN_DIR=self.path("run"), SALLYPORT_STATE_DIR=state or self.path("state"),
                           SALLYPORT_CREDENTIALS=self.path("credentials"), **more)
        answer = subprocess.run([program("sallyctl"), *map(str, words)], capture_output=True, text=True,
                                env=environment, timeout=120)
        self.assertEqual(answer.returncode, expect, f"{words}: {answer.stdout}{answer.stderr}")
        return answer

    def json(self, *words, **more):
        answer = json.loads(self.ctl(*words, "--output", "json", **more).stdout)
        self.assertEqual(answer["schema"], f"sallyport/{words[0]}-{words[1]}/1")
        return answer

    def error(self, *words, expect, **more):
        answer = self.ctl(*words, "--output", "json", expect=expect, **more)
        return json.loads(answer.stderr[answer.stderr.index("{"):])

    def export(self, name="export", state=None):
        self.ctl("evidence", "export", self.path(name), state=state)
        return self.path(name)

    def copy(self, folder):
        shutil.rmtree(self.path("copy"), True)
        shutil.copytree(folder, self.path("copy"))
        return self.path("copy")

    def assert_good(self, folder, vkey, *more):
        good, text = verify_by_program(folder, vkey, *more)
        self.assertTrue(good, text)
        since = [more[i + 1] for i, word in enumerate(more) if word == "--since"]
        good, text = verify_by_python(folder, vkey, since)
        self.assertTrue(good, text)

    def assert_bad(self, folder, vkey, *words, since=()):
        """Both say no, and the line of the first bad record (or any problem) has these words."""
        more = [word for path in since for word in ("--since", path)]
        for good, text in (verify_by_program(folder, vkey, *more), verify_by_python(folder, vkey, since)):
            self.assertFalse(good, f"not found: {words}")
            for word in words:
                self.assertIn(word, text)


def main():
    global BIN
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    options, rest = parser.parse_known_args()
    BIN = os.path.abspath(options.bin)
    unittest.main(module="__main__", argv=[sys.argv[0], *rest])
