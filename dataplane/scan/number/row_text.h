// row_text.h: the characters of a row's groups without what stands between them, read once for all
// the windows that are looked at in it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

class RowText {
 public:
  // What stands between two groups.
  struct Gap {
    uint8_t first = 0;         // its first character
    bool single = false;       // its only one
    bool usual = false;        // a single one that numbers have between their groups
    bool punctuation = false;  // a single one of those that numbers mix
    bool line = false;         // a line end is in it
  };

  // A comma is none: lists of numbers in code and tables would be full of identifiers.
  static constexpr bool is_usual_separator(uint8_t c) noexcept {
    return c == ' ' || c == '-' || c == '.' || c == '/' || c == '_';
  }
  // Those that numbers mix: "913.543.434-17", "12.345.678/0001-95".
  static constexpr bool is_punctuation(uint8_t c) noexcept {
    return c == '-' || c == '.' || c == '/';
  }

  void read(const Row& row) noexcept;

  // The group's own, in upper case, and those of the groups behind it.
  std::span<const uint8_t> from(size_t group, size_t size) const noexcept {
    return {characters_.data() + starts_[group], size};
  }
  // Bit n: the character n places behind the first one of a group is a digit, a letter.
  struct Form {
    uint64_t digits;
    uint64_t letters;
    // False: a shape with these digits and letters does not fit, whatever its breaks and flags are.
    bool may_fit(uint64_t its_digits, uint64_t its_letters) const noexcept {
      return ((its_digits & ~digits) | (its_letters & ~letters)) == 0;
    }
  };
  Form form_from(size_t group) const noexcept {
    return {bits(digits_, starts_[group]), bits(letters_, starts_[group])};
  }
  // Of the group.
  bool has_lower(size_t group) const noexcept { return (lower_ >> group & 1) != 0; }
  bool mixes_case(size_t group) const noexcept { return (mixed_ >> group & 1) != 0; }
  // Behind the group. REQUIRES: another one follows.
  const Gap& gap(size_t group) const noexcept { return gaps_[group]; }

 private:
  // A row ends with the group that makes it this long, and a group is no longer than a shape.
  static constexpr size_t kCharactersMax = kRowBytesMax + contract::kShapeLengthMax;
  // One word more, which is read across the end.
  using Bits = std::array<uint64_t, kCharactersMax / 64 + 2>;
  static_assert(kGroupsMax <= 64);

  static uint64_t bits(const Bits& some, size_t at) noexcept {
    const size_t word = at / 64, bit = at % 64;
    return bit == 0 ? some[word] : some[word] >> bit | some[word + 1] << (64 - bit);
  }
  // `there`: bytes that can be read from the group's first on.
  void add_digits(std::span<const uint8_t> group, uint64_t there) noexcept;
  void add_mixed(size_t index, std::span<const uint8_t> group) noexcept;

  // Most groups are shorter: so many characters are copied at once, whatever is behind them.
  static constexpr size_t kCopiedAtOnce = 16;
  std::array<uint8_t, kCharactersMax + kCopiedAtOnce> characters_;  // the first size_ are set
  size_t size_ = 0;
  Bits digits_, letters_;
  uint64_t lower_ = 0, mixed_ = 0;  // a bit for each group
  std::array<uint16_t, kGroupsMax> starts_;
  std::array<Gap, kGroupsMax> gaps_;
};

}  // namespace sallyport::scan
