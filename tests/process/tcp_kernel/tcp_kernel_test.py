#!/usr/bin/env python3
"""tcp_kernel_test.py: our TCP against the Linux kernel's, both ways, through a router that loses packets.

Half of the transfers are opened by the kernel (client namespace to the appliance), half by us (appliance to the
vendor namespace); each half downloads and uploads. Hashes of all are compared, and the loss must have been real:
drops in the router and retransmissions of ours above zero.

Usage: tcp_kernel_test.py --bin DIR [--transfers N] [--loss PERCENT] [--concurrency N] [--first N]
Exit: 0 good, 1 bad, 77 this machine cannot run it (printed as SKIP)
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LAB = os.path.join(HERE, "..", "..", "..", "scripts", "lab")
KERNEL_PEER = os.path.join(HERE, "kernel_peer.py")
SERVE_PORT, FETCH_PORT = 7000, 7001


def why_not():
    if os.geteuid() != 0:
        return "needs root for network namespaces"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "network namespaces are not permitted here"
    for tool in ("nft", "ethtool", "ip"):
        if subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, check=False).returncode:
            return f"{tool} is not installed"
    return None


def lab(*words):
    return subprocess.run([LAB, *words], check=True, capture_output=True, text=True).stdout


def in_namespace(name, *command):
    return ["nsenter", f"--net=/run/netns/{name}", *command]


def wait_for_line(path, line, process, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with open(path, encoding="utf-8") as file:
            if line in file.read().split("\n"):
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    with open(path, encoding="utf-8") as file:
        raise RuntimeError(f"no '{line}' in {path}:\n" + file.read()[-2000:])


def drops(namespace):
    rules = subprocess.run(in_namespace(namespace, "nft", "list", "ruleset"), capture_output=True, text=True,
                           check=True).stdout
    return sum(int(n) for n in re.findall(r"counter packets (\d+)", rules))


def run(arguments, name, folder, started):
    lab("up", name, "--router", "--loss", str(arguments.loss))
    env = dict(line.split("=", 1) for line in lab("env", name).splitlines())
    config = os.path.join(folder, "sallyport.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(lab("config", name, "--port", str(SERVE_PORT)))

    def start(label, command):
        path = os.path.join(folder, label)
        with open(path, "wb") as out:
            started.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT))
        return started[-1], path

    half = arguments.transfers // 2
    server, path = start("server", in_namespace(env["LAB_VENDOR_NAMESPACE"], sys.executable, KERNEL_PEER, "serve",
                                                env["LAB_VENDOR_ADDRESS"], str(FETCH_PORT)))
    wait_for_line(path, "listening", server, 20)
    began = time.monotonic()
    ours, ours_path = start("ours", in_namespace(
        env["LAB_SALLYPORT_NAMESPACE"], os.path.join(arguments.bin, "tcp_kernel_peer"), "--config", config,
        "--fetch-address", env["LAB_VENDOR_ADDRESS"], "--fetch-port", str(FETCH_PORT), "--fetches", str(half),
        "--first-fetch", str(arguments.first), "--concurrency", str(arguments.concurrency)))
    wait_for_line(ours_path, "serving", ours, 60)
    client, client_path = start("client", in_namespace(
        env["LAB_CLIENT_NAMESPACE"], sys.executable, KERNEL_PEER, "fetch", env["LAB_GATEWAY_ADDRESS"],
        str(SERVE_PORT), str(arguments.transfers - half), str(arguments.concurrency),
        str(arguments.first)))
    patience = 60 + arguments.transfers * 0.5
    client_code = client.wait(patience)
    wait_for_line(ours_path, "fetches done", ours, patience)
    seconds = time.monotonic() - began
    ours.send_signal(signal.SIGTERM)
    ours_code = ours.wait(30)
    lost = drops(env["LAB_ROUTER_NAMESPACE"])
    with open(client_path, encoding="utf-8") as file:
        print("kernel opened:", file.read().strip())
    with open(ours_path, encoding="utf-8") as file:
        report = json.loads(file.read().strip().split("\n")[-1])
    print("we opened:", report["fetched"], "of", half, "good")
    print("router dropped:", lost, f"packets in {seconds:.1f} s")
    print(json.dumps(report))
    problems = []
    if client_code != 0:
        problems.append("the kernel's transfers")
    if report["fetched"] != half or report["failed"] or report["wrong"]:
        problems.append("our transfers")
    if ours_code != 0:
        problems.append(f"exit code {ours_code} at SIGTERM")
    if arguments.loss > 0 and (lost == 0 or report.get("tcp_retransmits", 0) == 0):
        problems.append("nothing was lost, so nothing was tested")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--transfers", type=int, default=64)
    parser.add_argument("--loss", type=float, default=1)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--first", type=int, default=0, help="number of the first: a long run in parts")
    arguments = parser.parse_args()
    reason = why_not()
    if reason:
        print("SKIP: tcp_kernel_test " + reason)
        return 77
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    name = f"tk{os.getpid()}"
    started = []
    with tempfile.TemporaryDirectory(prefix="sallyport_tcp_kernel_") as folder:
        try:
            problems = run(arguments, name, folder, started)
        finally:
            for process in started:
                if process.poll() is None:
                    process.kill()
                    process.wait()
            lab("down", name)
    if problems:
        print("FAILED: " + ", ".join(problems))
        return 1
    print("tcp_kernel_test: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
