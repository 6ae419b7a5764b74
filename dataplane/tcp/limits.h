// limits.h: the bounds of the TCP stack, each with its reason. What an operator sizes is in
// StackConfig.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::tcp {

// Out-of-order spans a connection holds. One lost segment makes one hole; a window of 256 KiB with
// 10 % random loss has about 18. One more is refused and counted, the peer sends it again.
inline constexpr size_t kHeldSpansMax = 24;
// Payload pieces of one segment on the wire; more pieces make a shorter segment.
inline constexpr size_t kPayloadPiecesMax = 16;
// Segments one connection sends per flush, so that one window cannot starve the other connections.
inline constexpr size_t kSegmentsPerFlushMax = 64;
// Timers handled per advance(), so that a mass expiry cannot stall reception (VPP does the same).
inline constexpr size_t kExpiriesPerAdvanceMax = 256;
// Listeners; an appliance has one per port and address.
inline constexpr size_t kListenersMax = 16;

// RFC 6298 with the minimum that datacenter stacks use; 1 s would dominate every lost tail.
inline constexpr uint32_t kRtoMsInitial = 1'000;
inline constexpr uint32_t kRtoMsMin = 200;
inline constexpr uint32_t kRtoMsMax = 60'000;
// RFC 6298 5.7: after a retransmitted SYN.
inline constexpr uint32_t kRtoMsAfterSynLoss = 3'000;
// RFC 1122 allows 500; Linux peers use 40.
inline constexpr uint32_t kDelayedAckMs = 40;
// RFC 6928.
inline constexpr uint32_t kInitialWindowSegments = 10;
inline constexpr uint32_t kDuplicateAcksForLoss = 3;
// RFC 9293 3.7.1: without an MSS option.
inline constexpr uint16_t kMssDefault = 536;
// Smaller MSS values of a peer are raised to this: an MSS of 1 is an attack on our packet rate
// (Linux: 48).
inline constexpr uint16_t kMssMin = 64;
inline constexpr uint8_t kWindowScaleMax = 14;
// RFC 7323 5.5: an older ts_recent says nothing.
inline constexpr uint64_t kTimestampIdleMsMax = 24ULL * 24 * 3600 * 1000;
// RFC 5961 10: challenge ACKs of one connection in one window of about this length (jittered).
inline constexpr uint32_t kChallengeAcksPerWindow = 4;
inline constexpr uint32_t kChallengeWindowMs = 1'000;
// RFC 6056: tries of random ports before connect() gives up.
inline constexpr uint32_t kPortTriesMax = 256;

static_assert(kRtoMsMin > kDelayedAckMs, "a delayed ACK of the peer must not look like a loss");

}  // namespace sallyport::tcp
