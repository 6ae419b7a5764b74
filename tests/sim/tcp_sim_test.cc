// Two stacks against each other over a bad link; every byte is compared. A failure prints its seed:
//   SALLYPORT_SIM_SEED=<seed> build/dev/bin/tcp_sim_test
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/sim/host.h"

namespace sallyport::sim {
namespace {

constexpr uint32_t kAddressA = 0x0a000001;
constexpr uint32_t kAddressB = 0x0a000002;
constexpr uint16_t kPort = 443;

tcp::StackConfig config_for(uint64_t seed) {
  tcp::StackConfig config;
  config.connections_max = 32;
  config.half_open_max = 16;
  config.time_wait_max = 32;
  config.handshake_ms_max = 120'000;
  config.unacknowledged_ms_max = 600'000;
  config.table_key = {seed, seed + 1};
  config.sequence_key = {seed + 2, seed + 3};
  return config;
}

struct Outcome {
  bool done = false;
  std::string what;
  uint64_t lost = 0;
  uint64_t retransmits = 0;
  uint64_t bytes = 0;
};

Outcome run_seed(uint64_t seed, double loss_max) {
  std::mt19937_64 random(seed);
  const auto unit = [&] { return std::uniform_real_distribution<>(0, 1)(random); };
  LinkFaults faults;
  faults.loss = unit() * loss_max;
  faults.duplication = random() % 3 == 0 ? unit() * 0.05 : 0;
  faults.reordering = random() % 3 == 0 ? unit() * 0.3 : 0;
  faults.corruption = random() % 3 == 0 ? unit() * 0.03 : 0;
  faults.delay_us = 50 + random() % 30'000;
  faults.bytes_per_ms = random() % 2 == 0 ? 0 : 500 + random() % 20'000;
  Link a_to_b(faults, random);
  Link b_to_a(faults, random);

  tcp::StackConfig config_a = config_for(seed);
  tcp::StackConfig config_b = config_for(seed + 1000);
  if (random() % 4 == 0) config_a.mtu = static_cast<uint16_t>(576 + random() % 900);
  if (random() % 3 == 0)
    config_b.receive_bytes_max = static_cast<uint32_t>(3'000 + random() % 60'000);
  if (random() % 4 == 0) config_a.send_bytes_max = static_cast<uint32_t>(2'000 + random() % 30'000);
  Host a(config_a, a_to_b, random);
  Host b(config_b, b_to_a, random, 1024, random() % 2 == 0 ? 2048 : 512);
  if (random() % 4 == 0) b.read_laziness = 0.9;
  if (random() % 4 == 0) b.read_bytes_max = 100 + random() % 3000;
  if (random() % 4 == 0) a.refuse_every = 3 + random() % 20;
  b.stack.listen({kAddressB, kPort});

  Simulation run(a, b, a_to_b, b_to_a);
  const int flow_count = 1 + static_cast<int>(random() % 3);
  for (int i = 0; i < flow_count; ++i) {
    const uint64_t up = random() % 4 == 0 ? random() % 10 : random() % 200'000;
    const uint64_t down = random() % 4 == 0 ? random() % 10 : random() % 200'000;
    Flow& client = a.add_flow(1, 2, up);
    // All flows of a side carry the same stream but different lengths, so which one is accepted
    // first does not matter to the bytes.
    Flow& server = b.add_flow(2, 1, down);
    client.id = a.stack.connect({kAddressA, 0}, {kAddressB, kPort}, run.now);
    b.waiting.push_back(&server);
  }
  Outcome out;
  out.done = run.until_ended(3'600'000);
  uint64_t sent[2] = {0, 0};
  uint64_t received[2] = {0, 0};
  for (const auto& f : a.flows) {
    if (f->mismatch) out.what += " client bytes differ;";
    if (f->ended && f->end_kind != tcp::EventKind::Closed)
      out.what += " client not closed in order;";
    sent[0] += f->send_total;
    received[0] += f->received;
  }
  for (const auto& f : b.flows) {
    if (f->mismatch) out.what += " server bytes differ;";
    if (f->ended && f->end_kind != tcp::EventKind::Closed)
      out.what += " server not closed in order;";
    sent[1] += f->send_total;
    received[1] += f->received;
  }
  if (!out.done) out.what += " virtual time is over;";
  if (sent[0] != received[1] || sent[1] != received[0]) out.what += " bytes are missing;";
  out.bytes = received[0] + received[1];
  out.lost = a_to_b.lost + b_to_a.lost;
  out.retransmits =
      a.stack.counters()[tcp::Counter::Retransmits] + b.stack.counters()[tcp::Counter::Retransmits];
  return out;
}

TEST(TcpSim, EveryByteArrivesOverABadLink) {
  if (const char* text = std::getenv("SALLYPORT_SIM_SEED")) {
    const uint64_t seed = std::strtoull(text, nullptr, 10);
    const Outcome out = run_seed(seed, seed % 2 == 0 ? 0.02 : 0.10);
    EXPECT_EQ(out.what, "");
    return;
  }
  uint64_t lost = 0;
  uint64_t retransmits = 0;
  uint64_t bytes = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const Outcome out = run_seed(seed, seed % 2 == 0 ? 0.02 : 0.10);
    ASSERT_EQ(out.what, "") << "again with: SALLYPORT_SIM_SEED=" << seed
                            << " build/dev/bin/tcp_sim_test";
    lost += out.lost;
    bytes += out.bytes;
    retransmits += out.retransmits;
  }
  std::printf("lost %lu, retransmits %lu, bytes %lu\n", lost, retransmits, bytes);
  EXPECT_GT(lost, 1000U);
  EXPECT_GT(retransmits, lost / 4);
}

// The emulator rings: a link that loses everything is noticed.
TEST(TcpSim, ALinkThatLosesEverythingTimesOut) {
  std::mt19937_64 random(7);
  LinkFaults faults;
  faults.loss = 1;
  Link a_to_b(faults, random);
  Link b_to_a(faults, random);
  tcp::StackConfig config = config_for(7);
  config.handshake_ms_max = 10'000;
  Host a(config, a_to_b, random);
  Host b(config, b_to_a, random);
  Simulation run(a, b, a_to_b, b_to_a);
  Flow& client = a.add_flow(1, 2, 10);
  client.id = a.stack.connect({kAddressA, 0}, {kAddressB, kPort}, run.now);
  EXPECT_TRUE(run.until_ended(20'000));
  EXPECT_EQ(client.end_kind, tcp::EventKind::TimedOut);
  EXPECT_EQ(a.stack.connection_count(), 0U);
}

}  // namespace
}  // namespace sallyport::sim
