// Loss that the peer tells of: SACK blocks or duplicate ACKs, and what is sent again.
//
// With SACK the scoreboard decides what is lost and how much is on the way (RFC 6675), PRR how much
// may leave (RFC 6937). Without, or while the peer sends none although it promised, NewReno (RFC
// 6582).
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

// A block is believed when it lies inside what is outstanding. One below the acknowledgment, or
// inside another, is a D-SACK (RFC 2883): it says that something came twice, and is ignored here.
uint32_t Core::take_sack(Connection& c, const Arrived& a) noexcept {
  const wire::TcpOptions& options = a.tcp.options;
  if (options.sack_count == 0 || !c.recovery.permitted) return 0;
  const SendState& send = c.send;
  const uint32_t floor = seq_later(send.unacked, a.tcp.acknowledgment);
  uint32_t news = 0;
  for (size_t i = 0; i < options.sack_count; ++i) {
    const auto& block = options.sack[i];
    counters_.add(Counter::SackBlocksIn);
    const bool ordered = seq_before(block.begin, block.end);
    const bool sent = seq_at_or_before(block.end, send.highest) || SP_TCP_MUTANT(SackBeyondSent);
    if (!ordered || !sent || seq_before(block.begin, floor)) {
      counters_.add(Counter::SackBlocksIgnored);
      if (ordered && c.recovery.probe_out && block.end == c.recovery.probe_end)
        c.recovery.probe_was_again = false;  // RFC 8985 7.4.2 case 1: the original had arrived
      continue;
    }
    if (c.recovery.board == nullptr) {
      c.recovery.board = boards_.take();
      if (c.recovery.board == nullptr) {
        counters_.add(Counter::ScoreboardsFull);
        return news;
      }
      c.recovery.board->reset();
    }
    news += c.recovery.board->add(block.begin, block.end);
  }
  // The probe left long after everything below it: what is not held by now is lost.
  SackScoreboard* board = c.recovery.board;
  if (news > 0 && c.recovery.probe_out && seq_after(c.recovery.probe_end, send.unacked) &&
      board->skip(c.recovery.probe_end - 1) != c.recovery.probe_end - 1) {
    board->prove_lost_below(c.recovery.probe_end - 1);
    c.recovery.probe_out = false;
    counters_.add(Counter::TailProbesProvedLoss);
  }
  return news;
}

void Core::release_board(Connection& c) noexcept {
  if (c.recovery.board == nullptr) return;
  boards_.give_back(c.recovery.board);
  c.recovery.board = nullptr;
}

uint32_t Core::pipe(const Connection& c) const noexcept {
  const SendState& send = c.send;
  const SackScoreboard* board = c.recovery.board;
  if (board == nullptr) return send.next - send.unacked;
  if (c.recovery.by_sack)
    return board->pipe(send.unacked, send.highest, c.recovery.high_retransmitted, send.mss);
  return send.next - send.unacked - board->sacked_below(send.next);
}

//= RFC 6675 5: enough duplicates, or the scoreboard says that the first segment is lost
bool Core::loss_is_known(const Connection& c) const noexcept {
  const SackScoreboard* board = c.recovery.board;
  if (board == nullptr || c.congestion.in_recovery()) return false;
  // After a time-out everything is sent again anyway, until it is acknowledged.
  if (c.send.next != c.send.highest || seq_before(c.send.unacked, c.send.recover)) return false;
  return board->is_lost(c.send.unacked, c.send.mss) ||
         c.send.duplicate_acks >= kDuplicateAcksForLoss;
}

void Core::duplicate_acknowledgement(Connection& c, uint32_t newly_held) noexcept {
  SendState& send = c.send;
  counters_.add(Counter::DuplicateAcksIn);
  if (send.duplicate_acks < UINT8_MAX) ++send.duplicate_acks;
  touch(c);
  if (c.congestion.in_recovery()) {
    if (c.recovery.by_sack) {
      reduce_in_proportion(c, newly_held, false);
    } else {
      c.congestion.duplicate_in_recovery();
    }
    return;
  }
  if (newly_held > 0) {
    if (loss_is_known(c)) enter_recovery(c, newly_held);
    return;
  }
  // RFC 3042: output() may send one new segment for each of the first two
  if (send.duplicate_acks != kDuplicateAcksForLoss) return;
  //= RFC 6582 3.2 step 2: no second reduction for losses of the window that was reduced already
  if (seq_after(send.unacked, send.recover)) enter_recovery(c, 0);
}

