#!/usr/bin/env python3
"""dataplane_symbols.py: the dataplane cannot compile a pattern or open LMDB: it links neither.

Usage: scripts/checks/dataplane_symbols.py BINARY
"""
import re
import subprocess
import sys

# The compiler half of the matcher, and libraries of the control plane.
FORBIDDEN_SYMBOL = re.compile(
    r"\bhs_(compile|free_compile_error|expression_info|populate_platform)\w*|\bmdb_\w+")
FORBIDDEN_LIBRARY = re.compile(r"^lib(hs|lmdb)\.so")
WANTED_LIBRARY = re.compile(r"^libhs_runtime\.so")


def judge(symbols, libraries):
    problems = []
    for line in symbols:
        match = FORBIDDEN_SYMBOL.search(line)
        if match:
            problems.append(f"symbol {match.group(0)}")
    problems += [f"library {name}" for name in libraries if FORBIDDEN_LIBRARY.match(name)]
    # A static runtime shows as its symbol instead.
    if not any(WANTED_LIBRARY.match(name) for name in libraries) and not any(
            re.search(r"\bhs_scan_stream\b|\bhs_scan\b", line) for line in symbols):
        problems.append("the matching runtime is not linked at all")
    return problems


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    binary = sys.argv[1]
    symbols = run("nm", "-D", binary) + run("nm", binary)
    libraries = re.findall(r"Shared library: \[([^\]]+)\]", "\n".join(run("readelf", "-d", binary)))
    problems = judge(symbols, libraries)
    for problem in problems:
        print(f"{binary}: {problem}")
    print(f"dataplane symbols: {len(symbols)} symbols, {len(libraries)} libraries, {len(problems)} refused")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
