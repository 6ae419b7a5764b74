// node.h: one host of a simulated network: a TCP stack with a link to each neighbour.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/stack.h"
#include "tests/sim/link.h"

namespace sallyport::sim {

inline tcp::StackConfig stack_config(uint64_t seed) {
  tcp::StackConfig config;
  config.connections_max = 256;
  config.half_open_max = 64;
  config.time_wait_max = 256;
  config.table_key = {seed, seed + 1};
  config.sequence_key = {seed + 2, seed + 3};
  return config;
}

class Node final : public tcp::Egress {
 public:
  Node(uint32_t address, const tcp::StackConfig& config)
      : address_(address),
        frames_(64, 2048, mem::SegmentPool::Wipe::No),
        copies_(4096, 2048, mem::SegmentPool::Wipe::No),
        sending_(4096, 4096, mem::SegmentPool::Wipe::No),
        stack(config, *this, copies_) {}

  void connect_to(uint32_t neighbour, Link& out, Link& in) {
    out_[neighbour] = &out;
    in_.push_back(&in);
  }

  // Another address of that neighbour: the link in is there already.
  void connect_to(uint32_t neighbour, Link& out) { out_[neighbour] = &out; }

  bool transmit(const tcp::SegmentOut& segment) noexcept override {
    const auto link = out_.find(segment.destination.v4());
    if (link == out_.end()) return true;  // no route: lost
    std::vector<uint8_t> bytes(segment.header.begin(), segment.header.end());
    for (const auto& piece : segment.payload) bytes.insert(bytes.end(), piece.begin(), piece.end());
    link->second->send(segment.source, segment.destination, std::move(bytes), segment.now);
    return true;
  }

  // Input and timers of one turn; the application and stack.flush() come behind it.
  void take_packets(base::Instant now) {
    Packet packet;
    for (Link* link : in_) {
      for (int i = 0; i < 64 && link->receive(now, packet); ++i) {
        mem::Segment* segment = frames_.allocate();
        std::memcpy(segment->storage, packet.bytes.data(), packet.bytes.size());
        segment->size = static_cast<uint32_t>(packet.bytes.size());
        stack.input(packet.source, packet.destination, segment, now);
      }
    }
    stack.advance(now);
  }

  // As many bytes as TCP takes now; answers how many.
  size_t send(tcp::ConnectionId id, std::span<const uint8_t> bytes) {
    bytes = bytes.first(std::min(bytes.size(), stack.send_room(id)));
    mem::ByteChain chain;
    if (bytes.empty() || !chain.append_copy(bytes, sending_)) return 0;
    stack.send(id, std::move(chain));
    return bytes.size();
  }

  uint64_t next_due_ns() const {
    uint64_t next = stack.next_deadline().ns;
    for (const Link* link : in_) next = std::min(next, link->next_due_ns());
    return next;
  }
  uint32_t address() const { return address_; }

 private:
  const uint32_t address_;
  std::map<uint32_t, Link*> out_;
  std::vector<Link*> in_;
  mem::SegmentPool frames_;
  mem::SegmentPool copies_;
  mem::SegmentPool sending_;

 public:
  tcp::Stack stack;  // last: it holds segments of the pools
};

}  // namespace sallyport::sim
