// us_ids.h: numbers that agencies of the United States give out.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// Social Security Administration, POMS RM 10201.035: area not 000, 666 or 9xx, group not 00, serial
// not 0000. Numbers printed as samples are the rule's business (`samples`), except those the SSA
// voided.
bool ssn(Characters digits) noexcept;
// Internal Revenue Manual 3.21.263: 9xx, fourth and fifth digit in 50-65, 70-88, 90-92, 94-99.
bool itin(Characters digits) noexcept;
// 45 CFR 162.406: ten digits from 1 or 2, Luhn with the prefix 80840.
bool us_npi(Characters digits) noexcept;
// 21 CFR 1301: registrant letter, letter or 9, seven digits; the last is (d1+d3+d5) + 2(d2+d4+d6)
// mod 10.
bool us_dea(Characters text) noexcept;
// CMS, Understanding the Medicare Beneficiary Identifier: a class for each of eleven places,
// without the letters S, L, O, I, B, Z.
bool us_mbi(Characters text) noexcept;
// United States Postal Service: five or nine digits whose first three are a sectional centre in
// use.
bool us_zip(Characters digits) noexcept;

}  // namespace sallyport::scan
