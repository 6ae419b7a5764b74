// time.h: instants and durations as values. Nothing below worker/ reads a clock; the clock is read
// once per turn and passed down.
#pragma once

#include <cstdint>

namespace sallyport::base {

// Monotonic nanoseconds since an arbitrary point. One per worker turn.
struct Instant {
  uint64_t ns = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
};

// What a turn knows of time: monotonic for timers, wall (Unix epoch) for records and certificates.
struct Clock {
  Instant now;
  uint64_t wall_ns = 0;
};

inline constexpr uint64_t kNsPerUs = 1'000;
inline constexpr uint64_t kNsPerMs = 1'000'000;
inline constexpr uint64_t kNsPerS = 1'000'000'000;

constexpr Instant after_ms(Instant t, uint64_t ms) { return Instant{t.ns + ms * kNsPerMs}; }
constexpr uint64_t ms_between(Instant earlier, Instant later) {
  return later.ns <= earlier.ns ? 0 : (later.ns - earlier.ns) / kNsPerMs;
}

}  // namespace sallyport::base
