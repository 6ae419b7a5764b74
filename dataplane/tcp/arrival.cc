// Payload and FIN of an acceptable segment, and when they are acknowledged.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

bool takes_data(State state) noexcept {
  return state == State::Established || state == State::FinWait1 || state == State::FinWait2;
}

}  // namespace

void Core::take_payload(Connection& c, const Arrived& a) noexcept {
  if (a.payload.empty() || !takes_data(c.state)) return;
  ReceiveState& receive = c.receive;
  if (c.released && config_.reset_data_after_release) {
    //= RFC 9293 3.6.1: data for nobody: the peer must learn that it was not read
    counters_.add(Counter::DiscardedAfterRelease, a.payload.size());
    send_reset(c);
    end(c, EventKind::Reset);
    return;
  }
  std::span<const uint8_t> payload = a.payload;
  if (receive.fin_held) {
    // Bytes behind the FIN cannot be.
    const uint32_t end = a.sequence + static_cast<uint32_t>(payload.size());
    if (seq_at_or_after(a.sequence, receive.fin_sequence)) return;
    if (seq_after(end, receive.fin_sequence))
      payload = payload.first(receive.fin_sequence - a.sequence);
  }
  const uint32_t before = receive.window.next();
  const bool had_hole = receive.window.has_hole();
  const auto accepted = receive.window.accept(a.sequence, payload, receive_pools_);
  switch (accepted) {
    case ReceiveWindow::Accepted::InOrder:
      break;
    case ReceiveWindow::Accepted::Held:
      counters_.add(Counter::OutOfOrderHeld);
      send_ack_now(c);  // each one: the peer counts them (RFC 5681 4.2)
      return;
    case ReceiveWindow::Accepted::Duplicate:
      counters_.add(Counter::DuplicateSegments);
      send_ack_now(c);
      return;
    case ReceiveWindow::Accepted::RefusedNoRoom:
      counters_.add(Counter::OutOfOrderRefused);
      send_ack_now(c);
      return;
    case ReceiveWindow::Accepted::RefusedPoolFull:
      counters_.add(Counter::ReassemblyFull);
      send_ack_now(c);
      return;
    case ReceiveWindow::Accepted::RefusedNoBuffer:
      counters_.add(Counter::NoReceiveBuffer);
      return;  // as if lost: the peer sends it again
  }
  const uint32_t taken = receive.window.next() - before;
  counters_.add(Counter::BytesIn, taken);
  c.last_payload_ms = now_ms_;
  if (c.state == State::FinWait2 && !c.released && config_.fin_wait_2_ms_max != 0)
    c.deadlines.state = now_ms_ + config_.fin_wait_2_ms_max;
  if (c.released) {
    counters_.add(Counter::DiscardedAfterRelease, receive.window.queue().size());
    receive.window.queue().clear();
  } else {
    post(c, EventKind::Readable);
  }
  receive.mss = std::max(receive.mss, static_cast<uint16_t>(a.payload.size()));
  receive.unacked_bytes += taken;
  // At once for every second full segment, for a gap that fills, for the tail of a message (PSH);
  // else it may wait.
  if (receive.unacked_bytes >= 2U * receive.mss || had_hole || a.tcp.has(TcpView::Psh)) {
    receive.ack_due = true;
    touch(c);
  } else if (c.deadlines.ack == kNever) {
    delay_ack(c);
  }
}

void Core::take_fin(Connection& c, const Arrived& a) noexcept {
  if (!takes_data(c.state)) return;
  ReceiveState& receive = c.receive;
  if (a.fin && !receive.fin_held) {
    receive.fin_held = true;
    receive.fin_sequence = a.sequence + static_cast<uint32_t>(a.payload.size());
  }
  // Only when everything before it is here; an early FIN waits for its hole to fill.
  const bool in_place = receive.window.next() == receive.fin_sequence && !receive.window.has_hole();
  if (receive.fin_held && (in_place || SP_TCP_MUTANT(FinOutOfOrder))) {
    fin_in_order(c);
  } else if (a.fin) {
    send_ack_now(c);
  }
}

void Core::fin_in_order(Connection& c) noexcept {
  c.receive.window.accept_fin();
  c.receive.fin_taken = true;
  c.receive.ack_due = true;
  post(c, EventKind::PeerClosed);
  touch(c);
  switch (c.state) {
    case State::Established:
      c.state = State::CloseWait;
      return;
    case State::FinWait1:
      c.state = State::Closing;
      return;
    case State::FinWait2:
      send_ack_now(c);
      enter_time_wait(c);
      return;
    default:
      return;
  }
}

}  // namespace sallyport::tcp
