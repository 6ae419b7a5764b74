// What to send now. Everything that leaves a connection passes transmit(), which takes the pending
// ACK along.
#include <algorithm>
#include <array>

#include "dataplane/base/check.h"
#include "dataplane/tcp/core.h"
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
  for (uint32_t left = touched_count_; left > 0; --left) {
    const uint32_t index = touched_[touched_head_];
    touched_head_ = (touched_head_ + 1) % config_.connections_max;
    --touched_count_;
    Slot& slot = slots_[index];
    slot.touched = false;
    Connection& c = slot.connection;
    if (c.over || c.state == State::Closed) continue;
    output(c);
    if (!c.over) schedule(c);
  }
}

void Core::output(Connection& c) noexcept {
  if (c.state == State::SynSent || c.state == State::SynReceived) {
    if (c.send.syn_due && !send_syn(c)) touch(c);
    return;
  }
  SendState& send = c.send;
  Sent sent = Sent::Yes;
  if (may_send_data(c.state)) {
    if (send.retransmit_first && send.highest != send.unacked) {
      const bool fin = send.fin_queued && seq_after(send.highest, send.data_end());
      const uint32_t bytes =
          std::min<uint32_t>(send.mss, seq_earlier(send.highest, send.data_end()) - send.unacked);
      sent = send_from(c, send.unacked, bytes, fin);
    }
    if (sent != Sent::NoBuffer) {
      send.retransmit_first = false;
      if (send.highest == send.unacked && send.last_sent_ms + c.rto.rto_ms() < now_ms_)
        c.congestion.restart_after_idle();
      size_t count = 0;
      do {
        sent = send_next(c);
      } while (sent == Sent::Yes && ++count < kSegmentsPerFlushMax);
      if (sent == Sent::Yes) touch(c);
    }
    settle_retransmit_timer(c);
  }
  if (sent == Sent::NoBuffer) touch(c);
  if (c.receive.ack_due && !send_ack(c)) touch(c);
}

// Sequence numbers that may leave now, by the peer's window and ours.
uint32_t Core::usable_window(const Connection& c) const noexcept {
  const SendState& send = c.send;
  uint32_t allowed = c.congestion.window_bytes();
  //= RFC 3042 2: one new segment for each of the first two duplicate ACKs
  if (!c.congestion.in_recovery())
    allowed += std::min<uint32_t>(send.duplicate_acks, kDuplicateAcksForLoss - 1) * send.mss;
  allowed = std::min(allowed, send.window);
  const uint32_t flight = send.next - send.unacked;
  return allowed > flight ? allowed - flight : 0;
}

Core::Sent Core::send_next(Connection& c) noexcept {
  SendState& send = c.send;
  const uint32_t data_end = send.data_end();
  if (seq_after(send.next, data_end)) return Sent::NothingToSend;  // the FIN is out
  const uint32_t unsent = data_end - send.next;
  if (unsent == 0 && !send.fin_queued) return Sent::NothingToSend;
  const uint32_t usable = usable_window(c);
  const uint32_t bytes = std::min({unsent, usable, static_cast<uint32_t>(send.mss)});
  const bool fin = send.fin_queued && bytes == unsent && usable > bytes;
  if (bytes == 0 && !fin) return Sent::NothingToSend;
  //= RFC 9293 3.8.6.2.1: a full segment, all there is, or half the largest window; no Nagle
  if (bytes < send.mss && bytes < unsent && bytes < send.window_max / 2) return Sent::NothingToSend;
  if (send.duplicate_acks > 0 && !c.congestion.in_recovery() &&
      send.next - send.unacked >= c.congestion.window_bytes())
    counters_.add(Counter::LimitedTransmits);
  return send_from(c, send.next, bytes, fin);
}

// One segment of stored bytes, new or again.
Core::Sent Core::send_from(Connection& c, uint32_t sequence, uint32_t bytes_max,
                           bool fin) noexcept {
  SendState& send = c.send;
  std::array<std::span<const uint8_t>, kPayloadPiecesMax> pieces;
  size_t covered = 0;
  size_t count = 0;
  if (bytes_max > 0) count = send.queue.read(sequence - send.base, bytes_max, pieces, covered);
  const uint32_t end_of_payload = sequence + static_cast<uint32_t>(covered);
  fin = fin && end_of_payload == send.data_end();
  if (covered == 0 && !fin) return Sent::NothingToSend;
  uint8_t flags = TcpView::Ack;
  if (fin) flags |= TcpView::Fin;
  if (covered > 0 && end_of_payload == send.data_end()) flags |= TcpView::Psh;
  TcpView header;
  fill_header(c, header, sequence, flags);
  if (!transmit(c, header, {pieces.data(), count})) return Sent::NoBuffer;

  const uint32_t end = end_of_payload + (fin ? 1U : 0U);
  const bool again = seq_before(sequence, send.highest);
  if (again) {
    counters_.add(Counter::Retransmits);
    send.rtt_started_ms = kNever;  // Karn
  } else if (send.rtt_started_ms == kNever) {
    send.rtt_started_ms = now_ms_;
    send.rtt_sequence = end;
  }
  if (send.highest == send.unacked && !again) send.progress_ms = now_ms_;  // the wait begins here
  counters_.add(Counter::BytesOut, covered);
  if (covered > 0) c.last_payload_ms = now_ms_;
  send.last_sent_ms = now_ms_;
  send.next = seq_later(send.next, end);
  send.highest = seq_later(send.highest, end);
  if (fin && c.state == State::Established) c.state = State::FinWait1;
  if (fin && c.state == State::CloseWait) c.state = State::LastAck;
  return Sent::Yes;
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
    if (c.deadlines.retransmit == kNever) c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    return;
  }
  if (waiting && usable_window(c) < send.mss) {
    send.probing = true;
    send.progress_ms = now_ms_;
    c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
    return;
  }
  c.deadlines.retransmit = kNever;
}

