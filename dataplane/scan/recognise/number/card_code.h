// card_code.h: the security code of a card behind the card and its expiry, without a word:
// "4111111111111111|12|27|123", "4111 1111 1111 1111 12/27 123", as payment forms, exports and
// sellers of stolen cards write them (PCI DSS 3.3: it is never kept).
#pragma once

#include "dataplane/scan/read/number_row.h"

namespace sallyport::scan {

// Digits of a security code: three, four of American Express.
inline constexpr uint32_t kCardCodeDigitsMin = 3;

// `first`: the code. Before it stands the expiry (MM/YY, MM|YYYY, MMYY), before that a card whose
// check digit holds. Looks back over at most eight groups, and no further than the code's own size
// for most.
bool card_code_row(const Row& row, size_t first, RowHit& out) noexcept;

}  // namespace sallyport::scan
