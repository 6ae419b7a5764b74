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

Interface::Send Interface::send(wire::IpProtocol protocol, uint32_t destination,
                                std::span<const uint8_t> header,
                                std::span<const std::span<const uint8_t>> payload,
                                base::Instant now) noexcept {
  size_t total = wire::Ipv4View::kBytes + header.size();
  for (const auto& piece : payload) total += piece.size();
  if (total > config_.mtu || payload.size() + 2 > kPiecesMax) {
    count(Counter::TooLarge);
    return Send::NoRoute;
  }
  const uint32_t hop = is_connected(destination) ? destination : config_.next_hop;
  if (hop == 0) {
    count(Counter::NoRoute);
    return Send::NoRoute;
  }
  wire::Ipv4View ip;
  ip.source = config_.address;
  ip.destination = destination;
  ip.protocol = static_cast<uint8_t>(protocol);
  ip.ttl = kTtl;
  ip.identification = identification_++;
  ip.total_bytes = static_cast<uint16_t>(total);
  std::array<uint8_t, wire::Ipv4View::kBytes> ip_header;
  ip.write(ip_header);
  std::array<std::span<const uint8_t>, kPiecesMax> pieces;
  size_t piece_count = 0;
  pieces[piece_count++] = ip_header;
  pieces[piece_count++] = header;
  for (const auto& piece : payload) pieces[piece_count++] = piece;
  const std::span<const std::span<const uint8_t>> packet(pieces.data(), piece_count);

  Neighbour* neighbour = neighbours_->find(hop);
  if (neighbour == nullptr) neighbour = neighbours_->add(hop, now);
  if (neighbour == nullptr) {
    count(Counter::NeighbourTableFull);
    return Send::NoBuffer;
  }
  neighbour->used = now;
  switch (neighbour->state) {
    case NeighbourState::Reachable:
      if (base::ms_between(neighbour->confirmed, now) >= kArpFreshMs) {
        neighbour->state = NeighbourState::Probing;
        neighbour->tries = 0;
        ask(*neighbour, now);
      }
      [[fallthrough]];
    case NeighbourState::Probing:
      return send_frame(neighbour->mac, packet) ? Send::Sent : Send::NoBuffer;
    case NeighbourState::Asking: {
      const bool first = neighbour->tries == 0;
      const bool held = neighbours_->hold(*neighbour, packet);
      count(held ? Counter::NeighbourQueued : Counter::NeighbourQueueFull);
      if (first) ask(*neighbour, now);
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

bool Interface::send_frame(const wire::MacAddress& destination,
                           std::span<const std::span<const uint8_t>> packet) noexcept {
  const std::span<uint8_t> frame = sink_.frame();
  size_t total = wire::EthernetView::kBytes;
  for (const auto& piece : packet) total += piece.size();
  if (frame.size() < total) {
    count(Counter::NoFrameBuffer);
    return false;
  }
  const wire::EthernetView ethernet{destination, config_.mac, wire::EtherType::Ipv4};
  ethernet.write(frame);
  copy_pieces(packet, frame.data() + wire::EthernetView::kBytes);
  sink_.commit(total);
  count(Counter::FramesOut);
  count(Counter::PacketsOut);
  return true;
}

void Interface::send_pending(Neighbour& neighbour) noexcept {
  for (;;) {
    const std::array<std::span<const uint8_t>, 1> packet{neighbours_->take_pending(neighbour)};
    if (packet[0].empty()) return;
    send_frame(neighbour.mac, packet);
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
  wire::ArpView arp;
  arp.operation = wire::ArpView::Operation::Request;
  arp.sender_mac = config_.mac;
  arp.sender_address = config_.address;
  arp.target_address = n.address;
  send_arp(arp, unicast ? n.mac : wire::kMacBroadcast);
  count(Counter::ArpRequestsOut);
}

void Interface::send_arp(const wire::ArpView& arp, const wire::MacAddress& destination) noexcept {
  const std::span<uint8_t> frame = sink_.frame();
  constexpr size_t kTotal = wire::EthernetView::kBytes + wire::ArpView::kBytes;
  constexpr size_t kFrameMin = 60;  // what Ethernet carries at least, without the check sequence
  if (frame.size() < kFrameMin) {
    count(Counter::NoFrameBuffer);
    return;
  }
  const wire::EthernetView ethernet{destination, config_.mac, wire::EtherType::Arp};
  ethernet.write(frame);
  arp.write(frame.subspan(wire::EthernetView::kBytes));
  std::memset(frame.data() + kTotal, 0, kFrameMin - kTotal);
  sink_.commit(kFrameMin);
  count(Counter::FramesOut);
}

//= RFC 5227 2.3: announcement: a request for our own address
void Interface::announce() noexcept {
  wire::ArpView arp;
  arp.operation = wire::ArpView::Operation::Request;
  arp.sender_mac = config_.mac;
  arp.sender_address = config_.address;
  arp.target_address = config_.address;
  send_arp(arp, wire::kMacBroadcast);
}

}  // namespace sallyport::ip
