#!/usr/bin/env python3
"""kernel_peer.py: the Linux kernel's TCP with the protocol of transfers.h, as server or as client.

Usage: kernel_peer.py serve ADDRESS PORT
       kernel_peer.py fetch ADDRESS PORT TRANSFERS CONCURRENCY [FIRST]     exit 0 when every hash matched
"""
import hashlib
import math
import socket
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

SIZE_MAX = 4 * 1024 * 1024
EDGES = (1, SIZE_MAX, 2, 1447, 1448, 1449, 1460, 2896, 65535, 65536, 262144, 262145)
PATIENCE = 120


def bytes_of_seed(seed, size):
    return hashlib.shake_128(struct.pack(">Q", seed)).digest(size)


def size_of_transfer(number):
    if number < len(EDGES):
        return EDGES[number]
    place = math.fmod(number * 0.6180339887498949, 1.0)
    return min(max(int(math.exp(place * math.log(SIZE_MAX))), 1), SIZE_MAX)


def read_all(peer, at_most=None):
    pieces, size = [], 0
    while at_most is None or size < at_most:
        piece = peer.recv(65536 if at_most is None else at_most - size)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def answer(peer):
    with peer:
        peer.settimeout(PATIENCE)
        request = read_all(peer, 16)
        if len(request) < 16 or request[:2] != b"SP":
            return
        size, seed = struct.unpack(">IQ", request[4:])
        if request[2:3] == b"D":
            peer.sendall(bytes_of_seed(seed, size))
        else:
            peer.sendall(hashlib.sha256(read_all(peer)).digest())
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(4096):
            pass


def quietly(peer):
    try:
        answer(peer)
    except OSError as problem:
        print("serve:", problem, flush=True)


def serve(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=128)
    print("listening", flush=True)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=quietly, args=(peer,), daemon=True).start()


def fetch_one(address, port, number):
    """None, or what went wrong."""
    size, seed, up = size_of_transfer(number // 2), 1_000_000 + number, number % 2 == 1
    try:
        with socket.create_connection((address, port), PATIENCE) as peer:
            peer.sendall(b"SP" + (b"U" if up else b"D") + b"\0" + struct.pack(">IQ", size, seed))
            expected = bytes_of_seed(seed, size)
            if up:
                peer.sendall(expected)
                expected = hashlib.sha256(expected).digest()
            if up or number % 4 == 0:
                peer.shutdown(socket.SHUT_WR)
            got = read_all(peer)
    except OSError as problem:
        return f"transfer {number} ({'up' if up else 'down'}, {size} bytes): {problem}"
    if hashlib.sha256(got).digest() != hashlib.sha256(expected).digest():
        return f"transfer {number} ({'up' if up else 'down'}, {size} bytes): {len(got)} bytes that differ"
    return None


def fetch(address, port, transfers, concurrency, first=0):
    with ThreadPoolExecutor(concurrency) as crowd:
        failures = [f for f in crowd.map(lambda n: fetch_one(address, port, n), range(first, first + transfers)) if f]
    for failure in failures[:20]:
        print(failure)
    print(f"{transfers - len(failures)} of {transfers} good")
    return 1 if failures else 0


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 3 and arguments[0] == "serve":
        serve(arguments[1], int(arguments[2]))
    if len(arguments) in (5, 6) and arguments[0] == "fetch":
        sys.exit(fetch(arguments[1], *map(int, arguments[2:])))
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
