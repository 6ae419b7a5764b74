// harness.h: one stack and a scripted peer under virtual time. Sequence numbers are relative on
// both sides: 0 is the SYN, data begins at 1.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/limits.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::tcp {

using wire::TcpView;

inline constexpr uint32_t kOurAddress = 0x0a000001;
inline constexpr uint32_t kPeerAddress = 0x0a000002;
inline constexpr uint16_t kOurPort = 443;
inline constexpr uint16_t kPeerPort = 5555;

// A segment in the peer's or our relative numbers. Built by verbs: seg().seq(1).ack(1).data("x").
struct Seg {
  uint32_t sequence = 0;
  uint32_t acknowledgment = 0;
  uint8_t flags = 0;
  uint16_t win = 65'535;
  std::string payload;
  wire::TcpOptions options;

  Seg& seq(uint32_t v) {
    sequence = v;
    return *this;
  }
  Seg& ack(uint32_t v) {
    acknowledgment = v;
    flags |= TcpView::Ack;
    return *this;
  }
  Seg& syn() {
    flags |= TcpView::Syn;
    return *this;
  }
  Seg& fin() {
    flags |= TcpView::Fin;
    return *this;
  }
  Seg& rst() {
    flags |= TcpView::Rst;
    return *this;
  }
  Seg& psh() {
    flags |= TcpView::Psh;
    return *this;
  }
  Seg& window(uint16_t v) {
    win = v;
    return *this;
  }
  Seg& data(std::string v) {
    payload = std::move(v);
    return *this;
  }
  Seg& mss(uint16_t v) {
    options.mss = v;
    return *this;
  }
  Seg& scale(uint8_t v) {
    options.has_window_scale = true;
    options.window_scale = v;
    return *this;
  }
  Seg& time(uint32_t value, uint32_t echo = 0) {
    options.has_timestamps = true;
    options.timestamp_value = value;
    options.timestamp_echo = echo;
    return *this;
  }
  bool has(TcpView::Flag flag) const { return (flags & flag) != 0; }
};
inline Seg seg() { return {}; }

inline std::string numbered(size_t size, size_t from = 0) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + (from + i) % 26);
  return out;
}

class TcpTest : public testing::Test, public Egress {
 protected:
  static constexpr uint32_t kPeerInitial = 0xfffff000;  // wraps soon: every comparison is modular

  virtual StackConfig config() const {
    StackConfig c;
    c.connections_max = 8;
    c.half_open_max = 4;
    c.time_wait_max = 4;
    c.copies_low_water = 0;
    c.table_key = {1, 2};
    c.sequence_key = {3, 4};
    c.congestion =
        Algorithm::NewReno;  // the rules of RFC 5681 and 6582; CUBIC has tests of its own
    c.syn_cookies = false;
    return c;
  }

