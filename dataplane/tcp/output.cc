// What to send now. Everything that leaves a connection passes transmit(), which takes the pending
// ACK along.
#include <algorithm>
#include <array>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

bool may_send_data(State state) noexcept {
  switch (state) {
    case State::Established:
    case State::CloseWait:
    case State::FinWait1:
    case State::Closing:
    case State::LastAck:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Core::flush(base::Instant now) noexcept {
  set_now(now);
  // What could not be sent for lack of buffers is touched again, behind those of this round.
  uint32_t ahead = 0;  // of the next ones, fetched
  for (uint32_t left = touched_count_; left > 0; --left) {
    if (ahead == 0) ahead = fetch_ahead(left);
    --ahead;
    const uint32_t index = touched_[touched_head_];
    touched_head_ = wrapped(touched_head_ + 1);
    --touched_count_;
    Slot& slot = slots_[index];
    slot.touched = false;
    Connection& c = slot.connection;
    if (c.over || c.state == State::Closed) continue;
    output(c);
    if (!c.over) schedule(c);
  }
}

// What sending needs of the next connections and arriving did not: the rest of their records.
uint32_t Core::fetch_ahead(uint32_t left) const noexcept {
  const auto count = std::min<uint32_t>(left, kLookAhead);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = touched_[wrapped(touched_head_ + i)];
    const auto* line = reinterpret_cast<const uint8_t*>(&slots_[index]);
    for (size_t at = Slot::kLinesOfData; at < Slot::kLinesOfSending; ++at)
      __builtin_prefetch(line + 64 * at, 1);
  }
  return count;
}

// What was lost or asked for goes first, out of turn.
Core::Sent Core::send_first_again(Connection& c) noexcept {
  SendState& send = c.send;
  if (!send.retransmit_first || send.highest == send.unacked) {
    send.retransmit_first = false;
    return Sent::Yes;
  }
  uint32_t end = seq_earlier(send.highest, send.unacked + send.mss + 1U);
  if (c.recovery.board != nullptr) end = c.recovery.board->hole_end(send.unacked, end);
  const uint32_t data_end = send.data_end();
  const uint32_t bytes =
      seq_before(send.unacked, data_end)
          ? std::min<uint32_t>(send.mss, seq_earlier(end, data_end) - send.unacked)
          : 0;
  const Sent sent = send_from(c, send.unacked, bytes, seq_after(send.highest, data_end));
  if (sent == Sent::NoBuffer) return sent;
  send.retransmit_first = false;
  if (c.recovery.by_sack)
    c.recovery.high_retransmitted =
        seq_later(c.recovery.high_retransmitted, send.unacked + std::max(bytes, 1U));
  return Sent::Yes;
}

void Core::output(Connection& c) noexcept {
  if (c.state == State::SynSent || c.state == State::SynReceived) {
    if (c.send.syn_due && !send_syn(c)) touch(c);
    return;
  }
  SendState& send = c.send;
  Sent sent = Sent::Yes;
  if (may_send_data(c.state)) {
    sent = send_first_again(c);
    if (sent != Sent::NoBuffer) {
      if (send.highest == send.unacked && send.last_sent_ms + c.rto.rto_ms() < now_ms_)
        c.congestion.restart_after_idle();
      size_t count = 0;
      do {
        sent = c.recovery.by_sack ? send_in_recovery(c) : send_next(c);
      } while (sent == Sent::Yes && ++count < kSegmentsPerFlushMax);
      if (sent == Sent::Yes) touch(c);
    }
    settle_retransmit_timer(c);
    settle_tail_probe(c);
  }
  if (sent == Sent::NoBuffer) touch(c);
  if (c.receive.ack_due && !send_ack(c)) touch(c);
}

// Sequence numbers that may leave now, by the peer's window and ours.
uint32_t Core::usable_window(const Connection& c) const noexcept {
  const SendState& send = c.send;
  uint32_t allowed = c.congestion.window_bytes();
  //= RFC 3042 2: one new segment for each of the first two duplicate ACKs (with SACK the pipe says
  // so by itself)
  if (!c.congestion.in_recovery() && c.recovery.board == nullptr)
    allowed += std::min<uint32_t>(send.duplicate_acks, kDuplicateAcksForLoss - 1) * send.mss;
  const uint32_t on_the_way = pipe(c);
  const uint32_t by_congestion = allowed > on_the_way ? allowed - on_the_way : 0;
  const uint32_t flight = send.next - send.unacked;
  const uint32_t by_peer = send.window > flight ? send.window - flight : 0;
  if (SP_TCP_MUTANT(WindowIgnored)) return by_congestion;
  return std::min(by_congestion, by_peer);
}

Core::Sent Core::send_next(Connection& c) noexcept {
  SendState& send = c.send;
  const bool again = send.next != send.highest;
  uint32_t hole_bytes = UINT32_MAX;
  if (again && c.recovery.board != nullptr) {
    // After a time-out: what the peer holds is not sent again.
    send.next = c.recovery.board->skip(send.next);
    if (send.next != send.highest)
      hole_bytes = c.recovery.board->hole_end(send.next, send.highest) - send.next;
  }
  const uint32_t data_end = send.data_end();
  if (seq_after(send.next, data_end)) return Sent::NothingToSend;  // the FIN is out
  const uint32_t unsent = data_end - send.next;
  if (unsent == 0 && !send.fin_queued) return Sent::NothingToSend;
  const uint32_t usable = usable_window(c);
  const uint32_t wanted = std::min({unsent, static_cast<uint32_t>(send.mss), hole_bytes});
  const uint32_t bytes = std::min(wanted, usable);
  const bool fin = send.fin_queued && bytes == unsent && usable > bytes;
  if (bytes == 0 && !fin) return Sent::NothingToSend;
  //= RFC 9293 3.8.6.2.1: a full segment, all there is, or half the largest window. Not for what a
  // time-out sends again with nothing else on the way: a window that stays small would stop it.
  const bool is_only_one = again && send.next == send.unacked;
  if (bytes < wanted && bytes < send.window_max / 2 && !is_only_one) return Sent::NothingToSend;
  //= RFC 9293 3.7.4: Nagle's rule, only where asked for
  if (send.nagle && bytes < send.mss && !fin && send.next != send.unacked && !again)
    return Sent::NothingToSend;
  if (send.duplicate_acks > 0 && !c.congestion.in_recovery() && !again &&
      send.next - send.unacked >= c.congestion.window_bytes())
    counters_.add(Counter::LimitedTransmits);
  return send_from(c, send.next, bytes, fin);
}

// One segment of stored bytes, new or again.
Core::Sent Core::send_from(Connection& c, uint32_t sequence, uint32_t bytes_max, bool fin,
                           Reason reason) noexcept {
  SendState& send = c.send;
  std::array<std::span<const uint8_t>, kPayloadPiecesMax> pieces;
  size_t covered = 0;
  size_t count = 0;
  // Our own SACK blocks need room in the segment too.
  bytes_max = std::min<uint32_t>(bytes_max, send.mss - sack_option_bytes(c));
  const bool again = seq_before(sequence, send.highest);
  uint32_t offset = sequence - send.base;
  if (SP_TCP_MUTANT(RetransmitsFreshBytes) && again && offset + bytes_max < send.queue.size())
    ++offset;
  if (bytes_max > 0) count = send.queue.read(offset, bytes_max, pieces, covered);
  const uint32_t end_of_payload = sequence + static_cast<uint32_t>(covered);
  fin = fin && end_of_payload == send.data_end();
  if (covered == 0 && !fin) return Sent::NothingToSend;
  uint8_t flags = TcpView::Ack;
  if (fin) flags |= TcpView::Fin;
  if (covered > 0 && end_of_payload == send.data_end()) flags |= TcpView::Psh;
  TcpView header;
  fill_header(c, header, sequence, flags);
  if (reason == Reason::Data && again) reason = Reason::Again;
  if (!transmit(c, header, {pieces.data(), count}, reason)) return Sent::NoBuffer;
  after_sending(c, sequence, end_of_payload + (fin ? 1U : 0U), static_cast<uint32_t>(covered), fin);
  return Sent::Yes;
}

void Core::after_sending(Connection& c, uint32_t sequence, uint32_t end, uint32_t payload_bytes,
                         bool fin) noexcept {
  SendState& send = c.send;
  const bool again = seq_before(sequence, send.highest);
  if (again) {
    counters_.add(Counter::Retransmits);
    send.rtt_started_ms = kNever;  // Karn
  } else if (send.rtt_started_ms == kNever) {
    send.rtt_started_ms = now_ms_;
    send.rtt_sequence = end;
  }
  if (send.highest == send.unacked && !again) send.progress_ms = now_ms_;  // the wait begins here
  counters_.add(Counter::BytesOut, payload_bytes);
  if (payload_bytes > 0) c.last_payload_ms = now_ms_;
  if (c.recovery.by_sack) c.recovery.prr.sent(payload_bytes);
  c.recovery.probe_timer_stale = true;
  send.last_sent_ms = now_ms_;
  send.next = seq_later(send.next, end);
  send.highest = seq_later(send.highest, end);
  if (fin && c.state == State::Established) c.state = State::FinWait1;
  if (fin && c.state == State::CloseWait) c.state = State::LastAck;
}

// Exactly one of {retransmit, persist, none} after every output (stack.h I5).
void Core::settle_retransmit_timer(Connection& c) noexcept {
  SendState& send = c.send;
  const bool outstanding = send.highest != send.unacked;
  const bool waiting = seq_at_or_before(send.next, send.data_end()) &&
                       (send.next != send.data_end() || send.fin_queued);
  if (send.probing) {
    // Real data went out: the window is open.
    if (send.next != send.unacked) {
      send.probing = false;
      c.rto.progress();
      c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    }
    if (!waiting && !outstanding) {
      send.probing = false;
      c.deadlines.retransmit = kNever;
    }
    return;
  }
  if (outstanding) {
    if (c.deadlines.retransmit == kNever && !SP_TCP_MUTANT(NoRetransmitTimer))
      c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    return;
  }
  if (waiting && !SP_TCP_MUTANT(NoPersistTimer) && usable_window(c) < send.mss) {
    send.probing = true;
    send.progress_ms = now_ms_;
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    return;
  }
  c.deadlines.retransmit = kNever;
}

}  // namespace sallyport::tcp
