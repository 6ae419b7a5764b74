// sallyport_tcp_bench: what the TCP stack costs at 1, 1,000, 100,000 and 1,000,000 connections, and
// Linux beside it.
//
//   sallyport_tcp_bench                      everything, up to a million connections (about 0.7 GB)
//   sallyport_tcp_bench --connections 20000  up to so many
//   sallyport_tcp_bench --check              also fails when a budget of docs/tcp.md is broken;
//   figures that depend on a quiet
//                                            machine are printed and never judged
// A cycle is one of the time stamp counter. Linux is measured over loopback in
// the same run: both ends in CPU seconds of this process, as our two ends are.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "bench/tcp/farm.h"
#include "bench/tcp/parts.h"

namespace sallyport::bench {
namespace {

constexpr size_t kBlocks = 12;  // each size in turn, so that a ratio is between neighbours in time
constexpr size_t kRoundsPerBlock = 100;  // bursts of 32
constexpr size_t kWarmRounds = 15;       // after the other sizes used the caches: not counted
constexpr size_t kPayloadBytes = 64;
constexpr uint64_t kBytesPerConnectionMax = 1'024;  // docs/tcp.md
constexpr int kOpens = 2'000;

// What a neighbour on the machine does makes a burst slower, never faster: the lower quartile is
// the cost, the median says how calm it was.
struct Figures {
  std::vector<double> values;
  double at(size_t part_of_four) {
    const auto place = values.begin() + static_cast<ptrdiff_t>(values.size() * part_of_four / 4);
    std::nth_element(values.begin(), place, values.end());
    return *place;
  }
  double quartile() { return at(1); }
  double median() { return at(2); }
};

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

uint64_t resident_bytes() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return static_cast<uint64_t>(pages) * 4'096;
}

struct Size {
  uint32_t connections = 0;
  uint64_t resident_mb = 0;
  std::unique_ptr<Farm> farm;
  std::mt19937 random{7};
  Figures in, out, acknowledged;
  Figures timers;  // of a block: all turns, divided by the segments that came
  double timers_in_block = 0;
  double worst_turn = 0;
};

// One burst of 32 segments, each of another connection, chosen at random.
void measure_burst(Size& size, bool counts) {
  Farm& farm = *size.farm;
  static const std::vector<uint8_t> payload(kPayloadBytes, 'x');
  std::array<uint32_t, kBurst> chosen{};
  const auto timed = [&](Figures& figures, double things, const auto& work) {
    const uint64_t begin = __rdtsc();
    work();
    const double cycles = static_cast<double>(__rdtsc() - begin) / things;
    if (counts) figures.values.push_back(cycles);
  };
  farm.now.ns += base::kNsPerMs;  // delayed ACKs and retransmission timers of 40 and 200 bursts ago
  for (uint32_t& c : chosen) {
    c = static_cast<uint32_t>(size.random()) % size.connections;
    farm.put(c, wire::TcpView::Ack, payload, 0);
  }
  timed(size.in, kBurst, [&] { farm.deliver(); });
  farm.drain();
  farm.flush();
  for (const uint32_t c : chosen) SP_CHECK(farm.send(c, payload));
  timed(size.out, kBurst, [&] { farm.flush(); });
  for (const uint32_t c : chosen) farm.acknowledge(c, kPayloadBytes);
  timed(size.acknowledged, kBurst, [&] { farm.deliver(); });
  farm.drain();
  const uint64_t begin = __rdtsc();
  farm.stack().advance(farm.now);
  const auto cycles = static_cast<double>(__rdtsc() - begin);
  size.timers_in_block += cycles;
  size.worst_turn = std::max(size.worst_turn, cycles);
}

void measure_block(Size& size) {
  for (size_t round = 0; round < kRoundsPerBlock; ++round) {
    if (round == kWarmRounds) size.timers_in_block = 0;
    measure_burst(size, round >= kWarmRounds);
  }
  size.timers.values.push_back(size.timers_in_block / (kBurst * (kRoundsPerBlock - kWarmRounds)));
}

Size make_size(uint32_t connections) {
  Size size;
  size.connections = connections;
  const uint64_t before = resident_bytes();
  size.farm = std::make_unique<Farm>(connections);
  for (uint32_t i = 0; i < connections; ++i) {
    size.farm->open(i);
    if (i % 64 == 0) size.farm->now.ns += 10'000;
  }
  // What opening left behind: every connection's timer finds its place.
  for (uint32_t i = 0; i < connections / 256 + 500; ++i) {
    size.farm->now.ns += base::kNsPerMs;
    size.farm->stack().advance(size.farm->now);
    size.farm->flush();
  }
  size.resident_mb = (resident_bytes() - std::min(before, resident_bytes())) >> 20;
  return size;
}

// The two structures alone, sizes in turn.
void print_parts(uint32_t most) {
  struct Parts {
    uint32_t count;
    std::unique_ptr<Lookups> lookups;
    std::unique_ptr<Timers> timers;
    Figures batch, single, timer;
  };
  std::vector<Parts> all;
  for (const uint32_t n : {1'000U, 100'000U, 1'000'000U})
    if (n <= most)
      all.push_back({n, std::make_unique<Lookups>(n), std::make_unique<Timers>(n), {}, {}, {}});
  const auto timed = [](Figures& figures, bool counts, const auto& work) {
    const uint64_t begin = __rdtsc();
    work();
    if (counts) figures.values.push_back(static_cast<double>(__rdtsc() - begin) / kBatch);
  };
  for (size_t block = 0; block < kBlocks; ++block) {
    for (Parts& p : all) {
      for (size_t round = 0; round < kRoundsPerBlock; ++round) {
        const bool counts = round >= kWarmRounds;
        p.lookups->choose();
        timed(p.batch, counts, [&] { SP_CHECK(p.lookups->batch() == kBatch); });
        p.lookups->choose();
        timed(p.single, counts, [&] { SP_CHECK(p.lookups->one_by_one() == kBatch); });
        p.timers->choose();
        timed(p.timer, counts, [&] { p.timers->turn(); });
      }
    }
  }
  std::printf(
      "alone: cycles for each of 32 chosen at random, lower quartile\n%12s %14s %14s %14s\n",
      "connections", "lookup, batch", "one by one", "timer moved");
  for (Parts& p : all)
    std::printf("%12u %14.0f %14.0f %14.0f\n", p.count, p.batch.quartile(), p.single.quartile(),
                p.timer.quartile());
  if (all.size() < 2) return;
  Parts& few = all.front();
  Parts& many = all.back();
  std::printf("%u to %u: lookup in batches %.2f, one by one %.2f, timer %.2f times\n", few.count,
              many.count, many.batch.quartile() / few.batch.quartile(),
              many.single.quartile() / few.single.quartile(),
              many.timer.quartile() / few.timer.quartile());
}

bool many_connections(uint32_t most, bool check) {
  std::vector<Size> sizes;
  for (const uint32_t n : {1U, 1'000U, 100'000U, 1'000'000U})
    if (n <= most) sizes.push_back(make_size(n));
  for (size_t block = 0; block < kBlocks; ++block)
    for (Size& size : sizes) measure_block(size);
  std::printf("cycles, lower quartile (median); bursts of 32 segments of %zu bytes\n",
              kPayloadBytes);
  std::printf("%12s %14s %14s %14s %14s %11s %12s\n", "connections", "segment in", "segment out",
              "ACK in", "timers", "bytes/conn", "resident MB");
  bool good = true;
  for (Size& size : sizes) {
    const tcp::PoolUse use = size.farm->stack().pool_use();
    const auto text = [](Figures& f) {
      char out[32];
      std::snprintf(out, sizeof out, "%.0f (%.0f)", f.quartile(), f.median());
      return std::string(out);
    };
    std::printf("%12u %14s %14s %14s %14s %11lu %12lu\n", size.connections, text(size.in).c_str(),
                text(size.out).c_str(), text(size.acknowledged).c_str(), text(size.timers).c_str(),
                use.bytes_per_connection, size.resident_mb);
    good = good && size.farm->stack().connection_count() == size.connections &&
           use.bytes_per_connection <= kBytesPerConnectionMax &&
           size.farm->stack().audit() == nullptr;
  }
  if (sizes.size() > 2) {
    Size& few = sizes[1];
    Size& many = sizes.back();
    std::printf("%u to %u connections: in %.2f, out %.2f, ACK %.2f, timers %.2f times\n",
                few.connections, many.connections, many.in.quartile() / few.in.quartile(),
                many.out.quartile() / few.out.quartile(),
                many.acknowledged.quartile() / few.acknowledged.quartile(),
                many.timers.quartile() / std::max(few.timers.quartile(), 1.0));
  }
  if (check && !good) std::printf("a connection is missing, or the memory budget is broken\n");
  return good || !check;
}

// Opened and closed, both ends: ours counts one end twice, because the farm's peer costs nothing.
double our_connections_per_core_second() {
  Farm farm(1'000);
  const double begin = cpu_seconds();
  constexpr uint32_t kTimes = 100;
  for (uint32_t round = 0; round < kTimes; ++round) {
    for (uint32_t i = 0; i < 1'000; ++i) {
      farm.open(i);
      farm.close(i);
    }
    farm.now.ns += 1'000'000;
  }
  return kTimes * 1'000 / (cpu_seconds() - begin) / 2;
}

int listen_on_loopback(sockaddr_in& at) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  at = sockaddr_in{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  // The casts are what the sockets interface asks for.
  if (bind(listener, reinterpret_cast<sockaddr*>(&at), size) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    return -1;
  return listener;
}

double linux_connections_per_core_second() {
  sockaddr_in at{};
  const int listener = listen_on_loopback(at);
  if (listener < 0) return 0;
  const double begin = cpu_seconds();
  int done = 0;
  for (; done < kOpens; ++done) {
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Reset at close, so that the run does not leave its ports in TIME-WAIT.
    const linger now{1, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    if (connect(client, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0) break;
    const int server = accept(listener, nullptr, nullptr);
    close(server);
    close(client);
  }
  const double spent = cpu_seconds() - begin;
  close(listener);
  return spent > 0 ? done / spent : 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  uint32_t most = 1'000'000;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--check") {
      check = true;
    } else if (argument == "--connections" && i + 1 < argc) {
      most = static_cast<uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else {
      std::fprintf(stderr, "usage: sallyport_tcp_bench [--connections N] [--check]\n");
      return 2;
    }
  }
  const bool good = many_connections(most, check);
  print_parts(most);
  const double ours = our_connections_per_core_second();
  const double theirs = linux_connections_per_core_second();
  std::printf(
      "opened and closed per core-second, both ends: %.0f; Linux over loopback %.0f; ratio %.1f "
      "(wanted: 5)\n",
      ours, theirs, theirs > 0 ? ours / theirs : 0.0);
  return good ? 0 : 1;
}
