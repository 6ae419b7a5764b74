// neighbour.h: neighbour solicitation and advertisement of IPv6 (RFC 4861 4.3, 4.4) over Ethernet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::wire {

struct NeighbourView {
  static constexpr size_t kBytes = 24;             // without options
  static constexpr size_t kBytesWithAddress = 32;  // with one link-layer address option
  static constexpr uint8_t kSolicitation = 135;
  static constexpr uint8_t kAdvertisement = 136;
  static constexpr uint8_t kHopLimit = 255;  // a smaller one came from another network

  bool is_advertisement = false;
  bool from_router = false;
  bool solicited = false;
  bool override_entry = false;
  IpAddress target;
  bool has_mac = false;  // source (solicitation) or target (advertisement) link-layer address
  MacAddress mac{};

  // ICMPv6 payload whose checksum is good. False: RFC 4861 7.1 says it is not valid.
  [[nodiscard]] static bool parse(std::span<const uint8_t> packet, NeighbourView& out) noexcept;
  // Writes the message with checksum; answers its length. REQUIRES: out.size() >=
  // kBytesWithAddress.
  size_t write(std::span<uint8_t> out, const IpAddress& source,
               const IpAddress& destination) const noexcept;
};

// ff02::1:ffXX:XXXX of RFC 4291 2.7.1.
IpAddress solicited_node(const IpAddress& target) noexcept;
// 33:33 and the last four bytes (RFC 2464 7).
MacAddress multicast_mac(const IpAddress& group) noexcept;

}  // namespace sallyport::wire
