// toeplitz.h: the hash by which NICs spread flows over queues (RSS), in software.
//
// The port choice towards vendors and the software distribution compute what the device computes,
// so it is our own and held to Microsoft's published vectors. The hash is linear: each input byte
// has a share, and the hash is the XOR of the shares. 36 tables of 256 words (36 KiB) hold them
// all; a candidate port then costs two look-ups instead of a hash (dataplane notes e).
// Source  Microsoft, "RSS hashing functions" and "Verifying the RSS hash calculation".
// Owner   built at start; immutable, so any thread reads it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace sallyport::nic {

// Two IPv6 addresses and two ports; IPv4 takes the first 12 positions.
inline constexpr size_t kRssInputBytesMax = 36;
inline constexpr size_t kRssInputBytesV4 = 12;
// 36 bytes of input slide a 32-bit window over so many bytes of key; some devices have longer ones
// (52), of which RSS over TCP uses the first 40.
inline constexpr size_t kRssKeyBytesMin = 40;

class Toeplitz {
 public:
  // REQUIRES: key.size() >= kRssKeyBytesMin.
  explicit Toeplitz(std::span<const uint8_t> key);

  // Source address, destination address, source port, destination port, as they lie in the packet.
  // REQUIRES: input.size() <= kRssInputBytesMax.
  uint32_t hash(std::span<const uint8_t> input) const noexcept {
    uint32_t sum = 0;
    for (size_t i = 0; i < input.size(); ++i) sum ^= (*shares_)[i][input[i]];
    return sum;
  }
  // What `value` at `position` adds (XOR) to the hash of an input that has zero there.
  uint32_t share(size_t position, uint8_t value) const noexcept {
    return (*shares_)[position][value];
  }

 private:
  using Shares = std::array<std::array<uint32_t, 256>, kRssInputBytesMax>;
  std::unique_ptr<Shares> shares_;
};

}  // namespace sallyport::nic
