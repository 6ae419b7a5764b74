#include "dataplane/scan/runs/joined_stage.h"

#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/scan/runs/part_chars.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/tables/column_heads.h"
#include "dataplane/scan/text/fold_table.h"
#include "dataplane/scan/validate/letters.h"
#include "dataplane/scan/validate/registry.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kNone = ~uint64_t{0};
// Characters a trigger takes.
constexpr uint64_t kTriggerBytes = CharMasks::kRowBytes;
constexpr size_t kPartsOnEitherSide = kPartsMax / 2 - 1;
constexpr uint64_t kGroupBytesMin = 2, kGroupBytesMax = 8, kSpacedPartBytesMax = 16;
constexpr size_t kRawMatchesMax = 4'096;
// "</strong".
constexpr uint64_t kTagBytesMax = 10;
// Fewer characters of a literal begin many words.
constexpr size_t kLiteralBytesMin = 2;
static_assert(2 * kJoinedReachBytes <= kTableReachBytes);

using Part = JoinedPart;

// At most one character more than may belong to a chain: the part is too long then.
uint64_t part_start(const TextView& text, uint64_t end) noexcept {
  const uint8_t* bytes = text.bytes - text.begin;
  const uint64_t floor =
      end - text.begin > kJoinedReachBytes ? end - kJoinedReachBytes - 1 : text.begin;
  uint64_t at = end;
  while (at > floor && kPartChars[bytes[at - 1]]) --at;
  return at;
}

uint64_t part_end(const TextView& text, uint64_t start) noexcept {
  const uint8_t* bytes = text.bytes - text.begin;
  const uint64_t limit = std::min(text.end, start + kJoinedReachBytes + 1);
  uint64_t at = start;
  while (at < limit && kPartChars[bytes[at]]) ++at;
  return at;
}

struct Looks {
  bool digit = false, upper = false, lower = false, camel = false, sign = false;
  explicit Looks(std::span<const uint8_t> part) noexcept {
    for (const uint8_t c : part) {
      camel = camel || (lower && is_upper(c));
      digit = digit || is_digit(c);
      upper = upper || is_upper(c);
      lower = lower || is_lower(c);
      sign = sign || c == '-' || c == '_';
    }
  }
  bool made() const noexcept { return digit || camel || (upper && !lower); }
};

bool is_strong_or_listed(Joint joint) noexcept {
  return joint == Joint::Strong || joint == Joint::Listed;
}

// The parts of a chain from one on, without what stands between them.
struct Joined {
  std::array<uint8_t, 2 * kJoinedReachBytes + kTriggerBytes> bytes;
  std::array<uint16_t, kPartsMax + 1> ends;  // of the parts, in bytes
  size_t size = 0;
  size_t count = 0;

  size_t part_of(size_t at) const noexcept {
    return static_cast<size_t>(
        std::upper_bound(ends.begin(), ends.begin() + static_cast<std::ptrdiff_t>(count), at) -
        ends.begin());
  }
  std::span<const uint8_t> all() const noexcept { return {bytes.data(), size}; }
};

}  // namespace

// Parts before `start`, the nearest first.
void JoinedStage::read_left(const TextView& text, uint64_t start, Chain& chain) {
  uint64_t at = start;
  while (chain.count < kPartsOnEitherSide) {
    const Gap gap = gap_before(text, at);
    if (gap.joint == Joint::None) return;
    const uint64_t from = part_start(text, gap.end);
    if (from == gap.end || start - from > kJoinedReachBytes) return;
    if (gap.joint == Joint::Space) {
      const Looks looks(text.slice(from, gap.end));
      if (gap.end - from > kSpacedPartBytesMax || !(looks.digit || looks.upper || looks.sign))
        return;
    }
    chain.parts[chain.count++] = Part{from, gap.end, gap.joint};
    at = from;
  }
}

// Parts behind the last one of the chain.
void JoinedStage::read_right(const TextView& text, Chain& chain) {
  const uint64_t first = chain.parts[chain.count - 1].start;
  while (chain.count < kPartsMax) {
    Part& last = chain.parts[chain.count - 1];
    const Gap gap = gap_behind(text, last.end);
    chain.open = gap.joint == Joint::Unknown;
    if (chain.open) last.behind = text.at(last.end) <= ' ' ? Joint::Line : Joint::Strong;
    if (chain.open || gap.joint == Joint::None) return;
    const uint64_t end = part_end(text, gap.end);
    if (end - first > kJoinedReachBytes) return;
    chain.open = end == text.end && !text.final;
    if (chain.open) {  // for live_of(): what there is of it
      last.behind = gap.joint;
      chain.parts[chain.count++] = Part{gap.end, end, Joint::None};
      return;
    }
    if (gap.joint == Joint::Space && !Looks(text.slice(gap.end, end)).made()) return;
    last.behind = gap.joint;
    chain.parts[chain.count++] = Part{gap.end, end, Joint::None};
  }
}

