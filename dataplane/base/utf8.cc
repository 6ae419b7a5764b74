#include "dataplane/base/utf8.h"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "dataplane/base/cpu.h"

namespace sallyport::base {
namespace {

bool is_continuation(uint8_t c) { return (c & 0xc0) == 0x80; }

// Size of the well-formed character at the front, 0 when there is none.
size_t character_size(const uint8_t* p, size_t left) noexcept {
  const uint8_t c = p[0];
  if (c < 0x80) return 1;
  if (c < 0xc2 || c > 0xf4) return 0;
  if (left < 2) return 0;
  if (c < 0xe0) return is_continuation(p[1]) ? 2 : 0;
  const uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < low || p[1] > high) return 0;
  if (left < 3 || !is_continuation(p[2])) return 0;
  if (c < 0xf0) return 3;
  return left >= 4 && is_continuation(p[3]) ? 4 : 0;
}

bool portable(const uint8_t* p, size_t size) noexcept {
  size_t n = 0;
  while (n < size) {
    if (size - n >= 8) {
      uint64_t word = 0;
      std::memcpy(&word, p + n, sizeof(word));
      if ((word & 0x8080808080808080ULL) == 0) {
        n += 8;
        continue;
      }
    }
    const size_t step = character_size(p + n, size - n);
    if (step == 0) return false;
    n += step;
  }
  return true;
}

// The vector form follows J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One Instruction
// Per Byte" (2021). A wrong pair of neighbours shows in three half bytes: both of the first byte
// and the upper one of the second. Each half byte looks up the set of mistakes it would fit; what
// is in all three sets is one. Mistakes that need a third byte are found by counting: behind E0..
// and F0.. continuation bytes must stand two and three places on.
enum : uint8_t {
  kTooShort = 1U << 0,         // a lead, then no continuation
  kTooLong = 1U << 1,          // ASCII, then a continuation
  kOverlong3 = 1U << 2,        // E0 80..9F
  kTooLarge = 1U << 3,         // F4 90.., F5..
  kSurrogate = 1U << 4,        // ED A0..BF
  kOverlong2 = 1U << 5,        // C0, C1
  kOverlong4 = 1U << 6,        // F0 80..8F
  kTooLarge1000 = 1U << 6,     // F5.. 80..8F
  kTwoContinuations = 1U << 7  // a mistake unless a lead stands two or three places before
};
constexpr uint8_t kAny = kTooShort | kTooLong | kTwoContinuations;

alignas(16) constexpr uint8_t kFirstHigh[16] = {kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTooLong,
                                                kTwoContinuations,
                                                kTwoContinuations,
                                                kTwoContinuations,
                                                kTwoContinuations,
                                                kTooShort | kOverlong2,
                                                kTooShort,
                                                kTooShort | kOverlong3 | kSurrogate,
                                                kTooShort | kTooLarge | kTooLarge1000 | kOverlong4};
constexpr uint8_t kAnyLarge = kAny | kTooLarge | kTooLarge1000;
alignas(16) constexpr uint8_t kFirstLow[16] = {kAny | kOverlong2 | kOverlong3 | kOverlong4,
                                               kAny | kOverlong2,
                                               kAny,
                                               kAny,
                                               kAny | kTooLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge,
                                               kAnyLarge | kSurrogate,
                                               kAnyLarge,
                                               kAnyLarge};
constexpr uint8_t kContinues = kTooLong | kOverlong2 | kTwoContinuations;
alignas(16) constexpr uint8_t kSecondHigh[16] = {
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kContinues | kOverlong3 | kTooLarge1000 | kOverlong4,
    kContinues | kOverlong3 | kTooLarge,
    kContinues | kSurrogate | kTooLarge,
    kContinues | kSurrogate | kTooLarge,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort};

const __m128i* table(const uint8_t* bytes) { return reinterpret_cast<const __m128i*>(bytes); }

SP_TARGET_AVX2 bool avx2(const uint8_t* p, size_t size) noexcept {
  const __m256i first_high = _mm256_broadcastsi128_si256(_mm_load_si128(table(kFirstHigh)));
  const __m256i first_low = _mm256_broadcastsi128_si256(_mm_load_si128(table(kFirstLow)));
  const __m256i second_high = _mm256_broadcastsi128_si256(_mm_load_si128(table(kSecondHigh)));
  const __m256i low_half = _mm256_set1_epi8(0x0f);
  __m256i wrong = _mm256_setzero_si256();
  __m256i before = _mm256_setzero_si256();
  // One block more than there is text: what is incomplete at the end meets zeros.
  for (size_t n = 0; n <= size; n += 32) {
    __m256i now;
    if (size - n >= 32) {
      now = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + n));
    } else {
      alignas(32) uint8_t rest[32] = {};
      if (n < size) std::memcpy(rest, p + n, size - n);
      now = _mm256_load_si256(reinterpret_cast<const __m256i*>(rest));
    }
    const __m256i across = _mm256_permute2x128_si256(before, now, 0x21);
    const __m256i one = _mm256_alignr_epi8(now, across, 15);
    const __m256i two = _mm256_alignr_epi8(now, across, 14);
    const __m256i three = _mm256_alignr_epi8(now, across, 13);
    const __m256i one_high = _mm256_and_si256(_mm256_srli_epi16(one, 4), low_half);
    const __m256i now_high = _mm256_and_si256(_mm256_srli_epi16(now, 4), low_half);
    const __m256i pair = _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(first_high, one_high),
                         _mm256_shuffle_epi8(first_low, _mm256_and_si256(one, low_half))),
        _mm256_shuffle_epi8(second_high, now_high));
    const __m256i must =
        _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(char(0xe0 - 0x80))),
                        _mm256_subs_epu8(three, _mm256_set1_epi8(char(0xf0 - 0x80))));
    wrong = _mm256_or_si256(
        wrong,
        _mm256_xor_si256(_mm256_and_si256(must, _mm256_set1_epi8(char(kTwoContinuations))), pair));
    before = now;
  }
  return _mm256_testz_si256(wrong, wrong) != 0;
}

