// host.h: one TCP stack on one end of a Link, with an application that streams numbered bytes.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/wire/tcp.h"
#include "tests/sim/link.h"

namespace sallyport::sim {

// The byte at a position of the stream of `who`: what both ends compare with.
inline uint8_t stream_byte(uint64_t who, uint64_t position) {
  uint64_t x = (position >> 3) * 0x9e3779b97f4a7c15ULL + who * 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 29;
  x *= 0x94d049bb133111ebULL;
  return static_cast<uint8_t>(x >> (8 * (position & 7)));
}

// One connection of a run: sends send_total numbered bytes, then FIN; checks what arrives.
struct Flow {
  tcp::ConnectionId id;
  bool open = false;
  bool ended = false;
  bool peer_closed = false;
  bool shut = false;
  tcp::EventKind end_kind{};
  uint64_t send_stream = 0;
  uint64_t receive_stream = 0;
  uint64_t send_total = 0;
  uint64_t sent = 0;
  uint64_t received = 0;
  bool mismatch = false;
};

class Host final : public tcp::Egress {
 public:
  Host(const tcp::StackConfig& config, Link& out, std::mt19937_64& random,
       size_t copy_segments = 2048, uint32_t copy_bytes = 2048)
      : frames_(64, 2048, mem::SegmentPool::Wipe::No),
        copies_(copy_segments, copy_bytes, mem::SegmentPool::Wipe::No),
        sending_(2048, 1024, mem::SegmentPool::Wipe::No),
        out_(out),
        random_(random),
        stack(config, *this, copies_) {}

  bool transmit(const tcp::SegmentOut& segment) noexcept override {
    if (refuse_every != 0 && ++transmits_ % refuse_every == 0) return false;
    std::vector<uint8_t> bytes(segment.header.begin(), segment.header.end());
    for (const auto& piece : segment.payload) bytes.insert(bytes.end(), piece.begin(), piece.end());
    if (watch && broken.empty())
      broken = watch(segment.source, segment.destination, bytes, segment.now);
    if (is_too_big(segment, bytes)) return true;
    out_.send(segment.source, segment.destination, std::move(bytes), segment.now);
    return true;
  }

  // The router next to us: what is larger than the path is dropped, and reported or not.
  bool is_too_big(const tcp::SegmentOut& segment, const std::vector<uint8_t>& bytes) {
    const size_t ip_bytes = segment.destination.is_v6() ? 40 : 20;
    if (path_mtu == 0 || bytes.size() + ip_bytes <= path_mtu) return false;
    ++too_big;
    if (!path_reports) return true;
    wire::TcpView tcp;
    if (wire::TcpView::parse(bytes, tcp) == wire::TcpView::Parse::Good)
      reports_.push_back({segment.source, segment.destination, tcp.source_port,
                          tcp.destination_port, tcp.sequence});
    return true;
  }

  void take_reports(base::Instant now) {
    for (const wire::QuotedTcp& quoted : std::exchange(reports_, {}))
      stack.path_error(quoted, tcp::PathError::TooBig, path_mtu, now);
  }

  void deliver(const Packet& packet, base::Instant now) {
    mem::Segment* segment = frames_.allocate();
    std::memcpy(segment->storage, packet.bytes.data(), packet.bytes.size());
    segment->size = static_cast<uint32_t>(packet.bytes.size());
    stack.input(packet.source, packet.destination, segment, now);
  }

  // Events, then reading and writing in pieces of random size.
  void run_application(base::Instant now) {
    tcp::Event event;
    while (stack.next_event(event)) on_event(event);
    for (auto& flow : flows) {
      if (!flow->open || flow->ended) continue;
      read(*flow, now);
      write(*flow);
    }
    while (stack.next_event(event)) on_event(event);
  }

  Flow& add_flow(uint64_t send_stream, uint64_t receive_stream, uint64_t send_total) {
    flows.push_back(std::make_unique<Flow>());
    flows.back()->send_stream = send_stream;
    flows.back()->receive_stream = receive_stream;
    flows.back()->send_total = send_total;
    return *flows.back();
  }

  std::vector<std::unique_ptr<Flow>> flows;
  std::vector<Flow*> waiting;  // for Accepted, in order
  size_t read_bytes_max = 64 * 1024;
  double read_laziness = 0;  // share of turns in which nothing is read
  uint64_t refuse_every = 0;
  uint16_t path_mtu = 0;  // 0: as the interface
  bool path_reports = true;
  uint64_t too_big = 0;
  // Looks at every packet that leaves; what it says first stays in `broken`.
  std::function<std::string(const wire::IpAddress&, const wire::IpAddress&,
                            const std::vector<uint8_t>&, base::Instant)>
      watch;
  std::string broken;
  // What an attacker on the path makes of a packet that arrives: packets in front of it.
  std::function<std::vector<Packet>(const Packet&)> mischief;

 private:
  Flow* flow_of(tcp::ConnectionId id) {
    for (auto& flow : flows) {
      if (flow->id == id) return flow.get();
    }
    return nullptr;
  }

