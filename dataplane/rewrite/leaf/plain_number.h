// plain_number.h: a JSON number with an exponent, written out: 4.111111111111111E15 is a card, and
// programs that keep every number as a double print it like that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::rewrite {

// Of the number as it came and of its digits written out: no identifier is longer.
inline constexpr size_t kPlainNumberBytesMax = 48;

struct PlainNumber {
  std::array<char, kPlainNumberBytesMax> bytes;
  size_t size = 0;
  std::string_view text() const noexcept { return {bytes.data(), size}; }
};

// Empty: `number` has no exponent, is below one, or longer than the limit in either form.
PlainNumber plain_number(std::span<const uint8_t> number) noexcept;

}  // namespace sallyport::rewrite
