// cpu.h: which vector instructions this processor offers; chosen once, in one place.
//
// A stage with fast loops writes each of them three times (portable, AVX2, AVX-512), marks the
// functions with SP_TARGET_AVX2 or SP_TARGET_AVX512, and picks one by best_simd() when it is built
// or called. The three must give equal results; tests run all of them with ForcedSimd. The rest of
// the program is compiled for x86-64-v2, so a processor without AVX2 takes the portable path.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::base {

enum class Simd : uint8_t {
  Portable,  // x86-64-v2: SSE4.2 may be used
  Avx2,      // with BMI1, BMI2, LZCNT, POPCNT: every processor that has AVX2
  Avx512     // F, BW, VL, DQ, CD with all of Avx2: servers from 2017, Zen 4 and later
};

// The attributes that match what best_simd() has tested for.
#define SP_TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define SP_TARGET_AVX512                                                        \
  __attribute__((                                                               \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx2,bmi,bmi2,lzcnt," \
             "popcnt")))

// For loops of the Avx512 level that has_vbmi2() was asked about besides; without it they take the
// form of Avx2.
#define SP_TARGET_VBMI2                                                \
  __attribute__((                                                      \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx512vbmi," \
             "avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt")))

// The widest level that processor and kernel offer, asked once at start; a relaxed load after that.
Simd best_simd() noexcept;

// Permutations and compressions of bytes over a whole vector (VBMI and VBMI2: servers from 2019,
// Zen 4 and later).
bool has_vbmi2() noexcept;

// All levels that this machine can run, narrowest first: what a test goes through.
std::span<const Simd> usable_simd() noexcept;

std::string_view simd_name(Simd simd) noexcept;

// Test hook: best_simd() answers `simd` while this lives. REQUIRES: one of usable_simd(); no other
// thread asks meanwhile; objects that keep their choice are built inside its life.
class ForcedSimd {
 public:
  explicit ForcedSimd(Simd simd) noexcept;
  ~ForcedSimd();
  ForcedSimd(const ForcedSimd&) = delete;
  ForcedSimd& operator=(const ForcedSimd&) = delete;

 private:
  Simd before_;
};

}  // namespace sallyport::base
