#!/usr/bin/env python3
"""cores_test.py: four workers on both ports, on the two cores that there are; correctness only, never time.

The kernel spreads frames over the four packet sockets of a port by a hash of its own (PACKET_FANOUT), so a vendor's
answer arrives at a worker that did not ask in three of four cases: the hand-over ring brings it home. Also here,
because it is the same network: IPv6 clients, several local addresses and a route towards vendors.
"""
import socket
import sys
import threading
import unittest

import lab_fixture
from lab_fixture import Lab, LabConnection, chat, inside, messages
from lab_processes import run, wait_for

PATH = "/openai/v1/chat/completions"
WORKERS, CLIENTS, ROUNDS = 4, 24, 4
GATEWAY6, CLIENT6 = "fd77:1::1", "fd77:1::2"
# The vendor lives behind a router of its own, which only a route leads to.
ROUTER, VENDOR = "10.77.2.2", "10.88.0.2"
LOCAL_ADDRESSES = ["10.77.2.1", "10.77.2.21", "10.77.2.22"]
ROUTER6, VENDOR6, UNREACHABLE6 = "fd77:2::2", "fd88::2", "fd99::2"
LOCAL6 = ["fd77:2::1", "fd77:2::21"]


TAP = "sp_tap"
# One echo request of any size in one packet; no answer is waited for.
PING = """
import socket, struct, sys
peer = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
peer.sendto(struct.pack("!BBHHH", 8, 0, 0xf7ff, 0, 0) + bytes(int(sys.argv[2])), (sys.argv[1], 0))
"""


class WideLab(Lab):
    def network(self):
        super().network()
        self.mtu(9000)

    def ip(self, namespace, command):
        run(["ip", "netns", "exec", namespace, *command.split()])

    def mtu(self, size):
        """Of both ends of both wires."""
        for namespace, device in ((self.client_namespace, "eth0"), (self.sallyport_namespace, "to_client"),
                                  (self.vendor_namespace, "eth0"), (self.sallyport_namespace, "to_vendor")):
            run(["ip", "-n", namespace, "link", "set", device, "mtu", str(size)])


    def edit_config(self, workers, *changes):
        """`workers` cores and smaller pools, then each (text, its replacement)."""
        with open(self.config_path, encoding="utf-8") as file:
            config = file.read()
        cores = ", ".join(["{core: auto}"] * workers)
        for old, new in (("ports:\n", f"workers: [{cores}]\nports:\n"), ("tcp_mib: 32", "tcp_mib: 8"),
                         ("body_mib: 64", "body_mib: 16"), *changes):
            config = config.replace(old, new)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(config)


LESS_TLS = ("tls_mib: 16", "tls_mib: 8")
LISTEN6 = ("  listen:\n", f"  listen:\n    - {{address: \"{GATEWAY6}\", port: 443}}\n")


class CoresLab(WideLab):
    def network(self):
        super().network()
        self.mtu(1500)
        self.vendor_address = VENDOR
        for scope in ("all", "eth0"):
            self.ip(self.client_namespace, f"sysctl -q -w net.ipv6.conf.{scope}.disable_ipv6=0")
        self.ip(self.client_namespace, f"ip address add {CLIENT6}/64 dev eth0 nodad")
        self.ip(self.vendor_namespace, f"ip address add {VENDOR}/32 dev lo")
        self.edit_config(
            WORKERS, LISTEN6, LESS_TLS,
            ("    device: net_af_packet0\n",
             f"    device: net_af_packet0\n    workers: all\n    frames: 4096\n    address6: {GATEWAY6}/64\n"),
            ("    device: net_af_packet1\n",
             "    device: net_af_packet1\n    workers: [0, 1, 2, 3]\n    frames: 4096\n    upstream: true\n"
             f"    more_addresses: [{', '.join(LOCAL_ADDRESSES[1:])}]\n"
             f"    routes: [{{to: 10.88.0.0/16, via: {ROUTER}}}]\n"))


class Vendors6Lab(WideLab):
    """IPv6 clients; vendors behind a router of IPv6, one of them at an address of each family."""

    def network(self):
        super().network()
        self.mtu(1500)
        self.vendor_listen, self.vendor4 = "::", self.vendor_address
        for namespace, address in ((self.client_namespace, CLIENT6), (self.vendor_namespace, ROUTER6)):
            for scope in ("all", "eth0", "lo"):
                self.ip(namespace, f"sysctl -q -w net.ipv6.conf.{scope}.disable_ipv6=0")
            self.ip(namespace, f"ip address add {address}/64 dev eth0 nodad")
        self.ip(self.vendor_namespace, f"ip address add {VENDOR6}/128 dev lo nodad")
        self.edit_config(
            2, LISTEN6, LESS_TLS,
            ("    device: net_af_packet0\n",
             f"    device: net_af_packet0\n    workers: all\n    frames: 2048\n    address6: {GATEWAY6}/64\n"),
            ("    device: net_af_packet1\n",
             "    device: net_af_packet1\n    workers: all\n    frames: 2048\n    upstream: true\n"
             f"    address6: {LOCAL6[0]}/64\n    more_addresses: [\"{LOCAL6[1]}\"]\n"
             f"    routes: [{{to: \"fd88::/16\", via: \"{ROUTER6}\"}}]\n"))

    def vendor_addresses(self, vendor):
        return [UNREACHABLE6, VENDOR6] if vendor == "openai" else [self.vendor4, VENDOR6]


