#!/usr/bin/env python3
"""attacks_test.py LIBRARY: what peers and strangers do on purpose, over IPv4 and IPv6: bounded work and memory.

A test's first line begins with its row in docs/tcp.md.
"""
import harness
import scenario
from harness import Options, Peer, Stack
from scenario import FULL, Rows


class Attacks(Rows):
    def test_blind_reset(self):
        """5961 3: only the exact number resets; inside the window a challenge, outside nothing."""
        def body(peer):
            for seq in (2, 100, 30_000):
                peer.send(seq, flags="R")
                peer.expect(flags="A", ack=1)
            for seq in (0, 0x7fffffff, 0xf0000000):
                peer.send(seq, flags="R")
                peer.silence()
            peer.send(1, flags="R")
            self.assertEqual(peer.stack.receive(peer.socket), harness.ERESET)
        self.both(body)

    def test_blind_syn(self):
        """5961 4: a SYN in an open connection is challenged wherever it lies."""
        def body(peer):
            for seq in (0, 1, 50, 0x40000000):
                peer.send(seq, flags="S")
                peer.expect(flags="A", seq=1, ack=1)
            self.assertEqual(peer.stack.state(peer.socket), "ESTABLISHED")
        self.both(body)

    def test_challenges_are_limited_per_connection(self):
        """5961 10, CVE-2016-5696: at most 4 in a jittered second; another connection has its own."""
        def body(peer):
            for _ in range(50):
                peer.send(50, flags="S")
            self.assertEqual(len(peer.drop()), 4)
            other = Peer(peer.stack, own_port=7777)
            other.listener = peer.listener
            other.handshake(listen=False)
            other.send(50, flags="S")
            other.expect(flags="A")
            peer.stack.advance(2000)
            peer.send(50, flags="S")
            peer.expect(flags="A")
        self.both(body)

    def test_initial_numbers(self):
        """6528: other tuples are unrelated, one tuple moves with time."""
        def body(stack, peer):
            stack.listen(443)
            seen = []
            for port in range(2000, 2100):
                other = Peer(stack, own_port=port)
                other.send(0, flags="S")
                other.one()
                seen.append(other.their_initial)
            gaps = {(b - a) & 0xffffffff for a, b in zip(seen, seen[1:])}
            self.assertGreater(len(gaps), 95)
            self.assertGreater(max(seen) - min(seen), 1 << 30)
        self.bare(body)

    def test_ports_are_random_and_free(self):
        """6056: 200 connections to one vendor have 200 ports, not in a row."""
        def body(stack, peer):
            del peer
            ports = []
            for _ in range(200):
                stack.connect(2, 443)
            ports = [s.sport for s in stack.collect()]
            self.assertEqual(len(set(ports)), 200)
            self.assertGreater(len({b - a for a, b in zip(ports, ports[1:])}), 150)
        self.bare(body)

    def flood(self, stack, count):
        for i in range(count):
            other = Peer(stack, own_port=10_000 + i)
            other.send(0, flags="S", options=Options(**FULL))
        return stack.collect()

    def test_syn_flood_with_cookies(self):
        """4987: beyond the half-open limit cookies answer; a client gets scale, SACK and timestamps."""
        def body(stack, peer):
            listener = stack.listen(443)
            self.assertEqual(len(self.flood(stack, 500)), 500)
            self.assertEqual(stack.counter("tcp_syn_cookies_sent"), 500 - 8)
            peer.send(0, flags="S", options=Options(**FULL))
            answer = peer.expect(flags="SA", ack=1)
            self.assertEqual(answer.options.order, [2, 4, 8, 3])
            peer.send(1, 1, options=Options(ts=(1001, answer.options.ts[0])), window=300)
            peer.ts = 1001
            socket = stack.accept(listener)
            self.assertGreater(socket, 0)
            info = stack.info(socket)
            self.assertEqual((info.sack, info.timestamps, info.snd_scale, info.snd_wnd), (1, 1, 7, 300 << 7))
            peer.send(1, 1, flags="PA", data=b"hello")
            self.assertEqual(stack.receive(socket), b"hello")
            peer.drop()
            stack.send(socket, b"answer")
            peer.expect(seq=1, data=b"answer")
        self.bare(body, half_open_max=8)

    def test_cookie_without_timestamps(self):
        """4987: without timestamps only the MSS class survives."""
        def body(stack, peer):
            listener = stack.listen(443)
            self.flood(stack, 20)
            peer.send(0, flags="S", options=Options(mss=1460, sack_ok=True, scale=7))
            self.assertEqual(peer.one().options.order, [2])
            peer.send(1, 1)
            info = stack.info(stack.accept(listener))
            self.assertEqual((info.sack, info.snd_scale), (0, 0))
            self.assertEqual(info.mss, 1460 if stack.family == 4 else 1440)
        self.bare(body, half_open_max=8)

    def test_forged_and_old_cookies(self):
        """4987: a guess is dropped while cookies are out, and reset when they are too old to be one."""
        def body(stack, peer):
            listener = stack.listen(443)
            self.flood(stack, 20)
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.one()
            for wrong in (2, 1000, 0x01000001):
                peer.send(1, wrong)
            peer.silence()
            self.assertEqual(stack.counter("tcp_syn_cookies_bad"), 3)
            stack.advance(130_000)
            peer.drop()
            peer.send(1, 1)
            self.assertIn("R", peer.one().flags)
            self.assertEqual(stack.accept(listener), harness.EAGAIN)
        self.bare(body, half_open_max=8)

    def test_cookie_survives_a_lost_ack(self):
        """4987: later data is dropped until the first bytes, resent, open the connection."""
        def body(stack, peer):
            listener = stack.listen(443)
            self.flood(stack, 20)
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.one()
            peer.send(1001, 1, flags="PA", data=b"second")
            peer.silence()
            peer.send(1, 1, flags="A", data=b"x" * 1000)
            self.assertEqual(len(stack.receive(stack.accept(listener))), 1000)
        self.bare(body, half_open_max=8)

    def test_cookie_then_a_record_for_the_same_syn(self):
        """4987: a SYN that came twice, answered by a cookie and then by a record: the client's ACK opens."""
        def body(stack, peer):
            listener = stack.listen(443)
            other = Peer(stack, own_port=4444)
            other.send(0, flags="S", options=Options(mss=1000))
            stack.collect()
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.one()
            cookie = peer.their_initial
            other.send(1, flags="R")  # its place is free again
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA")
            self.assertNotEqual(peer.their_initial, cookie)
            peer.their_initial = cookie
            peer.send(1001, 1, flags="PA", data=b"late")  # overtook the first: not reset, it comes again
            peer.silence()
            peer.send(1, 1, flags="PA", data=b"x" * 1000)
            self.assertNotIn("R", "".join(s.flags for s in peer.drop()))
            self.assertEqual(len(stack.receive(stack.accept(listener))), 1000)
        self.bare(body, half_open_max=1)

    def test_no_reset_storm_without_a_flood(self):
        """4987: an ACK to a listener that sent no cookie is reset without being hashed."""
        def body(stack, peer):
            stack.listen(443)
            peer.their_initial = 0
            peer.send(1, 5)
            peer.expect(flags="R", seq=5)
            self.assertEqual(stack.counter("tcp_syn_cookies_bad"), 0)
        self.bare(body)

    def test_one_byte_segments_do_not_pin_buffers(self):
        """buffers: 3000 one-byte segments backwards and forwards stay inside the bound."""
        def body(peer):
            for i in range(3000):
                peer.send(1 + i, 1, data=b"x")
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 3000)
            for i in range(3000, 0, -1):
                peer.send(3001 + i, 1, data=b"y")
            self.assertLessEqual(peer.stack.info(peer.socket).receive_held, 3000)
            peer.drop()
        self.both(body)

    def test_ack_storm(self):
        """5961: thousands of strays outside the window are answered at the challenge rate."""
        def body(peer):
            for i in range(1000):
                peer.send(0x40000000 + i, 1)
            self.assertLessEqual(len(peer.drop()), 4)
        self.both(body)


