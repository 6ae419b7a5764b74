// generalise.h: a value made so coarse that it no longer points at one person.
//
// The rules are those of the Safe Harbor method of de-identification, 45 CFR 164.514(b)(2)(i):
//   (B) of a ZIP code the first three digits; 000 where these cover 20 000 people or fewer
//   (C) of a date the year; of an age over 89 "90 or older", and no year that tells such an age
// An IP address keeps its /24 (IPv6: /48, what one site has). Everything else, and whatever does
// not read as what it should be, becomes the name of its entity: [EMAIL-ADDRESS].
//
// Owner  nobody; no state, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/contract/image_layout.h"

namespace sallyport::redact {

inline constexpr size_t kGeneralisedBytesMax = 64;
inline constexpr unsigned kAgeTold = 89;  // 164.514(b)(2)(i)(C): ages over 89 are one category

// Answers the bytes written, 0 when the name of the entity is no label. `year`: the present one;
// 0: not known, then no birth year is told. REQUIRES: `value` is not empty.
size_t generalise(contract::Generalisation how, std::string_view entity,
                  std::span<const uint8_t> value, unsigned year,
                  std::span<uint8_t, kGeneralisedBytesMax> out) noexcept;

}  // namespace sallyport::redact
