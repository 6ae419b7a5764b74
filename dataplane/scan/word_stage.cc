#include "dataplane/scan/word_stage.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/scan/encoded_runs.h"
#include "dataplane/scan/recognise/crypto.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/ip.h"
#include "dataplane/scan/recognise/mac.h"
#include "dataplane/scan/recognise/url_credentials.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/registry.h"

namespace sallyport::scan {
namespace {

constexpr size_t kRawMatchesMax = 4'096;
// Literals of patterns in what is not judged yet, of which one place may hold several.
constexpr size_t kTracesMax = 16'384;
// Keys without a mark of their own, and what may be decoded.
constexpr size_t kRunBytesMin = 16;
constexpr size_t kCryptoBytesMin = 25;
// Of one IPv6 or hardware address: four digits of a group between two.
constexpr unsigned kColonsWithin = 5;
constexpr uint64_t kAccentedWordBytes = 64;

bool is_word_char(uint8_t c) noexcept { return is_alnum(c) || c == '_'; }

bool fits_alphabet(contract::Alphabet alphabet, uint8_t c) noexcept {
  switch (alphabet) {
    case contract::Alphabet::Hex:
      return is_hex(c);
    case contract::Alphabet::Alnum:
      return is_alnum(c);
    case contract::Alphabet::Base64:
      return is_alnum(c) || c == '+' || c == '/';
    case contract::Alphabet::Base64Url:
      return is_alnum(c) || c == '-' || c == '_';
    case contract::Alphabet::Any:
      return is_alnum(c) || c == '-' || c == '_' || c == '+' || c == '/';
  }
  return false;
}

// The dot before the signature of a signed token, not the one that ends a sentence (RFC 7519, 3).
bool is_joint(const TextView& text, uint64_t at, uint64_t end) noexcept {
  return text.at(at) == '.' && at + 1 < end && is_word_char(text.at(at + 1));
}

}  // namespace

uint64_t WordStage::word_from(const TextView& text, uint64_t run) noexcept {
  uint64_t at = run;
  const uint64_t floor =
      std::max(text.begin, run > kAccentedWordBytes ? run - kAccentedWordBytes : 0);
  while (at > floor) {
    const uint8_t last = text.at(at - 1), lead = text.at(at - 2);
    if ((last & 0xc0) == 0x80 && lead >= 0xc3 && lead <= 0xc9 && at >= floor + 2)
      at -= 2;
    else if (last > 0x20 && last < 0x7f && at < run)
      --at;
    else
      break;
  }
  return at;
}

void WordStage::begin() noexcept {
  cursor_ = split_run_ = 0;
  traces_.clear();
}

void WordStage::note_pattern(uint64_t end) { traces_.push_back(Trace{end - 1, end, nullptr}); }
void WordStage::note_anchor(const Engine::Anchor& anchor, uint64_t start, uint64_t end) {
  traces_.push_back(Trace{start, end, &anchor});
}

bool WordStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                    uint64_t origin, unsigned depth, Scratch& scratch, PendingList& pending,
                    CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  if (traces_.size() > kTracesMax) return false;
  for (;;) {
    uint64_t until = text.end;
    if (text.end > cursor_ && !text.final &&
        masks.word.test(static_cast<size_t>(text.end - 1 - origin)))
      until = std::max(cursor_,
                       origin + masks.word.run_start(static_cast<size_t>(text.end - 1 - origin)));
    const bool is_long = text.end - until >= kWordRunBytesMax;
    if (until > cursor_ || text.final) {
      if (!judge(Part{engine, text, masks, origin, cursor_, until, text.end, depth, scratch,
                      pending, out}))
        return false;
      cursor_ = until;
    }
    if (!is_long) return true;
    // The first half is decided: no pattern is wider than the second.
    const uint64_t half = cursor_ + kWordRunBytesMax - contract::kPatternWidthMax;
    const uint64_t limit = half + contract::kPatternWidthMax;
    if (!judge(
            Part{engine, text, masks, origin, cursor_, half, limit, depth, scratch, pending, out}))
      return false;
    cursor_ = half;
  }
}

bool WordStage::judge(const Part& part) {
  if (part.from == part.until) return true;
  find_triggers(part);
  return confirm_patterns(part) && find_runs(part);
}

void WordStage::recognise(const Part& part, contract::RuleKind kind, RecogniseAt at,
                          const Trigger& trigger) {
  for (uint16_t rule : part.engine.rules_of(kind)) {
    part.pending.ask(rule, at, trigger, part.text, part.out);
  }
}