class Exhaustion(Rows):
    def test_clients_are_served_during_a_flood(self):
        """4987: a SYN flood at full rate, and 100 clients that still get through; the rate is printed."""
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family, half_open_max=16, connections_max=256) as stack:
                listener, served, port = stack.listen(443), 0, 20_000
                for client in range(100):
                    for _ in range(20):
                        Peer(stack, own_port=port).send(0, flags="S", options=Options(**FULL))
                        port += 1
                    peer = Peer(stack, own_port=1000 + client)
                    stack.collect()
                    peer.send(0, flags="S", options=Options(**FULL))
                    answer = peer.one()
                    peer.send(1, 1, flags="PA", data=b"GET", options=Options(ts=(1001, answer.options.ts[0])))
                    socket = stack.accept(listener)
                    served += socket > 0 and stack.receive(socket) == b"GET"
                    if socket > 0:
                        stack.abort(socket)
                    stack.collect()
                print(f"flood over IPv{family}: 2000 SYNs, 100 clients, {served} served")
                self.assertEqual(served, 100)

    def test_every_connection_taken(self):
        """limits: at connections_max a SYN is dropped, not reset, and nothing that is open suffers."""
        def body(stack, peer):
            del peer
            listener = stack.listen(443)
            peers = [Peer(stack, own_port=1000 + i) for i in range(20)]
            for p in peers:
                p.listener = listener
                p.send(0, flags="S", options=Options(mss=1000))
                if answers := p.take():
                    self.assertIn("S", answers[0].flags)
                    p.send(1, 1)
            self.assertEqual(stack.counter("tcp_accepted"), 8)
            self.assertEqual(stack.counter("tcp_syn_refused_connections_full"), 12)
            self.assertEqual(stack.counter("tcp_resets_out"), 0)
            peers[0].send(1, 1, flags="PA", data=b"still served")
            self.assertEqual(stack.receive(stack.accept(listener)), b"still served")
        self.bare(body, connections_max=8, half_open_max=8)

    def test_slow_drip_reader(self):
        """attacks: a reader of one byte at a time costs one segment per window it opens, never a burst."""
        def body(peer):
            peer.send(1, 1, window=0)
            peer.stack.send(peer.socket, b"z" * 10_000)
            at, segments = 1, 0
            for _ in range(50):
                peer.stack.advance(300)
                for s in peer.drop():
                    segments += 1
                    at = max(at, s.seq + min(len(s.data), 1))
                peer.send(1, at, window=1)
            self.assertLessEqual(segments, 110)
            self.assertLessEqual(peer.stack.info(peer.socket).send_queued, 10_000)
        self.both(body)

    def test_slow_drip_writer(self):
        """attacks: a writer of one byte at a time is acknowledged late, and pins one buffer."""
        def body(peer):
            acks = 0
            for i in range(400):
                peer.send(1 + i, 1, data=b"x")
                acks += len(peer.drop())
            self.assertLessEqual(acks, 201)
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 400)
        self.both(body)

    def test_thousands_of_holes(self):
        """CVE-2018-5390: thousands of out-of-order bytes: held spans are bounded, the rest refused."""
        def body(peer):
            for i in range(1000):
                peer.send(2 + 2 * i, 1, data=b"x")
            self.assertLessEqual(peer.stack.info(peer.socket).receive_held, 24)
            self.assertGreater(peer.stack.counter("tcp_out_of_order_refused"), 900)
            peer.drop()
        self.both(body)

    def test_tiny_mss_with_sack(self):
        """CVE-2019-11477 to 11479: MSS 8 or 48 is raised, so a write is not cut into a storm."""
        for offered in (1, 8, 48):
            def body(peer):
                peer.stack.send(peer.socket, b"x" * 6400)
                self.assertLessEqual(len(peer.drop()), 120)
                for i in range(50):
                    peer.send(1, 1, sack=[(100 + 2 * i, 101 + 2 * i)])
                peer.drop()
            self.both(body, Options(mss=offered, sack_ok=True))

    def test_reassembly_pool_is_shared_fairly(self):
        """limits: when every place for holes is taken, in-order data still flows everywhere."""
        def body(stack, peer):
            del peer
            listener = stack.listen(443)
            peers = []
            for i in range(100):
                p = Peer(stack, own_port=1000 + i)
                p.listener = listener
                p.handshake(Options(mss=1000), listen=False)
                p.send(500, 1, data=b"early")
                peers.append(p)
            self.assertEqual(stack.counter("tcp_reassembly_full"), 100 - 64)
            for p in peers:
                p.drop()
                p.send(1, 1, flags="PA", data=b"a" * 499)
                p.expect(ack=505 if p in peers[:64] else 500)
        self.bare(body, connections_max=128)

    def test_ports_run_out(self):
        """6056, notes e 5: no free port is an answer, counted; a TIME-WAIT tuple with timestamps helps."""
        def body(stack, peer):
            del peer
            opened = 0
            while stack.connect(2, 443) > 0:
                opened += 1
            self.assertEqual(opened, 300)
            self.assertEqual(stack.counter("tcp_connect_refused_connections_full"), 1)
            stack.collect()
        self.bare(body, connections_max=300)

    def test_icmp_flood(self):
        """5927: forged reports change nothing and cost a lookup each."""
        def body(peer):
            peer.stack.send(peer.socket, b"x" * 3000)
            peer.drop()
            for i in range(1000):
                peer.too_big(600 + i % 600, 100_000 + i)
            self.assertEqual(peer.stack.counter("tcp_icmp_not_ours"), 1000)
            self.assertEqual(peer.stack.info(peer.socket).mss, 1000)
        self.both(body)


if __name__ == "__main__":
    scenario.main()
