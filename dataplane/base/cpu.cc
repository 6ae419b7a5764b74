#include "dataplane/base/cpu.h"

#include <array>
#include <atomic>

#include "dataplane/base/check.h"

namespace sallyport::base {
namespace {

// __builtin_cpu_supports also asks the kernel (XCR0) whether the wide registers are saved.
Simd detect() noexcept {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
  if (!avx2) return Simd::Portable;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512cd");
  return avx512 ? Simd::Avx512 : Simd::Avx2;
}

bool detect_vbmi2() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

constexpr std::array kLevels{Simd::Portable, Simd::Avx2, Simd::Avx512};

const Simd kDetected = detect();
// A static object of another file that asks before this one is set sees Portable: always right.
std::atomic<Simd> chosen{kDetected};

}  // namespace

Simd best_simd() noexcept { return chosen.load(std::memory_order_relaxed); }

bool has_vbmi2() noexcept {
  static const bool has = detect_vbmi2();
  return has;
}

std::span<const Simd> usable_simd() noexcept {
  return std::span(kLevels).first(static_cast<size_t>(kDetected) + 1);
}

std::string_view simd_name(Simd simd) noexcept {
  switch (simd) {
    case Simd::Portable:
      return "portable";
    case Simd::Avx2:
      return "avx2";
    case Simd::Avx512:
      return "avx512";
  }
  return "?";
}

ForcedSimd::ForcedSimd(Simd simd) noexcept : before_(best_simd()) {
  SP_CHECK_WHY(simd <= kDetected, "this processor cannot");
  chosen.store(simd, std::memory_order_relaxed);
}

ForcedSimd::~ForcedSimd() { chosen.store(before_, std::memory_order_relaxed); }

}  // namespace sallyport::base
