// name_cell.h: does a cell below "last_name" or "Vorname" hold a name?
//
// The head says that it does, so any word with a capital letter is one, and a known name in small
// letters; not what stands in a cell without a name ("N/A", "Unknown"), nor the words that describe
// a field of that name ("string", "required").
#pragma once

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// [from, to): the cell without marks and blanks around it.
bool is_name_cell(OpenReader& reader, uint64_t from, uint64_t to) noexcept;

// What is_name_cell() takes is a person's also below a head that things have, "name": two words
// that forms are not full of, or one that lists know. `known`: one of them at least must be.
bool is_somebody(OpenReader& reader, uint64_t from, uint64_t to, bool known) noexcept;

}  // namespace sallyport::scan
