// IPv4 on a port: ARP (RFC 826, 5227), routes, echo (792), fragments (791).
#include "dataplane/ip/interface.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "dataplane/ip/limits.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/wire/arp.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/icmp.h"

namespace sallyport::ip {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr wire::MacAddress kOurMac{2, 0, 0, 0, 0, 1};
constexpr wire::MacAddress kRouterMac{2, 0, 0, 0, 0, 9};
constexpr wire::MacAddress kEvilMac{2, 0, 0, 0, 0, 66};
constexpr uint32_t kOurAddress = 0x0a000001;
constexpr uint32_t kRouter = 0x0a000009;
constexpr uint32_t kNeighbour = 0x0a000005;
constexpr uint32_t kSecond = 0x0a000002;
constexpr uint32_t kFar = 0xc0a80101;

class Ip : public testing::Test, public FrameSink, public SegmentHandler {
 protected:
  Ip() : pool_(16, 2048, mem::SegmentPool::Wipe::No) {
    InterfaceConfig config;
    config.mac = kOurMac;
    config.address = kOurAddress;
    config.prefix_length = 24;
    config.next_hop = kRouter;
    interface_ = std::make_unique<Interface>(config, *this, *this);
  }

  std::span<uint8_t> frame() noexcept override {
    if (!buffers_) return {};
    buffer_.assign(1514, 0xee);
    return buffer_;
  }
  void commit(size_t bytes) noexcept override {
    frames_.emplace_back(buffer_.begin(), buffer_.begin() + static_cast<long>(bytes));
  }
  void tcp_segment(const wire::IpAddress& source, const wire::IpAddress& destination,
                   mem::Segment* segment, base::Instant) noexcept override {
    last_source_ = source;
    last_destination_ = destination;
    segments_.emplace_back(segment->data(), segment->data() + segment->size);
    mem::release(segment);
  }

  void arrives(const Bytes& bytes) {
    mem::Segment* segment = pool_.allocate();
    std::memcpy(segment->storage, bytes.data(), bytes.size());
    segment->size = static_cast<uint32_t>(bytes.size());
    if (is_copy_)
      interface_->hear(segment, now_);
    else
      interface_->input(segment, now_);
    EXPECT_EQ(pool_.available(), pool_.segment_count());
  }

  static Bytes ethernet(wire::EtherType type, const wire::MacAddress& to,
                        const wire::MacAddress& from, const Bytes& rest) {
    Bytes bytes(14);
    wire::EthernetView{to, from, type}.write(bytes);
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
  }
  static Bytes arp(wire::ArpView::Operation op, const wire::MacAddress& mac, uint32_t sender,
                   uint32_t target) {
    wire::ArpView view;
    view.operation = op;
    view.sender_mac = mac;
    view.sender_address = sender;
    view.target_mac = kOurMac;
    view.target_address = target;
    Bytes bytes(wire::ArpView::kBytes);
    view.write(bytes);
    return ethernet(wire::EtherType::Arp, kOurMac, mac, bytes);
  }
  static Bytes ipv4(uint8_t protocol, uint32_t source, const Bytes& payload,
                    uint32_t destination = kOurAddress) {
    wire::Ipv4View view;
    view.source = source;
    view.destination = destination;
    view.protocol = protocol;
    view.ttl = 64;
    view.total_bytes = static_cast<uint16_t>(20 + payload.size());
    Bytes bytes(20);
    view.write(bytes);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return ethernet(wire::EtherType::Ipv4, kOurMac, kRouterMac, bytes);
  }
  Interface::Send send(uint32_t destination, const Bytes& header = {1, 2, 3, 4}) {
    return interface_->send(wire::IpProtocol::Tcp, destination, header, {}, now_);
  }
  uint64_t counted(Counter c) const { return interface_->counter(c); }
  bool is_arp_request(const Bytes& frame, uint32_t target) {
    wire::ArpView view;
    return frame.size() == 60 && wire::load_be16(frame.data() + 12) == 0x0806 &&
           wire::ArpView::parse(std::span(frame).subspan(14), view) &&
           view.operation == wire::ArpView::Operation::Request && view.target_address == target;
  }

