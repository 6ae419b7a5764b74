#include "dataplane/scan/validate/asia_pacific_ids.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/characters.h"
#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

// J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of order ten as a table ...
constexpr std::array<std::string_view, 10> kVerhoeffProduct = {
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"};
// ... and the permutation applied place by place.
constexpr std::array<std::string_view, 8> kVerhoeffPermutation = {
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258"};

bool verhoeff(Characters d) noexcept {
  unsigned check = 0;
  for (size_t i = 0; i < d.size(); ++i) {
    const unsigned value = digit(d[d.size() - 1 - i]);
    const unsigned moved = digit(static_cast<uint8_t>(kVerhoeffPermutation[i % 8][value]));
    check = digit(static_cast<uint8_t>(kVerhoeffProduct[check][moved]));
  }
  return check == 0;
}

// The check digit of residents (11) and of foreigners (13).
bool kr_check(Characters d) noexcept {
  constexpr std::array<unsigned, 12> kWeights = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
  const unsigned from = digit(d[6]) >= 5 ? 13 : 11;
  return (from - weighted(d, kWeights) % 11) % 10 == digit(d[12]);
}

// Letters of Taiwan's counties in the order of their numbers 10, 11, ...
constexpr std::string_view kTaiwanLetters = "ABCDEFGHJKLMNPQRSTUVXYWZIO";

}  // namespace

bool au_tfn(Characters d) noexcept {
  if (!all_digits(d) || d.empty() || one_character(d)) return false;
  constexpr std::array<unsigned, 9> kNine = {1, 4, 3, 7, 5, 8, 6, 9, 10};
  constexpr std::array<unsigned, 8> kEight = {10, 7, 8, 4, 6, 3, 5, 1};
  if (d.size() == 9) return weighted(d, kNine) % 11 == 0;
  return d.size() == 8 && weighted(d, kEight) % 11 == 0;
}

bool au_medicare(Characters d) noexcept {
  if ((d.size() != 10 && d.size() != 11) || !all_digits(d) || d[0] < '2' || d[0] > '6')
    return false;
  constexpr std::array<unsigned, 8> kWeights = {1, 3, 7, 9, 1, 3, 7, 9};
  return weighted(d, kWeights) % 10 == digit(d[8]) && d[9] != '0';
}

bool in_aadhaar(Characters d) noexcept {
  return digits_only(d, 12) && d[0] >= '2' && !one_character(d) && verhoeff(d);
}

bool in_pan(Characters t) noexcept {
  return t.size() == 10 && std::all_of(t.begin(), t.begin() + 5, is_upper) &&
         one_of("ABCFGHJKLPTE", t[3]) && all_digits(t.subspan(5, 4)) && number(t, 5, 4) != 0 &&
         is_upper(t[9]);
}

bool sg_nric(Characters t) noexcept {
  if (t.size() != 9 || !all_digits(t.subspan(1, 7)) || !is_upper(t[8])) return false;
  constexpr std::array<unsigned, 7> kWeights = {2, 7, 6, 5, 4, 3, 2};
  unsigned sum = weighted(t.subspan(1), kWeights);
  if (t[0] == 'T' || t[0] == 'G') sum += 4;
  if (t[0] == 'M') sum += 3;
  const std::string_view letters = t[0] == 'S' || t[0] == 'T'   ? "JZIHGFEDCBA"
                                   : t[0] == 'F' || t[0] == 'G' ? "XWUTRQPNMLK"
                                   : t[0] == 'M'                ? "XWUTRQPNJLK"
                                                                : std::string_view();
  return !letters.empty() && static_cast<uint8_t>(letters[sum % 11]) == t[8];
}

bool kr_rrn_form(Characters d) noexcept {
  if (!digits_only(d, 13)) return false;
  const unsigned sex = digit(d[6]);  // 1, 2, 5, 6: born in 19xx; 3, 4, 7, 8: in 20xx; 9, 0: in 18xx
  const bool this_century = sex == 3 || sex == 4 || sex == 7 || sex == 8;
  if (sex == 0 || sex == 9 || (this_century && two(d, 0) > 40)) return false;
  if (!is_short_date(two(d, 0), two(d, 2), two(d, 4))) return false;
  return sex < 5 || kr_check(d);
}

bool kr_rrn(Characters d) noexcept {
  if (!kr_rrn_form(d)) return false;
  // Born since October 2020: nothing to check.
  const unsigned sex = digit(d[6]);
  const bool unchecked = (sex == 3 || sex == 4) && number(d, 0, 4) >= 2010;
  return unchecked || kr_check(d);
}

bool cn_resident_id(Characters t) noexcept {
  if (t.size() != 18 || !all_digits(t.first(17)) || !(is_digit(t[17]) || t[17] == 'X'))
    return false;
  const unsigned province = two(t, 0);  // GB/T 2260
  const bool known = (province >= 11 && province <= 15) || (province >= 21 && province <= 23) ||
                     (province >= 31 && province <= 37) || (province >= 41 && province <= 46) ||
                     (province >= 50 && province <= 54) || (province >= 61 && province <= 65) ||
                     province == 71 || province == 81 || province == 82 || province == 83;
  const auto year = static_cast<unsigned>(number(t, 6, 4));
  if (!known || year > 2040 || !is_date(year, two(t, 10), two(t, 12))) return false;
  constexpr std::array<unsigned, 17> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                 3, 7, 9,  10, 5, 8, 4, 2};
  return static_cast<uint8_t>("10X98765432"[weighted(t, kWeights) % 11]) == t[17];
}

