#include "dataplane/scan/phrase_stage.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/words.h"
#include "dataplane/scan/recognise/address/address.h"
#include "dataplane/scan/recognise/address/post_code.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/person/gazetteer.h"
#include "dataplane/scan/recognise/person/lone_given.h"
#include "dataplane/scan/recognise/person/person.h"
#include "dataplane/scan/recognise/secret/value_before.h"
#include "dataplane/scan/recognise/travel_zone.h"
#include "dataplane/scan/text/places.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

using contract::RuleKind;

// A trigger is three characters in a row.
constexpr uint64_t kTriggerBytes = 3;
// No name and no house number is longer.
constexpr uint64_t kWordBytesMax = 64;

// Where the word that ends with the character at `last` begins, if a capital letter begins it; else
// behind it.
uint64_t name_start(const TextView& text, uint64_t last) noexcept {
  OpenReader reader(text);
  const NameWord word = word_before(reader, last + 1);
  return word.capital ? word.start : last + 1;
}

// The word of letters whose last one is at `last` in the masks: where it begins, if all of it is
// ASCII and nothing joins it to something before; else kNone.
constexpr size_t kNone = ~size_t{0};
size_t plain_word(const TextView& text, const CharMasks& masks, uint64_t origin, size_t last) {
  if (!masks.letter.test(last)) return kNone;
  const size_t start = masks.letter.run_start(last);
  const uint8_t before = text.at(origin + start - 1);
  const bool is_plain = start > 0 && before < 0x80 && before != '-' && before != '\'';
  return is_plain && last - start < kNameWordBytesMax - 1 ? start : kNone;
}

// A letter with a mark at `at` is no capital. Of one that is not whole yet nothing is known.
bool is_small_letter(const TextView& text, uint64_t at) noexcept {
  const uint8_t lead = text.at(at);
  return lead >= 0x80 && at + 1 < text.end && !is_capital_pair(lead, text.at(at + 1));
}

}  // namespace

// "875 7th Avenue": two letters at `word` behind digits, and a capital letter behind them. The
// number of the house stands before, behind which no word begins.
void PhraseStage::ask_from_ordinal(const Part& part, uint64_t word) {
  constexpr uint64_t kOrdinalDigitsMax = 3, kHouseDigitsMax = 6;
  // The masks begin with the word; the number of the house may stand before them.
  const TextView& text = part.text;
  const auto digits_start = [&](uint64_t end, uint64_t most) {
    uint64_t at = end;
    while (at > text.begin && end - at <= most && is_digit(text.at(at - 1))) --at;
    return at;
  };
  const uint64_t ordinal = digits_start(word, kOrdinalDigitsMax);
  if (ordinal < text.begin + 2 || text.at(ordinal - 1) != ' ' || !is_digit(text.at(ordinal - 2)))
    return;
  const uint64_t start = digits_start(ordinal - 1, kHouseDigitsMax);
  if (!address_may_follow(text, start, ordinal - 1)) return;
  part.ask(part.engine.rules_anywhere(RuleKind::Address), address_from_number,
           Trigger{start, start});
}

// Words before a capital letter: does the first one begin a name?
void PhraseStage::ask_person(const Part& part, size_t last) {
  const TextView& text = part.text;
  if (is_small_letter(text, part.origin + last + 2)) return;
  const size_t word = plain_word(text, part.masks, part.origin, last);
  uint64_t start = part.origin + word;
  if (word == kNone) {
    start = name_start(text, part.origin + last);
    if (start > part.origin + last) return;
  } else {
    const uint8_t before = text.at(start - 1);
    if (!part.masks.upper.test(word)) {
      if (last - word == 1 && is_digit(before)) ask_from_ordinal(part, start);
      return;
    }
    if (is_digit(before) || before == '_' || before == '.' || before == '/' || before == '\\' ||
        before == '@' || before == '#')
      return;
    if (start + sizeof(uint64_t) <= text.end &&
        !may_begin_name(text.slice(start, text.end).data(), last + 1 - word))
      return;
  }
  part.ask(part.engine.rules_anywhere(RuleKind::Person), person_at_name, Trigger{start, start});
}

// A capitalised word with no other one behind it: is it a given name?
void PhraseStage::ask_given(const Part& part, size_t first) {
  const size_t end = part.masks.letter.next_clear(first + 1, part.masks.size);
  if (end < part.masks.size) {
    const uint8_t behind = part.text.at(part.origin + end);
    if (behind < 0x80 && !may_stand_behind_given(behind)) return;
    if (behind == ' ' && end + 1 < part.masks.size && part.masks.upper.test(end + 1)) return;
  }
  const uint64_t start = part.origin + first;
  if (is_small_letter(part.text, start)) return;
  part.ask(part.engine.rules_anywhere(RuleKind::Person), lone_given_at, Trigger{start, start});
}

// Words of [first, last) that a capital letter begins. Few are names, and neither which ones nor
// how many stand together can be guessed: first all are listed, then those that may be names are
// kept, without a branch, then these are asked.
void PhraseStage::ask_capitals(const Part& part, size_t first, size_t last) {
  constexpr size_t kWordsAtOnce = 16;
  std::array<uint64_t, kWordsAtOnce> capitals;
  std::array<uint16_t, kWordsAtOnce * 64 + kPlacesSlack> places;
  for (size_t w = first / 64; w * 64 < last; w += kWordsAtOnce) {
    const size_t words = std::min(kWordsAtOnce, (last + 63) / 64 - w);
    for (size_t i = 0; i < words; ++i)
      capitals[i] = part.masks.capital.word(w + i) & BitMask::part_of_word(w + i, first, last);
    const size_t count = list_places(capitals.data(), words, places.data());
    const auto text = part.text.slice(part.origin + w * 64, part.text.end);
    const size_t kept = keep_places(text, places.data(), count, may_be_given_alone);
    for (size_t i = 0; i < kept; ++i) ask_given(part, w * 64 + places[i]);
  }
}

