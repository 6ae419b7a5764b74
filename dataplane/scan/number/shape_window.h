// shape_window.h: the characters of a window of groups, without separators, and the shapes that fit
// them.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/number/row_text.h"
#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

class ShapeWindow {
 public:
  // Both must outlive the window.
  ShapeWindow(const Row& row, const RowText& text, size_t first) noexcept
      : row_(row), text_(text), first_(first), last_(first), form_(text.form_from(first)) {}
  // Takes in the next group. False: it does not fit, or there is none.
  bool grow() noexcept;
  size_t group_end() const noexcept { return last_; }
  size_t length() const noexcept { return length_; }
  std::span<const uint8_t> characters() const noexcept {
    return text_.from(first_, length_);
  }  // upper case
  // All separators so far are the same usual one; are one of those each.
  bool is_regular() const noexcept { return regular_; }
  bool is_punctuated() const noexcept { return punctuated_; }
  bool is_spaced() const noexcept { return regular_ && separator_ == ' '; }
  bool may_fit(uint64_t digits, uint64_t letters) const noexcept {
    return form_.may_fit(digits, letters);
  }
  // How well [digits, letters, breaks] of a shape of this length fit. Percent of doubt; -1: not at
  // all.
  int fits(uint64_t digits, uint64_t letters, uint64_t breaks, uint16_t flags) const noexcept;
  // It hangs together with the group before or behind, or with a sign that makes it something else.
  bool is_joined() const noexcept;
  // Its separator goes on to more digits: "858-841" of "001-858-841-2947".
  bool is_part() const noexcept;

 private:
  // How many groups stand before it and behind it.
  struct Beside {
    size_t before = 0, behind = 0;
  };

  bool has_letters() const noexcept {
    const uint64_t own = length_ < 64 ? (uint64_t{1} << length_) - 1 : ~uint64_t{0};
    return (form_.letters & own) != 0;
  }
  bool covers_all_digits() const noexcept;
  bool is_fraction() const noexcept;
  template <typename IsOne, typename GoesOn>
  Beside beside(const IsOne& is_one, const GoesOn& goes_on) const noexcept;
  bool is_of_row() const noexcept;
  bool has_torn_line(const Beside& around) const noexcept;
  bool is_of_columns() const noexcept;
  bool is_of_dump() const noexcept;
  bool holds_ip() const noexcept;
  bool is_of_others(uint64_t breaks) const noexcept;

  const Row& row_;
  const RowText& text_;
  size_t first_, last_;
  size_t length_ = 0;
  RowText::Form form_;  // also of what stands behind the window
  uint64_t breaks_ = 0;
  bool has_lower_ = false;
  bool breaks_line_ = false;
  bool mixed_case_ = false;  // in one group
  bool regular_ = true;
  bool punctuated_ = true;
  uint8_t separator_ = 0;
};

}  // namespace sallyport::scan
