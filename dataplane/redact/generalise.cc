#include "dataplane/redact/generalise.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "dataplane/base/ascii.h"
#include "dataplane/redact/token.h"

namespace sallyport::redact {
namespace {

using base::is_digit;

using contract::Generalisation;
using Out = std::span<uint8_t, kGeneralisedBytesMax>;

constexpr std::string_view kOldest = "90 or older";

// Three-digit ZIP areas of 20 000 people or fewer: the list of the HHS guidance on 164.514 (Census
// 2000).
constexpr std::array<std::string_view, 17> kSmallAreas{"036", "059", "063", "102", "203", "556",
                                                       "692", "790", "821", "823", "830", "831",
                                                       "878", "879", "884", "890", "893"};

size_t put(std::string_view text, Out out, size_t at = 0) noexcept {
  if (text.size() > out.size() - at) return 0;
  if (!text.empty()) std::memcpy(out.data() + at, text.data(), text.size());
  return at + text.size();
}

// The first row of exactly `digits` digits; nothing: empty.
std::string_view digit_row(std::span<const uint8_t> value, size_t digits) noexcept {
  for (size_t i = 0; i < value.size();) {
    size_t end = i;
    while (end < value.size() && is_digit(value[end])) ++end;
    if (end - i == digits) return {reinterpret_cast<const char*>(value.data()) + i, digits};
    i = end + 1;
  }
  return {};
}

unsigned number(std::string_view digits) noexcept {
  unsigned out = 0;
  for (char c : digits) out = out * 10 + static_cast<unsigned>(c - '0');
  return out;
}

// Years of which a document speaks; 20840304 or 1234 Main St are none.
bool is_year(unsigned year) noexcept { return year >= 1800 && year < 2200; }

// A date without separators is eight digits with the year in front: 19840304.
std::string_view year_of(std::span<const uint8_t> value) noexcept {
  std::string_view year = digit_row(value, 4);
  if (year.empty()) year = digit_row(value, 8).substr(0, 4);
  return !year.empty() && is_year(number(year)) ? year : std::string_view{};
}

size_t put_birth_year(std::span<const uint8_t> value, unsigned present, Out out) noexcept {
  const std::string_view year = year_of(value);
  if (year.empty() || present == 0) return 0;
  // Somebody born in this year may have had this year's birthday.
  return put(number(year) + kAgeTold < present ? kOldest : year, out);
}

size_t put_zip(std::span<const uint8_t> value, Out out) noexcept {
  std::string_view zip = digit_row(value, 5);
  if (zip.empty()) zip = digit_row(value, 9);
  if (zip.empty()) return 0;
  const std::string_view area = zip.substr(0, 3);
  const bool small = std::find(kSmallAreas.begin(), kSmallAreas.end(), area) != kSmallAreas.end();
  return put(small ? "000" : area, out);
}

size_t put_age(std::span<const uint8_t> value, Out out) noexcept {
  for (size_t digits = 1; digits <= 3; ++digits) {
    const std::string_view age = digit_row(value, digits);
    if (age.empty()) continue;
    if (number(age) > kAgeTold) return put(kOldest, out);
    return put({reinterpret_cast<const char*>(value.data()), value.size()}, out);
  }
  return 0;
}

// "203.0.113.77" -> "203.0.113.0/24"
size_t put_network_v4(std::string_view value, Out out) noexcept {
  size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    size_t digits = 0;
    while (at + digits < value.size() && is_digit(static_cast<uint8_t>(value[at + digits])))
      ++digits;
    if (digits == 0 || digits > 3 || number(value.substr(at, digits)) > 255) return 0;
    at += digits;
    if (part == 3) break;
    if (at == value.size() || value[at++] != '.') return 0;
  }
  if (at != value.size()) return 0;
  const size_t used = put(value.substr(0, value.rfind('.')), out);
  return used == 0 ? 0 : put(".0/24", out, used);
}

bool is_group(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 4 && std::all_of(text.begin(), text.end(), [](char c) {
    return base::is_hex(static_cast<uint8_t>(c));
  });
}

// "2001:db8:1:2::77" -> "2001:db8:1::/48". An address that is zero within its first groups names no
// site, and one that holds an IPv4 address has no /48 of its own: neither is read.
size_t put_network_v6(std::string_view value, Out out) noexcept {
  size_t used = 0;
  for (int group = 0; group < 3; ++group) {
    const size_t colon = value.find(':');
    if (colon == std::string_view::npos || !is_group(value.substr(0, colon))) return 0;
    if (group > 0) used = put(":", out, used);
    used = put(value.substr(0, colon), out, used);
    value.remove_prefix(colon + 1);
  }
  return put("::/48", out, used);
}

size_t put_network(std::span<const uint8_t> value, Out out) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
  const size_t used = put_network_v4(text, out);
  return used > 0 ? used : put_network_v6(text, out);
}

size_t put_name(std::string_view entity, Out out) noexcept {
  std::array<char, kEntityNameBytesMax> label;
  const size_t size = token_label(entity, label);
  if (size == 0) return 0;
  out[0] = '[';
  const size_t used = put({label.data(), size}, out, 1);
  return used == 0 ? 0 : put("]", out, used);
}

}  // namespace

size_t generalise(Generalisation how, std::string_view entity, std::span<const uint8_t> value,
                  unsigned year, Out out) noexcept {
  size_t used = 0;
  switch (how) {
    case Generalisation::Name:
      break;
    case Generalisation::Year:
      used = put(year_of(value), out);
      break;
    case Generalisation::BirthYear:
      used = put_birth_year(value, year, out);
      break;
    case Generalisation::Zip:
      used = put_zip(value, out);
      break;
    case Generalisation::Age:
      used = put_age(value, out);
      break;
    case Generalisation::Network:
      used = put_network(value, out);
      break;
  }
  return used > 0 ? used : put_name(entity, out);
}

}  // namespace sallyport::redact
