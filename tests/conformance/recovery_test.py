#!/usr/bin/env python3
"""recovery_test.py LIBRARY: recovery scenarios by hand, each over IPv4 and IPv6 (dataplane notes b and h 2).

MSS is 1000 and segment k carries bytes [1 + 1000k, 1001 + 1000k). A scenario's first line cites the row it is about.
"""
import unittest

import harness
import scenario
from scenario import RTO_MIN, Scenario, k, numbered


class WithSack(Scenario):
    settings = {"congestion": harness.NEWRENO}

    def flight(self, peer, segments=10, base=0):
        peer.stack.send(peer.socket, numbered(1000 * segments))
        out = self.sent(peer)
        self.assertEqual(out, [(k(base + i), 1000) for i in range(segments)])

    def test_two_holes_one_round_trip(self):
        """2018/6675: two holes are resent within one recovery, without the timer."""
        def body(peer):
            self.flight(peer)
            # 0 and 4 are lost.
            peer.send(1, 1, sack=[(k(1), k(2))])
            peer.send(1, 1, sack=[(k(1), k(3))])
            self.assertEqual(self.sent(peer), [])
            peer.send(1, 1, sack=[(k(1), k(4))])
            self.assertEqual(self.sent(peer)[0], (k(0), 1000))
            for end in (6, 7, 8, 9, 10):
                peer.send(1, 1, sack=[(k(5), k(end)), (k(1), k(4))])
            self.assertIn((k(4), 1000), self.sent(peer))
            peer.send(1, k(4), sack=[(k(5), k(10))])
            peer.send(1, k(10))
            self.assertEqual(peer.stack.counter("tcp_fast_retransmits"), 1)
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 0)
            self.assertEqual(peer.stack.info(peer.socket).in_recovery, 0)
        self.run_both(body)

    def test_bytes_above_say_lost_before_three_duplicates(self):
        """6675 (IsLost by bytes): one ACK whose block holds more than two segments starts recovery."""
        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(1), k(4))])
            self.assertEqual(self.sent(peer)[0], (k(0), 1000))
        self.run_both(body)

    def test_three_ranges_above_say_lost(self):
        """6675 (IsLost by ranges): three discontiguous blocks start recovery, however small."""
        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(5), k(5) + 10), (k(3), k(3) + 10), (k(1), k(1) + 10)])
            self.assertEqual(self.sent(peer)[0], (k(0), 1000))
        self.run_both(body)

    def test_only_the_hole_is_resent(self):
        """6675 (NextSeg): what the peer holds is never sent again."""
        def body(peer):
            self.flight(peer)
            for end in range(2, 11):
                peer.send(1, 1, sack=[(k(1), k(end))])
            # The hole, and the rescue of the last segment while the peer had not reported it yet.
            self.assertEqual(self.sent(peer), [(k(0), 1000), (k(9), 1000)])
        self.run_both(body)

    def test_hole_smaller_than_a_segment(self):
        """6675: a hole of 300 bytes is filled by 300 bytes."""
        def body(peer):
            self.flight(peer)
            peer.send(1, k(2), sack=[(k(2) + 300, k(8))])
            self.assertEqual(self.sent(peer)[0], (k(2), 300))
        self.run_both(body)

    def test_new_data_leaves_in_recovery(self):
        """6675 (NextSeg 2) and 6937: new data follows while duplicates arrive."""
        def body(peer):
            self.flight(peer)
            peer.stack.send(peer.socket, numbered(20000))
            peer.drop()
            for end in range(2, 11):
                peer.send(1, 1, sack=[(k(1), k(end))])
            out = self.sent(peer)
            self.assertEqual(out[0], (k(0), 1000) if out[0][0] == 1 else out[0])
            self.assertTrue(any(seq >= k(10) for seq, _ in out))
        self.run_both(body)

    def test_prr_halves_the_flight_without_a_burst(self):
        """6937: during recovery about one segment leaves for two that arrive."""
        def body(peer):
            self.flight(peer)
            peer.stack.send(peer.socket, numbered(40000))
            self.assertEqual(self.sent(peer), [])
            sent = []
            for end in range(2, 11):
                peer.send(1, 1, sack=[(k(1), k(end))])
                now = self.sent(peer)
                self.assertLessEqual(len(now), 2)
                sent += now
            self.assertLessEqual(len(sent), 7)
            peer.send(1, k(10))
            info = peer.stack.info(peer.socket)
            self.assertLessEqual(info.cwnd, 7 * 1000)
        self.run_both(body)

    def test_window_after_recovery_is_the_threshold(self):
        """6937/5681: after recovery cwnd is ssthresh, half of the flight."""
        def body(peer):
            self.flight(peer)
            for end in range(2, 11):
                peer.send(1, 1, sack=[(k(1), k(end))])
            peer.send(1, k(10))
            info = peer.stack.info(peer.socket)
            self.assertEqual((info.cwnd, info.ssthresh), (5000, 5000))
        self.run_both(body)

    def test_rescue_retransmission(self):
        """6675 (NextSeg 4): the last segment is resent once when nothing else may be."""
        def body(peer):
            self.flight(peer)
            # 0, and 8 and 9 are lost: nothing above 7 can be called lost.
            for end in range(2, 9):
                peer.send(1, 1, sack=[(k(1), k(end))])
            peer.send(1, k(8))
            out = self.sent(peer)
            self.assertIn((k(0), 1000), out)
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 0)
        self.run_both(body)

    def test_lost_retransmission_needs_the_timer(self):
        """6675: a retransmission that is lost too is resent by the timer, and only the hole."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, numbered(8000))
            peer.drop()
            for end in range(2, 9):
                peer.send(1, 2, sack=[(k(1) + 1, k(end) + 1)])
            self.assertEqual(self.sent(peer)[0], (2, 1000))
            peer.stack.advance(RTO_MIN + 5)
            self.assertEqual(self.sent(peer), [(2, 1000)])
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 1)
            peer.send(1, k(8) + 1)
            peer.stack.advance(1000)
            self.assertEqual(self.sent(peer), [])
        self.run_both(body)

    def test_timeout_skips_what_is_held(self):
        """2018 8, 6675 5.1: after a timeout sacked bytes are skipped while the peer keeps them."""
        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(2), k(3))])
            peer.stack.advance(RTO_MIN + 5)
            self.assertEqual(self.sent(peer), [(k(0), 1000)])
            peer.send(1, k(1), sack=[(k(2), k(3))])
            self.assertEqual(self.sent(peer), [(k(1), 1000), (k(3), 1000)])
        self.run_both(body)

    def test_reneging_is_noticed(self):
        """2018 8: the peer drops what it reported; everything is sent again."""
        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(1), k(3))])
            peer.send(1, k(1))  # it says that it holds nothing behind
            peer.drop()
            peer.stack.advance(RTO_MIN * 2)
            self.assertEqual(peer.stack.counter("tcp_sack_reneged"), 1)
            self.assertEqual(self.sent(peer)[0], (k(1), 1000))
        self.run_both(body, tail_loss_probe=0)

    def test_dsack_is_ignored(self):
        """2883: a block below the acknowledgment, or inside another, changes nothing."""
        def body(peer):
            self.flight(peer)
            peer.send(1, k(4))
            peer.drop()
            for _ in range(5):
                peer.send(1, k(4), sack=[(k(1), k(2))])
            self.assertEqual(self.sent(peer), [])
            self.assertEqual(peer.stack.info(peer.socket).sacked, 0)
            peer.send(1, k(4), sack=[(k(6), k(6) + 500), (k(6), k(7))])
            self.assertEqual(peer.stack.info(peer.socket).sacked, 1000)
        self.run_both(body)

    def test_lying_blocks_are_ignored(self):
        """2018: blocks that were never sent, or run backwards, are not believed."""
        def body(peer):
            self.flight(peer)
            for block in ((k(9), k(20)), (k(5), k(5)), (k(6), k(5)), (k(30), k(31)), (0x80000000, 0x80001000)):
                for _ in range(4):
                    peer.send(1, 1, sack=[block])
            self.assertEqual(self.sent(peer), [])
            self.assertEqual(peer.stack.info(peer.socket).sacked, 0)
            self.assertEqual(peer.stack.counter("tcp_sack_blocks_ignored"), 20)
        self.run_both(body)

    def test_many_ranges_are_bounded(self):
        """6675, limits: more disjoint ranges than the scoreboard has are forgotten, not half taken."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            for i in range(200):
                peer.send(1, 1, sack=[(101 + 40 * i, 121 + 40 * i)])
            peer.drop()
            self.assertLessEqual(peer.stack.info(peer.socket).sacked, 32 * 20)
            peer.send(1, k(10))
            self.assertEqual(peer.stack.info(peer.socket).sacked, 0)
        self.run_both(body)

    def test_limited_transmit_with_sack(self):
        """3042: each of the first two duplicates lets one new segment leave."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(20000))
            self.assertEqual(len(self.sent(peer)), 10)
            peer.send(1, 1, sack=[(k(1), k(2))])
            self.assertEqual(self.sent(peer), [(k(10), 1000)])
            peer.send(1, 1, sack=[(k(1), k(3))])
            self.assertEqual(self.sent(peer), [(k(11), 1000)])
        self.run_both(body)

    def test_a_fin_in_the_hole_is_resent(self):
        """9293 states: a lost FIN is part of what SACK recovery resends."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, numbered(3000))
            peer.stack.shutdown(peer.socket)
            peer.drop()
            peer.stack.advance(RTO_MIN + 300)
            peer.send(1, k(3) + 1)
            peer.stack.advance(RTO_MIN * 4)
            self.assertTrue(any("F" in s.flags for s in peer.drop()))
            peer.send(1, k(3) + 2)
            self.assertEqual(peer.stack.state(peer.socket), "FIN_WAIT_2")
        self.run_both(body)

    def test_sack_without_promise_is_ignored(self):
        """2018: blocks of a peer that did not send SACK-permitted are not read."""
        self.sack = False

        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(1), k(5))])
            self.assertEqual(peer.stack.info(peer.socket).sacked, 0)
        try:
            self.run_both(body)
        finally:
            self.sack = True

    def test_peer_that_promised_and_sends_none_gets_newreno(self):
        """6582: SACK negotiated, duplicates without blocks: three still start recovery."""
        def body(peer):
            self.flight(peer)
            for _ in range(3):
                peer.send(1, 1)
            self.assertEqual(self.sent(peer)[0], (k(0), 1000))
        self.run_both(body)

    def test_tail_probe(self):
        """8985 TLP: the last segment is resent after two round trips, before the timer."""
        def body(peer):
            peer.stack.send(peer.socket, b"w")
            peer.drop()
            peer.stack.advance(40)
            peer.send(1, 2)
            peer.stack.send(peer.socket, numbered(3000))
            peer.drop()
            peer.stack.advance(90)
            out = peer.drop()
            self.assertEqual([(s.seq, len(s.data)) for s in out], [(2002, 1000)])
            self.assertEqual(peer.stack.counter("tcp_tail_probes"), 1)
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 0)
        self.run_both(body)

    def test_tail_probe_that_is_held_proves_loss(self):
        """8985 TLP: the probe is reported, so what lies below is lost: recovery without the timer."""
        def body(peer):
            peer.stack.send(peer.socket, b"w")
            peer.drop()
            peer.stack.advance(40)
            peer.send(1, 2)
            peer.stack.send(peer.socket, numbered(3000))
            peer.drop()
            peer.stack.advance(90)
            peer.drop()
            peer.send(1, 2, sack=[(2002, 3002)])
            self.assertEqual(self.sent(peer)[0], (2, 1000))
            self.assertEqual(peer.stack.counter("tcp_tail_probes_proved_loss"), 1)
            peer.send(1, 1002, sack=[(2002, 3002)])
            peer.send(1, 3002)
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 0)
        self.run_both(body)

    def test_tail_probe_sends_new_data_first(self):
        """8985 7.3: with unsent data and room, the probe carries new bytes."""
        def body(peer):
            peer.stack.send(peer.socket, b"w")
            peer.drop()
            peer.stack.advance(40)
            peer.send(1, 2)
            peer.stack.send(peer.socket, numbered(40000))
            count = len(peer.drop())
            peer.stack.advance(90)
            self.assertEqual(self.sent(peer), [(2 + 1000 * count, 1000)])
        self.run_both(body)

    def test_one_probe_only(self):
        """8985 7.3: after a probe the retransmission timer decides."""
        def body(peer):
            self.warm(peer)
            peer.stack.send(peer.socket, numbered(3000))
            peer.drop()
            peer.stack.advance(RTO_MIN - 20)
            self.assertEqual(len(peer.drop()), 1)
            peer.stack.advance(RTO_MIN)
            self.assertEqual(peer.stack.counter("tcp_tail_probes"), 1)
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 1)
        self.run_both(body)

    def test_partial_window_scoreboard_survives_new_holes(self):
        """6675: holes opened by a second loss in the same recovery are filled in it."""
        def body(peer):
            self.flight(peer)
            peer.send(1, 1, sack=[(k(1), k(4))])
            peer.send(1, 1, sack=[(k(5), k(7)), (k(1), k(4))])
            peer.send(1, 1, sack=[(k(8), k(10)), (k(5), k(7)), (k(1), k(4))])
            peer.send(1, k(4), sack=[(k(8), k(10)), (k(5), k(7))])
            peer.send(1, k(7), sack=[(k(8), k(10))])
            starts = [seq for seq, _ in self.sent(peer)]
            self.assertTrue({k(0), k(4), k(7)} <= set(starts), starts)
            peer.send(1, k(10))
            self.assertEqual(peer.stack.counter("tcp_fast_retransmits"), 1)
        self.run_both(body)


