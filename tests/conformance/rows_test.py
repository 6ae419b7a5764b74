#!/usr/bin/env python3
"""rows_test.py LIBRARY: rows of the RFC checklist that are not about loss, each over IPv4 and IPv6.

A test's first line begins with its row in docs/tcp.md.
"""
import struct

import harness
import scenario
from harness import Options, Peer, Stack, address_bytes, ip_packet
from scenario import FULL, Rows



class States(Rows):
    def test_simultaneous_open(self):
        """9293 states: two SYNs cross; both ends reach ESTABLISHED."""
        def body(stack, peer):
            peer.own_port = 443
            socket = stack.connect(2, 443)
            peer.expect(flags="S", seq=0)
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA", seq=0, ack=1)
            self.assertEqual(stack.state(socket), "SYN_RECEIVED")
            peer.send(0, 1, flags="SA", options=Options(mss=1000))
            self.assertEqual(stack.state(socket), "ESTABLISHED")
        self.bare(body)

    def test_simultaneous_close(self):
        """9293 states: two FINs cross; CLOSING, then TIME-WAIT."""
        def body(peer):
            peer.stack.shutdown(peer.socket)
            peer.expect(flags="FA", seq=1)
            peer.send(1, 1, flags="FA")
            self.assertEqual(peer.stack.state(peer.socket), "CLOSING")
            peer.expect(flags="A", ack=2)
            peer.send(2, 2)
            self.assertEqual(peer.stack.state(peer.socket), "TIME_WAIT")
        self.both(body)

    def test_half_close_from_the_peer(self):
        """9293 states: CLOSE-WAIT sends data for as long as it likes, then LAST-ACK."""
        def body(peer):
            peer.send(1, 1, flags="FA")
            peer.expect(flags="A", ack=2)
            self.assertEqual(peer.stack.receive(peer.socket), b"")
            peer.stack.send(peer.socket, b"still here")
            peer.expect(data=b"still here", ack=2)
            peer.send(2, 11)
            peer.stack.close(peer.socket)
            peer.expect(flags="FA", seq=11)
            self.assertEqual(peer.stack.state(peer.socket), "LAST_ACK")
            peer.send(2, 12)
            self.assertEqual(peer.stack.state(peer.socket), "CLOSED")
        self.both(body)

    def test_fin_out_of_order_waits(self):
        """9293 states: a FIN behind a hole is not taken before the hole is filled."""
        def body(peer):
            peer.send(4, 1, flags="FA")
            peer.expect(flags="A", ack=1)
            self.assertEqual(peer.stack.state(peer.socket), "ESTABLISHED")
            peer.send(1, 1, data=b"abc")
            peer.expect(ack=5)
            self.assertEqual(peer.stack.state(peer.socket), "CLOSE_WAIT")
            self.assertEqual(peer.stack.receive(peer.socket), b"abc")
            self.assertEqual(peer.stack.receive(peer.socket), b"")
        self.both(body)

    def test_lost_fin_is_resent_in_every_closing_state(self):
        """9293 states: FIN is resent until acknowledged, also crossing the peer's."""
        def body(peer):
            peer.stack.shutdown(peer.socket)
            peer.expect(flags="FA")
            peer.stack.advance(250)
            peer.expect(flags="FA", seq=1)
            peer.send(1, 1, flags="FA")
            peer.expect(flags="A", ack=2)
            peer.stack.advance(700)
            peer.expect(flags="FA", seq=1, ack=2)
        self.both(body)

    def test_fin_with_data(self):
        """9293 states: FIN on the last data segment, taken once."""
        def body(peer):
            peer.send(1, 1, flags="FPA", data=b"last")
            peer.expect(ack=6)
            peer.send(1, 1, flags="FPA", data=b"last")
            peer.expect(ack=6)
            self.assertEqual(peer.stack.receive(peer.socket), b"last")
            self.assertEqual(peer.stack.receive(peer.socket), b"")
        self.both(body)

    def test_data_after_close_is_reset(self):
        """9293 3.6.1: the application closed; new data cannot be delivered and is reset."""
        def body(peer):
            peer.stack.close(peer.socket)
            peer.expect(flags="FA")
            peer.send(1, 2, data=b"for nobody")
            self.assertIn("R", peer.one().flags)
        self.both(body)

    def test_close_with_unread_data_is_reset(self):
        """9293 3.6.1: bytes that nobody read: RST, not FIN."""
        def body(peer):
            peer.send(1, 1, flags="PA", data=b"unread")
            peer.drop()
            peer.stack.close(peer.socket)
            self.assertIn("R", peer.one().flags)
        self.both(body)

    def test_listen(self):
        """9293 LISTEN: RST ignored, ACK reset, FIN or nothing ignored."""
        def body(stack, peer):
            stack.listen(443)
            peer.send(5, flags="R")
            peer.send(5, flags="F")
            peer.send(5, flags="")
            peer.silence()
            peer.their_initial = 0
            peer.send(5, 77, flags="A")
            peer.expect(flags="R", seq=77)
        self.bare(body)

    def test_data_in_the_syn_is_not_lost(self):
        """9293 3.10.7.2: bytes of a SYN may be dropped; they are then sent again."""
        def body(stack, peer):
            listener = stack.listen(443)
            peer.send(0, flags="S", data=b"early", options=Options(mss=1000))
            peer.expect(flags="SA", ack=1)
            peer.send(1, 1, flags="PA", data=b"early")
            self.assertEqual(stack.receive(stack.accept(listener)), b"early")
        self.bare(body)


