// line_end.h: where a line ends whose end is CR, LF or both (RFC 9112, RFC 2046, server-sent
// events).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sallyport::base {

// Where the first line of `text` ends: its CR or LF, or all of it.
inline size_t line_end(std::span<const uint8_t> text) noexcept {
  if (text.empty()) return 0;
  const auto find = [&](char what, size_t size) {
    const void* at = std::memchr(text.data(), what, size);
    return at == nullptr ? size
                         : static_cast<size_t>(static_cast<const uint8_t*>(at) - text.data());
  };
  return find('\r', find('\n', text.size()));
}

}  // namespace sallyport::base
