// Four workers share one port whose queues are rings. The test is everybody on the other side: it
// opens connections to the workers' listener, and is the vendor that each worker then connects to.
// What a device would do is done by hand: frames go to a queue at random (no RSS at all), by the
// port's key and table (RSS), or by a hash that the workers do not expect. The workers share two
// cores, so nothing here is about time.
#include "dataplane/worker/team.h"

#include <gtest/gtest.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <unistd.h>

#include <ctime>
#include <functional>
#include <random>

#include "dataplane/mem/byte_chain.h"
#include "dataplane/nic/eal.h"
#include "dataplane/nic/packet_socket.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/ethernet.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/worker/worker.h"

namespace sallyport::worker {
namespace {

constexpr uint16_t kWorkers = 4;
constexpr uint32_t kGateway = 0x0a000001, kClient = 0x0a000002, kVendor = 0x0a000003;
constexpr uint32_t kConnections = 160;
constexpr uint32_t kAtATime = 24;
constexpr size_t kPayloadBytes = 6'000;

base::Instant now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return base::Instant{static_cast<uint64_t>(t.tv_sec) * base::kNsPerS +
                       static_cast<uint64_t>(t.tv_nsec)};
}

// The port, and the far ends of its queues.
struct Wires {
  std::array<rte_ring*, kWorkers> to_workers{}, from_workers{};
  std::unique_ptr<nic::Port> port;
  rte_mempool* frames = nullptr;
};

Wires& wires() {
  static Wires* const made = [] {
    auto* w = new Wires;
    nic::EalConfig eal;
    eal.use_hugepages = false;
    eal.memory_mib = 96;
    const int last = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1;
    eal.main_cores = {0};
    eal.worker_cores = {0, last, 0, last};
    std::string error;
    EXPECT_TRUE(nic::Eal::start(eal, error)) << error;
    for (uint16_t i = 0; i < kWorkers; ++i) {
      w->to_workers[i] = rte_ring_create(("to" + std::to_string(i)).c_str(), 1'024, 0, 0);
      w->from_workers[i] = rte_ring_create(("from" + std::to_string(i)).c_str(), 1'024, 0, 0);
    }
    EXPECT_GE(rte_eth_from_rings("team", w->to_workers.data(), kWorkers, w->from_workers.data(),
                                 kWorkers, 0),
              0);
    nic::PortConfig config;
    config.name = "team";
    config.device = "net_ring_team";
    config.queue_count = kWorkers;
    config.frames = 8'192;
    w->port = nic::Port::open(config, error);
    EXPECT_NE(w->port, nullptr) << error;
    w->frames = rte_mempool_lookup("frames_team");
    return w;
  }();
  return *made;
}

// Client bytes to the vendor and back, both legs on this worker.
class Splice final : public Application {
 public:
  explicit Splice(Worker& worker) : stack_(worker.stack()), other_(1'024) {
    stack_.listen({kGateway, 443});
  }
  void turn(const base::Clock& clock) noexcept override {
    tcp::Event event;
    while (stack_.next_event(event)) {
      if (event.kind == tcp::EventKind::Accepted) {
        const auto leg = stack_.connect({kGateway, 0}, {kVendor, 443}, clock.now);
        if (!leg) std::abort();
        pair(event.id, leg);
        ++accepted;
      } else if (event.kind == tcp::EventKind::Connected) {
        ++connected;
        move(other_[event.id.index], clock.now);
      } else if (tcp::ends_handle(event.kind)) {
        continue;
      }
      move(event.id, clock.now);
    }
  }
  base::Instant next_deadline() const noexcept override { return base::Instant{UINT64_MAX}; }

  uint32_t accepted = 0, connected = 0;  // read when the worker has ended

 private:
  void pair(tcp::ConnectionId a, tcp::ConnectionId b) {
    other_[a.index] = b;
    other_[b.index] = a;
  }
  void move(tcp::ConnectionId from, base::Instant at) {
    const tcp::ConnectionId to = other_[from.index];
    mem::ByteChain& queue = stack_.receive_queue(from);
    if (!queue.empty() && stack_.send_room(to) >= queue.size() &&
        stack_.state(to) == tcp::State::Established) {
      mem::ByteChain bytes;
      bytes.append(std::move(queue));
      stack_.received(from, at);
      stack_.send(to, std::move(bytes));
    }
    if (stack_.peer_closed(from) && queue.empty()) stack_.shutdown_send(to);
  }

  tcp::Stack& stack_;
  std::vector<tcp::ConnectionId> other_;
};

struct Client {
  tcp::ConnectionId id;
  uint32_t number = 0;
  std::vector<uint8_t> back;
};

// A device that was asked to write the checksum sums what it finds from the TCP header on, the sum
// of the pseudo header in the field included (DPDK's contract).
void finish_like_a_device(rte_mbuf* mbuf) {
  if ((mbuf->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) == 0) return;
  uint8_t* const tcp = rte_pktmbuf_mtod(mbuf, uint8_t*) + mbuf->l2_len + mbuf->l3_len;
  wire::Checksum sum;
  sum.add({tcp, mbuf->data_len - size_t{mbuf->l2_len} - mbuf->l3_len});
  wire::store_be16(tcp + 16, sum.finish());
}

using Spread = std::function<uint16_t(rte_mbuf*)>;  // the queue of a frame

// The world beyond the port: one stack that is client and vendor.
class World final : ip::FrameSink, ip::SegmentHandler, tcp::Egress {
 public:
  explicit World(Spread spread)
      : spread_(std::move(spread)),
        copies_(4'096, 2'048, mem::SegmentPool::Wipe::No),
        stack_(settings(), *this, copies_),
        interface_(address(), *this, *this) {
    EXPECT_TRUE(stack_.listen({kVendor, 443}));
    interface_.announce(now());
  }

  // Until every connection brought its bytes back, or the time is over.
  void run() {
    const base::Instant end = base::after_ms(now(), 60'000);
    while (done < kConnections && failed == 0 && now() < end) {
      turn();
      usleep(50);
    }
    for (int i = 0; i < 400; ++i) {  // FINs
      turn();
      usleep(100);
    }
  }

  uint32_t done = 0, failed = 0;

 private:
  static tcp::StackConfig settings() {
    tcp::StackConfig config;
    config.connections_max = 1'024;
    config.table_key = {1, 2};
    config.sequence_key = {3, 4};
    return config;
  }
  static ip::InterfaceConfig address() {
    ip::InterfaceConfig config;
    config.mac = {2, 0, 0, 0, 0, 9};
    config.address = kClient;
    config.more_addresses = {wire::IpAddress(kVendor)};
    return config;
  }

  void turn() {
    now_ = now();
    take_frames();
    stack_.advance(now_);
    interface_.advance(now_);
    while (open_ < kAtATime && begun_ < kConnections) begin();
    tcp::Event event;
    while (stack_.next_event(event)) handle(event);
    stack_.flush(now_);
  }
  void take_frames() {
    for (rte_ring* ring : wires().from_workers) {
      void* frame = nullptr;
      while (rte_ring_dequeue(ring, &frame) == 0) {
        auto* const mbuf = static_cast<rte_mbuf*>(frame);
        mem::Segment* segment = copies_.allocate();
        ASSERT_NE(segment, nullptr);
        finish_like_a_device(mbuf);
        std::memcpy(segment->storage, rte_pktmbuf_mtod(mbuf, uint8_t*), mbuf->data_len);
        segment->size = mbuf->data_len;
        rte_pktmbuf_free(mbuf);
        interface_.input(segment, now_);
      }
    }
  }
  void begin() {
    const auto id = stack_.connect({kClient, 0}, {kGateway, 443}, now_);
    ASSERT_TRUE(stack_.is_live(id));
    if (clients_.size() <= id.index) clients_.resize(id.index + 1);
    clients_[id.index] = Client{id, begun_++, {}};
    ++open_;
  }
  static std::vector<uint8_t> payload(uint32_t number) {
    std::vector<uint8_t> bytes(kPayloadBytes);
    std::mt19937 random(number);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    return bytes;
  }
  void send(tcp::ConnectionId id, std::span<const uint8_t> bytes) {
    mem::ByteChain chain;
    ASSERT_TRUE(chain.append_copy(bytes, copies_));
    stack_.send(id, std::move(chain));
  }
  void handle(const tcp::Event& event) {
    const bool is_client =
        event.id.index < clients_.size() && clients_[event.id.index].id == event.id;
    if (event.kind == tcp::EventKind::Connected) {
      send(event.id, payload(clients_[event.id.index].number));
    } else if (event.kind == tcp::EventKind::Readable && is_client) {
      client_reads(clients_[event.id.index]);
    } else if (event.kind == tcp::EventKind::Readable) {  // the vendor: an echo
      mem::ByteChain bytes;
      bytes.append(std::move(stack_.receive_queue(event.id)));
      stack_.received(event.id, now_);
      stack_.send(event.id, std::move(bytes));
    } else if (event.kind == tcp::EventKind::PeerClosed) {
      stack_.shutdown_send(event.id);
    } else if (event.kind == tcp::EventKind::Reset || event.kind == tcp::EventKind::TimedOut) {
      ++failed;
    }
  }
  void client_reads(Client& client) {
    mem::ByteChain& queue = stack_.receive_queue(client.id);
    for (const mem::Segment* s = queue.first(); s != nullptr; s = s->next)
      client.back.insert(client.back.end(), s->bytes().begin(), s->bytes().end());
    queue.clear();
    stack_.received(client.id, now_);
    if (client.back.size() < kPayloadBytes) return;
    EXPECT_EQ(client.back, payload(client.number)) << client.number;
    stack_.shutdown_send(client.id);
    ++done;
    --open_;
  }

  std::span<uint8_t> frame() noexcept override { return buffer_; }
  void commit(size_t bytes) noexcept override {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(wires().frames);
    if (mbuf == nullptr) return;  // a loss
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<uint16_t>(bytes)), buffer_.data(), bytes);
    const uint16_t queue = spread_(mbuf);
    if (rte_ring_enqueue(wires().to_workers[queue], mbuf) != 0) rte_pktmbuf_free(mbuf);
  }
  void tcp_segment(const wire::IpAddress& source, const wire::IpAddress& destination,
                   mem::Segment* segment, base::Instant at) noexcept override {
    stack_.input(source, destination, segment, at);
  }
  bool transmit(const tcp::SegmentOut& out) noexcept override {
    return interface_.send_from(wire::IpProtocol::Tcp, out.source, out.destination, out.header,
                                out.payload, out.now) != ip::Interface::Send::NoBuffer;
  }

  Spread spread_;
  std::array<uint8_t, 2'048> buffer_{};
  mem::SegmentPool copies_;
  tcp::Stack stack_;
  ip::Interface interface_;
  std::vector<Client> clients_;
  base::Instant now_;
  uint32_t begun_ = 0, open_ = 0;
};

struct Sums {
  uint64_t handed_over = 0, taken_over = 0, full = 0, copied = 0, copy_lost = 0, differs = 0;
  uint64_t resets = 0, no_interface = 0;
};

// Four workers on the port for as long as one world lasts.
class Team4 {
 public:
  explicit Team4(bool device, bool writes_checksums = false) {
    SteeringConfig steering;
    steering.seats = kWorkers;
    steering.listening = {{kGateway, 443}};
    steering.key = wires().port->rss().key;
    steering.table = wires().port->rss().table;
    steering.device = device;
    static int made = 0;
    std::vector<Seat> seats;
    for (uint16_t i = 0; i < kWorkers; ++i) {
      doors_.push_back(
          std::make_unique<HandOver>("door" + std::to_string(made) + "_" + std::to_string(i)));
      seats.push_back({doors_.back().get(), 0});
    }
    ++made;
    team_ = std::make_unique<Team>(std::move(steering), std::move(seats));
    for (uint16_t i = 0; i < kWorkers; ++i) {
      WorkerConfig config;
      config.index = i;
      config.idle = Idle::Adaptive;
      config.copy_segments = 2'048;
      config.stack.connections_max = 512;
      config.stack.table_key = {5, i};
      config.stack.sequence_key = {6, i};
      config.door = doors_[i].get();
      ip::InterfaceConfig interface;
      interface.mac = wires().port->mac();
      interface.address = kGateway;
      config.ports = {
          {&wires().port->queue(i), interface, false, team_.get(), i, writes_checksums}};
      workers_.push_back(std::make_unique<Worker>(config));
      splices_.push_back(std::make_unique<Splice>(*workers_.back()));
      workers_.back()->attach(*splices_.back());
    }
    for (uint16_t i = 0; i < kWorkers; ++i)
      EXPECT_TRUE(nic::launch_worker(
          i, [](void* worker) { return static_cast<Worker*>(worker)->run(), 0; },
          workers_[i].get()));
  }
  ~Team4() { stop(); }

  Sums stop() {
    for (auto& worker : workers_) worker->stop();
    for (uint16_t i = 0; i < kWorkers; ++i) nic::join_worker(i);
    Sums sums;
    for (auto& worker : workers_) {
      const TeamCounters& team = worker->counters().team;
      sums.handed_over += team.handed_over;
      sums.taken_over += team.taken_over;
      sums.full += team.hand_over_full;
      sums.copied += team.copied;
      sums.copy_lost += team.copy_lost;
      sums.differs += team.hash_differs;
      sums.no_interface += worker->counters().no_interface;
      sums.resets += worker->stack().counters()[tcp::Counter::SentReset];
      worker->stack().drop_all();
    }
    return sums;
  }
  const Splice& splice(uint16_t i) const { return *splices_[i]; }
  Team& team() { return *team_; }

 private:
  std::vector<std::unique_ptr<HandOver>> doors_;
  std::unique_ptr<Team> team_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Splice>> splices_;
};

// What a device with RSS does: hash, table, and the hash in the mbuf.
uint16_t by_rss(rte_mbuf* mbuf, uint32_t twist) {
  const uint8_t* const p = rte_pktmbuf_mtod(mbuf, const uint8_t*);
  if (wire::load_be16(p + 12) != 0x0800 || p[23] != 6) return 0;
  std::array<uint8_t, 12> input;
  std::memcpy(input.data(), p + 26, 8);
  std::memcpy(input.data() + 8, p + 34, 4);
  static const nic::Toeplitz toeplitz(wires().port->rss().key);
  mbuf->hash.rss = toeplitz.hash(input) ^ twist;
  mbuf->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
  const auto& table = wires().port->rss().table;
  return table[mbuf->hash.rss & (table.size() - 1)];
}

// `late_acks`: frames of one connection overtake each other, and an old ACK that comes after the
// end of its connection is answered by RST (RFC 9293 3.10.7.1).
void expect_all_served(const World& world, const Team4& workers, const Sums& sums,
                       uint64_t late_acks = 0) {
  EXPECT_EQ(world.done, kConnections);
  EXPECT_EQ(world.failed, 0U);
  uint32_t accepted = 0;
  for (uint16_t i = 0; i < kWorkers; ++i) {
    EXPECT_GT(workers.splice(i).accepted, 0U) << "worker " << i;
    EXPECT_EQ(workers.splice(i).connected, workers.splice(i).accepted) << "worker " << i;
    accepted += workers.splice(i).accepted;
  }
  EXPECT_EQ(accepted, kConnections);
  // A segment of a worker that another one saw would have been answered so.
  EXPECT_LE(sums.resets, late_acks);
  EXPECT_EQ(sums.full, 0U);
  EXPECT_EQ(sums.no_interface, 0U);
  EXPECT_EQ(sums.taken_over, sums.handed_over + sums.copied);
  EXPECT_GT(sums.copied, 0U) << "ARP is heard by all";
}

TEST(Team, OnADeviceThatSpreadsAtRandomEveryFrameFindsItsWorker) {
  ASSERT_FALSE(wires().port->rss().device) << "rings have no RSS";
  ASSERT_EQ(wires().port->rss().why, "the device has no RSS over TCP");
  Team4 workers(false);
  std::mt19937 random(1);
  World world([&random](rte_mbuf*) { return static_cast<uint16_t>(random() % kWorkers); });
  world.run();
  const Sums sums = workers.stop();
  expect_all_served(world, workers, sums, kConnections / 8);
  EXPECT_GT(sums.handed_over, kConnections) << "three of four frames arrive elsewhere";
}

TEST(Team, WithRssBothLegsOfEveryPairArriveAtTheirOwner) {
  Team4 workers(true);
  World world([](rte_mbuf* mbuf) { return by_rss(mbuf, 0); });
  world.run();
  const Sums sums = workers.stop();
  expect_all_served(world, workers, sums);
  EXPECT_EQ(sums.handed_over, 0U);
  EXPECT_EQ(sums.differs, 0U);
  EXPECT_TRUE(workers.team().steering.believes_device(false));
}

TEST(Team, ADeviceThatHashesOtherwiseIsNoticedAndEveryFrameStillFindsItsWorker) {
  Team4 workers(true);
  World world([](rte_mbuf* mbuf) { return by_rss(mbuf, 0x5a5a5a5a); });
  world.run();
  const Sums sums = workers.stop();
  expect_all_served(world, workers, sums);
  EXPECT_GT(sums.differs, 0U);
  EXPECT_FALSE(workers.team().steering.believes_device(false));
  EXPECT_GT(sums.handed_over, 0U);
}

uint64_t checksums_sent() {
  uint64_t sum = 0;
  for (uint16_t i = 0; i < kWorkers; ++i) sum += wires().port->queue(i).counters().checksums_sent;
  return sum;
}

// The same transfers with the checksums of both directions left to the device: what arrives is
// compared byte by byte, as in the software runs above.
TEST(Team, WithChecksumsLeftToTheDeviceEveryByteArrivesToo) {
  const uint64_t before = checksums_sent();
  Team4 workers(false, true);
  World world([](rte_mbuf* mbuf) {
    mbuf->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
    return by_rss(mbuf, 0);
  });
  world.run();
  const Sums sums = workers.stop();
  expect_all_served(world, workers, sums);
  EXPECT_GT(checksums_sent(), before + kConnections * 4);
}

// One worker alone, turned by hand.
class OneWorker : public testing::Test {
 protected:
  OneWorker() {
    WorkerConfig config;
    config.copy_segments = 64;
    config.stack.connections_max = 16;
    ip::InterfaceConfig interface;
    interface.mac = wires().port->mac();
    interface.address = kGateway;
    config.ports = {{&wires().port->queue(0), interface}};
    worker_ = std::make_unique<Worker>(config);
    EXPECT_TRUE(worker_->stack().listen({kGateway, 443}));
  }
  // A SYN with a checksum that is wrong by `wrong`.
  static rte_mbuf* syn(uint16_t port, uint16_t wrong) {
    rte_mbuf* mbuf = rte_pktmbuf_alloc(wires().frames);
    auto* const frame = reinterpret_cast<uint8_t*>(rte_pktmbuf_append(mbuf, 54));
    const auto mac = wires().port->mac();
    wire::EthernetView{mac, {2, 0, 0, 0, 0, 9}, wire::EtherType::Ipv4}.write({frame, 54});
    wire::Ipv4View ip;
    ip.source = kClient;
    ip.destination = kGateway;
    ip.protocol = 6;
    ip.ttl = 64;
    ip.total_bytes = 40;
    ip.write({frame + 14, 20});
    wire::TcpView tcp;
    tcp.source_port = port;
    tcp.destination_port = 443;
    tcp.flags = wire::TcpView::Syn;
    std::array<uint8_t, 60> header{};
    tcp.write(header);
    std::memcpy(frame + 34, header.data(), 20);
    wire::write_tcp_checksum(kClient, kGateway, {frame + 34, 20}, {});
    wire::store_be16(frame + 50, static_cast<uint16_t>(wire::load_be16(frame + 50) + wrong));
    return mbuf;
  }
  void arrives(rte_mbuf* mbuf) {
    ASSERT_EQ(rte_ring_enqueue(wires().to_workers[0], mbuf), 0);
    worker_->turn();
  }
  uint64_t counted(tcp::Counter counter) { return worker_->stack().counters()[counter]; }
  const nic::QueueCounters& queue() { return wires().port->queue(0).counters(); }

  std::unique_ptr<Worker> worker_;
};

TEST_F(OneWorker, OnlyTheDevicesGoodIsBelievedEverythingElseIsComputed) {
  uint16_t port = 1'000;
  const std::array<uint64_t, 3> others{RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN, RTE_MBUF_F_RX_L4_CKSUM_BAD,
                                       RTE_MBUF_F_RX_L4_CKSUM_NONE};
  for (const uint64_t said : others) {
    const uint32_t before = worker_->stack().connection_count();
    const uint64_t bad_before = counted(tcp::Counter::BadChecksum);
    rte_mbuf* wrong = syn(++port, 1);
    wrong->ol_flags |= said;
    arrives(wrong);
    EXPECT_EQ(counted(tcp::Counter::BadChecksum), bad_before + 1) << said;
    EXPECT_EQ(worker_->stack().connection_count(), before) << said;
    rte_mbuf* right = syn(++port, 0);
    right->ol_flags |= said;
    arrives(right);
    EXPECT_EQ(worker_->stack().connection_count(), before + 1) << said;
  }
  rte_mbuf* good = syn(++port, 1);
  good->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
  arrives(good);
  EXPECT_EQ(worker_->stack().connection_count(), 4U) << "not computed again";
}

TEST_F(OneWorker, AFrameInPiecesIsGatheredAndOneThatFitsNowhereIsCounted) {
  const uint64_t gathered = queue().gathered;
  const uint64_t dropped = queue().multi_segment_dropped;
  rte_mbuf* whole = syn(2'000, 0);
  rte_mbuf* tail = rte_pktmbuf_alloc(wires().frames);
  std::memcpy(rte_pktmbuf_append(tail, 14), rte_pktmbuf_mtod_offset(whole, uint8_t*, 40), 14);
  rte_pktmbuf_trim(whole, 14);
  ASSERT_EQ(rte_pktmbuf_chain(whole, tail), 0);
  arrives(whole);
  EXPECT_EQ(queue().gathered, gathered + 1);
  EXPECT_EQ(worker_->stack().connection_count(), 1U);

  rte_mbuf* large = rte_pktmbuf_alloc(wires().frames);
  rte_pktmbuf_append(large, 1'500);
  rte_mbuf* more = rte_pktmbuf_alloc(wires().frames);
  rte_pktmbuf_append(more, 1'500);
  ASSERT_EQ(rte_pktmbuf_chain(large, more), 0);
  arrives(large);
  EXPECT_EQ(queue().multi_segment_dropped, dropped + 1);
}

TEST(PortOffloads, EachChoiceIsSaidWithItsReason) {
  const std::vector<std::string> lines = wires().port->offloads().lines();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0], "receive checksum: software (the device has none)");
  EXPECT_EQ(lines[1], "send checksum: software (the device has none)");
  EXPECT_EQ(lines[2],
            "segmentation: software (the stack cuts segments itself: the device has none)");
}

TEST(PacketSocket, CutsFramesAtWhatItsRingHolds) {
  EXPECT_EQ(nic::snap_bytes("net_af_packet0", "iface=eth0"), 1'982U);
  EXPECT_EQ(nic::snap_bytes("net_af_packet0", "iface=eth0,framesz=9216,blocksz=36864"), 9'150U);
  EXPECT_TRUE(nic::ring_is_even("net_af_packet0", "iface=eth0"));
  EXPECT_TRUE(nic::ring_is_even("net_af_packet0", "framesz=9216,blocksz=36864"));
  EXPECT_FALSE(nic::ring_is_even("net_af_packet0", "framesz=9088,blocksz=12288"));
  EXPECT_EQ(nic::snap_bytes("net_tap0", "iface=eth0"), UINT32_MAX);
}

TEST(HandOver, FullIsAnAnswerAndWhatWaitsIsGivenBack) {
  const unsigned free_before = rte_mempool_avail_count(wires().frames);
  {
    HandOver door("door_full");
    nic::Queue& queue = wires().port->queue(0);
    const std::array<uint8_t, 60> bytes{};
    mem::Segment model;
    model.storage = const_cast<uint8_t*>(bytes.data());
    model.size = model.capacity = bytes.size();
    for (unsigned i = 0; i < kHandOverFramesMax; ++i) {
      mem::Segment* frame = queue.copy(model);
      ASSERT_NE(frame, nullptr);
      ASSERT_TRUE(door.give({frame, i, 0})) << i;
    }
    mem::Segment* one_more = queue.copy(model);
    EXPECT_FALSE(door.give({one_more, 0, 0}));
    mem::release(one_more);
    EXPECT_EQ(door.waiting(), kHandOverFramesMax);
    std::array<Handed, 3> taken;
    ASSERT_EQ(door.take(taken), 3U);
    for (uint32_t i = 0; i < taken.size(); ++i) {
      EXPECT_EQ(taken[i].side, i) << "in order";
      mem::release(taken[i].segment);
    }
    EXPECT_FALSE(door.begin_sleep()) << "frames wait";
  }
  EXPECT_EQ(rte_mempool_avail_count(wires().frames), free_before);
}

TEST(HandOver, ASleeperIsWokenOnceAndNobodyElse) {
  HandOver door("door_bell");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  door.set_bell(ends[1]);
  door.ring_bell();  // nobody sleeps
  ASSERT_TRUE(door.begin_sleep());
  door.ring_bell();
  door.ring_bell();
  close(ends[1]);
  std::array<char, 32> rung{};
  EXPECT_EQ(read(ends[0], rung.data(), rung.size()), 8);
  close(ends[0]);
}

TEST(PortQueues, AFrameThatTheDeviceNeverTakesMakesWayForTheOthers) {
  nic::Queue& queue = wires().port->queue(3);
  const auto drain = [] {
    void* frame = nullptr;
    while (rte_ring_dequeue(wires().from_workers[3], &frame) == 0)
      rte_pktmbuf_free(static_cast<rte_mbuf*>(frame));
  };
  drain();
  while (!queue.frame().empty()) queue.commit(60);  // until ring and queue are full
  const size_t before = queue.queued();
  const uint64_t refused = queue.counters().transmit_refused;
  for (uint32_t i = 0; i < nic::kRefusalsMax + 2; ++i) queue.flush();
  EXPECT_EQ(queue.counters().transmit_refused, refused + 1);
  EXPECT_EQ(queue.queued(), before - 1);
  drain();
  queue.flush();
  EXPECT_EQ(queue.queued(), 0U);
  drain();
}

TEST(PortQueues, MoreWorkersThanSendQueuesIsRefusedWithAWayOut) {
  ASSERT_NE(wires().port, nullptr);
  std::array<rte_ring*, 2> rings{rte_ring_create("few0", 64, 0, 0),
                                 rte_ring_create("few1", 64, 0, 0)};
  ASSERT_GE(rte_eth_from_rings("few", rings.data(), 2, rings.data(), 2, 0), 0);
  nic::PortConfig config;
  config.name = "few";
  config.device = "net_ring_few";
  config.queue_count = 3;
  std::string error;
  EXPECT_EQ(nic::Port::open(config, error), nullptr);
  EXPECT_NE(error.find("it has 2 send queues for 3 workers: name fewer in ports.few.workers"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace sallyport::worker
