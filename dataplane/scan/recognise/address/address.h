// address.h: street addresses.
//
// A house number, a street and where it is. The number first (English, French: "8126 NW Spruce Ter
// #374, Portland, OR 97276", "67 boulevard Voltaire, 13006 Marseille", "221B Baker Street, London
// NW1 6XE") or last (German, Dutch, Nordic: "Gartenstrasse 98a, 50667 Köln"; Spanish, Italian,
// Portuguese, Polish: "Calle Mayor 12, 28013 Madrid"). What a street is, a word says (Street,
// -strasse, Calle); without the place behind it the form is bare.
// Sources: USPS Publication 28 appendix C1 (suffixes) and B (states), Royal Mail's postcode shapes,
// UPU S42.
#pragma once

#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// Quick looks at what every text is full of; false only where the recognisers below say No. A
// number [start, end) before a space and a letter:
bool address_may_follow(const TextView& text, uint64_t start, uint64_t end) noexcept;
// A word of ASCII letters from `word` to the space before a number [number, end):
bool address_may_end(const TextView& text, uint64_t word, uint64_t number, uint64_t end) noexcept;
// The same behind a sign: `last` is the character before the space, or right before the number.
bool address_may_end_behind(const TextView& text, uint64_t last, uint64_t number,
                            uint64_t end) noexcept;

// trigger.start: the first digit of a number that a space and a letter follow.
Verdict address_from_number(const TextView& text, const Trigger& trigger,
                            const RuleParameters& rule, Hit& out) noexcept;
// trigger.at: the first digit of a number that follows a word.
Verdict address_to_number(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                          Hit& out) noexcept;
uint64_t address_live_from(const TextView& text, uint64_t floor = 0) noexcept;

}  // namespace sallyport::scan
