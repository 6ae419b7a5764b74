#include "dataplane/scan/text/literal_set.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/base/cpu.h"
#include "dataplane/scan/text/literal_masks.h"
#include "dataplane/scan/text/places.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr size_t kBlock = kLiteralBlock;
constexpr size_t kHead = LiteralTables::kHeadBytes;
// Of a literal's first bytes: nearly all have so many.
constexpr size_t kHashedBytes = 3;
constexpr uint64_t kHashed = 0xff'ffffU;
constexpr uint32_t hash(uint64_t head) noexcept {
  return static_cast<uint32_t>(head & kHashed) * 0x9e37'79b1U >> (32 - LiteralSet::kHashBits);
}
constexpr uint32_t begin_hash(uint64_t begin) noexcept {
  return static_cast<uint32_t>(begin * 0x9e37'79b9'7f4a'7c15U >> (64 - LiteralSet::kBeginBits));
}

// By size: so many bytes of eight.
constexpr auto kMasks = [] {
  std::array<uint64_t, sizeof(uint64_t) + 1> masks{};
  for (size_t size = 0; size < masks.size(); ++size)
    masks[size] = size == sizeof(uint64_t) ? ~uint64_t{0} : (uint64_t{1} << (8 * size)) - 1;
  return masks;
}();
constexpr uint64_t mask_of(size_t size) noexcept {
  return kMasks[std::min(size, sizeof(uint64_t))];
}

// Eight bytes from `at` on; what is behind the end is 0.
uint64_t eight_at(std::span<const uint8_t> text, size_t at) noexcept {
  uint64_t here = 0;
  const size_t there = text.size() - at;
  if (there >= sizeof here) [[likely]]
    std::memcpy(&here, text.data() + at, sizeof here);
  else
    std::memcpy(&here, text.data() + at, there);
  return here;
}

// Which of eight heads `here` has, a bit each.
unsigned heads_portable(const uint64_t* bytes, const uint64_t* masks, uint64_t here) noexcept {
  unsigned out = 0;
  for (unsigned i = 0; i < LiteralSet::kHeadsAtOnce; ++i)
    out |= unsigned{(here & masks[i]) == bytes[i]} << i;
  return out;
}

SP_TARGET_AVX512 unsigned heads_avx512(const uint64_t* bytes, const uint64_t* masks,
                                       uint64_t here) noexcept {
  const __m512i all = _mm512_set1_epi64(static_cast<int64_t>(here));
  return _mm512_cmpeq_epi64_mask(_mm512_and_si512(_mm512_loadu_si512(masks), all),
                                 _mm512_loadu_si512(bytes));
}

}  // namespace

bool LiteralSet::build(std::span<const Literal> literals) {
  texts_.clear();
  longest_ = 0;
  short_sizes_ = 0;
  for (const Literal& literal : literals) {
    if (literal.text.empty() || texts_.size() >= 0xffff) return false;
    Text text{std::string(literal.text), literal.exact, literal.begins_word};
    if (!text.exact)
      for (char& c : text.text) c = static_cast<char>(to_lower(static_cast<uint8_t>(c)));
    longest_ = std::max(longest_, text.text.size());
    if (text.text.size() < kHashedBytes) short_sizes_ |= 1U << text.text.size();
    texts_.push_back(std::move(text));
  }
  const std::vector<LiteralBegin> begins = begins_of_texts();
  tables_ = build_tables(begins);
  fill_hashes(begins);
  return true;
}

std::vector<LiteralBegin> LiteralSet::begins_of_texts() const {
  std::vector<LiteralBegin> out;
  for (const Text& text : texts_) {
    LiteralBegin begin{0, mask_of(text.text.size()), text.begins_word};
    std::memcpy(&begin.bytes, text.text.data(), std::min(sizeof begin.bytes, text.text.size()));
    begin.bytes = (begin.bytes | kCaseBits) & begin.mask;
    out.push_back(begin);
  }
  return out;
}

void LiteralSet::fill_hashes(const std::vector<LiteralBegin>& begins) {
  std::vector<uint16_t> order(begins.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint16_t>(i);
  std::stable_sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) {
    return hash(begins[a].bytes) < hash(begins[b].bytes);
  });
  first_head_.fill(0);
  begin_size_.fill(0);
  begins_.fill(0);
  for (const LiteralBegin& one : begins) {
    uint8_t& size = begin_size_[hash(one.bytes)];
    const auto own = static_cast<uint8_t>(std::popcount(one.mask) / 8);
    size = size == 0 ? own : std::min(size, own);
    ++first_head_[hash(one.bytes) + 1];
  }
  for (size_t h = 1; h < first_head_.size(); ++h)
    first_head_[h] = static_cast<uint16_t>(first_head_[h] + first_head_[h - 1]);
  for (const LiteralBegin& one : begins) {
    const uint32_t h = begin_hash(one.bytes & kMasks[begin_size_[hash(one.bytes)]]);
    begins_[h / 64] |= uint64_t{1} << (h % 64);
  }
  head_bytes_.assign(begins.size() + kHeadsAtOnce, 1);  // behind the last: nothing has these
  head_masks_.assign(begins.size() + kHeadsAtOnce, 0);
  head_literals_ = std::move(order);
  for (size_t i = 0; i < head_literals_.size(); ++i) {
    const Text& text = texts_[head_literals_[i]];
    uint64_t bytes = 0, mask = 0;
    for (size_t k = 0; k < std::min(text.text.size(), sizeof bytes); ++k) {
      const auto c = static_cast<uint8_t>(text.text[k]);
      const uint8_t counts = !text.exact && is_letter(c) ? 0xff & ~kCaseBit : 0xff;
      mask |= uint64_t{counts} << (8 * k);
      bytes |= uint64_t{static_cast<uint8_t>(c & counts)} << (8 * k);
    }
    head_bytes_[i] = bytes;
    head_masks_[i] = mask;
  }
}

