// icmp.h: ICMP (RFC 792) and ICMPv6 (RFC 4443): echo, and what an error message quotes.
//
// An error message is a claim by anybody on the path or off it. What it quotes is all that can be
// checked, so quoted_tcp() answers the quoted ports and sequence number and tcp/ judges them (RFC
// 5927).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::wire {

struct IcmpView {
  static constexpr size_t kBytes = 8;
  enum class Parse : uint8_t { Good, Truncated, BadChecksum };
  static constexpr uint8_t kEchoReply = 0;
  static constexpr uint8_t kUnreachable = 3;  // code 4: fragmentation needed
  static constexpr uint8_t kEchoRequest = 8;
  static constexpr uint8_t kTimeExceeded = 11;
  static constexpr uint8_t kParameterProblem = 12;
  static constexpr uint8_t kCodeFragmentationNeeded = 4;

  static constexpr uint8_t kUnreachable6 = 1;
  static constexpr uint8_t kPacketTooBig6 = 2;
  static constexpr uint8_t kTimeExceeded6 = 3;
  static constexpr uint8_t kParameterProblem6 = 4;
  static constexpr uint8_t kEchoRequest6 = 128;
  static constexpr uint8_t kEchoReply6 = 129;

  uint8_t type = 0;
  uint8_t code = 0;
  uint32_t rest = 0;  // identifier and sequence number of an echo; the MTU of "too big"

  [[nodiscard]] static Parse parse(std::span<const uint8_t> packet, IcmpView& out) noexcept;
  //= RFC 4443 2.3: the checksum covers the pseudo header
  [[nodiscard]] static Parse parse6(std::span<const uint8_t> packet, const IpAddress& source,
                                    const IpAddress& destination, IcmpView& out) noexcept;
  // Writes header and checksum in front of `payload`. REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out, std::span<const uint8_t> payload) const noexcept;
  void write6(std::span<uint8_t> out, std::span<const uint8_t> payload, const IpAddress& source,
              const IpAddress& destination) const noexcept;
};

// The TCP segment that an error message quotes: ours, so `source` is local.
struct QuotedTcp {
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint32_t sequence = 0;
};

// `quoted` begins at the quoted IP header. False: not TCP, a fragment, or too short for the
// sequence number.
[[nodiscard]] bool quoted_tcp(std::span<const uint8_t> quoted, QuotedTcp& out) noexcept;

}  // namespace sallyport::wire
