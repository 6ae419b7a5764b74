#!/usr/bin/env python3
"""framing_test.py: a request that two parsers could read in two ways is refused; nothing of it reaches the vendor."""
import json
import socket
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat

BODY = json.dumps(chat("framing")).encode()
LENGTH = str(len(BODY)).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
GOOD = [b"Host: gateway.lab", b"Content-Type: application/json"]

# name -> (request line, headers beside GOOD and the key, body)
LINE = b"POST /openai/v1/chat/completions HTTP/1.1"
AMBIGUOUS = {
    "both framings": (LINE, [b"Content-Length: " + LENGTH, b"Transfer-Encoding: chunked"], CHUNKED),
    "two lengths": (LINE, [b"Content-Length: " + LENGTH, b"Content-Length: 5"], BODY),
    "two equal lengths": (LINE, [b"Content-Length: " + LENGTH, b"Content-Length: " + LENGTH], BODY),
    "list of lengths": (LINE, [b"Content-Length: " + LENGTH + b", " + LENGTH], BODY),
    "signed length": (LINE, [b"Content-Length: +" + LENGTH], BODY),
    "hex length": (LINE, [b"Content-Length: 0x10"], BODY),
    "huge length": (LINE, [b"Content-Length: 99999999999999999999999"], BODY),
    "unknown coding": (LINE, [b"Transfer-Encoding: gzip, chunked"], CHUNKED),
    "chunked twice": (LINE, [b"Transfer-Encoding: chunked, chunked"], CHUNKED),
    "chunked not last": (LINE, [b"Transfer-Encoding: chunked, identity"], CHUNKED),
    "odd chunked": (LINE, [b"Transfer-Encoding: xchunked"], CHUNKED),
    "space before the colon": (LINE, [b"Content-Length : " + LENGTH], BODY),
    "folded line": (LINE, [b"X-A: 1\r\n 2", b"Content-Length: " + LENGTH], BODY),
    "bare LF in the head": (LINE, [b"X-A: 1\nContent-Length: " + LENGTH], BODY),
    "bare CR in a value": (LINE, [b"X-A: 1\r2", b"Content-Length: " + LENGTH], BODY),
    "zero in a value": (LINE, [b"X-A: 1\x002", b"Content-Length: " + LENGTH], BODY),
    "bad name": (LINE, [b"X(A: 1", b"Content-Length: " + LENGTH], BODY),
    "two hosts": (LINE, [b"Host: other.example", b"Content-Length: " + LENGTH], BODY),
    "version 1.0 chunked": (LINE.replace(b"1.1", b"1.0"), [b"Transfer-Encoding: chunked"], CHUNKED),
    "version 2.0": (LINE.replace(b"1.1", b"2.0"), [b"Content-Length: " + LENGTH], BODY),
    "two spaces": (LINE.replace(b" ", b"  ", 1), [b"Content-Length: " + LENGTH], BODY),
    "chunk size not hex": (LINE, [b"Transfer-Encoding: chunked"], b"zz\r\nabc\r\n0\r\n\r\n"),
    "chunk size too long": (LINE, [b"Transfer-Encoding: chunked"], b"0" * 400 + b"1\r\na\r\n0\r\n\r\n"),
    "chunk longer than said": (LINE, [b"Transfer-Encoding: chunked"], b"3\r\nabcdef\r\n0\r\n\r\n"),
    "chunk ends in LF": (LINE, [b"Transfer-Encoding: chunked"], CHUNKED.replace(b"\r\n", b"\n")),
    "upgrade": (LINE, [b"Connection: upgrade", b"Upgrade: websocket", b"Content-Length: " + LENGTH], BODY),
    "encoded body": (LINE, [b"Content-Encoding: gzip", b"Content-Length: " + LENGTH], BODY),
    "huge head": (LINE, [b"X-A: " + b"a" * 20000, b"Content-Length: " + LENGTH], BODY),
    "many headers": (LINE, [b"X-%d: a" % n for n in range(200)] + [b"Content-Length: " + LENGTH], BODY),
}


class Framing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def send(self, line, headers, body):
        """The status of the answer (0: closed without one), and whether the connection was closed after it."""
        connection = LabConnection(self.lab, timeout=10)
        connection.connect()
        key = b"Authorization: Bearer " + self.lab.keys["allowed"].encode()
        raw = b"\r\n".join([line] + GOOD + [key] + headers) + b"\r\n\r\n" + body
        received, closed = b"", False
        connection.sock.settimeout(3)
        try:
            connection.sock.sendall(raw)
            while True:
                piece = connection.sock.recv(65536)
                if not piece:
                    closed = True
                    break
                received += piece
        except socket.timeout:
            pass
        except OSError:
            closed = True
        connection.close()
        return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.1 ") else 0, closed

    def test_every_ambiguity_is_refused_and_closes_the_connection(self):
        for name, (line, headers, body) in AMBIGUOUS.items():
            with self.subTest(name):
                before = len(self.lab.vendor_requests())
                status, closed = self.send(line, headers, body)
                self.assertIn(status // 100, (0, 4, 5), name)
                self.assertTrue(closed, "the connection stayed open")
                self.assertEqual(len(self.lab.vendor_requests()), before)
        self.assertEqual(self.lab.post("/openai/v1/chat/completions", chat("after")).status, 200)

    def test_requests_one_after_the_other_on_one_connection(self):
        connection = LabConnection(self.lab)
        for number in range(20):
            answer = self.lab.post("/openai/v1/chat/completions", chat(f"n{number}", stream=number % 3 == 0),
                                   connection=connection)
            self.assertEqual(list(answer.channel_texts().values()), [f"You said: n{number}"])
        connection.close()

    def test_headers_that_are_ours_or_the_callers_do_not_reach_the_vendor(self):
        self.lab.post("/openai/v1/chat/completions", chat("headers"),
                      headers={"X-Sallyport-Reason": "support", "Cookie": "a=b", "Forwarded": "for=1.2.3.4",
                               "X-Forwarded-For": "1.2.3.4", "Accept-Encoding": "gzip, br"})
        names = {name.lower(): value for name, value in self.lab.vendor_requests()[-1]["headers"]}
        for name in ("x-sallyport-reason", "cookie", "forwarded", "x-forwarded-for"):
            self.assertNotIn(name, names)
        self.assertEqual(names.get("accept-encoding", "identity"), "identity")
        self.assertEqual(names["host"], "api.openai.com")
        self.assertEqual(names["authorization"], "(the expected credential)")


if __name__ == "__main__":
    lab_fixture.main()
