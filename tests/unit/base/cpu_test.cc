#include "dataplane/base/cpu.h"

#include <gtest/gtest.h>

namespace sallyport::base {
namespace {

TEST(Cpu, TheBestLevelIsTheLastUsableOne) {
  ASSERT_FALSE(usable_simd().empty());
  EXPECT_EQ(usable_simd().front(), Simd::Portable);
  EXPECT_EQ(usable_simd().back(), best_simd());
}

TEST(Cpu, AForcedLevelHoldsAsLongAsItsHook) {
  const Simd before = best_simd();
  for (const Simd simd : usable_simd()) {
    const ForcedSimd forced(simd);
    EXPECT_EQ(best_simd(), simd) << simd_name(simd);
  }
  EXPECT_EQ(best_simd(), before);
}

SP_TARGET_AVX2 uint64_t low_bits_avx2(uint64_t word) { return word & (word - 1); }
SP_TARGET_AVX512 uint64_t low_bits_avx512(uint64_t word) { return word & (word - 1); }

// What the attributes allow the compiler to emit is what was tested for.
TEST(Cpu, CodeOfEveryUsableLevelRuns) {
  for (const Simd simd : usable_simd()) {
    if (simd == Simd::Avx2) {
      EXPECT_EQ(low_bits_avx2(6), 4U);
    }
    if (simd == Simd::Avx512) {
      EXPECT_EQ(low_bits_avx512(6), 4U);
    }
  }
}

}  // namespace
}  // namespace sallyport::base
