// The hard part: the edge. Idea: everything that could be a match lies in a run, and a run is
// judged when it is over. It is harder because
//   1. runs of different kinds overlap (a number inside a URL), so findings wait for the latest of
//   them;
//   2. a run may never end (base64 of megabytes, a table of numbers), so long ones are judged in
//   overlapping
//      halves at places that depend on the run's start only, never on the cuts;
//   3. the character behind a match decides too (boundaries), so a run is judged when that one is
//   known.
#include "dataplane/scan/text_scanner.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/scan/digit_runs.h"
#include "dataplane/scan/validators.h"

namespace sallyport::scan {
namespace {

constexpr uint8_t kWord = 1;
constexpr uint8_t kDigit = 2;
constexpr uint8_t kSeparator = 4;
constexpr uint8_t kOpener = 8;  // may begin a digit run

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0x21; c < 0x7f; ++c) classes[c] = kWord;
  for (char c : {'"', '<', '>', '`', '\\'}) classes[static_cast<uint8_t>(c)] = 0;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] |= kDigit;
  for (char c : {' ', '-', '.', '/', '(', ')', '+'}) classes[static_cast<uint8_t>(c)] |= kSeparator;
  for (char c : {'(', '+'}) classes[static_cast<uint8_t>(c)] |= kOpener;
  return classes;
}
constexpr std::array<uint8_t, 256> kClasses = make_classes();

// Shortest secret that a pattern may describe; shorter words without '@' never reach the matcher.
constexpr uint64_t kSecretBytesMin = 16;
constexpr uint8_t kSeparatorsMax = 2;
// Fewer digits than in the shortest number of any kind: the run needs no judging.
constexpr uint32_t kDigitsMin = 7;
constexpr size_t kRawMatchesMax = 4'096;
constexpr size_t kCandidatesMax = 8'192;
constexpr uint64_t kContextBytes = 48;

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kPrivate = "PRIVATE KEY";
constexpr std::string_view kEnd = "-----END";
constexpr uint64_t kHeaderLineMax = 80;

bool is_word_char(uint8_t c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

uint8_t lower(uint8_t c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<uint8_t>(c + 32) : c;
}

bool is_letter(uint8_t c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(uint8_t c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_base64(uint8_t c) noexcept {
  return (is_word_char(c) && c != '_') || c == '+' || c == '/' || c == '=';
}

bool contains(std::span<const uint8_t> text, std::string_view word) noexcept {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](uint8_t a, char b) {
           return lower(a) == static_cast<uint8_t>(b);
         }) != text.end();
}

// Short words also stand inside others ("tel" in "hotel", "call" in "called"): they must stand
// alone, or be the last part of a name like userTel, or have a plural s.
constexpr size_t kShortContextWord = 4;

bool contains_context(std::span<const uint8_t> text, std::string_view word) noexcept {
  if (word.size() > kShortContextWord) return contains(text, word);
  for (size_t i = 0; i + word.size() <= text.size(); ++i) {
    if (!contains(text.subspan(i, word.size()), word)) continue;
    const uint8_t left = i == 0 ? uint8_t{0} : text[i - 1];
    size_t end = i + word.size();
    if (end < text.size() && lower(text[end]) == 's') ++end;
    const uint8_t right = end < text.size() ? text[end] : uint8_t{0};
    const bool begins = !is_letter(left) || (left >= 'a' && text[i] >= 'A' && text[i] <= 'Z');
    if (begins && !(right >= 'a' && right <= 'z')) return true;
  }
  return false;
}

}  // namespace

TextScanner::~TextScanner() { mem::wipe(window_); }

void TextScanner::begin(const Engine& engine, Scratch& scratch) {
  engine_ = &engine;
  scratch_ = &scratch;
  mem::wipe(window_);
  window_.clear();
  window_start_ = fed_ = edge_ = 0;
  ended_ = overflow_ = false;
  word_start_ = digit_start_ = block_start_ = kNone;
  word_has_at_ = false;
  separators_ = 0;
  digit_count_ = 0;
  block_phase_ = block_matched_ = 0;
  block_row_ = block_row_max_ = 0;
  candidates_.clear();
  findings_.clear();
  taken_ = 0;
}