  mem::SegmentPool pool_;
  std::unique_ptr<Interface> interface_;
  base::Instant now_{1'000'000'000};
  bool buffers_ = true;
  bool is_copy_ = false;
  Bytes buffer_;
  std::vector<Bytes> frames_;
  std::vector<Bytes> segments_;
  wire::IpAddress last_source_;
  wire::IpAddress last_destination_;
};

TEST_F(Ip, PacketsWaitForTheNeighbourAndLeaveInOrder) {
  EXPECT_EQ(send(kNeighbour, {1}), Interface::Send::Sent);
  EXPECT_EQ(send(kNeighbour, {2}), Interface::Send::Sent);
  ASSERT_EQ(frames_.size(), 1U);
  EXPECT_TRUE(is_arp_request(frames_[0], kNeighbour));
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kNeighbour, kOurAddress));
  ASSERT_EQ(frames_.size(), 3U);
  EXPECT_EQ(frames_[1].back(), 1);
  EXPECT_EQ(frames_[2].back(), 2);
  EXPECT_EQ(send(kNeighbour, {3}), Interface::Send::Sent);
  EXPECT_EQ(frames_.back().back(), 3);
}

TEST_F(Ip, EachOfOurAddressesIsAnsweredForAndAnnounced) {
  InterfaceConfig config = interface_->config();
  config.more_addresses = {kSecond};
  interface_ = std::make_unique<Interface>(config, *this, *this);
  interface_->announce(now_);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_TRUE(is_arp_request(frames_[0], kOurAddress));
  EXPECT_TRUE(is_arp_request(frames_[1], kSecond));
  arrives(arp(wire::ArpView::Operation::Request, kRouterMac, kRouter, kSecond));
  ASSERT_EQ(frames_.size(), 3U);
  wire::ArpView view;
  ASSERT_TRUE(wire::ArpView::parse(std::span(frames_[2]).subspan(14), view));
  EXPECT_EQ(view.operation, wire::ArpView::Operation::Reply);
  EXPECT_EQ(view.sender_address, kSecond);
  arrives(arp(wire::ArpView::Operation::Request, kRouterMac, kRouter, kSecond + 1));
  EXPECT_EQ(frames_.size(), 3U) << "not ours";
  EXPECT_EQ(interface_->local_addresses(false),
            (std::vector<wire::IpAddress>{kOurAddress, kSecond}));
  EXPECT_TRUE(interface_->local_addresses(true).empty());
}

// Another worker of the port answered; this one only learns.
TEST_F(Ip, ACopyIsLearnedFromAndNotAnswered) {
  interface_->announce(now_, Interface::Announce::Silently);
  EXPECT_TRUE(frames_.empty());
  is_copy_ = true;
  arrives(arp(wire::ArpView::Operation::Request, kRouterMac, kRouter, kOurAddress));
  EXPECT_TRUE(frames_.empty());
  send(kNeighbour, {1});
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kNeighbour, kOurAddress));
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_EQ(frames_[1].back(), 1);
}

TEST_F(Ip, TheMostSpecificRouteWins) {
  InterfaceConfig config = interface_->config();
  config.routes = {{wire::IpAddress(0xc0a80000U), 16, wire::IpAddress(kNeighbour)},
                   {wire::IpAddress(kFar), 32, wire::IpAddress(kNeighbour + 1)}};
  interface_ = std::make_unique<Interface>(config, *this, *this);
  const auto asked_for = [&](uint32_t destination) {
    frames_.clear();
    send(destination);
    wire::ArpView view;
    EXPECT_TRUE(frames_.size() == 1 &&
                wire::ArpView::parse(std::span(frames_[0]).subspan(14), view));
    return view.target_address;
  };
  EXPECT_EQ(asked_for(kFar), kNeighbour + 1);
  EXPECT_EQ(asked_for(kFar + 1), kNeighbour);
  EXPECT_EQ(asked_for(0x08080808), kRouter);
  EXPECT_EQ(interface_->reach(wire::IpAddress(kFar)), 32);
  EXPECT_EQ(interface_->reach(wire::IpAddress(kFar + 1)), 16);
  EXPECT_EQ(interface_->reach(wire::IpAddress(kNeighbour)), 24);
  EXPECT_EQ(interface_->reach(wire::IpAddress(0x08080808U)), 0);
  config.next_hop = 0;
  interface_ = std::make_unique<Interface>(config, *this, *this);
  EXPECT_EQ(interface_->reach(wire::IpAddress(0x08080808U)), -1);
}

