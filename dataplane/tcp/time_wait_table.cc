#include "dataplane/tcp/time_wait_table.h"

namespace sallyport::tcp {
namespace {

constexpr uint32_t kNone = FlowTable::kNone;

}  // namespace

TimeWaitTable::TimeWaitTable(uint32_t entry_count, const base::SipKey& secret)
    : secret_(secret), table_(entry_count), nodes_(std::make_unique<Node[]>(entry_count)) {
  for (uint32_t i = entry_count; i-- > 0;) {
    nodes_[i].next = free_;
    free_ = i;
  }
}

void TimeWaitTable::append(uint32_t index) noexcept {
  Node& node = nodes_[index];
  node.next = kNone;
  node.previous = newest_;
  if (newest_ != kNone) {
    nodes_[newest_].next = index;
  } else {
    oldest_ = index;
  }
  newest_ = index;
}

void TimeWaitTable::unlink(uint32_t index) noexcept {
  Node& node = nodes_[index];
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    oldest_ = node.next;
  }
  if (node.next != kNone) {
    nodes_[node.next].previous = node.previous;
  } else {
    newest_ = node.previous;
  }
}

void TimeWaitTable::erase_index(uint32_t index) noexcept {
  table_.erase(nodes_[index].hash, index);
  unlink(index);
  nodes_[index].next = free_;
  free_ = index;
}

uint32_t TimeWaitTable::index_of(const TimeWaitEntry& entry) const noexcept {
  return static_cast<uint32_t>(reinterpret_cast<const Node*>(&entry) - nodes_.get());
}

bool TimeWaitTable::insert(const TimeWaitEntry& entry, uint64_t expires_ms) noexcept {
  const bool evicts = free_ == kNone;
  if (evicts) erase_index(oldest_);
  const uint32_t index = free_;
  free_ = nodes_[index].next;
  nodes_[index].entry = entry;
  nodes_[index].hash = flow_hash(secret_, entry.key);
  nodes_[index].expires_ms = expires_ms;
  table_.insert(nodes_[index].hash, index);
  append(index);
  return evicts;
}

TimeWaitEntry* TimeWaitTable::find(const FlowKey& key) noexcept {
  if (table_.size() == 0) return nullptr;
  const uint32_t index =
      table_.find(flow_hash(secret_, key), [&](uint32_t i) { return nodes_[i].entry.key == key; });
  return index == kNone ? nullptr : &nodes_[index].entry;
}

void TimeWaitTable::restart(TimeWaitEntry& entry, uint64_t expires_ms) noexcept {
  const uint32_t index = index_of(entry);
  unlink(index);
  nodes_[index].expires_ms = expires_ms;
  append(index);
}

void TimeWaitTable::erase(TimeWaitEntry& entry) noexcept { erase_index(index_of(entry)); }

void TimeWaitTable::expire(uint64_t now_ms, size_t count_max) noexcept {
  while (count_max-- > 0 && oldest_ != kNone && nodes_[oldest_].expires_ms <= now_ms)
    erase_index(oldest_);
}

uint64_t TimeWaitTable::next_expiry_ms() const noexcept {
  return oldest_ == kNone ? UINT64_MAX : nodes_[oldest_].expires_ms;
}

}  // namespace sallyport::tcp
