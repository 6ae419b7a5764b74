// checksum.h: the Internet checksum (RFC 1071) over pieces of any length.
//
// Pieces may have odd lengths: the sum remembers its parity, so a payload cut over several segments
// needs no copy. Always in software, both ways (dataplane rule: "unknown" is never "good").
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/wire/ip_address.h"

namespace sallyport::wire {

class Checksum {
 public:
  void add(std::span<const uint8_t> bytes) noexcept;
  // The pseudo header of RFC 9293 3.1. `length` is header plus payload.
  // of RFC 8200 8.1 for IPv6 addresses.
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, uint8_t protocol,
                         uint32_t length) noexcept;
  // What goes into the header field (which was summed as zero). Over a received packet with its
  // field in place the answer is 0 when the packet is good.
  uint16_t finish() const noexcept;

 private:
  uint64_t sum_ = 0;  // in memory order; swapped once at the end
  bool odd_ = false;
};

}  // namespace sallyport::wire
