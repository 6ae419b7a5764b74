#!/usr/bin/env python3
"""stack_harness_test.py LIBRARY: the C interface from another language, with packets that our code did not build."""
import sys
import unittest

import harness
from harness import MS, Options, Peer, Stack, ip_packet, address_bytes, checksum, pseudo

LIBRARY = None


class Interface(unittest.TestCase):
    def each(self):
        for family in (4, 6):
            with self.subTest(family=family):
                yield family

    def test_equal_calls_give_equal_packets(self):
        def run(family, seed):
            with Stack(LIBRARY, family, seed=seed) as stack:
                peer = Peer(stack)
                peer.handshake(Options(mss=1460, sack_ok=True, ts=(1, 0), scale=7))
                stack.send(peer.socket, b"x" * 5000)
                stack.advance(3000)
                return [(s.time_ns, s.body) for s in stack.collect()]
        for family in self.each():
            self.assertEqual(run(family, 5), run(family, 5))
            self.assertNotEqual(run(family, 5), run(family, 6))

    def test_timers_run_at_their_own_times_inside_one_advance(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                stack.connect(2, 443)
                stack.advance(20_000)
                times = [round((s.time_ns - stack.config.start_ns) / MS) for s in stack.collect()]
                self.assertEqual(times, [0, 1000, 3000, 7000, 15000])

    def test_settings_show_in_the_syn(self):
        for family in self.each():
            overhead = 40 if family == 4 else 60
            with Stack(LIBRARY, family, mtu=9000, receive_bytes=1 << 20) as stack:
                stack.connect(2, 443)
                syn = stack.collect()[0]
                self.assertEqual(syn.options.order, [2, 4, 8, 3])
                self.assertEqual((syn.options.mss, syn.options.scale, syn.window), (9000 - overhead, 5, 65535))
            with Stack(LIBRARY, family, mss=700, sack=0, timestamps=0, window_scaling=0, receive_bytes=5000) as stack:
                stack.connect(2, 443)
                syn = stack.collect()[0]
                self.assertEqual((syn.options.order, syn.options.mss, syn.window), ([2], 700, 5000))
            with Stack(LIBRARY, family, window_scale=3) as stack:
                stack.connect(2, 443)
                self.assertEqual(stack.collect()[0].options.scale, 3)

    def test_a_small_buffer_loses_no_packet(self):
        import ctypes
        with Stack(LIBRARY) as stack:
            stack.connect(2, 443)
            small = ctypes.create_string_buffer(10)
            self.assertEqual(stack.lib.sh_collect(stack.handle, small, 10, None), harness.ENOSPACE)
            self.assertEqual(len(stack.collect()), 1)

    def test_packets_that_are_not_ours_are_counted(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                other = ip_packet(address_bytes(family, 2), address_bytes(family, 77), 6, b"\0" * 20)
                stack.inject(other)
                stack.inject(b"\0" * 40)
                name = "ip_other_destination" if family == 4 else "ip6_other_destination"
                self.assertEqual(stack.counter(name), 1)
                self.assertEqual(stack.collect(), [])

    def test_echo_is_answered(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                me, it = address_bytes(family, 2), address_bytes(family, 1)
                kind, protocol, prefix = (8, 1, b"") if family == 4 else (128, 58, pseudo(me, it, 58, 12))
                body = bytes([kind, 0, 0, 0, 1, 2, 3, 4]) + b"ping"
                total = checksum(prefix + body)
                stack.inject(ip_packet(me, it, protocol, body[:2] + total.to_bytes(2, "big") + body[4:]))
                answer = stack.collect()[0]
                self.assertEqual((answer.body[0], answer.body[4:]), ({8: 0, 128: 129}[kind], body[4:]))

    def test_a_port_that_was_closed_resets(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                peer = Peer(stack)
                peer.send(0, flags="S")
                peer.expect(flags="RA", ack=1)


if __name__ == "__main__":
    LIBRARY = harness.load(sys.argv.pop(1))
    unittest.main()
