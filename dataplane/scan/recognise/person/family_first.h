// family_first.h: names with the family's first, where nothing announces a person.
//
// "Zhang Wei", "Kim Min-jun", "Nguyen Van Anh": a family name of China, Korea or Vietnam before
// syllables of a given name, as they are written in Latin letters; and any family name that is no
// word before a given name that is none ("Tanaka Hiroshi", "Nagy Gabor").
//
// The lists were typed by us from common knowledge of the romanisations (Hanyu Pinyin, Revised
// Romanization and what passports have); no list was copied.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// Where the name ends that `first` begins with the family's, or a Korean one with the given name's
// ("Min-jun Kim"); 0: none. What stands around it is not looked at.
uint64_t family_first_end(OpenReader& reader, const NameWord& first) noexcept;

}  // namespace sallyport::scan
