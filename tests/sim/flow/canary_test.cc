// Two policy versions side by side: who is decided by which, and what each counts.
#include <gtest/gtest.h>

#include "tests/sim/flow/world.h"

namespace sallyport::sim {
namespace {

constexpr uint16_t kBlockRule = 0;  // of World's policy

std::string chat_of(const std::string& text) { return post(chat(text)); }

TEST(Canary, OnlyTheTenantsOfTheRouteTableMeetTheSecondImage) {
  World world;
  flow::PolicyVersion* const base = world.versions[0].get();
  // The second image blocks what the first one tokenises.
  flow::PolicyVersion* const canary =
      world.build_version([](policy::ImageBuilder& b) { b.fill_rulings(kBlockRule); });
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, chat_of("mail ann@example.com")).status, 200);
  world.adopt_set(base, canary, {"beta"});
  EXPECT_EQ(world.ask(client, chat_of("mail ann@example.com")).status, 200);
  world.adopt_set(base, canary, {"acme"});
  EXPECT_EQ(world.ask(client, chat_of("mail ann@example.com")).status, 403);
  world.adopt_set(base, nullptr, {});
  EXPECT_EQ(world.ask(client, chat_of("mail ann@example.com")).status, 200);

  EXPECT_EQ(base->counters().exchanges, 3U);
  EXPECT_EQ(base->counters().served, 3U);
  EXPECT_EQ(canary->counters().exchanges, 1U);
  EXPECT_EQ(canary->counters().blocked, 1U);
  uint64_t tokenized = 0, blocked = 0;
  for (const auto& by_action : base->counters().detections)
    tokenized += by_action[static_cast<size_t>(contract::Action::Tokenize)];
  for (const auto& by_action : canary->counters().detections)
    blocked += by_action[static_cast<size_t>(contract::Action::Block)];
  EXPECT_EQ(tokenized, 3U);
  EXPECT_EQ(blocked, 1U);
  EXPECT_EQ(canary->users(), 0U);
  // The record's image says which version decided.
  world.run_for(100);
  size_t by_canary = 0;
  for (const auto& record : world.records())
    by_canary += record.request.image_digest == canary->image().digest() ? 1 : 0;
  EXPECT_EQ(by_canary, 1U);
}

TEST(Canary, AKeyIsLookedUpWhereItsTenantIsDecided) {
  World world;
  flow::PolicyVersion* const base = world.versions[0].get();
  flow::PolicyVersion* const canary = world.build_version([](policy::ImageBuilder& b) {
    std::erase_if(b.keys, [](const contract::ImageKey& key) { return key.environment == 0; });
  });
  world.adopt_set(base, canary, {"acme"});
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, chat_of("a")).status, 401);  // revoked by the change
  EXPECT_EQ(canary->counters().errors, 1U);                // and that is noticed
  const flow::Choice beta = flow::choose(*world.sets.back(), gateway_key("beta"));
  EXPECT_EQ(beta.version, base);
  ASSERT_TRUE(beta.caller.has_value());
  EXPECT_EQ(beta.caller->tenant, "beta");
  const flow::Choice production = flow::choose(*world.sets.back(), gateway_key("production"));
  EXPECT_EQ(production.version, canary);
  EXPECT_TRUE(production.caller.has_value());
  const flow::Choice nobody = flow::choose(*world.sets.back(), gateway_key("nobody"));
  EXPECT_EQ(nobody.version, base);
  EXPECT_FALSE(nobody.caller.has_value() || nobody.lost_by_canary);
  // The other way round: a key that only the change knows.
  world.adopt_set(canary, base, {"acme"});
  EXPECT_EQ(flow::choose(*world.sets.back(), gateway_key("lab")).version, base);
  EXPECT_EQ(flow::choose(*world.sets.back(), gateway_key("beta")).version, canary);
  EXPECT_FALSE(flow::choose(*world.sets.back(), gateway_key("beta")).caller.has_value());
}

TEST(Canary, PooledConnectionsEndWithTheVersionThatLeaves) {
  World world;
  flow::PolicyVersion* const base = world.versions[0].get();
  flow::PolicyVersion* const canary = world.build_version();
  world.adopt_set(base, canary, {"acme"});
  TlsPeer& client = world.open_client();
  EXPECT_EQ(world.ask(client, chat_of("a")).status, 200);
  EXPECT_EQ(canary->users(), 1U);  // its idle connection
  world.adopt_set(canary, nullptr, {});
  EXPECT_EQ(world.gateway->upstreams_open(), 1U);  // promoted: it goes on
  EXPECT_EQ(world.ask(client, chat_of("a")).status, 200);
  EXPECT_EQ(world.gateway->counters().upstream_reuses, 1U);
  world.adopt_set(base, nullptr, {});
  EXPECT_EQ(canary->users(), 0U);
}

}  // namespace
}  // namespace sallyport::sim
