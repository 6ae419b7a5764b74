#include "dataplane/scan/validate/east_europe_ids.h"

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

bool pl_pesel(Characters d) noexcept {
  if (!digits_only(d, 11)) return false;
  // Months of the 19th century + 80, of the 21st + 20, and so on.
  if (!is_short_date(two(d, 0), two(d, 2) % 20, two(d, 4))) return false;
  constexpr std::array<unsigned, 10> kWeights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
  return (10 - weighted(d, kWeights) % 10) % 10 == digit(d[10]);
}

bool ro_cnp(Characters d) noexcept {
  if (!digits_only(d, 13) || d[0] == '0') return false;
  const unsigned county = two(d, 7);
  if (!is_short_date(two(d, 1), two(d, 3), two(d, 5)) || county == 0 ||
      (county > 52 && county != 70))
    return false;
  constexpr std::array<unsigned, 12> kWeights = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
  const unsigned check = weighted(d, kWeights) % 11;
  return (check == 10 ? 1 : check) == digit(d[12]);
}

bool bg_egn(Characters d) noexcept {
  if (!digits_only(d, 10)) return false;
  const unsigned month = two(d, 2);
  if (!is_short_date(two(d, 0),
                     month > 40   ? month - 40
                     : month > 20 ? month - 20
                                  : month,
                     two(d, 4)))
    return false;
  constexpr std::array<unsigned, 9> kWeights = {2, 4, 8, 5, 10, 9, 7, 3, 6};
  return weighted(d, kWeights) % 11 % 10 == digit(d[9]);
}

bool cz_rodne_cislo(Characters d) noexcept {
  if (!digits_only(d, 10)) return false;
  unsigned month = two(d, 2);
  if (month > 50) month -= 50;
  if (month > 20) month -= 20;  // since 2004, where the day's serials are used up
  return is_short_date(two(d, 0), month, two(d, 4)) && number(d, 0, 10) % 11 == 0;
}

bool hr_oib(Characters d) noexcept {
  if (!digits_only(d, 11) || one_character(d)) return false;
  unsigned product = 10;
  for (size_t i = 0; i < 10; ++i) {
    const unsigned sum = (digit(d[i]) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == digit(d[10]);
}

bool tr_kimlik(Characters d) noexcept {
  if (!digits_only(d, 11) || d[0] == '0') return false;
  unsigned odd = 0, even = 0;
  for (size_t i = 0; i < 9; ++i) (i % 2 == 0 ? odd : even) += digit(d[i]);
  return (odd * 7 + 10 * 9 - even) % 10 == digit(d[9]) &&
         (odd + even + digit(d[9])) % 10 == digit(d[10]);
}

}  // namespace sallyport::scan
