// ip_address.h: an IPv4 or IPv6 address as one value, so that a flow has one kind of key.
//
// IPv4 lies in it as ::ffff:a.b.c.d (RFC 4291 2.5.5.2); all zero is "none" or "any", of either
// family. The words hold the address as it lies on the wire, so comparing and hashing are two
// loads.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace sallyport::wire {

class IpAddress {
 public:
  static constexpr size_t kBytesV6 = 16;

  constexpr IpAddress() = default;
  // From host byte order; implicit, because most of the appliance still counts IPv4 addresses as
  // numbers.
  constexpr IpAddress(uint32_t v4) noexcept
      : low_(v4 == 0 ? 0 : kMapped | (uint64_t{__builtin_bswap32(v4)} << 32)) {}
  // 16 bytes in network order.
  static IpAddress from_v6(const uint8_t* bytes) noexcept {
    IpAddress out;
    std::memcpy(&out.high_, bytes, 8);
    std::memcpy(&out.low_, bytes + 8, 8);
    return out;
  }
  void store_v6(uint8_t* out) const noexcept {
    std::memcpy(out, &high_, 8);
    std::memcpy(out + 8, &low_, 8);
  }

  constexpr bool is_none() const noexcept { return (high_ | low_) == 0; }
  constexpr bool is_v4() const noexcept {
    return high_ == 0 && static_cast<uint32_t>(low_) == kMapped;
  }
  constexpr bool is_v6() const noexcept { return !is_v4() && !is_none(); }
  // Host byte order; 0 for none. REQUIRES: is_v4() or is_none().
  constexpr uint32_t v4() const noexcept {
    return __builtin_bswap32(static_cast<uint32_t>(low_ >> 32));
  }
  constexpr uint8_t first_byte() const noexcept { return static_cast<uint8_t>(high_); }
  constexpr bool is_multicast_v6() const noexcept { return is_v6() && first_byte() == 0xff; }
  constexpr bool is_link_local_v6() const noexcept {
    return first_byte() == 0xfe && ((high_ >> 8) & 0xc0) == 0x80;
  }
  constexpr bool is_loopback_v6() const noexcept {
    return high_ == 0 && low_ == (uint64_t{1} << 56);
  }
  // Both of IPv6: the first `bits` are equal.
  bool shares_prefix(const IpAddress& other, unsigned bits) const noexcept {
    const uint64_t high = __builtin_bswap64(high_ ^ other.high_);
    const uint64_t low = __builtin_bswap64(low_ ^ other.low_);
    if (bits <= 64) return bits == 0 || (high >> (64 - bits)) == 0;
    return high == 0 && (low >> (128 - (bits > 128 ? 128 : bits))) == 0;
  }
  constexpr uint64_t high_word() const noexcept { return high_; }
  constexpr uint64_t low_word() const noexcept { return low_; }
  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  static constexpr uint32_t kMapped = 0xffff0000U;  // bytes 00 00 ff ff, little-endian
  uint64_t high_ = 0;
  uint64_t low_ = 0;
};

}  // namespace sallyport::wire
