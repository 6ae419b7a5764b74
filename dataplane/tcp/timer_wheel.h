// timer_wheel.h: one node per connection, ticks of 1 ms, three levels of 256, 64 and 64 slots.
//
// A connection keeps its several deadlines as plain fields; the wheel holds the earliest only, and
// lazily: when a deadline moves later, nothing is written here; the node fires early and is armed
// again.
//
// Limits   2^20 ms (17 minutes) ahead; a later tick is put there and fires early (see lazy).
//          next_tick() may be early (a level boundary), never late. A slot of an upper level comes
//          down kMovesPerAdvance nodes at a time: a million idle connections lie in one, and at
//          once they would stall everything else for a tenth of a second. What is due in the rest
//          is then late by so many calls.
// Owner    one worker; no allocation after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/mem/huge_array.h"

namespace sallyport::tcp {

class TimerWheel {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  explicit TimerWheel(uint32_t node_count);

  // Arms or moves. A tick that is not after the current one fires at the next.
  void arm(uint32_t node, uint64_t tick, uint64_t now_tick) noexcept;
  void disarm(uint32_t node) noexcept;
  bool is_armed(uint32_t node) const noexcept { return nodes_[node].slot != kNoSlot; }
  // REQUIRES: is_armed(node).
  uint64_t armed_at(uint32_t node) const noexcept { return nodes_[node].tick; }
  uint64_t next_tick() const noexcept;
  static uint64_t node_bytes() noexcept;

  // Calls expire(node), disarmed before, for what is due; at most `count_max` of them. expire may
  // arm.
  template <class Expire>
  size_t advance(uint64_t now_tick, size_t count_max, const Expire& expire) noexcept {
    size_t done = 0;
    if (armed_count_ == 0) {
      if (now_tick > current_) current_ = now_tick;
      return 0;
    }
    size_t moves = kMovesPerAdvance;
    for (;;) {
      come_down(moves);
      uint32_t node;
      while ((node = heads_[current_ & kMask0]) != kNone) {
        if (done == count_max) return done;
        disarm(node);
        ++done;
        expire(node);
      }
      if (current_ >= now_tick) return done;
      step(now_tick);
    }
  }

  static constexpr size_t kMovesPerAdvance = 512;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint16_t kNoSlot = UINT16_MAX;
  static constexpr uint32_t kSlots0 = 256;
  static constexpr uint32_t kSlots1 = 64;
  static constexpr uint32_t kSlots2 = 64;
  static constexpr uint64_t kMask0 = kSlots0 - 1;
  static constexpr uint64_t kTicksMax = 1ULL << 20;

  struct Node {
    uint64_t tick = 0;
    uint32_t next = kNone;
    uint32_t previous = kNone;
    uint16_t slot = kNoSlot;
  };

  uint16_t slot_for(uint64_t tick) const noexcept;
  void link(uint32_t node, uint16_t slot) noexcept;
  void step(uint64_t now_tick) noexcept;
  void enter(uint16_t slot, uint32_t& coming_down) noexcept;
  void come_down(size_t& moves) noexcept;
  bool is_coming_down() const noexcept { return down_1_ != kNone || down_2_ != kNone; }

  mem::HugeArray<Node> nodes_;
  std::array<uint32_t, kSlots0 + kSlots1 + kSlots2> heads_;
  // Heads of what time has reached in levels 1 and 2 and is not yet in its lower slot.
  uint32_t down_1_ = kNone;
  uint32_t down_2_ = kNone;
  uint64_t current_ = 0;
  uint32_t armed_count_ = 0;
  uint32_t armed_count_0_ = 0;  // in level 0
};

}  // namespace sallyport::tcp
