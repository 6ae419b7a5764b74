// delay_queue.h: connections that are to be looked at after a time that is the same for all, so
// that a ring is sorted by itself.
//
// In front of the timer wheel, for deadlines that nearly always are gone before they are due:
// delayed ACKs, and retransmissions. In the wheel each would cost an entry that is soon
// passed over.
// Lazy: an entry stays when its reason is gone; whoever pops it looks at the connection.
//
// Limits  one entry per connection at most, which the caller sees to (flags in Slot).
// Owner   one worker; no allocation after construction.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/mem/huge_array.h"

namespace sallyport::tcp {

class DelayQueue {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  explicit DelayQueue(uint32_t entries_max) : entries_(entries_max), entries_max_(entries_max) {}

  bool empty() const noexcept { return count_ == 0; }
  // REQUIRES: not full; due_ms is not before that of the last push.
  void push(uint32_t index, uint64_t due_ms) noexcept {
    entries_[wrapped(head_ + count_)] = {index, static_cast<uint32_t>(due_ms)};
    latest_due_ms_ = due_ms;
    ++count_;
  }
  // When the oldest is due. REQUIRES: !empty().
  uint64_t due_ms() const noexcept {
    return latest_due_ms_ - (static_cast<uint32_t>(latest_due_ms_) - entries_[head_].due_ms);
  }
  // Takes the oldest. REQUIRES: !empty().
  uint32_t pop() noexcept {
    const uint32_t index = entries_[head_].index;
    // A ring of a million entries is in no cache either.
    __builtin_prefetch(&entries_[wrapped(head_ + std::min(kLinesAhead * kEntriesPerLine, count_))]);
    if (++head_ == entries_max_) head_ = 0;
    --count_;
    return index;
  }
  // The one that is `after` entries behind the oldest, to fetch its record ahead; kNone.
  uint32_t index_at(uint32_t after) const noexcept {
    if (after >= count_) return kNone;
    return entries_[wrapped(head_ + after)].index;
  }
  static uint64_t entry_bytes() noexcept { return sizeof(Entry); }

 private:
  struct Entry {
    uint32_t index;
    uint32_t due_ms;  // low half
  };
  static constexpr uint32_t kEntriesPerLine = 64 / sizeof(Entry);
  static constexpr uint32_t kLinesAhead = 16;

  uint32_t wrapped(uint32_t at) const noexcept {
    return at < entries_max_ ? at : at - entries_max_;
  }

  mem::HugeArray<Entry> entries_;
  const uint32_t entries_max_;
  uint32_t head_ = 0;
  uint32_t count_ = 0;
  uint64_t latest_due_ms_ = 0;
};

}  // namespace sallyport::tcp
