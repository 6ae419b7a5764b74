// char_masks.h: the classes of all characters of a stretch of text as bit masks, 64 characters a
// word.
//
// The stages look for their triggers in these: a digit with three more near it, an '@', a run of
// sixteen letters and digits. One pass over the text makes all of them; three loops (portable,
// AVX2, AVX-512) give equal masks. Owner  one worker's scratch; no allocation.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sallyport::scan {

// A piece of text, what an open word run of the pieces before may add, and a row.
inline constexpr size_t kMaskBytesMax = 21 * 1024;
inline constexpr size_t kMaskWords = kMaskBytesMax / 64;

// What a word run is made of: visible, and no sign that quotes or parts.
constexpr bool is_of_word_run(uint8_t c) noexcept {
  return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '`' && c != '\\';
}

// Length of the beginning of `text` in which nothing is folded (fold.h): ASCII without NUL and
// backslash, and without a % & or = behind which nothing is known or that which makes one fold.
size_t find_foldable(const uint8_t* text, size_t size) noexcept;
// The same, and copies it to `out`: up to kCopySlackBytes more are written behind it.
inline constexpr size_t kCopySlackBytes = 32;
size_t copy_plain(const uint8_t* text, size_t size, uint8_t* out) noexcept;

class BitMask {
 public:
  bool test(size_t i) const noexcept { return (at(i >> 6) >> (i & 63) & 1) != 0; }
  // The first set bit at or behind `from`; `limit` when there is none before it.
  size_t next(size_t from, size_t limit) const noexcept { return find(from, limit, 0); }
  size_t next_clear(size_t from, size_t limit) const noexcept {
    return find(from, limit, ~uint64_t{0});
  }
  // Where the run of set bits that `i` lies in begins. REQUIRES: test(i).
  size_t run_start(size_t i) const noexcept {
    size_t word = i >> 6;
    // Clear bits at or below i, looked for from above.
    uint64_t clear = ~at(word) & (~uint64_t{0} >> (63 - (i & 63)));
    while (clear == 0) {
      if (word == 0) return 0;
      clear = ~at(--word);
    }
    return (word << 6) + 64 - static_cast<size_t>(std::countl_zero(clear));
  }
  // Set bits in [from, from + 32).
  unsigned count32(size_t from) const noexcept {
    const size_t word = from >> 6, bit = from & 63;
    uint64_t bits = at(word) >> bit;
    if (bit > 32) bits |= at(word + 1) << (64 - bit);
    return static_cast<unsigned>(std::popcount(bits & 0xffff'ffffU));
  }
  // Bit b of the answers: bit b + n, bit b - n of the mask at word `i`. 0 < n < 64.
  uint64_t ahead(size_t i, unsigned n) const noexcept { return at(i) >> n | at(i + 1) << (64 - n); }
  uint64_t behind(size_t i, unsigned n) const noexcept {
    return at(i) << n | at(i - 1) >> (64 - n);
  }
  // The bits of word `w` that lie in [first, last).
  static uint64_t part_of_word(size_t w, size_t first, size_t last) noexcept {
    uint64_t out = ~uint64_t{0};
    if (w == first / 64) out &= ~uint64_t{0} << (first & 63);
    if ((w + 1) * 64 > last) out &= ~(~uint64_t{0} << (last & 63));
    return out;
  }
  // Where rows of 16 bits begin in two neighbouring words: the places in the second one that are
  // part of such a row.
  static uint64_t behind_rows(uint64_t before, uint64_t here) noexcept {
    for (const unsigned n : {1U, 2U, 4U, 8U}) {
      here |= here << n | before >> (64 - n);
      before |= before << n;
    }
    return here;
  }
  uint64_t word(size_t i) const noexcept { return at(i); }
  uint64_t& word(size_t i) noexcept { return words_[kGuard + i]; }
  // For loops over several words at once: kGuard words on either side can be read, and are 0.
  const uint64_t* data() const noexcept { return words_.data() + kGuard; }
  uint64_t* data() noexcept { return words_.data() + kGuard; }
  static constexpr size_t kGuard = 8;

 private:
  size_t find(size_t from, size_t limit, uint64_t flip) const noexcept {
    if (from >= limit) return limit;
    size_t word = from >> 6;
    uint64_t bits = (at(word) ^ flip) & (~uint64_t{0} << (from & 63));
    const size_t last = (limit - 1) >> 6;
    while (bits == 0) {
      if (word == last) return limit;
      bits = at(++word) ^ flip;
    }
    const size_t at = (word << 6) + static_cast<size_t>(std::countr_zero(bits));
    return at < limit ? at : limit;
  }

  uint64_t at(size_t i) const noexcept { return words_[kGuard + i]; }

  std::array<uint64_t, kMaskWords + 2 * kGuard> words_{};
};

struct CharMasks {
  size_t size = 0;   // characters
  size_t words = 0;  // mask words in use; bits behind `size` are 0
  BitMask digit;
  BitMask letter;
  BitMask upper;
  BitMask word;    // visible ASCII without " < > ` and backslash: word runs
  BitMask run;     // letters, digits, + / - _: what base64 and keys are made of
  BitMask at;      // @
  BitMask colon;   // :
  BitMask slash;   // /
  BitMask dot;     // .
  BitMask space;   // U+0020
  BitMask marked;  // the first byte of a Latin letter with a mark, U+00C0 to U+017F

  // What the stages look for, made of the masks above.
  BitMask word_row;      // kRowBytes of `word` in a row from here on
  BitMask run_row;       // of `run`
  BitMask url;           // the colon of ://
  BitMask colons;        // the first of two colons near each other in a word: network addresses
  BitMask quad;          // the first dot of digits with dots, at least two
  BitMask spelt;         // four separators with one letter or digit between every two
  BitMask number_of;     // the last digit of a number before a space and a letter
  BitMask to_number;     // what is no digit and no space before a space and a digit
  BitMask colon_number;  // a colon between a letter and a digit
  BitMask name_of;  // the end of a word before a space and a capital letter, or one with a mark
  BitMask inward;   // a capital behind a digit that begins a word: of a post code
  BitMask capital;  // a capital letter that begins a word of small ones, or one with a mark
  // Of the masks above: those that one stage looks at together.
  BitMask form;    // at, url, colons, quad
  BitMask phrase;  // number_of, to_number, colon_number, name_of, inward
  // What looks made by a machine begins: a letter, digits, a letter; a capital beside a digit; or a
  // row of `run`. The stage of joined parts takes it up.
  BitMask made;

  static constexpr unsigned kRowBytes = 16;
  // Digits between two letters of what looks made by a machine.
  static constexpr unsigned kMixedDigitsMax = 3;
  // Of one IPv6 or hardware address: four digits of a group between two.
  static constexpr unsigned kColonsWithin = 5;

  // REQUIRES: size <= kMaskBytesMax.
  void build(const uint8_t* text, size_t size) noexcept;

 private:
  void combine() noexcept;  // trigger_masks.cc
};

}  // namespace sallyport::scan
