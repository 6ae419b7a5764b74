#include "dataplane/scan/text/places.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

// Words with no bit, few bits, many and all: every level lists what bit after bit says, and writes
// nothing behind the slack.
TEST(Places, EveryLevelListsTheBitsOfEveryWord) {
  constexpr uint16_t kUntouched = 0xabcd;
  std::mt19937_64 draw(7);
  for (size_t words = 0; words <= 40; ++words) {
    std::vector<uint64_t> bits(words);
    for (uint64_t& word : bits) {
      const uint64_t some = draw();
      const uint64_t kinds[] = {0, ~uint64_t{0}, some & draw() & draw(), some, some | draw()};
      word = kinds[draw() % std::size(kinds)];
    }
    std::vector<uint16_t> expected;
    for (size_t i = 0; i < words * 64; ++i)
      if ((bits[i / 64] >> (i % 64) & 1) != 0) expected.push_back(static_cast<uint16_t>(i));
    for (const base::Simd level : base::usable_simd()) {
      const base::ForcedSimd forced(level);
      SCOPED_TRACE(base::simd_name(level));
      std::vector<uint16_t> out(expected.size() + kPlacesSlack + 8, kUntouched);
      ASSERT_EQ(list_places(bits.data(), words, out.data()), expected.size());
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.begin())) << words;
      for (size_t i = expected.size() + kPlacesSlack; i < out.size(); ++i)
        EXPECT_EQ(out[i], kUntouched) << words;
    }
  }
}

}  // namespace
}  // namespace sallyport::scan
