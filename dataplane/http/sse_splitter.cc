#include "dataplane/http/sse_splitter.h"

#include <algorithm>

#include "dataplane/base/line_end.h"
#include "dataplane/mem/wiping_vector.h"

namespace sallyport::http {

void SseSplitter::begin() noexcept {
  buffer_.clear();
  mem::clear_wiping(data_);
  event_start_ = line_start_ = scan_ = 0;
  at_stream_start_ = true;
  skip_lf_ = delivered_ = failed_ = false;
  late_lf_ = 0;
  clear_event();
}

void SseSplitter::clear_event() noexcept {
  data_.clear();
  name_start_ = name_size_ = 0;
  has_data_ = false;
}

void SseSplitter::forget_delivered() {
  if (delivered_) {
    clear_event();
    delivered_ = false;
  }
  const size_t gone = buffer_.forget(event_start_);
  line_start_ -= gone;
  scan_ -= gone;
  if (name_size_ > 0) name_start_ -= gone;
  event_start_ -= gone;
}

void SseSplitter::feed(std::span<const uint8_t> bytes) {
  forget_delivered();
  buffer_.append(bytes);
}

SseSplitter::Result SseSplitter::next(SseEvent& out) {
  if (failed_) return Result::Failed;
  forget_delivered();
  if (at_stream_start_) {
    // One byte order mark may lead the stream; it stays in the raw bytes of the first event.
    constexpr uint8_t kMark[3] = {0xef, 0xbb, 0xbf};
    const size_t have = std::min<size_t>(buffer_.size(), 3);
    if (std::equal(kMark, kMark + have, buffer_.data())) {
      if (have < 3) return Result::NeedMore;
      line_start_ = scan_ = 3;
    }
    at_stream_start_ = false;
  }
  while (scan_ < buffer_.size()) {
    if (skip_lf_) {
      skip_lf_ = false;
      if (buffer_[scan_] == '\n') {
        // The LF of a CRLF. When the event it ended is gone already, it belongs to the next one's
        // raw bytes.
        if (scan_ == event_start_) late_lf_ = 1;
        line_start_ = ++scan_;
        continue;
      }
    }
    const size_t end = scan_ + base::line_end(buffer_.bytes().subspan(scan_));
    scan_ = std::min(end + 1, buffer_.size());
    if (end == buffer_.size()) break;
    skip_lf_ = buffer_[end] == '\r';
    if (end > line_start_) {
      line(line_start_, end);
      line_start_ = scan_;
      continue;
    }
    line_start_ = scan_;
    // Before the LF of a CRLF is looked for, so that it makes no difference whether it is here.
    if (scan_ - event_start_ - late_lf_ > kSseEventBytesMax) break;
    // An empty line: the event is complete. Take the LF of its CRLF along when it is here already.
    if (skip_lf_ && scan_ < buffer_.size() && buffer_[scan_] == '\n') {
      line_start_ = ++scan_;
      skip_lf_ = false;
    }
    if (has_data_) data_.pop_back();  // the LF behind the last data line
    out.name = name_size_ == 0
                   ? std::string_view{}
                   : std::string_view(reinterpret_cast<const char*>(buffer_.data()) + name_start_,
                                      name_size_);
    out.data = data_;
    out.raw = buffer_.bytes().subspan(event_start_, scan_ - event_start_);
    out.has_data = has_data_;
    event_start_ = scan_;
    late_lf_ = 0;
    delivered_ = true;
    return Result::Event;
  }
  failed_ = unfinished_bytes() > kSseEventBytesMax;
  return failed_ ? Result::Failed : Result::NeedMore;
}

void SseSplitter::line(size_t start, size_t end) {
  const std::string_view text(reinterpret_cast<const char*>(buffer_.data()) + start, end - start);
  const size_t colon = text.find(':');
  if (colon == 0) return;  // a comment
  const std::string_view field = text.substr(0, colon);
  size_t value = colon == std::string_view::npos ? text.size() : colon + 1;
  if (value < text.size() && text[value] == ' ') ++value;
  if (field == "data") {
    const std::span<const uint8_t> line = buffer_.bytes().subspan(start, end - start);
    constexpr uint8_t kLf = '\n';
    mem::append_wiping(data_, line.subspan(value));
    mem::append_wiping(data_, {&kLf, 1});
    has_data_ = true;
  } else if (field == "event") {
    name_start_ = start + value;
    name_size_ = text.size() - value;
  }
}

}  // namespace sallyport::http
