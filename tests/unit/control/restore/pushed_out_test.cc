// Who leaves a full listener.
#include "controlplane/restore/pushed_out.h"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::restore {
namespace {

TEST(PushedOutTest, OfTheOwnerWithMostTheOneThatWaitedLongest) {
  const std::vector<HeldConnection> held{
      {1, "honest", 1, false}, {2, "many", 5, false}, {3, "many", 3, false}, {4, "many", 9, false}};
  EXPECT_EQ(pushed_out(held), 3U);
}

TEST(PushedOutTest, WhatIsWorkedOnStaysAndCountsForItsOwner) {
  const std::vector<HeldConnection> held{
      {1, "honest", 1, false}, {2, "many", 2, true}, {3, "many", 3, true}, {4, "many", 9, false}};
  EXPECT_EQ(pushed_out(held), 4U);
}

TEST(PushedOutTest, AmongEqualsTheOldestOfAll) {
  const std::vector<HeldConnection> held{
      {1, "a", 7, false}, {2, "b", 4, false}, {3, "c", 6, false}};
  EXPECT_EQ(pushed_out(held), 2U);
}

TEST(PushedOutTest, NobodyWhenAllAreWorkedOn) {
  const std::vector<HeldConnection> held{{1, "a", 7, true}, {2, "b", 4, true}};
  EXPECT_EQ(pushed_out(held), std::nullopt);
  EXPECT_EQ(pushed_out({}), std::nullopt);
}

}  // namespace
}  // namespace sallyport::restore
