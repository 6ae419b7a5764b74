"""harness.py: stack_harness.h for Python scripts, and IP and TCP packets built and read from first principles.

Nothing here uses the stack's own code, so a script that passes says that two readings of the RFCs agree.

    with Stack(library, family=6) as stack:
        peer = Peer(stack, port=443)
        peer.handshake()
        peer.send(seq=1, ack=1, data=b"hello", flags="PA")
        ack = peer.expect(flags="A", ack=6)

A Peer speaks in relative numbers: 0 is each side's SYN.
"""
import ctypes
import struct

OK, EINVAL, EAGAIN, ERESET, ETIMEDOUT, ECLOSED, ENOSPACE = 0, -1, -2, -3, -4, -5, -6
STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2",
          "CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"]
MS = 1_000_000
CUBIC, NEWRENO = 0, 1
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "C": 128}
NODELAY, KEEPALIVE, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, RECEIVE_BUFFER, SEND_BUFFER, LINGER, \
    USER_TIMEOUT = range(1, 10)


class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint8), ("bytes", ctypes.c_uint8 * 16), ("port", ctypes.c_uint16)]


class Config(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("mtu", ctypes.c_uint16), ("mss", ctypes.c_uint16),
                ("receive_bytes", ctypes.c_uint32), ("send_bytes", ctypes.c_uint32)]
    _fields_ += [(n, ctypes.c_uint8) for n in (
        "window_scaling", "window_scale", "sack", "timestamps", "congestion", "nodelay", "tail_loss_probe",
        "syn_cookies", "lingering_close")]
    _fields_ += [("seed", ctypes.c_uint64), ("start_ns", ctypes.c_uint64), ("local4", Address), ("local6", Address)]
    _fields_ += [(n, ctypes.c_uint32) for n in (
        "connections_max", "half_open_max", "time_wait_max", "handshake_ms", "user_timeout_ms", "fin_wait_2_ms",
        "time_wait_ms", "linger_ms", "keepalive_idle_ms", "keepalive_interval_ms", "keepalive_probes")]


class Info(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("state", ctypes.c_int32)]
    _fields_ += [(n, ctypes.c_uint32) for n in (
        "snd_una", "snd_nxt", "snd_max", "snd_wnd", "rcv_nxt", "rcv_edge", "cwnd", "ssthresh", "rto_ms", "srtt_ms",
        "send_queued", "receive_unread", "receive_held", "sacked")]
    _fields_ += [("mss", ctypes.c_uint16)]
    _fields_ += [(n, ctypes.c_uint8) for n in (
        "snd_scale", "rcv_scale", "duplicate_acks", "sack", "timestamps", "in_recovery", "probing")]


def load(path):
    lib = ctypes.CDLL(path)
    pointer, socket = ctypes.c_void_p, ctypes.c_int64
    shapes = {
        "sh_version": (ctypes.c_uint32, []),
        "sh_config_defaults": (None, [ctypes.POINTER(Config)]),
        "sh_create": (pointer, [ctypes.POINTER(Config), ctypes.c_char_p, ctypes.c_size_t]),
        "sh_destroy": (None, [pointer]),
        "sh_inject": (ctypes.c_int, [pointer, ctypes.c_char_p, ctypes.c_size_t]),
        "sh_collect": (ctypes.c_int64, [pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_uint64)]),
        "sh_now": (ctypes.c_uint64, [pointer]),
        "sh_advance": (ctypes.c_int, [pointer, ctypes.c_uint64]),
        "sh_next_deadline": (ctypes.c_uint64, [pointer]),
        "sh_listen": (socket, [pointer, ctypes.POINTER(Address)]),
        "sh_connect": (socket, [pointer, ctypes.POINTER(Address), ctypes.POINTER(Address)]),
        "sh_accept": (socket, [pointer, socket, ctypes.POINTER(Address)]),
        "sh_send": (ctypes.c_int64, [pointer, socket, ctypes.c_char_p, ctypes.c_size_t]),
        "sh_receive": (ctypes.c_int64, [pointer, socket, ctypes.c_char_p, ctypes.c_size_t]),
        "sh_shutdown": (ctypes.c_int, [pointer, socket]),
        "sh_close": (ctypes.c_int, [pointer, socket]),
        "sh_abort": (ctypes.c_int, [pointer, socket]),
        "sh_set_option": (ctypes.c_int, [pointer, socket, ctypes.c_int, ctypes.c_uint64]),
        "sh_get_option": (ctypes.c_int, [pointer, socket, ctypes.c_int, ctypes.POINTER(ctypes.c_uint64)]),
        "sh_state": (ctypes.c_int, [pointer, socket]),
        "sh_state_between": (ctypes.c_int, [pointer, ctypes.POINTER(Address), ctypes.POINTER(Address)]),
        "sh_local_address": (ctypes.c_int, [pointer, socket, ctypes.POINTER(Address)]),
        "sh_get_info": (ctypes.c_int, [pointer, socket, ctypes.POINTER(Info)]),
        "sh_counter_count": (ctypes.c_size_t, []),
        "sh_counter_name": (ctypes.c_char_p, [ctypes.c_size_t]),
        "sh_counter": (ctypes.c_uint64, [pointer, ctypes.c_size_t]),
        "sh_audit": (ctypes.c_char_p, [pointer]),
    }
    for name, (result, arguments) in shapes.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def address_bytes(family, last):
    return bytes([10, 0, 0, last]) if family == 4 else bytes([0xfd] + [0] * 14 + [last])


