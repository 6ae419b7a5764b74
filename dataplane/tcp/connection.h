// connection.h: the record of one connection: plain state, grouped by concern. What happens to it
// is in core.h; a record never calls anything.
//
// Sequence space of what we send (RFC 9293 3.3.1):
//
//        unacked            next             highest      data_end
//   -------|------------------|------------------|------------|----->
//     acked    sent            after a time-out:    queued
//                              to be sent again
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/tcp/congestion.h"
#include "dataplane/tcp/flow_table.h"
#include "dataplane/tcp/prr.h"
#include "dataplane/tcp/receive_window.h"
#include "dataplane/tcp/rto_estimator.h"
#include "dataplane/tcp/sack_scoreboard.h"
#include "dataplane/tcp/send_queue.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/tcp/timer_wheel.h"

namespace sallyport::tcp {

inline constexpr uint64_t kNever = TimerWheel::kNever;

// Order of members: what every segment touches first (see Slot), what recovery and endings need
// last.
struct SendState {
  uint32_t unacked = 0;  // SND.UNA
  uint32_t highest = 0;  // one past everything ever sent
  uint32_t next = 0;     // SND.NXT; goes back to unacked on a time-out
  uint32_t base = 0;     // sequence of the queue's first byte: unacked, but for SYN and FIN
  uint32_t window = 0;   // SND.WND, scaled
  uint32_t window_max = 0;
  uint32_t window_sequence = 0;  // SND.WL1
  uint32_t window_ack = 0;       // SND.WL2
  uint16_t mss = 0;              // payload bytes of a full segment
  uint8_t window_shift = 0;
  uint8_t duplicate_acks = 0;
  bool fin_queued : 1 = false;
  bool retransmit_first : 1 = false;  // send from unacked before anything else
  bool partial_ack_seen : 1 = false;  // in this recovery
  bool syn_due : 1 = false;           // SYN or SYN-ACK waits for flush
  bool syn_retransmitted : 1 = false;
  bool probing : 1 = false;  // the retransmit timer is the persist timer
  bool nagle : 1 = false;    // RFC 9293 3.7.4; off in a proxy
  SendQueue queue;
  uint64_t progress_ms = 0;  // the peer acknowledged something, or answered a probe
  uint64_t last_sent_ms = 0;
  uint64_t rtt_started_ms = kNever;
  uint32_t rtt_sequence = 0;  // the timed segment ends here (without timestamps)
  uint32_t limit_bytes = 0;   // unacknowledged plus unsent
  uint32_t recover = 0;       // RFC 6582, RecoveryPoint of RFC 6675
  uint32_t initial = 0;       // our SYN

  uint32_t data_end() const noexcept { return base + static_cast<uint32_t>(queue.size()); }
};

// Recovery by SACK (RFC 6675, 6937) and the tail-loss probe (RFC 8985 7).
struct RecoveryState {
  SackScoreboard* board = nullptr;  // null: the peer reported nothing
  bool permitted : 1 = false;       // both sides said so in their SYN
  bool by_sack : 1 = false;         // this recovery
  bool rescue_done : 1 = false;
  bool probe_out : 1 = false;
  bool probe_was_again : 1 = false;  // the probe resent old bytes
  bool probe_timer_stale : 1 = false;
  uint32_t probe_end = 0;           // SND.NXT when the tail-loss probe left
  uint32_t high_retransmitted = 0;  // HighRxt
  Prr prr;
};

struct ReceiveState {
  ReceiveWindow window;
  uint32_t last_ack_sent = 0;
  uint32_t unacked_bytes = 0;  // taken in order since our last ACK
  uint16_t mss = 0;            // largest payload seen: what a "full" segment of this peer is
  uint8_t window_shift = 0;
  bool scaling : 1 = false;  // the peer offered window scale and so do we
  bool fin_held : 1 = false;
  bool fin_taken : 1 = false;
  bool ack_due : 1 = false;
  bool limit_lowered : 1 = false;  // by set_options(); what was offered before still stands
  uint32_t fin_sequence = 0;       // where an early FIN waits
};

struct Timestamps {
  uint32_t recent = 0;
  uint32_t recent_s = 0;  // when `recent` was taken, in seconds: it is asked for after 24 days
  uint32_t offset = 0;
  bool on = false;
};

struct Deadlines {
  uint64_t ack = kNever;
  uint64_t retransmit = kNever;  // or persist
  uint64_t probe = kNever;       // tail-loss probe, always before `retransmit`
  uint64_t keepalive = kNever;   // also looks at idle_ms_max
  uint64_t state = kNever;       // handshake, FIN-WAIT-2, linger
};

struct Connection {
  Deadlines deadlines;
  FlowKey key;
  State state = State::Closed;
  bool passive : 1 = false;    // opened by the peer
  bool owned : 1 = false;      // the caller has a live handle
  bool released : 1 = false;   // the caller let go; we finish alone
  bool over : 1 = false;       // out of the flow table; waits for its last event
  bool half_open : 1 = false;  // counted in the half-open limit
  uint16_t peer_mss = 0;
  uint32_t keepalive_probes = 0;
  Timestamps timestamps;
  ReceiveState receive;
  uint64_t last_heard_ms = 0;
  uint64_t last_payload_ms = 0;
  SendState send;
  RecoveryState recovery;
  RtoEstimator rto;
  Congestion congestion;
  uint64_t challenge_until_ms = 0;
  uint32_t keepalive_idle_ms = 0;
  uint32_t keepalive_interval_ms = 0;
  uint32_t linger_ms = 0;
  uint32_t user_timeout_ms = 0;
  uint16_t keepalive_probes_max = 0;
  uint16_t challenge_left = 0;
  uint8_t lingers = 0;  // how often the deadline of a released connection was put off
};

// What stays with the index when the record is used again, and the record.
//
// Eight cache lines. An in-order data segment needs the first kLinesOfData, an acknowledgment all:
// a million connections are not in any cache, so every line less is a memory access less
// (docs/tcp.md, figures).
struct alignas(64) Slot {
  uint32_t generation = 0;
  uint32_t next_free = UINT32_MAX;
  uint8_t events = 0;  // bit per EventKind
  bool in_event_queue : 1 = false;
  bool touched : 1 = false;
  bool in_ack_queue : 1 = false;
  bool in_later_queue : 1 = false;
  TimerWheel::Marks marks;  // one of them at or before the earliest deadline
  Connection connection;

  static constexpr size_t kLinesOfData = 4;
  static constexpr size_t kLinesOfSending = 7;
};
static_assert(sizeof(Slot) == 8 * 64);
static_assert(offsetof(Slot, connection.key) == 64);  // the queues of timers.cc look at one line
static_assert(offsetof(Slot, connection.send.queue) <= Slot::kLinesOfData * 64);

}  // namespace sallyport::tcp
