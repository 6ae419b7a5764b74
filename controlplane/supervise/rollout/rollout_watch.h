// rollout_watch.h: is a canary worse than the base beside it? Numbers in, a verdict out; no I/O.
//
// Idea: over a sliding window, what the canary decided is held against what the base decided in the
// same window. It is harder because
//   1. counters start again when an image is built anew: a fall means a fresh start, not less;
//   2. the base may stand idle in the window: then all it ever counted stands for it;
//   3. few exchanges say nothing: below the least number nothing is judged, and a change in
//      detections must be larger than chance (three standard deviations of a count) as well as
//      larger than the limit;
//   4. an entity that only one of the two images knows is the change itself, not its consequence.
// Limits  kWindowSteps samples of each. Owner  the main loop.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/supervise/rollout/region_owner.h"
#include "controlplane/supervise/rollout/rollout_limits.h"

namespace sallyport::supervise {

// The window is kept in so many steps.
inline constexpr uint64_t kWindowSteps = 60;

class RolloutWatch {
 public:
  // `entities`: names by entity id of each image.
  RolloutWatch(RolloutLimits limits, std::vector<std::string> base_entities,
               std::vector<std::string> canary_entities);

  // About once a second. Nothing: go on. Else why the canary is to be taken back, in words.
  std::optional<std::string> take(const VersionSample& base, const VersionSample& canary,
                                  uint64_t now_ms);
  // Of the canary, since the watch began.
  const VersionSample& canary_total() const noexcept { return canary_.total; }
  const RolloutLimits& limits() const noexcept { return limits_; }

 private:
  struct Side {
    VersionSample last;
    VersionSample total;
    bool begun = false;
    // What came since the last sample; the first one only sets the mark, unless `from_zero`.
    void take(const VersionSample& now, bool from_zero);
  };
  struct Step {
    uint64_t at_ms = 0;
    VersionSample base;
    VersionSample canary;
  };

  std::optional<std::string> judge(const VersionSample& base, const VersionSample& canary) const;
  std::optional<std::string> judge_detections(const VersionSample& base,
                                              const VersionSample& canary) const;

  RolloutLimits limits_;
  std::vector<std::string> base_entities_;
  std::vector<std::string> canary_entities_;
  Side base_;
  Side canary_;
  VersionSample base_ever_;
  std::deque<Step> steps_;  // totals at that moment, oldest first
};

}  // namespace sallyport::supervise
