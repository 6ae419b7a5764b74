"""sallyportd as a process: first start with a bundle, publications, refusals, reload, kill -9, clean end.

Needs no network and no root: temporary folders, a dataplane that is played (played_dataplane.py).
"""
import argparse
import getpass
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import played_dataplane as played  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
BIN = os.environ.get("SALLYPORT_BIN_DIR", f"{ROOT}/build/release/bin")
# Of image two alone: who runs this may ask, and is told no by a rule.
RESTORATION = f"""reasons: [{{code: audit, text: yearly audit}}]
identities: [{{name: operator, unix: "{getpass.getuser()}", roles: [desk]}}]
rules: [{{id: no-ssn, entity: US_SSN, allow: false}}]
"""
START_S = 90  # a bundle is compiled, perhaps under sanitizers, perhaps on a busy machine


def certificate(folder, name, days=300):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", str(days), "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                    "-keyout", f"{folder}/gateway.key", "-out", f"{folder}/gateway.pem"],
                   check=True, capture_output=True)
    os.chmod(f"{folder}/gateway.key", 0o600)


class Daemon:
    def __init__(self, work):
        self.work = work
        self.run_dir, self.state_dir, self.credentials = f"{work}/run", f"{work}/state", f"{work}/credentials"
        self.log_path, self.process = f"{work}/sallyportd.log", None

    def write(self, name, text, mode=0o600):
        path = f"{self.work}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def command(self, *more):
        return [f"{BIN}/sallyportd", "--config", f"{self.work}/sallyport.yaml", "--run-dir", self.run_dir,
                "--state-dir", self.state_dir, "--credentials", self.credentials, *more]

    def start(self, *more, environment=None):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(*more), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env=dict(os.environ, **(environment or {})))
        self.until(lambda: self.status() is not None, "an answer on admin.sock")
        return self

    def until(self, question, what, seconds=START_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if question():
                return
            if self.process.poll() is not None:
                raise AssertionError(f"sallyportd ended with {self.process.returncode}\n{self.log()}")
            time.sleep(0.02)
        raise AssertionError(f"no {what}\n{self.log()}")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, request, timeout=START_S):
        line = request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(f"{self.run_dir}/admin.sock")
            connection.sendall(line)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        return json.loads(answer)

    def status(self):
        try:
            return self.ask({"command": "status"}, 10)
        except (OSError, ValueError):
            return None

    def codes(self):
        return {problem["code"] for problem in self.status()["problems"]}

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            return self.process.wait(30)
        return None


class DaemonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two images, compiled once; every test starts with a copy of that state."""
        cls.base = tempfile.mkdtemp(prefix="sallyport-daemon-")
        daemon = Daemon(cls.base)
        cls.prepare(daemon)
        for name, text in (("one", ""), ("two", "limits:\n  retry_after_s: 7\n")):
            daemon.write(f"{name}/bundle.yaml", f"format: 1\nname: {name}\nextends: {ROOT}/policies\n")
            daemon.write(f"{name}/tenants.yaml", "tenants:\n  team:\n    vendors: [openai, anthropic]\n")
            if text:
                daemon.write(f"{name}/limits.yaml", text)
                daemon.write(f"{name}/restoration.yaml", RESTORATION)
        daemon.start("--policy", f"{cls.base}/one")
        daemon.until(lambda: daemon.status()["policy"]["version"] == 1, "first publication")
        cls.one = daemon.status()["policy"]["image"]
        answer = daemon.ask({"command": "apply", "folder": f"{cls.base}/two"})
        assert answer["ok"], answer
        cls.two = answer["image"]
        assert daemon.stop() == 0

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.base, ignore_errors=True)

    @staticmethod
    def prepare(daemon):
        os.makedirs(daemon.credentials, mode=0o700)
        certificate(daemon.credentials, "gateway.example")
        daemon.write("credentials/vendor.openai", "first value\n")
        daemon.write("sallyport.yaml", "node: daemon-test\n")

    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="sallyport-daemon-")
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.daemon = Daemon(self.work)
        self.prepare(self.daemon)
        os.makedirs(self.daemon.state_dir, mode=0o700)
        shutil.copytree(f"{self.base}/state/images", f"{self.daemon.state_dir}/images")
        self.addCleanup(self.daemon.stop)

    def connect(self, generation=1):
        dataplane = played.PlayedDataplane(self.daemon.run_dir, generation).welcome()
        self.addCleanup(dataplane.close)
        return dataplane

    def apply(self, image, actor="tester"):
        return self.daemon.ask({"command": "apply", "image": image, "actor": actor})

    def served(self, generation=1):
        """A dataplane that has image one."""
        self.daemon.start()
        self.assertTrue(self.apply(self.one)["ok"])
        dataplane = self.connect(generation)
        dataplane.take_secrets()
        dataplane.take_image()
        return dataplane

    def in_background(self, image):
        box = []
        thread = threading.Thread(target=lambda: box.append(self.apply(image)))
        thread.start()
        return lambda: (thread.join(60), box[0])[1]

    def test_publication_is_adopted_and_answered(self):
        dataplane = self.served()
        answer_of = self.in_background(self.two)
        packet = dataplane.take_image()
        answer = answer_of()
        self.assertEqual((answer["ok"], answer["adopted"], answer["workers"]), (True, True, 2), answer)
        self.assertEqual(answer["version"], packet.number)
        self.assertTrue(packet.sealed())
        self.assertEqual(hashlib.sha256(packet.content()).hexdigest(), self.two)
        self.assertEqual(packet.digest.hex(), self.two)
        status = self.daemon.status()
        self.assertEqual(status["policy"]["image"], self.two)
        self.assertEqual(status["dataplane"]["state"], "ready")
        self.assertEqual(status["dataplane"]["pid"], os.getpid())
        self.assertEqual(len(status["dataplane"]["workers"]), 2)
        self.assertEqual(status["dataplane"]["counters"], {"played.one": 42})
        self.assertEqual(status["node"], "daemon-test")
        self.assertEqual(dataplane.word(dataplane.control + 16), packet.number)

    def test_a_refused_image_leaves_the_former(self):
        dataplane = self.served()
        answer_of = self.in_background(self.two)
        refused = dataplane.take_image(refuse="section 3 is short")
        answer = answer_of()
        self.assertFalse(answer["ok"])
        self.assertEqual(answer["code"], "image_refused")
        self.assertIn("section 3 is short", answer["message"])
        self.assertEqual(self.daemon.status()["policy"]["image"], self.one)
        answer_of = self.in_background(self.one)
        self.assertGreater(dataplane.take_image().number, refused.number)
        self.assertTrue(answer_of()["adopted"])
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.status()["policy"]["image"], self.one)

    def test_kill_at_any_time_and_start_again(self):
        dataplane = self.served()
        version, secrets = dataplane.images[-1].number, dataplane.secrets[-1]
        self.daemon.kill()
        self.assertIsNone(dataplane.next())
        self.daemon.start()
        self.assertFalse(self.daemon.status()["dataplane"]["connected"])
        dataplane = self.connect()
        again = dataplane.take_secrets()
        self.assertGreater(again.number, secrets.number)
        self.assertEqual(again.content()[32:], secrets.content()[32:])  # the same keys, another generation
        self.assertEqual(dataplane.take_image().number, version)
        # In the middle of a publication: the dataplane has seen a version that nobody confirmed.
        threading.Thread(target=lambda: self.swallow(self.two), daemon=True).start()
        seen = dataplane.take_image(adopt=False)
        self.daemon.kill()
        self.daemon.start()
        dataplane = self.connect()
        dataplane.take_secrets()
        packet = dataplane.take_image()
        self.assertGreaterEqual(packet.number, seen.number)
        self.assertIn(packet.digest.hex(), (self.one, self.two))

    def swallow(self, image):
        try:
            self.apply(image)
        except (OSError, ValueError):
            pass

    def test_a_new_dataplane_gets_everything_and_a_second_is_refused(self):
        dataplane = self.served()
        other = played.PlayedDataplane(self.daemon.run_dir, 2)
        refusal = other.expect(played.REFUSED)
        self.assertIn("another dataplane is connected", refusal.text)
        other.close()
        dataplane.close()
        later = self.connect(3)
        self.assertTrue(later.take_secrets().sealed())
        # What the one before left in the region is not this one's.
        self.assertEqual(self.daemon.status()["dataplane"]["state"], "starting")
        self.assertEqual(self.daemon.status()["dataplane"]["workers"], [])
        later.take_image()
        self.assertEqual(self.daemon.status()["dataplane"]["state"], "ready")

    def test_a_dataplane_that_does_not_adopt_is_told_apart(self):
        dataplane = self.served()
        answer_of = self.in_background(self.two)
        dataplane.take_image(adopt=False)
        before = dataplane.heartbeat_of_control()
        # The loop goes on meanwhile.
        self.daemon.until(lambda: self.daemon.status()["policy"]["image"] == self.two, "publication", 4)
        answer = answer_of()
        self.assertEqual((answer["ok"], answer["adopted"]), (True, False), answer)
        self.assertGreater(dataplane.heartbeat_of_control(), before)

    def test_a_refusal_of_the_published_policy_is_said_and_tried_again(self):
        dataplane = self.served()
        dataplane.close()
        dataplane = self.connect(2)
        dataplane.take_secrets()
        refused = dataplane.take_image(refuse="no room for one more version")
        self.daemon.until(lambda: "image_refused" in self.daemon.codes(), "problem", 10)
        self.assertEqual(dataplane.take_image().number, refused.number)
        self.daemon.until(lambda: not self.daemon.codes() & {"image_refused"}, "end of the problem", 10)

    def test_a_broken_bundle_is_not_published(self):
        self.daemon.start()
        self.daemon.write("broken/bundle.yaml", f"format: 1\nname: broken\nextends: {ROOT}/policies\nstray: 1\n")
        answer = self.daemon.ask({"command": "apply", "folder": f"{self.work}/broken"})
        self.assertFalse(answer["ok"], answer)
        self.assertEqual(answer["code"], "bundle_invalid")
        problem = next(p for p in answer["problems"] if p["file"].endswith("bundle.yaml"))
        self.assertEqual(problem["line"], 4)
        self.assertIn("stray", problem["message"] + problem["text"])
        self.daemon.write("untrue/bundle.yaml", f"format: 1\nname: untrue\nextends: {ROOT}/policies\n")
        self.daemon.write("untrue/tenants.yaml", "tenants:\n  team:\n    vendors: [openai]\n")
        self.daemon.write("untrue/tests/untrue.yaml",
                          "tests:\n  - name: untrue\n    tenant: team\n    environment: lab\n    destination: openai\n"
                          "    direction: request\n    text: nothing to find\n    expect:\n      verdict: block\n"
                          "      detections: []\n")
        answer = self.daemon.ask({"command": "apply", "folder": f"{self.work}/untrue"})
        self.assertEqual(answer.get("code"), "self_test_failed", answer)
        self.assertEqual(self.daemon.status()["policy"]["version"], 0)

    def test_values_of_a_dictionary_are_compiled_under_the_key_of_the_host(self):
        self.daemon.start()
        self.daemon.write("lists/bundle.yaml", f"format: 1\nname: lists\nextends: {ROOT}/policies\n")
        self.daemon.write("lists/tenants.yaml", "tenants:\n  team:\n    vendors: [openai]\n")
        self.daemon.write("lists/entities/own.yaml", "entities:\n  CUSTOMER: {dictionary: true}\n")
        self.daemon.write("lists/customers.txt", "Erika Mustermann\nZweigstelle Quickborn\n")
        self.daemon.write("lists/dictionaries.yaml",
                          "dictionaries:\n  customers: {file: customers.txt, entity: CUSTOMER, tenants: [team]}\n")
        self.daemon.write("lists/actions.yaml", "rules:\n  - {id: customers, entity: CUSTOMER, action: tokenize}\n")
        self.daemon.write("lists/tests/own.yaml",
                          "tests:\n  - name: own\n    tenant: team\n    environment: lab\n    destination: openai\n"
                          "    direction: request\n    text: ask ERIKA Mustermann\n    expect:\n      verdict: pass\n"
                          "      detections: [{entity: CUSTOMER, match: ERIKA Mustermann, action: tokenize}]\n")
        first = self.daemon.ask({"command": "apply", "folder": f"{self.work}/lists"})
        self.assertTrue(first["ok"], first)
        with open(f"{self.daemon.state_dir}/keys/dictionary.key", encoding="ascii") as file:
            key = bytes.fromhex(file.read().strip())
        self.assertEqual(len(key), 32)
        with open(f"{self.daemon.state_dir}/images/{first['image']}.image", "rb") as file:
            image = file.read()
        self.assertNotIn(key, image)
        for word in (b"erika", b"mustermann", b"quickborn"):
            self.assertNotIn(word, image.lower())
        again = self.daemon.ask({"command": "apply", "folder": f"{self.work}/lists"})
        self.assertEqual(again["image"], first["image"])

    def test_a_first_bundle_that_is_broken_ends_the_start(self):
        self.daemon.write("broken/bundle.yaml", "format: 1\nname: [\n")
        answer = subprocess.run(self.daemon.command("--policy", f"{self.work}/broken"), capture_output=True, text=True,
                                timeout=START_S)
        self.assertEqual(answer.returncode, 1)
        self.assertIn("bundle.yaml:", answer.stderr)

    def test_credentials_are_taken_when_they_change(self):
        dataplane = self.served()
        first = dataplane.secrets[-1]
        self.assertIn(b"first value", first.content())
        self.daemon.write("credentials/vendor.openai", "second value\n")
        second = dataplane.take_secrets()
        self.assertIn(b"second value", second.content())
        self.assertGreater(second.number, first.number)
        certificate(self.daemon.credentials, "renewed.example", days=10)
        self.daemon.process.send_signal(signal.SIGHUP)
        third = dataplane.take_secrets()
        self.assertGreater(third.number, second.number)
        self.daemon.until(lambda: "certificate_expires" in self.daemon.codes(), "warning", 10)
        status = self.daemon.status()["certificate"]
        self.assertIn(status["days_left"], (9, 10))
        self.assertEqual(status["names"], ["renewed.example"])
        os.chmod(f"{self.daemon.credentials}/gateway.key", 0o644)
        answer = self.daemon.ask({"command": "reload"})
        self.assertEqual(answer["code"], "credentials_broken")
        self.assertIn("chmod 600", answer["message"])
        self.assertEqual(self.daemon.status()["secrets"]["generation"], third.number)
        os.chmod(f"{self.daemon.credentials}/gateway.key", 0o600)
        answer = self.daemon.ask({"command": "reload"})
        self.assertEqual((answer["ok"], answer["changed"]), (True, False), answer)

    def test_generated_keys_survive_and_are_private(self):
        self.served()
        keys = f"{self.daemon.state_dir}/keys"
        names = set(os.listdir(keys))
        self.assertLessEqual({"gateway-hmac.key", "tickets.key", "dictionary.key", "token.team.key", "subject.team.key",
                              "evidence.key"},
                             names)
        for name in names:
            if name.endswith(".key"):
                self.assertEqual(os.stat(f"{keys}/{name}").st_mode & 0o777, 0o600, name)
        for folder in (keys, self.daemon.run_dir, self.daemon.state_dir):
            self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700, folder)

    def test_a_lost_key_is_not_made_anew(self):
        dataplane = self.served()
        kept, generation = dataplane.secrets[-1].content()[32:], dataplane.secrets[-1].number
        key = f"{self.daemon.state_dir}/keys/gateway-hmac.key"
        os.rename(key, f"{self.work}/copy")
        answer = self.daemon.ask({"command": "reload"})
        self.assertEqual(answer["code"], "credentials_broken", answer)
        self.assertIn("known_keys", answer["message"])
        self.assertLessEqual({"key_refused", "credentials_kept"}, self.daemon.codes())
        self.assertEqual(self.daemon.status()["secrets"]["generation"], generation)
        # A new start has nothing that was kept: the dataplane gets no such key and takes no policy without.
        self.daemon.kill()
        self.daemon.start()
        self.assertIn("key_refused", self.daemon.codes())
        self.assertFalse(os.path.exists(key))
        os.rename(f"{self.work}/copy", key)
        self.assertTrue(self.daemon.ask({"command": "reload"})["ok"])
        self.assertNotIn("key_refused", self.daemon.codes())
        self.assertEqual(self.connect().take_secrets().content()[32:], kept)

    def test_requests_that_are_wrong_are_answered(self):
        self.daemon.start()
        for request, code in ((b"nonsense\n", "request_invalid"), ({"command": "dance"}, "command_unknown"),
                              ({"command": "apply"}, "request_invalid"),
                              ({"command": "apply", "image": "12"}, "request_invalid"),
                              ({"command": "apply", "image": "0" * 64}, "image_unknown"),
                              ({"command": "apply", "folder": "relative"}, "request_invalid"),
                              ({"command": "apply", "folder": "/nowhere/at/all"}, "bundle_invalid")):
            answer = self.daemon.ask(request)
            self.assertEqual((answer["ok"], answer["code"]), (False, code), answer)
            self.assertTrue(answer["message"])
        self.assertIn("policy_missing", self.daemon.codes())
        self.assertIn("dataplane_absent", self.daemon.codes())
        self.assertEqual(self.daemon.ask({"command": "hello"})["pid"], self.daemon.process.pid)

    def test_one_instance_per_folder_and_a_clean_end(self):
        self.daemon.start()
        second = subprocess.run(self.daemon.command(), capture_output=True, text=True, timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"pid {self.daemon.process.pid}", second.stderr)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertFalse(os.path.exists(f"{self.daemon.run_dir}/admin.sock"))
        self.daemon.start()

    def test_notes_of_every_change_are_in_the_log(self):
        self.daemon.start()
        before = self.daemon.status()["evidence"]["log_size"]
        self.assertGreaterEqual(before, 1)  # the start
        self.apply(self.one)
        self.daemon.ask({"command": "reload"})
        # Intended, in force, read; and perhaps a heartbeat or the day's retention run.
        self.daemon.until(lambda: self.daemon.status()["evidence"]["log_size"] >= before + 3,
                          "intended, in force, read")
        self.assertEqual(self.daemon.status()["evidence"]["problem"], "")

    def test_an_old_log_that_was_put_back_is_said_in_status(self):
        """With the signer's state (a backup, a snapshot), and without any."""
        self.daemon.start()
        self.daemon.stop()
        state, older = self.daemon.state_dir, f"{self.work}/older"
        shutil.copytree(state, older)
        self.assertNotIn("evidence_put_back", self.daemon.start().codes())
        self.daemon.stop()
        shutil.rmtree(state)
        shutil.copytree(older, state)
        self.assertIn("evidence_put_back", self.daemon.start().codes())
        self.daemon.kill()
        self.assertIn("evidence_put_back", self.daemon.start().codes(), "not made good by one more start")
        shown = subprocess.run([f"{BIN}/sallyctl", "--run-dir", self.daemon.run_dir, "status"], capture_output=True,
                               text=True, timeout=60).stdout
        self.assertIn("problem: ", shown)
        self.assertIn("an old copy was put back", shown)
        self.daemon.stop()
        os.remove(f"{self.daemon.run_dir}/evidence.put_back")
        self.assertNotIn("evidence_put_back", self.daemon.start().codes())
        self.daemon.stop()
        os.remove(f"{state}/keys/evidence.key.state")
        self.daemon.start()
        self.assertIn("state is missing", self.daemon.status()["evidence"]["put_back"])
        self.assertIn("evidence_put_back", self.daemon.codes())

    def test_systemd_is_told(self):
        path = f"{self.work}/notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(path)
            server.settimeout(20)
            self.daemon.start(environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
            seen = set()
            while not {"READY=1", "WATCHDOG=1", "STATUS=no policy, no dataplane"} <= seen:
                seen.add(server.recv(1000).decode())
            self.assertEqual(self.daemon.stop(), 0)
            while "STOPPING=1" not in seen:
                seen.add(server.recv(1000).decode())

    def test_a_region_that_was_cut_is_made_anew(self):
        dataplane = self.served()
        os.truncate(f"{self.daemon.run_dir}/region", 100)
        self.assertIsNone(dataplane.next())
        dataplane = self.connect(2)
        dataplane.take_secrets()
        dataplane.take_image()
        self.assertEqual(self.daemon.status()["dataplane"]["state"], "ready")

    def test_many_publications_in_a_row(self):
        dataplane = self.served()
        began = time.monotonic()
        for turn in range(20):
            answer_of = self.in_background((self.two, self.one)[turn % 2])
            dataplane.take_image()
            self.assertTrue(answer_of()["adopted"])
        self.assertEqual(self.daemon.status()["policy"]["version"], 21)
        print(f"20 publications in {time.monotonic() - began:.2f} s")


def main():
    global BIN
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=BIN)
    options, rest = parser.parse_known_args()
    BIN = os.path.abspath(options.bin)
    for needed in (f"{BIN}/sallyportd", f"{ROOT}/policies/bundle.yaml"):
        if not os.path.exists(needed):
            print(f"SKIP: {needed} is not there")
            sys.exit(77)
    if shutil.which("openssl") is None:
        print("SKIP: openssl is not installed")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
