// Input: Ethernet, ARP, IPv4, ICMP; and the neighbours' timers.
#include "dataplane/ip/interface.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/ip/limits.h"
#include "dataplane/ip/neighbours.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/wire/arp.h"
#include "dataplane/wire/icmp.h"

namespace sallyport::ip {
namespace {

constexpr std::string_view kCounterNames[] = {
    "ip_frames_in",
    "ip_frames_out",
    "ip_truncated_frame",
    "ip_other_mac",
    "ip_other_ether_type",
    "arp_requests_in",
    "arp_replies_out",
    "arp_requests_out",
    "arp_replies_accepted",
    "arp_replies_unsolicited",
    "arp_malformed",
    "ip_malformed",
    "ip_bad_checksum",
    "ip_other_destination",
    "ip_bad_source",
    "ip_fragment",
    "ip_other_protocol",
    "icmp_malformed",
    "icmp_other",
    "icmp_echo_replies",
    "icmp_echo_rate_limited",
    "ip_tcp_segments_in",
    "ip_packets_out",
    "ip_no_frame_buffer",
    "ip_no_route",
    "ip_too_large",
    "ip_neighbour_queued",
    "ip_neighbour_queue_full",
    "ip_neighbour_unreachable",
    "ip_neighbour_table_full",
};
static_assert(std::size(kCounterNames) == static_cast<size_t>(Counter::kCount));

// A host address on some network: not zero, loopback, multicast, reserved or broadcast.
bool is_host_address(uint32_t address) noexcept {
  const uint32_t first = address >> 24;
  return first != 0 && first != 127 && first < 224;
}

// Gives the segment back on every path that did not hand it on.
class Holder {
 public:
  explicit Holder(mem::Segment* segment) noexcept : segment_(segment) {}
  ~Holder() {
    if (segment_ != nullptr) mem::release(segment_);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  mem::Segment* take() noexcept { return std::exchange(segment_, nullptr); }
  mem::Segment& operator*() noexcept { return *segment_; }

 private:
  mem::Segment* segment_;
};

}  // namespace

std::string_view counter_name(Counter counter) noexcept {
  return kCounterNames[static_cast<size_t>(counter)];
}

Interface::Interface(const InterfaceConfig& config, FrameSink& sink, SegmentHandler& handler)
    : config_(config),
      sink_(sink),
      handler_(handler),
      neighbours_(std::make_unique<NeighbourTable>(config.mtu)),
      echo_credit_(kEchoBurst) {
  SP_CHECK(config.prefix_length <= 32 && config.mtu >= 576 && is_host_address(config.address));
}

Interface::~Interface() = default;

bool Interface::is_connected(uint32_t address) const noexcept {
  if (config_.prefix_length == 0) return true;
  const uint32_t mask = ~uint32_t{0} << (32 - config_.prefix_length);
  return (address & mask) == (config_.address & mask);
}

void Interface::input(mem::Segment* frame, base::Instant now) noexcept {
  Holder held(frame);
  count(Counter::FramesIn);
  wire::EthernetView ethernet;
  if (!wire::EthernetView::parse((*held).bytes(), ethernet)) {
    count(Counter::TruncatedFrame);
    return;
  }
  const bool broadcast = ethernet.destination == wire::kMacBroadcast;
  if (ethernet.destination != config_.mac && !broadcast) {
    count(Counter::OtherMac);
    return;
  }
  (*held).offset += static_cast<uint32_t>(wire::EthernetView::kBytes);
  (*held).size -= static_cast<uint32_t>(wire::EthernetView::kBytes);
  if (ethernet.type == wire::EtherType::Arp) {
    input_arp((*held).bytes(), now);
  } else if (ethernet.type == wire::EtherType::Ipv4 && !broadcast) {
    input_ipv4(held.take(), now);
  } else {
    count(Counter::OtherEtherType);
  }
}

void Interface::input_ipv4(mem::Segment* packet, base::Instant now) noexcept {
  Holder held(packet);
  wire::Ipv4View ip;
  switch (wire::Ipv4View::parse((*held).bytes(), ip)) {
    case wire::Ipv4View::Parse::Good:
      break;
    case wire::Ipv4View::Parse::BadChecksum:
      count(Counter::Ipv4BadChecksum);
      return;
    default:
      count(Counter::Ipv4Malformed);
      return;
  }
  if (ip.destination != config_.address) {
    count(Counter::Ipv4OtherDestination);
    return;
  }
  if (!is_host_address(ip.source) || ip.source == config_.address) {
    count(Counter::Ipv4BadSource);
    return;
  }
  //= RFC 791 3.2: fragments are dropped and counted; what we send has DF
  if (ip.is_fragment()) {
    count(Counter::Ipv4Fragment);
    return;
  }
  (*held).offset += ip.header_bytes;
  (*held).size = ip.payload_bytes();
  if (ip.protocol == static_cast<uint8_t>(wire::IpProtocol::Tcp)) {
    count(Counter::TcpSegmentsIn);
    handler_.tcp_segment(ip, held.take(), now);
  } else if (ip.protocol == static_cast<uint8_t>(wire::IpProtocol::Icmp)) {
    input_icmp(ip, (*held).bytes(), now);
  } else {
    count(Counter::Ipv4OtherProtocol);
  }
}

void Interface::input_icmp(const wire::Ipv4View& ip, std::span<const uint8_t> packet,
                           base::Instant now) noexcept {
  wire::IcmpView icmp;
  if (wire::IcmpView::parse(packet, icmp) != wire::IcmpView::Parse::Good) {
    count(Counter::IcmpMalformed);
    return;
  }
  if (icmp.type != wire::IcmpView::kEchoRequest || icmp.code != 0) {
    count(Counter::IcmpOther);  // errors about TCP: path MTU discovery is its own issue
    return;
  }
  const uint64_t elapsed_ms = base::ms_between(echo_refilled_, now);
  const uint64_t refill = std::min(kEchoBurst, elapsed_ms * kEchoPerSecond / 1'000);
  if (refill > 0) {
    echo_credit_ = std::min(kEchoBurst, echo_credit_ + refill);
    echo_refilled_ = now;
  }
  if (echo_credit_ == 0) {
    count(Counter::EchoRateLimited);
    return;
  }
  --echo_credit_;
  const auto payload = packet.subspan(wire::IcmpView::kBytes);
  icmp.type = wire::IcmpView::kEchoReply;
  std::array<uint8_t, wire::IcmpView::kBytes> header;
  icmp.write(header, payload);
  const std::array<std::span<const uint8_t>, 1> pieces{payload};
  if (send(wire::IpProtocol::Icmp, ip.source, header, pieces, now) == Send::Sent)
    count(Counter::EchoReplies);
}

//= RFC 5227 2.4: answers for our address (RFC 826); no learning from what we did not ask for
void Interface::input_arp(std::span<const uint8_t> packet, base::Instant now) noexcept {
  wire::ArpView arp;
  if (!wire::ArpView::parse(packet, arp) || !wire::is_unicast(arp.sender_mac)) {
    count(Counter::ArpMalformed);
    return;
  }
  if (arp.operation == wire::ArpView::Operation::Request && arp.target_address == config_.address) {
    count(Counter::ArpRequestsIn);
    wire::ArpView reply;
    reply.operation = wire::ArpView::Operation::Reply;
    reply.sender_mac = config_.mac;
    reply.sender_address = config_.address;
    reply.target_mac = arp.sender_mac;
    reply.target_address = arp.sender_address;
    send_arp(reply, arp.sender_mac);
    count(Counter::ArpRepliesOut);
  }
  Neighbour* neighbour = neighbours_->find(arp.sender_address);
  const bool answer =
      arp.operation == wire::ArpView::Operation::Reply && arp.target_address == config_.address;
  const bool asked = neighbour != nullptr && (neighbour->state == NeighbourState::Asking ||
                                              neighbour->state == NeighbourState::Probing);
  if (!answer || !asked) {
    if (answer) count(Counter::ArpRepliesUnsolicited);
    // A known neighbour that speaks from another MAC (a router took over): ask, by broadcast.
    if (neighbour != nullptr && neighbour->state == NeighbourState::Reachable &&
        neighbour->mac != arp.sender_mac) {
      neighbour->state = NeighbourState::Probing;
      neighbour->tries = kArpTriesMax / 2;
      neighbour->due = now;
    }
    return;
  }
  count(Counter::ArpRepliesAccepted);
  neighbour->state = NeighbourState::Reachable;
  neighbour->mac = arp.sender_mac;
  neighbour->confirmed = now;
  neighbour->tries = 0;
  send_pending(*neighbour);
}

void Interface::advance(base::Instant now) noexcept {
  for (Neighbour& n : neighbours_->all()) {
    switch (n.state) {
      case NeighbourState::Free:
        break;
      case NeighbourState::Reachable:
        if (base::ms_between(n.used, now) >= kArpStaleMs) n.state = NeighbourState::Free;
        break;
      case NeighbourState::Failed:
        if (n.due <= now) n.state = NeighbourState::Free;
        break;
      case NeighbourState::Asking:
      case NeighbourState::Probing:
        if (n.due <= now) ask(n, now);
        break;
    }
  }
}

base::Instant Interface::next_deadline() const noexcept {
  base::Instant earliest{UINT64_MAX};
  for (const Neighbour& n : std::as_const(*neighbours_).all()) {
    if (n.state == NeighbourState::Asking || n.state == NeighbourState::Probing)
      earliest = std::min(earliest, n.due);
  }
  return earliest;
}

}  // namespace sallyport::ip
