// phone.h: telephone numbers in a row of groups.
//
// Written out with a plus, an area code in brackets, the groups of North America or a trunk zero
// they stand for themselves; any other number of 7 to 12 digits only behind a word (Hit.bare). What
// is part of a longer number, a date, a version or an address of the internet is none. Sources:
// ITU-T E.164 (country codes, 15 digits), E.123 (notation), the North American Numbering Plan.
#pragma once

#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

bool phone_at(const Row& row, size_t first, RowHit& out) noexcept;

}  // namespace sallyport::scan
