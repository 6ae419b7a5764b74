// segment_merge.h: consecutive TCP segments of one connection as one frame, which a device with TSO
// cuts again: one descriptor chain for many packets, and nothing of the stack changes.
//
// The stack's own segments are what would have left without it: only a run is merged that the
// device cuts back into exactly these (same header but for sequence number and identification,
// full segments but the last, PSH and FIN on the last only).
// Owner   the queue's worker; no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace sallyport::nic {

// Where the TCP checksum of a finished frame goes.
struct ChecksumPlace {
  uint16_t ip_offset = 0;   // bytes of the link header
  uint16_t tcp_offset = 0;  // from the frame's beginning; 0: no TCP segment, or one already merged
  bool is_v6 = false;
};

// Devices take chains of 16 pieces and more (the smallest limit of the drivers in docs/nics.md).
inline constexpr size_t kMergedPiecesMax = 16;
// The length field of an IP packet.
inline constexpr size_t kMergedBytesMax = 65'535;

// What a device cuts.
struct MergeLimits {
  bool v6 = true;
  // Bytes of one packet that it cuts, link header included: net_tap refuses more than the mtu, and
  // a frame that a device refuses stands in the way of all others.
  uint32_t frame_bytes = UINT32_MAX;
};

// Merges runs of `frames` in place, each a frame with a checksum left to the device. Answers how
// many are left at the front, in order; `places` moves along.
size_t merge_segments(std::span<rte_mbuf*> frames, std::span<ChecksumPlace> places,
                      const MergeLimits& limits) noexcept;

}  // namespace sallyport::nic
