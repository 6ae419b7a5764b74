// utf8.h: is this text well-formed UTF-8 (Unicode standard, table 3-7)?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::base {

// The whole of it: an incomplete character at the end is not well formed.
bool is_utf8(std::span<const uint8_t> text) noexcept;

// Bytes at the end that may be the begin of one more character: 0 to 3. Says nothing of the rest.
size_t utf8_open_end(std::span<const uint8_t> text) noexcept;

}  // namespace sallyport::base
