// From a segment to its connection, and the answers to segments that have none (RFC 9293 3.10.7).
#include <algorithm>
#include <array>

#include "dataplane/tcp/core.h"
#include "dataplane/tcp/mutations.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::IpAddress;
using wire::TcpView;

// A multicast or broadcast source cannot open a connection.
bool may_be_source(const IpAddress& address) noexcept {
  if (address.is_v4()) return address.v4() < 0xe0000000U;
  return address.is_v6() && !address.is_multicast_v6();
}

}  // namespace

Connection* Core::lookup(const FlowKey& key, uint64_t hash) noexcept {
  const uint32_t index =
      table_.find(hash, [&](uint32_t i) { return slots_[i].connection.key == key; });
  return index == FlowTable::kNone ? nullptr : &slots_[index].connection;
}

// False: counted and dropped.
bool Core::judge(bool checksum_is_good, const IpAddress& source, const IpAddress& destination,
                 std::span<const uint8_t> segment, Arrived& a) noexcept {
  counters_.add(Counter::SegmentsIn);
  if (TcpView::parse(segment, a.tcp) != TcpView::Parse::Good) {
    counters_.add(Counter::Malformed);
    return false;
  }
  if (!checksum_is_good && !wire::tcp_checksum_is_good(source, destination, segment) &&
      !SP_TCP_MUTANT(ChecksumUnchecked)) {
    counters_.add(Counter::BadChecksum);
    return false;
  }
  // Port 0 names nobody.
  if (a.tcp.source_port == 0 || a.tcp.destination_port == 0 || !may_be_source(source)) {
    counters_.add(Counter::Malformed);
    return false;
  }
  a.key = FlowKey{destination, source, a.tcp.destination_port, a.tcp.source_port};
  a.sequence = a.tcp.sequence;
  a.payload = segment.subspan(a.tcp.header_bytes);
  a.fin = a.tcp.has(TcpView::Fin);
  return true;
}

void Core::dispatch(Connection* c, Arrived& a) noexcept {
  if (c == nullptr) {
    without_connection(a);
  } else if (c->state == State::SynSent) {
    in_syn_sent(*c, a);
  } else {
    synchronised(*c, a);
  }
}

void Core::input(const IpAddress& source, const IpAddress& destination,
                 std::span<const uint8_t> segment, base::Instant now) noexcept {
  set_now(now);
  Arrived a;
  if (!judge(false, source, destination, segment, a)) return;
  dispatch(lookup(a.key, flow_hash(config_.table_key, a.key)), a);
}

// Three passes, so that the cache misses of one segment overlap with the work on others: judge and
// fetch the bucket; fetch the record; process. What an earlier segment of the burst changed is
// seen: the record is checked again.
void Core::input_burst(std::span<const Stack::Inbound> burst, base::Instant now) noexcept {
  set_now(now);
  while (!burst.empty()) {
    const size_t count = std::min(burst.size(), waiting_.size());
    for (size_t i = 0; i < count; ++i) {
      Waiting& w = waiting_[i];
      const Stack::Inbound& in = burst[i];
      w.good =
          judge(in.checksum_is_good, in.source, in.destination, in.segment->bytes(), w.arrived);
      if (!w.good) continue;
      w.hash = flow_hash(config_.table_key, w.arrived.key);
      table_.prefetch(w.hash);
    }
    for (size_t i = 0; i < count; ++i) {
      Waiting& w = waiting_[i];
      if (!w.good) continue;
      w.index = table_.find(w.hash, [](uint32_t) { return true; });
      if (w.index == FlowTable::kNone) continue;
      const auto* line = reinterpret_cast<const uint8_t*>(&slots_[w.index]);
      const size_t lines = w.arrived.payload.empty() ? sizeof(Slot) / 64 : Slot::kLinesOfData;
      for (size_t at = 0; at < lines; ++at) __builtin_prefetch(line + 64 * at, 1);
    }
    for (size_t i = 0; i < count; ++i) {
      Waiting& w = waiting_[i];
      if (w.good) {
        Connection* c = w.index == FlowTable::kNone ? nullptr : &slots_[w.index].connection;
        const bool is_it =
            c != nullptr && !c->over && c->state != State::Closed && c->key == w.arrived.key;
        dispatch(is_it ? c : lookup(w.arrived.key, w.hash), w.arrived);
      }
      mem::release(burst[i].segment);
    }
    burst = burst.subspan(count);
  }
}

