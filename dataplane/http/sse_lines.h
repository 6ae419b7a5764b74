// sse_lines.h: the lines of one server-sent event, as the stream had them.
//
// Ends are CR, LF or CRLF, and belong to no line; a byte order mark at the front belongs to none
// either (WHATWG HTML 9.2.6). The empty line that ends an event is one of its lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::http {

// for_each_line(event.raw, f): f(std::span<const uint8_t>) for each line in order; views into
// `event`.
template <class F>
void for_each_line(std::span<const uint8_t> event, F&& f) {
  if (event.size() >= 3 && event[0] == 0xef && event[1] == 0xbb && event[2] == 0xbf)
    event = event.subspan(3);
  size_t start = 0;
  for (size_t i = 0; i < event.size(); ++i) {
    if (event[i] != '\r' && event[i] != '\n') continue;
    f(event.subspan(start, i - start));
    if (event[i] == '\r' && i + 1 < event.size() && event[i + 1] == '\n') ++i;
    start = i + 1;
  }
  if (start < event.size()) f(event.subspan(start));
}

}  // namespace sallyport::http
