#include "dataplane/scan/validate/europe_ids.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

constexpr std::string_view kSpanishLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
// Letters that stand for the digits 0 to 9 where two codes would be equal.
constexpr std::string_view kOmocodia = "LMNPQRSTUV";
constexpr std::string_view kItalianMonths = "ABCDEHLMPRST";

// The digit a place of the Italian code means, 10 if none.
unsigned italian_digit(uint8_t c) noexcept {
  if (is_digit(c)) return digit(c);
  const size_t at = kOmocodia.find(static_cast<char>(c));
  return at == std::string_view::npos ? 10 : static_cast<unsigned>(at);
}

bool italian_date(Characters t) noexcept {
  const unsigned tens = italian_digit(t[6]), ones = italian_digit(t[7]);
  const size_t month = kItalianMonths.find(static_cast<char>(t[8]));
  const unsigned day_tens = italian_digit(t[9]), day_ones = italian_digit(t[10]);
  if (tens > 9 || ones > 9 || month == std::string_view::npos || day_tens > 9 || day_ones > 9)
    return false;
  const unsigned day = day_tens * 10 + day_ones;  // women: + 40
  return is_short_date(tens * 10 + ones, static_cast<unsigned>(month) + 1,
                       day > 40 ? day - 40 : day);
}

}  // namespace

