// json_string.h: the content of one JSON string that is at hand as a whole, piece by piece.
//
// For a stream event: its data has been walked (so it is valid), and the text of one delta is to be
// fed to the scanner with the map from decoded to raw. The pieces are those of json_walker.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::llm {

class JsonStringPieces {
 public:
  // `content`: the bytes between the quotes. `raw_base`: the raw offset of its first byte.
  // REQUIRES: the walker has accepted it. On text it did not accept, next() ends early; it never
  // reads beyond.
  JsonStringPieces(std::span<const uint8_t> content, uint64_t raw_base) noexcept
      : content_(content), raw_base_(raw_base) {}

  // False: no more. The views are valid until the next call.
  bool next() noexcept;
  std::span<const uint8_t> decoded() const noexcept { return decoded_; }
  uint64_t raw_start() const noexcept { return raw_start_; }
  uint64_t raw_end() const noexcept { return raw_end_; }

 private:
  std::span<const uint8_t> content_;
  uint64_t raw_base_;
  size_t at_ = 0;
  std::span<const uint8_t> decoded_;
  std::array<uint8_t, 4> escape_{};
  uint64_t raw_start_ = 0;
  uint64_t raw_end_ = 0;
};

namespace detail {

// Values of hexadecimal digits; what is none spoils a sum of four.
inline constexpr uint32_t kNoDigit = 0x10000;
constexpr std::array<uint32_t, 256> make_hex() {
  std::array<uint32_t, 256> out{};
  out.fill(kNoDigit);
  for (uint32_t i = 0; i < 10; ++i) out['0' + i] = i;
  for (uint32_t i = 0; i < 6; ++i) out['a' + i] = out['A' + i] = 10 + i;
  return out;
}
inline constexpr std::array<uint32_t, 256> kHex = make_hex();

// What stands for the character behind a backslash; 0: nothing does.
constexpr std::array<uint8_t, 256> make_short_escapes() {
  std::array<uint8_t, 256> out{};
  out['"'] = '"';
  out['\\'] = '\\';
  out['/'] = '/';
  out['b'] = '\b';
  out['f'] = '\f';
  out['n'] = '\n';
  out['r'] = '\r';
  out['t'] = '\t';
  return out;
}
inline constexpr std::array<uint8_t, 256> kShortEscapes = make_short_escapes();

// The four digits behind "\u" at the front, or kNoDigit and more when they are not there.
inline uint32_t code_unit(std::span<const uint8_t> raw) {
  if (raw.size() < 6 || raw[0] != '\\' || raw[1] != 'u') return kNoDigit;
  const uint32_t high = kHex[raw[2]] << 12 | kHex[raw[3]] << 8;
  return high | kHex[raw[4]] << 4 | kHex[raw[5]];
}

}  // namespace detail

// The escape sequence at the front of `raw`: its size (2, 6, or 12 for a surrogate pair), or 0 when
// it is cut, or none that JSON has, or half a pair.
inline size_t decode_escape(std::span<const uint8_t> raw, uint32_t& code_point) noexcept {
  if (raw.size() < 2 || raw[0] != '\\') return 0;
  if (raw[1] != 'u') {
    code_point = detail::kShortEscapes[raw[1]];
    return code_point == 0 ? 0 : 2;
  }
  code_point = detail::code_unit(raw);
  if (code_point >= detail::kNoDigit || (code_point >= 0xdc00 && code_point <= 0xdfff)) return 0;
  if (code_point < 0xd800 || code_point > 0xdbff) return 6;
  const uint32_t low = detail::code_unit(raw.subspan(6));
  if (low < 0xdc00 || low > 0xdfff) return 0;
  code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
  return 12;
}

// UTF-8 of a code point below U+110000: its size, and its bytes from the lowest on (in one
// register: what is stored byte by byte is slow to read as a word).
struct PackedCharacter {
  uint32_t bytes;
  uint8_t size;
};
constexpr PackedCharacter pack_utf8(uint32_t c) noexcept {
  if (c < 0x80) return {c, 1};
  if (c < 0x800) return {0x80c0U | c >> 6 | (c & 0x3f) << 8, 2};
  if (c < 0x10000) return {0x8080e0U | c >> 12 | (c >> 6 & 0x3f) << 8 | (c & 0x3f) << 16, 3};
  return {0x808080f0U | c >> 18 | (c >> 12 & 0x3f) << 8 | (c >> 6 & 0x3f) << 16 | (c & 0x3f) << 24,
          4};
}
// The same into `out`, of which all four bytes are written; answers the size.
size_t encode_utf8(uint32_t code_point, std::array<uint8_t, 4>& out) noexcept;

}  // namespace sallyport::llm
