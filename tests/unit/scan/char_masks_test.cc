#include "dataplane/scan/char_masks.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

std::string some_bytes(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(size, ' ');
  for (char& c : out) c = static_cast<char>(random() % 4 == 0 ? random() : 32 + random() % 96);
  return out;
}

TEST(CharMasks, EveryLevelGivesTheSameMasks) {
  for (size_t size : {0, 1, 63, 64, 65, 200, 4'096, 9'000}) {
    const std::string text = some_bytes(size, static_cast<unsigned>(size));
    auto first = std::make_unique<CharMasks>();
    {
      base::ForcedSimd forced(base::Simd::Portable);
      first->build(reinterpret_cast<const uint8_t*>(text.data()), size);
    }
    for (base::Simd level : base::usable_simd()) {
      base::ForcedSimd forced(level);
      auto masks = std::make_unique<CharMasks>();
      masks->build(reinterpret_cast<const uint8_t*>(text.data()), size);
      for (size_t w = 0; w <= masks->words; ++w) {
        EXPECT_EQ(masks->digit.word(w), first->digit.word(w));
        EXPECT_EQ(masks->letter.word(w), first->letter.word(w));
        EXPECT_EQ(masks->upper.word(w), first->upper.word(w));
        EXPECT_EQ(masks->word.word(w), first->word.word(w));
        EXPECT_EQ(masks->run.word(w), first->run.word(w));
        EXPECT_EQ(masks->at.word(w), first->at.word(w));
        EXPECT_EQ(masks->colon.word(w), first->colon.word(w));
        EXPECT_EQ(masks->slash.word(w), first->slash.word(w));
        EXPECT_EQ(masks->dot.word(w), first->dot.word(w));
        EXPECT_EQ(masks->space.word(w), first->space.word(w));
      }
    }
  }
}

TEST(CharMasks, QuestionsAboutRunsAgreeWithTheText) {
  const std::string text = some_bytes(1'000, 7);
  auto masks = std::make_unique<CharMasks>();
  masks->build(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const auto is_digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  for (size_t i = 0; i < text.size(); ++i) {
    size_t next = i;
    while (next < text.size() && !is_digit(next)) ++next;
    EXPECT_EQ(masks->digit.next(i, text.size()), next);
    size_t clear = i;
    while (clear < text.size() && is_digit(clear)) ++clear;
    EXPECT_EQ(masks->digit.next_clear(i, text.size()), clear);
    unsigned count = 0;
    for (size_t k = i; k < i + 32 && k < text.size(); ++k) count += is_digit(k) ? 1 : 0;
    EXPECT_EQ(masks->digit.count32(i), count);
    if (!is_digit(i)) continue;
    size_t start = i;
    while (start > 0 && is_digit(start - 1)) --start;
    EXPECT_EQ(masks->digit.run_start(i), start);
  }
}

TEST(CharMasks, EveryLevelStopsAtTheSameFoldableByte) {
  for (size_t at = 0; at < 200; ++at) {
    std::string text(200, 'A');
    for (char c : {'\\', '%', '&', '=', '\0', '\x80', '\xff'}) {
      text[at] = c;
      for (base::Simd level : base::usable_simd()) {
        base::ForcedSimd forced(level);
        EXPECT_EQ(find_foldable(reinterpret_cast<const uint8_t*>(text.data()), text.size()), at);
        EXPECT_EQ(find_foldable(reinterpret_cast<const uint8_t*>(text.data()), at), at);
      }
    }
  }
}

TEST(CharMasks, EveryLevelGoesOverSignsThatFoldNothing) {
  for (const std::string_view sign : {"= 5", "=x", "% of", "%g", "& b", "&1", "=\t", "%\n"})
    for (size_t at = 0; at < 80; ++at) {
      std::string text(120, '.');
      text.replace(at, sign.size(), sign);
      for (base::Simd level : base::usable_simd()) {
        base::ForcedSimd forced(level);
        const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
        EXPECT_EQ(find_foldable(bytes, text.size()), text.size()) << sign;
        EXPECT_EQ(find_foldable(bytes, at + 1), at) << "what follows is not known: " << sign;
      }
    }
}

}  // namespace
}  // namespace sallyport::scan
