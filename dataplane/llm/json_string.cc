#include "dataplane/llm/json_string.h"

#include <algorithm>

namespace sallyport::llm {

namespace {

int hex_value(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind "\u" at `at`; -1 when they are not there.
int code_unit(std::span<const uint8_t> content, size_t at) {
  if (content.size() - at < 6 || content[at] != '\\' || content[at + 1] != 'u') return -1;
  int unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_value(content[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

uint8_t short_escape(uint8_t c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

}  // namespace

size_t encode_utf8(uint32_t code_point, std::array<uint8_t, 4>& out) noexcept {
  if (code_point < 0x80) {
    out[0] = static_cast<uint8_t>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<uint8_t>(0xc0 | (code_point >> 6));
    out[1] = static_cast<uint8_t>(0x80 | (code_point & 0x3f));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<uint8_t>(0xe0 | (code_point >> 12));
    out[1] = static_cast<uint8_t>(0x80 | ((code_point >> 6) & 0x3f));
    out[2] = static_cast<uint8_t>(0x80 | (code_point & 0x3f));
    return 3;
  }
  out[0] = static_cast<uint8_t>(0xf0 | (code_point >> 18));
  out[1] = static_cast<uint8_t>(0x80 | ((code_point >> 12) & 0x3f));
  out[2] = static_cast<uint8_t>(0x80 | ((code_point >> 6) & 0x3f));
  out[3] = static_cast<uint8_t>(0x80 | (code_point & 0x3f));
  return 4;
}

bool JsonStringPieces::next() noexcept {
  if (at_ >= content_.size()) return false;
  raw_start_ = raw_base_ + at_;
  if (content_[at_] != '\\') {
    const auto rest = content_.subspan(at_);
    const auto size =
        static_cast<size_t>(std::find(rest.begin(), rest.end(), uint8_t{'\\'}) - rest.begin());
    decoded_ = rest.first(size);
    at_ += size;
    raw_end_ = raw_base_ + at_;
    return true;
  }
  if (content_.size() - at_ < 2) return false;
  if (content_[at_ + 1] != 'u') {
    escape_[0] = short_escape(content_[at_ + 1]);
    decoded_ = {escape_.data(), 1};
    at_ += 2;
    raw_end_ = raw_base_ + at_;
    return true;
  }
  const int unit = code_unit(content_, at_);
  if (unit < 0) return false;
  at_ += 6;
  auto code_point = static_cast<uint32_t>(unit);
  if (unit >= 0xd800 && unit < 0xdc00) {
    const int low = code_unit(content_, at_);
    if (low < 0xdc00 || low > 0xdfff) return false;
    at_ += 6;
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (static_cast<uint32_t>(low) - 0xdc00);
  }
  decoded_ = {escape_.data(), encode_utf8(code_point, escape_)};
  raw_end_ = raw_base_ + at_;
  return true;
}

}  // namespace sallyport::llm