class JumboLab(WideLab):
    """Frames of 9,000 bytes on both ports, in rings and buffers that hold them; two workers."""

    def network(self):
        super().network()
        self.edit_config(2, *((f"iface={device}\n", f"iface={device},framesz=9216,blocksz=36864\n"
                               "    mtu: 9000\n    workers: all\n    frames: 2048\n")
                              for device in ("to_client", "to_vendor")))


class TapLab(WideLab):
    """Clients come through net_tap with four queues: its driver does TCP checksums, as a card would."""

    def network(self):
        super().network()
        self.mtu(1500)
        self.edit_config(
            WORKERS, LESS_TLS,
            ("    device: net_af_packet0\n    arguments: iface=to_client\n",
             f"    device: net_tap0\n    arguments: iface={TAP}\n    workers: all\n    frames: 8192\n"),
            ("    device: net_af_packet1\n", "    device: net_af_packet1\n    workers: all\n    frames: 4096\n"))

    def start_dataplane(self):
        super().start_dataplane()
        # The kernel's end of the tap is where the dataplane is, and so are the clients.
        run(["ip", "-n", self.sallyport_namespace, "address", "add", "10.77.1.2/24", "dev", TAP])
        # A smaller mtu there means segments that leave net_tap room for its link header (docs/nics.md).
        run(["ip", "-n", self.sallyport_namespace, "link", "set", TAP, "up", "mtu", "1400"])
        self.client_namespace = self.sallyport_namespace


class Connection6(LabConnection):
    def connect(self):
        with inside(self.lab.client_namespace):
            raw = socket.create_connection((GATEWAY6, self.port), self.timeout)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)


