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
inline constexpr size_t kMaskBytesMax = 9 * 1024;
inline constexpr size_t kMaskWords = kMaskBytesMax / 64;

// Length of the beginning of `text` in which nothing is folded (fold.h): ASCII without NUL and
// backslash, and without a % & or = behind which nothing is known or that which makes one fold.
size_t find_foldable(const uint8_t* text, size_t size) noexcept;

class BitMask {
 public:
  bool test(size_t i) const noexcept { return (words_[i >> 6] >> (i & 63) & 1) != 0; }
  // The first set bit at or behind `from`; `limit` when there is none before it.
  size_t next(size_t from, size_t limit) const noexcept { return find(from, limit, 0); }
  size_t next_clear(size_t from, size_t limit) const noexcept {
    return find(from, limit, ~uint64_t{0});
  }
  // Where the run of set bits that `i` lies in begins. REQUIRES: test(i).
  size_t run_start(size_t i) const noexcept {
    size_t word = i >> 6;
    // Clear bits at or below i, looked for from above.
    uint64_t clear = ~words_[word] & (~uint64_t{0} >> (63 - (i & 63)));
    while (clear == 0) {
      if (word == 0) return 0;
      clear = ~words_[--word];
    }
    return (word << 6) + 64 - static_cast<size_t>(std::countl_zero(clear));
  }
  // Set bits in [from, from + 32).
  unsigned count32(size_t from) const noexcept {
    const size_t word = from >> 6, bit = from & 63;
    uint64_t bits = words_[word] >> bit;
    if (bit > 32) bits |= words_[word + 1] << (64 - bit);
    return static_cast<unsigned>(std::popcount(bits & 0xffff'ffffU));
  }
  // Bit b of the answers: bit b + n, bit b - n of the mask at word `i`. 0 < n < 64.
  uint64_t ahead(size_t i, unsigned n) const noexcept {
    return words_[i] >> n | words_[i + 1] << (64 - n);
  }
  uint64_t behind(size_t i, unsigned n) const noexcept {
    return words_[i] << n | (i == 0 ? 0 : words_[i - 1] >> (64 - n));
  }
  uint64_t word(size_t i) const noexcept { return words_[i]; }
  uint64_t& word(size_t i) noexcept { return words_[i]; }

 private:
  size_t find(size_t from, size_t limit, uint64_t flip) const noexcept {
    if (from >= limit) return limit;
    size_t word = from >> 6;
    uint64_t bits = (words_[word] ^ flip) & (~uint64_t{0} << (from & 63));
    const size_t last = (limit - 1) >> 6;
    while (bits == 0) {
      if (word == last) return limit;
      bits = words_[++word] ^ flip;
    }
    const size_t at = (word << 6) + static_cast<size_t>(std::countr_zero(bits));
    return at < limit ? at : limit;
  }

  std::array<uint64_t, kMaskWords + 1> words_{};  // one more, always 0, for reads across the end
};

struct CharMasks {
  size_t size = 0;   // characters
  size_t words = 0;  // mask words in use; bits behind `size` are 0
  BitMask digit;
  BitMask letter;
  BitMask upper;
  BitMask word;   // visible ASCII without " < > ` and backslash: word runs
  BitMask run;    // letters, digits, + / - _: what base64 and keys are made of
  BitMask at;     // @
  BitMask colon;  // :
  BitMask slash;  // /
  BitMask dot;    // .
  BitMask space;  // U+0020

  // REQUIRES: size <= kMaskBytesMax.
  void build(const uint8_t* text, size_t size) noexcept;
};

}  // namespace sallyport::scan
