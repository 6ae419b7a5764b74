#include "dataplane/scan/recognise/number/everyday_number.h"

#include "dataplane/scan/recognise/number/row_digits.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {
namespace {

constexpr uint32_t kFractionDigitsMax = 9;  // nanoseconds
// Of an amount, all in all: what has more may be an identifier with signs in it.
constexpr uint32_t kAmountDigitsMax = 7;

// The number of the two digits at `at` of the group; 100: there are none.
unsigned two_digits(const Row& row, size_t group, size_t at = 0) noexcept {
  const auto text = row.of(group);
  if (text.size() < at + 2 || !is_digit(text[at]) || !is_digit(text[at + 1])) return 100;
  return digit(text[at]) * 10U + digit(text[at + 1]);
}

// So many digits, with the mark of UTC behind them or not.
bool is_clock(const Row& row, size_t group, uint32_t digits) noexcept {
  const Group& one = row.groups[group];
  return one.digits == digits &&
         (one.letters == 0 || (one.letters == 1 && row.of(group).back() == 'Z'));
}

bool is_year(const Row& row, size_t group) noexcept {
  if (!is_digits(row, group, 4)) return false;
  const unsigned century = two_digits(row, group);
  return century == 19 || century == 20;
}

// "Z" is part of a group; "+02:00", "+0200", " -0500": behind the zone that stands behind the
// group; `group` + 1: none does. "+49 171 1234567" is none.
size_t zone_end(const Row& row, size_t group) noexcept {
  constexpr unsigned kHoursMax = 14;
  const size_t zone = group + 1;
  if (zone >= row.count) return zone;
  const auto gap = row.gap(group);
  const bool is_apart = gap.size() == 2 && gap[0] == ' ';
  if ((gap.size() != 1 && !is_apart) || (gap.back() != '+' && gap.back() != '-')) return zone;
  if (two_digits(row, zone) > kHoursMax) return zone;
  const auto ends = [&](size_t last) {
    return row.joint(last) != ' ' || row.groups[last + 1].digits == 0;
  };
  if (is_digits(row, zone, 4) && two_digits(row, zone, 2) % 15 == 0)
    return ends(zone) ? zone + 1 : zone;
  if (!is_digits(row, zone, 2) || is_apart) return zone;
  if (row.joint(zone) == ':' && is_digits(row, zone + 1, 2))
    return ends(zone + 1) ? zone + 2 : zone;
  return ends(zone) ? zone + 1 : zone;
}

// What is behind the hour: minutes, seconds, their fraction, the zone. Answers behind them; 0: no
// minutes.
size_t clock_end(const Row& row, size_t hour) noexcept {
  size_t at = hour + 1;
  if (row.joint(hour) != ':' || two_digits(row, at) > 59 || !is_clock(row, at, 2)) return 0;
  if (row.joint(at) == ':' && two_digits(row, at + 1) <= 60 && is_clock(row, at + 1, 2)) {
    ++at;
    // Behind a comma the next cell of a row may stand.
    if (row.joint(at) == '.')
      if (const uint32_t digits = row.groups[at + 1].digits;
          digits <= kFractionDigitsMax && is_clock(row, at + 1, digits))
        ++at;
  }
  return zone_end(row, at);
}

// A date with its year first, and the time behind it. Answers behind them; 0: there is none.
size_t timestamp_end(const Row& row, size_t first) noexcept {
  if (row.count < first + 3 || !is_year(row, first)) return 0;
  const uint8_t separator = row.joint(first);
  if ((separator != '-' && separator != '/') || row.joint(first + 1) != separator) return 0;
  const size_t day = first + 2;
  const unsigned month = two_digits(row, first + 1), of_month = two_digits(row, day);
  if (!is_digits(row, first + 1, 2) || month < 1 || month > 12 || of_month < 1 || of_month > 31)
    return 0;
  if (!is_digits(row, day, 2)) {
    const auto text = row.of(day);
    const bool is_hour = text.size() == 5 && text[2] == 'T' && two_digits(row, day, 3) < 24;
    return is_hour ? clock_end(row, day) : 0;
  }
  if (row.joint(day) != ' ' || row.groups[day + 1].digits == 0) return day + 1;
  // "1990-05-12 1234" may be one number.
  const bool is_hour = is_digits(row, day + 1, 2) && two_digits(row, day + 1) < 24;
  return is_hour ? clock_end(row, day + 1) : 0;
}

// 12.50, 1,234, 1,234,567.8. Answers behind it; 0: there is none.
size_t amount_end(const Row& row, size_t first) noexcept {
  uint32_t digits = row.groups[first].digits;
  if (row.groups[first].letters > 0 || digits > kAmountDigitsMax) return 0;
  size_t end = first + 1;
  // "4,111,111,111,111,111": no part of a longer one.
  const bool goes_on = row.before(first) == ',' && is_digit(row.view.at(row.start(first) - 2));
  if (digits <= 3 && !goes_on)
    for (; row.joint(end - 1) == ',' && is_digits(row, end, 3); ++end) digits += 3;
  if (row.joint(end - 1) == '.' && (is_digits(row, end, 1) || is_digits(row, end, 2)))
    digits += row.groups[end++].digits;
  if (end == first + 1 || digits > kAmountDigitsMax) return 0;
  // "12.50 1234" may be one number.
  const uint8_t behind = row.joint(end - 1);
  return behind == ' ' && row.groups[end].digits > 0 ? 0 : end;
}

bool joins(uint8_t c) noexcept {
  return c == '-' || c == '/' || c == '.' || c == '_' || c == ':' || c == '+' || c == '#' ||
         c == '@' || c == '=' || c == '%' || c == '*' || c >= 0x80;
}

}  // namespace

size_t everyday_groups(const Row& row, size_t first) noexcept {
  const uint8_t sign = row.joint(first);
  size_t end = 0;
  if (sign == '-' || sign == '/')
    end = timestamp_end(row, first);
  else if (sign == ':')
    end = is_digits(row, first, 2) && two_digits(row, first) < 24 ? clock_end(row, first) : 0;
  else if (sign == '.' || sign == ',')
    end = amount_end(row, first);
  if (end == 0 || joins(row.before(first))) return 0;
  const uint8_t behind = row.behind(end - 1);
  const uint64_t next = row.base + row.groups[end - 1].end + 1;
  return behind >= 0x80 || (joins(behind) && is_alnum(row.view.at(next))) ? 0 : end - first;
}

}  // namespace sallyport::scan
