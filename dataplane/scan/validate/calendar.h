// calendar.h: dates that exist, in the years in which people who live were born or papers were
// issued.
#pragma once

#include <cstdint>

namespace sallyport::scan {

// Nobody alive was born before; nothing a prompt holds was issued after.
inline constexpr unsigned kYearMin = 1880;
inline constexpr unsigned kYearMax = 2100;

// Proleptic Gregorian calendar (ISO 8601-1); month and day from 1.
bool is_date(unsigned year, unsigned month, unsigned day) noexcept;
// The same without a century: 29 February is allowed in every year that ends in an even number of
// fours.
bool is_short_date(unsigned year, unsigned month, unsigned day) noexcept;

}  // namespace sallyport::scan
