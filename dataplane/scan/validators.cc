#include "dataplane/scan/validators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace sallyport::scan {
namespace {

constexpr uint32_t kDomainBytesMax = 253;  // RFC 1035, 2.3.4

bool is_alpha(uint8_t c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(uint8_t c) noexcept { return c >= '0' && c <= '9'; }
bool is_alnum(uint8_t c) noexcept { return is_alpha(c) || is_digit(c); }
uint8_t lower(uint8_t c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<uint8_t>(c + 32) : c;
}

bool is_local_char(uint8_t c) noexcept {
  return is_alnum(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(static_cast<char>(c)) !=
                            std::string_view::npos;
}

bool is_punycode(Bytes label) noexcept {
  return label.size() > 4 && lower(label[0]) == 'x' && lower(label[1]) == 'n' && label[2] == '-' &&
         label[3] == '-';
}

uint64_t prefix(Bytes digits, size_t count) noexcept {
  uint64_t value = 0;
  for (size_t i = 0; i < count && i < digits.size(); ++i) value = value * 10 + digits[i];
  return value;
}

bool contains_word(Bytes text, std::string_view word) noexcept {
  if (word.size() > text.size()) return false;
  for (size_t i = 0; i + word.size() <= text.size(); ++i)
    if (std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(i),
                   [](char a, uint8_t b) { return static_cast<uint8_t>(a) == lower(b); }))
      return true;
  return false;
}

}  // namespace

bool luhn(Bytes digits) noexcept {
  unsigned sum = 0;
  bool twice = false;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    unsigned d = digits[i];
    if (twice && (d *= 2) > 9) d -= 9;
    sum += d;
  }
  return sum % 10 == 0;
}

bool is_card_range(Bytes digits) noexcept {
  const size_t n = digits.size();
  if (n < 12 || n > 19) return false;
  if (std::all_of(digits.begin(), digits.end(), [&](uint8_t d) { return d == digits[0]; }))
    return false;
  const uint64_t two = prefix(digits, 2), three = prefix(digits, 3), four = prefix(digits, 4),
                 six = prefix(digits, 6);
  if (digits[0] == 4) return n == 13 || n == 16 || n == 19;                        // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return n == 16;  // Mastercard
  if (two == 34 || two == 37) return n == 15;                          // American Express
  if (three >= 300 && three <= 305) return n == 14 || n == 16;         // Diners Club
  if (two == 36 || two == 38 || two == 39) return n >= 14 && n <= 19;  // Diners Club
  if (four >= 3528 && four <= 3589) return n >= 16;                    // JCB
  if (four == 1800 || four == 2131) return n == 15;                    // JCB, old
  if (four == 6011 || two == 65 || (three >= 644 && three <= 649)) return n >= 16;  // Discover
  if (six >= 622126 && six <= 622925) return n >= 16;  // Discover, UnionPay
  if (two == 62 || two == 81) return n >= 16;          // UnionPay
  return two == 50 || (two >= 56 && two <= 58) || two == 63 || two == 67 || two == 60;  // Maestro
}

bool is_ssn(Bytes d) noexcept {
  if (d.size() != 9) return false;
  const uint64_t area = prefix(d, 3), group = prefix(d.subspan(3), 2),
                 serial = prefix(d.subspan(5), 4);
  if (area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0) return false;
  const uint64_t all = prefix(d, 9);
  // Printed on sample cards and in advertisements; the SSA lists them as never valid.
  if (all == 78051120 || all == 219099999 || all == 457555462) return false;
  return !(area == 987 && group == 65);
}

bool is_nanp(Bytes d) noexcept {
  return d.size() == 10 && d[0] >= 2 && d[3] >= 2 && !(d[4] == 1 && d[5] == 1) &&
         !(d[1] == 1 && d[2] == 1);
}

bool is_e164(Bytes d) noexcept { return d.size() >= 8 && d.size() <= 15 && d[0] != 0; }

