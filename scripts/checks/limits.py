#!/usr/bin/env python3
"""limits.py: docs/limits.md and docs/errors.md say what the code says.

Each row of limits.md names a constant, its value as written, and its file; errors.md has a row for each reason code.

Row form:      | `kHeadBytesMax` | `16 * 1024` | `dataplane/http/limits.h` | what happens at it |
               | `head_too_large` | 431 | no | what to look at |
A row whose constant is gone, lies elsewhere or has another value is refused. `--list` prints the
constants ending in Max that no row names.

Usage: scripts/checks/limits.py [--root DIR] [--list]
"""
import argparse
import os
import re
import sys

ROW = re.compile(r"^\| `(k\w+)` \| `([^`]+)` \| `([^`]+)` \|")
CONSTANT = re.compile(r"constexpr\s+[\w:<>]+(?:\s+[\w:<>]+)?\s+(k\w+)\s*(?:=\s*|\{)([^;]+?)\}?;", re.S)


def constants(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = re.sub(r"//[^\n]*", "", file.read())
    return {name: " ".join(value.split()) for name, value in CONSTANT.findall(text)}


def everywhere(root):
    for top in ("dataplane", "controlplane"):
        for where, _, files in os.walk(os.path.join(root, top)):
            for name in sorted(files):
                if name.endswith((".h", ".cc")):
                    path = os.path.relpath(os.path.join(where, name), root)
                    for constant, value in constants(root, path).items():
                        yield path, constant, value


REASON = re.compile(r'\{R::\w+,\s*"(\w+)",\s*(\d+),\s*(true|false)')
REASONS_IN = os.path.join("dataplane", "flow", "refusal.cc")


def check_reasons(root, problems):
    """Every reason of the refusal table has a row with its status in docs/errors.md."""
    source, page = os.path.join(root, REASONS_IN), os.path.join(root, "docs", "errors.md")
    if not (os.path.exists(source) and os.path.exists(page)):
        return
    with open(source, encoding="utf-8") as code, open(page, encoding="utf-8") as prose:
        reasons, text = REASON.findall(code.read()), prose.read()
    for name, status, retry in reasons:
        row = f"| `{name}` | {status} | {'yes' if retry == 'true' else 'no'} |"
        if name != "none" and row not in text:
            problems.append(f"docs/errors.md: no row `{row}`")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="docs/limits.md against the code")
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("--list", action="store_true", help="constants ending in Max that no row names")
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    rows, problems = [], []
    with open(os.path.join(root, "docs", "limits.md"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = ROW.match(line)
            if match:
                rows.append((number,) + match.groups())
    for number, name, value, path in rows:
        at = f"docs/limits.md:{number}: {name}"
        if not os.path.exists(os.path.join(root, path)):
            problems.append(f"{at}: {path} does not exist")
            continue
        found = constants(root, path).get(name)
        if found is None:
            problems.append(f"{at} is not in {path}")
        elif found.replace("'", "") != value.replace("'", ""):
            problems.append(f"{at} is `{found}` in {path}, the page says `{value}`")
    check_reasons(root, problems)
    for problem in problems:
        print(problem)
    named = {name for _, name, _, _ in rows}
    others = [(p, c, v) for p, c, v in everywhere(root) if c.endswith("Max") and c not in named]
    if options.list:
        for path, constant, value in others:
            print(f"| `{constant}` | `{value}` | `{path}` |  |")
    print(f"limits: {len(rows)} rows, {len(problems)} refused; "
          f"{len(others)} constants ending in Max are not in the page")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
