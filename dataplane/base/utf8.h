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

// Bytes at the end that may be the begin of one more character: 0 to 3. Says nothing of the rest.
size_t utf8_open_end(std::span<const uint8_t> text) noexcept;

}  // namespace sallyport::base
