#include "dataplane/scan/text/places.h"

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstring>

#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

constexpr size_t kWordBits = 64;

// Four places at a time are written whether or not there are as many, and if there are none: how
// many a block has cannot be guessed.
constexpr size_t kPlacesAtOnce = 4;

[[gnu::always_inline]] inline size_t list(const uint64_t* bits, size_t words,
                                          uint16_t* out) noexcept {
  size_t count = 0;
  for (size_t b = 0; b < words; ++b) {
    uint64_t some = bits[b];
    const auto next = static_cast<size_t>(std::popcount(some));
    size_t done = 0;
    do {
      for (size_t i = 0; i < kPlacesAtOnce; ++i) {
        out[count + done + i] =
            static_cast<uint16_t>(b * kWordBits + static_cast<size_t>(std::countr_zero(some)));
        some &= some - 1;
      }
      done += kPlacesAtOnce;
    } while (done < next);
    count += next;
  }
  return count;
}

SP_TARGET_AVX2 size_t list_bmi(const uint64_t* bits, size_t words, uint16_t* out) noexcept {
  return list(bits, words, out);
}

constexpr auto kNumbers = [] {
  std::array<uint8_t, kWordBits> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<uint8_t>(i);
  return numbers;
}();

// Not instrumented for the reason that masks_vbmi has.
__attribute__((no_sanitize_address)) SP_TARGET_VBMI2 size_t list_vbmi(const uint64_t* bits,
                                                                      size_t words,
                                                                      uint16_t* out) noexcept {
  const __m512i numbers = _mm512_loadu_si512(kNumbers.data());
  __m512i first = _mm512_setzero_si512();
  size_t count = 0;
  for (size_t b = 0; b < words; ++b) {
    const __m512i some = _mm512_maskz_compress_epi8(bits[b], numbers);
    const auto put = [&](size_t at, __m256i half) __attribute__((always_inline)) SP_TARGET_VBMI2 {
      _mm512_storeu_si512(out + at, _mm512_add_epi16(_mm512_cvtepu8_epi16(half), first));
    };
    __m256i half;  // GCC 12 warns of an undefined value in the cast that would do
    std::memcpy(&half, &some, sizeof half);
    put(count, half);
    const auto next = static_cast<size_t>(std::popcount(bits[b]));
    if (next > kWordBits / 2) [[unlikely]]
      put(count + kWordBits / 2, _mm512_maskz_extracti64x4_epi64(0xf, some, 1));
    count += next;
    first = _mm512_add_epi16(first, _mm512_set1_epi16(kWordBits));
  }
  return count;
}

}  // namespace

size_t list_places(const uint64_t* bits, size_t words, uint16_t* out) noexcept {
  const base::Simd simd = base::best_simd();
  if (simd == base::Simd::Portable) return list(bits, words, out);
  if (simd == base::Simd::Avx512 && base::has_vbmi2()) return list_vbmi(bits, words, out);
  return list_bmi(bits, words, out);
}

}  // namespace sallyport::scan
