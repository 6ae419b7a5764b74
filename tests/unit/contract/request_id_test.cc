#include "dataplane/contract/request_id.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>
#include <set>
#include <string>

namespace sallyport::contract {
namespace {

std::string text_of(const RequestId& id) { return std::string(request_id_text(id).view()); }

TEST(RequestIdTest, TheTextIsFixed) {
  EXPECT_EQ(text_of(RequestId{}), "sp_00000000000000000000000000");
  EXPECT_EQ(text_of(RequestId{0, 0, 0, 1}), "sp_00000000000000000000000001");
  EXPECT_EQ(text_of(RequestId{0, 0, 0, 32}), "sp_00000000000000000000000010");
  EXPECT_EQ(text_of(RequestId{0xffff'ffff, 0xffff'ffff, 0xffff, 0xffff'ffff'ffff}),
            "sp_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(request_id_text(RequestId{}).bytes.back(), '\0');
}

TEST(RequestIdTest, EveryBitGoesThereAndBack) {
  std::set<std::string> texts;
  for (unsigned bit = 0; bit < 128; ++bit) {
    const uint64_t high = bit >= 64 ? uint64_t{1} << (bit - 64) : 0;
    const uint64_t low = bit < 64 ? uint64_t{1} << bit : 0;
    const RequestId id = RequestId::of_words(high, low);
    EXPECT_EQ(id.high(), high);
    EXPECT_EQ(id.low(), low);
    const std::string text = text_of(id);
    EXPECT_TRUE(texts.insert(text).second);
    EXPECT_EQ(parse_request_id(text), id) << text;
  }
}

TEST(RequestIdTest, RandomOnesGoThereAndBackInBothCases) {
  std::mt19937_64 random(20);
  for (int i = 0; i < 20'000; ++i) {
    const RequestId id = RequestId::of_words(random(), random());
    std::string text = text_of(id);
    ASSERT_EQ(parse_request_id(text), id);
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    ASSERT_EQ(parse_request_id(text), id);
  }
}

TEST(RequestIdTest, OneIdHasOneText) {
  std::mt19937_64 random(21);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = text_of(RequestId::of_words(random(), random()));
    text[3 + random() % 26] = kCrockfordDigits[random() % 32];
    const auto id = parse_request_id(text);
    if (!id.has_value()) continue;
    ASSERT_EQ(text_of(*id), text);
  }
}

TEST(RequestIdTest, WhatIsNoIdIsRefused) {
  const std::string good = text_of(RequestId{1, 2, 3, 4});
  ASSERT_TRUE(parse_request_id(good).has_value());
  EXPECT_FALSE(parse_request_id("").has_value());
  EXPECT_FALSE(parse_request_id(good.substr(1)).has_value());
  EXPECT_FALSE(parse_request_id(good + "0").has_value());
  EXPECT_FALSE(parse_request_id(good.substr(0, 28)).has_value());
  for (const char bad : {'I', 'L', 'O', 'U', 'i', 'l', 'o', 'u', '-', ' ', '\0', '\x7f'}) {
    for (size_t at = 3; at < good.size(); ++at) {
      std::string text = good;
      text[at] = bad;
      EXPECT_FALSE(parse_request_id(text).has_value()) << at << " " << bad;
    }
  }
  std::string text = good;
  text[3] = '8';
  EXPECT_FALSE(parse_request_id(text).has_value()) << "129 bits";
  for (size_t at = 0; at < 3; ++at) {
    text = good;
    text[at] = 'x';
    EXPECT_FALSE(parse_request_id(text).has_value());
  }
}

TEST(RequestIdTest, EmptyMeansNoRequest) {
  EXPECT_TRUE(RequestId{}.empty());
  EXPECT_FALSE((RequestId{0, 0, 0, 1}).empty());
  EXPECT_FALSE((RequestId{1, 0, 0, 0}).empty());
}

}  // namespace
}  // namespace sallyport::contract
