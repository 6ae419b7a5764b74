#include "dataplane/http/json_splitter.h"

#include <algorithm>

#include "dataplane/base/ascii.h"

namespace sallyport::http {

void JsonSplitter::begin(Form form) noexcept {
  buffer_.clear();
  form_ = form;
  start_ = scan_ = text_start_ = 0;
  ended_ = failed_ = in_string_ = escaped_ = false;
  state_ = State::Open;
  depth_ = 0;
}

void JsonSplitter::forget_delivered() {
  const size_t gone = buffer_.forget(start_);
  scan_ -= gone;
  text_start_ -= std::min(text_start_, gone);
  start_ -= gone;
}

void JsonSplitter::feed(std::span<const uint8_t> bytes) {
  forget_delivered();
  buffer_.append(bytes);
}

JsonSplitter::Result JsonSplitter::fail() noexcept {
  failed_ = true;
  return Result::Failed;
}

JsonSplitter::Result JsonSplitter::next(JsonPiece& out) {
  if (failed_) return Result::Failed;
  return form_ == Form::Lines ? next_line(out) : next_element(out);
}

bool JsonSplitter::complete() const noexcept {
  if (failed_) return false;
  return form_ == Form::Lines ? start_ == buffer_.size() : state_ == State::Behind;
}

JsonSplitter::Result JsonSplitter::piece(JsonPiece& out, size_t text_start, size_t text_end) {
  if (scan_ - start_ > kSseEventBytesMax) return fail();
  out.raw = buffer_.bytes().subspan(start_, scan_ - start_);
  out.text_offset = text_start - start_;
  out.text_size = text_end - text_start;
  out.has_text = text_end > text_start;
  out.is_end = false;
  start_ = scan_;
  return Result::Piece;
}

// White space around the text of a line is framing, the CR of a CRLF among it.
JsonSplitter::Result JsonSplitter::next_line(JsonPiece& out) {
  while (scan_ < buffer_.size() && buffer_[scan_] != '\n') ++scan_;
  const bool whole = scan_ < buffer_.size();
  if (!whole && (!ended_ || start_ == scan_))
    return scan_ - start_ > kSseEventBytesMax ? fail() : Result::NeedMore;
  size_t text_start = start_;
  size_t text_end = scan_;
  while (text_end > text_start && base::is_blank(buffer_[text_end - 1])) --text_end;
  while (text_start < text_end && base::is_blank(buffer_[text_start])) ++text_start;
  if (whole) ++scan_;
  return piece(out, text_start, text_end);
}

// False: a byte that may not stand here.
bool JsonSplitter::framing_byte(uint8_t c, bool& is_end) noexcept {
  if (base::is_blank(c)) return true;
  const bool closes = c == ']' && (state_ == State::First || state_ == State::Next);
  if (closes) {
    state_ = State::Behind;
    is_end = true;
    return true;
  }
  if (state_ == State::Open && c == '[') {
    state_ = State::First;
    return true;
  }
  if (state_ == State::Next && c == ',') {
    state_ = State::Element;
    return true;
  }
  if ((state_ != State::First && state_ != State::Element) || c == ',' || c == ']') return false;
  state_ = State::Text;
  depth_ = 0;
  in_string_ = escaped_ = false;
  return true;
}

// True: the text ends with this byte. A number or literal ends before the byte behind it, which
// next_element() looks at.
bool JsonSplitter::text_ends(uint8_t c) noexcept {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
      return depth_ == 0;
    }
    return false;
  }
  if (c == '"') in_string_ = true;
  if (c == '{' || c == '[') ++depth_;
  if (c == '}' || c == ']') return depth_ <= 1;
  return false;
}

JsonSplitter::Result JsonSplitter::next_element(JsonPiece& out) {
  while (scan_ < buffer_.size()) {
    const uint8_t c = buffer_[scan_];
    if (state_ != State::Text) {
      bool is_end = false;
      if (!framing_byte(c, is_end)) return fail();
      if (state_ == State::Text) {
        text_start_ = scan_;
        continue;
      }
      ++scan_;
      if (!is_end) continue;
      const Result result = piece(out, start_, start_);
      out.is_end = true;
      return result;
    }
    const bool is_bare = depth_ == 0 && !in_string_ && scan_ > text_start_;
    if (is_bare && (base::is_blank(c) || c == ',' || c == ']')) {
      state_ = State::Next;
      return piece(out, text_start_, scan_);
    }
    ++scan_;
    const bool closes = !in_string_ && (c == '}' || c == ']');
    const bool ends = text_ends(c);
    if (closes && depth_ > 0) --depth_;
    if (!ends) continue;
    state_ = State::Next;
    return piece(out, text_start_, scan_);
  }
  if (scan_ - start_ > kSseEventBytesMax) return fail();
  // White space behind the end waits for nothing.
  if (state_ == State::Behind && scan_ > start_) return piece(out, start_, start_);
  return Result::NeedMore;
}

}  // namespace sallyport::http
