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
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from lab_appliance import Appliance, finished, image_digest  # noqa: F401 (the tests' vocabulary)
from lab_processes import HERE, LIBC, ROOT, run, wait_for

SIMULATOR = os.path.join(HERE, "simulator")
CLONE_NEWNET = 0x40000000


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


def read_answer(connection):
    response = connection.getresponse()
    try:
        return Answer(response.status, response.headers, response.read())
    except http.client.IncompleteRead as error:
        return Answer(response.status, response.headers, error.partial, truncated=True)
    except (ConnectionError, ssl.SSLError):
        return Answer(response.status, response.headers, b"", truncated=True)


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


class Lab(Appliance):
    """The appliance between a client namespace and a vendor simulator."""

    gateway_host, gateway_port = "gateway.lab", 443
    vendor_hosts = ("api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com",
                    "resource-name.openai.azure.com", "api.mistral.ai", "api.cohere.com",
                    "bedrock-runtime.us-east-1.amazonaws.com")
    tenant = "lab"

    def __init__(self, work=None, bin_dir=None, keep=False, huge=False, environment="lab", limits=None, memory=None,
                 frames=None, say=None, loss=0, vendors=("openai", "anthropic")):
        missing = [name for name in vendors if not os.path.exists(f"{ROOT}/policies/vendors/{name}.yaml")]
        if missing:
            raise Skip("the shipped bundle does not name " + ", ".join(missing))
        self.bin = os.path.abspath(bin_dir or os.environ.get("SALLYPORT_BIN_DIR", f"{ROOT}/build/release/bin"))
        self.keep, self.huge, self.environment, self.limits = keep, huge, environment, limits or {}
        self.memory, self.frames, self.loss, self.vendors = memory or {}, frames, loss, vendors
        self.say = say or (lambda text: None)
        self.name = f"e2e-{os.getpid()}-{time.monotonic_ns() % 100000}" if work is None else "demo"
        self.work = work or tempfile.mkdtemp(prefix="sallyport-e2e-", dir="/run")
        os.makedirs(self.work, exist_ok=True)
        os.chmod(self.work, 0o700)
        self.processes, self.keys, self.network_up = {}, {}, False
        self.vendor_listen = None  # the vendor's address
        self.policy_folder = f"{self.work}/policies"
        self.credentials = f"{self.work}/credentials"
        self.run_dir, self.state_dir = f"{self.work}/run", f"{self.work}/state"
        self.config_path = f"{self.work}/sallyport.yaml"
        self.vendor_log_path = f"{self.work}/vendor.jsonl"
        self.gateway_ca = f"{self.work}/certificates/gateway_ca.pem"
        self.certificates = f"{self.work}/certificates"

    # --- up and down ---------------------------------------------------------------------------

    def start(self):
        try:
            self.network()
            self.make_certificates()
            self.make_policy()
            self.restart_vendor()
            self.start_sallyportd()
            self.start_dataplane()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self):
        """Ends what we started, newest first, and removes what we made."""
        for name in reversed(list(self.processes)):
            self.processes.pop(name).stop()
        if self.network_up:
            subprocess.run([f"{ROOT}/scripts/lab", "down", self.name], capture_output=True)
            self.network_up = False
        if os.environ.get("SALLYPORT_KEEP_WORK"):
            print(f"kept: {self.work}")
        else:
            shutil.rmtree(self.work, ignore_errors=True)

    def network(self):
        run([f"{ROOT}/scripts/lab", "up", self.name] + (["--loss", str(self.loss)] if self.loss else []))
        self.network_up = True
        words = dict(line.split("=", 1) for line in run([f"{ROOT}/scripts/lab", "env", self.name]).splitlines())
        self.client_namespace = words["LAB_CLIENT_NAMESPACE"]
        self.sallyport_namespace = words["LAB_SALLYPORT_NAMESPACE"]
        self.vendor_namespace = words["LAB_VENDOR_NAMESPACE"]
        self.router_namespace = words["LAB_ROUTER_NAMESPACE"]
        self.gateway_address, self.vendor_address = words["LAB_GATEWAY_ADDRESS"], words["LAB_VENDOR_ADDRESS"]
        config = run([f"{ROOT}/scripts/lab", "config", self.name])
        for name, value in self.memory.items():
            config = re.sub(rf"(?m)^  {name}:.*$", f"  {name}: {value}", config)
        if self.frames:
            config = re.sub(r"(?m)^(    device:.*)$", rf"\1\n    frames: {self.frames}", config)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(config)

    def make_certificates(self):
        run([sys.executable, f"{SIMULATOR}/certificates.py", self.certificates,
             f"{self.gateway_host}={self.gateway_address}", ",".join(self.vendor_hosts) + "=" + self.vendor_address])
        self.client_tls = ssl.create_default_context(cafile=self.gateway_ca)
        self.client_tls.set_alpn_protocols(["http/1.1"])

    def restart_vendor(self, certificate=None, tls=None):
        """The simulator, with the good certificate or a bad one (simulator/certificates.py)."""
        self.stop_vendor()
        stem = f"{self.certificates}/{self.vendor_hosts[0]}" + (f".{certificate}" if certificate else "")
        ready = f"{self.work}/vendor.ready"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        listen = f"{self.vendor_listen or self.vendor_address}:443"
        command = [sys.executable, f"{SIMULATOR}/vendor_simulator.py", "--listen", listen,
                   "--certificate", f"{stem}.pem", "--key", f"{stem}.key", "--log", self.vendor_log_path,
                   "--credential-file", f"{self.work}/vendor_credential", "--ready-file", ready]
        process = self.spawn("vendor", command + (["--tls", tls] if tls else []), self.vendor_namespace)
        wait_for("the vendor simulator", 10, lambda: os.path.exists(ready), process)

    def stop_vendor(self):
        if "vendor" in self.processes:
            self.processes.pop("vendor").stop()

    def signal(self, name, number):
        os.kill(self.processes[name].pid, number)

    def kill(self, name):
        process = self.processes.pop(name)
        process.child.kill()
        process.child.wait()

    # --- requests ------------------------------------------------------------------------------

    def url(self, path):
        return f"https://{self.gateway_address}:{self.gateway_port}{path}"

    def headers(self, key, raw_key, more):
        headers = {"Content-Type": "application/json", "User-Agent": "sallyport-e2e"}
        value = raw_key or (self.keys[key] if key else None)
        if value:
            headers["Authorization"] = "Bearer " + value
        for name, text in (more or {}).items():
            headers[next((h for h in headers if h.lower() == name.lower()), name)] = text
        return headers

    def post(self, path, body, key="allowed", raw_key=None, headers=None, method="POST", connection=None, timeout=30.0):
        """One request. `body`: an object, or the exact text or bytes. With `connection` it is kept alive."""
        own = connection is None
        connection = connection or LabConnection(self, timeout)
        payload = json.dumps(body, ensure_ascii=False) if isinstance(body, (dict, list)) else body
        payload = payload.encode() if isinstance(payload, str) else payload
        try:
            connection.request(method, path, payload, self.headers(key, raw_key, headers))
            return read_answer(connection)
        finally:
            if own:
                connection.close()

    def post_in_pieces(self, path, raw, size, chunked, key="allowed"):
        """The same bytes cut by hand: TLS records and, with `chunked`, chunks of `size` bytes."""
        connection = LabConnection(self)
        connection.connect()
        headers = self.headers(key, None, {"Transfer-Encoding": "chunked"} if chunked else
                               {"Content-Length": str(len(raw))})
        head = f"POST {path} HTTP/1.1\r\nHost: {self.gateway_host}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        pieces = [raw[i:i + size] for i in range(0, len(raw), size)]
        if chunked:
            pieces = [f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in pieces] + [b"0\r\n\r\n"]
        for piece in [head.encode()] + pieces:
            connection.sock.sendall(piece)
        response = http.client.HTTPResponse(connection.sock, method="POST")
        response.begin()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        return answer

    # --- what the vendor saw, what the records say ------------------------------------------------

    def vendor_requests(self):
        if not os.path.exists(self.vendor_log_path):
            return []
        with open(self.vendor_log_path, encoding="utf-8") as file:
            entries = [json.loads(line) for line in file if line.endswith("\n")]
        return [entry for entry in entries if entry["event"] == "request"]

    def vendor_bodies(self):
        return [entry.get("body", "") for entry in self.vendor_requests()]

    def vendor_models(self):
        return [json.loads(entry["body"])["model"] for entry in self.vendor_requests() if entry["complete"]]

    def sallyctl(self, *arguments, input=None, check=True):
        answer = subprocess.run([f"{self.bin}/sallyctl", *arguments], input=input, capture_output=True, text=True,
                                env=self.environment_variables(), timeout=120)
        if check and answer.returncode != 0:
            raise RuntimeError(f"sallyctl {' '.join(arguments)}: exit {answer.returncode}\n"
                               f"{answer.stdout}{answer.stderr}")
        return answer


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