void TextScanner::take(size_t count) noexcept {
  SP_CHECK(count <= findings_.size() - taken_);
  taken_ += count;
  if (taken_ == findings_.size()) {
    findings_.clear();
    taken_ = 0;
  }
}

bool TextScanner::feed(std::span<const uint8_t> text) {
  SP_CHECK(!ended_);
  window_.insert(window_.end(), text.begin(), text.end());
  for (uint8_t c : text) byte(c, fed_++);
  settle();
  forget();
  return !overflow_;
}

void TextScanner::end() {
  if (ended_) return;
  if (word_start_ != kNone) judge_word(fed_, kNone);
  close_digits(fed_);
  // A block that was opened and never closed counts as one when it holds key material.
  if (block_phase_ == 3 && block_row_max_ >= kKeyMaterialRun) add_key_block(fed_);
  word_start_ = block_start_ = kNone;
  block_phase_ = 0;
  ended_ = true;
  settle();
}

inline void TextScanner::byte(uint8_t c, uint64_t at) {
  const uint8_t classes = kClasses[c];
  if ((classes & kWord) != 0) {
    if (word_start_ == kNone) {
      word_start_ = at;
      word_has_at_ = false;
    }
    word_has_at_ |= c == '@';
    if (at + 1 - word_start_ >= kWordRunBytesMax) {
      // The first half is decided: no pattern is wider than the second.
      const uint64_t limit = at - contract::kPatternWidthMax;
      judge_word(at + 1, limit);
      word_start_ = limit;
    }
  } else if (word_start_ != kNone) {
    judge_word(at, kNone);
    word_start_ = kNone;
  }
  if ((classes & (kDigit | kSeparator)) != 0 || digit_start_ != kNone) digit_byte(c, at);
  if (c == '-' || block_phase_ != 0) key_block_byte(c, at);
}

void TextScanner::digit_byte(uint8_t c, uint64_t at) {
  const uint8_t classes = kClasses[c];
  if ((classes & kDigit) != 0) {
    if (digit_start_ == kNone) {
      digit_start_ = at;
      digit_count_ = 0;
    }
    separators_ = 0;
    digit_last_ = at + 1;
    ++digit_count_;
  } else if ((classes & kSeparator) != 0) {
    if (digit_start_ == kNone) {
      if ((classes & kOpener) == 0) return;
      digit_start_ = digit_last_ = at;
      digit_count_ = 0;
      separators_ = 0;
    } else if (++separators_ > kSeparatorsMax || (digit_count_ == 0 && (classes & kOpener) == 0)) {
      close_digits(at);
      if ((classes & kOpener) == 0) return;
      digit_start_ = digit_last_ = at;
      digit_count_ = 0;
    }
  } else {
    close_digits(at);
    return;
  }
  if (at + 1 - digit_start_ >= kDigitRunBytesMax) {
    uint64_t limit = digit_start_ + kDigitRunBytesMax / 2;
    // The plus or bracket of the number behind goes with it.
    while (limit > digit_start_ + 1 && (kClasses[this->at(limit - 1)] & kOpener) != 0) --limit;
    judge_digits(at + 1, limit);
    digit_start_ = limit;
    // The rest keeps its digits; counting them again would only skip the judging of short runs.
    digit_count_ = kDigitsMin;
  }
}

void TextScanner::close_digits(uint64_t end) {
  if (digit_start_ == kNone) return;
  if (digit_count_ >= kDigitsMin) judge_digits(end, kNone);
  digit_start_ = kNone;
  separators_ = 0;
}

// Matches that begin before `start_limit` (all: kNone). [word_start_, end) is the run.
void TextScanner::judge_word(uint64_t end, uint64_t start_limit) {
  const uint64_t size = end - word_start_;
  if (word_has_at_) judge_at_signs(end, start_limit);
  if (size < kSecretBytesMin) return;
  raw_.clear();
  if (!engine_->match(text(word_start_, end), *scratch_, raw_, kRawMatchesMax)) {
    overflow_ = true;
    return;
  }
  // The matcher reports every end; the longest one of a rule's start is the match.
  std::sort(raw_.begin(), raw_.end(), [](const RawMatch& a, const RawMatch& b) {
    return a.rule != b.rule     ? a.rule < b.rule
           : a.start != b.start ? a.start < b.start
                                : a.end > b.end;
  });
  const RawMatch* last = nullptr;
  for (const RawMatch& match : raw_) {
    if (last != nullptr && last->rule == match.rule && last->start == match.start) continue;
    last = &match;
    const uint64_t start = word_start_ + match.start;
    if (start >= start_limit) continue;
    // Without a right boundary the pattern is how a value begins, and it goes on to the end of its
    // row: keys grow longer over the years, and half a key masked is half a key shown.
    uint64_t stop = word_start_ + match.end;
    if ((engine_->rule(match.rule).flags & contract::kRuleBoundaryRight) == 0)
      while (stop < end && stop - start < contract::kPatternWidthMax &&
             (is_word_char(at(stop)) || at(stop) == '-'))
        ++stop;
    add_rule_match(match.rule, start, stop);
  }
}

