#!/usr/bin/env python3
"""control_test.py: sallyport-dataplane with a control plane that the test plays: fail closed, and what it says.

Usage: control_test.py --bin DIR      exit 0 good, 1 bad, 77 this machine cannot run it (printed as SKIP)
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import control_plane as control
from boot_test import lab, why_not

BIN = None
# Runs in the client's namespace: one request over TLS; prints the answer, or why there is none.
ASK = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
try:
    plain = socket.create_connection((sys.argv[1], 443), timeout=5)
    peer = context.wrap_socket(plain, server_hostname="gateway.test")
    peer.sendall(b"POST /openai/v1/chat/completions HTTP/1.1\\r\\nHost: gateway.test\\r\\n"
                 b"Authorization: Bearer x\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}")
    answer = b""
    while piece := peer.recv(65536):
        answer += piece
    print(answer.decode())
except OSError as problem:
    print("no answer:", type(problem).__name__)
"""


class Control(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.name = f"ct{os.getpid()}"
        lab("up", cls.name)
        cls.addClassCleanup(lab, "down", cls.name)
        cls.env = dict(line.split("=", 1) for line in lab("env", cls.name).splitlines())
        cls.folder = tempfile.TemporaryDirectory(prefix="sallyport_control_")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.certificate, cls.key = cls.make_certificate("gateway")

    @classmethod
    def make_certificate(cls, name):
        key, chain = (os.path.join(cls.folder.name, name + end) for end in (".key", ".pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=gateway.test", "-addext", "subjectAltName=DNS:gateway.test",
                        "-keyout", key, "-out", chain], check=True, capture_output=True)
        with open(chain, "rb") as first, open(key, "rb") as second:
            return first.read(), second.read()

    def setUp(self):
        self.run_dir = os.path.join(self.folder.name, self._testMethodName)
        os.mkdir(self.run_dir, 0o700)
        config = os.path.join(self.folder.name, "sallyport.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(lab("config", self.name))
        self.log = os.path.join(self.folder.name, "log")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.env['LAB_SALLYPORT_NAMESPACE']}",
                 os.path.join(BIN, "sallyport-dataplane"), "--config", config, "--run-dir", self.run_dir, "--no-huge"],
                stdout=out, stderr=subprocess.STDOUT)
        self.addCleanup(self.end)
        self.wait_for("it runs", lambda: "running" in self.said())

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, what, holds, seconds=10):
        end = time.monotonic() + seconds
        while not holds():
            self.assertIsNone(self.process.poll(), self.said())
            self.assertLess(time.monotonic(), end, f"not seen: {what}\n{self.said()}")
            time.sleep(0.05)

    def ask(self):
        space = self.env["LAB_CLIENT_NAMESPACE"]
        return subprocess.run(["nsenter", f"--net=/run/netns/{space}", sys.executable, "-c", ASK,
                               self.env["LAB_GATEWAY_ADDRESS"]], capture_output=True, text=True, check=True).stdout

    def plane(self):
        plane = control.ControlPlane(self.run_dir)
        self.addCleanup(plane.close)
        return plane

    def secrets(self, certificate=True):
        entries = [(control.GATEWAY_HMAC_KEY, b"", os.urandom(32)), (control.TICKET_KEY, b"", os.urandom(80))]
        if certificate:
            entries += [(control.SERVER_CERTIFICATE, b"", self.certificate), (control.SERVER_KEY, b"", self.key)]
        return entries

    def test_without_certificate_and_policy_it_fails_closed(self):
        self.assertIn("no answer", self.ask())  # port 443 listens and refuses
        plane = self.plane()
        hello = plane.welcome()
        self.assertEqual((hello["kind"], hello["workers"]), (control.HELLO, 1))
        region = plane.region
        self.wait_for("a heartbeat", lambda: region.dataplane()["heartbeat_ns"] > 0)
        first = region.dataplane()
        self.assertEqual(first["state"], control.NOT_READY)
        self.assertEqual(first["pid"], self.process.pid)
        self.assertEqual(first["start_generation"], hello["number"])
        # Workers copy their counters out a little later than they count.
        self.wait_for("the refused connection", lambda: region.counters()["gateway.clients_refused"] > 0)
        self.assertGreater(region.counters()["tcp.accepted"], 0)

        answer = plane.give_secrets(self.secrets(certificate=False), 1)
        self.assertEqual((answer["kind"], answer["ok"]), (control.SECRETS_RESULT, 1), answer)
        self.assertIn("no answer", self.ask())

        answer = plane.give_secrets(self.secrets(), 2)
        self.assertEqual((answer["ok"], answer["number"]), (1, 2), answer)
        self.wait_for("the certificate", lambda: region.dataplane()["certificate_not_after_s"] > time.time())
        answer = self.ask()
        self.assertIn("HTTP/1.1 503", answer)
        self.assertIn("not_ready", answer)
        self.assertIn("retry-after", answer.lower())
        self.assertEqual(region.dataplane()["state"], control.NOT_READY)
        self.wait_for("the refusal is counted", lambda: region.counters()["gateway.refused.not_ready"] > 0)

    def test_what_does_not_hold_is_refused_and_changes_nothing(self):
        plane = self.plane()
        plane.welcome()
        self.assertEqual(plane.give_image(b"no image", 1)["ok"], 0)  # no secrets yet
        self.assertEqual(plane.give_secrets(self.secrets(), 1)["ok"], 1)
        bad = plane.give_secrets([*self.secrets(certificate=False), (control.SERVER_CERTIFICATE, b"", b"no PEM"),
                                  (control.SERVER_KEY, b"", self.key)], 2)
        self.assertEqual(bad["ok"], 0)
        self.assertIn("certificate", bad["text"])
        self.assertNotIn(self.key.split(b"\n")[1].decode(), bad["text"] + self.said())
        other = self.make_certificate("other")[1]
        bad = plane.give_secrets([*self.secrets(certificate=False), (control.SERVER_CERTIFICATE, b"", self.certificate),
                                  (control.SERVER_KEY, b"", other)], 3)
        self.assertEqual(bad["ok"], 0)
        image = plane.give_image(os.urandom(4096), 1)
        self.assertEqual((image["kind"], image["ok"], image["number"]), (control.IMAGE_RESULT, 0, 1))
        self.assertNotEqual(image["text"], "")
        self.assertIn("HTTP/1.1 503", self.ask())  # still with the first certificate
        # An unsealed file could change under us: the connection goes on, the file does not count.
        file = os.memfd_create("open", os.MFD_CLOEXEC)
        os.write(file, b"x" * 100)
        plane.send(control.IMAGE, file, 2, 100)
        answer = plane.receive()
        self.assertEqual(answer["ok"], 0)
        self.assertIn("sealed", answer["text"])
        os.close(file)

    def test_a_control_plane_that_comes_back_is_found(self):
        plane = self.plane()
        plane.welcome()
        self.assertEqual(plane.give_secrets(self.secrets(), 1)["ok"], 1)
        plane.close()
        self.assertIn("HTTP/1.1 503", self.ask())  # it goes on with what it has
        second = self.plane()
        self.assertEqual(second.welcome()["kind"], control.HELLO)
        self.wait_for("the new region is written", lambda: second.region.dataplane()["heartbeat_ns"] > 0)
        self.assertEqual(second.region.dataplane()["secrets_generation"], 1)
        # A packet of another version ends the connection, not the dataplane.
        second.peer.send(b"x" * 80)
        self.assertEqual(second.peer.recv(100), b"")
        self.assertEqual(second.welcome()["kind"], control.HELLO)

    def test_certificates_are_replaced_while_connections_come(self):
        plane = self.plane()
        plane.welcome()
        for generation in range(1, 12):
            self.certificate, self.key = self.make_certificate("again")
            self.assertEqual(plane.give_secrets(self.secrets(), generation)["ok"], 1)
            self.assertIn("HTTP/1.1 503", self.ask())

    def test_turns_and_their_age_are_seen(self):
        plane = self.plane()
        plane.welcome()
        region = plane.region
        self.wait_for("turns", lambda: region.worker(0)["turns"] > 0)
        before = region.worker(0)
        time.sleep(0.5)
        after = region.worker(0)
        self.assertGreater(after["turns"], before["turns"])
        self.assertGreater(after["heartbeat_ns"], before["heartbeat_ns"])
        age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - after["heartbeat_ns"]
        self.assertLess(age, 1_000_000_000)

    def test_rings_are_there_from_the_start_and_the_end_is_said(self):
        rings = os.listdir(os.path.join(self.run_dir, "rings"))
        self.assertEqual([name[-5:] for name in rings], [".data"])
        plane = self.plane()
        plane.welcome()
        self.wait_for("a heartbeat", lambda: plane.region.dataplane()["heartbeat_ns"] > 0)
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0, self.said())
        self.assertLess(time.monotonic() - begun, 4)
        self.assertEqual(plane.region.dataplane()["state"], control.STOPPING)
        self.assertIn("ended", self.said())

    def test_a_run_folder_that_others_may_write_is_refused(self):
        self.process.terminate()
        self.process.wait(10)
        os.chmod(self.run_dir, 0o777)
        again = subprocess.run([*self.process.args], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("writable by nobody else", again.stderr)


def main():
    global BIN
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    arguments, rest = parser.parse_known_args()
    BIN = arguments.bin
    reason = why_not()
    if reason:
        print("SKIP: process_control_test " + reason)
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
