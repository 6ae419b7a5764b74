#include "dataplane/scan/text/source_map.h"

#include <algorithm>

#include "dataplane/base/check.h"

namespace sallyport::scan {

void SourceMap::begin() noexcept {
  pieces_.clear();
  first_ = 0;
  folded_ = source_ = 0;
  removed_ = 0;
  gap_ = false;
}

void SourceMap::add(uint16_t unit_folded, uint16_t unit_source, uint8_t reason) {
  pieces_.push_back(Piece{folded_, source_, unit_folded, unit_source, reason, removed_});
  gap_ = false;
  removed_ = 0;
}

void SourceMap::removed(uint32_t source, uint8_t reason) {
  source_ += source;
  removed_ |= reason;
  gap_ = true;
}

const SourceMap::Piece& SourceMap::find(uint64_t folded) const noexcept {
  const auto begin = pieces_.begin() + static_cast<std::ptrdiff_t>(first_);
  auto it = std::upper_bound(begin, pieces_.end(), folded,
                             [](uint64_t at, const Piece& piece) { return at < piece.folded; });
  SP_CHECK(it != begin);
  return *--it;
}

uint64_t SourceMap::source_start(uint64_t offset) const noexcept {
  const Piece& piece = find(offset);
  return piece.source + (offset - piece.folded) / piece.unit_folded * piece.unit_source;
}

uint64_t SourceMap::source_end(uint64_t offset) const noexcept {
  const Piece& piece = find(offset - 1);
  return piece.source + ((offset - 1 - piece.folded) / piece.unit_folded + 1) * piece.unit_source;
}

uint8_t SourceMap::reasons(uint64_t start, uint64_t end) const noexcept {
  uint8_t all = 0;
  for (size_t i = pieces_.size(); i > first_; --i) {
    const Piece& piece = pieces_[i - 1];
    if (piece.folded >= end) continue;
    all |= piece.reason;
    if (piece.folded <= start) break;
    all |= piece.removed_before;
  }
  return all;
}

void SourceMap::drop_before(uint64_t folded) noexcept {
  while (first_ + 1 < pieces_.size() && pieces_[first_ + 1].folded <= folded) ++first_;
  if (first_ > 64 && first_ * 2 > pieces_.size()) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace sallyport::scan
