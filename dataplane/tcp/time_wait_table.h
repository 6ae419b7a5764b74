// time_wait_table.h: connections that are over, in a compact form, until their late segments are
// gone.
//
// A FIFO in order of expiry: every entry lives equally long, and one that starts again moves to the
// end. Limits   entry_count; the oldest is evicted when full (counted by the caller). Owner    one
// worker.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/tcp/flow_table.h"

namespace sallyport::tcp {

struct TimeWaitEntry {
  FlowKey key;
  uint32_t send_next = 0;
  uint32_t receive_next = 0;
  uint64_t recent_ms = 0;  // when it began
  uint32_t timestamp_recent = 0;
  uint32_t timestamp_offset = 0;
  uint16_t window_field = 0;
  bool timestamps = false;
};

class TimeWaitTable {
 public:
  TimeWaitTable(uint32_t entry_count, const base::SipKey& secret);

  // True when the oldest entry had to go.
  bool insert(const TimeWaitEntry& entry, uint64_t expires_ms) noexcept;
  // Null: not here. Valid until the next insert or erase.
  TimeWaitEntry* find(const FlowKey& key) noexcept;
  void restart(TimeWaitEntry& entry, uint64_t expires_ms) noexcept;
  void erase(TimeWaitEntry& entry) noexcept;
  // Drops at most `count_max` expired entries.
  void expire(uint64_t now_ms, size_t count_max) noexcept;
  uint64_t next_expiry_ms() const noexcept;
  uint32_t size() const noexcept { return table_.size(); }

 private:
  struct Node {
    TimeWaitEntry entry;
    uint64_t hash = 0;
    uint64_t expires_ms = 0;
    uint32_t next = FlowTable::kNone;
    uint32_t previous = FlowTable::kNone;
  };

  void append(uint32_t index) noexcept;
  void unlink(uint32_t index) noexcept;
  void erase_index(uint32_t index) noexcept;
  uint32_t index_of(const TimeWaitEntry& entry) const noexcept;

  const base::SipKey secret_;
  FlowTable table_;
  std::unique_ptr<Node[]> nodes_;
  uint32_t free_ = FlowTable::kNone;
  uint32_t oldest_ = FlowTable::kNone;
  uint32_t newest_ = FlowTable::kNone;
};

}  // namespace sallyport::tcp
