// The dates of the number stage: those that begin with the last number of a row and end behind it,
// and whether a date may be somebody's birth.
#include "dataplane/scan/number/number_stage.h"
#include "dataplane/scan/recognise/number/date.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

// Of the day of a date, and of a year.
constexpr uint32_t kDayDigitsMax = 2, kYearDigits = 4;

}  // namespace

// The last number of a row may be the day of a date ("16 August", "3. Mai", "1st of") or its year
// ("1969年", "1969. augusztus"). False: not known yet.
bool NumberStage::read_date(const TextView& text) noexcept {
  constexpr uint32_t kOrdinalLettersMax = 2;
  const size_t last = row_.count_with_digits();
  if (last == 0) return true;
  const Group& day = row_.groups[last - 1];
  if (day.digits == kYearDigits && day.letters == 0) return read_date_of_year(text, last - 1);
  if (day.digits > kDayDigitsMax || day.letters > kOrdinalLettersMax) return true;
  if (const uint64_t behind = row_.base + day.start + day.digits; text.known(behind + 1)) {
    const uint8_t c = text.at(behind), next = text.at(behind + 1);
    const bool is_word = is_letter(next) || next >= 0x80;
    const bool is_joint = c == ' ' || c == '.' || c == ',' || c == '-' || c == '/';
    const bool may_go_on =
        is_joint ? is_word || next == ' ' : is_word && (is_letter(c) || c == 0xc2);
    if (!may_go_on) return true;  // most numbers
  }
  const Verdict date = date_with_month_at(text, row_.base + day.start, date_);
  if (date == Verdict::Match) day_group_ = last - 1;
  return date != Verdict::More;
}

// The same of group `year`: a sign of its own behind it, or the name of a month.
bool NumberStage::read_date_of_year(const TextView& text, size_t year) noexcept {
  const uint64_t start = row_.base + row_.groups[year].start, behind = start + kYearDigits;
  if (text.known(behind + 1)) {
    const uint8_t c = text.at(behind), next = text.at(behind + 1);
    const bool is_word = is_letter(next) || next >= 0x80 || next == ' ';
    if (c < 0xe0 && !((c == ' ' || c == '.') && is_word)) return true;  // most numbers
  }
  const Verdict date = date_with_year_at(text, start, date_);
  if (date == Verdict::Match) day_group_ = year;
  return date != Verdict::More;
}

// The same of a date whose day is all of its row: "2 April 1962 (DOB)".
bool NumberStage::date_ends_known(const TextView& text) noexcept {
  tail_ = ValueTail{};
  tail_group_ = row_.count;
  if (day_group_ == row_.count) return true;
  OpenReader reader(text);
  tail_end_ = date_.end;
  tail_ = tail_behind(reader, tail_end_);
  return !reader.open();
}

// A word that some rule of dates must have stands around the date at `start`, which was looked
// beside. Dates are half of the number rows of prompts and nearly all of them everyday ones.
bool NumberStage::may_be_birth(const Engine& engine, uint64_t start, CandidateList& out) const {
  const Engine::NearDates& dates = engine.near_dates();
  if (!dates.all) return true;
  return share_rules(engine.near_rules(beside_end_), dates.rules) ||
         share_rules(
             engine.words().rules_around(row_.view, start, dates.rules, dates.reach, out.blocks()),
             dates.rules);
}

// Somebody's birth, or nothing.
void NumberStage::judge_everyday(const Engine& engine, size_t first, CandidateList& out) {
  beside_.count = beside_end_.count = 0;
  line_ = 0;
  // A table goes on whether anybody asks or not.
  look_beside(engine, row_.start(first), out);
  if (!heads_.settled()) looked_ = false;
  const auto rules = engine.rules_anywhere(contract::RuleKind::Date);
  if (RowHit hit; !rules.empty() && date_at(row_, first, hit))
    offer_row(engine, rules, hit, Form::Date, first, out);
}

// The day of a date that its month and a space stand before, and its year behind.
bool NumberStage::date_before(size_t group, Hit& date) const noexcept {
  return group + 1 < row_.count && row_.groups[group + 1].digits == 4 &&
         row_.groups[group].digits <= kDayDigitsMax && row_.before(group) == ' ' &&
         date_behind_month(row_.view, row_.start(group), date);
}

// `group`: its day.
void NumberStage::offer_date(const Engine& engine, size_t group, const Hit& date,
                             CandidateList& out) {
  const auto rules = engine.rules_anywhere(contract::RuleKind::Date);
  if (rules.empty()) return;
  // Its column begins before the month, too.
  if (!looked_ || date.start < row_.start(group)) look_beside(engine, date.start, out);
  if (!may_be_birth(engine, date.start, out)) return;
  CandidateList::Around around;
  around.beside = date.end == tail_end_ ? &beside_end_ : &beside_;
  around.line = line_;
  for (uint16_t rule : rules) out.offer(rule, date, around, row_.view);
}

}  // namespace sallyport::scan
