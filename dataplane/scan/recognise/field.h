// field.h: values that only their place in a segment tells: messages between machines that people
// paste as they are.
//
//   HL7 v2.5.1, 2.5    PID|1||8834^^^GH^MR||DOE^JANE^A||19610615|F    '|', components by '^'
//   X12 005010, B.1    NM1*IL*1*DOE*JOHN****MI*W123456789~            '*', to '~' or a line end
//   SWIFT MT           :50K:/DE89...(line end)JANE DOE                lines
//   SWIFT MT 940       ?31DE89...?32JANE DOE                          subfields of field 86
//   RFC 6350, 6.2.2    N:Doe;Jane;;;                                  components by ';'
//   RFC 5545, 3.2.2    ORGANIZER;CN=Jane Doe:mailto:...               to ':' or ';'
//
// The cue is the name of the segment with its separator; which field and which of its components
// are the value is said by the rule. A segment begins a line, a text or a string.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.start..at is the cue. A rule with shapes takes a value that has one of them, any other
// one with letters.
Verdict field_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                 Hit& out) noexcept;

}  // namespace sallyport::scan
