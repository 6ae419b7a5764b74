#!/usr/bin/env python3
"""witness.py: a small C2SP tlog-witness and an RFC 3161 authority, for tests.

Standard library and the openssl program only: it shares no line with what it judges.
Usage: witness.py FOLDER [tsa]
FOLDER/log.vkey is the log it knows. Writes FOLDER/vkey, tsa-ca.pem, other-ca.pem, and last FOLDER/port; what it has
cosigned is in memory.
POST /add-checkpoint          the witness
POST /tsa, /tsa-replay        timestamps; the second gives its first answer again whatever it is asked
"""
import base64
import hashlib
import http.server
import os
import struct
import subprocess
import sys
import time

NAME = "witness.test/1"
ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def extends(old_size, new_size, old_root, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof
    if not proof:
        return False
    if old_size & (old_size - 1) == 0:
        proof = [old_root] + proof
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


class Witness:
    def __init__(self, folder):
        self.folder = folder
        self.seen = {}
        self.log_name, _, key = open(f"{folder}/log.vkey").read().strip().split("+", 2)
        raw = base64.b64decode(key)
        with open(f"{folder}/log.der", "wb") as out:
            out.write((ED25519_SPKI if raw[0] == 1 else b"") + raw[1:])
        self.log_key = (raw[0], hashlib.sha256(self.log_name.encode() + b"\n" + raw).digest()[:4]
                        if raw[0] == 1 else hashlib.sha256(raw[1:]).digest()[:4])
        openssl("genpkey", "-algorithm", "ed25519", "-out", f"{folder}/witness.key")
        public = openssl("pkey", "-in", f"{folder}/witness.key", "-pubout", "-outform", "DER").stdout[-32:]
        self.key_id = hashlib.sha256(NAME.encode() + b"\n\x04" + public).digest()[:4]
        with open(f"{folder}/vkey", "w") as out:
            out.write(f"{NAME}+{self.key_id.hex()}+{base64.b64encode(bytes([4]) + public).decode()}")

    def verifies(self, body, signature):
        with open(f"{self.folder}/body", "wb") as out:
            out.write(body)
        with open(f"{self.folder}/signature", "wb") as out:
            out.write(signature)
        how = ["-rawin"] if self.log_key[0] == 1 else ["-rawin", "-digest", "sha256"]
        return openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", f"{self.folder}/log.der", *how,
                       "-in", f"{self.folder}/body", "-sigfile", f"{self.folder}/signature").returncode == 0

    def signed(self, note):
        body, _, lines = note.rpartition(b"\n\n")
        body += b"\n"
        for line in lines.splitlines():
            _, name, blob = line.decode().split(" ")
            raw = base64.b64decode(blob)
            if name == self.log_name and raw[:4] == self.log_key[1] and self.verifies(body, raw[4:]):
                return body
        return None

    def cosign(self, body):
        now = int(time.time())
        with open(f"{self.folder}/message", "wb") as out:
            out.write(f"cosignature/v1\ntime {now}\n".encode() + body)
        signature = openssl("pkeyutl", "-sign", "-inkey", f"{self.folder}/witness.key", "-rawin",
                            "-in", f"{self.folder}/message").stdout
        blob = self.key_id + struct.pack(">Q", now) + signature
        return f"\u2014 {NAME} {base64.b64encode(blob).decode()}\n".encode()

    def add_checkpoint(self, request):
        head, _, note = request.partition(b"\n\n")
        old, *proof = head.decode().split("\n")
        old_size = int(old.removeprefix("old "))
        origin, size, root = note.decode().split("\n")[:3]
        if origin != self.log_name:
            return 404, "text/plain", b""
        body = self.signed(note)
        if body is None:
            return 403, "text/plain", b""
        size, root = int(size), base64.b64decode(root)
        if old_size > size:
            return 400, "text/plain", b""
        seen_size, seen_root = self.seen.get(origin, (0, b""))
        if old_size != seen_size:
            return 409, "text/x.tlog.size", f"{seen_size}\n".encode()
        if old_size == size and root != seen_root:
            return 409, "text/plain", b""
        if not extends(seen_size, size, seen_root, root, [base64.b64decode(line) for line in proof]):
            return 422, "text/plain", b""
        self.seen[origin] = (size, root)
        return 200, "text/plain", self.cosign(body)


class Authority:
    """openssl ts -reply with a CA of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.first = None
        for name in ("tsa-ca", "other-ca"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")
        with open(f"{folder}/ts.cnf", "w") as out:
            out.write("[ts]\nextendedKeyUsage=critical,timeStamping\n[tsa]\n"
                      f"serial={folder}/serial\ndefault_policy=1.2.3.4.1\ndigests=sha256\nsigner_digest=sha256\n"
                      "ess_cert_id_alg=sha256\n")
        with open(f"{folder}/serial", "w") as out:
            out.write("01\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=tsa",
                "-keyout", f"{folder}/tsa.key", "-out", f"{folder}/tsa.csr")
        openssl("x509", "-req", "-in", f"{folder}/tsa.csr", "-CA", f"{folder}/tsa-ca.pem", "-CAkey",
                f"{folder}/tsa-ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{folder}/ts.cnf",
                "-extensions", "ts", "-out", f"{folder}/tsa.pem")

    def reply(self, request, replay):
        if replay and self.first:
            return self.first
        with open(f"{self.folder}/query.tsq", "wb") as out:
            out.write(request)
        done = openssl("ts", "-reply", "-config", f"{self.folder}/ts.cnf", "-section", "tsa", "-queryfile",
                       f"{self.folder}/query.tsq", "-signer", f"{self.folder}/tsa.pem", "-inkey",
                       f"{self.folder}/tsa.key", "-out", f"{self.folder}/reply.tsr")
        if done.returncode != 0:
            sys.stderr.write(done.stderr.decode())
            return b""
        with open(f"{self.folder}/reply.tsr", "rb") as reply:
            answer = reply.read()
        self.first = self.first or answer
        return answer


def main():
    folder = sys.argv[1]
    witness = Witness(folder)
    authority = Authority(folder) if sys.argv[2:] == ["tsa"] else None

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/add-checkpoint":
                status, kind, body = witness.add_checkpoint(request)
            else:
                status, kind = 200, "application/timestamp-reply"
                body = authority.reply(request, self.path == "/tsa-replay")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        with open(f"{folder}/port.new", "w") as out:
            out.write(str(server.server_port))
        os.rename(f"{folder}/port.new", f"{folder}/port")
        server.serve_forever()


if __name__ == "__main__":
    main()
