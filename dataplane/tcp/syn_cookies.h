// syn_cookies.h: a handshake without a record (RFC 4987 3.6). Our initial sequence number carries
// the peer's MSS class and a keyed hash of the tuple, the peer's number and the time; the timestamp
// we send carries window scale and SACK-permitted, so that a connection under attack is not a
// poorer one.
//
// Layout of the sequence number:  period mod 32 (5) | MSS class (3) | SipHash (24)
// Layout of the timestamp's end:  SACK (1) | window scale, 15 = none (4)
// A blind ACK is accepted with probability 2^-24 times two periods; the hash key is derived for
// this use alone.
#pragma once

#include <cstdint>

#include "dataplane/base/hash.h"
#include "dataplane/tcp/flow_key.h"

namespace sallyport::tcp {

struct CookieOptions {
  uint16_t mss = 0;
  bool has_timestamps = false;
  bool sack_permitted = false;
  bool has_window_scale = false;
  uint8_t window_scale = 0;
};

class SynCookies {
 public:
  explicit SynCookies(const base::SipKey& key) : key_(key) {}

  uint32_t sequence(const FlowKey& flow, uint32_t peer_sequence, uint16_t mss,
                    uint64_t now_ms) const noexcept;
  // False: not ours, or too old. `mss` is then a class below or equal to what the peer said.
  [[nodiscard]] bool check(const FlowKey& flow, uint32_t peer_sequence, uint32_t sequence,
                           uint64_t now_ms, uint16_t& mss) const noexcept;

  // The clock value to send, at or before `clock`, with the options in its last bits.
  static uint32_t timestamp(uint32_t clock, const CookieOptions& options) noexcept;
  static void read_timestamp(uint32_t echo_clock, CookieOptions& options) noexcept;

 private:
  uint32_t hash(const FlowKey& flow, uint32_t peer_sequence, uint64_t period,
                uint32_t mss_class) const noexcept;

  const base::SipKey key_;
};

}  // namespace sallyport::tcp
