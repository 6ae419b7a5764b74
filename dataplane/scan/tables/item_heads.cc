#include "dataplane/scan/tables/item_heads.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/scan/tables/list_mark.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kSignsMax = 4;  // a quote, a bracket and a plus before a value
constexpr uint64_t kIndentMax = 40, kLabelMax = 48, kNameMax = 64;
// Lines above an item that are walked over.
constexpr unsigned kLinesMax = 12;
// The words are as near as those of a column; a label of its own is nearer.
constexpr uint16_t kDistance = 1, kLabelledDistance = 24;

bool is_sign(uint8_t c) noexcept {
  return c == '"' || c == '\'' || c == '`' || c == '(' || c == '+' || c == '*';
}

// The last bracket or brace of [from, to), sixteen characters at a time; `to`: there is none.
uint64_t last_bracket(const TextView& text, uint64_t from, uint64_t to) noexcept {
  constexpr uint64_t kAtOnce = 16;
  const uint8_t* bytes = text.bytes - text.begin;
  uint64_t at = to;
  // Both of a kind differ in one bit.
  for (; at - from >= kAtOnce; at -= kAtOnce) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + at - kAtOnce));
    const __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
    const auto hits = static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(
        _mm_cmpeq_epi8(lower, _mm_set1_epi8('{')), _mm_cmpeq_epi8(lower, _mm_set1_epi8('}')))));
    if (hits != 0) return at - kAtOnce + static_cast<uint64_t>(std::bit_width(hits)) - 1;
  }
  for (; at > from; --at)
    if (const uint8_t c = bytes[at - 1] | 0x20; c == '{' || c == '}') return at - 1;
  return to;
}

}  // namespace

// The value whose first sign is at `at` begins an item of a line, or stands behind its label.
bool ItemHeads::read_item(const TextView& text, uint64_t at, Item& out) noexcept {
  constexpr uint64_t kFarthest = kIndentMax + kLabelMax + 1;
  const uint64_t from = std::max(text.begin, at > kFarthest ? at - kFarthest : uint64_t{0});
  const auto before = text.slice(from, at);
  const void* end = before.empty() ? nullptr : memrchr(before.data(), '\n', before.size());
  if (end == nullptr && from > 0) return false;
  const uint64_t line =
      end == nullptr
          ? 0
          : from + static_cast<uint64_t>(static_cast<const uint8_t*>(end) - before.data()) + 1;
  uint64_t mark = line;
  while (mark < at && is_gap(text.at(mark))) ++mark;
  const uint64_t begin = behind_list_mark(text, mark);
  if (begin == mark || begin > at) return false;
  out = Item{line, mark - line, begin < at};
  return true;
}

// The line [line, end) may stand between two items.
bool ItemHeads::goes_on(const TextView& text, uint64_t line, uint64_t end,
                        uint64_t indent) noexcept {
  uint64_t at = line;
  while (at < end && is_gap(text.at(at))) ++at;
  if (at == end || text.at(at) == '\r') return true;
  return at - line > indent || (at - line == indent && behind_list_mark(text, at) != at);
}

bool ItemHeads::belongs(const TextView& text, uint64_t floor, const Item& item) const noexcept {
  if (last_ == kNone || item.indent != indent_ || item.line < last_ || last_ < floor) return false;
  for (uint64_t line = last_; line < item.line;) {
    uint64_t end = line;
    while (end < item.line && text.at(end) != '\n') ++end;
    if (!goes_on(text, line, end, indent_)) return false;
    line = end + 1;
  }
  return true;
}

bool ItemHeads::learn_line(const ContextWords& words, const TextView& text, uint64_t floor,
                           const Item& item, ContextBlocks& blocks) {
  uint64_t end = item.line;
  for (unsigned lines = 0; lines < kLinesMax && end > floor; ++lines) {
    if (end == failed_) return false;
    --end;  // the line end
    uint64_t line = end;
    while (line > floor && text.at(line - 1) != '\n') --line;
    if (line > 0 && line <= floor) return false;
    if (!goes_on(text, line, end, item.indent)) {
      uint64_t to = end;
      while (to > line && (is_gap(text.at(to - 1)) || text.at(to - 1) == '\r' ||
                           text.at(to - 1) == '*' || text.at(to - 1) == '"'))
        --to;
      if (to == line || (text.at(to - 1) != ':' && text.at(line) != '#')) return false;
      lines_.learn(words, text, std::max(line, to > kNameMax ? to - kNameMax : 0), to, blocks);
      return true;
    }
    end = line;
  }
  return false;
}

// Which bracket is open at `start`.
void ItemHeads::follow_brackets(const TextView& text, uint64_t floor, uint64_t start) noexcept {
  if (read_ < floor) {
    read_ = floor;
    open_ = kNone;
  }
  if (read_ >= start) return;
  if (const uint64_t last = last_bracket(text, read_, start); last != start)
    open_ = text.at(last) == '[' ? last : kNone;
  read_ = start;
}

// `"ssns": [`, `ssns = [`
void ItemHeads::learn_bracket(const ContextWords& words, const TextView& text, uint64_t floor,
                              ContextBlocks& blocks) {
  learned_ = open_;
  bracket_.count = 0;
  const uint64_t least = floor == 0 ? 0 : floor + 1;
  uint64_t to = open_;
  while (to > least && is_gap(text.at(to - 1))) --to;
  if (to < least + 2 || (text.at(to - 1) != ':' && text.at(to - 1) != '=')) return;
  uint64_t from = to - 1;
  while (from > least && to - from < kNameMax && text.at(from - 1) != '\n' &&
         text.at(from - 1) != ',' && text.at(from - 1) != '{')
    --from;
  bracket_.learn(words, text, from, to, blocks);
}

void ItemHeads::find(const ContextWords& words, const TextView& text, uint64_t start,
                     ContextBlocks& blocks, ContextHits& out) {
  const uint64_t floor = start > kItemReachBytes ? start - kItemReachBytes : 0;
  uint64_t value = start;
  for (unsigned i = 0; i < kSignsMax && value > floor && is_sign(text.at(value - 1)); ++i) --value;
  uint64_t at = value;
  while (at > floor && value - at < kIndentMax && is_gap(text.at(at - 1))) --at;
  const uint8_t before = at > 0 ? text.at(at - 1) : uint8_t{0};
  if (before == '[' || before == ',' || before == '\n') {
    follow_brackets(text, floor, start);
    if (open_ == kNone) return;
    if (learned_ != open_) learn_bracket(words, text, floor, blocks);
    bracket_.add_to(out, kDistance);
    return;
  }
  if (before != '-' && before != '*' && before != '+' && before != '.' && before != ')' &&
      before != 0xa2 && before != ':' && before != '=')
    return;
  Item item;
  if (!read_item(text, value, item)) return;
  if (!belongs(text, floor, item)) {
    if (item.line == failed_ || !learn_line(words, text, floor, item, blocks)) {
      failed_ = item.line;
      last_ = kNone;
      return;
    }
    indent_ = item.indent;
  }
  last_ = item.line;
  lines_.add_to(out, item.labelled ? kLabelledDistance : kDistance);
}

}  // namespace sallyport::scan