class Parsing(Rows):
    def test_lying_offsets_and_options(self):
        """9293 parsing: data offset and option lengths outside the header are refused."""
        def body(peer):
            before = peer.stack.counter("tcp_malformed")
            peer.send(1, 1, data=b"x", offset=4)
            peer.send(1, 1, data=b"x", offset=15)
            for extra in (b"\x02\x00\x01\x01", b"\x08\x01\x01\x01", b"\x05\x0a\x01\x01", b"\x01\x01\x01\x07"):
                peer.send(1, 1, data=b"x", options=Options(extra=extra))
            self.assertEqual(peer.stack.counter("tcp_malformed") - before, 6)
            peer.silence()
        self.both(body)

    def test_unknown_options_are_skipped(self):
        """9293 parsing, 7413: unknown, experimental and MD5 options are skipped."""
        def body(stack, peer):
            listener = stack.listen(443)
            extra = b"\xfd\x06\xf9\x89ab" + b"\x13\x12" + b"m" * 16 + b"\x22\x02"
            peer.send(0, flags="S", options=Options(mss=1000, extra=extra))
            peer.expect(flags="SA")
            peer.send(1, 1)
            self.assertGreater(stack.accept(listener), 0)
        self.bare(body)

    def test_every_flag_byte(self):
        """9293 parsing: 256 flag bytes in an open connection: no crash, no state change but by FIN and RST."""
        def body(peer):
            for bits in range(256):
                if bits & 5 or bits & 2:
                    continue
                names = "".join(n for n, b in harness.FLAGS.items() if bits & b)
                peer.send(1, 1, flags=names)
            peer.drop()
            self.assertEqual(peer.stack.state(peer.socket), "ESTABLISHED")
        self.both(body)

    def test_bad_checksum(self):
        """9293 parsing: a wrong checksum is counted and dropped."""
        def body(peer):
            peer.send(1, 1, data=b"x", bad_sum=True)
            peer.silence()
            self.assertEqual(peer.stack.counter("tcp_bad_checksum"), 1)
        self.both(body)

    def test_truncated_everywhere(self):
        """9293 parsing: a packet cut at every byte is counted and dropped."""
        def body(peer):
            whole = ip_packet(peer.mine, peer.theirs, 6, peer.raw(1, 1, "PA", b"x" * 8, options=Options(mss=9)))
            for size in range(1, len(whole)):
                peer.stack.inject(whole[:size])
            peer.silence()
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 0)
        self.both(body)

    def test_source_equal_to_destination(self):
        """bad inputs: a packet from our own address (land) is dropped."""
        def body(stack, peer):
            stack.listen(443)
            peer.own_port, peer.mine = 443, peer.theirs
            peer.send(0, flags="S")
            self.assertEqual(stack.collect(), [])
        self.bare(body)

    def test_port_zero(self):
        """bad inputs: port 0 names nobody."""
        def body(stack, peer):
            stack.listen(443)
            peer.own_port = 0
            peer.send(0, flags="S")
            self.assertEqual(stack.collect(), [])
        self.bare(body)


