// interface.h: IPv4 and IPv6 on one port: Ethernet, ARP, neighbour discovery, next hop, output.
//
// Frames come in as segments and leave through a FrameSink, so this folder knows no NIC. TCP is
// reached through a handler for the same reason: stages do not include each other. What an IP
// packet is, packet_input.h decides. No forwarding, no router advertisements: routers are
// configured. Everything leaves with DF. Limits  limits.h. Owner: one worker; no locks. No clock:
// `now` is given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/ip/counters.h"
#include "dataplane/ip/packet_input.h"
#include "dataplane/ip/route.h"
#include "dataplane/mem/segment.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"

namespace sallyport::wire {
struct ArpView;
struct NeighbourView;
}  // namespace sallyport::wire

namespace sallyport::ip {

class NeighbourTable;
struct Neighbour;

// Where frames leave. Implemented by nic/ (and by tests).
class FrameSink {
 public:
  // A writable buffer for one frame of at least MTU + 14 bytes; empty when there is none now.
  // Asking again without commit() may give the same buffer.
  virtual std::span<uint8_t> frame() noexcept = 0;
  // Sends the first `bytes` of the buffer given last.
  virtual void commit(size_t bytes) noexcept = 0;

 protected:
  ~FrameSink() = default;
};

struct InterfaceConfig {
  wire::MacAddress mac{};
  uint32_t address = 0;        // host byte order
  uint8_t prefix_length = 24;  // of the connected network
  uint32_t next_hop = 0;       // router for everything else; 0: none
  uint16_t mtu = 1500;         // IP packet bytes
  wire::IpAddress address6;    // none: no IPv6 but the link-local address
  uint8_t prefix_length6 = 64;
  wire::IpAddress next_hop6;
  // More local addresses of either family, inside the connected networks: each gives another range
  // of source ports.
  std::vector<wire::IpAddress> more_addresses;
  // Networks behind other routers than next_hop; the most specific one wins.
  std::vector<Route> routes;
  uint16_t vlan = 0;  // 0: untagged
};

class Interface final : PacketInput::Link {
 public:
  enum class Send : uint8_t {
    Sent,      // handed to the sink, or kept until the neighbour answers
    NoBuffer,  // no frame buffer or neighbour queue slot now: try again
    NoRoute,   // neither connected nor a next hop, or larger than the MTU
  };

  Interface(const InterfaceConfig& config, FrameSink& sink, SegmentHandler& handler);
  ~Interface();
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;

  // Takes the frame: data() at the Ethernet header.
  void input(mem::Segment* frame, base::Instant now) noexcept;
  // A copy of what another worker of this port received (ARP, neighbour discovery): learned from,
  // never answered, because the other one answers.
  void hear(mem::Segment* frame, base::Instant now) noexcept;
  // One IP packet from our address: `header` (of the protocol above) followed by `payload` pieces.
  Send send(wire::IpProtocol protocol, const wire::IpAddress& destination,
            std::span<const uint8_t> header, std::span<const std::span<const uint8_t>> payload,
            base::Instant now) noexcept {
    return send_from(protocol, destination.is_v6() ? config_.address6 : config_.address,
                     destination, header, payload, now);
  }
  // `is_reachable`: the peer behind the next hop answered just now (RFC 4861 7.3.1).
  Send send_from(wire::IpProtocol protocol, const wire::IpAddress& source,
                 const wire::IpAddress& destination, std::span<const uint8_t> header,
                 std::span<const std::span<const uint8_t>> payload, base::Instant now,
                 bool is_reachable = false) noexcept;
  // Retries and expiry of neighbours; the end of duplicate address detection.
  void advance(base::Instant now) noexcept;
  // Tells the network who has our IPv4 address, and asks whether anybody has our IPv6 addresses
  // (call once when the port comes up). Until kDuplicateWaitMs later IPv6 is silent (RFC 4862 5.4).
  // Silently: another worker of this port asks, this one only waits for objections.
  enum class Announce : uint8_t { Aloud, Silently };
  void announce(base::Instant now, Announce how = Announce::Aloud) noexcept;
  bool owns(const wire::IpAddress& address) const noexcept { return packets_.owns(address); }
  // fe80::/64 with the interface identifier of the MAC (RFC 4291 app. A).
  static wire::IpAddress link_local(const wire::MacAddress& mac) noexcept;

  // How specifically this port leads to `destination`: bits of the connected network or route, 0 by
  // the default router, -1 not at all.
  int reach(const wire::IpAddress& destination) const noexcept;
  // Every local address but the link-local one, of one family.
  std::vector<wire::IpAddress> local_addresses(bool v6) const;

  const InterfaceConfig& config() const noexcept { return config_; }
  uint64_t counter(Counter counter) const noexcept {
    return counters_[static_cast<size_t>(counter)];
  }
  // Far future when no timer runs.
  base::Instant next_deadline() const noexcept;

 private:
  void input_arp(std::span<const uint8_t> packet, base::Instant now) noexcept;
  bool answer(wire::IpProtocol protocol, const wire::IpAddress& source,
              const wire::IpAddress& destination, std::span<const uint8_t> header,
              std::span<const uint8_t> payload, base::Instant now) noexcept override;
  void neighbour_message(const wire::Ipv6View& ip, std::span<const uint8_t> packet,
                         base::Instant now) noexcept override;
  void solicited(const wire::Ipv6View& ip, const wire::NeighbourView& message,
                 base::Instant now) noexcept;
  void advertised(const wire::NeighbourView& message, base::Instant now) noexcept;
  void answered(Neighbour& neighbour, const wire::MacAddress& mac, base::Instant now) noexcept;
  void doubted(Neighbour& neighbour, base::Instant now) noexcept;
  void detect_duplicate(std::span<const uint8_t> packet) noexcept;
  void solicit(const Neighbour& neighbour, bool unicast) noexcept;
  void advertise(const wire::IpAddress& target, const wire::IpAddress& to,
                 const wire::MacAddress& mac, bool solicited) noexcept;
  void send_neighbour_message(const wire::NeighbourView& message, const wire::IpAddress& source,
                              const wire::IpAddress& destination,
                              const wire::MacAddress& mac) noexcept;
  void send_arp(const wire::ArpView& arp, const wire::MacAddress& destination) noexcept;
  void send_pending(Neighbour& neighbour) noexcept;
  bool send_frame(const wire::MacAddress& destination, wire::EtherType type,
                  std::span<const std::span<const uint8_t>> packet) noexcept;
  void ask(Neighbour& neighbour, base::Instant now) noexcept;
  bool is_connected(const wire::IpAddress& address) const noexcept;
  wire::IpAddress next_hop(const wire::IpAddress& destination) const noexcept;
  Send send_to(Neighbour& neighbour, wire::EtherType type,
               std::span<const std::span<const uint8_t>> packet, base::Instant now,
               bool is_reachable) noexcept;
  void count(Counter counter, uint64_t by = 1) noexcept {
    counters_[static_cast<size_t>(counter)] += by;
  }

  const InterfaceConfig config_;
  FrameSink& sink_;
  CounterArray counters_{};
  const wire::IpAddress link_local_;
  PacketInput packets_;
  std::unique_ptr<NeighbourTable> neighbours_;
  uint16_t identification_ = 1;
  base::Instant detecting_until_{};  // duplicate address detection
  bool is_detecting_ = false;
  bool is_hearing_ = false;  // the frame at hand is a copy
};

}  // namespace sallyport::ip
