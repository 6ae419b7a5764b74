// token_prefilter.h: where in a text could the core of a token begin?
//
// Every token, damaged or not, has a separator between its label and its core, and behind it 23
// base32 characters with nothing between them that the finder does not swallow. Separators that are
// followed by so many are rare, so the finder's state machine need not see most of the text. The
// answer is a superset: no place where a token's core could begin is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::redact {

// Offset of the first separator at or behind `from` behind which a core could stand; a core that is
// cut by the end of the text could still be one. text.size(): there is none.
size_t find_core_separator(std::span<const uint8_t> text, size_t from) noexcept;

// The last offset in (from, until] before which no token that is alive could have begun: behind a
// character that no token has. `from` when there is none. REQUIRES: from <= until <= text.size().
size_t last_token_break(std::span<const uint8_t> text, size_t from, size_t until) noexcept;

// The character that the HTML reference `name` ("#45", "#x2d", "ndash", without '&' and ';') stands
// for; 0: none that a token could have in it.
uint32_t html_reference(std::span<const uint8_t> name) noexcept;
// Bytes of a reference between its '&' and its ';' at most: longer ones are none of the above.
inline constexpr size_t kHtmlReferenceBytesMax = 8;

}  // namespace sallyport::redact
