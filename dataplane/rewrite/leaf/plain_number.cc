#include "dataplane/rewrite/leaf/plain_number.h"

#include <algorithm>

namespace sallyport::rewrite {
namespace {

constexpr int kExponentMax = static_cast<int>(kPlainNumberBytesMax);

// Of the characters behind the e; more than any number here may have: kExponentMax + 1.
int exponent_of(std::span<const uint8_t> text) noexcept {
  const bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text = text.subspan(1);
  int value = 0;
  for (const uint8_t c : text) value = std::min(value * 10 + (c - '0'), kExponentMax + 1);
  return is_negative ? -value : value;
}

}  // namespace

PlainNumber plain_number(std::span<const uint8_t> number) noexcept {
  PlainNumber out;
  if (number.size() > kPlainNumberBytesMax) return out;
  const auto mark =
      std::find_if(number.begin(), number.end(), [](uint8_t c) { return c == 'e' || c == 'E'; });
  if (mark == number.end()) return out;
  const auto mantissa = number.first(static_cast<size_t>(mark - number.begin()));
  std::array<char, kPlainNumberBytesMax> digits;
  int count = 0;
  int whole = -1;  // digits before the point
  for (const uint8_t c : mantissa) {
    if (c == '.') whole = count;
    if (c >= '0' && c <= '9') digits[static_cast<size_t>(count++)] = static_cast<char>(c);
  }
  if (whole < 0) whole = count;
  whole += exponent_of(number.subspan(mantissa.size() + 1));
  if (whole <= 0 || whole + 2 > kExponentMax || count + 2 > kExponentMax) return out;
  const auto put = [&](char c) { out.bytes[out.size++] = c; };
  if (mantissa[0] == '-') put('-');
  while (count > whole && digits[static_cast<size_t>(count) - 1] == '0') --count;
  for (int i = 0; i < std::max(count, whole); ++i) {
    if (i == whole) put('.');
    put(i < count ? digits[static_cast<size_t>(i)] : '0');
  }
  return out;
}

}  // namespace sallyport::rewrite
