#include "dataplane/scan/recognise/person/name_cell.h"

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

}  // namespace

bool is_name_cell(OpenReader& reader, uint64_t from, uint64_t to) noexcept {
  if (begins_script_name(reader, from)) return script_name(reader, from, true).end == to;
  unsigned names = 0;
  uint64_t at = from;
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
    // "J. R. Quast", "Quast, Anna"
    if (at < to && (reader.at(at) == '.' || reader.at(at) == ',')) ++at;
    if (at == to) break;
    if (reader.at(at) != ' ') return false;
    ++at;
  }
  return names > 0;
}

}  // namespace sallyport::scan
