#include "dataplane/scan/text/literal_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "dataplane/base/cpu.h"

namespace sallyport::scan {
namespace {

using Literals = std::vector<LiteralSet::Literal>;
// Literal and place, in order.
using Hits = std::vector<std::pair<uint32_t, uint32_t>>;

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Hits found(const LiteralSet& set, std::string_view text, size_t from, size_t until) {
  std::vector<LiteralHit> hits;
  set.find(bytes_of(text), from, until, hits);
  Hits out;
  for (const LiteralHit& hit : hits) out.emplace_back(hit.at, hit.literal);
  std::sort(out.begin(), out.end());
  return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

// The slow twin: every literal at every place, character by character.
Hits expected(const Literals& literals, std::string_view text) {
  Hits out;
  for (size_t at = 0; at < text.size(); ++at)
    for (size_t i = 0; i < literals.size(); ++i) {
      const auto& one = literals[i];
      if (text.size() - at < one.text.size()) continue;
      bool fits = true;
      for (size_t k = 0; k < one.text.size(); ++k)
        fits = fits && (one.exact ? text[at + k] == one.text[k]
                                  : lower(text[at + k]) == lower(one.text[k]));
      const char before = at > 0 ? text[at - 1] : ' ';
      const bool camel = before >= 'a' && before <= 'z' && text[at] >= 'A' && text[at] <= 'Z';
      if (fits && (!one.begins_word || !is_letter(before) || camel))
        out.emplace_back(static_cast<uint32_t>(at), static_cast<uint32_t>(i));
    }
  return out;
}

// Runs `check` with each instruction set that this machine has.
template <class F>
void with_each_simd(F&& check) {
  for (const base::Simd simd : base::usable_simd()) {
    const base::ForcedSimd forced(simd);
    SCOPED_TRACE(base::simd_name(simd));
    check();
  }
}

TEST(LiteralSet, FindsALiteralAtEveryPlaceOfEveryShortText) {
  const Literals literals{{"token", false, false}, {"pin", false, false}, {"id", false, true}};
  LiteralSet set;
  ASSERT_TRUE(set.build(literals));
  with_each_simd([&] {
    for (size_t before = 0; before < 140; ++before)
      for (size_t behind : {0U, 1U, 3U, 7U, 64U, 80U})
        for (std::string_view word : {"token", "PIN", "iD"}) {
          const std::string text =
              std::string(before, '.') + std::string(word) + std::string(behind, '.');
          EXPECT_EQ(found(set, text, 0, text.size()), expected(literals, text)) << text;
        }
  });
}

TEST(LiteralSet, WordsBeginWhereNoLetterOrACamelCapitalStands) {
  const Literals literals{{"name", false, true}};
  LiteralSet set;
  ASSERT_TRUE(set.build(literals));
  with_each_simd([&] {
    EXPECT_EQ(found(set, "rename", 0, 6), Hits{});
    EXPECT_EQ(found(set, "userName", 0, 8), (Hits{{4, 0}}));
    EXPECT_EQ(found(set, "USERNAME", 0, 8), Hits{});
    EXPECT_EQ(found(set, "a_name", 0, 6), (Hits{{2, 0}}));
    EXPECT_EQ(found(set, "name", 0, 4), (Hits{{0, 0}}));
  });
}

TEST(LiteralSet, ExactOnesKeepTheirCase) {
  const Literals literals{{"AKIA", true, false}, {"akia", false, false}};
  LiteralSet set;
  ASSERT_TRUE(set.build(literals));
  EXPECT_EQ(found(set, "AKIA", 0, 4), (Hits{{0, 0}, {0, 1}}));
  EXPECT_EQ(found(set, "AKIa", 0, 4), (Hits{{0, 1}}));
}

TEST(LiteralSet, OnlyPlacesOfThePartCount) {
  LiteralSet set;
  ASSERT_TRUE(set.build(Literals{{"abc", false, false}}));
  const std::string text = "abc abc abc";
  EXPECT_EQ(found(set, text, 1, 5), (Hits{{4, 0}}));
  EXPECT_EQ(found(set, text, 4, 5), (Hits{{4, 0}}));
  EXPECT_EQ(found(set, text.substr(0, 6), 4, 6), Hits{}) << "not all of it is there";
}

TEST(LiteralSet, OnlyPlacesThatAreAllowedCount) {
  LiteralSet set;
  ASSERT_TRUE(set.build(Literals{{"abcd", false, false}}));
  std::string text;
  while (text.size() < 3'000) text += "abcd.";
  std::mt19937 draw(11);
  with_each_simd([&] {
    for (const size_t from : {0U, 1U, 5U, 64U, 77U}) {
      std::vector<uint64_t> allowed(text.size() / 64 + 2);
      for (uint64_t& word : allowed) word = draw() % 3 == 0 ? 0 : draw();
      std::vector<LiteralHit> hits;
      set.find(bytes_of(text), from, text.size() - 100, hits, allowed.data());
      Hits some, all;
      for (const LiteralHit& hit : hits) some.emplace_back(hit.at, hit.literal);
      for (const auto& hit : found(set, text, from, text.size() - 100))
        if ((allowed[(hit.first - from) / 64] >> ((hit.first - from) % 64) & 1) != 0)
          all.push_back(hit);
      EXPECT_EQ(some, all) << from;
    }
  });
}

TEST(LiteralSet, OtherScriptsAreFoundBesideAscii) {
  const Literals literals{{"пароль", false, false}, {"пин", false, true}, {"密码", false, false},
                          {"é", false, false},      {"pin", false, true}, {"señal", false, false},
                          {"p", true, false}};
  LiteralSet set;
  ASSERT_TRUE(set.build(literals));
  const std::string_view pieces[] = {"пароль", "пин",  "密码", "é", "pin", "señal", "p",
                                     "\xd0",   "\xbf", ".",    "a", "和",  " ",     "пар"};
  std::mt19937 draw(5);
  for (unsigned round = 0; round < 200; ++round) {
    std::string text(draw() % 80, '.');  // blocks of nothing but ASCII, too
    for (size_t size = text.size() + draw() % 300; text.size() < size;)
      text += pieces[draw() % std::size(pieces)];
    with_each_simd(
        [&] { EXPECT_EQ(found(set, text, 0, text.size()), expected(literals, text)) << text; });
  }
}

TEST(LiteralSet, RefusesAnEmptyLiteral) {
  LiteralSet set;
  EXPECT_FALSE(set.build(Literals{{"", false, false}}));
}

// Hundreds of literals over texts made of their pieces, other bytes and UTF-8.
TEST(LiteralSet, EqualsItsSlowTwin) {
  std::mt19937 draw(5);
  std::vector<std::string> texts;
  const std::string letters = "abcdefghijklmnopqrstuvwxyz_-: 019\xc3\xa9\xd0\xbf@[{";
  for (int i = 0; i < 600; ++i) {
    std::string text;
    const size_t size = 1 + draw() % 12;
    for (size_t k = 0; k < size; ++k) text += letters[draw() % letters.size()];
    texts.push_back(text);
  }
  Literals literals;
  for (const std::string& text : texts)
    literals.push_back({text, draw() % 3 == 0, draw() % 2 == 0});
  LiteralSet set;
  ASSERT_TRUE(set.build(literals));
  for (int round = 0; round < 20; ++round) {
    std::string text;
    while (text.size() < 1'200) {
      std::string piece = texts[draw() % texts.size()];
      if (draw() % 2 == 0)
        for (char& c : piece)
          if (c >= 'a' && c <= 'z' && draw() % 2 == 0) c = static_cast<char>(c - 0x20);
      text += piece.substr(0, 1 + draw() % piece.size());
      if (draw() % 4 == 0) text += static_cast<char>(draw());
    }
    const Hits all = expected(literals, text);
    with_each_simd([&] { EXPECT_EQ(found(set, text, 0, text.size()), all); });
  }
}

}  // namespace
}  // namespace sallyport::scan
