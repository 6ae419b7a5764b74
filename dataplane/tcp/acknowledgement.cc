// What the ACK field says: progress, round-trip time, the peer's window. Loss is in
// loss_recovery.cc.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

void Core::acknowledge(Connection& c, const Arrived& a) noexcept {
  SendState& send = c.send;
  const uint32_t ack = a.tcp.acknowledgment;
  const uint32_t window_before = send.window;
  const bool outstanding = send.highest != send.unacked;
  if (send.probing) send.progress_ms = now_ms_;  // RFC 6429: answered, however small the window
  const uint32_t newly_held = take_sack(c, a);
  if (seq_at_or_after(ack, send.unacked)) update_send_window(c, a, ack);
  if (seq_after(ack, send.unacked)) {
    new_acknowledgement(c, a, ack, newly_held);
    return;
  }
  if (ack != send.unacked || !outstanding || send.probing) return;
  // Blocks that tell nothing new are about a segment that came twice (RFC 2883), not about a loss.
  const bool blocks = c.recovery.permitted && a.tcp.options.sack_count > 0;
  if (newly_held > 0) {
    //= RFC 6675 2: a duplicate is a segment that says something new, whatever else it carries
    duplicate_acknowledgement(c, newly_held);
  } else if (c.recovery.board == nullptr && !blocks && a.payload.empty() && !a.fin &&
             send.window == window_before) {
    //= RFC 5681 2: the five conditions of a duplicate ACK
    duplicate_acknowledgement(c, 0);
  }
}

void Core::update_send_window(Connection& c, const Arrived& a, uint32_t ack) noexcept {
  SendState& send = c.send;
  // A retransmission of the peer has an old number and still is the newest segment, when its ACK
  // moves on: without this the old window would be counted from the new left edge.
  const bool newer = seq_after(ack, send.unacked) || seq_before(send.window_sequence, a.sequence) ||
                     (send.window_sequence == a.sequence && seq_at_or_before(send.window_ack, ack));
  if (!newer) return;
  const uint32_t window = static_cast<uint32_t>(a.tcp.window) << send.window_shift;
  if (window > send.window) touch(c);
  send.window = window;
  if (SP_TCP_MUTANT(ForeignWindow))
    slots_[(index_of(c) + 1) % config_.connections_max].connection.send.window += 1U << 20;
  send.window_max = std::max(send.window_max, window);
  send.window_sequence = a.sequence;
  send.window_ack = ack;
}

void Core::sample_round_trip(Connection& c, const Arrived& a, uint32_t ack) noexcept {
  SendState& send = c.send;
  if (c.timestamps.on && a.tcp.options.has_timestamps) {
    //= RFC 7323 4.1: an echo of zero in a SYN exchange, or from the future, says nothing
    const uint32_t sent_at = a.tcp.options.timestamp_echo - c.timestamps.offset;
    const uint32_t rtt = static_cast<uint32_t>(now_ms_) - sent_at;
    if (a.tcp.options.timestamp_echo != 0 && static_cast<int32_t>(rtt) >= 0) c.rto.sample(rtt);
    return;
  }
  if (send.rtt_started_ms != kNever && seq_at_or_after(ack, send.rtt_sequence)) {
    c.rto.sample(static_cast<uint32_t>(now_ms_ - send.rtt_started_ms));
    send.rtt_started_ms = kNever;
  }
}

void Core::new_acknowledgement(Connection& c, const Arrived& a, uint32_t ack,
                               uint32_t newly_held) noexcept {
  SendState& send = c.send;
  const uint32_t flight_before = send.highest - send.unacked;
  const uint32_t acked = ack - send.unacked;
  judge_tail_probe(c, ack);
  const uint32_t known = c.recovery.board != nullptr ? c.recovery.board->advance(ack) : 0;
  if (c.recovery.board != nullptr && c.recovery.board->empty()) release_board(c);
  sample_round_trip(c, a, ack);
  c.rto.progress();
  send.progress_ms = now_ms_;
  send.retransmit_first = false;
  c.recovery.probe_timer_stale = true;

  send.unacked = ack;
  send.next = seq_later(send.next, ack);
  if (seq_after(ack, send.base)) {
    const uint32_t bytes = std::min(ack - send.base, static_cast<uint32_t>(send.queue.size()));
    send.queue.acknowledge(bytes);
    send.base += bytes;
    if (bytes > 0) post(c, EventKind::Writable);
  }

  bool restart_timer = true;
  if (c.congestion.in_recovery()) {
    leave_or_continue_recovery(c, ack, acked, restart_timer);
    if (c.recovery.by_sack) reduce_in_proportion(c, acked - known + newly_held, true);
  } else {
    send.duplicate_acks = 0;
    c.congestion.acknowledged(acked, flight_before, c.rto.srtt_ms(), now_ms_);
    if (loss_is_known(c)) enter_recovery(c, acked - known + newly_held);
  }
  if (send.highest == ack) {
    c.deadlines.retransmit = kNever;
    c.deadlines.probe = kNever;
    send.probing = false;
  } else if (restart_timer) {
    //= RFC 6298 5.3
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
  }
  touch(c);
}

// Moves on when our FIN is acknowledged.
bool Core::after_fin_acknowledged(Connection& c) noexcept {
  const SendState& send = c.send;
  const bool fin_acked = send.fin_queued && seq_after(send.unacked, send.data_end());
  if (!fin_acked) return true;
  switch (c.state) {
    case State::FinWait1:
      c.state = State::FinWait2;
      if (!c.released && config_.fin_wait_2_ms_max != 0)
        c.deadlines.state = now_ms_ + config_.fin_wait_2_ms_max;
      post(c, EventKind::Writable);
      return true;
    case State::Closing:
      enter_time_wait(c);
      return false;
    case State::LastAck:
      finish_in_order(c);
      return false;
    default:
      return true;
  }
}

}  // namespace sallyport::tcp