class NewReno(Scenario):
    sack, settings = False, {"congestion": harness.NEWRENO}

    def test_partial_ack_fills_the_next_hole(self):
        """6582: a partial ACK resends the next hole at once."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            for _ in range(8):
                peer.send(1, 1)
            self.assertEqual(self.sent(peer)[0], (k(0), 1000))
            peer.send(1, k(4))
            self.assertEqual(self.sent(peer)[0], (k(4), 1000))
            peer.send(1, k(10))
            self.assertEqual(peer.stack.counter("tcp_retransmit_timeouts"), 0)
        self.run_both(body)

    def test_first_retransmission_is_the_first_segment(self):
        """6582: without SACK the first unacknowledged segment is resent, nothing else."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            peer.send(1, k(2))
            peer.drop()
            for _ in range(3):
                peer.send(1, k(2))
            self.assertEqual(self.sent(peer)[0], (k(2), 1000))
        self.run_both(body)

    def test_no_second_reduction_in_one_window(self):
        """6582 3.2: duplicates after a timeout do not start another recovery."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            peer.stack.advance(RTO_MIN + 5)
            peer.drop()
            for _ in range(5):
                peer.send(1, 1)
            self.assertEqual(peer.stack.counter("tcp_fast_retransmits"), 0)
        self.run_both(body)

    def test_limited_transmit(self):
        """3042: without SACK too."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(20000))
            self.assertEqual(len(self.sent(peer)), 10)
            peer.send(1, 1)
            peer.send(1, 1)
            self.assertEqual(self.sent(peer), [(k(10), 1000), (k(11), 1000)])
        self.run_both(body)

    def test_limited_transmit_is_not_in_the_threshold(self):
        """5681 3.2 step 2: half of the ten segments in the window, not of the twelve in flight."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(20000))
            self.assertEqual(len(self.sent(peer)), 10)
            for _ in range(3):
                peer.send(1, 1)
            self.assertEqual(self.sent(peer), [(k(10), 1000), (k(11), 1000), (k(0), 1000)])
            info = peer.stack.info(peer.socket)
            self.assertEqual((info.ssthresh, info.cwnd), (5000, 8000))
        self.run_both(body, congestion=harness.NEWRENO)

    def test_duplicates_with_data_do_not_count(self):
        """5681 2: a segment with data, or another window, is no duplicate ACK."""
        def body(peer):
            peer.stack.send(peer.socket, numbered(10000))
            peer.drop()
            for i in range(4):
                peer.send(1 + i, 1, flags="A", data=b"x")
            for i in range(4):
                peer.send(5, 1, window=60000 + i)
            self.assertEqual(peer.stack.counter("tcp_fast_retransmits"), 0)
        self.run_both(body)


if __name__ == "__main__":
    scenario.main()
