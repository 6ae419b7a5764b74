// characters.h: what all checksums need of a value: its characters, classes and weighted sums.
//
// A value comes as it was cut out of the text: letters in upper case and digits, no separators.
// Every validator says for itself which length and which classes it takes; text of any other form
// is refused.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

using Characters = std::span<const uint8_t>;

constexpr unsigned digit(uint8_t c) noexcept { return c - unsigned{'0'}; }

constexpr bool all_digits(Characters text) noexcept {
  for (uint8_t c : text)
    if (!is_digit(c)) return false;
  return true;
}

// `n` digits and nothing else.
constexpr bool digits_only(Characters text, size_t n) noexcept {
  return text.size() == n && all_digits(text);
}

constexpr bool one_character(Characters text) noexcept {
  for (uint8_t c : text)
    if (c != text[0]) return false;
  return true;
}

// The number that text[from, from + count) spells. REQUIRES: digits, count <= 19.
constexpr uint64_t number(Characters text, size_t from, size_t count) noexcept {
  uint64_t value = 0;
  for (size_t i = from; i < from + count; ++i) value = value * 10 + digit(text[i]);
  return value;
}

constexpr unsigned two(Characters text, size_t from) noexcept {
  return static_cast<unsigned>(number(text, from, 2));
}

constexpr bool one_of(std::string_view set, uint8_t c) noexcept {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

// Sum of digit times weight over the first N digits. REQUIRES: that many digits.
template <size_t N>
constexpr unsigned weighted(Characters text, const std::array<unsigned, N>& weights) noexcept {
  unsigned sum = 0;
  for (size_t i = 0; i < N; ++i) sum += digit(text[i]) * weights[i];
  return sum;
}

}  // namespace sallyport::scan
