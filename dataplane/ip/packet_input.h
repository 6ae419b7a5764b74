// packet_input.h: what an IP packet is and where it goes: TCP, ICMP errors about TCP, echo,
// neighbour discovery; everything else is counted and dropped. IPv4 and IPv6, without a link:
// Interface puts Ethernet around it, the conformance harness (tests/conformance) nothing.
//
// A packet that is not for one of our addresses is never looked at further. TCP fragments are
// refused, atomic ones too (overlapping fragments are an evasion channel in an inspection box; RFC
// 8021). Owner: one worker; no locks. No clock: `now` is given.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/time.h"
#include "dataplane/ip/counters.h"
#include "dataplane/mem/segment.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"

namespace sallyport::ip {

// Where TCP goes. The segment: data() at the TCP header, size() cut to the IP packet; the handler
// takes it.
class SegmentHandler {
 public:
  virtual void tcp_segment(const wire::IpAddress& source, const wire::IpAddress& destination,
                           mem::Segment* segment, base::Instant now) noexcept = 0;
  // An ICMP error that quotes a TCP segment. Whether it is believed is not IP's business.
  enum class Error : uint8_t { TooBig, Unreachable, Other };
  virtual void path_error(const wire::QuotedTcp&, Error, uint16_t /*mtu*/, base::Instant) noexcept {
  }

 protected:
  ~SegmentHandler() = default;
};

class PacketInput {
 public:
  // What the link below does for us.
  class Link {
   public:
    // One packet from `source`, which is ours.
    virtual bool answer(wire::IpProtocol protocol, const wire::IpAddress& source,
                        const wire::IpAddress& destination, std::span<const uint8_t> header,
                        std::span<const uint8_t> payload, base::Instant now) noexcept = 0;
    // ICMPv6 types 133 to 137 with a good checksum and a hop limit of 255.
    virtual void neighbour_message(const wire::Ipv6View&, std::span<const uint8_t>,
                                   base::Instant) noexcept {}

   protected:
    ~Link() = default;
  };

  PacketInput(std::vector<wire::IpAddress> addresses, SegmentHandler& handler, Link& link,
              CounterArray& counters);

  // Takes the packet: data() at the IP header.
  void input(mem::Segment* packet, base::Instant now) noexcept;

  bool owns(const wire::IpAddress& address) const noexcept;
  // A duplicate was found (RFC 4862 5.4.5): the address is used no more.
  void give_up(const wire::IpAddress& address) noexcept;
  std::span<const wire::IpAddress> addresses() const noexcept { return addresses_; }

 private:
  void input_v4(mem::Segment* packet, base::Instant now) noexcept;
  void input_v6(mem::Segment* packet, base::Instant now) noexcept;
  void input_icmp(const wire::Ipv4View& ip, std::span<const uint8_t> packet,
                  base::Instant now) noexcept;
  void input_icmp6(const wire::Ipv6View& ip, std::span<const uint8_t> packet,
                   base::Instant now) noexcept;
  void error(std::span<const uint8_t> quoted, SegmentHandler::Error kind, uint32_t mtu,
             base::Instant now) noexcept;
  bool may_echo(base::Instant now) noexcept;
  bool is_group_of_ours(const wire::IpAddress& group) const noexcept;
  void count(Counter counter) noexcept { ++counters_[static_cast<size_t>(counter)]; }

  std::vector<wire::IpAddress> addresses_;
  SegmentHandler& handler_;
  Link& link_;
  CounterArray& counters_;
  uint64_t echo_credit_;
  base::Instant echo_refilled_{};
};

}  // namespace sallyport::ip
