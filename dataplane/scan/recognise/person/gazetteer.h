// gazetteer.h: common given and family names of several cultures, as evidence that capitalised
// words are a person.
//
// Typed by us from common knowledge; no list was copied. Some ten thousand names:
// enough to tell a name from a title, far from all there are, so words that are not in it prove
// nothing. The lists: given_names.h, family_names.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// The longest name kept; longer ones are not in it.
inline constexpr size_t kNameBytesMax = 24;

struct NameKind {
  bool given = false;
  bool family = false;
  bool ambiguous = false;  // a word, a month or a place as well
  // Nothing else.
  bool is_name() const noexcept { return (given || family) && !ambiguous; }
};

// May the word of ASCII letters that begins at `word` be a given name? Asked of every capitalised
// word before another one, so it is quick, and says no only when it is sure. REQUIRES: eight bytes
// can be read.
bool may_be_given(const uint8_t* word, size_t size) noexcept;

// The same of a given name or a family's that may stand before one.
bool may_begin_name(const uint8_t* word, size_t size) noexcept;

// Given names that are no words as well by two hashes of their first eight letters: two
// bits each, so that one word in a hundred passes which is none.
inline constexpr unsigned kAloneSlotBits = 17;
using AloneFilter = std::array<uint64_t, (1U << kAloneSlotBits) / 64>;
extern const AloneFilter kAloneFilter;
struct AloneSlots {
  size_t first, second;
};
constexpr AloneSlots alone_slots(uint64_t head) noexcept {
  const uint64_t hash = head * 0x9e37'79b9'7f4a'7c15U;
  return {static_cast<size_t>(hash >> (64 - kAloneSlotBits)),
          static_cast<size_t>(hash >> (64 - 2 * kAloneSlotBits) & ((1U << kAloneSlotBits) - 1))};
}
// May such a name, or a word with other letters than ASCII, begin at `word`? Asked of every word
// that a capital letter begins, so without a branch. REQUIRES: eight bytes can be read.
inline bool may_be_given_alone(const uint8_t* word) noexcept {
  constexpr uint64_t kEach = 0x0101'0101'0101'0101U, kHigh = 0x80 * kEach;
  uint64_t bytes = 0;
  std::memcpy(&bytes, word, sizeof bytes);
  bytes |= 0x20 * kEach;
  const uint64_t low = bytes & ~kHigh;
  const uint64_t no_letter =
      (~(low + (0x80 - 'a') * kEach) | (low + (0x7f - 'z') * kEach) | bytes) & kHigh;
  // The bytes below the first that is no letter.
  const uint64_t first = no_letter & (0 - no_letter);
  const uint64_t letters = first == 0 ? ~uint64_t{0} : (first >> 7) - 1;
  const AloneSlots slots = alone_slots(bytes & letters);
  const uint64_t bits = kAloneFilter[slots.first / 64] >> (slots.first % 64) &
                        kAloneFilter[slots.second / 64] >> (slots.second % 64) & 1;
  return (bits | (bytes & first)) != 0;
}

// A name in small letters without marks; nothing if it is too long or of another alphabet.
struct PlainName {
  std::array<char, kNameBytesMax> bytes{};
  size_t size = 0;
  std::string_view view() const noexcept { return {bytes.data(), size}; }
};
PlainName plain_name(std::span<const uint8_t> name) noexcept;

// One word in any case, UTF-8, with or without its marks.
NameKind name_kind(std::span<const uint8_t> name) noexcept;
// "Jean-Pierre": of a double name, the second part is a given name as well. Of others: true.
bool is_given_throughout(const OpenReader& reader, const NameWord& word) noexcept;
// The same of a word where it stands; longer ones are no names.
inline NameKind kind_of(const OpenReader& reader, const NameWord& word) noexcept {
  if (word.size() > kNameWordBytesMax + 1) return {};
  return name_kind(reader.known(word.start, word.end));
}

}  // namespace sallyport::scan
