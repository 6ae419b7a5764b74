"""lab_fixture.py: the whole appliance in the lab, for the demo and every e2e test.

One `Lab` = three network namespaces (scripts/lab), run-time certificates and keys, the shipped bundle plus one overlay
directory, sallyportd, sallyport-dataplane and the vendor simulator. It ends only what it started, by process id, and
removes what it made. Requests are made from this process: a thread steps into the client namespace to open its socket.
"""
import contextlib
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
SIMULATOR = os.path.join(HERE, "simulator")
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1


class Skip(Exception):
    """The machine cannot run the lab; the reason is printed and the test counts as skipped."""


def why_not():
    """None when the lab can run here."""
    if os.geteuid() != 0:
        return "the lab needs root"
    for command in ("ip", "openssl", "ethtool", "nsenter"):
        if shutil.which(command) is None:
            return f"{command} is not installed"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True)
    if probe.returncode != 0:
        return "network namespaces are not permitted here"
    return None


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def inside(namespace):
    """This thread is in the network namespace for a while; sockets made here stay in it."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        if LIBC.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            LIBC.setns(home.fileno(), CLONE_NEWNET)


class LabConnection(http.client.HTTPSConnection):
    """A TLS connection from the client namespace to the gateway."""

    def __init__(self, lab, timeout=30.0, host=None):
        super().__init__(host or lab.gateway_host, lab.gateway_port, timeout=timeout, context=lab.client_tls)
        self.lab = lab

    def connect(self):
        with inside(self.lab.client_namespace):
            raw = socket.create_connection((self.lab.gateway_address, self.port), self.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


class Answer:
    def __init__(self, status, headers, body, truncated=False):
        self.status, self.headers, self.body, self.truncated = status, headers, body, truncated

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def request_id(self):
        return self.headers.get("x-sallyport-request-id") or self.headers.get("x-request-id")

    def events(self):
        """[(event name or None, data)] of a stream."""
        found = []
        for block in self.text.replace("\r\n", "\n").split("\n\n"):
            name, data = None, []
            for line in block.split("\n"):
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
            if data or name:
                found.append((name, "\n".join(data)))
        return found

    def channel_texts(self):
        """{channel: text} over the deltas of a stream, or over the answer of a whole one, of either vendor."""
        texts = {}
        if "text/event-stream" not in (self.headers.get("content-type") or ""):
            return whole_texts(self.json)
        for _, data in self.events():
            if data == "[DONE]":
                continue
            value = json.loads(data)
            for choice in value.get("choices") or []:
                delta = choice.get("delta", {})
                if delta.get("content"):
                    add(texts, ("choice", choice["index"]), delta["content"])
                for call in delta.get("tool_calls") or []:
                    add(texts, ("tool", choice["index"], call["index"]), call.get("function", {}).get("arguments", ""))
            if value.get("type") == "content_block_delta":
                delta = value["delta"]
                add(texts, ("block", value["index"], delta["type"]),
                    delta.get("text") or delta.get("partial_json") or delta.get("thinking") or "")
        return texts


def add(texts, channel, piece):
    texts[channel] = texts.get(channel, "") + piece


def whole_texts(value):
    texts = {}
    for choice in value.get("choices") or []:
        message = choice["message"]
        if message.get("content"):
            add(texts, ("choice", choice["index"]), message["content"])
        for number, call in enumerate(message.get("tool_calls") or []):
            add(texts, ("tool", choice["index"], number), call["function"]["arguments"])
    for index, block in enumerate(value.get("content") or []):
        if block["type"] == "text":
            add(texts, ("block", index, "text_delta"), block["text"])
        elif block["type"] == "tool_use":
            add(texts, ("block", index, "input_json_delta"), json.dumps(block["input"]))
    return texts


def chat(text, model="sim-echo", **more):
    return dict({"model": model, "messages": [{"role": "user", "content": text}]}, **more)


def messages(text, model="sim-echo", **more):
    return dict({"model": model, "max_tokens": 1024, "messages": [{"role": "user", "content": text}]}, **more)


def planted_secret():
    """A secret of a kind that the shipped bundle blocks, made at run time."""
    return "AK" + "IA" + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[b % 32] for b in os.urandom(16))


def mentions(value, word):
    """True when `word` is a key or a string anywhere in a JSON value."""
    if isinstance(value, dict):
        return any(word == key or mentions(inner, word) for key, inner in value.items())
    if isinstance(value, list):
        return any(mentions(inner, word) for inner in value)
    return value == word


def wait_for(what, seconds, question, *processes):
    """Asks until the answer is true. A process that died meanwhile ends the wait with its log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return
        for process in processes:
            if process.poll() is not None:
                raise RuntimeError(f"{process.name} ended with {process.returncode} while waiting for {what}:\n"
                                   + process.tail())
        time.sleep(0.05)
    raise RuntimeError(f"no {what} within {seconds} s\n" + "\n".join(p.tail() for p in processes))


class Process:
    """One process that we started, with its output in a file."""

    def __init__(self, name, command, log_path, keep=False, environment=None):
        self.name, self.log_path = name, log_path
        self.log = open(log_path, "ab")
        # With --keep the process outlives us; else it dies with us even when we are killed.
        self.child = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                      env=environment, start_new_session=True,
                                      preexec_fn=None if keep else die_with_parent)
        self.pid = self.child.pid

    def poll(self):
        return self.child.poll()

    @property
    def returncode(self):
        return self.child.returncode

    def tail(self, lines=25):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return f"--- {self.name} ({self.log_path})\n" + "".join(file.readlines()[-lines:])

    def stop(self, sig=signal.SIGTERM, seconds=15):
        if self.child.poll() is None:
            # A stopped process must be continued, or it never sees the signal.
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(sig)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.log.close()


def main():
    """unittest with exit code 77 (skipped for ctest) when the machine cannot run the lab."""
    import unittest
    reason = why_not()
    if reason:
        print("SKIP: " + reason)
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    if not program.result.wasSuccessful():
        skipped = [error for _, error in program.result.errors if "lab_fixture.Skip" in error]
        if skipped and len(skipped) == len(program.result.errors) and not program.result.failures:
            print("SKIP: " + skipped[0].strip().split("\n")[-1])
            sys.exit(77)
        sys.exit(1)
    sys.exit(0)