// Characters that announce a form, 64 places at a time.
void WordStage::find_triggers(const Part& part) {
  using contract::RuleKind;
  const auto has = [&](RuleKind kind) { return !part.engine.rules_of(kind).empty(); };
  const bool has_mail = has(RuleKind::Email), has_url = has(RuleKind::UrlCredentials);
  const bool has_ip = has(RuleKind::Ip), has_mac = has(RuleKind::Mac);
  const CharMasks& m = part.masks;
  const auto first = static_cast<size_t>(part.from - part.origin);
  const auto last = static_cast<size_t>(part.until - part.origin);
  for (size_t w = first / 64; w * 64 < last; ++w) {
    uint64_t in_part = ~uint64_t{0};
    if (w == first / 64) in_part &= ~uint64_t{0} << (first & 63);
    if ((w + 1) * 64 > last) in_part &= ~(~uint64_t{0} << (last & 63));
    const auto each = [&](uint64_t bits, auto&& use) {
      for (bits &= in_part; bits != 0; bits &= bits - 1)
        use(part.origin + w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    };
    if (has_mail)
      each(m.at.word(w), [&](uint64_t at) {
        const uint64_t run = part.origin + m.word.run_start(static_cast<size_t>(at - part.origin));
        recognise(part, RuleKind::Email, email_at, Trigger{word_from(part.text, run), at});
      });
    const uint64_t colon = m.colon.word(w);
    if (colon != 0 && has_url)
      each(colon & m.slash.ahead(w, 1) & m.slash.ahead(w, 2), [&](uint64_t at) {
        recognise(part, RuleKind::UrlCredentials, url_credentials_at, Trigger{at, at});
      });
    if (colon != 0 && (has_ip || has_mac)) {
      uint64_t next = 0, former = 0, joined_on = ~uint64_t{0}, joined_back = joined_on;
      for (unsigned n = 1; n <= kColonsWithin; ++n) {
        joined_on &= m.word.ahead(w, n);
        joined_back &= m.word.behind(w, n);
        next |= m.colon.ahead(w, n) & joined_on;
        former |= m.colon.behind(w, n) & joined_back;
      }
      each(colon & next & ~former, [&](uint64_t at) {
        if (has_ip) recognise(part, RuleKind::Ip, ip_at, Trigger{at, at});
        if (has_mac) recognise(part, RuleKind::Mac, mac_at, Trigger{at, at});
      });
    }
    if (has_ip && m.dot.word(w) != 0) {
      // The first dot of a dotted quad: no other dot between digits within four characters before
      // it.
      const uint64_t joined = m.word.behind(w, 1) & m.word.behind(w, 2);
      const uint64_t joined3 = joined & m.word.behind(w, 3);
      const uint64_t former = (m.dot.behind(w, 2) & joined) | (m.dot.behind(w, 3) & joined3) |
                              (m.dot.behind(w, 4) & joined3 & m.word.behind(w, 4));
      each(m.dot.word(w) & m.digit.behind(w, 1) & m.digit.ahead(w, 1) & ~former, [&](uint64_t at) {
        recognise(part, RuleKind::Ip, ip_at, Trigger{at, at});
      });
    }
  }
}

// The run [run_start, run_end) is as long as the pattern, and nothing stands right before a pattern
// that may not.
bool WordStage::may_match(const Part& part, const Trace& trace, uint64_t run_start,
                          uint64_t run_end) const {
  if (trace.anchor == nullptr) return true;
  const uint64_t from = trace.anchor->is_prefix ? trace.start : run_start;
  if (run_end < from + trace.anchor->width_min) return false;
  const bool bounded =
      (part.engine.rule(trace.anchor->rule).flags & contract::kRuleBoundaryLeft) != 0;
  return !trace.anchor->is_prefix || !bounded || !is_word_char(part.text.at(trace.start - 1));
}

bool WordStage::confirm_patterns(const Part& part) {
  uint64_t done = part.from;
  for (const Trace& trace : traces_) {
    const uint64_t last = trace.end - 1;
    if (last < done) continue;
    const auto at = static_cast<size_t>(last - part.origin);
    if (!part.masks.word.test(at)) continue;
    const uint64_t start = std::max(part.from, part.origin + part.masks.word.run_start(at));
    if (start >= part.until) continue;
    const auto size = static_cast<size_t>(part.limit - part.origin);
    const uint64_t end = part.origin + part.masks.word.next_clear(at, size);
    if (!may_match(part, trace, start, end)) continue;
    done = end;
    if (!confirm_run(part, start, done)) return false;
  }
  // What ends behind a half may begin in the next one.
  std::erase_if(traces_, [&](const Trace& trace) { return trace.end <= part.until; });
  return true;
}

bool WordStage::confirm_run(const Part& part, uint64_t start, uint64_t end) {
  auto& raw = part.scratch.tools().raw;
  raw.clear();
  if (!part.engine.confirm(part.text.slice(start, end), part.scratch, raw, kRawMatchesMax))
    return false;
  // The matcher reports every end; the longest one of a rule's start is the match.
  std::sort(raw.begin(), raw.end(), [](const RawMatch& a, const RawMatch& b) {
    return a.rule != b.rule     ? a.rule < b.rule
           : a.start != b.start ? a.start < b.start
                                : a.end > b.end;
  });
  const RawMatch* last = nullptr;
  for (const RawMatch& match : raw) {
    if (last != nullptr && last->rule == match.rule && last->start == match.start) continue;
    last = &match;
    const Engine::Rule& rule = part.engine.rule(match.rule);
    Hit hit{start + match.start, start + match.end, false, 0};
    if (hit.start >= part.until) continue;
    // Without a right boundary the pattern is how a value begins, and it goes on to the end of its
    // row: keys grow longer over the years, and half a key masked is half a key shown.
    if ((rule.flags & contract::kRuleBoundaryRight) == 0)
      while (hit.end < end && hit.end - hit.start < contract::kPatternWidthMax &&
             (is_word_char(part.text.at(hit.end)) || part.text.at(hit.end) == '-' ||
              (rule.validator == contract::Validator::Jwt && is_joint(part.text, hit.end, end))))
        ++hit.end;
    else if (is_word_char(part.text.at(hit.end)))
      continue;
    if ((rule.flags & contract::kRuleBoundaryLeft) != 0 &&
        is_word_char(part.text.at(hit.start - 1)))
      continue;
    part.out.offer_unchecked(match.rule, hit, part.text);
  }
  return true;
}

// Runs of letters and digits of sixteen and more: 64 places at a time by doubling.
bool WordStage::find_runs(const Part& part) {
  const BitMask& run = part.masks.run;
  const auto first = static_cast<size_t>(part.from - part.origin);
  const auto last = static_cast<size_t>(part.until - part.origin);
  const auto size = static_cast<size_t>(part.limit - part.origin);
  size_t done = first;
  for (size_t w = first / 64; w * 64 < last; ++w) {
    uint64_t low = run.word(w), high = run.word(w + 1);
    for (unsigned n : {1U, 2U, 4U, 8U}) {
      low &= low >> n | high << (64 - n);
      high &= high >> n;
    }
    for (; low != 0; low &= low - 1) {
      const size_t at = w * 64 + static_cast<size_t>(std::countr_zero(low));
      if (at < done || at >= last) continue;
      done = run.next_clear(at, size);
      const uint64_t start = part.origin + std::max(first, run.run_start(at));
      // Where it began decides how its characters pair up, also in the second half.
      if (start != part.from || split_run_ == 0) split_run_ = start;
      if (!judge_run(part, start, part.origin + done)) return false;
    }
  }
  const bool goes_on = part.limit > part.until && run.test(last - 1) && run.test(last);
  if (!goes_on) split_run_ = 0;
  return true;
}

bool WordStage::judge_run(const Part& part, uint64_t start, uint64_t end) {
  for (uint16_t index : part.engine.rules_of(contract::RuleKind::Run)) {
    const Engine::Rule& rule = part.engine.rule(index);
    const auto alphabet = static_cast<contract::Alphabet>(rule.parameters.alphabet);
    if (end - start < rule.parameters.length_min) continue;
    for (uint64_t from = start; from < end;) {
      if (!fits_alphabet(alphabet, part.text.at(from))) {
        ++from;
        continue;
      }
      uint64_t to = from;
      while (to < end && fits_alphabet(alphabet, part.text.at(to))) ++to;
      if (to - from >= rule.parameters.length_min && to - from <= rule.parameters.length_max &&
          from < part.until)
        part.out.offer_unchecked(index, Hit{from, to, false, 0}, part.text);
      from = to;
    }
  }
  if (end - start >= kCryptoBytesMin && !part.engine.rules_of(contract::RuleKind::Crypto).empty()) {
    for (uint64_t from = start; from < end;) {
      uint64_t to = from;
      while (to < end && fits_alphabet(contract::Alphabet::Alnum, part.text.at(to))) ++to;
      if (to - from >= kCryptoBytesMin && from < part.until)
        recognise(part, contract::RuleKind::Crypto, crypto_at, Trigger{from, to});
      from = to + 1;
    }
  }
  const EncodedRun encoded{start, end, static_cast<unsigned>((start - split_run_) % 4)};
  return read_encoded(part.engine, part.text, encoded, part.depth, part.scratch, part.out);
}

}  // namespace sallyport::scan
