#include "dataplane/scan/text/literal_set.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/cpu.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

using Tables = LiteralSet::Tables;
constexpr size_t kBlock = LiteralSet::kBlockBytes;
constexpr size_t kHead = LiteralSet::kHeadBytes;
constexpr size_t kSets = Tables::kSets;
// How much of a prompt is where a word begins.
constexpr float kBeginsWord = 0.2F;
// Masks that are made before they are looked at: they stay in the first cache.
constexpr size_t kBlocksAtOnce = 16;
constexpr size_t kKnownAtOnce = 64;
constexpr size_t kFewBlocks = 2;  // what is read beside one number
// What lets the tables see letters of either case as one. It joins other bytes, too; the comparison
// tells them apart.
constexpr uint8_t kCaseBit = 0x20;
constexpr uint64_t kCaseBits = 0x2020'2020'2020'2020U;

// Two neighbours as seven bits: the low bits of both count, the case bits do not.
constexpr uint8_t pair_of(uint8_t first, uint8_t second) noexcept {
  return static_cast<uint8_t>(((first | kCaseBit) ^ 3 * (second | kCaseBit)) & 0x7f);
}

// How often a pair stands in prompts: what a bucket costs.
using Frequencies = std::array<float, Tables::kPairs>;
constexpr Frequencies make_frequencies() {
  Frequencies out{};  // of a byte with its case bit set, by its low seven bits
  for (size_t c = 0; c < out.size(); ++c) out[c] = (c & kCaseBit) != 0 ? 2.0F : 0.0F;
  constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkxjqz";
  constexpr float kOften[] = {95, 70, 63, 60, 57, 55, 52, 50, 40, 33, 30, 25, 22,
                              21, 18, 17, 15, 14, 14, 11, 8,  6,  2,  2,  1,  1};
  for (size_t i = 0; i < kLetters.size(); ++i) out[static_cast<uint8_t>(kLetters[i])] = kOften[i];
  out[' '] = 150;
  out['.'] = out[','] = out['-'] = 9;
  float sum = 0;
  for (const float one : out) sum += one;
  for (float& one : out) one /= sum;
  return out;
}
constexpr Frequencies make_pair_frequencies(const Frequencies& single) {
  Frequencies out{};
  for (uint8_t first = kCaseBit; first < out.size(); ++first)
    for (uint8_t second = kCaseBit; second < out.size(); ++second)
      out[pair_of(first, second)] += single[first] * single[second];
  return out;
}
constexpr Frequencies kPairFrequencies = make_pair_frequencies(make_frequencies());
// Of other scripts nothing is known.
constexpr Frequencies make_even_frequencies() {
  Frequencies out{};
  for (float& one : out) one = 1.0F / Tables::kPairs;
  return out;
}
constexpr Frequencies kEvenFrequencies = make_even_frequencies();

// What a bucket takes at each look-up, bit by bit.
struct Bucket {
  struct Pairs {
    uint64_t low = 0, high = 0;
    bool all() const noexcept { return (low & high) == ~uint64_t{0}; }
  };
  std::array<Pairs, Tables::kLookups> takes{};

  void add(uint64_t head, uint64_t mask) noexcept {
    const auto at = [&](size_t p) { return static_cast<uint8_t>(head >> (8 * p)); };
    for (size_t p = 0; p < takes.size(); ++p) {
      if ((mask >> (8 * (p + 1)) & 0xff) == 0) {
        takes[p] = {~uint64_t{0}, ~uint64_t{0}};
        continue;
      }
      const uint8_t pair = pair_of(at(p), at(p + 1));
      (pair < 64 ? takes[p].low : takes[p].high) |= uint64_t{1} << (pair % 64);
    }
  }
  void add(const Bucket& other) noexcept {
    for (size_t p = 0; p < takes.size(); ++p) {
      takes[p].low |= other.takes[p].low;
      takes[p].high |= other.takes[p].high;
    }
  }
  // How often a place of a text with these pairs falls into it.
  float cost(const Frequencies& often) const noexcept {
    float product = 1;
    for (const Pairs& pairs : takes) {
      if (pairs.all()) continue;
      float sum = 0;
      for (uint64_t bits = pairs.low; bits != 0; bits &= bits - 1)
        sum += often[static_cast<size_t>(std::countr_zero(bits))];
      for (uint64_t bits = pairs.high; bits != 0; bits &= bits - 1)
        sum += often[64 + static_cast<size_t>(std::countr_zero(bits))];
      product *= sum;
    }
    return product;
  }
};

