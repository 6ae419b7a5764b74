// Segments as the stack makes them are merged and then cut as a device does; what comes out must be
// the segments that went in, byte for byte.
#include "dataplane/nic/segment_merge.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::nic {
namespace {

using Bytes = std::vector<uint8_t>;
using wire::IpAddress;
using wire::TcpView;
constexpr size_t kMss = 1'000;

// An mbuf without a pool: merging moves pointers only.
struct Frame {
  explicit Frame(const Bytes& bytes) : buffer(bytes), mbuf(*owned) {
    mbuf.buf_addr = buffer.data();
    mbuf.buf_len = static_cast<uint16_t>(buffer.size());
    mbuf.data_len = static_cast<uint16_t>(buffer.size());
    mbuf.pkt_len = mbuf.data_len;
    mbuf.nb_segs = 1;
  }
  Bytes buffer;
  std::unique_ptr<rte_mbuf> owned = std::make_unique<rte_mbuf>();
  rte_mbuf& mbuf;
};

struct Shape {
  uint32_t sequence = 1;
  size_t payload = kMss;
  uint8_t flags = TcpView::Ack;
  uint16_t window = 500;
  uint16_t port = 4'000;
  uint16_t identification = 1;
};

class Merge : public testing::TestWithParam<bool> {
 protected:
  bool v6() const { return GetParam(); }
  ChecksumPlace place() const { return {18, static_cast<uint16_t>(18 + (v6() ? 40 : 20)), v6()}; }