void Core::without_connection(Arrived& a) noexcept {
  const bool rst = a.tcp.has(TcpView::Rst);
  const bool ack = a.tcp.has(TcpView::Ack);
  const bool syn = a.tcp.has(TcpView::Syn);
  if (TimeWaitEntry* entry = time_wait_.find(a.key); entry != nullptr) {
    if (!in_time_wait(*entry, a)) return;
  }
  if (rst) {
    counters_.add(Counter::NoConnection);
    return;
  }
  if (is_listening(a.key)) {
    //= RFC 9293 3.10.7.2: in LISTEN an ACK is answered by RST, a SYN opens, anything else is
    // dropped
    if (ack) {
      if (!accept_cookie(a)) answer_reset(a);
    } else if (syn) {
      passive_open(a);
    }
    return;
  }
  counters_.add(Counter::NoConnection);
  answer_reset(a);
}

bool Core::in_time_wait(TimeWaitEntry& entry, const Arrived& a) noexcept {
  //= RFC 1337: a RST does not end TIME-WAIT
  if (a.tcp.has(TcpView::Rst)) return false;
  if (a.tcp.has(TcpView::Syn) && !a.tcp.has(TcpView::Ack)) {
    //= RFC 6191 2: a SYN that is provably newer opens again; start() then leaves the old numbers
    // behind
    const bool both_times = entry.timestamps && a.tcp.options.has_timestamps;
    const uint32_t value = a.tcp.options.timestamp_value;
    const bool newer = both_times && value != entry.timestamp_recent
                           ? seq_after(value, entry.timestamp_recent)
                           : seq_after(a.tcp.sequence, entry.receive_next);
    if (is_listening(a.key) && newer) return true;
  } else if (a.length() == 0 && a.tcp.sequence == entry.receive_next) {
    return false;  // a plain ACK: nothing to answer, or two TIME-WAITs would talk for ever
  } else if (!a.tcp.has(TcpView::Ack)) {
    return false;  //= RFC 9293 3.10.7.4 fifth
  }
  if (a.fin) time_wait_.restart(entry, now_ms_ + config_.time_wait_ms);
  wire::TcpView header;
  header.flags = TcpView::Ack;
  header.sequence = entry.send_next;
  header.acknowledgment = entry.receive_next;
  header.window = entry.window_field;
  header.options.has_timestamps = entry.timestamps;
  header.options.timestamp_value = static_cast<uint32_t>(now_ms_) + entry.timestamp_offset;
  header.options.timestamp_echo = entry.timestamp_recent;
  transmit_raw(entry.key, header, {}, Reason::TimeWaitAck);
  return false;
}

//= RFC 9293 3.10.7.4: every state but CLOSED, LISTEN, SYN-SENT, in the order of the RFC
void Core::synchronised(Connection& c, Arrived& a) noexcept {
  if (c.state == State::SynReceived && !in_syn_received(c, a)) return;
  if (!acceptable_time(c, a)) return;
  if (!acceptable_control(c, a)) return;
  if (!acceptable_sequence(c, a)) return;
  if (!a.tcp.has(TcpView::Ack)) return;
  if (!acceptable_ack(c, a)) return;

  c.last_heard_ms = now_ms_;
  c.keepalive_probes = 0;
  //= RFC 7323 4.3 (2): ts_recent moves only with a segment that covers the last ACK we sent
  if (c.timestamps.on && a.tcp.options.has_timestamps &&
      seq_at_or_before(a.sequence, c.receive.last_ack_sent) &&
      seq_at_or_after(a.tcp.options.timestamp_value, c.timestamps.recent)) {
    c.timestamps.recent = a.tcp.options.timestamp_value;
    c.timestamps.recent_s = seconds_now();
  }
  if (c.state == State::SynReceived) {
    c.send.window_sequence = a.sequence - 1;  // so that the first window field is taken
    establish(c);
  }
  acknowledge(c, a);
  if (c.over || !after_fin_acknowledged(c)) return;
  take_payload(c, a);
  if (c.over || c.state == State::Closed) return;
  take_fin(c, a);
  if (!c.over) schedule(c);
}

}  // namespace sallyport::tcp
