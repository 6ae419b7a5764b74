#!/usr/bin/env python3
"""tidy.py: the house rules that a machine can read off the text. Each rule has a bad example in tests/house.

  columns     100 in C++, Python and shell        function   70 lines in shipped C++
  file        800 lines                           names      no util, common, helper, misc, manager
  pragma      every header is #pragma once        opening    a header opens with a comment
  banned      calls and words with what to use instead
  unfinished  TODO without an issue number, FIXME, XXX; documents with "to be written" and the like
  debris      commented-out code                  rfc        //= RFC n section: text
  secrets     literals that look like live credentials, and paths of a developer's machine
Prints also counts that are watched, not refused: entries ending in _for_test, shared_ptr in the dataplane, and
source files without a test file of their name.

Usage: scripts/checks/tidy.py [--root DIR]      exit 0 clean, 1 something was refused
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

COLUMNS, FUNCTION_LINES, FILE_LINES = 100, 70, 800
CODE = (".h", ".cc")
TEXT = CODE + (".py", ".sh", ".mjs", ".js", ".md", ".yaml", ".yml", ".txt", ".cmake")
SHIPPED = ("dataplane/", "controlplane/")

NAMES = re.compile(r"(^|_)(util|utils|common|helper|helpers|misc|manager|stuff)(_|\.|$)")
# (where, pattern, what to do instead)
BANNED = [
    (SHIPPED, r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca)\s*\(", "bounded calls or spans"),
    (SHIPPED, r"\b(atoi|atol|atof)\s*\(", "std::from_chars"),
    (SHIPPED, r"(?<![\w:.>])(rand|srand|random)\s*\(", "the keyed or system generator"),
    (SHIPPED, r"(?<![\w:.>])system\s*\(", "posix_spawn with an argument list"),
    (SHIPPED, r"(?<![\w.])assert\s*\(", "SP_CHECK, which stays on in release"),
    (SHIPPED, r"\bstd::regex\b", "the matcher"),
    (SHIPPED, r"\busing namespace std\b", "names in full"),
    (("dataplane/",), r"\b(std::cout|std::cerr|printf\s*\()", "counters; main prints"),
]
BANNED_NOT_IN = {"printf": ("dataplane/main", "dataplane/options", "dataplane/base/check",
                            "dataplane/worker")}
NO_EXCEPTIONS = tuple("dataplane/" + f + "/" for f in (
    "contract", "base", "mem", "wire", "nic", "ip", "tcp", "tls", "http", "llm", "policy", "scan",
    "redact", "evidence", "rewrite", "flow"))
WORDS = re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))")
UNFINISHED = re.compile(r"to be written|to be done|\bTBD\b|coming soon|lorem ipsum|fill (this )?in later",
                        re.I)
DEBRIS = re.compile(r"^\s*//\s*(?:[\w:.\->\[\]]+\s*(?:=|\+=)\s*[^=].*|[\w:.\->]+\([^)]*\)|return\b.*"
                    r"|(?:if|for|while) \(.*\) ?[\w:.\->]*.*);\s*$")
RFC_TAG = re.compile(r"//=")
RFC_FORM = re.compile(r"//= RFC \d+(: \S| [\w.\-]+)")
# Spelled so that this file does not match itself.
LIVE = re.compile(r"AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}|xox[baprs]-[0-9]{8,}|sk_live_[0-9A-Za-z]{20,}"
                  r"|-----" r"BEGIN ([A-Z]+ )?PRIVATE KEY-----")
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm)/")


def listing(root):
    """Tracked files, or everything when there is no repository or no git (the examples of tests/house)."""
    if os.path.exists(os.path.join(root, ".git")) and shutil.which("git"):
        answer = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                                capture_output=True, text=True)
        if answer.returncode == 0:
            names = [n for n in answer.stdout.splitlines() if os.path.isfile(os.path.join(root, n))]
            return sorted(set(names))
    found = []
    for where, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in (".git", "build", "node_modules", "__pycache__", ".cache"))
        found += [os.path.relpath(os.path.join(where, f), root) for f in files]
    return sorted(found)


def blank(text):
    """The same text with comments, strings and characters blanked out: line numbers stay."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


NOT_A_FUNCTION = re.compile(r"\b(namespace|class|struct|union|enum|extern|concept)\b[^()]*$|=\s*$|\breturn\s*$")


def long_functions(text):
    """(line, lines) of every function body longer than the limit. A heuristic over braces: a body is
    an opening brace whose statement has a parameter list and that is not inside another body."""
    code = blank(text)
    code = "\n".join("" if line.lstrip().startswith("#") else line for line in code.split("\n"))
    depth, line, statement, body, answers = 0, 1, "", None, []
    for character in code:
        if character == "\n":
            line += 1
            statement += " "
        elif character == "{":
            if body is None and ")" in statement and not NOT_A_FUNCTION.search(statement):
                body = (depth, line)
            depth += 1
            statement = ""
        elif character == "}":
            depth -= 1
            if body is not None and depth == body[0]:
                if line - body[1] - 1 > FUNCTION_LINES:
                    answers.append((body[1], line - body[1] - 1))
                body = None
            statement = ""
        elif character == ";":
            statement = ""
        else:
            statement += character
    return answers


