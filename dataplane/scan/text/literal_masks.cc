#include "dataplane/scan/text/literal_masks.h"

#include <immintrin.h>

#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

using Tables = LiteralTables;
constexpr size_t kBlock = kLiteralBlock;
constexpr size_t kHead = Tables::kHeadBytes;
constexpr size_t kSets = Tables::kSets;
constexpr size_t kFewBlocks = 2;  // what is read beside one number

// The masks of `blocks` blocks from `text` on; one byte before it and four behind are read.
void masks_portable(const Tables& t, const uint8_t* text, size_t blocks, uint64_t* out) noexcept {
  for (size_t b = 0; b < blocks; ++b, text += kBlock) {
    uint64_t mask = 0;
    uint8_t pairs[Tables::kLookups];  // of this byte and those behind
    for (size_t p = 1; p < Tables::kLookups; ++p) pairs[p] = pair_of(text[p - 1], text[p]);
    for (size_t i = 0; i < kBlock; ++i) {
      for (size_t p = 1; p < Tables::kLookups; ++p) pairs[p - 1] = pairs[p];
      pairs[Tables::kLookups - 1] = pair_of(text[i + kHead - 2], text[i + kHead - 1]);
      const auto look_up = [&](const Tables::Set& set) {
        uint8_t here = set[0][pairs[0]];
        for (size_t p = 1; here != 0 && p < Tables::kLookups; ++p)
          here = static_cast<uint8_t>(here & set[p][pairs[p]]);
        return here;
      };
      const bool begins = begins_word(text[i - 1], text[i]);
      uint8_t any = text[i] >= 0x80 ? look_up(t.wide) : uint8_t{0};
      for (size_t s = 0; s < kSets; ++s)
        if (begins || t.anywhere[s] != 0) any = static_cast<uint8_t>(any | look_up(t.lanes[s]));
      mask |= static_cast<uint64_t>(any != 0) << i;
    }
    out[b] = mask;
  }
}

SP_TARGET_AVX2 inline __m256i load2(const uint8_t* text) noexcept {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
}
SP_TARGET_AVX2 inline __m256i in_range2(__m256i v, char first, char size) noexcept {
  const __m256i moved = _mm256_sub_epi8(v, _mm256_set1_epi8(first));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(moved, _mm256_set1_epi8(static_cast<char>(size - 1))),
                           moved);
}

// Seven bits as indices into eight times sixteen lanes: in seven of the eight bit 7 is set, and the
// shuffle answers 0.
constexpr size_t kEighths = Tables::kPairs / 16;
struct Index2 {
  __m256i eighth[kEighths];
};
SP_TARGET_AVX2 inline Index2 index2(__m256i pairs) noexcept {
  Index2 out;
  for (size_t q = 0; q < kEighths; ++q)
    out.eighth[q] =
        _mm256_adds_epu8(_mm256_xor_si256(pairs, _mm256_set1_epi8(static_cast<char>(q << 4))),
                         _mm256_set1_epi8(0x70));
  return out;
}
SP_TARGET_AVX2 inline __m256i look_up2(const Tables::Lanes& lanes, const Index2& index) noexcept {
  __m256i out = _mm256_setzero_si256();
  for (size_t q = 0; q < kEighths; ++q) {
    const __m256i part = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(lanes.data() + q * 16)));
    out = _mm256_or_si256(out, _mm256_shuffle_epi8(part, index.eighth[q]));
  }
  return out;
}

