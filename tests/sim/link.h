// link.h: a link emulator under virtual time: seeded loss, duplication, reordering, corruption,
// delay, rate.
//
// One direction of one link. Packets are IP-less: addresses travel beside the bytes, because what
// is tested is TCP; everything random comes from the one generator of the run, so a seed is a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <random>
#include <span>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::sim {

struct LinkFaults {
  double loss = 0;
  double duplication = 0;
  double reordering = 0;  // share of packets that take up to 4 delays longer
  double corruption = 0;  // one bit of the packet
  uint64_t delay_us = 500;
  uint64_t bytes_per_ms = 0;            // 0: no limit
  size_t queue_bytes_max = 256 * 1024;  // tail drop when rate-limited
};

struct Packet {
  uint64_t due_ns = 0;
  uint64_t order = 0;
  wire::IpAddress source;
  wire::IpAddress destination;
  std::vector<uint8_t> bytes;
  friend bool operator>(const Packet& a, const Packet& b) {
    return a.due_ns != b.due_ns ? a.due_ns > b.due_ns : a.order > b.order;
  }
};

class Link {
 public:
  Link(const LinkFaults& faults, std::mt19937_64& random) : faults_(faults), random_(random) {}

  void send(const wire::IpAddress& source, const wire::IpAddress& destination,
            std::vector<uint8_t> bytes, base::Instant now) {
    if (chance(faults_.loss)) {
      ++lost;
      return;
    }
    if (chance(faults_.corruption) && !bytes.empty()) {
      bytes[random_() % bytes.size()] ^= static_cast<uint8_t>(1U << (random_() % 8));
      ++corrupted;
    }
    const int copies = chance(faults_.duplication) ? 2 : 1;
    duplicated += static_cast<uint64_t>(copies - 1);
    for (int i = 0; i < copies; ++i) enqueue(source, destination, bytes, now);
  }

  // The next packet that has arrived by `now`.
  bool receive(base::Instant now, Packet& out) {
    if (packets_.empty() || packets_.top().due_ns > now.ns) return false;
    out = packets_.top();
    packets_.pop();
    return true;
  }

  uint64_t next_due_ns() const { return packets_.empty() ? UINT64_MAX : packets_.top().due_ns; }
  LinkFaults& faults() { return faults_; }

  uint64_t lost = 0;
  uint64_t corrupted = 0;
  uint64_t overflowed = 0;
  uint64_t duplicated = 0;
  uint64_t reordered = 0;

 private:
  bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }

  void enqueue(const wire::IpAddress& source, const wire::IpAddress& destination,
               const std::vector<uint8_t>& bytes, base::Instant now) {
    uint64_t leaves_ns = now.ns;
    if (faults_.bytes_per_ms != 0) {
      const uint64_t cost_ns = bytes.size() * base::kNsPerMs / faults_.bytes_per_ms;
      const uint64_t start_ns = std::max(free_at_ns_, now.ns);
      const uint64_t waiting = (start_ns - now.ns) * faults_.bytes_per_ms / base::kNsPerMs;
      if (waiting > faults_.queue_bytes_max) {
        ++overflowed;
        return;
      }
      free_at_ns_ = start_ns + cost_ns;
      leaves_ns = free_at_ns_;
    }
    uint64_t delay_ns = faults_.delay_us * base::kNsPerUs;
    if (chance(faults_.reordering)) {
      delay_ns += random_() % (4 * delay_ns + 1);
      ++reordered;
    }
    packets_.push(Packet{leaves_ns + delay_ns, ++order_, source, destination, bytes});
  }

  LinkFaults faults_;
  std::mt19937_64& random_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> packets_;
  uint64_t free_at_ns_ = 0;
  uint64_t order_ = 0;
};

}  // namespace sallyport::sim
