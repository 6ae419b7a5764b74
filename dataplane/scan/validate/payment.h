// payment.h: cards, accounts and the codes of banks.
#pragma once

#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

// ISO/IEC 7812-1 annex B: the check digit of cards, IMEI, NPI, SIN and many more. REQUIRES: digits.
bool luhn(Characters digits) noexcept;
// A card: issuer range and length as the networks publish them (ISO/IEC 7812 registry), check
// digit, and not one digit repeated. Maestro of fewer than 16 digits is no longer issued and is
// left out.
bool card(Characters digits) noexcept;
// ISO 13616-1: country, the length the registry gives it, mod 97 (ISO 7064).
bool iban(Characters text) noexcept;
// American Bankers Association: 9 digits, ranges of the Federal Reserve, 3-7-1 checksum.
bool aba_routing(Characters digits) noexcept;
// Magnetic stripe of ISO/IEC 7813 as it stands: %B card ^ name ^ yymm... or ; card = yymm...
bool card_track(Characters text) noexcept;
// ISO 9362: four letters, a country of ISO 3166-1, two of location, three of a branch or none.
bool bic(Characters text) noexcept;
// ISO 3166-1 alpha-2, and XK, which banks use.
bool is_country(uint8_t first, uint8_t second) noexcept;

}  // namespace sallyport::scan