SP_TARGET_AVX2 uint32_t half_avx2(const Tables& t, const uint8_t* text) noexcept {
  __m256i any[kSets], wide = _mm256_setzero_si256();
  const __m256i case_bits = _mm256_set1_epi8(kCaseBit);
  const bool is_wide = _mm256_movemask_epi8(load2(text)) != 0;
  for (size_t p = 0; p < Tables::kLookups; ++p) {
    const __m256i first = _mm256_or_si256(load2(text + p), case_bits);
    const __m256i second = _mm256_or_si256(load2(text + p + 1), case_bits);
    const __m256i thrice = _mm256_add_epi8(_mm256_add_epi8(second, second), second);
    const Index2 index =
        index2(_mm256_and_si256(_mm256_xor_si256(first, thrice), _mm256_set1_epi8(0x7f)));
    for (size_t s = 0; s < kSets; ++s) {
      const __m256i here = look_up2(t.lanes[s][p], index);
      any[s] = p == 0 ? here : _mm256_and_si256(any[s], here);
    }
    if (is_wide) {
      const __m256i here = look_up2(t.wide[p], index);
      wide = p == 0 ? here : _mm256_and_si256(wide, here);
    }
  }
  const __m256i before = load2(text - 1), zero = _mm256_setzero_si256();
  const __m256i letter = in_range2(_mm256_or_si256(before, case_bits), 'a', 26);
  const __m256i camel =
      _mm256_and_si256(in_range2(before, 'a', 26), in_range2(load2(text), 'A', 26));
  const __m256i begins = _mm256_or_si256(camel, _mm256_cmpeq_epi8(letter, zero));
  // Of bytes that are not ASCII.
  __m256i found = _mm256_and_si256(wide, _mm256_cmpgt_epi8(zero, load2(text)));
  for (size_t s = 0; s < kSets; ++s) {
    const __m256i anywhere = _mm256_set1_epi64x(static_cast<int64_t>(t.anywhere[s]));
    found = _mm256_or_si256(found, _mm256_and_si256(any[s], _mm256_or_si256(anywhere, begins)));
  }
  return ~static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, zero)));
}

SP_TARGET_AVX2 void masks_avx2(const Tables& t, const uint8_t* text, size_t blocks,
                               uint64_t* out) noexcept {
  for (size_t b = 0; b < blocks; ++b, text += kBlock)
    out[b] = half_avx2(t, text) | static_cast<uint64_t>(half_avx2(t, text + 32)) << 32;
}

// Pairs of the 64 places from `text` on, of those that `here` names.
SP_TARGET_VBMI2 inline __m512i pairs_vbmi(const uint8_t* text, __mmask64 here) noexcept {
  const __m512i case_bits = _mm512_set1_epi8(kCaseBit);
  const __m512i first = _mm512_or_si512(_mm512_maskz_loadu_epi8(here, text), case_bits);
  const __m512i second = _mm512_or_si512(_mm512_maskz_loadu_epi8(here, text + 1), case_bits);
  return _mm512_xor_si512(first, _mm512_add_epi8(_mm512_add_epi8(second, second), second));
}

// Those of `places` that fall into a bucket of the set.
SP_TARGET_VBMI2 inline __mmask64 wide_vbmi(const Tables::Set& set, const __m512i* index,
                                           __mmask64 places) noexcept {
  __m512i any = _mm512_set1_epi8(-1);
#pragma GCC unroll 4
  for (size_t p = 0; p < Tables::kLookups; ++p)
    any =
        _mm512_and_si512(any, _mm512_permutex2var_epi8(_mm512_load_si512(set[p].data()), index[p],
                                                       _mm512_load_si512(set[p].data() + kBlock)));
  return _mm512_mask_test_epi8_mask(places, any, any);
}

