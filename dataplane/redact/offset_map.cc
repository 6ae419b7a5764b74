#include "dataplane/redact/offset_map.h"

#include <bit>

#include "dataplane/base/check.h"

namespace sallyport::redact {

OffsetMap::OffsetMap(uint32_t pieces_max)
    : pieces_max_(pieces_max),
      ring_mask_(std::bit_ceil(pieces_max) - 1),
      pieces_(std::make_unique<Piece[]>(std::bit_ceil(pieces_max))) {
  SP_CHECK(pieces_max > 0 && pieces_max <= (1U << 30));
}

void OffsetMap::begin() noexcept {
  first_ = 0;
  count_ = 0;
  decoded_size_ = 0;
}

bool OffsetMap::add(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_end) noexcept {
  if (decoded_size == 0) return true;
  const uint64_t raw_size = raw_end - raw_start;
  const bool linear = raw_size == decoded_size;
  SP_CHECK(linear || (decoded_size <= 4 && raw_size <= 255));
  const auto unit_decoded = linear ? uint8_t{0} : static_cast<uint8_t>(decoded_size);
  const auto unit_raw = linear ? uint8_t{0} : static_cast<uint8_t>(raw_size);
  return add_row(decoded_size, raw_start, raw_size, unit_decoded, unit_raw);
}

bool OffsetMap::add_row(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_size,
                        uint8_t unit_decoded, uint8_t unit_raw) noexcept {
  if (count_ > 0) {
    Piece& last = at(count_ - 1);
    if (last.unit_decoded == unit_decoded && last.unit_raw == unit_raw &&
        last.raw_start + last.raw_size == raw_start) {
      last.decoded_size += decoded_size;
      last.raw_size += raw_size;
      decoded_size_ += decoded_size;
      return true;
    }
  }
  if (count_ == pieces_max_) return false;
  at(count_) = Piece{decoded_size_, raw_start, decoded_size, raw_size, unit_decoded, unit_raw};
  ++count_;
  decoded_size_ += decoded_size;
  return true;
}

void OffsetMap::drop_before(uint64_t decoded) noexcept {
  while (count_ > 0) {
    const Piece& piece = at(0);
    if (piece.decoded_start + piece.decoded_size > decoded) return;
    first_ = (first_ + 1) & ring_mask_;
    --count_;
  }
}

const OffsetMap::Piece& OffsetMap::find(uint64_t decoded) const noexcept {
  SP_CHECK_WHY(count_ > 0 && decoded >= at(0).decoded_start && decoded < decoded_size_,
               "offset was dropped");
  uint32_t low = 0;  // the last piece that starts at or before `decoded`
  uint32_t high = count_;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (at(middle).decoded_start <= decoded)
      low = middle;
    else
      high = middle;
  }
  return at(low);
}

RawRange OffsetMap::raw(uint64_t start, uint64_t end) const noexcept {
  SP_CHECK(start < end);
  const Piece& from = find(start);
  const Piece& to = find(end - 1);
  RawRange range{};
  const uint64_t into_from = start - from.decoded_start;
  range.start =
      from.raw_start +
      (from.unit_decoded == 0 ? into_from : into_from / from.unit_decoded * from.unit_raw);
  const uint64_t into_to = end - 1 - to.decoded_start;
  range.end = to.raw_start +
              (to.unit_decoded == 0 ? into_to + 1 : (into_to / to.unit_decoded + 1) * to.unit_raw);
  return range;
}

}  // namespace sallyport::redact
