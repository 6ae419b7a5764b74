// person_words.h: capitalised words that stand where a name could: titles, and words that are none.
#pragma once

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"

namespace sallyport::scan {

// "Dr", "Frau": stands before a name and is no part of it.
bool is_title(OpenReader& reader, const NameWord& word) noexcept;
// Words of sentences and forms, places, months, offices.
bool is_name_stop(OpenReader& reader, const NameWord& word) noexcept;

}  // namespace sallyport::scan
