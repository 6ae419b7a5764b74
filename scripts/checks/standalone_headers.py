#!/usr/bin/env python3
"""standalone_headers.py: every shipped header compiles alone, so that the order of includes never matters.

A header that the source of its name includes first is proved by the build of that source; --all compiles it here too
(scripts/test --full: its build puts several control-plane sources into one translation).

Usage: scripts/checks/standalone_headers.py [--root DIR] [--cxx COMPILER] [-j N] [--without-eal] [--all]
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys


def headers(root):
    for top in ("dataplane", "controlplane"):
        for where, _, files in os.walk(os.path.join(root, top)):
            yield from (os.path.relpath(os.path.join(where, f), root) for f in sorted(files) if f.endswith(".h"))


def flags(package):
    answer = subprocess.run(["pkg-config", "--cflags", package], capture_output=True, text=True)
    return answer.stdout.split() if answer.returncode == 0 else []


def proved_by_source(root, header):
    try:
        with open(os.path.join(root, header[:-2] + ".cc"), encoding="utf-8") as source:
            first = next((line for line in source if line.startswith("#include")), "")
    except FileNotFoundError:
        return False
    return first.strip() == f'#include "{header}"'


def compiles(root, cxx, extra, header):
    command = [cxx, "-std=c++20", "-fsyntax-only", "-I", root, "-include", header, "-x", "c++", "-Wall",
               "-Wextra", "-Werror", "-march=x86-64-v2"] + extra + ["/dev/null"]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=root)
    return header, answer.returncode, answer.stderr


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("--cxx", default=os.environ.get("CXX", "g++"))
    parser.add_argument("-j", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--without-eal", action="store_true", help="leave out nic and worker")
    parser.add_argument("--all", action="store_true", help="also those that their own source includes first")
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    todo = [h for h in headers(root) if options.all or not proved_by_source(root, h)]
    if options.without_eal:
        todo = [h for h in todo if not h.startswith(("dataplane/nic/", "dataplane/worker/"))]
    extra = [] if options.without_eal else flags("libdpdk")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for header, code, text in pool.map(lambda h: compiles(root, options.cxx, extra, h), todo):
            if code != 0:
                failed += 1
                print(f"{header}: does not compile alone\n{text}")
    print(f"standalone headers: {len(todo)} headers, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
