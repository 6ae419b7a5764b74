// word_list.h: lists of a few dozen lower-case words that are looked for in any case. Most texts
// are told apart from all of them by their first byte and size, or by their letters.
//
// Constants of the program: built when it is compiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

using Bytes = std::span<const uint8_t>;

// Any case.
inline bool equals_word(Bytes text, std::string_view lower_word) noexcept {
  if (text.size() != lower_word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (to_lower(text[i]) != static_cast<uint8_t>(lower_word[i])) return false;
  return true;
}

inline bool begins_as(Bytes text, std::string_view lower_word) noexcept {
  return text.size() >= lower_word.size() && equals_word(text.first(lower_word.size()), lower_word);
}
inline bool ends_as(Bytes text, std::string_view lower_word) noexcept {
  return text.size() >= lower_word.size() && equals_word(text.last(lower_word.size()), lower_word);
}

// A few dozen words by the slot of their first character: both cases of a letter share one, digits
// and signs have their own.
template <size_t N>
class WordList {
 public:
  constexpr explicit WordList(const std::array<std::string_view, N>& words) {
    size_t count = 0;
    for (size_t slot = 0; slot < kSlots; ++slot) {
      for (const std::string_view word : words) {
        if (slot_of(static_cast<uint8_t>(word[0])) != slot) continue;
        words_[count++] = word;
        sizes_[slot] |= bit(word.size());
      }
      ends_[slot + 1] = static_cast<uint16_t>(count);
    }
  }

  // `text` is one of them.
  bool has(Bytes text) const noexcept {
    if (text.empty()) return false;
    const size_t slot = slot_of(text[0]);
    if ((sizes_[slot] & bit(text.size())) == 0) return false;
    for (size_t k = ends_[slot]; k < ends_[slot + 1]; ++k)
      if (equals_word(text, words_[k])) return true;
    return false;
  }
  // One of them stands in `text`.
  bool any_in(Bytes text) const noexcept {
    for (size_t i = 0; i < text.size(); ++i) {
      const size_t slot = slot_of(text[i]);
      for (size_t k = ends_[slot]; k < ends_[slot + 1]; ++k)
        if (words_[k].size() <= text.size() - i &&
            equals_word(text.subspan(i, words_[k].size()), words_[k]))
          return true;
    }
    return false;
  }

 private:
  static constexpr size_t kSlots = 64;
  static constexpr size_t slot_of(uint8_t c) noexcept { return (c & 31U) | (c >> 1 & 32U); }
  static constexpr uint32_t bit(size_t size) noexcept {
    return uint32_t{1} << (size < 31 ? size : 31);
  }

  std::array<std::string_view, N> words_{};
  std::array<uint16_t, kSlots + 1> ends_{};  // of words_, by slot
  std::array<uint32_t, kSlots> sizes_{};     // a bit for each size, by slot
};

}  // namespace sallyport::scan
