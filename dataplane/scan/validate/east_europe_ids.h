// east_europe_ids.h: personal numbers of eastern Europe and Turkey.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Poland, PESEL: date with the century in the month, weights 1 3 7 9, modulus 10.
bool pl_pesel(Characters digits) noexcept;
// Romania, CNP: sex and century, date, county, serial, weights 279146358279, modulus 11.
bool ro_cnp(Characters digits) noexcept;
// Bulgaria, EGN: date with the century in the month, weights 2 4 8 5 10 9 7 3 6, modulus 11.
bool bg_egn(Characters digits) noexcept;
// Czechia and Slovakia, rodne cislo of ten digits: date (women: month + 50), divisible by 11.
bool cz_rodne_cislo(Characters digits) noexcept;
// Croatia, OIB: ISO 7064 MOD 11,10.
bool hr_oib(Characters digits) noexcept;
// Turkey, T.C. kimlik no: two check digits over the odd and even places.
bool tr_kimlik(Characters digits) noexcept;

}  // namespace sallyport::scan
