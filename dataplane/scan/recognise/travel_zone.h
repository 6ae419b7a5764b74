// travel_zone.h: machine readable zones of travel documents.
//
// ICAO Doc 9303 parts 4 to 6: a first line with the kind of document, the state and the name (or,
// on cards, the number), a second with number, birth and expiry, each with its check digit. A zone
// as scanners and people paste it: lines may be shorter or longer than they should.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.start: the first of three '<' in a row. The hit is the zone with all its lines.
Verdict travel_zone_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                       Hit& out) noexcept;
// A first line that is not over.
uint64_t travel_zone_live_from(const TextView& text) noexcept;

}  // namespace sallyport::scan
