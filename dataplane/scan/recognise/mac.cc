#include "dataplane/scan/recognise/mac.h"

#include "dataplane/scan/recognise/open_reader.h"
#include "dataplane/scan/recognise/row_digits.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kPairs = 6;
constexpr unsigned kPairsLong = 8;  // EUI-64

bool is_hex_digit(uint8_t c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// What its digits say: a letter among them, or only one digit all over.
struct Digits {
  bool letter = false;
  bool mixed = false;
  uint8_t first = 0;

  void add(uint8_t c) noexcept {
    c = to_lower(c);
    if (first == 0) first = c;
    mixed = mixed || c != first;
    letter = letter || !is_digit(c);
  }
};

}  // namespace

Verdict mac_at(const TextView& text, const Trigger& trigger, const RuleParameters&,
               Hit& out) noexcept {
  OpenReader reader(text);
  if (trigger.at < 2) return reader.answer(false);
  const uint64_t start = trigger.at - 2;
  const uint8_t before = reader.before(start);
  if (is_alnum(before) || before == '_' || before == ':' || before == '-')
    return reader.answer(false);
  Digits digits;
  unsigned pairs = 0;
  uint64_t at = start;
  for (; pairs <= kPairsLong; ++pairs) {
    if (!is_hex_digit(reader.at(at)) || !is_hex_digit(reader.at(at + 1)))
      return reader.answer(false);
    digits.add(reader.at(at));
    digits.add(reader.at(at + 1));
    at += 2;
    if (reader.at(at) != ':') break;
    if (!is_alnum(reader.at(at + 1))) break;
    ++at;
  }
  ++pairs;
  if ((pairs != kPairs && pairs != kPairsLong) || goes_on(reader.at(at)) || !digits.mixed)
    return reader.answer(false);
  out = Hit{start, at};
  out.bare = !digits.letter || pairs == kPairsLong;
  return reader.answer(true);
}

bool mac_row(const Row& row, size_t first, RowHit& out) noexcept {
  const uint32_t size = row.size(first);
  const size_t count = size == 2 ? kPairs : size == 4 ? 3 : 0;
  const uint8_t separator = size == 2 ? '-' : '.';
  if (count == 0 || first + count > row.count ||
      common_separator(row, first, first + count) != separator)
    return false;
  Digits digits;
  for (size_t g = first; g < first + count; ++g) {
    if (row.size(g) != size) return false;
    for (uint8_t c : row.of(g)) {
      if (!is_hex_digit(c)) return false;
      digits.add(c);
    }
  }
  const uint8_t before = row.before(first), behind = row.behind(first + count - 1);
  if (!digits.mixed || goes_on(before) || before == '*' || before == separator || before == '.' ||
      goes_on(behind) ||
      (behind == separator && first + count < row.count &&
       gap_is(row, first + count - 1, separator)))
    return false;
  out = RowHit{static_cast<int32_t>(row.groups[first].start),
               static_cast<int32_t>(row.groups[first + count - 1].end), first + count,
               !digits.letter, 0};
  return true;
}

}  // namespace sallyport::scan
