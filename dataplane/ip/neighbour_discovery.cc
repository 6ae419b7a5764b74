// Neighbour discovery of IPv6 (RFC 4861, 4862) with the table that ARP has: the same states, the
// same rule against poisoning: only an answer to a question that is open now changes an entry.
#include <algorithm>
#include <array>

#include "dataplane/ip/interface.h"
#include "dataplane/ip/limits.h"
#include "dataplane/ip/neighbours.h"
#include "dataplane/wire/arp.h"
#include "dataplane/wire/neighbour.h"

namespace sallyport::ip {

using wire::IpAddress;
using wire::NeighbourView;

IpAddress Interface::link_local(const wire::MacAddress& mac) noexcept {
  const std::array<uint8_t, 16> bytes{
      0xfe,   0x80,   0,    0,    0,      0,      0,     0, static_cast<uint8_t>(mac[0] ^ 2U),
      mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]};
  return IpAddress::from_v6(bytes.data());
}

void Interface::neighbour_message(const wire::Ipv6View& ip, std::span<const uint8_t> packet,
                                  base::Instant now) noexcept {
  // Router messages and redirects are not heard: routers are configured.
  const uint8_t type = packet[0];
  if (type != NeighbourView::kSolicitation && type != NeighbourView::kAdvertisement) {
    count(Counter::IcmpOther);
    return;
  }
  NeighbourView message;
  if (!NeighbourView::parse(packet, message)) {
    count(Counter::NeighbourMessageMalformed);
    return;
  }
  if (message.is_advertisement) {
    advertised(message, now);
  } else {
    solicited(ip, message, now);
  }
}

//= RFC 4861 7.2.3, 7.2.4: answered for our address; nothing is learned from who asks
void Interface::solicited(const wire::Ipv6View& ip, const NeighbourView& message,
                          base::Instant now) noexcept {
  count(Counter::SolicitationsIn);
  if (ip.source.is_none()) {
    //= RFC 4861 7.1.1: detection of duplicates carries no address option and goes to the group
    const bool valid = !message.has_mac && ip.destination.is_multicast_v6();
    if (!valid) {
      count(Counter::NeighbourMessageMalformed);
      return;
    }
    if (!packets_.owns(message.target) || is_hearing_) return;
    static constexpr std::array<uint8_t, 16> kAllNodes{0xff, 2, 0, 0, 0, 0, 0, 0,
                                                       0,    0, 0, 0, 0, 0, 0, 1};
    const IpAddress all = IpAddress::from_v6(kAllNodes.data());
    advertise(message.target, all, wire::multicast_mac(all), false);
    return;
  }
  Neighbour* neighbour = neighbours_->find(ip.source);
  if (neighbour != nullptr && message.has_mac && neighbour->mac != message.mac)
    doubted(*neighbour, now);
  if (!packets_.owns(message.target) || !message.has_mac || is_hearing_) return;
  advertise(message.target, ip.source, message.mac, true);
}

void Interface::advertised(const NeighbourView& message, base::Instant now) noexcept {
  Neighbour* neighbour = neighbours_->find(message.target);
  const bool asked = neighbour != nullptr && (neighbour->state == NeighbourState::Asking ||
                                              neighbour->state == NeighbourState::Probing);
  //= RFC 4861 7.2.5: the answer to a unicast question may leave the address out
  const bool knows = message.has_mac || (asked && neighbour->state == NeighbourState::Probing);
  if (!asked || !message.solicited || !knows) {
    count(Counter::AdvertisementsUnsolicited);
    if (neighbour != nullptr && message.has_mac && neighbour->mac != message.mac)
      doubted(*neighbour, now);
    return;
  }
  count(Counter::AdvertisementsAccepted);
  answered(*neighbour, message.has_mac ? message.mac : neighbour->mac, now);
}