def address(family, last, port=0):
    out = Address(family=family, port=port)
    for i, b in enumerate(address_bytes(family, last)):
        out.bytes[i] = b
    return out


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(source, destination, protocol, length):
    if len(source) == 4:
        return source + destination + struct.pack("!BBH", 0, protocol, length)
    return source + destination + struct.pack("!IHBB", length, 0, 0, protocol)


def ip_packet(source, destination, protocol, payload, ttl=64, fragment=0x4000):
    if len(source) == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment, ttl, protocol, 0)
        head += source + destination
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload
    return struct.pack("!IHBB", 0x60000000, len(payload), protocol, ttl) + source + destination + payload


class Options:
    """TCP options; None is absent. `extra` is appended as it is."""

    def __init__(self, mss=None, scale=None, sack_ok=False, ts=None, sack=(), extra=b""):
        self.mss, self.scale, self.sack_ok, self.ts, self.sack, self.extra = mss, scale, sack_ok, ts, list(sack), extra

    def encode(self):
        out = b""
        if self.mss is not None:
            out += struct.pack("!BBH", 2, 4, self.mss)
        if self.sack_ok:
            out += b"\4\2"
        if self.ts is not None:
            out += struct.pack("!BBII", 8, 10, *self.ts)
        if self.scale is not None:
            out += struct.pack("!BBBB", 1, 3, 3, self.scale)
        if self.sack:
            out += struct.pack("!BB", 5, 2 + 8 * len(self.sack)) + b"".join(struct.pack("!II", *b) for b in self.sack)
        out += self.extra
        return out + b"\1" * (-len(out) % 4)

    @staticmethod
    def decode(data):
        out, order = Options(), []
        while data and data[0] != 0:
            kind = data[0]
            if kind == 1:
                data = data[1:]
                continue
            size, value = data[1], data[2:data[1]]
            order.append(kind)
            if kind == 2:
                out.mss = struct.unpack("!H", value)[0]
            elif kind == 3:
                out.scale = value[0]
            elif kind == 4:
                out.sack_ok = True
            elif kind == 5:
                out.sack = [struct.unpack("!II", value[i:i + 8]) for i in range(0, len(value), 8)]
            elif kind == 8:
                out.ts = struct.unpack("!II", value)
            data = data[size:]
        out.order = order
        return out


class Segment:
    """A TCP segment as it came out of the stack, absolute numbers."""

    def __init__(self, packet, time_ns):
        self.time_ns, self.size = time_ns, len(packet)
        if packet[0] >> 4 == 4:
            head = (packet[0] & 15) * 4
            self.protocol, self.source, self.destination = packet[9], packet[12:16], packet[16:20]
            self.dont_fragment = bool(packet[6] & 0x40)
            assert checksum(packet[:head]) == 0, "IPv4 header checksum"
            assert struct.unpack("!H", packet[2:4])[0] == len(packet), "IPv4 total length"
        else:
            head = 40
            self.protocol, self.source, self.destination = packet[6], packet[8:24], packet[24:40]
            self.dont_fragment = True
            assert struct.unpack("!H", packet[4:6])[0] == len(packet) - 40, "IPv6 payload length"
        body = packet[head:]
        self.body = body
        if self.protocol != 6:
            return
        assert checksum(pseudo(self.source, self.destination, 6, len(body)) + body) == 0, "TCP checksum"
        (self.sport, self.dport, self.seq, self.ack, offset, bits, self.window, _, _) = \
            struct.unpack("!HHIIBBHHH", body[:20])
        self.flags = "".join(f for f, bit in FLAGS.items() if bits & bit)
        self.options = Options.decode(body[20:(offset >> 4) * 4])
        self.data = body[(offset >> 4) * 4:]

    def __repr__(self):
        if self.protocol != 6:
            return f"<protocol {self.protocol}, {len(self.body)} bytes>"
        return (f"<{self.flags} seq={self.seq} ack={self.ack} win={self.window} len={len(self.data)}"
                f" sack={self.options.sack} t={self.time_ns / 1e6:.1f}ms>")


