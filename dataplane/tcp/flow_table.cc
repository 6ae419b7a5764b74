#include "dataplane/tcp/flow_table.h"

#include <bit>

#include "dataplane/base/check.h"

namespace sallyport::tcp {

// Two slots per entry at least: overflow into the neighbour is then rare.
FlowTable::FlowTable(uint32_t entries_max)
    : entries_max_(entries_max),
      mask_(std::bit_ceil(entries_max / (kSlots / 2) + 1) - 1),
      buckets_(size_t{mask_} + 1) {}

void FlowTable::insert(uint64_t hash, uint32_t index) noexcept {
  SP_CHECK(size_ < entries_max_);
  uint32_t at = home_of(hash);
  for (;;) {
    Bucket& bucket = buckets_[at];
    for (uint32_t slot = 0; slot < kSlots; ++slot) {
      if (bucket.tags[slot] != 0) continue;
      bucket.tags[slot] = tag_of(hash);
      bucket.indexes[slot] = index;
      ++size_;
      return;
    }
    ++bucket.passed;
    at = (at + 1) & mask_;
  }
}

void FlowTable::erase(uint64_t hash, uint32_t index) noexcept {
  const uint16_t tag = tag_of(hash);
  uint32_t at = home_of(hash);
  for (uint32_t walked = 0; walked <= mask_; ++walked) {
    Bucket& bucket = buckets_[at];
    for (uint32_t slot = 0; slot < kSlots; ++slot) {
      if (bucket.tags[slot] != tag || bucket.indexes[slot] != index) continue;
      bucket.tags[slot] = 0;
      --size_;
      return;
    }
    SP_CHECK(bucket.passed > 0);
    --bucket.passed;
    at = (at + 1) & mask_;
  }
  SP_CHECK_WHY(false, "erased a flow that is not in the table");
}

}  // namespace sallyport::tcp
