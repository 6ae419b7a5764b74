// padding.h: new random padding for an event whose text we changed.
//
// A vendor pads its events so that who watches the encrypted line cannot tell words by their
// lengths. The padding that came with an event fits the text as the vendor wrote it: kept, it would
// tell the length of what we put in its place. So it is made anew, of the letters and digits that
// vendors use: a random number of them, and as many more as fill the event up to a multiple of
// kPaddingBlockBytes.
//
// Owner   one worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::rewrite {

// Above the longest word a model sends in one event, so that most events are of one size.
inline constexpr size_t kPaddingBlockBytes = 32;

class Padding {
 public:
  // `seed`: secret and different for every worker start, or who knows it knows the lengths.
  explicit Padding(uint64_t seed) noexcept : state_(seed) {}

  // For an event of `other_bytes` besides its padding. Valid until the next call.
  std::string_view next(size_t other_bytes) noexcept {
    const size_t random_bytes = draw() % kPaddingBlockBytes;
    const size_t total = other_bytes + random_bytes + 1;  // an empty padding is none
    const size_t blocks = (total + kPaddingBlockBytes - 1) / kPaddingBlockBytes;
    const size_t size = blocks * kPaddingBlockBytes - other_bytes;
    static constexpr std::string_view kLetters =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < size; ++i) text_[i] = kLetters[draw() % kLetters.size()];
    return {text_.data(), size};
  }

 private:
  // SplitMix64 (Steele, Lea, Flood 2014): one addition and three mixes per number, any seed is
  // good.
  uint64_t draw() noexcept {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  uint64_t state_;
  std::array<char, 2 * kPaddingBlockBytes> text_{};
};

}  // namespace sallyport::rewrite
