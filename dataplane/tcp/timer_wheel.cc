#include "dataplane/tcp/timer_wheel.h"

#include <algorithm>

namespace sallyport::tcp {

TimerWheel::TimerWheel(uint32_t node_count) : nodes_(node_count) { heads_.fill(kNone); }

uint64_t TimerWheel::node_bytes() noexcept { return sizeof(Node); }

// Within 256 ticks: level 0. A tick further away lies in a later slot of its level, because the
// slot of the current time was emptied when time entered it.
uint16_t TimerWheel::slot_for(uint64_t tick) const noexcept {
  const uint64_t ahead = tick - current_;
  if (ahead < kSlots0) return static_cast<uint16_t>(tick & kMask0);
  if (ahead < (1ULL << 14)) return static_cast<uint16_t>(kSlots0 + ((tick >> 8) & 63));
  return static_cast<uint16_t>(kSlots0 + kSlots1 + ((tick >> 14) & 63));
}

void TimerWheel::link(uint32_t node, uint16_t slot) noexcept {
  Node& n = nodes_[node];
  n.slot = slot;
  n.previous = kNone;
  n.next = heads_[slot];
  if (n.next != kNone) nodes_[n.next].previous = node;
  heads_[slot] = node;
  ++armed_count_;
  if (slot < kSlots0) ++armed_count_0_;
}

void TimerWheel::arm(uint32_t node, uint64_t tick, uint64_t now_tick) noexcept {
  if (is_armed(node)) disarm(node);
  if (armed_count_ == 0 && now_tick > current_) current_ = now_tick;
  tick = std::clamp(tick, current_ + 1, current_ + kTicksMax - 1);
  nodes_[node].tick = tick;
  link(node, slot_for(tick));
}

void TimerWheel::disarm(uint32_t node) noexcept {
  Node& n = nodes_[node];
  if (n.slot == kNoSlot) return;
  if (n.previous != kNone) {
    nodes_[n.previous].next = n.next;
  } else if (down_1_ == node) {
    down_1_ = n.next;
  } else if (down_2_ == node) {
    down_2_ = n.next;
  } else {
    heads_[n.slot] = n.next;
  }
  if (n.next != kNone) nodes_[n.next].previous = n.previous;
  --armed_count_;
  if (n.slot < kSlots0) --armed_count_0_;
  n.slot = kNoSlot;
}

// Time has come to this slot.
void TimerWheel::enter(uint16_t slot, uint32_t& coming_down) noexcept {
  size_t all = SIZE_MAX;
  if (coming_down != kNone) come_down(all);  // a whole slot later: whoever calls is far behind
  coming_down = heads_[slot];
  heads_[slot] = kNone;
}

void TimerWheel::come_down(size_t& moves) noexcept {
  for (const uint32_t* head : {&down_1_, &down_2_}) {
    for (; *head != kNone && moves > 0; --moves) {
      const uint32_t node = *head;
      disarm(node);
      // Late ones fire now.
      link(node, slot_for(std::max(nodes_[node].tick, current_)));
    }
  }
}

void TimerWheel::step(uint64_t now_tick) noexcept {
  // With level 0 empty nothing can fire before the next boundary.
  if (armed_count_0_ == 0 && !is_coming_down()) {
    current_ = std::min(now_tick, current_ | kMask0);
    if (current_ == now_tick) return;
  }
  ++current_;
  if ((current_ & kMask0) != 0) return;
  if ((current_ & ((1U << 14) - 1)) == 0)
    enter(static_cast<uint16_t>(kSlots0 + kSlots1 + ((current_ >> 14) & 63)), down_2_);
  enter(static_cast<uint16_t>(kSlots0 + ((current_ >> 8) & 63)), down_1_);
}

uint64_t TimerWheel::next_tick() const noexcept {
  if (armed_count_ == 0) return kNever;
  if (is_coming_down()) return current_;
  // At the boundary nodes of the upper levels come down; one of them may be due right then.
  const uint64_t boundary = (current_ | kMask0) + 1;
  const uint64_t stop = armed_count_ > armed_count_0_ ? boundary : current_ + kSlots0;
  for (uint64_t tick = current_; armed_count_0_ > 0 && tick < stop; ++tick) {
    if (heads_[tick & kMask0] != kNone) return tick;
  }
  return boundary;
}

}  // namespace sallyport::tcp
