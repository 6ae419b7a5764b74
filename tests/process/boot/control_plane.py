"""control_plane.py: the control plane's end of control.sock, played by a test (contract/control_message.h)."""
import fcntl
import mmap
import os
import re
import socket
import struct

PACKET = struct.Struct("<IIIIQQIIII32s16s496s")
MAGIC = 0x4c544353
CONTRACT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "dataplane", "contract")


def contract_number(file, name):
    with open(f"{CONTRACT}/{file}", encoding="utf-8") as text:
        return int(re.search(rf"\b{name} = (\d+);", text.read()).group(1))


VERSION = contract_number("control_message.h", "kControlVersion")
REGION_VERSION = contract_number("region_layout.h", "kRegionVersion")
SECRETS_VERSION = contract_number("secrets_message.h", "kSecretsVersion")
HELLO, WELCOME, SECRETS, SECRETS_RESULT, IMAGE, IMAGE_RESULT, REFUSED = range(1, 8)
REGION_HEADER = struct.Struct("<QIIQIIIIIII12x")
COUNTERS, NAME_BYTES, WORKERS, WORKER_BYTES = 512, 64, 64, 64 + 8 * 512 + 2 * (128 + 8 * 256 * 7)
CONTROL_AT, DATAPLANE_AT, NAMES_AT = 64, 192, 320
WORKERS_AT = NAMES_AT + COUNTERS * NAME_BYTES
REGION_BYTES = WORKERS_AT + WORKERS * WORKER_BYTES
STARTING, NOT_READY, READY, STOPPING = 1, 2, 3, 4
F_ADD_SEALS, ALL_SEALS = 1033, 0x0f
TOKEN_KEY, VENDOR_CREDENTIAL, GATEWAY_HMAC_KEY, SERVER_CERTIFICATE, SERVER_KEY, SUBJECT_KEY, TICKET_KEY = range(1, 8)


def sealed(content):
    file = os.memfd_create("sealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(file, content)
    fcntl.fcntl(file, F_ADD_SEALS, ALL_SEALS)
    return file


def secrets_message(entries, generation):
    """entries: (kind, name, value)."""
    body = b""
    for kind, name, value in entries:
        body += struct.pack("<HB2s3xII", kind, 0, b"\0\0", len(name), len(value)) + name + value
        body += bytes(-len(body) % 8)
    return struct.pack("<QIIQQ", 0x3154455243455350, SECRETS_VERSION, len(entries), 32 + len(body), generation) + body


class Region:
    def __init__(self):
        self.file = os.memfd_create("region", os.MFD_CLOEXEC)
        os.ftruncate(self.file, REGION_BYTES)
        self.map = mmap.mmap(self.file, REGION_BYTES)
        self.map[:64] = REGION_HEADER.pack(0x314e4f4947455253, REGION_VERSION, 64, REGION_BYTES, WORKERS, COUNTERS,
                                           CONTROL_AT, DATAPLANE_AT, NAMES_AT, WORKERS_AT, WORKER_BYTES)

    def word(self, at):
        return struct.unpack_from("<Q", self.map, at)[0]

    def dataplane(self):
        names = ("pid", "heartbeat_ns", "state", "start_generation", "worker_count", "counter_count",
                 "loaded_version", "secrets_generation", "certificate_not_after_s")
        return {name: self.word(DATAPLANE_AT + 8 * i) for i, name in enumerate(names)}

    def worker(self, index):
        names = ("heartbeat_ns", "turns", "core", "adopted_version", "oldest_version")
        return {name: self.word(WORKERS_AT + index * WORKER_BYTES + 8 * i) for i, name in enumerate(names)}

    def counters(self, index=0):
        values = {}
        for i in range(self.dataplane()["counter_count"]):
            at = NAMES_AT + i * NAME_BYTES
            name = self.map[at:at + NAME_BYTES].split(b"\0")[0].decode()
            values[name] = self.word(WORKERS_AT + index * WORKER_BYTES + 64 + 8 * i)
        return values


class ControlPlane:
    def __init__(self, run_dir):
        self.path = os.path.join(run_dir, "control.sock")
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(1)
        self.listener.settimeout(10)
        self.peer = None
        self.region = Region()

    def receive(self):
        fields = PACKET.unpack(self.peer.recv(PACKET.size))
        assert fields[:2] == (MAGIC, VERSION), fields
        return {"kind": fields[2], "ok": fields[3], "number": fields[4], "workers": fields[9],
                "text": fields[12].split(b"\0")[0].decode()}

    def send(self, kind, file, number=0, size=0, digest=bytes(32)):
        packet = PACKET.pack(MAGIC, VERSION, kind, int(kind == WELCOME), number, size, 0, 0, 0, 0, digest, b"", b"")
        socket.send_fds(self.peer, [packet], [file])

    def welcome(self):
        """Accepts the dataplane and greets it; answers its Hello."""
        self.leave()
        self.peer, _ = self.listener.accept()
        self.peer.settimeout(10)
        hello = self.receive()
        self.send(WELCOME, self.region.file)
        return hello

    def give_secrets(self, entries, generation):
        content = secrets_message(entries, generation)
        file = sealed(content)
        self.send(SECRETS, file, generation, len(content))
        os.close(file)
        return self.receive()

    def give_image(self, content, version):
        file = sealed(content)
        self.send(IMAGE, file, version, len(content))
        os.close(file)
        return self.receive()

    def leave(self):
        if self.peer is not None:
            self.peer.close()
            self.peer = None

    def close(self):
        self.leave()
        self.listener.close()
