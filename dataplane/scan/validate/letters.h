// letters.h: classes of ASCII characters, without locale.
#pragma once

#include <cstdint>

namespace sallyport::scan {

constexpr bool is_upper(uint8_t c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(uint8_t c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(uint8_t c) noexcept { return is_upper(c) || is_lower(c); }
constexpr bool is_number(uint8_t c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(uint8_t c) noexcept { return is_letter(c) || is_number(c); }
constexpr bool is_hex(uint8_t c) noexcept {
  return is_number(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr uint8_t to_lower(uint8_t c) noexcept {
  return is_upper(c) ? static_cast<uint8_t>(c + 32) : c;
}

}  // namespace sallyport::scan
