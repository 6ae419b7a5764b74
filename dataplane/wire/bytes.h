// bytes.h: network byte order in and out of memory, at any alignment.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace sallyport::wire {

inline uint16_t load_be16(const uint8_t* p) noexcept {
  return static_cast<uint16_t>((static_cast<unsigned>(p[0]) << 8) | p[1]);
}

inline uint32_t load_be32(const uint8_t* p) noexcept {
  uint32_t v;
  std::memcpy(&v, p, 4);
  return __builtin_bswap32(v);
}

inline void store_be16(uint8_t* p, uint16_t v) noexcept {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v & 0xff);
}

inline void store_be32(uint8_t* p, uint32_t v) noexcept {
  const uint32_t swapped = __builtin_bswap32(v);
  std::memcpy(p, &swapped, 4);
}

static_assert(std::endian::native == std::endian::little, "the byte swaps above assume it");

}  // namespace sallyport::wire
