#!/usr/bin/env python3
"""timing_test.py LIBRARY: timers, windows, growth and the path, each over IPv4 and IPv6.

MSS is 1000 and segment k carries bytes [1 + 1000k, 1001 + 1000k). A scenario's first line cites the row it is about.
"""
import unittest

import harness
import scenario
from harness import Options, Peer, Stack
from scenario import RTO_MIN, Scenario, k, numbered


class Timers(Scenario):
    sack = False

    def test_rto_floor_is_200_ms(self):
        """6298: the minimum is 200 ms, not 1 s, and never zero at a tiny round trip."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, b"hello")
            start = peer.expect(seq=2).time_ns
            peer.stack.advance(250)
            again = peer.expect(seq=2, data=b"hello")
            self.assertAlmostEqual((again.time_ns - start) / harness.MS, 200, delta=2)
        self.run_both(body)

    def test_rto_first_is_one_second(self):
        """6298 2.1: before any sample 1 s."""
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family) as stack:
                self.assertEqual(stack.info(stack.connect(2, 443)).rto_ms, 1000)

    def test_rto_after_a_lost_syn_is_three_seconds(self):
        """6298 5.7: a SYN that was resent, and no timestamp to tell: 3 s for the first data."""
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family, timestamps=0) as stack:
                peer = Peer(stack, own_port=443)
                socket = stack.connect(2, 443)
                stack.advance(1100)
                peer.drop()
                peer.send(0, 1, flags="SA", options=Options(mss=1000))
                self.assertEqual(stack.info(socket).rto_ms, 3000)

    def test_back_off_doubles_to_60_s_and_gives_up_with_reset(self):
        """6298, 9293 R2: doubling, at most 60 s, then RST and an error for the application."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, b"lost")
            first = peer.one().time_ns
            peer.stack.advance(400_000)
            out = peer.drop()
            gaps, last = [], first
            for s in out[:-1]:
                gaps.append(round((s.time_ns - last) / harness.MS))
                last = s.time_ns
            for i, gap in enumerate(gaps):
                self.assertAlmostEqual(gap, min(200 << i, 60_000), delta=2)
            self.assertIn("R", out[-1].flags)
            self.assertEqual(peer.stack.receive(peer.socket), harness.ETIMEDOUT)
        self.run_both(body, user_timeout_ms=180_000)

    def test_threshold_is_halved_once_per_loss_event(self):
        """6298/5681: three timeouts in a row reduce ssthresh once."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            peer.stack.advance(10_000)
            info = peer.stack.info(peer.socket)
            self.assertEqual((info.ssthresh, info.cwnd), (5000, 1000))
        self.run_both(body, congestion=harness.NEWRENO)

    def test_stored_bytes_are_resent(self):
        """9293: a retransmission carries the same bytes."""
        def body(peer):
            data = numbered(900)
            peer.stack.send(peer.socket, data)
            peer.expect(data=data)
            peer.stack.advance(RTO_MIN + 5)
            peer.expect(data=data)
        self.run_both(body)

    def test_duplicate_acks_do_not_rearm_the_timer(self):
        """6298 5.3: only new data acknowledged restarts the timer."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, b"abc")
            peer.drop()
            for _ in range(19):
                peer.stack.advance(10)
                peer.send(1, 2)
            peer.drop()
            peer.stack.advance(20)
            peer.expect(seq=2, data=b"abc")
        self.run_both(body)

    def test_karn_without_timestamps(self):
        """6298 3: no sample from a segment that was resent."""
        def body(peer):
            self.warm(peer)
            before = peer.stack.info(peer.socket).srtt_ms
            peer.stack.send(peer.socket, b"abc")
            peer.stack.advance(RTO_MIN + 50)
            peer.send(1, 5)
            self.assertEqual(peer.stack.info(peer.socket).srtt_ms, before)
        self.run_both(body)

    def test_syn_ack_is_resent(self):
        """9293 states: SYN-RECEIVED does not wait for ever for a lost SYN-ACK."""
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family) as stack:
                peer = Peer(stack)
                stack.listen(443)
                peer.send(0, flags="S", options=Options(mss=1000))
                peer.expect(flags="SA")
                stack.advance(3200)
                self.assertEqual([s.flags for s in peer.drop()], ["SA", "SA"])
                stack.advance(120_000)
                self.assertIn("R", peer.drop()[-1].flags)

    def test_a_slow_reader_of_the_last_answer_gets_all_of_it(self):
        """limits: after close() the peer's progress counts, not the time; who stops is reset, and who drips too."""
        for acked, waits, ends in ((1000, 6000, "all"), (0, 6000, "reset"), (1, 9000, "reset")):
            def body(peer, step=acked, pause=waits, wanted=ends):
                peer.send(1, 1, window=1000)
                peer.stack.send(peer.socket, numbered(10_000))
                peer.stack.close(peer.socket)
                at, flags = 1, ""
                for _ in range(40):
                    for s in peer.drop():
                        flags += s.flags
                    at = min(at + step, 10_002)
                    if step and "R" not in flags:
                        peer.send(1, at, window=1000, flags="FA" if at == 10_002 else "A")
                    if at == 10_002:
                        break
                    peer.stack.advance(pause)
                self.assertEqual("reset" if "R" in flags else "all", wanted)
                if wanted == "all":
                    self.assertEqual(peer.stack.counter("tcp_timed_out_linger"), 0)
                else:
                    self.assertLess(peer.stack.now_ms(), 400_000)
            self.run_both(body, linger_ms=10_000, lingering_close=1)

    def test_user_timeout(self):
        """5482: unacknowledged data ends the connection after the time that was asked for."""
        def body(peer):
            peer.stack.option(peer.socket, harness.USER_TIMEOUT, 3000)
            peer.stack.send(peer.socket, b"x")
            peer.stack.advance(10_000)
            self.assertEqual(peer.stack.receive(peer.socket), harness.ETIMEDOUT)
        self.run_both(body)

    def test_fin_wait_2_ends(self):
        """5482: a half-closed connection whose peer is silent is ended."""
        def body(peer):
            peer.stack.shutdown(peer.socket)
            peer.drop()
            peer.send(1, 2)
            self.assertEqual(peer.stack.state(peer.socket), "FIN_WAIT_2")
            peer.stack.advance(61_000)
            self.assertEqual(peer.stack.state(peer.socket), "CLOSED")
        self.run_both(body)

    def test_keepalive(self):
        """1122 keepalive: after 60 s, every 10 s, 6 times, sequence SND.UNA - 1, then RST."""
        def body(peer):
            start = peer.stack.now_ms()
            peer.stack.advance(59_900)
            peer.silence()
            peer.stack.advance(60_200)
            out = peer.drop()
            probes = [s for s in out if "R" not in s.flags]
            self.assertEqual([round((s.time_ns / harness.MS - start) / 1000) for s in probes],
                             [60, 70, 80, 90, 100, 110])
            self.assertTrue(all(s.seq == 0 and not s.data for s in probes))
            self.assertIn("R", out[-1].flags)
        self.run_both(body)

    def test_keepalive_answered(self):
        """1122 keepalive: an answer starts the idle time again."""
        def body(peer):
            for _ in range(5):
                peer.stack.advance(60_100)
                peer.expect(seq=0)
                peer.send(1, 1)
            self.assertEqual(peer.stack.state(peer.socket), "ESTABLISHED")
        self.run_both(body)


