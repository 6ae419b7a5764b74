#include "dataplane/scan/recognise/field.h"

#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/cue_value.h"
#include "dataplane/scan/recognise/person/gazetteer.h"

namespace sallyport::scan {
namespace {

// Of the first field of HL7, which counts segments of one name.
constexpr uint64_t kSetIdDigitsMax = 4;
// "/DE89370400440532013000" and its line end.
constexpr uint64_t kAccountLineBytesMax = 40;
// Fewer letters are no name and no street.
constexpr unsigned kLettersMin = 2;
constexpr unsigned kWordsMax = 5;

struct Syntax {
  uint8_t field;      // what ends the cue and parts fields
  uint8_t component;  // parts components
  bool is_line(uint8_t c) const noexcept { return c == '\n' || c == '\r' || c == 0x0b; }
  bool ends_segment(uint8_t c) const noexcept {
    return c == 0 || is_line(c) || (field == '*' && c == '~');
  }
  bool ends_field(uint8_t c) const noexcept {
    return ends_segment(c) || c == field || (field == '|' && c == '~');
  }
};

Syntax syntax_of(uint8_t first, uint8_t last) noexcept {
  if (first == '?') return {'?', '?'};
  switch (last) {
    case '=':
      return {':', ';'};
    case '|':
      return {'|', '^'};
    case '*':
      return {'*', '*'};
    case '/':
      return {'/', '/'};
    default:
      return {'\n', ';'};
  }
}

// "?31" of field 86 of SWIFT MT 940, which German banks divide; ";CN=" of RFC 5545, 3.2.2.
bool is_subfield(uint8_t first) noexcept { return first == '?' || first == ';'; }

// A name in capitals where a segment may begin.
bool begins_segment(OpenReader& reader, uint64_t start, const Syntax& syntax) noexcept {
  // The end of the segment before may be part of the cue.
  if (syntax.is_line(reader.at(start)) || reader.at(start) == '~') ++start;
  const uint8_t first = reader.at(start), before = reader.before(start);
  if (is_subfield(first)) return true;
  if (first == syntax.field || first == ':') return !is_alnum(before);
  if (!is_upper(first)) return false;
  if (before == 0 || syntax.is_line(before) || before == '"' || before == '\'' || before == '`')
    return true;
  if (syntax.field == '\n') return false;
  const uint8_t more = before == ' ' ? reader.before(start - 1) : before;
  if (syntax.field == '*') return more == '~';
  return before == '>' || (before == ' ' && more != '|');
}

// "PID|1|", "PID||": a cell of another table has no such number.
bool has_set_id(OpenReader& reader, uint64_t at) noexcept {
  const uint64_t start = at;
  while (at - start < kSetIdDigitsMax && is_digit(reader.at(at))) ++at;
  return reader.at(at) == '|';
}

// Moves `at` to the first character of the part of this number, from one on. False: there is none.
template <class Ends>
bool find_part(OpenReader& reader, uint32_t part, uint8_t separator, uint64_t limit, Ends ends,
               uint64_t& at) noexcept {
  for (uint32_t number = 1; number < part; ++at) {
    const uint8_t c = reader.at(at);
    if (at >= limit || ends(c)) return false;
    if (c == separator) ++number;
  }
  return true;
}

// The account before the name of a party, on a line of its own.
bool skip_account(OpenReader& reader, uint64_t& at) noexcept {
  if (reader.at(at) != '/') return true;
  for (const uint64_t limit = at + kAccountLineBytesMax; at < limit; ++at)
    if (reader.at(at) == '\n') {
      ++at;
      return true;
    }
  return false;
}

// A word of the line is a name: companies have accounts, too.
bool has_known_name(OpenReader& reader, uint64_t at, uint64_t end) noexcept {
  for (unsigned i = 0; i < kWordsMax && at < end; ++i) {
    const NameWord word = word_at(reader, at);
    if (word.size() > 1 && word.size() <= kNameBytesMax) {
      const NameKind kind = name_kind(reader.known(word.start, word.end));
      if (kind.is_name()) return true;
    }
    at = word.end;
    while (at < end && name_letter_at(reader, at) == 0) ++at;
  }
  return false;
}

// Components [first, last] from `at` on that have letters: where they end. 0: none.
uint64_t components_end(OpenReader& reader, const Syntax& syntax, uint32_t count, uint64_t limit,
                        uint64_t at) noexcept {
  uint64_t end = 0;
  unsigned letters = 0;
  const uint64_t start = at;
  for (uint32_t number = 1;; ++at) {
    const uint8_t c = reader.at(at);
    if (at >= limit) return 0;
    if (c == syntax.component) {
      // "N: 5; M: 6" is prose.
      if (syntax.component == ';' && reader.at(at + 1) == ' ') return 0;
      if (number++ == count) break;
      continue;
    }
    if (syntax.ends_field(c)) break;
    letters += is_word_letter(c) ? 1 : 0;
    if (c != ' ' || at == start) end = at + 1;
  }
  return letters >= kLettersMin ? end : 0;
}

}  // namespace

Verdict field_at(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                 Hit& out) noexcept {
  OpenReader reader(text);
  const Syntax syntax = syntax_of(reader.at(trigger.start), reader.before(trigger.at));
  if (!begins_segment(reader, trigger.start, syntax)) return reader.answer(false);
  const uint32_t first = contract::first_component(rule.length_max);
  const uint32_t count = contract::last_component(rule.length_max) - first + 1;
  const uint64_t limit = trigger.at + kLookAheadBytes;
  const bool is_party = reader.at(trigger.start) == ':';
  uint64_t at = trigger.at;
  if (syntax.field == '|' && !has_set_id(reader, at)) return reader.answer(false);
  if (is_party && !skip_account(reader, at)) return reader.answer(false);
  const auto ends_segment = [&](uint8_t c) { return syntax.ends_segment(c); };
  const auto ends_field = [&](uint8_t c) { return syntax.ends_field(c); };
  if (!find_part(reader, rule.length_min, syntax.field, limit, ends_segment, at) ||
      !find_part(reader, first, syntax.component, limit, ends_field, at) || reader.open())
    return reader.answer(false);
  if (!rule.shapes.empty()) {
    const Verdict verdict = shaped_value_at(text, at, rule, out);
    if (verdict != Verdict::Match) return verdict;
    const uint8_t behind = reader.at(out.end);
    return reader.answer(syntax.ends_field(behind) || behind == syntax.component);
  }
  const uint64_t end = components_end(reader, syntax, count, limit, at);
  const bool any = (rule.flags & contract::kRuleAnyName) != 0;
  out = Hit{at, end};
  return reader.answer(end != 0 && (any || has_known_name(reader, at, end)));
}

}  // namespace sallyport::scan
