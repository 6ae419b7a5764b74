// Output: next hop, neighbour, frame.
#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/ip/interface.h"
#include "dataplane/ip/limits.h"
#include "dataplane/ip/neighbours.h"
#include "dataplane/wire/arp.h"

namespace sallyport::ip {
namespace {

constexpr size_t kPiecesMax = 20;  // header, TCP header, and what tcp/ sends at most (16)

size_t copy_pieces(std::span<const std::span<const uint8_t>> pieces, uint8_t* out) noexcept {
  size_t at = 0;
  for (const auto& piece : pieces) {
    if (!piece.empty()) std::memcpy(out + at, piece.data(), piece.size());
    at += piece.size();
  }
  return at;
}

}  // namespace

wire::IpAddress Interface::next_hop(const wire::IpAddress& destination) const noexcept {
  if (is_connected(destination)) return destination;
  if (const Route* route = best_route(config_.routes, destination); route != nullptr)
    return route->via;
  return destination.is_v6() ? config_.next_hop6 : wire::IpAddress(config_.next_hop);
}

int Interface::reach(const wire::IpAddress& destination) const noexcept {
  if (is_connected(destination))
    return destination.is_v6() ? config_.prefix_length6 : config_.prefix_length;
  if (const Route* route = best_route(config_.routes, destination); route != nullptr)
    return route->bits;
  return next_hop(destination).is_none() ? -1 : 0;
}

std::vector<wire::IpAddress> Interface::local_addresses(bool v6) const {
  std::vector<wire::IpAddress> found;
  for (const wire::IpAddress& address : packets_.addresses())
    if (address.is_v6() == v6 && !address.is_link_local_v6()) found.push_back(address);
  return found;
}

Interface::Send Interface::send_from(wire::IpProtocol protocol, const wire::IpAddress& source,
                                     const wire::IpAddress& destination,
                                     std::span<const uint8_t> header,
                                     std::span<const std::span<const uint8_t>> payload,
                                     base::Instant now, bool is_reachable) noexcept {
  const bool v6 = destination.is_v6();
  const size_t ip_bytes = v6 ? wire::Ipv6View::kBytes : wire::Ipv4View::kBytes;
  size_t total = ip_bytes + header.size();
  for (const auto& piece : payload) total += piece.size();
  if (total > config_.mtu || payload.size() + 2 > kPiecesMax) {
    count(Counter::TooLarge);
    return Send::NoRoute;
  }
  const wire::IpAddress hop = next_hop(destination);
  // An address that is still tentative, or was found taken, is no source.
  if (hop.is_none() || !packets_.owns(source) || (v6 && is_detecting_)) {
    count(Counter::NoRoute);
    return Send::NoRoute;
  }
  std::array<uint8_t, wire::Ipv6View::kBytes> ip_header;
  if (v6) {
    wire::Ipv6View ip;
    ip.source = source;
    ip.destination = destination;
    ip.protocol = static_cast<uint8_t>(protocol);
    ip.hop_limit = kTtl;
    ip.total_bytes = static_cast<uint32_t>(total);
    ip.write(ip_header);
  } else {
    wire::Ipv4View ip;
    ip.source = source.v4();
    ip.destination = destination.v4();
    ip.protocol = static_cast<uint8_t>(protocol);
    ip.ttl = kTtl;
    ip.identification = identification_++;
    ip.total_bytes = static_cast<uint16_t>(total);
    ip.write(ip_header);
  }
  std::array<std::span<const uint8_t>, kPiecesMax> pieces;
  size_t piece_count = 0;
  pieces[piece_count++] = std::span<const uint8_t>(ip_header).first(ip_bytes);
  pieces[piece_count++] = header;
  for (const auto& piece : payload) pieces[piece_count++] = piece;

  Neighbour* neighbour = neighbours_->find(hop);
  if (neighbour == nullptr) neighbour = neighbours_->add(hop, now);
  if (neighbour == nullptr) {
    count(Counter::NeighbourTableFull);
    return Send::NoBuffer;
  }
  return send_to(*neighbour, v6 ? wire::EtherType::Ipv6 : wire::EtherType::Ipv4,
                 {pieces.data(), piece_count}, now, is_reachable);
}

Interface::Send Interface::send_to(Neighbour& neighbour, wire::EtherType type,
                                   std::span<const std::span<const uint8_t>> packet,
                                   base::Instant now, bool is_reachable) noexcept {
  neighbour.used = now;
  //= RFC 4861 7.3.1: progress above proves the next hop, and spares the probe
  const bool is_known =
      neighbour.state == NeighbourState::Reachable || neighbour.state == NeighbourState::Probing;
  if (is_reachable && is_known && base::ms_between(neighbour.confirmed, now) >= kArpFreshMs / 2) {
    neighbour.state = NeighbourState::Reachable;
    neighbour.confirmed = now;
    neighbour.tries = 0;
    count(Counter::ConfirmedByProgress);
  }
  switch (neighbour.state) {
    case NeighbourState::Reachable:
      if (base::ms_between(neighbour.confirmed, now) >= kArpFreshMs) {
        neighbour.state = NeighbourState::Probing;
        neighbour.tries = 0;
        ask(neighbour, now);
      }
      [[fallthrough]];
    case NeighbourState::Probing:
      return send_frame(neighbour.mac, type, packet) ? Send::Sent : Send::NoBuffer;
    case NeighbourState::Asking: {
      const bool first = neighbour.tries == 0;
      const bool held = neighbours_->hold(neighbour, packet);
      count(held ? Counter::NeighbourQueued : Counter::NeighbourQueueFull);
      if (first) ask(neighbour, now);
      // Full is a loss, not "again soon": the sender's own timer is the right one.
      return Send::Sent;
    }
    case NeighbourState::Failed:
    case NeighbourState::Free:
      count(Counter::NeighbourUnreachable);
      return Send::NoRoute;
  }
  return Send::NoRoute;
}

bool Interface::answer(wire::IpProtocol protocol, const wire::IpAddress& source,
                       const wire::IpAddress& destination, std::span<const uint8_t> header,
                       std::span<const uint8_t> payload, base::Instant now) noexcept {
  const std::array<std::span<const uint8_t>, 1> pieces{payload};
  return send_from(protocol, source, destination, header, pieces, now) == Send::Sent;
}

bool Interface::send_frame(const wire::MacAddress& destination, wire::EtherType type,
                           std::span<const std::span<const uint8_t>> packet) noexcept {
  const std::span<uint8_t> frame = sink_.frame();
  wire::EthernetView ethernet{destination, config_.mac, type};
  ethernet.vlan = config_.vlan;
  size_t total = config_.vlan != 0 ? wire::EthernetView::kBytesTagged : wire::EthernetView::kBytes;
  for (const auto& piece : packet) total += piece.size();
  if (frame.size() < total) {
    count(Counter::NoFrameBuffer);
    return false;
  }
  const size_t header_bytes = ethernet.write(frame);
  copy_pieces(packet, frame.data() + header_bytes);
  sink_.commit(total);
  count(Counter::FramesOut);
  count(Counter::PacketsOut);
  return true;
}

void Interface::send_pending(Neighbour& neighbour) noexcept {
  for (;;) {
    const std::array<std::span<const uint8_t>, 1> packet{neighbours_->take_pending(neighbour)};
    if (packet[0].empty()) return;
    const bool v6 = neighbour.address.is_v6();
    send_frame(neighbour.mac, v6 ? wire::EtherType::Ipv6 : wire::EtherType::Ipv4, packet);
  }
}

// One more request, or the end of our patience. The first half of the probes of a known neighbour
// is unicast.
void Interface::ask(Neighbour& n, base::Instant now) noexcept {
  if (n.tries >= kArpTriesMax) {
    neighbours_->drop_pending(n);
    n.state = NeighbourState::Failed;
    n.due = base::after_ms(now, kArpNegativeMs);
    return;
  }
  const bool unicast = n.state == NeighbourState::Probing && n.tries < kArpTriesMax / 2;
  ++n.tries;
  n.due = base::after_ms(now, kArpRetryMs);
  if (n.address.is_v6()) {
    solicit(n, unicast);
    return;
  }
  wire::ArpView arp;
  arp.operation = wire::ArpView::Operation::Request;
  arp.sender_mac = config_.mac;
  arp.sender_address = config_.address;
  arp.target_address = n.address.v4();
  send_arp(arp, unicast ? n.mac : wire::kMacBroadcast);
  count(Counter::ArpRequestsOut);
}

void Interface::send_arp(const wire::ArpView& arp, const wire::MacAddress& destination) noexcept {
  const std::span<uint8_t> frame = sink_.frame();
  constexpr size_t kTotalMax = wire::EthernetView::kBytesTagged + wire::ArpView::kBytes;
  constexpr size_t kFrameMin = 60;  // what Ethernet carries at least, without the check sequence
  if (frame.size() < kFrameMin) {
    count(Counter::NoFrameBuffer);
    return;
  }
  static_assert(kTotalMax <= kFrameMin);
  wire::EthernetView ethernet{destination, config_.mac, wire::EtherType::Arp};
  ethernet.vlan = config_.vlan;
  const size_t header_bytes = ethernet.write(frame);
  arp.write(frame.subspan(header_bytes));
  const size_t total = header_bytes + wire::ArpView::kBytes;
  std::memset(frame.data() + total, 0, kFrameMin - total);
  sink_.commit(kFrameMin);
  count(Counter::FramesOut);
}

}  // namespace sallyport::ip
