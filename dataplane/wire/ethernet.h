// ethernet.h: Ethernet II header, with one VLAN tag (IEEE 802.1Q) or none. Stacked tags have an
// unknown type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::wire {

using MacAddress = std::array<uint8_t, 6>;
inline constexpr MacAddress kMacBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr bool is_unicast(const MacAddress& mac) { return (mac[0] & 1U) == 0; }

enum class EtherType : uint16_t { Ipv4 = 0x0800, Arp = 0x0806, Ipv6 = 0x86dd, Vlan = 0x8100 };

struct EthernetView {
  static constexpr size_t kBytes = 14;
  MacAddress destination{};
  MacAddress source{};
  EtherType type{};   // any 16-bit value may appear
  uint16_t vlan = 0;  // 1 to 4094; 0: no tag (or a priority tag)
  uint16_t header_bytes = 14;
  static constexpr size_t kBytesTagged = 18;

  // False: shorter than a header.
  [[nodiscard]] static bool parse(std::span<const uint8_t> frame, EthernetView& out) noexcept;
  // With a tag when vlan is not 0; answers the header's length. REQUIRES: out.size() >=
  // kBytesTagged.
  size_t write(std::span<uint8_t> out) const noexcept;
};

}  // namespace sallyport::wire
