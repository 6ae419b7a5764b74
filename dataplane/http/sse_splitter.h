// sse_splitter.h: a stream of bytes to server-sent events (WHATWG HTML, section 9.2.6).
//
// Lines end with CR, LF or CRLF; an event ends with an empty line. The raw bytes of each event are
// kept beside its meaning, so that an event in which nothing changes goes on byte for byte. Limits
// kSseEventBytesMax per event; more is Failed, never cut, and stays Failed until begin().
// Owner   one answer; memory is kept for the next one; whatever held bytes is wiped, by begin() or
// when it grows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/http/limits.h"
#include "dataplane/mem/text_window.h"

namespace sallyport::http {

struct SseEvent {
  std::string_view name;          // of the last event line; empty: "message"
  std::span<const uint8_t> data;  // data lines joined by LF
  std::span<const uint8_t> raw;   // all its bytes with the empty line
  bool has_data = false;          // false: comments, keep-alives, ids only
};

class SseSplitter {
 public:
  enum class Result : uint8_t { NeedMore, Event, Failed };

  ~SseSplitter() { begin(); }
  void begin() noexcept;
  // Appends bytes; then call next() until it answers NeedMore.
  void feed(std::span<const uint8_t> bytes);
  // The views are valid until the next call on this object.
  [[nodiscard]] Result next(SseEvent& out);
  // Bytes of an event that has no end yet: at the end of the stream they are a truncated event (the
  // standard drops them). The LF of a CRLF whose CR ended the event before is none of them.
  size_t unfinished_bytes() const noexcept { return buffer_.size() - event_start_ - late_lf_; }
  // That LF, when it came late and nothing has come behind it; at the end of the stream nobody else
  // has it.
  std::span<const uint8_t> late_end() const noexcept {
    return buffer_.bytes().subspan(event_start_, late_lf_);
  }

 private:
  void line(size_t start, size_t end);
  void clear_event() noexcept;
  void forget_delivered();

  mem::TextWindow buffer_;
  size_t event_start_ = 0;  // of the event being read, in buffer_
  size_t line_start_ = 0;
  size_t scan_ = 0;  // bytes looked at
  bool at_stream_start_ = true;
  bool skip_lf_ = false;  // the last line ended with CR: an LF right behind belongs to it
  bool delivered_ = false;
  bool failed_ = false;
  size_t late_lf_ = 0;  // 1: the event being read begins with the LF of the CRLF before it
  std::vector<uint8_t> data_;
  size_t name_start_ = 0;
  size_t name_size_ = 0;
  bool has_data_ = false;
};

}  // namespace sallyport::http
