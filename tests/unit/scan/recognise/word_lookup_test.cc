// Words and lists of words are read in bulk and looked up by tables: each beside the slow way.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/scan/read/letter_run.h"
#include "dataplane/scan/read/word_set.h"
#include "dataplane/scan/read/word_text.h"
#include "dataplane/scan/recognise/address/street_words.h"
#include "dataplane/scan/validate/word_list.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(WordText, PartsAtWhiteSpaceAndNowhereElse) {
  constexpr std::string_view kText = "\n a bc\n\n d-e  f\n";
  constexpr auto kWords = words_of<count_words(kText)>(kText);
  EXPECT_EQ(std::vector<std::string_view>(kWords.begin(), kWords.end()),
            (std::vector<std::string_view>{"a", "bc", "d-e", "f"}));
  EXPECT_EQ(count_words(""), 0U);
  EXPECT_EQ(count_words(" \n"), 0U);
  EXPECT_EQ(count_words("a"), 1U);
}

TEST(LetterRun, EndsAndBeginsWhereALoopSaysAtEveryPlace) {
  std::mt19937 draw(7);
  for (unsigned round = 0; round < 200; ++round) {
    std::string text;
    for (size_t i = 0, size = draw() % 60; i < size; ++i)
      text += draw() % 9 == 0 ? " @[`{\x80\xc3"[draw() % 7] : "azAZmM"[draw() % 6];
    const TextView view = view_of(text, true);
    for (size_t at = 0; at <= text.size(); ++at)
      for (const uint64_t max : {uint64_t{1}, uint64_t{15}, uint64_t{16}, uint64_t{32}, view.end}) {
        size_t end = at, start = at;
        while (end < text.size() && end - at < max && is_letter(bytes_of(text)[end])) ++end;
        while (start > 0 && at - start < max && is_letter(bytes_of(text)[start - 1])) --start;
        EXPECT_EQ(letters_end(view, at, max), end) << text << " " << at << " " << max;
        EXPECT_EQ(letters_start(view, at, max), start) << text << " " << at << " " << max;
      }
  }
}

uint16_t lists_of(std::string_view word) {
  // With nothing behind it, and with more letters behind it.
  uint16_t out = 0;
  for (const bool alone : {true, false}) {
    const std::string text = std::string(word) + (alone ? "" : "zzzzzzzzzzzzzzzz");
    const TextView view = view_of(text, true);
    OpenReader reader(view);
    const uint16_t lists = street_word(reader, NameWord{0, word.size(), false, false});
    EXPECT_TRUE(alone || lists == out) << word;
    out = lists;
  }
  return out;
}

TEST(StreetWords, SayWhichListsAWordIsInInAnyCase) {
  EXPECT_EQ(lists_of("street"), kStreetSuffix | kStreetSays);
  EXPECT_EQ(lists_of("STREET"), kStreetSuffix | kStreetSays);
  EXPECT_EQ(lists_of("Ave"), kStreetSuffix | kStreetFrench | kStreetSays);
  EXPECT_EQ(lists_of("de"), kStreetParticle);
  EXPECT_EQ(lists_of("via"), kStreetPrefix | kStreetLoosePrefix);
  EXPECT_EQ(lists_of("Calle"), kStreetPrefix | kStreetSays);
  EXPECT_EQ(lists_of("utca"), kStreetTypeWord | kStreetSays);
  EXPECT_EQ(lists_of("chapter"), kStreetNoName);
  EXPECT_EQ(lists_of("flat"), kStreetUnit);
  EXPECT_EQ(lists_of("engineering"), kStreetNone);
  // Neither a beginning nor more of a word, nor one of its size.
  for (const char* none : {"stree", "streets", "strret", "", "x", "zzzzzzzzzzzzzzzzzzzz"})
    EXPECT_EQ(lists_of(none), 0) << none;
}

TEST(StreetWords, AFilterNeverRefusesAWordOfItsList) {
  for (const char* word : {"street", "st", "rd", "broadway", "expressway", "pike"})
    EXPECT_TRUE(may_be_street_suffix(static_cast<uint8_t>(word[0]), std::string(word).size()));
  for (const char* word : {"de", "degli", "utca", "terrasse", "im"})
    EXPECT_TRUE(may_be_street_part(static_cast<uint8_t>(word[0]), std::string(word).size()));
}

TEST(WordSet, KnowsEveryListOfAWord) {
  constexpr std::string_view kFirst[] = {"anna", "mary-anne", "bartholomew", "ann"};
  constexpr std::string_view kSecond[] = {"anna", "smith", "bartholomews"};
  const WordSet set{WordSet::List{kFirst, 1}, WordSet::List{kSecond, 2}};
  EXPECT_EQ(set.lists_of("anna"), 3);
  EXPECT_EQ(set.lists_of("ann"), 1);
  EXPECT_EQ(set.lists_of("smith"), 2);
  EXPECT_EQ(set.lists_of("bartholomew"), 1);
  EXPECT_EQ(set.lists_of("bartholomews"), 2);
  for (const char* none : {"", "an", "annas", "smiths", "bartholomeu", "mary-anna"})
    EXPECT_FALSE(set.has(none)) << none;
}

TEST(WordList, AnswersLikeALoopOverItsWords) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"token", "to", "tok", "a", "secret", "-here", "_here", "xxxx", "1st", "\xc3\xa9t\xc3\xa9",
       "password123here", "abcdefghijklmnopqrstuvwxyzabcdefghij"});
  constexpr WordList kList{kWords};
  std::mt19937 draw(11);
  std::set<std::string> texts{"",        "TOKEN", "Tokens",
                              "my-here", "1ST",   "abcdefghijklmnopqrstuvwxyz"};
  for (const std::string_view word : kWords) {
    texts.insert(std::string(word));
    texts.insert("x" + std::string(word) + "y");
    texts.insert(std::string(word.substr(1)));
  }
  for (unsigned i = 0; i < 2'000; ++i) {
    std::string text;
    for (size_t k = 0, size = draw() % 8; k < size; ++k) text += "tokenaTOKx-_1s"[draw() % 14];
    texts.insert(text);
  }
  for (const std::string& text : texts) {
    const auto is = [&](std::string_view word) { return equals_word(bytes_of(text), word); };
    const auto holds = [&](std::string_view word) {
      for (size_t at = 0; at + word.size() <= text.size(); ++at)
        if (equals_word(bytes_of(text).subspan(at, word.size()), word)) return true;
      return false;
    };
    EXPECT_EQ(kList.has(bytes_of(text)), std::any_of(kWords.begin(), kWords.end(), is)) << text;
    EXPECT_EQ(kList.any_in(bytes_of(text)), std::any_of(kWords.begin(), kWords.end(), holds))
        << text;
  }
}

}  // namespace
}  // namespace sallyport::scan
