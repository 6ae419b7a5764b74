// Attacks at full rate, hundred thousands of segments each: what they cost in time and memory, and
// whether who is honest is still served. What each attack must not change is said segment by
// segment in tests/conformance/attacks_test.py; here it is load.
#include <gtest/gtest.h>
#include <time.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/tcp/limits.h"
#include "dataplane/tcp/stack.h"
#include "dataplane/wire/tcp.h"

namespace sallyport::tcp {
namespace {

using wire::IpAddress;
using wire::TcpView;

constexpr uint32_t kOurs = 0x0a000001;
constexpr uint16_t kPort = 443;
constexpr uint32_t kBurst = 32;
constexpr uint32_t kSegments = 200'000;
// A tenth of this is what a segment costs here; the bound is for machines that do other things.
constexpr double kMicrosecondsMax = 20;

// One end of a connection that an honest or other client holds.
struct Client {
  IpAddress address;
  uint16_t port = 0;
  uint32_t next = 0;     // its own
  uint32_t expects = 0;  // of ours
};

class UnderAttack : public ::testing::Test, public Egress {
 protected:
  void make(const StackConfig& given) {
    StackConfig config = given;
    config.table_key = {11, 12};
    config.sequence_key = {13, 14};
    stack_ = std::make_unique<Stack>(config, *this, copies_);
    ASSERT_TRUE(stack_->listen({kOurs, kPort}));
  }
  void TearDown() override {
    EXPECT_EQ(stack_->audit(), nullptr);
    stack_->drop_all();
    stack_.reset();
  }

  bool transmit(const SegmentOut& out) noexcept override {
    ++out_;
    last_destination_ = out.destination;
    if (TcpView::parse(out.header, last_) != TcpView::Parse::Good) last_ = TcpView{};
    return true;
  }

  void inject(const Client& from, uint8_t flags, uint32_t sequence, uint32_t acknowledgment,
              std::span<const uint8_t> payload = {}, uint16_t window = 65'535) {
    TcpView v;
    v.source_port = from.port;
    v.destination_port = kPort;
    v.flags = flags;
    v.sequence = sequence;
    v.acknowledgment = acknowledgment;
    v.window = window;
    if ((flags & TcpView::Syn) != 0) v.options.mss = 1'460;
    mem::Segment* segment = frames_.allocate();
    ASSERT_NE(segment, nullptr);
    const size_t header = v.write({segment->storage, 60});
    const std::array<std::span<const uint8_t>, 1> pieces{payload};
    wire::write_tcp_checksum(from.address, IpAddress(kOurs), {segment->storage, header}, pieces);
    if (!payload.empty()) std::memcpy(segment->storage + header, payload.data(), payload.size());
    segment->size = static_cast<uint32_t>(header + payload.size());
    waiting_.push_back({from.address, IpAddress(kOurs), segment});
    if (waiting_.size() == kBurst) deliver();
  }
  void deliver() {
    stack_->input_burst(waiting_, now_);
    waiting_.clear();
    stack_->flush(now_);
  }
  void pass_us(uint64_t us) {
    now_.ns += us * 1'000;
    stack_->advance(now_);
    stack_->flush(now_);
  }

