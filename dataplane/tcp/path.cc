// What the path says: ICMP errors, and silence that only large segments meet.
#include <algorithm>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {

// An error is a claim of anybody. It is heard when it quotes a segment that is in flight now (RFC
// 5927 4.1), and even then it can do two things only: end a connect attempt, and make segments
// smaller.
void Core::path_error(const wire::QuotedTcp& quoted, PathError error, uint16_t mtu,
                      base::Instant now) noexcept {
  set_now(now);
  const FlowKey key{quoted.source, quoted.destination, quoted.source_port, quoted.destination_port};
  Connection* c = lookup(key, flow_hash(config_.table_key, key));
  const bool in_flight = c != nullptr && seq_at_or_after(quoted.sequence, c->send.unacked) &&
                         seq_before(quoted.sequence, c->send.highest);
  if (!in_flight) {
    counters_.add(Counter::IcmpNotOurs);
    return;
  }
  if (error != PathError::TooBig) {
    //= RFC 5461 2.2: soft for a connection that is open; an attempt may give up
    if (c->state == State::SynSent && error == PathError::Unreachable) {
      counters_.add(Counter::IcmpConnectRefused);
      end(*c, EventKind::Reset);
      return;
    }
    counters_.add(Counter::IcmpSoftErrors);
    return;
  }
  if (c->state < State::Established) {
    counters_.add(Counter::IcmpSoftErrors);
    return;
  }
  const bool v6 = key.is_v6();
  //= RFC 8201 4: a report below the IPv6 minimum is discarded
  if (v6 && mtu < kPathMtuMinV6) {
    counters_.add(Counter::IcmpNotOurs);
    return;
  }
  //= RFC 1191 3: never below the floor, whatever the report says (an old router says 0)
  const uint16_t believed = v6 ? mtu : std::max(mtu, kPathMtuMin);
  const int payload = believed - (v6 ? 60 : 40) - option_bytes(*c);
  if (payload >= c->send.mss) {
    counters_.add(Counter::IcmpNotOurs);
    return;
  }
  counters_.add(Counter::IcmpTooBig);
  use_smaller_segments(*c, static_cast<uint16_t>(payload));
  schedule(*c);
}

// Everything outstanding was cut for the larger path and is sent again; that is no sign of
// congestion (RFC 1191 6.5).
void Core::use_smaller_segments(Connection& c, uint16_t mss) noexcept {
  SendState& send = c.send;
  send.mss = mss;
  c.congestion.change_mss(mss);
  if (c.congestion.in_recovery()) c.congestion.leave_recovery(send.highest - send.unacked);
  c.recovery.by_sack = false;
  send.recover = send.highest;
  send.duplicate_acks = 0;
  send.retransmit_first = false;
  send.next = send.unacked;
  send.rtt_started_ms = kNever;
  touch(c);
}

//= RFC 8899 4.3: routers that drop and say nothing: full segments time out, small ones would pass
void Core::detect_black_hole(Connection& c) noexcept {
  const auto small = static_cast<uint16_t>(kBlackHoleMss - option_bytes(c));
  if (c.rto.timeouts() < kTimeoutsForBlackHole || c.send.mss <= small) return;
  // What is lost may be less than a full segment and still too large for the path: a tail with FIN.
  if (c.send.highest - c.send.unacked <= small) return;
  counters_.add(Counter::BlackHoleFallbacks);
  use_smaller_segments(c, small);
}

}  // namespace sallyport::tcp
