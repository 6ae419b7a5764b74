// clock.h: a clock of the kernel, read. For what the control plane writes down and for timers of
// its threads; the dataplane reads its clocks once per turn (base/time.h).
#pragma once

#include <time.h>

#include <cstdint>

#include "dataplane/base/time.h"

namespace sallyport::evidence_log {

// Nanoseconds of CLOCK_REALTIME (since 1970), CLOCK_MONOTONIC, ...
inline uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * base::kNsPerS + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace sallyport::evidence_log
