#include "dataplane/scan/number/shape_window.h"

#include <algorithm>

#include "dataplane/scan/recognise/number/row_digits.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// A few separators less or more than the form has: somebody's habit.
constexpr int kDoubtfulSeparators = 5;

}  // namespace

bool ShapeWindow::grow() noexcept {
  if (last_ >= row_.count || length_ + row_.size(last_) > contract::kShapeLengthMax) return false;
  if (last_ > first_) {
    const RowText::Gap& between = text_.gap(last_ - 1);
    regular_ = regular_ && between.usual && (separator_ == 0 || separator_ == between.first);
    punctuated_ = punctuated_ && between.punctuation;
    if (separator_ == 0) separator_ = between.first;
    breaks_line_ = breaks_line_ || between.line;
    breaks_ |= uint64_t{1} << length_;
  }
  has_lower_ = has_lower_ || text_.has_lower(last_);
  mixed_case_ = mixed_case_ || text_.mixes_case(last_);
  length_ += row_.size(last_);
  ++last_;
  return true;
}

int ShapeWindow::fits(uint64_t digits, uint64_t letters, uint64_t breaks,
                      uint16_t flags) const noexcept {
  if (!may_fit(digits, letters)) return -1;
  if ((flags & contract::kRuleUpperOnly) != 0 && has_lower_) return -1;
  // Groups that separators make are written in one case.
  if (breaks_ != 0 && mixed_case_) return -1;
  // Where its separators say what it is, all of them are there.
  if ((flags & contract::kRuleSeparated) != 0 && (breaks_ == 0 || (breaks_ & breaks) != breaks))
    return -1;
  const bool evasive = (flags & contract::kRuleEvasive) != 0;
  if (breaks_ == 0) return is_fraction() ? -1 : 0;
  if ((flags & contract::kRuleUnseparated) != 0) return -1;
  if (evasive && regular_ && (is_of_row() || is_of_dump())) return -1;
  const bool is_pair = last_ - first_ == 2 && !has_letters();
  const bool is_decimal = separator_ == '.' && is_pair;
  if (regular_ && breaks_ == breaks) {
    if (separator_ == '/' && slashes_follow(row_, last_)) return -1;
    // Where signs between its groups say what it is, neither a point of a fraction does nor the
    // space of a table.
    const bool by_signs = (flags & contract::kRuleSeparated) != 0 && is_pair;
    return by_signs && (is_decimal || is_of_columns()) ? -1 : 0;
  }
  // "11/2024" and "2024 08" of "06/11/2024 08:30" are no "99-99-99".
  if (regular_ && (breaks_ & ~breaks) == 0 && separator_ != '/' && !is_joined()) {
    // "39088169 63245986" of a list of numbers; "39407.3850891894", a fraction.
    return (evasive && (is_part() || is_of_columns())) || is_decimal ? -1 : kDoubtfulSeparators;
  }
  // Several signs, and all of them where the form has one.
  if (punctuated_ && breaks_ == breaks && evasive) return kDoubtfulSeparators;
  // Cells of two rows are two numbers.
  if (breaks_line_) {
    const auto cell = [](uint8_t c) { return c == ',' || c == ';' || c == '\t' || c == '|'; };
    if (cell(row_.before(first_)) || cell(row_.behind(last_ - 1))) return -1;
  }
  // In a table of numbers some window always has the right checksum: an evasion stands alone.
  return evasive && covers_all_digits() && !is_of_others(breaks) && !holds_ip() ? kDoubtOfEvasion
                                                                                : -1;
}

// "54844.4587226402067411": what stands behind the point of a number.
bool ShapeWindow::is_fraction() const noexcept {
  constexpr size_t kDigitsMin = 12;
  return length_ >= kDigitsMin && !has_letters() && row_.before(first_) == '.' &&
         is_digit(row_.view.at(row_.base + row_.groups[first_].start - 2));
}

// How many groups before `first_` and behind `last_` are alike and hang together.
template <typename IsOne, typename GoesOn>
ShapeWindow::Beside ShapeWindow::beside(const IsOne& is_one, const GoesOn& goes_on) const noexcept {
  Beside out;
  while (out.before < first_ && is_one(first_ - out.before - 1) && goes_on(first_ - out.before - 1))
    ++out.before;
  while (last_ + out.behind < row_.count && is_one(last_ + out.behind) &&
         goes_on(last_ + out.behind - 1))
    ++out.behind;
  return out;
}