// Addresses and URLs with credentials: read by code of our own, from each '@' and each "://".
void TextScanner::judge_at_signs(uint64_t end, uint64_t start_limit) {
  const auto run = text(word_start_, end);
  const auto try_all = [&](contract::RuleKind kind, std::string_view anchor, auto&& narrow) {
    const auto rules = engine_->rules_of(kind);
    if (rules.empty()) return;
    uint32_t from = escape_at_word_start();
    for (;;) {
      const auto hit = std::search(run.begin() + from, run.end(), anchor.begin(), anchor.end());
      if (hit == run.end()) return;
      const auto anchor_end =
          static_cast<uint32_t>(hit - run.begin() + static_cast<std::ptrdiff_t>(anchor.size()));
      uint32_t start = from, stop = static_cast<uint32_t>(run.size());
      const bool found = narrow(run, start, stop);
      if (found && word_start_ + start < start_limit)
        add_rule_match(rules[0], word_start_ + start, word_start_ + stop);
      from = found ? std::max(stop, anchor_end) : anchor_end;
    }
  };
  try_all(contract::RuleKind::Email, "@", email);
  try_all(contract::RuleKind::UrlCredentials, "://", url_credentials);
}

bool TextScanner::context_fits(const Engine::Rule& rule, uint64_t start) const {
  if (rule.context.empty()) return true;
  const uint64_t from = std::max(window_start_, start > kContextBytes ? start - kContextBytes : 0);
  const auto preceding = text(from, start);
  return std::any_of(rule.context.begin(), rule.context.end(),
                     [&](const std::string& word) { return contains_context(preceding, word); });
}

// Text is often JSON or source code that holds text: of "\nAKIA..." or "\u003cjohn@..." the
// letters of the escape are no part of what follows. Size of the escape that ends at `offset`, or
// 0.
size_t TextScanner::escape_before(uint64_t offset) const noexcept {
  const uint64_t known = offset - window_start_;
  if (known >= 2 && at(offset - 2) == '\\') {
    const uint8_t c = at(offset - 1);
    return c == 'n' || c == 'r' || c == 't' ? 2 : 0;
  }
  if (known < 6 || at(offset - 6) != '\\' || at(offset - 5) != 'u') return 0;
  for (uint64_t i = offset - 4; i < offset; ++i)
    if (!is_hex(at(i))) return 0;
  return 6;
}

// How many letters of such an escape the word run begins with (its backslash is no word character).
uint32_t TextScanner::escape_at_word_start() const noexcept {
  const uint64_t end = window_start_ + window_.size();
  for (uint32_t size : {1U, 5U})
    if (word_start_ + size <= end && word_start_ > window_start_ &&
        escape_before(word_start_ + size) == size + 1)
      return size;
  return 0;
}

// What stands before `offset`, as a boundary: 0 at the start of the text, a space for an escape.
uint8_t TextScanner::before(uint64_t offset) const noexcept {
  if (offset <= window_start_) return 0;
  return escape_before(offset) > 0 ? uint8_t{' '} : at(offset - 1);
}

bool TextScanner::boundaries_fit(const Engine::Rule& rule, uint64_t start, uint64_t end) const {
  if (rule.kind != contract::RuleKind::Pattern) return true;  // the others know their own edges
  if ((rule.flags & contract::kRuleBoundaryLeft) != 0 && is_word_char(before(start))) return false;
  const uint64_t known = window_start_ + window_.size();
  return (rule.flags & contract::kRuleBoundaryRight) == 0 || end >= known || !is_word_char(at(end));
}

