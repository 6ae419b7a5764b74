// address_cell.h: a postal address in the place of one: behind "Address:", in a member called
// "address", below such a head of a table.
//
// "Flat 4, Rhosfach, Llanddeusant SA19 9YD", "Kossuth u. 5, Eger", "12 نهج الحرية, تونس": the
// place says what it is, so no kind of street and no post code is asked for, in any script. A
// number and a name must stand there and nothing that addresses are not made of: addresses of
// networks and of memory, sentences, counted things and cells that say nothing are none. What a
// line has behind its address (", Tel: ...", ". Please call") is left out.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// The longest one, bytes: six lines of an envelope, or eighty letters of Thai.
inline constexpr uint64_t kAddressCellBytesMax = 240;

struct AddressCell {
  uint64_t start = 0;
  uint64_t end = 0;  // 0: there is none
};

// [from, to) is an address and nothing else; blanks and marks around it are not in it.
bool is_address_cell(OpenReader& reader, uint64_t from, uint64_t to) noexcept;
// The rest of a sentence from `start` on, where a word announced an address in a script without
// capital letters: with a comma and a post code it is one.
AddressCell announced_cell(OpenReader& reader, uint64_t start) noexcept;
// The address behind a label that ends at `label_end` and its sign.
AddressCell labelled_address(OpenReader& reader, uint64_t label_end) noexcept;

}  // namespace sallyport::scan
