#include "dataplane/scan/text/fold_table.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace sallyport::scan {
namespace {

// First code point (digit zero) of every row of decimal digits behind the direct table (Unicode
// 15.1, Nd).
constexpr uint32_t kDigitRows[] = {
    0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,   0xa66,   0xae6,   0xb66,   0xbe6,   0xc66,
    0xce6,   0xd66,   0xde6,   0xe50,   0xed0,   0xf20,   0x1040,  0x1090,  0x17e0,  0x1810,
    0x1946,  0x19d0,  0x1a80,  0x1a90,  0x1b50,  0x1bb0,  0x1c40,  0x1c50,  0xa620,  0xa8d0,
    0xa900,  0xa9d0,  0xa9f0,  0xaa50,  0xabf0,  0xff10,  0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0};

struct LookAlike {
  uint16_t code_point;
  char ascii;
};

// Below U+0600. Letters: Unicode's confusables.txt, those whose prototype is one ASCII letter.
constexpr LookAlike kLookAlikes[] = {
    {0x131, 'i'}, {0x1c3, '!'}, {0x251, 'a'}, {0x261, 'g'}, {0x269, 'i'}, {0x26a, 'i'},
    {0x274, 'n'}, {0x280, 'r'}, {0x28f, 'y'}, {0x29f, 'l'}, {0x1d0, 'i'}, {0x37f, 'J'},
    {0x391, 'A'}, {0x392, 'B'}, {0x395, 'E'}, {0x396, 'Z'}, {0x397, 'H'}, {0x399, 'I'},
    {0x39a, 'K'}, {0x39c, 'M'}, {0x39d, 'N'}, {0x39f, 'O'}, {0x3a1, 'P'}, {0x3a4, 'T'},
    {0x3a5, 'Y'}, {0x3a7, 'X'}, {0x3b1, 'a'}, {0x3b3, 'y'}, {0x3b9, 'i'}, {0x3bd, 'v'},
    {0x3bf, 'o'}, {0x3c1, 'p'}, {0x3c3, 'o'}, {0x3c5, 'u'}, {0x3f2, 'c'}, {0x3f3, 'j'},
    {0x3f9, 'C'}, {0x405, 'S'}, {0x406, 'I'}, {0x408, 'J'}, {0x410, 'A'}, {0x412, 'B'},
    {0x415, 'E'}, {0x41a, 'K'}, {0x41c, 'M'}, {0x41d, 'H'}, {0x41e, 'O'}, {0x420, 'P'},
    {0x421, 'C'}, {0x422, 'T'}, {0x423, 'Y'}, {0x425, 'X'}, {0x430, 'a'}, {0x435, 'e'},
    {0x43e, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'}, {0x445, 'x'}, {0x455, 's'},
    {0x456, 'i'}, {0x458, 'j'}, {0x45e, 'y'}, {0x475, 'v'}, {0x4ae, 'Y'}, {0x4af, 'y'},
    {0x4bb, 'h'}, {0x4bd, 'e'}, {0x4c0, 'I'}, {0x4cf, 'l'}, {0x501, 'd'}, {0x50c, 'G'},
    {0x51b, 'q'}, {0x51d, 'w'}, {0x555, 'O'}, {0x578, 'n'}, {0x57d, 'u'}, {0x581, 'g'},
    {0x585, 'o'}};

constexpr std::array<uint8_t, kFoldDirectEnd - 0x80> make_direct() {
  std::array<uint8_t, kFoldDirectEnd - 0x80> table{};
  table.fill(kFoldDirectItself);
  for (const LookAlike& one : kLookAlikes)
    table[one.code_point - 0x80U] = static_cast<uint8_t>(one.ascii);
  table[0xa0 - 0x80] = ' ';
  table[0xad - 0x80] = 0;     // soft hyphen
  table[0x34f - 0x80] = 0;    // combining grapheme joiner
  table[0x2d7 - 0x80] = '-';  // modifier letter minus sign
  table[0x58a - 0x80] = '-';  // Armenian hyphen
  table[0x5be - 0x80] = '-';  // Hebrew maqaf
  table[0x589 - 0x80] = ':';  // Armenian full stop
  return table;
}

uint32_t digit_of(uint32_t c) noexcept {
  const auto* row = std::upper_bound(std::begin(kDigitRows), std::end(kDigitRows), c);
  if (row == std::begin(kDigitRows) || c - row[-1] > 9) return kFoldItself;
  return '0' + (c - row[-1]);
}

// U+2000 to U+206F, U+2010...: general punctuation.
uint32_t fold_punctuation(uint32_t c) noexcept {
  if (c <= 0x200a || c == 0x202f || c == 0x205f) return ' ';
  if (c <= 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f))
    return kFoldNothing;
  if (c <= 0x2015 || c == 0x2043) return '-';
  if (c == 0x2028 || c == 0x2029) return '\n';
  if (c >= 0x2018 && c <= 0x201b) return '\'';
  if (c >= 0x201c && c <= 0x201f) return '"';
  if (c == 0x2024) return '.';
  if (c == 0x2044) return '/';
  if (c == 0x2032) return '\'';
  return kFoldItself;
}

// Mathematical alphabets (U+1D400 to U+1D6A3): thirteen rows of A-Z a-z, with holes that stand in
// the letter-like symbols.
uint32_t fold_mathematical(uint32_t c) noexcept {
  if (c >= 0x1d7ce && c <= 0x1d7ff) return '0' + (c - 0x1d7ce) % 10;
  if (c > 0x1d6a3) return kFoldItself;
  const uint32_t at = (c - 0x1d400) % 52;
  return at < 26 ? 'A' + at : 'a' + (at - 26);
}

// The holes of the rows above.
uint32_t fold_letter_like(uint32_t c) noexcept {
  constexpr struct {
    uint16_t code_point;
    char ascii;
  } kLetters[] = {{0x2102, 'C'}, {0x210a, 'g'}, {0x210b, 'H'}, {0x210c, 'H'}, {0x210d, 'H'},
                  {0x210e, 'h'}, {0x2110, 'I'}, {0x2111, 'I'}, {0x2112, 'L'}, {0x2113, 'l'},
                  {0x2115, 'N'}, {0x2116, '#'}, {0x2119, 'P'}, {0x211a, 'Q'}, {0x211b, 'R'},
                  {0x211c, 'R'}, {0x211d, 'R'}, {0x2124, 'Z'}, {0x2128, 'Z'}, {0x212a, 'K'},
                  {0x212c, 'B'}, {0x212d, 'C'}, {0x212f, 'e'}, {0x2130, 'E'}, {0x2131, 'F'},
                  {0x2133, 'M'}, {0x2134, 'o'}, {0x2139, 'i'}};
  for (const auto& one : kLetters)
    if (one.code_point == c) return static_cast<uint8_t>(one.ascii);
  return kFoldItself;
}

// Seen as a space, or as nothing.
constexpr uint32_t kHangulFiller = 0x3164;

uint32_t fold_rest(uint32_t c) noexcept {
  if (c >= 0xff01 && c <= 0xff5e) return c - 0xff00 + 0x20;  // full-width forms
  if (c >= 0x1d400 && c <= 0x1d7ff) return fold_mathematical(c);
  if (c >= 0x2100 && c <= 0x213f) return fold_letter_like(c);
  if (c >= 0x24b6 && c <= 0x24cf) return 'A' + (c - 0x24b6);  // letters in circles
  if (c >= 0x24d0 && c <= 0x24e9) return 'a' + (c - 0x24d0);
  if ((c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0000 && c <= 0xe01ef)) return kFoldNothing;
  switch (c) {
    case 0x115f:  // fillers of Hangul
    case 0x1160:
    case kHangulFiller:
    case 0xffa0:
    case 0x61c:   // Arabic letter mark
    case 0x180b:  // Mongolian variation selectors and vowel separator
    case 0x180c:
    case 0x180d:
    case 0x180e:
    case 0xfeff:
      return kFoldNothing;
    case 0x1680:
    case 0x3000:
      return ' ';
    case 0x2212:  // minus sign
    case 0x2796:
    case 0xfe58:
    case 0xfe63:
      return '-';
    case 0x2215:
    case 0x29f8:
      return '/';
    case 0x2236:
      return ':';
    case 0x3002:  // ideographic full stop
    case 0xfe52:
    case 0xff61:
      return '.';
    case 0xfe6b:
      return '@';
    default:
      return digit_of(c);
  }
}

}  // namespace

constinit const std::array<uint8_t, kFoldDirectEnd - 0x80> kFoldDirect = make_direct();

uint32_t fold_other(uint32_t c) noexcept {
  if (c >= 0x2000 && c <= 0x206f) return fold_punctuation(c);
  // Han, kana, hangul: most of what is not Latin, and nothing of it has another meaning.
  if ((c > 0x3002 && c <= 0x9fff && c != kHangulFiller) || (c >= 0xac00 && c <= 0xd7a3))
    return kFoldItself;
  return fold_rest(c);
}

FoldReason fold_reason(uint32_t c, uint32_t to) noexcept {
  if (to == kFoldNothing) return kFoldedInvisible;
  const bool is_letter = (to >= 'a' && to <= 'z') || (to >= 'A' && to <= 'Z');
  return is_letter && c < kFoldDirectEnd ? kFoldedLookAlike : kFoldedForm;
}

}  // namespace sallyport::scan
