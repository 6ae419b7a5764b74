// shape_window.h: the characters of a window of groups, without separators, and the shapes that fit
// them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/number_row.h"

namespace sallyport::scan {

// Percent of doubt of separators where nobody puts them: on purpose, or by accident of a line end.
inline constexpr int kDoubtOfEvasion = 15;

class ShapeWindow {
 public:
  explicit ShapeWindow(const Row& row, size_t first) noexcept
      : row_(row), first_(first), last_(first) {}
  // Takes in the next group. False: it does not fit, or there is none.
  bool grow() noexcept;
  size_t group_end() const noexcept { return last_; }
  size_t length() const noexcept { return length_; }
  std::span<const uint8_t> characters() const noexcept {
    return {characters_.data(), length_};
  }  // upper case
  // A comma is none: lists of numbers in code and tables would be full of identifiers.
  static constexpr bool is_usual_separator(uint8_t c) noexcept {
    return c == ' ' || c == '-' || c == '.' || c == '/' || c == '_';
  }
  // Those that numbers mix: "913.543.434-17", "12.345.678/0001-95".
  static constexpr bool is_punctuation(uint8_t c) noexcept {
    return c == '-' || c == '.' || c == '/';
  }
  // All separators so far are the same usual one; are one of those each.
  bool is_regular() const noexcept { return regular_; }
  bool is_punctuated() const noexcept { return punctuated_; }
  // False: a shape with these digits and letters does not fit, whatever its breaks and flags are.
  bool may_fit(uint64_t digits, uint64_t letters) const noexcept {
    return ((digits & ~digits_) | (letters & ~letters_)) == 0;
  }
  // How well [digits, letters, breaks] of a shape of this length fit. Percent of doubt; -1: not at
  // all.
  int fits(uint64_t digits, uint64_t letters, uint64_t breaks, uint16_t flags) const noexcept;
  // It hangs together with the group before or behind, or with a sign that makes it something else.
  bool is_joined() const noexcept;

 private:
  bool covers_all_digits() const noexcept;

  const Row& row_;
  size_t first_, last_;
  std::array<uint8_t, contract::kShapeLengthMax> characters_;  // the first length_ are set
  size_t length_ = 0;
  uint64_t digits_ = 0, letters_ = 0, breaks_ = 0;
  bool has_lower_ = false;
  bool breaks_line_ = false;
  bool mixed_case_ = false;  // in one group
  bool regular_ = true;
  bool punctuated_ = true;
  uint8_t separator_ = 0;
};

}  // namespace sallyport::scan
