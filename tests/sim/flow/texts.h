// texts.h: messages of the two vendors, as the tests write and read them.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/flow/vendor.h"

namespace sallyport::sim {

inline std::string answer_with(const std::string& content) {
  return R"({"id":"c1","object":"chat.completion","model":"gpt-4o-2024","choices":[{"index":0,)"
         R"("message":{"role":"assistant","content":")" +
         content + R"("},"finish_reason":"stop"}]})";
}

// The text of the first message of a request as the vendor got it.
inline std::string content_of(const std::string& request) {
  const std::string body = Vendor::body_of(request);
  const size_t at = body.find(R"("content":")") + 11;
  return body.substr(at, body.find('"', at) - at);
}

inline std::string delta(const std::string& content) {
  return R"(data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024","choices":)"
         R"([{"index":0,"delta":{"content":")" +
         content + R"("},"finish_reason":null}]})" + "\n\n";
}

inline std::string last_events() {
  return R"(data: {"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024","choices":)"
         R"([{"index":0,"delta":{},"finish_reason":"stop"}]})"
         "\n\ndata: [DONE]\n\n";
}

inline const std::string kStreamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

inline std::string chunk(const std::string& data) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

// The texts of all deltas of a stream, joined.
inline std::string streamed_text(const std::string& body) {
  std::string out;
  const std::string mark = R"("delta":{"content":")";
  for (size_t at = body.find(mark); at != std::string::npos; at = body.find(mark, at)) {
    at += mark.size();
    out += body.substr(at, body.find('"', at) - at);
  }
  return out;
}

}  // namespace sallyport::sim