bool email(Bytes text, uint32_t& start, uint32_t& end) noexcept {
  const auto at = std::find(text.begin() + start, text.begin() + end, uint8_t{'@'});
  if (at == text.begin() + end) return false;
  const auto at_index = static_cast<uint32_t>(at - text.begin());
  uint32_t first = at_index;
  while (first > start && at_index - first < 64 && is_local_char(text[first - 1])) --first;
  // Quotes, assignments and paths around an address are not part of it.
  for (uint32_t i = first; i < at_index; ++i)
    if (text[i] == '=' || text[i] == '/' || text[i] == '`' || text[i] == '|' || text[i] == '?' ||
        text[i] == '&')
      first = i + 1;
  while (first < at_index && !is_alnum(text[first]) && text[first] != '_') ++first;
  if (first == at_index || text[at_index - 1] == '.') return false;
  uint32_t label_start = at_index + 1;
  uint32_t best = 0;
  unsigned labels = 0;
  for (uint32_t i = label_start; i <= end; ++i) {
    if (i - at_index > kDomainBytesMax) break;
    const bool stop = i == end || !(is_alnum(text[i]) || text[i] == '-' || text[i] == '.');
    if (!stop && text[i] != '.') continue;
    const uint32_t size = i - label_start;
    if (size == 0 || size > 63 || text[label_start] == '-') break;
    uint32_t trimmed = i;
    while (trimmed > label_start && text[trimmed - 1] == '-') --trimmed;
    const Bytes label = text.subspan(label_start, trimmed - label_start);
    if (labels > 0 && label.size() >= 2 && label.size() <= 24 &&
        (std::all_of(label.begin(), label.end(), is_alpha) || is_punycode(label)))
      best = trimmed;
    ++labels;
    if (stop || trimmed != i) break;
    label_start = i + 1;
  }
  if (best == 0) return false;
  start = first;
  end = best;
  return true;
}

bool url_credentials(Bytes text, uint32_t& start, uint32_t& end) noexcept {
  const std::string_view s =
      std::string_view(reinterpret_cast<const char*>(text.data()), text.size()).substr(0, end);
  const size_t scheme = s.find("://", start);
  if (scheme == std::string_view::npos) return false;
  size_t first = scheme;
  while (first > start && scheme - first < 20 &&
         (is_alnum(text[first - 1]) || text[first - 1] == '+' || text[first - 1] == '-' ||
          text[first - 1] == '.'))
    --first;
  while (first < scheme && !is_alpha(text[first])) ++first;
  const size_t from = scheme + 3;
  const size_t slash = std::min(s.find_first_of("/?#", from), s.size());
  const size_t at = s.substr(0, slash).rfind('@');
  if (first == scheme || at == std::string_view::npos || at < from || slash - from > 700)
    return false;
  const size_t colon = s.find(':', from);
  if (colon == std::string_view::npos || colon == from || colon >= at || colon + 1 == at ||
      at + 1 == slash)
    return false;
  if (!is_alnum(text[at + 1]) && text[at + 1] != '[' && text[at + 1] != '$' && text[at + 1] != '{')
    return false;
  if (is_placeholder(text.subspan(colon + 1, at - colon - 1))) return false;
  // The path goes along; punctuation and brackets around the URL do not.
  size_t last = std::min<size_t>(s.size(), first + 1'000);
  for (size_t i = at + 1; i < last; ++i)
    if (text[i] == '\'' || text[i] == ',' || text[i] == ';' || text[i] == ')' || text[i] == ']' ||
        text[i] == '}')
      last = i;
  while (last > at + 2 && (text[last - 1] == '.' || text[last - 1] == '!' ||
                           text[last - 1] == ':' || text[last - 1] == '?'))
    --last;
  start = static_cast<uint32_t>(first);
  end = static_cast<uint32_t>(last);
  return true;
}

bool is_placeholder(Bytes text) noexcept {
  if (text.empty()) return true;
  if (std::all_of(text.begin(), text.end(), [&](uint8_t c) { return c == text[0]; })) return true;
  const std::string_view s(reinterpret_cast<const char*>(text.data()), text.size());
  if (s.find("${") != std::string_view::npos || s.find("{{") != std::string_view::npos ||
      s.find("$(") != std::string_view::npos || s.front() == '$' ||
      (s.front() == '%' && s.back() == '%') || (s.front() == '{' && s.back() == '}') ||
      s.find("****") != std::string_view::npos || s.find("...") != std::string_view::npos)
    return true;
  for (std::string_view word : {"xxxx", "changeme", "example", "your-", "your_", "placeholder",
                                "password123here", "redacted", "dummy", "<password>"})
    if (contains_word(text, word)) return true;
  return s == "password" || s == "pass" || s == "pwd" || s == "secret" || s == "token";
}

bool looks_random(Bytes text) noexcept {
  if (is_placeholder(text)) return false;
  std::array<uint32_t, 256> counts{};
  for (uint8_t c : text) ++counts[c];
  double entropy = 0;
  const double n = static_cast<double>(text.size());
  for (uint32_t count : counts)
    if (count > 0) entropy -= count / n * std::log2(count / n);
  return entropy >= 3.0;
}

}  // namespace sallyport::scan
