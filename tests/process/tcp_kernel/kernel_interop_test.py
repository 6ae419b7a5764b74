#!/usr/bin/env python3
"""kernel_interop_test.py: what bulk transfers do not reach: both closes, resets at any point, keepalives, windows that
shut and shrink, every MTU, loss and reordering; our stack and the Linux kernel's, both ways, over IPv4 and IPv6.

In a network namespace of its own, over a TUN device (tun_wire.py). Needs root; says SKIP without.
Usage: kernel_interop_test.py LIBSTACK_HARNESS [--long] [-k NAME]
       --long   a window stays shut for 60 s of the kernel's time too, and 1,000 transfers
Exit: 0 good, 1 bad, 77 this machine cannot run it (printed as SKIP)
"""
import errno
import hashlib
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

import tun_wire
from tun_wire import KERNEL, OURS, World, kernel_read_all, kernel_state

LIBRARY = None
LONG = False
PORT = 7000


def bytes_of(seed, size):
    return hashlib.shake_128(struct.pack(">Q", seed)).digest(size)


class Edges:
    """The right edge that each side offered: how often it moved back."""

    def __init__(self):
        self.scale, self.edge, self.back, self.last = {}, {}, {OURS: 0, KERNEL: 0}, None

    def __call__(self, who, seen):
        if "S" in seen.flags:
            self.scale[who] = seen.options.scale
            return
        if len(self.scale) < 2 or "R" in seen.flags:
            return
        shift = self.scale[who] if None not in self.scale.values() else 0
        edge = seen.ack + (seen.window << shift)
        before = self.edge.get(who, edge)
        # Rounding to the scale may hide one unit.
        if (edge + (1 << shift) - before) & 0xffffffff > 1 << 31:
            self.back[who] += 1
            self.last = f"{who}: {seen.flags} ack {seen.ack} window {seen.window} << {shift}, edge before {before}"
        self.edge[who] = edge


