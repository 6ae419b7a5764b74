// word_set.h: is this word one of a few thousand? Answered by length and first letter for most
// words, else by one hash.
//
// Built once from a list of lower-case words that outlives it; immutable then.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sallyport::scan {

class WordSet {
 public:
  explicit WordSet(std::span<const std::string_view> words)
      : slots_(std::bit_ceil(words.size() * 4 + 1)) {
    for (std::string_view word : words) {
      if (word.empty()) continue;
      lengths_[static_cast<uint8_t>(word[0])] |= bit(word.size());
      size_t at = slot(word);
      while (!slots_[at].empty()) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = word;
    }
  }

  bool has(std::string_view word) const noexcept {
    if (word.empty() || (lengths_[static_cast<uint8_t>(word[0])] & bit(word.size())) == 0)
      return false;
    for (size_t at = slot(word); !slots_[at].empty(); at = (at + 1) & (slots_.size() - 1))
      if (slots_[at] == word) return true;
    return false;
  }

 private:
  static uint64_t bit(size_t size) noexcept { return uint64_t{1} << (size < 63 ? size : 63); }
  size_t slot(std::string_view word) const noexcept {
    uint64_t hash = 0xcbf2'9ce4'8422'2325U;
    for (char c : word) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100'0000'01b3U;
    return static_cast<size_t>(hash ^ hash >> 29) & (slots_.size() - 1);
  }

  std::vector<std::string_view> slots_;  // open addressing, at most a quarter full
  std::array<uint64_t, 256> lengths_{};  // by first byte: bit per length
};

}  // namespace sallyport::scan
