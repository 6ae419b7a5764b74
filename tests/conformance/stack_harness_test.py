#!/usr/bin/env python3
"""stack_harness_test.py LIBRARY: the C interface from another language, with packets that our code did not build."""
import ctypes
import random
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

    def test_a_closed_listener_frees_its_port_and_resets_what_nobody_accepted(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                listener, waiting, late = stack.listen(443), Peer(stack), Peer(stack, own_port=5556)
                waiting.send(0, flags="S")
                waiting.expect(flags="SA")
                waiting.send(1, 1)
                late.send(0, flags="S")
                late.expect(flags="SA")
                self.assertEqual(stack.close(listener), 0)
                waiting.expect(flags="RA", seq=1)
                late.send(1, 1)
                late.expect(flags="RA", seq=1)
                self.assertEqual((stack.state_between(443, 2, 5555), stack.state_between(443, 2, 5556)),
                                 ("CLOSED", "CLOSED"))
                Peer(stack, own_port=5557).send(0, flags="S")
                self.assertEqual([s.flags for s in stack.collect()], ["RA"])
                self.assertEqual(stack.accept(listener), harness.EAGAIN)
                self.assertEqual(stack.close(listener), harness.ECLOSED)
                again = stack.listen(443)
                self.assertGreater(again, listener)
                Peer(stack, own_port=5558).send(0, flags="S")
                self.assertEqual([s.flags for s in stack.collect()], ["SA"])

    def test_options_of_a_listener_are_those_of_what_it_accepts(self):
        with Stack(LIBRARY) as stack:
            peer, listener = Peer(stack), stack.listen(443)
            value = ctypes.c_uint64()
            read = stack.lib.sh_get_option
            self.assertEqual(read(stack.handle, listener, harness.NODELAY, ctypes.byref(value)), harness.EAGAIN)
            stack.option(listener, harness.NODELAY, 0)
            stack.option(listener, harness.SEND_BUFFER, 5000)
            peer.send(0, flags="S")
            peer.expect(flags="SA")
            peer.send(1, 1)
            socket = stack.accept(listener)
            self.assertEqual((stack.option(socket, harness.NODELAY), stack.option(socket, harness.SEND_BUFFER)),
                             (0, 5000))
            self.assertEqual(stack.send(socket, bytes(20_000)), 5000)

    def test_half_open_is_seen_between_two_addresses(self):
        for family in self.each():
            with Stack(LIBRARY, family) as stack:
                stack.listen(443)
                Peer(stack).send(0, flags="S")
                self.assertEqual(stack.state_between(443, 2, 5555), "SYN_RECEIVED")
                self.assertEqual(stack.state_between(443, 3, 5555), "CLOSED")

    def test_misuse_is_an_answer(self):
        """Null, numbers of nobody, the wrong kind of socket, and every call after close: a negative number each."""
        with Stack(LIBRARY) as stack:
            lib, handle = stack.lib, stack.handle
            peer = Peer(stack)
            peer.handshake()
            listener, socket, out = peer.listener, peer.socket, ctypes.create_string_buffer(16)
            where = harness.address(4, 1, 443)
            for call in (lambda: lib.sh_inject(None, b"x", 1), lambda: lib.sh_inject(handle, None, 1),
                         lambda: lib.sh_inject(handle, b"x", 0), lambda: lib.sh_inject(handle, b"x", 65536),
                         lambda: lib.sh_collect(handle, None, 10, None), lambda: lib.sh_advance(None, 1),
                         lambda: lib.sh_advance(handle, (1 << 64) - 1), lambda: lib.sh_listen(handle, None),
                         lambda: lib.sh_listen(handle, harness.address(4, 9, 80)),
                         lambda: lib.sh_listen(handle, harness.address(4, 1, 0)),
                         lambda: lib.sh_connect(handle, None, None),
                         lambda: lib.sh_connect(handle, None, harness.address(6, 2, 80)),
                         lambda: lib.sh_connect(handle, None, harness.address(4, 2, 0)),
                         lambda: lib.sh_accept(handle, socket, None), lambda: lib.sh_accept(handle, 99, None),
                         lambda: lib.sh_send(handle, listener, b"x", 1), lambda: lib.sh_send(handle, 99, b"x", 1),
                         lambda: lib.sh_send(handle, socket, None, 1), lambda: lib.sh_receive(handle, socket, None, 1),
                         lambda: lib.sh_receive(handle, socket, out, 0), lambda: lib.sh_shutdown(handle, listener),
                         lambda: lib.sh_abort(handle, listener), lambda: lib.sh_close(handle, -1),
                         lambda: lib.sh_set_option(handle, socket, 99, 1),
                         lambda: lib.sh_set_option(handle, listener, 99, 1),
                         lambda: lib.sh_set_option(handle, socket, harness.NODELAY, 1 << 40),
                         lambda: lib.sh_get_option(handle, socket, 99, ctypes.byref(ctypes.c_uint64())),
                         lambda: lib.sh_state(handle, 99), lambda: lib.sh_state_between(handle, where, None),
                         lambda: lib.sh_get_info(handle, socket, ctypes.byref(harness.Info(size=3)))):
                self.assertEqual(call(), harness.EINVAL)
            self.assertEqual(lib.sh_collect(None, out, 16, None), harness.EINVAL)
            self.assertIsNone(lib.sh_counter_name(100_000))
            self.assertEqual(lib.sh_counter(handle, 100_000), 0)
            stack.close(socket)
            stack.collect()
            for call in (lambda: stack.send(socket, b"x"), lambda: stack.receive(socket), lambda: stack.close(socket),
                         lambda: stack.shutdown(socket), lambda: stack.abort(socket),
                         lambda: stack.option(socket, harness.NODELAY, 1)):
                self.assertEqual(call(), harness.ECLOSED)

    def test_settings_that_make_no_sense_are_refused_in_words(self):
        bad = ({"mtu": 575}, {"mtu": 9217}, {"mss": 63}, {"window_scale": 15}, {"receive_bytes": 63},
               {"send_bytes": 1 << 27}, {"connections_max": 0}, {"time_wait_max": 0}, {"time_wait_max": 1 << 21},
               {"congestion": 2}, {"start_ns": 1 << 62}, {"size": 7}, {"local4": harness.Address(family=6)},
               {"local4": harness.Address(family=0)}, {"local4": harness.Address(family=4)},
               {"local6": harness.Address(family=6)}, {"local6": harness.Address(family=4)})
        for settings in bad:
            with self.subTest(settings), self.assertRaisesRegex(ValueError, "must|null|no local address"):
                Stack(LIBRARY, 4, **settings)

    def test_any_settings_that_are_taken_work(self):
        """Random settings: a handshake, an echo, a close and an hour later; the audit looks on."""
        for seed in range(200):
            dice = random.Random(seed)
            family = dice.choice((4, 6))
            pick = {"mtu": (1280, 1500, 9000), "mss": (0, 64, 536, 9000), "receive_bytes": (64, 1000, 262_144, 1 << 22),
                    "send_bytes": (64, 5000, 1 << 20), "window_scaling": (0, 1), "window_scale": (0, 7, 14, 255),
                    "sack": (0, 1), "timestamps": (0, 1), "congestion": (0, 1), "nodelay": (0, 1),
                    "tail_loss_probe": (0, 1), "syn_cookies": (0, 1), "lingering_close": (0, 1),
                    "connections_max": (1, 2, 100), "half_open_max": (0, 1, 100), "time_wait_max": (1, 100),
                    "handshake_ms": (0, 1, 60_000), "user_timeout_ms": (0, 1, 60_000), "fin_wait_2_ms": (0, 1, 60_000),
                    "time_wait_ms": (0, 1, 60_000), "linger_ms": (0, 1, 60_000), "keepalive_idle_ms": (0, 1, 60_000),
                    "keepalive_interval_ms": (0, 1, 10_000), "keepalive_probes": (0, 1, 6, 1 << 20),
                    "start_ns": (0, 1, 10**9, (1 << 32) * 10**6 - 10**9)}
            settings = {name: dice.choice(values) for name, values in pick.items()}
            with self.subTest(seed=seed, **settings), Stack(LIBRARY, family, **settings) as stack:
                peer, listener = Peer(stack), stack.listen(443)
                peer.send(0, flags="S", options=harness.Options(mss=1000, sack_ok=True, ts=(1, 0), scale=3))
                if "SA" not in [s.flags for s in peer.drop()]:
                    continue
                peer.send(1, 1, flags="PA", data=b"question")
                socket = stack.accept(listener)
                if socket > 0:
                    stack.receive(socket)
                    stack.send(socket, bytes(3000))
                    stack.close(socket)
                for _ in range(60):
                    stack.advance(60_000)
                    stack.collect()


if __name__ == "__main__":
    LIBRARY = harness.load(sys.argv.pop(1))
    unittest.main()
