// utf8.h: is this text well-formed UTF-8 (Unicode standard, table 3-7)?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::base {

// The whole of it: an incomplete character at the end is not well formed.
bool is_utf8(std::span<const uint8_t> text) noexcept;

// Bytes of the character that `lead` begins, told by it alone; 0: it begins none.
constexpr size_t utf8_sequence_size(uint8_t lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// The code point that `size` bytes spell. REQUIRES: well-formed, 1 to 4.
constexpr uint32_t utf8_decode(const uint8_t* text, size_t size) noexcept {
  uint32_t c = size == 1   ? text[0]
               : size == 2 ? text[0] & 0x1fU
                           : text[0] & (size == 3 ? 0xfU : 7U);
  for (size_t i = 1; i < size; ++i) c = c << 6 | (text[i] & 0x3fU);
  return c;
}

// Writes 1 to 4 bytes at `out` and answers how many.
constexpr size_t utf8_encode(uint32_t c, uint8_t* out) noexcept {
  if (c < 0x80) {
    out[0] = static_cast<uint8_t>(c);
    return 1;
  }
  const size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; --i, c >>= 6) out[i] = static_cast<uint8_t>(0x80 | (c & 0x3f));
  out[0] = static_cast<uint8_t>((size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0) | c);
  return size;
}

// Bytes at the end that may be the begin of one more character: 0 to 3. Says nothing of the rest.
size_t utf8_open_end(std::span<const uint8_t> text) noexcept;

}  // namespace sallyport::base