class Stack:
    def __init__(self, lib, family=4, **settings):
        self.lib, self.family, self.injected = lib, family, 0
        self.config = Config()
        lib.sh_config_defaults(ctypes.byref(self.config))
        if family == 4:
            self.config.local4 = address(4, 1)
        else:
            self.config.local6 = address(6, 1)
        for name, value in settings.items():
            assert hasattr(self.config, name), name
            setattr(self.config, name, value)
        error = ctypes.create_string_buffer(200)
        self.handle = lib.sh_create(ctypes.byref(self.config), error, 200)
        if not self.handle:
            raise ValueError(error.value.decode())
        self.counters = {lib.sh_counter_name(i).decode(): i for i in range(lib.sh_counter_count())}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.audit()
        self.lib.sh_destroy(self.handle)

    def audit(self):
        what = self.lib.sh_audit(self.handle)
        assert what is None, what.decode()

    def counter(self, name):
        return self.lib.sh_counter(self.handle, self.counters[name])

    def inject(self, packet):
        result = self.lib.sh_inject(self.handle, packet, len(packet))
        # The audit walks every record, so a flood is looked at now and then.
        self.injected += 1
        if self.injected < 64 or self.injected % 64 == 0:
            self.audit()
        return result

    def collect(self):
        """Everything that waits, oldest first."""
        out, buffer, when = [], ctypes.create_string_buffer(65536), ctypes.c_uint64()
        while (size := self.lib.sh_collect(self.handle, buffer, 65536, ctypes.byref(when))) > 0:
            out.append(Segment(buffer.raw[:size], when.value))
        return out

    def advance(self, ms):
        self.lib.sh_advance(self.handle, int(ms * MS))
        self.audit()

    def now_ms(self):
        return self.lib.sh_now(self.handle) / MS

    def listen(self, port):
        return self.lib.sh_listen(self.handle, ctypes.byref(address(self.family, 1, port)))

    def connect(self, last, port, local_port=0):
        local, remote = address(self.family, 1, local_port), address(self.family, last, port)
        return self.lib.sh_connect(self.handle, ctypes.byref(local), ctypes.byref(remote))

    def accept(self, listener):
        return self.lib.sh_accept(self.handle, listener, None)

    def send(self, socket, data):
        return self.lib.sh_send(self.handle, socket, data, len(data))

    def receive(self, socket, capacity=1 << 20):
        """Bytes, b"" when the peer closed, or an error number."""
        buffer = ctypes.create_string_buffer(capacity)
        size = self.lib.sh_receive(self.handle, socket, buffer, capacity)
        return buffer.raw[:size] if size >= 0 else size

    def shutdown(self, socket):
        return self.lib.sh_shutdown(self.handle, socket)

    def close(self, socket):
        return self.lib.sh_close(self.handle, socket)

    def abort(self, socket):
        return self.lib.sh_abort(self.handle, socket)

    def option(self, socket, option, value=None):
        if value is not None:
            return self.lib.sh_set_option(self.handle, socket, option, value)
        out = ctypes.c_uint64()
        assert self.lib.sh_get_option(self.handle, socket, option, ctypes.byref(out)) == OK
        return out.value

    def state(self, socket):
        return STATES[self.lib.sh_state(self.handle, socket)]

    def state_between(self, port, last, other_port):
        local, remote = address(self.family, 1, port), address(self.family, last, other_port)
        return STATES[self.lib.sh_state_between(self.handle, ctypes.byref(local), ctypes.byref(remote))]

    def info(self, socket):
        out = Info(size=ctypes.sizeof(Info))
        result = self.lib.sh_get_info(self.handle, socket, ctypes.byref(out))
        return out if result == OK else None


