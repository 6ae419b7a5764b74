// literal_tables.h: how the places at which a literal may begin are told from all others.
//
// Literals are gathered into buckets of those that begin alike. A place falls into a bucket when
// each look-up by its first bytes says so: literal_masks.h asks 64 places at once. Built when a
// policy is loaded; read only after that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/base/ascii.h"

namespace sallyport::scan {

// Bit b of set s stands for bucket 8 s + b. Some sets are for any place, some for where a word
// begins, the last one for where a byte stands that is not ASCII.
struct LiteralTables {
  static constexpr size_t kHeadBytes = 5;  // looked at from each place
  static constexpr size_t kLookups = kHeadBytes - 1;
  static constexpr size_t kSets = 3;
  static constexpr size_t kPairs = 128;
  using Lanes = std::array<uint8_t, kPairs>;
  using Set = std::array<Lanes, kLookups>;
  std::array<uint64_t, kSets> anywhere{};  // all ones: for any place
  alignas(64) std::array<Set, kSets> lanes{};
  alignas(64) Set wide{};
};

// What lets the tables see letters of either case as one. It joins other bytes, too; the comparison
// behind them tells them apart.
constexpr uint8_t kCaseBit = 0x20;
constexpr uint64_t kCaseBits = 0x2020'2020'2020'2020U;

// Two neighbours as seven bits: the low bits of both count, the case bits do not.
constexpr uint8_t pair_of(uint8_t first, uint8_t second) noexcept {
  return static_cast<uint8_t>(((first | kCaseBit) ^ 3 * (second | kCaseBit)) & 0x7f);
}

// A word begins with `c` behind `before`.
constexpr bool begins_word(uint8_t before, uint8_t c) noexcept {
  return !base::is_letter(before) || (base::is_lower(before) && base::is_upper(c));
}

// How a literal begins: its first eight bytes with their case bits, which of them it has, and
// whether it is looked for only where a word begins.
struct LiteralBegin {
  uint64_t bytes;
  uint64_t mask;
  bool begins_word;
};

// On the heap, because GCC 12 under -fsanitize=address aligns what is on a stack to 32 bytes only.
std::unique_ptr<const LiteralTables> build_tables(const std::vector<LiteralBegin>& begins);

}  // namespace sallyport::scan