  // False: nothing answered. Ends when the handshake is acknowledged.
  bool open(Client& c) {
    deliver();
    inject(c, TcpView::Syn, c.next, 0);
    last_ = TcpView{};
    deliver();
    if (!last_.has(TcpView::Syn) || last_.destination_port != c.port) return false;
    c.expects = last_.sequence + 1;
    ++c.next;
    inject(c, TcpView::Ack, c.next, c.expects);
    deliver();
    return true;
  }
  ConnectionId accepted() {
    Event event;
    ConnectionId id;
    while (stack_->next_event(event))
      if (event.kind == EventKind::Accepted) id = event.id;
    return id;
  }
  // The client asks, we answer, it has the answer acknowledged.
  bool serve(Client& c, ConnectionId id) {
    static constexpr std::array<uint8_t, 3> kQuestion{'G', 'E', 'T'};
    inject(c, TcpView::Ack | TcpView::Psh, c.next, c.expects, kQuestion);
    c.next += uint32_t{kQuestion.size()};
    deliver();
    Event event;
    while (stack_->next_event(event)) continue;
    if (stack_->receive_queue(id).size() != kQuestion.size()) return false;
    stack_->receive_queue(id).clear();
    stack_->received(id, now_);
    mem::ByteChain answer;
    if (!answer.append_copy(kQuestion, copies_)) return false;
    stack_->send(id, std::move(answer));
    last_ = TcpView{};
    stack_->flush(now_);
    if (last_.sequence != c.expects || last_.acknowledgment != c.next) return false;
    c.expects += uint32_t{kQuestion.size()};
    inject(c, TcpView::Ack, c.next, c.expects);
    deliver();
    return stack_->all_acknowledged(id);
  }

  static double cpu_us() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
  }
  // Runs the attack; says and bounds what a segment of it cost. Nothing may be held for it.
  template <class Attack>
  void under(const char* name, uint32_t segments, uint64_t answers_max, const Attack& attack) {
    deliver();
    const size_t free_before = copies_.available();
    const uint64_t out_before = out_;
    const double begin = cpu_us();
    for (uint32_t i = 0; i < segments; ++i) {
      attack(i);
      if (i % 64 == 0) pass_us(1);
    }
    deliver();
    const double each = (cpu_us() - begin) / segments;
    std::printf("%-34s %7u segments, %.2f us each, %lu answers, %zu buffers held\n", name, segments,
                each, out_ - out_before, free_before - copies_.available());
    EXPECT_LE(each, kMicrosecondsMax) << name;
    EXPECT_LE(out_ - out_before, answers_max) << name;
    EXPECT_EQ(copies_.available(), free_before) << name;
  }

