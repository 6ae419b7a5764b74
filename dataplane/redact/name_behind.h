// name_behind.h: would a value, put where a token stands, be a part of a name that leads somewhere?
//
// PlaceTracker knows from the text before a token that it stands in a URL. Of "TOKEN.evil.example",
// "TOKEN@evil.example" and "mailto:TOKEN@evil.example" only the text behind tells: a look at the
// address, a mail to it or its mere resolution carries the value to who owns the rest of the name.
// RFC 3986, 3.2: authority = [userinfo "@"] host [":" port]. So: characters of a label or of user
// information, then "." and a label, or "@" and one. A name of a file (TOKEN.pdf) is no host.
// Bounded, a function of the text only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::redact {

enum class NameBehind : uint8_t {
  No,
  Yes,
  More  // this much of the text does not tell
};

// Longer than a label of DNS (63) and another token. Behind so much without a sign of an end it is
// Yes, but No where letters of other scripts stand in it, which some write without spaces.
inline constexpr size_t kNameBehindBytesMax = 128;

// `text`: what stands right behind the token, as much of it as is there. `ended`: nothing comes
// behind it, and the answer is not More.
NameBehind name_behind(std::span<const uint8_t> text, bool ended) noexcept;

}  // namespace sallyport::redact