SP_TARGET_AVX512 bool avx512(const uint8_t* p, size_t size) noexcept {
  // The forms with a mask: GCC 12 warns of its own undefined register in the others.
  constexpr __mmask16 kAll = 0xffff;
  const __m512i first_high = _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(table(kFirstHigh)));
  const __m512i first_low = _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(table(kFirstLow)));
  const __m512i second_high =
      _mm512_maskz_broadcast_i32x4(kAll, _mm_load_si128(table(kSecondHigh)));
  const __m512i low_half = _mm512_set1_epi8(0x0f);
  __m512i wrong = _mm512_setzero_si512();
  __m512i before = _mm512_setzero_si512();
  uint64_t high_before = 0;
  for (size_t n = 0; n <= size; n += 64) {
    const size_t left = size - n;
    const __mmask64 here = left >= 64 ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
    const __m512i now = _mm512_maskz_loadu_epi8(here, p + n);
    // ASCII behind ASCII is well formed: `before` then ends in ASCII, whichever block it is of.
    const uint64_t high = _mm512_movepi8_mask(now);
    if ((high | high_before) == 0) continue;
    high_before = high >> 61;  // a character is open for three bytes at most
    const __m512i across = _mm512_maskz_alignr_epi32(kAll, now, before, 12);
    const __m512i one = _mm512_alignr_epi8(now, across, 15);
    const __m512i two = _mm512_alignr_epi8(now, across, 14);
    const __m512i three = _mm512_alignr_epi8(now, across, 13);
    const __m512i one_high = _mm512_and_si512(_mm512_srli_epi16(one, 4), low_half);
    const __m512i now_high = _mm512_and_si512(_mm512_srli_epi16(now, 4), low_half);
    const __m512i pair = _mm512_and_si512(
        _mm512_and_si512(_mm512_shuffle_epi8(first_high, one_high),
                         _mm512_shuffle_epi8(first_low, _mm512_and_si512(one, low_half))),
        _mm512_shuffle_epi8(second_high, now_high));
    const __m512i must =
        _mm512_or_si512(_mm512_subs_epu8(two, _mm512_set1_epi8(char(0xe0 - 0x80))),
                        _mm512_subs_epu8(three, _mm512_set1_epi8(char(0xf0 - 0x80))));
    wrong = _mm512_or_si512(
        wrong,
        _mm512_xor_si512(_mm512_and_si512(must, _mm512_set1_epi8(char(kTwoContinuations))), pair));
    before = now;
  }
  return _mm512_test_epi8_mask(wrong, wrong) == 0;
}

}  // namespace

bool is_utf8(std::span<const uint8_t> text) noexcept {
  switch (best_simd()) {
    case Simd::Avx512:
      return avx512(text.data(), text.size());
    case Simd::Avx2:
      return avx2(text.data(), text.size());
    case Simd::Portable:
      break;
  }
  return portable(text.data(), text.size());
}

size_t utf8_open_end(std::span<const uint8_t> text) noexcept {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const uint8_t c = text[text.size() - back];
    if (is_continuation(c)) continue;
    const size_t needs = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return needs > back ? back : 0;
  }
  return 0;
}

}  // namespace sallyport::base
