#include "dataplane/tcp/timer_wheel.h"

#include <algorithm>

namespace sallyport::tcp {
namespace {

// 0 means "no entry": that tick, one in 49 days, is told a millisecond late.
uint32_t low_half(uint64_t tick) noexcept {
  const auto low = static_cast<uint32_t>(tick);
  return low == 0 ? 1 : low;
}

bool is_before(uint32_t a, uint32_t b) noexcept { return static_cast<int32_t>(a - b) < 0; }

}  // namespace

// REQUIRES: `tick` is before all that are there.
void TimerWheel::Marks::push(uint32_t tick) noexcept {
  if (at_.back() == 0) {
    at_[2] = at_[1];
    at_[1] = at_[0];
  }
  at_[0] = tick;
}

void TimerWheel::Marks::insert(uint32_t tick) noexcept {
  for (uint32_t& at : at_)
    if (at == 0 || is_before(tick, at)) std::swap(at, tick);
}

bool TimerWheel::Marks::take(uint32_t tick) noexcept {
  const auto found = std::find(at_.begin(), at_.end(), tick);
  if (found == at_.end()) return false;
  std::copy(found + 1, at_.end(), found);
  at_.back() = 0;
  return true;
}

// Full pieces, one that is not for each list, and two while forget_stale() writes a list anew.
TimerWheel::TimerWheel(uint32_t node_count)
    : entries_max_(kEntriesPerNode * node_count),
      pieces_(entries_max_ / kEntriesPerPiece + kLists + 2) {
  heads_.fill(kNone);
  const auto count = static_cast<uint32_t>(entries_max_ / kEntriesPerPiece + kLists + 2);
  for (uint32_t i = count; i-- > 0;) free_piece(i);
}

// Within 256 ticks: level 0. A tick further away lies in a later slot of its level, because the
// slot of the current time was emptied when time entered it.
uint32_t TimerWheel::slot_for(uint64_t tick) const noexcept {
  const uint64_t ahead = tick - current_;
  if (ahead < kSlots0) return static_cast<uint32_t>(tick & kMask0);
  if (ahead < (1ULL << 14)) return static_cast<uint32_t>(kSlots0 + ((tick >> 8) & 63));
  return static_cast<uint32_t>(kSlots0 + kSlots1 + ((tick >> 14) & 63));
}

void TimerWheel::free_piece(uint32_t piece) noexcept {
  pieces_[piece].count = 0;
  pieces_[piece].next = free_;
  free_ = piece;
}

void TimerWheel::add(uint32_t list, Entry entry) noexcept {
  uint32_t head = heads_[list];
  if (head == kNone || pieces_[head].count == kEntriesPerPiece) {
    const uint32_t fresh = free_;
    free_ = pieces_[fresh].next;
    pieces_[fresh].next = head;
    heads_[list] = head = fresh;
  }
  Piece& piece = pieces_[head];
  piece.entries[piece.count++] = entry;
  ++entry_count_;
  if (list < kSlots0) ++entry_count_0_;
}

void TimerWheel::count_out(uint32_t list, size_t count) noexcept {
  entry_count_ -= count;
  if (list < kSlots0) entry_count_0_ -= count;
}

// The last ones of the first piece. REQUIRES: the list is not empty.
size_t TimerWheel::take(uint32_t list, size_t count_max,
                        std::array<Entry, kEntriesPerPiece>& out) noexcept {
  const uint32_t head = heads_[list];
  Piece& piece = pieces_[head];
  const auto count = static_cast<uint32_t>(std::min<size_t>(count_max, piece.count));
  piece.count -= count;
  std::copy_n(piece.entries.begin() + piece.count, count, out.begin());
  count_out(list, count);
  if (piece.count == 0) {
    heads_[list] = piece.next;
    if (piece.next != kNone)
      for (size_t line = 0; line < sizeof(Piece); line += 64)
        __builtin_prefetch(reinterpret_cast<const uint8_t*>(&pieces_[piece.next]) + line, 1);
    free_piece(head);
  }
  return count;
}

void TimerWheel::put(uint32_t node, Marks& marks, uint64_t tick, uint64_t now_tick) noexcept {
  if (entry_count_ == 0 && now_tick > current_) current_ = now_tick;
  tick = std::clamp(tick, current_ + 1, current_ + kTicksMax - 1);
  if (armed_at(marks) <= tick) return;
  const uint32_t low = low_half(tick);
  marks.push(low);
  add(slot_for(tick + (low - static_cast<uint32_t>(tick))), {node, low});
}

// Time has come to this slot.
void TimerWheel::enter(uint32_t slot, uint32_t coming_down) noexcept {
  size_t all = SIZE_MAX;
  // A whole slot later: whoever calls is far behind.
  if (heads_[coming_down] != kNone) come_down(all);
  heads_[coming_down] = heads_[slot];
  heads_[slot] = kNone;
}

void TimerWheel::come_down(size_t& moves) noexcept {
  std::array<Entry, kEntriesPerPiece> batch;
  for (const uint32_t list : {kDown1, kDown2}) {
    while (heads_[list] != kNone && moves > 0) {
      const size_t count = take(list, moves, batch);
      moves -= count;
      for (size_t i = 0; i < count; ++i) {
        // Late ones fire now.
        const auto ahead = static_cast<int32_t>(batch[i].tick - static_cast<uint32_t>(current_));
        add(slot_for(current_ + static_cast<uint64_t>(std::max(ahead, 0))), batch[i]);
      }
    }
  }
}

void TimerWheel::step(uint64_t now_tick) noexcept {
  // With level 0 empty nothing can fire before the next boundary.
  if (entry_count_0_ == 0 && !is_coming_down()) {
    current_ = std::min(now_tick, current_ | kMask0);
    if (current_ == now_tick) return;
  }
  ++current_;
  if ((current_ & kMask0) != 0) return;
  if ((current_ & ((1U << 14) - 1)) == 0)
    enter(static_cast<uint32_t>(kSlots0 + kSlots1 + ((current_ >> 14) & 63)), kDown2);
  enter(static_cast<uint32_t>(kSlots0 + ((current_ >> 8) & 63)), kDown1);
}

uint64_t TimerWheel::next_tick() const noexcept {
  if (entry_count_ == 0) return kNever;
  if (is_coming_down()) return current_;
  // At the boundary nodes of the upper levels come down; one of them may be due right then.
  const uint64_t boundary = (current_ | kMask0) + 1;
  const uint64_t stop = entry_count_ > entry_count_0_ ? boundary : current_ + kSlots0;
  for (uint64_t tick = current_; entry_count_0_ > 0 && tick < stop; ++tick) {
    if (heads_[tick & kMask0] != kNone) return tick;
  }
  return boundary;
}

}  // namespace sallyport::tcp