class Acknowledgements(Rows):
    def test_ack_of_unsent_data(self):
        """9293 ACK validation, 5961 5: answered, and nothing moves."""
        def body(peer):
            peer.send(1, 5000, data=b"x")
            peer.expect(flags="A", ack=1)
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 0)
        self.both(body)

    def test_ancient_ack(self):
        """5961 5.2: below SND.UNA - MAX.SND.WND: challenge, data not taken."""
        def body(peer):
            peer.send(1, (1 - 70_000) & 0xffffffff, data=b"x")
            peer.expect(flags="A", ack=1)
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 0)
            peer.send(1, (1 - 60_000) & 0xffffffff, flags="PA", data=b"x")
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 1)
        self.both(body)

    def test_reset_forms(self):
        """9293 RST replies: the form follows the ACK bit; never to a RST."""
        def body(stack, peer):
            peer.their_initial = 0
            peer.send(10, 77, flags="A", data=b"abc")
            peer.expect(flags="R", seq=77)
            peer.send(10, flags="S", data=b"abc")
            peer.expect(flags="RA", seq=0, ack=14)
            peer.send(10, flags="")
            peer.expect(flags="RA", seq=0, ack=10)
            peer.send(10, flags="R")
            peer.send(10, 5, flags="RA")
            peer.silence()
        self.bare(body)

    def test_delayed_ack(self):
        """9293 delayed ACK: alone within 40 ms, every second full segment at once, PSH at once."""
        def body(peer):
            peer.send(1, 1, data=b"x" * 1000)
            peer.silence()
            peer.stack.advance(45)
            peer.expect(ack=1001)
            peer.send(1001, 1, data=b"x" * 1000)
            peer.send(2001, 1, data=b"x" * 1000)
            peer.expect(ack=3001)
            peer.send(3001, 1, flags="PA", data=b"x")
            peer.expect(ack=3002)
        self.both(body)

    def test_nagle_is_off_and_can_be_asked_for(self):
        """9293 Nagle: small writes leave at once; with Nagle they wait for the ACK."""
        def body(peer):
            for _ in range(3):
                peer.stack.send(peer.socket, b"ab")
            self.assertEqual([s.data for s in peer.drop()], [b"ab"] * 3)
            peer.send(1, 7)
            peer.stack.option(peer.socket, harness.NODELAY, 0)
            peer.stack.send(peer.socket, b"one")
            peer.expect(data=b"one")
            peer.stack.send(peer.socket, b"two")
            peer.stack.send(peer.socket, b"three")
            peer.silence()
            peer.send(1, 10)
            peer.expect(data=b"twothree")
        self.both(body)

    def test_urgent_is_in_band(self):
        """9293 urgent: the pointer is ignored, the bytes are data."""
        def body(peer):
            peer.send(1, 1, flags="UPA", data=b"urgent", urgent=3)
            self.assertEqual(peer.stack.receive(peer.socket), b"urgent")
        self.both(body)

    def test_silly_sender(self):
        """9293 SWS sender: a small window is not filled at once by a small segment."""
        def body(peer):
            peer.send(1, 1, window=400)
            peer.stack.send(peer.socket, b"x" * 5000)
            peer.silence()
        self.both(body)