// Joins two at a time, the cheapest pair first, until there are no more than `most`.
void join_buckets(std::vector<Bucket>& buckets, size_t most, const Frequencies& often) {
  std::vector<float> costs(buckets.size());
  for (size_t i = 0; i < buckets.size(); ++i) costs[i] = buckets[i].cost(often);
  const auto joined_cost = [&](size_t i, size_t k) {
    Bucket both = buckets[i];
    both.add(buckets[k]);
    return both.cost(often) - costs[i] - costs[k];
  };
  // Of each one the best partner behind it.
  struct Best {
    float cost = std::numeric_limits<float>::max();
    size_t partner = 0;
  };
  std::vector<Best> best(buckets.size());
  const auto look_for_partner = [&](size_t i) {
    best[i] = Best{};
    for (size_t k = i + 1; k < buckets.size(); ++k)
      if (const float cost = joined_cost(i, k); cost < best[i].cost) best[i] = Best{cost, k};
  };
  for (size_t i = 0; i < buckets.size(); ++i) look_for_partner(i);
  while (buckets.size() > most) {
    const auto first = static_cast<size_t>(
        std::min_element(best.begin(), best.end(),
                         [](const Best& a, const Best& b) { return a.cost < b.cost; }) -
        best.begin());
    const size_t second = best[first].partner;
    buckets[first].add(buckets[second]);
    costs[first] = buckets[first].cost(often);
    // The last one takes the free place.
    const size_t moved = buckets.size() - 1;
    buckets[second] = buckets[moved];
    costs[second] = costs[moved];
    buckets.pop_back();
    costs.pop_back();
    best.pop_back();
    for (size_t i = 0; i < buckets.size(); ++i) {
      const size_t partner = best[i].partner;
      if (i == first || i == second || partner == first || partner == second || partner == moved) {
        look_for_partner(i);
        continue;
      }
      for (const size_t k : {first, second})
        if (k > i && k < buckets.size())
          if (const float cost = joined_cost(i, k); cost < best[i].cost) best[i] = Best{cost, k};
    }
  }
}

// How literals begin: bytes, and which of them count.
struct Begin {
  uint64_t bytes;
  uint64_t mask;
};
bool is_wide(uint64_t bytes) noexcept { return (bytes & 0x80) != 0; }

// At most `most` buckets.
std::vector<Bucket> make_buckets(std::vector<Begin> begins, size_t most, const Frequencies& often) {
  const auto order = [](const Begin& one) { return __builtin_bswap64(one.bytes); };
  std::sort(begins.begin(), begins.end(),
            [&](const Begin& a, const Begin& b) { return order(a) < order(b); });
  std::vector<Bucket> buckets;
  uint64_t former = 0;
  for (const Begin& one : begins) {
    if (buckets.empty() || (one.bytes & 0xffff) != former) buckets.emplace_back();
    former = one.bytes & 0xffff;
    buckets.back().add(one.bytes, one.mask);
  }
  join_buckets(buckets, most, often);
  return buckets;
}

void put(const Bucket& bucket, uint8_t bit, Tables::Set& out) noexcept {
  for (size_t p = 0; p < bucket.takes.size(); ++p)
    for (size_t c = 0; c < Tables::kPairs; ++c) {
      const uint64_t takes = c < 64 ? bucket.takes[p].low : bucket.takes[p].high;
      if ((takes >> (c % 64) & 1) != 0) out[p][c] |= bit;
    }
}

// A word begins with `c` behind `before`.
bool begins_word(uint8_t before, uint8_t c) noexcept {
  return !is_letter(before) || (is_lower(before) && is_upper(c));
}

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
  uint8_t pairs[IsFew ? 1 : (kBlocksAtOnce + 1) * kBlock];
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

void masks(const Tables& t, const uint8_t* text, size_t blocks, uint64_t* out) noexcept {
  const base::Simd simd = base::best_simd();
  if (simd == base::Simd::Portable) return masks_portable(t, text, blocks, out);
  if (simd == base::Simd::Avx512 && base::has_vbmi2())
    return blocks <= kFewBlocks ? masks_vbmi<true>(t, text, blocks, out)
                                : masks_vbmi<false>(t, text, blocks, out);
  masks_avx2(t, text, blocks, out);
}