// One part that is groups of one size with a sign between. False: it is none.
bool JoinedStage::read_groups(const TextView& text, const Part& part, Chain& chain) {
  uint64_t at = part.start, size = 0;
  uint8_t sign = 0;
  chain.count = 0;
  while (at < part.end && chain.count < kPartsMax) {
    uint64_t end = at;
    while (end < part.end && is_alnum(text.at(end))) ++end;
    const uint64_t group = end - at;
    if (chain.count == 1) size = group;
    if (chain.count > 0 && (group > size || size < kGroupBytesMin || size > kGroupBytesMax))
      return false;
    chain.parts[chain.count++] = Part{at, end, Joint::None};
    if (end == part.end) break;
    if (chain.count > 1 && (group != size || text.at(end) != sign)) return false;
    sign = text.at(end);
    chain.parts[chain.count - 1].behind = Joint::Sign;
    at = end + 1;
  }
  return chain.count >= 3 && chain.parts[chain.count - 1].end == part.end;
}

JoinedStage::Found JoinedStage::read(const Engine& engine, const TextView& text, uint64_t at,
                                     Scratch& scratch, CandidateList& out) {
  Part part{part_start(text, at), part_end(text, at), Joint::None};
  const bool is_long = part.end - part.start > kJoinedReachBytes;
  if (part.end == text.end && !text.final && !is_long) {
    done_ = at;
    open_ = text.end;  // live_from() knows what stands before it
    return Found::Open;
  }
  done_ = part.end;
  if (is_long) return Found::Done;
  Chain chain;
  if (read_groups(text, part, chain) && !match(engine, text, chain, scratch, out))
    return Found::Overflow;
  chain.count = 0;
  read_left(text, part.start, chain);
  std::reverse(chain.parts.begin(), chain.parts.begin() + static_cast<std::ptrdiff_t>(chain.count));
  chain.parts[chain.count++] = part;
  read_right(text, chain);
  if (chain.open) {
    done_ = at;
    open_ = live_of(engine, text, chain, scratch);
    return Found::Open;
  }
  done_ = chain.parts[chain.count - 1].end;
  if (chain.count == 1) return Found::Done;
  return match(engine, text, chain, scratch, out) ? Found::Done : Found::Overflow;
}

bool JoinedStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                      uint64_t origin, Scratch& scratch, CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  open_ = kNone;
  if (engine.anchors().empty()) {
    cursor_ = text.end;
    return true;
  }
  const uint64_t until = text.final                            ? text.end
                         : text.end >= cursor_ + kTriggerBytes ? text.end - kTriggerBytes + 1
                                                               : cursor_;
  const auto first = static_cast<size_t>(cursor_ - origin);
  const auto last = static_cast<size_t>(until - origin);
  for (size_t w = first / 64; w * 64 < last; ++w) {
    for (uint64_t bits = masks.made.word(w); bits != 0; bits &= bits - 1) {
      const uint64_t at = origin + w * 64 + static_cast<size_t>(std::countr_zero(bits));
      if (at < cursor_ || at < done_ || at >= until) continue;
      const Found found = read(engine, text, at, scratch, out);
      if (found == Found::Overflow) return false;
      if (found == Found::Open) {
        cursor_ = at;
        return true;
      }
    }
  }
  cursor_ = until;
  return true;
}

