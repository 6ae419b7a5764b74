// json_escape.h: a value as the content of a JSON string, inside JSON strings, n levels deep.
//
// Level 0 copies, level 1 is text in a JSON string, level 2 a string inside the JSON text of a tool
// call's arguments that is itself a JSON string, and so on. '"', '\' and control characters are
// escaped (\n \r \t \b \f, else \u00XX), U+2028 and U+2029 too; all other bytes stay. The result
// holds no line end when levels >= 1, so it cannot break an SSE event. REQUIRES of the caller:
// `value` is UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::redact {

inline constexpr unsigned kEscapeLevelsMax = 4;

// Size of the result.
size_t json_escaped_size(std::span<const uint8_t> value, unsigned levels) noexcept;
// Writes it. Answers its size, or SIZE_MAX when `out` is too small (out may then hold a part).
size_t json_escape(std::span<const uint8_t> value, unsigned levels,
                   std::span<uint8_t> out) noexcept;

}  // namespace sallyport::redact
