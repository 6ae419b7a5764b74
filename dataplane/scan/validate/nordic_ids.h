// nordic_ids.h: personal numbers of the Nordic and Baltic countries.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Sweden, personnummer (Folkbokforingslagen 18): date of birth (day + 60: samordningsnummer), three
// digits, Luhn over the last ten; with or without the century.
bool se_personnummer(Characters digits) noexcept;
// Norway, fodselsnummer: date (day + 40: D number), two check digits modulus 11.
bool no_fodselsnummer(Characters digits) noexcept;
// Denmark, CPR: a date and four digits; the modulus 11 check is no longer kept since 2007.
bool dk_cpr(Characters digits) noexcept;
// Finland, henkilotunnus without its century sign: date, three digits, check character mod 31.
bool fi_hetu(Characters text) noexcept;
// Estonia and Lithuania, isikukood: century and sex, date, serial, two-stage modulus 11.
bool ee_isikukood(Characters digits) noexcept;

}  // namespace sallyport::scan