namespace {

void join(const TextView& text, std::span<const Part> parts, Joined& out) {
  out.size = out.count = 0;
  for (const Part& part : parts) {
    const auto bytes = text.slice(part.start, part.end);
    if (out.size + bytes.size() > out.bytes.size()) return;
    std::copy(bytes.begin(), bytes.end(),
              out.bytes.begin() + static_cast<std::ptrdiff_t>(out.size));
    out.size += bytes.size();
    out.ends[out.count++] = static_cast<uint16_t>(out.size);
  }
}

// A pattern's literal begins in the first part: all of it, or, over a joint of literals or marks,
// two characters of it.
bool holds_literal(const Engine& engine, const Joined& joined, Joint behind,
                   std::vector<LiteralHit>& hits) {
  hits.clear();
  engine.anchors().find(joined.all(), 0, joined.ends[0], hits);
  return std::any_of(hits.begin(), hits.end(), [&](const LiteralHit& hit) {
    const size_t in_part = joined.ends[0] - hit.at;
    return in_part >= engine.anchors().size_of(hit.literal) ||
           (is_strong_or_listed(behind) && in_part >= kLiteralBytesMin);
  });
}

// The text may go on so that holds_literal() becomes true.
bool may_hold_literal(const Engine& engine, const Joined& joined) {
  for (size_t at = 0; at + kLiteralBytesMin <= joined.ends[0]; ++at)
    if ((at == 0 || !is_word_char(joined.bytes[at - 1])) &&
        engine.begins_anchor(joined.all().subspan(at)))
      return true;
  return false;
}

// One match of a pattern that begins in the first part of `joined`, and where it ends.
class JoinedMatch {
 public:
  JoinedMatch(const Engine& engine, const Joined& joined, std::span<const Part> parts,
              const Engine::Rule& rule, size_t start)
      : engine_(engine), joined_(joined), parts_(parts), rule_(rule), start_(start) {}

  // The pattern may end at `at`; asked from the shortest on.
  void may_end(size_t at) {
    if ((rule_.flags & contract::kRuleBoundaryRight) != 0) {
      const bool ends_part = joined_.ends[joined_.part_of(at - 1)] == at;
      if (!ends_part && is_word_char(joined_.bytes[at])) return;
    } else {
      at = run_end(at);
    }
    if (end_ == 0 || (at > end_ && is_one_text(at))) end_ = at;
  }
  // Keys whose pattern is only how they begin go on over joints that mean one text.
  void go_on(std::vector<LiteralHit>& hits) {
    if (end_ == 0 || (rule_.flags & contract::kRuleBoundaryRight) != 0) return;
    for (size_t part = joined_.part_of(end_ - 1);
         part + 1 < joined_.count && joined_.ends[part] == end_; ++part) {
      if (parts_[part].behind != Joint::Strong && !goes_on_next_line(part, hits)) return;
      end_ = run_end(end_ + 1);
    }
  }
  bool holds() const {
    if (end_ == 0 || joined_.part_of(end_ - 1) == 0 || !looks_made()) return false;
    return rule_.validator == contract::Validator::None ||
           scan::holds(rule_.validator, joined_.all().subspan(start_, end_ - start_));
  }
  Hit hit() const {
    const size_t last = joined_.part_of(end_ - 1);
    return Hit{parts_[0].start + start_, parts_[last].start + (end_ - joined_.ends[last - 1]),
               false, kDoubtOfJoints};
  }

 private:
  size_t run_end(size_t at) const {
    const size_t limit = joined_.ends[joined_.part_of(at - 1)];
    while (at < limit && (is_word_char(joined_.bytes[at]) || joined_.bytes[at] == '-')) ++at;
    return at;
  }
  bool is_one_text(size_t at) const {
    for (size_t part = joined_.part_of(end_ - 1); part < joined_.part_of(at - 1); ++part)
      if (parts_[part].behind != Joint::Strong) return false;
    return true;
  }
  std::span<const uint8_t> part(size_t index) const {
    const size_t from = index == 0 ? 0 : joined_.ends[index - 1];
    return joined_.all().subspan(from, joined_.ends[index] - from);
  }
  // A long key that a line width broke, not a list of keys.
  bool goes_on_next_line(size_t index, std::vector<LiteralHit>& hits) const {
    if (parts_[index].behind != Joint::Line) return false;
    const auto next = part(index + 1);
    const Looks looks(next);
    if (next.size() < CharMasks::kRowBytes || !looks.digit || !looks.camel) return false;
    hits.clear();
    engine_.anchors().find(next, 0, next.size(), hits);
    return hits.empty();
  }
  bool looks_made() const {
    const size_t last = joined_.part_of(end_ - 1);
    for (size_t i = 0; i < last; ++i) {
      const Joint joint = parts_[i].behind;
      if (joint == Joint::Strong) continue;
      const auto next =
          i + 1 < last ? part(i + 1) : part(last).first(end_ - joined_.ends[last - 1]);
      const Looks looks(next);
      if (!looks.made()) return false;
      if (joint != Joint::Space) continue;
      // Groups of one size, the last one shorter; one alone is no habit.
      if (last == 1 ? !looks.digit : next.size() > part(1).size()) return false;
      if (i + 1 < last && next.size() != part(1).size()) return false;
    }
    return true;
  }

