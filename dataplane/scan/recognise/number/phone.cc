#include "dataplane/scan/recognise/number/phone.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/recognise/number/row_digits.h"
#include "dataplane/scan/validate/calendar.h"

namespace sallyport::scan {
namespace {

constexpr size_t kGroupsOfPhoneMax = 8;
constexpr size_t kNanpDigits = 10;
constexpr size_t kNationalMin = 7;
constexpr size_t kLabelledMax = 15;  // ITU-T E.164
static_assert(kLabelledDigitsMin < kNationalMin);
// What is dialled before an area code in brackets.
constexpr size_t kPrefixDigitsMax = 4;
constexpr size_t kNationalMax = 12;
// With the country code and this many digits a number is whole: what follows is another one.
constexpr size_t kWholeDigits = 11;
// Percent off for digits torn apart.
constexpr uint8_t kTornDoubt = 15;

// Country code and how many digits follow it (national numbering plans in ITU-T's list). Codes that
// are not here have three digits, and six to ten more.
struct Country {
  uint16_t code;
  uint8_t min;
  uint8_t max;
};
constexpr Country kCountries[] = {
    {1, 10, 10},  {7, 10, 10}, {20, 8, 10},  {27, 9, 9},   {30, 10, 10}, {31, 9, 9},   {32, 8, 9},
    {33, 9, 9},   {34, 9, 9},  {36, 8, 9},   {39, 6, 11},  {40, 9, 9},   {41, 9, 9},   {43, 6, 12},
    {44, 9, 10},  {45, 8, 8},  {46, 7, 10},  {47, 8, 8},   {48, 9, 9},   {49, 6, 12},  {51, 8, 9},
    {52, 10, 11}, {53, 6, 8},  {54, 10, 11}, {55, 10, 11}, {56, 8, 9},   {57, 8, 10},  {58, 10, 10},
    {60, 7, 10},  {61, 9, 9},  {62, 8, 12},  {63, 8, 10},  {64, 8, 10},  {65, 8, 8},   {66, 8, 9},
    {81, 9, 10},  {82, 8, 10}, {84, 9, 10},  {86, 8, 11},  {90, 10, 10}, {91, 10, 10}, {92, 9, 10},
    {93, 9, 9},   {94, 9, 9},  {95, 7, 10},  {98, 10, 10}};

// How many digits make a whole number, those of the country code included; max 0: no such code.
struct Lengths {
  size_t min = 0;
  size_t max = 0;
};
Lengths lengths_of(Characters digits) noexcept {
  if (digits.size() < 3 || digits[0] == '0') return {};
  for (const Country& country : kCountries) {
    const size_t size = country.code < 10 ? 1 : 2;
    if (number(digits, 0, size) == country.code) return {size + country.min, size + country.max};
  }
  // 21x to 29x, 35x to 42x, 50x, 59x, 67x to 69x, 80x to 88x, 96x to 99x: the zones that share a
  // first digit.
  return {9, 13};
}

// North American Numbering Plan: area and exchange begin with 2 to 9 and are not N11.
bool is_nanp(Characters d) noexcept {
  return d.size() == kNanpDigits && d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') &&
         !(d[4] == '1' && d[5] == '1');
}

bool is_international(Characters d) noexcept {
  const Lengths lengths = lengths_of(d);
  if (d.size() < lengths.min || d.size() > lengths.max) return false;
  return d[0] != '1' || is_nanp(d.subspan(1));
}

bool is_separator(uint8_t c) noexcept {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

// One of them, or a bracket with a space or hyphen at it: ") ", " (", ")-".
bool is_phone_gap(std::span<const uint8_t> between) noexcept {
  if (between.size() == 1) return is_separator(between[0]);
  if (between.size() > 2 || !std::all_of(between.begin(), between.end(), is_separator))
    return false;
  return between[0] == ')' || between[1] == '(';
}

// " - " between groups is common in what people type.
bool is_wide_gap(std::span<const uint8_t> between) noexcept {
  return is_phone_gap(between) ||
         (between.size() == 3 && between[0] == ' ' && between[2] == ' ' &&
          (between[1] == '-' || between[1] == '.' || between[1] == '/')) ||
         (between.size() == 3 && between[0] == ')' && between[1] == ' ' && between[2] == '(');
}

uint8_t byte_at(const Row& row, int32_t offset) noexcept {
  return row.view.at(row.base + static_cast<uint64_t>(static_cast<int64_t>(offset)));
}

// Letters, digits and what joins a number to something before it.
bool unclean_before(uint8_t c) noexcept {
  return is_word_char(c) || c == '.' || c == '-' || c == '+' || c == '#' || c == '$' || c == '&' ||
         c == '%' || c == '@' || c == '^' || c == '~';
}
bool unclean_behind(uint8_t c) noexcept {
  return is_word_char(c) || c == '@' || c == '%' || c == '=' || c == '$' || c == '&';
}
// Of a number whose first sign is at `start`: "mobile=+44 7337 249419&x=1" of a query.
bool ends_unclean(const Row& row, int32_t start, size_t last) noexcept {
  const uint8_t behind = row.behind(last);
  return unclean_behind(behind) && !(behind == '&' && byte_at(row, start - 1) == '=');
}

struct Start {
  int32_t at;
  bool bracket;
};

// Takes an opening bracket in front along.
Start start_of(const Row& row, size_t first) noexcept {
  const auto at = static_cast<int32_t>(row.groups[first].start);
  return byte_at(row, at - 1) == '(' ? Start{at - 1, true} : Start{at, false};
}

bool closes(const Row& row, size_t first, size_t group_end) noexcept {
  for (size_t g = first; g + 1 < group_end; ++g) {
    const auto between = row.gap(g);
    if (std::find(between.begin(), between.end(), uint8_t{')'}) != between.end()) return true;
  }
  return byte_at(row, static_cast<int32_t>(row.groups[group_end - 1].end)) == ')';
}

bool is_hit(const Row& row, int32_t start, size_t group_end, RowHit& out) noexcept {
  out = RowHit{start, static_cast<int32_t>(row.groups[group_end - 1].end), group_end, false, 0};
  return true;
}

// The trunk zero that some write between country and area code: +44 (0)20 ...
size_t without_trunk(RowDigits& digits, const Row& row, size_t first, size_t group_end) noexcept {
  size_t at = 0;
  for (size_t g = first; g < group_end; ++g) {
    const bool zero = row.size(g) == 1 && row.of(g)[0] == '0' && g > first &&
                      row.before(g) == '(' && row.behind(g) == ')';
    if (zero) {
      std::copy(digits.values.begin() + static_cast<std::ptrdiff_t>(at) + 1, digits.values.end(),
                digits.values.begin() + static_cast<std::ptrdiff_t>(at));
      --digits.count;
      break;
    }
    at += row.size(g);
  }
  return digits.count;
}

// +CC ...: groups are taken while the number may still be one of E.164. 00 and 011 are dialled for
// the plus.
bool international_at(const Row& row, size_t first, RowHit& out) noexcept {
  int32_t start = static_cast<int32_t>(row.groups[first].start);
  const bool plus = byte_at(row, start - 1) == '+' ||
                    (byte_at(row, start - 1) == '(' && byte_at(row, start - 2) == '+');
  const auto begin = row.of(first);
  const size_t dialled =
      plus                                                                         ? 0
      : begin.size() >= 2 && begin[0] == '0' && begin[1] == '0'                    ? 2
      : begin.size() == 3 && begin[0] == '0' && begin[1] == '1' && begin[2] == '1' ? 3
                                                                                   : 0;
  if (!plus && dialled == 0) return false;
  // One plus: the other one of "COM++82" is a separator (ISO 9735).
  for (bool taken = false;
       plus && (byte_at(row, start - 1) == '(' || (!taken && byte_at(row, start - 1) == '+'));
       --start)
    taken = taken || byte_at(row, start - 1) == '+';
  const uint8_t before = byte_at(row, start - 1);
  // "LIN+13++6284396707478": an article behind its line's number, with an empty part between.
  if (plus && before == '+' && is_digit(byte_at(row, start - 2))) return false;
  if (is_word_char(before) || (!plus && unclean_before(before))) return false;
  size_t best = 0;
  for (size_t last = first + 1; last <= std::min(first + kGroupsOfPhoneMax, row.count); ++last) {
    if (last - 1 > first && !is_wide_gap(row.gap(last - 2))) break;
    RowDigits digits = digits_of(row, first, last);
    if (!digits.fits) break;
    without_trunk(digits, row, first, last);
    if (digits.count < dialled + 3) continue;
    const Characters whole = digits.all().subspan(dialled);
    if (whole.size() > lengths_of(whole).max) break;
    if (is_international(whole) && !ends_unclean(row, start, last - 1)) best = last;
    if (best != 0 && whole.size() >= kWholeDigits) break;
  }
  // Without a plus it asks for a word, in one group ("004915112345678") behind two zeros only.
  if (best == 0 || (!plus && best - first < 3 && dialled != 2)) return false;
  if (byte_at(row, start) == '(' && !closes(row, first, best)) ++start;
  is_hit(row, start, best, out);
  // "0045 0302 0304" stands in tables, too; 001-577-538-2615 does not.
  const bool american = dialled == 2 && best - first == 4 && row.size(first) == 3 &&
                        row.of(first)[2] == '1' && common_separator(row, first, best) == '-';
  out.bare = !plus && !american;
  return true;
}

// "0/0/3/182/821 200 5146" of a log, "308/249/3052 2475/3505/3929" of a mesh: slashes part things
// of which the number is only a piece. Behind a whole number one parts two of them.
bool is_of_slashes(const Row& row, size_t first, size_t group_end) noexcept {
  constexpr uint32_t kLineDigits = 4;
  if (first > 0 && row.joint(first - 1) == '/' && row.size(first - 1) < kLineDigits) return true;
  bool has_slash = false;
  for (size_t g = first; g + 1 < group_end; ++g) has_slash = has_slash || row.joint(g) == '/';
  return has_slash && (slashes_follow(row, group_end) || row.joint(group_end - 1) == '/');
}

// 415-555-2671, (415) 555-2671, 1-415-555-2671, 415.555.2671
bool north_american_at(const Row& row, size_t first, RowHit& out) noexcept {
  const bool country = row.size(first) == 1 && row.of(first)[0] == '1';
  const size_t area = country ? first + 1 : first;
  if (area + 3 > row.count || row.size(area) != 3 || row.size(area + 1) != 3 ||
      digits_before_extension(row, area + 2) != 4)
    return false;
  const RowDigits digits = digits_of(row, area, area + 3);
  if (!digits.fits) return false;
  for (size_t g = first; g < area + 2; ++g)
    if (!is_wide_gap(row.gap(g))) return false;
  Start start = start_of(row, first);
  if (start.bracket && row.gap(area)[0] != ')') start = {start.at + 1, false};
  // Numbers that no plan knows are written so, too, by people and by those who make them up:
  // "(019) 334-1284", "1-073-998-1820".
  const bool dashed = gap_is(row, area + 1, '-');
  const bool form =
      dashed && (start.bracket || (country && gap_is(row, first, '-') && gap_is(row, area, '-')));
  if (!form && !is_nanp(digits.all())) return false;
  const uint8_t before = byte_at(row, start.at - 1);
  // A point ends a sentence, or stands in a number: "907.412-610.0255".
  if (unclean_before(before) && (before != '.' || is_digit(byte_at(row, start.at - 2))))
    return false;
  if (is_of_slashes(row, first, area + 3)) return false;
  const uint8_t separator = common_separator(row, area, area + 3);
  if (separator != 0 && (joined_behind(row, area + 3, separator) ||
                         (!country && joined_before(row, first, separator))))
    return false;  // groups of a table or of a longer number
  // Clauses of law and coordinates: "252.227-7013", "277.764 1035".
  if (separator == 0 && gap_is(row, area, '.')) return false;
  const uint8_t behind = row.behind(area + 2);
  if (ends_unclean(row, start.at, area + 2) ||
      (behind == '-' && is_digit(byte_at(row, static_cast<int32_t>(row.groups[area + 2].end) + 1))))
    return false;
  return is_hit(row, start.at, area + 3, out);
}

bool is_dotted_quad(const Row& row, size_t first, size_t group_end) noexcept {
  if (group_end - first != 4 || common_separator(row, first, group_end) != '.') return false;
  for (size_t g = first; g < group_end; ++g)
    if (row.size(g) > 3 || number(row.of(g), 0, row.size(g)) > 255) return false;
  return true;
}

// 2024-01-31, 31.01.2024, 20240131 and the like, also with a time behind.
bool is_dated(const Row& row, size_t first, size_t group_end) noexcept {
  // The year has a group of its own: "082 219-86" is of a telephone.
  const bool grouped = group_end - first >= 3 && row.size(first + 1) <= 2 &&
                       ((row.size(first) == 4 && row.size(first + 2) <= 2) ||
                        (row.size(first) <= 2 && row.size(first + 2) == 4));
  const bool years = group_end - first == 2 && row.size(first) == 4 && row.size(first + 1) == 4;
  if (!grouped && !years && group_end - first != 1) return false;
  const uint32_t whole = row.size(first);
  if (!grouped && !years && is_digits(row, first) && whole != 8 && whole != 12 && whole != 14)
    return false;
  const RowDigits digits = digits_of(row, first, grouped ? first + 3 : group_end);
  if (!digits.fits ||
      (digits.count != 8 && (grouped || (digits.count != 12 && digits.count != 14))))
    return false;
  const auto at = [&](size_t from, size_t count) {
    return static_cast<unsigned>(number(digits.all(), from, count));
  };
  // 2002 - 2007
  if (years) return (at(0, 2) == 20 || at(0, 2) == 19) && (at(4, 2) == 20 || at(4, 2) == 19);
  const bool year_first = is_date(at(0, 4), at(4, 2), at(6, 2)) && at(0, 4) >= 1900;
  const bool year_last =
      is_date(at(4, 4), at(2, 2), at(0, 2)) || is_date(at(4, 4), at(0, 2), at(2, 2));
  return year_first || (year_last && grouped);
}

// "(915) 415-01-87": three groups of 3, 2 and 2 behind the area code.
bool ends_like_russia(const Row& row, size_t first, size_t group_end) noexcept {
  return group_end - first == 4 && row.size(first) == 3 && row.size(first + 1) == 3 &&
         row.size(first + 2) == 2 && row.size(first + 3) == 2 && gap_is(row, first + 1, '-') &&
         gap_is(row, first + 2, '-');
}

// (11) 99399-5165, (0171) 1234567, (020) 7946 0958: the area code stands in brackets.
bool bracket_at(const Row& row, size_t first, RowHit& out) noexcept {
  const Start start = start_of(row, first);
  if (!start.bracket || row.size(first) < 2 || row.size(first) > 5 || first + 1 >= row.count)
    return false;
  const auto close = row.gap(first);
  if (close[0] != ')' || close.size() > 2 || (close.size() == 2 && !is_separator(close[1])))
    return false;
  if (is_word_char(byte_at(row, start.at - 1))) return false;
  const bool trunk = row.of(first)[0] == '0';
  size_t best = 0;
  for (size_t last = first + 2; last <= std::min(first + 5, row.count); ++last) {
    if (last - 2 > first && !is_phone_gap(row.gap(last - 2))) break;
    const RowDigits digits = digits_of(row, first, last);
    if (!digits.fits || digits.count > 12) break;
    const bool whole = trunk ? digits.count >= 9 : digits.count == 10 || digits.count == 11;
    if (whole && !unclean_behind(row.behind(last - 1))) best = last;
    if (best != 0 && digits.count >= 10) break;
  }
  if (best == 0) return false;
  is_hit(row, start.at, best, out);
  // Without a zero the brackets could hold anything: "(12) 4500-2300" needs the hyphen of Brazil,
  // "(915) 415-01-87" the groups of Russia and its neighbours.
  const bool brazil = best - first == 3 && gap_is(row, first + 1, '-') && row.size(first) == 2;
  out.bare = !trunk && !brazil && !ends_like_russia(row, first, best);
  return true;
}

// 8 (915) 415-01-87, 8-915-415-01-87, 8 915 415-01-87: the trunk prefix of Russia and its
// neighbours, and their groups.
bool russian_at(const Row& row, size_t first, RowHit& out) noexcept {
  constexpr size_t kGroups = 5;
  if (row.size(first) != 1 || row.of(first)[0] != '8' || first + kGroups > row.count ||
      !is_phone_gap(row.gap(first)) || !ends_like_russia(row, first + 1, first + kGroups) ||
      !is_phone_gap(row.gap(first + 1)) || unclean_before(row.before(first)) ||
      row.joint(first) == '.' || joined_behind(row, first + kGroups, '-') ||
      unclean_behind(row.behind(first + kGroups - 1)))
    return false;
  return is_hit(row, static_cast<int32_t>(row.groups[first].start), first + kGroups, out);
}

// 070-123 45 67, 08-12 34 56: the area code of Sweden at a hyphen, pairs behind spaces.
bool swedish_at(const Row& row, size_t first, RowHit& out) noexcept {
  constexpr size_t kGroupsMin = 4, kGroupsMost = 5, kDigitsMin = 8, kDigitsMost = 10;
  if (row.of(first)[0] != '0' || row.size(first) < 2 || row.size(first) > 4 ||
      row.joint(first) != '-' || unclean_before(row.before(first)) || row.before(first) == '/')
    return false;
  size_t last = first + 1, digits = row.size(first);
  for (; last < row.count && is_digits(row, last); ++last) {
    if (last > first + 1 && row.joint(last - 1) != ' ') break;
    const uint32_t size = row.size(last);
    if (size != 2 && (size != 3 || last > first + 2)) break;
    digits += size;
  }
  const size_t groups = last - first;
  if (groups < kGroupsMin || groups > kGroupsMost || digits < kDigitsMin || digits > kDigitsMost ||
      joined_behind(row, last, ' ') || joined_behind(row, last, '-') ||
      unclean_behind(row.behind(last - 1)))
    return false;
  return is_hit(row, static_cast<int32_t>(row.groups[first].start), last, out);
}

// "ff ba ", "83 fc ": one pair alone is a word ("de").
bool bytes_before(const Row& row, size_t first) noexcept {
  constexpr int32_t kPairs = 6;
  const auto start = static_cast<int32_t>(row.groups[first].start);
  bool letter = false;
  for (int32_t i = 1; i <= kPairs; ++i) {
    const uint8_t c = byte_at(row, start - i);
    letter = letter || is_letter(c);
    if (i == 1 || i == 4 ? c != ' ' : !is_hex(c)) return false;
  }
  return letter && !is_alnum(byte_at(row, start - kPairs - 1));
}

// An offset may stand before the first bytes.
bool stands_in_dump(const Row& row, size_t first, size_t group_end) noexcept {
  const uint32_t size = row.size(group_end - 1);
  if (size != 2 && size != 4) return false;
  for (size_t g = first; g < group_end; ++g)
    if (row.size(g) != size && (g > first || row.size(g) < 6)) return false;
  return (first > 0 && is_mixed_hex(row, first - 1, size)) ||
         (size == 2 && bytes_before(row, first)) ||
         (group_end < row.count && is_mixed_hex(row, group_end, size));
}

// "345-349 (2001": the bracket closes behind the number, so it holds something else. "2019)\n12.":
// nothing opened it.
bool brackets_pair(const Row& row, size_t first, size_t group_end) noexcept {
  int depth = row.before(first) == '(' ? 1 : 0;
  // "031)346-1737": how Korea and Japan part the area code.
  if (depth == 0 && group_end > first + 1 && row.joint(first) == ')' && row.of(first)[0] == '0' &&
      row.size(first) >= 2 && row.size(first) <= kPrefixDigitsMax)
    depth = 1;
  for (size_t g = first; g + 1 < group_end; ++g)
    for (const uint8_t c : row.gap(g)) {
      if (c == '(') ++depth;
      if (c == ')' && --depth < 0) return false;
    }
  return depth <= 0 || (depth == 1 && row.before(first) == '(');
}

// "2076672 kB", "4096 bytes": a quantity.
bool is_quantity_of_bytes(const Row& row, size_t last) noexcept {
  const auto end = static_cast<int32_t>(row.groups[last].end);
  if (byte_at(row, end) != ' ') return false;
  const uint8_t one = byte_at(row, end + 1), two = byte_at(row, end + 2);
  const uint8_t three = byte_at(row, end + 3);
  const bool bytes = to_lower(one) == 'b' && two == 'y' && three == 't';
  const bool prefixed = (to_lower(one) == 'k' || one == 'M' || one == 'G') &&
                        (two == 'B' || (two == 'i' && three == 'B')) &&
                        !is_word_char(byte_at(row, end + (two == 'i' ? 4 : 3)));
  return bytes || prefixed;
}

// Words for numbers stand in programs, dumps and lists of references, too.
bool is_of_others(const Row& row, size_t first, const RowHit& hit) noexcept {
  const auto start = static_cast<int32_t>(row.groups[first].start);
  const uint8_t before = row.before(first);
  // "@@ -5506,7 +5517,7 @@": a piece of a diff.
  if (before == '-' && byte_at(row, start - 2) == ' ' && byte_at(row, start - 3) == '@')
    return true;
  // "timestamp = {09.02.26.19.31}" of BibTeX.
  if (before == '{' && row.behind(hit.group_end - 1) == '}' && hit.group_end - first == 5 &&
      common_separator(row, first, hit.group_end) == '.')
    return true;
  if (before == '+') return false;
  return !brackets_pair(row, first, hit.group_end) || stands_in_dump(row, first, hit.group_end) ||
         is_quantity_of_bytes(row, hit.group_end - 1);
}

// 020 7946 0958, 01.41.27.23.47, 03-4927-9802, 0688 872 49 99: a trunk zero, ten or eleven digits
// in three to five groups with one separator.
bool trunk_at(const Row& row, size_t first, RowHit& out) noexcept {
  const auto begin = row.of(first);
  if (begin.size() < 2 || begin[0] != '0' || begin[1] == '0') return false;
  const uint8_t before = row.before(first);
  if (unclean_before(before) || before == '=') return false;
  // "0161 914 6863/020 7839 2504": two of them, and no path.
  const auto start = static_cast<int32_t>(row.groups[first].start);
  if (before == '/' && !is_digit(byte_at(row, start - 2))) return false;
  size_t last = first + 1;
  size_t digits = begin.size();
  uint8_t separator = 0;
  for (; last < row.count && is_digits(row, last); ++last) {
    const auto between = row.gap(last - 1);
    if (between.size() != 1 || (separator != 0 && between[0] != separator)) break;
    separator = between[0];
    if (separator != ' ' && separator != '-' && separator != '.') break;
    digits += row.size(last);
    if (digits >= 10 && last - first >= 2) {
      ++last;
      break;
    }
  }
  const size_t groups = last - first;
  // 06-12345678 is how a Dutch mobile number is written.
  const bool mobile = groups == 2 && row.size(first) == 2 && begin[1] == '6' && separator == '-' &&
                      row.size(first + 1) == 8;
  // 07934 328360 is how British ones are.
  const bool british = groups == 2 && begin.size() == 5 && begin[1] == '7' && separator == ' ' &&
                       row.size(first + 1) == 6;
  if ((groups < 3 && !mobile && !british) || groups > 5 || (digits != 10 && digits != 11))
    return false;
  if (joined_before(row, first, separator) || joined_behind(row, last, separator)) return false;
  for (size_t g = first; g < last; ++g)
    if (!mobile && !british && (row.size(g) < 2 || row.size(g) > 5)) return false;
  if (is_dotted_quad(row, first, last) || stands_in_dump(row, first, last)) return false;
  // "0821.39.7548" of a tariff: groups at points are all pairs or none is.
  if (separator == '.' && groups == 3 && row.size(first + 1) == 2 && row.size(last - 1) > 2)
    return false;
  const uint8_t behind = row.behind(last - 1);
  const uint8_t next = byte_at(row, static_cast<int32_t>(row.groups[last - 1].end) + 1);
  if (unclean_behind(behind) || (behind == '/' && next != '0' && next != '+' && next != '('))
    return false;
  return is_hit(row, start, last, out);
}

// "2023-02-05" from `group` on, which is_dated() takes for one.
bool is_date_with_dashes(const Row& row, size_t group) noexcept {
  if (group + 3 > row.count || row.size(group) != 4 || row.size(group + 1) != 2 ||
      row.size(group + 2) != 2 || !gap_is(row, group, '-') || !gap_is(row, group + 1, '-') ||
      !is_digits(row, group) || !is_digits(row, group + 1) || !is_digits(row, group + 2))
    return false;
  const auto value = [&](size_t g) {
    return static_cast<unsigned>(number(row.of(g), 0, row.size(g)));
  };
  const unsigned first = value(group), second = value(group + 1), third = value(group + 2);
  if (first >= 1900 && is_date(first, second, third)) return true;
  const unsigned year = second * 100 + third;
  return is_date(year, first % 100, first / 100) || is_date(year, first / 100, first % 100);
}

// "9.0.0612", "1003.1-2008": one digit at a point among longer groups. "1.800..." begins so.
class Versions {
 public:
  Versions(const Row& row, size_t first) noexcept : row_(row), first_(first), at_(first) {}
  // Are the groups up to `group_end` one? Asked from the shortest on.
  bool is_one(size_t group_end) noexcept {
    for (; at_ < group_end; ++at_) {
      const bool at_point = at_ > first_ && (gap_is(row_, at_ - 1, '.') ||
                                             (at_ + 1 < row_.count && gap_is(row_, at_, '.')));
      single_ = single_ || (row_.size(at_) == 1 && at_point);
      longer_ = longer_ || row_.size(at_) > 2;
    }
    // "5.009002"
    const bool fraction =
        group_end == first_ + 2 && row_.size(first_) == 1 && gap_is(row_, first_, '.');
    return (single_ || fraction) && longer_;
  }

 private:
  const Row& row_;
  size_t first_, at_;
  bool single_ = false, longer_ = false;
};

// How many digits a national form has. `labelled`: what stands right before it says so.
struct National {
  size_t min, max;
  bool labelled;
};
constexpr National kBehindAWord{kNationalMin, kNationalMax, false};
constexpr National kBehindALabel{kLabelledDigitsMin, kLabelledMax, true};

// "120000" counts things; with points or slashes so few digits are a day or an amount.
bool is_count(const Row& row, size_t first, size_t group_end) noexcept {
  constexpr size_t kZeros = 3, kRoundMax = 8;
  const RowDigits digits = digits_of(row, first, group_end);
  if (!digits.fits) return true;
  // "00000100: 92c7" of a dump.
  if (row.behind(group_end - 1) == ':') return true;
  const auto tail = digits.all().last(kZeros);
  if (digits.count <= kRoundMax &&
      std::all_of(tail.begin(), tail.end(), [](uint8_t c) { return c == '0'; }))
    return true;
  if (digits.count >= kNationalMin) return false;
  for (size_t g = first; g + 1 < group_end; ++g)
    if (gap_is(row, g, '.') || gap_is(row, g, '/')) return true;
  return false;
}

// A national form needs a word like "phone" before it.
bool national_at(const Row& row, size_t first, const National& form, RowHit& out) noexcept {
  Start start = start_of(row, first);
  const uint8_t before = byte_at(row, start.at - 1);
  // "ב-054...": a preposition of Hebrew.
  const bool is_prefix = before == '-' && byte_at(row, start.at - 2) >= 0x80;
  if (is_word_char(before) || before == '.' || (before == '-' && !is_prefix) || before == '$' ||
      before == '#')
    return false;
  // Octal constants; a number in one group does not begin so.
  if (!form.labelled && row.size(first) >= kNationalMin && row.of(first)[0] == '0' &&
      row.of(first)[1] == '0')
    return false;
  size_t best = 0, digits = 0;
  Versions versions(row, first);
  for (size_t last = first + 1; last <= std::min(first + kGroupsOfPhoneMax, row.count); ++last) {
    if (last - 1 > first && !is_wide_gap(row.gap(last - 2))) break;
    // "13130 (959) 834-6508": a number before an area code.
    if (last - 1 > first && row.before(last - 1) == '(' && digits > kPrefixDigitsMax) break;
    const uint32_t size = digits_before_extension(row, last - 1);
    digits += size;
    if (size == 0 || digits > form.max) break;
    // A date goes on behind a number.
    if (is_date_with_dashes(row, last - 1) || versions.is_one(last)) return false;
    const bool query = before == '=' && row.behind(last - 1) == '&';
    if (digits >= form.min && (query || !unclean_behind(row.behind(last - 1))) &&
        !is_dotted_quad(row, first, last) && !is_dated(row, first, last) &&
        !(form.labelled && is_count(row, first, last)))
      best = last;
  }
  if (best == 0) return false;
  // Part of a longer number: groups go on at the same separator.
  if (best > first + 1 && row.gap(first).size() == 1 &&
      (joined_before(row, first, row.gap(first)[0]) ||
       joined_behind(row, best, row.gap(best - 2).back())))
    return false;
  if (start.bracket && !closes(row, first, best)) ++start.at;
  is_hit(row, start.at, best, out);
  out.bare = true;
  return true;
}

// 6 1 2 9 4 4 7 7 7 4, "415-5" + "55-2671", or cut by a line end: ten digits of North America, torn
// apart.
bool torn_at(const Row& row, size_t first, RowHit& out) noexcept {
  // Most numbers begin like no area code.
  if (row.of(first)[0] < '2' || is_word_char(row.before(first))) return false;
  size_t last = first, count = 0;
  for (; last < row.count && count < kNanpDigits; ++last) {
    const uint32_t size = digits_before_extension(row, last);
    if (size == 0) return false;
    count += size;
  }
  if (count != kNanpDigits || last < first + 3 || is_word_char(row.behind(last - 1)) ||
      !is_nanp(digits_of(row, first, last).all()))
    return false;
  for (size_t g = first; g < last; ++g)
    if (is_date_with_dashes(row, g)) return false;
  if (Versions versions(row, first); versions.is_one(last)) return false;
  // Ten single digits in the middle of more of them are a table.
  const uint8_t separator = common_separator(row, first, last);
  if (separator != 0 &&
      (joined_before(row, first, separator) || joined_behind(row, last, separator)))
    return false;
  is_hit(row, static_cast<int32_t>(row.groups[first].start), last, out);
  out.bare = true;
  out.doubt = kTornDoubt;
  return true;
}

}  // namespace

bool phone_at(const Row& row, size_t first, RowHit& out) noexcept {
  if (!is_digits(row, first)) return false;
  return (international_at(row, first, out) || north_american_at(row, first, out) ||
          bracket_at(row, first, out) || trunk_at(row, first, out) || swedish_at(row, first, out) ||
          russian_at(row, first, out) || torn_at(row, first, out) ||
          national_at(row, first, kBehindAWord, out)) &&
         !is_of_others(row, first, out);
}

bool labelled_phone_at(const Row& row, size_t first, RowHit& out) noexcept {
  if (!is_digits(row, first)) return false;
  // What stands for itself is known best by its own form, unless digits of it are left over.
  const bool is_known = phone_at(row, first, out) && !out.bare;
  const size_t known_end = is_known ? out.group_end : 0;
  if (is_known && !joined_behind(row, known_end, row.joint(known_end - 1))) return true;
  RowHit labelled;
  const bool fits = national_at(row, first, kBehindALabel, labelled) &&
                    !is_of_others(row, first, labelled) && labelled.group_end > known_end;
  if (!fits) return is_known;
  out = labelled;
  if (byte_at(row, out.start - 1) == '+') --out.start;
  return true;
}

namespace {

// Between a call and its number, where languages say it so.
constexpr std::string_view kBeforeNumbers[] = {
    "på",       "au",     "unter",    "na",        "al",      "allo",    "no",   "para",
    "pod",      "la",     "di",       "ke",        "op",      "naar",    "el",   "pa",
    "uz",       "numer",  "numero",   "número",    "numéro",  "číslo",   "broj", "nummer",
    "nummeret", "numret", "numeroon", "numerosta", "numbril", "numeriu", "số",   "ที่"};
// Folded like the text (fold.h): letters of Cyrillic and Greek that look like ASCII are it. По, на,
// номер, номеру, номером, το, στο.
constexpr std::string_view kFoldedBeforeNumbers[] = {"\xd0\xbfo",
                                                     "\xd0\xbd\x61",
                                                     "\xd0\xbdo\xd0\xbc\x65p",
                                                     "\xd0\xbdo\xd0\xbc\x65py",
                                                     "\xd0\xbdo\xd0\xbc\x65po\xd0\xbc",
                                                     "\xcf\x84o",
                                                     "o\xcf\x84o"};
constexpr size_t kBeforeNumberMax = 16;

// The word before `start` and a space; empty: there is none that short.
struct WordBefore {
  std::array<char, kBeforeNumberMax> bytes;
  size_t at = kBeforeNumberMax;

