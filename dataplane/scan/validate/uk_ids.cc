#include "dataplane/scan/validate/uk_ids.h"

#include <string_view>

#include "dataplane/scan/validate/calendar.h"
#include "dataplane/scan/validate/characters.h"

namespace sallyport::scan {

bool uk_nhs(Characters d) noexcept {
  if (!digits_only(d, 10) || one_character(d)) return false;
  constexpr std::array<unsigned, 9> kWeights = {10, 9, 8, 7, 6, 5, 4, 3, 2};
  const unsigned check = (11 - weighted(d, kWeights) % 11) % 11;
  return check != 10 && check == digit(d[9]);
}

bool uk_nino(Characters t) noexcept {
  if (t.size() != 9 || !all_digits(t.subspan(2, 6))) return false;
  if (!is_upper(t[0]) || !is_upper(t[1]) || t[8] < 'A' || t[8] > 'D') return false;
  if (one_of("DFIQUV", t[0]) || one_of("DFIOQUV", t[1])) return false;
  for (const char* pair : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"})
    if (t[0] == static_cast<uint8_t>(pair[0]) && t[1] == static_cast<uint8_t>(pair[1]))
      return false;
  return true;
}

bool uk_driver_licence(Characters t) noexcept {
  if (t.size() != 16 || !is_upper(t[0])) return false;
  bool filled = false;
  for (size_t i = 0; i < 5; ++i) {
    if (t[i] == '9')
      filled = true;
    else if (!is_upper(t[i]) || filled)
      return false;
  }
  const Characters d = t.subspan(5, 6);
  if (!all_digits(d)) return false;
  const auto month = static_cast<unsigned>(number(d, 1, 2));
  const auto day = static_cast<unsigned>(number(d, 3, 2));
  // The century is not part of the number, so a leap year stands for all.
  if (!is_date(2000, month > 50 ? month - 50 : month, day)) return false;
  return is_upper(t[11]) && (is_upper(t[12]) || t[12] == '9') &&
         (is_digit(t[13]) || is_upper(t[13])) && is_upper(t[14]) && is_upper(t[15]);
}

}  // namespace sallyport::scan