// Four places at a time are written whether or not there are as many, and if there are none: how
// many a block has cannot be guessed.
constexpr size_t kPlacesAtOnce = 4;

[[gnu::always_inline]] inline size_t list(const uint64_t* bits, size_t blocks,
                                          uint16_t* out) noexcept {
  size_t count = 0;
  for (size_t b = 0; b < blocks; ++b) {
    uint64_t some = bits[b];
    const auto next = static_cast<size_t>(std::popcount(some));
    size_t done = 0;
    do {
      for (size_t i = 0; i < kPlacesAtOnce; ++i) {
        out[count + done + i] =
            static_cast<uint16_t>(b * kBlock + static_cast<size_t>(std::countr_zero(some)));
        some &= some - 1;
      }
      done += kPlacesAtOnce;
    } while (done < next);
    count += next;
  }
  return count;
}

SP_TARGET_AVX2 size_t list_bmi(const uint64_t* bits, size_t blocks, uint16_t* out) noexcept {
  return list(bits, blocks, out);
}

// Bits to places.
size_t list_places(const uint64_t* bits, size_t blocks, uint16_t* out) noexcept {
  return base::best_simd() == base::Simd::Portable ? list(bits, blocks, out)
                                                   : list_bmi(bits, blocks, out);
}

constexpr unsigned kHashBits = LiteralSet::kHashBits;
// Of a literal's first bytes: nearly all have so many, and what they have in common is compared.
constexpr size_t kHashedBytes = 3;
constexpr uint64_t kHashed = 0xff'ffffU;
constexpr uint32_t hash(uint64_t head) noexcept {
  return static_cast<uint32_t>(head & kHashed) * 0x9e37'79b1U >> (32 - kHashBits);
}

// Which bit of what is known of a hash the byte behind the hashed ones has.
constexpr unsigned known_bit(uint64_t head) noexcept {
  return static_cast<unsigned>(head >> (8 * kHashedBytes)) & 15;
}

// Eight bytes from `at` on as the tables see them; what is behind the end is 0.
uint64_t head_at(std::span<const uint8_t> text, size_t at) noexcept {
  uint64_t here = 0;
  const size_t there = text.size() - at;
  if (there >= sizeof here) [[likely]]
    std::memcpy(&here, text.data() + at, sizeof here);
  else
    std::memcpy(&here, text.data() + at, there);
  return here | kCaseBits;
}

uint64_t mask_of(size_t size) noexcept {
  return size >= sizeof(uint64_t) ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
}

}  // namespace

bool LiteralSet::build(std::span<const Literal> literals) {
  texts_.clear();
  heads_.clear();
  longest_ = 0;
  short_sizes_ = 0;
  known_.fill(0);
  for (const Literal& literal : literals) {
    if (literal.text.empty() || texts_.size() >= 0xffff) return false;
    Text text{std::string(literal.text), literal.exact, literal.begins_word};
    if (!text.exact)
      for (char& c : text.text) c = static_cast<char>(to_lower(static_cast<uint8_t>(c)));
    Head head{0, mask_of(text.text.size()), static_cast<uint32_t>(texts_.size()), 0};
    std::memcpy(&head.bytes, text.text.data(), std::min(sizeof head.bytes, text.text.size()));
    head.bytes = (head.bytes | kCaseBits) & head.mask;
    head.hash = hash(head.bytes);
    heads_.push_back(head);
    known_[head.hash] = static_cast<uint16_t>(
        known_[head.hash] | (text.text.size() > kHashedBytes ? 1U << known_bit(head.bytes) : ~0U));
    longest_ = std::max(longest_, text.text.size());
    if (text.text.size() < kHashedBytes) short_sizes_ |= 1U << text.text.size();
    texts_.push_back(std::move(text));
  }
  // Of the ways to share the sets between the two kinds the one that leaves the fewest places.
  float best = -1;
  for (size_t sets = 1; sets < kSets; ++sets) {
    auto tables = std::make_unique<Tables>();
    const float cost = fill_buckets(false, 0, sets, *tables) +
                       kBeginsWord * fill_buckets(true, sets, kSets - sets, *tables);
    if (best >= 0 && cost >= best) continue;
    best = cost;
    tables_ = std::move(tables);
  }
  fill_wide(*tables_);
  std::stable_sort(heads_.begin(), heads_.end(),
                   [](const Head& a, const Head& b) { return a.hash < b.hash; });
  groups_.assign(1, Group{});
  group_.fill(0);
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Head& head = heads_[i];
    if (i == 0 || heads_[i - 1].hash != head.hash) {
      group_[head.hash] = static_cast<uint16_t>(groups_.size());
      groups_.push_back(Group{head.bytes, head.mask, static_cast<uint32_t>(i), 0});
    }
    Group& group = groups_.back();
    group.mask &= head.mask & ~(group.bytes ^ head.bytes);
    group.bytes &= group.mask;
    group.end = static_cast<uint32_t>(i) + 1;
  }
  return true;
}

