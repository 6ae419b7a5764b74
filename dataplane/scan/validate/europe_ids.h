// europe_ids.h: national and tax numbers of western and southern Europe. The north and east:
// nordic_ids.h, east_europe_ids.h.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Germany, Steuer-ID (AO 139b, BZSt): 11 digits; of the first ten one stands twice or three times
// and at least one is missing; ISO 7064 MOD 11,10.
bool de_tax_id(Characters digits) noexcept;
// France, NIR (INSEE): sex, year, month, department (2A and 2B of Corsica), key 97 - n mod 97.
bool fr_nir(Characters text) noexcept;
// Spain, NIF and NIE (Real Decreto 1553/2005): number mod 23 gives the letter; X, Y, Z stand for 0,
// 1, 2.
bool es_nif(Characters text) noexcept;
// Italy, codice fiscale (DM 23/12/1976): odd and even tables mod 26; letters in place of digits
// where two people would share one (omocodia).
bool it_fiscal_code(Characters text) noexcept;
// Netherlands, BSN: nine digits, weights 9 to 2 and -1, modulus 11.
bool nl_bsn(Characters digits) noexcept;
// Belgium, rijksregisternummer: date of birth, counter, 97 - n mod 97 (born from 2000 on: with a 2
// before).
bool be_national(Characters digits) noexcept;
// Portugal, NIF: nine digits, weights 9 to 2, modulus 11.
bool pt_nif(Characters digits) noexcept;
// Ireland, PPS number: seven digits, check letter mod 23, and a second letter since 2013.
bool ie_pps(Characters text) noexcept;
// Switzerland, AHV number: 756 and the check digit of EAN-13.
bool ch_ahv(Characters digits) noexcept;
// Austria, Sozialversicherungsnummer: serial, check digit, date of birth.
bool at_svnr(Characters digits) noexcept;
// Greece, AMKA: date of birth, serial, Luhn.
bool gr_amka(Characters digits) noexcept;

}  // namespace sallyport::scan
