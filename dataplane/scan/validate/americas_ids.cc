#include "dataplane/scan/validate/americas_ids.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

// The check digit both Brazilian numbers use: 11 - sum mod 11, and 0 for 10 and 11.
unsigned brazilian(unsigned sum) noexcept {
  const unsigned rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

}  // namespace

bool ca_sin(Characters d) noexcept {
  return digits_only(d, 9) && d[0] != '0' && d[0] != '8' && !one_character(d) && luhn(d);
}

bool br_cpf(Characters d) noexcept {
  if (!digits_only(d, 11) || one_character(d)) return false;
  constexpr std::array<unsigned, 9> kFirst = {10, 9, 8, 7, 6, 5, 4, 3, 2};
  constexpr std::array<unsigned, 10> kSecond = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
  return brazilian(weighted(d, kFirst)) == digit(d[9]) &&
         brazilian(weighted(d, kSecond)) == digit(d[10]);
}

bool br_cnpj(Characters d) noexcept {
  if (!digits_only(d, 14) || one_character(d)) return false;
  constexpr std::array<unsigned, 12> kFirst = {5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
  constexpr std::array<unsigned, 13> kSecond = {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};
  return brazilian(weighted(d, kFirst)) == digit(d[12]) &&
         brazilian(weighted(d, kSecond)) == digit(d[13]);
}

bool mx_curp(Characters t) noexcept {
  if (t.size() != 18 || !std::all_of(t.begin(), t.begin() + 4, is_upper) ||
      !all_digits(t.subspan(4, 6)) || !std::all_of(t.begin() + 11, t.begin() + 16, is_upper) ||
      !is_digit(t[17]))
    return false;
  if (!is_short_date(two(t, 4), two(t, 6), two(t, 8)) ||
      (t[10] != 'H' && t[10] != 'M' && t[10] != 'X'))
    return false;
  unsigned sum = 0;
  for (unsigned i = 0; i < 17; ++i) {
    const uint8_t c = t[i];
    // Digits, A to N, the letter N with a tilde (24, which no ASCII text holds), O to Z.
    const unsigned value = is_digit(c) ? digit(c) : c - unsigned{'A'} + (c > 'N' ? 11 : 10);
    sum += value * (18 - i);
  }
  return (10 - sum % 10) % 10 == digit(t[17]);
}

bool mx_rfc(Characters t) noexcept {
  if (t.size() != 13 || !std::all_of(t.begin(), t.begin() + 4, is_upper) ||
      !all_digits(t.subspan(4, 6)) || !is_short_date(two(t, 4), two(t, 6), two(t, 8)))
    return false;
  unsigned sum = 0;
  for (unsigned i = 0; i < 12; ++i) {
    const uint8_t c = t[i];
    // Digits, A to N, ampersand (24), O to Z (SAT, annex 1-A).
    const unsigned value = is_digit(c) ? digit(c) : c - unsigned{'A'} + (c > 'N' ? 11 : 10);
    sum += value * (13 - i);
  }
  const unsigned check = (11 - sum % 11) % 11;
  return t[12] == (check == 10 ? 'A' : '0' + check);
}

bool ar_cuit(Characters d) noexcept {
  if (!digits_only(d, 11)) return false;
  const unsigned prefix = two(d, 0);
  if (prefix != 20 && (prefix < 23 || prefix > 27) && prefix != 30 && prefix != 33 && prefix != 34)
    return false;
  constexpr std::array<unsigned, 10> kWeights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  const unsigned check = (11 - weighted(d, kWeights) % 11) % 11;
  return check != 10 && check == digit(d[10]);
}

bool cl_rut(Characters t) noexcept {
  if ((t.size() != 8 && t.size() != 9) || !all_digits(t.first(t.size() - 1)) || t[0] == '0')
    return false;
  unsigned sum = 0, weight = 2;
  for (size_t i = t.size() - 1; i-- > 0; weight = weight == 7 ? 2 : weight + 1)
    sum += digit(t[i]) * weight;
  const unsigned check = (11 - sum % 11) % 11;
  return t.back() == (check == 10 ? 'K' : '0' + check) && !one_character(t.first(t.size() - 1));
}

}  // namespace sallyport::scan