void Core::enter_recovery(Connection& c, uint32_t newly_delivered) noexcept {
  SendState& send = c.send;
  RecoveryState& recovery = c.recovery;
  counters_.add(Counter::FastRetransmits);
  recovery.by_sack = recovery.board != nullptr;
  recovery.probe_out = false;
  recovery.rescue_done = false;
  recovery.high_retransmitted = send.unacked;
  const uint32_t flight = send.highest - send.unacked;
  c.congestion.enter_recovery(flight, recovery.by_sack);
  send.recover = send.highest;
  send.partial_ack_seen = false;
  send.retransmit_first = true;
  if (recovery.by_sack) {
    recovery.prr.start(flight);
    reduce_in_proportion(c, newly_delivered, false);
  }
  touch(c);
}

void Core::reduce_in_proportion(Connection& c, uint32_t newly_delivered, bool moved) noexcept {
  const uint32_t on_the_way = pipe(c);
  const uint32_t allowed = c.recovery.prr.allow(newly_delivered, on_the_way,
                                                c.congestion.threshold_bytes(), c.send.mss, moved);
  c.congestion.set_recovery_window(on_the_way + allowed);
}

void Core::leave_or_continue_recovery(Connection& c, uint32_t ack, uint32_t acked,
                                      bool& restart_timer) noexcept {
  SendState& send = c.send;
  if (seq_at_or_after(ack, send.recover)) {
    c.congestion.leave_recovery(send.highest - ack);
    c.recovery.by_sack = false;
    send.duplicate_acks = 0;
    return;
  }
  if (c.recovery.by_sack) return;
  //= RFC 6582 3.2 step 3: partial ACK -> the next hole at once; the timer restarts for the
  // first only
  counters_.add(Counter::PartialAckRetransmits);
  c.congestion.partial_ack(acked);
  send.retransmit_first = true;
  restart_timer = !send.partial_ack_seen;
  send.partial_ack_seen = true;
}

// One segment of [from, end), which was sent before.
Core::Sent Core::send_hole(Connection& c, uint32_t from, uint32_t end, Counter why) noexcept {
  const SendState& send = c.send;
  const uint32_t data_end = send.data_end();
  const uint32_t bytes = seq_before(from, data_end)
                             ? std::min<uint32_t>(send.mss, seq_earlier(end, data_end) - from)
                             : 0;
  const bool fin = seq_after(send.highest, data_end) && seq_after(end, data_end);
  const Sent sent = send_from(c, from, bytes, fin);
  if (sent == Sent::Yes) counters_.add(why);
  return sent;
}

//= RFC 6675 4 NextSeg()
Core::Sent Core::send_in_recovery(Connection& c) noexcept {
  SendState& send = c.send;
  RecoveryState& recovery = c.recovery;
  const uint32_t on_the_way = pipe(c);
  if (c.congestion.window_bytes() < on_the_way + send.mss) return Sent::NothingToSend;
  const SackScoreboard* board = recovery.board;
  SackScoreboard::Hole hole;
  if (board != nullptr)
    hole = board->first_hole(seq_later(recovery.high_retransmitted, send.unacked));
  const auto resend = [&] {
    const uint32_t sequence = hole.begin;
    const uint32_t end = seq_earlier(hole.end, sequence + send.mss);
    const Sent sent = send_hole(c, sequence, end, Counter::SackRetransmits);
    if (sent == Sent::Yes) recovery.high_retransmitted = end;
    return sent;
  };
  if (hole.found && board->is_lost(hole.begin, send.mss)) return resend();  // (1)
  const Sent fresh = send_next(c);                                          // (2)
  if (fresh != Sent::NothingToSend) return fresh;
  if (hole.found) return resend();  // (3)
  // (4) once per recovery the very last segment, so that its loss does not need the timer
  const uint32_t tail = board != nullptr ? board->highest() : send.unacked;
  const bool may_rescue = !recovery.rescue_done && seq_before(tail, send.highest) &&
                          seq_at_or_before(recovery.high_retransmitted, tail);
  if (!may_rescue) return Sent::NothingToSend;
  const uint32_t from = seq_later(tail, send.highest - send.mss);
  const Sent sent = send_hole(c, from, send.highest, Counter::RescueRetransmits);
  if (sent == Sent::Yes) recovery.rescue_done = true;
  return sent;
}

}  // namespace sallyport::tcp
