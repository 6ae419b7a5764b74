#include "dataplane/scan/candidate_list.h"

#include <algorithm>

#include "dataplane/scan/read/letter_run.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/registry.h"

namespace sallyport::scan {
namespace {

// "ssn_of_spouse == 536-90-4399"
constexpr uint16_t kNameBytesOfSum = 16;

bool has_word(const std::vector<uint64_t>& words, uint16_t word) noexcept {
  return (words[word / 64U] >> (word % 64U) & 1) != 0;
}

// Bytes between the nearest of `words` and the value; 0xffff: none within `proximity`.
ContextHit nearest(const ContextHits& hits, const std::vector<uint64_t>& words, uint64_t proximity,
                   ContextHit best) noexcept {
  for (size_t i = 0; i < hits.count; ++i)
    if (hits.hits[i].distance <= proximity && hits.hits[i].distance < best.distance &&
        has_word(words, hits.hits[i].word))
      best = hits.hits[i];
  return best;
}

// "... your passport number in a chat.\n\nDrawing no. 525-14-6786": between a word, `distance`
// bytes before the value at `start`, and the value ends the sentence of another line, and the
// value's own line has words for it. "No." ends none.
bool is_of_another_sentence(const TextView& text, uint64_t start, uint64_t distance) noexcept {
  const uint64_t from = std::max(text.begin, start - std::min(start, distance));
  unsigned letters = 0;
  for (uint64_t at = start; at > from; --at) {
    const uint8_t c = text.at(at - 1);
    letters += is_letter(c) || c >= 0x80 ? 1 : 0;
    if (c != '\n') continue;
    if (letters < 2) return false;
    uint64_t end = at - 1;
    unsigned line_ends = 1;
    // Over empty lines and rules ("---").
    for (; end > from; --end) {
      const uint8_t mark = text.at(end - 1);
      if (!is_blank(mark) && mark != '\n' && mark != '-' && mark != '=' && mark != '*') break;
      line_ends += mark == '\n' ? 1 : 0;
    }
    if (end == from) return false;
    const uint8_t last = text.at(end - 1);
    // "telefone +55 11 97123-7016", an empty line: the word had its value.
    if (is_digit(last)) return line_ends > 1;
    return (last == '.' || last == '!') &&
           end - 1 - letters_start(text, end - 1, end - 1 - from) > 3;
  }
  return false;
}

}  // namespace

void CandidateList::begin(const Engine& engine) noexcept {
  engine_ = &engine;
  candidates_.clear();
  overflow_ = false;
  context_start_ = ~uint64_t{0};
}

const ContextHits& CandidateList::context(uint64_t start, const TextView& text) noexcept {
  // Several rules ask about one place.
  if (context_start_ != start) {
    engine_->words().find(text, start, engine_->context_reach(), *blocks_, context_);
    context_start_ = start;
  }
  return context_;
}

bool CandidateList::offer(uint16_t index, const Hit& hit, Around around, const TextView& text) {
  const Engine::Rule& rule = engine_->rule(index);
  ContextHit word{kNoContextWord, kNoDistance};
  if (rule.has_context || rule.has_against) {
    const ContextHits& hits = context(hit.start, text);
    const uint64_t reach = std::min<uint64_t>(rule.proximity, hit.start - around.line);
    const auto near = [&](const std::vector<uint64_t>& words) {
      ContextHit before = nearest(hits, words, reach, {kNoContextWord, kNoDistance});
      if (before.distance != kNoDistance &&
          is_of_another_sentence(text, hit.start, before.distance))
        before = {kNoContextWord, kNoDistance};
      return around.beside == nullptr ? before
                                      : nearest(*around.beside, words, rule.proximity, before);
    };
    if (rule.has_context) word = near(rule.context);
    if (rule.has_against) {
      const ContextHit against = near(rule.against);
      if (against.distance != kNoDistance && against.distance <= word.distance) return false;
    }
  }
  if (around.in_sum && word.distance > kNameBytesOfSum) return false;
  const bool is_known = word.distance != kNoDistance;
  if (!is_known && (hit.bare || (around.joined && !around.strong))) return true;
  uint8_t confidence = is_known || !rule.has_context ? rule.confidence : rule.confidence_bare;
  // Of what nothing is said the form that others know better is theirs, and no habit of evaders.
  const bool is_guess = !is_known && around.alone && rule.confidence_alone > confidence &&
                        hit.doubt < kDoubtOfEvasion;
  if (is_guess) confidence = rule.confidence_alone;
  if (confidence == 0) return true;
  if (engine_->is_sample(rule.entity, sample_fingerprint(text.slice(hit.start, hit.end))))
    return true;
  if (candidates_.size() >= kCandidatesMax) {
    overflow_ = true;
    return true;
  }
  const auto sure = static_cast<uint8_t>(confidence > hit.doubt ? confidence - hit.doubt : 1);
  candidates_.push_back(
      Candidate{Finding{hit.start, hit.end, rule.entity, index, word.word, sure, around.folded},
                is_guess ? uint8_t{0} : rule.priority, word.distance});
  return true;
}

void CandidateList::offer_unchecked(uint16_t index, const Hit& hit, const TextView& text) {
  const Engine::Rule& rule = engine_->rule(index);
  // What is nothing without its word is not asked about before the word is there: reading a key
  // costs more than what stands around it, which all rules at one place share.
  if (rule.has_context && rule.confidence_bare == 0 &&
      nearest(context(hit.start, text), rule.context, rule.proximity, {kNoContextWord, kNoDistance})
              .distance == kNoDistance)
    return;
  if (rule.validator == contract::Validator::None ||
      holds(rule.validator, text.slice(hit.start, hit.end)))
    offer(index, hit, Around{}, text);
}

void CandidateList::add(const Finding& finding, uint8_t priority) {
  if (candidates_.size() >= kCandidatesMax)
    overflow_ = true;
  else
    candidates_.push_back(Candidate{finding, priority, kNoDistance});
}

bool CandidateList::ranks_before(const Candidate& a, const Candidate& b) const noexcept {
  if (a.priority != b.priority) return a.priority > b.priority;
  const bool a_is_long = engine_->rule(a.finding.rule).longest_stays;
  if (a_is_long != engine_->rule(b.finding.rule).longest_stays) return a_is_long;
  if (const uint64_t a_bytes = a.finding.end - a.finding.start,
      b_bytes = b.finding.end - b.finding.start;
      a_is_long && a_bytes != b_bytes)
    return a_bytes > b_bytes;
  if (a.distance != b.distance) return a.distance < b.distance;
  if (a.finding.confidence != b.finding.confidence)
    return a.finding.confidence > b.finding.confidence;
  const uint64_t a_size = a.finding.end - a.finding.start;
  const uint64_t b_size = b.finding.end - b.finding.start;
  if (a_size != b_size) return a_size > b_size;
  if (a.finding.start != b.finding.start) return a.finding.start < b.finding.start;
  return a.finding.rule < b.finding.rule;
}

void CandidateList::sort_by_place() noexcept {
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.finding.start != b.finding.start ? a.finding.start < b.finding.start
           : a.finding.end != b.finding.end   ? a.finding.end > b.finding.end
                                              : a.finding.rule < b.finding.rule;
  });
}

