// Every vector level against the table of the Unicode standard, written out.
#include "dataplane/base/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "dataplane/base/cpu.h"

namespace sallyport::base {
namespace {

struct Row {
  uint8_t first_low, first_high;
  std::vector<std::pair<uint8_t, uint8_t>> rest;
};

// Table 3-7, "Well-Formed UTF-8 Byte Sequences".
const std::vector<Row>& table() {
  static const std::vector<Row> kRows = {{0x00, 0x7f, {}},
                                         {0xc2, 0xdf, {{0x80, 0xbf}}},
                                         {0xe0, 0xe0, {{0xa0, 0xbf}, {0x80, 0xbf}}},
                                         {0xe1, 0xec, {{0x80, 0xbf}, {0x80, 0xbf}}},
                                         {0xed, 0xed, {{0x80, 0x9f}, {0x80, 0xbf}}},
                                         {0xee, 0xef, {{0x80, 0xbf}, {0x80, 0xbf}}},
                                         {0xf0, 0xf0, {{0x90, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}}},
                                         {0xf1, 0xf3, {{0x80, 0xbf}, {0x80, 0xbf}, {0x80, 0xbf}}},
                                         {0xf4, 0xf4, {{0x80, 0x8f}, {0x80, 0xbf}, {0x80, 0xbf}}}};
  return kRows;
}

bool by_the_table(const std::vector<uint8_t>& text) {
  for (size_t at = 0; at < text.size();) {
    size_t size = 0;
    for (const Row& row : table()) {
      if (text[at] < row.first_low || text[at] > row.first_high) continue;
      if (text.size() - at <= row.rest.size()) return false;
      size = 1;
      for (const auto& [low, high] : row.rest) {
        if (text[at + size] < low || text[at + size] > high) return false;
        ++size;
      }
    }
    if (size == 0) return false;
    at += size;
  }
  return true;
}

void expect_all_levels(const std::vector<uint8_t>& text) {
  const bool expected = by_the_table(text);
  for (const Simd simd : usable_simd()) {
    const ForcedSimd forced(simd);
    ASSERT_EQ(is_utf8(text), expected) << simd_name(simd) << " size " << text.size();
  }
}

TEST(Utf8, EveryPairAndTripleOfBytesAtTheEdgesOfABlock) {
  std::vector<uint8_t> text;
  const std::vector<uint8_t> third = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xff};
  for (size_t before : {0U, 30U, 62U}) {
    for (unsigned a = 0x7f; a < 0x100; ++a) {
      for (unsigned b = 0x7f; b < 0x100; ++b) {
        for (uint8_t c : third) {
          text.assign(before, 'x');
          text.insert(text.end(), {uint8_t(a), uint8_t(b), c, 0x80});
          expect_all_levels(text);
          text.push_back('y');
          if (c == 0x80) expect_all_levels(text);
        }
      }
    }
  }
}

TEST(Utf8, RandomTextsWithAndWithoutAMistake) {
  std::mt19937_64 random(11);
  const std::vector<std::string> pieces = {
      "plain words ", "\u00e9",       "\u4e2d\u6587\u3002",   "\u0645\u0631\u062d", "\U0001f600",
      "\u0800\ud7ff", "\ue000\uffff", "\U00010000\U0010ffff", std::string(70, 'a')};
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    for (uint64_t i = random() % 12; i > 0; --i) text += pieces[random() % pieces.size()];
    std::vector<uint8_t> bytes(text.begin(), text.end());
    if (!bytes.empty() && random() % 2 == 0) bytes[random() % bytes.size()] = uint8_t(random());
    if (!bytes.empty() && random() % 4 == 0) bytes.resize(random() % bytes.size());
    expect_all_levels(bytes);
  }
}

TEST(Utf8, TheOpenEndIsWhatOneMoreByteCouldComplete) {
  const auto open = [](std::string_view text) {
    return utf8_open_end({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(open(""), 0U);
  EXPECT_EQ(open("a"), 0U);
  EXPECT_EQ(open("\xc3"), 1U);
  EXPECT_EQ(open("\xc3\xa9"), 0U);
  EXPECT_EQ(open("a\xe2\x82"), 2U);
  EXPECT_EQ(open("\xe2\x82\xac"), 0U);
  EXPECT_EQ(open("\xf0\x9f\x98"), 3U);
  EXPECT_EQ(open("\xf0\x9f\x98\x80"), 0U);
  EXPECT_EQ(open("\x80\x80\x80\x80"), 0U);
}

}  // namespace
}  // namespace sallyport::base