bool hk_id(Characters t) noexcept {
  if ((t.size() != 8 && t.size() != 9) || !all_digits(t.last(7).first(6)) || !is_upper(t[0]))
    return false;
  const uint8_t last = t.back();
  if (!is_digit(last) && last != 'A') return false;
  const bool second = t.size() == 9;
  if (second && !is_upper(t[1])) return false;
  // A is 10, B 11, ...; a missing first letter counts 36.
  unsigned sum = second ? (t[0] - unsigned{'A'} + 10) * 9 + (t[1] - unsigned{'A'} + 10) * 8
                        : 36 * 9 + (t[0] - unsigned{'A'} + 10) * 8;
  const Characters d = t.last(7);
  for (unsigned i = 0; i < 6; ++i) sum += digit(d[i]) * (7 - i);
  return (11 - sum % 11) % 11 == (last == 'A' ? 10 : digit(last));
}

bool tw_id(Characters t) noexcept {
  if (t.size() != 10 || !is_upper(t[0]) || !all_digits(t.subspan(2))) return false;
  const auto place = [](uint8_t c) {
    return static_cast<unsigned>(kTaiwanLetters.find(static_cast<char>(c))) + 10;
  };
  unsigned second;
  if (t[1] == '1' || t[1] == '2' || t[1] == '8' || t[1] == '9')
    second = digit(t[1]);
  else if (t[1] >= 'A' && t[1] <= 'D')  // residents, until 2021
    second = place(t[1]) % 10;
  else
    return false;
  const unsigned first = place(t[0]);
  unsigned sum = first / 10 + first % 10 * 9 + second * 8;
  for (unsigned i = 2; i < 9; ++i) sum += digit(t[i]) * (9 - i);
  return (sum + digit(t[9])) % 10 == 0;
}

bool jp_my_number(Characters d) noexcept {
  if (!digits_only(d, 12) || one_character(d)) return false;
  constexpr std::array<unsigned, 11> kWeights = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  const unsigned rest = weighted(d, kWeights) % 11;
  return (rest <= 1 ? 0 : 11 - rest) == digit(d[11]);
}

bool th_id(Characters d) noexcept {
  if (!digits_only(d, 13) || d[0] == '0' || d[0] == '9') return false;
  constexpr std::array<unsigned, 12> kWeights = {13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
  return (11 - weighted(d, kWeights) % 11) % 10 == digit(d[12]);
}

bool il_id(Characters d) noexcept { return digits_only(d, 9) && !one_character(d) && luhn(d); }

bool za_id(Characters d) noexcept {
  return digits_only(d, 13) && is_short_date(two(d, 0), two(d, 2), two(d, 4)) &&
         (d[10] == '0' || d[10] == '1') && (d[11] == '8' || d[11] == '9') && luhn(d);
}

}  // namespace sallyport::scan
