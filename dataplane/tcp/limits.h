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
// A deadline this far away is told to the timer wheel when the time has passed: the shortest
// retransmission timer, because nearly all of them are settled by an acknowledgment before.
inline constexpr uint32_t kTimerDelayMs = kRtoMsMin;
// RFC 1122 allows 500; Linux peers use 40.
inline constexpr uint32_t kDelayedAckMs = 40;
// RFC 6928.
inline constexpr uint32_t kInitialWindowSegments = 10;
inline constexpr uint32_t kInitialWindowBytes = 14'600;
inline constexpr uint32_t kDuplicateAcksForLoss = 3;
// Disjoint ranges a sender remembers. A peer reports at most 4 per ACK, so 32 are dozens of holes;
// one more range is forgotten, which costs a needless retransmission and nothing else.
inline constexpr size_t kSackRangesMax = 32;
// RFC 8985 7.2: a tail-loss probe waits at least this, and for one segment also the longest delayed
// ACK.
inline constexpr uint32_t kTailProbeMsMin = 10;
inline constexpr uint32_t kDelayedAckMsWorst = 200;
// RFC 9293 3.7.1: without an MSS option.
inline constexpr uint16_t kMssDefault = 536;
inline constexpr uint16_t kMssDefaultV6 = 1'220;
// RFC 1191 3 with the floor of dataplane notes b; RFC 8201 4.
inline constexpr uint16_t kPathMtuMin = 552;
inline constexpr uint16_t kPathMtuMinV6 = 1'280;
// RFC 8899 4.3 without the search: so many time-outs of one full segment, and we send smaller ones.
inline constexpr uint32_t kTimeoutsForBlackHole = 2;
inline constexpr uint16_t kBlackHoleMss = 1'220;
// A SYN cookie is good for one to two of these: longer than any handshake, shorter than a guess.
inline constexpr uint64_t kCookiePeriodMs = 64'000;
// RFC 6191 for our own opens: a TIME-WAIT tuple may be used again when its last timestamp is older.
inline constexpr uint64_t kTimeWaitReuseMs = 1'000;
// Smaller MSS values of a peer are raised to this: an MSS of 1 is an attack on our packet rate
// (Linux: 48).
inline constexpr uint16_t kMssMin = 64;
inline constexpr uint8_t kWindowScaleMax = 14;
// A released connection whose peer still takes bytes gets its time so often again: two minutes at
// the default, in which a reader of 18 kbit/s has a full send queue. More is a drip.
inline constexpr uint8_t kLingersMax = 12;
// RFC 7323 5.5: an older ts_recent says nothing.
inline constexpr uint32_t kTimestampIdleSecondsMax = 24U * 24 * 3600;
// RFC 5961 10: challenge ACKs of one connection in one window of about this length (jittered).
inline constexpr uint32_t kChallengeAcksPerWindow = 4;
inline constexpr uint32_t kChallengeWindowMs = 1'000;
// Progress within this proves to the neighbour table that the next hop works (RFC 4861 7.3.1).
inline constexpr uint64_t kReachableHintMs = 1'000;
// Segments of one burst whose table lines are fetched ahead.
inline constexpr size_t kBurstSegmentsMax = 64;
// RFC 6056: tries of random ports before connect() gives up.
inline constexpr uint32_t kPortTriesMax = 256;

static_assert(kRtoMsMin > kDelayedAckMs, "a delayed ACK of the peer must not look like a loss");

}  // namespace sallyport::tcp
