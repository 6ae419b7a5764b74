// digit_runs.h: cards, social security numbers and phone numbers in one run of digits and
// separators.
//
// A run is a row of groups of digits ("4111 1111 1111 1111", "(415) 555-2671", "+49 171 1234567").
// We look at windows of whole groups only, so part of a longer number is never taken for a shorter
// one.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace sallyport::scan {

inline constexpr size_t kGroupsMax = 64;

struct DigitGroup {
  uint32_t start;  // offset in the run
  uint32_t end;
};

// The groups of a run, with what stands around it.
struct DigitRun {
  std::span<const uint8_t> text;
  std::array<DigitGroup, kGroupsMax> groups;
  size_t group_count = 0;
  uint8_t before = 0;  // the character before the run, 0 at the start of the text
  uint8_t behind = 0;  // the character behind it, 0 at the end
};

void split_groups(DigitRun& run) noexcept;

struct NumberMatch {
  uint32_t start;
  uint32_t end;
  size_t group_end;    // index behind its last group
  bool needs_context;  // the shape alone says too little
};

// The widest number of the kind that begins with group `first`. False: none.
bool card_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept;
bool ssn_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept;
bool phone_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept;

}  // namespace sallyport::scan
