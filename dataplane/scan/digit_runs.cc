#include "dataplane/scan/digit_runs.h"

#include <algorithm>

#include "dataplane/scan/validators.h"

namespace sallyport::scan {
namespace {

constexpr size_t kDigitsMax = 19;

bool is_digit(uint8_t c) noexcept { return c >= '0' && c <= '9'; }
bool is_word(uint8_t c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The digits of groups [first, last).
struct Digits {
  std::array<uint8_t, kDigitsMax + 1> values{};
  size_t count = 0;
  bool fits = true;
  std::span<const uint8_t> span() const noexcept { return {values.data(), count}; }
};

Digits digits_of(const DigitRun& run, size_t first, size_t last) noexcept {
  Digits out;
  for (size_t g = first; g < last; ++g)
    for (uint32_t i = run.groups[g].start; i < run.groups[g].end; ++i) {
      if (out.count == kDigitsMax) {
        out.fits = false;
        return out;
      }
      out.values[out.count++] = static_cast<uint8_t>(run.text[i] - '0');
    }
  return out;
}

uint32_t size_of(const DigitRun& run, size_t group) noexcept {
  return run.groups[group].end - run.groups[group].start;
}

// What stands between a group and the next one.
std::span<const uint8_t> gap(const DigitRun& run, size_t group) noexcept {
  return run.text.subspan(run.groups[group].end,
                          run.groups[group + 1].start - run.groups[group].end);
}

// All gaps of [first, last) are one and the same separator.
bool one_separator(const DigitRun& run, size_t first, size_t last, uint8_t& separator) noexcept {
  separator = 0;
  for (size_t g = first; g + 1 < last; ++g) {
    const auto between = gap(run, g);
    if (between.size() != 1 || (separator != 0 && between[0] != separator)) return false;
    separator = between[0];
  }
  return true;
}

uint8_t before_group(const DigitRun& run, size_t group) noexcept {
  return run.groups[group].start == 0 ? run.before : run.text[run.groups[group].start - 1];
}

uint8_t behind_group(const DigitRun& run, size_t group) noexcept {
  return run.groups[group].end == run.text.size() ? run.behind : run.text[run.groups[group].end];
}

// Not the tail of an identifier, a decimal or a path: "v1.2.3", "A-123", "#123", "/123".
bool clean_left(const DigitRun& run, size_t first) noexcept {
  const uint8_t c = before_group(run, first);
  return !is_word(c) && c != '.' && c != '#' && c != '$' && c != '=' && c != '&' && c != '%' &&
         c != '@';
}

bool clean_right(const DigitRun& run, size_t last) noexcept {
  const uint8_t c = behind_group(run, last - 1);
  return !is_word(c) && c != '@' && c != '%' && c != '=';
}

bool card_grouping(const DigitRun& run, size_t first, size_t last, size_t digits) noexcept {
  const size_t n = last - first;
  const auto is = [&](std::initializer_list<uint32_t> sizes) {
    return sizes.size() == n &&
           std::equal(sizes.begin(), sizes.end(),
                      run.groups.begin() + static_cast<std::ptrdiff_t>(first),
                      [](uint32_t size, const DigitGroup& g) { return size == g.end - g.start; });
  };
  if (n == 1) return true;
  return is({4, 4, 4, 4}) || is({4, 6, 5}) || is({4, 6, 4}) || is({4, 4, 4, 4, 3}) ||
         is({4, 4, 4, 1}) || is({4, 4, 4}) || is({4, 4, 5}) || is({8, 8}) ||
         (digits == 19 && is({6, 13})) || is({4, 4, 4, 3});
}

}  // namespace

void split_groups(DigitRun& run) noexcept {
  run.group_count = 0;
  for (uint32_t i = 0; i < run.text.size() && run.group_count < kGroupsMax;) {
    if (!is_digit(run.text[i])) {
      ++i;
      continue;
    }
    const uint32_t start = i;
    while (i < run.text.size() && is_digit(run.text[i])) ++i;
    run.groups[run.group_count++] = DigitGroup{start, i};
  }
}

bool card_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  const uint8_t before = before_group(run, first);
  if (is_word(before) || before == '.') return false;
  // The widest first: a card of 19 digits is not one of 16 and a rest.
  for (size_t last = std::min(first + 5, run.group_count); last > first; --last) {
    const Digits digits = digits_of(run, first, last);
    if (!digits.fits || digits.count < 12) continue;
    uint8_t separator = 0;
    if (!one_separator(run, first, last, separator) ||
        (separator != 0 && separator != ' ' && separator != '-' && separator != '.'))
      continue;
    if (!card_grouping(run, first, last, digits.count) || is_word(behind_group(run, last - 1)))
      continue;
    if (!is_card_range(digits.span()) || !luhn(digits.span())) continue;
    out = NumberMatch{run.groups[first].start, run.groups[last - 1].end, last, false};
    return true;
  }
  return false;
}

bool ssn_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  if (!clean_left(run, first) || before_group(run, first) == '-' || before_group(run, first) == '+')
    return false;
  if (size_of(run, first) == 9) {
    const Digits digits = digits_of(run, first, first + 1);
    if (!is_ssn(digits.span()) || !clean_right(run, first + 1) || behind_group(run, first) == '-')
      return false;
    out = NumberMatch{run.groups[first].start, run.groups[first].end, first + 1, true};
    return true;
  }
  if (first + 3 > run.group_count || size_of(run, first) != 3 || size_of(run, first + 1) != 2 ||
      size_of(run, first + 2) != 4)
    return false;
  uint8_t separator = 0;
  if (!one_separator(run, first, first + 3, separator)) return false;
  if (separator != '-' && separator != ' ' && separator != '.') return false;
  const Digits digits = digits_of(run, first, first + 3);
  const uint8_t behind = behind_group(run, first + 2);
  if (separator == '.' && behind == '.' && first + 3 < run.group_count) return false;  // a version
  if (!is_ssn(digits.span()) || !clean_right(run, first + 3) || behind == '-') return false;
  out = NumberMatch{run.groups[first].start, run.groups[first + 2].end, first + 3, false};
  return true;
}

