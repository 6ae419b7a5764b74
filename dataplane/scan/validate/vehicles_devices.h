// vehicles_devices.h: numbers of cars, telephones and their cards.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// ISO 3779: 17 letters and digits without I, O, Q, with both, the last four digits.
bool vin_form(Characters text) noexcept;
// The same with the check character of 49 CFR 565.15 (North America and China) in place nine.
bool vin(Characters text) noexcept;
// 3GPP TS 23.003 6.2.1: 15 digits with Luhn; the first two name an issuer (GSMA TS.06).
bool imei(Characters digits) noexcept;
// ITU-T E.212: 15 digits, the first three a country of annex to E.212 (geographic zones 2 to 7).
bool imsi(Characters digits) noexcept;
// ITU-T E.118: 89, then 17 or 18 digits, Luhn.
bool iccid(Characters digits) noexcept;

}  // namespace sallyport::scan
