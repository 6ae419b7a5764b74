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

// The fewest digits of a number that is labelled or called.
inline constexpr uint32_t kLabelledDigitsMin = 6;

bool phone_at(const Row& row, size_t first, RowHit& out) noexcept;
// For rules whose words stand right before the number or at the head of its column.
bool labelled_phone_at(const Row& row, size_t first, RowHit& out) noexcept;
// For rules whose words are verbs of calling, a name before the number: a preposition stands right
// before it.
bool called_phone_at(const Row& row, size_t first, RowHit& out) noexcept;

}  // namespace sallyport::scan