void Interface::solicit(const Neighbour& neighbour, bool unicast) noexcept {
  NeighbourView message;
  message.target = neighbour.address;
  message.has_mac = true;
  message.mac = config_.mac;
  const bool is_local = neighbour.address.is_link_local_v6() || config_.address6.is_none();
  const IpAddress group = wire::solicited_node(neighbour.address);
  send_neighbour_message(message, is_local ? link_local_ : config_.address6,
                         unicast ? neighbour.address : group,
                         unicast ? neighbour.mac : wire::multicast_mac(group));
  count(Counter::SolicitationsOut);
}

void Interface::advertise(const IpAddress& target, const IpAddress& to, const wire::MacAddress& mac,
                          bool solicited) noexcept {
  NeighbourView message;
  message.is_advertisement = true;
  message.solicited = solicited;
  message.override_entry = true;
  message.target = target;
  message.has_mac = true;
  message.mac = config_.mac;
  send_neighbour_message(message, target, to, mac);
  count(Counter::AdvertisementsOut);
}

void Interface::send_neighbour_message(const NeighbourView& message, const IpAddress& source,
                                       const IpAddress& destination,
                                       const wire::MacAddress& mac) noexcept {
  std::array<uint8_t, NeighbourView::kBytesWithAddress> body;
  const size_t bytes = message.write(body, source, destination);
  wire::Ipv6View ip;
  ip.source = source;
  ip.destination = destination;
  ip.protocol = static_cast<uint8_t>(wire::IpProtocol::Icmp6);
  ip.hop_limit = NeighbourView::kHopLimit;
  ip.total_bytes = static_cast<uint32_t>(wire::Ipv6View::kBytes + bytes);
  std::array<uint8_t, wire::Ipv6View::kBytes> header;
  ip.write(header);
  const std::array<std::span<const uint8_t>, 2> pieces{std::span<const uint8_t>(header),
                                                       std::span<const uint8_t>(body).first(bytes)};
  send_frame(mac, wire::EtherType::Ipv6, pieces);
}

//= RFC 4862 5.4.3, 5.4.4: somebody else asks for, or has, an address that is still tentative
void Interface::detect_duplicate(std::span<const uint8_t> packet) noexcept {
  wire::Ipv6View ip;
  if (wire::Ipv6View::parse(packet, ip) != wire::Ipv6View::Parse::Good ||
      ip.protocol != static_cast<uint8_t>(wire::IpProtocol::Icmp6) ||
      ip.hop_limit != NeighbourView::kHopLimit)
    return;
  const auto body = packet.subspan(ip.header_bytes, ip.payload_bytes());
  wire::IcmpView icmp;
  NeighbourView message;
  if (wire::IcmpView::parse6(body, ip.source, ip.destination, icmp) !=
          wire::IcmpView::Parse::Good ||
      !NeighbourView::parse(body, message) || !packets_.owns(message.target))
    return;
  if (!message.is_advertisement && !ip.source.is_none()) return;
  count(Counter::DuplicateAddress);
  packets_.give_up(message.target);
}

//= RFC 5227 2.3: announcement: a request for our own address; RFC 4862 5.4.2: one solicitation for
// each of IPv6
void Interface::announce(base::Instant now, Announce how) noexcept {
  if (!config_.address6.is_none()) {
    is_detecting_ = true;
    detecting_until_ = base::after_ms(now, kDuplicateWaitMs);
  }
  if (how == Announce::Silently) return;
  for (const IpAddress& address : packets_.addresses()) {
    if (!address.is_v4()) continue;
    wire::ArpView arp;
    arp.operation = wire::ArpView::Operation::Request;
    arp.sender_mac = config_.mac;
    arp.sender_address = address.v4();
    arp.target_address = address.v4();
    send_arp(arp, wire::kMacBroadcast);
  }
  if (config_.address6.is_none()) return;
  for (const IpAddress& address : packets_.addresses()) {
    if (!address.is_v6()) continue;
    NeighbourView message;
    message.target = address;
    const IpAddress group = wire::solicited_node(address);
    send_neighbour_message(message, IpAddress(), group, wire::multicast_mac(group));
    count(Counter::SolicitationsOut);
  }
}

}  // namespace sallyport::ip
