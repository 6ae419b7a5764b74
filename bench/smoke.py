#!/usr/bin/env python3
"""smoke.py: the bench runs, covers what it says it covers, and its hot paths allocate nothing. Judges no time."""
import json
import subprocess
import sys
import tempfile

WANTED = {"scan", "stream openai_chat", "stream anthropic_messages", "tcp 64 B", "tcp 1460 B", "tls 64 B", "tls 1350 B",
          "tls 16384 B"}
# OpenSSL allocates inside a record; everything else of the hot path is ours and must not.
MUST_NOT_ALLOCATE = ("tcp ",)


def main():
    program, policies = sys.argv[1:3]
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        answer = subprocess.run([program, "--once", "--json", file.name, "--policies", policies],
                                capture_output=True, text=True)
        print(answer.stdout + answer.stderr)
        if answer.returncode != 0:
            return 1
        figures = json.load(open(file.name, encoding="utf-8"))["figures"]
    problems = sorted(WANTED - {figure["group"] for figure in figures})
    for figure in figures:
        if not figure["median"] > 0:
            problems.append(f"{figure['group']}/{figure['name']}: no figure")
        if figure["group"].startswith(MUST_NOT_ALLOCATE) and figure["allocations_per_call"] > 0:
            problems.append(f"{figure['group']}/{figure['name']}: allocates")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
