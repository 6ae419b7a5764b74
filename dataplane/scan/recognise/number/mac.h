// mac.h: hardware addresses: EUI-48 and EUI-64 (IEEE 802, guidelines for EUI).
//
// Six (or eight) pairs of hexadecimal digits with ':' or '-', or three groups of four with '.'. One
// of only one digit is a placeholder; one without a letter could be a time or a table and is bare.
#pragma once

#include "dataplane/scan/read/number_row.h"
#include "dataplane/scan/read/recogniser.h"

namespace sallyport::scan {

// trigger.at: the first ':' of two that are at most five apart.
Verdict mac_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
               Hit& out) noexcept;
// The forms with '-' and '.'.
bool mac_row(const Row& row, size_t first, RowHit& out) noexcept;

// "cabc.7178.3e8e", "aa-bb-cc-00-11-22": groups of `size` small letters are no part of a number
// row; where those begin that stand right before the group of digits at `group`.
uint64_t mac_letters_from(const TextView& text, uint64_t group, uint32_t size) noexcept;

}  // namespace sallyport::scan
