// shift_map.h: where a position of a text lies after parts of the text were replaced, and back.
//
// Vendors count positions in code points, in UTF-16 units or in bytes, so all three are kept; none
// of them can be had from another without the text, and the text is gone by then. What is kept are
// numbers only.
//
// A position inside a replaced range has no counterpart: a start becomes the start of what replaced
// it, an end its end.
//
// Limits  kShiftsMax replacements; a position behind the last one that was noted has no answer.
// Owner   one text of one exchange; memory grows with the number of replacements.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace sallyport::redact {

// Replacements of one text that are remembered: max_tokens_per_exchange, which bounds all others.
inline constexpr size_t kShiftsMax = 4'096;

// The same length in the three units; the order is that of contract::OffsetUnit.
struct UnitCount {
  std::array<uint64_t, 3> of{};  // code points, UTF-16 units, bytes
  // UTF-8, any chunking: a character counts with its first byte.
  void add(std::span<const uint8_t> text) noexcept;
  UnitCount& operator+=(const UnitCount& other) noexcept;
};

class ShiftMap {
 public:
  enum class Way : uint8_t { Forward /* original to replaced */, Backward };

  void begin() noexcept;
  // The text goes on with bytes that stay.
  void keep(std::span<const uint8_t> text) noexcept;
  // The text goes on with `original`, in whose place `replacement` stands.
  void replace(std::span<const uint8_t> original, std::span<const uint8_t> replacement);

  bool changed() const noexcept { return !shifts_.empty() || overflowed_; }
  // Of all that was said, in the text that `way` starts from, and in the one it leads to.
  uint64_t size(Way way, size_t unit) const noexcept { return from(way).of[unit]; }
  uint64_t size_after(Way way, size_t unit) const noexcept {
    return from(way == Way::Forward ? Way::Backward : Way::Forward).of[unit];
  }
  // Nothing: `position` lies behind the last replacement that could be noted. A position behind the
  // end is as far behind the end of the other text.
  std::optional<uint64_t> map(Way way, size_t unit, uint64_t position, bool is_end) const noexcept;

 private:
  struct Shift {  // one replacement
    UnitCount original_start, replaced_start;
    UnitCount original_size, replaced_size;
  };
  const UnitCount& from(Way way) const noexcept {
    return way == Way::Forward ? original_ : replaced_;
  }

  std::vector<Shift> shifts_;
  UnitCount original_, replaced_;  // of what was said so far
  bool overflowed_ = false;
};

}  // namespace sallyport::redact
