#include "dataplane/scan/validate/us_ids.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

bool is_mbi_letter(uint8_t c) noexcept { return is_upper(c) && !one_of("SLOIBZ", c); }

}  // namespace

bool ssn(Characters d) noexcept {
  if (!digits_only(d, 9) || one_character(d)) return false;
  const uint64_t area = number(d, 0, 3), group = number(d, 3, 2), serial = number(d, 5, 4);
  if (area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0) return false;
  const uint64_t all = number(d, 0, 9);
  // Printed on sample cards and in advertisements; the SSA lists them as never valid.
  return all != 78051120 && all != 219099999 && all != 457555462;
}

bool itin(Characters d) noexcept {
  if (!digits_only(d, 9) || d[0] != '9') return false;
  const uint64_t group = number(d, 3, 2);
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
         (group >= 90 && group <= 92) || (group >= 94 && group <= 99);
}

bool us_npi(Characters d) noexcept {
  if (!digits_only(d, 10) || (d[0] != '1' && d[0] != '2')) return false;
  // One digit over and over is nobody's.
  if (std::all_of(d.begin() + 1, d.end() - 1, [&](uint8_t c) { return c == d[1]; })) return false;
  std::array<uint8_t, 15> whole = {'8', '0', '8', '4', '0'};
  std::copy(d.begin(), d.end(), whole.begin() + 5);
  return luhn(whole);
}

bool us_dea(Characters t) noexcept {
  if (t.size() != 9 || !all_digits(t.subspan(2))) return false;
  if (!one_of("ABCDEFGHJKLMPRSTUX", t[0]) || !(is_upper(t[1]) || t[1] == '9')) return false;
  const Characters d = t.subspan(2);
  if (one_character(d)) return false;
  const unsigned sum =
      digit(d[0]) + digit(d[2]) + digit(d[4]) + 2 * (digit(d[1]) + digit(d[3]) + digit(d[5]));
  return sum % 10 == digit(d[6]);
}

bool us_mbi(Characters t) noexcept {
  if (t.size() != 11 || t[0] == '0') return false;
  constexpr std::string_view kClasses = "9AX9AX9AA99";
  for (size_t i = 0; i < t.size(); ++i) {
    const bool holds = kClasses[i] == '9'   ? is_digit(t[i])
                       : kClasses[i] == 'A' ? is_mbi_letter(t[i])
                                            : is_digit(t[i]) || is_mbi_letter(t[i]);
    if (!holds) return false;
  }
  return true;
}

bool us_zip(Characters d) noexcept {
  if ((d.size() != 5 && d.size() != 9) || !all_digits(d)) return false;
  // Sectional centres that the Postal Service has not given out (Publication 65).
  constexpr std::array<uint16_t, 33> kUnused = {
      0,   1,   2,   3,   4,   213, 269, 343, 345, 348, 353, 419, 428, 429, 517, 518, 519,
      529, 533, 536, 552, 568, 578, 579, 589, 621, 632, 642, 643, 659, 663, 682, 702};
  const auto centre = static_cast<uint16_t>(number(d, 0, 3));
  return std::find(kUnused.begin(), kUnused.end(), centre) == kUnused.end();
}

}  // namespace sallyport::scan
