#include "dataplane/scan/text/char_masks.h"

#include <gtest/gtest.h>

#include <iterator>
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
        EXPECT_EQ(masks->marked.word(w), first->marked.word(w));
      }
    }
  }
}

// What trigger_masks.cc combines, said again for one place of a text at a time.
class Twin {
 public:
  explicit Twin(const CharMasks& masks) : m_(masks) {}
  bool in(const BitMask& mask, size_t i, int n) const {
    const auto at = static_cast<ptrdiff_t>(i) + n;
    return at >= 0 && at < static_cast<ptrdiff_t>(m_.size) && mask.test(static_cast<size_t>(at));
  }
  bool row(const BitMask& mask, size_t i) const {
    for (int n = 0; n < 16; ++n)
      if (!in(mask, i, n)) return false;
    return true;
  }
  bool url(size_t i) const {
    return in(m_.colon, i, 0) && in(m_.slash, i, 1) && in(m_.slash, i, 2);
  }
  // Another colon within five places, and nothing but a word between.
  bool joins_colon(size_t i, int step) const {
    for (int n = 1; n <= 5 && in(m_.word, i, n * step); ++n)
      if (in(m_.colon, i, n * step)) return true;
    return false;
  }
  bool colons(size_t i) const {
    return in(m_.colon, i, 0) && joins_colon(i, 1) && !joins_colon(i, -1);
  }
  bool quad(size_t i) const {
    if (!in(m_.dot, i, 0) || !in(m_.digit, i, -1)) return false;
    int digits = 0;
    while (digits < 3 && in(m_.digit, i, digits + 1)) ++digits;
    if (digits == 0 || !in(m_.dot, i, digits + 1)) return false;
    for (int n = 2; n <= 4; ++n) {
      bool joined = true;
      for (int k = 1; k <= n; ++k) joined = joined && in(m_.word, i, -k);
      if (joined && in(m_.dot, i, -n)) return false;
    }
    return true;
  }
  bool spelt(size_t i) const {
    for (int n = 0; n <= 6; ++n)
      if ((in(m_.letter, i, n) || in(m_.digit, i, n)) != (n % 2 == 1)) return false;
    return true;
  }
  bool before_space(size_t i) const { return in(m_.space, i, 1); }
  bool made(size_t i) const {
    int digits = 0;
    while (digits < 3 && in(m_.digit, i, digits + 1)) ++digits;
    bool mixed = false;
    for (int n = 1; n <= digits; ++n) mixed = mixed || in(m_.letter, i, n + 1);
    return (in(m_.letter, i, 0) && mixed) || (in(m_.upper, i, 0) && in(m_.digit, i, 1)) ||
           (in(m_.digit, i, 0) && in(m_.upper, i, 1)) || row(m_.run, i);
  }

 private:
  const CharMasks& m_;
};

TEST(CharMasks, EveryLevelCombinesThemToTheSameTriggers) {
  const std::string pieces[] = {"10.0.0.1",    "::1:ab", "a://b",
                                "a b c d e f", "No:5",   " 12 Main",
                                "x",           "Anna B", "0123456789abcdef",
                                "é C",         ".",      "/ Éa",
                                "-",           "3",      " ",
                                "x12y",        "a123b",  "c1234d",
                                "M5",          "7Q"};
  std::mt19937 random(3);
  for (size_t size : {1, 60, 64, 130, 700, 4'100}) {
    std::string text;
    while (text.size() < size) text += pieces[random() % std::size(pieces)];
    for (base::Simd level : base::usable_simd()) {
      base::ForcedSimd forced(level);
      SCOPED_TRACE(base::simd_name(level));
      // Used before for a longer text: nothing of it may be left.
      auto masks = std::make_unique<CharMasks>();
      const std::string former(9'000, ':');
      masks->build(reinterpret_cast<const uint8_t*>(former.data()), former.size());
      masks->build(reinterpret_cast<const uint8_t*>(text.data()), text.size());
      const Twin twin(*masks);
      for (size_t i = 0; i < text.size(); ++i) {
        EXPECT_EQ(masks->word_row.test(i), twin.row(masks->word, i)) << i;
        EXPECT_EQ(masks->run_row.test(i), twin.row(masks->run, i)) << i;
        EXPECT_EQ(masks->url.test(i), twin.url(i)) << i;
        EXPECT_EQ(masks->colons.test(i), twin.colons(i)) << i;
        EXPECT_EQ(masks->quad.test(i), twin.quad(i)) << i;
        EXPECT_EQ(masks->spelt.test(i), twin.spelt(i)) << i;
        const auto in = [&](const BitMask& mask, int n) { return twin.in(mask, i, n); };
        const bool gap = twin.before_space(i);
        EXPECT_EQ(masks->number_of.test(i), in(masks->digit, 0) && gap && in(masks->letter, 2));
        EXPECT_EQ(masks->to_number.test(i),
                  !in(masks->digit, 0) && !in(masks->space, 0) && gap && in(masks->digit, 2));
        EXPECT_EQ(masks->colon_number.test(i),
                  in(masks->colon, 0) && in(masks->letter, -1) && in(masks->digit, 1));
        EXPECT_EQ(masks->name_of.test(i), (in(masks->letter, 0) || !in(masks->word, 0)) && gap &&
                                              (in(masks->upper, 2) || in(masks->marked, 2)));
        EXPECT_EQ(masks->capital.test(i),
                  ((in(masks->upper, 0) && !in(masks->upper, 1)) || in(masks->marked, 0)) &&
                      !in(masks->word, -1) && !in(masks->marked, -2));
        EXPECT_EQ(masks->made.test(i), twin.made(i)) << i;
        EXPECT_EQ(masks->form.test(i), masks->at.test(i) || masks->url.test(i) ||
                                           masks->colons.test(i) || masks->quad.test(i));
        EXPECT_EQ(masks->phrase.test(i), masks->number_of.test(i) || masks->to_number.test(i) ||
                                             masks->colon_number.test(i) ||
                                             masks->name_of.test(i) || masks->inward.test(i));
        EXPECT_EQ(masks->inward.test(i),
                  in(masks->upper, 0) && in(masks->digit, -1) && !in(masks->word, -2));
      }
    }
  }
}

TEST(CharMasks, RowsAreFilledFromWhereTheyBegin) {
  std::string text(200, ' ');
  text.replace(20, 16, 16, 'a');
  text.replace(50, 100, 100, 'b');
  text.replace(170, 15, 15, 'c');
  auto masks = std::make_unique<CharMasks>();
  masks->build(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  for (size_t w = 1; w < masks->words; ++w) {
    const uint64_t filled =
        BitMask::behind_rows(masks->word_row.word(w - 1), masks->word_row.word(w));
    for (size_t i = 0; i < 64 && w * 64 + i < text.size(); ++i)
      EXPECT_EQ(filled >> i & 1, text[w * 64 + i] == 'a' || text[w * 64 + i] == 'b')
          << w << " " << i;
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
