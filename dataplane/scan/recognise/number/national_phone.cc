#include "dataplane/scan/recognise/number/national_phone.h"

#include <algorithm>

#include "dataplane/scan/recognise/number/no_phone.h"
#include "dataplane/scan/recognise/number/phone_signs.h"

namespace sallyport::scan {
namespace {

constexpr size_t kNationalMax = 12;
constexpr size_t kLabelledMax = 15;  // ITU-T E.164
static_assert(kLabelledDigitsMin < kNationalMin && kNationalMax < kLabelledMax);

// "120000" counts things; with points or slashes so few digits are a day or an amount.
bool is_count(const Row& row, size_t first, size_t group_end) noexcept {
  constexpr size_t kZeros = 3, kRoundMax = 8;
  const RowDigits digits = digits_of(row, first, group_end);
  if (!digits.fits) return true;
  // "00000100: 92c7" of a dump.
  if (row.behind(group_end - 1) == ':') return true;
  const auto tail = digits.all().last(kZeros);
  if (digits.count <= kRoundMax &&
      std::all_of(tail.begin(), tail.end(), [](uint8_t c) { return c == '0'; }))
    return true;
  if (digits.count >= kNationalMin) return false;
  for (size_t g = first; g + 1 < group_end; ++g)
    if (gap_is(row, g, '.') || gap_is(row, g, '/')) return true;
  return false;
}

// False: no number begins so.
bool may_begin(const Row& row, const Start& start) noexcept {
  const uint8_t before = byte_at(row, start.at - 1);
  // "ב-054...": a preposition of Hebrew.
  const bool is_prefix = before == '-' && byte_at(row, start.at - 2) >= 0x80;
  return !is_word_char(before) && before != '.' && (before != '-' || is_prefix) && before != '$' &&
         before != '#';
}

// Octal constants; a number in one group does not begin so.
bool is_octal(const Row& row, size_t first) noexcept {
  return row.size(first) >= kNationalMin && row.of(first)[0] == '0' && row.of(first)[1] == '0';
}

// The number that ends before `group_end`; of a longer one whose groups go on at the same separator
// it is a part, and none.
RowHit hit_of(const Row& row, size_t first, Start start, size_t group_end) noexcept {
  RowHit out{};
  if (group_end == 0 || (group_end > first + 1 && row.gap(first).size() == 1 &&
                         (joined_before(row, first, row.gap(first)[0]) ||
                          joined_behind(row, group_end, row.gap(group_end - 2).back()))))
    return out;
  if (start.bracket && !closes(row, first, group_end)) ++start.at;
  is_hit(row, start.at, group_end, out);
  out.bare = true;
  return out;
}

}  // namespace

NationalHits national_at(const Row& row, size_t first) noexcept {
  NationalHits out;
  const Start start = start_of(row, first);
  if (!may_begin(row, start)) return out;
  const bool in_query = byte_at(row, start.at - 1) == '=';
  size_t word = 0, label = 0, digits = 0;
  Versions versions(row, first);
  for (size_t last = first + 1; last <= std::min(first + kGroupsOfPhoneMax, row.count); ++last) {
    if (last - 1 > first && !is_wide_gap(row.gap(last - 2))) break;
    // "13130 (959) 834-6508": a number before an area code.
    if (last - 1 > first && row.before(last - 1) == '(' && digits > kPrefixDigitsMax) break;
    const uint32_t size = digits_before_extension(row, last - 1);
    digits += size;
    if (size == 0 || digits > kLabelledMax) break;
    // A date goes on behind a number.
    if (is_date_with_dashes(row, last - 1) || versions.is_one(last)) {
      if (digits <= kNationalMax) word = 0;
      label = 0;
      break;
    }
    const uint8_t behind = row.behind(last - 1);
    if (digits < kLabelledDigitsMin || (unclean_behind(behind) && !(in_query && behind == '&')) ||
        is_dotted_quad(row, first, last) || is_dated(row, first, last))
      continue;
    if (digits >= kNationalMin && digits <= kNationalMax) word = last;
    if (!is_count(row, first, last)) label = last;
  }
  if (!is_octal(row, first)) out.behind_word = hit_of(row, first, start, word);
  out.behind_label = hit_of(row, first, start, label);
  return out;
}

}  // namespace sallyport::scan
