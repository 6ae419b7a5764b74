// rollout_limits.h: when a canary may be promoted, and what ends it by itself.
#pragma once

#include <cstdint>

namespace sallyport::supervise {

// rollout.yaml of the bundle (docs/rollout.md); a file that says nothing says these.
struct RolloutLimits {
  uint32_t canary_least_exchanges = 50;  // before promote
  uint32_t canary_least_seconds = 60;
  uint32_t halt_window_seconds = 60;
  uint32_t halt_least_exchanges = 20;  // in the window
  uint32_t halt_error_percent = 5;     // points more than the base
  uint32_t halt_block_percent = 20;    // points more than the base
  uint32_t halt_detection_change_percent = 50;
  uint32_t tests_every_seconds = 3'600;
};

// Of two bundles, what is the stricter of each: a change cannot widen the limits it is judged by.
RolloutLimits stricter(const RolloutLimits& a, const RolloutLimits& b);

}  // namespace sallyport::supervise
