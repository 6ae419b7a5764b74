// national_phone.h: digits that are a telephone number only because a word says so.
#pragma once

#include "dataplane/scan/recognise/number/row_digits.h"

namespace sallyport::scan {

// The fewest digits of one behind a word like "phone", and right behind a label.
inline constexpr size_t kNationalMin = 7;
inline constexpr uint32_t kLabelledDigitsMin = 6;

// Both begin with the same group. `group_end` 0: it is none.
struct NationalHits {
  RowHit behind_word{};   // 7 to 12 digits somewhere behind a word like "phone"
  RowHit behind_label{};  // 6 to 15 digits, which what stands right before them calls one
};
// One walk over the groups for both: most of them are neither.
NationalHits national_at(const Row& row, size_t first) noexcept;

}  // namespace sallyport::scan
