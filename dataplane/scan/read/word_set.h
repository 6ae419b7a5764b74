// word_set.h: in which of a few lists of some thousand words is this word? Answered by length and
// first letter for most words, else by one hash.
//
// Built once from lists of lower-case words that outlive it; immutable then.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

class WordSet {
 public:
  struct List {
    std::span<const std::string_view> words;
    uint8_t bit;
  };

  explicit WordSet(std::span<const std::string_view> words) : WordSet({List{words, 1}}) {}
  explicit WordSet(std::initializer_list<List> lists) : slots_(slots_for(lists)) {
    for (const List& list : lists)
      for (std::string_view word : list.words) add(word, list.bit);
  }

  // The bits of its lists.
  uint8_t lists_of(std::string_view word) const noexcept {
    if (word.empty() || !may_have(static_cast<uint8_t>(word[0]), word.size())) return 0;
    for (size_t at = slot(word); slots_[at].lists != 0; at = (at + 1) & (slots_.size() - 1))
      if (slots_[at].word == word) return slots_[at].lists;
    return 0;
  }
  bool has(std::string_view word) const noexcept { return lists_of(word) != 0; }
  // The same of a word whose ASCII letters may be of either case.
  uint8_t lists_of_any_case(std::span<const uint8_t> word) const noexcept {
    std::array<char, kAnyCaseBytesMax> lower;
    if (word.empty() || word.size() > lower.size() || !may_have(to_lower(word[0]), word.size()))
      return 0;
    for (size_t i = 0; i < word.size(); ++i) lower[i] = static_cast<char>(to_lower(word[i]));
    return lists_of({lower.data(), word.size()});
  }
  // False: no word of this size begins with this byte (in lower case).
  bool may_have(uint8_t first, size_t size) const noexcept {
    return (lengths_[first] & bit(size)) != 0;
  }

 private:
  // Longer words are in no list that is asked so.
  static constexpr size_t kAnyCaseBytesMax = 34;
  struct Slot {
    std::string_view word;
    uint8_t lists = 0;  // 0: free
  };

  void add(std::string_view word, uint8_t list) {
    if (word.empty()) return;
    lengths_[static_cast<uint8_t>(word[0])] |= bit(word.size());
    size_t at = slot(word);
    while (slots_[at].lists != 0 && slots_[at].word != word) at = (at + 1) & (slots_.size() - 1);
    slots_[at].word = word;
    slots_[at].lists |= list;
  }
  static size_t slots_for(std::initializer_list<List> lists) {
    size_t words = 0;
    for (const List& list : lists) words += list.words.size();
    return std::bit_ceil(words * 4 + 1);
  }
  static uint64_t bit(size_t size) noexcept { return uint64_t{1} << (size < 63 ? size : 63); }
  // Of the first and the last eight characters, which may be the same ones.
  size_t slot(std::string_view word) const noexcept {
    uint64_t head = 0, tail = 0;
    const size_t some = word.size() < sizeof head ? word.size() : sizeof head;
    std::memcpy(&head, word.data(), some);
    std::memcpy(&tail, word.data() + word.size() - some, some);
    const uint64_t mixed = (head + word.size()) * 0x9e37'79b9'7f4a'7c15U ^ tail;
    return static_cast<size_t>((mixed ^ mixed >> 32) * 0xc2b2'ae3d'27d4'eb4fU >> 40) &
           (slots_.size() - 1);
  }

  std::vector<Slot> slots_;              // open addressing, at most a quarter full
  std::array<uint64_t, 256> lengths_{};  // by first byte: bit per length
};

}  // namespace sallyport::scan
