#include "dataplane/scan/phrase_stage.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/scan/recognise/address.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/person.h"
#include "dataplane/scan/recognise/travel_zone.h"
#include "dataplane/scan/recognise/words.h"
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
  uint64_t start = last + 1;
  while (start > text.begin && last + 1 - start < kNameWordBytesMax &&
         is_word_letter(text.at(start - 1)))
    --start;
  const uint8_t first = text.at(start);
  const bool capital =
      is_upper(first) || (first >= 0xc3 && is_capital_pair(first, text.at(start + 1)));
  return start <= last && capital ? start : last + 1;
}

}  // namespace

void PhraseStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                      uint64_t origin, PendingList& pending, CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  const auto addresses = engine.rules_of(RuleKind::Address);
  const auto people = engine.rules_of(RuleKind::Person);
  const uint64_t until = text.final                            ? text.end
                         : text.end >= kTriggerBytes + cursor_ ? text.end - kTriggerBytes + 1
                                                               : cursor_;
  if (until <= cursor_) return;
  const auto first = static_cast<size_t>(cursor_ - origin);
  const auto last = static_cast<size_t>(until - origin);
  cursor_ = until;
  if (addresses.empty() && people.empty()) return;
  for (size_t w = first / 64; w * 64 < last; ++w) {
    uint64_t in_part = ~uint64_t{0};
    if (w == first / 64) in_part &= ~uint64_t{0} << (first & 63);
    if ((w + 1) * 64 > last) in_part &= ~(~uint64_t{0} << (last & 63));
    const auto each = [&](uint64_t bits, auto&& use) {
      for (bits &= in_part; bits != 0; bits &= bits - 1)
        use(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    };
    const auto ask = [&](std::span<const uint16_t> rules, RecogniseAt at, const Trigger& trigger) {
      for (uint16_t rule : rules)
        if ((engine.rule(rule).flags & contract::kRuleAfterCues) == 0)
          pending.ask(rule, at, trigger, text, out);
    };
    const uint64_t digit = masks.digit.word(w), letter = masks.letter.word(w);
    const uint64_t space = masks.space.ahead(w, 1);
    if (!addresses.empty()) {
      // "12 M": a number and a word behind it.
      each(digit & space & masks.letter.ahead(w, 2), [&](size_t at) {
        const uint64_t start = origin + masks.digit.run_start(at);
        ask(addresses, address_from_number, Trigger{start, start});
      });
      // "e 1", ". 1": a word and a number behind it.
      each((letter | masks.dot.word(w)) & space & masks.digit.ahead(w, 2), [&](size_t at) {
        ask(addresses, address_to_number, Trigger{origin + at + 2, origin + at + 2});
      });
    }
    if (!people.empty())
      // Letters with marks are no ASCII: "José C" has none before its space.
      each((letter | ~masks.word.word(w)) & space & masks.upper.ahead(w, 2), [&](size_t at) {
        const uint64_t start = name_start(text, origin + at);
        if (start <= origin + at) ask(people, person_at_name, Trigger{start, start});
      });
  }
}

uint64_t PhraseStage::mask_from(const TextView& text) const noexcept {
  uint64_t from = cursor_;
  while (from > text.begin && cursor_ - from < kWordBytesMax && is_alnum(text.at(from - 1))) --from;
  return from;
}

uint64_t PhraseStage::live_from(const Engine& engine, const TextView& text) noexcept {
  TextView tail = text;
  if (text.end - text.begin > kLiveBytes) {
    tail.begin = text.end - kLiveBytes;
    tail.bytes += tail.begin - text.begin;
  }
  uint64_t live = text.end;
  if (!engine.rules_of(RuleKind::Address).empty()) live = std::min(live, address_live_from(tail));
  if (!engine.rules_of(RuleKind::Person).empty()) live = std::min(live, person_live_from(tail));
  if (!engine.rules_of(RuleKind::TravelZone).empty())
    live = std::min(live, travel_zone_live_from(tail));
  if (!engine.rules_of(RuleKind::SpeltEmail).empty())
    live = std::min(live, spelt_email_live_from(tail));
  return live;
}

}  // namespace sallyport::scan
