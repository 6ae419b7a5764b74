// What time does: retransmission, probes, delayed ACKs, keepalive, and the patience of each state.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

// What the wheel has to know of. A delayed ACK is in the ACK queue while its entry is there.
uint64_t Core::earliest_deadline(const Connection& c) const noexcept {
  const Deadlines& d = c.deadlines;
  const uint64_t ack = slot_of(c).in_ack_queue ? kNever : d.ack;
  return std::min({d.retransmit, d.probe, ack, d.keepalive, d.state});
}

// The wheel holds the earliest deadline; when it moved later the node stays and fires early (lazy).
// What is due after kTimerDelayMs at the soonest is told to the wheel only when that time has
// passed and it still stands.
void Core::schedule(Connection& c) noexcept {
  const uint64_t earliest = earliest_deadline(c);
  if (wheel_.armed_at(slot_of(c).marks) <= earliest) return;  // also when there is none
  if (earliest < now_ms_ + kTimerDelayMs) {
    arm(c, earliest);
    return;
  }
  Slot& slot = slot_of(c);
  if (slot.in_later_queue || SP_TCP_MUTANT(TimerForgotten)) return;
  slot.in_later_queue = true;
  later_.push(index_of(c), now_ms_ + kTimerDelayMs);
}

void Core::arm(Connection& c, uint64_t tick_ms) noexcept {
  wheel_.arm(index_of(c), tick_ms, now_ms_, marks_of());
}

// Calls look(slot) for what is due in `queue`. The flags and deadlines of a record are its first
// line, fetched kLookAhead entries before its turn.
template <class Look>
void Core::look_at_due(DelayQueue& queue, const Look& look) noexcept {
  for (size_t i = 0; i < kExpiriesPerAdvanceMax; ++i) {
    if (queue.empty() || queue.due_ms() > now_ms_) return;
    const uint32_t ahead = queue.index_at(kLookAhead);
    if (ahead != DelayQueue::kNone) __builtin_prefetch(&slots_[ahead], 1);
    look(slots_[queue.pop()]);
  }
}

void Core::later_is_now() noexcept {
  look_at_due(later_, [this](Slot& slot) {
    slot.in_later_queue = false;
    Connection& c = slot.connection;
    const uint64_t earliest = earliest_deadline(c);
    if (earliest <= now_ms_) {
      expire(c);
    } else if (wheel_.armed_at(slot.marks) > earliest) {
      arm(c, earliest);
    }
  });
}

void Core::delay_ack(Connection& c) noexcept {
  c.deadlines.ack = now_ms_ + kDelayedAckMs;
  Slot& slot = slot_of(c);
  if (slot.in_ack_queue) return;  // an entry that is due earlier; acks_due() goes on from there
  slot.in_ack_queue = true;
  acks_.push(index_of(c), c.deadlines.ack);
}

void Core::acks_due() noexcept {
  look_at_due(acks_, [this](Slot& slot) {
    slot.in_ack_queue = false;
    Connection& c = slot.connection;
    if (c.deadlines.ack == kNever) return;
    if (c.deadlines.ack <= now_ms_) {
      ack_is_due(c);
    } else {
      schedule(c);  // asked for again meanwhile: a rest of the time is left
    }
  });
}

void Core::ack_is_due(Connection& c) noexcept {
  c.deadlines.ack = kNever;
  c.receive.ack_due = true;
  counters_.add(Counter::DelayedAcksOut);
  touch(c);
}

void Core::advance(base::Instant now) noexcept {
  set_now(now);
  time_wait_.expire(now_ms_, kExpiriesPerAdvanceMax);
  acks_due();
  later_is_now();
  wheel_.advance(now_ms_, kExpiriesPerAdvanceMax, marks_of(),
                 [this](uint32_t index) { expire(slots_[index].connection); });
}

void Core::expire(Connection& c) noexcept {
  Deadlines& d = c.deadlines;
  // Early, or for a connection that is gone: nothing but the first line of the record is looked at.
  if (earliest_deadline(c) > now_ms_ && d.ack > now_ms_) {
    schedule(c);
    return;
  }
  if (d.state <= now_ms_ && !on_state_deadline(c)) return;
  if (d.retransmit <= now_ms_ && !on_retransmit(c)) return;
  if (d.probe <= now_ms_) on_tail_probe(c);
  if (d.keepalive <= now_ms_ && !on_keepalive(c)) return;
  if (d.ack <= now_ms_) ack_is_due(c);
  schedule(c);
}

void Core::time_out(Connection& c, Counter why) noexcept {
  counters_.add(why);
  //= RFC 9293 3.8.3: giving up -> tell the peer too
  if (c.state != State::SynSent) send_reset(c);
  end(c, EventKind::TimedOut);
}

