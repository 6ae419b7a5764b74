#include "dataplane/scan/recognise/number/date.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/number/month_names.h"
#include "dataplane/scan/validate/calendar.h"

namespace sallyport::scan {
namespace {

constexpr std::string_view kOrdinals[] = {"st", "nd", "rd", "th", "er", "\xc2\xba"};
constexpr std::string_view kJoints[] = {"of ", "de ", "del ", "do "};
constexpr std::string_view kYearSigns[] = {"\xe5\xb9\xb4",
                                           "\xeb\x85\x84"};  // of Chinese and Japanese, of Korean
constexpr std::string_view kMonthSigns[] = {"\xe6\x9c\x88", "\xec\x9b\x94"};
constexpr std::string_view kDaySigns[] = {"\xe6\x97\xa5", "\xec\x9d\xbc"};

constexpr std::string_view kVietnameseMonth = "tháng ";

struct Number {
  unsigned value = 0;
  uint64_t end = 0;
  unsigned digits = 0;
};

// Up to eight digits; more are no part of a date.
Number read_number(OpenReader& reader, uint64_t at) noexcept {
  Number out{0, at, 0};
  while (out.digits < 9 && is_digit(reader.at(out.end))) {
    if (out.digits < 8) out.value = out.value * 10 + digit(reader.at(out.end));
    ++out.end;
    ++out.digits;
  }
  return out;
}

bool is_year(const Number& n) noexcept {
  return n.digits == 4 && n.value >= kYearMin && n.value <= kYearMax;
}
// Of the calendars of Iran and Thailand, by which people there give their birth: 1362, 2527.
bool is_year_of_others(const Number& n) noexcept {
  constexpr unsigned kIranMin = 1280, kIranMax = 1450, kThaiMin = 2440, kThaiMax = 2600;
  return n.digits == 4 && ((n.value >= kIranMin && n.value <= kIranMax) ||
                           (n.value >= kThaiMin && n.value <= kThaiMax));
}
bool is_small(const Number& n) noexcept { return n.digits == 1 || n.digits == 2; }

bool exists(const Number& year, unsigned month, unsigned day) noexcept {
  return year.digits == 4 ? is_date(year.value, month, day)
                          : year.digits == 2 && is_short_date(year.value, month, day);
}

uint64_t skip_spaces(OpenReader& reader, uint64_t at, unsigned most = 2) noexcept {
  for (unsigned i = 0; i < most && reader.at(at) == ' '; ++i) ++at;
  return at;
}

// The rest of a number would be another one, and "2024-01-02-77" is no date; a point or hyphen may
// end a sentence.
bool ends(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (c == 'T' || c == 't') return is_digit(reader.at(at + 1));  // a time follows
  if (is_letter(c) || is_digit(c) || c == '_') return false;
  return !((c == '-' || c == '/' || c == '.') && is_digit(reader.at(at + 1)));
}

uint64_t sign_at(OpenReader& reader, uint64_t at,
                 std::span<const std::string_view> signs) noexcept {
  at = skip_spaces(reader, at, 1);
  for (std::string_view sign : signs)
    if (reader.follows(at, sign)) return at + sign.size();
  return 0;
}

// 昭和62年4月9日: the years of an emperor. Where their name begins before the number at `start`;
// `start`: none stands there.
uint64_t era_start(OpenReader& reader, uint64_t start) noexcept {
  constexpr uint64_t kNameBytes = 6;
  // Reiwa, Heisei, Showa, Taisho, Meiji.
  static constexpr std::string_view kEras[] = {
      "\xe4\xbb\xa4\xe5\x92\x8c", "\xe5\xb9\xb3\xe6\x88\x90", "\xe6\x98\xad\xe5\x92\x8c",
      "\xe5\xa4\xa7\xe6\xad\xa3", "\xe6\x98\x8e\xe6\xb2\xbb"};
  if (start < kNameBytes || reader.before(start) < 0x80) return start;
  for (std::string_view era : kEras)
    if (reader.follows(start - kNameBytes, era)) return start - kNameBytes;
  return start;
}

// Of an era whose name stands before its number: 1 to 64, and which day there was is not checked.
bool is_year_of_era(OpenReader& reader, const Number& n) noexcept {
  constexpr unsigned kLongest = 64;  // Showa
  const uint64_t start = n.end - n.digits;
  return (n.digits == 1 || n.digits == 2) && n.value >= 1 && n.value <= kLongest &&
         era_start(reader, start) != start;
}

// 1980年5月12日. The end, or 0.
uint64_t east_asian(OpenReader& reader, const Number& year) noexcept {
  if (reader.at(skip_spaces(reader, year.end, 1)) < 0x80) return 0;  // none of the signs
  const uint64_t after_year = sign_at(reader, year.end, kYearSigns);
  if (after_year == 0) return 0;
  const Number month = read_number(reader, skip_spaces(reader, after_year, 1));
  const uint64_t after_month = is_small(month) ? sign_at(reader, month.end, kMonthSigns) : 0;
  if (after_month == 0) return 0;
  const Number day = read_number(reader, skip_spaces(reader, after_month, 1));
  const uint64_t end = is_small(day) ? sign_at(reader, day.end, kDaySigns) : 0;
  if (year.digits < 4)
    return month.value >= 1 && month.value <= 12 && day.value >= 1 && day.value <= 31 ? end : 0;
  return end != 0 && exists(year, month.value, day.value) ? end : 0;
}

bool is_date_separator(uint8_t c) noexcept { return c == '-' || c == '/' || c == '.'; }

// first separator second separator third, one separator, after points a space.
// Years of other calendars have months of 31 days at most, whichever they are.
uint64_t numeric(OpenReader& reader, const Number& first) noexcept {
  const uint8_t separator = reader.at(first.end);
  if (!is_date_separator(separator)) return 0;
  const auto next = [&](uint64_t at) {
    return separator == '.' ? skip_spaces(reader, at + 1, 1) : at + 1;
  };
  const Number second = read_number(reader, next(first.end));
  if (!is_small(second) || reader.at(second.end) != separator) return 0;
  const Number third = read_number(reader, next(second.end));
  if (!ends(reader, third.end)) return 0;
  const auto fits = [](const Number& month, const Number& day) {
    return month.value >= 1 && month.value <= 12 && day.value >= 1 && day.value <= 31;
  };
  if (is_year_of_others(first) && is_small(third)) return fits(second, third) ? third.end : 0;
  if (is_year_of_others(third) && is_small(first)) return fits(second, first) ? third.end : 0;
  if (is_year(first) && is_small(third))
    return exists(first, second.value, third.value) ? third.end : 0;
  if (!is_small(first) || (!is_year(third) && third.digits != 2)) return 0;
  return exists(third, second.value, first.value) || exists(third, first.value, second.value)
             ? third.end
             : 0;
}

// The month whose name stands at `at`, in full or short; `end` behind it and its point.
unsigned month_at(OpenReader& reader, uint64_t at, uint64_t& end) noexcept {
  const uint8_t first = to_lower(reader.at(at));
  if (!is_lower(first) && first < 0x80) return 0;
  if (!kMonthIndex.may_begin(first, to_lower(reader.at(at + 1)))) return 0;
  for (const MonthName& one : kMonthIndex.of(first)) {
    if (!reader.follows(at, one.name)) continue;
    end = at + one.name.size();
    if (is_word_letter(reader.at(end))) continue;  // of a longer name, or no month
    if (reader.at(end) == '.') ++end;
    return one.month;
  }
  return 0;
}

// st, nd, rd, th, a point, the masculine sign, er.
uint64_t skip_ordinal(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (c == '.') return at + 1;
  if (!is_letter(c) && c != 0xc2) return at;
  for (std::string_view mark : kOrdinals)
    if (reader.follows(at, mark)) return at + mark.size();
  return at;
}

// Between day, month and year: spaces, a comma, a hyphen, a slash; "of", "de", "del".
uint64_t skip_joint(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.at(at);
  if (c == '-' || c == '/') return at + 1;
  if (c == ',') ++at;
  at = skip_spaces(reader, at);
  for (std::string_view word : kJoints)
    if (reader.follows(at, word)) return at + word.size();
  return at;
}

// "tháng 12 năm", "tháng 12,": the month behind its word, and what stands before its year.
unsigned numbered_month(OpenReader& reader, uint64_t& at) noexcept {
  constexpr std::string_view kYear = " năm";
  const Number month = read_number(reader, at + kVietnameseMonth.size());
  if (!is_small(month)) return 0;
  at = reader.follows(month.end, kYear) ? month.end + kYear.size() : month.end;
  return month.value;
}

// 1980, and '80 (with its apostrophe or U+2019), which is no year without a month's name before it.
Number read_year(OpenReader& reader, uint64_t at) noexcept {
  const bool mark = reader.at(at) == '\'';
  if (!mark && !reader.follows(at, "\xe2\x80\x99")) return read_number(reader, at);
  const Number year = read_number(reader, at + (mark ? 1 : 3));
  return year.digits == 2 ? year : Number{0, at, 0};
}

// 12 May 1980 and its relatives behind the day.
uint64_t day_first(OpenReader& reader, const Number& day) noexcept {
  if (!is_small(day)) return 0;
  uint64_t at = skip_joint(reader, skip_ordinal(reader, day.end));
  const bool joined = at == day.end;  // 12MAY1980
  if (joined && (day.digits != 2 || !is_letter(reader.at(at)))) return 0;
  const unsigned month =
      reader.follows(at, kVietnameseMonth) ? numbered_month(reader, at) : month_at(reader, at, at);
  if (month == 0) return 0;
  const Number year = joined ? read_number(reader, at) : read_year(reader, skip_joint(reader, at));
  if (is_year_of_others(year) && !joined)
    return day.value >= 1 && day.value <= 31 && ends(reader, year.end) ? year.end : 0;
  if (!is_year(year) && (joined || year.digits != 2)) return 0;
  return exists(year, month, day.value) && ends(reader, year.end) ? year.end : 0;
}

// May 12, 1980
uint64_t month_first(OpenReader& reader, uint64_t start) noexcept {
  uint64_t at = start;
  const unsigned month = month_at(reader, start, at);
  if (month == 0) return 0;
  const uint64_t day_start = skip_joint(reader, at);
  const Number day = day_start == at ? Number{} : read_number(reader, day_start);
  if (!is_small(day)) return 0;
  const uint64_t year_start = skip_joint(reader, skip_ordinal(reader, day.end));
  if (year_start == day.end) return 0;
  const Number year = read_year(reader, year_start);
  const bool is_short = year.digits == 2 && !is_digit(reader.at(year_start));
  return (is_year(year) || is_short) && exists(year, month, day.value) && ends(reader, year.end)
             ? year.end
             : 0;
}

// 1984. március 4., 1984 March 4: the order of Hungarian.
uint64_t year_first(OpenReader& reader, const Number& year) noexcept {
  uint64_t at = reader.at(year.end) == '.' ? year.end + 1 : year.end;
  if (reader.at(at) != ' ') return 0;
  const unsigned month = month_at(reader, skip_spaces(reader, at), at);
  if (month == 0 || reader.at(at) != ' ') return 0;
  const Number day = read_number(reader, skip_spaces(reader, at));
  return is_small(day) && exists(year, month, day.value) && ends(reader, day.end) ? day.end : 0;
}

// 19800512
uint64_t packed(OpenReader& reader, const Number& n) noexcept {
  const unsigned year = n.value / 10'000, rest = n.value % 10'000;
  return n.digits == 8 && is_date(year, rest / 100, rest % 100) && ends(reader, n.end) ? n.end : 0;
}

// The end of the date that begins with a digit at `start`, or 0.
uint64_t date_from_digit(OpenReader& reader, uint64_t start) noexcept {
  const Number first = read_number(reader, start);
  if (first.digits == 8) return packed(reader, first);
  if (first.digits > 4) return 0;
  uint64_t end = numeric(reader, first);
  if (end == 0 && (is_year(first) || is_year_of_era(reader, first)))
    end = east_asian(reader, first);
  if (end == 0 && is_year(first)) end = year_first(reader, first);
  return end != 0 ? end : day_first(reader, first);
}

}  // namespace

namespace {

// False only where no date begins with the group: most groups of most rows.
bool may_begin_date(const Row& row, size_t group) noexcept {
  const Group& digits = row.groups[group];
  const uint32_t size = row.size(group);
  if (digits.letters > 0) return true;  // "12th"
  if (size == 3 || (size > 4 && size != 8)) return false;
  const uint8_t behind = row.behind(group);
  if (size == 8 || is_date_separator(behind) || behind >= 0x80) return true;
  if (behind != ' ' && behind != ',') return false;
  // A month, or the sign of a year, in letters.
  const bool digits_follow = group + 1 < row.count && is_digit(row.of(group + 1)[0]);
  return !digits_follow;
}

// "Born in the USA was released on": what is born so are songs and films.
bool is_of_works(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t first = to_lower(reader.at(at));
  return (first == 'r' && reader.follows(at, "released")) ||
         (first == 'p' && (reader.follows(at, "premiered") || reader.follows(at, "published")));
}

}  // namespace

bool date_at(const Row& row, size_t first, RowHit& out) noexcept {
  if (!may_begin_date(row, first)) return false;
  const uint8_t before = row.before(first);
  if (!is_digit(row.of(first)[0]) || is_alnum(before) || before == '_' || is_date_separator(before))
    return false;
  // What a row does not know behind itself is no part of it; more may be there by chance.
  TextView view = row.view;
  view.end = std::min(view.end, row.base + row.groups[row.count - 1].end + kRowAheadBytes);
  view.final = true;
  OpenReader reader(view);
  const uint64_t end = date_from_digit(reader, row.base + row.groups[first].start);
  // At the end of what a row knows more digits may follow: dates so long are read by their year.
  if (end == 0 || end == row.base + row.groups[row.count - 1].end + kRowAheadBytes) return false;
  out = RowHit{};
  out.start = static_cast<int32_t>(row.groups[first].start);
  out.end = static_cast<int32_t>(end - row.base);
  out.group_end = first + 1;
  while (out.group_end < row.count && row.base + row.groups[out.group_end].start < end)
    ++out.group_end;
  return true;
}

Verdict date_with_month_at(const TextView& text, uint64_t start, Hit& out) noexcept {
  OpenReader reader(text);
  const uint8_t before = reader.before(start);
  if (is_alnum(before) || before == '_' || is_date_separator(before)) return reader.answer(false);
  const uint64_t end = day_first(reader, read_number(reader, start));
  out = Hit{start, end};
  return reader.answer(end != 0);
}

Verdict date_with_year_at(const TextView& text, uint64_t start, Hit& out) noexcept {
  OpenReader reader(text);
  const uint8_t before = reader.before(start);
  if (is_alnum(before) || before == '_' || is_date_separator(before)) return reader.answer(false);
  const Number year = read_number(reader, start);
  uint64_t end = is_year(year) ? east_asian(reader, year) : 0;
  if (end == 0 && is_year(year)) end = year_first(reader, year);
  out = Hit{start, end};
  return reader.answer(end != 0);
}

uint64_t month_before(const TextView& text, uint64_t at) noexcept {
  if (at < text.begin + 4 || text.at(at - 1) != ' ') return at;
  TextView view = text;
  view.end = at;
  view.final = true;
  OpenReader reader(view);
  const uint64_t end = at - 1;
  const NameWord name = word_before(reader, reader.before(end) == '.' ? end - 1 : end);
  uint64_t behind = 0;
  return name.size() > 0 && month_at(reader, name.start, behind) != 0 && behind == end ? name.start
                                                                                       : at;
}

bool date_behind_month(const TextView& text, uint64_t day, Hit& out) noexcept {
  const uint64_t start = month_before(text, day);
  if (start == day) return false;
  OpenReader reader(text);
  const uint64_t end = month_first(reader, start);
  out = Hit{start, end};
  return end != 0;
}

bool is_of_file(OpenReader& reader, uint64_t end) noexcept {
  constexpr std::string_view kTime = " 99:99:99.999999999";
  for (size_t i = 0; i < kTime.size(); ++i) {
    const uint8_t c = reader.at(end + i);
    if (kTime[i] == '9' ? !is_digit(c) : c != static_cast<uint8_t>(kTime[i])) return false;
  }
  return true;
}

Verdict date_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters&,
                       Hit& out) noexcept {
  OpenReader reader(text);
  if (!cue_stands_alone(reader, trigger.start, trigger.at)) return reader.answer(false);
  bool next_line = false;
  for (uint64_t at = trigger.at; at < trigger.at + kDateGapBytes; ++at) {
    const uint8_t c = reader.at(at);
    if (reader.open()) return Verdict::More;
    // The head of a column is no cue for the next line's other cells (column_heads.h).
    next_line = next_line || c == '\n';
    if (next_line && (c == ',' || c == ';' || c == '\t' || c == '|')) return reader.answer(false);
    if (c == 0 || (c == '\n' && reader.at(at + 1) == '\n')) return reader.answer(false);
    uint64_t end = 0;
    if (is_digit(c)) {
      end = date_from_digit(reader, at);
    } else if (is_letter(c) && !is_word_letter(reader.before(at))) {
      if (is_of_works(reader, at)) return reader.answer(false);
      end = month_first(reader, at);
    }
    if (end != 0) {
      out = Hit{era_start(reader, at), end};
      return reader.answer(!is_of_file(reader, end));
    }
    if (is_digit(c) || reader.open()) return reader.answer(false);
  }
  return reader.answer(false);
}

}  // namespace sallyport::scan
