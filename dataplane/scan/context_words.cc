#include "dataplane/scan/context_words.h"

#include <algorithm>
#include <cstring>

#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// `text` is the original spelling around [at, at + size).
bool stands_alone(std::span<const uint8_t> text, size_t at, size_t size) noexcept {
  const uint8_t left = at == 0 ? uint8_t{0} : text[at - 1];
  const bool begins = !is_letter(left) || (is_lower(left) && is_upper(text[at]));
  size_t end = at + size;
  if (end < text.size() && (text[end] | 0x20) == 's') ++end;
  return begins && (end >= text.size() || !is_lower(text[end]));
}

}  // namespace

void lower_text(std::span<const uint8_t> in, uint8_t* out) noexcept {
  for (size_t i = 0; i < in.size(); ++i) {
    const uint8_t c = in[i];
    out[i] = to_lower(c);
    if (c < 0xc3 || i + 1 == in.size()) continue;
    const uint8_t next = in[i + 1];
    uint8_t lead = c, low = next;
    if (c == 0xc3 && next >= 0x80 && next <= 0x9e && next != 0x97) {
      low = static_cast<uint8_t>(next + 0x20);  // Latin-1
    } else if (c == 0xc4 || c == 0xc5) {
      // Latin Extended-A: pairs, the capital at even code points; at odd ones in two stretches.
      const unsigned point = (c == 0xc4 ? 0x100U : 0x140U) + (next & 0x3fU);
      const bool odd = (point >= 0x139 && point <= 0x148) || (point >= 0x179 && point <= 0x17e);
      if (((point & 1) == 1) == odd && point != 0x138 && point != 0x149 && point < 0x17f) {
        lead = point + 1 < 0x140 ? 0xc4 : 0xc5;
        low = static_cast<uint8_t>(0x80 | ((point + 1) & 0x3f));
      }
    } else if (c == 0xce && next >= 0x91 && next <= 0xa9) {  // Greek
      const unsigned to = next + 0x20U;
      lead = to >= 0xc0 ? 0xcf : 0xce;
      low = static_cast<uint8_t>(to >= 0xc0 ? to - 0x40 : to);
    } else if (c == 0xd0 && next >= 0x90 && next <= 0xaf) {  // Cyrillic
      const unsigned to = next + 0x20U;
      lead = to >= 0xc0 ? 0xd1 : 0xd0;
      low = static_cast<uint8_t>(to >= 0xc0 ? to - 0x40 : to);
    } else {
      continue;
    }
    out[i] = lead;
    out[++i] = low;
  }
}

uint32_t ContextWords::bucket(uint64_t first_bytes) noexcept {
  return static_cast<uint32_t>(first_bytes * 0x9e37'79b9'7f4a'7c15U >> 51U);
}

bool ContextWords::load(std::span<const std::string_view> words) {
  if (words.size() > kContextWordsMax) return false;
  words_.assign(words.begin(), words.end());
  std::vector<std::pair<uint32_t, Head>> by_bucket;
  tiny_.clear();
  for (size_t i = 0; i < words_.size(); ++i) {
    const std::string& word = words_[i];
    if (word.empty() || word.size() > kContextWordBytesMax) return false;
    const auto index = static_cast<uint16_t>(i);
    if (word.size() == 1) {
      tiny_.push_back(index);
      continue;
    }
    Head head{0, 0, index};
    const size_t known = std::min<size_t>(word.size(), sizeof head.bytes);
    std::memcpy(&head.bytes, word.data(), known);
    head.mask = known == sizeof head.bytes ? ~uint64_t{0} : (uint64_t{1} << (8 * known)) - 1;
    by_bucket.emplace_back(bucket(head.bytes & (word.size() == 2 ? 0xffffU : 0xff'ffffU)), head);
  }
  std::stable_sort(by_bucket.begin(), by_bucket.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  heads_.clear();
  size_t at = 0;
  for (uint32_t b = 0; b < kBuckets; ++b) {
    first_[b] = static_cast<uint16_t>(at);
    for (; at < by_bucket.size() && by_bucket[at].first == b; ++at)
      heads_.push_back(by_bucket[at].second);
  }
  first_[kBuckets] = static_cast<uint16_t>(at);
  return true;
}

void ContextWords::find(const TextView& text, uint64_t value_start,
                        ContextHits& out) const noexcept {
  out.count = 0;
  const uint64_t from =
      std::max(text.begin, value_start > kProximityMax ? value_start - kProximityMax : uint64_t{0});
  const auto original = text.slice(from, value_start);
  std::array<uint8_t, kProximityMax + sizeof(uint64_t)> lower{};
  lower_text(original, lower.data());
  const auto add = [&](uint16_t index, size_t at) {
    const size_t size = words_[index].size();
    if (at + size > original.size() ||
        (size > sizeof(uint64_t) &&
         std::memcmp(words_[index].data(), lower.data() + at, size) != 0) ||
        (size <= kShortWordBytes && !stands_alone(original, at, size)))
      return;
    if (out.count == ContextHits::kHitsMax) {
      std::copy(out.hits.begin() + 1, out.hits.end(), out.hits.begin());
      --out.count;
    }
    out.hits[out.count++] = ContextHit{index, static_cast<uint16_t>(original.size() - at - size)};
  };
  const auto look = [&](uint64_t here, uint64_t key, size_t at) {
    const uint32_t b = bucket(key);
    for (size_t i = first_[b]; i < first_[b + 1]; ++i)
      if ((here & heads_[i].mask) == heads_[i].bytes) add(heads_[i].word, at);
  };
  for (size_t at = 0; at < original.size(); ++at) {
    for (uint16_t index : tiny_)
      if (lower[at] == static_cast<uint8_t>(words_[index][0])) add(index, at);
    uint64_t here;
    std::memcpy(&here, lower.data() + at, sizeof here);
    look(here, here & 0xffffU, at);
    look(here, here & 0xff'ffffU, at);
  }
}

}  // namespace sallyport::scan
