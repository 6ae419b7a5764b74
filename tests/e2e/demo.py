#!/usr/bin/env python3
"""demo.py: the showing part of scripts/demo: one request of each kind, seen from every side.

Usage: demo.py --bin DIR --state DIR (--huge | --no-huge) [--keep]      or      demo.py --state DIR --stop
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lab_fixture  # noqa: E402
from lab_fixture import Lab, chat, messages  # noqa: E402

EMAIL, PHONE, CARD = "erika.mustermann" + "@" + "example.org", "+1 415 " + "555 0188", "4111 1111 " + "1111 1111"
SCREEN = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def heading(text):
    print(f"\n\033[1m== {text}\033[0m" if SCREEN else f"\n== {text}", flush=True)


def show(label, text, limit=1400):
    text = text if len(text) <= limit else text[:limit] + f"\n... ({len(text) - limit} more characters)"
    lines = text.split("\n")
    print(f"  {label:<16}| " + f"\n  {'':<16}| ".join(lines), flush=True)


def curl(lab, path, body, key, out):
    """One request with curl from the client namespace; the exact command of an operator, but for the key."""
    command = ["ip", "netns", "exec", lab.client_namespace, "curl", "-sS", "-N", "--max-time", "60", "--cacert",
               lab.gateway_ca, "--resolve", f"{lab.gateway_host}:443:{lab.gateway_address}", "-D", out + ".head",
               f"https://{lab.gateway_host}{path}", "-H", "Content-Type: application/json",
               # The key goes in by a file, not by the command line that everybody can read.
               "-H", f"@{out}.key", "-d", json.dumps(body, ensure_ascii=False)]
    with open(os.open(f"{out}.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"Authorization: Bearer {lab.keys[key]}\n")
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode != 0:
        raise RuntimeError(f"curl: {answer.stderr}")
    with open(out + ".head", encoding="latin-1") as file:
        head = file.read().replace("\r", "").strip().split("\n")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:])}
    return lab_fixture.Answer(int(head[0].split(" ")[1]), headers, answer.stdout.encode())


def compact_stream(answer):
    """A stream's events with the text of each, one line per event, so that a screen holds it."""
    lines = []
    for name, data in answer.events():
        data = data if len(data) < 150 else data[:147] + "..."
        lines.append((f"event: {name}  " if name else "") + "data: " + data)
    if len(lines) > 9:
        lines = lines[:5] + [f"... {len(lines) - 8} more events ..."] + lines[-3:]
    return "\n".join(lines)


class Demo:
    def __init__(self, lab):
        self.lab, self.number, self.problems = lab, 0, []

    def expect(self, what, holds):
        print(f"  {'yes' if holds else 'NO !':<16}| {what}", flush=True)
        if not holds:
            self.problems.append(f"request {self.number}: {what}")

    def ask(self, title, path, body, key="allowed"):
        """Sends it and shows the four sides. Gives back (answer, texts, what the vendor got or None)."""
        self.number += 1
        heading(f"{self.number}. {title}")
        before = len(self.lab.vendor_requests())
        answer = curl(self.lab, path, body, key, f"{self.lab.work}/curl")
        received = self.lab.vendor_requests()[before:]
        show("client sent", f"POST {path}\n" + json.dumps(body, ensure_ascii=False))
        show("vendor received", received[-1]["body"] if received else "(nothing)")
        stream = "text/event-stream" in answer.headers.get("content-type", "")
        show("client got back", f"HTTP {answer.status}\n" + (compact_stream(answer) if stream else answer.text))
        texts = answer.channel_texts() if answer.status == 200 else {}
        if stream:
            show("that is", "\n".join(f"{' '.join(map(str, c))}: {t}" for c, t in texts.items()))
        show("evidence", self.lab.evidence_text(answer))
        return answer, texts, received[-1]["body"] if received else None

    def run(self):
        text = f"Write to {EMAIL}, call {PHONE}, charge {CARD}."
        openai, anthropic = "/openai/v1/chat/completions", "/anthropic/v1/messages"
        answer, texts, body = self.ask("A prompt with personal data (JSON)", openai, chat(text))
        self.expect("the vendor saw tokens",
                    all(v not in body for v in (EMAIL, PHONE, CARD)) and "[EMAIL-ADDRESS-" in body)
        self.expect("the client has its own data", text in next(iter(texts.values()), ""))

        answer, texts, body = self.ask("The same as a stream, cut every 3 characters", openai,
                                       chat(text, "sim-split-3", stream=True))
        self.expect("the vendor saw tokens", all(v not in body for v in (EMAIL, PHONE, CARD)))
        self.expect("the client has its own data", text in next(iter(texts.values()), ""))

        tool = [{"name": "find_person", "description": "Finds a person",
                 "input_schema": {"type": "object", "properties": {"query": {"type": "string"}}}}]
        answer, texts, body = self.ask("A tool call, streamed by the other vendor", anthropic,
                                       messages(f"Find {EMAIL}", "sim-tool.split-5", stream=True, tools=tool))
        self.expect("the vendor saw a token", EMAIL not in body and "[EMAIL-ADDRESS-" in body)
        arguments = [t for c, t in texts.items() if c[-1] == "input_json_delta"]
        self.expect("the arguments are valid JSON and hold the value",
                    json.loads(arguments[0])["query"] == f"Find {EMAIL}")

        answer, texts, body = self.ask("A principal that may not have values back", openai, chat(text), key="denied")
        self.expect("the client got tokens", EMAIL not in answer.text and "[EMAIL-ADDRESS-" in answer.text)

        secret = lab_fixture.planted_secret()
        answer, texts, body = self.ask("A secret", openai, chat(f"Deploy with {secret} please"))
        self.expect("403, and the SDKs will not try again",
                    answer.status == 403 and answer.headers.get("x-should-retry") == "false")
        self.expect("nothing left, and the answer does not repeat it", body is None and secret not in answer.text)

        heading("The log")
        self.lab.drained()
        listing = self.lab.sallyctl("evidence", "list", "--output", "json").stdout
        self.expect("no record holds a value", all(v not in listing for v in (EMAIL, PHONE, CARD, secret)))
        answer = self.lab.sallyctl("evidence", "verify", check=False)
        print("\n".join(filter(None, (answer.stderr.strip(), answer.stdout.strip()))), flush=True)
        if answer.returncode != 0:
            self.problems.append("evidence verify failed")


