// bytes.h: a text as the bytes it consists of. The view lives as long as the text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::base {

inline std::span<const uint8_t> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(std::span<const uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sallyport::base
