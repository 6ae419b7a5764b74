// Both opens: listeners, ports, initial sequence numbers, and the three states of the handshake.
#include <algorithm>
#include <cstring>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

// What a keyed hash of the tuple is used for; never the same hash twice.
constexpr uint8_t kUseSequence = 1;
constexpr uint8_t kUseTimestamp = 2;

constexpr uint16_t kTimestampOptionBytes = 12;
// Linux's distance: beyond any window of the connection that was.
constexpr uint32_t kReuseDistance = 65'537;

}  // namespace

bool Core::listen(Endpoint local) noexcept {
  if (listener_count_ == listeners_.size()) return false;
  for (size_t i = 0; i < listener_count_; ++i) {
    if (listeners_[i] == local) return false;
  }
  listeners_[listener_count_++] = local;
  return true;
}

bool Core::unlisten(Endpoint local) noexcept {
  for (size_t i = 0; i < listener_count_; ++i) {
    if (!(listeners_[i] == local)) continue;
    listeners_[i] = listeners_[--listener_count_];
    return true;
  }
  return false;
}

bool Core::is_listening(const FlowKey& key) const noexcept {
  for (size_t i = 0; i < listener_count_; ++i) {
    const Endpoint& l = listeners_[i];
    if (l.port == key.local_port && (l.address.is_none() || l.address == key.local_address))
      return true;
  }
  return false;
}

uint64_t Core::keyed(const FlowKey& key, uint8_t use) const noexcept {
  uint8_t input[sizeof key + 1];
  std::memcpy(input, &key, sizeof key);
  input[sizeof key] = use;
  return base::siphash24(config_.sequence_key, input);
}

//= RFC 6056 3.3.1: random port, then tries until one is free
bool Core::choose_port(FlowKey& key) noexcept {
  const uint32_t range =
      static_cast<uint32_t>(config_.ephemeral_port_last) - config_.ephemeral_port_first + 1;
  uint16_t reusable_port = 0;
  for (uint32_t i = 0; i < kPortTriesMax; ++i) {
    const uint64_t input[4] = {++port_tries_, now_.ns, key.remote_address.low_word(),
                               key.remote_port};
    const uint64_t random =
        base::siphash24(config_.table_key, {reinterpret_cast<const uint8_t*>(input), sizeof input});
    key.local_port = config_.ports == nullptr
                         ? static_cast<uint16_t>(config_.ephemeral_port_first + random % range)
                         : config_.ports->draw(
                               key.local_address, key.remote_address, key.remote_port,
                               {config_.ephemeral_port_first, config_.ephemeral_port_last}, random);
    if (key.local_port == 0) continue;
    if (lookup(key, flow_hash(config_.table_key, key)) != nullptr || is_listening(key)) continue;
    const TimeWaitEntry* waiting = time_wait_.find(key);
    if (waiting == nullptr) return true;
    //= RFC 6191 2: with timestamps a tuple may be used again, its old segments are told apart
    if (reusable_port == 0 && waiting->timestamps &&
        now_ms_ - waiting->recent_ms > kTimeWaitReuseMs)
      reusable_port = key.local_port;
  }
  if (reusable_port == 0) return false;
  key.local_port = reusable_port;
  return true;
}

//= RFC 6528 3: clock of 4 us plus keyed hash of the tuple
uint32_t Core::new_sequence(const FlowKey& key) const noexcept {
  return static_cast<uint32_t>(now_.ns >> 12) + static_cast<uint32_t>(keyed(key, kUseSequence));
}

//= RFC 7323 7.1: a random offset per tuple; the same for one tuple, so that its clock stays
// monotonic
uint32_t Core::timestamp_offset(const FlowKey& key) const noexcept {
  return static_cast<uint32_t>(keyed(key, kUseTimestamp));
}

uint16_t Core::option_bytes(const Connection& c) const noexcept {
  return c.timestamps.on ? kTimestampOptionBytes : 0;
}

