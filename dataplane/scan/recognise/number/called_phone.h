// called_phone.h: "Ring Anna på 12 34 56": the preposition between a call and its number.
#pragma once

#include "dataplane/scan/recognise/number/row_digits.h"

namespace sallyport::scan {

// One stands before `hit`, the number of 6 to 15 digits that begins with the group `first`.
bool is_called(const Row& row, size_t first, const RowHit& hit) noexcept;

}  // namespace sallyport::scan
