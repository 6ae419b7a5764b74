// Three ways to one checksum: the stack's own, the twin on the finished frame, and what a device
// does with the sum of the pseudo header that it finds in the field.
#include "dataplane/worker/frame_checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::worker {
namespace {

using Bytes = std::vector<uint8_t>;
using wire::IpAddress;

struct Segment {
  IpAddress source, destination;
  Bytes header, payload;
};

Segment random_segment(std::mt19937_64& random, bool v6) {
  const auto address = [&] {
    std::array<uint8_t, 16> bytes;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    bytes[0] = 0x20;
    return v6 ? IpAddress::from_v6(bytes.data()) : IpAddress(static_cast<uint32_t>(random()) | 1);
  };
  Segment out{address(), address(), Bytes(60), Bytes(random() % 1'400)};
  wire::TcpView tcp;
  tcp.source_port = static_cast<uint16_t>(random());
  tcp.destination_port = static_cast<uint16_t>(random());
  tcp.sequence = static_cast<uint32_t>(random());
  tcp.flags = wire::TcpView::Ack;
  tcp.options.has_timestamps = random() % 2 == 0;
  out.header.resize(tcp.write(out.header));
  for (uint8_t& byte : out.payload) byte = static_cast<uint8_t>(random());
  return out;
}

Bytes frame_of(const Segment& segment, uint16_t vlan) {
  const bool v6 = segment.source.is_v6();
  Bytes frame(18);
  wire::EthernetView ethernet{
      {2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}, v6 ? wire::EtherType::Ipv6 : wire::EtherType::Ipv4};
  ethernet.vlan = vlan;
  frame.resize(ethernet.write(frame));
  const size_t above = segment.header.size() + segment.payload.size();
  Bytes ip(v6 ? 40 : 20);
  if (v6) {
    wire::Ipv6View view;
    view.source = segment.source;
    view.destination = segment.destination;
    view.protocol = 6;
    view.total_bytes = static_cast<uint32_t>(40 + above);
    view.write(ip);
  } else {
    wire::Ipv4View view;
    view.source = segment.source.v4();
    view.destination = segment.destination.v4();
    view.protocol = 6;
    view.total_bytes = static_cast<uint16_t>(20 + above);
    view.write(ip);
  }
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), segment.header.begin(), segment.header.end());
  frame.insert(frame.end(), segment.payload.begin(), segment.payload.end());
  return frame;
}

TEST(FrameChecksum, TheTwinWritesWhatTheStackWrites) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 400; ++round) {
    Segment segment = random_segment(random, round % 2 == 1);
    const uint16_t vlan = round % 3 == 0 ? 7 : 0;
    Bytes finished = frame_of(segment, vlan);
    const auto place = tcp_place(finished);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->is_v6, round % 2 == 1);
    complete_checksum(finished, *place);
    const std::array<std::span<const uint8_t>, 1> payload{segment.payload};
    wire::write_tcp_checksum(segment.source, segment.destination, segment.header, payload);
    ASSERT_EQ(finished, frame_of(segment, vlan)) << round;
  }
}

TEST(FrameChecksum, WhatHoldsNoTcpSegmentHasNoPlace) {
  EXPECT_FALSE(tcp_place(Bytes(10)));
  std::mt19937_64 random(6);
  Bytes frame = frame_of(random_segment(random, false), 0);
  EXPECT_FALSE(tcp_place(std::span(frame).first(40)));
  frame[23] = 1;  // ICMP
  EXPECT_FALSE(tcp_place(frame));
  frame[12] = 8, frame[13] = 6;  // ARP
  EXPECT_FALSE(tcp_place(frame));
}

}  // namespace
}  // namespace sallyport::worker
