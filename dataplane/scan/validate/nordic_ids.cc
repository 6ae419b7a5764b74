#include "dataplane/scan/validate/nordic_ids.h"

#include <string_view>

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {

bool se_personnummer(Characters d) noexcept {
  if ((d.size() != 10 && d.size() != 12) || !all_digits(d)) return false;
  if (d.size() == 12) {
    const unsigned century = two(d, 0);
    if (century < 18 || century > 20) return false;
    d = d.subspan(2);
  }
  const unsigned day = two(d, 4);
  return is_short_date(two(d, 0), two(d, 2), day > 60 ? day - 60 : day) && number(d, 6, 3) != 0 &&
         luhn(d);
}

bool no_fodselsnummer(Characters d) noexcept {
  if (!digits_only(d, 11)) return false;
  const unsigned day = two(d, 0), month = two(d, 2);
  // + 40: numbers for test data (month) and foreigners (day).
  if (!is_short_date(two(d, 4), month > 40 ? month - 40 : month, day > 40 ? day - 40 : day))
    return false;
  constexpr std::array<unsigned, 9> kFirst = {3, 7, 6, 1, 8, 9, 4, 5, 2};
  constexpr std::array<unsigned, 10> kSecond = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  return (11 - weighted(d, kFirst) % 11) % 11 == digit(d[9]) &&
         (11 - weighted(d, kSecond) % 11) % 11 == digit(d[10]);
}

bool dk_cpr(Characters d) noexcept {
  return digits_only(d, 10) && is_short_date(two(d, 4), two(d, 2), two(d, 0)) &&
         number(d, 6, 4) != 0;
}

bool fi_hetu(Characters t) noexcept {
  // A century sign that is a letter (A from 2000 on, and the new ones) stands in the seventh place.
  if (t.size() != 10 && t.size() != 11) return false;
  const size_t serial = t.size() == 11 ? 7 : 6;
  if (!all_digits(t.first(6)) || !all_digits(t.subspan(serial, 3))) return false;
  if (t.size() == 11 &&
      std::string_view("ABCDEFUVWXY").find(static_cast<char>(t[6])) == std::string_view::npos)
    return false;
  if (!is_short_date(two(t, 4), two(t, 2), two(t, 0)) || number(t, serial, 3) < 2) return false;
  const uint64_t value = number(t, 0, 6) * 1'000 + number(t, serial, 3);
  return static_cast<uint8_t>("0123456789ABCDEFHJKLMNPRSTUVWXY"[value % 31]) == t.back();
}

bool ee_isikukood(Characters d) noexcept {
  if (!digits_only(d, 11) || d[0] < '1' || d[0] > '6') return false;
  if (!is_short_date(two(d, 1), two(d, 3), two(d, 5))) return false;
  constexpr std::array<unsigned, 10> kFirst = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};
  constexpr std::array<unsigned, 10> kSecond = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
  unsigned check = weighted(d, kFirst) % 11;
  if (check == 10) check = weighted(d, kSecond) % 11 % 10;
  return check == digit(d[10]);
}

}  // namespace sallyport::scan
