// How a segment leaves: header, options, checksum, and the reason it has. Everything passes
// transmit_raw().
#include <algorithm>
#include <array>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

// 40 bytes of options hold three blocks beside timestamps (RFC 2018 3).
constexpr size_t sack_blocks_max(bool timestamps) { return timestamps ? 3 : 4; }

constexpr Counter counter_of(Reason reason) {
  switch (reason) {
    case Reason::Data:
      return Counter::SentData;
    case Reason::Again:
      return Counter::SentAgain;
    case Reason::Ack:
      return Counter::SentAck;
    case Reason::Syn:
      return Counter::SentSyn;
    case Reason::Probe:
      return Counter::SentProbe;
    case Reason::Keepalive:
      return Counter::SentKeepalive;
    case Reason::Reset:
      return Counter::SentReset;
    case Reason::TimeWaitAck:
      return Counter::SentTimeWaitAck;
    case Reason::Cookie:
      break;
  }
  return Counter::SentCookie;
}

}  // namespace

// Bytes of our SACK option now, or 0.
uint16_t Core::sack_option_bytes(const Connection& c) const noexcept {
  if (!c.recovery.permitted || !c.receive.window.has_hole()) return 0;
  const size_t blocks = std::min(c.receive.window.span_count(), sack_blocks_max(c.timestamps.on));
  return static_cast<uint16_t>(4 + 8 * blocks);
}

void Core::fill_header(Connection& c, TcpView& header, uint32_t sequence, uint8_t flags) noexcept {
  header.sequence = sequence;
  header.flags = flags;
  header.acknowledgment = c.receive.window.next();
  if (c.receive.fin_taken) {
    header.window = static_cast<uint16_t>(
        std::min<uint32_t>(c.receive.window.window() >> c.receive.window_shift, UINT16_MAX));
  } else {
    header.window = c.receive.window.offer(c.receive.window_shift, our_mss(c.key), buffers_low());
  }
  if (c.timestamps.on) {
    header.options.has_timestamps = true;
    header.options.timestamp_value = static_cast<uint32_t>(now_ms_) + c.timestamps.offset;
    header.options.timestamp_echo = c.timestamps.recent;
  }
  //= RFC 2018 3: with every ACK that does not acknowledge the highest byte we hold
  if (c.recovery.permitted && c.receive.window.has_hole()) {
    const size_t most = sack_blocks_max(c.timestamps.on);
    header.options.sack_count = static_cast<uint8_t>(
        c.receive.window.sack_blocks(std::span(header.options.sack).first(most)));
  }
}

bool Core::send_syn(Connection& c) noexcept {
  SendState& send = c.send;
  TcpView header;
  header.sequence = send.initial;
  const bool answers = c.state == State::SynReceived;
  header.flags = TcpView::Syn;
  header.window = static_cast<uint16_t>(std::min<uint32_t>(config_.receive_bytes_max, UINT16_MAX));
  header.options.mss = our_mss(c.key);
  // As an answer only what the peer offered; first, everything we speak.
  const bool scales = answers ? c.receive.scaling : config_.window_scaling;
  if (answers) {
    header.flags |= TcpView::Ack;
    header.acknowledgment = c.receive.window.next();
    header.options.timestamp_echo = c.timestamps.recent;
  }
  header.options.sack_permitted = answers ? c.recovery.permitted : config_.sack;
  header.options.has_timestamps = answers ? c.timestamps.on : config_.timestamps;
  header.options.timestamp_value = static_cast<uint32_t>(now_ms_) + c.timestamps.offset;
  header.options.has_window_scale = scales;
  header.options.window_scale = our_window_shift_;
  if (!transmit(c, header, {}, Reason::Syn)) return false;
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
  return transmit(c, header, {}, Reason::Ack);
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
  transmit_raw(c.key, header, {}, Reason::Reset);
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
  transmit_raw(a.key, header, {}, Reason::Reset);
}

bool Core::transmit(Connection& c, TcpView& header,
                    std::span<const std::span<const uint8_t>> payload, Reason reason) noexcept {
  const bool is_reachable =
      now_ms_ - c.send.progress_ms < kReachableHintMs && c.state >= State::Established;
  if (!transmit_raw(c.key, header, payload, reason, is_reachable)) return false;
  if ((header.flags & TcpView::Ack) != 0) {
    c.receive.ack_due = false;
    c.receive.unacked_bytes = 0;
    c.receive.last_ack_sent = header.acknowledgment;
    c.deadlines.ack = kNever;
  }
  return true;
}

bool Core::transmit_raw(const FlowKey& key, TcpView& header,
                        std::span<const std::span<const uint8_t>> payload, Reason reason,
                        bool is_reachable) noexcept {
  header.source_port = key.local_port;
  header.destination_port = key.remote_port;
  std::array<uint8_t, TcpView::kBytes + TcpView::kOptionsBytesMax> bytes;
  const size_t header_bytes = header.write(bytes);
  const std::span<uint8_t> written(bytes.data(), header_bytes);
  if (!config_.checksum_at_egress)
    wire::write_tcp_checksum(key.local_address, key.remote_address, written, payload);
  const SegmentOut segment{key.local_address, key.remote_address, written, payload, now_, reason,
                           is_reachable};
  if (!egress_.transmit(segment)) {
    counters_.add(Counter::NoEgressBuffer);
    return false;
  }
  counters_.add(Counter::SegmentsOut);
  if (!SP_TCP_MUTANT(ReasonMissing)) counters_.add(counter_of(reason));
  return true;
}

}  // namespace sallyport::tcp