void Core::start(Connection& c, bool passive) noexcept {
  c.passive = passive;
  SendState& send = c.send;
  send.initial = new_sequence(c.key);
  if (TimeWaitEntry* before = time_wait_.find(c.key); before != nullptr) {
    //= RFC 9293 3.6.1: the new incarnation begins beyond what the old one used
    if (!seq_after(send.initial, before->send_next + kReuseDistance))
      send.initial = before->send_next + kReuseDistance;
    time_wait_.erase(*before);
    counters_.add(Counter::TimeWaitReused);
  }
  send.unacked = send.next = send.highest = send.recover = send.initial;
  send.base = send.initial + 1;
  const uint16_t mss_default = c.key.is_v6() ? kMssDefaultV6 : kMssDefault;
  send.mss = mss_default;
  send.limit_bytes = config_.send_bytes_max;
  send.nagle = !config_.nodelay;
  send.progress_ms = now_ms_;
  send.syn_due = true;
  c.timestamps.offset = timestamp_offset(c.key);
  c.receive.window_shift = our_window_shift_;
  c.peer_mss = mss_default;
  c.keepalive_idle_ms = config_.keepalive_idle_ms;
  c.keepalive_interval_ms = config_.keepalive_interval_ms;
  c.keepalive_probes_max = static_cast<uint16_t>(config_.keepalive_probes_max);
  c.linger_ms = config_.linger_ms_max;
  c.user_timeout_ms = config_.unacknowledged_ms_max;
  c.last_heard_ms = c.last_payload_ms = now_ms_;
  c.deadlines.state = now_ms_ + config_.handshake_ms_max;
  touch(c);
  schedule(c);
}

ConnectionId Core::connect(Endpoint local, Endpoint remote, base::Instant now) noexcept {
  set_now(now);
  if (free_ == UINT32_MAX) {
    counters_.add(Counter::ConnectRefusedFull);
    return {};
  }
  FlowKey key{local.address, remote.address, local.port, remote.port};
  const bool found = local.port != 0 ? lookup(key, flow_hash(config_.table_key, key)) == nullptr
                                     : choose_port(key);
  if (!found) {
    counters_.add(Counter::ConnectNoPort);
    return {};
  }
  Connection* c = allocate(key);
  c->state = State::SynSent;
  c->owned = true;
  start(*c, false);
  counters_.add(Counter::ConnectsStarted);
  return id_of(*c);
}

void Core::passive_open(const Arrived& a) noexcept {
  if (half_open_count_ >= config_.half_open_max) {
    if (config_.syn_cookies) {
      send_cookie(a);
      return;
    }
    counters_.add(Counter::SynRefusedHalfOpen);
    return;  // dropped, not reset: the client tries again (RFC 4987)
  }
  Connection* c = allocate(a.key);
  if (c == nullptr) {
    counters_.add(Counter::SynRefusedFull);
    return;
  }
  c->state = State::SynReceived;
  c->half_open = true;
  ++half_open_count_;
  start(*c, true);
  take_syn_options(*c, a);
}

// From the peer's SYN, on either side. Before our SYN-ACK the options decide what it carries.
void Core::take_syn_options(Connection& c, const Arrived& a) noexcept {
  const wire::TcpOptions& options = a.tcp.options;
  c.receive.window.start(a.tcp.sequence + 1, config_.receive_bytes_max, held_segments_max_);
  c.receive.last_ack_sent = a.tcp.sequence + 1;
  const uint16_t mss_default = c.key.is_v6() ? kMssDefaultV6 : kMssDefault;
  c.peer_mss = options.mss == 0 ? mss_default : std::max(options.mss, kMssMin);
  c.timestamps.on = options.has_timestamps && config_.timestamps;
  c.recovery.permitted = options.sack_permitted && config_.sack;
  c.timestamps.recent = options.timestamp_value;
  c.timestamps.recent_s = seconds_now();
  c.receive.scaling = options.has_window_scale && config_.window_scaling;
  if (c.receive.scaling) {
    //= RFC 7323 2.3: a shift above 14 is taken as 14
    c.send.window_shift = std::min(options.window_scale, kWindowScaleMax);
    c.receive.window_shift = our_window_shift_;
  } else {
    c.send.window_shift = 0;
    c.receive.window_shift = 0;
    c.receive.window.limit_to(UINT16_MAX);
  }
  //= RFC 7323 2.2: the window of a SYN is never scaled
  c.send.window = a.tcp.window;
  c.send.window_max = a.tcp.window;
  c.send.window_sequence = a.tcp.sequence;
  c.send.window_ack = a.tcp.acknowledgment;
}

