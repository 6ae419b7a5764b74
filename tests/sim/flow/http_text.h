// http_text.h: an HTTP answer taken apart by the test's own simple rules.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sallyport::sim {

struct HttpAnswer {
  int status = 0;  // 0: no head yet
  std::string head;
  std::string body;  // chunks joined
  bool is_complete = false;
  size_t bytes = 0;  // of all of it, interim answers included

  std::string header(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "";
    const size_t value = at + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

inline HttpAnswer parse_answer(std::string_view text) {
  HttpAnswer out;
  size_t start = 0;
  size_t end = text.find("\r\n\r\n");
  while (end != std::string_view::npos && text.substr(start, 10) == "HTTP/1.1 1") {
    start = end + 4;
    end = text.find("\r\n\r\n", start);
  }
  if (end == std::string_view::npos) return out;
  out.head = std::string(text.substr(start, end + 2 - start));
  out.status = std::atoi(out.head.c_str() + 9);
  size_t at = end + 4;
  if (out.header("transfer-encoding") == "chunked") {
    for (;;) {
      const size_t line = text.find("\r\n", at);
      if (line == std::string_view::npos) return out;
      const size_t size =
          std::strtoul(std::string(text.substr(at, line - at)).c_str(), nullptr, 16);
      if (text.size() < line + 2 + size + 2) return out;
      out.body += text.substr(line + 2, size);
      at = line + 2 + size + 2;
      if (size == 0) break;
    }
  } else {
    const size_t size = std::strtoul(out.header("content-length").c_str(), nullptr, 10);
    if (text.size() < at + size) return out;
    out.body = std::string(text.substr(at, size));
    at += size;
  }
  out.is_complete = true;
  out.bytes = at;
  return out;
}

}  // namespace sallyport::sim
