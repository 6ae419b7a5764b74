// head_words.h: the context words of a name that speaks for many values: the head of a column, what
// stands above a list.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "dataplane/scan/text/context_words.h"

namespace sallyport::scan {

struct HeadWords {
  static constexpr size_t kWordsMax = 4;  // further ones do not count
  uint8_t count = 0;
  std::array<uint16_t, kWordsMax> words{};

  bool empty() const noexcept { return count == 0; }
  // Those that lie within [from, to), the nearest to its end first.
  void learn(const ContextWords& all, const TextView& text, uint64_t from, uint64_t to,
             ContextBlocks& blocks) {
    count = 0;
    ContextHits hits;
    all.find(text, to, std::min<uint64_t>(to - from, kProximityMax), blocks, hits);
    for (size_t i = hits.count; i-- > 0 && count < kWordsMax;) {
      const uint64_t end = to - hits.hits[i].distance;
      if (end >= from + all.word(hits.hits[i].word).size()) words[count++] = hits.hits[i].word;
    }
  }
  // Appends them as if they stood `distance` bytes before the value.
  void add_to(ContextHits& out, uint16_t distance) const noexcept {
    for (size_t i = 0; i < count && out.count < ContextHits::kHitsMax; ++i)
      out.hits[out.count++] = ContextHit{words[i], distance};
  }
};

}  // namespace sallyport::scan
