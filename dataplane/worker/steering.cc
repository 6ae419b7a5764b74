#include "dataplane/worker/steering.h"

#include <bit>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/neighbour.h"

namespace sallyport::worker {
namespace {

using wire::IpProtocol;

// Ports of one draw that are tried per seat against the device's table: each fits with a chance of
// 1 in seats, so all of them fail once in e^16.
constexpr uint32_t kTriesPerSeat = 16;

struct RssInput {
  std::array<uint8_t, nic::kRssInputBytesMax> bytes{};
  size_t size = 0;
  std::span<const uint8_t> view() const noexcept { return {bytes.data(), size}; }
};

// As the segment lies on the wire: what came from `remote`.
RssInput input_of(const tcp::FlowKey& key) noexcept {
  RssInput input;
  uint8_t* const p = input.bytes.data();
  size_t at = 0;
  if (key.is_v6()) {
    key.remote_address.store_v6(p);
    key.local_address.store_v6(p + 16);
    at = 32;
  } else {
    wire::store_be32(p, key.remote_address.v4());
    wire::store_be32(p + 4, key.local_address.v4());
    at = 8;
  }
  wire::store_be16(p + at, key.remote_port);
  wire::store_be16(p + at + 2, key.local_port);
  input.size = at + 4;
  return input;
}

bool is_icmp_error6(uint8_t type) noexcept { return type < 128; }
bool is_icmp_error4(uint8_t type) noexcept {
  return type == wire::IcmpView::kUnreachable || type == wire::IcmpView::kTimeExceeded ||
         type == wire::IcmpView::kParameterProblem;
}

}  // namespace

Steering::Steering(SteeringConfig config) : config_(std::move(config)), toeplitz_(config_.key) {
  SP_CHECK(config_.seats >= 1 && std::has_single_bit(config_.table.size()));
  for (const uint16_t seat : config_.table) SP_CHECK(seat < config_.seats);
}

uint32_t Steering::hash(const tcp::FlowKey& key) const noexcept {
  return toeplitz_.hash(input_of(key).view());
}

bool Steering::is_listening(const tcp::FlowKey& key) const noexcept {
  for (const tcp::Endpoint& one : config_.listening)
    if (one.port == key.local_port && (one.address.is_none() || one.address == key.local_address))
      return true;
  return false;
}

uint16_t Steering::seat_of(const tcp::FlowKey& key) const noexcept {
  if (is_listening(key)) return seat_of_hash(hash(key));
  return static_cast<uint16_t>(key.local_port % config_.seats);
}

Steering::Verdict Steering::judge(std::span<const uint8_t> frame,
                                  std::optional<uint32_t> device_hash) noexcept {
  wire::EthernetView ethernet;
  if (!wire::EthernetView::parse(frame, ethernet)) return {};
  const auto packet = frame.subspan(ethernet.header_bytes);
  switch (ethernet.type) {
    case wire::EtherType::Arp:
      return {Kind::Everybody};
    case wire::EtherType::Ipv4:
      return judge_v4(packet, device_hash);
    case wire::EtherType::Ipv6:
      return judge_v6(packet, device_hash);
    case wire::EtherType::Vlan:
      break;
  }
  return {};
}

// What is malformed stays here: whoever received it drops and counts it.
Steering::Verdict Steering::judge_v4(std::span<const uint8_t> packet,
                                     std::optional<uint32_t> device_hash) noexcept {
  if (packet.size() < wire::Ipv4View::kBytes) return {};
  const uint8_t* const p = packet.data();
  const size_t header = size_t{p[0] & 0x0fU} * 4;
  const bool is_fragment = (wire::load_be16(p + 6) & 0x3fff) != 0;
  if (header < wire::Ipv4View::kBytes || is_fragment || packet.size() < header + 8) return {};
  const auto payload = packet.subspan(header);
  if (p[9] == static_cast<uint8_t>(IpProtocol::Tcp)) {
    const tcp::FlowKey key{wire::IpAddress(wire::load_be32(p + 16)),
                           wire::IpAddress(wire::load_be32(p + 12)),
                           wire::load_be16(payload.data() + 2), wire::load_be16(payload.data())};
    return judge_tcp(key, device_hash);
  }
  if (p[9] == static_cast<uint8_t>(IpProtocol::Icmp) && is_icmp_error4(payload[0]))
    return judge_quoted(payload.subspan(wire::IcmpView::kBytes));
  return {};
}

Steering::Verdict Steering::judge_v6(std::span<const uint8_t> packet,
                                     std::optional<uint32_t> device_hash) noexcept {
  wire::Ipv6View ip;
  if (wire::Ipv6View::parse(packet, ip) != wire::Ipv6View::Parse::Good || ip.payload_bytes() < 8)
    return {};
  const auto payload = packet.subspan(ip.header_bytes, ip.payload_bytes());
  if (ip.protocol == static_cast<uint8_t>(IpProtocol::Tcp)) {
    const tcp::FlowKey key{ip.destination, ip.source, wire::load_be16(payload.data() + 2),
                           wire::load_be16(payload.data())};
    return judge_tcp(key, device_hash);
  }
  if (ip.protocol != static_cast<uint8_t>(IpProtocol::Icmp6)) return {};
  if (payload[0] == wire::NeighbourView::kSolicitation ||
      payload[0] == wire::NeighbourView::kAdvertisement)
    return {Kind::Everybody};
  if (is_icmp_error6(payload[0])) return judge_quoted(payload.subspan(wire::IcmpView::kBytes));
  return {};
}

Steering::Verdict Steering::judge_tcp(const tcp::FlowKey& key,
                                      std::optional<uint32_t> device_hash) noexcept {
  const size_t family = key.is_v6() ? 1 : 0;
  bool differs = false;
  if (device_hash && believes_device(key.is_v6()) &&
      compared_[family].load(std::memory_order_relaxed) <
          kHashesCompared * uint32_t{config_.seats}) {
    compared_[family].fetch_add(1, std::memory_order_relaxed);
    differs = *device_hash != hash(key);
    if (differs) distrusted_[family].store(true, std::memory_order_relaxed);
  }
  if (!is_listening(key))
    return {Kind::Seat, static_cast<uint16_t>(key.local_port % config_.seats), differs};
  const bool believed = device_hash && believes_device(key.is_v6());
  return {Kind::Seat, seat_of_hash(believed ? *device_hash : hash(key)), differs};
}

// The quoted segment is one of ours: its source is our end.
Steering::Verdict Steering::judge_quoted(std::span<const uint8_t> quoted) const noexcept {
  wire::QuotedTcp tcp;
  if (!wire::quoted_tcp(quoted, tcp)) return {};
  return {Kind::Seat,
          seat_of({tcp.source, tcp.destination, tcp.source_port, tcp.destination_port})};
}

uint16_t Steering::draw(uint16_t seat, const wire::IpAddress& local, const wire::IpAddress& remote,
                        uint16_t remote_port, tcp::PortRange range,
                        uint64_t random) const noexcept {
  const uint32_t seats = config_.seats;
  // The ports of this seat: lowest, lowest + seats, ...
  const uint32_t lowest = range.first + (seat + seats - range.first % seats) % seats;
  if (lowest > range.last) return 0;
  const uint32_t count = (range.last - lowest) / seats + 1;
  const uint32_t stride = 1 + static_cast<uint32_t>(random >> 58);  // small: no short cycle
  uint32_t index = static_cast<uint32_t>(random) % count;
  if (!believes_device(local.is_v6())) return static_cast<uint16_t>(lowest + index * seats);
  const RssInput input = input_of({local, remote, 0, remote_port});
  const uint32_t without_port = toeplitz_.hash(input.view());
  for (uint32_t i = 0; i < kTriesPerSeat * seats; ++i) {
    const uint32_t port = lowest + index * seats;
    const uint32_t sum = without_port ^
                         toeplitz_.share(input.size - 2, static_cast<uint8_t>(port >> 8)) ^
                         toeplitz_.share(input.size - 1, static_cast<uint8_t>(port));
    if (seat_of_hash(sum) == seat) return static_cast<uint16_t>(port);
    index = static_cast<uint32_t>((uint64_t{index} + stride) % count);
  }
  return 0;
}

}  // namespace sallyport::worker
