#include "controlplane/evidence/drain/scrubber.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sallyport::evidence_log {

void Scrubber::restart() {
  position_ = 0;
  pruned_ = 0;
  tile_number_ = ~0ULL;
  sequences_.clear();
  pruned_at_.clear();
}

bool Scrubber::step(uint64_t end, size_t records_max) {
  if (!problem_.empty()) return false;
  const uint64_t to = std::min(end, position_ + records_max);
  if (position_ >= to) return true;
  const uint64_t from = position_;
  try {
    log_.scan(
        from, to,
        [&](uint64_t index, std::span<const uint8_t> record) {
          if (!look_at(index, record)) return false;
          position_ = index + 1;
          return true;
        },
        Content::AsStored);
    if (problem_.empty() && position_ == from)
      problem_ = "record " + std::to_string(from) + " is not there";
  } catch (const std::exception& error) {
    problem_ = error.what();
  }
  return problem_.empty();
}

bool Scrubber::look_at(uint64_t index, std::span<const uint8_t> record) {
  const auto damaged = [&](const std::string& how) {
    problem_ = "record " + std::to_string(index) + " " + how;
    return false;
  };
  // The edge tile still grows: it is read again when it is too short for this record.
  const uint64_t at = index % kTileWidth;
  if (tile_number_ != index / kTileWidth || at >= tile_.size()) {
    tile_number_ = index / kTileWidth;
    tile_ = log_.tile(0, tile_number_);
  }
  if (at >= tile_.size()) return damaged("has no hash");
  if (record.empty()) {
    ++pruned_;
    return true;
  }
  if (tile_[at] != leaf_hash(record)) return damaged("is not what was hashed when it was written");
  const RecordProblem problem = validate_record(record);
  if (problem != RecordProblem::None)
    return damaged(std::string("is malformed: ") + name_of(problem));
  contract::RecordHeader header{};
  std::memcpy(&header, record.data(), sizeof(header));
  if (header.ring_sequence == 0) return true;
  const RingKey ring{header.boot_id, header.generation, header.worker};
  uint64_t& last = sequences_[ring];
  const uint64_t between = pruned_ - std::exchange(pruned_at_[ring], pruned_);
  if (header.ring_sequence <= last || header.ring_sequence - last - 1 > between)
    return damaged("breaks the sequence of ring " + ring.file_stem() + ": " +
                   std::to_string(header.ring_sequence) + " after " + std::to_string(last));
  last = header.ring_sequence;
  return true;
}

}  // namespace sallyport::evidence_log
