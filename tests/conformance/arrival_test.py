#!/usr/bin/env python3
"""arrival_test.py LIBRARY: what RFC 9293 3.10.7 ("segment arrives") and RFC 5961 say, state by state and in their
order: sequence, RST, SYN, ACK, text, FIN. Written from the RFCs, not from the code: each answer is the one that the
text names.

state_matrix_test.cc asks far more combinations, with the invariants as its oracle; here the oracle is the words.
"""
import scenario
from harness import ERESET, Options, Peer, Stack
from scenario import Rows

WINDOW = 65535
SYNCHRONISED = ("SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
                "TIME_WAIT")
AFTER_FIN = ("CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT")


class At:
    """A connection in a state. `peer_next`: RCV.NXT of the stack; `una`, `next`: its SND.UNA and SND.NXT (relative)."""

    def __init__(self, stack, state):
        self.stack, self.state_name, self.peer = stack, state, Peer(stack)
        self.peer_next, self.una, self.next = 1, 1, 1
        peer = self.peer
        if state == "SYN_RECEIVED":
            peer.listener = stack.listen(peer.port)
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA", ack=1)
            self.una = 0
        else:
            peer.handshake()
        if state in ("FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "TIME_WAIT"):
            self.shut()
        if state in ("FIN_WAIT_2", "TIME_WAIT"):
            peer.send(1, 2)
            self.una = 2
        if state in AFTER_FIN:
            peer.send(1, self.una, flags="FA")
            self.peer_next = 2
        if state == "LAST_ACK":
            peer.drop()
            self.shut()
        peer.drop()
        assert self.state() == state, (self.state(), state)

    def shut(self):
        self.stack.shutdown(self.peer.socket)
        self.next = 2

    def state(self):
        return self.stack.state_between(self.peer.port, self.peer.last, self.peer.own_port)


class Arrival(Rows):
    def each(self, body, states=SYNCHRONISED):
        for family in (4, 6):
            for state in states:
                with self.subTest(family=family, state=state), Stack(scenario.LIBRARY, family) as stack:
                    body(At(stack, state))

    def unchanged(self, at):
        self.assertEqual(at.state(), at.state_name)

    def answered(self, at):
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, once. A half-open connection may send its SYN-ACK again instead."""
        segment = at.peer.one()
        if at.state_name == "SYN_RECEIVED" and "S" in segment.flags:
            self.assertEqual((segment.seq, segment.ack), (0, 1))
        else:
            self.assertEqual((segment.flags, segment.seq, segment.ack, segment.data),
                             ("A", at.next, at.peer_next, b""))
        at.peer.silence()

    # First, the sequence number.

    def test_outside_the_window_is_answered_by_an_ack(self):
        """3.10.7.4 first: not acceptable, no RST: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, and dropped."""
        def beyond(at):
            at.peer.send(at.peer_next + WINDOW + 70_000, at.una, data=b"far")
            self.answered(at)
            self.unchanged(at)

        def before(at):
            at.peer.send(at.peer_next - 1000, at.una, data=b"old")
            self.answered(at)
            self.unchanged(at)
        self.each(beyond)
        self.each(before)

    def test_a_syn_again_is_an_old_segment(self):
        """3.10.7.4 first: the peer's SYN, sent twice, lies before the window."""
        def body(at):
            at.peer.send(0, flags="S", options=Options(mss=1000))
            self.answered(at)
            self.unchanged(at)
        # In TIME-WAIT a SYN may open anew (RFC 6191): rows_test.py.
        self.each(body, [s for s in SYNCHRONISED if s != "TIME_WAIT"])

    # Second, RST.

    def test_reset_at_the_next_number_ends_it(self):
        """3.10.7.4 second, RFC 5961 3.2: RST at RCV.NXT exactly; RFC 1337: not in TIME-WAIT. Never answered."""
        def body(at):
            at.peer.send(at.peer_next, flags="R")
            at.peer.silence()
            if at.state_name == "TIME_WAIT":
                self.assertEqual(at.state(), "TIME_WAIT")
                return
            self.assertEqual(at.state(), "CLOSED")
            if at.state_name != "SYN_RECEIVED":  # that goes back to LISTEN, and nobody is told
                self.assertEqual(at.stack.receive(at.peer.socket), ERESET)
        self.each(body)

    def test_reset_elsewhere_in_the_window_is_challenged(self):
        """RFC 5961 3.2: in the window and not RCV.NXT: a challenge ACK."""
        def body(at):
            at.peer.send(at.peer_next + 100, flags="R")
            self.answered(at)
            self.unchanged(at)
        self.each(body, [s for s in SYNCHRONISED if s != "TIME_WAIT"])

    def test_reset_outside_the_window_is_dropped(self):
        """RFC 5961 3.2: outside: silently."""
        def body(at):
            for number in (at.peer_next - 1, at.peer_next + WINDOW + 70_000):
                at.peer.send(number, at.una, flags="RA")
                at.peer.silence()
            self.unchanged(at)
        self.each(body)

    # Fourth, SYN.

    def test_syn_in_the_window_is_challenged(self):
        """3.10.7.4 fourth, RFC 5961 4.2: a challenge ACK. (Passive SYN-RECEIVED may go back to LISTEN.)"""
        def body(at):
            at.peer.send(at.peer_next + 50, at.una, flags="SA")
            self.answered(at)
            self.unchanged(at)
        self.each(body, [s for s in SYNCHRONISED if s not in ("SYN_RECEIVED", "TIME_WAIT")])

    # Fifth, ACK.

    def test_without_ack_is_dropped(self):
        """3.10.7.4 fifth: the ACK bit is off: dropped."""
        def body(at):
            at.peer.send(at.peer_next, flags="", data=b"x")
            at.peer.silence()
            self.unchanged(at)
        self.each(body)

    def test_ack_of_what_was_never_sent(self):
        """3.10.7.4 fifth: ACK above SND.NXT: an ACK; in SYN-RECEIVED <SEQ=SEG.ACK><CTL=RST>."""
        def body(at):
            at.peer.send(at.peer_next, at.next + 1000, data=b"x")
            if at.state_name == "SYN_RECEIVED":
                at.peer.expect(flags="R", seq=1001)
                at.peer.silence()
            else:
                self.answered(at)
            self.unchanged(at)
        self.each(body, [s for s in SYNCHRONISED if s != "TIME_WAIT"])

    def test_ack_from_long_ago(self):
        """RFC 5961 5.2: below SND.UNA - MAX.SND.WND: a challenge ACK, and dropped."""
        def body(at):
            at.peer.send(at.peer_next, at.una - WINDOW - 1000, data=b"x" if at.state_name not in AFTER_FIN else b"")
            self.answered(at)
            self.unchanged(at)
        self.each(body, ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK"))

    def test_duplicate_ack_is_ignored(self):
        """3.10.7.4 fifth: SEG.ACK =< SND.UNA can be ignored: no answer, or two such stacks never end."""
        def body(at):
            at.peer.send(at.peer_next, at.una)
            at.peer.silence()
            self.unchanged(at)
        self.each(body, ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK"))

    def test_ack_of_our_fin(self):
        """3.10.7.4 fifth: FIN-WAIT-1 to FIN-WAIT-2, CLOSING to TIME-WAIT, LAST-ACK to CLOSED."""
        after = {"FIN_WAIT_1": "FIN_WAIT_2", "CLOSING": "TIME_WAIT", "LAST_ACK": "CLOSED"}

        def body(at):
            at.peer.send(at.peer_next, at.next)
            at.peer.silence()
            self.assertEqual(at.state(), after[at.state_name])
        self.each(body, tuple(after))

    # Seventh and eighth, text and FIN.

    def test_text_where_it_is_awaited(self):
        """3.10.7.4 seventh: ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 take it."""
        def body(at):
            at.peer.send(at.peer_next, at.una, data=b"text")
            self.assertEqual(at.stack.receive(at.peer.socket), b"text")
            self.unchanged(at)
            at.stack.advance(40)
            self.assertEqual(at.peer.drop()[-1].ack, at.peer_next + 4)
        self.each(body, ("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"))

    def test_text_after_the_fin_is_ignored(self):
        """3.10.7.4 seventh: CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT: a FIN was received, so this is no text."""
        def body(at):
            at.peer.send(at.peer_next, at.una, data=b"more")
            for segment in at.peer.drop():
                self.assertEqual((segment.flags.replace("P", ""), segment.ack), ("A", at.peer_next))
            self.unchanged(at)
            self.assertIn(at.stack.receive(at.peer.socket), (b"", -5))
        self.each(body, AFTER_FIN)

    def test_fin(self):
        """3.10.7.4 eighth: ESTABLISHED to CLOSE-WAIT, FIN-WAIT-1 to CLOSING or TIME-WAIT, FIN-WAIT-2 to TIME-WAIT."""
        after = {"ESTABLISHED": "CLOSE_WAIT", "FIN_WAIT_1": "CLOSING", "FIN_WAIT_2": "TIME_WAIT"}

        def body(at):
            at.peer.send(at.peer_next, at.una, flags="FA")
            at.peer.expect(flags="A", ack=at.peer_next + 1)
            self.assertEqual(at.state(), after[at.state_name])
        self.each(body, tuple(after))

        def both_at_once(at):
            at.peer.send(at.peer_next, at.next, flags="FA")
            at.peer.expect(flags="A", ack=at.peer_next + 1)
            self.assertEqual(at.state(), "TIME_WAIT")
        self.each(both_at_once, ("FIN_WAIT_1",))

    def test_fin_again(self):
        """3.10.7.4: the FIN once more lies before the window: an ACK, and the state stays."""
        def body(at):
            at.peer.send(1, at.una, flags="FA")
            self.answered(at)
            self.unchanged(at)
        self.each(body, AFTER_FIN)

    def test_handshake_with_text_and_fin(self):
        """3.10.7.4: in SYN-RECEIVED the ACK opens, and text and FIN of the same segment are looked at."""
        def body(at):
            at.peer.send(1, 1, flags="FA", data=b"all")
            socket = at.stack.accept(at.peer.listener)
            self.assertGreater(socket, 0)
            self.assertEqual(at.stack.state(socket), "CLOSE_WAIT")
            self.assertEqual(at.stack.receive(socket), b"all")
            self.assertEqual(at.stack.receive(socket), b"")
            at.peer.expect(flags="A", ack=5)
        self.each(body, ("SYN_RECEIVED",))


class SynSent(Rows):
    """3.10.7.3."""

    def asked(self, body):
        def go(stack, peer):
            peer.own_port = 443
            peer.socket = stack.connect(2, 443)
            peer.expect(flags="S", seq=0)
            body(stack, peer)
        self.bare(go)

    def test_ack_of_something_else(self):
        """First: SEG.ACK =< ISS or > SND.NXT: <SEQ=SEG.ACK><CTL=RST>, with RST: nothing."""
        def body(stack, peer):
            for ack in (0, 2, 1000):
                for flags in ("A", "SA"):
                    peer.send(0, ack, flags=flags)
                    peer.expect(flags="R", seq=ack)
                    peer.silence()
                peer.send(0, ack, flags="RA")
                peer.silence()
                self.assertEqual(stack.state(peer.socket), "SYN_SENT")
        self.asked(body)

    def test_reset_with_a_good_ack_refuses(self):
        """Second: "connection reset"; without ACK it is dropped."""
        def body(stack, peer):
            peer.send(0, flags="R")
            peer.silence()
            self.assertEqual(stack.state(peer.socket), "SYN_SENT")
            peer.send(0, 1, flags="RA")
            peer.silence()
            self.assertEqual(stack.state(peer.socket), "CLOSED")
            self.assertEqual(stack.receive(peer.socket), ERESET)
        self.asked(body)

    def test_neither_syn_nor_reset(self):
        """Fifth: dropped."""
        def body(stack, peer):
            peer.send(0, 1, flags="A", data=b"x")
            peer.send(0, flags="F")
            peer.send(0, 1, flags="FA")
            peer.silence()
            self.assertEqual(stack.state(peer.socket), "SYN_SENT")
        self.asked(body)

    def test_syn_ack_with_text_and_fin(self):
        """Fourth: open; text and FIN that came along are looked at."""
        def body(stack, peer):
            peer.send(0, 1, flags="SAF", data=b"early", options=Options(mss=1000))
            self.assertEqual(stack.receive(peer.socket), b"early")
            self.assertEqual(stack.receive(peer.socket), b"")
            self.assertEqual(stack.state(peer.socket), "CLOSE_WAIT")
            self.assertEqual(peer.drop()[-1].ack, 7)
        self.asked(body)

    def test_syn_ack_again(self):
        """The ACK of the handshake was lost: the SYN-ACK comes again and is acknowledged again."""
        def body(stack, peer):
            peer.send(0, 1, flags="SA", options=Options(mss=1000))
            peer.expect(flags="A", seq=1, ack=1)
            peer.send(0, 1, flags="SA", options=Options(mss=1000))
            peer.expect(flags="A", seq=1, ack=1)
            self.assertEqual(stack.state(peer.socket), "ESTABLISHED")
        self.asked(body)

    def test_reset_in_simultaneous_open(self):
        """3.10.7.4 second: SYN-RECEIVED after an active open: "connection refused"."""
        def body(stack, peer):
            peer.send(0, flags="S", options=Options(mss=1000))
            peer.expect(flags="SA", seq=0, ack=1)
            peer.send(1, 1, flags="RA")
            peer.silence()
            self.assertEqual(stack.state(peer.socket), "CLOSED")
            self.assertEqual(stack.receive(peer.socket), ERESET)
        self.asked(body)

    def test_close_and_shutdown(self):
        """3.10.4: CLOSE in SYN-SENT deletes the TCB: what comes then is a stray."""
        def body(stack, peer):
            stack.close(peer.socket)
            peer.silence()
            peer.send(0, 1, flags="SA", options=Options(mss=1000))
            peer.expect(flags="R", seq=1)
        self.asked(body)


class Closed(Rows):
    """3.10.7.1 and 3.10.7.2."""

    def test_closed(self):
        """No ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; ACK: <SEQ=SEG.ACK><CTL=RST>; RST: nothing."""
        def body(stack, peer):
            peer.their_initial = 0
            peer.send(100, flags="F", data=b"12345")
            peer.expect(flags="RA", seq=0, ack=106)
            peer.send(100, flags="S", data=b"12345")
            peer.expect(flags="RA", seq=0, ack=106)
            for flags in ("A", "SA", "FA"):
                peer.send(100, 777, flags=flags, data=b"12345")
                peer.expect(flags="R", seq=777)
            for flags in ("R", "RA", "RS"):
                peer.send(100, 777 if "A" in flags else None, flags=flags)
                peer.silence()
        self.bare(body)

    def test_listen_answers_by_the_first_check_that_fits(self):
        """RST: ignored. ACK: RST, also with SYN. SYN: opens. Anything else: dropped."""
        def body(stack, peer):
            peer.their_initial = 0
            listener = stack.listen(peer.port)
            peer.send(100, flags="RS")
            peer.silence()
            for flags in ("A", "SA", "FA"):
                peer.send(100, 777, flags=flags)
                peer.expect(flags="R", seq=777)
            peer.send(100, flags="F")
            peer.send(100, flags="", data=b"x")
            peer.silence()
            self.assertEqual(stack.accept(listener), -2)
        self.bare(body)


if __name__ == "__main__":
    scenario.main()