  const Engine& engine_;
  const Joined& joined_;
  std::span<const Part> parts_;
  const Engine::Rule& rule_;
  size_t start_;
  size_t end_ = 0;
};

}  // namespace

bool JoinedStage::match(const Engine& engine, const TextView& text, const Chain& chain,
                        Scratch& scratch, CandidateList& out) {
  auto& tools = scratch.tools();
  Joined joined;
  for (size_t i = 0; i + 1 < chain.count; ++i) {
    const auto parts = std::span(chain.parts).subspan(i, chain.count - i);
    join(text, parts, joined);
    if (!holds_literal(engine, joined, parts[0].behind, tools.anchors)) continue;
    auto& raw = tools.raw;
    raw.clear();
    if (!engine.confirm(joined.all(), scratch, raw, kRawMatchesMax)) return false;
    std::sort(raw.begin(), raw.end(), [](const RawMatch& a, const RawMatch& b) {
      return a.rule != b.rule     ? a.rule < b.rule
             : a.start != b.start ? a.start < b.start
                                  : a.end < b.end;
    });
    for (size_t k = 0; k < raw.size();) {
      const RawMatch first = raw[k];
      const Engine::Rule& rule = engine.rule(first.rule);
      JoinedMatch match(engine, joined, parts, rule, first.start);
      for (; k < raw.size() && raw[k].rule == first.rule && raw[k].start == first.start; ++k)
        match.may_end(raw[k].end);
      const bool begins = first.start < joined.ends[0] &&
                          ((rule.flags & contract::kRuleBoundaryLeft) == 0 || first.start == 0 ||
                           !is_word_char(joined.bytes[first.start - 1]));
      if (!begins) continue;
      match.go_on(tools.anchors);
      if (!match.holds()) continue;
      CandidateList::Around around;
      around.folded = kFoldedEncoded;
      out.offer(first.rule, match.hit(), around, text);
    }
  }
  return true;
}

// The first part in which a literal may begin, of `last` (which goes on or ends in a gap) and of
// those before it.
uint64_t JoinedStage::live_before(const Engine& engine, const TextView& text, const Part& last,
                                  Scratch& scratch) {
  Chain chain;
  read_left(text, last.start, chain);
  std::reverse(chain.parts.begin(), chain.parts.begin() + static_cast<std::ptrdiff_t>(chain.count));
  chain.parts[chain.count++] = last;
  return live_of(engine, text, chain, scratch);
}

uint64_t JoinedStage::live_of(const Engine& engine, const TextView& text, const Chain& chain,
                              Scratch& scratch) {
  Joined joined;
  for (size_t i = 0; i < chain.count; ++i) {
    const Part& part = chain.parts[i];
    if (part.start == part.end) continue;
    join(text, std::span(chain.parts).subspan(i, chain.count - i), joined);
    if (holds_literal(engine, joined, part.behind, scratch.tools().anchors) ||
        (is_strong_or_listed(part.behind) && may_hold_literal(engine, joined)))
      return part.start;
  }
  return text.end;
}

uint64_t JoinedStage::live_from(const Engine& engine, const TextView& text,
                                Scratch& scratch) const {
  if (text.final || engine.anchors().empty()) return text.end;
  uint64_t live = std::min(open_, text.end);
  // The last word goes on: what stands before it. The word itself is held as a word.
  const uint64_t from = part_start(text, text.end);
  if (gap_before(text, from).joint != Joint::None && text.end - from <= kJoinedReachBytes)
    live = std::min(live, live_before(engine, text, Part{from, text.end, Joint::None}, scratch));
  // The text ends in a gap, or in an inline tag of one.
  uint64_t end = text.end;
  for (uint64_t at = text.end; at > text.begin && text.end - at < kTagBytesMax; --at)
    if (text.at(at - 1) == '<') end = at - 1;
  for (const uint64_t until : {text.end, end}) {
    for (uint64_t at = until; at > text.begin && text.end - at < kJointBytesMax; --at) {
      const uint8_t before = text.at(at - 1);
      if (kPartChars[before] && at < text.end && !kPartChars[text.at(at)] &&
          gap_behind(text, at).joint == Joint::Unknown) {
        const bool is_blank = text.at(at) <= ' ';
        const Part last{part_start(text, at), at, is_blank ? Joint::Line : Joint::Strong};
        if (at - last.start <= kJoinedReachBytes)
          live = std::min(live, live_before(engine, text, last, scratch));
      }
      if (is_alnum(before)) break;
    }
    if (end == text.end) break;
  }
  return live;
}

}  // namespace sallyport::scan