// Its first eight bytes stand there.
bool LiteralSet::goes_on(std::span<const uint8_t> text, size_t at,
                         uint32_t literal) const noexcept {
  const Text& one = texts_[literal];
  if (one.text.size() > text.size() - at) return false;
  const uint8_t* here = text.data() + at;
  if (one.begins_word && at > 0 && !begins_word(here[-1], here[0])) return false;
  for (size_t i = sizeof(uint64_t); i < one.text.size(); ++i)
    if (static_cast<uint8_t>(one.text[i]) != (one.exact ? here[i] : to_lower(here[i])))
      return false;
  return true;
}

// 1: a literal begins with these bytes, as far as the shortest of its hash goes; 0: none does.
template <bool HasShort>
inline size_t LiteralSet::has_begun(uint64_t here) const noexcept {
  const auto fits = [&](uint64_t head) {
    const uint32_t h = begin_hash(here & kMasks[begin_size_[hash(head)]]);
    return static_cast<size_t>(begins_[h / 64] >> (h % 64) & 1);
  };
  size_t any = fits(here);
  if constexpr (!HasShort) return any;
  if ((short_sizes_ & 1U << 2) != 0) any |= fits(here & 0xffffU);
  if ((short_sizes_ & 1U << 1) != 0) any |= fits(here & 0xffU);
  return any;
}

// Keeps those of `places` at which a literal may begin.
template <bool HasShort>
size_t LiteralSet::keep_begun(std::span<const uint8_t> text, uint16_t* places,
                              size_t count) const noexcept {
  return keep_places(text, places, count, [this](const uint8_t* at) {
    uint64_t here = 0;
    std::memcpy(&here, at, sizeof here);
    return has_begun<HasShort>(here | kCaseBits) != 0;
  });
}

void LiteralSet::look_at(std::span<const uint8_t> text, size_t at,
                         std::vector<LiteralHit>& out) const {
  const uint64_t raw = eight_at(text, at), here = raw | kCaseBits;
  const bool wide = base::best_simd() == base::Simd::Avx512;
  const auto look = [&](uint64_t head, size_t size) {
    const uint32_t h = hash(head);
    const size_t end = first_head_[h + 1];
    for (size_t i = first_head_[h]; i < end; i += kHeadsAtOnce) {
      const uint64_t *bytes = head_bytes_.data() + i, *masks = head_masks_.data() + i;
      unsigned some = wide ? heads_avx512(bytes, masks, raw) : heads_portable(bytes, masks, raw);
      if (end - i < kHeadsAtOnce) some &= (1U << (end - i)) - 1;
      for (; some != 0; some &= some - 1) {
        const uint32_t literal = head_literals_[i + static_cast<size_t>(std::countr_zero(some))];
        // Shorter ones have a hash of their own: one that another's place shares is not meant.
        if (std::min(texts_[literal].text.size(), kHashedBytes) == size &&
            goes_on(text, at, literal))
          out.push_back(LiteralHit{literal, static_cast<uint32_t>(at)});
      }
    }
  };
  look(here, kHashedBytes);
  for (unsigned sizes = short_sizes_; sizes != 0; sizes &= sizes - 1) {
    const auto size = static_cast<size_t>(std::countr_zero(sizes));
    look(here & mask_of(size), size);
  }
}

void LiteralSet::find(std::span<const uint8_t> text, size_t from, size_t until,
                      std::vector<LiteralHit>& out, const uint64_t* allowed) const {
  if (texts_.empty()) return;
  SP_CHECK(until <= text.size());
  std::array<uint64_t, kLiteralBlocksMax> bits;
  std::array<uint16_t, kLiteralBlocksMax * kBlock + kPlacesSlack> places;
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
                             std::min((until - from + kBlock - 1) / kBlock, kLiteralBlocksMax));
    if (from == 0) blocks = 0;
    if (allowed != nullptr)
      for (size_t b = 1; b < blocks; ++b)
        if (allowed[b] == 0) blocks = b;
    if (blocks > 0) {
      literal_masks(*tables_, text.data() + from, blocks, bits.data());
    } else {
      for (size_t i = 0; i < edge.size(); i += sizeof(__m128i))
        _mm_storeu_si128(reinterpret_cast<__m128i*>(edge.data() + i), _mm_setzero_si128());
      if (from > 0) edge[0] = text[from - 1];
      // Not memcpy: GCC makes a string instruction of one with a bound, which takes longer to
      // begin.
      std::memmove(edge.data() + 1, text.data() + from, std::min(readable, kBlock + kHead));
      blocks = 1;
      literal_masks(*tables_, edge.data() + 1, 1, bits.data());
    }
    if (allowed != nullptr)
      for (size_t b = 0; b < blocks; ++b) bits[b] &= *allowed++;
    const size_t count = list_places(bits.data(), blocks, places.data());
    const auto rest = text.subspan(from);
    const size_t kept = short_sizes_ == 0 ? keep_begun<false>(rest, places.data(), count)
                                          : keep_begun<true>(rest, places.data(), count);
    for (size_t i = 0; i < kept; ++i)
      if (const size_t at = from + places[i]; at < until) look_at(text, at, out);
    from += blocks * kBlock;
  }
}

}  // namespace sallyport::scan
