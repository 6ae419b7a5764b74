// rule_speed.h: how fast each pattern rule is when it is alone in the matcher. One slow rule slows
// every text of every tenant, so a rule under the limit is a defect like a wrong example.
//
// Measured as the live path would run it (streaming, no start of match) over made-up prompt text.
// Machines differ and are noisy: the limit is a share of a yardstick, a rare literal scanned in the
// same rounds; the best of them counts for both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "controlplane/policy/matcher/matcher_compiler.h"

namespace sallyport::controlplane::policy {

// detection.md 0.4 asks for 4 GB/s, where the yardstick ran at about 40. A literal of three letters
// is at 0.11 of it, on a loaded machine at 0.08; a pattern without one under 0.05.
inline constexpr double kRuleSpeedShareMin = 0.07;
inline constexpr double kRuleSpeedMin = 4.0;  // GB/s: so fast is enough, whatever the share is

struct RuleSpeed {
  std::string entity;
  std::string rule;
  double gigabytes_per_second = 0;
  double share = 0;  // of the yardstick in the same rounds
  bool is_too_slow = false;
  std::string error;  // not measured: the matcher's own words
};

struct RuleSpeedReport {
  double yardstick = 0;          // GB/s
  std::vector<RuleSpeed> rules;  // pattern rules, slowest first
  size_t too_slow = 0;
};

// Takes about a second for a hundred rules. `patience`: rounds for a rule that seems too slow.
RuleSpeedReport measure_rule_speed(std::span<const EntitySource> entities, uint32_t patience = 40);

}  // namespace sallyport::controlplane::policy
