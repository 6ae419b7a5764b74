// May this segment change anything? RFC 9293 3.10.7.4 first to fifth, with RFC 7323 (PAWS) and RFC
// 5961.
#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

}  // namespace

//= RFC 5961 10: the limit is per connection and its period jittered, so that nobody can count it
// from outside
void Core::challenge(Connection& c) noexcept {
  if (now_ms_ >= c.challenge_until_ms) {
    const uint64_t jitter = (c.send.initial ^ c.challenge_until_ms * 0x9e3779b97f4a7c15ULL) >> 7;
    c.challenge_until_ms = now_ms_ + kChallengeWindowMs + jitter % (kChallengeWindowMs / 2);
    c.challenge_left = kChallengeAcksPerWindow;
  }
  if (c.challenge_left == 0) {
    counters_.add(Counter::ChallengeAcksLimited);
    return;
  }
  --c.challenge_left;
  counters_.add(Counter::ChallengeAcks);
  send_ack_now(c);
}

//= RFC 7323 5.3 R1: an old timestamp -> ACK and drop; a RST is not judged by its timestamp
bool Core::acceptable_time(Connection& c, const Arrived& a) noexcept {
  if (!c.timestamps.on || a.tcp.has(TcpView::Rst) || SP_TCP_MUTANT(PawsOff)) return true;
  if (!a.tcp.options.has_timestamps) {
    //= RFC 7323 3.2: once negotiated, a segment without it is dropped silently
    counters_.add(Counter::TimestampMissing);
    return false;
  }
  if (seq_at_or_after(a.tcp.options.timestamp_value, c.timestamps.recent)) return true;
  //= RFC 7323 5.5: after 24 days ts_recent is invalid
  if (seconds_now() - c.timestamps.recent_s > kTimestampIdleSecondsMax) {
    c.timestamps.recent = a.tcp.options.timestamp_value;
    return true;
  }
  counters_.add(Counter::PawsRejected);
  if (a.length() > 0) {
    send_ack_now(c);
  } else {
    challenge(c);
  }
  return false;
}

// RST and SYN, by RFC 5961 before the general sequence check.
bool Core::acceptable_control(Connection& c, const Arrived& a) noexcept {
  const uint32_t next = c.receive.window.next();
  if (a.tcp.has(TcpView::Rst)) {
    if (a.sequence == next) {
      counters_.add(Counter::ResetsIn);
      // Whoever repeats a request elsewhere must know that this one has been read.
      if (a.tcp.has(TcpView::Ack) && seq_after(a.tcp.acknowledgment, c.send.unacked) &&
          seq_at_or_before(a.tcp.acknowledgment, c.send.highest))
        post(c, EventKind::Writable);
      end(c, EventKind::Reset);
      return false;
    }
    //= RFC 5961 3.2: in the window but not at its left edge -> challenge ACK
    const bool inside =
        seq_after(a.sequence, next) && seq_before(a.sequence, next + c.receive.window.window());
    if (inside) {
      challenge(c);
    } else {
      counters_.add(Counter::OutOfWindow);
    }
    return false;
  }
  if (a.tcp.has(TcpView::Syn)) {
    //= RFC 5961 4.2: a SYN in a synchronised state -> challenge ACK, whatever its sequence number
    challenge(c);
    return false;
  }
  return true;
}

//= RFC 9293 3.10.7.4 first: the four cases, then trimming to the window
bool Core::acceptable_sequence(Connection& c, Arrived& a) noexcept {
  const uint32_t next = c.receive.window.next();
  const uint32_t window = c.receive.window.window();
  const uint32_t edge = next + window;
  const uint32_t length = a.length();
  if (length == 0) {
    // At the right edge too: the pure ACK of a peer that filled our window carries news (Linux does
    // so).
    if (seq_at_or_after(a.sequence, next) && seq_at_or_before(a.sequence, edge)) return true;
    counters_.add(Counter::OutOfWindow);
    challenge(c);  // keepalives end here; limited, or two confused ends would talk for ever
    return false;
  }
  const uint32_t end = a.sequence + length;
  if (window == 0 && a.sequence == next) {
    // A probe of our closed window: its ACK counts, its payload does not. A bare FIN needs no room.
    if (!a.payload.empty()) a.fin = false;
    a.payload = {};
    c.receive.ack_due = true;
    touch(c);
    return true;
  }
  const bool starts_inside = seq_at_or_after(a.sequence, next) && seq_before(a.sequence, edge);
  const bool ends_inside = seq_after(end, next) && seq_at_or_before(end, edge);
  const bool covers = seq_before(a.sequence, next) && seq_after(end, next);
  if (!starts_inside && !ends_inside && !covers) {
    counters_.add(seq_at_or_before(end, next) ? Counter::DuplicateSegments : Counter::OutOfWindow);
    send_ack_now(c);
    return false;
  }
  if (seq_after(end, edge)) {
    // Right of the window: cut; a FIN beyond it will come again.
    const uint32_t payload_end = a.sequence + static_cast<uint32_t>(a.payload.size());
    if (seq_after(payload_end, edge)) {
      a.payload = a.payload.first(a.payload.size() - (payload_end - edge));
      a.fin = false;
      c.receive.ack_due = true;  // the peer must learn where the window ends
      touch(c);
    }
  }
  return true;
}

bool Core::acceptable_ack(Connection& c, const Arrived& a) noexcept {
  const uint32_t ack = a.tcp.acknowledgment;
  if (c.state == State::SynReceived) {
    if (seq_after(ack, c.send.unacked) && seq_at_or_before(ack, c.send.highest)) return true;
    counters_.add(Counter::BadAck);
    answer_reset(a);
    return false;
  }
  //= RFC 5961 5.2: SND.UNA - MAX.SND.WND <= SEG.ACK <= SND.NXT, else challenge ACK
  if ((seq_at_or_before(ack, c.send.highest) || SP_TCP_MUTANT(AckOfUnsentAccepted)) &&
      seq_at_or_after(ack, c.send.unacked - c.send.window_max))
    return true;
  counters_.add(Counter::BadAck);
  challenge(c);
  return false;
}

}  // namespace sallyport::tcp