namespace {

// +CC ...: the plus decides; groups are taken while the number may still be one of E.164.
bool international_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  uint32_t start = run.groups[first].start;
  const bool plus = start > 0 && run.text[start - 1] == '+';
  if (!plus) return false;
  --start;
  if (start > 0 && run.text[start - 1] == '(') --start;
  const uint8_t before = start == 0 ? run.before : run.text[start - 1];
  if (is_word(before)) return false;
  const bool north_america = run.text[run.groups[first].start] == '1';
  size_t best = 0;
  for (size_t last = first + 1; last <= std::min(first + 7, run.group_count); ++last) {
    if (last - 1 > first) {
      const auto between = gap(run, last - 2);
      if (between.size() > 2 || std::find(between.begin(), between.end(), '+') != between.end())
        break;
      if (between.size() == 2 && between[0] == ' ' && between[1] == ' ') break;
    }
    const Digits digits = digits_of(run, first, last);
    if (!digits.fits || digits.count > 15) break;
    const bool whole = north_america ? digits.count == 11 && is_nanp(digits.span().subspan(1))
                                     : is_e164(digits.span());
    if (whole && !is_word(behind_group(run, last - 1))) best = last;
    // Twelve digits are enough for any subscriber number; a further group is another number.
    if (digits.count >= 11) break;
  }
  if (best == 0) return false;
  if (start < run.groups[first].start - 1 && run.text[start] == '(') {
    const auto rest = run.text.subspan(start, run.groups[best - 1].end - start);
    if (std::find(rest.begin(), rest.end(), ')') == rest.end()) ++start;
  }
  out = NumberMatch{start, run.groups[best - 1].end, best, false};
  return true;
}

bool is_phone_separator(std::span<const uint8_t> between) noexcept {
  if (between.size() == 1)
    return between[0] == '-' || between[0] == '.' || between[0] == ' ' || between[0] == '/' ||
           between[0] == ')';
  return between.size() == 2 && between[0] == ')' && between[1] == ' ';
}