// One of more groups of one size than make numbers of this form: "4251 4231 4660 4275 4511 4512".
// In a table of numbers some window always has the right checksum.
bool ShapeWindow::is_of_row() const noexcept {
  // A month, a year, a code and a post code may stand behind a card.
  constexpr size_t kNumbersMax = 5, kNumbersBesideMax = 1, kGroupsOfCard = 4;
  const size_t count = last_ - first_;
  const uint32_t size = row_.size(first_);
  for (size_t g = first_ + 1; g < last_; ++g)
    if (row_.size(g) != size) return false;
  const auto on_line = [&](size_t gap) { return row_.joint(gap) == separator_; };
  const auto number = [&](size_t group) { return row_.groups[group].letters == 0; };
  const auto alike = [&](size_t group) { return number(group) && row_.size(group) == size; };
  // A year behind a card is one group, and so is what numbers it or the end of a date before.
  const Beside same = beside(alike, on_line);
  const bool is_numbered = same.before == 1 && same.behind == 0 && count == kGroupsOfCard;
  if ((same.before % count != 0 && !is_numbered) || (same.behind > 1 && same.behind % count != 0))
    return true;
  if (separator_ != ' ') return false;
  const auto in_lines = [&](size_t gap) { return on_line(gap) || row_.joint(gap) == '\n'; };
  if (has_torn_line(beside(alike, in_lines))) return true;
  const Beside any = beside(number, on_line);
  return (any.before > kNumbersBesideMax && any.behind > kNumbersBesideMax) ||
         any.before + any.behind > kNumbersMax;
}

// Among the lines of groups around the window one that is neither whole numbers of this form nor
// such and a year. What begins or ends in another line than those is not looked at.
bool ShapeWindow::has_torn_line(const Beside& around) const noexcept {
  constexpr size_t kGroupsOfListMax = 7;
  if (around.before + around.behind <= kGroupsOfListMax) return false;
  const size_t count = last_ - first_, from = first_ - around.before, to = last_ + around.behind;
  size_t line = to;  // where the line begins; `to`: not within these groups
  for (size_t g = from; g + 1 < to; ++g) {
    if (row_.joint(g) != '\n') continue;
    if (line != to && (g + 1 - line) % count > 1) return true;
    line = g + 1;
  }
  return false;
}

// "5011 54855342 85897303      0": the next number of a table, spaces between.
bool ShapeWindow::is_of_columns() const noexcept {
  const auto is_column = [&](size_t group, size_t gap) {
    const auto between = row_.gap(gap);
    return row_.groups[group].letters == 0 &&
           std::all_of(between.begin(), between.end(), [](uint8_t c) { return c == ' '; });
  };
  return separator_ == ' ' && ((first_ > 0 && is_column(first_ - 1, first_ - 1)) ||
                               (last_ < row_.count && is_column(last_, last_ - 1)));
}

// "ff8b 4584 4889 4588 4883": four bytes of a dump of memory, beside others that have letters.
bool ShapeWindow::is_of_dump() const noexcept {
  const uint32_t size = row_.size(first_);
  return separator_ == ' ' && !has_letters() &&
         ((first_ > 0 && is_mixed_hex(row_, first_ - 1, size)) ||
          (last_ < row_.count && is_mixed_hex(row_, last_, size)));
}

// "537.36\"\n14.204.182.238": four numbers of a byte each with points between them, and other
// groups beside them, are an address of the internet in a log. Digits spelt one by one are not.
bool ShapeWindow::holds_ip() const noexcept {
  constexpr size_t kParts = 4;
  constexpr uint32_t kPartDigitsMax = 3;
  const auto point = [&](size_t gap) { return row_.joint(gap) == '.'; };
  for (size_t g = first_; g < last_;) {
    size_t end = g + 1;
    while (end < last_ && point(end - 1)) ++end;
    bool is_ip = end - g == kParts && last_ - first_ > kParts, is_spelt = true;
    for (size_t i = g; i < end; ++i) {
      is_ip = is_ip && row_.size(i) <= kPartDigitsMax && row_.groups[i].letters == 0;
      is_spelt = is_spelt && row_.size(i) == 1;
    }
    if (is_ip && !is_spelt) return true;
    g = end;
  }
  return false;
}

