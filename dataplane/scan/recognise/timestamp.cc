#include "dataplane/scan/recognise/timestamp.h"

#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr size_t kFractionDigitsMax = 9;  // nanoseconds

// The only character behind the group, where another one follows; else 0.
uint8_t joint(const Row& row, size_t group) noexcept {
  if (group + 1 >= row.count) return 0;
  const auto gap = row.gap(group);
  return gap.size() == 1 ? gap[0] : uint8_t{0};
}

// The number of the two digits that begin the group; 100: there are none.
unsigned two_digits(const Row& row, size_t group, size_t at = 0) noexcept {
  const auto text = row.of(group);
  if (text.size() < at + 2 || !is_digit(text[at]) || !is_digit(text[at + 1])) return 100;
  return digit(text[at]) * 10U + digit(text[at + 1]);
}

// Nothing but `digits` of them, and the mark of UTC where it may stand.
bool is_number(const Row& row, size_t group, uint32_t digits, bool may_be_utc) noexcept {
  const Group& one = row.groups[group];
  if (one.digits != digits || one.letters > (may_be_utc ? 1 : 0)) return false;
  return one.letters == 0 || row.of(group).back() == 'Z';
}

bool is_year(const Row& row, size_t group) noexcept {
  const auto text = row.of(group);
  return is_number(row, group, 4, false) &&
         ((text[0] == '1' && text[1] == '9') || (text[0] == '2' && text[1] == '0'));
}

// The sign of a zone stands behind the group, and a number behind it.
bool has_sign(const Row& row, size_t group) noexcept {
  if (group + 1 >= row.count) return false;
  const auto gap = row.gap(group);
  return (gap.size() == 1 || (gap.size() == 2 && gap[0] == ' ')) &&
         (gap.back() == '+' || gap.back() == '-');
}

// What is behind the hour: minutes, seconds, their fraction, the zone. Answers behind them; 0: no
// minutes.
size_t clock_end(const Row& row, size_t hour) noexcept {
  size_t at = hour + 1;
  if (joint(row, hour) != ':' || two_digits(row, at) > 59 || !is_number(row, at, 2, true)) return 0;
  if (joint(row, at) == ':' && two_digits(row, at + 1) <= 60 && is_number(row, at + 1, 2, true)) {
    ++at;
    // Behind a comma the next cell of a row may stand.
    if (joint(row, at) == '.')
      if (const uint32_t digits = row.groups[at + 1].digits;
          digits <= kFractionDigitsMax && is_number(row, at + 1, digits, true))
        ++at;
  }
  if (has_sign(row, at)) {
    if (is_number(row, at + 1, 4, false)) return at + 2;
    if (is_number(row, at + 1, 2, false))
      return joint(row, at + 1) == ':' && is_number(row, at + 2, 2, false) ? at + 3 : at + 2;
  }
  return at + 1;
}

bool joins(uint8_t c) noexcept {
  return c == '-' || c == '/' || c == '.' || c == '_' || c == ':' || c == '+' || c == '#' ||
         c == '@' || c == '=' || c == '%' || c == '*';
}

}  // namespace

size_t timestamp_groups(const Row& row, size_t first) noexcept {
  if (row.count < first + 3 || !is_year(row, first)) return 0;
  const uint8_t separator = joint(row, first);
  if ((separator != '-' && separator != '/') || joint(row, first + 1) != separator) return 0;
  if (const uint8_t before = row.before(first); joins(before) || before >= 0x80) return 0;
  const size_t day = first + 2;
  const unsigned month = two_digits(row, first + 1), of_month = two_digits(row, day);
  if (!is_number(row, first + 1, 2, false) || month < 1 || month > 12 || of_month < 1 ||
      of_month > 31)
    return 0;
  size_t end = day + 1;
  if (is_number(row, day, 2, false)) {
    if (joint(row, day) == ' ' && is_number(row, day + 1, 2, false) &&
        two_digits(row, day + 1) < 24)
      end = clock_end(row, day + 1);
    // "1990-05-12 1234" may be one number.
    if (end == 0 || (end == day + 1 && joint(row, day) == ' ' && row.groups[end].digits > 0))
      return 0;
  } else {
    const auto text = row.of(day);
    const bool is_hour = text.size() == 5 && text[2] == 'T' && two_digits(row, day, 3) < 24;
    end = is_hour ? clock_end(row, day) : 0;
  }
  if (end == 0) return 0;
  const uint8_t behind = row.behind(end - 1);
  if (behind >= 0x80 ||
      (joins(behind) && is_alnum(row.view.at(row.base + row.groups[end - 1].end + 1))))
    return 0;
  return end - first;
}

}  // namespace sallyport::scan
