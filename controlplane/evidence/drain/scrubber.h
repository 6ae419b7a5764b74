// scrubber.h: reads the log back while the drainer has nothing to do, and holds what it finds
// against the tree: leaf hashes, the rules of records, and gap-free sequences per ring.
//
// Damage on the disk is then found by us, and within a day, not by an auditor after a year.
// Owner  the drainer's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {

class Scrubber {
 public:
  explicit Scrubber(LogReader log) : log_(std::move(log)) {}
  // Looks at most at `records_max` records before `end`. False when one was found damaged; the
  // scrubber then stays there.
  bool step(uint64_t end, size_t records_max);
  // From the beginning again: the daily round.
  void restart();
  uint64_t position() const { return position_; }
  const std::string& problem() const { return problem_; }  // empty: none so far
  // Last sequence seen of each ring since the restart.
  const std::map<RingKey, uint64_t>& sequences() const { return sequences_; }

 private:
  bool look_at(uint64_t index, std::span<const uint8_t> record);

  LogReader log_;
  uint64_t position_ = 0;
  std::string problem_;
  std::vector<Hash> tile_;
  uint64_t tile_number_ = ~0ULL;
  std::map<RingKey, uint64_t> sequences_;
  std::map<RingKey, uint64_t> pruned_at_;
  uint64_t pruned_ = 0;
};

}  // namespace sallyport::evidence_log
