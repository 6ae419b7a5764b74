// json_peek.h: the value of one member of an object that is at hand, before the object is walked.
//
// Members of an object have no order, and what a member is may depend on a sibling that stands
// behind it (`type`). A stream event is whole when it is walked, so its discriminators are looked
// up first. This judges nothing: on text that is no JSON it answers something, and the walk that
// follows refuses the text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::llm {

// The string (without quotes) or literal of the member `name` of the object whose bytes behind its
// brace are `object`. Empty: no such member, or its name or value has an escape, or the value is
// another kind of thing. `looked_at` grows by the bytes read.
std::string_view peek_member(std::span<const uint8_t> object, std::string_view name,
                             uint64_t& looked_at) noexcept;

}  // namespace sallyport::llm
