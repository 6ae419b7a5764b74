// Nothing leaves unrecorded: durability, a dead drainer, a full ring.
#include <gtest/gtest.h>

#include "tests/sim/flow/texts.h"
#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

using contract::Outcome;
using contract::RecordKind;
using flow::Reason;

std::string production(const std::string& content) {
  return post(chat(content), "/openai/v1/chat/completions", "production");
}

TEST(Evidence, CommittedMeansCommittedBeforeAByteLeaves) {
  World world;
  world.commits = false;
  TlsPeer& client = world.open_client();
  client.write(production("ann@example.com"));
  world.run_for(1'000);
  EXPECT_TRUE(world.vendor->connections.empty());
  EXPECT_EQ(world.records_of(RecordKind::Admitted), 1U);
  world.commits = true;
  HttpAnswer answer;
  ASSERT_TRUE(world.answered(client, answer));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(world.vendor->requests.size(), 1U);
  const auto& completed = world.records()[1].outcome;
  EXPECT_GE(completed.stage_ns[static_cast<size_t>(contract::Stage::Evidence)],
            900 * base::kNsPerMs);
}

TEST(Evidence, ACommitThatDoesNotComeIsARefusal) {
  World world;
  world.commits = false;
  TlsPeer& client = world.open_client();
  const HttpAnswer answer = world.ask(client, production("x"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "evidence_not_committed");
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_TRUE(world.vendor->connections.empty());
  EXPECT_EQ(world.records_of(RecordKind::Admitted), 1U);
  EXPECT_EQ(world.records_of(RecordKind::Completed), 1U);
}

TEST(Evidence, AClientThatLeavesWhileItsRecordIsCommittedLeavesNothing) {
  World world;
  world.commits = false;
  TlsPeer& client = world.open_client();
  client.write(production("x"));
  world.run_for(200);
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 1U);
  client.reset();
  EXPECT_TRUE(world.run([&] { return world.gateway->exchanges_in_flight() == 0; }));
  world.commits = true;
  world.run_for(200);
  EXPECT_TRUE(world.vendor->connections.empty());
}

TEST(Evidence, WithoutADrainerCommittedIsRefusedAtOnceAndRecordedGoesOn) {
  WorldOptions options;
  options.limits.max_undrained_ms = 5'000;
  World world(options);
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, production("x")).status, 200);
  world.drains = false;
  world.run_for(1'000);  // beyond the heartbeat
  TlsPeer& other = world.open_client();
  const uint64_t before = world.clock.now.ns;
  const HttpAnswer refused = world.ask(other, production("x"));
  EXPECT_EQ(refused.header("x-sallyport-reason-code"), "evidence_stalled");
  EXPECT_LT(world.clock.now.ns - before, 100 * base::kNsPerMs);
  EXPECT_EQ(world.ask(client, post(chat("x"))).status, 200);
  world.run_for(6'000);
  const HttpAnswer late = world.ask(client, post(chat("x")));
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(late.header("x-sallyport-reason-code"), "evidence_stalled");
  world.drains = true;  // the drainer is back
  world.run_for(200);
  TlsPeer& again = world.open_client();
  EXPECT_EQ(world.ask(again, post(chat("x"))).status, 200);
  EXPECT_EQ(world.ask(again, production("x")).status, 200);
}

TEST(Evidence, AFullRingRefusesBeforeAnythingIsSent) {
  WorldOptions options;
  options.drains = false;
  options.limits.max_undrained_ms = 3'600'000;
  options.limits.ring_high_water_percent = 3;
  World world(options);
  TlsPeer& client = world.open_client();
  int served = 0;
  HttpAnswer answer;
  for (int i = 0; i < 100; ++i) {
    answer = world.ask(client, post(chat("x")));
    if (answer.status != 200) break;
    ++served;
  }
  EXPECT_GT(served, 5);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("x-sallyport-reason-code"), "evidence_full");
  EXPECT_EQ(world.vendor->requests.size(), static_cast<size_t>(served));
  EXPECT_EQ(world.records_of(RecordKind::Completed), static_cast<size_t>(served));
}

TEST(Evidence, EveryExchangeEndsInOneRecordWhateverHappens) {
  World world;
  size_t turn = 0;
  world.vendor->answer = [&](VendorConnection& c, const std::string&) {
    switch (turn++ % 4) {
      case 0:
        return c.peer->write(Vendor::json_answer("{}"));
      case 1:
        return c.peer->reset();
      case 2:
        return c.peer->write("HTTP/1.1 200 OK\r\n\x01\r\n\r\n");
      default:
        return c.peer->write(kStreamHead + chunk(delta("x") + last_events()) + "0\r\n\r\n");
    }
  };
  for (int i = 0; i < 12; ++i) {
    TlsPeer& client = world.open_client();
    client.write(post(chat("hello " + std::to_string(i))));
    if (i % 5 == 4) {
      world.run_for(3);
      client.reset();
    }
    world.run([&] { return world.gateway->exchanges_in_flight() == 0; }, 2'000);
  }
  world.run_for(100);
  EXPECT_EQ(world.gateway->exchanges_in_flight(), 0U);
  EXPECT_EQ(world.records_of(RecordKind::Admitted), world.records_of(RecordKind::Completed));
  EXPECT_EQ(world.records_of(RecordKind::Completed) + world.records_of(RecordKind::Refused),
            world.gateway->counters().exchanges);
}

}  // namespace
}  // namespace sallyport::sim