def check_cpp(path, text, say):
    lines, bare = text.split("\n"), blank(text).split("\n")
    if path.endswith(".h") and "#pragma once" not in text:
        say(1, "pragma: a header without #pragma once")
    if path.endswith(".h") and path.startswith(SHIPPED) and not text.startswith(("//", "/*")):
        say(1, "opening: a header opens with a comment that says what it is for")
    for number, (line, code) in enumerate(zip(lines, bare), 1):
        if path.endswith(".cc") and DEBRIS.match(line):
            say(number, "debris: commented-out code")
        if RFC_TAG.search(line) and not RFC_FORM.search(line):
            say(number, "rfc: the form is `//= RFC 9112 6.3: what`")
        for where, pattern, instead in BANNED:
            match = path.startswith(where) and re.search(pattern, code)
            if not match:
                continue
            if "printf" in pattern and path.startswith(BANNED_NOT_IN["printf"]):
                continue
            say(number, f"banned: {match.group(0).strip(' (')}; use {instead}")
        if path.startswith(SHIPPED) and re.search(r"(?<![#\w])\b(and|or|not)\b\s", code) \
                and not line.lstrip().startswith("#"):
            say(number, "banned: and/or/not; this house writes && || !")
        if path.startswith(NO_EXCEPTIONS) and re.search(r"\b(throw|catch)\b", code):
            say(number, "banned: exceptions in a dataplane library")
    if path.startswith(SHIPPED):
        for number, count in long_functions(text):
            say(number, f"function: {count} lines, {FUNCTION_LINES} are allowed")


def check_file(root, path, problems):
    def say(number, what):
        problems.append(f"{path}:{number}: {what}")

    name = os.path.basename(path)
    if path.startswith(SHIPPED + ("tests/", "bench/")) and any(NAMES.search(p) for p in path.split("/")):
        say(1, "names: util, common, helper, misc and manager say nothing")
    if not (path.endswith(TEXT) or path.startswith(("scripts/", ".ci/")) or "." not in name):
        return
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
    except (UnicodeDecodeError, OSError):
        return
    lines = text.split("\n")
    prose, script = path.endswith(".md"), not path.endswith((".md", ".yaml", ".yml", ".txt"))
    own = path in ("scripts/checks/tidy.py",) or path.startswith("tests/house/")
    if len(lines) - 1 > FILE_LINES and not path.endswith((".md", ".yaml", ".yml")):
        say(1, f"file: {len(lines) - 1} lines, {FILE_LINES} are allowed")
    for number, line in enumerate(lines, 1):
        wide = path.endswith(CODE + (".py", ".sh"))
        if wide and len(line) > (COLUMNS if path.endswith(CODE) else COLUMNS + 20):
            say(number, f"columns: {len(line)}")
        if script and not own and WORDS.search(line):
            say(number, "unfinished: TODO wants an issue number, FIXME and XXX are not used")
        if prose and UNFINISHED.search(line):
            say(number, "unfinished: a document says what is there")
        if LIVE.search(line) and not own:
            say(number, "secrets: build such a string at run time")
        if MACHINE.search(line) and not own:
            say(number, "secrets: a path of a developer's machine")
    if path.endswith(CODE):
        check_cpp(path, text, say)


def watched(paths, root):
    tests = {os.path.basename(p) for p in paths if p.startswith("tests/")}
    lone, for_test, shared = [], 0, 0
    for path in paths:
        if not (path.startswith(SHIPPED) and path.endswith(CODE)):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        for_test += len(re.findall(r"\b\w+_for_test\s*\(", text))
        shared += len(re.findall(r"\bstd::shared_ptr\b", text)) if path.startswith("dataplane/") else 0
        stem = os.path.basename(path)[:-3]
        if path.endswith(".cc") and not any(t.startswith(stem) or stem in t for t in tests):
            lone.append(path)
    return for_test, shared, lone


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="house rules that a machine can read off the text")
    parser.add_argument("--root", default=os.path.join(here, "..", ".."))
    parser.add_argument("--list-untested", action="store_true", help="name the sources without a test of their name")
    options = parser.parse_args()
    root = os.path.abspath(options.root)
    problems, paths = [], listing(root)
    for path in paths:
        check_file(root, path, problems)
    for problem in problems:
        print(problem)
    for_test, shared, lone = watched(paths, root)
    if options.list_untested:
        print("\n".join(lone))
    print(f"tidy: {len(paths)} files, {len(problems)} refused; watched: {for_test} _for_test, "
          f"{shared} shared_ptr in the dataplane, {len(lone)} sources without a test file of their name")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
