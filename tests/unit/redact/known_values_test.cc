// Values of a request that are found again by their own letters alone.
#include "dataplane/redact/known_values.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sallyport::redact {
namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class Known : public testing::Test {
 protected:
  ~Known() override { known.clear(); }

  void add(std::string_view value, uint16_t entity = 0) {
    TokenCore core{};
    core.fill('0');
    const std::string number = std::to_string(100 + tokens.size());
    std::copy(number.begin(), number.end(), core.end() - 3);
    ASSERT_EQ(tokens.add(core, entity, bytes_of(value)), ExchangeTokens::Added::New);
    known.add(*tokens.find(core, entity));
  }
  // "START-END:ENTITY " of everything that is found, one behind the other.
  std::string found(std::string_view text) const {
    std::string out;
    KnownMatch match;
    for (size_t at = 0; known.find(bytes_of(text), at, text.size(), match); at = match.end)
      out += std::to_string(match.start) + "-" + std::to_string(match.end) + ":" +
             std::to_string(match.entity) + " ";
    return out;
  }

  mem::SegmentPool pool{8, 16 * 1024, mem::SegmentPool::Wipe::OnRelease};
  ExchangeTokens tokens{pool};
  KnownValues known;
};

TEST_F(Known, StandsAlone) {
  add("48839201", 3);
  add("Katrin Wolberg", 5);
  EXPECT_EQ(found("48839201"), "0-8:3 ");
  EXPECT_EQ(found("I noted 48839201, Katrin Wolberg."), "8-16:3 18-32:5 ");
  EXPECT_EQ(found("(48839201) \"48839201\" 48839201-x"), "1-9:3 12-20:3 22-30:3 ");
  EXPECT_EQ(found("番号は48839201です"), "9-17:3 ");
  for (const char* other :
       {"148839201", "488392011", "a48839201", "48839201a", "4883920", "48839202", "48839201.5",
        "12-48839201", "1,48839201", "48839201/20", "48839201_1", "48839201:00", "katrin Wolberg",
        "Katrin Wolbergs", "Katrin  Wolberg", "éKatrin Wolberg", ""})
    EXPECT_EQ(found(other), "") << other;
}

TEST_F(Known, InOtherUsualForms) {
  add("536-90-4399", 1);
  add("Katrin Wolberg", 2);
  add("S123-4567-89", 3);
  EXPECT_EQ(found("536904399 536-90-4399"), "0-9:1 10-21:1 ");
  EXPECT_EQ(found("katrin wolberg KATRIN WOLBERG"), "0-14:2 15-29:2 ");
  EXPECT_EQ(found("S123456789"), "0-10:3 ");
  for (const char* other : {"5369043990", "1536904399", "536.904.399", "katrin Wolberg",
                            "katrinwolberg", "s123456789", "536904398"})
    EXPECT_EQ(found(other), "") << other;
  known.clear();
  add("12-34-56");
  add("12 Oak Street 1234567");
  EXPECT_EQ(found("123456 12OakStreet1234567"), "");
}

TEST_F(Known, OnlyWhatIsHardlyAnythingElseIsLookedFor) {
  for (const char* value :
       {"12345", "Hopper", "in May", "a b c d e f", "--------", "123\n4567", "Ab 1", "secretary"})
    add(value);
  EXPECT_TRUE(known.empty());
  add(std::string(kKnownValueBytesMax, '7') + "8");
  EXPECT_TRUE(known.empty());
  add("123456");
  add("Ab Cdef");
  EXPECT_EQ(found("123456 Ab Cdef"), "0-6:0 7-14:0 ");
  EXPECT_EQ(known.longest(), 7U);
}

TEST_F(Known, OfTwoAtOnePlaceTheLonger) {
  add("48839201", 1);
  add("48839201 EUR 7", 2);
  add("48839201 EUR", 3);
  EXPECT_EQ(found("48839201 EUR 7 48839201 EUR 48839201 E"), "0-14:2 15-27:3 28-36:1 ");
}

TEST_F(Known, WhatIsClearedOrTooMuchIsNotFound) {
  const uint32_t before = known.generation();
  for (size_t i = 0; i < kKnownFormsMax; ++i) add("number" + std::to_string(100'000 + i));
  add("number999999");
  EXPECT_EQ(found("number100255 number999999"), "0-12:0 ");
  EXPECT_NE(known.generation(), before);
  known.clear();
  EXPECT_EQ(found("number100255"), "");
  EXPECT_TRUE(known.empty());
}

// Every place in a block, every distance to the end, against the plain way to look.
TEST_F(Known, FindsWhatASlowReaderFinds) {
  const std::vector<std::string> values{"484848", "48484848", "ab 4848", "4848ab48", "ab ab 48"};
  for (const std::string& value : values) add(value);
  std::mt19937 random(7);
  const std::string_view letters = "48ab .";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t i = random() % 60; i > 0; --i) text += letters[random() % letters.size()];
    KnownMatch match;
    size_t at = 0;
    for (size_t from = 0; from < text.size(); ++from) {
      size_t longest = 0;
      for (const std::string& value : values) {
        KnownMatch alone;
        if (text.compare(from, value.size(), value) == 0 &&
            known.find(bytes_of(text), from, from + 1, alone))
          longest = std::max(longest, alone.end - alone.start);
      }
      if (longest == 0) continue;
      ASSERT_TRUE(known.find(bytes_of(text), at, text.size(), match)) << text;
      ASSERT_EQ(match.start, from) << text;
      ASSERT_EQ(match.end - match.start, longest) << text;
      at = from + 1;
    }
    ASSERT_FALSE(known.find(bytes_of(text), at, text.size(), match)) << text;
  }
}

}  // namespace
}  // namespace sallyport::redact
