#include "dataplane/scan/recognise/person/person.h"

#include <string_view>

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/person/born.h"
#include "dataplane/scan/recognise/person/doer.h"
#include "dataplane/scan/recognise/person/family_first.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/particles.h"
#include "dataplane/scan/recognise/person/patronymic.h"
#include "dataplane/scan/recognise/person/person_words.h"
#include "dataplane/scan/recognise/person/personal_fields.h"
#include "dataplane/scan/recognise/person/public_names.h"
#include "dataplane/scan/recognise/person/salutation.h"
#include "dataplane/scan/recognise/person/script_person.h"

namespace sallyport::scan {
namespace {

constexpr unsigned kNameWordsMax = 5;
// Between a cue and a name: `": "`, `>`, ` = '`, a line end with a quote mark.
constexpr uint64_t kCueGapBytes = 8;

// What stands behind a name and is no part of it.
constexpr std::string_view kSuffixes[] = {"jr",  "sr", "ii",  "iii", "iv",
                                          "phd", "md", "esq", "cpa", "csc"};
constexpr WordFilter kSuffixesFilter{kSuffixes};

struct Name {
  uint64_t start = 0;
  uint64_t end = 0;  // 0: none
  unsigned words = 0;
  bool given = false;            // the first word is a given name
  bool family = false;           // the last one is a family name
  bool known = false;            // one of them is a name and nothing else
  bool given_only = true;        // every word but the last one is a given name and nothing else
  bool is_thing = false;         // a company, a place: "Acme Widgets"
  bool ends_in_initial = false;  // "Anna K."; `end` is behind the point
};

// "Lo Giudice", "Las Heras": of a name that a label announces.
constexpr std::string_view kNameArticles[] = {"lo", "le", "el", "los", "las", "les"};

// A word that is none of a name; behind a label the ones that lists know as one are.
bool ends_name(OpenReader& reader, const NameWord& word, unsigned words, bool labelled) noexcept {
  if (!is_name_stop(reader, word)) return false;
  if (!labelled || !word.capital) return true;
  const bool article = word_in(reader, word, kNameArticles);
  const NameKind kind = kind_of(reader, word);
  return words == 0 ? article || !kind.given : !article && !kind.given && !kind.family;
}

// Capitalised words with initials and particles between, from `start` on. `small`: they need no
// capital letters, but both names must be known then. `labelled`: a label of names stands before.
Name read_name(OpenReader& reader, uint64_t start, bool small, bool labelled = false) noexcept {
  Name out;
  out.start = start;
  uint64_t at = start;
  uint64_t initial_end = 0;
  bool possession = false, is_given = true;
  for (unsigned i = 0; i < kNameWordsMax && !possession; ++i) {
    const NameWord whole = word_at(reader, at);
    const NameWord word = without_possession(reader, whole);
    possession = word.end != whole.end;
    if (word.size() == 0) break;
    // "Robert Bosch GmbH"; in a form the next label follows: "Anna Quast School: ...".
    if (out.words > 0 && is_thing_word(reader, word) && reader.at(word.end) != ':') {
      out.is_thing = true;
      break;
    }
    // "West Aliya OH 44130": a state.
    const bool state = out.words > 0 && word.upper && word.size() == 2;
    if (ends_name(reader, word, out.words, labelled) || (state && !word_at(reader, start).upper))
      break;
    if (out.words > 1 && word_in(reader, word, kSuffixes, kSuffixesFilter)) break;
    const bool initial = word.size() == 1 && word.capital && reader.at(word.end) == '.';
    // "Ruth R Montez"
    if (out.words > 0 && word.size() == 1 && word.capital && reader.at(word.end) == ' ' &&
        word_at(reader, word.end + 1).capital && word_at(reader, word.end + 1).size() > 1) {
      at = word.end + 1;
      continue;
    }
    const bool particle = out.words > 0 && is_particle(reader, word);
    if (!initial && !particle) {
      if ((!word.capital && !small) || word.size() < 2) break;
      const NameKind kind = kind_of(reader, word);
      if (small && !word.capital &&
          (kind.ambiguous || !(out.words == 0 ? kind.given : kind.given || kind.family)))
        break;
      if (out.words > 0) out.given_only = out.given_only && is_given;
      is_given = kind.given && !kind.ambiguous && !word.upper;
      if (out.words == 0) out.given = kind.given;
      out.family = kind.family;
      out.known = out.known || kind.is_name();
      ++out.words;
      out.end = word.end;
    } else if (initial && i == 0) {
      ++out.words;
    }
    at = word.end;
    if (initial) ++at;
    out.ends_in_initial = initial && out.words == 1 && i == 1;
    if (out.ends_in_initial) initial_end = at;
    if (reader.at(at) != ' ') break;
    ++at;
  }
  if (out.ends_in_initial) out.end = initial_end;
  return out;
}

// Behind "Ondine" of "Ondine M.    MRN": the initial too; 0: the given name goes on or ends in a
// sentence. `any`: the label is one of names, so the end of the line ends it, too.
uint64_t unknown_given_end(OpenReader& reader, const NameWord& given, bool any) noexcept {
  uint64_t end = given.end;
  const bool has_initial =
      reader.at(end) == ' ' && is_upper(reader.at(end + 1)) && !is_alnum(reader.at(end + 2));
  if (has_initial) end += reader.at(end + 2) == '.' ? 3 : 2;
  const uint8_t c = reader.at(end);
  const bool is_column = c == '\t' || c == '|' || (c == ' ' && reader.at(end + 1) == ' ');
  const bool is_line = c == '\n' || c == '\r' || c == 0 || c == '(' || c == ';' || c == '"';
  return is_column || (is_line && (any || has_initial)) ? end : 0;
}

// "Patient: Quast, Bridget": the given name behind the family's. `any`: the label is one of names.
void take_given_behind(OpenReader& reader, Name& name, bool any) noexcept {
  if (reader.at(name.end) != ',') return;
  const bool blank = reader.at(name.end + 1) == ' ';
  const NameWord given = word_at(reader, name.end + (blank ? 2 : 1));
  if (!given.capital || given.size() < 2 || is_name_stop(reader, given)) return;
  // "QUAST,BRIDGET T"
  if (!blank && !(given.upper && word_at(reader, name.start).upper)) return;
  const uint8_t behind = reader.at(given.end);
  const NameKind kind = kind_of(reader, given);
  if (behind == ':' || behind == '=') return;
  const uint64_t end = kind.given ? given.end : unknown_given_end(reader, given, any);
  if (end == 0 || (!kind.given && is_thing_word(reader, given))) return;
  name.end = end;
  ++name.words;
  name.known = name.known || kind.is_name();
  name.family = true;
}

// Behind a name stands no sign of a name in code: a call, a path, an address.
bool ends_clean(OpenReader& reader, uint64_t end) noexcept {
  const uint8_t c = reader.at(end);
  return !is_alnum(c) && c != '_' && c != '(' && c != '@' && c != '/' && c != '\\' && c != '=' &&
         !((c == '.' || c == ':') && is_alnum(reader.at(end + 1)));
}

// The first word of the name behind titles ("Prof. Dr."), which are not part of it. `word`: what
// stands here.
NameWord skip_titles(OpenReader& reader, NameWord word) noexcept {
  constexpr unsigned kTitlesMax = 3;
  for (unsigned i = 0; i < kTitlesMax; ++i) {
    if (!is_title(reader, word)) break;
    uint64_t next = word.end;
    if (reader.at(next) == '.')
      ++next;
    else if (!word.capital)
      break;
    if (reader.at(next) != ' ') break;
    word = word_at(reader, next + 1);
  }
  return word;
}

// Behind "Quast, MD" and "Quast Jr.".
uint64_t behind_suffix(OpenReader& reader, uint64_t end) noexcept {
  uint64_t at = end;
  if (reader.at(at) == ',') ++at;
  if (reader.at(at) != ' ') return end;
  const NameWord word = word_at(reader, at + 1);
  if (word.size() == 0 || !word_in(reader, word, kSuffixes, kSuffixesFilter)) return end;
  return reader.at(word.end) == '.' ? word.end + 1 : word.end;
}

// Sure only of ASCII.
bool may_be_no_given(const TextView& text, const NameWord& word) noexcept {
  if (word.start + sizeof(uint64_t) > text.end) return false;
  for (uint64_t i = word.start; i < word.end; ++i)
    if (!is_letter(text.at(i))) return false;
  return !may_be_given(text.slice(word.start, text.end).data(), static_cast<size_t>(word.size()));
}

}  // namespace

namespace {

// What stands between a cue and a name.
struct Gap {
  uint64_t end = 0;
  unsigned line_ends = 0;
  bool sign = false;  // one that parts a label from its value
  bool mark = false;  // the same, and no quote
  bool comma = false;
};

// "</td><td class=x>" between a label and its value: behind the tag, 0: it is none or a head's.
uint64_t tag_end(OpenReader& reader, uint64_t at) noexcept {
  constexpr uint64_t kTagBytesMax = 32;
  if (reader.follows(at, "<th")) return 0;
  for (uint64_t i = at + 1; i < at + kTagBytesMax; ++i) {
    const uint8_t c = reader.at(i);
    if (c == '>') return i + 1;
    if (c == '<' || c == '\n' || c == 0) return 0;
  }
  return 0;
}

bool read_gap(OpenReader& reader, uint64_t from, Gap& out) noexcept {
  constexpr uint64_t kColumnGapMax = 24;
  constexpr unsigned kTagsMax = 3;
  uint64_t at = from, most = kCueGapBytes;
  unsigned tags = 0;
  out.sign = out.mark = reader.before(from) == ':';  // "from:"
  for (; at - from < most; ++at) {
    const uint8_t c = reader.at(at);
    if (c == '\n' && ++out.line_ends > 1) return false;
    if (c == '<' && tags++ < kTagsMax) {
      const uint64_t end = tag_end(reader, at);
      if (end == 0) break;
      out.sign = out.mark = true;
      most += end - at;
      at = end - 1;
      continue;
    }
    if (c == ' ' && at > from && reader.before(at) == ' ' && most < kColumnGapMax) ++most;
    out.mark = out.mark || c == ':' || c == '=' || c == '>';
    if (c == ':' || c == '=' || c == '"' || c == '>' || c == '?')
      out.sign = true;
    else if (c == ',')
      out.comma = true;
    else if (c == '[' && reader.at(at + 1) == '"')
      out.sign = true;  // "given": ["Jane"]
    else if (c != ' ' && c != '\'' && c != '*' && c != '.' && c != '\t' && c != '\n' && c != '|' &&
             c != '\r' && c != '!')
      break;
  }
  out.end = at;
  return at > from || reader.before(from) == ' ';  // "hi "
}

// A name may stand behind such a gap: "Yours faithfully, Jane Doe" is of a letter on one line.
bool may_follow(const Gap& gap, const RuleParameters& rule) noexcept {
  if ((rule.flags & contract::kRuleUnseparated) != 0)
    return !gap.sign && (gap.line_ends == 1 || (gap.line_ends == 0 && gap.comma));
  return (rule.flags & contract::kRuleSeparated) == 0 || (gap.sign && !gap.comma);
}

bool ends_line(OpenReader& reader, uint64_t at) noexcept {
  if (reader.at(at) == ',' || reader.at(at) == '.') ++at;
  while (reader.at(at) == ' ') ++at;
  const uint8_t c = reader.at(at);
  return c == '\n' || c == '\r' || c == 0 || c == '"' || c == '<';
}

Verdict script_person(OpenReader& reader, uint64_t cue, const Gap& gap, const RuleParameters& rule,
                      Hit& out) noexcept {
  const bool any = (rule.flags & contract::kRuleAnyName) != 0;
  const bool labels = (rule.flags & contract::kRuleSeparated) != 0;
  const bool labelled = gap.sign && !gap.comma;
  if ((rule.flags & contract::kRuleUnseparated) != 0 || (labels && !labelled))
    return reader.answer(false);
  const ScriptName name = script_name(reader, gap.end, labelled);
  if (name.end == 0) return reader.answer(false);
  // "name: 金融部": of labels that anything has, only beside other fields of a person.
  if (!any && !labels && !personal_field_follows(reader, name.end) &&
      ((rule.flags & contract::kRuleNamesBeside) == 0 || !gap.sign ||
       !stands_in_record(reader, cue, name.end)))
    return reader.answer(false);
  out = Hit{name.start, name.end};
  return reader.answer(true);
}

// "Prepared by: Quality Assurance", "Doctor: Appointment Confirmed": of two words that no list
// knows one is what forms and offices are full of.
bool is_of_things(OpenReader& reader, const Name& name) noexcept {
  for (uint64_t at = name.start; at < name.end;) {
    const NameWord word = word_at(reader, at);
    if (is_form_word(reader, word)) return true;
    at = std::max(word.end, at) + 1;
  }
  return false;
}

// A label of names stands before, and a sign that is no quote.
bool is_name_label(const Gap& gap, const RuleParameters& rule) noexcept {
  constexpr uint16_t kLabel = contract::kRuleSeparated | contract::kRuleAnyName;
  return gap.mark &&
         ((rule.flags & kLabel) == kLabel || (rule.flags & contract::kRuleNamesBeside) != 0);
}

// What the rule's cues and the gap say of a name in capital letters: it need not be a known one.
bool is_announced(OpenReader& reader, uint64_t cue, const Gap& gap, const RuleParameters& rule,
                  const Name& name, const NameWord& first) noexcept {
  const bool any = (rule.flags & contract::kRuleAnyName) != 0;
  if ((rule.flags & contract::kRuleSeparated) != 0) {
    if (name.words < 2 && (!any || first.upper || first.size() < 2)) return false;
    // "as reported by "Microsoft Windows"" is prose.
    if (!any && (!gap.mark || (!name.known && is_of_things(reader, name)))) return false;
    const uint8_t next = reader.at(name.end);
    return next != ':' && next != '[' && next != '{';
  }
  // "Thanks,\nXqar": of a line that is nothing but the end of a letter.
  if ((rule.flags & contract::kRuleUnseparated) != 0)
    return name.words > 1 || name.known ||
           (reader.at(cue) == '\n' && !first.upper && first.size() > 2);
  if ((rule.flags & contract::kRuleTitleCues) != 0) {
    if (gap.line_ends != 0 || gap.sign) return false;
    // "MR BROWN", and not "MR Scan" or "MS ACCESS".
    if (is_upper(reader.at(cue + 1))) return first.upper && name.known;
    // "Officer R. Quast"
    const bool has_initial = first.size() == 1 && reader.at(first.end) == '.' && name.words > 1;
    if (!any)
      return (!first.upper && name.known && !things_have(reader, first)) ||
             (has_initial && name.words > 1);
    if (is_no_title_of(reader, first)) return false;
  }
  // "MR. ID", "My name is\nImportant": what is written so is no name that nobody knows.
  if (any)
    return !first.upper && first.size() > 1 && gap.line_ends == 0 &&
           !(reader.follows(cue, "dr") && is_no_doctor(reader, cue, first));
  if (!gap.sign && gap.line_ends == 0 && is_salutation(reader, cue, first, name.end)) return true;
  // Letters of other scripts do not say whether they are capitals.
  const bool is_upper_name = first.upper && reader.at(first.start) < 0x80;
  if (name.words < 2 || is_upper_name || gap.comma || (!gap.sign && gap.line_ends != 0))
    return false;
  // Without a sign after the cue only beside what companies have not: "Patientin Jane Doe, geb. 3".
  const uint64_t end = behind_suffix(reader, name.end);
  if ((rule.flags & contract::kRuleNamesBeside) == 0 || !gap.sign)
    return personal_field_follows(reader, end, !gap.sign);
  return (name.known || !is_of_things(reader, name)) &&
         (personal_field_follows(reader, end) || stands_in_record(reader, cue, end));
}

// Verbs of cues that stand behind who lives there: "Jane Doe lives at", "Jane Doe wohnt in".
constexpr std::string_view kVerbs[] = {"lives",   "lived",  "resides", "resided", "wohnt",
                                       "lebt",    "habite", "vive",    "mora",    "abita",
                                       "risiede", "woont",  "mieszka", "bor",     "bydl\xc3\xad"};
constexpr WordFilter kVerbsFilter{kVerbs};

// A capitalised word that is no stop; without one: empty.
NameWord name_word_before(OpenReader& reader, uint64_t end) noexcept {
  const NameWord word = word_before(reader, end);
  const bool is_name = word.capital && word.size() > 1 && !is_name_stop(reader, word);
  return is_name ? word : NameWord{end, end, false, false};
}

// One given name, or two words of which a list knows one. Source code and documentation "lives in"
// some place, too: two that no list knows count in English only before a house number, and not in
// German, where things are written like names.
bool lives_there(OpenReader& reader, const Trigger& cue, Hit& out) noexcept {
  if (cue.start < 2 || reader.before(cue.start) != ' ') return false;
  const NameWord last = name_word_before(reader, cue.start - 1);
  if (last.size() == 0) return false;
  const NameKind family = kind_of(reader, last);
  out = Hit{last.start, last.end};
  NameWord first{};
  if (reader.before(last.start) == ' ') first = name_word_before(reader, last.start - 1);
  if (first.size() == 0) return family.given && !family.ambiguous;
  out.start = first.start;
  if (kind_of(reader, first).is_name() || family.is_name()) return true;
  const uint8_t verb = to_lower(reader.at(cue.start));
  if (reader.follows(cue.start, "wohnt") || reader.follows(cue.start, "lebt")) return false;
  return (verb != 'l' && verb != 'r') ||
         (reader.at(cue.at) == ' ' && is_digit(reader.at(cue.at + 1)));
}

// The first words of "a dit", "ha detto".
constexpr std::string_view kAuxiliaries[] = {"a", "ha"};
constexpr WordFilter kAuxiliariesFilter{kAuxiliaries};

// Where a name begins that stands at the end of the text, before the beginning of such a cue.
uint64_t resident_live_from(const TextView& text, uint64_t floor, OpenReader& reader) noexcept {
  constexpr uint64_t kVerbBytesMax = 20, kPlaceBytesMax = 5;
  uint64_t at = text.end;
  // "lives ", "lives a", "ha dett"
  NameWord word = word_before(reader, at);
  if (word.size() <= kVerbBytesMax && !word.capital && word.start > text.begin &&
      reader.before(word.start) == ' ')
    if (const NameWord verb = word_before(reader, word.start - 1);
        verb.size() > 0 &&
        (word_in(reader, verb, kAuxiliaries, kAuxiliariesFilter) ||
         (word.size() <= kPlaceBytesMax && word_in(reader, verb, kVerbs, kVerbsFilter))))
      word = verb;
  if (word.size() > 0 && word.size() <= kVerbBytesMax && !word.capital) at = word.start;
  // "(DO", "née l", "geb. a"
  if (word.upper && word.size() <= kPlaceBytesMax && before_birth(reader, word.start) != word.start)
    at = word.start;
  const NameWord birth = birth_before(reader, at);
  if (birth.size() > 0) at = birth.start;
  at = before_birth(reader, at);
  if (at > text.begin && at - 1 > text.begin &&
      (reader.before(at) == ' ' || reader.before(at) == ','))
    --at;
  const NameWord last = word_before(reader, over_particles(reader, at));
  if (!last.capital) return text.end;
  if (last.start <= std::max(text.begin + 1, floor) || reader.before(last.start) != ' ')
    return last.start;
  const NameWord first = word_before(reader, over_particles(reader, last.start - 1));
  if (!first.capital) return last.start;
  if (first.start <= std::max(text.begin + 1, floor) || reader.before(first.start) != ' ')
    return first.start;
  const NameWord given = word_before(reader, first.start - 1);
  return given.capital ? given.start : first.start;
}

}  // namespace

Verdict person_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                         Hit& out) noexcept {
  OpenReader reader(text);
  if (is_title_behind(reader, trigger.start, trigger.at)) {
    const ScriptName name = script_name_before(reader, trigger.start, trigger.at);
    out = Hit{name.end != 0 ? name.start : trigger.start, name.end};
    return reader.answer(name.end != 0);
  }
  // Letters of other scripts around its second one: most cues have none.
  if (reader.at(trigger.start + 1) >= 0x80 && is_of_patronymic(reader, trigger))
    return reader.answer(has_patronymic(reader, trigger, out));
  // Cues that begin with a blank are verbs of people: most stand behind a small letter's word.
  if (reader.at(trigger.start) == ' ') {
    const bool match = did_it(reader, trigger, out);
    const uint8_t next = reader.at(trigger.at);
    return reader.answer(match && !is_word_letter(next) && next != '_' && next != '-');
  }
  if ((rule.flags & contract::kRuleTitleCues) != 0 &&
      !is_written_title(reader, trigger.start, trigger.at))
    return reader.answer(false);
  if (!cue_stands_alone(reader, trigger.start, trigger.at)) return reader.answer(false);
  // Most cues are one word.
  if (reader.letters_end(trigger.start, kNameWordBytesMax) < trigger.at)
    if (const NameWord verb = word_at(reader, trigger.start);
        verb.end < trigger.at && word_in(reader, verb, kVerbs, kVerbsFilter)) {
      const bool match = lives_there(reader, trigger, out);
      return reader.answer(match);
    }
  if (before_birth(reader, trigger.start) != trigger.start &&
      is_birth(reader, word_at(reader, trigger.start)))
    return reader.answer(was_born(reader, trigger, out));
  Gap gap;
  const bool is_gap = read_gap(reader, trigger.at, gap);
  if (reader.at(gap.end) >= 0xd6 && begins_script_name(reader, gap.end))
    return script_person(reader, trigger.start, gap, rule, out);
  if (!is_gap) return reader.answer(false);
  const bool above = (rule.flags & contract::kRuleUnseparated) != 0;
  const bool labels = (rule.flags & contract::kRuleSeparated) != 0;
  if (!may_follow(gap, rule)) return reader.answer(false);
  const NameWord word = word_at(reader, gap.end);
  if (word.size() == 0) return reader.answer(false);
  const NameWord first = skip_titles(reader, word);
  if (first.size() == 0) return reader.answer(false);
  // "Mrs. van der Berg"
  if ((rule.flags & contract::kRuleAnyName) != 0 && !labels && gap.line_ends == 0 &&
      is_particle(reader, first)) {
    const uint64_t end = end_behind_particles(reader, first.start - 1);
    out = Hit{first.start, end};
    return reader.answer(end != 0 && ends_clean(reader, end));
  }
  // In small letters only two known names are one: most words behind a cue end here.
  if (!first.capital && !reader.open() && may_be_no_given(text, first)) return Verdict::No;
  Name name = read_name(reader, first.start, !first.capital, is_name_label(gap, rule));
  if (gap.sign && !gap.comma && name.words == 1)
    take_given_behind(reader, name, (rule.flags & contract::kRuleAnyName) != 0);
  const bool capital = first.capital;
  if (name.end == 0 || name.is_thing || !ends_clean(reader, name.end)) return reader.answer(false);
  if (above && !ends_line(reader, name.end)) return reader.answer(false);
  const bool announced = capital && is_announced(reader, trigger.start, gap, rule, name, first);
  if (name.words < 2 && !name.known && !announced) return reader.answer(false);
  if (!capital && !(name.words >= 2 && name.known)) return reader.answer(false);
  out = Hit{name.start, name.end};
  const NameWord given = word_at(reader, name.start);
  const bool is_single = capital && name.words == 1 && name.given_only && name.given &&
                         stands_alone(reader, given, name.end);
  // In small letters every word of it is known.
  const bool is_pair = name.words > 1 && name.known &&
                       (capital ? name.family || !things_have(reader, given) : name.family);
  out.bare = !announced && !is_single && !is_pair;
  return reader.answer(true);
}