class Negotiation(Rows):
    def test_mss_defaults_and_floor(self):
        """9293/6691 MSS: without the option 536 or 1220; a tiny one is raised."""
        for family, default in ((4, 536), (6, 1220)):
            for offered, used in ((None, default), (0, default), (1, 64), (48, 64), (900, 900), (9000, None)):
                with Stack(scenario.LIBRARY, family, timestamps=0) as stack:
                    peer = Peer(stack)
                    peer.handshake(Options(mss=offered))
                    most = 1460 if family == 4 else 1440
                    self.assertEqual(stack.info(peer.socket).mss, used or most)

    def test_effective_mss_leaves_room_for_options(self):
        """9293/6691 MSS: timestamps take 12 bytes of every segment."""
        def body(peer):
            peer.stack.send(peer.socket, b"x" * 3000)
            self.assertEqual(len(peer.one().data), 988)
        self.both(body, Options(**FULL))

    def test_window_scale(self):
        """7323 window scale: SYN unscaled, later scaled; above 14 taken as 14; none without both."""
        def body(peer):
            self.assertEqual(peer.stack.info(peer.socket).snd_wnd, 300 << 7)
        self.both(body, Options(**FULL), window=300)

        def capped(peer):
            self.assertEqual(peer.stack.info(peer.socket).snd_scale, 14)
        self.both(capped, Options(mss=1000, scale=200))

        def none(peer):
            info = peer.stack.info(peer.socket)
            self.assertEqual((info.snd_scale, info.rcv_scale), (0, 0))
            self.assertLessEqual(info.rcv_edge - info.rcv_nxt & 0xffffffff, 65535)
        self.both(none, Options(mss=1000))

    def test_scale_of_zero_is_an_offer(self):
        """7323 window scale: a shift of 0 is answered with ours."""
        def body(stack, peer):
            stack.listen(443)
            peer.send(0, flags="S", options=Options(mss=1000, scale=0))
            self.assertIsNotNone(peer.one().options.scale)
        self.bare(body, receive_bytes=30_000)

    def test_option_order(self):
        """notes h 6: MSS, SACK-permitted, timestamps, NOP, window scale."""
        def body(stack, peer):
            stack.listen(443)
            peer.send(0, flags="S", options=Options(**FULL))
            self.assertEqual(peer.one().options.order, [2, 4, 8, 3])
        self.bare(body)

    def test_only_what_was_offered(self):
        """7323, 2018: the SYN-ACK carries nothing that the SYN did not."""
        def body(stack, peer):
            stack.listen(443)
            peer.send(0, flags="S", options=Options(mss=1000))
            self.assertEqual(peer.one().options.order, [2])
        self.bare(body)

    def test_ecn_setup(self):
        """3168: an ECN or AccECN SYN is answered without ECN and without reset."""
        def body(stack, peer):
            stack.listen(443)
            peer.send(0, flags="SEC", options=Options(mss=1000))
            self.assertEqual(set(peer.one().flags), {"S", "A"})
        self.bare(body)


class Timestamps(Rows):
    def test_echo_and_update(self):
        """7323 timestamps: the last in-order value is echoed, one of an early segment is not."""
        def body(peer):
            peer.ts = 1500
            peer.send(1, 1, flags="PA", data=b"ab")
            self.assertEqual(peer.one().options.ts[1], 1500)
            peer.ts = 1600
            peer.send(10, 1, data=b"later")
            self.assertEqual(peer.one().options.ts[1], 1500)
        self.both(body, Options(**FULL))

    def test_paws(self):
        """7323 PAWS: an older value is answered and not taken."""
        def body(peer):
            peer.ts = 900
            peer.send(1, 1, data=b"old")
            peer.expect(flags="A", ack=1)
            self.assertEqual(peer.stack.counter("tcp_paws_rejected"), 1)
            self.assertEqual(peer.stack.info(peer.socket).receive_unread, 0)
        self.both(body, Options(**FULL))

    def test_paws_spares_resets(self):
        """7323 5.2: a RST is not judged by its timestamp."""
        def body(peer):
            peer.ts = 900
            peer.send(1, 1, flags="RA")
            self.assertEqual(peer.stack.receive(peer.socket), harness.ERESET)
        self.both(body, Options(**FULL))

    def test_missing_timestamp(self):
        """7323 3.2: once negotiated, a segment without it is dropped."""
        def body(peer):
            peer.ts = None
            peer.send(1, 1, data=b"x")
            peer.silence()
        self.both(body, Options(**FULL))

    def test_round_trip_on_every_ack(self):
        """7323 RTTM: a resent segment gives a sample too, by its echo."""
        def body(peer):
            peer.stack.send(peer.socket, b"abc")
            first = peer.one()
            peer.stack.advance(80)
            peer.send(1, 4, options=Options(ts=(1001, first.options.ts[0])))
            self.assertGreater(peer.stack.info(peer.socket).srtt_ms, 5)
        self.both(body, Options(**FULL))

    def test_offset_is_per_tuple_and_monotonic(self):
        """7323 7.1: other tuples have another clock; one tuple's clock never goes back."""
        def body(stack, peer):
            stack.listen(443)
            seen = {}
            for _ in range(2):
                for port in (1000, 1001, 1002):
                    other = Peer(stack, own_port=port)
                    other.send(0, flags="S", options=Options(**FULL))
                    value = other.one().options.ts[0]
                    if port in seen:
                        self.assertLess((value - seen[port]) & 0xffffffff, 1 << 20)
                    seen[port] = value
                    other.send(1, flags="R")
                    stack.advance(50)
            self.assertGreater(len({v >> 12 for v in seen.values()}), 1)
        self.bare(body)


