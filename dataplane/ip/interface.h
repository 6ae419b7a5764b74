// interface.h: IPv4 on one port: input demux, ARP, ICMP echo, next hop, output.
//
// Frames come in as segments and leave through a FrameSink, so this folder knows no NIC. TCP is
// reached through a handler for the same reason: stages do not include each other.
//
// No forwarding: a packet that is not for our address is counted and dropped. TCP fragments are
// refused (overlapping fragments are an evasion channel in an inspection box); everything leaves
// with DF. Limits  limits.h. Owner: one worker; no locks. No clock: `now` is given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/base/time.h"
#include "dataplane/mem/segment.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"

namespace sallyport::wire {
struct ArpView;
}

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

// Where TCP segments go: data() at the TCP header, size() cut to the IP packet. Takes the segment.
class SegmentHandler {
 public:
  virtual void tcp_segment(const wire::Ipv4View& ip, mem::Segment* segment,
                           base::Instant now) noexcept = 0;

 protected:
  ~SegmentHandler() = default;
};

struct InterfaceConfig {
  wire::MacAddress mac{};
  uint32_t address = 0;        // host byte order
  uint8_t prefix_length = 24;  // of the connected network
  uint32_t next_hop = 0;       // router for everything else; 0: none
  uint16_t mtu = 1500;         // IP packet bytes
};

enum class Counter : uint8_t {
  FramesIn,
  FramesOut,
  TruncatedFrame,
  OtherMac,
  OtherEtherType,
  ArpRequestsIn,
  ArpRepliesOut,
  ArpRequestsOut,
  ArpRepliesAccepted,
  ArpRepliesUnsolicited,  // ignored: nobody asked
  ArpMalformed,
  Ipv4Malformed,
  Ipv4BadChecksum,
  Ipv4OtherDestination,
  Ipv4BadSource,
  Ipv4Fragment,
  Ipv4OtherProtocol,
  IcmpMalformed,
  IcmpOther,
  EchoReplies,
  EchoRateLimited,
  TcpSegmentsIn,
  PacketsOut,
  NoFrameBuffer,
  NoRoute,
  TooLarge,
  NeighbourQueued,
  NeighbourQueueFull,
  NeighbourUnreachable,
  NeighbourTableFull,
  kCount,
};
std::string_view counter_name(Counter counter) noexcept;

class Interface {
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
  // One IP packet from our address: `header` (of the protocol above) followed by `payload` pieces.
  Send send(wire::IpProtocol protocol, uint32_t destination, std::span<const uint8_t> header,
            std::span<const std::span<const uint8_t>> payload, base::Instant now) noexcept;
  // ARP retries and expiry.
  void advance(base::Instant now) noexcept;
  // Tells the network who has our address (call once when the port comes up).
  void announce() noexcept;

  const InterfaceConfig& config() const noexcept { return config_; }
  uint64_t counter(Counter counter) const noexcept {
    return counters_[static_cast<size_t>(counter)];
  }
  // Far future when no timer runs.
  base::Instant next_deadline() const noexcept;

 private:
  void input_arp(std::span<const uint8_t> packet, base::Instant now) noexcept;
  void input_ipv4(mem::Segment* packet, base::Instant now) noexcept;
  void input_icmp(const wire::Ipv4View& ip, std::span<const uint8_t> packet,
                  base::Instant now) noexcept;
  void send_arp(const wire::ArpView& arp, const wire::MacAddress& destination) noexcept;
  void send_pending(Neighbour& neighbour) noexcept;
  bool send_frame(const wire::MacAddress& destination,
                  std::span<const std::span<const uint8_t>> packet) noexcept;
  void ask(Neighbour& neighbour, base::Instant now) noexcept;
  bool is_connected(uint32_t address) const noexcept;
  void count(Counter counter, uint64_t by = 1) noexcept {
    counters_[static_cast<size_t>(counter)] += by;
  }

  const InterfaceConfig config_;
  FrameSink& sink_;
  SegmentHandler& handler_;
  std::unique_ptr<NeighbourTable> neighbours_;
  std::array<uint64_t, static_cast<size_t>(Counter::kCount)> counters_{};
  uint16_t identification_ = 1;
  uint64_t echo_credit_ = 0;
  base::Instant echo_refilled_{};
};

}  // namespace sallyport::ip
