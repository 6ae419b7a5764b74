#include "dataplane/scan/recognise/person/doer.h"

#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"
#include "dataplane/scan/recognise/person/public_names.h"

namespace sallyport::scan {
namespace {

// Those of schoolbooks, assistants and programs.
constexpr std::string_view kExamples[] = {
    "alice",  "amanda",  "amber",   "apollo", "athena", "bob",     "carol",  "cassandra", "celeste",
    "christ", "crystal", "delphi",  "dolly",  "eve",    "felix",   "gretel", "iris",      "ivy",
    "jade",   "jasmin",  "jasmine", "jasper", "jenny",  "mallory", "olga",   "oz",        "perl",
    "ruby",   "rufus",   "sally",   "sphinx", "stan",   "trent"};
constexpr WordFilter kExamplesFilter{kExamples};

// A word with a capital letter that ends at `end`, and no other.
NameWord capital_before(OpenReader& reader, uint64_t end) noexcept {
  const NameWord word = word_before(reader, end);
  return word.capital && !word.upper && word.size() > 1 ? word : NameWord{end, end, false, false};
}

// What a name stands behind in prose; in paths, names of variables and addresses it is none.
bool begins_here(OpenReader& reader, uint64_t start) noexcept {
  const uint8_t c = reader.before(start);
  return c == ' ' || c == '\n' || c == '"' || c == '(' || c == 0 || c == '>' || c == '\t';
}

}  // namespace

bool is_somebodys(OpenReader& reader, const NameWord& given) noexcept {
  return !things_have(reader, given) && !word_in(reader, given, kExamples, kExamplesFilter);
}

bool did_it(OpenReader& reader, const Trigger& cue, Hit& out) noexcept {
  const NameWord last = capital_before(reader, cue.start);
  if (last.size() == 0) return false;
  const NameKind kind = kind_of(reader, last);
  // "Lars van der Berg"
  uint64_t given_end = last.start;
  NameWord first{};
  if (reader.before(last.start) == ' ') {
    given_end = over_particles(reader, last.start - 1);
    first = capital_before(reader, given_end);
  }
  if (first.size() != 0) {
    const NameKind given = kind_of(reader, first);
    const bool is_pair = given.given && is_somebodys(reader, first) &&
                         (!given.ambiguous || (kind.family && !kind.ambiguous));
    if (is_pair && begins_here(reader, first.start) && !is_thing_word(reader, last) &&
        !is_public_name(reader, first.start, last.end) && !is_named_after(reader, first.start)) {
      out = Hit{first.start, last.end};
      return true;
    }
    // "Acme Anna said", but "Yesterday Anna said" begins a sentence.
    const uint8_t before = reader.before(first.start);
    const bool begins =
        before == '\n' || before == 0 || (before == ' ' && reader.before(first.start - 1) == '.');
    if (!begins || given.given || is_thing_word(reader, first)) return false;
  }
  out = Hit{last.start, last.end};
  return given_end + 1 >= last.start && kind.given && !kind.ambiguous && !kind.family &&
         is_somebodys(reader, last) && begins_here(reader, last.start) &&
         !is_named_after(reader, last.start);
}

}  // namespace sallyport::scan
