#!/usr/bin/env python3
"""vendor_simulator.py: a TLS vendor for the demo and the e2e tests: OpenAI chat completions and Anthropic messages.

Answers as the real ones do (replies.py says what the model name chooses) and writes one JSON line to --log for each
request that it received, with a sequence number, the headers (a credential shows only as whether it was the expected
one) and the body. Nothing of it ships.

Usage: vendor_simulator.py --listen ADDRESS:PORT --certificate PEM --key PEM --log FILE
                           [--credential-file FILE] [--tls 1.2|1.3] [--ready-file FILE]
"""
import argparse
import base64
import gzip
import hmac
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import more_kinds  # noqa: E402
import replies  # noqa: E402

CREDENTIAL_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie")
HEAD_BYTES_MAX = 256 * 1024


class Gone(Exception):
    """The other side is away, or we decided to end this connection."""


class Log:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.sequence = 0

    def write(self, entry):
        """Numbers and writes one line; gives back the number."""
        with self.lock:
            self.sequence += 1
            line = {"sequence": self.sequence, "time": round(time.time(), 6)}
            line.update(entry)
            self.file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self.file.flush()
            return self.sequence


class Reader:
    """Buffered reading of one connection."""

    def __init__(self, link):
        self.link, self.held = link, b""

    def more(self):
        try:
            piece = self.link.recv(65536)
        except (OSError, ssl.SSLError) as error:
            raise Gone(str(error)) from error
        if not piece:
            raise Gone("end of stream")
        self.held += piece

    def line(self):
        while b"\r\n" not in self.held:
            if len(self.held) > HEAD_BYTES_MAX:
                raise Gone("line too long")
            self.more()
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def exactly(self, count, body):
        while len(self.held) < count:
            body_now = self.held
            self.held = b""
            body += body_now
            count -= len(body_now)
            self.more()
        body += self.held[:count]
        self.held = self.held[count:]


class Request:
    def __init__(self):
        self.method = self.path = ""
        self.headers, self.body, self.complete = [], bytearray(), False

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name), None)


def read_request(reader, request):
    """Fills `request` as bytes come, so that a cut one can still be logged. False: clean end before a request."""
    try:
        first = reader.line()
    except Gone:
        if reader.held:
            raise
        return False
    request.method, request.path, _ = first.decode("latin-1").split(" ", 2)
    while True:
        line = reader.line().decode("latin-1")
        if not line:
            break
        name, _, value = line.partition(":")
        request.headers.append((name, value.strip()))
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        while True:
            size = int(reader.line().split(b";")[0], 16)
            if size == 0:
                break
            reader.exactly(size, request.body)
            reader.line()
        while reader.line():
            pass
    else:
        reader.exactly(int(request.header("content-length") or 0), request.body)
    request.complete = True
    return True