TEST_F(Ip, TheQueueOfANeighbourIsBounded) {
  for (int i = 0; i < 10; ++i) send(kNeighbour);
  EXPECT_EQ(counted(Counter::NeighbourQueued), kPendingPerNeighbourMax);
  EXPECT_EQ(counted(Counter::NeighbourQueueFull), 10 - kPendingPerNeighbourMax);
}

TEST_F(Ip, RequestsAreRepeatedThenGivenUp) {
  send(kNeighbour);
  for (uint32_t i = 0; i < 20; ++i) {
    now_ = base::after_ms(now_, kArpRetryMs);
    interface_->advance(now_);
    if (i == kArpTriesMax - 1) {
      EXPECT_EQ(send(kNeighbour), Interface::Send::NoRoute);
    }
  }
  EXPECT_EQ(counted(Counter::ArpRequestsOut), kArpTriesMax);
  EXPECT_EQ(send(kNeighbour), Interface::Send::Sent);  // asked again after a while
}

TEST_F(Ip, FarAddressesUseTheNextHop) {
  send(kFar);
  ASSERT_EQ(frames_.size(), 1U);
  EXPECT_TRUE(is_arp_request(frames_[0], kRouter));
}

TEST_F(Ip, UnsolicitedRepliesDoNotPoison) {
  arrives(arp(wire::ArpView::Operation::Reply, kEvilMac, kRouter, kOurAddress));
  EXPECT_EQ(counted(Counter::ArpRepliesUnsolicited), 1U);
  send(kFar);
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kRouter, kOurAddress));
  frames_.clear();
  arrives(arp(wire::ArpView::Operation::Reply, kEvilMac, kRouter, kOurAddress));
  send(kFar);
  ASSERT_FALSE(frames_.empty());
  EXPECT_EQ(0, std::memcmp(frames_.back().data(), kRouterMac.data(), 6));
  // It made us ask, though; the true owner answers.
  now_ = base::after_ms(now_, 1);
  interface_->advance(now_);
  EXPECT_TRUE(is_arp_request(frames_.back(), kRouter));
}

TEST_F(Ip, AnOldEntryIsCheckedByUnicastWhileTrafficGoesOn) {
  send(kNeighbour);
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kNeighbour, kOurAddress));
  now_ = base::after_ms(now_, kArpFreshMs);
  frames_.clear();
  EXPECT_EQ(send(kNeighbour), Interface::Send::Sent);
  ASSERT_EQ(frames_.size(), 2U);
  EXPECT_TRUE(is_arp_request(frames_[0], kNeighbour));
  EXPECT_EQ(0, std::memcmp(frames_[0].data(), kRouterMac.data(), 6));
}

TEST_F(Ip, AnswersArpForItsAddressOnly) {
  arrives(arp(wire::ArpView::Operation::Request, kRouterMac, kRouter, kOurAddress));
  ASSERT_EQ(frames_.size(), 1U);
  wire::ArpView view;
  ASSERT_TRUE(wire::ArpView::parse(std::span(frames_[0]).subspan(14), view));
  EXPECT_EQ(view.operation, wire::ArpView::Operation::Reply);
  EXPECT_EQ(view.sender_mac, kOurMac);
  arrives(arp(wire::ArpView::Operation::Request, kRouterMac, kRouter, kOurAddress + 7));
  EXPECT_EQ(frames_.size(), 1U);
}

