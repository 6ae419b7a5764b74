"""tun_wire.py: our stack and the kernel's, two ends of a TUN device with a link emulator between them.

The kernel end is an ordinary interface of this (new) network namespace; our end is stack_harness, whose clock may run
faster than the wall's. The emulator loses, repeats, reorders, damages and delays packets (kernels of test machines have
no netem), can hold or cut the wire, and lets tests look at every packet.
"""
import ctypes
import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "conformance"))
import harness  # noqa: E402
from harness import Stack  # noqa: E402

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
OURS, KERNEL = "ours", "kernel"  # who sent a packet
TCP_STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECEIVED", 4: "FIN_WAIT_1", 5: "FIN_WAIT_2", 6: "TIME_WAIT",
              7: "CLOSED", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING"}


class Seen:
    """What a test wants of a packet: read without the stack's own code."""

    def __init__(self, packet):
        self.bytes = len(packet)
        body = packet[(packet[0] & 15) * 4:] if packet[0] >> 4 == 4 else packet[40:]
        (self.sport, self.dport, self.seq, self.ack, offset, bits, self.window) = struct.unpack("!HHIIBBH", body[:16])
        self.flags = "".join(f for f, bit in harness.FLAGS.items() if bits & bit)
        self.options = harness.Options.decode(body[20:(offset >> 4) * 4])
        self.data = len(body) - (offset >> 4) * 4


def is_tcp(packet):
    return len(packet) >= 40 and packet[9 if packet[0] >> 4 == 4 else 6] == 6


class Link:
    """One direction."""

    def __init__(self, dice):
        self.dice, self.queue, self.order = dice, [], 0
        self.loss = self.reorder = self.repeat = self.damage = 0.0
        self.delay = 0.0
        self.held, self.cut = False, False
        self.lost = self.reordered = self.repeated = self.damaged = self.largest = 0

    def send(self, packet, now):
        self.largest = max(self.largest, len(packet))
        if self.cut or self.dice.random() < self.loss:
            self.lost += 1
            return
        if self.dice.random() < self.damage:
            self.damaged += 1
            at = self.dice.randrange(20, len(packet))
            packet = packet[:at] + bytes([packet[at] ^ 1 << self.dice.randrange(8)]) + packet[at + 1:]
        copies = 1
        if self.dice.random() < self.repeat:
            self.repeated += 1
            copies = 2
        for _ in range(copies):
            due = now + self.delay
            if self.dice.random() < self.reorder:
                self.reordered += 1
                due += self.dice.random() * 4 * max(self.delay, 0.002)
            self.order += 1
            heapq.heappush(self.queue, (due, self.order, packet))

    def arrived(self, now):
        while self.queue and not self.held and self.queue[0][0] <= now:
            yield heapq.heappop(self.queue)[2]

    def release(self, count):
        """Lets the oldest packets through although the link is held."""
        out = [heapq.heappop(self.queue)[2] for _ in range(min(count, len(self.queue)))]
        return out


