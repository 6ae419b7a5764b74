// bits.h: places of the set bits of a word.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace sallyport::base {

// All bits below `bit`. 0 <= bit <= 64.
constexpr uint64_t bits_below(size_t bit) noexcept {
  return bit >= 64 ? ~uint64_t{0} : (uint64_t{1} << bit) - 1;
}

// Where the set bit stands that has `n` set bits below it. REQUIRES: n < popcount(bits).
constexpr size_t nth_bit(uint64_t bits, size_t n) noexcept {
  for (; n > 0; --n) bits &= bits - 1;
  return static_cast<size_t>(std::countr_zero(bits));
}

}  // namespace sallyport::base
