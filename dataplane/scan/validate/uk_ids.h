// uk_ids.h: numbers of the United Kingdom.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// NHS Data Dictionary, NHS NUMBER: ten digits, weights 10 to 2, modulus 11.
bool uk_nhs(Characters digits) noexcept;
// HMRC manual NIM39110: two letters without D, F, I, Q, U, V (second also without O), some pairs
// never given out, six digits, suffix A to D.
bool uk_nino(Characters text) noexcept;
// DVLA: five letters of the surname filled with 9, decade, month (women: + 50), day, year, two
// initials (the second may be 9), a digit, two letters.
bool uk_driver_licence(Characters text) noexcept;

}  // namespace sallyport::scan
