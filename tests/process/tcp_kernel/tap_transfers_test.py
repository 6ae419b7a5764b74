#!/usr/bin/env python3
"""tap_transfers_test.py: bulk transfers between our stack on a DPDK port (net_tap) and the Linux kernel, both ways,
over a link that loses, reorders, repeats and damages (link_emulator), in namespaces of the test's own.

A quarter of the transfers each: kernel opens or we open, IPv4 or IPv6; half of each uploads. Hashes of all are
compared, and loss and reordering must have happened in both directions. Needs root; says SKIP without.

Usage: tap_transfers_test.py --bin DIR [--transfers N] [--device D] [--mtu BYTES] [--loss SHARE] [--concurrency N]
       [--first N]
Exit: 0 good, 1 bad, 77 this machine cannot run it (printed as SKIP)
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
KERNEL_PEER = os.path.join(HERE, "kernel_peer.py")
SERVE_PORT, FETCH_PORT = 7000, 7001
OURS, THEIRS = {4: "10.9.0.1", 6: "fd09::1"}, {4: "10.9.0.2", 6: "fd09::2"}

CONFIG = """node: tap
idle: adaptive
ports:
  wire:
    device: {device}
    arguments: {arguments}
    address: {a4}/24
    address6: {a6}/64
    mtu: {mtu}
gateway:
  listen:
    - {{address: {a4}, port: {port}}}
    - {{address: "{a6}", port: {port}}}
memory:
  connections: 1024
  tcp_mib: 64
  tls_mib: 16
  body_mib: 64
