// Input: Ethernet, ARP; and the neighbours' timers.
#include "dataplane/ip/interface.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/ip/limits.h"
#include "dataplane/ip/neighbours.h"
#include "dataplane/ip/segment_holder.h"
#include "dataplane/wire/arp.h"

namespace sallyport::ip {
namespace {

std::vector<wire::IpAddress> addresses_of(const InterfaceConfig& config) {
  std::vector<wire::IpAddress> all{config.address, Interface::link_local(config.mac)};
  if (!config.address6.is_none()) all.push_back(config.address6);
  all.insert(all.end(), config.more_addresses.begin(), config.more_addresses.end());
  return all;
}

}  // namespace

Interface::Interface(const InterfaceConfig& config, FrameSink& sink, SegmentHandler& handler)
    : config_(config),
      sink_(sink),
      link_local_(link_local(config.mac)),
      packets_(addresses_of(config), handler, *this, counters_),
      neighbours_(std::make_unique<NeighbourTable>(config.mtu)) {
  const uint32_t first = config.address >> 24;
  SP_CHECK(config.prefix_length <= 32 && config.mtu >= 576);
  SP_CHECK(first != 0 && first != 127 && first < 224);
  SP_CHECK(config.prefix_length6 <= 128 && (config.address6.is_none() || config.mtu >= 1'280));
}

Interface::~Interface() = default;

bool Interface::is_connected(const wire::IpAddress& address) const noexcept {
  if (address.is_v6()) {
    return address.is_link_local_v6() ||
           (!config_.address6.is_none() &&
            address.shares_prefix(config_.address6, config_.prefix_length6));
  }
  if (config_.prefix_length == 0) return true;
  const uint32_t mask = ~uint32_t{0} << (32 - config_.prefix_length);
  return (address.v4() & mask) == (config_.address & mask);
}

void Interface::input(mem::Segment* frame, base::Instant now) noexcept {
  SegmentHolder held(frame);
  count(Counter::FramesIn);
  wire::EthernetView ethernet;
  if (!wire::EthernetView::parse((*held).bytes(), ethernet)) {
    count(Counter::TruncatedFrame);
    return;
  }
  if (ethernet.vlan != config_.vlan) {
    count(Counter::OtherVlan);
    return;
  }
  const bool broadcast = ethernet.destination == wire::kMacBroadcast;
  const bool group6 = ethernet.destination[0] == 0x33 && ethernet.destination[1] == 0x33;
  if (ethernet.destination != config_.mac && !broadcast && !group6) {
    count(Counter::OtherMac);
    return;
  }
  (*held).offset += ethernet.header_bytes;
  (*held).size -= ethernet.header_bytes;
  if (ethernet.type == wire::EtherType::Arp && !group6) {
    input_arp((*held).bytes(), now);
  } else if (ethernet.type == wire::EtherType::Ipv4 && !broadcast && !group6) {
    packets_.input(held.take(), now);
  } else if (ethernet.type == wire::EtherType::Ipv6 && !broadcast && !is_detecting_) {
    packets_.input(held.take(), now);
  } else if (ethernet.type == wire::EtherType::Ipv6 && is_detecting_) {
    detect_duplicate((*held).bytes());
  } else {
    count(Counter::OtherEtherType);
  }
}

void Interface::hear(mem::Segment* frame, base::Instant now) noexcept {
  is_hearing_ = true;
  input(frame, now);
  is_hearing_ = false;
}

//= RFC 5227 2.4: answers for our address (RFC 826); no learning from what we did not ask for
void Interface::input_arp(std::span<const uint8_t> packet, base::Instant now) noexcept {
  wire::ArpView arp;
  if (!wire::ArpView::parse(packet, arp) || !wire::is_unicast(arp.sender_mac)) {
    count(Counter::ArpMalformed);
    return;
  }
  if (arp.operation == wire::ArpView::Operation::Request && !is_hearing_ &&
      packets_.owns(wire::IpAddress(arp.target_address))) {
    count(Counter::ArpRequestsIn);
    wire::ArpView reply;
    reply.operation = wire::ArpView::Operation::Reply;
    reply.sender_mac = config_.mac;
    reply.sender_address = arp.target_address;
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
    if (neighbour != nullptr && neighbour->mac != arp.sender_mac) doubted(*neighbour, now);
    return;
  }
  count(Counter::ArpRepliesAccepted);
  answered(*neighbour, arp.sender_mac, now);
}

// A known neighbour that speaks from another MAC (a router took over): ask everybody; who answers
// then is believed.
void Interface::doubted(Neighbour& neighbour, base::Instant now) noexcept {
  if (neighbour.state != NeighbourState::Reachable) return;
  neighbour.state = NeighbourState::Probing;
  neighbour.tries = kArpTriesMax / 2;
  neighbour.due = now;
}

void Interface::answered(Neighbour& neighbour, const wire::MacAddress& mac,
                         base::Instant now) noexcept {
  neighbour.state = NeighbourState::Reachable;
  neighbour.mac = mac;
  neighbour.confirmed = now;
  neighbour.tries = 0;
  send_pending(neighbour);
}

void Interface::advance(base::Instant now) noexcept {
  if (is_detecting_ && detecting_until_ <= now) is_detecting_ = false;
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
  base::Instant earliest = is_detecting_ ? detecting_until_ : base::Instant{UINT64_MAX};
  for (const Neighbour& n : std::as_const(*neighbours_).all()) {
    if (n.state == NeighbourState::Asking || n.state == NeighbourState::Probing)
      earliest = std::min(earliest, n.due);
  }
  return earliest;
}

}  // namespace sallyport::ip
