// ip.h: addresses of the internet.
//
// IPv4: four numbers of 0 to 255 without leading zeros (RFC 6943 3.1.1), not inside a longer dotted
// number, and not a version: no letter or hyphen before, none of the words build, version, release
// nor section close before. IPv6: RFC 4291 2.2 and RFC 5952, with :: and with a dotted end;
// addresses of fewer than three groups only as ::1 and fe80::1. Not here  what the address is
// worth: loopback and documentation addresses are left to the rule's samples and the policy.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at: a '.' between digits, or the first ':' of two that are at most five apart.
Verdict ip_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
              Hit& out) noexcept;

}  // namespace sallyport::scan