void Core::fill_header(Connection& c, TcpView& header, uint32_t sequence, uint8_t flags) noexcept {
  header.sequence = sequence;
  header.flags = flags;
  header.acknowledgment = c.receive.window.next();
  if (c.receive.fin_taken) {
    header.window = static_cast<uint16_t>(
        std::min<uint32_t>(c.receive.window.window() >> c.receive.window_shift, UINT16_MAX));
  } else {
    header.window = c.receive.window.offer(c.receive.window_shift, our_mss_, buffers_low());
  }
  if (c.timestamps.on) {
    header.options.has_timestamps = true;
    header.options.timestamp_value = static_cast<uint32_t>(now_ms_) + c.timestamps.offset;
    header.options.timestamp_echo = c.timestamps.recent;
  }
}

bool Core::send_syn(Connection& c) noexcept {
  SendState& send = c.send;
  TcpView header;
  header.sequence = send.initial;
  const bool answers = c.state == State::SynReceived;
  header.flags = TcpView::Syn;
  header.window = static_cast<uint16_t>(std::min<uint32_t>(config_.receive_bytes_max, UINT16_MAX));
  header.options.mss = our_mss_;
  // As an answer only what the peer offered; first, everything we speak.
  const bool scales = !answers || c.receive.window_shift != 0 || c.send.window_shift != 0 ||
                      c.receive.window.limit() > UINT16_MAX;
  if (answers) {
    header.flags |= TcpView::Ack;
    header.acknowledgment = c.receive.window.next();
    header.options.timestamp_echo = c.timestamps.recent;
  }
  header.options.has_timestamps = !answers || c.timestamps.on;
  header.options.timestamp_value = static_cast<uint32_t>(now_ms_) + c.timestamps.offset;
  header.options.has_window_scale = scales;
  header.options.window_scale = our_window_shift_;
  if (!transmit(c, header, {})) return false;
  if (send.highest != send.initial) {
    counters_.add(Counter::Retransmits);
    send.syn_retransmitted = true;
    send.rtt_started_ms = kNever;
  } else {
    send.rtt_started_ms = now_ms_;
    send.rtt_sequence = send.initial + 1;
  }
  send.syn_due = false;
  send.next = send.highest = send.initial + 1;
  send.last_sent_ms = now_ms_;
  if (c.deadlines.retransmit == kNever) c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
  return true;
}

bool Core::send_ack(Connection& c) noexcept {
  const SendState& send = c.send;
  TcpView header;
  // Not past the peer's window: a probe byte may be out there, and an ACK at its place would be
  // refused.
  const uint32_t limit = send.unacked + send.window;
  const uint32_t sequence =
      seq_after(send.highest, limit) ? seq_later(limit, send.unacked) : send.highest;
  fill_header(c, header, sequence, TcpView::Ack);
  return transmit(c, header, {});
}

void Core::send_ack_now(Connection& c) noexcept {
  if (c.state < State::SynReceived) return;
  if (send_ack(c)) return;
  c.receive.ack_due = true;
  touch(c);
}

void Core::send_reset(Connection& c) noexcept {
  TcpView header;
  header.sequence = c.send.highest;
  header.flags = TcpView::Rst | TcpView::Ack;
  header.acknowledgment = c.receive.window.next();
  counters_.add(Counter::ResetsOut);
  transmit_raw(c.key, header, {});
}

//= RFC 9293 3.5.2 group 1 and 2: the form depends on the ACK bit
void Core::answer_reset(const Arrived& a) noexcept {
  if (a.tcp.has(TcpView::Rst)) return;
  TcpView header;
  if (a.tcp.has(TcpView::Ack)) {
    header.sequence = a.tcp.acknowledgment;
    header.flags = TcpView::Rst;
  } else {
    header.flags = TcpView::Rst | TcpView::Ack;
    header.acknowledgment = a.sequence + a.length();
  }
  counters_.add(Counter::ResetsOut);
  transmit_raw(a.key, header, {});
}

bool Core::transmit(Connection& c, TcpView& header,
                    std::span<const std::span<const uint8_t>> payload) noexcept {
  if (!transmit_raw(c.key, header, payload)) return false;
  if ((header.flags & TcpView::Ack) != 0) {
    c.receive.ack_due = false;
    c.receive.unacked_bytes = 0;
    c.receive.last_ack_sent = header.acknowledgment;
    c.deadlines.ack = kNever;
  }
  return true;
}

bool Core::transmit_raw(const FlowKey& key, TcpView& header,
                        std::span<const std::span<const uint8_t>> payload) noexcept {
  header.source_port = key.local_port;
  header.destination_port = key.remote_port;
  std::array<uint8_t, TcpView::kBytes + TcpView::kOptionsBytesMax> bytes;
  const size_t header_bytes = header.write(bytes);
  const std::span<uint8_t> written(bytes.data(), header_bytes);
  wire::write_tcp_checksum(key.local_address, key.remote_address, written, payload);
  const SegmentOut segment{key.local_address, key.remote_address, written, payload, now_};
  if (!egress_.transmit(segment)) {
    counters_.add(Counter::NoEgressBuffer);
    return false;
  }
  counters_.add(Counter::SegmentsOut);
  return true;
}

}  // namespace sallyport::tcp