class Served(unittest.TestCase):
    make_lab = None

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.make_lab()
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()

    def figures(self):
        return [worker["figures"] for worker in self.lab.status()["dataplane"]["workers"]]

    def counters(self):
        return self.lab.status()["dataplane"]["counters"]

    def counters_past(self, what, **least):
        """The counters once each of `least` (dots as __) is passed: workers tell them afterwards, in turns."""
        least = {name.replace("__", "."): count for name, count in least.items()}
        wait_for(what, 10, lambda: all(self.counters()[name] > count for name, count in least.items()))
        return self.counters()

    def client(self, number, outcomes, connection_class, path, ask):
        try:
            connection = connection_class(self.lab, timeout=60)
            for turn in range(ROUNDS):
                text = f"client {number} turn {turn} " + "x" * (number * 400)
                answer = self.lab.post(path, ask(text, f"sim-echo.{number}.{turn}"), connection=connection)
                said = next(iter(answer.channel_texts().values()), "") if answer.status == 200 else answer.text
                outcomes[number, turn] = "good" if text in said else f"{answer.status}: {said[:80]}"
            connection.close()
        except Exception as error:  # whatever went wrong is the finding
            outcomes[number, "end"] = repr(error)

    def serve(self, connection_class, path=PATH, ask=chat):
        outcomes = {}
        clients = [threading.Thread(target=self.client, args=(n, outcomes, connection_class, path, ask))
                   for n in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual({k: v for k, v in outcomes.items() if v != "good"}, {})
        self.assertEqual(len(outcomes), CLIENTS * ROUNDS)


class Cores(Served):
    make_lab = CoresLab

    def test_every_request_is_served_whichever_queue_its_frames_came_by(self):
        self.assertEqual(len(self.figures()), WORKERS)
        before = self.counters()["tcp.sent_reset"]
        self.serve(LabConnection)
        # Each worker has had frames of others' connections and is owner of some.
        wait_for("figures of four workers", 10,
                 lambda: all(f["frames_received"] and f["taken_over"] for f in self.figures()))
        for worker, figure in enumerate(self.figures()):
            self.assertEqual(figure["hand_over_full"], 0, worker)
        counters = self.counters()
        # A segment at a worker that does not know its connection would be answered with RST, hundreds of them
        # (a few are old ACKs that came after the end of theirs).
        self.assertLess(counters["tcp.sent_reset"], before + CLIENTS)
        self.assertEqual(counters["gateway.upstream_ports_exhausted"], 0)

    def test_clients_come_by_ipv6(self):
        before = self.counters()
        self.serve(Connection6)
        counters = self.counters_past("all served", gateway__served=before["gateway.served"] + CLIENTS * ROUNDS - 1)
        self.assertLess(counters["tcp.sent_reset"], before["tcp.sent_reset"] + CLIENTS)

    def test_vendor_connections_take_turns_over_the_local_addresses(self):
        # Of connections that are open at the end; on a loaded machine a worker may have needed two only.
        used, peers = set(), ""
        for _ in range(5):
            self.serve(LabConnection)
            peers += run(["ip", "netns", "exec", self.lab.vendor_namespace, "ss", "-tanH"])
            used = {address for address in LOCAL_ADDRESSES if f"{address}:" in peers}
            if used == set(LOCAL_ADDRESSES):
                break
        self.assertEqual(used, set(LOCAL_ADDRESSES), peers)
        ports = [int(line.split()[4].rsplit(":", 1)[1]) for line in peers.splitlines() if "10.77.2." in line]
        self.assertEqual({port % WORKERS for port in ports}, set(range(WORKERS)), "the owner is in the port")

    def test_the_start_says_how_frames_are_spread(self):
        with open(self.lab.processes["dataplane"].log_path, encoding="utf-8") as file:
            log = file.read()
        self.assertIn("port clients: workers 0 1 2 3, 4 receive queues, spread by software", log)
        self.assertIn("port clients: receive checksum: software (the device has none)", log)

    # net_af_packet keeps what its ring frame holds and says nothing of the rest.
    def test_a_frame_that_the_device_cut_is_dropped_before_anybody_parses_it(self):
        before = self.counters()
        self.lab.mtu(9000)
        self.addCleanup(self.lab.mtu, 1500)
        run(["ip", "netns", "exec", self.lab.client_namespace, sys.executable, "-c", PING, self.lab.gateway_address,
             "4000"])
        after = self.counters_past("the cut frame counted", nic__truncated=before["nic.truncated"])
        self.assertEqual(after["ip.malformed"], before["ip.malformed"])


class Vendors6(Served):
    make_lab = Vendors6Lab

    def vendor_peers(self):
        """[(address, port)] of ours, as the vendor sees them."""
        lines = run(["ip", "netns", "exec", self.lab.vendor_namespace, "ss", "-tnH"]).splitlines()
        peers = [line.split()[4].rsplit(":", 1) for line in lines]
        return [(address.strip("[]").removeprefix("::ffff:"), int(port)) for address, port in peers]

    def test_ipv6_clients_to_ipv6_vendors(self):
        # Every other turn is at an address to which no port leads: it is passed over, not waited for.
        self.serve(Connection6)
        peers = self.vendor_peers()
        self.assertEqual({address for address, _ in peers if ":" in address}, set(LOCAL6), peers)
        self.assertEqual({port % 2 for _, port in peers}, {0, 1}, "the owner is in the port")
        counters = self.counters()
        self.assertLess(counters["tcp.sent_reset"], CLIENTS)  # as above: a few old ACKs
        self.assertEqual(counters["gateway.upstream_ports_exhausted"], 0)

    def test_addresses_of_both_families_take_turns(self):
        families = set()
        for _ in range(10):  # a worker that finds an idle connection opens no second one
            self.serve(LabConnection, "/anthropic/v1/messages", messages)
            families |= {":" in address for address, _ in self.vendor_peers()}
            if len(families) == 2:
                break
        self.assertEqual(families, {True, False})


class Jumbo(Served):
    make_lab = JumboLab

    def test_requests_and_answers_in_jumbo_frames(self):
        self.serve(LabConnection)
        self.assertEqual(self.lab.post(PATH, chat("x" * 200_000, "sim-echo.large")).status, 200)
        sockets = run(["ip", "netns", "exec", self.lab.vendor_namespace, "ss", "-tinH"])
        self.assertRegex(sockets, r"\bmss:89\d\d\b")
        counters = self.counters()
        self.assertEqual(counters["nic.truncated"] + counters["nic.multi_segment_dropped"], 0)


class Tap(Served):
    make_lab = TapLab

    def test_four_queues_and_the_checksums_of_the_driver(self):
        with open(self.lab.processes["dataplane"].log_path, encoding="utf-8") as file:
            log = file.read()
        for line in ("port clients: receive checksum: device (the device has it)",
                     "port clients: send checksum: device (the device has it)",
                     "port clients: segmentation: device (the device has it)",
                     "port vendors: send checksum: software (the device has none)"):
            self.assertIn(line, log)
        self.serve(LabConnection)
        counters = self.counters_past("work of the driver", nic__checksums_received=CLIENTS * ROUNDS,
                                      nic__checksums_sent=CLIENTS * ROUNDS, nic__segments_merged=CLIENTS)
        self.assertEqual(counters["tcp.bad_checksum"], 0)
        self.assertEqual(counters["worker.hand_over_full"], 0)


if __name__ == "__main__":
    lab_fixture.main()