def how_to_talk(lab):
    heading("The lab stays up. How to talk to it")
    with open(os.open(f"{lab.work}/key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"Authorization: Bearer {lab.keys['allowed']}\n")
    settings = " ".join(f"{name}={value}" for name, value in lab.extra_environment().items())
    print(f"""
  a request     ip netns exec {lab.client_namespace} curl -sS --cacert {lab.gateway_ca} \\
                  --resolve {lab.gateway_host}:443:{lab.gateway_address} \\
                  https://{lab.gateway_host}/openai/v1/chat/completions \\
                  -H 'Content-Type: application/json' -H @{lab.work}/key \\
                  -d '{{"model":"sim-echo","messages":[{{"role":"user","content":"Mail me at someone@example.org"}}]}}'
  the vendor    tail -f {lab.vendor_log_path}      (what a model name does: tests/e2e/simulator/replies.py)
  the operator  {settings} {lab.bin}/sallyctl {' '.join(lab.common_arguments())} status
  the policy    {lab.policy_folder}      (sallyctl policy apply {lab.policy_folder})
  the logs      {lab.work}/*.log
  the end       sudo scripts/demo --stop
""", flush=True)


def save(lab, state):
    with open(f"{state}/lab.json", "w", encoding="utf-8") as file:
        json.dump({"name": lab.name, "work": lab.work,
                   "processes": {n: [p.pid, started(p.pid)] for n, p in lab.processes.items()}}, file)


def started(pid):
    """Start time of a process: with the id it names one process for ever."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return None


def stop(state):
    path = f"{state}/lab.json"
    if not os.path.exists(path):
        print("no lab of --keep is up")
        return 0
    with open(path, encoding="utf-8") as file:
        lab = json.load(file)
    for name, (pid, when) in reversed(list(lab["processes"].items())):
        if when is None or started(pid) != when:
            continue
        os.kill(pid, signal.SIGTERM)
        for _ in range(150):
            if started(pid) != when:
                break
            time.sleep(0.1)
        else:
            os.kill(pid, signal.SIGKILL)
        print(f"ended {name} ({pid})")
    subprocess.run([f"{lab_fixture.ROOT}/scripts/lab", "down", lab["name"]])
    subprocess.run(["rm", "-rf", "--", lab["work"]])
    os.unlink(path)
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin")
    parser.add_argument("--state", required=True)
    parser.add_argument("--huge", action="store_true")
    parser.add_argument("--no-huge", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    if options.stop:
        return stop(options.state)
    reason = lab_fixture.why_not()
    if reason:
        print("demo: " + reason, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(options.state, exist_ok=True)
    lab = Lab(work=f"{options.state}/lab", bin_dir=options.bin, keep=options.keep, huge=options.huge, say=heading)
    keep = False
    try:
        lab.start()
        demo = Demo(lab)
        demo.run()
        for problem in demo.problems:
            print("PROBLEM: " + problem)
        if options.keep:
            save(lab, options.state)
            how_to_talk(lab)
            keep = True
        return 1 if demo.problems else 0
    except (RuntimeError, OSError, KeyError, ValueError, TypeError, IndexError) as error:
        print(f"demo: {error}", file=sys.stderr)
        for process in list(lab.processes.values()):
            print(process.tail(15), file=sys.stderr)
        return 1
    finally:
        if not keep:
            lab.stop()


if __name__ == "__main__":
    sys.exit(main())
