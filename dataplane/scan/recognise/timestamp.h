// timestamp.h: when something happened, as machines write it.
//
// 2024-05-12, 2024/05/12 08:31:07, 2024-05-12T08:31:07.250Z, 2024-05-12 08:31:07 +02:00 (ISO
// 8601-1, RFC 3339). Logs and tool results are full of them, and no identifier is written
// so: what asks for words beside every other number passes them by. Whose birth it was is asked all
// the same (date.h).
#pragma once

#include <cstddef>

#include "dataplane/scan/number_row.h"

namespace sallyport::scan {

// How many groups the date that begins with group `first`, and the time of day behind it, have; 0:
// there is none, or something joins it to what stands around.
size_t timestamp_groups(const Row& row, size_t first) noexcept;

}  // namespace sallyport::scan
