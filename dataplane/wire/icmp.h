// icmp.h: ICMP echo (RFC 792). Other messages are recognised by type only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::wire {

struct IcmpView {
  static constexpr size_t kBytes = 8;
  enum class Parse : uint8_t { Good, Truncated, BadChecksum };
  static constexpr uint8_t kEchoReply = 0;
  static constexpr uint8_t kEchoRequest = 8;

  uint8_t type = 0;
  uint8_t code = 0;
  uint32_t rest = 0;  // identifier and sequence number of an echo

  [[nodiscard]] static Parse parse(std::span<const uint8_t> packet, IcmpView& out) noexcept;
  // Writes header and checksum in front of `payload`. REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out, std::span<const uint8_t> payload) const noexcept;
};

}  // namespace sallyport::wire
