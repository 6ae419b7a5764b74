// mrz.h: machine readable zones of travel documents.
//
// ICAO Doc 9303 parts 4 to 6: the second line of a passport (44 characters), the second of a visa
// or of a card of size TD2 (36), the first and second of a card of size TD1 (30). A zone begins
// with "P<", "V<", "I<", "A<" or "C<" and two lines of the same length; the check digits (7-3-1) of
// number, birth and expiry must hold.
#pragma once

#include "dataplane/scan/recogniser.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// ICAO Doc 9303-3, 4.9: digits count themselves, letters from A = 10, the filler 0, weights 7,
// 3, 1.
bool mrz_check(Characters field, uint8_t check) noexcept;

// trigger.start: the first letter of the zone, trigger.at: behind the "<". The hit is the zone from
// its first to its last line.
Verdict mrz_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
               Hit& out) noexcept;

}  // namespace sallyport::scan