// First all pairs, then the look-ups of each place by its pair and those behind; a few blocks do
// not wait for what they would store. GCC 12 puts the locals of an instrumented function at 32
// bytes only when it looks for uses after a return (its bug 110027), and 64 are needed here. The
// portable form reads the same bytes.
template <bool IsFew>
__attribute__((no_sanitize_address)) SP_TARGET_VBMI2 void masks_vbmi(const Tables& t,
                                                                     const uint8_t* text,
                                                                     size_t blocks,
                                                                     uint64_t* out) noexcept {
  constexpr __mmask64 kAll = ~__mmask64{0};
  uint8_t pairs[IsFew ? 1 : (kLiteralBlocksMax + 1) * kBlock];
  if constexpr (!IsFew) {
    for (size_t b = 0; b < blocks; ++b)
      _mm512_storeu_si512(pairs + b * kBlock, pairs_vbmi(text + b * kBlock, kAll));
    _mm512_storeu_si512(pairs + blocks * kBlock,
                        pairs_vbmi(text + blocks * kBlock, (1U << (Tables::kLookups - 1)) - 1));
  }
  __m512i low[kSets][Tables::kLookups], high[kSets][Tables::kLookups];
#pragma GCC unroll 16
  for (size_t i = 0; i < kSets * Tables::kLookups; ++i) {
    const uint8_t* lanes = t.lanes[i / Tables::kLookups][i % Tables::kLookups].data();
    low[i / Tables::kLookups][i % Tables::kLookups] = _mm512_load_si512(lanes);
    high[i / Tables::kLookups][i % Tables::kLookups] = _mm512_load_si512(lanes + 64);
  }
  __mmask64 anywhere[kSets];
  for (size_t s = 0; s < kSets; ++s) anywhere[s] = t.anywhere[s];
  const __m512i small_a = _mm512_set1_epi8('a'), capital_a = _mm512_set1_epi8('A');
  const __m512i letters = _mm512_set1_epi8(26), case_bits = _mm512_set1_epi8(kCaseBit);
  for (size_t b = 0; b < blocks; ++b, text += kBlock) {
    const __m512i before = _mm512_loadu_si512(text - 1), here = _mm512_loadu_si512(text);
    // Masks stay where they are made: moving them costs as much as a look-up.
    const __mmask64 upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(here, capital_a), letters);
    const __mmask64 begins =
        _kor_mask64(_mm512_cmpge_epu8_mask(
                        _mm512_sub_epi8(_mm512_or_si512(before, case_bits), small_a), letters),
                    _mm512_mask_cmplt_epu8_mask(upper, _mm512_sub_epi8(before, small_a), letters));
    __m512i index[Tables::kLookups];
#pragma GCC unroll 4
    for (size_t p = 0; p < Tables::kLookups; ++p)
      if constexpr (IsFew)
        index[p] = pairs_vbmi(text + p, kAll);
      else
        index[p] = _mm512_loadu_si512(pairs + b * kBlock + p);
    __mmask64 found = 0;
#pragma GCC unroll 4
    for (size_t s = 0; s < kSets; ++s) {
      const auto look_up = [&](size_t p) __attribute__((always_inline)) SP_TARGET_VBMI2 {
        return _mm512_permutex2var_epi8(low[s][p], index[p], high[s][p]);
      };
      static_assert(Tables::kLookups == 4);
      // 0x80: all three.
      const __m512i three = _mm512_ternarylogic_epi64(look_up(0), look_up(1), look_up(2), 0x80);
      const __mmask64 here_found =
          _mm512_mask_test_epi8_mask(_kor_mask64(begins, anywhere[s]), three, look_up(3));
      found = s == 0 ? here_found : _kor_mask64(found, here_found);
    }
    if (const __mmask64 wide = _mm512_movepi8_mask(here); wide != 0) [[unlikely]]
      found = _kor_mask64(found, wide_vbmi(t.wide, index, wide));
    _store_mask64(reinterpret_cast<__mmask64*>(out + b), found);
  }
}

}  // namespace

void literal_masks(const LiteralTables& tables, const uint8_t* text, size_t blocks,
                   uint64_t* out) noexcept {
  const base::Simd simd = base::best_simd();
  if (simd == base::Simd::Portable) return masks_portable(tables, text, blocks, out);
  if (simd == base::Simd::Avx512 && base::has_vbmi2())
    return blocks <= kFewBlocks ? masks_vbmi<true>(tables, text, blocks, out)
                                : masks_vbmi<false>(tables, text, blocks, out);
  masks_avx2(tables, text, blocks, out);
}

}  // namespace sallyport::scan