class SackReceiver(Rows):
    OPTIONS = dict(mss=1000, sack_ok=True)

    def test_blocks_most_recent_first(self):
        """2018 SACK receiver: the segment that came last is in the first block."""
        def body(peer):
            for seq in (101, 301, 501):
                peer.send(seq, 1, data=b"x" * 100)
            self.assertEqual(peer.drop()[-1].options.sack, [(501, 601), (301, 401), (101, 201)])
            peer.send(201, 1, data=b"x" * 100)
            self.assertEqual(peer.one().options.sack, [(101, 401), (501, 601)])
        self.both(body, Options(**self.OPTIONS))

    def test_three_blocks_with_timestamps(self):
        """2018 SACK receiver: four blocks, three beside timestamps."""
        def body(peer):
            for seq in (101, 301, 501, 701, 901):
                peer.send(seq, 1, data=b"x" * 100)
            self.assertEqual(len(peer.drop()[-1].options.sack), 3 if peer.ts else 4)
        self.both(body, Options(**self.OPTIONS))
        self.both(body, Options(**FULL))

    def test_no_blocks_after_the_hole(self):
        """2018 SACK receiver: when everything is in order no block is sent; none without the promise."""
        def body(peer):
            peer.send(101, 1, data=b"x" * 100)
            self.assertEqual(peer.one().options.sack, [(101, 201)])
            peer.send(1, 1, data=b"x" * 100)
            self.assertEqual(peer.one().options.sack, [])
        self.both(body, Options(**self.OPTIONS))

        def never(peer):
            peer.send(101, 1, data=b"x" * 100)
            self.assertEqual(peer.one().options.sack, [])
        self.both(never)

    def test_what_is_not_kept_is_not_reported(self):
        """2018 8: a segment that was refused for lack of room is in no block."""
        def body(peer):
            for i in range(40):
                peer.send(1001 + 20 * i, 1, data=b"x" * 10)
            self.assertLessEqual(peer.stack.info(peer.socket).receive_held, 24 * 10)
            last = peer.drop()[-1]
            self.assertTrue(all(e <= 1001 + 20 * 24 for _, e in last.options.sack))
        self.both(body, Options(**self.OPTIONS))

    def test_data_segments_with_blocks_fit_the_path(self):
        """2018, 6691: blocks in a data segment make its payload shorter, never the packet longer."""
        def body(peer):
            peer.send(101, 1, data=b"x" * 100)
            peer.drop()
            peer.stack.send(peer.socket, b"y" * 3000)
            out = peer.drop()
            self.assertTrue(all(s.size <= (1040 if peer.stack.family == 4 else 1060) for s in out))
            self.assertEqual(out[0].options.sack, [(101, 201)])
        self.both(body, Options(**FULL))

    def test_first_copy_wins(self):
        """out-of-order buffering: conflicting copies; what was acknowledged first is what is read."""
        def body(peer):
            peer.send(5, 1, data=b"FIRST")
            peer.send(3, 1, data=b"xxSECOND")
            peer.send(1, 1, data=b"abcdefghij")
            self.assertEqual(peer.stack.receive(peer.socket), b"abxxFIRSTD"[:9] + b"D")
        self.both(body, Options(**self.OPTIONS))


