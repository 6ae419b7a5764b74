#include "dataplane/http/query.h"

#include <algorithm>

#include "dataplane/base/ascii.h"

namespace sallyport::http {

bool QueryReader::next() noexcept {
  while (!rest_.empty()) {
    const size_t end = std::min(rest_.find('&'), rest_.size());
    raw_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (raw_.empty()) continue;
    const size_t equals = std::min(raw_.find('='), raw_.size());
    name_ = raw_.substr(0, equals);
    value_ = raw_.substr(std::min(equals + 1, raw_.size()));
    return true;
  }
  return false;
}

size_t decode_query(std::string_view text, std::span<char> out) noexcept {
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+') c = ' ';
    if (c == '%') {
      if (text.size() - i < 3) return std::string_view::npos;
      const int high = base::hex_value(static_cast<uint8_t>(text[i + 1]));
      const int low = base::hex_value(static_cast<uint8_t>(text[i + 2]));
      if (high < 0 || low < 0) return std::string_view::npos;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (size == out.size()) return std::string_view::npos;
    out[size++] = c;
  }
  return size;
}

std::string_view find_in_query(std::string_view query, std::string_view name) noexcept {
  QueryReader reader(query);
  while (reader.next())
    if (reader.name() == name) return reader.value();
  return {};
}

}  // namespace sallyport::http