class Interop(unittest.TestCase):
    def pair(self, world, kernel_opens, before=lambda made: None):
        """An open connection: the kernel's socket and ours. `before` sees the kernel's socket before its SYN."""
        if kernel_opens:
            listener = world.listen(PORT)
            theirs = world.kernel_socket()
            before(theirs)
            theirs.connect((world.our_address, PORT))
            return theirs, world.accept(listener)
        waiting = world.kernel_listener(PORT)
        before(waiting)
        ours = world.connect(PORT)
        theirs, _ = waiting.accept()
        waiting.close()
        theirs.settimeout(20)
        world.wait(lambda: world.stack.state(ours) == "ESTABLISHED", "our side to be open")
        return theirs, ours

    def each(self, body, before=lambda made: None, **settings):
        for family in (4, 6):
            for kernel_opens in (True, False):
                with self.subTest(family=family, kernel_opens=kernel_opens):
                    with World(LIBRARY, family, **settings) as world:
                        theirs, ours = self.pair(world, kernel_opens, before)
                        with theirs:
                            body(world, theirs, ours)

    def both_ways(self, world, theirs, ours, size):
        """Both send at once, half-close, and have what the other sent."""
        up, down = bytes_of(1, size), bytes_of(2, size)
        got = []

        def kernel_side():
            sender = threading.Thread(target=lambda: (theirs.sendall(up), theirs.shutdown(socket.SHUT_WR)))
            sender.start()
            got.append(kernel_read_all(theirs))
            sender.join()
        reader = threading.Thread(target=kernel_side)
        reader.start()
        sent, received = 0, []

        def step():
            nonlocal sent
            if sent < len(down):
                sent += max(world.stack.send(ours, down[sent:sent + 65536]), 0)
                if sent == len(down):
                    world.stack.shutdown(ours)
            piece = world.stack.receive(ours)
            if isinstance(piece, bytes) and piece:
                received.append(piece)
            return piece == b"" and sent == len(down)
        world.wait(step, f"{size} bytes both ways", 120)
        reader.join(60)
        self.assertEqual(hashlib.sha256(got[0]).digest(), hashlib.sha256(down).digest())
        self.assertEqual(hashlib.sha256(b"".join(received)).digest(), hashlib.sha256(up).digest())

    def test_transfers_over_a_bad_link(self):
        """Loss, reordering, repetition and damage, each of which happened; hashes of all transfers."""
        count = 250 if LONG else 8
        for family in (4, 6):
            with World(LIBRARY, family, connections_max=64) as world:
                world.faults(loss=0.02, reorder=0.1, repeat=0.01, damage=0.003, delay=0.001)
                listener = world.listen(PORT)
                for number in range(count):
                    if number % 2 == 0:
                        theirs = world.kernel_socket()
                        theirs.connect((world.our_address, PORT))
                        ours = world.accept(listener)
                    else:
                        waiting = world.kernel_listener(PORT + 1 + number)
                        ours = world.connect(PORT + 1 + number)
                        theirs, _ = waiting.accept()
                        theirs.settimeout(20)
                        waiting.close()
                    with theirs:
                        self.both_ways(world, theirs, ours, (1, 1448, 20_000, 150_000)[number % 4])
                    with world.lock:
                        world.stack.close(ours)
                    if number % 8 == 7:
                        world.stack.audit()
                links = (world.to_us, world.to_kernel)
                print(f"IPv{family}: {2 * count} transfers; lost {[link.lost for link in links]}, reordered "
                      f"{[link.reordered for link in links]}, repeated {sum(link.repeated for link in links)}, damaged "
                      f"{sum(link.damaged for link in links)}, our retransmissions {world.counter('tcp_retransmits')}")
                for link in links:
                    self.assertGreater(link.lost, 0)
                    self.assertGreater(link.reordered, 0)
                self.assertGreater(world.counter("tcp_retransmits"), 0)

    def test_half_close_by_the_kernel(self):
        """9293 3.6: it shuts its half and still gets everything."""
        def body(world, theirs, ours):
            theirs.sendall(b"request")
            theirs.shutdown(socket.SHUT_WR)
            self.assertEqual(world.receive(ours), b"request")
            self.assertEqual(world.state(ours), "CLOSE_WAIT")
            world.send_all(ours, bytes_of(3, 100_000))
            with world.lock:
                world.stack.shutdown(ours)
            self.assertEqual(kernel_read_all(theirs), bytes_of(3, 100_000))
            world.wait(lambda: world.stack.state(ours) == "CLOSED", "LAST-ACK to end")
        self.each(body)

    def test_half_close_by_us(self):
        def body(world, theirs, ours):
            world.send_all(ours, b"request")
            with world.lock:
                world.stack.shutdown(ours)
            self.assertEqual(kernel_read_all(theirs), b"request")
            self.assertEqual(kernel_state(theirs), "CLOSE_WAIT")
            threading.Thread(target=lambda: (theirs.sendall(bytes_of(4, 100_000)), theirs.close())).start()
            self.assertEqual(world.receive(ours), bytes_of(4, 100_000))
            world.wait(lambda: world.stack.state(ours) == "TIME_WAIT", "TIME-WAIT")
        self.each(body)

    def test_simultaneous_close(self):
        """9293 3.6 case 3: the FINs cross; both sides are in CLOSING, then in TIME-WAIT."""
        def body(world, theirs, ours):
            with world.lock:
                world.faults(held=True)
                theirs.shutdown(socket.SHUT_WR)
                world.stack.shutdown(ours)
            world.wait(lambda: world.to_us.queue and world.to_kernel.queue, "both FINs on the way")
            with world.lock:
                for packet in world.to_us.release(1):
                    world.deliver_to_us(packet)
                for packet in world.to_kernel.release(1):
                    world.deliver_to_kernel(packet)
            world.wait(lambda: kernel_state(theirs) == "CLOSING", "the kernel in CLOSING")
            self.assertEqual(world.state(ours), "CLOSING")
            world.faults(held=False)
            world.wait(lambda: world.stack.state(ours) == "TIME_WAIT", "our TIME-WAIT")
            world.wait(lambda: kernel_state(theirs) == "CLOSED", "the kernel's TIME-WAIT")  # the socket is let go
        self.each(body)

    def half_close(self, world, theirs, ours, at):
        if at == "half-closed by us":
            with world.lock:
                world.stack.shutdown(ours)
            self.assertEqual(kernel_read_all(theirs), b"")
        if at == "half-closed by it":
            theirs.shutdown(socket.SHUT_WR)
            self.assertEqual(world.receive(ours), b"")

    def test_kernel_resets_at_any_point(self):
        """SO_LINGER 0: at once, with data on the way, with data unread, half-closed by either."""
        points = ["open", "we send", "it has not read", "half-closed by us", "half-closed by it"]
        for point in points:
            def body(world, theirs, ours, at=point):
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if at in ("we send", "it has not read"):
                    with world.lock:
                        world.stack.send(ours, bytes_of(5, 200_000))
                if at == "it has not read":
                    world.wait(lambda: world.stack.info(ours).snd_wnd < 60_000
                               or world.stack.info(ours).send_queued == 0, "a filled window")
                self.half_close(world, theirs, ours, at)
                theirs.close()
                with self.assertRaises(OSError) as caught:
                    world.receive(ours) or world.send_all(ours, b"x" * 1_000_000, 5)
                self.assertEqual(caught.exception.args[0], tun_wire.harness.ERESET)
                self.assertEqual(world.counter("tcp_resets_in"), 1)
            with self.subTest(point=point):
                self.each(body)

    def test_we_reset_at_any_point(self):
        points = ["open", "it sends", "half-closed by us", "half-closed by it"]
        for point in points:
            def body(world, theirs, ours, at=point):
                if at == "it sends":
                    theirs.setblocking(False)
                    try:
                        while True:
                            theirs.send(b"y" * 65536)
                    except BlockingIOError:
                        theirs.settimeout(20)
                self.half_close(world, theirs, ours, at)
                with world.lock:
                    world.stack.abort(ours)
                with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                    for _ in range(100):
                        if theirs.recv(65536) == b"":
                            time.sleep(0.05)
                            theirs.send(b"z")
                self.assertEqual(world.state(ours), "CLOSED")
            with self.subTest(point=point):
                self.each(body)

    def test_refused_both_ways(self):
        """9293 3.5.2: nobody listens."""
        for family in (4, 6):
            with World(LIBRARY, family) as world:
                with world.kernel_socket() as theirs, self.assertRaises(ConnectionRefusedError):
                    theirs.connect((world.our_address, PORT))
                ours = world.connect(PORT)
                with self.assertRaises(OSError) as caught:
                    world.receive(ours)
                self.assertEqual(caught.exception.args[0], tun_wire.harness.ERESET)

    def test_keepalive_of_ours(self):
        """1122: the kernel answers our probes; when the wire is cut the connection ends."""
        def body(world, theirs, ours):
            del theirs
            world.wait(lambda: world.stack.counter("tcp_keepalives_out") >= 3, "three probes")
            self.assertEqual(world.state(ours), "ESTABLISHED")
            world.faults(cut=True)
            with self.assertRaises(OSError) as caught:
                world.receive(ours)
            self.assertEqual(caught.exception.args[0], tun_wire.harness.ETIMEDOUT)
        self.each(body, keepalive_idle_ms=100, keepalive_interval_ms=50, keepalive_probes=5)

    def test_keepalive_of_the_kernel(self):
        """We answer its probes; when the wire is cut it gives up."""
        def before(theirs):
            for option, value in ((socket.SO_KEEPALIVE, None), (socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                                  (socket.TCP_KEEPCNT, 2)):
                if value is None:
                    theirs.setsockopt(socket.SOL_SOCKET, option, 1)
                else:
                    theirs.setsockopt(socket.IPPROTO_TCP, option, value)

        def body(world, theirs, ours):
            probes = []
            with world.lock:
                next_byte = world.stack.info(ours).rcv_nxt
                world.watchers.append(lambda who, seen: probes.append(1) if who == KERNEL and seen.data == 0
                                      and seen.seq == (next_byte - 1) & 0xffffffff else None)
            world.wait(lambda: len(probes) >= 2, "two probes of the kernel")
            self.assertEqual((kernel_state(theirs), world.state(ours)), ("ESTABLISHED", "ESTABLISHED"))
            world.faults(cut=True)
            theirs.settimeout(20)
            with self.assertRaises(OSError) as caught:
                theirs.recv(1)
            self.assertEqual(caught.exception.errno, errno.ETIMEDOUT)  # the kernel's; the socket object's has none
        for family in (4, 6):
            with self.subTest(family=family), World(LIBRARY, family, keepalive_idle_ms=0) as world:
                theirs, ours = self.pair(world, family == 4, before)
                with theirs:
                    body(world, theirs, ours)

    def test_the_kernel_shuts_its_window_for_a_minute(self):
        """9293 3.8.6.1: 60 s of our time without a byte read; probes go on, nothing is lost, nothing ends."""
        def body(world, theirs, ours):
            data = bytes_of(6, 400_000)
            sender = threading.Thread(target=world.send_all, args=(ours, data, 60))
            sender.start()
            world.wait(lambda: world.stack.info(ours).probing, "a shut window")
            world.wait(lambda: self.passed(world, 60_000), "60 s", 30)
            self.assertGreater(world.counter("tcp_sent_probe"), 3)
            self.assertEqual(world.state(ours), "ESTABLISHED")
            got = b""
            while len(got) < len(data):
                got += theirs.recv(65536)
            sender.join()
            self.assertEqual(got, data)

        def small(theirs):
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
        self.each(body, small, scale=20, user_timeout_ms=30_000)

    @staticmethod
    def passed(world, ms):
        """Of our time, since it was asked for first."""
        if not hasattr(world, "mark"):
            world.mark = world.stack.now_ms()
        return world.stack.now_ms() - world.mark >= ms

    def test_we_shut_our_window(self):
        """The kernel probes ours (60 s of its own time with --long, 4 s without), then everything arrives."""
        seconds = 60 if LONG else 4

        def body(world, theirs, ours):
            data = bytes_of(7, 300_000)
            theirs.settimeout(seconds + 120)  # of the whole sendall(), which waits for us all the time
            sender = threading.Thread(target=theirs.sendall, args=(data,))
            sender.start()
            world.wait(lambda: world.stack.info(ours).rcv_edge == world.stack.info(ours).rcv_nxt, "a shut window")
            probes = []
            with world.lock:
                world.watchers.append(lambda who, seen: probes.append(seen) if who == KERNEL else None)
            time.sleep(seconds)
            self.assertGreater(len(probes), 2)
            self.assertEqual(kernel_state(theirs), "ESTABLISHED")
            self.assertEqual(world.receive(ours, len(data)), data)
            sender.join()
        for family in (4, 6):
            with self.subTest(family=family), World(LIBRARY, family, receive_bytes=30_000) as world:
                theirs, ours = self.pair(world, family == 6)
                with theirs:
                    body(world, theirs, ours)

    def test_the_kernel_shrinks_its_window(self):
        """9293 3.8.6: taken back by the peer (net.ipv4.tcp_shrink_window): nothing is lost."""
        switch = "/proc/sys/net/ipv4/tcp_shrink_window"
        if not os.path.exists(switch):
            self.skipTest("this kernel never shrinks a window")
        with open(switch, "w", encoding="utf-8") as file:
            file.write("1")

        def body(world, theirs, ours):
            edges = Edges()
            edges.scale = {OURS: world.stack.info(ours).rcv_scale, KERNEL: world.stack.info(ours).snd_scale}
            with world.lock:
                world.faults(delay=0.003)  # so that something is on the way whenever it changes its mind
                world.watchers.append(edges)
            data = bytes_of(8, 2_000_000)
            sender = threading.Thread(target=world.send_all, args=(ours, data, 60))
            sender.start()
            got = b""
            for _ in range(4):
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200_000)
                while len(theirs.recv(65536, socket.MSG_PEEK)) < 30_000:
                    got += theirs.recv(4_000)
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 3_000)
                time.sleep(0.05)
                got += theirs.recv(30_000)
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200_000)
            while len(got) < len(data):
                got += theirs.recv(65536)
            sender.join()
            self.assertEqual(got, data)
            print("the kernel took its window back", edges.back[KERNEL], "times; ours went back", edges.back[OURS])
            self.assertGreater(edges.back[KERNEL], 0)
            self.assertEqual(edges.back[OURS], 0)
        self.each(body)

    def test_our_window_never_shrinks(self):
        """9293 3.8.6: a buffer that becomes smaller: what was offered stands."""
        def body(world, theirs, ours):
            edges = Edges()
            edges.scale = {OURS: world.stack.info(ours).rcv_scale, KERNEL: world.stack.info(ours).snd_scale}
            with world.lock:
                world.watchers.append(edges)
            data = bytes_of(9, 1_500_000)
            sender = threading.Thread(target=theirs.sendall, args=(data,))
            sender.start()
            got = b""
            for size in (8_000, 200_000, 2_000, 100_000):
                with world.lock:
                    world.stack.option(ours, tun_wire.harness.RECEIVE_BUFFER, size)
                if len(got) < len(data) - 20_000:  # it reads whatever is there
                    got += world.receive(ours, 20_000)
            if len(got) < len(data):
                got += world.receive(ours, len(data) - len(got))
            sender.join()
            self.assertEqual(got, data)
            self.assertEqual(edges.back[OURS], 0, edges.last)
        self.each(body)

    def test_every_mtu(self):
        """1280 to 9000, and two that differ: the largest packet of each side is the smaller MTU, and no larger."""
        for kernel_mtu, our_mtu in ((1280, 1280), (1281, 1281), (1500, 1500), (4321, 4321), (9000, 9000), (9000, 1500),
                                    (1500, 9000)):
            for family in (4, 6):
                with self.subTest(kernel=kernel_mtu, ours=our_mtu, family=family):
                    with World(LIBRARY, family, kernel_mtu=kernel_mtu, mtu=our_mtu) as world:
                        theirs, ours = self.pair(world, family == 4)
                        with theirs:
                            self.both_ways(world, theirs, ours, 200_000)
                        smaller = min(kernel_mtu, our_mtu)
                        self.assertEqual((world.to_us.largest, world.to_kernel.largest), (smaller, smaller))


def why_not():
    if os.geteuid() != 0:
        return "needs root for a network namespace"
    if not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    if subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True,
                      check=False).returncode:
        return "network namespaces are not permitted here"
    return None


def main():
    global LIBRARY, LONG
    if reason := why_not():
        print("SKIP: kernel_interop_test " + reason)
        return 77
    if os.environ.get("SALLYPORT_INTEROP_INSIDE") is None:
        environment = dict(os.environ, SALLYPORT_INTEROP_INSIDE="1")
        return subprocess.run(["unshare", "--net", sys.executable, *sys.argv], env=environment, check=False).returncode
    arguments = sys.argv[1:]
    LIBRARY = tun_wire.harness.load(arguments.pop(0))
    if "--long" in arguments:
        arguments.remove("--long")
        LONG = True
    return 0 if unittest.main(argv=[sys.argv[0], *arguments], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