class World:
    made = 0

    def __init__(self, library, family, scale=1, kernel_mtu=1500, **settings):
        World.made += 1  # as after a reboot: other numbers, other ports
        seed = World.made
        self.family, self.scale = family, scale
        self.lock = threading.RLock()
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        name = fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH14x", b"wire%d", IFF_TUN | IFF_NO_PI))
        self.interface = name[:16].rstrip(b"\0").decode()
        self.kernel_address = "10.0.0.2" if family == 4 else "fd00::2"
        self.our_address = "10.0.0.1" if family == 4 else "fd00::1"
        prefix = "24" if family == 4 else "64"
        for words in (["address", "add", f"{self.kernel_address}/{prefix}", "dev", self.interface]
                      + ([] if family == 4 else ["nodad"]),
                      ["link", "set", self.interface, "mtu", str(kernel_mtu), "txqueuelen", "2000", "up"]):
            subprocess.run(["ip", *words], check=True)
        self.stack = Stack(library, family, seed=seed, **settings)
        dice = random.Random(seed)
        self.to_us, self.to_kernel = Link(dice), Link(dice)
        self.watchers = []
        self.problem = None
        self.start, self.stack_start = time.monotonic(), self.stack.now_ms()
        self.buffer, self.when = ctypes.create_string_buffer(65536), ctypes.c_uint64()
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        os.close(self.tun)
        self.stack.audit()
        self.stack.lib.sh_destroy(self.stack.handle)
        if self.problem is not None:
            raise self.problem

    def run(self):
        try:
            while not self.stopping:
                self.turn()
        except BaseException as problem:  # told to the test when it leaves
            self.problem = problem

    def turn(self):
        select.select([self.tun], [], [], 0.001)
        with self.lock:
            now = time.monotonic()
            for _ in range(64):
                try:
                    packet = os.read(self.tun, 65536)
                except BlockingIOError:
                    break
                if is_tcp(packet):  # the kernel's own router solicitations stay at home
                    self.look(KERNEL, packet)
                    self.to_us.send(packet, now)
            for packet in self.to_us.arrived(now):
                self.deliver_to_us(packet)
            behind = (now - self.start) * 1000 * self.scale - (self.stack.now_ms() - self.stack_start)
            if behind > 0:
                self.stack.advance(behind)
            self.collect(now)
            for packet in self.to_kernel.arrived(now):
                self.deliver_to_kernel(packet)

    def look(self, who, packet):
        if self.watchers:
            seen = Seen(packet)
            for watcher in self.watchers:
                watcher(who, seen)

    def deliver_to_us(self, packet):
        self.stack.lib.sh_inject(self.stack.handle, packet, len(packet))

    def deliver_to_kernel(self, packet):
        try:
            os.write(self.tun, packet)
        except BlockingIOError:
            self.to_kernel.lost += 1

    def collect(self, now):
        collect, handle = self.stack.lib.sh_collect, self.stack.handle
        while (size := collect(handle, self.buffer, 65536, ctypes.byref(self.when))) > 0:
            packet = self.buffer.raw[:size]
            if is_tcp(packet):
                self.look(OURS, packet)
            self.to_kernel.send(packet, now)

    def faults(self, **shares):
        for link in (self.to_us, self.to_kernel):
            for name, value in shares.items():
                assert hasattr(link, name), name
                setattr(link, name, value)

    def wait(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.problem is not None:
                raise self.problem
            with self.lock:
                if condition():
                    return
            time.sleep(0.002)
        raise AssertionError(f"not within {seconds} s: {what}")

    # The kernel's side.
    def kernel_socket(self):
        kind = socket.AF_INET if self.family == 4 else socket.AF_INET6
        out = socket.socket(kind, socket.SOCK_STREAM)
        out.settimeout(20)
        return out

    def kernel_listener(self, port):
        out = self.kernel_socket()
        out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        out.bind((self.kernel_address, port))
        out.listen(64)
        return out

    # Ours, with the manners of blocking sockets.
    def listen(self, port):
        with self.lock:
            listener = self.stack.listen(port)
        assert listener > 0, listener
        return listener

    def accept(self, listener):
        got = []

        def one():
            got[:] = [self.stack.accept(listener)]
            return got[0] > 0
        self.wait(one, "a connection to accept")
        return got[0]

    def connect(self, port):
        with self.lock:
            made = self.stack.connect(2, port)
        assert made > 0, made
        return made

    def send_all(self, made, data, seconds=60):
        at = [0]

        def some():
            sent = self.stack.send(made, data[at[0]:at[0] + 65536])
            if sent == harness.EAGAIN:
                return False
            if sent < 0:
                raise OSError(sent, "send")
            at[0] += sent
            return at[0] == len(data)
        if data:
            self.wait(some, f"room to send ({at[0]} of {len(data)})", seconds)

    def receive(self, made, count=None, seconds=60):
        """So many bytes, or all until the peer closes."""
        pieces, size, over = [], [0], []

        def some():
            got = self.stack.receive(made)
            if isinstance(got, int):
                if got == harness.EAGAIN:
                    return False
                raise OSError(got, "receive")
            if got == b"":
                over.append(True)
                return True
            pieces.append(got)
            size[0] += len(got)
            return count is not None and size[0] >= count
        self.wait(some, f"bytes to read ({size[0]} of {count})", seconds)
        return b"".join(pieces)

    def state(self, made):
        with self.lock:
            return self.stack.state(made)

    def counter(self, name):
        with self.lock:
            return self.stack.counter(name)


def kernel_state(connection):
    return TCP_STATES[connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]]


def kernel_read_all(connection):
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
