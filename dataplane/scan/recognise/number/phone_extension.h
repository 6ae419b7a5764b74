// phone_extension.h: what is dialled behind a telephone number: "x070", "ext. 44", "poste 158",
// "Durchwahl 12", "#221", "доб. 12", "转123".
//
// A number with its extension is one value. The words are those that the languages print before
// one; what stands behind them is one to six digits that end there.
#pragma once

#include <cstdint>

#include "dataplane/scan/read/open_reader.h"

namespace sallyport::scan {

// Where the extension of the number that ends at `end` ends; `end`: it has none. Reads up to 32
// bytes.
uint64_t phone_extension_end(OpenReader& reader, uint64_t end) noexcept;

}  // namespace sallyport::scan
