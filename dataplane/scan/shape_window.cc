#include "dataplane/scan/shape_window.h"

#include <algorithm>

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
  if (breaks_ == 0) return 0;
  if ((flags & contract::kRuleUnseparated) != 0) return -1;
  if (regular_ && (breaks_ & ~breaks) == 0) return breaks_ == breaks ? 0 : kDoubtfulSeparators;
  // Several signs, and all of them where the form has one.
  if (punctuated_ && breaks_ == breaks && (flags & contract::kRuleEvasive) != 0)
    return kDoubtfulSeparators;
  // Cells of two rows are two numbers.
  if (breaks_line_) {
    const auto cell = [](uint8_t c) { return c == ',' || c == ';' || c == '\t' || c == '|'; };
    if (cell(row_.before(first_)) || cell(row_.behind(last_ - 1))) return -1;
  }
  // In a table of numbers some window always has the right checksum: an evasion stands alone.
  return (flags & contract::kRuleEvasive) != 0 && covers_all_digits() ? kDoubtOfEvasion : -1;
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
