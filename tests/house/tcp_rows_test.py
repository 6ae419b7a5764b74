#!/usr/bin/env python3
"""tcp_rows_test.py: the table of docs/tcp.md is the checklist of the stack, and what it says of tests is true.

Every row of the checklist stands there with its class; every test that a row names exists; and at least one of them
cites an RFC of the row (in its text, or for a C++ test in its file). --list prints rows and tests.
"""
import ast
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# The checklist of the stack's specification, without the rows that stay out.
ROWS = {"M1": """9293 states; 9293 parsing; 9293 ACK validation; 9293 RST replies; 9293 persist;
        9293 shrinking window; 9293 SWS; 9293 Nagle, delayed ACK; 9293 urgent; 9293/6691 MSS;
        7323 window scale; 7323 timestamps; 2018 receiver;
        2018/6675 sender; 3042 limited transmit; 6582 NewReno; 5681 congestion control; 6928 IW10; 6298 RTO;
        5961 blind attacks; 6528 initial numbers; 6056 ports; 4987 SYN floods; 6191/1337 TIME-WAIT; 3168 ECN;
        1122 keepalive; 5482 user timeout; 1191/8201/5927 path MTU; 5461 soft errors; 826/5227 ARP;
        791/8200 fragments; 792/4443 ICMP; 8200 extension headers; 4861/4862 neighbours;
        out-of-order buffering; invariants""",
        "M2": "2883 D-SACK; 8985 tail-loss probe; 6937 PRR; 9438 CUBIC; 7661 application-limited; 4821/8899 black hole",
        "never": "7413 and others"}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def table():
    """{row: (when, [names of tests])} of docs/tcp.md."""
    found, text = {}, read(os.path.join(ROOT, "docs", "tcp.md"))
    for line in text[text.index("| row | when |"):].split("\n")[2:]:
        if not line.startswith("|"):
            break
        row, when, _, tests = (cell.strip() for cell in line.strip("|").split("|"))
        found[row] = (when, re.findall(r"`([^`]+)`", tests))
    return found


def scripts():
    """{name of a test or class: its source} of the conformance scripts."""
    found = {}
    for path in glob.glob(os.path.join(ROOT, "tests", "conformance", "*_test.py")):
        source = read(path)
        found[os.path.basename(path)] = source
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found[node.name] = ast.get_source_segment(source, node)
    return found


def sources_of(name, known, cmake, files):
    """The texts of what a name means; none: it does not exist."""
    if name.endswith("*"):
        return [text for one, text in known.items() if one.startswith(name[:-1])]
    if name.endswith(".cc"):
        return [read(path) for path in files if os.path.basename(path) == name]
    if name in known:
        return [known[name]]
    if re.search(rf"\b{re.escape(name)}\b", cmake):
        return [read(path) for path in files if os.path.splitext(os.path.basename(path))[0] == name] or [name]
    return []


def problems():
    rows, known = table(), scripts()
    wanted = {row.strip(): when for when, text in ROWS.items() for row in " ".join(text.split()).split(";")}
    cmake = "".join(map(read, glob.glob(os.path.join(ROOT, "tests", "**", "CMakeLists.txt"), recursive=True)))
    files = glob.glob(os.path.join(ROOT, "tests", "**", "*_test.cc"), recursive=True)
    for row in wanted.keys() ^ rows.keys():
        yield f"{row}: {'not in the table' if row in wanted else 'not of the checklist'}"
    for row in wanted.keys() & rows.keys():
        when, tests = rows[row]
        if when != wanted[row]:
            yield f"{row}: {when}, should be {wanted[row]}"
        texts = {name: sources_of(name, known, cmake, files) for name in tests}
        for name, found in texts.items():
            if not found:
                yield f"{row}: there is no {name}"
        numbers = re.findall(r"\d{3,4}", row) or row.split(" ", 1)[:1]
        if not tests or not any(re.search(rf"\b{n}\b", text) for n in numbers for t in texts.values() for text in t):
            yield f"{row}: none of its tests says so"


def main():
    if sys.argv[1:] == ["--list"]:
        for row, (when, tests) in table().items():
            print(f"| {row} | {when} | {', '.join(tests)} |")
        return 0
    found = sorted(problems())
    print("\n".join(found) or f"tcp_rows_test: {len(table())} rows")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