  void on_event(const tcp::Event& event) {
    if (event.kind == tcp::EventKind::Accepted) {
      if (waiting.empty()) {
        stack.abort(event.id);
        return;
      }
      waiting.front()->id = event.id;
      waiting.front()->open = true;
      waiting.erase(waiting.begin());
      return;
    }
    Flow* flow = flow_of(event.id);
    if (flow == nullptr) return;
    if (event.kind == tcp::EventKind::Connected) flow->open = true;
    if (event.kind == tcp::EventKind::PeerClosed) flow->peer_closed = true;
    if (tcp::ends_handle(event.kind)) {
      flow->ended = true;
      flow->end_kind = event.kind;
    }
  }

  void read(Flow& flow, base::Instant now) {
    if (read_laziness > 0 && std::uniform_real_distribution<>(0, 1)(random_) < read_laziness)
      return;
    mem::ByteChain& queue = stack.receive_queue(flow.id);
    size_t budget = 1 + random_() % read_bytes_max;
    bool any = false;
    while (budget > 0 && !queue.empty()) {
      const auto front = queue.front();
      const size_t part = std::min(front.size(), budget);
      for (size_t i = 0; i < part; ++i) {
        if (front[i] != stream_byte(flow.receive_stream, flow.received + i)) flow.mismatch = true;
      }
      flow.received += part;
      queue.consume(part);
      budget -= part;
      any = true;
    }
    if (any || queue.empty()) stack.received(flow.id, now);
  }

  void write(Flow& flow) {
    while (flow.sent < flow.send_total) {
      const size_t room = stack.send_room(flow.id);
      if (room == 0) return;
      const uint64_t wanted = 1 + random_() % 20'000;
      const size_t bytes = static_cast<size_t>(
          std::min({wanted, flow.send_total - flow.sent, static_cast<uint64_t>(room)}));
      buffer_.resize(bytes);
      for (size_t i = 0; i < bytes; ++i) buffer_[i] = stream_byte(flow.send_stream, flow.sent + i);
      mem::ByteChain chain;
      if (!chain.append_copy(buffer_, sending_)) return;
      stack.send(flow.id, std::move(chain));
      flow.sent += bytes;
      if (random_() % 3 == 0) return;
    }
    if (!flow.shut) {
      flow.shut = true;
      stack.shutdown_send(flow.id);
    }
  }

  mem::SegmentPool frames_;
  mem::SegmentPool copies_;
  mem::SegmentPool sending_;
  Link& out_;
  std::mt19937_64& random_;
  uint64_t transmits_ = 0;
  std::vector<wire::QuotedTcp> reports_;
  std::vector<uint8_t> buffer_;

 public:
  tcp::Stack stack;  // last: it holds segments of the pools
};

// Runs both ends until every flow ended or virtual time is over. False: time is over.
class Simulation {
 public:
  Simulation(Host& a, Host& b, Link& a_to_b, Link& b_to_a)
      : a_(a), b_(b), a_to_b_(a_to_b), b_to_a_(b_to_a) {}

  bool until_ended(uint64_t virtual_ms_max) {
    const uint64_t stop_ns = now.ns + virtual_ms_max * base::kNsPerMs;
    while (now.ns < stop_ns) {
      if (on_turn) on_turn(now);
      turn(a_, b_to_a_);
      turn(b_, a_to_b_);
      ++turns;
      if (!a_.broken.empty() || !b_.broken.empty()) return false;
      if (ended(a_) && ended(b_)) return true;
      uint64_t next = std::min(a_to_b_.next_due_ns(), b_to_a_.next_due_ns());
      next = std::min({next, a_.stack.next_deadline().ns, b_.stack.next_deadline().ns});
      // An application that reads lazily needs turns of its own.
      next = std::min(next, now.ns + 5 * base::kNsPerMs);
      now.ns = std::max(next, now.ns + 10 * base::kNsPerUs);
    }
    return false;
  }

  base::Instant now{1'000'000'000};
  uint64_t turns = 0;
  std::function<void(base::Instant)> on_turn;

 private:
  static bool ended(const Host& host) {
    return std::all_of(host.flows.begin(), host.flows.end(),
                       [](const auto& f) { return f->ended; });
  }

  void turn(Host& host, Link& in) {
    Packet packet;
    host.take_reports(now);
    for (int i = 0; i < 32 && in.receive(now, packet); ++i) {
      if (host.mischief) {
        for (const Packet& forged : host.mischief(packet)) host.deliver(forged, now);
      }
      host.deliver(packet, now);
    }
    host.run_application(now);
    host.stack.advance(now);
    host.stack.flush(now);
    if (!host.watch || !host.broken.empty()) return;
    if (const char* what = host.stack.audit()) host.broken = what;
  }

  Host& a_;
  Host& b_;
  Link& a_to_b_;
  Link& b_to_a_;
};

}  // namespace sallyport::sim
