// limits.h: the bounds of the IP layer, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::ip {

// An appliance talks to a router and the hosts of one segment; more is a scan or an attack.
inline constexpr size_t kNeighboursMax = 256;
// RFC 1122 2.3.2.2 asks for one at least; three cover a SYN and the first retransmissions of
// others.
inline constexpr size_t kPendingPerNeighbourMax = 3;
// Frames that wait for all unresolved neighbours together; they are copied, so this is memory.
inline constexpr size_t kPendingFramesMax = 64;
inline constexpr uint64_t kArpRetryMs = 500;
inline constexpr uint32_t kArpTriesMax = 4;
// A silent neighbour is not asked for by every packet.
inline constexpr uint64_t kArpNegativeMs = 2'000;
// After this an entry in use is checked with a unicast request; traffic goes on meanwhile.
inline constexpr uint64_t kArpFreshMs = 30'000;
inline constexpr uint64_t kArpStaleMs = 300'000;  // not used for so long: forgotten
// Echo replies: a burst, then so many a second. ping -f of one host is not worth a worker's time.
inline constexpr uint64_t kEchoPerSecond = 200;
inline constexpr uint64_t kEchoBurst = 50;
inline constexpr uint8_t kTtl = 64;
// RFC 4862 5.1: one solicitation for an address of our own, and this long for an objection.
inline constexpr uint64_t kDuplicateWaitMs = 1'000;

}  // namespace sallyport::ip
