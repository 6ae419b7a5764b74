#include "dataplane/scan/recognise/person/name_cell.h"

#include <algorithm>
#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"
#include "dataplane/scan/recognise/person/script_person.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kWordsMax = 5;

constexpr std::string_view kNoCells[] = {
    "address",  "admin",    "age",    "anonymous", "blank",   "boolean",  "char",    "city",
    "column",   "country",  "date",   "deleted",   "dob",     "email",    "empty",   "example",
    "false",    "family",   "field",  "first",     "full",    "gender",   "given",   "guest",
    "id",       "int",      "last",   "mail",      "middle",  "missing",  "name",    "nil",
    "no",       "none",     "not",    "null",      "number",  "optional", "pending", "phone",
    "redacted", "required", "sample", "string",    "surname", "tbd",      "test",    "text",
    "the",      "title",    "true",   "type",      "unknown", "user",     "value",   "varchar",
    "yes"};
constexpr WordFilter kNoCellsFilter{kNoCells};

// "dr. Quast", "mr. ing. Quast": titles in small letters, which are no names.
uint64_t behind_small_titles(OpenReader& reader, uint64_t at, uint64_t to) noexcept {
  constexpr unsigned kTitlesMax = 3;
  constexpr uint64_t kTitleBytesMax = 5;
  for (unsigned i = 0; i < kTitlesMax; ++i) {
    const NameWord word = word_at(reader, at);
    if (word.capital || word.size() < 2 || word.size() > kTitleBytesMax || word.end + 2 > to ||
        reader.at(word.end) != '.' || reader.at(word.end + 1) != ' ')
      break;
    at = word.end + 2;
  }
  return at;
}

}  // namespace

bool is_name_cell(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  if (begins_script_name(reader, from)) return script_name(reader, from, true).end == to;
  unsigned names = 0;
  uint64_t at = behind_small_titles(reader, from, to);
  for (unsigned words = 0; at < to; ++words) {
    const NameWord word = word_at(reader, at);
    if (word.size() == 0 || word.end > to || words == kWordsMax ||
        word_in(reader, word, kNoCells, kNoCellsFilter) ||
        (words > 0 && is_thing_word(reader, word)))
      return false;
    const bool particle = is_particle(reader, word);
    const NameKind kind = word.capital || particle ? NameKind{} : kind_of(reader, word);
    if (!word.capital && !particle && !kind.given && !kind.family) return false;
    names += !particle && word.size() > 1 ? 1 : 0;
    at = word.end;
    // "J. R. Quast", "Quast, Anna", "Anna Quast Jr., MD"
    for (unsigned i = 0; i < 2 && at < to && (reader.at(at) == '.' || reader.at(at) == ','); ++i)
      ++at;
    if (at == to) break;
    if (reader.at(at) != ' ') return false;
    ++at;
  }
  return names > 0;
}

bool is_somebody(OpenReader& reader, uint64_t from, uint64_t to, bool known) noexcept {
  if (begins_script_name(reader, from)) return true;
  unsigned words = 0, names = 0;
  bool is_form = false;
  for (uint64_t at = from; at < to;) {
    const NameWord word = word_at(reader, at);
    names += kind_of(reader, word).is_name() ? 1 : 0;
    const bool counts = word.size() > 1 || reader.at(word.end) == '.';
    words += counts && !is_particle(reader, word) ? 1 : 0;
    is_form = is_form || is_form_word(reader, word);
    at = std::max(word.end, at) + 1;
  }
  return names > 0 || (words > 1 && !known && !is_form);
}

}  // namespace sallyport::scan
