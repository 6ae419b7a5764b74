// sse_lines.h: the lines of one server-sent event, as the stream had them.
//
// Ends are CR, LF or CRLF, and belong to no line; a byte order mark at the front belongs to none
// either (WHATWG HTML 9.2.6). The empty line that ends an event is one of its lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/line_end.h"

namespace sallyport::http {

// for_each_line(event.raw, f): f(std::span<const uint8_t>) for each line in order; views into
// `event`.
template <class F>
void for_each_line(std::span<const uint8_t> event, F&& f) {
  if (event.size() >= 3 && event[0] == 0xef && event[1] == 0xbb && event[2] == 0xbf)
    event = event.subspan(3);
  while (!event.empty()) {
    const size_t size = base::line_end(event);
    f(event.first(size));
    if (size == event.size()) return;
    const bool is_pair = event[size] == '\r' && size + 1 < event.size() && event[size + 1] == '\n';
    event = event.subspan(size + (is_pair ? 2 : 1));
  }
}

}  // namespace sallyport::http
