// neighbours.h: from an address on our network (IPv4 or IPv6) to a MAC, and the packets that wait
// for the answer.
//
// No poisoning: only an answer to a question that is open now changes an entry. A gratuitous or
// unsolicited ARP with another MAC makes us ask; who then answers is believed.
// Limits   kNeighboursMax entries; the longest unused one goes. kPendingPerNeighbourMax packets
// wait. Owner    one interface. Not here sending; interface.cc asks what() is due and sends.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/base/time.h"
#include "dataplane/ip/limits.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ip_address.h"

namespace sallyport::ip {

enum class NeighbourState : uint8_t {
  Free,
  Asking,     // no MAC yet; packets wait
  Reachable,  // MAC known
  Probing,    // MAC known, checked by unicast requests
  Failed,     // nobody answered; until kArpNegativeMs
};

struct Neighbour {
  NeighbourState state = NeighbourState::Free;
  wire::IpAddress address;
  wire::MacAddress mac{};
  uint32_t tries = 0;
  base::Instant due{};        // next request, or end of Failed
  base::Instant confirmed{};  // last answer
  base::Instant used{};
  std::array<uint16_t, kPendingPerNeighbourMax> pending{};
  size_t pending_count = 0;
};

class NeighbourTable {
 public:
  explicit NeighbourTable(uint16_t mtu);

  Neighbour* find(const wire::IpAddress& address) noexcept;
  // An entry in state Asking, taken from a free place or the longest unused entry that nothing
  // waits for. Null: every entry is waiting for an answer.
  Neighbour* add(const wire::IpAddress& address, base::Instant now) noexcept;
  // Copies an IP packet (pieces in order) to wait. False: no place.
  bool hold(Neighbour& neighbour, std::span<const std::span<const uint8_t>> pieces) noexcept;
  // The next packet that waits, oldest first; empty when none. Valid until the next hold().
  std::span<const uint8_t> take_pending(Neighbour& neighbour) noexcept;
  void drop_pending(Neighbour& neighbour) noexcept;

  std::span<Neighbour> all() noexcept { return {entries_.data(), highest_}; }
  std::span<const Neighbour> all() const noexcept { return {entries_.data(), highest_}; }

 private:
  struct Frame {
    std::unique_ptr<uint8_t[]> bytes;
    size_t size = 0;
    bool used = false;
  };

  const size_t frame_bytes_;
  std::array<Neighbour, kNeighboursMax> entries_{};
  size_t highest_ = 0;  // entries beyond were never used
  size_t last_ = 0;     // found last: nearly always the router
  std::array<Frame, kPendingFramesMax> frames_{};
};

}  // namespace sallyport::ip
