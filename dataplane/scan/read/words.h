// words.h: words of names and streets: letters with inner hyphens and apostrophes, and whether a
// capital begins them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// Longer ones are no names.
inline constexpr uint64_t kNameWordBytesMax = 32;

struct NameWord {
  uint64_t start = 0;
  uint64_t end = 0;      // start: there is no word
  bool capital = false;  // begins with a capital letter
  bool upper = false;    // two letters or more, all capitals
  uint64_t size() const noexcept { return end - start; }
};

// A capital letter of Latin with marks, Greek or Cyrillic in two bytes (Unicode, general category
// Lu, blocks up to U+04FF; of Latin Extended-B those of Romanian and Croatian).
constexpr bool is_capital_pair(uint8_t lead, uint8_t next) noexcept {
  if (lead == 0xc3) return next >= 0x80 && next <= 0x9e && next != 0x97;
  if (lead == 0xc4) return next < 0xb8 ? next % 2 == 0 : next % 2 == 1;
  if (lead == 0xc5) return next < 0x8a || next >= 0xb9 ? next % 2 == 1 : next % 2 == 0;
  if (lead == 0xc8) return next <= 0xb3 && next % 2 == 0;
  if (lead == 0xce) return next >= 0x86 && next <= 0xab;
  return lead == 0xd0 && next >= 0x80 && next <= 0xaf;
}

// The letter at `at`: its size in bytes; 0: none. Scripts without capitals have no part in names
// read here, except the marks of Vietnamese (Latin Extended Additional).
inline unsigned name_letter_at(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (is_letter(c)) return 1;
  if (c >= 0xc3 && c <= 0xdf) return 2;
  return c == 0xe1 ? 3 : 0;
}

inline NameWord word_at(OpenReader& reader, uint64_t start) noexcept {
  NameWord out{start, start, false, false};
  const uint8_t first = reader.at(start);
  out.capital = is_upper(first) || (first >= 0xc3 && is_capital_pair(first, reader.at(start + 1)));
  out.upper = out.capital;
  uint64_t at = start;
  if (is_letter(first)) {
    at = out.end = reader.letters_end(start, kNameWordBytesMax);
    for (uint64_t i = start; out.upper && i < at; ++i) out.upper = is_upper(reader.at(i));
  }
  while (at - start < kNameWordBytesMax) {
    if (const unsigned size = name_letter_at(reader, at); size != 0) {
      if (size == 1 && is_lower(reader.at(at))) out.upper = false;
      at += size;
      out.end = at;
      continue;
    }
    const uint8_t c = reader.at(at);
    if (at == start || (c != '-' && c != '\'') || name_letter_at(reader, at + 1) == 0) break;
    ++at;
  }
  if (out.end - start < 2) out.upper = false;
  return out;
}

// The word that ends at `end`, read backwards.
inline NameWord word_before(OpenReader& reader, uint64_t end) noexcept {
  uint64_t start = reader.letters_start(end, kNameWordBytesMax);
  while (start > 0 && end - start < kNameWordBytesMax) {
    const uint8_t c = reader.before(start);
    const bool joint = (c == '-' || c == '\'') && start < end && start > 1 &&
                       is_word_letter(reader.before(start - 1));
    if (!is_word_letter(c) && !joint) break;
    --start;
  }
  const NameWord whole = word_at(reader, start);
  return whole.end == end ? whole : NameWord{end, end, false, false};
}

// Without the 's of a possession.
inline NameWord without_possession(OpenReader& reader, NameWord word) noexcept {
  if (word.size() > 2 && to_lower(reader.before(word.end)) == 's' &&
      reader.before(word.end - 1) == '\'')
    word.end -= 2;
  return word;
}

inline bool word_is(OpenReader& reader, const NameWord& word, std::string_view lower) noexcept {
  return word.size() == lower.size() && reader.follows(word.start, lower);
}

// Which lengths the words of a list have, by their first byte: most words are told apart by that.
class WordFilter {
 public:
  template <size_t N>
  constexpr explicit WordFilter(const std::string_view (&list)[N]) {
    for (std::string_view word : list) lengths_[slot(word[0])] |= bit(word.size());
  }
  // `first` in lower case.
  constexpr bool has(uint8_t first, uint64_t size) const noexcept {
    return (lengths_[slot(static_cast<char>(first))] & bit(size)) != 0;
  }

 private:
  static constexpr size_t slot(char c) noexcept { return static_cast<uint8_t>(c) & 31; }
  static constexpr uint32_t bit(uint64_t size) noexcept {
    return uint32_t{1} << (size < 31 ? size : 31);
  }
  std::array<uint32_t, 32> lengths_{};
};

// The same with a filter for its list.
template <size_t N>
bool word_in(OpenReader& reader, const NameWord& word, const std::string_view (&list)[N],
             const WordFilter& filter) noexcept {
  const uint8_t first = to_lower(reader.at(word.start));
  if (!filter.has(first, word.size())) return false;
  for (std::string_view one : list)
    if (one.size() == word.size() && static_cast<uint8_t>(one[0]) == first &&
        word_is(reader, word, one))
      return true;
  return false;
}

template <size_t N>
bool word_in(OpenReader& reader, const NameWord& word, const std::string_view (&list)[N]) noexcept {
  const uint8_t first = to_lower(reader.at(word.start));
  for (std::string_view one : list)
    if (one.size() == word.size() && static_cast<uint8_t>(one[0]) == first &&
        word_is(reader, word, one))
      return true;
  return false;
}

}  // namespace sallyport::scan
