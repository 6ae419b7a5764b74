// What the ACK field says: progress, loss (RFC 5681, 6582), round-trip time, the peer's window.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

}  // namespace

void Core::acknowledge(Connection& c, const Arrived& a) noexcept {
  SendState& send = c.send;
  const uint32_t ack = a.tcp.acknowledgment;
  const uint32_t window_before = send.window;
  const bool outstanding = send.highest != send.unacked;
  if (send.probing) send.progress_ms = now_ms_;  // RFC 6429: answered, however small the window
  if (seq_at_or_after(ack, send.unacked)) update_send_window(c, a, ack);
  if (seq_after(ack, send.unacked)) {
    new_acknowledgement(c, a, ack);
  } else if (ack == send.unacked && outstanding && !send.probing && a.payload.empty() && !a.fin &&
             send.window == window_before) {
    //= RFC 5681 2: the five conditions of a duplicate ACK
    duplicate_acknowledgement(c);
  }
}

void Core::update_send_window(Connection& c, const Arrived& a, uint32_t ack) noexcept {
  SendState& send = c.send;
  const bool newer = seq_before(send.window_sequence, a.sequence) ||
                     (send.window_sequence == a.sequence && seq_at_or_before(send.window_ack, ack));
  if (!newer) return;
  const uint32_t window = static_cast<uint32_t>(a.tcp.window) << send.window_shift;
  if (window > send.window) touch(c);
  send.window = window;
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

void Core::new_acknowledgement(Connection& c, const Arrived& a, uint32_t ack) noexcept {
  SendState& send = c.send;
  const uint32_t flight_before = send.highest - send.unacked;
  const uint32_t acked = ack - send.unacked;
  sample_round_trip(c, a, ack);
  c.rto.progress();
  send.progress_ms = now_ms_;
  send.retransmit_first = false;

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
    if (seq_at_or_after(ack, send.recover)) {
      c.congestion.leave_recovery(send.highest - ack);
      send.duplicate_acks = 0;
    } else {
      //= RFC 6582 3.2 step 3: partial ACK -> the next hole at once; the timer restarts for the
      //first only
      counters_.add(Counter::PartialAckRetransmits);
      c.congestion.partial_ack(acked);
      send.retransmit_first = true;
      restart_timer = !send.partial_ack_seen;
      send.partial_ack_seen = true;
    }
  } else {
    send.duplicate_acks = 0;
    c.congestion.acknowledged(acked, flight_before);
  }
  if (send.highest == ack) {
    c.deadlines.retransmit = kNever;
    send.probing = false;
  } else if (restart_timer) {
    //= RFC 6298 5.3
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
  }
  touch(c);
}

void Core::duplicate_acknowledgement(Connection& c) noexcept {
  SendState& send = c.send;
  counters_.add(Counter::DuplicateAcksIn);
  if (send.duplicate_acks < UINT8_MAX) ++send.duplicate_acks;
  if (c.congestion.in_recovery()) {
    c.congestion.duplicate_in_recovery();
    touch(c);
    return;
  }
  if (send.duplicate_acks < kDuplicateAcksForLoss) {
    touch(c);  // RFC 3042: output() may send one new segment for each of the first two
    return;
  }
  //= RFC 6582 3.2 step 2: no second reduction for losses of the window that was reduced already
  if (send.duplicate_acks > kDuplicateAcksForLoss || !seq_after(send.unacked, send.recover)) return;
  counters_.add(Counter::FastRetransmits);
  c.congestion.enter_recovery(send.highest - send.unacked);
  send.recover = send.highest;
  send.partial_ack_seen = false;
  send.retransmit_first = true;
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