  // A whole frame with its checksums, tagged.
  Bytes frame(const Shape& shape) {
    static constexpr std::array<uint8_t, 16> kA{0x20, 1, 2}, kB{0x20, 1, 3};
    const IpAddress source = v6() ? IpAddress::from_v6(kA.data()) : IpAddress(0x0a000001U);
    const IpAddress to = v6() ? IpAddress::from_v6(kB.data()) : IpAddress(0x0a000002U);
    Bytes out(18);
    wire::EthernetView ethernet{{2, 0, 0, 0, 0, 1},
                                {2, 0, 0, 0, 0, 2},
                                v6() ? wire::EtherType::Ipv6 : wire::EtherType::Ipv4};
    ethernet.vlan = 9;
    ethernet.write(out);
    Bytes header(60);
    TcpView tcp;
    tcp.source_port = 443;
    tcp.destination_port = shape.port;
    tcp.sequence = shape.sequence;
    tcp.flags = shape.flags;
    tcp.window = shape.window;
    tcp.options.has_timestamps = true;
    header.resize(tcp.write(header));
    Bytes payload(shape.payload);
    for (size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<uint8_t>((shape.sequence + i) * 7);
    const std::array<std::span<const uint8_t>, 1> pieces{payload};
    wire::write_tcp_checksum(source, to, header, pieces);
    const size_t above = header.size() + payload.size();
    Bytes ip(v6() ? 40 : 20);
    if (v6()) {
      wire::Ipv6View view;
      view.source = source;
      view.destination = to;
      view.protocol = 6;
      view.total_bytes = static_cast<uint32_t>(40 + above);
      view.write(ip);
    } else {
      wire::Ipv4View view;
      view.source = source.v4();
      view.destination = to.v4();
      view.protocol = 6;
      view.identification = shape.identification;
      view.total_bytes = static_cast<uint16_t>(20 + above);
      view.write(ip);
    }
    for (const Bytes* part : {&ip, &header, &payload})
      out.insert(out.end(), part->begin(), part->end());
    return out;
  }

  // A run of `count` segments behind each other.
  std::vector<Bytes> run(size_t count, size_t last_payload = kMss,
                         uint8_t last_flags = TcpView::Ack) {
    std::vector<Bytes> frames;
    Shape shape;
    for (size_t i = 0; i < count; ++i) {
      if (i + 1 == count) {
        shape.payload = last_payload;
        shape.flags = last_flags;
      }
      frames.push_back(frame(shape));
      shape.sequence += static_cast<uint32_t>(shape.payload);
      ++shape.identification;
    }
    return frames;
  }

  // What leaves the device.
  std::vector<Bytes> send(const std::vector<Bytes>& originals) {
    frames_.clear();
    std::vector<rte_mbuf*> mbufs;
    std::vector<ChecksumPlace> places;
    for (const Bytes& bytes : originals) {
      frames_.push_back(std::make_unique<Frame>(bytes));
      mbufs.push_back(&frames_.back()->mbuf);
      places.push_back(place());
    }
    left_ = merge_segments(mbufs, places, limits_);
    std::vector<Bytes> out;
    for (size_t i = 0; i < left_; ++i) {
      Bytes whole;
      for (const rte_mbuf* piece = mbufs[i]; piece != nullptr; piece = piece->next)
        whole.insert(whole.end(), rte_pktmbuf_mtod(piece, uint8_t*),
                     rte_pktmbuf_mtod(piece, uint8_t*) + piece->data_len);
      EXPECT_EQ(whole.size(), mbufs[i]->pkt_len);
      cut(*mbufs[i], whole, out);
    }
    return out;
  }

  void cut(const rte_mbuf& mbuf, const Bytes& whole, std::vector<Bytes>& out) {
    if ((mbuf.ol_flags & RTE_MBUF_F_TX_TCP_SEG) == 0) return out.push_back(whole);
    const size_t tcp = place().tcp_offset;
    const size_t header = tcp + mbuf.l4_len;
    const uint32_t sequence = wire::load_be32(whole.data() + tcp + 4);
    const size_t payload = whole.size() - header;
    for (size_t at = 0; at < payload; at += mbuf.tso_segsz) {
      const size_t size = std::min<size_t>(mbuf.tso_segsz, payload - at);
      Bytes one(whole.begin(), whole.begin() + static_cast<long>(header));
      one.insert(one.end(), whole.begin() + static_cast<long>(header + at),
                 whole.begin() + static_cast<long>(header + at + size));
      wire::store_be32(one.data() + tcp + 4, sequence + static_cast<uint32_t>(at));
      if (at + size < payload)
        one[tcp + 13] &= static_cast<uint8_t>(~(TcpView::Psh | TcpView::Fin));
      finish(one, at / mbuf.tso_segsz);
      out.push_back(one);
    }
  }
  // Lengths, identification and both checksums of one packet that was cut.
  void finish(Bytes& one, size_t number) {
    uint8_t* const ip = one.data() + place().ip_offset;
    const size_t above_link = one.size() - place().ip_offset;
    if (v6()) {
      wire::store_be16(ip + 4, static_cast<uint16_t>(above_link - 40));
    } else {
      wire::store_be16(ip + 2, static_cast<uint16_t>(above_link));
      wire::store_be16(ip + 4, static_cast<uint16_t>(wire::load_be16(ip + 4) + number));
      wire::store_be16(ip + 10, 0);
      wire::Checksum sum;
      sum.add({ip, 20});
      wire::store_be16(ip + 10, sum.finish());
    }
    const auto segment = std::span(one).subspan(place().tcp_offset);
    // The field holds the pseudo header without its length, which the device adds.
    wire::Checksum sum;
    const std::array<uint8_t, 2> length{static_cast<uint8_t>(segment.size() >> 8),
                                        static_cast<uint8_t>(segment.size())};
    sum.add(segment);
    sum.add(segment.size() % 2 == 0 ? std::span<const uint8_t>(length)
                                    : std::span<const uint8_t>());
    if (segment.size() % 2 != 0) {
      const std::array<uint8_t, 2> swapped{length[1], length[0]};
      sum.add(swapped);
    }
    wire::store_be16(segment.data() + 16, sum.finish());
  }

  std::vector<std::unique_ptr<Frame>> frames_;
  size_t left_ = 0;
  MergeLimits limits_;
};

TEST_P(Merge, ARunComesOutAsItWentIn) {
  for (const size_t count : {2U, 5U, 16U}) {
    for (const size_t last : {size_t{1}, size_t{999}, kMss}) {
      const std::vector<Bytes> frames = run(count, last, TcpView::Ack | TcpView::Psh);
      EXPECT_EQ(send(frames), frames) << count << " " << last;
      EXPECT_EQ(left_, 1U);
    }
  }
  const std::vector<Bytes> ending = run(3, 10, TcpView::Ack | TcpView::Fin);
  EXPECT_EQ(send(ending), ending);
  EXPECT_EQ(left_, 1U);
}

TEST_P(Merge, ALongRunIsSeveralFrames) {
  const std::vector<Bytes> frames = run(kMergedPiecesMax * 2 + 1);
  EXPECT_EQ(send(frames), frames);
  EXPECT_EQ(left_, 3U);
}

// Each pair differs in what a device could not make good again.
TEST_P(Merge, WhatADeviceWouldNotCutBackIsLeftAlone) {
  const auto second = [](auto&& change) {
    Shape shape;
    shape.sequence += kMss;
    ++shape.identification;
    change(shape);
    return shape;
  };
  const std::vector<std::vector<Shape>> pairs{
      {Shape{}, second([](Shape& s) { s.sequence += 1; })},
      {Shape{}, second([](Shape& s) { s.window = 501; })},
      {Shape{}, second([](Shape& s) { s.port = 4'001; })},
      {Shape{}, second([](Shape& s) { s.payload = 0; })},
      {Shape{}, second([](Shape& s) { s.payload = kMss + 1; })},
      {Shape{}, second([](Shape& s) { s.flags = TcpView::Ack | TcpView::Rst; })},
      {Shape{.flags = TcpView::Ack | TcpView::Psh}, second([](Shape&) {})},
      {Shape{.flags = TcpView::Ack | TcpView::Syn}, second([](Shape&) {})},
  };
  for (size_t i = 0; i < pairs.size(); ++i) {
    const std::vector<Bytes> frames{frame(pairs[i][0]), frame(pairs[i][1])};
    EXPECT_EQ(send(frames), frames) << i;
    EXPECT_EQ(left_, 2U) << i;
  }
  if (v6()) return;
  const std::vector<Bytes> frames{frame({}), frame(second([](Shape& s) { s.identification = 9; }))};
  EXPECT_EQ(send(frames), frames);
  EXPECT_EQ(left_, 2U);
}

TEST_P(Merge, AShortSegmentEndsARun) {
  std::vector<Bytes> frames = run(2, 500);
  Shape next;
  next.sequence += kMss + 500;
  next.identification = 3;
  frames.push_back(frame(next));
  EXPECT_EQ(send(frames), frames);
  EXPECT_EQ(left_, 2U);
}

TEST_P(Merge, WhatTheDeviceDoesNotCutIsLeftAlone) {
  const std::vector<Bytes> frames = run(3);
  limits_.frame_bytes = static_cast<uint32_t>(frames[0].size()) - 1;
  EXPECT_EQ(send(frames), frames);
  EXPECT_EQ(left_, 3U);
  limits_ = {false, UINT32_MAX};
  EXPECT_EQ(send(frames), frames);
  EXPECT_EQ(left_, v6() ? 3U : 1U);
}

INSTANTIATE_TEST_SUITE_P(Families, Merge, testing::Bool(), [](const auto& family) {
  return std::string(family.param ? "V6" : "V4");
});

TEST(MergeNothing, FramesOfOthersPassInOrder) {
  Frame a(Bytes(60, 1)), b(Bytes(60, 2));
  std::array<rte_mbuf*, 2> mbufs{&a.mbuf, &b.mbuf};
  std::array<ChecksumPlace, 2> places{};
  EXPECT_EQ(merge_segments(mbufs, places, {}), 2U);
  EXPECT_EQ(mbufs[0], &a.mbuf);
  EXPECT_EQ(mbufs[1], &b.mbuf);
}

}  // namespace
}  // namespace sallyport::nic
