// ipv4.h: the IPv4 header (RFC 791) as values. Options are skipped, never produced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::wire {

enum class IpProtocol : uint8_t { Icmp = 1, Tcp = 6, Icmp6 = 58 };

struct Ipv4View {
  static constexpr size_t kBytes = 20;  // without options, as we write it
  enum class Parse : uint8_t {
    Good,
    Truncated,
    NotVersion4,
    BadHeaderLength,
    BadTotalLength,
    BadChecksum
  };

  uint32_t source = 0;  // host byte order
  uint32_t destination = 0;
  uint8_t protocol = 0;  // IpProtocol, or any other value
  uint8_t ttl = 0;
  uint16_t header_bytes = 0;
  uint16_t total_bytes = 0;  // header_bytes <= total_bytes <= bytes captured
  uint16_t identification = 0;
  uint16_t fragment_offset = 0;  // in units of 8 bytes
  bool more_fragments = false;

  bool is_fragment() const noexcept { return more_fragments || fragment_offset != 0; }
  uint16_t payload_bytes() const noexcept {
    return static_cast<uint16_t>(total_bytes - header_bytes);
  }

  // `packet` may be longer than the packet (Ethernet padding); total_bytes tells where it ends.
  [[nodiscard]] static Parse parse(std::span<const uint8_t> packet, Ipv4View& out) noexcept;
  // Writes a 20-byte header with DF and checksum; uses source, destination, protocol, ttl,
  // identification and total_bytes. REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out) const noexcept;
};

}  // namespace sallyport::wire
