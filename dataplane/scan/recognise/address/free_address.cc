#include "dataplane/scan/recognise/address/free_address.h"

#include <string_view>

#include "dataplane/scan/read/digit_run.h"
#include "dataplane/scan/recognise/address/address_cell.h"
#include "dataplane/scan/recognise/address/place.h"
#include "dataplane/scan/recognise/address/script_address.h"
#include "dataplane/scan/recognise/address/street.h"
#include "dataplane/scan/recognise/address/street_words.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kCueGapBytes = 24;
constexpr unsigned kNumbersMax = 2;
constexpr uint64_t kNumberDigitsMax = 5;

// Signs between a cue and its address: the first character behind them; 0: none.
uint64_t skip_gap(OpenReader& reader, uint64_t at) noexcept {
  const uint64_t limit = at + kCueGapBytes;
  for (unsigned line_ends = 0; at < limit; ++at) {
    const uint8_t c = reader.at(at);
    if (c == '\n' && ++line_ends > 2) return 0;
    if (c != ' ' && c != ':' && c != '"' && c != '\'' && c != '>' && c != '*' && c != '.' &&
        c != '\n' && c != '\r' && c != '\t' && c != '=' && c != '|')
      return at;
  }
  return 0;
}

// A line end without a sign before it stands between a cue and what is behind it.
bool is_below(OpenReader& reader, uint64_t cue_end, uint64_t start) noexcept {
  for (uint64_t at = cue_end; at < start; ++at) {
    const uint8_t c = reader.at(at);
    if (c == ':' || c == '=') return false;
    if (c == '\n') return true;
  }
  return false;
}

// The cue has other letters than Latin ones.
bool is_of_other_script(OpenReader& reader, const Trigger& trigger) noexcept {
  for (uint64_t at = trigger.start; at < trigger.at; ++at)
    if (reader.at(at) >= 0xce) return true;
  return false;
}

// Numbers of a building, which may begin with zeros: behind them and their space; `at`: none.
uint64_t skip_numbers(OpenReader& reader, uint64_t at) noexcept {
  for (unsigned i = 0; i < kNumbersMax; ++i) {
    uint64_t end = digit_run_end(reader, at, kNumberDigitsMax);
    if (end == at || end - at > kNumberDigitsMax) return at;
    if (is_letter(reader.at(end)) && !is_letter(reader.at(end + 1))) ++end;
    if (reader.at(end) == ',') ++end;
    if (reader.at(end) != ' ') return at;
    at = end + 1;
  }
  return at;
}

// A street with a number before or behind it, from `start`: its end; 0: none. `words`: how many
// words with a capital letter it has.
uint64_t loose_street(OpenReader& reader, uint64_t start, bool number_wanted) noexcept {
  uint64_t at = skip_numbers(reader, start);
  const bool first = at > start;
  uint64_t end = 0;
  bool named = false;
  for (unsigned words = 0; words < kNameWordsMax; ++words) {
    NameWord word = word_at(reader, at);
    if (word.size() == 0) {
      const bool calle = to_lower(reader.at(at)) == 'c' && reader.at(at + 1) == '/';
      if (!calle) break;
      at += reader.at(at + 2) == ' ' ? 3 : 2;
      word = word_at(reader, at);
    }
    if (!word.capital && !may_be_of_street(reader, word)) {
      // "rue", "ul.": in small letters before the name.
      if (words > 0) break;
    }
    if (is_street_word(reader, word, kStreetNoName)) return 0;
    if (words > 0 && is_street_word(reader, word, kStreetUnit)) break;
    named = named || word.capital;
    at = word.end;
    if (named) end = at;
    if (reader.at(at) == '.') ++at;
    const bool comma = reader.at(at) == ',' && is_digit(reader.at(at + 2));
    if (comma) ++at;
    if (reader.at(at) != ' ') break;
    if (is_digit(reader.at(at + 1))) {
      const uint64_t house = house_end(reader, at + 1);
      // "Quorin Haldvik, 12 Oak Street": who lives there, and then the house.
      if (comma && house != 0 && reader.at(house) == ' ' && word_at(reader, house + 1).capital)
        return 0;
      if (house != 0 && named) return house;
      break;
    }
    ++at;
  }
  return first || !number_wanted ? end : 0;
}

}  // namespace

Verdict address_after_cue(const TextView& text, const Trigger& trigger, const RuleParameters& rule,
                          Hit& out) noexcept {
  OpenReader reader(text);
  if (!cue_stands_alone(reader, trigger.start, trigger.at)) return reader.answer(false);
  if ((rule.flags & contract::kRuleSeparated) != 0) {
    const AddressCell cell = labelled_address(reader, trigger.at);
    out = Hit{cell.start, cell.end};
    return reader.answer(cell.end != 0);
  }
  const bool other_script = is_of_other_script(reader, trigger);
  if (other_script && !announces_address(reader, trigger.start, trigger.at)) {
    out = Hit{trigger.start, region_address(reader, trigger.start, trigger.at)};
    return reader.answer(out.end != 0);
  }
  const uint64_t start = skip_gap(reader, trigger.at);
  if (start == 0) return reader.answer(false);
  // "姓名,地址", a line end and the first row: what is below a head is in cells.
  if (other_script && is_below(reader, trigger.at, start)) return reader.answer(false);
  if (other_script) {
    AddressPart part = announced_address(reader, start);
    if (part.end == 0) {
      const AddressCell cell = announced_cell(reader, start);
      part = {cell.start, cell.end};
    }
    if (part.end != 0) {
      out = Hit{part.start, part.end};
      return reader.answer(true);
    }
  }
  // The cue itself, or what stands behind another one.
  const bool is_corner = reader.follows(trigger.start, "corner of");
  if (is_corner || reader.follows(start, "the corner of ") || reader.follows(start, "corner of ")) {
    const uint64_t name = is_corner ? start : start + (reader.follows(start, "the") ? 14 : 10);
    const uint64_t one = loose_street(reader, name, false);
    if (one == 0 || !(reader.follows(one, " and ") || reader.follows(one, ". and ")))
      return reader.answer(false);
    const uint64_t two = loose_street(reader, one + (reader.at(one) == '.' ? 6 : 5), false);
    out = Hit{is_corner ? trigger.start : start, two};
    return reader.answer(two != 0);
  }
  const uint64_t street = loose_street(reader, start, true);
  if (street == 0) return reader.answer(false);
  Place place = place_at(reader, street);
  if (!place.town && reader.at(street) == '.') {
    const Place behind = place_at(reader, street + 1);
    if (behind.town) place = behind;
  }
  out = Hit{start, place.end};
  return reader.answer(true);
}

}  // namespace sallyport::scan
