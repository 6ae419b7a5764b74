// offset_map.h: from byte offsets in a decoded text to byte offsets in the raw JSON it came from.
//
// One map per text channel, filled from the walker's leaf_text pieces in order; pieces of the same
// shape that follow each other (plain runs, or a row of \uXXXX) cost one entry. Findings come in
// order and never lie behind the safe edge again, so drop_before(edge) keeps it small. Nested JSON:
// raw offsets of the inner walker are decoded offsets of the outer string. Translate the inner
// range with the inner map, then the result with the outer map. Owner  one channel; reusable. No
// allocation after construction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace sallyport::redact {

struct RawRange {
  uint64_t start;
  uint64_t end;
};

class OffsetMap {
 public:
  explicit OffsetMap(uint32_t pieces_max);
  OffsetMap(const OffsetMap&) = delete;
  OffsetMap& operator=(const OffsetMap&) = delete;

  // A new channel whose decoded text begins at decoded offset 0.
  void begin() noexcept;
  // Appends a piece (json_walker.h: linear, or one escape). False: full; drop_before() what is
  // decided, or refuse.
  [[nodiscard]] bool add(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_end) noexcept;
  // Appends a row of pieces of one shape, as the walker lists them (llm::TextPiece).
  [[nodiscard]] bool add_row(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_size,
                             uint8_t unit_decoded, uint8_t unit_raw) noexcept;
  // Appends a mixed piece (llm::TextPiece): bit i of `begins`: what stands for the next decoded
  // byte begins `i` raw bytes behind `raw_start`.
  [[nodiscard]] bool add_mixed(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_size,
                               uint64_t begins) noexcept;
  // Decoded offsets below `decoded` will not be asked for again.
  void drop_before(uint64_t decoded) noexcept;

  // Raw range of decoded [start, end): widened to whole escapes. REQUIRES: start < end <=
  // decoded_size() and nothing of it dropped.
  RawRange raw(uint64_t start, uint64_t end) const noexcept;
  uint64_t decoded_size() const noexcept { return decoded_size_; }

 private:
  struct Piece {
    uint64_t decoded_start;
    uint64_t raw_start;
    uint64_t decoded_size;
    uint64_t raw_size;
    uint8_t unit_decoded;  // 0: linear; else escapes of this many decoded
    uint8_t unit_raw;      // and raw bytes each
    uint64_t begins;       // not 0: a mixed piece
    // Where the raw bytes of the decoded byte `i` of it begin, and end.
    RawRange raw(uint64_t i) const noexcept;
  };
  const Piece& find(uint64_t decoded) const noexcept;
  Piece& at(uint32_t index) const noexcept { return pieces_[(first_ + index) & ring_mask_]; }

  const uint32_t pieces_max_;
  const uint32_t
      ring_mask_;  // of a power of two that holds pieces_max_: no division for each piece
  std::unique_ptr<Piece[]> pieces_;  // ring
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint64_t decoded_size_ = 0;
};

}  // namespace sallyport::redact
