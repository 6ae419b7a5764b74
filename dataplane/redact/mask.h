// mask.h: a value behind stars, wholly or but for its last characters.
//
// Kept are the last letters and digits, at most `keep_last` and never more than a third of all the
// letters and digits of the value (a card of 16 digits may keep four, PCI DSS 3.4.1; a number of
// nine keeps three). A value that keeps something keeps its separators too, so that its shape can
// be read. A wholly masked one shows nothing but a bounded length.
//
// Owner  nobody; no state, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sallyport::redact {

inline constexpr size_t kMaskBytesMax = 64;  // of a masked value; a longer one is masked wholly

// Answers the bytes written. REQUIRES: `value` is not empty; contract::is_mask_char(with).
size_t mask_value(std::span<const uint8_t> value, uint8_t keep_last, char with,
                  std::span<uint8_t, kMaskBytesMax> out) noexcept;

}  // namespace sallyport::redact
