#include "dataplane/base/hash.h"

#include <gtest/gtest.h>

#include <array>

#include "dataplane/base/check.h"

namespace sallyport::base {
namespace {

// Key and input of the SipHash paper, appendix A: bytes 00..0f, input 00..0e.
TEST(SipHash, MatchesThePublishedVector) {
  const SipKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  std::array<uint8_t, 15> input{};
  for (uint8_t i = 0; i < input.size(); ++i) input[i] = i;
  EXPECT_EQ(siphash24(key, input), 0xa129ca6149be45e5ULL);
  EXPECT_NE(siphash13(key, input), siphash24(key, input));
}

TEST(CheckDeathTest, RingsInEveryBuild) {
  EXPECT_DEATH(SP_CHECK_WHY(1 + 1 == 3, "arithmetic"), "check failed.*arithmetic");
}

}  // namespace
}  // namespace sallyport::base
