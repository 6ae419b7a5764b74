#include "dataplane/scan/runs/word_stage.h"

#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/scan/recognise/crypto.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/ip.h"
#include "dataplane/scan/recognise/number/mac.h"
#include "dataplane/scan/recognise/secret/url_credentials.h"
#include "dataplane/scan/runs/encoded_runs.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/registry.h"

namespace sallyport::scan {
namespace {

constexpr size_t kRawMatchesMax = 4'096;
// Matches without an anchor in what is not judged yet, of which one place may end several.
constexpr size_t kNotedMax = 16'384;
// Keys without a mark of their own, and what may be decoded.
static_assert(CharMasks::kRowBytes == 16);
constexpr size_t kCryptoBytesMin = 25;
constexpr uint64_t kAccentedWordBytes = 64;

// By character: a bit for each alphabet that has it.
constexpr std::array<uint8_t, 256> make_alphabets() {
  constexpr auto bit = [](contract::Alphabet one) { return 1U << static_cast<unsigned>(one); };
  std::array<uint8_t, 256> out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<uint8_t>(i);
    unsigned in = 0;
    if (is_hex(c)) in |= bit(contract::Alphabet::Hex);
    if (is_alnum(c)) in |= bit(contract::Alphabet::Alnum);
    if (is_alnum(c) || c == '+' || c == '/') in |= bit(contract::Alphabet::Base64);
    if (is_alnum(c) || c == '-' || c == '_') in |= bit(contract::Alphabet::Base64Url);
    if (is_alnum(c) || c == '-' || c == '_' || c == '+' || c == '/')
      in |= bit(contract::Alphabet::Any);
    out[i] = static_cast<uint8_t>(in);
  }
  return out;
}
constexpr std::array<uint8_t, 256> kAlphabets = make_alphabets();

// Behind the characters of `alphabet` from `from` on.
uint64_t end_of(const TextView& text, uint64_t from, uint64_t end,
                contract::Alphabet alphabet) noexcept {
  const unsigned bit = 1U << static_cast<unsigned>(alphabet);
  while (from < end && (kAlphabets[text.at(from)] & bit) != 0) ++from;
  return from;
}

// "08:31:07", "T10:22:07Z": three pairs of digits are too few for any address. False: it may go on.
bool is_time(const TextView& text, uint64_t colon) noexcept {
  if (colon < text.begin + 2 || !text.known(colon + 6)) return false;
  const auto pair = [&](uint64_t at) { return is_digit(text.at(at)) && is_digit(text.at(at + 1)); };
  const uint8_t behind = text.at(colon + 6);
  return pair(colon - 2) && pair(colon + 1) && text.at(colon + 3) == ':' && pair(colon + 4) &&
         !is_hex(behind) && behind != ':';
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
    // Those that a mail address may have: recognise/email.cc.
    if ((last & 0xc0) == 0x80 && lead >= 0xc3 && lead <= 0xdf && at >= floor + 2)
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
  noted_.clear();
  wrapped_.begin();
}

void WordStage::note_pattern(uint64_t end) { noted_.push_back(end); }

bool WordStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                    uint64_t origin, unsigned depth, Scratch& scratch, PendingList& pending,
                    CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  if (noted_.size() > kNotedMax) return false;
  if (!wrapped_.go_on({engine, text, depth, scratch, out})) return false;
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
  return find_triggers(part) && confirm_noted(part) && confirm_anchored(part) && find_runs(part);
}

void WordStage::recognise(const Part& part, contract::RuleKind kind, RecogniseAt at,
                          const Trigger& trigger) {
  for (uint16_t rule : part.engine.rules_of(kind)) {
    part.pending.ask(rule, at, trigger, part.text, part.out);
  }
}

