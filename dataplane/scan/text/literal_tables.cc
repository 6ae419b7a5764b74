#include "dataplane/scan/text/literal_tables.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <string_view>
#include <utility>

namespace sallyport::scan {
namespace {

using Tables = LiteralTables;
constexpr size_t kSets = Tables::kSets;
// How much of a prompt is where a word begins.
constexpr float kBeginsWord = 0.2F;

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
};

float share_of(const Bucket::Pairs& pairs, const Frequencies& often) noexcept {
  float sum = 0;
  for (uint64_t bits = pairs.low; bits != 0; bits &= bits - 1)
    sum += often[static_cast<size_t>(std::countr_zero(bits))];
  for (uint64_t bits = pairs.high; bits != 0; bits &= bits - 1)
    sum += often[64 + static_cast<size_t>(std::countr_zero(bits))];
  return sum;
}

// How often a place of a text passes each look-up of a bucket, and all of them.
struct Weight {
  std::array<float, Tables::kLookups> shares{};
  float cost = 1;
};

Weight weigh(const Bucket& bucket, const Frequencies& often) noexcept {
  Weight out;
  for (size_t p = 0; p < bucket.takes.size(); ++p) {
    out.shares[p] = bucket.takes[p].all() ? 1 : share_of(bucket.takes[p], often);
    out.cost *= out.shares[p];
  }
  return out;
}

// The cost of both as one. Few pairs are in both: only those are counted again.
float joined_cost(const Bucket& a, const Weight& of_a, const Bucket& b, const Weight& of_b,
                  const Frequencies& often) noexcept {
  float product = 1;
  for (size_t p = 0; p < a.takes.size(); ++p) {
    const Bucket::Pairs &one = a.takes[p], &other = b.takes[p];
    if (one.all() || other.all()) continue;
    product *= of_a.shares[p] + of_b.shares[p] -
               share_of({one.low & other.low, one.high & other.high}, often);
  }
  return product;
}

// Joins two at a time, the cheapest pair first, until there are no more than `most`.
void join_buckets(std::vector<Bucket>& buckets, size_t most, const Frequencies& often) {
  std::vector<Weight> weights(buckets.size());
  for (size_t i = 0; i < buckets.size(); ++i) weights[i] = weigh(buckets[i], often);
  const auto added_cost = [&](size_t i, size_t k) {
    return joined_cost(buckets[i], weights[i], buckets[k], weights[k], often) - weights[i].cost -
           weights[k].cost;
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
      if (const float cost = added_cost(i, k); cost < best[i].cost) best[i] = Best{cost, k};
  };
  for (size_t i = 0; i < buckets.size(); ++i) look_for_partner(i);
  while (buckets.size() > most) {
    const auto first = static_cast<size_t>(
        std::min_element(best.begin(), best.end(),
                         [](const Best& a, const Best& b) { return a.cost < b.cost; }) -
        best.begin());
    const size_t second = best[first].partner;
    buckets[first].add(buckets[second]);
    weights[first] = weigh(buckets[first], often);
    // The last one takes the free place.
    const size_t moved = buckets.size() - 1;
    buckets[second] = buckets[moved];
    weights[second] = weights[moved];
    buckets.pop_back();
    weights.pop_back();
    best.pop_back();
    for (size_t i = 0; i < buckets.size(); ++i) {
      const size_t partner = best[i].partner;
      if (i == first || i == second || partner == first || partner == second || partner == moved) {
        look_for_partner(i);
        continue;
      }
      for (const size_t k : {first, second})
        if (k > i && k < buckets.size())
          if (const float cost = added_cost(i, k); cost < best[i].cost) best[i] = Best{cost, k};
    }
  }
}

bool is_wide(uint64_t bytes) noexcept { return (bytes & 0x80) != 0; }

// At most `most` buckets.
std::vector<Bucket> make_buckets(std::vector<LiteralBegin> begins, size_t most,
                                 const Frequencies& often) {
  const auto order = [](const LiteralBegin& one) { return __builtin_bswap64(one.bytes); };
  std::sort(begins.begin(), begins.end(),
            [&](const LiteralBegin& a, const LiteralBegin& b) { return order(a) < order(b); });
  std::vector<Bucket> buckets;
  uint64_t former = 0;
  for (const LiteralBegin& one : begins) {
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

// Answers how many places of a prompt are left.
float fill_sets(const std::vector<LiteralBegin>& all, bool begins_word, size_t first_set,
                size_t sets, Tables& out) {
  std::vector<LiteralBegin> begins;
  for (const LiteralBegin& one : all)
    if (!is_wide(one.bytes) && one.begins_word == begins_word) begins.push_back(one);
  const auto buckets = make_buckets(std::move(begins), 8 * sets, kPairFrequencies);
  for (size_t s = first_set; s < first_set + sets; ++s)
    out.anywhere[s] = begins_word ? 0 : ~uint64_t{0};
  float cost = 0;
  for (size_t b = 0; b < buckets.size(); ++b) {
    cost += weigh(buckets[b], kPairFrequencies).cost;
    put(buckets[b], static_cast<uint8_t>(1U << (b % 8)), out.lanes[first_set + b / 8]);
  }
  return cost;
}

void fill_wide(const std::vector<LiteralBegin>& all, Tables& out) {
  std::vector<LiteralBegin> begins;
  for (const LiteralBegin& one : all)
    if (is_wide(one.bytes)) begins.push_back(one);
  const auto buckets = make_buckets(std::move(begins), 8, kEvenFrequencies);
  for (size_t b = 0; b < buckets.size(); ++b)
    put(buckets[b], static_cast<uint8_t>(1U << b), out.wide);
}

}  // namespace

// Of the ways to share the sets between the two kinds the one that leaves the fewest places.
std::unique_ptr<const LiteralTables> build_tables(const std::vector<LiteralBegin>& begins) {
  std::unique_ptr<LiteralTables> out;
  float best = -1;
  for (size_t sets = 1; sets < kSets; ++sets) {
    auto tables = std::make_unique<LiteralTables>();
    const float cost = fill_sets(begins, false, 0, sets, *tables) +
                       kBeginsWord * fill_sets(begins, true, sets, kSets - sets, *tables);
    if (best >= 0 && cost >= best) continue;
    best = cost;
    out = std::move(tables);
  }
  fill_wide(begins, *out);
  return out;
}

}  // namespace sallyport::scan