Verdict person_at_name(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                       Hit& out) noexcept {
  if ((rule.flags & contract::kRuleUnseparated) != 0) return Verdict::No;
  OpenReader reader(text);
  const uint8_t before = reader.before(trigger.start);
  if (is_word_letter(before) || is_digit(before) || before == '_' || before == '.' ||
      before == '/' || before == '\\' || before == '@' || before == '#' || before == '-' ||
      before == '\'') {
    // A quote mark may stand before a name, an apostrophe inside of one.
    if (before != '\'' || is_word_letter(reader.before(trigger.start - 1)))
      return reader.answer(false);
  }
  const NameWord first = word_at(reader, trigger.start);
  if (const uint64_t end = family_first_end(reader, first); end != 0) {
    // Another word with a capital letter: "Zhang Wei Industries".
    const bool goes_on = reader.at(end) == ' ' && word_at(reader, end + 1).capital;
    out = Hit{first.start, end};
    if (!goes_on && ends_clean(reader, end) && !is_public_name(reader, first.start, end) &&
        !is_named_after(reader, first.start) && stands_around_free(reader, first.start, end))
      return reader.answer(true);
  }
  const Name name = read_name(reader, trigger.start, false);
  const bool is_initial = name.ends_in_initial && name.known;
  if ((name.words < 2 && !is_initial) || !name.given || name.is_thing ||
      !(name.family || name.known) || !ends_clean(reader, name.end) ||
      is_public_name(reader, name.start, name.end) || is_named_after(reader, name.start))
    return reader.answer(false);
  if (!is_given_throughout(reader, first)) return reader.answer(false);
  out = Hit{name.start, name.end};
  out.bare = (is_initial || !name.family || !name.known) &&
             !(name.given_only && stands_free(reader, first, name.end));
  return reader.answer(true);
}

uint64_t person_live_from(const TextView& text, uint64_t floor) noexcept {
  TextView whole = text;
  whole.final = true;
  OpenReader reader(whole);
  uint64_t end = text.end;
  if (end > text.begin && reader.before(end) == ' ') --end;
  if (end > text.begin && reader.before(end) >= 0x80)
    if (const uint64_t live = script_person_live_from(text); live != text.end) return live;
  if (const uint64_t live = resident_live_from(text, floor, reader); live != text.end) return live;
  // "Jean-"
  if (end > text.begin && reader.before(end) == '-') --end;
  const NameWord word = word_before(reader, end);
  return word.capital ? word.start : text.end;
}

}  // namespace sallyport::scan
