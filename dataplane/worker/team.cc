#include "dataplane/worker/team.h"

#include "dataplane/mem/byte_chain.h"

namespace sallyport::worker {
namespace {

void add(std::atomic<uint64_t>& counter) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

// Every other worker gets a copy; the frame itself stays here, and is answered here.
void tell_everybody(Team& team, uint16_t own_seat, nic::Queue& queue, const mem::Segment& frame,
                    TeamCounters& counters) noexcept {
  for (size_t i = 0; i < team.seats.size(); ++i) {
    if (i == own_seat) continue;
    mem::Segment* const copy = queue.copy(frame);
    if (copy != nullptr && team.seats[i].door->give({copy, team.seats[i].side, 1})) {
      add(counters.copied);
      continue;
    }
    if (copy != nullptr) mem::release(copy);
    add(counters.copy_lost);
  }
}

}  // namespace

size_t hand_over(Team& team, uint16_t own_seat, nic::Queue& queue, std::span<mem::Segment*> frames,
                 TeamCounters& counters) noexcept {
  size_t kept = 0;
  bool gave = false;
  for (size_t i = 0; i < frames.size(); ++i) {
    mem::Segment* const frame = frames[i];
    const auto verdict = team.steering.judge(frame->bytes(), queue.device_hash(i));
    if (verdict.hash_differs) add(counters.hash_differs);
    if (verdict.kind == Steering::Kind::Seat && verdict.seat != own_seat) {
      const Seat& seat = team.seats[verdict.seat];
      gave = true;
      if (seat.door->give({frame, seat.side, 0})) {
        add(counters.handed_over);
      } else {
        add(counters.hand_over_full);
        mem::release(frame);
      }
      continue;
    }
    if (verdict.kind == Steering::Kind::Everybody) {
      gave = true;
      tell_everybody(team, own_seat, queue, *frame, counters);
    }
    frames[kept++] = frame;
  }
  if (gave)
    for (size_t i = 0; i < team.seats.size(); ++i)
      if (i != own_seat) team.seats[i].door->ring_bell();
  return kept;
}

}  // namespace sallyport::worker
