#include "dataplane/rewrite/leaf/byte_reading.h"

#include <span>

#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

// What shows, and the blank. Tabs and line ends part stretches: they are half of whole alphabets
// (Devanagari is U+0900 and on, Gujarati U+0A80).
bool is_text(uint8_t c) noexcept { return c >= 0x20 && c != 0x7f; }

// Between two stretches. A line end would make segments of records of what stands behind it.
constexpr uint8_t kParts = ' ';

}  // namespace

ByteReading::~ByteReading() { mem::wipe(piece_); }

void ByteReading::begin(RewriteScope& scope, bool is_big) {
  scope_ = &scope;
  is_big_ = is_big;
  in_stretch_ = has_text_ = false;
  last_ = 0;
  piece_size_ = 0;
}

bool ByteReading::unit(uint8_t first, uint8_t second) {
  const uint8_t high = is_big_ ? first : second, low = is_big_ ? second : first;
  const bool is_other_order = low == 0 && is_text(high);
  if ((is_text(first) && is_text(second)) || is_other_order) {
    // What stands right before and right behind a stretch may be its first and its last character.
    if (!in_stretch_ && (!put(kParts) || (is_text(last_) && !put(last_)))) return false;
    in_stretch_ = true;
    last_ = second;
    return is_other_order ? put(high) : put(first) && put(second);
  }
  const bool ends = in_stretch_;
  in_stretch_ = false;
  last_ = second;
  return !ends || ((!is_text(first) || put(first)) && put(kParts));
}

bool ByteReading::end(bool has_rest, uint8_t rest) {
  if (in_stretch_ && has_rest && is_text(rest) && !put(rest)) return false;
  return settle() && (!has_text_ || (text_.end() && refuse_edits()));
}

bool ByteReading::put(uint8_t byte) {
  if (piece_size_ == piece_.size() && !settle()) return false;
  piece_[piece_size_++] = byte;
  return true;
}

bool ByteReading::settle() {
  if (piece_size_ == 0) return true;
  if (!has_text_) text_.begin(*scope_);
  has_text_ = true;
  const bool ok = text_.feed(std::span<const uint8_t>(piece_).first(piece_size_));
  piece_size_ = 0;
  return ok && refuse_edits();
}

bool ByteReading::refuse_edits() {
  const bool any = !text_.edits().edits().empty();
  text_.edits().clear();
  return !any || scope_->refuse(scope_->blocked());
}

}  // namespace sallyport::rewrite
