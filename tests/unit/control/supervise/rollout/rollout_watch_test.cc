// A canary beside its base: what halts it, and what does not.
#include "controlplane/supervise/rollout/rollout_watch.h"

#include <gtest/gtest.h>

#include <memory>

namespace sallyport::supervise {
namespace {

class RolloutWatchTest : public ::testing::Test {
 protected:
  RolloutWatchTest() { begin({}); }
  void begin(RolloutLimits limits, std::vector<std::string> canary = {"EMAIL", "CARD"}) {
    watch_ = std::make_unique<RolloutWatch>(limits, std::vector<std::string>{"EMAIL", "CARD"},
                                            std::move(canary));
    base_ = canary_ = VersionSample{0, 0, 0, 0, 0, {0, 0}};
    base_ = VersionSample{1'000, 1'000, 0, 0, 0, {500, 10}};  // it has been at work for long
    now_ms_ = 5'000;
  }
  static void add(VersionSample& to, const VersionSample& what) {
    to.exchanges += what.exchanges;
    to.served += what.served;
    to.blocked += what.blocked;
    to.refused += what.refused;
    to.errors += what.errors;
    for (size_t i = 0; i < what.detections.size(); ++i) to.detections[i] += what.detections[i];
  }
  // One second in which both decide this much more.
  std::optional<std::string> second(const VersionSample& base, const VersionSample& canary) {
    add(base_, base);
    add(canary_, canary);
    now_ms_ += 1'000;
    return watch_->take(base_, canary_, now_ms_);
  }
  static VersionSample served(uint64_t count, uint64_t emails = 0) {
    return {count, count, 0, 0, 0, {emails, 0}};
  }

  std::unique_ptr<RolloutWatch> watch_;
  VersionSample base_, canary_;
  uint64_t now_ms_ = 0;
};

TEST_F(RolloutWatchTest, EqualWorkGoesOn) {
  for (int i = 0; i < 300; ++i)
    ASSERT_FALSE(second(served(100, 50), served(10, 5)).has_value()) << i;
  EXPECT_EQ(watch_->canary_total().exchanges, 3'000U);
}

TEST_F(RolloutWatchTest, ErrorsHaltOnceThereAreEnoughExchanges) {
  for (int i = 0; i < 19; ++i)
    EXPECT_FALSE(second(served(10, 5), {1, 0, 0, 0, 1, {0, 0}}).has_value()) << i;
  const auto why = second(served(10, 5), {1, 0, 0, 0, 1, {0, 0}});
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("errors 100.0 % on the canary, 0.0 % on the base, limit 5 points"),
            std::string::npos)
      << *why;
}

TEST_F(RolloutWatchTest, ErrorsThatTheBaseHasTooDoNotHalt) {
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(second({10, 5, 0, 0, 5, {0, 0}}, {4, 2, 0, 1, 1, {0, 0}}).has_value());
}

TEST_F(RolloutWatchTest, BlockedExchangesHaltBeyondTheirLimit) {
  RolloutLimits limits;
  limits.halt_block_percent = 20;
  begin(limits);
  EXPECT_FALSE(second(served(0), served(0)).has_value());
  EXPECT_FALSE(second({100, 90, 10, 0, 0, {50, 0}}, {100, 71, 29, 0, 0, {50, 0}}).has_value());
  EXPECT_TRUE(second({100, 90, 10, 0, 0, {50, 0}}, {100, 60, 40, 0, 0, {50, 0}}).has_value());
}

TEST_F(RolloutWatchTest, DetectionsThatFallAwayHalt) {
  std::optional<std::string> why;
  int seconds = 0;
  for (; seconds < 60 && !why; ++seconds) why = second(served(100, 50), served(20, 1));
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("EMAIL found"), std::string::npos) << *why;
  EXPECT_LT(seconds, 10);
}

TEST_F(RolloutWatchTest, DetectionsThatMultiplyHalt) {
  std::optional<std::string> why;
  for (int i = 0; i < 10 && !why; ++i) why = second(served(100, 50), served(20, 40));
  EXPECT_TRUE(why.has_value());
}

TEST_F(RolloutWatchTest, SmallNumbersAreChance) {
  // 9 expected, 3 found: a third of it, and nothing to be sure of.
  EXPECT_FALSE(second(served(1'000, 450), served(20, 3)).has_value());
}

TEST_F(RolloutWatchTest, AnEntityThatOnlyOneImageKnowsIsTheChangeItself) {
  begin({}, {"EMAIL", "PASSPORT"});
  for (int i = 0; i < 30; ++i)
    EXPECT_FALSE(second(served(100, 50), {20, 20, 0, 0, 0, {10, 200}}).has_value());
}

TEST_F(RolloutWatchTest, WhatIsOlderThanTheWindowIsForgotten) {
  RolloutLimits limits;
  limits.halt_window_seconds = 10;
  limits.halt_least_exchanges = 50;
  begin(limits);
  for (int i = 0; i < 40; ++i)  // never 50 within 10 s
    EXPECT_FALSE(second(served(10), {4, 0, 0, 0, 4, {0, 0}}).has_value()) << i;
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(second(served(10, 5), served(10, 5)).has_value() && i > 10) << i;
}

TEST_F(RolloutWatchTest, AnIdleBaseIsJudgedByAllItEverCounted) {
  std::optional<std::string> why;
  for (int i = 0; i < 20 && !why; ++i) why = second(served(0), served(20, 1));
  EXPECT_TRUE(why.has_value());
}

TEST_F(RolloutWatchTest, CountersThatBeginAgainAreNoFall) {
  EXPECT_FALSE(second(served(100, 50), served(100, 50)).has_value());
  canary_ = base_ = VersionSample{0, 0, 0, 0, 0, {0, 0}};  // new secrets: both are built again
  EXPECT_FALSE(second(served(50, 25), served(40, 20)).has_value());
  EXPECT_EQ(watch_->canary_total().exchanges, 140U);
  EXPECT_EQ(watch_->canary_total().detections[0], 70U);
}

TEST(RolloutLimitsTest, AChangeCannotWidenTheLimitsItIsJudgedBy) {
  RolloutLimits base, canary;
  canary.halt_error_percent = 100;
  canary.halt_least_exchanges = 1'000'000;
  canary.canary_least_exchanges = 0;
  const RolloutLimits both = stricter(base, canary);
  EXPECT_EQ(both.halt_error_percent, base.halt_error_percent);
  EXPECT_EQ(both.halt_least_exchanges, base.halt_least_exchanges);
  EXPECT_EQ(both.canary_least_exchanges, base.canary_least_exchanges);
}

}  // namespace
}  // namespace sallyport::supervise
