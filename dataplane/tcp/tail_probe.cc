// The tail-loss probe (RFC 8985 7): when the last segments of an answer are lost, nothing comes
// that could tell. One probe after about two round trips makes the peer say what it has, long
// before the retransmission timer.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

// After output: the probe runs only while nothing else tells of loss, and only before the
// retransmission timer.
void Core::settle_tail_probe(Connection& c) noexcept {
  const SendState& send = c.send;
  const bool wanted = config_.tail_loss_probe && c.recovery.permitted && !c.recovery.probe_out &&
                      send.highest != send.unacked && send.next == send.highest &&
                      !c.congestion.in_recovery() && !send.probing && c.recovery.board == nullptr &&
                      c.rto.has_sample() && c.rto.timeouts() == 0;
  if (!wanted) {
    c.deadlines.probe = kNever;
    return;
  }
  if (!c.recovery.probe_timer_stale && c.deadlines.probe != kNever) return;
  c.recovery.probe_timer_stale = false;
  //= RFC 8985 7.2: two round trips, and for a single segment the longest delayed ACK
  uint64_t wait = std::max<uint64_t>(2ULL * c.rto.srtt_ms(), kTailProbeMsMin);
  if (send.highest - send.unacked <= send.mss) wait += kDelayedAckMsWorst;
  const uint64_t due = now_ms_ + wait;
  c.deadlines.probe = due < c.deadlines.retransmit ? due : kNever;
}

void Core::on_tail_probe(Connection& c) noexcept {
  SendState& send = c.send;
  c.deadlines.probe = kNever;
  if (send.highest == send.unacked || send.next != send.highest) return;
  //= RFC 8985 7.3: new data when the peer's window takes some, else the last segment again
  const uint32_t unsent =
      seq_after(send.highest, send.data_end()) ? 0 : send.data_end() - send.next;
  const uint32_t flight = send.next - send.unacked;
  const uint32_t room = send.window > flight ? send.window - flight : 0;
  const uint32_t fresh = std::min({unsent, room, static_cast<uint32_t>(send.mss)});
  Sent sent;
  if (fresh > 0) {
    sent = send_from(c, send.next, fresh, false);
    if (sent == Sent::Yes) counters_.add(Counter::TailProbes);
    c.recovery.probe_was_again = false;
  } else {
    const uint32_t from = seq_later(send.unacked, send.highest - send.mss);
    sent = send_hole(c, from, send.highest, Counter::TailProbes);
    c.recovery.probe_was_again = true;
  }
  if (sent != Sent::Yes) return;
  c.recovery.probe_out = true;
  c.recovery.probe_end = send.highest;
  //= RFC 8985 7.3: the retransmission timer starts again behind the probe
  c.deadlines.retransmit = now_ms_ + c.rto.rto_ms();
}

//= RFC 8985 7.4.2: an ACK beyond a probe that resent old bytes, and no D-SACK: the probe repaired a
// loss
void Core::judge_tail_probe(Connection& c, uint32_t ack) noexcept {
  RecoveryState& recovery = c.recovery;
  if (!recovery.probe_out || seq_before(ack, recovery.probe_end)) return;
  const bool repaired = recovery.probe_was_again && seq_after(ack, recovery.probe_end);
  if (ack == recovery.probe_end && recovery.probe_was_again) {
    // Not decided yet: the original may have been acknowledged late. Later data decides.
    return;
  }
  recovery.probe_out = false;
  if (repaired && !c.congestion.in_recovery())
    c.congestion.tail_was_lost(c.send.highest - c.send.unacked);
}

}  // namespace sallyport::tcp
