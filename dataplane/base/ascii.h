// ascii.h: classes and values of ASCII characters, without locale. Bytes from 0x80 up are in none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace sallyport::base {

constexpr bool is_upper(uint8_t c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(uint8_t c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(uint8_t c) noexcept { return is_upper(c) || is_lower(c); }
constexpr bool is_digit(uint8_t c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(uint8_t c) noexcept { return is_letter(c) || is_digit(c); }
// Spaces, tabs and line ends.
constexpr bool is_blank(uint8_t c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr uint8_t to_lower(uint8_t c) noexcept {
  return is_upper(c) ? static_cast<uint8_t>(c + 32) : c;
}
constexpr uint8_t to_upper(uint8_t c) noexcept {
  return is_lower(c) ? static_cast<uint8_t>(c - 32) : c;
}
// Of a hexadecimal digit of either case; -1: it is none.
constexpr int hex_value(uint8_t c) noexcept {
  if (is_digit(c)) return c - '0';
  const uint8_t lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
constexpr bool is_hex(uint8_t c) noexcept { return hex_value(c) >= 0; }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return to_lower(static_cast<uint8_t>(x)) == to_lower(static_cast<uint8_t>(y));
  });
}

// Without the spaces and tabs around it: OWS of RFC 9110, 5.6.3. Of nothing else the empty end of
// `text`: callers tell from data() where it stands.
constexpr std::string_view without_ows(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

}  // namespace sallyport::base
