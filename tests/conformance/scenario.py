"""scenario.py: what the scripts about one open connection share."""
import unittest

import harness
from harness import Options, Peer, Stack

LIBRARY = None  # set by main()
RTO_MIN = 200
# What a modern client offers.
FULL = dict(mss=1000, sack_ok=True, ts=(1000, 0), scale=7)


def numbered(size, start=0):
    return bytes((start + i) % 251 for i in range(size))


def k(n):
    """The sequence number at which segment n begins."""
    return 1 + 1000 * n


class Scenario(unittest.TestCase):
    """One open connection over both families; a test is run once for each."""
    sack, ts, settings = True, False, {}

    def run_both(self, body, **settings):
        for family in (4, 6):
            with self.subTest(family=family):
                with Stack(LIBRARY, family, **{**self.settings, **settings}) as stack:
                    body(self.opened(stack))

    def opened(self, stack, window=65535):
        peer = Peer(stack)
        ts = (1000, 0) if self.ts else None
        peer.handshake(Options(mss=1012 if self.ts else 1000, sack_ok=self.sack, ts=ts), window)
        return peer

    def warm(self, peer):
        """A first round-trip sample, so that the timeout is the minimum. Data then begins at 2."""
        peer.stack.send(peer.socket, b"w")
        peer.drop()
        peer.send(1, 2)
        peer.drop()

    def sent(self, peer):
        return [(s.seq, len(s.data)) for s in peer.drop() if s.data]


class Rows(unittest.TestCase):
    def both(self, body, options=None, window=65535, **settings):
        for family in (4, 6):
            with self.subTest(family=family):
                with Stack(LIBRARY, family, **settings) as stack:
                    peer = Peer(stack)
                    peer.handshake(options or Options(mss=1000), window)
                    body(peer)

    def bare(self, body, **settings):
        for family in (4, 6):
            with self.subTest(family=family):
                with Stack(LIBRARY, family, **settings) as stack:
                    body(stack, Peer(stack))


def main():
    import sys
    globals()["LIBRARY"] = harness.load(sys.argv.pop(1))
    unittest.main(module="__main__")
