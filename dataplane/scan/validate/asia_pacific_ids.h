// asia_pacific_ids.h: national and tax numbers of Asia, Australia, the Near East and South Africa.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Australia, tax file number: nine digits, weights 1 4 3 7 5 8 6 9 10, modulus 11; eight in the old
// form.
bool au_tfn(Characters digits) noexcept;
// Australia, Medicare card: first digit 2 to 6, weights 1 3 7 9, modulus 10, issue number.
bool au_medicare(Characters digits) noexcept;
// India, Aadhaar (UIDAI): twelve digits from 2 to 9, Verhoeff's check digit.
bool in_aadhaar(Characters digits) noexcept;
// India, permanent account number: five letters, the fourth a class of holder, four digits, a
// letter.
bool in_pan(Characters text) noexcept;
// Singapore, NRIC and FIN: series letter, weights 2 7 6 5 4 3 2, letter modulus 11.
bool sg_nric(Characters text) noexcept;
// South Korea, resident registration number: date, sex and century, check digit; numbers given out
// since October 2020 have random digits and no check.
bool kr_rrn(Characters digits) noexcept;
// The same by date and sex alone, of foreigners with the check digit: for what stands there with
// its hyphen.
bool kr_rrn_form(Characters digits) noexcept;
// China, GB 11643-1999: province, date, ISO 7064 MOD 11-2.
bool cn_resident_id(Characters text) noexcept;
// Hong Kong, identity card: one or two letters, six digits, check 0 to 9 or A, modulus 11.
bool hk_id(Characters text) noexcept;
// Taiwan, national and resident numbers: letter, sex digit or letter, modulus 10.
bool tw_id(Characters text) noexcept;
// Japan, My Number (ordinance 85 of 2014): twelve digits, modulus 11.
bool jp_my_number(Characters digits) noexcept;
// Thailand, citizen number: thirteen digits, weights 13 to 2, modulus 11.
bool th_id(Characters digits) noexcept;
// Israel, identity number: nine digits, Luhn from the left.
bool il_id(Characters digits) noexcept;
// South Africa, identity number: date, serial, citizenship, Luhn.
bool za_id(Characters digits) noexcept;

}  // namespace sallyport::scan
