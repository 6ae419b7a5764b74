// pushed_out.h: who leaves when a listener of people and their tools has no place for one more.
//
// Whoever reaches a listener can open connections and say nothing. Waiting for each one's deadline
// lets a handful of them keep everybody else out; so the newest is let in, and one that nothing is
// done for goes. It is taken from the owner (a uid, a network address) that holds most connections,
// and of his the one that has waited longest: who fills a listener empties his own places.
// What is being worked on is never pushed out; its number and its time are bounded elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sallyport::restore {

struct HeldConnection {
  uint64_t id = 0;
  std::string owner;
  uint64_t since_ms = 0;      // connected, or answered last
  bool is_worked_on = false;  // the request is read, the answer is not there yet
};

// What a listener of this kind did since the start, but for `open`.
struct ListenerFigures {
  uint64_t open = 0;
  uint64_t pushed_out = 0;  // closed to let another one in
  uint64_t timed_out = 0;   // no complete request, or its answer not taken, in time
  uint64_t refused = 0;     // more requests at once than may be in work
};

// The id of the one to close. Nothing: all are worked on.
std::optional<uint64_t> pushed_out(std::span<const HeldConnection> held);

}  // namespace sallyport::restore
