// row_digits.h: what the recognisers of numbers ask of the groups of a row.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {

// More than the longest telephone number with its prefixes.
inline constexpr size_t kRowDigitsMax = 20;

// The digits of some groups of digits, as characters.
struct RowDigits {
  std::array<uint8_t, kRowDigitsMax> values;  // the first `count` are set
  size_t count = 0;
  bool fits = true;  // false: more digits than that, or a group with a letter

  Characters all() const noexcept { return {values.data(), count}; }
};

// "4587" of "4587x123": how many digits stand before an extension; all of a plain group, 0 of any
// other.
inline uint32_t digits_before_extension(const Row& row, size_t group) noexcept {
  if (row.groups[group].letters == 0) return row.size(group);
  const auto text = row.of(group);
  uint32_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const bool is_extension = row.groups[group].letters == 1 && count >= 3 &&
                            count + 1 < text.size() && to_lower(text[count]) == 'x' &&
                            text.size() - count - 1 <= 5;
  return is_extension ? count : 0;
}

inline RowDigits digits_of(const Row& row, size_t first, size_t group_end) noexcept {
  RowDigits out;
  for (size_t g = first; g < group_end; ++g) {
    const uint32_t size = digits_before_extension(row, g);
    if (size == 0 || out.count + size > kRowDigitsMax) {
      out.fits = false;
      return out;
    }
    for (uint8_t c : row.of(g).first(size)) out.values[out.count++] = c;
  }
  return out;
}

inline bool is_digits(const Row& row, size_t group) noexcept {
  return row.groups[group].letters == 0;
}

// The same, so many.
inline bool is_digits(const Row& row, size_t group, uint32_t size) noexcept {
  return is_digits(row, group) && row.size(group) == size;
}

// "d2", "ff8b": a group of `size` that is bytes of a dump of memory, in which some groups of digits
// always look like a number.
inline bool is_mixed_hex(const Row& row, size_t group, uint32_t size) noexcept {
  const auto text = row.of(group);
  return text.size() == size && row.groups[group].letters > 0 && row.groups[group].digits > 0 &&
         std::all_of(text.begin(), text.end(), is_hex);
}

// The gap is this one character.
inline bool gap_is(const Row& row, size_t group, uint8_t separator) noexcept {
  const auto between = row.gap(group);
  return between.size() == 1 && between[0] == separator;
}

// The one character that stands between all groups of [first, group_end), 0 where they differ or
// are longer.
inline uint8_t common_separator(const Row& row, size_t first, size_t group_end) noexcept {
  if (group_end < first + 2) return 0;
  const auto between = row.gap(first);
  if (between.size() != 1) return 0;
  for (size_t g = first + 1; g + 1 < group_end; ++g)
    if (!gap_is(row, g, between[0])) return 0;
  return between[0];
}

// "2026-02-14 896 226 4093": the day or the time before a number with spaces is none of its groups.
inline bool is_of_date(const Row& row, size_t gap) noexcept {
  const uint8_t joint = row.joint(gap);
  return joint == '-' || joint == '/' || joint == ':';
}

// "308/249/3052 2475/3505/3929": a space behind the groups up to `group_end`, and then things that
// slashes part.
inline bool slashes_follow(const Row& row, size_t group_end) noexcept {
  return group_end < row.count && row.joint(group_end - 1) == ' ' && row.joint(group_end) == '/';
}

// A group of digits before `first` (behind `group_end`) follows at this one separator: the window
// is part of a longer number.
inline bool joined_before(const Row& row, size_t first, uint8_t separator) noexcept {
  return first > 0 && is_digits(row, first - 1) && gap_is(row, first - 1, separator) &&
         !(separator == ' ' && first > 1 && is_of_date(row, first - 2));
}
inline bool joined_behind(const Row& row, size_t group_end, uint8_t separator) noexcept {
  return group_end < row.count && is_digits(row, group_end) &&
         gap_is(row, group_end - 1, separator) && !(separator == ' ' && is_of_date(row, group_end));
}

}  // namespace sallyport::scan
