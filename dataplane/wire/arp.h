// arp.h: ARP for IPv4 over Ethernet (RFC 826).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/ethernet.h"

namespace sallyport::wire {

struct ArpView {
  static constexpr size_t kBytes = 28;
  enum class Operation : uint16_t { Request = 1, Reply = 2 };
  Operation operation{};
  MacAddress sender_mac{};
  uint32_t sender_address = 0;  // host byte order
  MacAddress target_mac{};
  uint32_t target_address = 0;

  // False: truncated, not IPv4 over Ethernet, or another operation.
  [[nodiscard]] static bool parse(std::span<const uint8_t> packet, ArpView& out) noexcept;
  // REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out) const noexcept;
};

}  // namespace sallyport::wire
