#include "dataplane/scan/recognise/number/phone.h"

#include <algorithm>
#include <array>

#include "dataplane/scan/recognise/number/national_phone.h"
#include "dataplane/scan/recognise/number/no_phone.h"
#include "dataplane/scan/recognise/number/phone_signs.h"

namespace sallyport::scan {
namespace {

constexpr size_t kNanpDigits = 10;
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

// Of a number whose first sign is at `start`: "mobile=+44 7337 249419&x=1" of a query.
bool ends_unclean(const Row& row, int32_t start, size_t last) noexcept {
  const uint8_t behind = row.behind(last);
  return unclean_behind(behind) && !(behind == '&' && byte_at(row, start - 1) == '=');
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
  // "2026, 14:03:22": a time.
  for (size_t g = first; g + 1 < last; ++g)
    if (row.joint(g) == ':') return false;
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

// What its own form says.
bool formed_at(const Row& row, size_t first, RowHit& out) noexcept {
  return international_at(row, first, out) || north_american_at(row, first, out) ||
         bracket_at(row, first, out) || trunk_at(row, first, out) || swedish_at(row, first, out) ||
         russian_at(row, first, out) || torn_at(row, first, out);
}

}  // namespace

PhoneHits phones_at(const Row& row, size_t first) noexcept {
  PhoneHits out;
  if (!is_digits(row, first)) return out;
  RowHit formed;
  const bool is_formed = formed_at(row, first, formed);
  if (is_formed && !is_of_others(row, first, formed)) out.by_form = formed;
  // What stands for itself is known best by its own form, unless digits of it are left over.
  if (!out.by_form.bare) out.behind_label = out.by_form;
  const size_t known_end = out.behind_label.group_end;
  if (known_end != 0 && !joined_behind(row, known_end, row.joint(known_end - 1))) return out;
  const NationalHits national = national_at(row, first);
  const auto is_one = [&](const RowHit& hit) {
    return hit.group_end > known_end && !is_of_others(row, first, hit);
  };
  if (!is_formed && is_one(national.behind_word)) out.by_form = national.behind_word;
  if (is_one(national.behind_label)) {
    out.behind_label = national.behind_label;
    if (byte_at(row, out.behind_label.start - 1) == '+') --out.behind_label.start;
  }
  return out;
}

}  // namespace sallyport::scan
