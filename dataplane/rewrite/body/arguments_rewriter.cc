// Arguments of a tool call: JSON text where it is JSON, else one plain text (json_rewriter.h).
#include <algorithm>

#include "dataplane/base/check.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {
namespace {

// Behind one of these, outside strings, nothing can be part of a value or token that began before.
bool is_stop(uint8_t c) noexcept {
  return c == '{' || c == '}' || c == ']' || c == ',' || c == ':' || c == '"';
}

}  // namespace

ArgumentsRewriter::ArgumentsRewriter(unsigned nesting) : json_(nesting, false) {}

void ArgumentsRewriter::begin(RewriteScope& scope, RoleSet roles, CleanTexts* clean) {
  scope_ = &scope;
  roles_ = roles;
  json_.begin(scope, llm::all_leaves(), roles, false, clean);
  mark_.begin();
  json_base_ = 0;
  is_plain_ = ended_ = false;
  plain_base_ = 0;
  window_.clear();
  window_start_ = 0;
  edits_.clear();
}

bool ArgumentsRewriter::feed(std::span<const uint8_t> text) {
  if (is_plain_) return plain_.feed(text) && take_plain_edits();
  window_.append(text);
  if (window_.size() > kChannelHeldBytesMax) return scope_->refuse(Refusal::BuffersFull);
  const size_t of_mark = mark_.take(text);
  json_base_ += of_mark;
  if (mark_.is_none()) return fall_back();
  if (!json_.feed(text.subspan(of_mark))) {
    if (scope_->refusal != Refusal::None) return false;
    return fall_back();
  }
  const uint64_t decided = edge();
  if (!take_json_edits(decided)) return false;
  forget_before(decided);
  return true;
}

bool ArgumentsRewriter::end() {
  if (!is_plain_) {
    if (json_.end()) {
      ended_ = true;
      return take_json_edits(json_base_ + json_.edge());
    }
    if (scope_->refusal != Refusal::None) return false;
    if (!fall_back()) return false;
  }
  ended_ = true;
  return plain_.end() && take_plain_edits();
}

// Not JSON after all (models write such arguments): the rest, from the first undecided byte, is one
// text.
bool ArgumentsRewriter::fall_back() {
  plain_base_ = edge();
  if (!take_json_edits(plain_base_)) return false;
  is_plain_ = true;
  SP_CHECK(plain_base_ >= window_start_ && plain_base_ <= window_start_ + window_.size());
  const auto known = window_.bytes();
  const size_t decided = plain_base_ - window_start_;
  plain_.begin(*scope_, known.first(decided), roles_);
  const bool ok = plain_.feed(known.subspan(decided)) && take_plain_edits();
  window_.clear();
  return ok;
}

// Those that nothing can take back any more.
bool ArgumentsRewriter::take_json_edits(uint64_t until) {
  EditList& from = json_.edits();
  size_t taken = 0;
  for (const TextEdit& edit : from.edits()) {
    if (json_base_ + edit.end > until) break;
    edits_.add(json_base_ + edit.start, json_base_ + edit.end, from.replacement(edit));
    ++taken;
  }
  from.drop_front(taken);
  return true;
}

bool ArgumentsRewriter::take_plain_edits() {
  EditList& from = plain_.edits();
  for (const TextEdit& edit : from.edits())
    edits_.add(plain_base_ + edit.start, plain_base_ + edit.end, from.replacement(edit));
  from.clear();
  return true;
}

uint64_t ArgumentsRewriter::edge() const noexcept {
  if (is_plain_) return plain_base_ + plain_.edge();
  const uint64_t read = json_base_ + json_.edge();
  if (ended_ || json_.in_text()) return read;
  uint64_t held = read;
  while (held > window_start_ && read - held < kStructureHeldBytesMax &&
         !is_stop(window_[held - 1 - window_start_]))
    --held;
  return held;
}

void ArgumentsRewriter::forget_before(uint64_t offset) {
  const uint64_t wanted = offset > kBeforeBytesMax ? offset - kBeforeBytesMax : 0;
  if (wanted <= window_start_) return;
  window_start_ += window_.forget(std::min<size_t>(wanted - window_start_, window_.size()));
}

}  // namespace sallyport::rewrite