  std::string_view text() const noexcept { return {bytes.data() + at, bytes.size() - at}; }
};
WordBefore word_before(const Row& row, int32_t start) noexcept {
  WordBefore out;
  if (byte_at(row, start - 1) != ' ') return out;
  for (int32_t i = start - 2; out.at > 0; --i) {
    const uint8_t c = byte_at(row, i);
    if (!is_letter(c) && c < 0x80) break;
    out.bytes[--out.at] = static_cast<char>(c);
  }
  return out;
}

bool is_whole(const Row& row, size_t first, const RowHit& hit) noexcept {
  const RowDigits digits = digits_of(row, first, hit.group_end);
  return digits.fits && digits.count >= kNationalMin;
}

// One group that begins like no telephone number: "call it on 20240112", "at 1234567 bytes".
bool is_plain(const Row& row, size_t first, const RowHit& hit) noexcept {
  return hit.group_end == first + 1 && row.of(first)[0] != '0' && row.before(first) != '+';
}

}  // namespace

bool called_phone_at(const Row& row, size_t first, RowHit& out) noexcept {
  // Most numbers have no word before them that is one of these.
  const auto start = static_cast<int32_t>(row.groups[first].start);
  const uint8_t before = byte_at(row, start - 1);
  if (before != ' ' && before != '+' && before != '(') return false;
  if (const uint8_t last = byte_at(row, start - 2);
      before == ' ' && !is_letter(last) && last < 0x80)
    return false;
  if (!labelled_phone_at(row, first, out)) return false;
  const WordBefore word = word_before(row, out.start);
  const std::string_view text = word.text();
  // English calls many things.
  if (text == "on" || text == "at") return !is_plain(row, first, out) && is_whole(row, first, out);
  const auto is_one_of = [&](std::span<const std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
  };
  return is_one_of(kBeforeNumbers) || is_one_of(kFoldedBeforeNumbers);
}

}  // namespace sallyport::scan