  Client client(uint32_t number) const {
    return {IpAddress(0x0b000000U + number / 50'000),
            static_cast<uint16_t>(1'024 + number % 50'000), 1'000, 0};
  }

  mem::SegmentPool frames_{kBurst + 1, 2'048, mem::SegmentPool::Wipe::No};
  mem::SegmentPool copies_{4'096, 2'048, mem::SegmentPool::Wipe::No};
  std::unique_ptr<Stack> stack_;
  std::vector<Stack::Inbound> waiting_;
  std::mt19937 random_{3};
  base::Instant now_{1'000'000'000};
  TcpView last_;
  IpAddress last_destination_;
  uint64_t out_ = 0;
};

// RFC 4987: a flood as fast as the stack takes it, and clients that come in the middle of it.
TEST_F(UnderAttack, ClientsAreServedDuringASynFlood) {
  StackConfig config;
  config.connections_max = 4'096;
  config.half_open_max = 1'024;
  make(config);
  uint32_t tried = 0, served = 0;
  under("SYN flood", kSegments, kSegments + 1'000, [&](uint32_t i) {
    const Client liar{IpAddress(0x20000000U + static_cast<uint32_t>(random_() % 0x10000000U)),
                      static_cast<uint16_t>(1 + random_() % 65'535), 0, 0};
    inject(liar, TcpView::Syn, static_cast<uint32_t>(random_()), 0);
    if (i % 1'000 != 999) return;
    Client honest = client(i);
    ++tried;
    if (!open(honest)) return;
    const ConnectionId id = accepted();
    if (id && serve(honest, id)) ++served;
    stack_->abort(id);
  });
  std::printf("clients served in the flood: %u of %u (%.1f %%)\n", served, tried,
              100.0 * served / tried);
  EXPECT_EQ(served, tried);
  const PoolUse use = stack_->pool_use();
  EXPECT_LE(use.half_open, 1'024U);
  EXPECT_LE(use.connections_high_water, 1'024U + 1);
  EXPECT_GT(stack_->counters()[Counter::SynCookiesSent], kSegments / 2);
}

// A flood of ACKs that guess: cookies are checked by a hash and opened by nobody.
TEST_F(UnderAttack, GuessedCookiesOpenNothing) {
  StackConfig config;
  config.connections_max = 64;
  config.half_open_max = 8;
  make(config);
  for (uint32_t i = 0; i < 64; ++i) inject(client(i), TcpView::Syn, i, 0);
  deliver();
  const uint32_t before = stack_->connection_count();
  under("ACK flood while cookies are out", kSegments, 0, [&](uint32_t) {
    inject(client(100 + static_cast<uint32_t>(random_() % 100'000)), TcpView::Ack,
           static_cast<uint32_t>(random_()), static_cast<uint32_t>(random_()));
  });
  EXPECT_EQ(stack_->connection_count(), before);
  EXPECT_EQ(accepted(), ConnectionId{});
}

TEST_F(UnderAttack, BlindSegmentsAgainstOneConnection) {
  make(StackConfig{});
  Client victim = client(1);
  ASSERT_TRUE(open(victim));
  const ConnectionId id = accepted();
  ASSERT_TRUE(id);
  static const std::vector<uint8_t> bytes(100, 'z');
  const auto anywhere = [&] { return static_cast<uint32_t>(random_()) | 0x40000000U; };
  // RFC 5961 10: four challenges a second of this connection, and the attack lasts milliseconds.
  constexpr uint64_t kChallenges = 8 * kChallengeAcksPerWindow;
  under("blind RST", kSegments, kChallenges,
        [&](uint32_t) { inject(victim, TcpView::Rst, victim.next + anywhere(), 0); });
  under("blind SYN", kSegments, kChallenges,
        [&](uint32_t) { inject(victim, TcpView::Syn, anywhere(), 0); });
  under("blind ACK of what was never sent", kSegments, kChallenges, [&](uint32_t) {
    inject(victim, TcpView::Ack, victim.next, victim.expects + 1 + (anywhere() >> 2));
  });
  under("ACK storm at the edge", kSegments, kChallenges,
        [&](uint32_t) { inject(victim, TcpView::Ack, victim.next - 1, victim.expects); });
  // Each has an answer by RFC 9293 3.10.7.4, as large as itself or smaller.
  under("data far outside the window", kSegments, kSegments, [&](uint32_t) {
    inject(victim, TcpView::Ack, victim.next + 0x10000000U, victim.expects, bytes);
  });
  under("ICMP errors", kSegments, 0, [&](uint32_t i) {
    wire::QuotedTcp quoted;
    quoted.source = IpAddress(kOurs);
    quoted.destination = victim.address;
    quoted.source_port = kPort;
    quoted.destination_port = victim.port;
    quoted.sequence = anywhere();
    stack_->path_error(quoted, i % 2 == 0 ? PathError::TooBig : PathError::Unreachable, 600, now_);
  });
  EXPECT_EQ(stack_->state(id), State::Established);
  EXPECT_TRUE(serve(victim, id));
}

// Readers that open their window byte by byte, writers that send byte by byte, a thousand of each.
TEST_F(UnderAttack, SlowReadersAndWriters) {
  constexpr uint32_t kClients = 1'000;
  StackConfig config;
  config.connections_max = 2'048;
  config.half_open_max = 2'048;
  make(config);
  std::vector<Client> clients;
  std::vector<ConnectionId> ids;
  for (uint32_t i = 0; i < kClients; ++i) {
    clients.push_back(client(i));
    ASSERT_TRUE(open(clients.back()));
    ids.push_back(accepted());
  }
  const std::array<uint8_t, 1> one{'a'};
  const size_t before = copies_.available();
  for (uint32_t round = 0; round < 100; ++round) {
    for (Client& c : clients) inject(c, TcpView::Ack, c.next++, c.expects, one);
    pass_us(10'000);
  }
  deliver();
  std::printf("slow writers: %u bytes of each of %u hold %zu buffers\n", 100U, kClients,
              before - copies_.available());
  EXPECT_LE(before - copies_.available(), kClients);
  for (const ConnectionId id : ids) {
    stack_->receive_queue(id).clear();
    stack_->received(id, now_);
  }
  // Windows of one byte: an acknowledgment buys one segment, whatever is queued.
  const std::vector<uint8_t> answer(500, 'b');
  for (Client& c : clients) inject(c, TcpView::Ack, c.next, c.expects, {}, 0);
  deliver();
  for (const ConnectionId id : ids) {
    mem::ByteChain chain;
    ASSERT_TRUE(chain.append_copy(answer, copies_));
    stack_->send(id, std::move(chain));
  }
  stack_->flush(now_);
  const size_t queued = copies_.available();
  const uint64_t out_before = out_;
  constexpr uint32_t kRounds = 50;
  for (uint32_t round = 0; round < kRounds; ++round) {
    for (Client& c : clients) inject(c, TcpView::Ack, c.next, c.expects++, {}, 1);
    pass_us(10'000);
  }
  deliver();
  std::printf("one-byte windows: %lu segments for %u acknowledgments\n", out_ - out_before,
              kClients * kRounds);
  EXPECT_LE(out_ - out_before, uint64_t{kClients} * (kRounds + 10));
  EXPECT_EQ(copies_.available(), queued);
}

// All of the default port range towards one vendor, one address: then an answer, at once.
TEST_F(UnderAttack, EveryPortTowardsOneVendorIsTaken) {
  StackConfig config;
  config.connections_max = 40'000;
  config.half_open_max = 64;
  make(config);
  const uint32_t ports = config.ephemeral_port_last - config.ephemeral_port_first + 1U;
  const Endpoint vendor{IpAddress(0x0c000001), 443};
  std::vector<ConnectionId> ids;
  uint32_t refused = 0;
  // A port is drawn: the last free ones are found by chance, so refusals begin before the end.
  while (refused < 2'000) {
    const ConnectionId id = stack_->connect({IpAddress(kOurs), 0}, vendor, now_);
    if (id) {
      ids.push_back(id);
    } else {
      ++refused;
    }
    if (ids.size() % 64 == 0) stack_->flush(now_);
  }
  stack_->flush(now_);
  std::printf("ports: %zu of %u taken before 2,000 refusals\n", ids.size(), ports);
  EXPECT_GE(ids.size(), ports * 99U / 100U);
  EXPECT_LE(ids.size(), ports);
  EXPECT_EQ(stack_->counters()[Counter::ConnectNoPort], 2'000U);
  EXPECT_EQ(stack_->counters()[Counter::ConnectRefusedFull], 0U);
  // A refusal costs kPortTriesMax draws and no more.
  const double begin = cpu_us();
  for (uint32_t i = 0; i < 200; ++i)
    if (const ConnectionId id = stack_->connect({IpAddress(kOurs), 0}, vendor, now_))
      ids.push_back(id);
  const double each = (cpu_us() - begin) / 200;
  std::printf("a refused connect: %.1f us\n", each);
  EXPECT_LE(each, kMicrosecondsMax * kPortTriesMax / 4);
  // Another vendor, another address of ours, and clients that come to us do not suffer.
  EXPECT_TRUE(stack_->connect({IpAddress(kOurs), 0}, {IpAddress(0x0c000002), 443}, now_));
  EXPECT_TRUE(stack_->connect({IpAddress(kOurs + 1), 0}, vendor, now_));
  Client honest = client(1);
  ASSERT_TRUE(open(honest));
  Event event;
  ConnectionId served;
  while (stack_->next_event(event))
    if (event.kind == EventKind::Accepted) served = event.id;
  EXPECT_TRUE(served && serve(honest, served));
  // What is given back can be drawn again.
  for (size_t i = 0; i < ids.size() / 2; ++i) stack_->abort(ids[i]);
  EXPECT_TRUE(stack_->connect({IpAddress(kOurs), 0}, vendor, now_));
}

}  // namespace
}  // namespace sallyport::tcp
