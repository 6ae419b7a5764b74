// ethernet.h: Ethernet II header. VLAN tags are not spoken here; a tagged frame has an unknown
// type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::wire {

using MacAddress = std::array<uint8_t, 6>;
inline constexpr MacAddress kMacBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr bool is_unicast(const MacAddress& mac) { return (mac[0] & 1U) == 0; }

enum class EtherType : uint16_t { Ipv4 = 0x0800, Arp = 0x0806 };

struct EthernetView {
  static constexpr size_t kBytes = 14;
  MacAddress destination{};
  MacAddress source{};
  EtherType type{};  // any 16-bit value may appear

  // False: shorter than a header.
  [[nodiscard]] static bool parse(std::span<const uint8_t> frame, EthernetView& out) noexcept;
  // REQUIRES: out.size() >= kBytes.
  void write(std::span<uint8_t> out) const noexcept;
};

}  // namespace sallyport::wire
