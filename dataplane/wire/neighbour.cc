#include "dataplane/wire/neighbour.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ipv4.h"

namespace sallyport::wire {
namespace {

enum Option : uint8_t { SourceAddress = 1, TargetAddress = 2 };
enum Flags : uint8_t { Router = 0x80, Solicited = 0x40, Override = 0x20 };

}  // namespace

bool NeighbourView::parse(std::span<const uint8_t> packet, NeighbourView& out) noexcept {
  if (packet.size() < kBytes || packet[1] != 0) return false;
  const uint8_t* p = packet.data();
  if (p[0] != kSolicitation && p[0] != kAdvertisement) return false;
  out.is_advertisement = p[0] == kAdvertisement;
  out.from_router = (p[4] & Router) != 0;
  out.solicited = (p[4] & Solicited) != 0;
  out.override_entry = (p[4] & Override) != 0;
  out.target = IpAddress::from_v6(p + 8);
  if (out.target.is_multicast_v6() || out.target.is_none()) return false;
  out.has_mac = false;
  const uint8_t wanted = out.is_advertisement ? TargetAddress : SourceAddress;
  for (size_t at = kBytes; at < packet.size();) {
    if (packet.size() - at < 2) return false;
    const size_t bytes = size_t{p[at + 1]} * 8;
    //= RFC 4861 4.6: an option of length zero discards the packet
    if (bytes == 0 || bytes > packet.size() - at) return false;
    if (p[at] == wanted && bytes == 8 && !out.has_mac) {
      out.has_mac = true;
      std::copy_n(p + at + 2, out.mac.size(), out.mac.begin());
    }
    at += bytes;
  }
  return !out.has_mac || is_unicast(out.mac);
}

size_t NeighbourView::write(std::span<uint8_t> out, const IpAddress& source,
                            const IpAddress& destination) const noexcept {
  SP_CHECK(out.size() >= kBytesWithAddress);
  uint8_t* p = out.data();
  std::fill_n(p, kBytesWithAddress, uint8_t{0});
  p[0] = is_advertisement ? kAdvertisement : kSolicitation;
  p[4] = static_cast<uint8_t>((from_router ? Router : 0) | (solicited ? Solicited : 0) |
                              (override_entry ? Override : 0));
  target.store_v6(p + 8);
  size_t bytes = kBytes;
  if (has_mac) {
    p[bytes] = is_advertisement ? TargetAddress : SourceAddress;
    p[bytes + 1] = 1;
    std::copy(mac.begin(), mac.end(), p + bytes + 2);
    bytes = kBytesWithAddress;
  }
  Checksum checksum;
  checksum.add_pseudo_header(source, destination, static_cast<uint8_t>(IpProtocol::Icmp6),
                             static_cast<uint32_t>(bytes));
  checksum.add(out.first(bytes));
  store_be16(p + 2, checksum.finish());
  return bytes;
}

IpAddress solicited_node(const IpAddress& target) noexcept {
  std::array<uint8_t, 16> from;
  target.store_v6(from.data());
  const std::array<uint8_t, 16> group{0xff, 0x02, 0, 0,    0,    0,        0,        0,
                                      0,    0,    0, 0x01, 0xff, from[13], from[14], from[15]};
  return IpAddress::from_v6(group.data());
}

MacAddress multicast_mac(const IpAddress& group) noexcept {
  std::array<uint8_t, 16> bytes;
  group.store_v6(bytes.data());
  return {0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]};
}

}  // namespace sallyport::wire
