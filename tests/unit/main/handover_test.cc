#include "dataplane/handover.h"

#include <gtest/gtest.h>

namespace sallyport::dataplane {
namespace {

// Says when it is freed.
struct Tracked {
  Tracked(int id, std::vector<int>& log) : number(id), freed(log) {}
  ~Tracked() { freed.push_back(number); }
  int number;
  std::vector<int>& freed;
};

class HandoverTest : public ::testing::Test {
 protected:
  void post(int number) {
    handover_.post(inbox_, std::make_unique<Tracked>(number, freed_),
                   static_cast<uint64_t>(number));
  }
  // What adoption.cc asks, with the two words of a worker.
  void reclaim(uint64_t newest, uint64_t oldest) {
    handover_.reclaim(
        [=](const Tracked&, uint64_t sequence) { return sequence < newest && sequence < oldest; });
  }
  std::vector<int> freed_;
  worker::Inbox<Tracked> inbox_;
  Handover<Tracked> handover_;
};

TEST_F(HandoverTest, TheNewestWinsAndWhatNobodySawIsFreedAtOnce) {
  post(1);
  post(2);
  post(3);
  EXPECT_EQ(freed_, (std::vector<int>{1, 2}));
  ASSERT_EQ(inbox_.fetch()->number, 3);
  EXPECT_EQ(inbox_.fetch(), nullptr);
  EXPECT_EQ(handover_.newest()->number, 3);
}

TEST_F(HandoverTest, WhatAWorkerUsesStaysUntilItUsesNothingAsOld) {
  post(1);
  ASSERT_NE(inbox_.fetch(), nullptr);
  reclaim(1, 1);
  EXPECT_TRUE(freed_.empty());
  post(2);
  reclaim(1, 1);  // not fetched yet
  EXPECT_TRUE(freed_.empty());
  ASSERT_NE(inbox_.fetch(), nullptr);
  reclaim(2, 1);  // an exchange still uses 1
  EXPECT_TRUE(freed_.empty());
  post(3);
  ASSERT_NE(inbox_.fetch(), nullptr);
  reclaim(3, 1);  // ... and 2 began after it: kept, since the oldest word is all we know
  EXPECT_TRUE(freed_.empty());
  reclaim(3, 3);
  EXPECT_EQ(freed_, (std::vector<int>{1, 2}));
  EXPECT_EQ(handover_.held_count(), 1U);
}

TEST_F(HandoverTest, TheNewestIsNeverFreed) {
  post(1);
  reclaim(100, 100);
  EXPECT_EQ(handover_.held_count(), 1U);
  post(2);
  reclaim(100, 100);
  EXPECT_EQ(freed_, (std::vector<int>{1}));
}

}  // namespace
}  // namespace sallyport::dataplane
