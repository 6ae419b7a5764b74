#include "dataplane/scan/recognise/person/born.h"

#include <string_view>

#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"
#include "dataplane/scan/recognise/person/person_words.h"

namespace sallyport::scan {
namespace {

// As texts are folded (text/fold_table.h).
constexpr std::string_view kBirths[] = {
    "born",      "dob",        "doğum",     "född",    "fødd",      "født",      "geb",
    "geboren",   "lahir",      "nacida",    "nacido",  "narodená",  "narodený",  "narozen",
    "narozena",  "nascida",    "nascido",   "nata",    "nato",      "né",        "née",
    "născut",    "născută",    "poдилacь",  "poдилcя", "rojen",     "rojena",    "rođen",
    "rođena",    "sinh",       "syntynyt",  "szül",    "született", "urodzona",  "urodzony",
    "yεvvήθηκε", "yεvvημέvoς", "yεvvημέvη", "дaтa",    "нapoдивcя", "нapoдилacя"};
constexpr WordFilter kBirthsFilter{kBirths};
constexpr uint64_t kDayReachBytes = 24;  // "born at home on 3 May"

bool day_follows(OpenReader& reader, uint64_t at) noexcept {
  for (uint64_t i = at; i - at < kDayReachBytes; ++i) {
    const uint8_t c = reader.at(i);
    if (is_digit(c)) return true;
    if (c == 0 || c == '\n' || c == ';') return false;
  }
  return false;
}

// A word of a name that ends at `end`; without one: empty.
NameWord part_before(OpenReader& reader, uint64_t end) noexcept {
  const NameWord word = word_before(reader, end);
  const bool is_part = word.capital && word.size() > 1 && !is_name_stop(reader, word) &&
                       !is_title(reader, word) && !is_thing_word(reader, word);
  return is_part ? word : NameWord{end, end, false, false};
}

}  // namespace

NameWord birth_before(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.before(at) == ' ') --at;
  if (reader.before(at) == '.' || reader.before(at) == ':') --at;
  const NameWord word = word_before(reader, at);
  return word.size() != 0 && is_birth(reader, word) ? word : NameWord{end, end, false, false};
}

bool is_birth(OpenReader& reader, const NameWord& word) noexcept {
  return word_in(reader, word, kBirths, kBirthsFilter);
}

uint64_t before_birth(OpenReader& reader, uint64_t at) noexcept {
  const uint8_t c = reader.before(at);
  if (c == '(' && reader.before(at - 1) == ' ') return at - 2;
  return c == ' ' && reader.before(at - 1) == ',' ? at - 2 : at;
}

bool was_born(OpenReader& reader, const Trigger& cue, Hit& out) noexcept {
  const uint64_t end = before_birth(reader, cue.start);
  if (end == cue.start) return false;
  const NameWord last = part_before(reader, end);
  if (last.size() == 0 || is_form_word(reader, last)) return false;
  if (reader.before(last.start) != ' ') return false;
  const uint64_t first_end = over_particles(reader, last.start - 1);
  const NameWord first = part_before(reader, first_end);
  if (first.size() == 0 || is_form_word(reader, first)) return false;
  out = Hit{first.start, end};
  if (reader.before(first.start) == ' ')
    if (const NameWord given = part_before(reader, first.start - 1);
        given.size() != 0 && kind_of(reader, given).given)
      out.start = given.start;
  return day_follows(reader, cue.at);
}

}  // namespace sallyport::scan