// What parts the groups makes several things of them: a time of day ("24 10:32:07 2017"), a
// fraction
// ("43.97777777777778"), a list of numbers of other sizes, paragraphs, calls ("3))-CT(2))").
bool ShapeWindow::is_of_others(uint64_t breaks) const noexcept {
  const size_t gaps = last_ - first_ - 1;
  size_t colons = 0, commas = 0, bars = 0, opening = 0, closing = 0, paragraphs = 0, points = 0,
         pluses = 0;
  for (size_t g = first_; g + 1 < last_; ++g) {
    const auto between = row_.gap(g);
    const auto has = [&](uint8_t c) {
      return std::find(between.begin(), between.end(), c) != between.end();
    };
    colons += has(':') ? 1 : 0;
    commas += has(',') ? 1 : 0;
    bars += has('|') ? 1 : 0;
    // Between literals of code it joins the parts of one.
    pluses += has('+') && !has('"') && !has('\'') ? 1 : 0;
    opening += has('(') ? 1 : 0;
    closing += has(')') ? 1 : 0;
    points += row_.joint(g) == '.' ? 1 : 0;
    paragraphs += std::count(between.begin(), between.end(), '\n') > 1 ? 1 : 0;
  }
  if (colons != 0 && colons != gaps) return true;
  if (paragraphs != 0 && paragraphs != gaps) return true;
  if (commas + bars + pluses != 0 && (breaks_ & ~breaks) != 0) return true;
  if (opening + closing > 1 && has_letters()) return true;
  // "22(22):4768-4778(1994": the bracket closes behind it.
  if (!has_letters() && opening > closing && row_.before(first_) != ')') return true;
  // "60.71.11.65 (2024-03-05": a day of the calendar is none of a card.
  for (size_t g = first_ + 1; g + 2 < last_; ++g) {
    const auto dash = [&](size_t gap) {
      return row_.gap(gap).size() == 1 && row_.gap(gap)[0] == '-';
    };
    if (row_.size(g) == 4 && row_.size(g + 1) == 2 && row_.size(g + 2) == 2 && dash(g) &&
        dash(g + 1) && !dash(g - 1))
      return true;
  }
  // "411111111111111.1"; "8.5  3.3 422994 9519", "48032.555719\n49867": decimal numbers, not parted
  // as the form is.
  if (points == 1 && gaps == 1) return true;
  return points != 0 && points != gaps && (breaks == 0 || (breaks_ & breaks) != breaks);
}

bool ShapeWindow::is_part() const noexcept {
  if (breaks_ == 0 || !regular_) return false;
  const auto goes_on = [&](size_t group, size_t gap) {
    return row_.groups[group].letters == 0 && row_.gap(gap).size() == 1 &&
           row_.gap(gap)[0] == separator_;
  };
  return (first_ > 0 && goes_on(first_ - 1, first_ - 1)) ||
         (last_ < row_.count && goes_on(last_, last_ - 1));
}

bool ShapeWindow::covers_all_digits() const noexcept {
  for (size_t g = 0; g < row_.count; ++g)
    if ((g < first_ || g >= last_) && row_.groups[g].digits > 0) return false;
  return true;
}

bool ShapeWindow::is_joined() const noexcept {
  const uint8_t before = row_.before(first_), behind = row_.behind(last_ - 1);
  switch (before) {
    case '$':
    case '#':
    case '@':
    case '%':
    case '&':
    case '=':
    case '+':
    case '^':
      return true;
    default:
      break;
  }
  if (behind == '@' || behind == '%' || behind == '=') return true;
  const uint64_t start = row_.base + row_.groups[first_].start;
  const uint64_t end = row_.base + row_.groups[last_ - 1].end;
  // A letter with an accent makes a word of it; Han and the like write no spaces, so they do not.
  if ((before & 0xc0) == 0x80 && row_.view.at(start - 2) >= 0xc3 && row_.view.at(start - 2) <= 0xc9)
    return true;
  const auto joins = [&](uint8_t c) {
    return c == '-' || c == '.' || c == '/' || c == '_' || c == ':';
  };
  if (joins(before) && is_alnum(row_.view.at(start - 2)) && before != ':') return true;
  if (joins(behind) && is_alnum(row_.view.at(end + 1))) return true;
  return false;
}

}  // namespace sallyport::scan