bool de_tax_id(Characters d) noexcept {
  if (!digits_only(d, 11) || d[0] == '0') return false;
  std::array<unsigned, 10> counts{};
  for (size_t i = 0; i < 10; ++i) ++counts[digit(d[i])];
  const auto of = [&](unsigned n) { return std::count(counts.begin(), counts.end(), n); };
  // One digit twice, or since 2016 one three times: then one or two digits are missing.
  const bool mix =
      (of(2) == 1 && of(3) == 0 && of(0) == 1) || (of(3) == 1 && of(2) == 0 && of(0) == 2);
  if (!mix) return false;
  unsigned product = 10;
  for (size_t i = 0; i < 10; ++i) {
    const unsigned sum = (digit(d[i]) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == digit(d[10]);
}

bool fr_nir(Characters t) noexcept {
  if (t.size() != 15 || !all_digits(t.first(5)) || !all_digits(t.subspan(7))) return false;
  if (t[0] != '1' && t[0] != '2' && t[0] != '3' && t[0] != '4' && t[0] != '7' && t[0] != '8')
    return false;
  const uint64_t month = number(t, 3, 2);
  if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) return false;
  uint64_t value = number(t, 0, 5);
  if (all_digits(t.subspan(5, 2))) {
    value = value * 100 + number(t, 5, 2);
  } else if (t[5] == '2' && (t[6] == 'A' || t[6] == 'B')) {
    value = value * 100 + (t[6] == 'A' ? 19 : 18);
  } else {
    return false;
  }
  value = value * 1'000'000 + number(t, 7, 6);
  return number(t, 7, 6) != 0 && 97 - value % 97 == number(t, 13, 2);
}

bool es_nif(Characters t) noexcept {
  if (t.size() != 9 || !is_upper(t[8]) || !all_digits(t.subspan(1, 7))) return false;
  uint64_t value = number(t, 1, 7);
  if (is_digit(t[0]))
    value += digit(t[0]) * uint64_t{10'000'000};
  else if (t[0] >= 'X' && t[0] <= 'Z')
    value += (t[0] - uint64_t{'X'}) * 10'000'000;
  else if (t[0] != 'K' && t[0] != 'L' && t[0] != 'M')  // children, residents abroad, foreigners
    return false;
  return value != 0 && static_cast<uint8_t>(kSpanishLetters[value % 23]) == t[8];
}

bool it_fiscal_code(Characters t) noexcept {
  if (t.size() != 16 || !std::all_of(t.begin(), t.begin() + 6, is_upper) || !is_upper(t[11]) ||
      !is_upper(t[15]))
    return false;
  for (const size_t i : {12U, 13U, 14U})
    if (italian_digit(t[i]) > 9) return false;
  if (!italian_date(t)) return false;
  // What a character in an odd place (first, third, ...) counts; digits like A to J.
  constexpr std::array<unsigned, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                             20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  unsigned sum = 0;
  for (size_t i = 0; i < 15; ++i) {
    const unsigned value = is_digit(t[i]) ? digit(t[i]) : t[i] - unsigned{'A'};
    sum += i % 2 == 0 ? kOdd[value] : value;
  }
  return t[15] == 'A' + sum % 26;
}

bool nl_bsn(Characters d) noexcept {
  if (!digits_only(d, 9) || one_character(d)) return false;
  constexpr std::array<unsigned, 8> kWeights = {9, 8, 7, 6, 5, 4, 3, 2};
  return (weighted(d, kWeights) + 10 * digit(d[8])) % 11 == 0;  // 10 is -1 modulo 11
}

bool be_national(Characters d) noexcept {
  if (!digits_only(d, 11)) return false;
  const auto month = static_cast<unsigned>(number(d, 2, 2));
  // 20 and 40 are added for people without a registered residence.
  const unsigned plain = month > 40 ? month - 40 : month > 20 ? month - 20 : month;
  if (!is_short_date(static_cast<unsigned>(number(d, 0, 2)), plain,
                     static_cast<unsigned>(number(d, 4, 2))) ||
      number(d, 6, 3) == 0)
    return false;
  const uint64_t value = number(d, 0, 9), check = number(d, 9, 2);
  return 97 - value % 97 == check || 97 - (value + 2'000'000'000) % 97 == check;
}

bool pt_nif(Characters d) noexcept {
  if (!digits_only(d, 9) || one_character(d) || d[0] == '0' || d[0] == '4') return false;
  constexpr std::array<unsigned, 8> kWeights = {9, 8, 7, 6, 5, 4, 3, 2};
  const unsigned rest = weighted(d, kWeights) % 11;
  return (rest < 2 ? 0 : 11 - rest) == digit(d[8]);
}

bool ie_pps(Characters t) noexcept {
  if ((t.size() != 8 && t.size() != 9) || !all_digits(t.first(7)) || !is_upper(t[7])) return false;
  constexpr std::array<unsigned, 7> kWeights = {8, 7, 6, 5, 4, 3, 2};
  unsigned sum = weighted(t, kWeights);
  if (t.size() == 9) {
    if (t[8] != 'W' && (t[8] < 'A' || t[8] > 'I')) return false;
    sum += t[8] == 'W' ? 0 : 9 * (t[8] - unsigned{'A'} + 1);
  }
  return static_cast<uint8_t>("WABCDEFGHIJKLMNOPQRSTUV"[sum % 23]) == t[7];
}

bool ch_ahv(Characters d) noexcept {
  if (!digits_only(d, 13) || number(d, 0, 3) != 756) return false;
  constexpr std::array<unsigned, 12> kWeights = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3};
  return (10 - weighted(d, kWeights) % 10) % 10 == digit(d[12]);
}

bool at_svnr(Characters d) noexcept {
  if (!digits_only(d, 10) || d[0] == '0') return false;
  // Months 13 to 15 are given out where a day's serials are used up.
  const auto month = static_cast<unsigned>(number(d, 6, 2));
  if (!is_short_date(static_cast<unsigned>(number(d, 8, 2)), month > 12 && month < 16 ? 1 : month,
                     static_cast<unsigned>(number(d, 4, 2))))
    return false;
  constexpr std::array<unsigned, 10> kWeights = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
  return weighted(d, kWeights) % 11 == digit(d[3]);
}

bool gr_amka(Characters d) noexcept {
  return digits_only(d, 11) &&
         is_short_date(static_cast<unsigned>(number(d, 4, 2)),
                       static_cast<unsigned>(number(d, 2, 2)),
                       static_cast<unsigned>(number(d, 0, 2))) &&
         luhn(d);
}

}  // namespace sallyport::scan
