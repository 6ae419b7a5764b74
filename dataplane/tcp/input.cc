// From a segment to its connection, and the answers to segments that have none (RFC 9293 3.10.7).
#include "dataplane/tcp/core.h"
#include "dataplane/tcp/sequence.h"

namespace sallyport::tcp {
namespace {

using wire::TcpView;

}  // namespace

Connection* Core::lookup(const FlowKey& key, uint64_t hash) noexcept {
  const uint32_t index =
      table_.find(hash, [&](uint32_t i) { return slots_[i].connection.key == key; });
  return index == FlowTable::kNone ? nullptr : &slots_[index].connection;
}

void Core::input(const wire::Ipv4View& ip, std::span<const uint8_t> segment,
                 base::Instant now) noexcept {
  set_now(now);
  counters_.add(Counter::SegmentsIn);
  Arrived a;
  if (TcpView::parse(segment, a.tcp) != TcpView::Parse::Good) {
    counters_.add(Counter::Malformed);
    return;
  }
  if (!wire::tcp_checksum_is_good(ip.source, ip.destination, segment)) {
    counters_.add(Counter::BadChecksum);
    return;
  }
  // A multicast or broadcast source cannot open a connection; port 0 names nobody.
  if (a.tcp.source_port == 0 || a.tcp.destination_port == 0 || ip.source >= 0xe0000000U ||
      ip.source == 0) {
    counters_.add(Counter::Malformed);
    return;
  }
  a.key = FlowKey{ip.destination, ip.source, a.tcp.destination_port, a.tcp.source_port};
  a.sequence = a.tcp.sequence;
  a.payload = segment.subspan(a.tcp.header_bytes);
  a.fin = a.tcp.has(TcpView::Fin);

  Connection* c = lookup(a.key, flow_hash(config_.table_key, a.key));
  if (c == nullptr) {
    without_connection(a);
    return;
  }
  if (c->state == State::SynSent) {
    in_syn_sent(*c, a);
    return;
  }
  synchronised(*c, a);
}

void Core::without_connection(const Arrived& a) noexcept {
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
    //dropped
    if (ack) {
      answer_reset(a);
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
    //= RFC 6191 2: a SYN that is provably newer opens again
    const bool newer_time = entry.timestamps && a.tcp.options.has_timestamps &&
                            seq_after(a.tcp.options.timestamp_value, entry.timestamp_recent);
    if (is_listening(a.key) && (newer_time || seq_after(a.tcp.sequence, entry.receive_next))) {
      time_wait_.erase(entry);
      counters_.add(Counter::TimeWaitReused);
      return true;
    }
  } else if (a.length() == 0 && a.tcp.sequence == entry.receive_next) {
    return false;  // a plain ACK: nothing to answer, or two TIME-WAITs would talk for ever
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
  transmit_raw(entry.key, header, {});
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
    c.timestamps.recent_ms = now_ms_;
  }
  if (c.state == State::SynReceived) {
    c.send.window_sequence = a.sequence - 1;  // so that the first window field is taken
    establish(c);
  }
  acknowledge(c, a);
  if (c.over || !after_fin_acknowledged(c)) return;
  take_payload(c, a);
  take_fin(c, a);
  if (!c.over) schedule(c);
}

}  // namespace sallyport::tcp
