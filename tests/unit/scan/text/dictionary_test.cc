// The scanner of dictionaries against a twin that reads the whole text word by word, cut at every
// byte.
#include "dataplane/scan/text/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "controlplane/policy/dictionary/dictionary_compiler.h"

namespace sallyport::scan {
namespace {

using controlplane::policy::compile_dictionaries;
using controlplane::policy::DictionaryKey;
using controlplane::policy::DictionarySource;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kAll = ~uint64_t{0};

using Values = std::vector<std::string>;
using Lists = std::vector<Values>;

DictionaryKey key_of(uint8_t byte) {
  DictionaryKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(byte + 7 * i);
  return key;
}

std::string lines(const std::vector<std::string>& values) {
  std::string out;
  for (const std::string& value : values) out += value + "\n";
  return out;
}

struct Loaded {
  explicit Loaded(const Lists& dictionaries, const DictionaryKey& key = key_of(1)) {
    std::vector<DictionarySource> sources;
    for (const auto& values : dictionaries) sources.push_back({"d", lines(values), -1, 1});
    auto compiled = compile_dictionaries(sources, key);
    for (const auto& e : compiled.errors) ADD_FAILURE() << e.line << ": " << e.message;
    words.resize((compiled.section.size() + 7) / 8);
    std::copy(compiled.section.begin(), compiled.section.end(),
              reinterpret_cast<uint8_t*>(words.data()));
    std::string error;
    EXPECT_TRUE(index.load(bytes(), key, error)) << error;
  }
  std::span<uint8_t> bytes() {
    return {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8};
  }
  std::vector<uint64_t> words;
  DictionaryIndex index;
};

struct Said {
  std::vector<DictionaryMatch> matches;
  bool broken = false;  // a match before an edge that was told, or an edge that went back
};

Said scan(const DictionaryIndex& index, std::string_view text, const std::vector<size_t>& cuts,
          uint64_t active = kAll) {
  Said said;
  DictionaryScanner scanner;
  scanner.begin(index, active);
  uint64_t edge = 0;
  const auto take = [&] {
    for (const DictionaryMatch& match : scanner.matches()) {
      said.broken |= match.start < edge;
      said.matches.push_back(match);
    }
    scanner.take(scanner.matches().size());
    said.broken |= scanner.safe_edge() < edge;
    edge = scanner.safe_edge();
  };
  size_t at = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t end = i < cuts.size() ? cuts[i] : text.size();
    // A copy of its own, so that a sanitizer sees a read beyond the piece.
    const std::vector<uint8_t> piece(text.begin() + static_cast<std::ptrdiff_t>(at),
                                     text.begin() + static_cast<std::ptrdiff_t>(end));
    scanner.feed(piece);
    take();
    at = end;
  }
  scanner.end();
  take();
  said.broken |= scanner.safe_edge() != text.size();
  return said;
}

// What the header promises, said slowly.
std::vector<DictionaryMatch> twin(const std::vector<std::vector<std::string>>& dictionaries,
                                  std::string_view text) {
  std::map<std::string, uint8_t> phrases;
  const auto joined = [](const std::vector<base::PhraseWord>& words, size_t from, size_t count) {
    std::string out;
    for (size_t i = from; i < from + count; ++i) out += (i == from ? "" : " ") + words[i].folded;
    return out;
  };
  for (size_t d = dictionaries.size(); d-- > 0;)
    for (const std::string& value : dictionaries[d]) {
      const auto words = base::phrase_words(value);
      phrases[joined(words, 0, words.size())] = static_cast<uint8_t>(d);
    }
  const std::vector<base::PhraseWord> words = base::phrase_words(text);
  std::vector<DictionaryMatch> out;
  for (size_t i = 0; i < words.size(); ++i) {
    size_t longest = 0;
    uint8_t dictionary = 0;
    for (size_t n = 1; n <= contract::kPhraseWordsMax && i + n <= words.size(); ++n) {
      if (words[i + n - 1].folded.size() > contract::kPhraseWordBytesMax) break;
      if (n > 1 && words[i + n - 1].start - words[i + n - 2].end > contract::kPhraseSeparatorMax)
        break;
      const auto found = phrases.find(joined(words, i, n));
      if (found == phrases.end()) continue;
      longest = n;
      dictionary = found->second;
    }
    if (longest > 0) out.push_back({words[i].start, words[i + longest - 1].end, dictionary});
  }
  return out;
}

TEST(Dictionary, ValuesAreFoundWhateverTheirCaseAndSpacing) {
  Loaded d(Lists{Values{"Erika Mustermann", "ACME, Inc.", "4711-0815"},
                 Values{"Projekt \xc3\x9c\x62\x65r"}});
  const auto found = [&](std::string_view text) { return scan(d.index, text, {}).matches; };
  EXPECT_THAT(found("ask erika  MUSTERMANN."), ElementsAre(DictionaryMatch{4, 21, 0}));
  EXPECT_THAT(found("acme inc"), ElementsAre(DictionaryMatch{0, 8, 0}));
  EXPECT_THAT(found("(4711 0815)"), ElementsAre(DictionaryMatch{1, 10, 0}));
  EXPECT_THAT(found("projekt \xc3\xbc\x62\x65r"), ElementsAre(DictionaryMatch{0, 13, 1}));
  for (const std::string_view text :
       {"erika", "erikamustermann", "xerika mustermann", "erika mustermannx", "47110815",
        "erika, dr. mustermann", "erika      mustermann", "", "acme"})
    EXPECT_THAT(found(text), IsEmpty()) << text;
}

TEST(Dictionary, TheLongestValueOfAWordIsReported) {
  Loaded d(Lists{Values{"orion", "orion project", "orion project budget 2027"}});
  EXPECT_THAT(scan(d.index, "the Orion project budget 2026 and orion", {}).matches,
              ElementsAre(DictionaryMatch{4, 17, 0}, DictionaryMatch{34, 39, 0}));
  EXPECT_THAT(scan(d.index, "orion project budget 2027", {}).matches,
              ElementsAre(DictionaryMatch{0, 25, 0}));
}

TEST(Dictionary, OnlyDictionariesOfTheTenantCount) {
  Loaded d(Lists{Values{"orion", "vega"}, Values{"orion"}});
  EXPECT_THAT(scan(d.index, "orion vega", {}, 1).matches,
              ElementsAre(DictionaryMatch{0, 5, 0}, DictionaryMatch{6, 10, 0}));
  EXPECT_THAT(scan(d.index, "orion vega", {}, 2).matches, ElementsAre(DictionaryMatch{0, 5, 1}));
  EXPECT_THAT(scan(d.index, "orion vega", {}, 0).matches, IsEmpty());
}

TEST(Dictionary, TextIsHeldOnlyWhileAValueMayStillCome) {
  Loaded d(Lists{Values{"orion project budget"}});
  DictionaryScanner scanner;
  scanner.begin(d.index, kAll);
  const auto edge_after = [&](std::string_view text) {
    scanner.feed({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    return scanner.safe_edge();
  };
  EXPECT_EQ(edge_after("the "), 4U);
  EXPECT_EQ(edge_after("ori"), 4U) << "the open word";
  EXPECT_EQ(edge_after("on "), 4U) << "it begins a value";
  EXPECT_EQ(edge_after("project "), 4U);
  EXPECT_EQ(edge_after("report "), 25U) << "no value any more";
  EXPECT_EQ(edge_after("orion"), 25U);
  EXPECT_EQ(edge_after("     "), 35U) << "too far from the next word";
  EXPECT_EQ(edge_after(std::string(48, 'x')), 35U);
  EXPECT_EQ(edge_after("x"), 84U) << "no word is so long";
}

TEST(Dictionary, EveryCutGivesWhatTheTwinSays) {
  std::mt19937_64 random(20);
  const std::vector<std::string> alphabet{"ann",
                                          "bob",
                                          "Acme",
                                          "co",
                                          "orion",
                                          "x1",
                                          "\xc3\x84rger",
                                          "4711",
                                          "the",
                                          "of",
                                          "a",
                                          "\xc5\x82\xc3\xb3"
                                          "d\xc5\xba",
                                          "\xc5\x81\xc3\x93"
                                          "D\xc5\xb9",
                                          "\xc5\x81o\xcc\x81"
                                          "dz\xcc\x81",
                                          "Stra\xc3\x9f"
                                          "e",
                                          "\xe6\x9d\xb1\xe4\xba\xac"};
  // Texts may hold broken characters, lists may not.
  std::vector<std::string> words = alphabet;
  words.insert(words.end(), {"\xc3", "x\xe2\x82", "\xe0\x80\x80"});
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  const std::vector<std::string> gaps{" ",
                                      "-",
                                      ", ",
                                      "\n",
                                      "....",
                                      ".....",
                                      " / ",
                                      "      ",
                                      " \xc2\xab",
                                      "\xe2\x80\xa6 ",
                                      "\xe2\x80\xa6\xc2\xbb"};
  std::vector<std::vector<std::string>> dictionaries(3);
  for (auto& values : dictionaries)
    for (int i = 0; i < 25; ++i) {
      std::string value = pick(alphabet);
      for (size_t n = random() % 4; n > 0; --n) value += " " + pick(alphabet);
      values.push_back(value);
    }
  Loaded d(dictionaries);
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (int n = 0; n < 40; ++n) {
      std::string word = pick(words);
      if (random() % 4 == 0)
        for (char& c : word)
          if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      if (random() % 30 == 0) word = std::string(40 + random() % 20, 'q');
      text += word + pick(gaps);
    }
    const auto expected = twin(dictionaries, text);
    const Said whole = scan(d.index, text, {});
    ASSERT_EQ(whole.matches, expected) << text;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const Said said = scan(d.index, text, {cut});
      ASSERT_EQ(said.matches, expected) << cut << ": " << text;
      ASSERT_FALSE(said.broken) << cut;
    }
    std::vector<size_t> bytes;
    for (size_t i = 1; i < text.size(); ++i) bytes.push_back(i);
    const Said said = scan(d.index, text, bytes);
    ASSERT_EQ(said.matches, expected) << text;
    ASSERT_FALSE(said.broken);
  }
}

TEST(Dictionary, WithoutTheKeyItIsRefusedAndNothingIsInClear) {
  Loaded d(Lists{Values{"Erika Mustermann", "Projekt Orion"}});
  const std::string_view section(reinterpret_cast<const char*>(d.bytes().data()), d.bytes().size());
  for (const std::string_view word : {"erika", "Erika", "mustermann", "orion", "Orion"})
    EXPECT_EQ(section.find(word), std::string_view::npos);
  DictionaryIndex other;
  std::string error;
  EXPECT_FALSE(other.load(d.bytes(), key_of(2), error));
  EXPECT_NE(error.find("another key"), std::string::npos) << error;
}

TEST(Dictionary, DamagedSectionsAreRefusedOrHarmless) {
  Loaded good(Lists{Values{"erika mustermann", "orion", "acme inc"}});
  const std::vector<uint64_t> words = good.words;
  std::mt19937_64 random(5);
  size_t refused = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<uint64_t> damaged = words;
    auto* bytes = reinterpret_cast<uint8_t*>(damaged.data());
    const size_t at = round < 400 ? static_cast<size_t>(round) / 10 : random() % (words.size() * 8);
    bytes[at] = static_cast<uint8_t>(random());
    DictionaryIndex index;
    std::string error;
    if (!index.load({bytes, words.size() * 8}, key_of(1), error)) {
      ++refused;
      EXPECT_EQ(error.find("dictionaries: "), 0U);
      continue;
    }
    scan(index, "erika mustermann of acme inc orion", {});
  }
  EXPECT_GT(refused, 200U);
  DictionaryIndex index;
  std::string error;
  EXPECT_FALSE(index.load(good.bytes().first(39), key_of(1), error));
}

}  // namespace
}  // namespace sallyport::scan
