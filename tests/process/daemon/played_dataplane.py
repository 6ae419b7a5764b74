"""played_dataplane.py: the dataplane's end of control.sock and of the region, for tests of sallyportd.

Layouts are those of dataplane/contract/control_message.h and region_layout.h; the region's offsets are taken from its
header, as a stranger would.
"""
import array
import contextlib
import fcntl
import mmap
import os
import re
import socket
import struct

PACKET = struct.Struct("<IIIIQQIIII32s16s496s")
MAGIC = 0x4C544353
CONTRACT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "dataplane", "contract")


def contract_number(file, name):
    with open(f"{CONTRACT}/{file}", encoding="utf-8") as text:
        return int(re.search(rf"\b{name} = (\d+);", text.read()).group(1))


VERSION = contract_number("control_message.h", "kControlVersion")
IMAGE_VERSION = contract_number("image_layout.h", "kImageVersion")
REGION_VERSION = contract_number("region_layout.h", "kRegionVersion")
SECRETS_VERSION = contract_number("secrets_message.h", "kSecretsVersion")
(HELLO, WELCOME, SECRETS, SECRETS_RESULT, IMAGE, IMAGE_RESULT, REFUSED, CANARY, ROUTES, ROUTES_RESULT, TESTS,
 TESTS_RESULT) = range(1, 13)
TESTS_SECTION = 30  # contract::SectionKind::Tests
VERSIONS_AT = 64 + 8 * 512  # of a worker's block
F_GET_SEALS, ALL_SEALS = 1034, 0x1 | 0x2 | 0x4 | 0x8
STATES = {"absent": 0, "starting": 1, "not_ready": 2, "ready": 3, "stopping": 4}


def seeded_texts(image):
    """How many texts the section Tests of an image holds."""
    for at in range(64, len(image), 24):
        kind, _, offset, size = struct.unpack_from("<IIQQ", image, at)
        if kind == TESTS_SECTION:
            return struct.unpack_from("<I", image, offset)[0] if size else 0
    return 0


class Packet:
    def __init__(self, raw, fds):
        (self.magic, self.version, self.kind, self.ok, self.number, self.bytes, self.image_version,
         self.region_version, self.secrets_version, self.worker_count, self.digest, _, text) = PACKET.unpack(raw)
        self.text = text.split(b"\0")[0].decode()
        self.fd = fds[0] if fds else None

    def content(self):
        return os.pread(self.fd, self.bytes + 1, 0)

    def sealed(self):
        return fcntl.fcntl(self.fd, F_GET_SEALS) & ALL_SEALS == ALL_SEALS


class PlayedDataplane:
    """Connects and says Hello; accepts what comes unless told otherwise."""

    def __init__(self, run_dir, generation=1, workers=2):
        self.generation, self.workers, self.region, self.secrets, self.images = generation, workers, None, [], []
        self.tests, self.contents = [], {}
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(f"{run_dir}/control.sock")
        self.send(HELLO, generation)

    def send(self, kind, number=0, ok=0, digest=b"", text="", image_version=IMAGE_VERSION, counts=(0, 0, 0, 0)):
        self.socket.send(PACKET.pack(MAGIC, VERSION, kind, ok, number, 0, image_version, REGION_VERSION,
                                     SECRETS_VERSION, self.workers, digest, struct.pack("<4I", *counts), text.encode()))

    def next(self):
        """The next packet but for Tests, which is answered here; None when the connection is over."""
        while True:
            packet = self.next_of_all()
            if packet is None or packet.kind != TESTS:
                return packet
            self.tests.append(packet.digest.hex())
            count = seeded_texts(self.contents.get(packet.digest, b""))
            with contextlib.suppress(BrokenPipeError):  # it was killed meanwhile
                self.send(TESTS_RESULT, packet.number, ok=1, digest=packet.digest, counts=(count, 0, 0, 0))

    def next_of_all(self):
        try:
            raw, ancillary, _, _ = self.socket.recvmsg(PACKET.size, socket.CMSG_SPACE(4))
        except ConnectionResetError:  # it was killed before it read what we said
            raw = b""
        if not raw:
            return None
        fds = array.array("i")
        for _, _, data in ancillary:
            fds.frombytes(data[:4])
        return Packet(raw, list(fds))

    def expect(self, kind):
        packet = self.next()
        if packet is None or packet.kind != kind:
            raise AssertionError(f"wanted packet {kind}, got {packet and (packet.kind, packet.text)}")
        return packet

    def welcome(self):
        self.region = mmap.mmap(self.expect(WELCOME).fd, 0)
        header = struct.unpack_from("<QIIQIIIIIII", self.region, 0)
        self.control, self.dataplane, self.names, self.blocks, self.block_bytes = header[6:11]
        return self

    def word(self, offset, value=None):
        if value is not None:
            struct.pack_into("<Q", self.region, offset, value)
        return struct.unpack_from("<Q", self.region, offset)[0]

    def heartbeat_of_control(self):
        return self.word(self.control + 8)

    def report(self, state, adopted):
        for i, value in enumerate([os.getpid(), 1 << 62, STATES[state], self.generation, self.workers, 1]):
            self.word(self.dataplane + 8 * i, value)
        self.region[self.names:self.names + 10] = b"played.one"
        for worker in range(self.workers):
            at = self.blocks + worker * self.block_bytes
            for i, value in enumerate([1 << 62, 5, worker, adopted, adopted]):
                self.word(at + 8 * i, value)
            self.word(at + 64, 21)

    def take_secrets(self):
        packet = self.expect(SECRETS)
        self.secrets.append(packet)
        self.send(SECRETS_RESULT, packet.number, ok=1)
        return packet

    def take_image(self, refuse=None, adopt=True):
        packet = self.expect(IMAGE)
        self.images.append(packet)
        self.contents[packet.digest] = packet.content()
        self.send(IMAGE_RESULT, packet.number, ok=0 if refuse else 1, digest=packet.digest, text=refuse or "")
        if adopt and not refuse:
            self.report("ready", packet.number)
        return packet

    def take_canary(self, refuse_image=None, refuse_routes=None):
        """The second image and its routes; (packet of the image, packet of the routes, base, canary, tenants)."""
        image = self.expect(CANARY)
        self.contents[image.digest] = image.content()
        self.send(IMAGE_RESULT, image.number, ok=0 if refuse_image else 1, digest=image.digest, text=refuse_image or "")
        routes = self.expect(ROUTES)
        refuse = refuse_routes or refuse_image
        self.send(ROUTES_RESULT, routes.number, ok=0 if refuse else 1, text=refuse_routes or "")
        if not refuse:
            self.report("ready", routes.number)
        content = routes.content()
        count = struct.unpack_from("<I", content, 12)[0]
        names = [content[80 + 136 * i:80 + 136 * (i + 1)].rstrip(b"\0").decode() for i in range(count)]
        return image, routes, content[16:48].hex(), content[48:80].hex(), names

    def decided(self, place, digest, exchanges, served=0, blocked=0, refused=0, errors=0):
        """What worker 0 has decided by the image in a place: 0 the base, 1 the canary."""
        at = self.blocks + VERSIONS_AT + place * (128 + 8 * 256 * 7)
        self.region[at:at + 32] = bytes.fromhex(digest)
        for i, value in enumerate([1, exchanges, served, blocked, refused, errors]):
            self.word(at + 32 + 8 * i, value)

    def close(self):
        self.socket.close()
