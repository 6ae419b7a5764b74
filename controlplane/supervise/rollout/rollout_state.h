// rollout_state.h: which change of policy is under way, as <state dir>/current keeps it.
//
//   first line   digest of the base image
//   second line  this, as one JSON object (missing: nothing is under way)
//
// One file, replaced whole: after any crash the base, the canary and the time to confirm belong
// together. Rules of a restart: a canary goes on; a time to confirm goes on, and when it has passed
// meanwhile the change is taken back at once; a canary whose image is lost is dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/image_layout.h"

namespace sallyport::supervise {

// Nobody waits for longer to say that a change works.
inline constexpr int64_t kConfirmSecondsMax = 7 * 24 * 3'600;

struct RolloutState {
  std::optional<contract::Digest> canary;
  std::vector<std::string> tenants;        // on the canary; ascending
  std::optional<contract::Digest> former;  // the base before the last change: what rollback is for
  uint64_t base_version = 0;               // under which the base came into force
  int64_t began_s = 0;                     // of the canary, or of the time to confirm
  int64_t confirm_by_s = 0;                // Unix time; 0: nothing to confirm
  std::string actor;                       // who began it
  std::string change_link;
  std::string note;

  bool is_open() const { return canary.has_value() || confirm_by_s != 0; }
};

// Without a line feed.
std::string rollout_line(const RolloutState& state);
// Nothing: that is no such line.
std::optional<RolloutState> parse_rollout_line(std::string_view line);

}  // namespace sallyport::supervise
