// limits.h: capacities of HTTP framing, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::http {

// A whole head. SDK heads are under 2 KiB; 16 KiB is what common servers accept.
inline constexpr size_t kHeadBytesMax = 16 * 1024;
inline constexpr size_t kHeaderCountMax = 100;
inline constexpr size_t kTargetBytesMax = 4 * 1024;
// A chunk-size line with its extensions: 16 hex digits are more than any length we accept.
inline constexpr size_t kChunkLineBytesMax = 256;
inline constexpr size_t kTrailerBytesMax = 8 * 1024;
// Interim (1xx) answers before the final one; more is a storm.
inline constexpr unsigned kInterimResponsesMax = 8;
// One event of a stream, all its lines.
inline constexpr size_t kSseEventBytesMax = 1U << 20;

}  // namespace sallyport::http
