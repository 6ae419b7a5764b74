// sse_twin.h: a stream of server-sent events read slowly, from its whole text (WHATWG HTML 9.2.6):
// what sse_splitter.h must agree with.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::http {

struct SlowEvent {
  std::string name;
  std::string data;
  bool has_data = false;
  friend bool operator==(const SlowEvent&, const SlowEvent&) = default;
  friend std::ostream& operator<<(std::ostream& out, const SlowEvent& event) {
    return out << "{'" << event.name << "' '" << event.data << "' " << event.has_data << "}";
  }
};

struct SlowStream {
  std::vector<SlowEvent> events;
  bool unfinished = false;  // bytes behind the last event
};

inline SlowStream read_events_slowly(std::string_view text) {
  SlowStream out;
  const bool only_mark = text == "\xef" || text == "\xef\xbb" || text == "\xef\xbb\xbf";
  if (only_mark) return {{}, true};
  const bool marked = text.starts_with("\xef\xbb\xbf");
  if (marked) text.remove_prefix(3);
  // Every line end becomes one LF.
  std::string lines;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
    lines += text[i] == '\r' ? '\n' : text[i];
  }
  SlowEvent event;
  std::string_view rest = lines;
  bool inside = marked;
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1)) {
    const std::string_view line = rest.substr(0, end);
    inside = true;
    if (line.empty()) {
      if (event.has_data) event.data.pop_back();
      out.events.push_back(event);
      event = SlowEvent{};
      inside = false;
      continue;
    }
    const size_t colon = line.find(':');
    std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    const std::string_view field = line.substr(0, colon);
    if (field == "data") {
      event.data += std::string(value) + "\n";
      event.has_data = true;
    } else if (field == "event") {
      event.name = value;
    }
  }
  out.unfinished = inside || !rest.empty();
  return out;
}

}  // namespace sallyport::http