// "12 M": a number and a word behind it.
void PhraseStage::ask_from_number(const Part& part, size_t last) {
  const uint64_t start = part.origin + part.masks.digit.run_start(last);
  if (!address_may_follow(part.text, start, part.origin + last + 1)) return;
  part.ask(part.engine.rules_anywhere(RuleKind::Address), address_from_number,
           Trigger{start, start});
}

// "e 1", ". 1", ", 1", ": 1", "\xc2\xba 1": a word and a number behind it.
void PhraseStage::ask_to_number(const Part& part, size_t last, size_t gap) {
  const uint8_t before = part.text.at(part.origin + last);
  if (!is_letter(before) && before != '.' && before != ',' && before != ':' && before < 0x80)
    return;
  const uint64_t number = part.origin + last + gap;
  if (may_be_behind_state(part.text, number)) ask_post_code(part, number);
  const size_t word = plain_word(part.text, part.masks, part.origin, last);
  const uint64_t end = part.origin + part.masks.digit.next_clear(last + gap, part.masks.size);
  const bool may_end = word != kNone
                           ? address_may_end(part.text, part.origin + word, number, end)
                           : address_may_end_behind(part.text, part.origin + last, number, end);
  if (!may_end) return;
  part.ask(part.engine.rules_anywhere(RuleKind::Address), address_to_number,
           Trigger{number, number});
}

void PhraseStage::ask_post_code(const Part& part, uint64_t at) {
  part.ask(part.engine.rules_anywhere(RuleKind::PostCode), post_code_at, Trigger{at, at});
}

void PhraseStage::Part::ask(std::span<const uint16_t> rules, RecogniseAt at,
                            const Trigger& trigger) const {
  for (uint16_t rule : rules) pending.ask(rule, at, trigger, text, out);
}

void PhraseStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                      uint64_t origin, PendingList& pending, CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  const bool has_addresses = !engine.rules_anywhere(RuleKind::Address).empty();
  const auto people = engine.rules_anywhere(RuleKind::Person);
  const bool has_people = !people.empty();
  const bool has_lone = std::any_of(people.begin(), people.end(), [&](uint16_t rule) {
    return (engine.rule(rule).parameters.flags & contract::kRuleUnseparated) != 0;
  });
  const uint64_t until = text.final                            ? text.end
                         : text.end >= kTriggerBytes + cursor_ ? text.end - kTriggerBytes + 1
                                                               : cursor_;
  if (until <= cursor_) return;
  const auto first = static_cast<size_t>(cursor_ - origin);
  const auto last = static_cast<size_t>(until - origin);
  cursor_ = until;
  const Part part{engine, text, masks, origin, pending, out};
  if (has_lone) ask_capitals(part, first, last);
  for (size_t w = first / 64; w * 64 < last; ++w) {
    if (masks.phrase.word(w) == 0) continue;
    const uint64_t in_part = BitMask::part_of_word(w, first, last);
    const auto each = [&](uint64_t bits, auto&& use) {
      for (bits &= in_part; bits != 0; bits &= bits - 1)
        use(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    };
    if (has_addresses) {
      each(masks.number_of.word(w), [&](size_t at) { ask_from_number(part, at); });
      each(masks.to_number.word(w), [&](size_t at) { ask_to_number(part, at, 2); });
      // "No:5" of Turkish addresses.
      each(masks.colon_number.word(w), [&](size_t at) {
        if ((text.at(origin + at - 1) | 0x20) == 'o') ask_to_number(part, at, 1);
      });
    }
    each(masks.inward.word(w), [&](size_t at) { ask_post_code(part, origin + at); });
    if (has_people) each(masks.name_of.word(w), [&](size_t at) { ask_person(part, at); });
  }
}

uint64_t PhraseStage::mask_from(const TextView& text) const noexcept {
  uint64_t from = cursor_;
  while (from > text.begin && cursor_ - from < kWordBytesMax && is_alnum(text.at(from - 1))) --from;
  return from;
}

uint64_t PhraseStage::live_from(const Engine& engine, const TextView& text,
                                uint64_t floor) noexcept {
  TextView tail = text;
  if (text.end - text.begin > kLiveBytes) {
    tail.begin = text.end - kLiveBytes;
    tail.bytes += tail.begin - text.begin;
  }
  uint64_t live = text.end;
  if (!engine.rules_of(RuleKind::Address).empty())
    live = std::min(live, address_live_from(tail, floor));
  if (!engine.rules_of(RuleKind::PostCode).empty())
    live = std::min(live, post_code_live_from(tail));
  if (!engine.rules_of(RuleKind::Person).empty())
    live = std::min(live, person_live_from(tail, floor));
  if (!engine.rules_of(RuleKind::TravelZone).empty())
    live = std::min(live, travel_zone_live_from(tail));
  if (!engine.rules_of(RuleKind::SpeltEmail).empty())
    live = std::min(live, spelt_email_live_from(tail, floor));
  if (!engine.rules_of(RuleKind::Password).empty() ||
      !engine.rules_of(RuleKind::Assignment).empty())
    live = std::min(live, value_before_live_from(tail, floor));
  return live;
}

}  // namespace sallyport::scan
