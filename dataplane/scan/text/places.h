// places.h: the places of set bits as a list. Which bits are set, and how many in a word, no
// processor foresees: a loop over a list costs less than one over bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::scan {

// Appends nothing: `out` is written from its begin on, with the numbers of the set bits of `words`
// words (at most 1,024), counted from the first one. It has room for all bits and kPlacesSlack
// more, which may be written. Answers how many there are. The widest vectors are used that are
// there.
constexpr size_t kPlacesSlack = 32;
size_t list_places(const uint64_t* bits, size_t words, uint16_t* out) noexcept;

}  // namespace sallyport::scan