class TimeWait(Rows):
    def closed(self, peer):
        peer.stack.shutdown(peer.socket)
        peer.drop()
        peer.send(1, 2, flags="FA")
        peer.expect(flags="A", ack=2)
        self.assertEqual(peer.stack.state(peer.socket), "TIME_WAIT")

    def test_reset_is_ignored(self):
        """1337: a RST does not end TIME-WAIT."""
        def body(peer):
            self.closed(peer)
            peer.send(2, 2, flags="RA")
            peer.silence()
            self.assertEqual(peer.stack.state(peer.socket), "TIME_WAIT")
        self.both(body)

    def test_late_fin(self):
        """9293 TIME-WAIT: a repeated FIN is acknowledged and the wait begins again."""
        def body(peer):
            self.closed(peer)
            peer.stack.advance(50_000)
            peer.send(1, 2, flags="FA")
            peer.expect(flags="A", seq=2, ack=2)
            peer.stack.advance(50_000)
            self.assertEqual(peer.stack.state(peer.socket), "TIME_WAIT")
            peer.stack.advance(11_000)
            self.assertEqual(peer.stack.state(peer.socket), "CLOSED")
        self.both(body)

    def test_reuse_by_timestamp(self):
        """6191: a SYN with a larger timestamp opens again, beyond the old numbers; an older one does not."""
        def body(peer):
            self.closed(peer)
            old = peer.their_initial
            peer.send((0 - 100_000) & 0xffffffff, flags="S", options=Options(mss=1000, ts=(900, 0)))
            peer.expect(flags="A", ack=2)
            peer.send((0 - 100_000) & 0xffffffff, flags="S", options=Options(mss=1000, ts=(2000, 0)))
            peer.expect(flags="SA")
            self.assertLess((peer.their_initial - old - 65_536) & 0xffffffff, 0x7fffffff)
        self.both(body, Options(**FULL))

    def test_reuse_by_sequence(self):
        """6191: without timestamps a SYN beyond the window opens again; several SYNs are harmless."""
        def body(peer):
            self.closed(peer)
            peer.send(1, flags="S")
            peer.expect(flags="A", ack=2)
            peer.send(100_000, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA", ack=100_001)
            peer.send(100_000, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA", ack=100_001)
        self.both(body)


class Packets(Rows):
    def test_fragments_are_refused(self):
        """791/8200 fragments: dropped and counted, atomic ones too (8021)."""
        def body(peer):
            segment = peer.raw(1, 1, "PA", b"x" * 64)
            if peer.stack.family == 4:
                for field in (0x2000, 0x0001, 0x2003):
                    peer.stack.inject(ip_packet(peer.mine, peer.theirs, 6, segment, fragment=field))
                self.assertEqual(peer.stack.counter("ip_fragment"), 3)
            else:
                for field in (0, 1, 8, 9):
                    head = struct.pack("!BBHI", 6, 0, field, 7)
                    peer.stack.inject(ip_packet(peer.mine, peer.theirs, 44, head + segment))
                self.assertEqual(peer.stack.counter("ip6_fragment"), 4)
            peer.silence()
        self.both(body)

    def test_extension_headers_are_bounded(self):
        """8200: padding is skipped up to a bound; routing, unknown options and long chains are refused."""
        with Stack(scenario.LIBRARY, 6) as stack:
            peer = Peer(stack)
            peer.handshake()
            pad = b"\x01\x04\0\0\0\0"
            segment = peer.raw(1, 1, "PA", b"hello")

            def chain(*kinds):
                body = segment
                following = 6
                for kind, content in reversed(kinds):
                    body = bytes([following, (len(content) - 6) // 8]) + content + body
                    following = kind
                stack.inject(ip_packet(peer.mine, peer.theirs, following, body))
            chain((0, pad), (60, pad))
            self.assertEqual(stack.receive(peer.socket), b"hello")
            refused = [[(60, pad), (0, pad)], [(43, pad)], [(60, pad)] * 4, [(0, b"\xc2\x04\0\0\0\0")],
                       [(60, b"\x01\xfc" + b"\0" * 252 + b"\x01\x04\0\0\0\0" + b"\0" * 2)]]
            for kinds in refused:
                chain(*kinds)
            self.assertEqual(stack.counter("ip6_extension_refused"), len(refused))

    def test_echo_is_limited(self):
        """792/4443: a burst of 50, then 200 a second."""
        import harness as h
        for family in (4, 6):
            with Stack(scenario.LIBRARY, family) as stack:
                me, it = address_bytes(family, 2), address_bytes(family, 1)
                kind, protocol, prefix = (8, 1, b"") if family == 4 else (128, 58, h.pseudo(me, it, 58, 8))
                body = bytes([kind, 0, 0, 0, 1, 2, 3, 4])
                body = body[:2] + h.checksum(prefix + body).to_bytes(2, "big") + body[4:]
                for _ in range(500):
                    stack.inject(ip_packet(me, it, protocol, body))
                self.assertEqual(len(stack.collect()), 50)

    def test_ipv4_options_and_padding(self):
        """bad inputs: header options are skipped, what follows the total length is not read."""
        with Stack(scenario.LIBRARY, 4) as stack:
            peer = Peer(stack)
            peer.handshake()
            segment = peer.raw(1, 1, "PA", b"hello")
            head = struct.pack("!BBHHHBBH", 0x46, 0, 24 + len(segment), 1, 0, 64, 6, 0)
            head += peer.mine + peer.theirs + b"\x01\x01\x01\x00"
            head = head[:10] + struct.pack("!H", harness.checksum(head)) + head[12:]
            stack.inject(head + segment + b"padding")
            self.assertEqual(stack.receive(peer.socket), b"hello")


if __name__ == "__main__":
    scenario.main()
