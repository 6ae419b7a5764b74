#include "dataplane/scan/runs/spaced_stage.h"

#include <algorithm>
#include <memory>

#include "dataplane/base/check.h"
#include "dataplane/scan/scan_tools.h"
#include "dataplane/scan/text/fold_table.h"
#include "dataplane/scan/validate/letters.h"

namespace sallyport::scan {
namespace {

constexpr uint64_t kNone = ~uint64_t{0};
// A trigger: four separators with one character between, and what stands around them.
constexpr uint64_t kTriggerBytes = 8;

bool is_visible(uint8_t c) noexcept { return c > 0x20 && c < 0x7f; }

// Whether a spelling may begin behind this character.
bool may_begin(uint8_t before, uint8_t separator) noexcept {
  return separator == ' ' ? !is_visible(before) : !is_alnum(before);
}

// Where characters with text[separator_at] between every two begin at the end of the text;
// text.end: no spelling ends there. The trigger needs four separators: what may become one.
uint64_t spelt_from(const TextView& text, uint64_t separator_at) noexcept {
  const uint8_t separator = text.at(separator_at);
  if (is_of_word_run(separator)) return text.end;
  if (separator_at + 1 < text.end && !is_visible(text.at(separator_at + 1))) return text.end;
  uint64_t start = separator_at + 1;
  while (start >= text.begin + 2 && text.at(start - 1) == separator &&
         is_visible(text.at(start - 2)) && text.end - start < 2 * kTriggerBytes)
    start -= 2;
  return start > text.begin && start < text.end && !may_begin(text.at(start - 1), separator)
             ? std::min(text.end, start + 2)
             : start;
}

// Rules whose form leaves no doubt when it is spelt like this.
bool counts_spelt(const Engine::Rule& rule) noexcept {
  using contract::RuleKind;
  switch (rule.kind) {
    case RuleKind::Email:
    case RuleKind::Pattern:
    case RuleKind::UrlCredentials:
    case RuleKind::Crypto:
      return true;
    case RuleKind::Shape:
      return rule.validator != contract::Validator::None;
    default:
      return false;
  }
}

}  // namespace

bool SpacedStage::run(const Engine& engine, const TextView& text, const CharMasks& masks,
                      uint64_t origin, unsigned depth, Scratch& scratch, CandidateList& out) {
  SP_CHECK(origin <= cursor_);
  open_ = kNone;
  const uint64_t until = text.final                            ? text.end
                         : text.end >= cursor_ + kTriggerBytes ? text.end - kTriggerBytes + 1
                                                               : cursor_;
  uint64_t from = cursor_;
  while (from < until) {
    const auto first = static_cast<size_t>(from - origin),
               last = static_cast<size_t>(until - origin);
    const size_t hit = masks.spelt.next(first, last);
    if (hit >= last) break;
    const uint64_t separator_at = origin + hit;
    const uint8_t separator = text.at(separator_at);
    uint64_t start = separator_at > text.begin ? separator_at - 1 : separator_at;
    const bool begins = is_visible(text.at(start)) && start < separator_at &&
                        (start == 0 || may_begin(text.at(start - 1), separator));
    if (!begins) start = separator_at + 1;
    uint64_t at = start;
    while (at + 1 < text.end && at < start + 2 * kSpeltCharactersMax && is_visible(text.at(at)) &&
           text.at(at + 1) == separator)
      at += 2;
    if (at + 1 >= text.end && !text.final && at < start + 2 * kSpeltCharactersMax) {
      open_ = start;
      from = separator_at;
      cursor_ = from;
      return true;
    }
    // The last character, if it stands alone.
    const bool is_last = is_visible(text.at(at)) && !is_alnum(text.at(at + 1));
    const uint64_t end = is_last ? at + 1 : at - 1;
    if ((end - start + 1) / 2 >= kSpeltCharactersMin && depth < kDecodeDepthMax &&
        !read(engine, text, start, end, depth, scratch, out))
      return false;
    from = std::max(separator_at + 1, end);
  }
  cursor_ = std::max(cursor_, std::min(from, until));
  if (from >= until) return true;
  cursor_ = until;
  return true;
}

bool SpacedStage::read(const Engine& engine, const TextView& text, uint64_t start, uint64_t end,
                       unsigned depth, Scratch& scratch, CandidateList& out) {
  std::array<uint8_t, kSpeltCharactersMax + 1> joined;
  size_t size = 0;
  bool has_letter = false;
  for (uint64_t at = start; at < end && size < joined.size(); at += 2) {
    joined[size++] = text.at(at);
    has_letter |= text.at(at) >= 'A';
  }
  if (!has_letter) return true;
  InnerScanner& inner = scratch.tools().inner(depth);
  inner.begin_decoded(engine, scratch, depth + 1, scratch.tools().dictionaries);
  const bool fits = inner.feed(std::span(joined).first(size));
  inner.end();
  for (Finding finding : inner.findings()) {
    const Engine::Rule& rule = engine.rule(finding.rule);
    if (!counts_spelt(rule)) continue;
    finding.start = start + 2 * finding.start;
    finding.end = start + 2 * (finding.end - 1) + 1;
    finding.folded = static_cast<uint8_t>(finding.folded | kFoldedEncoded);
    out.add(finding, rule.priority);
  }
  inner.take(inner.findings().size());
  return fits;
}

// Any character but a letter or digit may stand between, so the last one may be the separator, or
// the one before it. Of those that belong to words the word run is held anyway.
uint64_t SpacedStage::live_from(const TextView& text) const noexcept {
  if (text.final) return text.end;
  uint64_t live = std::min(text.end, open_);
  for (uint64_t back = 1; back <= 2 && text.end - text.begin >= back; ++back)
    live = std::min(live, spelt_from(text, text.end - back));
  return live;
}

}  // namespace sallyport::scan
