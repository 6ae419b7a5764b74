// delay_queue.h: connections that are to be looked at after a time that is the same for all, so
// that a ring is sorted by itself.
//
// In front of the timer wheel, for deadlines that nearly always are gone before they are due:
// delayed ACKs, and retransmissions. As nodes of the wheel each costs three memory accesses (the
// node and both its neighbours), which was most of what a segment cost at a million connections.
// Lazy: an entry stays when its reason is gone; whoever pops it looks at the connection.
//
// Limits  one entry per connection at most, which the caller sees to (flags in Slot).
// Owner   one worker; no allocation after construction.
#pragma once

#include <cstdint>

#include "dataplane/mem/huge_array.h"

namespace sallyport::tcp {

class DelayQueue {
 public:
  explicit DelayQueue(uint32_t entries_max) : entries_(entries_max), entries_max_(entries_max) {}

  bool empty() const noexcept { return count_ == 0; }
  // REQUIRES: not full; due_ms is not before that of the last push.
  void push(uint32_t index, uint64_t due_ms) noexcept {
    uint32_t at = head_ + count_;
    if (at >= entries_max_) at -= entries_max_;
    entries_[at] = {due_ms, index};
    ++count_;
  }
  // When the oldest is due. REQUIRES: !empty().
  uint64_t due_ms() const noexcept { return entries_[head_].due_ms; }
  // Takes the oldest. REQUIRES: !empty().
  uint32_t pop() noexcept {
    const uint32_t index = entries_[head_].index;
    if (++head_ == entries_max_) head_ = 0;
    --count_;
    return index;
  }
  // Calls what(index) for the oldest that are due, at most `most`, to fetch their records ahead.
  template <class What>
  void peek_due(uint64_t now_ms, uint32_t most, const What& what) const noexcept {
    uint32_t at = head_;
    for (uint32_t i = 0; i < count_ && i < most && entries_[at].due_ms <= now_ms; ++i) {
      what(entries_[at].index);
      if (++at == entries_max_) at = 0;
    }
  }
  static uint64_t entry_bytes() noexcept { return sizeof(Entry); }

 private:
  struct Entry {
    uint64_t due_ms = 0;
    uint32_t index = 0;
  };

  mem::HugeArray<Entry> entries_;
  const uint32_t entries_max_;
  uint32_t head_ = 0;
  uint32_t count_ = 0;
};

}  // namespace sallyport::tcp