class Peer:
    """A scripted peer of one connection. Numbers are relative to each side's SYN."""

    def __init__(self, stack, port=443, last=2, own_port=5555, initial=0xfffff000):
        self.stack, self.port, self.own_port, self.initial = stack, port, own_port, initial
        self.stack_port = port
        self.mine, self.theirs = address_bytes(stack.family, last), address_bytes(stack.family, 1)
        self.last, self.their_initial, self.socket, self.ts, self.pending = last, None, None, None, []

    def raw(self, seq, ack=None, flags="A", data=b"", window=65535, options=None, urgent=0, offset=None, bad_sum=False):
        options = options or Options()
        if self.ts is not None and options.ts is None and "S" not in flags:
            options.ts = (self.ts, 0)
        head = options.encode()
        bits = sum(FLAGS[f] for f in flags)
        number = (seq + self.initial) & 0xffffffff
        acked = 0 if ack is None else (ack + (self.their_initial or 0)) & 0xffffffff
        size = offset if offset is not None else 5 + len(head) // 4
        body = struct.pack("!HHIIBBHHH", self.own_port, self.stack_port, number, acked, size << 4, bits,
                           window, 0, urgent)
        body += head + data
        total = checksum(pseudo(self.mine, self.theirs, 6, len(body)) + body) ^ (0x5555 if bad_sum else 0)
        return body[:16] + struct.pack("!H", total) + body[18:]

    def send(self, seq, ack=None, flags=None, sack=(), **more):
        """One segment. SACK blocks are (begin, end) in the stack's relative numbers."""
        flags = flags if flags is not None else ("A" if ack is not None else "")
        if sack:
            base = self.their_initial
            more["options"] = Options(sack=[((b + base) & 0xffffffff, (e + base) & 0xffffffff) for b, e in sack])
        self.stack.inject(ip_packet(self.mine, self.theirs, 6, self.raw(seq, ack, flags, **more)))

    def take(self):
        """The segments that left since, in relative numbers."""
        out = []
        for s in self.stack.collect():
            if s.protocol != 6 or s.dport != self.own_port:
                continue
            if "S" in s.flags:
                self.their_initial, self.stack_port = s.seq, s.sport
            s.seq = (s.seq - (self.their_initial or 0)) & 0xffffffff
            s.ack = (s.ack - self.initial) & 0xffffffff if "A" in s.flags else None
            s.options.sack = [((b - self.initial) & 0xffffffff, (e - self.initial) & 0xffffffff)
                              for b, e in s.options.sack]
            out.append(s)
        return out

    def one(self):
        if not self.pending:
            self.pending = self.take()
        assert self.pending, "nothing left the stack"
        return self.pending.pop(0)

    def expect(self, **wanted):
        s = self.one()
        for name, value in wanted.items():
            got = getattr(s, name)
            if name == "flags":
                got, value = set(got) - {"P"}, set(value) - {"P"}
            assert got == value, f"{name}: wanted {value!r}, got {got!r} in {s}"
        return s

    def silence(self):
        rest = self.pending + self.take()
        self.pending = []
        assert not rest, f"unexpected {rest}"

    def drop(self):
        rest, self.pending = self.pending + self.take(), []
        return rest

    def handshake(self, options=None, window=65535, listen=True):
        """The peer opens; answers the SYN-ACK."""
        if listen:
            self.listener = self.stack.listen(self.port)
            assert self.listener > 0
        self.send(0, flags="S", options=options or Options(mss=1000), window=window)
        answer = self.expect(flags="SA", ack=1)
        if answer.options.ts:
            self.ts = 1000
        self.send(1, 1, window=window)
        self.socket = self.stack.accept(self.listener)
        assert self.socket > 0, self.socket
        self.silence()
        return answer

    def be_connected(self, options=None, window=65535):
        """The stack opens."""
        self.port, self.own_port = None, 443
        self.socket = self.stack.connect(self.last, 443)
        syn = self.expect(flags="S", seq=0)
        self.send(0, 1, flags="SA", options=options or Options(mss=1000), window=window)
        if options and options.ts and syn.options.ts:
            self.ts = options.ts[0]
        self.expect(flags="A", ack=1)
        return syn

    def icmp_error(self, kind, code, mtu, quoted_seq, quoted_port=None):
        """An ICMP error from a router that quotes one of the stack's segments."""
        port = self.stack_port if quoted_port is None else quoted_port
        tcp = struct.pack("!HHI", port, self.own_port, (quoted_seq + self.their_initial) & 0xffffffff)
        quote = ip_packet(self.theirs, self.mine, 6, tcp + b"\0" * 12)
        router = address_bytes(self.stack.family, 9)
        body = struct.pack("!BBHI", kind, code, 0, mtu) + quote
        if self.stack.family == 4:
            protocol, total = 1, checksum(body)
        else:
            protocol, total = 58, checksum(pseudo(router, self.theirs, 58, len(body)) + body)
        body = body[:2] + struct.pack("!H", total) + body[4:]
        self.stack.inject(ip_packet(router, self.theirs, protocol, body))

    def too_big(self, mtu, quoted_seq):
        if self.stack.family == 4:
            self.icmp_error(3, 4, mtu, quoted_seq)
        else:
            self.icmp_error(2, 0, mtu, quoted_seq)
