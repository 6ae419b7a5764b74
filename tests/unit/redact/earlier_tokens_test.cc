#include "dataplane/redact/earlier_tokens.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::redact {
namespace {

TokenCore earlier_core(size_t number) {
  TokenCore out;
  out.fill('0');
  out[5] = crockford_char(static_cast<unsigned>(number % 32));
  out[6] = crockford_char(static_cast<unsigned>(number / 32));
  return out;
}
std::span<const uint8_t> earlier_value(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct EarlierTokensTest : testing::Test {
  mem::SegmentPool pool{4, 1'024, mem::SegmentPool::Wipe::OnRelease};
  EarlierTokens tokens{pool};
};

TEST_F(EarlierTokensTest, OffItKnowsNothing) {
  tokens.begin(false);
  EXPECT_EQ(tokens.want(earlier_core(1), 3), nullptr);
  EXPECT_FALSE(tokens.may_check());
}

TEST_F(EarlierTokensTest, ATokenIsOneEntryHoweverOftenItIsMet) {
  tokens.begin(true);
  auto* first = tokens.want(earlier_core(1), 3);
  EXPECT_EQ(tokens.want(earlier_core(1), 3), first);
  EXPECT_NE(tokens.want(earlier_core(1), 4), first);
  EXPECT_EQ(tokens.entries().size(), 2U);
  EXPECT_TRUE(tokens.any_open());
}

TEST_F(EarlierTokensTest, ValuesStayWhereTheyAreUntilClear) {
  tokens.begin(true);
  for (size_t i = 0; i < 6; ++i)
    ASSERT_TRUE(tokens.learn(*tokens.want(earlier_core(i), 1),
                             earlier_value(std::string(500, 'a' + char(i)))));
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(tokens.find(earlier_core(i), 1)->value()[499], 'a' + i);
  EXPECT_FALSE(tokens.any_open());
  EXPECT_EQ(pool.available(), 1U);
  tokens.clear();
  EXPECT_EQ(pool.available(), 4U);
  EXPECT_EQ(tokens.find(earlier_core(1), 1), nullptr);
}

TEST_F(EarlierTokensTest, WithoutMemoryOrPlaceATokenStaysOne) {
  tokens.begin(true);
  EXPECT_FALSE(
      tokens.learn(*tokens.want(earlier_core(0), 1), earlier_value(std::string(1'025, 'x'))));
  EXPECT_EQ(tokens.find(earlier_core(0), 1)->miss, RecallMiss::Unavailable);
  for (size_t i = 1; i < kEarlierTokensMax; ++i)
    ASSERT_TRUE(tokens.want(earlier_core(i), 1)->is_open());
  const auto* more = tokens.want(earlier_core(kEarlierTokensMax), 1);
  EXPECT_EQ(more->state, EarlierTokens::State::Refused);
  EXPECT_EQ(more->miss, RecallMiss::TooMany);
  EXPECT_EQ(tokens.refuse_open(RecallMiss::Late), kEarlierTokensMax - 1);
  EXPECT_FALSE(tokens.any_open());
}

TEST_F(EarlierTokensTest, KeyedChecksAreCountedPerExchange) {
  tokens.begin(true);
  for (uint32_t i = 0; i < kEarlierChecksMax; ++i) ASSERT_TRUE(tokens.may_check());
  EXPECT_FALSE(tokens.may_check());
  tokens.begin(true);
  EXPECT_TRUE(tokens.may_check());
}

TEST_F(EarlierTokensTest, EveryReasonHasAName) {
  for (size_t i = 1; i < static_cast<size_t>(RecallMiss::kCount); ++i) {
    const auto name = recall_miss_name(static_cast<RecallMiss>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_LE(name.size(), 19U);  // of a tally's reason
  }
}

}  // namespace
}  // namespace sallyport::redact