float LiteralSet::fill_buckets(bool begins_word, size_t first_set, size_t sets, Tables& out) const {
  std::vector<Begin> begins;
  for (const Head& head : heads_)
    if (!is_wide(head.bytes) && texts_[head.literal].begins_word == begins_word)
      begins.push_back({head.bytes, head.mask});
  const auto buckets = make_buckets(std::move(begins), 8 * sets, kPairFrequencies);
  for (size_t s = first_set; s < first_set + sets; ++s)
    out.anywhere[s] = begins_word ? 0 : ~uint64_t{0};
  float cost = 0;
  for (size_t b = 0; b < buckets.size(); ++b) {
    cost += buckets[b].cost(kPairFrequencies);
    put(buckets[b], static_cast<uint8_t>(1U << (b % 8)), out.lanes[first_set + b / 8]);
  }
  return cost;
}

void LiteralSet::fill_wide(Tables& out) const {
  std::vector<Begin> begins;
  for (const Head& head : heads_)
    if (is_wide(head.bytes)) begins.push_back({head.bytes, head.mask});
  const auto buckets = make_buckets(std::move(begins), 8, kEvenFrequencies);
  for (size_t b = 0; b < buckets.size(); ++b)
    put(buckets[b], static_cast<uint8_t>(1U << b), out.wide);
}

bool LiteralSet::stands_at(std::span<const uint8_t> text, size_t at,
                           uint32_t literal) const noexcept {
  const Text& one = texts_[literal];
  if (one.text.size() > text.size() - at) return false;
  const uint8_t* here = text.data() + at;
  if (one.begins_word && at > 0 && !begins_word(here[-1], here[0])) return false;
  if (one.exact) return std::memcmp(here, one.text.data(), one.text.size()) == 0;
  for (size_t i = 0; i < one.text.size(); ++i)
    if (static_cast<uint8_t>(one.text[i]) != to_lower(here[i])) return false;
  return true;
}

// 1: a literal begins with the bytes that are hashed, and one with these goes on with the same bits
// of the next byte; 0: none does.
template <bool HasShort>
inline size_t LiteralSet::is_known(uint64_t here) const noexcept {
  unsigned any = unsigned{known_[hash(here)]} >> known_bit(here);
  if constexpr (!HasShort) return any & 1;
  if ((short_sizes_ & 1U << 2) != 0) any |= known_[hash(here & 0xffffU)];
  if ((short_sizes_ & 1U << 1) != 0) any |= known_[hash(here & 0xffU)];
  return any & 1;
}

// 1: it goes on like all literals of its hash; 0: it does not.
template <bool HasShort>
inline size_t LiteralSet::has_begun(uint64_t here) const noexcept {
  const auto fits = [&](uint64_t head) {
    const Group& group = groups_[group_[hash(head)]];
    return static_cast<size_t>((here & group.mask) == group.bytes);
  };
  size_t any = fits(here);
  if constexpr (!HasShort) return any;
  if ((short_sizes_ & 1U << 2) != 0) any |= fits(here & 0xffffU);
  if ((short_sizes_ & 1U << 1) != 0) any |= fits(here & 0xffU);
  return any;
}