class Windows(Scenario):
    sack = False

    def test_zero_window_is_probed_with_back_off_for_ever(self):
        """9293 persist, 6429: probes back off and never give up while answered."""
        def body(peer):
            peer.stack.send(peer.socket, b"first")
            peer.drop()
            peer.send(1, 6, window=0)
            peer.stack.send(peer.socket, b"second")
            peer.silence()
            times = []
            for _ in range(12):
                while not (out := peer.drop()):
                    peer.stack.advance(50)
                self.assertEqual((out[0].seq, out[0].data), (6, b"s"))
                times.append(out[0].time_ns)
                peer.send(1, 6, window=0)
            self.assertGreater(times[-1] - times[0], 200_000 * harness.MS)
            peer.send(1, 6, window=1000)
            peer.expect(seq=6, data=b"second")
        self.run_both(body)

    def test_unanswered_probes_end(self):
        """9293 R2: a peer that does not answer probes is given up."""
        def body(peer):
            peer.send(1, 1, window=0)
            peer.stack.send(peer.socket, b"x")
            peer.stack.advance(300_000)
            self.assertEqual(peer.stack.receive(peer.socket), harness.ETIMEDOUT)
        self.run_both(body)

    def test_window_smaller_than_a_segment(self):
        """9293 persist: a window below the MSS is used after a while, not waited for."""
        def body(peer):
            peer.send(1, 1, window=300)
            peer.stack.send(peer.socket, numbered(5000))
            peer.stack.advance(5000)
            self.assertEqual(self.sent(peer)[0], (1, 300))
        self.run_both(body)

    def test_shrunk_window(self):
        """9293 shrinking window: tolerated; nothing beyond it is sent but probes."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            peer.send(1, k(1), window=0)
            peer.stack.advance(3000)
            self.assertTrue(all(n == 1 for _, n in self.sent(peer)))
            peer.send(1, k(10))
            self.assertEqual(peer.stack.info(peer.socket).send_queued, 0)
        self.run_both(body)

    def test_shrunk_below_a_segment_with_data_lost(self):
        """9293 shrinking window: what a time-out sends again fits the small window, and goes on with each ACK."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(4000))
            peer.drop()  # all four segments are lost
            peer.send(1, 1, window=300)
            at = 1
            for _ in range(14):
                while not (out := self.sent(peer)):
                    peer.stack.advance(100)
                    self.assertLess(peer.stack.now_ms(), 120_000, "nothing is sent again")
                self.assertEqual(out[0][0], at)
                self.assertTrue(all(seq + size <= at + 300 for seq, size in out), out)
                at = max(seq + size for seq, size in out)
                peer.send(1, at, window=300)
            self.assertEqual(at, 4001)
        self.run_both(body)

    def test_window_update_that_was_lost(self):
        """9293 persist: the probe finds a window whose update was lost."""
        def body(peer):
            peer.send(1, 1, window=0)
            peer.stack.send(peer.socket, b"abc")
            while not (out := peer.drop()):
                peer.stack.advance(50)
            peer.send(1, 2, window=1000)  # the byte was taken
            peer.expect(seq=2, data=b"bc")
        self.run_both(body)

    def test_receiver_avoids_silly_windows(self):
        """9293 SWS receiver: the edge moves by a segment or half the buffer."""
        def body(peer):
            peer.send(1, 1, flags="PA", data=numbered(4000))
            self.assertEqual(peer.one().window, 0)
            peer.stack.receive(peer.socket, 100)
            peer.silence()
            peer.stack.receive(peer.socket, 3000)
            self.assertGreaterEqual(peer.one().window, 1400)
        self.run_both(body, receive_bytes=4000, window_scaling=0)

    def test_our_window_never_shrinks(self):
        """9293 shrinking window: the right edge that was offered stands."""
        def body(peer):
            edge = 0
            for i in range(40):
                peer.send(1 + 100 * i, 1, flags="PA", data=numbered(100))
                s = peer.one()
                self.assertGreaterEqual(s.ack + s.window, edge)
                edge = s.ack + s.window
        self.run_both(body, receive_bytes=5000, window_scaling=0)

    def test_zero_window_probe_is_answered(self):
        """9293 persist: a probe into our closed window gets an ACK, data or old number."""
        def body(peer):
            peer.send(1, 1, flags="PA", data=numbered(4000))
            peer.expect(ack=4001, window=0)
            peer.send(4001, 1, data=b"p")
            peer.expect(ack=4001, window=0)
            peer.send(4000, 1)
            peer.expect(ack=4001, window=0)
        self.run_both(body, receive_bytes=4000, window_scaling=0)


