#include "dataplane/scan/validate/travel.h"

#include <algorithm>

#include "dataplane/scan/validate/calendar.h"

namespace sallyport::scan {
namespace {

constexpr size_t kLineBytesMin = 28;
constexpr size_t kLineBytesMax = 44;

bool dated(Characters text, size_t from) noexcept {
  const Characters date = text.subspan(from, 6);
  return all_digits(date) &&
         is_short_date(static_cast<unsigned>(number(date, 0, 2)),
                       static_cast<unsigned>(number(date, 2, 2)),
                       static_cast<unsigned>(number(date, 4, 2))) &&
         travel_check(date, text[from + 6]);
}

}  // namespace

bool travel_check(Characters field, uint8_t check) noexcept {
  constexpr unsigned kWeights[] = {7, 3, 1};
  unsigned sum = 0;
  for (size_t i = 0; i < field.size(); ++i) {
    const uint8_t c = field[i];
    sum += (is_digit(c) ? digit(c) : is_upper(c) ? c - unsigned{'A'} + 10 : 0) * kWeights[i % 3];
  }
  return is_digit(check) && sum % 10 == digit(check);
}

bool travel_line(Characters t) noexcept {
  if (t.size() < kLineBytesMin || t.size() > kLineBytesMax) return false;
  const bool sex = t[20] == 'M' || t[20] == 'F' || t[20] == 'X';
  return sex && std::all_of(t.begin() + 10, t.begin() + 13, is_upper) &&
         travel_check(t.first(9), t[9]) && dated(t, 13) && dated(t, 21);
}

bool travel_number(Characters text) noexcept {
  constexpr size_t kSize = 9;
  return text.size() == kSize && is_upper(text[0]) &&
         travel_check(text.first(kSize - 1), text[kSize - 1]);
}

}  // namespace sallyport::scan
