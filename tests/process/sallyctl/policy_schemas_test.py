#!/usr/bin/env python3
"""The JSON Schemas of a bundle (policies/schemas) say what the reader of sallyctl says.

Every shipped file validates; and for every mapping of a bundle in which everything stands, the keys that the reader
knows (it lists them when it meets an unknown one) and the keys of the schema are the same set, as are the words of
every choice.

Usage: policy_schemas_test.py --bin DIR --policies DIR     exit 77: a Python package is missing, nothing was compared
"""
import argparse
import copy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"SKIPPED: {missing}; scripts/setup installs python3-yaml and python3-jsonschema")
    sys.exit(77)

ARGUMENTS = None
SCHEMA_OF = [("vendors/api/*.yaml", "api_kind"), ("vendors/*.yaml", "vendor"), ("entities/*.yaml", "entities"),
             ("tests/*.yaml", "tests"), ("templates/*.yaml", "templates"), ("*.yaml", None)]
PIN = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
UNKNOWN = "zz_unknown"


class PlainLoader(yaml.SafeLoader):
    """As YAML 1.2 and as our reader: a day is a text."""


PlainLoader.yaml_implicit_resolvers = {
    first: [row for row in rows if row[0] != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def schema(name):
    return json.loads((ARGUMENTS.policies / "schemas" / f"{name}.json").read_text())


def schema_name(path):
    for pattern, name in SCHEMA_OF:
        if pathlib.PurePath(path).match(pattern):
            return name or pathlib.PurePath(path).stem
    raise KeyError(path)


# Every mapping of every file, with every choice, at least once.
EVERYTHING = {
    "bundle.yaml": {"format": 1, "name": "everything"},
    "environments.yaml": {"environments": {"lab": {"durability": "recorded"}}},
    "entities/all.yaml": {"entities": {"BADGE": {
        "generalise_to": "name", "rules": [
            {"id": "badge", "kind": "pattern", "pattern": "badge-[0-9]{4}"},
            {"id": "row", "kind": "shape", "shapes": ["99-9999"], "separated": "required", "letters": "any"},
            {"id": "run", "kind": "run", "alphabet": "hex", "length": [32, 64], "context": ["key"]}],
        "must_match": [{"text": "badge-1234"}], "must_not_match": ["x", {"text_parts": ["a", "b"]}]}}},
    "vendors/one.yaml": {"vendor": {
        "name": "one", "host": "one.example.com", "addresses": ["192.0.2.10", "2001:db8::10"],
        "pins": [PIN],
        "auth_header": "authorization", "credential": "one", "unknown_endpoint": "refuse", "unknown_field": "inspect",
        "data_use": {"training": "never", "retention": "zero", "human_review": "never", "content_logging": "none"},
        "endpoints": [{"method": "POST", "path": "/v1/chat", "api_kind": "chat", "body": "required"}]}},
    "vendors/api/chat.yaml": {
        "api_kind": "chat", "format": 1, "fragments": {"part": {"paths": {"text": "T"}}},
        "request": {"bodies": ["json"], "paths": {
            "model": {"class": "structural", "role": "model"}, "prompt": {"class": "T", "speaker": "user"},
            "parts[*]": {"use": "part"}}},
        "response": {"paths": {"answer": "T"}},
        "stream": {"bodies": ["sse"], "channels": {"text": {"class": "T", "keys": "one", "event": "delta",
                                                          "event_data": '{"delta":${text}}'}},
                   "paths": {"delta": {"class": "T", "channel": "text"}}}},
    "tenants.yaml": {"tenants": {"main": {"vendors": ["one"], "token_scope": "tenant",
                                          "durability": {"lab": "committed"}}}},
    "keys.yaml": {"keys": {"k": {"hmac": "a" * 64, "tenant": "main", "principal": "kim", "environment": "lab",
                                 "default_reason": "support"}}},
    "actions.yaml": {"rules": [{"id": "all", "role": "user", "direction": "request", "action": "observe",
                                "would": "mask"}],
                     "opaque": [{"id": "o", "kind": "image", "direction": "request", "action": "allow"}]},
    "access.yaml": {"reasons": {"support": {"description": "d", "ticket": True}},
                    "rules": [{"id": "a", "reason": "support", "allow": True}]},
    "routes.yaml": {"gateway_hosts": ["*"], "prefixes": {"/one": "one"}},
    "retention.yaml": {"retention": {"evidence_days": {"REQ": 400},
                                     "tenants": {"main": {"evidence_days": {"REQ": 400}}}}},
    "restoration.yaml": {"reasons": [{"code": "support"}], "purposes": ["help"], "limits": {"values_per_hour": 10},
                         "identities": [{"name": "kim", "unix": "kim", "certificate_key": PIN, "mfa": "multi"}],
                         "rules": [{"id": "r", "min_mfa": "multi", "allow": False}]},
    "dictionaries.yaml": {"dictionaries": {"names": {"file": "names.txt", "entity": "BADGE", "tenants": "main"}}},
    "approvals.yaml": {"approvals": {"approvers": 1}},
    "rollout.yaml": {"rollout": {"halt_error_percent": 5}},
    "exceptions.yaml": {"exceptions": [{"id": "e", "finding": "test_weakened", "subject": "t", "owner": "kim",
                                        "reason": "r", "expires": "2099-12-31"}]},
    "templates/a.yaml": {"templates": [{"name": "a", "version": "v1", "status": "active",
                                        "parts": [{"role": "user", "text": "Say {{what}} now"}]}]},
    "tests/all.yaml": {"tests": [{
        "name": "t", "tenant": "main", "environment": "lab", "destination": "one", "direction": "request",
        "role": "user", "text": "badge-1234", "expect": {
            "verdict": "pass", "detections": [{"entity": "BADGE", "match": "badge-1234", "action": "observe"}],
            "restorations": [{"entity": "BADGE", "match": "badge-1234"}]}}]},
}


def check(files):
    """The problems that sallyctl lists about a bundle of these files."""
    with tempfile.TemporaryDirectory(prefix="sallyport-schemas-") as folder:
        for path, tree in files.items():
            target = pathlib.Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(yaml.safe_dump(tree, sort_keys=False))
        shutil.copy(ARGUMENTS.policies / "limits.yaml", pathlib.Path(folder, "limits.yaml"))
        done = subprocess.run([ARGUMENTS.bin / "sallyctl", "policy", "check", folder, "--output", "json"],
                              capture_output=True, text=True, timeout=60, check=False)
        return [problem["message"] for problem in json.loads(done.stdout)["problems"]]


def walk(node, data, root, path, seen, visit):
    """visit(node of the schema, path into the data) for each mapping and each choice, once per place of the schema."""
    if "$ref" in node:
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in node and "properties" not in node:
        fitting = [one for one in node["anyOf"] if jsonschema.Draft202012Validator(
            {**one, "$defs": root.get("$defs", {})}).is_valid(data)]
        for one in fitting:
            walk(one, data, root, path, seen, visit)
        return
    if id(node) in seen:
        return
    if "enum" in node and isinstance(data, str):
        seen.add(id(node))
        visit(node, path)
    elif isinstance(data, list) and "items" in node:
        for i, item in enumerate(data):
            walk(node["items"], item, root, path + [i], seen, visit)
    elif isinstance(data, dict):
        if node.get("additionalProperties") is False:
            seen.add(id(node))
            visit(node, path)
        for key, value in data.items():
            below = node.get("properties", {}).get(key, node.get("additionalProperties"))
            if isinstance(below, dict):
                walk(below, value, root, path + [key], seen, visit)


def changed(files, file, path, value):
    out = copy.deepcopy(files)
    tree = out[file]
    for step in path[:-1]:
        tree = tree[step]
    if path:
        tree[path[-1]] = value
    else:
        out[file] = value
    return out


def at(tree, path):
    for step in path:
        tree = tree[step]
    return tree


class Schemas(unittest.TestCase):
    def test_every_schema_is_one(self):
        names = sorted(path.stem for path in (ARGUMENTS.policies / "schemas").glob("*.json"))
        self.assertEqual(len(names), 19)
        for name in names:
            jsonschema.Draft202012Validator.check_schema(schema(name))

    def test_every_shipped_file_validates(self):
        count = 0
        for path in sorted(ARGUMENTS.policies.rglob("*.yaml")):
            relative = path.relative_to(ARGUMENTS.policies)
            tree = yaml.load(path.read_text(), Loader=PlainLoader)
            validator = jsonschema.Draft202012Validator(schema(schema_name(relative)))
            for error in validator.iter_errors(tree):
                self.fail(f"{relative}: {'/'.join(map(str, error.path))}: {error.message}")
            count += 1
        self.assertGreater(count, 40)

    def test_the_sample_is_good_for_both(self):
        for file, tree in EVERYTHING.items():
            jsonschema.validate(tree, schema(schema_name(file)), jsonschema.Draft202012Validator)
        # Only what would need compiling is left: reading found nothing.
        self.assertEqual([text for text in check(EVERYTHING) if "has no" in text or "is none of" in text], [])

    def test_the_reader_and_the_schema_know_the_same_keys(self):
        compared = 0

        def visit(node, path):
            nonlocal compared
            if "properties" not in node:
                return
            data = dict(at(EVERYTHING[file], path))
            data[UNKNOWN] = "x"
            said = [text for text in check(changed(EVERYTHING, file, path, data)) if UNKNOWN in text]
            self.assertEqual(len(said), 1, f"{file} {path}: {said}")
            self.assertIn("it can have ", said[0], f"{file} {path}")
            known = set(said[0].split("it can have ")[1].split(", "))
            self.assertEqual(known, set(node["properties"]), f"{file} {path}")
            compared += 1

        for file in EVERYTHING:
            root = schema(schema_name(file))
            walk(root, EVERYTHING[file], root, [], set(), visit)
        self.assertGreater(compared, 35)

    def test_the_reader_and_the_schema_know_the_same_words(self):
        compared = 0

        def visit(node, path):
            nonlocal compared
            if "enum" not in node:
                return
            said = [text for text in check(changed(EVERYTHING, file, path, "zz-none"))
                    if text.startswith("'zz-none' is none of: ")]
            if not said:
                return  # refused in other words: a list of another kind
            words = re.split(", ", said[0].split("is none of: ")[1])
            # What can be tried out is an action that does something; the reader says that in a sentence of its own.
            apart = {"any", "allow", "observe"} if path[-1] == "would" else {"any"}
            self.assertEqual(set(words) - apart, set(node["enum"]) - apart, f"{file} {path}")
            compared += 1

        for file in EVERYTHING:
            root = schema(schema_name(file))
            walk(root, EVERYTHING[file], root, [], set(), visit)
        self.assertGreater(compared, 25)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--policies", type=pathlib.Path, required=True)
    ARGUMENTS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0]] + rest, verbosity=2)
