// fold_table.h: what one code point means to the matcher.
//
// Unicode offers many ways to write "4" or "a" or nothing at all; people (and models) use them to
// get past filters, and copied text contains them by accident. The matcher knows ASCII forms only,
// so every one of these code points stands for one ASCII character, or for none.
//
//   removed   characters that are not seen: soft hyphen, zero-width and direction marks, joiners,
//   variation selectors, tags space     every space that is not U+0020 (Unicode general category
//   Zs)
//   '-'       hyphens, dashes, the minus sign
//   digits    decimal digits of every script (general category Nd)
//   ASCII     full-width forms, mathematical alphabets, enclosed letters
//   letters   Cyrillic and Greek letters (and a few Latin ones) that look like an ASCII letter:
//   only what Unicode's
//             confusables.txt (UTS 39) calls confusable with one
// All else stands for itself. Pure; no state.
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::scan {

inline constexpr uint32_t kFoldNothing = 0;           // the code point is not seen
inline constexpr uint32_t kFoldItself = 0xffff'ffff;  // no other meaning

// What code points below kFoldDirectEnd mean, from U+0080 on; kFoldDirectItself for themselves.
inline constexpr uint32_t kFoldDirectEnd = 0x600;
inline constexpr uint8_t kFoldDirectItself = 0xff;
extern const std::array<uint8_t, kFoldDirectEnd - 0x80> kFoldDirect;
// The same of those behind.
uint32_t fold_other(uint32_t code_point) noexcept;

// An ASCII character, kFoldNothing or kFoldItself. What an overlong sequence says, below U+0080,
// stands for itself: it is not UTF-8 (RFC 3629, 3).
inline uint32_t fold_code_point(uint32_t code_point) noexcept {
  if (code_point >= kFoldDirectEnd) return fold_other(code_point);
  if (code_point < 0x80) return kFoldItself;
  const uint8_t direct = kFoldDirect[code_point - 0x80];
  return direct == kFoldDirectItself ? kFoldItself : direct;
}

// Why it was folded, for --explain; bits of Finding::folded.
enum FoldReason : uint8_t {
  kFoldedInvisible = 1,
  kFoldedForm = 2,  // width, script digits, dashes, spaces
  kFoldedLookAlike = 4,
  kFoldedEscape = 8,  // \u0031, \x31, \n, and a backslash before punctuation
  kFoldedPercent = 16,
  kFoldedEntity = 32,    // &#49; &commat;
  kFoldedQuoted = 64,    // =31
  kFoldedEncoded = 128,  // inside base64 or hex, or spelt with a character between
};
// `to`: what it was folded to.
FoldReason fold_reason(uint32_t code_point, uint32_t to) noexcept;

}  // namespace sallyport::scan
