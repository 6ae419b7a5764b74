// phone.h: telephone numbers in a row of groups.
//
// Written out with a plus, an area code in brackets, the groups of North America or a trunk zero
// they stand for themselves; any other number of 7 to 12 digits only behind a word (Hit.bare). What
// is part of a longer number, a date, a version or an address of the internet is none. Where a
// label stands right before it, or a call and its preposition ("Ring Anna på 12 34 56"), 6 to 15
// digits are one, whatever plan they follow. Sources: ITU-T E.164 (country codes, 15 digits), E.123
// (notation), the North American Numbering Plan.
#pragma once

#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

// What begins with a group. The two are the same where the form stands for itself. `group_end` 0:
// it is none.
struct PhoneHits {
  RowHit by_form;       // of 7 digits and more; `bare`: only behind a word
  RowHit behind_label;  // for rules whose words stand right before it or at the head of its column
};
PhoneHits phones_at(const Row& row, size_t first) noexcept;

}  // namespace sallyport::scan
