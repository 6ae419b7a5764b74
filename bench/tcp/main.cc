// sallyport_tcp_bench: what the TCP stack costs at 1, 1,000, 100,000 and 1,000,000 connections, and
// Linux beside it.
//
//   sallyport_tcp_bench                      everything, up to a million connections (about 0.7 GB)
//   sallyport_tcp_bench --connections 20000  up to so many
//   sallyport_tcp_bench --check              also fails when a budget of docs/tcp.md is broken;
//   figures that depend on a quiet
//                                            machine are printed and never judged
// Figures are medians; a cycle is one of the time stamp counter. Linux is measured over loopback in
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

namespace sallyport::bench {
namespace {

constexpr size_t kRounds = 300;
constexpr size_t kPayloadBytes = 64;
constexpr uint64_t kBytesPerConnectionMax = 1'024;  // docs/tcp.md
constexpr int kOpens = 2'000;

double median(std::vector<double>& values) {
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

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

struct Cost {
  double in = 0, out = 0, idle_advance = 0;
};

// One burst of 32 segments, each of another connection, chosen at random.
Cost measure(Farm& farm, uint32_t connections) {
  std::mt19937 random(7);
  const std::vector<uint8_t> payload(kPayloadBytes, 'x');
  std::vector<double> in, out, idle;
  std::array<uint32_t, kBurst> chosen{};
  for (size_t round = 0; round < kRounds; ++round) {
    farm.now.ns += 20'000;
    for (uint32_t& c : chosen) {
      c = static_cast<uint32_t>(random()) % connections;
      farm.put(c, wire::TcpView::Ack, payload, 0);
    }
    uint64_t begin = __rdtsc();
    farm.deliver();
    in.push_back(static_cast<double>(__rdtsc() - begin) / kBurst);
    farm.drain();
    farm.flush();
    for (const uint32_t c : chosen) SP_CHECK(farm.send(c, payload));
    begin = __rdtsc();
    farm.flush();
    out.push_back(static_cast<double>(__rdtsc() - begin) / kBurst);
    for (const uint32_t c : chosen) farm.acknowledge(c, kPayloadBytes);
    farm.deliver();
    farm.drain();
    begin = __rdtsc();
    farm.stack().advance(farm.now);
    idle.push_back(static_cast<double>(__rdtsc() - begin));
  }
  return {median(in), median(out), median(idle)};
}

bool many_connections(uint32_t most, bool check) {
  std::printf("%12s %10s %10s %12s %14s %12s\n", "connections", "in cycles", "out cycles",
              "timer cycles", "bytes/conn", "resident MB");
  double first_in = 0, last_in = 0, first_timer = 0, last_timer = 0;
  bool good = true;
  for (const uint32_t n : {1U, 1'000U, 100'000U, 1'000'000U}) {
    if (n > most) break;
    const uint64_t before = resident_bytes();
    auto farm = std::make_unique<Farm>(n);
    for (uint32_t i = 0; i < n; ++i) {
      farm->open(i);
      if (i % 64 == 0) farm->now.ns += 10'000;
    }
    const Cost cost = measure(*farm, n);
    const tcp::PoolUse use = farm->stack().pool_use();
    const auto resident = (resident_bytes() - std::min(before, resident_bytes())) >> 20;
    std::printf("%12u %10.0f %10.0f %12.0f %14lu %12lu\n", n, cost.in, cost.out, cost.idle_advance,
                use.bytes_per_connection, resident);
    good = good && farm->stack().connection_count() == n &&
           use.bytes_per_connection <= kBytesPerConnectionMax && farm->stack().audit() == nullptr;
    if (n == 1'000) first_in = cost.in, first_timer = cost.idle_advance;
    if (n >= 1'000) last_in = cost.in, last_timer = cost.idle_advance;
  }
  if (first_in > 0)
    std::printf("ratio to 1,000 connections: segment in %.2f, timer %.2f (wanted: under 2)\n",
                last_in / first_in, last_timer / std::max(first_timer, 1.0));
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
  const double ours = our_connections_per_core_second();
  const double theirs = linux_connections_per_core_second();
  std::printf(
      "opened and closed per core-second, both ends: %.0f; Linux over loopback %.0f; ratio %.1f "
      "(wanted: 5)\n",
      ours, theirs, theirs > 0 ? ours / theirs : 0.0);
  return good ? 0 : 1;
}