// Characters that announce a form, 64 places at a time.
bool WordStage::find_triggers(const Part& part) {
  using contract::RuleKind;
  const auto has = [&](RuleKind kind) { return !part.engine.rules_of(kind).empty(); };
  const bool has_mail = has(RuleKind::Email), has_url = has(RuleKind::UrlCredentials);
  const bool has_ip = has(RuleKind::Ip), has_mac = has(RuleKind::Mac);
  const CharMasks& m = part.masks;
  bool fits = true;
  const auto first = static_cast<size_t>(part.from - part.origin);
  const auto last = static_cast<size_t>(part.until - part.origin);
  for (size_t w = first / 64; w * 64 < last; ++w) {
    if (m.form.word(w) == 0) continue;
    const uint64_t in_part = BitMask::part_of_word(w, first, last);
    const auto each = [&](uint64_t bits, auto&& use) {
      for (bits &= in_part; bits != 0; bits &= bits - 1)
        use(part.origin + w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    };
    if (has_mail)
      each(m.at.word(w), [&](uint64_t at) {
        const uint64_t run = part.origin + m.word.run_start(static_cast<size_t>(at - part.origin));
        recognise(part, RuleKind::Email, email_at, Trigger{word_from(part.text, run), at});
      });
    if (has_url)
      each(m.url.word(w), [&](uint64_t at) {
        recognise(part, RuleKind::UrlCredentials, url_credentials_at, Trigger{at, at});
      });
    each(m.colons.word(w), [&](uint64_t at) {
      if (is_time(part.text, at)) return;
      fits = fits && read_pairs(part, at);
      // The '::' of programs: no address has such a letter before its first colon, but a name may
      // stand there ("HWaddr:3c:48:...").
      const uint8_t before = part.text.at(at - 1);
      if (is_alnum(before) && !is_hex(before) && !is_hex(part.text.at(at + 1))) return;
      if (has_ip) recognise(part, RuleKind::Ip, ip_at, Trigger{at, at});
      if (has_mac) recognise(part, RuleKind::Mac, mac_at, Trigger{at, at});
    });
    if (has_ip)
      each(m.quad.word(w), [&](uint64_t at) {
        recognise(part, RuleKind::Ip, ip_at, Trigger{at, at});
      });
  }
  return fits;
}

// Hex with colons, of which the first one is at `at`: a pair before it, or a name ("hex:63:61").
bool WordStage::read_pairs(const Part& part, uint64_t at) {
  const TextView& text = part.text;
  const bool is_pair = at >= part.from + 2 && is_hex(text.at(at - 1)) && is_hex(text.at(at - 2)) &&
                       !is_alnum(text.at(at - 3));
  return read_hex_pairs(part.engine, text, is_pair ? at - 2 : at + 1, part.limit, part.depth,
                        part.scratch, part.out);
}

// Runs that hold the end of a match the streaming matcher saw.
bool WordStage::confirm_noted(const Part& part) {
  uint64_t done = part.from;
  for (const uint64_t match_end : noted_) {
    if (match_end - 1 < done) continue;
    const auto at = static_cast<size_t>(match_end - 1 - part.origin);
    if (!part.masks.word.test(at)) continue;
    const uint64_t start = std::max(part.from, part.origin + part.masks.word.run_start(at));
    if (start >= part.until) continue;
    const auto size = static_cast<size_t>(part.limit - part.origin);
    done = part.origin + part.masks.word.next_clear(at, size);
    if (!confirm_run(part, start, done)) return false;
  }
  // What ends behind a half may begin in the next one.
  std::erase_if(noted_, [&](uint64_t match_end) { return match_end <= part.until; });
  return true;
}

// Runs that are as long as the shortest match and hold a literal of a pattern. Most words of prose
// are shorter, so nothing is looked for in them.
bool WordStage::confirm_anchored(const Part& part) {
  const LiteralSet& literals = part.engine.anchors();
  if (literals.empty()) return true;
  const uint64_t least = part.engine.anchored_bytes_min();
  const BitMask &word = part.masks.word, &row = part.masks.word_row;
  const size_t first = static_cast<size_t>(part.from - part.origin) / 64;
  const size_t last = (static_cast<size_t>(part.limit - part.origin) + 63) / 64;
  uint64_t any = 0;
  for (size_t w = first; w < last; ++w) {
    const uint64_t some = row.word(w) | row.word(w - 1);
    any |= in_long_run_[w] = least < CharMasks::kRowBytes ? word.word(w)
                             : some == 0                  ? 0
                                         : BitMask::behind_rows(row.word(w - 1), row.word(w));
  }
  if (any == 0) return true;
  auto& found = part.scratch.tools().anchors;
  found.clear();
  const TextView& text = part.text;
  const auto from = static_cast<size_t>(part.origin + first * 64 - text.begin);
  const auto limit = static_cast<size_t>(part.limit - text.begin);
  literals.find(text.slice(text.begin, text.end), from, limit, found, in_long_run_.data() + first);
  uint64_t done = part.from;
  for (const LiteralHit& hit : found) {
    const uint64_t at = text.begin + hit.at;
    if (at < done || !word.test(static_cast<size_t>(at - part.origin))) continue;
    const auto place = static_cast<size_t>(at - part.origin);
    const uint64_t start = std::max(part.from, part.origin + word.run_start(place));
    if (start >= part.until) break;
    const uint64_t end =
        part.origin + word.next_clear(place, static_cast<size_t>(part.limit - part.origin));
    if (!may_match(part, hit, start, end)) continue;
    done = end;
    if (!confirm_run(part, start, end)) return false;
  }
  return true;
}

// The run [start, end) holds the whole literal, is as long as the pattern, and nothing stands right
// before a pattern that may not.
bool WordStage::may_match(const Part& part, const LiteralHit& hit, uint64_t start, uint64_t end) {
  const uint64_t at = part.text.begin + hit.at;
  const Engine::Anchor& anchor = part.engine.anchor(hit.literal);
  if (at + part.engine.anchors().size_of(hit.literal) > end) return false;
  if (end < (anchor.is_prefix ? at : start) + anchor.width_min) return false;
  const bool bounded = (part.engine.rule(anchor.rule).flags & contract::kRuleBoundaryLeft) != 0;
  return !anchor.is_prefix || !bounded || !is_word_char(part.text.at(at - 1));
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
    uint64_t low = part.masks.run_row.word(w);
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
    // What is too short for the rule is not read.
    for (uint64_t from = start; end - from >= rule.parameters.length_min && from < end;) {
      const uint64_t to = end_of(part.text, from, end, alphabet);
      if (to > from && to - from >= rule.parameters.length_min &&
          to - from <= rule.parameters.length_max && from < part.until)
        part.out.offer_unchecked(index, Hit{from, to, false, 0}, part.text);
      from = std::max(to, from + 1);
    }
  }
  if (end - start >= kCryptoBytesMin && !part.engine.rules_of(contract::RuleKind::Crypto).empty()) {
    for (uint64_t from = start; from < end;) {
      const uint64_t to = end_of(part.text, from, end, contract::Alphabet::Alnum);
      if (to - from >= kCryptoBytesMin && from < part.until)
        recognise(part, contract::RuleKind::Crypto, crypto_at, Trigger{from, to});
      from = to + 1;
    }
  }
  const EncodedRun encoded{start, end, static_cast<unsigned>((start - split_run_) % 4)};
  return read_encoded(part.engine, part.text, encoded, part.depth, part.scratch, part.out) &&
         wrapped_.note({part.engine, part.text, part.depth, part.scratch, part.out}, start, end);
}

}  // namespace sallyport::scan
