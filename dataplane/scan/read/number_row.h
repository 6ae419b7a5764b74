// number_row.h: a row of groups of letters and digits with separators between them: where
// identifiers and numbers live.
//
// "4111 1111 1111 1111", "(415) 555-2671", "DE89 3704 0044 0532 0130 00", "AB 12 34 56 C",
// "1EG4-TE5-MK73", "7.0.3.9.6.7.2.2.5". A row is the longest sequence of groups in which
//   a group   is ASCII letters and digits without anything between,
//   a gap     is 1 to kGapBytesMax characters of space - . / ( ) + _ , : * ` ' " # | and line ends,
//   no two groups in a row lack a digit, and a group without a digit has at most kLetterGroupMax
//   letters; as the first group, capitals.
// It is judged when it is over and what stands kRowAheadBytes behind it is known; a row longer than
// kRowBytesMax is judged in overlapping halves at groups that depend on its start only. Recognisers
// look at windows of whole groups: part of a longer number is never taken for a shorter one.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/scan/read/recogniser.h"
#include "dataplane/scan/text/text_view.h"

namespace sallyport::scan {

inline constexpr size_t kGroupsMax = 64;
// `"1234" + "5678"` and "12**34" and a line end with indentation.
inline constexpr uint32_t kGapBytesMax = 6;
inline constexpr uint32_t kLetterGroupMax = 5;  // the first part of a British licence number
// The widest number (34 characters of an IBAN, spelt one by one with three characters between) fits
// into a half.
inline constexpr uint64_t kRowBytesMax = 320;
inline constexpr uint64_t kRowAheadBytes = 8;
// Fewer digits are no identifier of any kind (PAN has four).
inline constexpr uint32_t kRowDigitsMin = 4;

struct Group {
  uint32_t start;  // offset in row.text
  uint32_t end;
  uint8_t digits;   // how many, 255 at most
  uint8_t letters;  // of either case
};

struct Row {
  std::span<const uint8_t> text;  // from the first group to the last one's end
  std::array<Group, kGroupsMax> groups;
  size_t count = 0;
  uint64_t base = 0;  // offset of text[0] in the channel
  // For what stands before the first and behind the last group, and for context of your own:
  // kLookBehindBytes before and kRowAheadBytes behind are there.
  TextView view;

  uint64_t start(size_t group) const noexcept { return base + groups[group].start; }
  // Groups up to and with the last one that has a digit.
  size_t count_with_digits() const noexcept {
    size_t out = count;
    while (out > 0 && groups[out - 1].digits == 0) --out;
    return out;
  }
  uint32_t size(size_t group) const noexcept { return groups[group].end - groups[group].start; }
  std::span<const uint8_t> of(size_t group) const noexcept {
    return text.subspan(groups[group].start, size(group));
  }
  // What stands between a group and the next one. REQUIRES: group + 1 < count.
  std::span<const uint8_t> gap(size_t group) const noexcept {
    return text.subspan(groups[group].end, groups[group + 1].start - groups[group].end);
  }
  // The only character between a group and the next one; 0: there is none, or there are several.
  uint8_t joint(size_t group) const noexcept {
    if (group + 1 >= count || groups[group + 1].start - groups[group].end != 1) return 0;
    return text[groups[group].end];
  }
  // The character before / behind a group, 0 at the ends of the text.
  uint8_t before(size_t group) const noexcept { return view.at(base + groups[group].start - 1); }
  uint8_t behind(size_t group) const noexcept { return view.at(base + groups[group].end); }
};

// A window [first, group_end) of a row that has the form. start and end are offsets in row.text:
// they may reach over the groups by what belongs to the form ('+', a bracket): before the first
// group of a row that is a negative offset.
struct RowHit {
  int32_t start = 0;
  int32_t end = 0;
  size_t group_end = 0;
  bool bare = false;
  uint8_t doubt = 0;
};

// The widest one of its form that begins with group `first`; false: none.
using RecogniseRow = bool (*)(const Row& row, size_t first, RowHit& out) noexcept;

}  // namespace sallyport::scan
