#include "dataplane/scan/validate/health.h"

namespace sallyport::scan {

bool icd10(Characters t) noexcept {
  if (t.size() < 3 || t.size() > 7 || !is_upper(t[0]) || !is_digit(t[1])) return false;
  if (t[0] == 'U' && !(t[1] == '0' && (t[2] == '7' || t[2] == '9'))) return false;
  if (!is_digit(t[2]) && t[2] != 'A' && t[2] != 'B') return false;
  for (uint8_t c : t.subspan(3))
    if (!is_digit(c) && !is_upper(c)) return false;
  return true;
}

bool us_ndc(Characters d) noexcept {
  return (d.size() == 10 || d.size() == 11) && all_digits(d) && !one_character(d) &&
         number(d, 0, 4) != 0;
}

}  // namespace sallyport::scan
