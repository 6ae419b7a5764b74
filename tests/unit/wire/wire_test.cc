#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "dataplane/wire/arp.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::wire {
namespace {

// RFC 1071 section 4.1, word by word: the twin that is obviously right.
uint16_t checksum_reference(const std::vector<uint8_t>& bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<uint32_t>(bytes[i]) << 8;
    if (i + 1 < bytes.size()) sum += bytes[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

TEST(Checksum, MatchesTheReferenceAtEveryLengthAndCut) {
  std::mt19937 random(1);
  for (size_t size = 0; size <= 67; ++size) {
    std::vector<uint8_t> bytes(size);
    for (auto& b : bytes) b = static_cast<uint8_t>(random());
    const uint16_t expected = checksum_reference(bytes);
    for (size_t cut = 0; cut <= size; ++cut) {
      for (size_t second = cut; second <= size; second += 3) {
        Checksum sum;
        const std::span<const uint8_t> all(bytes);
        sum.add(all.first(cut));
        sum.add(all.subspan(cut, second - cut));
        sum.add(all.subspan(second));
        ASSERT_EQ(sum.finish(), expected) << size << " cut at " << cut << ", " << second;
      }
    }
  }
}

TEST(Checksum, LargeRunsOfOnesFoldCorrectly) {
  const std::vector<uint8_t> bytes(65'535, 0xff);
  Checksum sum;
  sum.add(bytes);
  EXPECT_EQ(sum.finish(), checksum_reference(bytes));
}

TEST(Ethernet, RoundTripAndTruncation) {
  std::array<uint8_t, 14> bytes;
  const EthernetView out{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}, EtherType::Ipv4};
  out.write(bytes);
  EthernetView in;
  ASSERT_TRUE(EthernetView::parse(bytes, in));
  EXPECT_EQ(in.destination, out.destination);
  EXPECT_EQ(in.source, out.source);
  EXPECT_EQ(in.type, out.type);
  EXPECT_FALSE(EthernetView::parse(std::span(bytes).first(13), in));
}

TEST(Arp, RoundTripAndRefusals) {
  std::array<uint8_t, ArpView::kBytes> bytes;
  ArpView out;
  out.operation = ArpView::Operation::Reply;
  out.sender_address = 0x0a000001;
  out.target_address = 0x0a000002;
  out.write(bytes);
  ArpView in;
  ASSERT_TRUE(ArpView::parse(bytes, in));
  EXPECT_EQ(in.sender_address, out.sender_address);
  EXPECT_EQ(in.operation, out.operation);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_FALSE(ArpView::parse(std::span(bytes).first(n), in));
  for (size_t i : {0, 2, 4, 5, 6}) {
    auto bad = bytes;
    bad[i] ^= 0x80;
    EXPECT_FALSE(ArpView::parse(bad, in)) << i;
  }
}

std::vector<uint8_t> ipv4_packet(size_t payload) {
  Ipv4View view;
  view.source = 0x0a000001;
  view.destination = 0x0a000002;
  view.protocol = 6;
  view.ttl = 64;
  view.total_bytes = static_cast<uint16_t>(20 + payload);
  std::vector<uint8_t> bytes(20 + payload);
  view.write(bytes);
  return bytes;
}

TEST(Ipv4, RoundTripWithPaddingBehind) {
  auto bytes = ipv4_packet(4);
  bytes.resize(46);
  Ipv4View in;
  ASSERT_EQ(Ipv4View::parse(bytes, in), Ipv4View::Parse::Good);
  EXPECT_EQ(in.payload_bytes(), 4);
  EXPECT_FALSE(in.is_fragment());
}

TEST(Ipv4, LyingLengthsAreRefused) {
  Ipv4View in;
  auto bytes = ipv4_packet(10);
  for (size_t n = 0; n < bytes.size(); ++n)
    EXPECT_NE(Ipv4View::parse(std::span(bytes).first(n), in), Ipv4View::Parse::Good);
  auto bad = bytes;
  bad[0] = 0x44;
  EXPECT_EQ(Ipv4View::parse(bad, in), Ipv4View::Parse::BadHeaderLength);
  bad = bytes;
  bad[0] = 0x65;
  EXPECT_EQ(Ipv4View::parse(bad, in), Ipv4View::Parse::NotVersion4);
  bad = bytes;
  store_be16(bad.data() + 2, 19);
  EXPECT_EQ(Ipv4View::parse(bad, in), Ipv4View::Parse::BadTotalLength);
  bad = bytes;
  bad[8] ^= 1;
  EXPECT_EQ(Ipv4View::parse(bad, in), Ipv4View::Parse::BadChecksum);
}

TEST(Icmp, RoundTrip) {
  std::vector<uint8_t> packet(8 + 5, 0x5a);
  IcmpView out;
  out.type = IcmpView::kEchoRequest;
  out.rest = 0x12345678;
  out.write(packet, std::span<const uint8_t>(packet).subspan(8));
  IcmpView in;
  ASSERT_EQ(IcmpView::parse(packet, in), IcmpView::Parse::Good);
  EXPECT_EQ(in.rest, out.rest);
  packet[9] ^= 1;
  EXPECT_EQ(IcmpView::parse(packet, in), IcmpView::Parse::BadChecksum);
}

TEST(Tcp, OptionsRoundTripInTheOrderOfTheDesign) {
  TcpView out;
  out.source_port = 1;
  out.destination_port = 2;
  out.flags = TcpView::Syn;
  out.options.mss = 1460;
  out.options.sack_permitted = true;
  out.options.has_timestamps = true;
  out.options.timestamp_value = 7;
  out.options.has_window_scale = true;
  out.options.window_scale = 9;
  std::array<uint8_t, 60> bytes;
  const size_t size = out.write(bytes);
  EXPECT_EQ(size, 40U);
  EXPECT_EQ(bytes[20], 2);  // MSS
  EXPECT_EQ(bytes[24], 4);  // SACK permitted
  EXPECT_EQ(bytes[26], 8);  // timestamps
  EXPECT_EQ(bytes[36], 1);  // NOP
  EXPECT_EQ(bytes[37], 3);  // window scale
  TcpView in;
  ASSERT_EQ(TcpView::parse(std::span(bytes).first(size), in), TcpView::Parse::Good);
  EXPECT_EQ(in.options.mss, 1460);
  EXPECT_TRUE(in.options.sack_permitted);
  EXPECT_EQ(in.options.timestamp_value, 7U);
  EXPECT_EQ(in.options.window_scale, 9);
  for (size_t n = 0; n < size; ++n)
    EXPECT_NE(TcpView::parse(std::span(bytes).first(n), in), TcpView::Parse::Good);
}

TEST(Tcp, EveryOptionCombinationRoundTrips) {
  for (unsigned mask = 0; mask < 16; ++mask) {
    TcpView out;
    if (mask & 1) out.options.mss = 1000;
    out.options.sack_permitted = (mask & 2) != 0;
    out.options.has_timestamps = (mask & 4) != 0;
    out.options.has_window_scale = (mask & 8) != 0;
    std::array<uint8_t, 60> bytes;
    const size_t size = out.write(bytes);
    ASSERT_EQ(size % 4, 0U);
    TcpView in;
    ASSERT_EQ(TcpView::parse(std::span(bytes).first(size), in), TcpView::Parse::Good);
    EXPECT_EQ(in.options.mss, out.options.mss);
    EXPECT_EQ(in.options.sack_permitted, out.options.sack_permitted);
    EXPECT_EQ(in.options.has_timestamps, out.options.has_timestamps);
    EXPECT_EQ(in.options.has_window_scale, out.options.has_window_scale);
  }
}

TEST(Tcp, HostileOptionsAreRefusedOrSkipped) {
  const auto parse = [](std::vector<uint8_t> options) {
    std::vector<uint8_t> bytes(20, 0);
    options.resize((options.size() + 3) / 4 * 4, 0);
    bytes.insert(bytes.end(), options.begin(), options.end());
    bytes[12] = static_cast<uint8_t>((bytes.size() / 4) << 4);
    TcpView in;
    return TcpView::parse(bytes, in);
  };
  EXPECT_EQ(parse({2, 0}), TcpView::Parse::BadOption);
  EXPECT_EQ(parse({2, 1}), TcpView::Parse::BadOption);
  EXPECT_EQ(parse({1, 1, 1, 8}), TcpView::Parse::BadOption);
  EXPECT_EQ(parse({8, 255, 0, 0}), TcpView::Parse::BadOption);
  EXPECT_EQ(parse({254, 6, 1, 2, 3, 4}), TcpView::Parse::Good);  // unknown
  EXPECT_EQ(parse({2, 3, 0}), TcpView::Parse::Good);             // MSS of a wrong length
  EXPECT_EQ(parse({0, 2, 0, 0}), TcpView::Parse::Good);          // end of list hides the rest
  TcpView in;
  std::vector<uint8_t> bytes(20, 0);
  bytes[12] = 0x40;
  EXPECT_EQ(TcpView::parse(bytes, in), TcpView::Parse::BadDataOffset);
  bytes[12] = 0x60;
  EXPECT_EQ(TcpView::parse(bytes, in), TcpView::Parse::BadDataOffset);
}

TEST(Tcp, ChecksumCoversPayloadPieces) {
  TcpView out;
  std::array<uint8_t, 60> header;
  const size_t size = out.write(header);
  const std::vector<uint8_t> a{1, 2, 3};
  const std::vector<uint8_t> b{4, 5, 6, 7};
  const std::array<std::span<const uint8_t>, 2> pieces{std::span<const uint8_t>(a),
                                                       std::span<const uint8_t>(b)};
  write_tcp_checksum(1, 2, std::span(header).first(size), pieces);
  std::vector<uint8_t> all(header.begin(), header.begin() + static_cast<long>(size));
  all.insert(all.end(), a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  EXPECT_TRUE(tcp_checksum_is_good(1, 2, all));
  all.back() ^= 1;
  EXPECT_FALSE(tcp_checksum_is_good(1, 2, all));
}

}  // namespace
}  // namespace sallyport::wire
