#include "dataplane/worker/steering.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "dataplane/wire/arp.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/neighbour.h"

namespace sallyport::worker {
namespace {

using Bytes = std::vector<uint8_t>;
using wire::IpAddress;
constexpr uint16_t kSeats = 4;
const IpAddress kGateway{0x0a000001};
const IpAddress kClient{0x0a000002};
const IpAddress kVendor{0x0a000003};
constexpr tcp::PortRange kRange{32'768, 60'999};

IpAddress v6(uint8_t last) {
  std::array<uint8_t, 16> bytes{0x20, 1, 0xd, 0xb8};
  bytes[15] = last;
  return IpAddress::from_v6(bytes.data());
}

SteeringConfig config(bool device) {
  SteeringConfig out;
  out.seats = kSeats;
  out.listening = {{kGateway, 443}, {v6(1), 443}};
  std::mt19937_64 random(11);
  for (int i = 0; i < 52; ++i) out.key.push_back(static_cast<uint8_t>(random()));
  // As uneven as a device's own table may be.
  for (int i = 0; i < 64; ++i) out.table.push_back(static_cast<uint16_t>(random() % kSeats));
  out.device = device;
  return out;
}

Bytes ethernet(wire::EtherType type, const Bytes& packet, uint16_t vlan = 0) {
  Bytes frame(wire::EthernetView::kBytesTagged);
  wire::EthernetView view{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, type};
  view.vlan = vlan;
  frame.resize(view.write(frame));
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

Bytes ip_packet(const IpAddress& source, const IpAddress& destination, wire::IpProtocol protocol,
                const Bytes& payload) {
  Bytes packet(source.is_v6() ? wire::Ipv6View::kBytes : wire::Ipv4View::kBytes);
  if (source.is_v6()) {
    wire::Ipv6View ip;
    ip.source = source;
    ip.destination = destination;
    ip.protocol = static_cast<uint8_t>(protocol);
    ip.hop_limit = 255;
    ip.total_bytes = static_cast<uint32_t>(packet.size() + payload.size());
    ip.write(packet);
  } else {
    wire::Ipv4View ip;
    ip.source = source.v4();
    ip.destination = destination.v4();
    ip.protocol = static_cast<uint8_t>(protocol);
    ip.ttl = 64;
    ip.total_bytes = static_cast<uint16_t>(packet.size() + payload.size());
    ip.write(packet);
  }
  packet.insert(packet.end(), payload.begin(), payload.end());
  return packet;
}

// Of a segment that `remote` sent to `local`.
Bytes tcp_packet(const tcp::FlowKey& key) {
  Bytes segment(20);
  wire::store_be16(segment.data(), key.remote_port);
  wire::store_be16(segment.data() + 2, key.local_port);
  segment[12] = 5 << 4;
  return ip_packet(key.remote_address, key.local_address, wire::IpProtocol::Tcp, segment);
}

Bytes frame_of(const tcp::FlowKey& key, uint16_t vlan = 0) {
  return ethernet(key.is_v6() ? wire::EtherType::Ipv6 : wire::EtherType::Ipv4, tcp_packet(key),
                  vlan);
}

tcp::FlowKey from_client(uint16_t port) { return {kGateway, kClient, 443, port}; }

uint32_t device_hash(const tcp::FlowKey& key) {
  const nic::Toeplitz toeplitz(config(true).key);
  Bytes input(key.is_v6() ? 36 : 12);
  const size_t half = key.is_v6() ? 16 : 4;
  if (key.is_v6()) {
    key.remote_address.store_v6(input.data());
    key.local_address.store_v6(input.data() + 16);
  } else {
    wire::store_be32(input.data(), key.remote_address.v4());
    wire::store_be32(input.data() + 4, key.local_address.v4());
  }
  wire::store_be16(input.data() + 2 * half, key.remote_port);
  wire::store_be16(input.data() + 2 * half + 2, key.local_port);
  return toeplitz.hash(input);
}

uint16_t device_queue(const tcp::FlowKey& key) {
  return config(true).table[device_hash(key) % config(true).table.size()];
}

TEST(Steering, AClientsSegmentsGoWhereADeviceWithThisKeyWouldPutThem) {
  Steering steering(config(false));
  std::map<uint16_t, int> counts;
  for (uint16_t port = 2'000; port < 3'000; ++port) {
    for (const tcp::FlowKey& key : {from_client(port), tcp::FlowKey{v6(1), v6(9), 443, port}}) {
      const auto verdict = steering.judge(frame_of(key), std::nullopt);
      ASSERT_EQ(verdict.kind, Steering::Kind::Seat);
      EXPECT_EQ(verdict.seat, device_queue(key));
      EXPECT_EQ(steering.judge(frame_of(key, 7), std::nullopt).seat, verdict.seat) << "tagged";
      ++counts[verdict.seat];
    }
  }
  EXPECT_EQ(counts.size(), kSeats);
}

TEST(Steering, AnotherPortNamesItsOwnerByItself) {
  Steering steering(config(false));
  for (uint16_t port = 40'000; port < 40'016; ++port) {
    const auto verdict = steering.judge(frame_of({kGateway, kVendor, port, 443}), std::nullopt);
    ASSERT_EQ(verdict.kind, Steering::Kind::Seat);
    EXPECT_EQ(verdict.seat, port % kSeats);
  }
}

TEST(Steering, AChosenPortLeadsBackByOurRuleAndByTheDevices) {
  const Steering steering(config(true));
  std::mt19937_64 random(3);
  for (uint16_t seat = 0; seat < kSeats; ++seat) {
    std::set<uint16_t> ports;
    for (int i = 0; i < 2'000; ++i) {
      for (const auto& [local, remote] : {std::pair{kGateway, kVendor}, std::pair{v6(1), v6(3)}}) {
        const uint16_t port = steering.draw(seat, local, remote, 443, kRange, random());
        ASSERT_GE(port, kRange.first);
        ASSERT_LE(port, kRange.last);
        EXPECT_EQ(port % kSeats, seat);
        EXPECT_EQ(device_queue({local, remote, port, 443}), seat);
        ports.insert(port);
      }
    }
    EXPECT_GT(ports.size(), 1'000U) << "not predictable: many ports are in use";
  }
}

TEST(Steering, WithoutRssEveryPortOfASeatIsDrawn) {
  const Steering steering(config(false));
  std::set<uint16_t> ports;
  for (uint64_t random = 0; random < 64; ++random)
    ports.insert(steering.draw(1, kGateway, kVendor, 443, {101, 130}, random));
  EXPECT_EQ(ports, (std::set<uint16_t>{101, 105, 109, 113, 117, 121, 125, 129}));
  EXPECT_EQ(steering.draw(3, kGateway, kVendor, 443, {101, 102}, 5), 0) << "none in the range";
}

TEST(Steering, AnErrorFollowsTheSegmentThatItQuotes) {
  Steering steering(config(false));
  for (const uint16_t port : {uint16_t{40'001}, uint16_t{40'002}}) {
    // We sent it, so the quoted source is ours.
    const Bytes quoted = tcp_packet({kVendor, kGateway, 443, port});
    Bytes icmp(wire::IcmpView::kBytes);
    wire::IcmpView view;
    view.type = wire::IcmpView::kUnreachable;
    view.code = wire::IcmpView::kCodeFragmentationNeeded;
    view.write(icmp, quoted);
    icmp.insert(icmp.end(), quoted.begin(), quoted.end());
    const auto verdict = steering.judge(
        ethernet(wire::EtherType::Ipv4,
                 ip_packet(IpAddress(0x0a0000fe), kGateway, wire::IpProtocol::Icmp, icmp)),
        std::nullopt);
    ASSERT_EQ(verdict.kind, Steering::Kind::Seat);
    EXPECT_EQ(verdict.seat, port % kSeats);
  }
  // To a client: by the hash of the client's segments.
  const Bytes quoted = tcp_packet({v6(9), v6(1), 2'222, 443});
  Bytes icmp(wire::IcmpView::kBytes);
  icmp[0] = wire::IcmpView::kPacketTooBig6;
  icmp.insert(icmp.end(), quoted.begin(), quoted.end());
  const auto verdict = steering.judge(
      ethernet(wire::EtherType::Ipv6, ip_packet(v6(8), v6(1), wire::IpProtocol::Icmp6, icmp)),
      std::nullopt);
  EXPECT_EQ(verdict.seat, device_queue({v6(1), v6(9), 443, 2'222}));
}

TEST(Steering, ArpAndNeighbourDiscoveryAreForEverybodyTheRestStaysHere) {
  Steering steering(config(false));
  EXPECT_EQ(steering.judge(ethernet(wire::EtherType::Arp, Bytes(28)), std::nullopt).kind,
            Steering::Kind::Everybody);
  for (const uint8_t type :
       {wire::NeighbourView::kSolicitation, wire::NeighbourView::kAdvertisement}) {
    Bytes message(24);
    message[0] = type;
    const Bytes packet = ip_packet(v6(9), v6(1), wire::IpProtocol::Icmp6, message);
    EXPECT_EQ(steering.judge(ethernet(wire::EtherType::Ipv6, packet), std::nullopt).kind,
              Steering::Kind::Everybody);
  }
  Bytes echo(16);
  echo[0] = wire::IcmpView::kEchoRequest;
  Bytes fragment = tcp_packet(from_client(5'000));
  fragment[6] = 0x20;  // more fragments
  for (const Bytes& packet :
       {ip_packet(kClient, kGateway, wire::IpProtocol::Icmp, echo), fragment, Bytes(7), Bytes()})
    EXPECT_EQ(steering.judge(ethernet(wire::EtherType::Ipv4, packet), std::nullopt).kind,
              Steering::Kind::Here);
  EXPECT_EQ(steering.judge(Bytes(3), std::nullopt).kind, Steering::Kind::Here);
}

TEST(Steering, TheDevicesHashIsBelievedUntilItDiffersAndNeverAgain) {
  Steering steering(config(true));
  const tcp::FlowKey good = from_client(5'001);
  EXPECT_FALSE(steering.judge(frame_of(good), device_hash(good)).hash_differs);
  EXPECT_TRUE(steering.believes_device(false));
  const auto verdict = steering.judge(frame_of(good), device_hash(good) + 1);
  EXPECT_TRUE(verdict.hash_differs);
  EXPECT_EQ(verdict.seat, device_queue(good)) << "decided by our own hash";
  EXPECT_FALSE(steering.believes_device(false));
  EXPECT_FALSE(steering.judge(frame_of(good), device_hash(good) + 1).hash_differs) << "said once";
  EXPECT_TRUE(steering.believes_device(true)) << "IPv6 is a hash of its own";
}

}  // namespace
}  // namespace sallyport::worker
