// timer_wheel.h: when is a connection looked at again? Ticks of 1 ms, three levels of 256, 64 and
// 64 slots.
//
// A connection keeps its several deadlines as plain fields; the wheel holds the earliest only, and
// lazily: when a deadline moves later, nothing is written here; the entry fires early and the node
// is armed again. A deadline that moves earlier gets a second entry in front of the first, which
// stays for the time after. So nothing is ever taken out of the middle, and a slot is an array of
// (node, tick) in pieces: to arm is a write at its end, to fire is to read along it, and the
// records of the nodes are fetched a piece ahead. Lists through the nodes cost three memory
// accesses each way, one after the other: eight times as much at a million nodes as at a thousand.
// Under twice (bench/results/tcp.md).
//
// What a node has here is remembered with its other state, in Marks, which the caller keeps:
// looking there costs no line of the wheel's.
//
// Limits   2^20 ms (17 minutes) ahead; a later tick is put there and fires early (see lazy).
//          next_tick() may be early (a level boundary, an entry that nobody waits for), never late.
//          kMarksMax entries of a node are known; when it gets one more in front, the first of the
//          known is forgotten, stays, and is passed over when its time comes. There is room for
//          one such entry per node: should they fill it, all are looked for at once (forget_stale).
//          A slot of an upper level comes down kMovesPerAdvance entries at a time: a million idle
//          connections lie in one, and at once they would stall everything else for a tenth of a
//          second. What is due in the rest is then late by so many calls.
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
  // Three kinds of waiting at once: for a probe, for a retransmission, for a keepalive.
  static constexpr size_t kMarksMax = 3;
  static constexpr size_t kMovesPerAdvance = 512;

  // The entries of one node, earliest first: low halves of their ticks; 0: none. It outlives a
  // connection: what is in the wheel for a record serves the next one that lies there.
  class Marks {
   public:
    bool empty() const noexcept { return at_[0] == 0; }
    size_t count() const noexcept {
      return static_cast<size_t>(at_[0] != 0) + (at_[1] != 0 ? 1 : 0) + (at_[2] != 0 ? 1 : 0);
    }

   private:
    friend class TimerWheel;
    void push(uint32_t tick) noexcept;
    void insert(uint32_t tick) noexcept;  // REQUIRES: room
    bool take(uint32_t tick) noexcept;    // false: not there
    bool has(uint32_t tick) const noexcept {
      return tick == at_[0] || tick == at_[1] || tick == at_[2];
    }
    std::array<uint32_t, kMarksMax> at_{};
  };

  explicit TimerWheel(uint32_t node_count);

  // From now on the node fires at `tick` or before; it may do so already. A tick that is not after
  // the current one fires at the next. marks_of(node) is a reference to the Marks of any node.
  template <class MarksOf>
  void arm(uint32_t node, uint64_t tick, uint64_t now_tick, const MarksOf& marks_of) noexcept {
    if (entry_count_ == entries_max_) forget_stale(marks_of);
    put(node, marks_of(node), tick, now_tick);
  }
  // The earliest that this node fires; kNever.
  uint64_t armed_at(const Marks& marks) const noexcept {
    if (marks.empty()) return kNever;
    return current_ + static_cast<uint64_t>(int64_t{
                          static_cast<int32_t>(marks.at_[0] - static_cast<uint32_t>(current_))});
  }
  uint64_t next_tick() const noexcept;
  static uint64_t node_bytes() noexcept { return kEntriesPerNode * sizeof(Entry); }

  // Calls expire(node) for what is due; looks at `count_max` entries at most. expire may arm.
  template <class MarksOf, class Expire>
  size_t advance(uint64_t now_tick, size_t count_max, const MarksOf& marks_of,
                 const Expire& expire) noexcept {
    size_t done = 0;
    if (entry_count_ == 0) {
      if (now_tick > current_) current_ = now_tick;
      return 0;
    }
    size_t moves = kMovesPerAdvance;
    for (;;) {
      come_down(moves);
      while (heads_[current_ & kMask0] != kNone) {
        if (done == count_max) return done;
        done += fire(count_max - done, marks_of, expire);
      }
      if (current_ >= now_tick) {
        if (done > 0) fetch_next(marks_of);
        return done;
      }
      step(now_tick);
    }
  }

  // For audits: how many entries are known to their node. Every mark has one.
  template <class MarksOf>
  size_t count_known(const MarksOf& marks_of) const noexcept {
    size_t known = 0;
    for (const uint32_t head : heads_)
      for (uint32_t piece = head; piece != kNone; piece = pieces_[piece].next)
        for (uint32_t i = 0; i < pieces_[piece].count; ++i) {
          const Entry& entry = pieces_[piece].entries[i];
          if (marks_of(entry.node).has(entry.tick)) ++known;
        }
    return known;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kSlots0 = 256;
  static constexpr uint32_t kSlots1 = 64;
  static constexpr uint32_t kSlots2 = 64;
  // What time has reached in levels 1 and 2 and is not yet in its lower slot.
  static constexpr uint32_t kDown1 = kSlots0 + kSlots1 + kSlots2;
  static constexpr uint32_t kDown2 = kDown1 + 1;
  static constexpr uint32_t kLists = kDown2 + 1;
  static constexpr uint64_t kMask0 = kSlots0 - 1;
  static constexpr uint64_t kTicksMax = 1ULL << 20;
  static constexpr uint64_t kEntriesPerNode = kMarksMax + 1;
  static constexpr uint32_t kEntriesPerPiece = 31;

  struct Entry {
    uint32_t node;
    uint32_t tick;  // low half; never 0
  };
  // Four cache lines. Only the first piece of a list is not full.
  struct alignas(64) Piece {
    uint32_t next = kNone;
    uint32_t count = 0;
    std::array<Entry, kEntriesPerPiece> entries;
  };
  static_assert(sizeof(Piece) == 256);

  template <class MarksOf, class Expire>
  size_t fire(size_t count_max, const MarksOf& marks_of, const Expire& expire) noexcept {
    std::array<Entry, kEntriesPerPiece> batch;
    const size_t count = take(static_cast<uint32_t>(current_ & kMask0), count_max, batch);
    for (size_t i = 0; i < count; ++i) __builtin_prefetch(&marks_of(batch[i].node), 1);
    for (size_t i = 0; i < count; ++i)
      if (marks_of(batch[i].node).take(batch[i].tick)) expire(batch[i].node);
    return count;
  }

  // What fires at the next tick: its records come while the caller does other things.
  template <class MarksOf>
  void fetch_next(const MarksOf& marks_of) const noexcept {
    const uint32_t head = heads_[(current_ + 1) & kMask0];
    if (head == kNone) return;
    for (uint32_t i = 0; i < pieces_[head].count; ++i)
      __builtin_prefetch(&marks_of(pieces_[head].entries[i].node), 1);
  }

  // Keeps one entry for each mark. Two walks, because a forgotten entry may have the tick of a
  // known one: the first takes the mark with the entry that it keeps, the second puts them back.
  template <class MarksOf>
  void forget_stale(const MarksOf& marks_of) noexcept {
    for (uint32_t list = 0; list < kLists; ++list) {
      uint32_t from = heads_[list];
      heads_[list] = kNone;
      while (from != kNone) {
        const std::array<Entry, kEntriesPerPiece> entries = pieces_[from].entries;
        const uint32_t count = pieces_[from].count;
        const uint32_t next = pieces_[from].next;
        count_out(list, count);
        free_piece(from);
        from = next;
        for (uint32_t i = 0; i < count; ++i)
          if (marks_of(entries[i].node).take(entries[i].tick)) add(list, entries[i]);
      }
    }
    for (const uint32_t head : heads_)
      for (uint32_t at = head; at != kNone; at = pieces_[at].next)
        for (uint32_t i = 0; i < pieces_[at].count; ++i)
          marks_of(pieces_[at].entries[i].node).insert(pieces_[at].entries[i].tick);
  }

  void put(uint32_t node, Marks& marks, uint64_t tick, uint64_t now_tick) noexcept;
  uint32_t slot_for(uint64_t tick) const noexcept;
  void add(uint32_t list, Entry entry) noexcept;
  size_t take(uint32_t list, size_t count_max, std::array<Entry, kEntriesPerPiece>& out) noexcept;
  void count_out(uint32_t list, size_t count) noexcept;
  void free_piece(uint32_t piece) noexcept;
  void step(uint64_t now_tick) noexcept;
  void enter(uint32_t slot, uint32_t coming_down) noexcept;
  void come_down(size_t& moves) noexcept;
  bool is_coming_down() const noexcept {
    return heads_[kDown1] != kNone || heads_[kDown2] != kNone;
  }

  const uint64_t entries_max_;
  mem::HugeArray<Piece> pieces_;
  uint32_t free_ = kNone;
  std::array<uint32_t, kLists> heads_;
  uint64_t current_ = 0;
  uint64_t entry_count_ = 0;
  uint64_t entry_count_0_ = 0;  // in level 0
};

}  // namespace sallyport::tcp
