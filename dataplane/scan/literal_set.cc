#include "dataplane/scan/literal_set.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>

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
// What lets the tables see letters of either case as one. It joins other bytes, too; the comparison
// tells them apart.
constexpr uint8_t kCaseBit = 0x20;
constexpr uint64_t kCaseBits = 0x2020'2020'2020'2020U;

// Six bits of a byte: all but the case bit and the highest.
constexpr uint8_t class_of(uint8_t c) noexcept {
  return static_cast<uint8_t>((c & 0x1f) | (c >> 1 & 0x20));
}

// Two neighbours as six bits: the classes of both count, and no bit of either is lost.
constexpr uint8_t mixed(uint8_t of_class) noexcept {
  return static_cast<uint8_t>((of_class << 3 & 0x38) | of_class >> 3);
}
constexpr uint8_t pair_of(uint8_t first_class, uint8_t second_class) noexcept {
  return first_class ^ mixed(second_class);
}

// How often a class of bytes stands in prompts, and a pair: what a bucket costs.
using Frequencies = std::array<float, Tables::kClasses>;
constexpr Frequencies make_frequencies() {
  Frequencies out{};
  for (float& one : out) one = 2;
  constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkxjqz";
  constexpr float kOften[] = {95, 70, 63, 60, 57, 55, 52, 50, 40, 33, 30, 25, 22,
                              21, 18, 17, 15, 14, 14, 11, 8,  6,  2,  2,  1,  1};
  for (size_t i = 0; i < kLetters.size(); ++i)
    out[class_of(static_cast<uint8_t>(kLetters[i]))] = kOften[i];
  out[class_of(' ')] = 150;
  out[class_of('.')] = out[class_of(',')] = out[class_of('-')] = 9;
  float sum = 0;
  for (const float one : out) sum += one;
  for (float& one : out) one /= sum;
  return out;
}
constexpr Frequencies make_pair_frequencies(const Frequencies& single) {
  Frequencies out{};
  for (uint8_t first = 0; first < Tables::kClasses; ++first)
    for (uint8_t second = 0; second < Tables::kClasses; ++second)
      out[pair_of(first, second)] += single[first] * single[second];
  return out;
}
constexpr Frequencies kFrequencies = make_frequencies();
constexpr Frequencies kPairFrequencies = make_pair_frequencies(kFrequencies);

// What a bucket takes at each look-up, bit by bit.
struct Bucket {
  std::array<uint64_t, Tables::kLookups> takes{};

  void add(uint64_t head, uint64_t mask) noexcept {
    const auto is_any = [&](size_t p) { return (mask >> (8 * p) & 0xff) == 0; };
    const auto at = [&](size_t p) { return class_of(static_cast<uint8_t>(head >> (8 * p))); };
    takes[0] |= uint64_t{1} << at(0);
    for (size_t p = 1; p < kHead; ++p)
      takes[p] |= is_any(p) ? ~uint64_t{0} : uint64_t{1} << pair_of(at(p - 1), at(p));
  }
  void add(const Bucket& other) noexcept {
    for (size_t p = 0; p < takes.size(); ++p) takes[p] |= other.takes[p];
  }
  // How often a place of a prompt falls into it.
  float cost() const noexcept {
    float product = 1;
    for (size_t p = 0; p < takes.size(); ++p) {
      if (takes[p] == ~uint64_t{0}) continue;
      const Frequencies& often = p == 0 ? kFrequencies : kPairFrequencies;
      float sum = 0;
      for (uint64_t bits = takes[p]; bits != 0; bits &= bits - 1)
        sum += often[static_cast<size_t>(std::countr_zero(bits))];
      product *= sum;
    }
    return product;
  }
};

