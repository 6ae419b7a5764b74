// The invariants of stack.h and dataplane notes b, looked at from outside the paths that keep them.
// For tests and the harness: walks every record.
#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

// The SYN, and then the FIN, take one number beside the payload.
bool sent_numbers_agree(const SendState& send) noexcept {
  return seq_at_or_before(send.unacked, send.next) && seq_at_or_before(send.next, send.highest) &&
         seq_at_or_before(send.highest, send.data_end() + 1);
}

const char* audit_board(const Connection& c) noexcept {
  const SackScoreboard* board = c.recovery.board;
  if (board == nullptr) return nullptr;
  const SendState& send = c.send;
  uint32_t before = send.unacked;
  uint32_t sacked = 0;
  uint32_t lost = 0;
  uint32_t flying = 0;
  uint32_t hole = send.unacked;
  for (size_t i = 0; i < board->count(); ++i) {
    const auto& range = board->range(i);
    // A reneging peer may have reported the left edge; never anything below it.
    if (i > 0 ? !seq_after(range.begin, before) : seq_before(range.begin, before))
      return "scoreboard: ranges out of order, or below SND.UNA";
    if (!seq_before(range.begin, range.end)) return "scoreboard: empty range";
    if (seq_after(range.end, send.highest)) return "scoreboard: bytes that were never sent";
    sacked += range.end - range.begin;
    (board->is_lost(hole, send.mss) ? lost : flying) += range.begin - hole;
    hole = before = range.end;
  }
  (board->is_lost(hole, send.mss) ? lost : flying) += send.highest - hole;
  if (sacked != board->sacked_bytes()) return "scoreboard: sacked bytes do not add up";
  if (board->sacked_bytes() + lost + flying != send.highest - send.unacked)
    return "sacked + lost + in flight is not SND.NXT - SND.UNA";
  return nullptr;
}

}  // namespace

const char* Core::audit_timers(const Connection& c, uint32_t index) const noexcept {
  const SendState& send = c.send;
  const Deadlines& d = c.deadlines;
  const bool outstanding = send.highest != send.unacked;
  const bool is_open = c.state >= State::Established;
  if (outstanding && d.retransmit == kNever && !slots_[index].touched)
    return "outstanding data without a retransmission timer";
  const bool waiting = is_open && c.state != State::FinWait2 && send.next != send.data_end() &&
                       seq_before(send.next, send.data_end());
  if (waiting && !outstanding && d.retransmit == kNever && !slots_[index].touched)
    return "queued data with neither a retransmission nor a persist timer";
  if (d.probe != kNever && d.retransmit == kNever) return "a tail probe without a timer behind it";
  if (!is_open && d.state == kNever) return "a handshake without an end";
  const uint64_t earliest = earliest_deadline(c);
  const bool is_known = slots_[index].touched || slots_[index].in_later_queue;
  const uint64_t armed = wheel_.armed_at(slots_[index].marks);
  if (earliest != kNever && armed == kNever && !is_known)
    return "a deadline that the timer wheel does not know";
  if (earliest != kNever && armed > earliest && earliest > now_ms_ && !is_known)
    return "the timer wheel fires too late";
  return nullptr;
}

const char* Core::audit_connection(const Connection& c) const noexcept {
  const ReceiveWindow& window = c.receive.window;
  if (!sent_numbers_agree(c.send)) return "SND.UNA <= SND.NXT <= highest sent is broken";
  if (c.state >= State::Established && c.send.queue.size() > 0 && c.send.base != c.send.unacked)
    return "the send queue does not begin at SND.UNA";
  if (const char* what = audit_board(c)) return what;
  if (c.state < State::SynReceived) return nullptr;
  if (!window.spans_are_sorted()) return "held spans overlap or touch";
  if (c.receive.fin_taken && window.has_hole()) return "FIN taken in front of a hole";
  if (c.receive.limit_lowered) return nullptr;
  const size_t slack = size_t{8} << c.receive.window_shift;
  if (window.queue().size() + window.held_bytes() > window.limit() + slack &&
      window.limit() >= config_.receive_bytes_max)
    return "more is held than the window ever offered";
  if (window.window() > window.limit() + slack && window.limit() >= config_.receive_bytes_max)
    return "the offered window is larger than its limit";
  return nullptr;
}

const char* Core::audit() const noexcept {
  uint32_t half_open = 0;
  uint32_t live = 0;
  uint32_t boards = 0;
  size_t marks = 0;
  for (uint32_t i = 0; i < config_.connections_max; ++i) {
    const Connection& c = slots_[i].connection;
    marks += slots_[i].marks.count();
    if (c.state == State::Closed || c.over) continue;
    ++live;
    if (c.half_open) ++half_open;
    if (c.recovery.board != nullptr) ++boards;
    if (const char* what = audit_connection(c)) return what;
    if (const char* what = audit_timers(c, i)) return what;
  }
  if (live != table_.size()) return "the flow table and the records disagree";
  if (half_open != half_open_count_) return "the count of half-open connections drifted";
  if (boards != boards_.used()) return "a scoreboard leaked";
  const auto marks_of = [this](uint32_t i) -> const TimerWheel::Marks& { return slots_[i].marks; };
  if (wheel_.count_known(marks_of) < marks) return "a timer that lies in no slot of the wheel";
  uint64_t sent = 0;
  for (auto i = static_cast<size_t>(Counter::SentData);
       i <= static_cast<size_t>(Counter::SentCookie); ++i)
    sent += counters_.values[i];
  if (sent != counters_[Counter::SegmentsOut]) return "a segment left without a reason";
  return nullptr;
}

}  // namespace sallyport::tcp