class Growth(Scenario):
    sack = False

    def test_initial_window_is_ten(self):
        """6928: ten segments."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(20000))
            self.assertEqual(len(self.sent(peer)), 10)
        self.run_both(body)

    def test_initial_window_after_lost_syns(self):
        """5681 3.1, 6928 2: one lost SYN or SYN-ACK is forgiven, two are not: one segment."""
        for family in (4, 6):
            for lost, segments in ((1, 10), (2, 1), (3, 1)):
                for opens in (True, False):
                    with self.subTest(family=family, lost=lost, opens=opens), \
                            Stack(scenario.LIBRARY, family) as stack:
                        peer = Peer(stack, own_port=443 if opens else 5555)
                        if opens:
                            socket = stack.connect(2, 443)
                        else:
                            listener = stack.listen(443)
                            peer.send(0, flags="S", options=Options(mss=1000))
                        stack.advance(1000 * (2 ** lost - 1) + 100)
                        peer.drop()
                        peer.send(0 if opens else 1, 1, flags="SA" if opens else "A", options=Options(mss=1000))
                        socket = socket if opens else stack.accept(listener)
                        peer.drop()
                        stack.send(socket, numbered(20000))
                        self.assertEqual(len([s for s in peer.take() if s.data]), segments)

    def test_slow_start_counts_bytes(self):
        """5681 3.1, 3465: the window grows by what was acknowledged."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(60000))
            peer.drop()
            peer.send(1, k(10))
            self.assertEqual(len(self.sent(peer)), 20)
        self.run_both(body)

    def test_application_limited_does_not_grow(self):
        """9438, 7661: small messages for a long time leave the window where it is."""
        def body(peer):
            at = 1
            for _ in range(200):
                peer.stack.send(peer.socket, b"tick")
                at += 4
                peer.send(1, at)
                peer.stack.advance(20)
            self.assertLessEqual(peer.stack.info(peer.socket).cwnd, 10_500)
        self.run_both(body)

    def test_idle_restart(self):
        """5681 4.1: after a silence longer than the RTO the window is the initial one again."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(60000))
            at = 1
            while (out := self.sent(peer)):
                at = out[-1][0] + out[-1][1]
                peer.stack.advance(5)
                peer.send(1, at)
            self.assertGreater(peer.stack.info(peer.socket).cwnd, 20_000)
            peer.stack.advance(5_000)
            peer.stack.send(peer.socket, numbered(60000))
            self.assertEqual(len(self.sent(peer)), 10)
        self.run_both(body)

    def test_cubic_reduces_to_seven_tenths(self):
        """9438 4.6: beta is 0.7."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            for _ in range(3):
                peer.send(1, 1)
            self.assertEqual(peer.stack.info(peer.socket).ssthresh, 7000)
        self.run_both(body)

    def test_cubic_grows_back_by_time(self):
        """9438 4.2: after a loss the window returns towards W_max, slower near it."""
        def body(peer):
            at = self.lose_one(peer)
            seen = []
            for _ in range(60):
                at = self.round_trip(peer, at, 50)
                seen.append(peer.stack.info(peer.socket).cwnd)
            self.assertGreater(seen[-1], seen[0])
            self.assertEqual(seen, sorted(seen))
        self.run_both(body, send_bytes=1 << 22)

    def lose_one(self, peer):
        peer.stack.send(peer.socket, numbered(1 << 21))
        peer.drop()
        for _ in range(3):
            peer.send(1, 1)
        at = 1 + sum(n for _, n in self.sent(peer) if _ > 1) + 10_000
        peer.send(1, peer.stack.info(peer.socket).snd_max - peer.their_initial & 0xffffffff)
        return at

    def round_trip(self, peer, at, ms):
        peer.stack.advance(ms)
        info = peer.stack.info(peer.socket)
        peer.send(1, info.snd_max - peer.their_initial & 0xffffffff)
        peer.drop()
        return at