void TextScanner::add_rule_match(uint16_t index, uint64_t start, uint64_t end) {
  const Engine::Rule& rule = engine_->rule(index);
  if (rule.validator == contract::Validator::Entropy && !looks_random(text(start, end))) return;
  if (!boundaries_fit(rule, start, end)) return;
  if ((rule.flags & contract::kRuleNeedsContext) != 0 && !context_fits(rule, start)) return;
  if (candidates_.size() >= kCandidatesMax) {
    overflow_ = true;
    return;
  }
  candidates_.push_back(
      Candidate{Finding{start, end, rule.entity, index, rule.confidence}, rule.priority});
}

void TextScanner::judge_digits(uint64_t end, uint64_t start_limit) {
  for (auto kind : {contract::RuleKind::Card, contract::RuleKind::Ssn, contract::RuleKind::Phone})
    if (!engine_->rules_of(kind).empty()) add_digit_candidates(kind, end, start_limit);
}

void TextScanner::add_digit_candidates(contract::RuleKind kind, uint64_t end,
                                       uint64_t start_limit) {
  DigitRun run;
  run.text = text(digit_start_, end);
  run.before = before(digit_start_);
  run.behind = end < window_start_ + window_.size() ? at(end) : uint8_t{0};
  split_groups(run);
  const uint64_t base = digit_start_;
  for (size_t g = 0; g < run.group_count;) {
    if (start_limit != kNone && base + run.groups[g].start >= start_limit) return;
    NumberMatch match;
    const bool found = kind == contract::RuleKind::Card  ? card_at(run, g, match)
                       : kind == contract::RuleKind::Ssn ? ssn_at(run, g, match)
                                                         : phone_at(run, g, match);
    bool added = false;
    if (found) {
      // Rules of one kind differ in whether they ask for a context word; the surer one is tried
      // first.
      for (uint16_t index : engine_->rules_of(kind)) {
        const Engine::Rule& rule = engine_->rule(index);
        const bool asks = (rule.flags & contract::kRuleNeedsContext) != 0;
        if (match.needs_context != asks) continue;
        const size_t before = candidates_.size();
        add_rule_match(index, base + match.start, base + match.end);
        added = candidates_.size() > before;
        if (added) break;
      }
    }
    g = added ? match.group_end : g + 1;
  }
}

// PEM (RFC 7468): from the dashes of a header line that names a private key to the end of its end
// line.
void TextScanner::key_block_byte(uint8_t c, uint64_t at) {
  switch (block_phase_) {
    case 0:
      block_phase_ = 1;
      block_matched_ = 1;
      block_start_ = at;
      return;
    case 1:
      if (c == static_cast<uint8_t>(kBegin[block_matched_])) {
        if (++block_matched_ == kBegin.size()) {
          block_phase_ = 2;
          block_mark_ = at + 1;
        }
      } else if (c == '-' && block_matched_ == 5) {
        ++block_start_;  // six dashes: the last five may be the start
      } else if (c == '-') {
        block_start_ = at;
        block_matched_ = 1;
      } else {
        block_phase_ = 0;
        block_start_ = kNone;
      }
      return;
    case 2:
      if (c != '-' && at - block_mark_ < kHeaderLineMax) return;
      if (c == '-' && contains(text(block_mark_, at), "private key")) {
        block_phase_ = 3;
        block_mark_ = at;
        block_row_ = block_row_max_ = 0;
        return;
      }
      block_phase_ = 0;
      block_start_ = kNone;
      if (c == '-') key_block_byte(c, at);  // may be the first dash of the real one
      return;
    default:
      key_body_byte(c, at);
  }
}

void TextScanner::key_body_byte(uint8_t c, uint64_t at) {
  block_row_ = is_base64(c) ? block_row_ + 1 : 0;
  block_row_max_ = std::max(block_row_max_, block_row_);
  const bool full = at + 1 - block_start_ >= kKeyBlockBytesMax;
  if (c == '-' && at >= block_mark_ + 4 && key_block_closes(at)) {
    if (block_row_max_ >= kKeyMaterialRunClosed) add_key_block(at + 1);
  } else if (full) {
    add_key_block(at + 1);
  } else {
    if (at - block_mark_ >= kKeyMaterialWithin && block_row_max_ < kKeyMaterialRun)
      give_up_key_block(at);
    return;
  }
  block_phase_ = 0;
  block_start_ = kNone;
}

