#include "dataplane/scan/validate/vehicles_devices.h"

#include <string_view>

#include "dataplane/scan/validate/payment.h"

namespace sallyport::scan {
namespace {

// 49 CFR 565.15, table III: what a letter counts.
constexpr std::string_view kVinLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
constexpr std::string_view kVinValues = "12345678123457923456789";

unsigned vin_value(uint8_t c) noexcept {
  if (is_digit(c)) return digit(c);
  return digit(static_cast<uint8_t>(kVinValues[kVinLetters.find(static_cast<char>(c))]));
}

}  // namespace

bool vin_form(Characters t) noexcept {
  if (t.size() != 17 || !all_digits(t.subspan(13))) return false;
  size_t letters = 0;
  for (uint8_t c : t) {
    if (is_digit(c)) continue;
    if (kVinLetters.find(static_cast<char>(c)) == std::string_view::npos) return false;
    ++letters;
  }
  return letters >= 2 && !one_character(t);
}

bool vin(Characters t) noexcept {
  if (!vin_form(t)) return false;
  constexpr std::array<unsigned, 17> kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0,
                                                 9, 8, 7, 6, 5, 4, 3, 2};
  unsigned sum = 0;
  for (size_t i = 0; i < t.size(); ++i) sum += vin_value(t[i]) * kWeights[i];
  const unsigned check = sum % 11;
  return t[8] == (check == 10 ? 'X' : '0' + check);
}

bool imei(Characters d) noexcept {
  if (!digits_only(d, 15) || one_character(d) || !luhn(d)) return false;
  const uint64_t issuer = number(d, 0, 2);
  return issuer == 1 || issuer == 10 || issuer == 30 || issuer == 33 || issuer == 35 ||
         issuer == 44 || (issuer >= 45 && issuer <= 54) || issuer == 86 || issuer == 91 ||
         issuer == 98 || issuer == 99;
}

bool imsi(Characters d) noexcept {
  if (!digits_only(d, 15) || one_character(d)) return false;
  const uint64_t country = number(d, 0, 3);
  return country >= 202 && country <= 750;
}

bool iccid(Characters d) noexcept {
  return (d.size() == 19 || d.size() == 20) && all_digits(d) && d[0] == '8' && d[1] == '9' &&
         luhn(d);
}

}  // namespace sallyport::scan