class Path(Scenario):
    sack = False

    def opened(self, stack, window=65535):
        peer = Peer(stack)
        peer.handshake(Options(mss=1440), window)
        return peer

    def test_too_big_makes_segments_smaller_and_resends(self):
        """1191/8201: a report about a segment in flight lowers the segment size at once."""
        def body(peer):
            overhead = 40 if peer.stack.family == 4 else 60
            peer.stack.send(peer.socket, numbered(5000))
            peer.drop()
            peer.too_big(1300, 1)
            out = self.sent(peer)
            self.assertEqual(out[0], (1, 1300 - overhead))
            self.assertEqual(sum(n for _, n in out), 5000)
            self.assertEqual(peer.stack.counter("tcp_icmp_too_big"), 1)
        self.run_both(body)

    def test_too_big_about_nothing_in_flight_is_ignored(self):
        """5927: a sequence number outside the flight, or another port, changes nothing."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(5000))
            peer.drop()
            for seq in (0, 5001, 100_000, 0xfffff000):
                peer.too_big(1300, seq)
            kind, code = (3, 4) if peer.stack.family == 4 else (2, 0)
            peer.icmp_error(kind, code, 1300, 1, quoted_port=444)
            peer.silence()
            self.assertEqual(peer.stack.info(peer.socket).mss, 1440)
        self.run_both(body)

    def test_floor(self):
        """1191 floor 552; 8201: below 1280 is discarded."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(5000))
            peer.drop()
            peer.too_big(68, 1)
            mss = peer.stack.info(peer.socket).mss
            self.assertEqual(mss, 512 if peer.stack.family == 4 else 1440)
        self.run_both(body)

    def test_unreachable_is_soft_when_open(self):
        """5461: an open connection survives unreachable and time exceeded."""
        def body(peer):
            peer.stack.send(peer.socket, b"x")
            peer.drop()
            for kind in ((3, 11, 12) if peer.stack.family == 4 else (1, 3, 4)):
                peer.icmp_error(kind, 1, 0, 1)
            self.assertEqual(peer.stack.state(peer.socket), "ESTABLISHED")
            self.assertEqual(peer.stack.counter("tcp_icmp_soft_errors"), 3)
        self.run_both(body)

    def test_unreachable_ends_an_attempt(self):
        """5461: a connect attempt gives up, when the report quotes its SYN."""
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family) as stack:
                peer = Peer(stack, own_port=443)
                socket = stack.connect(2, 443)
                peer.expect(flags="S")
                peer.icmp_error(3 if family == 4 else 1, 1, 0, 77)
                self.assertEqual(stack.state(socket), "SYN_SENT")
                peer.icmp_error(3 if family == 4 else 1, 1, 0, 0)
                self.assertEqual(stack.receive(socket), harness.ERESET)

    def test_black_hole(self):
        """4821/8899: full segments that only time out become 1220 bytes."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(8000))
            peer.drop()
            peer.stack.advance(8000)
            self.assertEqual(peer.stack.counter("tcp_black_hole_fallbacks"), 1)
            self.assertEqual(self.sent(peer)[-1], (1, 1220))
        self.run_both(body)

    def test_black_hole_for_a_tail_with_fin(self):
        """4821/8899: what times out is less than a full segment, and still too large for the path."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(1300))
            peer.stack.shutdown(peer.socket)
            peer.drop()
            peer.stack.advance(8000)
            self.assertEqual(peer.stack.counter("tcp_black_hole_fallbacks"), 1)
            self.assertEqual(self.sent(peer)[-1], (1, 1220))
        self.run_both(body)

    def test_dont_fragment(self):
        """791: everything leaves with DF."""
        def body(peer):
            peer.stack.send(peer.socket, b"x")
            self.assertTrue(peer.one().dont_fragment)
        self.run_both(body)


if __name__ == "__main__":
    scenario.main()
