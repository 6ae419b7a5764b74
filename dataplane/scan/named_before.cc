#include "dataplane/scan/named_before.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/read/open_reader.h"
#include "dataplane/scan/recognise/person/free_person.h"
#include "dataplane/scan/recognise/person/gazetteer.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kNameBytesMin = 3;
constexpr uint64_t kUnknownBytesMin = 4;
// "Prof. Dr. Anna Maria van der Quastrup"
constexpr size_t kWordsMax = 8;

// Bit n: character n of sixteen is a capital letter of ASCII, or may begin one of two bytes.
uint32_t capitals_of(const uint8_t* text) noexcept {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  const auto below = [](__m128i from, char size) {
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(size)), from);
  };
  const __m128i ascii = below(_mm_sub_epi8(v, _mm_set1_epi8('A')), 25);
  const __m128i wide = below(_mm_sub_epi8(v, _mm_set1_epi8(static_cast<char>(0xc3))), 0xd0 - 0xc3);
  return static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(ascii, wide)));
}

// The first place of [at, until) where a capital letter may stand; `until`: none.
uint64_t capital_from(const TextView& text, uint64_t at, uint64_t until) noexcept {
  constexpr uint64_t kAtOnce = sizeof(__m128i);
  for (; at + kAtOnce <= until; at += kAtOnce)
    if (const uint32_t some = capitals_of(text.bytes + (at - text.begin)); some != 0)
      return at + static_cast<uint64_t>(std::countr_zero(some));
  while (at < until && !is_upper(text.at(at)) && text.at(at) < 0xc3) ++at;
  return at;
}

}  // namespace

void NamedBefore::begin(const Engine& engine, const PeopleBefore& before) noexcept {
  own_.clear();
  people_ = before.looked_for ? before.people : &own_;
  told_ = before.looked_for ? nullptr : before.people;
  if (engine.serial() == engine_) return;  // most texts are short
  engine_ = engine.serial();
  const auto rules = engine.rules_anywhere(contract::RuleKind::PersonAgain);
  wanted_ = !rules.empty();
  if (!wanted_) return;
  found_ = Finding{};
  found_.rule = rules.front();
  found_.entity = engine.rule(found_.rule).entity;
  most_ = engine.rule(found_.rule).confidence;
}

void NamedBefore::learn(const TextView& text, const Finding& person) {
  OpenReader reader(text);
  std::array<NameWord, kWordsMax> words;
  size_t count = 0;
  for (uint64_t at = person.start; at < person.end && count < words.size();) {
    const NameWord word = word_at(reader, at);
    if (word.capital && word.end <= person.end) words[count++] = word;
    at = word.size() > 0 ? word.end : at + 1;
  }
  bool behind_given = false;
  for (size_t i = 0; i < count; ++i) {
    const NameWord& word = words[i];
    const NameKind kind = kind_of(reader, word);
    const bool is_name =
        kind.is_name() && word.size() >= kNameBytesMin && !things_have(reader, word);
    const bool is_family = !kind.given && !kind.family && !kind.ambiguous && behind_given &&
                           i + 1 == count && word.size() >= kUnknownBytesMin &&
                           !is_thing_word(reader, word);
    if (is_name || is_family) {
      const auto name = reader.known(word.start, word.end);
      const uint8_t confidence = std::min(person.confidence, most_);
      people_->add(name, confidence);
      if (told_ != nullptr) told_->add(name, confidence);
    }
    behind_given = behind_given || (i == 0 && kind.given);
  }
}

// Looks at the words that begin in [from, until). Answers where one waits, else `until`.
uint64_t NamedBefore::look(const TextView& text, uint64_t from, uint64_t until, bool may_wait) {
  for (uint64_t at = from; (at = capital_from(text, at, until)) < until; ++at) {
    if (at + 1 < text.end && !people_->may_begin(text.at(at), text.at(at + 1))) continue;
    OpenReader reader(text);
    if (is_word_letter(reader.before(at)) || is_digit(reader.before(at))) continue;
    const NameWord whole = word_at(reader, at), word = without_possession(reader, whole);
    if (!word.capital || word.size() == 0) continue;
    // Of a word that may go on, too: what waits is what could be one.
    uint8_t confidence = 0;
    if (!people_->find(reader.known(word.start, word.end), reader.open(), confidence)) {
      at = whole.end - 1;
      continue;
    }
    const bool again = stands_again(reader, word);
    if (reader.open() || word.end > until) {
      if (may_wait) return at;
      continue;
    }
    if (!again) continue;
    found_.confidence = confidence;
    found_.start = word.start;
    found_.end = word.end;
    again_.push_back(found_);
    at = word.end - 1;
  }
  return until;
}

uint64_t NamedBefore::settle(const TextView& text, uint64_t from, uint64_t edge,
                             std::vector<Finding>& winners) {
  if (!wanted_ || (people_->empty() && winners.empty())) return edge;
  again_.clear();
  uint64_t at = from;
  for (const Finding& one : winners) {
    if (!people_->empty() && at < one.start) look(text, at, one.start, false);
    if (one.entity == found_.entity) learn(text, one);
    at = std::max(at, one.end);
  }
  if (!people_->empty() && at < edge) edge = look(text, at, edge, !text.final);
  if (!again_.empty()) {
    winners.insert(winners.end(), again_.begin(), again_.end());
    std::sort(winners.begin(), winners.end(),
              [](const Finding& a, const Finding& b) { return a.start < b.start; });
  }
  return edge;
}

}  // namespace sallyport::scan
