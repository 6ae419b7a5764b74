// Two stacks against each other over a bad link; every byte is compared, every turn audited. A
// failure prints the one command that runs it again:   SALLYPORT_SIM_SEED=<seed>
// build/release/bin/tcp_sim_test --gtest_filter=TcpSim.* More seeds: SALLYPORT_SIM_SEEDS=10000 (the
// ctest of label `long` runs 2,000).
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/sim/host.h"
#include "tests/sim/tcp_world.h"

namespace sallyport::sim {
namespace {

constexpr uint64_t kSeedsFast = 200;

RunOptions options_for(uint64_t seed) {
  RunOptions options;
  options.loss_max = seed % 2 == 0 ? 0.02 : 0.10;
  return options;
}

TEST(TcpSim, EveryByteArrivesOverABadLink) {
  uint64_t first = 1;
  uint64_t last = kSeedsFast;
  if (const char* text = std::getenv("SALLYPORT_SIM_SEED"))
    first = last = std::strtoull(text, nullptr, 10);
  if (const char* text = std::getenv("SALLYPORT_SIM_SEEDS"))
    last = std::strtoull(text, nullptr, 10);
  Outcome sum;
  uint64_t wrong = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    const Outcome out = run_seed(seed, options_for(seed));
    EXPECT_EQ(out.what, "") << "again with: SALLYPORT_SIM_SEED=" << seed
                            << " build/release/bin/tcp_sim_test --gtest_filter=TcpSim.Every*";
    if (!out.what.empty() && ++wrong == 5) break;
    sum.lost += out.lost;
    sum.bytes += out.bytes;
    sum.retransmits += out.retransmits;
    sum.sack_retransmits += out.sack_retransmits;
    sum.tail_probes += out.tail_probes;
    sum.turns += out.turns;
  }
  std::printf(
      "lost %lu, retransmits %lu (by SACK %lu), tail probes %lu, bytes %lu, audited turns %lu\n",
      sum.lost, sum.retransmits, sum.sack_retransmits, sum.tail_probes, sum.bytes, sum.turns);
  if (last - first + 1 < kSeedsFast) return;
  // The emulator did something, and every way of recovery was taken.
  EXPECT_GT(sum.lost, 1'000U);
  EXPECT_GT(sum.retransmits, sum.lost / 4);
  EXPECT_GT(sum.sack_retransmits, 100U);
  EXPECT_GT(sum.tail_probes, 20U);
}

// The emulator rings: a link that loses everything is noticed.
TEST(TcpSim, ALinkThatLosesEverythingTimesOut) {
  std::mt19937_64 random(7);
  LinkFaults faults;
  faults.loss = 1;
  Link a_to_b(faults, random);
  Link b_to_a(faults, random);
  tcp::StackConfig config;
  config.connections_max = 32;
  config.handshake_ms_max = 10'000;
  Host a(config, a_to_b, random);
  Host b(config, b_to_a, random);
  Simulation run(a, b, a_to_b, b_to_a);
  Flow& client = a.add_flow(1, 2, 10);
  client.id = a.stack.connect({0x0a000001, 0}, {0x0a000002, 443}, run.now);
  EXPECT_TRUE(run.until_ended(20'000));
  EXPECT_EQ(client.end_kind, tcp::EventKind::TimedOut);
  EXPECT_EQ(a.stack.connection_count(), 0U);
}

// Milliseconds of virtual time for one transfer of 1 MB, client to server.
uint64_t transfer_ms(double loss, uint64_t delay_ms, tcp::Algorithm algorithm, bool sack) {
  std::mt19937_64 random(42);
  LinkFaults faults;
  faults.loss = loss;
  faults.delay_us = delay_ms * 1'000;
  faults.bytes_per_ms = 12'500;  // 100 Mbit/s
  Link a_to_b(faults, random);
  Link b_to_a(faults, random);
  tcp::StackConfig config;
  config.connections_max = 4;
  config.congestion = algorithm;
  config.sack = sack;
  config.receive_bytes_max = config.send_bytes_max = 1U << 20;
  config.table_key = {1, 2};
  config.sequence_key = {3, 4};
  Host a(config, a_to_b, random);
  Host b(config, b_to_a, random);
  b.stack.listen({0x0a000002, 443});
  Simulation run(a, b, a_to_b, b_to_a);
  Flow& client = a.add_flow(1, 2, 1'000'000);
  Flow& server = b.add_flow(2, 1, 0);
  client.id = a.stack.connect({0x0a000001, 0}, {0x0a000002, 443}, run.now);
  b.waiting.push_back(&server);
  EXPECT_TRUE(run.until_ended(3'600'000));
  EXPECT_EQ(server.received, 1'000'000U);
  return (run.now.ns - base::kNsPerS) / base::kNsPerMs;
}

// A change of how we recover or grow shows as a diff of this file. SALLYPORT_SNAPSHOT=update writes
// it anew.
TEST(TcpGrid, ThroughputByLossAndDelayIsAsItWas) {
  std::ostringstream text;
  text << "# ms of virtual time for 1 MB at 100 Mbit/s, one way; rows: loss, columns: one-way "
          "delay 1 10 50 100 ms\n";
  for (const auto& [name, algorithm, sack] :
       {std::tuple{"cubic+sack", tcp::Algorithm::Cubic, true},
        std::tuple{"newreno+sack", tcp::Algorithm::NewReno, true},
        std::tuple{"newreno", tcp::Algorithm::NewReno, false}}) {
    text << name << "\n";
    for (const double loss : {0.0, 0.001, 0.01, 0.03, 0.1}) {
      text << "  " << loss * 100 << "%";
      for (const uint64_t delay : {1, 10, 50, 100}) {
        text << "\t" << transfer_ms(loss, delay, algorithm, sack);
      }
      text << "\n";
    }
  }
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  const std::string path =
      std::string(root != nullptr ? root : ".") + "/tests/sim/snapshots/tcp_throughput.txt";
  const char* wish = std::getenv("SALLYPORT_SNAPSHOT");
  if (wish != nullptr && std::string(wish) == "update") std::ofstream(path) << text.str();
  std::ifstream file(path);
  std::stringstream kept;
  kept << file.rdbuf();
  EXPECT_EQ(text.str(), kept.str())
      << "TCP behaves otherwise than " << path << " says; when that is meant: "
      << "SALLYPORT_SNAPSHOT=update build/release/bin/tcp_sim_test --gtest_filter=TcpGrid.*";
}

}  // namespace
}  // namespace sallyport::sim