  void SetUp() override { make(64, 2048); }
  void TearDown() override {
    stack_.reset();
    EXPECT_EQ(frames_->available(), frames_->segment_count());
  }
  void make(size_t copy_segments, uint32_t copy_bytes) {
    stack_.reset();
    out_.clear();
    frames_ = std::make_unique<mem::SegmentPool>(4, 4096, mem::SegmentPool::Wipe::No);
    copies_ =
        std::make_unique<mem::SegmentPool>(copy_segments, copy_bytes, mem::SegmentPool::Wipe::No);
    sending_ = std::make_unique<mem::SegmentPool>(512, 1024, mem::SegmentPool::Wipe::No);
    stack_ = std::make_unique<Stack>(config(), *this, *copies_);
    ASSERT_TRUE(stack_->listen({our_address_, kOurPort}));
  }
  // Before SetUp(): the same test over IPv6.
  void use_v6() {
    const uint8_t ours[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    const uint8_t theirs[16] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    our_address_ = wire::IpAddress::from_v6(ours);
    peer_address_ = wire::IpAddress::from_v6(theirs);
  }
  void make_without_listener() {
    stack_ = std::make_unique<Stack>(config(), *this, *copies_);
    out_.clear();
  }

  // What leaves.
  bool transmit(const SegmentOut& out) noexcept override {
    if (!buffers_) return false;
    std::vector<uint8_t> bytes(out.header.begin(), out.header.end());
    for (const auto& piece : out.payload) bytes.insert(bytes.end(), piece.begin(), piece.end());
    EXPECT_TRUE(wire::tcp_checksum_is_good(out.source, out.destination, bytes));
    TcpView view;
    EXPECT_EQ(TcpView::parse(bytes, view), TcpView::Parse::Good);
    if (view.has(TcpView::Syn)) our_initial_ = view.sequence;
    Seg s;
    s.sequence = view.sequence - our_initial_;
    s.acknowledgment = view.acknowledgment - kPeerInitial;
    s.flags = view.flags;
    s.win = view.window;
    s.options = view.options;
    s.payload.assign(bytes.begin() + view.header_bytes, bytes.end());
    if (view.has(TcpView::Rst) && !view.has(TcpView::Ack)) s.acknowledgment = 0;
    out_.push_back(s);
    last_port_ = view.source_port;
    return true;
  }

  void peer_sends(const Seg& s) { peer_sends_from(kPeerPort, s); }
  void peer_sends_from(uint16_t peer_port, const Seg& s) {
    TcpView view;
    view.source_port = connected_out_ ? kOurPort : peer_port;
    view.destination_port = connected_out_ ? last_port_ : kOurPort;
    view.sequence = s.sequence + kPeerInitial;
    view.acknowledgment = s.has(TcpView::Ack) ? s.acknowledgment + our_initial_ : 0;
    view.flags = s.flags;
    view.window = s.win;
    view.options = s.options;
    if (timestamps_ && !s.options.has_timestamps) {
      view.options.has_timestamps = true;
      view.options.timestamp_value = peer_time_;
      view.options.timestamp_echo = 0;
    }
    std::vector<uint8_t> header(60);
    header.resize(view.write(header));
    std::span<const uint8_t> payload(reinterpret_cast<const uint8_t*>(s.payload.data()),
                                     s.payload.size());
    const std::span<const uint8_t> pieces[1] = {payload};
    wire::write_tcp_checksum(peer_address_, our_address_, header, pieces);
    header.insert(header.end(), payload.begin(), payload.end());
    raw(header);
  }
  void raw(const std::vector<uint8_t>& bytes) {
    mem::Segment* segment = frames_->allocate();
    std::memcpy(segment->storage, bytes.data(), bytes.size());
    segment->size = static_cast<uint32_t>(bytes.size());
    stack_->input(peer_address_, our_address_, segment, now_);
  }

  void flush() { stack_->flush(now_); }
  void pass_ms(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      now_ = base::after_ms(now_, 1);
      stack_->advance(now_);
      flush();
    }
  }

  // The next segment that left (after a flush).
  Seg next() {
    flush();
    if (out_.empty()) {
      ADD_FAILURE() << "nothing left the stack";
      return {};
    }
    Seg s = out_.front();
    out_.pop_front();
    return s;
  }
  void expect_silence() {
    flush();
    EXPECT_TRUE(out_.empty()) << "an unexpected segment with flags " << int{out_.front().flags}
                              << " seq " << out_.front().sequence << " ack "
                              << out_.front().acknowledgment;
    out_.clear();
  }
  void expect_ack(uint32_t acknowledgment) {
    const Seg s = next();
    EXPECT_EQ(s.flags & ~TcpView::Psh, TcpView::Ack);
    EXPECT_EQ(s.acknowledgment, acknowledgment);
    EXPECT_EQ(s.payload, "");
  }
  void expect_data(uint32_t sequence, const std::string& payload) {
    const Seg s = next();
    EXPECT_EQ(s.sequence, sequence);
    EXPECT_EQ(s.payload, payload);
  }
  void expect_rst() { EXPECT_TRUE(next().has(TcpView::Rst)); }
  std::vector<Seg> take_all() {
    flush();
    std::vector<Seg> all(out_.begin(), out_.end());
    out_.clear();
    return all;
  }

