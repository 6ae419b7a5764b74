#include "dataplane/scan/runs/joints.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/runs/part_chars.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kMarksMax = 24;
constexpr uint64_t kTagLettersMax = 6;
constexpr unsigned kOperatorsMax = 3;

// The text from one place on, in either direction.
template <bool kBack>
struct Walk {
  const TextView& text;
  uint64_t from;
  uint8_t peek(uint64_t n) const noexcept {
    if constexpr (kBack) return n < from ? text.at(from - 1 - n) : uint8_t{0};
    return text.at(from + n);
  }
  bool known(uint64_t n) const noexcept { return kBack || text.known(from + n); }
  uint64_t place(uint64_t n) const noexcept { return kBack ? from - n : from + n; }
  Gap gap(Joint joint, uint64_t n) const noexcept {
    if (!known(n)) return Gap{Joint::Unknown, place(n)};
    return kPartChars[peek(n)] ? Gap{joint, place(n)} : Gap{};
  }
};

// A quote, an operator of some language between blanks, a quote.
template <bool kBack>
Gap quoted(const Walk<kBack>& walk) noexcept {
  unsigned operators = 0;
  bool comma = false, line = false, blank_first = false, blank_last = false;
  for (uint64_t n = 1; n < kJointBytesMax; ++n) {
    if (!walk.known(n)) return Gap{Joint::Unknown, walk.place(n)};
    const uint8_t c = walk.peek(n);
    if (is_quote(c)) {
      // `"a". "b"` are two sentences; an operator has blanks on both sides or on none.
      const bool is_strong = operators > 0 && !comma && (line || blank_first == blank_last);
      return walk.gap(is_strong ? Joint::Strong : Joint::Listed, n + 1);
    }
    if (is_blank(c)) {
      line = line || c == '\n';
      (operators == 0 && !comma ? blank_first : blank_last) = true;
      continue;
    }
    blank_last = false;
    if (c == ',')
      comma = true;
    else if (std::string_view("+.&|~^\\<>").find(static_cast<char>(c)) == std::string_view::npos ||
             ++operators > kOperatorsMax)
      return Gap{};
  }
  return Gap{};
}

// "<b>", "</b>", "<wbr/>" from `n` on: behind it; n: none. Unknown: ~0.
template <bool kBack>
uint64_t behind_tag(const Walk<kBack>& walk, uint64_t n) noexcept {
  static constexpr std::string_view kInline[] = {"b",   "i",    "u",    "em",   "tt",
                                                 "wbr", "span", "code", "mark", "strong"};
  constexpr uint64_t kUnknown = ~uint64_t{0};
  uint64_t at = n + 1;
  std::array<char, kTagLettersMax> name;
  size_t size = 0;
  if (!walk.known(at)) return kUnknown;
  if (walk.peek(at) == '/') ++at;
  while (size < name.size() && walk.known(at) && is_letter(walk.peek(at)))
    name[size++] = static_cast<char>(to_lower(walk.peek(at++)));
  if (walk.known(at) && walk.peek(at) == '/') ++at;
  if (!walk.known(at)) return kUnknown;
  if (walk.peek(at) != (kBack ? '<' : '>')) return n;
  if constexpr (kBack) std::reverse(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size));
  const std::string_view of(name.data(), size);
  return std::find(std::begin(kInline), std::end(kInline), of) != std::end(kInline) ? at + 1 : n;
}

template <bool kBack>
Gap marks(const Walk<kBack>& walk) noexcept {
  uint64_t n = 0;
  while (n < kMarksMax) {
    if (!walk.known(n)) return Gap{Joint::Unknown, walk.place(n)};
    const uint8_t c = walk.peek(n);
    if (c == '*' || c == '`') {
      ++n;
      continue;
    }
    if (c != (kBack ? '>' : '<')) break;
    const uint64_t behind = behind_tag(walk, n);
    if (behind == ~uint64_t{0}) return Gap{Joint::Unknown, walk.place(n)};
    if (behind == n) break;
    n = behind;
  }
  return n == 0 ? Gap{} : walk.gap(Joint::Strong, n);
}

// One space, or a line end with what stands around it: a backslash before, indentation and the
// marks of quoted mail and comments behind.
template <bool kBack>
Gap blanks(const Walk<kBack>& walk) noexcept {
  unsigned lines = 0;
  bool goes_on = false;
  for (uint64_t n = 0; n < kJointBytesMax; ++n) {
    if (!walk.known(n)) return Gap{Joint::Unknown, walk.place(n)};
    const uint8_t c = walk.peek(n);
    const bool on_next_line = kBack ? lines == 0 : lines == 1;
    if (c == '\n') {
      if (++lines > 1) return Gap{};
    } else if (c == '\\' && !goes_on) {
      goes_on = true;
    } else if (!is_blank(c) && !(on_next_line && (c == '>' || c == '|' || c == '#' || c == '*'))) {
      if (lines == 1) return walk.gap(goes_on ? Joint::Strong : Joint::Line, n);
      return n == 1 && walk.peek(0) == ' ' ? walk.gap(Joint::Space, n) : Gap{};
    }
  }
  return Gap{};
}

template <bool kBack>
Gap read_gap(const TextView& text, uint64_t at) noexcept {
  const Walk<kBack> walk{text, at};
  if (!walk.known(0)) return Gap{Joint::Unknown, at};
  const uint8_t first = walk.peek(0);
  if (is_quote(first)) {
    const Gap gap = quoted(walk);
    if (gap.joint != Joint::None || first != '`') return gap;
  }
  if (first == '*' || first == '`' || first == (kBack ? '>' : '<')) {
    const Gap gap = marks(walk);
    if (gap.joint != Joint::None || !kBack) return gap;
  }
  const bool may_be_next_line = kBack && (first == '>' || first == '|' || first == '#');
  if (is_blank(first) || first == '\\' || first == '*' || may_be_next_line) return blanks(walk);
  return Gap{};
}

}  // namespace

bool is_part_char(uint8_t c) noexcept { return kPartChars[c]; }

Gap gap_behind(const TextView& text, uint64_t at) noexcept { return read_gap<false>(text, at); }
Gap gap_before(const TextView& text, uint64_t at) noexcept { return read_gap<true>(text, at); }

}  // namespace sallyport::scan