class Answer:
    """Writes one HTTP answer in the framing and pieces that the script asks for."""

    def __init__(self, link, script, defaults):
        self.link, self.script = link, script
        self.wire = script.number("wire", 0)
        self.framing = next((w for w in ("length", "chunked", "untilclose") if script.has(w)), defaults)
        self.closes = script.has("close") or self.framing == "untilclose"

    def put(self, data):
        try:
            if self.wire:
                for i in range(0, len(data), self.wire):
                    self.link.sendall(data[i:i + self.wire])
            else:
                self.link.sendall(data)
        except (OSError, ssl.SSLError) as error:
            raise Gone(str(error)) from error

    def head(self, status, content_type, length=None, more=()):
        words = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
                 429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable"}
        lines = [f"HTTP/1.1 {status} {words.get(status, 'Status')}", f"Content-Type: {content_type}",
                 "Date: " + time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), "Server: vendor-simulator",
                 f"x-request-id: req_sim{int(time.time() * 1e6)}", "openai-processing-ms: 3"]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        elif self.framing != "untilclose":
            lines.append("Transfer-Encoding: chunked")
        lines += list(more)
        lines.append("Connection: " + ("close" if self.closes else "keep-alive"))
        self.put(("\r\n".join(lines) + "\r\n\r\n").encode())

    def whole(self, status, content_type, body, more=()):
        if self.framing in ("chunked", "untilclose"):
            self.head(status, content_type, None, more)
            if self.framing == "untilclose":
                self.put(body)
                return
            size = self.script.number("chunked", 0) or max(1, len(body))
            for i in range(0, len(body), size):
                self.chunk(body[i:i + size])
            self.put(b"0\r\n\r\n")
            return
        self.head(status, content_type, len(body), more)
        self.put(body)

    def chunk(self, data):
        if self.framing == "untilclose":
            self.put(data)
        elif data:
            self.put(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def finish_stream(self):
        if self.framing != "untilclose":
            self.put(b"0\r\n\r\n")


def cut_hard(link, reset):
    """Ends TCP under TLS: FIN without close_notify, or RST."""
    try:
        raw = socket.socket(fileno=os.dup(link.fileno()))
        if reset:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            raw.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
        raw.close()
        os.close(link.detach())
    except OSError:
        pass
    raise Gone("cut on purpose")


def stream(answer, script, events, link):
    newline = "\r\n" if script.has("crlf") else "\n"
    answer.framing = "untilclose" if answer.framing == "untilclose" else "chunked"
    answer.head(200, "text/event-stream; charset=utf-8", None, ["Cache-Control: no-cache"])
    pause, events = script.number("slow", 0) / 1000.0, list(events)
    for number, (name, data) in enumerate(events):
        if number and pause:
            time.sleep(pause)
        text = (f"event: {name}{newline}" if name else "")
        if script.has("comments") and number % 3 == 1:
            text = f": keep-alive {number}{newline}{newline}" + text
        text += "".join(f"data: {line}{newline}" for line in data.split("\n")) + newline
        piece = text.encode()
        if number == len(events) // 2 and (script.has("truncate") or script.has("reset")):
            answer.chunk(piece[:len(piece) // 2])
            cut_hard(link, script.has("reset"))
        if number == len(events) - 1 and script.has("unfinished"):
            piece = piece[:-2]  # the last event never gets its empty line
        answer.chunk(piece)
    answer.finish_stream()


def trouble(answer, script, link, body, error):
    """True when the script asked for something that is no answer of the API."""
    if script.has("drop"):
        cut_hard(link, False)
    if script.has("status"):
        status = script.number("status", 500)
        message = "The request could not be served: " + replies.last_text(body)
        payload = replies.compact(error(status, message), script).encode()
        more = ["Retry-After: 1"] if status in (429, 503) else []
        answer.whole(status, "application/json", payload, more)
        return True
    if script.has("redirect"):
        answer.whole(302, "text/html", b"moved", ["Location: https://elsewhere.example/"])
        return True
    if script.has("html"):
        if script.operations["html"] == "type":
            answer.whole(200, "text/html", b"<html>not an API</html>")
            return True
    if script.has("badjson"):
        answer.whole(200, "application/json", b'{"id":"x","choices":[{"index":0,"message":')
        return True
    return False


def serve_other(answer, request, sequence, options):
    """True when one of the other kinds has this path, and has answered."""
    if options.credential and not credential_ok(request, options.credential):
        return False
    try:
        found = more_kinds.answer(request.method, request.path, request.header("content-type"), request.body, sequence)
    except (ValueError, KeyError, StopIteration, AttributeError):
        return False  # no request of its kind: what is said to an unknown path
    if found is None:
        return False
    if isinstance(found, more_kinds.Whole):
        answer.whole(200, found.content_type, found.body)
        return True
    answer.framing = "chunked"
    answer.head(200, found.content_type)
    for piece in found.pieces:
        answer.chunk(piece)
    answer.finish_stream()
    return True


def serve_request(link, request, sequence, options):
    try:
        body = json.loads(request.body.decode()) if request.body else {}
    except ValueError:
        body = {}
    script = replies.Script(body.get("model") if isinstance(body, dict) else "")
    answer = Answer(link, script, options.framing)
    if (request.header("connection") or "").lower() == "close":
        answer.closes = True
    kind = replies.KINDS.get(request.path.split("?")[0])
    if kind is None and serve_other(answer, request, sequence, options):
        return not answer.closes
    if kind is None or request.method != "POST" or not isinstance(body, dict):
        payload = json.dumps(replies.openai_error(404, f"Unknown request URL: {request.method} {request.path}"))
        answer.whole(404, "application/json", payload.encode())
        return not answer.closes
    whole, events, error = kind
    if script.has("first"):
        time.sleep(script.number("first", 0) / 1000.0)
    if options.credential and not credential_ok(request, options.credential):
        payload = json.dumps(error(401, "Incorrect API key provided", "authentication_error"))
        answer.whole(401, "application/json", payload.encode())
    elif trouble(answer, script, link, body, error):
        pass
    elif body.get("stream") is True:
        stream(answer, script, events(body, script, sequence), link)
    else:
        payload = replies.compact(whole(body, script, sequence), script).encode()
        if script.has("truncate") or script.has("reset"):
            answer.head(200, "application/json", len(payload))
            answer.put(payload[:len(payload) // 2])
            cut_hard(link, script.has("reset"))
        if script.has("gzip"):
            answer.whole(200, "application/json", gzip.compress(payload), ["Content-Encoding: gzip"])
        else:
            answer.whole(200, "application/json", payload)
    return not answer.closes


def credential_ok(request, expected):
    offered = next((value for name in ("x-api-key", "api-key", "x-goog-api-key", "authorization")
                    if (value := request.header(name))), "")
    if offered.startswith("Bearer "):
        offered = offered[7:]
    return hmac.compare_digest(offered.encode(), expected.encode())


def describe(request, options, connection):
    headers = []
    for name, value in request.headers:
        if name.lower() in CREDENTIAL_HEADERS:
            known = options.credential and credential_ok(request, options.credential)
            value = "(the expected credential)" if known else "(another credential)"
        headers.append([name, value])
    entry = {"event": "request", "connection": connection, "method": request.method, "path": request.path,
             "headers": headers, "complete": request.complete}
    try:
        entry["body"] = request.body.decode()
    except UnicodeDecodeError:
        entry["body_b64"] = base64.b64encode(bytes(request.body)).decode()
    return entry


def serve_connection(raw, number, context, log, options):
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.settimeout(options.idle)
    try:
        link = context.wrap_socket(raw, server_side=True)
    except (OSError, ssl.SSLError) as error:
        log.write({"event": "handshake_failed", "connection": number, "why": str(error)})
        raw.close()
        return
    log.write({"event": "connection", "connection": number, "tls": link.version(),
               "alpn": link.selected_alpn_protocol()})
    reader = Reader(link)
    try:
        again = True
        while again:
            request = Request()
            try:
                if not read_request(reader, request):
                    break
            except (Gone, ValueError):
                if request.method or reader.held:
                    log.write(describe(request, options, number))
                raise
            sequence = log.write(describe(request, options, number))
            again = serve_request(link, request, sequence, options)
        link.unwrap().close()
    except (Gone, OSError, ValueError, ssl.SSLError):
        link.close()


def main():
    parser = argparse.ArgumentParser(description="a TLS vendor for the demo and the e2e tests")
    parser.add_argument("--listen", required=True, help="ADDRESS:PORT")
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--credential-file", help="the credential that the vendor accepts; none: every one")
    parser.add_argument("--framing", choices=["length", "chunked"], default="length")
    parser.add_argument("--tls", choices=["1.2", "1.3"], help="only this version")
    parser.add_argument("--idle", type=float, default=600.0, help="seconds")
    parser.add_argument("--ready-file", help="written when the port is open")
    options = parser.parse_args()
    options.credential = ""
    if options.credential_file:
        with open(options.credential_file, encoding="utf-8") as file:
            options.credential = file.read().strip()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    context.set_alpn_protocols(["http/1.1"])
    if options.tls:
        version = ssl.TLSVersion.TLSv1_2 if options.tls == "1.2" else ssl.TLSVersion.TLSv1_3
        context.minimum_version = context.maximum_version = version
    log = Log(options.log)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    address, _, port = options.listen.rpartition(":")
    # "::" is every address of both families.
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, int(port)))
    listener.listen(512)
    if options.ready_file:
        with open(options.ready_file, "w", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    number = 0
    while True:
        raw, _ = listener.accept()
        number += 1
        threading.Thread(target=serve_connection, args=(raw, number, context, log, options), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