// Joins two at a time, the cheapest pair first, until there are no more than `most`.
void join_buckets(std::vector<Bucket>& buckets, size_t most) {
  std::vector<float> costs(buckets.size());
  for (size_t i = 0; i < buckets.size(); ++i) costs[i] = buckets[i].cost();
  const auto joined_cost = [&](size_t i, size_t k) {
    Bucket both = buckets[i];
    both.add(buckets[k]);
    return both.cost() - costs[i] - costs[k];
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
    costs[first] = buckets[first].cost();
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

void put(const Bucket& bucket, size_t set, uint8_t bit, Tables& out) noexcept {
  for (size_t p = 0; p < bucket.takes.size(); ++p)
    for (size_t c = 0; c < Tables::kClasses; ++c)
      if ((bucket.takes[p] >> c & 1) != 0) out.lanes[set][p][c] |= bit;
}

// A word begins with `c` behind `before`.
bool begins_word(uint8_t before, uint8_t c) noexcept {
  return !is_letter(before) || (is_lower(before) && is_upper(c));
}

// The masks of `blocks` blocks from `text` on; one byte before it and three behind are read.
void masks_portable(const Tables& t, const uint8_t* text, size_t blocks, uint64_t* out) noexcept {
  for (size_t b = 0; b < blocks; ++b, text += kBlock) {
    uint64_t mask = 0;
    uint8_t of[kHead];  // the classes of this byte and those behind
    for (size_t p = 1; p < kHead; ++p) of[p] = class_of(text[p - 1]);
    for (size_t i = 0; i < kBlock; ++i) {
      for (size_t p = 1; p < kHead; ++p) of[p - 1] = of[p];
      of[kHead - 1] = class_of(text[i + kHead - 1]);
      uint8_t any = 0;
      const bool begins = begins_word(text[i - 1], text[i]);
      const uint8_t first = pair_of(of[0], of[1]);
      for (size_t s = 0; s < kSets; ++s) {
        if (!begins && t.anywhere[s] == 0) continue;
        const auto& set = t.lanes[s];
        auto here = static_cast<uint8_t>(set[0][of[0]] & set[1][first]);
        for (size_t p = 2; here != 0 && p < kHead; ++p)
          here = static_cast<uint8_t>(here & set[p][pair_of(of[p - 1], of[p])]);
        any |= here;
      }
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
SP_TARGET_AVX2 inline __m256i either2(__m256i a, int a_bits, __m256i b, int b_bits) noexcept {
  return _mm256_or_si256(_mm256_and_si256(a, _mm256_set1_epi8(static_cast<char>(a_bits))),
                         _mm256_and_si256(b, _mm256_set1_epi8(static_cast<char>(b_bits))));
}

// Six bits as indices into four times sixteen lanes: in three of the four bit 7 is set, and the
// shuffle answers 0.
constexpr size_t kQuarters = 4;
struct Index2 {
  __m256i quarter[kQuarters];
};
SP_TARGET_AVX2 inline Index2 index2(__m256i six_bits) noexcept {
  Index2 out;
  for (size_t q = 0; q < kQuarters; ++q)
    out.quarter[q] =
        _mm256_adds_epu8(_mm256_xor_si256(six_bits, _mm256_set1_epi8(static_cast<char>(q << 4))),
                         _mm256_set1_epi8(0x70));
  return out;
}
SP_TARGET_AVX2 inline __m256i look_up2(const Tables::Lanes& lanes, const Index2& index) noexcept {
  __m256i out = _mm256_setzero_si256();
  for (size_t q = 0; q < kQuarters; ++q) {
    const __m256i part = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(lanes.data() + q * 16)));
    out = _mm256_or_si256(out, _mm256_shuffle_epi8(part, index.quarter[q]));
  }
  return out;
}

SP_TARGET_AVX2 uint32_t half_avx2(const Tables& t, const uint8_t* text) noexcept {
  __m256i any[kSets];
  __m256i before_class{};
  for (size_t p = 0; p < kHead; ++p) {
    const __m256i v = load2(text + p);
    const __m256i of_class = either2(v, 0x1f, _mm256_srli_epi16(v, 1), 0x20);
    const __m256i mixed_class =
        either2(_mm256_slli_epi16(of_class, 3), 0x38, _mm256_srli_epi16(of_class, 3), 0x07);
    const Index2 index = index2(p == 0 ? of_class : _mm256_xor_si256(before_class, mixed_class));
    before_class = of_class;
    for (size_t s = 0; s < kSets; ++s) {
      const __m256i here = look_up2(t.lanes[s][p], index);
      any[s] = p == 0 ? here : _mm256_and_si256(any[s], here);
    }
  }
  const __m256i before = load2(text - 1), zero = _mm256_setzero_si256();
  const __m256i letter = in_range2(_mm256_or_si256(before, _mm256_set1_epi8(kCaseBit)), 'a', 26);
  const __m256i camel =
      _mm256_and_si256(in_range2(before, 'a', 26), in_range2(load2(text), 'A', 26));
  const __m256i begins = _mm256_or_si256(camel, _mm256_cmpeq_epi8(letter, zero));
  __m256i found = zero;
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

SP_TARGET_VBMI2 inline uint64_t alphabet_from(__m512i v, char first) noexcept {
  return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(v, _mm512_set1_epi8(first)), _mm512_set1_epi8(26));
}

constexpr Tables::Lanes make_mixed() {
  Tables::Lanes out{};
  for (uint8_t c = 0; c < out.size(); ++c) out[c] = mixed(c);
  return out;
}
alignas(64) constexpr Tables::Lanes kMixed = make_mixed();

constexpr __mmask64 kAllLanes =
    ~__mmask64{0};  // the forms without a mask read what was never set, says GCC 12

// GCC 12 puts the locals of an instrumented function at 32 bytes only when it looks for uses after
// a return (its bug 110027), and 64 are needed here. The portable form reads the same bytes.
__attribute__((no_sanitize_address)) SP_TARGET_VBMI2 void masks_vbmi(const Tables& t,
                                                                     const uint8_t* text,
                                                                     size_t blocks,
                                                                     uint64_t* out) noexcept {
  __m512i lanes[kSets][kHead];
#pragma GCC unroll 16
  for (size_t i = 0; i < kSets * kHead; ++i)
    lanes[i / kHead][i % kHead] = _mm512_load_si512(t.lanes[i / kHead][i % kHead].data());
  const __m512i low_bits = _mm512_set1_epi8(0x1f);
  const __m512i mix = _mm512_load_si512(kMixed.data());
  for (size_t b = 0; b < blocks; ++b, text += kBlock) {
    __m512i any[kSets];
    __m512i before_class{};
#pragma GCC unroll 4
    for (size_t p = 0; p < kHead; ++p) {
      const __m512i v = _mm512_loadu_si512(text + p);
      // Bits 0 to 4 of the byte, and its bit 6 as bit 5 (what is above does not count); 0xca: where
      // the first has a one the second, else the third.
      const __m512i c = _mm512_ternarylogic_epi64(low_bits, v, _mm512_srli_epi16(v, 1), 0xca);
      const __m512i index =
          p == 0 ? c
                 : _mm512_xor_si512(before_class, _mm512_maskz_permutexvar_epi8(kAllLanes, c, mix));
      before_class = c;
#pragma GCC unroll 4
      for (size_t s = 0; s < kSets; ++s) {
        const __m512i here = _mm512_maskz_permutexvar_epi8(kAllLanes, index, lanes[s][p]);
        any[s] = p == 0 ? here : _mm512_and_si512(any[s], here);
      }
    }
    const __m512i before = _mm512_loadu_si512(text - 1), here = _mm512_loadu_si512(text);
    const uint64_t letter = alphabet_from(_mm512_or_si512(before, _mm512_set1_epi8(kCaseBit)), 'a');
    const uint64_t begins = ~letter | (alphabet_from(before, 'a') & alphabet_from(here, 'A'));
    uint64_t found = 0;
#pragma GCC unroll 4
    for (size_t s = 0; s < kSets; ++s)
      found |= _mm512_test_epi8_mask(any[s], any[s]) & (begins | t.anywhere[s]);
    out[b] = found;
  }
}

void masks(const Tables& t, const uint8_t* text, size_t blocks, uint64_t* out) noexcept {
  const base::Simd simd = base::best_simd();
  if (simd == base::Simd::Portable) return masks_portable(t, text, blocks, out);
  if (simd == base::Simd::Avx512 && base::has_vbmi2()) return masks_vbmi(t, text, blocks, out);
  masks_avx2(t, text, blocks, out);
}

// Four places at a time are written whether or not there are as many, and if there are none: how
// many a block has cannot be guessed.
constexpr size_t kPlacesAtOnce = 4;

constexpr unsigned kHashBits = LiteralSet::kHashBits;
constexpr uint32_t hash(uint32_t head) noexcept { return head * 0x9e37'79b1U >> (32 - kHashBits); }

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

using Known = LiteralSet::Known;
inline size_t is_known(const Known& known, uint32_t head) noexcept {
  const uint32_t whole = hash(head), three = hash(head & 0xff'ffffU);
  return static_cast<size_t>(
      (known[whole / 64] >> (whole % 64) | known[three / 64] >> (three % 64)) & 1);
}

// Bits to places, and of these the ones whose first bytes a hash knows. `text`: from the first
// block on. No branch in it is hard to guess.
[[gnu::always_inline]] inline size_t list_known(const Known& known, std::span<const uint8_t> text,
                                                const uint64_t* bits, size_t blocks,
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
  // The last few may have no four bytes.
  size_t whole = count;
  while (whole > 0 && out[whole - 1] + kHead > text.size()) --whole;
  size_t kept = 0;
  for (size_t i = 0; i < whole; ++i) {
    const uint16_t at = out[i];
    uint32_t head = 0;
    std::memcpy(&head, text.data() + at, sizeof head);
    out[kept] = at;
    kept += is_known(known, head | static_cast<uint32_t>(kCaseBits));
  }
  for (size_t i = whole; i < count && out[i] < text.size(); ++i) {
    const uint16_t at = out[i];
    out[kept] = at;
    kept += is_known(known, static_cast<uint32_t>(head_at(text, at)));
  }
  return kept;
}

SP_TARGET_AVX2 size_t list_known_bmi(const Known& known, std::span<const uint8_t> text,
                                     const uint64_t* bits, size_t blocks, uint16_t* out) noexcept {
  return list_known(known, text, bits, blocks, out);
}

size_t list_places(const Known& known, std::span<const uint8_t> text, const uint64_t* bits,
                   size_t blocks, uint16_t* out) noexcept {
  if (base::best_simd() != base::Simd::Portable)
    return list_known_bmi(known, text, bits, blocks, out);
  return list_known(known, text, bits, blocks, out);
}

uint64_t mask_of(size_t size) noexcept {
  return size >= sizeof(uint64_t) ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
}

}  // namespace

bool LiteralSet::build(std::span<const Literal> literals) {
  texts_.clear();
  heads_.clear();
  known_.fill(0);
  longest_ = 0;
  short_sizes_ = 0;
  for (const Literal& literal : literals) {
    if (literal.text.empty() || texts_.size() >= 0xffff) return false;
    Text text{std::string(literal.text), literal.exact, literal.begins_word};
    if (!text.exact)
      for (char& c : text.text) c = static_cast<char>(to_lower(static_cast<uint8_t>(c)));
    Head head{0, mask_of(text.text.size()), static_cast<uint32_t>(texts_.size()), 0};
    std::memcpy(&head.bytes, text.text.data(), std::min(sizeof head.bytes, text.text.size()));
    head.bytes = (head.bytes | kCaseBits) & head.mask;
    head.hash = hash(static_cast<uint32_t>(head.bytes));
    heads_.push_back(head);
    learn(head);
    longest_ = std::max(longest_, text.text.size());
    if (text.text.size() < kHead) short_sizes_ |= 1U << text.text.size();
    texts_.push_back(std::move(text));
  }
  // Of the ways to share the sets between the two kinds the one that leaves the fewest places.
  float best = -1;
  for (size_t sets = 1; sets < kSets; ++sets) {
    // Not on the stack: GCC 12 under -fsanitize=address aligns what is there to 32 bytes only.
    const auto tables = std::make_unique<Tables>();
    const float cost = fill_buckets(false, 0, sets, *tables) +
                       kBeginsWord * fill_buckets(true, sets, kSets - sets, *tables);
    if (best >= 0 && cost >= best) continue;
    best = cost;
    tables_ = *tables;
  }
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

// By the hash of its first four bytes; one of three by that of those, one of fewer by every text of
// three bytes that it begins.
void LiteralSet::learn(const Head& head) {
  const auto know = [&](uint32_t bytes) {
    const uint32_t h = hash(bytes);
    known_[h / 64] |= uint64_t{1} << (h % 64);
  };
  const auto bytes = static_cast<uint32_t>(head.bytes);
  if ((head.mask >> 16 & 0xff) != 0) return know(bytes);
  const bool has_second = (head.mask >> 8 & 0xff) != 0;
  for (uint32_t third = 0; third < 256; ++third)
    for (uint32_t second = 0; second < (has_second ? 1U : 256U); ++second)
      know((bytes | second << 8 | third << 16) | (static_cast<uint32_t>(kCaseBits) & 0xff'ffffU));
}

float LiteralSet::fill_buckets(bool begins_word, size_t first_set, size_t sets, Tables& out) const {
  std::vector<Head> heads;
  for (const Head& head : heads_)
    if (texts_[head.literal].begins_word == begins_word) heads.push_back(head);
  const auto order = [](const Head& head) { return __builtin_bswap64(head.bytes); };
  std::sort(heads.begin(), heads.end(),
            [&](const Head& a, const Head& b) { return order(a) < order(b); });
  std::vector<Bucket> buckets;
  uint64_t former = 0;
  for (const Head& head : heads) {
    if (buckets.empty() || (head.bytes & 0xffff) != former) buckets.emplace_back();
    former = head.bytes & 0xffff;
    buckets.back().add(head.bytes, head.mask);
  }
  join_buckets(buckets, 8 * sets);
  for (size_t s = first_set; s < first_set + sets; ++s)
    out.anywhere[s] = begins_word ? 0 : ~uint64_t{0};
  float cost = 0;
  for (size_t b = 0; b < buckets.size(); ++b) {
    cost += buckets[b].cost();
    put(buckets[b], first_set + b / 8, static_cast<uint8_t>(1U << (b % 8)), out);
  }
  return cost;
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

// Keeps of them those that go on like all literals of their hash.
size_t LiteralSet::keep_begun(std::span<const uint8_t> text, size_t from, uint16_t* places,
                              size_t count) const noexcept {
  const unsigned sizes = short_sizes_;
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint16_t at = places[i];
    const uint64_t here = head_at(text, from + at);
    const auto fits = [&](uint64_t head) {
      const Group& group = groups_[group_[hash(static_cast<uint32_t>(head))]];
      return static_cast<size_t>((here & group.mask) == group.bytes);
    };
    size_t any = fits(here);
    if ((sizes & 1U << 3) != 0) any |= fits(here & 0xff'ffffU);
    if ((sizes & 1U << 2) != 0) any |= fits(here & 0xffffU);
    if ((sizes & 1U << 1) != 0) any |= fits(here & 0xffU);
    places[kept] = at;
    kept += any;
  }
  return kept;
}

void LiteralSet::look_at(std::span<const uint8_t> text, size_t at,
                         std::vector<LiteralHit>& out) const {
  const uint64_t here = head_at(text, at);
  const auto look = [&](uint64_t head) {
    const Group& group = groups_[group_[hash(static_cast<uint32_t>(head))]];
    for (size_t i = group.first; i < group.end; ++i)
      if ((here & heads_[i].mask) == heads_[i].bytes && stands_at(text, at, heads_[i].literal))
        out.push_back(LiteralHit{heads_[i].literal, static_cast<uint32_t>(at)});
  };
  look(here);
  for (unsigned sizes = short_sizes_; sizes != 0; sizes &= sizes - 1)
    look(here & mask_of(static_cast<size_t>(std::countr_zero(sizes))));
}

void LiteralSet::find(std::span<const uint8_t> text, size_t from, size_t until,
                      std::vector<LiteralHit>& out, const uint64_t* allowed) const {
  if (texts_.empty()) return;
  SP_CHECK(until <= text.size());
  std::array<uint64_t, kBlocksAtOnce> bits;
  std::array<uint16_t, kBlocksAtOnce * kBlock + kPlacesAtOnce> places;
  std::array<uint8_t, 1 + kBlock + kHead> edge;
  while (from < until) {
    // A whole block reads the heads of its last places, too, and the byte before it.
    const size_t readable = text.size() - from;
    size_t blocks = std::min(readable > kHead ? (readable - (kHead - 1)) / kBlock : size_t{0},
                             std::min((until - from + kBlock - 1) / kBlock, kBlocksAtOnce));
    if (from == 0) blocks = 0;
    if (allowed != nullptr) {
      if (*allowed == 0) {
        ++allowed;
        from += kBlock;
        continue;
      }
      for (size_t b = 1; b < blocks; ++b)
        if (allowed[b] == 0) blocks = b;
    }
    if (blocks > 0) {
      masks(tables_, text.data() + from, blocks, bits.data());
    } else {
      edge.fill(0);
      if (from > 0) edge[0] = text[from - 1];
      std::memcpy(edge.data() + 1, text.data() + from, std::min(readable, edge.size() - 1));
      blocks = 1;
      masks(tables_, edge.data() + 1, 1, bits.data());
    }
    if (allowed != nullptr)
      for (size_t b = 0; b < blocks; ++b) bits[b] &= *allowed++;
    size_t kept = list_places(known_, text.subspan(from), bits.data(), blocks, places.data());
    kept = keep_begun(text, from, places.data(), kept);
    for (size_t i = 0; i < kept && from + places[i] < until; ++i)
      look_at(text, from + places[i], out);
    from += blocks * kBlock;
  }
}

}  // namespace sallyport::scan
