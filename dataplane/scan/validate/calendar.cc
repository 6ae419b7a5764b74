#include "dataplane/scan/validate/calendar.h"

#include <array>

namespace sallyport::scan {

bool is_date(unsigned year, unsigned month, unsigned day) noexcept {
  constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < kYearMin || year > kYearMax || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (leap && month == 2 ? 1 : 0);
}

bool is_short_date(unsigned year, unsigned month, unsigned day) noexcept {
  return year < 100 && is_date(2000 + year, month, day);
}

}  // namespace sallyport::scan
