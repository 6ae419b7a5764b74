#!/usr/bin/env python3
"""boot_test.py: sallyport-dataplane by itself, in the lab: first contact, memory, refusals, end.

Usage: boot_test.py --bin DIR      exit 0 good, 1 bad, 77 this machine cannot run it (printed as SKIP)
"""
import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "..", "..", "..", "scripts", "lab")
# Runs inside a namespace: sends echo requests, prints how many replies had the same payload.
ECHO = """
import socket, struct, sys
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total >> 16) + (total & 0xffff)
    return ~total & 0xffff
address, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
peer = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
peer.settimeout(2)
good = 0
for number in range(count):
    payload = bytes((number + i) % 256 for i in range(size))
    head = struct.pack("!BBHHH", 8, 0, 0, 77, number)
    peer.sendto(struct.pack("!BBHHH", 8, 0, checksum(head + payload), 77, number) + payload, (address, 0))
    try:
        answer = peer.recv(65536)
        good += answer[20] == 0 and answer[28:] == payload
    except TimeoutError:
        pass
print(good)
"""
# Runs inside a namespace: who has the address, asked with a VLAN tag (0: without); prints the tag of the answer, or -.
WHO_HAS = """
import socket, struct, sys, time
SOL_PACKET, PACKET_AUXDATA, OUTGOING = 263, 8, 4
target, own, tag = socket.inet_aton(sys.argv[1]), socket.inet_aton(sys.argv[2]), int(sys.argv[3])
peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
peer.bind(("eth0", 0))
peer.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
mac = peer.getsockname()[4]
head = b"\\xff" * 6 + mac + (struct.pack("!HH", 0x8100, tag) if tag else b"") + struct.pack("!H", 0x0806)
peer.send((head + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + own + bytes(6) + target).ljust(64, b"\\0"))
end, found = time.monotonic() + 1.0, "-"
while found == "-" and time.monotonic() < end:
    peer.settimeout(max(0.01, end - time.monotonic()))
    try:
        frame, more, _, address = peer.recvmsg(2048, 256)
    except TimeoutError:
        break
    is_reply = frame[12:14] == b"\\x08\\x06" and frame[20:22] == b"\\0\\x02" and frame[28:32] == target
    if address[2] != OUTGOING and is_reply:
        found = str(struct.unpack("IIIHHHH", more[0][2][:20])[5] & 0xfff)
print(found)
"""
BIN = None


def why_not():
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "network namespaces are not permitted here"
    return None


def lab(*words):
    return subprocess.run([LAB, *words], check=True, capture_output=True, text=True).stdout


