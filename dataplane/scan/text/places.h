// places.h: the places of set bits as a list. Which bits are set, and how many in a word, no
// processor foresees: a loop over a list costs less than one over bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::scan {

// Appends nothing: `out` is written from its begin on, with the numbers of the set bits of `words`
// words (at most 1,024), counted from the first one. It has room for all bits and kPlacesSlack
// more, which may be written. Answers how many there are. The widest vectors are used that are
// there.
constexpr size_t kPlacesSlack = 32;
size_t list_places(const uint64_t* bits, size_t words, uint16_t* out) noexcept;

// Keeps those of `places` that keep(eight bytes of `text` there) says, without a branch that is
// hard to guess, and those before the end at which no eight bytes are. Answers how many.
template <class Keep>
size_t keep_places(std::span<const uint8_t> text, uint16_t* places, size_t count,
                   Keep&& keep) noexcept {
  size_t whole = count;
  while (whole > 0 && places[whole - 1] + sizeof(uint64_t) > text.size()) --whole;
  size_t kept = 0;
  for (size_t i = 0; i < whole; ++i) {
    const uint16_t place = places[i];
    places[kept] = place;
    kept += keep(text.data() + place) ? 1 : 0;
  }
  for (size_t i = whole; i < count && places[i] < text.size(); ++i) places[kept++] = places[i];
  return kept;
}

}  // namespace sallyport::scan
