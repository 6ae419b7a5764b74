// post_code.h: post codes whose own form says what they are: those of Britain and Canada, and of
// the United States behind the abbreviation of their state.
//
// Royal Mail: the outward code, an area that exists and a district, a space, the inward code
// without C I K M O V (Programmers' Guide to the Postcode Address File). Canada Post: letter and
// digit in turn, none of D F I O Q U. USPS: five digits, perhaps four more, whose first three are
// of that state (Labeling List L002). In capitals, as they are printed: small letters stand in
// programs.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at: of the United States the first digit; else the first letter of the inward code,
// behind its digit. The hit holds no state.
Verdict post_code_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                     Hit& out) noexcept;
// False only where no post code of a state begins at `number`, behind a space.
bool may_be_behind_state(const TextView& text, uint64_t number) noexcept;
// Where the post code begins with which the text ends and that is not over; text.end: none.
uint64_t post_code_live_from(const TextView& text) noexcept;

}  // namespace sallyport::scan
