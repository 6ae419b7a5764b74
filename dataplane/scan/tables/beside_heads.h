// beside_heads.h: are the heads beside a head "name" those of a table of people?
//
//   name,email,born      | Nom | Téléphone |      <th>Name</th><th>Date of birth</th>
// and not "name,version,license". A head is of people where it is made of nothing but words of
// their fields (recognise/person/personal_fields.h).
#pragma once

#include <cstdint>

#include "dataplane/scan/recognise/person/personal_fields.h"
#include "dataplane/scan/tables/list_rows.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

struct BesideHeads {
  PersonalField field = PersonalField::None;  // the surest of them
  uint32_t column = 0;                        // which that is
};

// [start, end) is all that its cell holds: blanks and marks, then what parts cells or the end of
// the text stand around it. Unknown: the text ends before.
Answer is_whole_head(const TextView& text, uint64_t start, uint64_t end) noexcept;

// Of the heads [from, to) that `delimiter` parts.
BesideHeads heads_of_cells(const TextView& text, uint64_t from, uint64_t to,
                           uint8_t delimiter) noexcept;

// Of a row of HTML from its "<tr" at `row` on to its end, kHtmlHeadBytesMax at most. False: the
// text ends before.
bool heads_of_html(const TextView& text, uint64_t row, BesideHeads& out) noexcept;
inline constexpr uint64_t kHtmlHeadBytesMax = 768;

// What stands below such a head looks like one: it has a digit or "@", or is empty.
bool may_be_personal(const TextView& text, uint64_t from, uint64_t to) noexcept;

}  // namespace sallyport::scan