TEST_F(Ip, EchoIsAnsweredAndLimited) {
  send(kFar);
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kRouter, kOurAddress));
  frames_.clear();
  Bytes echo(8 + 4, 0x61);
  wire::IcmpView icmp;
  icmp.type = wire::IcmpView::kEchoRequest;
  icmp.rest = 77;
  icmp.write(echo, std::span<const uint8_t>(echo).subspan(8));
  for (uint64_t i = 0; i < kEchoBurst + 10; ++i) arrives(ipv4(1, kFar, echo));
  EXPECT_EQ(counted(Counter::EchoReplies), kEchoBurst);
  EXPECT_EQ(counted(Counter::EchoRateLimited), 10U);
  wire::IcmpView reply;
  ASSERT_EQ(wire::IcmpView::parse(std::span(frames_[0]).subspan(34), reply),
            wire::IcmpView::Parse::Good);
  EXPECT_EQ(reply.type, wire::IcmpView::kEchoReply);
  EXPECT_EQ(reply.rest, 77U);
  now_ = base::after_ms(now_, 1'000);
  arrives(ipv4(1, kFar, echo));
  EXPECT_EQ(counted(Counter::EchoReplies), kEchoBurst + 1);
}

TEST_F(Ip, TcpIsHandedOnCutToThePacket) {
  Bytes frame = ipv4(6, kFar, {9, 8, 7});
  frame.resize(60);  // Ethernet padding
  arrives(frame);
  ASSERT_EQ(segments_.size(), 1U);
  EXPECT_EQ(segments_[0], (Bytes{9, 8, 7}));
  EXPECT_EQ(last_source_, wire::IpAddress(kFar));
}

TEST_F(Ip, WhatIsNotForUsIsCountedAndDropped) {
  arrives(ipv4(6, kFar, {1}, kOurAddress + 1));
  EXPECT_EQ(counted(Counter::Ipv4OtherDestination), 1U);
  arrives(ipv4(6, 0xe0000001, {1}));
  arrives(ipv4(6, 0x7f000001, {1}));
  EXPECT_EQ(counted(Counter::Ipv4BadSource), 2U);
  arrives(ipv4(17, kFar, {1}));
  EXPECT_EQ(counted(Counter::Ipv4OtherProtocol), 1U);
  Bytes other = ipv4(6, kFar, {1});
  other[0] = 0x12;
  arrives(other);
  EXPECT_EQ(counted(Counter::OtherMac), 1U);
  arrives({1, 2, 3});
  EXPECT_EQ(counted(Counter::TruncatedFrame), 1U);
  EXPECT_TRUE(segments_.empty());
}

TEST_F(Ip, FragmentsAreRefused) {
  wire::Ipv4View view;
  Bytes frame = ipv4(6, kFar, {1, 2, 3, 4});
  frame[14 + 6] = 0x20;  // more fragments
  frame[14 + 10] = frame[14 + 11] = 0;
  uint32_t sum = 0;
  for (size_t i = 14; i < 34; i += 2) sum += wire::load_be16(frame.data() + i);
  sum = (sum & 0xffff) + (sum >> 16);
  wire::store_be16(frame.data() + 24, static_cast<uint16_t>(~(sum + (sum >> 16))));
  arrives(frame);
  EXPECT_EQ(counted(Counter::Ipv4Fragment), 1U);
}

TEST_F(Ip, NoFrameBufferIsAnAnswer) {
  send(kNeighbour);
  arrives(arp(wire::ArpView::Operation::Reply, kRouterMac, kNeighbour, kOurAddress));
  buffers_ = false;
  EXPECT_EQ(send(kNeighbour), Interface::Send::NoBuffer);
  EXPECT_EQ(send(kNeighbour, Bytes(1481)), Interface::Send::NoRoute);
  EXPECT_EQ(counted(Counter::TooLarge), 1U);
}

}  // namespace
}  // namespace sallyport::ip
