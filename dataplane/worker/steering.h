// steering.h: which worker of a port a frame belongs to. One function for the device, for the
// software distribution and for the choice of source ports, so that the three cannot disagree.
//
//   a TCP segment to an endpoint we listen on   by the RSS hash of its four-tuple
//   any other TCP segment                       by our port: port mod workers
//   an ICMP error that quotes a TCP segment     as the segment it quotes
//   ARP, neighbour discovery                    everybody: each worker has a table of its own
//   everything else                             whoever received it answers or drops it
//
// So both legs of a proxied pair are on one worker: the client's hash chooses it, and it opens the
// vendor's leg from a port that leads back to it, by the rule above and, where the device has RSS,
// by the device's own table too. A device without RSS, or one that hashes otherwise than we think,
// costs hand-overs, never correctness.
//
// Owner   one per port, shared by its workers; immutable but for what the comparison found.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/nic/toeplitz.h"
#include "dataplane/tcp/events.h"
#include "dataplane/tcp/flow_key.h"
#include "dataplane/tcp/port_choice.h"

namespace sallyport::worker {

// The device's hash of so many first segments of each family and worker is compared with ours. The
// first segment of a connection is among the first ones, so a device that hashes otherwise is
// found before anything was decided by its hash.
inline constexpr uint32_t kHashesCompared = 64;

struct SteeringConfig {
  uint16_t seats = 1;  // workers of the port; seat i polls queue i
  std::vector<tcp::Endpoint> listening;
  std::vector<uint8_t> key;     // of RSS, at least nic::kRssKeyBytesMin
  std::vector<uint16_t> table;  // hash to seat; its size is a power of two
  bool device = false;          // the device has this key and this table
};

class Steering {
 public:
  enum class Kind : uint8_t { Here, Seat, Everybody };
  struct Verdict {
    Kind kind = Kind::Here;
    uint16_t seat = 0;
    bool hash_differs = false;  // the device hashed otherwise: from now on it is not believed
  };

  explicit Steering(SteeringConfig config);

  // `frame` begins at the Ethernet header. `device_hash`: what the device wrote down for it.
  Verdict judge(std::span<const uint8_t> frame, std::optional<uint32_t> device_hash) noexcept;
  // Of a segment that arrives from `remote` at `local`.
  uint16_t seat_of(const tcp::FlowKey& key) const noexcept;
  // A source port of `range` that leads back to `seat`; 0: none in this draw.
  uint16_t draw(uint16_t seat, const wire::IpAddress& local, const wire::IpAddress& remote,
                uint16_t remote_port, tcp::PortRange range, uint64_t random) const noexcept;

  uint16_t seats() const noexcept { return config_.seats; }
  // The device spreads flows, and its hash was never found wrong for this family.
  bool believes_device(bool v6) const noexcept {
    return config_.device && !distrusted_[v6 ? 1 : 0].load(std::memory_order_relaxed);
  }

 private:
  uint32_t hash(const tcp::FlowKey& key) const noexcept;
  uint16_t seat_of_hash(uint32_t hash) const noexcept {
    return config_.table[hash & (config_.table.size() - 1)];
  }
  bool is_listening(const tcp::FlowKey& key) const noexcept;
  Verdict judge_tcp(const tcp::FlowKey& key, std::optional<uint32_t> device_hash) noexcept;
  Verdict judge_v4(std::span<const uint8_t> packet, std::optional<uint32_t> device_hash) noexcept;
  Verdict judge_v6(std::span<const uint8_t> packet, std::optional<uint32_t> device_hash) noexcept;
  Verdict judge_quoted(std::span<const uint8_t> quoted) const noexcept;

  const SteeringConfig config_;
  const nic::Toeplitz toeplitz_;
  std::array<std::atomic<uint32_t>, 2> compared_{};  // by family
  std::array<std::atomic<bool>, 2> distrusted_{};
};

}  // namespace sallyport::worker
