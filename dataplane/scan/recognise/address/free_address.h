// free_address.h: street addresses of any form right behind a word that announces one.
//
// "lives at 4241 Steinfelden 73", "address: 12 Sunnyside", "the corner of Mill Lane and Kuusiku 7".
// No kind of street is asked for: the cue says what it is. The cues are data of the rule. Where
// they are labels (contract::kRuleSeparated) a sign stands behind them, then the address fills its
// line or its quotes (address_cell.h).
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.[start, at): the cue.
Verdict address_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                          Hit& out) noexcept;

}  // namespace sallyport::scan
