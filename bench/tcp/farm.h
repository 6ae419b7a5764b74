// farm.h: one stack with many open connections and the cheapest possible peer for each: eight bytes
// of state.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/ip/packet_input.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::bench {

inline constexpr uint32_t kOurs = 0x0a000001;
inline constexpr uint16_t kOurPort = 443;
inline constexpr size_t kBurst = 32;

class Farm final : public tcp::Egress, ip::SegmentHandler, ip::PacketInput::Link {
 public:
  explicit Farm(uint32_t connections)
      : peers_(connections),
        ids_(connections),
        frames_(kBurst + 1, 2'048, mem::SegmentPool::Wipe::No),
        copies_(16'384, 2'048, mem::SegmentPool::Wipe::No),
        sending_(16'384, 256, mem::SegmentPool::Wipe::No),
        packets_({wire::IpAddress(kOurs)}, *this, *this, ip_counters_),
        stack_(config(connections), *this, copies_) {
    SP_CHECK(stack_.listen({kOurs, kOurPort}));
  }
  ~Farm() { stack_.drop_all(); }

  // Opens connection `i`.
  void open(uint32_t i) {
    answering_ = i;
    put(i, wire::TcpView::Syn, {}, 1'460);
    deliver();
    stack_.flush(now);
    put(i, wire::TcpView::Ack, {}, 0);
    deliver();
    tcp::Event event;
    while (stack_.next_event(event))
      if (event.kind == tcp::EventKind::Accepted) ids_[i] = event.id;
    SP_CHECK(stack_.is_live(ids_[i]));
  }
  // The peer closes, then we do: the record is free again at once.
  void close(uint32_t i) {
    put(i, wire::TcpView::Fin | wire::TcpView::Ack, {}, 0);
    ++peers_[i].sent;
    deliver();
    stack_.shutdown_send(ids_[i]);
    stack_.flush(now);
    ++peers_[i].acknowledges;
    put(i, wire::TcpView::Ack, {}, 0);
    deliver();
    drain();
    SP_CHECK(!stack_.is_live(ids_[i]));
  }

  // A frame with an IPv4 packet of connection `i` waits for deliver().
  void put(uint32_t i, uint8_t flags, std::span<const uint8_t> payload, uint16_t mss) {
    Peer& peer = peers_[i];
    wire::TcpView v;
    v.source_port = static_cast<uint16_t>(1'024 + i % 60'000);
    v.destination_port = kOurPort;
    v.flags = flags;
    v.window = 65'535;
    v.options.mss = mss;
    if ((flags & wire::TcpView::Syn) != 0) peer = Peer{1'000, 0};
    v.sequence = peer.sent;
    v.acknowledgment = (flags & wire::TcpView::Ack) != 0 ? peer.acknowledges : 0;
    mem::Segment* frame = frames_.allocate();
    SP_CHECK(frame != nullptr && waiting_count_ < waiting_.size());
    std::span<uint8_t> room(frame->storage, frame->capacity);
    const size_t header = v.write(room.subspan(20, 60));
    const std::span<const uint8_t> pieces[1] = {payload};
    const uint32_t source = 0x0b000000U + i / 60'000;
    wire::write_tcp_checksum(source, kOurs, room.subspan(20, header), pieces);
    if (!payload.empty()) std::memcpy(frame->storage + 20 + header, payload.data(), payload.size());
    wire::Ipv4View ip;
    ip.source = source;
    ip.destination = kOurs;
    ip.protocol = 6;
    ip.ttl = 64;
    ip.total_bytes = static_cast<uint16_t>(20 + header + payload.size());
    ip.write(room);
    frame->size = ip.total_bytes;
    waiting_[waiting_count_++] = frame;
    peer.sent +=
        static_cast<uint32_t>(payload.size()) + ((flags & wire::TcpView::Syn) != 0 ? 1 : 0);
  }

  // IP and TCP input of what waits, as one burst.
  void deliver() {
    for (size_t i = 0; i < waiting_count_; ++i) packets_.input(waiting_[i], now);
    waiting_count_ = 0;
    stack_.input_burst({inbound_.data(), inbound_count_}, now);
    inbound_count_ = 0;
  }

  void drain() {
    tcp::Event event;
    while (stack_.next_event(event)) {
      if (event.kind != tcp::EventKind::Readable) continue;
      stack_.receive_queue(event.id).clear();
      stack_.received(event.id, now);
    }
  }
  void flush() { stack_.flush(now); }

  bool send(uint32_t i, std::span<const uint8_t> bytes) {
    mem::ByteChain chain;
    if (!chain.append_copy(bytes, sending_)) return false;
    stack_.send(ids_[i], std::move(chain));
    return true;
  }
  void acknowledge(uint32_t i, uint32_t bytes) {
    peers_[i].acknowledges += bytes;
    put(i, wire::TcpView::Ack, {}, 0);
  }

  tcp::Stack& stack() { return stack_; }
  base::Instant now{1'000'000'000};
  uint64_t transmitted = 0;

 private:
  struct Peer {
    uint32_t sent = 0;
    uint32_t acknowledges = 0;
  };

  static tcp::StackConfig config(uint32_t connections) {
    tcp::StackConfig c;
    c.connections_max = connections + 8;
    c.half_open_max = 64;
    c.time_wait_max = 1'024;
    c.reassembly_max = c.scoreboards_max = 4'096;
    c.table_key = {0x1234567, 0x89abcdef};
    c.sequence_key = {3, 4};
    return c;
  }

  bool transmit(const tcp::SegmentOut& out) noexcept override {
    ++transmitted;
    // Only an answer to a SYN has a number that the peer does not know yet.
    if (out.reason == tcp::Reason::Syn) {
      uint32_t sequence;
      std::memcpy(&sequence, out.header.data() + 4, 4);
      peers_[answering_].acknowledges = __builtin_bswap32(sequence) + 1;
    }
    return true;
  }
  void tcp_segment(const wire::IpAddress& source, const wire::IpAddress& destination,
                   mem::Segment* segment, base::Instant) noexcept override {
    inbound_[inbound_count_++] = {source, destination, segment};
  }
  bool answer(wire::IpProtocol, const wire::IpAddress&, const wire::IpAddress&,
              std::span<const uint8_t>, std::span<const uint8_t>, base::Instant) noexcept override {
    return true;
  }

  std::vector<Peer> peers_;
  std::vector<tcp::ConnectionId> ids_;
  mem::SegmentPool frames_;
  mem::SegmentPool copies_;
  mem::SegmentPool sending_;
  ip::CounterArray ip_counters_{};
  ip::PacketInput packets_;
  std::array<mem::Segment*, kBurst> waiting_{};
  size_t waiting_count_ = 0;
  std::array<tcp::Stack::Inbound, kBurst> inbound_{};
  size_t inbound_count_ = 0;
  uint32_t answering_ = 0;
  tcp::Stack stack_;
};

}  // namespace sallyport::bench
