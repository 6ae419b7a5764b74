// script_address.h: addresses in scripts without capital letters (Chinese, Japanese, Korean,
// Arabic, Hindi, Thai) and in Cyrillic.
//
// Two ways to be sure of one. Its beginning says so: a postal mark, a province or prefecture, "ul."
// in Cyrillic, and then the parts come from large to small down to a number with its unit. Or a
// word announced it: then a number and one word for a part of an address are enough. It ends with
// the last number (and its unit), so that what a sentence says behind it stays.
//
// Sources: UPU S42 (order of the parts per country), GB/T 23705 (Chinese addresses), Japan Post's
// list of prefectures, the Korean Road Name Address Act.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// Room for a Thai address, whose letters take three bytes each.
inline constexpr uint64_t kScriptAddressBytesMax = 280;

struct AddressPart {
  uint64_t start = 0;
  uint64_t end = 0;  // 0: none
};

// Does the cue [start, cue_end) announce an address? Otherwise it begins one.
bool announces_address(OpenReader& reader, uint64_t start, uint64_t cue_end) noexcept;
// The end of the address that begins at `start` with a region, a postal mark or a kind of street,
// which is the cue that ends at `cue_end`; 0: none.
uint64_t region_address(OpenReader& reader, uint64_t start, uint64_t cue_end) noexcept;
// The address at `start` or behind a particle there, which a cue announced.
AddressPart announced_address(OpenReader& reader, uint64_t start) noexcept;

}  // namespace sallyport::scan
