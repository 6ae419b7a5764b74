#include "dataplane/ip/packet_input.h"

#include <algorithm>
#include <array>
#include <utility>

#include "dataplane/ip/limits.h"
#include "dataplane/ip/segment_holder.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/wire/neighbour.h"

namespace sallyport::ip {
namespace {

using wire::IcmpView;
using wire::IpAddress;
using wire::IpProtocol;

constexpr std::string_view kCounterNames[] = {
#define SP_IP_NAME(id, name) name,
    SP_IP_COUNTERS(SP_IP_NAME)
#undef SP_IP_NAME
};

// A host address on some network: not zero, loopback, multicast, reserved or broadcast.
bool is_host_address(uint32_t address) noexcept {
  const uint32_t first = address >> 24;
  return first != 0 && first != 127 && first < 224;
}

constexpr uint8_t kNeighbourTypeFirst = 133;  // router solicitation
constexpr uint8_t kNeighbourTypeLast = 137;   // redirect

}  // namespace

std::string_view counter_name(Counter counter) noexcept {
  return kCounterNames[static_cast<size_t>(counter)];
}

PacketInput::PacketInput(std::vector<IpAddress> addresses, SegmentHandler& handler, Link& link,
                         CounterArray& counters)
    : addresses_(std::move(addresses)),
      handler_(handler),
      link_(link),
      counters_(counters),
      echo_credit_(kEchoBurst) {}

bool PacketInput::owns(const IpAddress& address) const noexcept {
  return !address.is_none() &&
         std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

void PacketInput::give_up(const IpAddress& address) noexcept {
  // Replaced by "none", which nobody sends to: no memory moves while the worker runs.
  std::replace(addresses_.begin(), addresses_.end(), address, IpAddress());
}

bool PacketInput::is_group_of_ours(const IpAddress& group) const noexcept {
  static constexpr std::array<uint8_t, 16> kAllNodes{0xff, 2, 0, 0, 0, 0, 0, 0,
                                                     0,    0, 0, 0, 0, 0, 0, 1};
  if (group == IpAddress::from_v6(kAllNodes.data())) return true;
  return std::any_of(addresses_.begin(), addresses_.end(), [&](const IpAddress& a) {
    return a.is_v6() && wire::solicited_node(a) == group;
  });
}

void PacketInput::input(mem::Segment* packet, base::Instant now) noexcept {
  const bool is_v6 = packet->size > 0 && packet->data()[0] >> 4 == 6;
  if (is_v6) {
    input_v6(packet, now);
  } else {
    input_v4(packet, now);
  }
}

void PacketInput::input_v4(mem::Segment* packet, base::Instant now) noexcept {
  SegmentHolder held(packet);
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
  if (!owns(ip.destination)) {
    count(Counter::Ipv4OtherDestination);
    return;
  }
  if (!is_host_address(ip.source) || owns(ip.source)) {
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
  if (ip.protocol == static_cast<uint8_t>(IpProtocol::Tcp)) {
    count(Counter::TcpSegmentsIn);
    handler_.tcp_segment(ip.source, ip.destination, held.take(), now);
  } else if (ip.protocol == static_cast<uint8_t>(IpProtocol::Icmp)) {
    input_icmp(ip, (*held).bytes(), now);
  } else {
    count(Counter::Ipv4OtherProtocol);
  }
}

void PacketInput::input_v6(mem::Segment* packet, base::Instant now) noexcept {
  SegmentHolder held(packet);
  wire::Ipv6View ip;
  switch (wire::Ipv6View::parse((*held).bytes(), ip)) {
    case wire::Ipv6View::Parse::Good:
      break;
    case wire::Ipv6View::Parse::Fragment:
      count(Counter::Ipv6Fragment);
      return;
    case wire::Ipv6View::Parse::RefusedExtension:
      count(Counter::Ipv6ExtensionRefused);
      return;
    default:
      count(Counter::Ipv6Malformed);
      return;
  }
  const bool is_icmp = ip.protocol == static_cast<uint8_t>(IpProtocol::Icmp6);
  const bool to_group =
      ip.destination.is_multicast_v6() && is_icmp && is_group_of_ours(ip.destination);
  if (!owns(ip.destination) && !to_group) {
    count(Counter::Ipv6OtherDestination);
    return;
  }
  // None is the source of duplicate address detection, and of nothing else.
  const bool is_bad = ip.source.is_multicast_v6() || ip.source.is_loopback_v6() ||
                      !(ip.source.is_v6() || (ip.source.is_none() && is_icmp)) || owns(ip.source);
  if (is_bad) {
    count(Counter::Ipv6BadSource);
    return;
  }
  (*held).offset += ip.header_bytes;
  (*held).size = ip.payload_bytes();
  if (ip.protocol == static_cast<uint8_t>(IpProtocol::Tcp)) {
    count(Counter::TcpSegmentsIn);
    handler_.tcp_segment(ip.source, ip.destination, held.take(), now);
  } else if (is_icmp) {
    input_icmp6(ip, (*held).bytes(), now);
  } else {
    count(Counter::Ipv6OtherProtocol);
  }
}

// A burst, then so many a second.
bool PacketInput::may_echo(base::Instant now) noexcept {
  const uint64_t elapsed_ms = base::ms_between(echo_refilled_, now);
  const uint64_t refill = std::min(kEchoBurst, elapsed_ms * kEchoPerSecond / 1'000);
  if (refill > 0) {
    echo_credit_ = std::min(kEchoBurst, echo_credit_ + refill);
    echo_refilled_ = now;
  }
  if (echo_credit_ == 0) {
    count(Counter::EchoRateLimited);
    return false;
  }
  --echo_credit_;
  return true;
}

void PacketInput::error(std::span<const uint8_t> quoted, SegmentHandler::Error kind, uint32_t mtu,
                        base::Instant now) noexcept {
  wire::QuotedTcp about;
  if (!wire::quoted_tcp(quoted, about) || !owns(about.source)) {
    count(Counter::IcmpErrorsUnreadable);
    return;
  }
  count(Counter::IcmpErrorsIn);
  handler_.path_error(about, kind, static_cast<uint16_t>(std::min<uint32_t>(mtu, UINT16_MAX)), now);
}

void PacketInput::input_icmp(const wire::Ipv4View& ip, std::span<const uint8_t> packet,
                             base::Instant now) noexcept {
  using Error = SegmentHandler::Error;
  IcmpView icmp;
  if (IcmpView::parse(packet, icmp) != IcmpView::Parse::Good) {
    count(Counter::IcmpMalformed);
    return;
  }
  const auto rest = packet.subspan(IcmpView::kBytes);
  switch (icmp.type) {
    case IcmpView::kUnreachable: {
      const bool too_big = icmp.code == IcmpView::kCodeFragmentationNeeded;
      //= RFC 1191 4: the MTU of the next hop is in the low 16 bits
      return error(rest, too_big ? Error::TooBig : Error::Unreachable, icmp.rest & 0xffffU, now);
    }
    case IcmpView::kTimeExceeded:
    case IcmpView::kParameterProblem:
      return error(rest, Error::Other, 0, now);
    case IcmpView::kEchoRequest:
      break;
    default:
      count(Counter::IcmpOther);
      return;
  }
  if (icmp.code != 0) {
    count(Counter::IcmpOther);
    return;
  }
  if (!may_echo(now)) return;
  icmp.type = IcmpView::kEchoReply;
  std::array<uint8_t, IcmpView::kBytes> header;
  icmp.write(header, rest);
  if (link_.answer(IpProtocol::Icmp, ip.destination, ip.source, header, rest, now))
    count(Counter::EchoReplies);
}

void PacketInput::input_icmp6(const wire::Ipv6View& ip, std::span<const uint8_t> packet,
                              base::Instant now) noexcept {
  using Error = SegmentHandler::Error;
  IcmpView icmp;
  if (IcmpView::parse6(packet, ip.source, ip.destination, icmp) != IcmpView::Parse::Good) {
    count(Counter::IcmpMalformed);
    return;
  }
  const auto rest = packet.subspan(IcmpView::kBytes);
  if (icmp.type >= kNeighbourTypeFirst && icmp.type <= kNeighbourTypeLast) {
    //= RFC 4861 7.1.1: a packet from another network cannot have the hop limit 255
    if (ip.hop_limit != wire::NeighbourView::kHopLimit) {
      count(Counter::NeighbourMessageFromAfar);
      return;
    }
    link_.neighbour_message(ip, packet, now);
    return;
  }
  switch (icmp.type) {
    case IcmpView::kPacketTooBig6:
      return error(rest, Error::TooBig, icmp.rest, now);
    case IcmpView::kUnreachable6:
      return error(rest, Error::Unreachable, 0, now);
    case IcmpView::kTimeExceeded6:
    case IcmpView::kParameterProblem6:
      return error(rest, Error::Other, 0, now);
    case IcmpView::kEchoRequest6:
      break;
    default:
      count(Counter::IcmpOther);
      return;
  }
  // To a group or from nobody: not answered (smurf).
  if (ip.destination.is_multicast_v6() || ip.source.is_none() || icmp.code != 0) {
    count(Counter::IcmpOther);
    return;
  }
  if (!may_echo(now)) return;
  icmp.type = IcmpView::kEchoReply6;
  std::array<uint8_t, IcmpView::kBytes> header;
  icmp.write6(header, rest, ip.destination, ip.source);
  if (link_.answer(IpProtocol::Icmp6, ip.destination, ip.source, header, rest, now))
    count(Counter::EchoReplies);
}

}  // namespace sallyport::ip
