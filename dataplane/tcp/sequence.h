// sequence.h: comparison of sequence numbers and timestamps modulo 2^32 (RFC 9293 3.4, RFC
// 7323 5.2).
#pragma once

#include <cstdint>

namespace sallyport::tcp {

constexpr bool seq_before(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }
constexpr bool seq_at_or_before(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) <= 0; }
constexpr bool seq_after(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) > 0; }
constexpr bool seq_at_or_after(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) >= 0; }
constexpr uint32_t seq_later(uint32_t a, uint32_t b) { return seq_before(a, b) ? b : a; }
constexpr uint32_t seq_earlier(uint32_t a, uint32_t b) { return seq_before(a, b) ? a : b; }

}  // namespace sallyport::tcp
