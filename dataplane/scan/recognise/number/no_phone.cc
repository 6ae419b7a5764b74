#include "dataplane/scan/recognise/number/no_phone.h"

#include "dataplane/scan/recognise/number/phone_signs.h"
#include "dataplane/scan/validate/calendar.h"

namespace sallyport::scan {

bool is_dotted_quad(const Row& row, size_t first, size_t group_end) noexcept {
  if (group_end - first != 4 || common_separator(row, first, group_end) != '.') return false;
  for (size_t g = first; g < group_end; ++g)
    if (row.size(g) > 3 || number(row.of(g), 0, row.size(g)) > 255) return false;
  return true;
}

bool is_dated(const Row& row, size_t first, size_t group_end) noexcept {
  // The year has a group of its own: "082 219-86" is of a telephone.
  const bool grouped = group_end - first >= 3 && row.size(first + 1) <= 2 &&
                       ((row.size(first) == 4 && row.size(first + 2) <= 2) ||
                        (row.size(first) <= 2 && row.size(first + 2) == 4));
  const bool years = group_end - first == 2 && row.size(first) == 4 && row.size(first + 1) == 4;
  if (!grouped && !years && group_end - first != 1) return false;
  const uint32_t whole = row.size(first);
  if (!grouped && !years && is_digits(row, first) && whole != 8 && whole != 12 && whole != 14)
    return false;
  const RowDigits digits = digits_of(row, first, grouped ? first + 3 : group_end);
  if (!digits.fits ||
      (digits.count != 8 && (grouped || (digits.count != 12 && digits.count != 14))))
    return false;
  const auto at = [&](size_t from, size_t count) {
    return static_cast<unsigned>(number(digits.all(), from, count));
  };
  // 2002 - 2007
  if (years) return (at(0, 2) == 20 || at(0, 2) == 19) && (at(4, 2) == 20 || at(4, 2) == 19);
  const bool year_first = is_date(at(0, 4), at(4, 2), at(6, 2)) && at(0, 4) >= 1900;
  const bool year_last =
      is_date(at(4, 4), at(2, 2), at(0, 2)) || is_date(at(4, 4), at(0, 2), at(2, 2));
  return year_first || (year_last && grouped);
}

bool is_date_with_dashes(const Row& row, size_t group) noexcept {
  if (group + 3 > row.count || row.size(group) != 4 || row.size(group + 1) != 2 ||
      row.size(group + 2) != 2 || !gap_is(row, group, '-') || !gap_is(row, group + 1, '-') ||
      !is_digits(row, group) || !is_digits(row, group + 1) || !is_digits(row, group + 2))
    return false;
  const auto value = [&](size_t g) {
    return static_cast<unsigned>(number(row.of(g), 0, row.size(g)));
  };
  const unsigned first = value(group), second = value(group + 1), third = value(group + 2);
  if (first >= 1900 && is_date(first, second, third)) return true;
  const unsigned year = second * 100 + third;
  return is_date(year, first % 100, first / 100) || is_date(year, first / 100, first % 100);
}

namespace {

// "ff ba ", "83 fc ": one pair alone is a word ("de").
bool bytes_before(const Row& row, size_t first) noexcept {
  constexpr int32_t kPairs = 6;
  const auto start = static_cast<int32_t>(row.groups[first].start);
  bool letter = false;
  for (int32_t i = 1; i <= kPairs; ++i) {
    const uint8_t c = byte_at(row, start - i);
    letter = letter || is_letter(c);
    if (i == 1 || i == 4 ? c != ' ' : !is_hex(c)) return false;
  }
  return letter && !is_alnum(byte_at(row, start - kPairs - 1));
}

}  // namespace

bool stands_in_dump(const Row& row, size_t first, size_t group_end) noexcept {
  const uint32_t size = row.size(group_end - 1);
  if (size != 2 && size != 4) return false;
  for (size_t g = first; g < group_end; ++g)
    if (row.size(g) != size && (g > first || row.size(g) < 6)) return false;
  return (first > 0 && is_mixed_hex(row, first - 1, size)) ||
         (size == 2 && bytes_before(row, first)) ||
         (group_end < row.count && is_mixed_hex(row, group_end, size));
}

namespace {

// "345-349 (2001": the bracket closes behind the number, so it holds something else. "2019)\n12.":
// nothing opened it.
bool brackets_pair(const Row& row, size_t first, size_t group_end) noexcept {
  int depth = row.before(first) == '(' ? 1 : 0;
  // "031)346-1737": how Korea and Japan part the area code.
  if (depth == 0 && group_end > first + 1 && row.joint(first) == ')' && row.of(first)[0] == '0' &&
      row.size(first) >= 2 && row.size(first) <= kPrefixDigitsMax)
    depth = 1;
  for (size_t g = first; g + 1 < group_end; ++g)
    for (const uint8_t c : row.gap(g)) {
      if (c == '(') ++depth;
      if (c == ')' && --depth < 0) return false;
    }
  return depth <= 0 || (depth == 1 && row.before(first) == '(');
}

// "2076672 kB", "4096 bytes": a quantity.
bool is_quantity_of_bytes(const Row& row, size_t last) noexcept {
  const auto end = static_cast<int32_t>(row.groups[last].end);
  if (byte_at(row, end) != ' ') return false;
  const uint8_t one = byte_at(row, end + 1), two = byte_at(row, end + 2);
  const uint8_t three = byte_at(row, end + 3);
  const bool bytes = to_lower(one) == 'b' && two == 'y' && three == 't';
  const bool prefixed = (to_lower(one) == 'k' || one == 'M' || one == 'G') &&
                        (two == 'B' || (two == 'i' && three == 'B')) &&
                        !is_word_char(byte_at(row, end + (two == 'i' ? 4 : 3)));
  return bytes || prefixed;
}

}  // namespace

bool is_of_others(const Row& row, size_t first, const RowHit& hit) noexcept {
  const auto start = static_cast<int32_t>(row.groups[first].start);
  const uint8_t before = row.before(first);
  // "@@ -5506,7 +5517,7 @@": a piece of a diff.
  if (before == '-' && byte_at(row, start - 2) == ' ' && byte_at(row, start - 3) == '@')
    return true;
  // "timestamp = {09.02.26.19.31}" of BibTeX.
  if (before == '{' && row.behind(hit.group_end - 1) == '}' && hit.group_end - first == 5 &&
      common_separator(row, first, hit.group_end) == '.')
    return true;
  if (before == '+') return false;
  return !brackets_pair(row, first, hit.group_end) || stands_in_dump(row, first, hit.group_end) ||
         is_quantity_of_bytes(row, hit.group_end - 1);
}

}  // namespace sallyport::scan
