// cue_value.h: a short value behind a word that names it: "CVV: 123", "security code is 4821", "pin
// #0042".
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// Characters that may stand between the cue and the value: operators, quotes, "is", "no.",
// "number".
inline constexpr uint64_t kCueGapBytes = 12;

// trigger.start..at is the cue. The value has one of the rule's shapes as a whole: letters and
// digits next to it belong to it.
Verdict cue_value_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                     Hit& out) noexcept;

// The same of the value that begins at `at`.
Verdict shaped_value_at(const TextView& text, uint64_t at, const RuleParameters& rule,
                        Hit& out) noexcept;

}  // namespace sallyport::scan