void Core::establish(Connection& c) noexcept {
  c.state = State::Established;
  if (c.half_open && !SP_TCP_MUTANT(HalfOpenLeaks)) --half_open_count_;
  c.half_open = false;
  SendState& send = c.send;
  //= RFC 6691 2: the MSS option knows nothing of options; what is sent does
  send.mss = static_cast<uint16_t>(std::min(c.peer_mss, our_mss(c.key)) - option_bytes(c));
  c.congestion.start(send.mss, config_.congestion);
  //= RFC 6928 2: one lost SYN may be chance; more are a loss like any other (RFC 5681 3.1)
  if (c.rto.timeouts() > 1) c.congestion.handshake_had_losses();
  c.rto.progress();
  if (send.syn_retransmitted) c.rto.handshake_had_loss();
  send.syn_due = false;
  c.deadlines.retransmit = kNever;
  if (!c.released) c.deadlines.state = kNever;
  if (c.keepalive_idle_ms != 0 || config_.idle_ms_max != 0) {
    const uint64_t first = c.keepalive_idle_ms != 0 ? c.keepalive_idle_ms : config_.idle_ms_max;
    c.deadlines.keepalive = now_ms_ + first;
  }
  c.last_payload_ms = now_ms_;
  if (c.passive) {
    c.owned = true;
    counters_.add(Counter::Accepted);
    post(c, EventKind::Accepted);
  } else {
    counters_.add(Counter::Connected);
    post(c, EventKind::Connected);
  }
  touch(c);
}

//= RFC 9293 3.10.7.3
void Core::in_syn_sent(Connection& c, const Arrived& a) noexcept {
  const bool has_ack = a.tcp.has(TcpView::Ack);
  const uint32_t ack = a.tcp.acknowledgment;
  const bool ack_good =
      has_ack && seq_after(ack, c.send.initial) && seq_at_or_before(ack, c.send.highest);
  if (has_ack && !ack_good) {
    if (!a.tcp.has(TcpView::Rst)) answer_reset(a);
    return;
  }
  if (a.tcp.has(TcpView::Rst)) {
    //= RFC 5961 3.2: in SYN-SENT a RST counts only when it acknowledges our SYN
    if (!ack_good) return;
    counters_.add(Counter::ResetsIn);
    end(c, EventKind::Reset);
    return;
  }
  if (!a.tcp.has(TcpView::Syn)) return;
  take_syn_options(c, a);
  c.last_heard_ms = now_ms_;
  if (ack_good) {
    sample_round_trip(c, a, ack);
    c.send.unacked = ack;
    c.send.next = seq_later(c.send.next, ack);
    c.send.progress_ms = now_ms_;
    establish(c);
    c.receive.ack_due = true;
    //= RFC 9293 3.10.7.3 fourth: text and FIN that came along are looked at
    Arrived rest = a;
    rest.tcp.flags &= static_cast<uint8_t>(~TcpView::Syn);
    ++rest.sequence;
    if (rest.length() > 0 && acceptable_sequence(c, rest)) {
      take_payload(c, rest);
      if (!c.over) take_fin(c, rest);
    }
    if (!c.over) schedule(c);
    return;
  }
  // Simultaneous open: our SYN stands, now it is answered as SYN-ACK.
  c.state = State::SynReceived;
  c.send.syn_due = true;
  touch(c);
}

//= RFC 9293 3.10.7.4, the SYN-RECEIVED parts
bool Core::in_syn_received(Connection& c, Arrived& a) noexcept {
  const uint32_t their_syn = c.receive.window.next() - 1;  // nothing is taken before we are open
  if (a.tcp.has(TcpView::Syn) && a.tcp.sequence == their_syn && !a.tcp.has(TcpView::Rst)) {
    if (!a.tcp.has(TcpView::Ack)) {
      // The peer did not get our SYN-ACK (a stuck SYN-RECEIVED is a known bug of other stacks).
      c.send.syn_due = true;
      touch(c);
      return false;
    }
    // Simultaneous open: its SYN-ACK. The SYN is known; what is left is the ACK.
    // Its window field is not scaled yet, and later code would scale it.
    a.tcp.flags &= static_cast<uint8_t>(~TcpView::Syn);
    a.tcp.window = static_cast<uint16_t>(a.tcp.window >> c.send.window_shift);
    ++a.sequence;
    return true;
  }
  // A SYN that came twice under pressure: answered by a cookie first, by this record later. The
  // client knows the cookie only; a RST would end what it believes to be open (RFC 4987 3.6).
  const bool knows_us = a.tcp.acknowledgment == c.send.initial + 1;
  if (c.passive && a.tcp.has(TcpView::Ack) && !a.tcp.has(TcpView::Rst) && !knows_us &&
      now_ms_ < cookies_until_ms_) {
    if (is_cookie(a)) end(c, EventKind::Reset);  // nobody has a handle of it: no event
    accept_cookie(a);
    return false;
  }
  return true;
}

}  // namespace sallyport::tcp
