// flow_key.h: the four-tuple of a connection, of either family, and its keyed hash.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/hash.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::tcp {

// As one block of bytes: it is hashed as it lies in memory.
struct FlowKey {
  wire::IpAddress local_address;
  wire::IpAddress remote_address;
  uint16_t local_port = 0;
  uint16_t remote_port = 0;
  uint32_t unused = 0;  // always zero: no padding is hashed
  friend bool operator==(const FlowKey&, const FlowKey&) = default;

  bool is_v6() const noexcept { return remote_address.is_v6(); }
};
static_assert(sizeof(FlowKey) == 40);

// Keyed, because clients choose their side of the tuple. IPv4 hashes 12 bytes, not 40.
inline uint64_t flow_hash(const base::SipKey& secret, const FlowKey& key) noexcept {
  if (!key.is_v6()) {
    const uint32_t words[3] = {key.local_address.v4(), key.remote_address.v4(),
                               (uint32_t{key.local_port} << 16) | key.remote_port};
    return base::siphash13(secret, {reinterpret_cast<const uint8_t*>(words), sizeof words});
  }
  return base::siphash13(secret, {reinterpret_cast<const uint8_t*>(&key), sizeof key});
}

}  // namespace sallyport::tcp
