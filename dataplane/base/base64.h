// base64.h: RFC 4648 section 4, with padding and nothing else between: what a vendor's framing
// carries. (Text that merely looks encoded is the scanner's, scan/runs/encoded_runs.h.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::base {

constexpr size_t base64_size(size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

// Writes base64_size(bytes.size()) characters. REQUIRES: `out` has room for them.
inline void base64_encode(std::span<const uint8_t> bytes, std::span<uint8_t> out) noexcept {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t to = 0;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t left = bytes.size() - at;
    const uint32_t three = static_cast<uint32_t>(bytes[at]) << 16 |
                           (left > 1 ? static_cast<uint32_t>(bytes[at + 1]) << 8 : 0) |
                           (left > 2 ? bytes[at + 2] : 0U);
    for (size_t i = 0; i < 4; ++i)
      out[to++] = i <= left ? static_cast<uint8_t>(kDigits[three >> (18 - 6 * i) & 63])
                            : static_cast<uint8_t>('=');
  }
}

// The value of a digit; 64: it is none.
constexpr uint8_t base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<uint8_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<uint8_t>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0' + 52);
  if (c == '+') return 62;
  return c == '/' ? 63 : 64;
}

// Writes at most text.size() / 4 * 3 bytes and answers how many. False: it is not canonical base64
// (whole groups, padding at the end only, no bits behind the last byte).
inline bool base64_decode(std::string_view text, std::span<uint8_t> out, size_t& size) noexcept {
  size = 0;
  if (text.size() % 4 != 0 || out.size() < text.size() / 4 * 3) return false;
  for (size_t at = 0; at < text.size(); at += 4) {
    const bool is_last = at + 4 == text.size();
    const size_t padding = !is_last || text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
    uint32_t three = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint8_t digit = i < 4 - padding ? base64_digit(text[at + i]) : uint8_t{0};
      if (digit == 64) return false;
      three = three << 6 | digit;
    }
    if (padding > 0 && (three & ((1U << (8 * padding)) - 1)) != 0) return false;
    for (size_t i = 0; i < 3 - padding; ++i)
      out[size++] = static_cast<uint8_t>(three >> (16 - 8 * i));
  }
  return true;
}

}  // namespace sallyport::base
