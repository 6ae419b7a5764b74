"""scan_texts.py: what the tests of this folder that scan with the shipped policy share.

Each has `--bin sallyctl [--policy DIR]`; the other arguments are unittest's.
"""
import argparse
import json
import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
POLICY = os.path.join(SOURCE, "policies")


def scan(options, texts):
    """The answers of `sallyctl scan` in the order of the texts, each with its `id`, which is its place, and `spans`."""
    lines = "".join(json.dumps({"id": i, "text": text}) + "\n" for i, text in enumerate(texts))
    answer = subprocess.run([options.bin, "scan", "--policy", options.policy], input=lines.encode(),
                            capture_output=True, check=True)
    return [json.loads(line) for line in answer.stdout.decode().splitlines()]


def read_options(description):
    """The options, and the command line that is left for unittest."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--policy", default=POLICY)
    options, rest = parser.parse_known_args()
    return options, [sys.argv[0], *rest]
