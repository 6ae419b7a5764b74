// counters.h: what the IP layer saw, one number per reason. Names are stable: `sallyctl status`
// shows them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::ip {

// One row per counter: enumerator, name.
#define SP_IP_COUNTERS(X)                                       \
  X(FramesIn, "ip_frames_in")                                   \
  X(FramesOut, "ip_frames_out")                                 \
  X(TruncatedFrame, "ip_truncated_frame")                       \
  X(OtherMac, "ip_other_mac")                                   \
  X(OtherEtherType, "ip_other_ether_type")                      \
  X(ArpRequestsIn, "arp_requests_in")                           \
  X(ArpRepliesOut, "arp_replies_out")                           \
  X(ArpRequestsOut, "arp_requests_out")                         \
  X(ArpRepliesAccepted, "arp_replies_accepted")                 \
  X(ArpRepliesUnsolicited, "arp_replies_unsolicited")           \
  X(ArpMalformed, "arp_malformed")                              \
  X(Ipv4Malformed, "ip_malformed")                              \
  X(Ipv4BadChecksum, "ip_bad_checksum")                         \
  X(Ipv4OtherDestination, "ip_other_destination")               \
  X(Ipv4BadSource, "ip_bad_source")                             \
  X(Ipv4Fragment, "ip_fragment")                                \
  X(Ipv4OtherProtocol, "ip_other_protocol")                     \
  X(IcmpMalformed, "icmp_malformed")                            \
  X(IcmpOther, "icmp_other")                                    \
  X(EchoReplies, "icmp_echo_replies")                           \
  X(EchoRateLimited, "icmp_echo_rate_limited")                  \
  X(TcpSegmentsIn, "ip_tcp_segments_in")                        \
  X(PacketsOut, "ip_packets_out")                               \
  X(NoFrameBuffer, "ip_no_frame_buffer")                        \
  X(NoRoute, "ip_no_route")                                     \
  X(TooLarge, "ip_too_large")                                   \
  X(NeighbourQueued, "ip_neighbour_queued")                     \
  X(NeighbourQueueFull, "ip_neighbour_queue_full")              \
  X(NeighbourUnreachable, "ip_neighbour_unreachable")           \
  X(NeighbourTableFull, "ip_neighbour_table_full")              \
  X(OtherVlan, "ip_other_vlan")                                 \
  X(Ipv6Malformed, "ip6_malformed")                             \
  X(Ipv6OtherDestination, "ip6_other_destination")              \
  X(Ipv6BadSource, "ip6_bad_source")                            \
  X(Ipv6Fragment, "ip6_fragment")                               \
  X(Ipv6ExtensionRefused, "ip6_extension_refused")              \
  X(Ipv6OtherProtocol, "ip6_other_protocol")                    \
  X(IcmpErrorsIn, "icmp_errors_in")                             \
  X(IcmpErrorsUnreadable, "icmp_errors_unreadable")             \
  X(SolicitationsIn, "nd_solicitations_in")                     \
  X(SolicitationsOut, "nd_solicitations_out")                   \
  X(AdvertisementsOut, "nd_advertisements_out")                 \
  X(AdvertisementsAccepted, "nd_advertisements_accepted")       \
  X(AdvertisementsUnsolicited, "nd_advertisements_unsolicited") \
  X(NeighbourMessageMalformed, "nd_malformed")                  \
  X(NeighbourMessageFromAfar, "nd_hop_limit_not_255")           \
  X(DuplicateAddress, "nd_duplicate_address")                   \
  X(ConfirmedByProgress, "ip_neighbour_confirmed_by_progress")

enum class Counter : uint8_t {
#define SP_IP_ENUMERATOR(id, name) id,
  SP_IP_COUNTERS(SP_IP_ENUMERATOR)
#undef SP_IP_ENUMERATOR
      kCount
};

using CounterArray = std::array<uint64_t, static_cast<size_t>(Counter::kCount)>;

std::string_view counter_name(Counter counter) noexcept;

}  // namespace sallyport::ip