// The end line is complete with its closing dashes.
bool TextScanner::key_block_closes(uint64_t at) const {
  const uint64_t line =
      at + 1 > kHeaderLineMax ? std::max(block_mark_, at + 1 - kHeaderLineMax) : block_mark_;
  const auto tail = text(line, at + 1);
  const std::string_view view(reinterpret_cast<const char*>(tail.data()), tail.size());
  const size_t from = view.rfind(kEnd);
  return from != std::string_view::npos &&
         view.substr(from).find(kPrivate) != std::string_view::npos && view.ends_with("-----");
}

// Only talk about keys so far; the header of a real one may stand in what was read.
void TextScanner::give_up_key_block(uint64_t at) {
  const uint64_t from = block_mark_;
  block_phase_ = 0;
  block_start_ = kNone;
  for (uint64_t i = from; i <= at; ++i) {
    const uint8_t c = this->at(i);
    if (c == '-' || block_phase_ != 0) key_block_byte(c, i);
  }
}

void TextScanner::add_key_block(uint64_t end) {
  for (uint16_t rule : engine_->rules_of(contract::RuleKind::KeyBlock))
    return add_rule_match(rule, block_start_, end);
}

// Moves the edge to the earliest run that is alive, and resolves the clusters that lie wholly
// before it.
void TextScanner::settle() {
  uint64_t edge = fed_;
  if (!ended_) edge = std::min({edge, word_start_, digit_start_, block_start_});
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.finding.start != b.finding.start ? a.finding.start < b.finding.start
                                              : a.finding.end > b.finding.end;
  });
  while (!candidates_.empty()) {
    uint64_t cluster_end = candidates_.front().finding.end;
    size_t count = 1;
    while (count < candidates_.size() && candidates_[count].finding.start < cluster_end)
      cluster_end = std::max(cluster_end, candidates_[count++].finding.end);
    if (cluster_end > edge) {
      edge = std::min(edge, candidates_.front().finding.start);
      break;
    }
    resolve(count);
    candidates_.erase(candidates_.begin(),
                      candidates_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  edge_ = std::max(edge_,
                   edge);  // I2: a '+' that opens a run may lie before what a judged run released
}

// Of the first `count` candidates, which all hang together, the strongest ones that do not overlap.
void TextScanner::resolve(size_t count) {
  std::sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Candidate& a, const Candidate& b) {
              const auto size_a = a.finding.end - a.finding.start,
                         size_b = b.finding.end - b.finding.start;
              if (a.priority != b.priority) return a.priority > b.priority;
              if (a.finding.confidence != b.finding.confidence)
                return a.finding.confidence > b.finding.confidence;
              if (size_a != size_b) return size_a > size_b;
              if (a.finding.start != b.finding.start) return a.finding.start < b.finding.start;
              return a.finding.rule < b.finding.rule;
            });
  const size_t first = findings_.size();
  for (size_t i = 0; i < count; ++i) {
    const Finding& candidate = candidates_[i].finding;
    const bool overlaps = std::any_of(
        findings_.begin() + static_cast<std::ptrdiff_t>(first), findings_.end(),
        [&](const Finding& f) { return candidate.start < f.end && f.start < candidate.end; });
    if (!overlaps) findings_.push_back(candidate);
  }
  std::sort(findings_.begin() + static_cast<std::ptrdiff_t>(first), findings_.end(),
            [](const Finding& a, const Finding& b) { return a.start < b.start; });
}

void TextScanner::forget() {
  uint64_t keep = edge_;
  keep = std::min({keep, word_start_, digit_start_, block_start_});
  if (!candidates_.empty()) keep = std::min(keep, candidates_.front().finding.start);
  keep = keep > kLookBehindBytes ? keep - kLookBehindBytes : 0;
  if (keep <= window_start_) return;
  const size_t dead = keep - window_start_;
  // Moving the rest costs its size; do it when the dead part is the larger one.
  if (dead < window_.size() / 2 + 1) return;
  const size_t rest = window_.size() - dead;
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(dead), window_.end(), window_.begin());
  mem::wipe(std::span(window_).subspan(rest));
  window_.resize(rest);
  window_start_ = keep;
}

}  // namespace sallyport::scan
