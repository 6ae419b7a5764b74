// hand_over.h: frames that arrived at one worker and belong to another: a bounded ring per worker.
//
// Many givers, one taker. A frame is not copied: its segment changes hands, and its mbuf goes back
// to the port's pool from whichever core held it last. What every worker must hear (ARP, neighbour
// discovery) is copied, so that each copy has one holder. Full: the frame is dropped and counted
// by the giver, never waited for, because two workers that wait for each other stand still; TCP
// sends it again.
//
// Limits  kHandOverFramesMax. Owner: made by the main thread before the workers, destroyed after
// them and before the ports. give() and ring_bell(): any worker. take(), begin_sleep(),
// end_sleep(): its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "dataplane/mem/segment.h"

struct rte_ring;

namespace sallyport::worker {

// Sixteen bursts: a worker that is not scheduled for the time of a few turns of the others loses
// nothing. A quarter of the frames of a small port, so a stuck worker cannot take the pool.
inline constexpr unsigned kHandOverFramesMax = 1'024;

struct Handed {
  mem::Segment* segment = nullptr;
  uint32_t side = 0;     // the taker's own number of the port
  uint32_t is_copy = 0;  // to be heard, not answered
};
static_assert(sizeof(Handed) == 16);

class HandOver {
 public:
  // REQUIRES: EAL is up. `name` is unique in the process.
  explicit HandOver(const std::string& name);
  // Gives back what nobody took.
  ~HandOver();
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;

  // False: full; the segment is still the caller's.
  [[nodiscard]] bool give(const Handed& frame) noexcept;
  // After a burst of give(): wakes the taker if it sleeps. A system call only then.
  void ring_bell() noexcept;

  // The eventfd of the taker. REQUIRES: before any worker runs.
  void set_bell(int descriptor) noexcept { bell_ = descriptor; }
  size_t take(std::span<Handed> out) noexcept;
  // False: frames wait, do not sleep.
  [[nodiscard]] bool begin_sleep() noexcept;
  void end_sleep() noexcept { sleeping_.store(false, std::memory_order_relaxed); }
  // Frames that wait now.
  size_t waiting() const noexcept;

 private:
  rte_ring* ring_ = nullptr;
  int bell_ = -1;
  std::atomic<bool> sleeping_{false};
};

}  // namespace sallyport::worker