"""


def why_not():
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "network namespaces are not permitted here"
    return None


class Lab:
    """Two namespaces: `ours`, where DPDK makes its tap device, and `theirs`, where the kernel answers."""

    def __init__(self, arguments, folder, number):
        self.arguments, self.folder, self.started = arguments, folder, []
        name = f"st{os.getpid()}-{number}"
        self.ours, self.theirs = f"sp-ours-{name}", f"sp-theirs-{name}"
        self.made = []

    def __enter__(self):
        for space in (self.ours, self.theirs):
            subprocess.run(["ip", "netns", "add", space], check=True)
            self.made.append(space)
            subprocess.run(["ip", "-n", space, "link", "set", "lo", "up"], check=True)
        # Nobody but DPDK answers on our side.
        subprocess.run(self.inside(self.ours, "sh", "-c",
                                   "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6"), check=True)
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()
        for space in self.made:
            subprocess.run(["ip", "netns", "del", space], check=False)

    @staticmethod
    def inside(space, *command):
        return ["nsenter", f"--net=/run/netns/{space}", *command]

    def start(self, label, space, *command):
        path = os.path.join(self.folder, label)
        with open(path, "wb") as out:
            self.started.append(subprocess.Popen(self.inside(space, *command), stdout=out, stderr=subprocess.STDOUT))
        return self.started[-1], path

    def wait_for(self, path, line, process, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and process.poll() is None:
            with open(path, encoding="utf-8") as file:
                if line in file.read().split("\n"):
                    return
            time.sleep(0.05)
        with open(path, encoding="utf-8") as file:
            raise RuntimeError(f"no '{line}' in {path}:\n" + file.read()[-2000:])

    def make_port(self, interface):
        """What DPDK opens. `interface` is where the emulator hears it: the device DPDK makes, or the end of a veth."""
        if self.arguments.device == "net_tap":
            return {"device": "net_tap0", "arguments": f"iface={interface}"}
        mtu = str(self.arguments.mtu)
        for words in (["link", "add", "dpdk0", "mtu", mtu, "type", "veth", "peer", "name", interface, "mtu", mtu],
                      ["link", "set", "dpdk0", "up"], ["link", "set", interface, "up"]):
            subprocess.run(["ip", "-n", self.ours, *words], check=True)
        return {"device": "net_af_packet0", "arguments": "iface=dpdk0,framesz=12288,blocksz=12288"}

    def run_family(self, family, number):
        """Half of the transfers: of one family. What was wrong, in words."""
        arguments, half = self.arguments, self.arguments.transfers // 4
        interface, patience = f"dtap{number}", 120 + arguments.transfers
        config = os.path.join(self.folder, f"sallyport{number}.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(**self.make_port(interface), a4=OURS[4], a6=OURS[6], mtu=arguments.mtu,
                                     port=SERVE_PORT))
        # The server first, on any address, or we would be refused on a slow machine. Then DPDK makes its device, the
        # emulator the kernel's, and that has addresses.
        server, path = self.start(f"server{number}", self.theirs, sys.executable, KERNEL_PEER, "serve",
                                  "0.0.0.0" if family == 4 else "::", str(FETCH_PORT))
        self.wait_for(path, "listening", server, 30)
        ours, ours_path = self.start(
            f"ours{number}", self.ours, os.path.join(arguments.bin, "tcp_kernel_peer"), "--config", config,
            "--fetch-address", THEIRS[family], "--fetch-port", str(FETCH_PORT), "--fetches", str(half),
            "--first-fetch", str(arguments.first),
            "--fetch-after-ms", "3000", "--concurrency", str(arguments.concurrency))
        self.wait_for(ours_path, "serving", ours, 60)
        share = str(arguments.loss)
        emulator, emulator_path = self.start(
            f"emulator{number}", self.ours, os.path.join(arguments.bin, "link_emulator"), interface,
            f"/run/netns/{self.theirs}", "wire", share, "0.05", "0.005", "0.002", "300",
            str(7 + number + arguments.first))
        self.wait_for(emulator_path, "ready", emulator, 20)
        for words in (["link", "set", "wire", "mtu", str(arguments.mtu), "up"],
                      ["address", "add", THEIRS[4] + "/24", "dev", "wire"],
                      ["address", "add", THEIRS[6] + "/64", "dev", "wire", "nodad"]):
            subprocess.run(["ip", "-n", self.theirs, *words], check=True)
        began = time.monotonic()
        client, client_path = self.start(f"client{number}", self.theirs, sys.executable, KERNEL_PEER, "fetch",
                                         OURS[family], str(SERVE_PORT), str(half), str(arguments.concurrency),
                                         str(arguments.first))
        client_code = client.wait(patience)
        self.wait_for(ours_path, "fetches done", ours, patience)
        seconds = time.monotonic() - began
        for process in (ours, emulator, server):
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        with open(client_path, encoding="utf-8") as file:
            print(f"IPv{family}, MTU {arguments.mtu}: the kernel opened:", file.read().strip())
        report, link = last_json(ours_path), last_json(emulator_path)
        print(f"  we opened: {report['fetched']} of {half} good; {seconds:.1f} s; link: {json.dumps(link)}")
        print("  " + json.dumps(report))
        return judge(report, link, client_code, half)


def leave(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what was made is removed on the way out
    sys.exit(143)


def last_json(path):
    with open(path, encoding="utf-8") as file:
        return json.loads(file.read().strip().split("\n")[-1])


def judge(report, link, client_code, half):
    problems = []
    if client_code != 0:
        problems.append("the kernel's transfers")
    if report["fetched"] != half or report["failed"] or report["wrong"]:
        problems.append("our transfers")
    for side in ("ours", "kernel"):
        for fault in ("lost", "reordered"):
            if link[side][fault] == 0:
                problems.append(f"nothing of {side} was {fault}, so nothing was tested")
    if report.get("tcp_retransmits", 0) == 0:
        problems.append("we never sent anything again")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--transfers", type=int, default=64)
    parser.add_argument("--mtu", type=int, default=1500)
    parser.add_argument("--device", choices=("net_tap", "net_af_packet"), default="net_tap",
                        help="net_tap of DPDK 22.11 takes no MTU above 1500")
    parser.add_argument("--loss", type=float, default=0.01)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--first", type=int, default=0, help="number of the first: a long run in parts")
    arguments = parser.parse_args()
    if reason := why_not():
        print("SKIP: tap_transfers_test " + reason)
        return 77
    signal.signal(signal.SIGTERM, leave)
    problems = []
    with tempfile.TemporaryDirectory(prefix="sallyport_tap_") as folder:
        for number, family in enumerate((4, 6)):
            with Lab(arguments, folder, number) as lab:
                problems += lab.run_family(family, number)
    if problems:
        print("FAILED: " + ", ".join(problems))
        return 1
    print("tap_transfers_test: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
