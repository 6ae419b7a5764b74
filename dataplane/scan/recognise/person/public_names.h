// public_names.h: names that nobody hides: firms and brands called like a person, people of books
// and films, and the dead of schoolbooks.
//
// No form tells "Morgan Stanley" from "Morgan Stanton", so this is a list, short and of common
// knowledge. Asked only where a given and a family name stand side by side and nothing announces
// somebody: behind "patient" or "my name is" a man may be called Tom Sawyer.
#pragma once

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// [start, end): words with one space between, in any case.
bool is_public_name(OpenReader& reader, uint64_t start, uint64_t end) noexcept;

}  // namespace sallyport::scan
