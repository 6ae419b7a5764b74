// counters.h: what happened, one number per reason. Names are stable: they are what `sallyctl
// status` shows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::tcp {

// One row per counter: enumerator, name.
#define SP_TCP_COUNTERS(X)                                      \
  X(SegmentsIn, "tcp_segments_in")                              \
  X(SegmentsOut, "tcp_segments_out")                            \
  X(BytesIn, "tcp_bytes_in")                                    \
  X(BytesOut, "tcp_bytes_out")                                  \
  X(Accepted, "tcp_accepted")                                   \
  X(Connected, "tcp_connected")                                 \
  X(ConnectsStarted, "tcp_connects_started")                    \
  X(Malformed, "tcp_malformed")                                 \
  X(BadChecksum, "tcp_bad_checksum")                            \
  X(NoConnection, "tcp_no_connection")                          \
  X(ResetsOut, "tcp_resets_out")                                \
  X(ResetsIn, "tcp_resets_in")                                  \
  X(SynRefusedFull, "tcp_syn_refused_connections_full")         \
  X(SynRefusedHalfOpen, "tcp_syn_refused_half_open_full")       \
  X(ConnectRefusedFull, "tcp_connect_refused_connections_full") \
  X(ConnectNoPort, "tcp_connect_no_port")                       \
  X(OutOfWindow, "tcp_out_of_window")                           \
  X(PawsRejected, "tcp_paws_rejected")                          \
  X(TimestampMissing, "tcp_timestamp_missing")                  \
  X(BadAck, "tcp_bad_ack")                                      \
  X(ChallengeAcks, "tcp_challenge_acks")                        \
  X(ChallengeAcksLimited, "tcp_challenge_acks_limited")         \
  X(DuplicateSegments, "tcp_duplicate_segments")                \
  X(OutOfOrderHeld, "tcp_out_of_order_held")                    \
  X(OutOfOrderRefused, "tcp_out_of_order_refused")              \
  X(NoReceiveBuffer, "tcp_no_receive_buffer")                   \
  X(DuplicateAcksIn, "tcp_duplicate_acks_in")                   \
  X(FastRetransmits, "tcp_fast_retransmits")                    \
  X(PartialAckRetransmits, "tcp_partial_ack_retransmits")       \
  X(LimitedTransmits, "tcp_limited_transmits")                  \
  X(Retransmits, "tcp_retransmits")                             \
  X(RetransmitTimeouts, "tcp_retransmit_timeouts")              \
  X(WindowProbes, "tcp_window_probes")                          \
  X(KeepalivesOut, "tcp_keepalives_out")                        \
  X(DelayedAcksOut, "tcp_delayed_acks_out")                     \
  X(WindowUpdatesOut, "tcp_window_updates_out")                 \
  X(NoEgressBuffer, "tcp_no_egress_buffer")                     \
  X(TimedOutHandshake, "tcp_timed_out_handshake")               \
  X(TimedOutUnacknowledged, "tcp_timed_out_unacknowledged")     \
  X(TimedOutKeepalive, "tcp_timed_out_keepalive")               \
  X(TimedOutFinWait2, "tcp_timed_out_fin_wait_2")               \
  X(TimedOutIdle, "tcp_timed_out_idle")                         \
  X(TimedOutLinger, "tcp_timed_out_linger")                     \
  X(TimeWaitEntered, "tcp_time_wait_entered")                   \
  X(TimeWaitEvicted, "tcp_time_wait_evicted")                   \
  X(TimeWaitReused, "tcp_time_wait_reused")                     \
  X(DiscardedAfterRelease, "tcp_discarded_after_release")       \
  X(ReassemblyFull, "tcp_reassembly_full")                      \
  X(SackBlocksIn, "tcp_sack_blocks_in")                         \
  X(SackBlocksIgnored, "tcp_sack_blocks_ignored")               \
  X(SackReneged, "tcp_sack_reneged")                            \
  X(ScoreboardsFull, "tcp_scoreboards_full")                    \
  X(SackRetransmits, "tcp_sack_retransmits")                    \
  X(RescueRetransmits, "tcp_rescue_retransmits")                \
  X(TailProbes, "tcp_tail_probes")                              \
  X(TailProbesProvedLoss, "tcp_tail_probes_proved_loss")        \
  X(SynCookiesSent, "tcp_syn_cookies_sent")                     \
  X(SynCookiesGood, "tcp_syn_cookies_good")                     \
  X(SynCookiesBad, "tcp_syn_cookies_bad")                       \
  X(IcmpTooBig, "tcp_icmp_too_big")                             \
  X(IcmpSoftErrors, "tcp_icmp_soft_errors")                     \
  X(IcmpConnectRefused, "tcp_icmp_connect_refused")             \
  X(IcmpNotOurs, "tcp_icmp_not_ours")                           \
  X(BlackHoleFallbacks, "tcp_black_hole_fallbacks")             \
  X(SentData, "tcp_sent_data")                                  \
  X(SentAgain, "tcp_sent_again")                                \
  X(SentAck, "tcp_sent_ack")                                    \
  X(SentSyn, "tcp_sent_syn")                                    \
  X(SentProbe, "tcp_sent_probe")                                \
  X(SentKeepalive, "tcp_sent_keepalive")                        \
  X(SentReset, "tcp_sent_reset")                                \
  X(SentTimeWaitAck, "tcp_sent_time_wait_ack")                  \
  X(SentCookie, "tcp_sent_cookie")

enum class Counter : uint8_t {
#define SP_TCP_ENUMERATOR(id, name) id,
  SP_TCP_COUNTERS(SP_TCP_ENUMERATOR)
#undef SP_TCP_ENUMERATOR
      kCount
};

std::string_view counter_name(Counter counter) noexcept;

struct Counters {
  std::array<uint64_t, static_cast<size_t>(Counter::kCount)> values{};
  uint64_t operator[](Counter c) const noexcept { return values[static_cast<size_t>(c)]; }
  void add(Counter c, uint64_t by = 1) noexcept { values[static_cast<size_t>(c)] += by; }
};

}  // namespace sallyport::tcp
