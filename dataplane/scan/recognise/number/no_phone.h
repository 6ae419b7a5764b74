// no_phone.h: what has as many digits as a telephone number, and is none: addresses of the
// internet, days, versions, dumps, quantities. Groups [first, group_end) of a row throughout.
#pragma once

#include "dataplane/scan/recognise/number/row_digits.h"

namespace sallyport::scan {

bool is_dotted_quad(const Row& row, size_t first, size_t group_end) noexcept;
// 2024-01-31, 31.01.2024, 20240131 and the like, also with a time behind.
bool is_dated(const Row& row, size_t first, size_t group_end) noexcept;
// "2023-02-05" from `group` on, which is_dated() takes for one.
bool is_date_with_dashes(const Row& row, size_t group) noexcept;
// Bytes of a dump of memory; an offset may stand before the first.
bool stands_in_dump(const Row& row, size_t first, size_t group_end) noexcept;
// `hit` begins with the group `first`. Words for numbers stand in programs, dumps and lists of
// references, too.
bool is_of_others(const Row& row, size_t first, const RowHit& hit) noexcept;

// "9.0.0612", "1003.1-2008": one digit at a point among longer groups. "1.800..." begins so.
class Versions {
 public:
  Versions(const Row& row, size_t first) noexcept : row_(row), first_(first), at_(first) {}
  // Are the groups up to `group_end` one? Asked from the shortest on.
  bool is_one(size_t group_end) noexcept {
    for (; at_ < group_end; ++at_) {
      const bool at_point = at_ > first_ && (gap_is(row_, at_ - 1, '.') ||
                                             (at_ + 1 < row_.count && gap_is(row_, at_, '.')));
      single_ = single_ || (row_.size(at_) == 1 && at_point);
      longer_ = longer_ || row_.size(at_) > 2;
    }
    // "5.009002"
    const bool fraction =
        group_end == first_ + 2 && row_.size(first_) == 1 && gap_is(row_, first_, '.');
    return (single_ || fraction) && longer_;
  }

 private:
  const Row& row_;
  size_t first_, at_;
  bool single_ = false, longer_ = false;
};

}  // namespace sallyport::scan
