// sallyport_bulk_bench: bulk transfers between two of our stacks over net_ring, and the same
// transfers between two Linux stacks over veth, in turn in one run.
//
//   sallyport_bulk_bench            five rounds
//   sallyport_bulk_bench --quick    one round of less: that it runs
// Both ends are counted, in bytes for a second of CPU: ours run in one thread by turns, Linux's are
// a sending and a receiving thread of this process. Linux is measured twice: as it comes (segments
// of 64 KiB pass veth whole), and segment by segment with checksums, as ours and as on a wire.
// Without root only ours.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <rte_eth_ring.h>
#include <rte_ring.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/nic/eal.h"
#include "dataplane/worker/worker.h"

namespace sallyport::bench {
namespace {

constexpr uint32_t kSourceAddress = 0x0a000001, kSinkAddress = 0x0a000002;
constexpr uint16_t kPort = 443;
constexpr size_t kPieceBytes = 16 * 1'024;
constexpr unsigned kRingSlots = 1'024;

struct Load {
  const char* name;
  uint32_t transfers;
  uint64_t bytes;  // of each
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double cpu_seconds(int who) {
  rusage use{};
  getrusage(who, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

// Reads and forgets; closes when the peer does.
class Sink final : public worker::Application {
 public:
  explicit Sink(worker::Worker& worker) : stack_(worker.stack()) {
    SP_CHECK(stack_.listen({kSinkAddress, kPort}));
  }
  void turn(const base::Clock& clock) noexcept override {
    tcp::Event event;
    while (stack_.next_event(event)) {
      if (tcp::ends_handle(event.kind)) continue;
      mem::ByteChain& queue = stack_.receive_queue(event.id);
      received += queue.size();
      queue.clear();
      stack_.received(event.id, clock.now);
      if (event.kind == tcp::EventKind::PeerClosed) stack_.release(event.id);
    }
  }
  base::Instant next_deadline() const noexcept override { return base::Instant{UINT64_MAX}; }
  uint64_t received = 0;

 private:
  tcp::Stack& stack_;
};

// Sends so many bytes on a connection, then on the next one.
class Source final : public worker::Application {
 public:
  explicit Source(worker::Worker& worker)
      : worker_(worker), stack_(worker.stack()), piece_(kPieceBytes, 'x') {}
  void begin(const Load& load) {
    left_transfers_ = load.transfers;
    bytes_ = load.bytes;
  }
  bool is_done() const { return left_transfers_ == 0 && !id_; }
  void turn(const base::Clock& clock) noexcept override {
    tcp::Event event;
    while (stack_.next_event(event))
      if (tcp::ends_handle(event.kind)) SP_CHECK(event.kind == tcp::EventKind::Closed);
    if (!id_ && left_transfers_ > 0) {
      id_ = stack_.connect({kSourceAddress, 0}, {kSinkAddress, kPort}, clock.now);
      SP_CHECK(id_);
      --left_transfers_;
      left_bytes_ = bytes_;
    }
    if (!id_) return;
    while (left_bytes_ > 0) {
      const size_t part = std::min({stack_.send_room(id_), piece_.size(), left_bytes_});
      mem::ByteChain chain;
      if (part == 0 || !chain.append_copy({piece_.data(), part}, worker_.copies())) return;
      stack_.send(id_, std::move(chain));
      left_bytes_ -= part;
    }
    if (!stack_.all_acknowledged(id_)) return;
    stack_.release(id_);
    id_ = {};
  }
  base::Instant next_deadline() const noexcept override { return base::Instant{UINT64_MAX}; }

 private:
  worker::Worker& worker_;
  tcp::Stack& stack_;
  std::vector<uint8_t> piece_;
  tcp::ConnectionId id_;
  uint32_t left_transfers_ = 0;
  size_t bytes_ = 0, left_bytes_ = 0;
};

class Pair {
 public:
  explicit Pair(uint32_t memory_mib) {
    nic::EalConfig eal;
    eal.use_hugepages = false;
    eal.memory_mib = memory_mib;
    eal.main_cores = {0};
    eal.worker_cores = {static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1};
    std::string error;
    if (!nic::Eal::start(eal, error)) leave(error);
    std::array<rte_ring*, 2> rings{};
    for (unsigned i = 0; i < 2; ++i)
      rings[i] =
          rte_ring_create(i == 0 ? "bulk0" : "bulk1", kRingSlots, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
    for (unsigned i = 0; i < 2; ++i) {
      const std::string name = i == 0 ? "source" : "sink";
      SP_CHECK(rte_eth_from_rings(name.c_str(), &rings[i], 1, &rings[1 - i], 1, 0) >= 0);
      nic::PortConfig port;
      port.name = name;
      port.device = "net_ring_" + name;
      port.frames = 4'096;
      ports_[i] = nic::Port::open(port, error);
      if (ports_[i] == nullptr) leave(error);
      worker::WorkerConfig config;
      config.stack.connections_max = 256;
      config.stack.table_key = {i + 1, 2};
      config.stack.sequence_key = {i + 3, 4};
      config.stack.receive_bytes_max = config.stack.send_bytes_max = 1U << 20;
      worker::AttachedPort attached;
      attached.queue = &ports_[i]->queue(0);
      attached.interface.mac = ports_[i]->mac();
      attached.interface.address = i == 0 ? kSourceAddress : kSinkAddress;
      config.ports.push_back(attached);
      workers_[i] = std::make_unique<worker::Worker>(config);
    }
    source_ = std::make_unique<Source>(*workers_[0]);
    sink_ = std::make_unique<Sink>(*workers_[1]);
    workers_[0]->attach(*source_);
    workers_[1]->attach(*sink_);
  }
  ~Pair() {
    for (auto& w : workers_) w->stack().drop_all();
  }
  // Bytes for a second of CPU, both ends.
  double run(const Load& load) {
    const uint64_t before = sink_->received;
    const uint64_t wanted = load.transfers * load.bytes;
    source_->begin(load);
    const double begin = cpu_seconds(RUSAGE_THREAD);
    while (!source_->is_done() || sink_->received - before < wanted) {
      workers_[0]->turn();
      workers_[1]->turn();
    }
    return static_cast<double>(wanted) / (cpu_seconds(RUSAGE_THREAD) - begin);
  }

 private:
  [[noreturn]] static void leave(const std::string& error) {
    std::fprintf(stderr, "sallyport_bulk_bench: %s\n", error.c_str());
    std::exit(1);
  }
  std::array<std::unique_ptr<nic::Port>, 2> ports_;
  std::array<std::unique_ptr<worker::Worker>, 2> workers_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Sink> sink_;
};

bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Two network namespaces with a veth pair, each named by a descriptor.
class Veth {
 public:
  Veth() {
    const int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home < 0 || unshare(CLONE_NEWNET) != 0) return;
    sink_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (unshare(CLONE_NEWNET) != 0) return;
    source_ = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    const std::string sink = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(sink_);
    works_ = shell("ip link add sp_bulk0 type veth peer name sp_bulk1 netns " + sink) &&
             shell("ip address add 10.8.0.1/24 dev sp_bulk0 && ip link set sp_bulk0 up") &&
             shell("nsenter --net=" + sink +
                   " sh -c 'ip address add 10.8.0.2/24 dev sp_bulk1 && ip link set sp_bulk1 up'");
    enter_sink_ = "nsenter --net=" + sink + " ";
    SP_CHECK(setns(home, CLONE_NEWNET) == 0);
    close(home);
  }
  bool works() const { return works_; }
  // Checksums and segments by software, as on a wire.
  bool without_offloads() {
    bool good = false;
    std::thread([&] {
      const std::string off = "ethtool -K %s tx off rx off sg off tso off gso off gro off";
      SP_CHECK(setns(source_, CLONE_NEWNET) == 0);
      const auto on = [&](const char* device) {
        std::string text = off;
        return text.replace(text.find("%s"), 2, device);
      };
      good = shell(on("sp_bulk0")) && shell(enter_sink_ + on("sp_bulk1"));
    }).join();
    return good;
  }
  double run(const Load& load) {
    const double begin = cpu_seconds(RUSAGE_SELF);
    int listener = -1;
    std::thread receiver([&] { receive(load, listener); });
    std::thread sender([&] { send(load, listener); });
    sender.join();
    receiver.join();
    return static_cast<double>(load.transfers * load.bytes) / (cpu_seconds(RUSAGE_SELF) - begin);
  }

 private:
  static sockaddr_in address(uint32_t host) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(host);
    at.sin_port = htons(kPort);
    return at;
  }
  void receive(const Load& load, int& listener) const {
    SP_CHECK(setns(sink_, CLONE_NEWNET) == 0);
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const sockaddr_in at = address(0x0a080002);
    SP_CHECK(bind(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    SP_CHECK(listen(made, 16) == 0);
    __atomic_store_n(&listener, made, __ATOMIC_RELEASE);
    std::vector<uint8_t> room(256 * 1'024);
    for (uint32_t i = 0; i < load.transfers; ++i) {
      const int peer = accept(made, nullptr, nullptr);
      while (read(peer, room.data(), room.size()) > 0) continue;
      close(peer);
    }
    close(made);
  }
  void send(const Load& load, const int& listener) const {
    SP_CHECK(setns(source_, CLONE_NEWNET) == 0);
    while (__atomic_load_n(&listener, __ATOMIC_ACQUIRE) < 0) sched_yield();
    const std::vector<uint8_t> piece(kPieceBytes, 'x');
    for (uint32_t i = 0; i < load.transfers; ++i) {
      const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in at = address(0x0a080002);
      SP_CHECK(connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
      for (uint64_t left = load.bytes; left > 0;) {
        const ssize_t sent = write(made, piece.data(), std::min<uint64_t>(left, piece.size()));
        SP_CHECK(sent > 0);
        left -= static_cast<uint64_t>(sent);
      }
      close(made);
    }
  }

  int source_ = -1, sink_ = -1;
  std::string enter_sink_;
  bool works_ = false;
};

void print(const char* what, const std::vector<double>& ours, const std::vector<double>& theirs) {
  std::vector<double> ratios;
  for (size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
  std::printf("  %-34s %7.2f GB/s; ours to it %.2f (%.2f to %.2f)\n", what, median(theirs) / 1e9,
              median(ratios), *std::min_element(ratios.begin(), ratios.end()),
              *std::max_element(ratios.begin(), ratios.end()));
}

int run(bool quick) {
  const size_t rounds = quick ? 1 : 5;
  const uint64_t scale = quick ? 8 : 1;
  const std::array<Load, 2> loads{
      {{"one of 256 MB", 1, (256ULL << 20) / scale},
       {"256 of 1 MB", static_cast<uint32_t>(256 / scale), 1ULL << 20}}};
  Veth whole, segments;
  const bool has_linux = whole.works() && segments.works() && segments.without_offloads();
  if (!has_linux) std::printf("SKIP: Linux over veth (needs root, ip, ethtool)\n");
  Pair pair(256);
  std::printf("bytes for a CPU second, both ends together; MTU 1,500; medians of %zu rounds\n",
              rounds);
  for (const Load& load : loads) {
    std::vector<double> ours, linux_whole, linux_segments;
    for (size_t round = 0; round < rounds; ++round) {
      ours.push_back(pair.run(load));
      if (!has_linux) continue;
      linux_whole.push_back(whole.run(load));
      linux_segments.push_back(segments.run(load));
    }
    std::printf("%s: ours over net_ring %.2f GB/s (%.2f to %.2f)\n", load.name, median(ours) / 1e9,
                *std::min_element(ours.begin(), ours.end()) / 1e9,
                *std::max_element(ours.begin(), ours.end()) / 1e9);
    if (!has_linux) continue;
    print("Linux over veth, as on a wire", ours, linux_segments);
    print("Linux over veth, 64 KiB segments", ours, linux_whole);
  }
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
  if (argc > 1 && !quick) {
    std::fprintf(stderr, "usage: sallyport_bulk_bench [--quick]\n");
    return 2;
  }
  return sallyport::bench::run(quick);
}
