// ipv6.h: the IPv6 header (RFC 8200) as values, with its extension headers skipped up to a small
// bound.
//
// Hop-by-hop and destination options are skipped when they ask for nothing; an unknown option that
// says "discard" is obeyed. A fragment header is seen and named, also the atomic one (RFC 8021):
// who filters reads is never sure what the other half said. A routing header is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::wire {

struct Ipv6View {
  static constexpr size_t kBytes = 40;
  // More headers, or longer ones, are an attack on filters (RFC 7112, 8504 5.3): refused.
  static constexpr size_t kExtensionsMax = 3;
  static constexpr size_t kExtensionBytesMax = 256;
  enum class Parse : uint8_t {
    Good,
    Truncated,
    NotVersion6,
    BadPayloadLength,
    Fragment,
    RefusedExtension
  };

  IpAddress source;
  IpAddress destination;
  uint8_t protocol = 0;  // after the extension headers
  uint8_t hop_limit = 0;
  uint32_t flow_label = 0;
  uint16_t header_bytes = 0;  // extension headers included
  uint32_t total_bytes = 0;   // header_bytes <= total_bytes <= bytes captured

  uint32_t payload_bytes() const noexcept { return total_bytes - header_bytes; }

  [[nodiscard]] static Parse parse(std::span<const uint8_t> packet, Ipv6View& out) noexcept;
  // Writes 40 bytes from source, destination, protocol, hop_limit, flow_label and total_bytes.
  // REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out) const noexcept;
};

}  // namespace sallyport::wire
