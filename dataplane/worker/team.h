// team.h: the workers that share one port: who owns which frame, and how it gets there.
//
// Owner  made by the main thread once every worker's HandOver exists; outlives the workers. Shared
// by them; only Steering's comparison and the rings change.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/nic/port.h"
#include "dataplane/worker/hand_over.h"
#include "dataplane/worker/steering.h"

namespace sallyport::worker {

// Where a worker of the team is reached.
struct Seat {
  HandOver* door = nullptr;
  uint32_t side = 0;  // the worker's own number of the port
};

struct Team {
  Team(SteeringConfig config, std::vector<Seat> all)
      : steering(std::move(config)), seats(std::move(all)) {}
  Steering steering;
  std::vector<Seat> seats;
};

// What one worker did for its team. Written by that worker, read by anybody.
struct TeamCounters {
  std::atomic<uint64_t> handed_over{0};     // frames that came here and belong to another worker
  std::atomic<uint64_t> taken_over{0};      // frames that came from other workers
  std::atomic<uint64_t> hand_over_full{0};  // dropped: the other worker's ring was full
  std::atomic<uint64_t> copied{0};          // copies of what every worker must hear
  std::atomic<uint64_t> copy_lost{0};       // no frame buffer, or the ring was full
  std::atomic<uint64_t> hash_differs{0};    // segments that the device hashed otherwise than we do
};

// Gives the frames of one burst of `queue` that are not this worker's to their owners. Answers how
// many of `frames` are left, in order, at its front.
size_t hand_over(Team& team, uint16_t own_seat, nic::Queue& queue, std::span<mem::Segment*> frames,
                 TeamCounters& counters) noexcept;

}  // namespace sallyport::worker
