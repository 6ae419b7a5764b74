// IPv6 on a port: neighbour discovery, duplicate address detection, VLAN tags (RFC 4861, 4862,
// 8200; dataplane notes b).
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "dataplane/ip/interface.h"
#include "dataplane/ip/limits.h"
#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/neighbour.h"

namespace sallyport::ip {
namespace {

using Bytes = std::vector<uint8_t>;
using wire::IpAddress;
using wire::NeighbourView;

constexpr wire::MacAddress kOurMac{2, 0, 0, 0, 0, 1};
constexpr wire::MacAddress kTheirMac{2, 0, 0, 0, 0, 5};
constexpr wire::MacAddress kEvilMac{2, 0, 0, 0, 0, 66};

IpAddress v6(uint8_t network, uint8_t last) {
  const uint8_t bytes[16] = {0xfd, network, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
  return IpAddress::from_v6(bytes);
}
const IpAddress kOurs = v6(0, 1);
const IpAddress kTheirs = v6(0, 5);
const IpAddress kRouter = v6(0, 9);
const IpAddress kFar = v6(7, 7);

class Nd : public testing::Test, public FrameSink, public SegmentHandler {
 protected:
  Nd() : pool_(16, 2'048, mem::SegmentPool::Wipe::No) { make(0); }
  void make(uint16_t vlan) {
    InterfaceConfig config;
    config.mac = kOurMac;
    config.address = 0x0a000001;
    config.address6 = kOurs;
    config.next_hop6 = kRouter;
    config.vlan = vlan;
    vlan_ = vlan;
    interface_ = std::make_unique<Interface>(config, *this, *this);
  }

  std::span<uint8_t> frame() noexcept override {
    buffer_.assign(1'518, 0xee);
    return buffer_;
  }
  void commit(size_t bytes) noexcept override {
    frames_.emplace_back(buffer_.begin(), buffer_.begin() + static_cast<long>(bytes));
  }
  void tcp_segment(const IpAddress& source, const IpAddress&, mem::Segment* segment,
                   base::Instant) noexcept override {
    sources_.push_back(source);
    mem::release(segment);
  }

  void arrives(const wire::MacAddress& to, const Bytes& packet, uint16_t vlan = 0) {
    wire::EthernetView ethernet{to, kTheirMac, wire::EtherType::Ipv6};
    ethernet.vlan = vlan;
    mem::Segment* segment = pool_.allocate();
    const size_t header = ethernet.write({segment->storage, segment->capacity});
    std::memcpy(segment->storage + header, packet.data(), packet.size());
    segment->size = static_cast<uint32_t>(header + packet.size());
    interface_->input(segment, now_);
    EXPECT_EQ(pool_.available(), pool_.segment_count());
  }

  static Bytes packet(uint8_t protocol, const IpAddress& from, const IpAddress& to,
                      const Bytes& body, uint8_t hop_limit = 255) {
    wire::Ipv6View ip;
    ip.source = from;
    ip.destination = to;
    ip.protocol = protocol;
    ip.hop_limit = hop_limit;
    ip.total_bytes = static_cast<uint32_t>(40 + body.size());
    Bytes bytes(40);
    ip.write(bytes);
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
  }
  static Bytes message(NeighbourView m, const IpAddress& from, const IpAddress& to) {
    Bytes body(NeighbourView::kBytesWithAddress);
    body.resize(m.write(body, from, to));
    return body;
  }
  static NeighbourView solicitation(const IpAddress& target) {
    NeighbourView m;
    m.target = target;
    m.has_mac = true;
    m.mac = kTheirMac;
    return m;
  }
  static NeighbourView advertisement(const IpAddress& target, const wire::MacAddress& mac,
                                     bool solicited = true) {
    NeighbourView m = solicitation(target);
    m.is_advertisement = true;
    m.solicited = solicited;
    m.override_entry = true;
    m.mac = mac;
    return m;
  }
  void advertises(const IpAddress& target, const wire::MacAddress& mac, bool solicited = true,
                  uint8_t hop_limit = 255) {
    arrives(kOurMac,
            packet(58, target, kOurs, message(advertisement(target, mac, solicited), target, kOurs),
                   hop_limit));
  }
  Interface::Send send(const IpAddress& to, bool is_reachable = false) {
    const Bytes header{1, 2, 3, 4};
    return interface_->send_from(wire::IpProtocol::Tcp, kOurs, to, header, {}, now_, is_reachable);
  }

  struct Left {
    wire::EthernetView ethernet;
    wire::Ipv6View ip;
    NeighbourView nd;
    bool is_nd = false;
  };
  Left one() {
    Left left;
    if (frames_.empty()) {
      ADD_FAILURE() << "nothing left";
      return left;
    }
    const Bytes bytes = frames_.front();
    frames_.erase(frames_.begin());
    EXPECT_TRUE(wire::EthernetView::parse(bytes, left.ethernet));
    const auto rest = std::span(bytes).subspan(left.ethernet.header_bytes);
    EXPECT_EQ(wire::Ipv6View::parse(rest, left.ip), wire::Ipv6View::Parse::Good);
    const auto body = rest.subspan(left.ip.header_bytes);
    wire::IcmpView icmp;
    if (left.ip.protocol == 58) {
      EXPECT_EQ(wire::IcmpView::parse6(body, left.ip.source, left.ip.destination, icmp),
                wire::IcmpView::Parse::Good);
      EXPECT_EQ(left.ip.hop_limit, 255);
      left.is_nd = NeighbourView::parse(body, left.nd);
    }
    return left;
  }
  uint64_t counted(Counter c) const { return interface_->counter(c); }
  void pass_ms(uint64_t ms) {
    now_ = base::after_ms(now_, ms);
    interface_->advance(now_);
  }

  mem::SegmentPool pool_;
  std::unique_ptr<Interface> interface_;
  base::Instant now_{1'000'000'000};
  uint16_t vlan_ = 0;
  Bytes buffer_;
  std::vector<Bytes> frames_;
  std::vector<IpAddress> sources_;
};

TEST_F(Nd, APacketWaitsForTheAdvertisement) {
  EXPECT_EQ(send(kTheirs), Interface::Send::Sent);
  const Left ask = one();
  EXPECT_TRUE(ask.is_nd && !ask.nd.is_advertisement);
  EXPECT_EQ(ask.nd.target, kTheirs);
  EXPECT_EQ(ask.ip.destination, wire::solicited_node(kTheirs));
  EXPECT_EQ(ask.ethernet.destination, wire::multicast_mac(wire::solicited_node(kTheirs)));
  EXPECT_TRUE(frames_.empty());
  advertises(kTheirs, kTheirMac);
  const Left data = one();
  EXPECT_EQ(data.ip.destination, kTheirs);
  EXPECT_EQ(data.ethernet.destination, kTheirMac);
}

TEST_F(Nd, FarAddressesUseTheRouter) {
  send(kFar);
  EXPECT_EQ(one().nd.target, kRouter);
}

TEST_F(Nd, QuestionsAreRepeatedThenGivenUp) {
  send(kTheirs);
  for (int i = 0; i < 5; ++i) pass_ms(kArpRetryMs);
  EXPECT_EQ(counted(Counter::SolicitationsOut), kArpTriesMax);
  EXPECT_EQ(send(kTheirs), Interface::Send::NoRoute);
}

TEST_F(Nd, UnsolicitedAdvertisementsDoNotPoison) {
  advertises(kTheirs, kEvilMac);
  EXPECT_EQ(counted(Counter::AdvertisementsUnsolicited), 1U);
  send(kTheirs);
  frames_.clear();
  advertises(kTheirs, kEvilMac, false);  // not an answer
  EXPECT_TRUE(frames_.empty());
  advertises(kTheirs, kTheirMac);
  EXPECT_EQ(one().ethernet.destination, kTheirMac);
  advertises(kTheirs, kEvilMac);  // nobody asked
  send(kTheirs);
  EXPECT_EQ(one().ethernet.destination, kTheirMac);
}

TEST_F(Nd, MessagesFromAfarAreNotHeard) {
  send(kTheirs);
  frames_.clear();
  advertises(kTheirs, kEvilMac, true, 254);
  EXPECT_EQ(counted(Counter::NeighbourMessageFromAfar), 1U);
  EXPECT_TRUE(frames_.empty());
}

TEST_F(Nd, SolicitationsForOurAddressAreAnswered) {
  const IpAddress group = wire::solicited_node(kOurs);
  arrives(wire::multicast_mac(group),
          packet(58, kTheirs, group, message(solicitation(kOurs), kTheirs, group)));
  const Left answer = one();
  EXPECT_TRUE(answer.nd.is_advertisement && answer.nd.solicited);
  EXPECT_EQ(answer.nd.mac, kOurMac);
  EXPECT_EQ(answer.ip.destination, kTheirs);
  EXPECT_EQ(answer.ethernet.destination, kTheirMac);
  const IpAddress other = wire::solicited_node(kFar);
  arrives(wire::multicast_mac(other),
          packet(58, kTheirs, other, message(solicitation(kFar), kTheirs, other)));
  EXPECT_TRUE(frames_.empty());
}

TEST_F(Nd, AnOldEntryIsProbedByUnicastUnlessTcpMakesProgress) {
  send(kTheirs);
  advertises(kTheirs, kTheirMac);
  frames_.clear();
  now_ = base::after_ms(now_, kArpFreshMs - 1'000);
  send(kTheirs, true);  // progress just now
  EXPECT_EQ(counted(Counter::ConfirmedByProgress), 1U);
  now_ = base::after_ms(now_, kArpFreshMs - 1'000);
  frames_.clear();
  send(kTheirs);
  EXPECT_EQ(frames_.size(), 1U);  // no probe: it was confirmed
  now_ = base::after_ms(now_, kArpFreshMs);
  frames_.clear();
  send(kTheirs);
  const Left probe = one();
  EXPECT_TRUE(probe.is_nd);
  EXPECT_EQ(probe.ethernet.destination, kTheirMac);
  EXPECT_EQ(frames_.size(), 1U);  // traffic goes on meanwhile
}

TEST_F(Nd, ADuplicateAddressIsGivenUp) {
  interface_->announce(now_);
  EXPECT_EQ(frames_.size(), 3U);  // ARP, and one question for each IPv6 address
  EXPECT_EQ(send(kTheirs), Interface::Send::NoRoute);  // tentative
  const uint8_t all_nodes[16] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const IpAddress all = IpAddress::from_v6(all_nodes);
  arrives(wire::multicast_mac(all),
          packet(58, kOurs, all, message(advertisement(kOurs, kEvilMac, false), kOurs, all)));
  EXPECT_EQ(counted(Counter::DuplicateAddress), 1U);
  EXPECT_FALSE(interface_->owns(kOurs));
  pass_ms(kDuplicateWaitMs + 1);
  EXPECT_EQ(send(kTheirs), Interface::Send::NoRoute);
}

TEST_F(Nd, WithoutAnObjectionTheAddressIsUsed) {
  interface_->announce(now_);
  frames_.clear();
  pass_ms(kDuplicateWaitMs + 1);
  EXPECT_EQ(send(kTheirs), Interface::Send::Sent);
  // And defended: somebody else's question is answered to all.
  frames_.clear();
  const IpAddress group = wire::solicited_node(kOurs);
  NeighbourView question;
  question.target = kOurs;
  arrives(wire::multicast_mac(group),
          packet(58, IpAddress(), group, message(question, IpAddress(), group)));
  const Left answer = one();
  EXPECT_TRUE(answer.nd.is_advertisement && !answer.nd.solicited);
  EXPECT_TRUE(answer.ip.destination.is_multicast_v6());
}

TEST_F(Nd, BrokenMessagesAreCounted) {
  Bytes body = message(solicitation(kOurs), kTheirs, kOurs);
  body[25] = 0;  // an option of length zero
  wire::IcmpView icmp;
  icmp.type = 135;
  std::memset(body.data() + 2, 0, 2);
  Bytes fixed = body;
  icmp.write6(fixed, std::span(body).subspan(8), kTheirs, kOurs);
  arrives(kOurMac, packet(58, kTheirs, kOurs, fixed));
  EXPECT_EQ(counted(Counter::NeighbourMessageMalformed), 1U);
  EXPECT_TRUE(frames_.empty());
}

TEST_F(Nd, ATaggedPortSpeaksItsTagOnly) {
  make(12);
  const Bytes tcp(20, 0);
  arrives(kOurMac, packet(6, kTheirs, kOurs, tcp));
  arrives(kOurMac, packet(6, kTheirs, kOurs, tcp), 13);
  EXPECT_EQ(counted(Counter::OtherVlan), 2U);
  arrives(kOurMac, packet(6, kTheirs, kOurs, tcp), 12);
  EXPECT_EQ(sources_.size(), 1U);
  send(kTheirs);
  EXPECT_EQ(one().ethernet.vlan, 12);
}

}  // namespace
}  // namespace sallyport::ip
