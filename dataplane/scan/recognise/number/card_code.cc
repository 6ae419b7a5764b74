#include "dataplane/scan/recognise/number/card_code.h"

#include <algorithm>
#include <initializer_list>

#include "dataplane/scan/recognise/number/row_digits.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

constexpr uint32_t kCardCodeDigitsMax = 4;
constexpr size_t kCardDigitsMin = 13, kCardDigitsMax = 19;  // ISO/IEC 7812
constexpr size_t kCardGroupsMax = 5;
constexpr unsigned kExpiryYearMin = 20, kExpiryYearMax = 59;  // of this century
constexpr size_t kFieldGapMax = 3;                            // " | "

// What stands between two fields: one sign, blanks around it or alone.
bool is_field_gap(std::span<const uint8_t> gap) noexcept {
  const auto signs = std::count_if(gap.begin(), gap.end(), [](uint8_t c) { return c != ' '; });
  return gap.size() <= kFieldGapMax && signs <= 1;
}

bool is_month(Characters digits) noexcept {
  const uint64_t month = number(digits, 0, digits.size());
  return month >= 1 && month <= 12;
}

bool is_year(Characters digits) noexcept {
  const uint64_t century = digits.size() == 2 ? 0 : 2'000;
  const uint64_t year = number(digits, 0, digits.size());
  return year >= century + kExpiryYearMin && year <= century + kExpiryYearMax;
}

// Where the expiry begins that ends before group `end`; `end`: there is none.
size_t expiry_before(const Row& row, size_t end) noexcept {
  const size_t last = end - 1;
  const auto digits = row.of(last);
  if (is_digits(row, last, 4) && is_month(digits.first(2)) && is_year(digits.subspan(2)))
    return last;
  const bool two = last > 0 && (is_digits(row, last, 2) || is_digits(row, last, 4)) &&
                   is_year(digits) && is_digits(row, last - 1) && row.size(last - 1) <= 2 &&
                   is_month(row.of(last - 1)) && is_field_gap(row.gap(last - 1));
  return two ? last - 1 : end;
}

// One group, or the groups that are printed on cards with one sign between: cells of a table of
// numbers make up a card now and then.
bool is_printed(const Row& row, size_t first, size_t end) noexcept {
  if (first + 1 == end) return true;
  if (common_separator(row, first, end) == 0) return false;
  const auto sizes = [&](std::initializer_list<uint32_t> wanted) {
    if (wanted.size() != end - first) return false;
    size_t g = first;
    for (uint32_t size : wanted)
      if (row.size(g++) != size) return false;
    return true;
  };
  return sizes({4, 4, 4, 4}) || sizes({4, 6, 5}) || sizes({4, 6, 4}) || sizes({4, 4, 4, 4, 3});
}

// "0224 1216 2056 0435 1851": in a table of such numbers some four of them are a card.
bool is_of_table(const Row& row, size_t first) noexcept {
  constexpr size_t kBeforeMax = 3;
  constexpr uint32_t kPrinted = 4;
  size_t before = 0;
  for (; before < first && before <= kBeforeMax; ++before) {
    const uint8_t joint = row.joint(first - before - 1);
    if ((joint != ' ' && joint != '\n') || !is_digits(row, first - before - 1, kPrinted)) break;
  }
  return before > kBeforeMax;
}

bool is_card_before(const Row& row, size_t end) noexcept {
  size_t digits = 0;
  const size_t from = end - std::min(end, kCardGroupsMax);
  for (size_t first = end; first-- > from && is_digits(row, first);) {
    if (first + 1 < end && !is_field_gap(row.gap(first))) return false;
    digits += row.size(first);
    if (digits > kCardDigitsMax) return false;
    if (digits >= kCardDigitsMin && card(digits_of(row, first, end).all()))
      return is_printed(row, first, end) && !is_of_table(row, first);
  }
  return false;
}

// "... 12/26\n4012-8888-8888-1881": the next card of a list.
bool is_next_line(const Row& row, size_t group) noexcept {
  const uint8_t behind = row.joint(group);
  return row.joint(group - 1) == '\n' && group + 1 < row.count && is_digits(row, group + 1) &&
         (behind == ' ' || behind == '-' || behind == '.');
}

}  // namespace

bool card_code_row(const Row& row, size_t first, RowHit& out) noexcept {
  const uint32_t size = row.size(first);
  if (size < kCardCodeDigitsMin || size > kCardCodeDigitsMax || first < 2) return false;
  if (!is_digits(row, first) || !is_field_gap(row.gap(first - 1))) return false;
  if (is_next_line(row, first)) return false;
  const size_t expiry = expiry_before(row, first);
  if (expiry == first || expiry == 0 || !is_field_gap(row.gap(expiry - 1))) return false;
  if (!is_card_before(row, expiry)) return false;
  out = RowHit{static_cast<int32_t>(row.groups[first].start),
               static_cast<int32_t>(row.groups[first].end), first + 1, false, 0};
  return true;
}

}  // namespace sallyport::scan
