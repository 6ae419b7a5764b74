// source_map.h: from offsets in the folded text back to offsets in the text it came from.
//
// A list of pieces in order. Most text has one: it folded into itself. Every other piece is a row
// of equal units (a row of full-width digits: one byte from three each), and what was removed lies
// in the gap between two pieces. Owner  one channel; reusable, memory is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport::scan {

class SourceMap {
 public:
  void begin() noexcept;
  // `folded` bytes stand for `source` bytes as one unit, which is then never cut; linear(): byte
  // for byte.
  void unit(uint32_t folded, uint32_t source, uint8_t reason) {
    open(static_cast<uint16_t>(folded), static_cast<uint16_t>(source), reason);
    folded_ += folded;
    source_ += source;
  }
  void linear(uint64_t bytes) {
    if (bytes == 0) return;
    open(1, 1, 0);
    folded_ += bytes;
    source_ += bytes;
  }
  void removed(uint32_t source, uint8_t reason);

  uint64_t folded_size() const noexcept { return folded_; }
  uint64_t source_size() const noexcept { return source_; }
  // Where the unit of folded byte `offset` begins in the source. REQUIRES: not dropped, offset <
  // folded_size().
  uint64_t source_start(uint64_t offset) const noexcept;
  // Where the unit of the folded byte before `offset` ends. REQUIRES: 0 < offset <= folded_size().
  uint64_t source_end(uint64_t offset) const noexcept;
  // FoldReason bits of all that was changed in folded [start, end).
  uint8_t reasons(uint64_t start, uint64_t end) const noexcept;
  // Folded offsets below will not be asked for again.
  void drop_before(uint64_t folded) noexcept;

 private:
  struct Piece {
    uint64_t folded;  // where it begins
    uint64_t source;
    uint16_t unit_folded;  // 1 and 1: linear
    uint16_t unit_source;
    uint8_t reason;
    uint8_t
        removed_before;  // reason bits of what was removed between this piece and the one before
  };
  const Piece& find(uint64_t folded) const noexcept;
  void open(uint16_t unit_folded, uint16_t unit_source, uint8_t reason) {
    if (!gap_ && pieces_.size() > first_) {
      const Piece& last = pieces_.back();
      if (last.unit_folded == unit_folded && last.unit_source == unit_source &&
          last.reason == reason)
        return;
    }
    add(unit_folded, unit_source, reason);
  }
  void add(uint16_t unit_folded, uint16_t unit_source, uint8_t reason);

  std::vector<Piece> pieces_;
  size_t first_ = 0;
  uint64_t folded_ = 0;
  uint64_t source_ = 0;
  uint8_t removed_ = 0;
  bool gap_ = false;  // something was removed behind the last piece
};

}  // namespace sallyport::scan