// 415-555-2671, (415) 555-2671, 1-415-555-2671, 415.555.2671
bool north_american_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  size_t area = first;
  if (size_of(run, first) == 1 && run.text[run.groups[first].start] == '1') ++area;
  if (area + 3 > run.group_count || size_of(run, area) != 3 || size_of(run, area + 1) != 3 ||
      size_of(run, area + 2) != 4)
    return false;
  for (size_t g = first; g < area + 2; ++g) {
    const auto between = gap(run, g);
    const bool opens = g + 1 == area && between.size() <= 2 && between.back() == '(';
    if (!opens && !is_phone_separator(between)) return false;
  }
  uint32_t start = run.groups[first].start;
  const bool bracket =
      area == first && start > 0 && run.text[start - 1] == '(' && gap(run, area)[0] == ')';
  if (bracket) --start;
  const uint8_t before = start == 0 ? run.before : run.text[start - 1];
  if (is_word(before) || before == '.' || before == '-' || before == '+' || before == '#')
    return false;
  const uint8_t behind = behind_group(run, area + 2);
  if (is_word(behind) || behind == '-' || (behind == '.' && area + 3 < run.group_count))
    return false;
  if (!is_nanp(digits_of(run, area, area + 3).span())) return false;
  out = NumberMatch{start, run.groups[area + 2].end, area + 3, false};
  return true;
}

// 020 7946 0958, 01.41.27.23.47, 03-4927-9802, 0688 872 49 99: a trunk zero, ten or eleven digits
// in groups with one separator. And (11) 99399-5165: an area code in brackets.
bool trunk_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  const uint32_t start = run.groups[first].start;
  size_t last = first + 1;
  if (start > 0 && run.text[start - 1] == '(') {
    if (first + 3 > run.group_count || size_of(run, first) != 2 || size_of(run, first + 2) != 4 ||
        size_of(run, first + 1) < 4 || size_of(run, first + 1) > 5)
      return false;
    const auto close = gap(run, first), middle = gap(run, first + 1);
    if (close[0] != ')' || (close.size() == 2 && close[1] != ' ') || middle.size() != 1 ||
        middle[0] != '-')
      return false;
    out = NumberMatch{start - 1, run.groups[first + 2].end, first + 3, false};
    return !is_word(behind_group(run, first + 2)) &&
           !is_word(start < 2 ? run.before : run.text[start - 2]);
  }
  if (run.text[start] != '0' || size_of(run, first) < 2 || run.text[start + 1] == '0') return false;
  if (!clean_left(run, first) || before_group(run, first) == '-' ||
      before_group(run, first) == '+' || before_group(run, first) == '/' ||
      (first > 0 && gap(run, first - 1).size() == 1))  // the middle of a longer number: an IBAN
    return false;
  uint8_t separator = 0;
  size_t digits = size_of(run, first);
  for (; last < run.group_count; ++last) {
    const auto between = gap(run, last - 1);
    if (between.size() != 1 || (separator != 0 && between[0] != separator)) break;
    separator = between[0];
    if (separator != ' ' && separator != '-' && separator != '.') break;
    digits += size_of(run, last);
  }
  const size_t groups = last - first;
  if (groups < 3 || groups > 5 || (digits != 10 && digits != 11)) return false;
  for (size_t g = first; g < last; ++g)
    if (size_of(run, g) < 2 || size_of(run, g) > 5) return false;
  const uint8_t behind = behind_group(run, last - 1);
  if (is_word(behind) || behind == '-' || behind == '/') return false;
  out = NumberMatch{start, run.groups[last - 1].end, last, false};
  return true;
}

// A national form needs a word like "phone" before it.
bool national_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  uint32_t start = run.groups[first].start;
  if (start > 0 && run.text[start - 1] == '(') --start;
  const uint8_t before = start == 0 ? run.before : run.text[start - 1];
  if (is_word(before) || before == '.' || before == '-' || before == '#' || before == '$')
    return false;
  size_t best = 0;
  for (size_t last = first + 1; last <= std::min(first + 6, run.group_count); ++last) {
    if (last - 1 > first && !is_phone_separator(gap(run, last - 2))) break;
    const Digits digits = digits_of(run, first, last);
    if (!digits.fits || digits.count > 12) break;
    if (digits.count >= 7 && !is_word(behind_group(run, last - 1))) best = last;
  }
  if (best == 0) return false;
  if (run.text[start] == '(') {
    const auto rest = run.text.subspan(start, run.groups[best - 1].end - start);
    if (std::find(rest.begin(), rest.end(), ')') == rest.end()) ++start;
  }
  out = NumberMatch{start, run.groups[best - 1].end, best, true};
  return true;
}

}  // namespace

bool phone_at(const DigitRun& run, size_t first, NumberMatch& out) noexcept {
  return international_at(run, first, out) || north_american_at(run, first, out) ||
         trunk_at(run, first, out) || national_at(run, first, out);
}

}  // namespace sallyport::scan
