// everyday_number.h: numbers that identify nobody, as machines and people write them.
//
// When something happened: 2024-05-12, 2024/05/12 08:31:07, 2024-05-12T08:31:07.250Z, 08:31:07
// (ISO 8601-1, RFC 3339). Sums and measurements: 12.50, 1,234, 1,234,567.8. Logs, tables and tool
// results are full of them, and no identifier is written so: what asks for words beside every other
// number passes them by. Whose birth a date was is asked all the same (date.h).
#pragma once

#include <cstddef>

#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

// How many groups the one that begins with group `first` has; 0: there is none, or something joins
// it to what stands around.
size_t everyday_groups(const Row& row, size_t first) noexcept;

}  // namespace sallyport::scan
