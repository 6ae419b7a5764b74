#include "dataplane/redact/offset_map.h"

#include <bit>

#include "dataplane/base/bits.h"
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
    if (last.unit_decoded == unit_decoded && last.unit_raw == unit_raw && last.begins == 0 &&
        last.raw_start + last.raw_size == raw_start) {
      last.decoded_size += decoded_size;
      last.raw_size += raw_size;
      decoded_size_ += decoded_size;
      return true;
    }
  }
  if (count_ == pieces_max_) return false;
  at(count_) = Piece{decoded_size_, raw_start, decoded_size, raw_size, unit_decoded, unit_raw, 0};
  ++count_;
  decoded_size_ += decoded_size;
  return true;
}

bool OffsetMap::add_mixed(uint64_t decoded_size, uint64_t raw_start, uint64_t raw_size,
                          uint64_t begins) noexcept {
  if (count_ == pieces_max_) return false;
  at(count_) = Piece{decoded_size_, raw_start, decoded_size, raw_size, 0, 0, begins};
  ++count_;
  decoded_size_ += decoded_size;
  return true;
}

RawRange OffsetMap::Piece::raw(uint64_t i) const noexcept {
  if (begins != 0)
    return {raw_start + base::nth_bit(begins, i),
            raw_start + (i + 1 < decoded_size ? base::nth_bit(begins, i + 1) : raw_size)};
  if (unit_decoded == 0) return {raw_start + i, raw_start + i + 1};
  const uint64_t unit = i / unit_decoded;
  return {raw_start + unit * unit_raw, raw_start + (unit + 1) * unit_raw};
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
  return {from.raw(start - from.decoded_start).start, to.raw(end - 1 - to.decoded_start).end};
}

}  // namespace sallyport::redact