class Boot(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.name = f"bt{os.getpid()}"
        lab("up", cls.name)
        cls.addClassCleanup(lab, "down", cls.name)
        cls.env = dict(line.split("=", 1) for line in lab("env", cls.name).splitlines())
        cls.config = lab("config", cls.name)
        cls.folder = tempfile.TemporaryDirectory(prefix="sallyport_boot_")
        cls.addClassCleanup(cls.folder.cleanup)

    def command(self, config, *more):
        path = os.path.join(self.folder.name, "sallyport.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        return ["nsenter", f"--net=/run/netns/{self.env['LAB_SALLYPORT_NAMESPACE']}",
                os.path.join(BIN, "sallyport-dataplane"), "--config", path,
                *(() if "--run-dir" in more else ("--run-dir", os.path.join(self.folder.name, "run"))), *more]

    @contextlib.contextmanager
    def running(self, *more):
        log = os.path.join(self.folder.name, "log")
        with open(log, "wb") as out:
            process = subprocess.Popen(self.command(self.config, *more), stdout=out, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + 30
            while "running" not in self.read(log).split("\n"):
                self.assertIsNone(process.poll(), self.read(log))
                self.assertLess(time.monotonic(), end, self.read(log))
                time.sleep(0.05)
            yield process
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 0, self.read(log))
            self.assertIn("ended", self.read(log))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def echo(self, side, address, count, size):
        space = self.env[f"LAB_{side}_NAMESPACE"]
        answer = subprocess.run(["nsenter", f"--net=/run/netns/{space}", sys.executable, "-c", ECHO, address,
                                 str(count), str(size)], capture_output=True, text=True, check=True)
        return int(answer.stdout)

    def expect_contact(self):
        self.assertEqual(self.echo("CLIENT", self.env["LAB_GATEWAY_ADDRESS"], 20, 56), 20)
        self.assertEqual(self.echo("VENDOR", self.env["LAB_EGRESS_ADDRESS"], 20, 1472), 20)

    def test_answers_echo_on_both_sides_and_ends_when_told(self):
        with self.running() as process:
            self.expect_contact()
            status = self.read(f"/proc/{process.pid}/status")
            self.assertGreater(int(re.search(r"VmLck:\s+(\d+)", status).group(1)), 0, "memory is not locked")
            self.assertIn("Max core file size        0                    0 ",
                          self.read(f"/proc/{process.pid}/limits"))

    def test_runs_without_hugepages(self):
        with self.running("--no-huge"):
            self.expect_contact()

    def who_has(self, tag):
        space = f"--net=/run/netns/{self.env['LAB_CLIENT_NAMESPACE']}"
        answer = subprocess.run(["nsenter", space, sys.executable, "-c", WHO_HAS, self.env["LAB_GATEWAY_ADDRESS"],
                                 self.env["LAB_CLIENT_ADDRESS"], str(tag)], capture_output=True, text=True, check=True)
        return answer.stdout.strip()

    def test_a_tagged_port_hears_and_answers_with_its_own_tag_only(self):
        with self.running():
            self.assertEqual(self.who_has(0), "0")
            self.assertEqual(self.who_has(7), "-")
        self.config = self.config.replace("iface=to_client\n", "iface=to_client\n    vlan: 7\n")
        with self.running():
            self.assertEqual(self.who_has(7), "7")
            self.assertEqual(self.who_has(0), "-")
            self.assertEqual(self.who_has(8), "-")

    def test_an_idle_worker_sleeps(self):
        with self.running() as process:
            self.expect_contact()
            before = self.cpu_ticks(process.pid)
            time.sleep(1)
            self.assertLess(self.cpu_ticks(process.pid) - before, 0.2 * os.sysconf("SC_CLK_TCK"))

    def cpu_ticks(self, pid):
        fields = self.read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def test_no_named_hugepage_file(self):
        with self.running() as process:
            maps = self.read(f"/proc/{process.pid}/maps")
            named = [line for line in maps.split("\n") if "huge" in line and "(deleted)" not in line
                     and "anon_hugepage" not in line]
            self.assertEqual(named, [])

    def refused(self, config, *words):
        answer = subprocess.run(self.command(config), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(answer.returncode, 1, answer.stdout + answer.stderr)
        for word in words:
            self.assertIn(word, answer.stderr)

    def test_a_plan_that_does_not_fit_is_refused_with_the_line(self):
        config = self.config.replace("body_mib: 64", "body_mib: 900000")
        line = config.split("\n").index("  body_mib: 900000") + 1
        self.refused(config, f"sallyport.yaml:{line}: memory.body_mib")

    def test_a_port_that_is_not_there_is_refused_by_name(self):
        self.refused(self.config.replace("iface=to_vendor", "iface=absent0"), "EAL")

    def test_check_prints_the_plan_and_touches_nothing(self):
        untouched = os.path.join(self.folder.name, "untouched")
        answer = subprocess.run(self.command(self.config, "--check", "--run-dir", untouched), capture_output=True,
                                text=True, timeout=30, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("memory plan", answer.stdout)
        self.assertFalse(os.path.exists(untouched))


def main():
    global BIN
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    arguments, rest = parser.parse_known_args()
    BIN = arguments.bin
    reason = why_not()
    if reason:
        print("SKIP: process_boot_test " + reason)
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
