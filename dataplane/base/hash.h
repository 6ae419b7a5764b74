// hash.h: SipHash-1-3 and 2-4 for tables and sequence numbers whose inputs an attacker chooses.
// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012).
// Not here: HMAC and token keys (redact/), which use OpenSSL.
#pragma once

#include <cstdint>
#include <span>

namespace sallyport::base {

struct SipKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

// Hash tables: 1 compression round, 3 finalisation rounds.
uint64_t siphash13(const SipKey& key, std::span<const uint8_t> bytes) noexcept;
// Where unpredictability matters more than speed (RFC 6528): 2 and 4 rounds.
uint64_t siphash24(const SipKey& key, std::span<const uint8_t> bytes) noexcept;

}  // namespace sallyport::base
