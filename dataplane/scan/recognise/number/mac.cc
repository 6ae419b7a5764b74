#include "dataplane/scan/recognise/number/mac.h"

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/recognise/number/colon_groups.h"
#include "dataplane/scan/recognise/number/row_digits.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kPairs = 6;
constexpr unsigned kPairsLong = 8;  // EUI-64

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
  const uint64_t start = first_colon_group(reader, trigger.at, 2, 2);
  if (start == kNoColonGroup || reader.before(start) == '-') return reader.answer(false);
  Digits digits;
  unsigned pairs = 0;
  uint64_t at = start;
  for (; pairs <= kPairsLong; ++pairs) {
    if (!is_hex(reader.at(at)) || !is_hex(reader.at(at + 1))) return reader.answer(false);
    digits.add(reader.at(at));
    digits.add(reader.at(at + 1));
    at += 2;
    if (reader.at(at) != ':') break;
    if (!is_alnum(reader.at(at + 1))) break;
    ++at;
  }
  ++pairs;
  if ((pairs != kPairs && pairs != kPairsLong) || is_word_char(reader.at(at)) || !digits.mixed)
    return reader.answer(false);
  out = Hit{start, at};
  out.bare = !digits.letter || pairs == kPairsLong;
  return reader.answer(true);
}

uint64_t mac_letters_from(const TextView& text, uint64_t group, uint32_t size) noexcept {
  const uint8_t separator = size == 2 ? '-' : '.';
  const unsigned most = size == 2 ? kPairs - 1 : 2;
  uint64_t at = group;
  for (unsigned groups = 0; groups < most && at > size && text.at(at - 1) == separator; ++groups) {
    uint64_t start = at - 1;
    while (at - 1 - start < size && is_hex(text.at(start - 1))) --start;
    if (at - 1 - start != size) break;
    at = start;
  }
  return at;
}

bool mac_row(const Row& row, size_t first, RowHit& out) noexcept {
  const uint32_t size = row.size(first);
  const size_t count = size == 2 ? kPairs : size == 4 ? 3 : 0;
  const uint8_t separator = size == 2 ? '-' : '.';
  if (count == 0) return false;
  if (first > 0 && (first + count > row.count || !gap_is(row, first, separator))) return false;
  const uint64_t group = row.base + row.groups[first].start;
  const uint64_t start = first == 0 ? mac_letters_from(row.view, group, size) : group;
  const size_t here = count - static_cast<size_t>((group - start) / (size + 1));
  if (first + here > row.count ||
      (here > 1 && common_separator(row, first, first + here) != separator))
    return false;
  Digits digits;
  for (uint64_t at = start; at < group; ++at)
    if (row.view.at(at) != separator) digits.add(row.view.at(at));
  for (size_t g = first; g < first + here; ++g) {
    if (row.size(g) != size) return false;
    for (uint8_t c : row.of(g)) {
      if (!is_hex(c)) return false;
      digits.add(c);
    }
  }
  const uint8_t before = start == 0 ? uint8_t{0} : row.view.at(start - 1);
  const uint8_t behind = row.behind(first + here - 1);
  if (!digits.mixed || is_word_char(before) || before == '*' || before == separator ||
      before == '.' || is_alnum(before) || is_word_char(behind) ||
      (behind == separator && first + here < row.count && gap_is(row, first + here - 1, separator)))
    return false;
  out = RowHit{static_cast<int32_t>(start - row.base),
               static_cast<int32_t>(row.groups[first + here - 1].end), first + here, !digits.letter,
               0};
  return true;
}

}  // namespace sallyport::scan
