#include "dataplane/rewrite/text/joined_texts.h"

#include <algorithm>
#include <vector>

#include "dataplane/base/ascii.h"
#include "dataplane/base/check.h"
#include "dataplane/mem/wipe.h"
#include "dataplane/redact/json_escape.h"

namespace sallyport::rewrite {
namespace {

using base::is_alnum;
using base::is_digit;

// Half a value on either side proves nothing by its form alone: a checksum must hold (every named
// validator but entropy), or the pattern is a vendor's own, or the whole is a listed value.
bool is_sure(const scan::Engine::Rule& rule) noexcept {
  return rule.validator > contract::Validator::Entropy ||
         rule.kind == contract::RuleKind::Pattern || rule.kind == contract::RuleKind::Dictionary;
}

// Does an edit stand in raw [start, end) already?
bool is_edited(const EditList& edits, uint64_t start, uint64_t end) noexcept {
  return std::any_of(edits.edits().begin(), edits.edits().end(),
                     [&](const TextEdit& e) { return e.start < end && start < e.end; });
}

}  // namespace

void JoinedTexts::begin(RewriteScope& scope) {
  scope_ = &scope;
  forget();
}

void JoinedTexts::forget() noexcept {
  for (Tail& tail : tails_) {
    mem::wipe({reinterpret_cast<uint8_t*>(&tail.end), sizeof(tail.end)});
    tail.used = false;
  }
  mem::wipe({reinterpret_cast<uint8_t*>(&head_), sizeof(head_)});
  mem::wipe({reinterpret_cast<uint8_t*>(&last_), sizeof(last_)});
  last_first_ = 0;
  oldest_ = 0;
}

void JoinedTexts::begin_text(llm::Speaker speaker, uint16_t rule, RoleSet roles) noexcept {
  speaker_ = speaker;
  rule_ = rule;
  roles_ = roles;
  head_.size = 0;
  last_.size = 0;
  last_first_ = 0;
}

void JoinedTexts::keep_last(const Kept& kept) noexcept {
  if (last_.size < kJoinBytesMax) {
    last_.kept[last_.size++] = kept;
    return;
  }
  last_.kept[last_first_] = kept;
  last_first_ = (last_first_ + 1) % kJoinBytesMax;
}

void JoinedTexts::add(std::span<const uint8_t> decoded, uint64_t raw_start,
                      std::span<const llm::TextPiece> pieces) noexcept {
  size_t at = 0;
  for (const llm::TextPiece& piece : pieces) {
    const size_t left = decoded.size() - at;  // of the stretch, from the begin of this piece on
    size_t i = 0;
    while (i < piece.decoded_size) {
      const bool heads = head_.size < kJoinBytesMax;
      if (!heads && left - i > kJoinBytesMax) {
        i = left - kJoinBytesMax;  // what lies between the two ends is not kept
        continue;
      }
      const llm::RawUnit unit = llm::raw_unit(piece, i);
      const uint64_t start = raw_start + unit.start;
      const Kept kept{start, start + unit.size, decoded[at + i]};
      if (heads) head_.kept[head_.size++] = kept;
      keep_last(kept);
      ++i;
    }
    at += piece.decoded_size;
    raw_start += piece.raw_size;
  }
}

// Where the end of a text like this one is kept: the place of its role and path, else the oldest.
JoinedTexts::Tail& JoinedTexts::tail_of_text() noexcept {
  for (Tail& tail : tails_)
    if (tail.used && tail.speaker == speaker_ && tail.rule == rule_) return tail;
  Tail& tail = tails_[oldest_];
  oldest_ = (oldest_ + 1) % kJoinRolesMax;
  tail.used = true;
  tail.speaker = speaker_;
  tail.rule = rule_;
  tail.end.size = 0;
  return tail;
}

bool JoinedTexts::end_text(EditList& edits) {
  if (head_.size == 0) return true;  // an empty text parts nothing
  std::rotate(last_.kept.begin(), last_.kept.begin() + static_cast<std::ptrdiff_t>(last_first_),
              last_.kept.begin() + static_cast<std::ptrdiff_t>(last_.size));
  last_first_ = 0;
  Tail& tail = tail_of_text();
  if (may_join(tail.end) && !join(tail.end, edits)) return false;
  tail.end = last_;
  return true;
}

// A value goes on from one text into the next, or begins the next behind a word that names it:
// letters or digits on both sides of the cut, or one separator, and a digit near it (listed values
// need none). Most texts end with a full stop.
bool JoinedTexts::may_join(const End& before) const noexcept {
  constexpr size_t kNear = 20;
  if (before.size == 0) return false;
  const auto goes_on = [](uint8_t c) { return is_alnum(c) || c == ' ' || c == '-'; };
  const uint8_t last = before.kept[before.size - 1].byte;
  const bool leads_on = goes_on(last) || last == ':' || last == '=' || last == '#';
  if (!leads_on || !goes_on(head_.kept[0].byte)) return false;
  if (scope_->dictionaries != 0) return true;
  const auto digit = [](const Kept& k) { return is_digit(k.byte); };
  const auto near_before =
      std::span(before.kept)
          .subspan(before.size - std::min(kNear, before.size), std::min(kNear, before.size));
  const auto near_head = std::span(head_.kept).first(std::min(kNear, head_.size));
  return std::any_of(near_before.begin(), near_before.end(), digit) ||
         std::any_of(near_head.begin(), near_head.end(), digit);
}

// The two ends as one text: as they meet, and, where two groups of a number may have been parted,
// with a blank between.
bool JoinedTexts::join(const End& before, EditList& edits) {
  std::array<uint8_t, 2 * kJoinBytesMax + 1> text;
  const bool grouped = is_alnum(before.kept[before.size - 1].byte) && is_alnum(head_.kept[0].byte);
  bool found = false;
  bool ok = true;
  for (size_t gap = 0; ok && !found && gap <= (grouped ? 1U : 0U); ++gap) {
    for (size_t i = 0; i < before.size; ++i) text[i] = before.kept[i].byte;
    text[before.size] = ' ';
    for (size_t i = 0; i < head_.size; ++i) text[before.size + gap + i] = head_.kept[i].byte;
    // Part of something: a number that is nothing else here is not the whole of a text.
    scanner_.begin(*scope_->engine, *scope_->scratch, 1, scope_->dictionaries);
    ok = scanner_.feed(std::span<const uint8_t>(text).first(before.size + gap + head_.size)) ||
         scope_->refuse(Refusal::BuffersFull);
    if (!ok) break;
    scanner_.end();
    for (const scan::Finding& finding : scanner_.findings()) {
      if (finding.end <= before.size + gap) continue;
      if (finding.start >= before.size + gap) {
        ok = ok && edit_first(finding, before.size + gap, edits);
        continue;
      }
      if (finding.start >= before.size || !is_sure(scope_->engine->rule(finding.rule))) continue;
      found = true;
      ok = ok &&
           edit_both(finding,
                     std::span(before.kept).subspan(finding.start, before.size - finding.start),
                     std::span(head_.kept).first(finding.end - before.size - gap), edits);
    }
  }
  mem::wipe(text);
  return ok;
}

// A number that the text begins with, behind `begin` bytes of the text before, which name it.
bool JoinedTexts::edit_first(const scan::Finding& finding, size_t begin, EditList& edits) {
  const auto head = std::span<const Kept>(head_.kept).first(head_.size);
  const auto value = head.subspan(finding.start - begin, finding.end - finding.start);
  const auto before = head.first(finding.start - begin);
  const auto is_blank = [](const Kept& k) { return k.byte == ' '; };
  const auto digit = [](const Kept& k) { return is_digit(k.byte); };
  // One that ends where no more is kept may be longer.
  const bool is_whole = finding.end - begin < kJoinBytesMax;
  if (!is_whole || !std::all_of(before.begin(), before.end(), is_blank) ||
      !std::any_of(value.begin(), value.end(), digit) ||
      is_edited(edits, value.front().raw_start, value.back().raw_end))
    return true;
  return edit_half(finding, value, edits);
}

// The separator at the cut is no part of either half.
bool JoinedTexts::edit_both(const scan::Finding& finding, std::span<const Kept> left,
                            std::span<const Kept> right, EditList& edits) {
  while (!left.empty() && !is_alnum(left.back().byte)) left = left.first(left.size() - 1);
  while (!right.empty() && !is_alnum(right.front().byte)) right = right.subspan(1);
  if (left.empty() || right.empty() ||
      is_edited(edits, left.front().raw_start, left.back().raw_end) ||
      is_edited(edits, right.front().raw_start, right.back().raw_end))
    return true;
  return edit_half(finding, left, edits) && edit_half(finding, right, edits);
}

// One side of the value, treated like a value that was found in its text.
bool JoinedTexts::edit_half(const scan::Finding& finding, std::span<const Kept> half,
                            EditList& edits) {
  std::array<uint8_t, kJoinBytesMax> value;
  for (size_t i = 0; i < half.size(); ++i) value[i] = half[i].byte;
  const bool ok =
      value_.rule_on_value(*scope_, roles_, finding, std::span(value).first(half.size()));
  mem::wipe(value);
  if (!ok) return false;
  for (const TextEdit& edit : value_.edits().edits()) {
    const auto replacement = value_.edits().replacement(edit);
    std::vector<uint8_t> escaped(redact::json_escaped_size(replacement, 1));
    SP_CHECK(redact::json_escape(replacement, 1, escaped) == escaped.size());
    edits.insert(half[edit.start].raw_start, half[edit.end - 1].raw_end, escaped);
    mem::wipe(escaped);
  }
  value_.edits().clear();
  return true;
}

}  // namespace sallyport::rewrite
