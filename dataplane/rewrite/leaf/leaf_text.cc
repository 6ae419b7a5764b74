#include "dataplane/rewrite/leaf/leaf_text.h"

#include <algorithm>

#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {

void LeafText::begin_message(CleanTexts* clean) noexcept {
  own_.clear();
  clean_ = clean != nullptr ? clean : &own_;
  forget_held();
  is_reading_ = false;
  is_clean_ = true;
}

void LeafText::begin(RewriteScope& scope, std::span<const uint8_t> before, RoleSet roles,
                     redact::ShiftMap* shifts, scan::Whole whole) {
  scope_ = &scope;
  roles_ = roles;
  shifts_ = shifts;
  whole_ = whole;
  is_reading_ = false;
  follows_ = {};
  forget_held();
  held_.append(before.last(std::min(before.size(), kBeforeBytesMax)));
  before_ = held_.size();
}

bool LeafText::hold(std::span<const uint8_t> text) {
  if ((is_nested_ || !is_reading_) && held_.size() + text.size() <= kHeldBytesMax &&
      ends_.size() < kHeldPiecesMax) {
    held_.append(text);
    if (is_nested_) ends_.push_back(held_.size());
    return true;
  }
  if (!read_held()) return false;
  return is_nested_ ? reader_.feed(text) : reader_.hold(text);
}

bool LeafText::settle() {
  if (!is_reading_ && held_.size() == before_) return true;
  return read_held() && reader_.settle_held();
}

bool LeafText::end() {
  const bool is_whole = !is_reading_;
  forget_unknowing();
  if (is_whole && shifts_ == nullptr && clean_->has(held_.bytes(), before_, read_as())) {
    keep_end_of_known();
    forget_held();
    return true;
  }
  start();
  const bool ok = reader_.hold(held_.bytes().subspan(before_)) && reader_.end();
  is_clean_ = is_clean_ && ok && reader_.is_clean();
  if (ok && is_whole && reader_.is_clean()) clean_->add(held_.bytes(), before_, read_as());
  if (goes_on() && reader_.edge() > 0) scope_->text_ends.keep(follows_, reader_.place_state());
  forget_held();
  return ok;
}

// The place in which a text ends is a matter of all that stands before it, too.
void LeafText::keep_end_of_known() {
  if (!goes_on() || held_.size() == before_) return;
  const auto* behind = place_before();
  place_.begin_behind(behind != nullptr ? *behind : redact::PlaceTracker::State{});
  place_.feed(held_.bytes());
  scope_->text_ends.keep(follows_, place_.state());
}

ReadAs LeafText::read_as() const noexcept {
  if (whole_ == scan::Whole::Field) return ReadAs::Field;
  return TextRewriter::follows(*scope_, roles_, whole_) ? ReadAs::Follower : ReadAs::Answer;
}

// A text that was clean may hold a value or a name that is known since.
void LeafText::forget_unknowing() noexcept {
  const uint32_t known = scope_->known != nullptr ? scope_->known->generation() : known_seen_;
  const uint32_t named = scope_->people != nullptr ? scope_->people->generation() : named_seen_;
  if (known == known_seen_ && named == named_seen_) return;
  known_seen_ = known;
  named_seen_ = named;
  clean_->clear();
}

// Afterwards nothing of held_ stands before the text.
void LeafText::start() {
  if (is_reading_) return;
  is_reading_ = true;
  reader_.begin(*scope_, held_.bytes().first(before_), roles_, shifts_, whole_);
  if (const auto* behind = place_before(); behind != nullptr) reader_.go_on_behind(*behind);
}

bool LeafText::read_held() {
  start();
  bool ok = true;
  if (is_nested_) {
    size_t from = before_;
    for (const size_t end : ends_) {
      ok = ok && reader_.feed(held_.bytes().subspan(from, end - from));
      from = end;
    }
  } else {
    ok = reader_.hold(held_.bytes().subspan(before_));
  }
  forget_held();
  return ok;
}

void LeafText::forget_held() noexcept {
  held_.clear();
  ends_.clear();
  before_ = 0;
}

}  // namespace sallyport::rewrite