// Which of at most 64 places a literal may begin at. No branch in it is hard to guess, and nothing
// is stored where a later load would have to wait for it.
template <bool HasShort>
uint64_t LiteralSet::begun_of(std::span<const uint8_t> text, const uint16_t* places,
                              size_t count) const noexcept {
  // The last few may have no four bytes.
  size_t whole = count;
  while (whole > 0 && places[whole - 1] + sizeof(uint32_t) > text.size()) --whole;
  uint64_t known = 0;
  for (size_t i = 0; i < whole; ++i) {
    uint32_t here = 0;
    std::memcpy(&here, text.data() + places[i], sizeof here);
    known |= uint64_t{is_known<HasShort>(here | static_cast<uint32_t>(kCaseBits))} << i;
  }
  for (size_t i = whole; i < count && places[i] < text.size(); ++i) known |= uint64_t{1} << i;
  uint64_t begun = 0;
  for (; known != 0; known &= known - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(known));
    begun |= uint64_t{has_begun<HasShort>(head_at(text, places[i]))} << i;
  }
  return begun;
}

void LiteralSet::look_at(std::span<const uint8_t> text, size_t at,
                         std::vector<LiteralHit>& out) const {
  const uint64_t here = head_at(text, at);
  // Shorter ones have a hash of their own: one that another's place shares is not meant.
  const auto look = [&](uint64_t head, uint64_t hashed) {
    const Group& group = groups_[group_[hash(head)]];
    for (size_t i = group.first; i < group.end; ++i)
      if ((here & heads_[i].mask) == heads_[i].bytes && (heads_[i].mask & kHashed) == hashed &&
          stands_at(text, at, heads_[i].literal))
        out.push_back(LiteralHit{heads_[i].literal, static_cast<uint32_t>(at)});
  };
  look(here, kHashed);
  for (unsigned sizes = short_sizes_; sizes != 0; sizes &= sizes - 1) {
    const uint64_t mask = mask_of(static_cast<size_t>(std::countr_zero(sizes)));
    look(here & mask, mask);
  }
}

void LiteralSet::find(std::span<const uint8_t> text, size_t from, size_t until,
                      std::vector<LiteralHit>& out, const uint64_t* allowed) const {
  if (texts_.empty()) return;
  SP_CHECK(until <= text.size());
  std::array<uint64_t, kBlocksAtOnce> bits;
  std::array<uint16_t, kBlocksAtOnce * kBlock + kPlacesAtOnce> places;
  std::array<uint8_t, kBlock + sizeof(__m128i)> edge;  // with the byte before and a head behind
  static_assert(edge.size() > kBlock + kHead);
  while (from < until) {
    if (allowed != nullptr && *allowed == 0) {
      ++allowed;
      from += kBlock;
      continue;
    }
    // A whole block reads the heads of its last places, too, and the byte before it.
    const size_t readable = text.size() - from;
    size_t blocks = std::min(readable > kHead ? (readable - (kHead - 1)) / kBlock : size_t{0},
                             std::min((until - from + kBlock - 1) / kBlock, kBlocksAtOnce));
    if (from == 0) blocks = 0;
    if (allowed != nullptr)
      for (size_t b = 1; b < blocks; ++b)
        if (allowed[b] == 0) blocks = b;
    if (blocks > 0) {
      masks(*tables_, text.data() + from, blocks, bits.data());
    } else {
      for (size_t i = 0; i < edge.size(); i += sizeof(__m128i))
        _mm_storeu_si128(reinterpret_cast<__m128i*>(edge.data() + i), _mm_setzero_si128());
      if (from > 0) edge[0] = text[from - 1];
      // Not memcpy: GCC makes a string instruction of one with a bound, which takes longer to
      // begin.
      std::memmove(edge.data() + 1, text.data() + from, std::min(readable, kBlock + kHead));
      blocks = 1;
      masks(*tables_, edge.data() + 1, 1, bits.data());
    }
    if (allowed != nullptr)
      for (size_t b = 0; b < blocks; ++b) bits[b] &= *allowed++;
    const size_t count = list_places(bits.data(), blocks, places.data());
    for (size_t some = 0; some < count; some += kKnownAtOnce) {
      const auto rest = text.subspan(from);
      const uint16_t* next = places.data() + some;
      const size_t here = std::min(count - some, kKnownAtOnce);
      uint64_t begun =
          short_sizes_ == 0 ? begun_of<false>(rest, next, here) : begun_of<true>(rest, next, here);
      for (; begun != 0; begun &= begun - 1) {
        const size_t at = from + places[some + static_cast<size_t>(std::countr_zero(begun))];
        if (at < until) look_at(text, at, out);
      }
    }
    from += blocks * kBlock;
  }
}

}  // namespace sallyport::scan