  std::vector<EventKind> events() {
    std::vector<EventKind> kinds;
    Event event;
    while (stack_->next_event(event)) {
      if (event.kind == EventKind::Accepted) id_ = event.id;
      kinds.push_back(event.kind);
    }
    return kinds;
  }
  bool saw(EventKind kind) {
    const auto kinds = events();
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  std::string read_all() {
    auto& queue = stack_->receive_queue(id_);
    std::string out(queue.size(), '\0');
    queue.copy_out(0, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
    queue.consume(out.size());
    stack_->received(id_, now_);
    return out;
  }
  void send(const std::string& bytes) {
    mem::ByteChain chain;
    ASSERT_TRUE(chain.append_copy({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                                  *sending_));
    stack_->send(id_, std::move(chain));
  }
  State state() const { return stack_->state(id_); }
  uint64_t counted(Counter c) const { return stack_->counters()[c]; }

  // One canonical way into each state. All end with nothing on the way.
  Seg syn() const { return seg().syn().mss(1000); }
  void open_passively(Seg first = seg().syn().mss(1000), uint16_t window = 65'535) {
    peer_sends(first);
    ASSERT_TRUE(next().has(TcpView::Syn));
    peer_sends(seg().seq(1).ack(1).window(window));
    ASSERT_TRUE(saw(EventKind::Accepted));
    ASSERT_EQ(state(), State::Established);
    expect_silence();
  }
  void connect() {
    connected_out_ = true;
    id_ = stack_->connect({our_address_, 0}, {peer_address_, kOurPort}, now_);
    ASSERT_TRUE(id_);
  }
  void open_actively() {
    connect();
    ASSERT_TRUE(next().has(TcpView::Syn));
    peer_sends(syn().ack(1));
    ASSERT_TRUE(saw(EventKind::Connected));
    expect_ack(1);
  }
  void enter(State wanted) {
    switch (wanted) {
      case State::SynSent:
        connect();
        next();
        return;
      case State::SynReceived:
        peer_sends(syn());
        next();
        return;
      case State::Established:
        open_passively();
        return;
      case State::FinWait1:
        open_passively();
        stack_->shutdown_send(id_);
        ASSERT_TRUE(next().has(TcpView::Fin));
        return;
      case State::FinWait2:
        enter(State::FinWait1);
        peer_sends(seg().seq(1).ack(2));
        events();
        expect_silence();
        return;
      case State::CloseWait:
        open_passively();
        peer_sends(seg().seq(1).ack(1).fin());
        expect_ack(2);
        events();
        return;
      case State::Closing:
        enter(State::FinWait1);
        peer_sends(seg().seq(1).ack(1).fin());
        expect_ack(2);
        events();
        return;
      case State::LastAck:
        enter(State::CloseWait);
        stack_->shutdown_send(id_);
        ASSERT_TRUE(next().has(TcpView::Fin));
        return;
      case State::TimeWait:
        enter(State::FinWait2);
        peer_sends(seg().seq(1).ack(2).fin());
        expect_ack(2);
        events();
        return;
      default:
        return;
    }
  }

  std::unique_ptr<mem::SegmentPool> frames_;
  std::unique_ptr<mem::SegmentPool> copies_;
  std::unique_ptr<mem::SegmentPool> sending_;
  std::unique_ptr<Stack> stack_;
  base::Instant now_{5'000'000'000};
  std::deque<Seg> out_;
  ConnectionId id_;
  wire::IpAddress our_address_ = kOurAddress;
  wire::IpAddress peer_address_ = kPeerAddress;
  uint32_t our_initial_ = 0;
  uint16_t last_port_ = kOurPort;
  uint32_t peer_time_ = 1000;
  bool connected_out_ = false;
  bool timestamps_ = false;
  bool buffers_ = true;
};

}  // namespace sallyport::tcp