uint64_t CandidateList::waiting_from(uint64_t edge) noexcept {
  if (candidates_.empty()) return edge;
  sort_by_place();
  for (size_t first = 0; first < candidates_.size();) {
    uint64_t end = candidates_[first].finding.end;
    size_t next = first + 1;
    while (next < candidates_.size() && candidates_[next].finding.start < end)
      end = std::max(end, candidates_[next++].finding.end);
    if (end > edge) return std::min(edge, candidates_[first].finding.start);
    first = next;
  }
  return edge;
}

uint64_t CandidateList::settle(uint64_t edge, std::vector<Finding>& out) {
  if (candidates_.empty()) return edge;
  sort_by_place();
  size_t done = 0;
  while (done < candidates_.size()) {
    uint64_t cluster_end = candidates_[done].finding.end;
    size_t next = done + 1;
    while (next < candidates_.size() && candidates_[next].finding.start < cluster_end)
      cluster_end = std::max(cluster_end, candidates_[next++].finding.end);
    if (cluster_end > edge) {
      edge = std::min(edge, candidates_[done].finding.start);
      break;
    }
    const auto first = candidates_.begin() + static_cast<std::ptrdiff_t>(done);
    const auto last = candidates_.begin() + static_cast<std::ptrdiff_t>(next);
    const size_t found = out.size();
    std::sort(first, last,
              [this](const Candidate& a, const Candidate& b) { return ranks_before(a, b); });
    for (auto it = first; it != last; ++it) {
      const Finding& one = it->finding;
      const bool is_free =
          std::none_of(out.begin() + static_cast<std::ptrdiff_t>(found), out.end(),
                       [&](const Finding& f) { return one.start < f.end && f.start < one.end; });
      if (is_free) out.push_back(one);
    }
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(found), out.end(),
              [](const Finding& a, const Finding& b) { return a.start < b.start; });
    done = next;
  }
  candidates_.erase(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(done));
  return edge;
}

}  // namespace sallyport::scan
