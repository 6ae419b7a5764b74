// travel.h: machine readable lines of travel documents.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// ICAO Doc 9303-3 4.9: digits count themselves, letters from A = 10, weights 7, 3, 1, modulus 10.
// `field` without fillers.
bool travel_check(Characters field, uint8_t check) noexcept;
// ICAO Doc 9303-4 4.2.2.2, the second line of a passport up to its first filler: number of nine and
// its check digit, nationality, date of birth, check, sex, date of expiry, check; then maybe a
// personal number.
bool travel_line(Characters text) noexcept;

// A number of a passport that is written with its check digit as the ninth place: begins
// with a letter.
bool travel_number(Characters text) noexcept;

}  // namespace sallyport::scan