bool Core::on_state_deadline(Connection& c) noexcept {
  c.deadlines.state = kNever;
  if (c.released) {
    // A slow reader of the last answer is not a dead one.
    const bool reads = c.send.highest != c.send.unacked && c.linger_ms != 0 &&
                       now_ms_ - c.send.progress_ms < c.linger_ms;
    if (reads && c.lingers < kLingersMax) {
      ++c.lingers;
      c.deadlines.state = c.send.progress_ms + c.linger_ms;
      return true;
    }
    time_out(c, Counter::TimedOutLinger);
    return false;
  }
  switch (c.state) {
    case State::SynSent:
    case State::SynReceived:
      time_out(c, Counter::TimedOutHandshake);
      return false;
    case State::FinWait2:
      time_out(c, Counter::TimedOutFinWait2);
      return false;
    default:
      return true;
  }
}

bool Core::on_retransmit(Connection& c) noexcept {
  SendState& send = c.send;
  if (c.state == State::SynSent || c.state == State::SynReceived) {
    c.rto.back_off();
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    counters_.add(Counter::RetransmitTimeouts);
    send.syn_due = true;
    touch(c);
    return true;
  }
  c.deadlines.probe = kNever;
  c.recovery.probe_out = false;
  if (c.user_timeout_ms != 0 && now_ms_ - send.progress_ms >= c.user_timeout_ms) {
    time_out(c, Counter::TimedOutUnacknowledged);
    return false;
  }
  // A peer that shrank its window to nothing is probed, not flooded.
  if (send.probing || send.window == 0) {
    if (!send.probing) send.progress_ms = now_ms_;
    send.probing = true;
    send.next = send.unacked;
    probe_window(c);
    c.rto.back_off();
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    return true;
  }
  counters_.add(Counter::RetransmitTimeouts);
  const bool first = c.rto.back_off();
  SackScoreboard* board = c.recovery.board;
  if (board != nullptr && !board->empty() && board->range(0).begin == send.unacked) {
    //= RFC 2018 8: the peer dropped what it had reported: nothing it said is believed any more
    counters_.add(Counter::SackReneged);
    release_board(c);
  }
  c.recovery.by_sack = false;
  detect_black_hole(c);
  c.congestion.timed_out(send.highest - send.unacked, first);
  //= RFC 6582 4: duplicates of what is sent again now do not start another recovery
  send.recover = send.highest;
  send.duplicate_acks = 0;
  send.retransmit_first = false;
  send.next = send.unacked;
  send.rtt_started_ms = kNever;
  c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
  touch(c);
  return true;
}

//= RFC 9293 3.8.6.1: at least one byte, even into a closed window; a small window gets what fits
void Core::probe_window(Connection& c) noexcept {
  SendState& send = c.send;
  const uint32_t unsent = send.data_end() - send.unacked;
  const uint32_t bytes =
      std::min({std::max(1U, std::min<uint32_t>(send.window, send.mss)), unsent});
  const uint32_t next = send.next;
  counters_.add(Counter::WindowProbes);
  const Sent sent =
      send_from(c, send.unacked, bytes, send.fin_queued && bytes == unsent, Reason::Probe);
  // It stays "not sent": when the window opens output() begins at the same place.
  if (send.window == 0) send.next = next;
  if (sent == Sent::NoBuffer) touch(c);
}

bool Core::on_keepalive(Connection& c) noexcept {
  if (c.state == State::SynSent || c.state == State::SynReceived) {
    c.deadlines.keepalive = kNever;
    return true;
  }
  uint64_t next = kNever;
  if (config_.idle_ms_max != 0) {
    if (now_ms_ - c.last_payload_ms >= config_.idle_ms_max) {
      time_out(c, Counter::TimedOutIdle);
      return false;
    }
    next = c.last_payload_ms + config_.idle_ms_max;
  }
  if (c.keepalive_idle_ms != 0) {
    const uint64_t due = c.last_heard_ms + c.keepalive_idle_ms +
                         static_cast<uint64_t>(c.keepalive_probes) * c.keepalive_interval_ms;
    // While data is out the retransmission timer decides whether the peer is there.
    const bool outstanding = c.send.highest != c.send.unacked || c.send.probing;
    if (due > now_ms_) {
      next = std::min(next, due);
    } else if (outstanding) {
      next = std::min(next, now_ms_ + c.keepalive_interval_ms);
    } else if (c.keepalive_probes >= c.keepalive_probes_max) {
      time_out(c, Counter::TimedOutKeepalive);
      return false;
    } else {
      ++c.keepalive_probes;
      counters_.add(Counter::KeepalivesOut);
      wire::TcpView header;
      fill_header(c, header, c.send.unacked - 1, wire::TcpView::Ack);
      transmit(c, header, {}, Reason::Keepalive);
      next = std::min(next, now_ms_ + c.keepalive_interval_ms);
    }
  }
  c.deadlines.keepalive = next;
  return true;
}

base::Instant Core::next_deadline() const noexcept {
  if (touched_count_ > 0) return now_;
  const uint64_t ack = acks_.empty() ? kNever : acks_.due_ms();
  const uint64_t later = later_.empty() ? kNever : later_.due_ms();
  const uint64_t tick = std::min({wheel_.next_tick(), time_wait_.next_expiry_ms(), ack, later});
  if (tick == kNever) return base::Instant{UINT64_MAX};
  return base::Instant{tick * base::kNsPerMs};
}

}  // namespace sallyport::tcp
