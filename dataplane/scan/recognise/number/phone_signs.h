// phone_signs.h: what joins the groups of a telephone number, and what stands at its ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/scan/recognise/number/row_digits.h"

namespace sallyport::scan {

// What is dialled before an area code in brackets.
inline constexpr size_t kPrefixDigitsMax = 4;
// The groups of the longest form.
inline constexpr size_t kGroupsOfPhoneMax = 8;

inline bool is_separator(uint8_t c) noexcept {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

// One of them, or a bracket with a space or hyphen at it: ") ", " (", ")-".
inline bool is_phone_gap(std::span<const uint8_t> between) noexcept {
  if (between.size() == 1) return is_separator(between[0]);
  if (between.size() > 2 || !std::all_of(between.begin(), between.end(), is_separator))
    return false;
  return between[0] == ')' || between[1] == '(';
}

// " - " between groups is common in what people type.
inline bool is_wide_gap(std::span<const uint8_t> between) noexcept {
  return is_phone_gap(between) ||
         (between.size() == 3 && between[0] == ' ' && between[2] == ' ' &&
          (between[1] == '-' || between[1] == '.' || between[1] == '/')) ||
         (between.size() == 3 && between[0] == ')' && between[1] == ' ' && between[2] == '(');
}

inline uint8_t byte_at(const Row& row, int32_t offset) noexcept {
  return row.view.at(row.base + static_cast<uint64_t>(static_cast<int64_t>(offset)));
}

// Letters, digits and what joins a number to something before it.
inline bool unclean_before(uint8_t c) noexcept {
  return is_word_char(c) || c == '.' || c == '-' || c == '+' || c == '#' || c == '$' || c == '&' ||
         c == '%' || c == '@' || c == '^' || c == '~';
}
inline bool unclean_behind(uint8_t c) noexcept {
  return is_word_char(c) || c == '@' || c == '%' || c == '=' || c == '$' || c == '&';
}
struct Start {
  int32_t at;
  bool bracket;
};

// Takes an opening bracket in front along.
inline Start start_of(const Row& row, size_t first) noexcept {
  const auto at = static_cast<int32_t>(row.groups[first].start);
  return byte_at(row, at - 1) == '(' ? Start{at - 1, true} : Start{at, false};
}

inline bool closes(const Row& row, size_t first, size_t group_end) noexcept {
  for (size_t g = first; g + 1 < group_end; ++g) {
    const auto between = row.gap(g);
    if (std::find(between.begin(), between.end(), uint8_t{')'}) != between.end()) return true;
  }
  return byte_at(row, static_cast<int32_t>(row.groups[group_end - 1].end)) == ')';
}

inline bool is_hit(const Row& row, int32_t start, size_t group_end, RowHit& out) noexcept {
  out = RowHit{start, static_cast<int32_t>(row.groups[group_end - 1].end), group_end, false, 0};
  return true;
}

}  // namespace sallyport::scan
