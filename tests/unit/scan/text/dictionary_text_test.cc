// Values of a tenant's dictionaries in a text: through the whole scanner, against a slow twin.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "dataplane/base/phrase.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using controlplane::policy::DictionaryKey;
using controlplane::policy::DictionarySource;
using testing::ElementsAre;
using testing::IsEmpty;

using Lists = std::vector<std::vector<std::string>>;

class DictionaryText : public ScanFixture {
 protected:
  // An engine with the first entities and one of ours; dictionary i is the rule "list-i".
  void SetUp() override {}
  void load(const Lists& lists, uint8_t priority = 90) {
    auto entities = first_entities();
    controlplane::policy::EntitySource own;
    own.name = "CUSTOMER";
    own.priority = priority;
    std::vector<DictionarySource> sources;
    for (size_t i = 0; i < lists.size(); ++i) {
      controlplane::policy::RuleSource rule;
      rule.id = "list-" + std::to_string(i);
      rule.kind = contract::RuleKind::Dictionary;
      own.rules.push_back(rule);
      std::string text;
      for (const std::string& value : lists[i]) text += value + "\n";
      sources.push_back({rule.id, text, -1, 1});
    }
    entities.push_back(own);
    const auto compiled = controlplane::policy::compile_matcher(entities);
    for (const auto& error : compiled.errors) ADD_FAILURE() << error.rule << ": " << error.message;
    controlplane::policy::DictionaryOptions options;
    options.fold = controlplane::policy::folded_as_scanned;
    const auto made = compile_dictionaries(sources, DictionaryKey{3}, options);
    for (const auto& error : made.errors) ADD_FAILURE() << error.line << ": " << error.message;
    section_.assign((made.section.size() + 7) / 8, 0);
    std::copy(made.section.begin(), made.section.end(),
              reinterpret_cast<uint8_t*>(section_.data()));
    std::string error;
    ASSERT_TRUE(engine_.load(compiled.section, error)) << error;
    std::vector<std::string> ids;
    for (const auto& source : sources) ids.push_back(source.name);
    const std::vector<std::string_view> names(ids.begin(), ids.end());
    ASSERT_TRUE(engine_.load_dictionaries(section(), DictionaryKey{3}, names, error)) << error;
    scratch_ = engine_.make_scratch();
  }
  std::span<const uint8_t> section() const {
    return {reinterpret_cast<const uint8_t*>(section_.data()), section_.size() * 8};
  }

  // Findings of our entity, by text; `broken`: one began before an edge that was told.
  std::vector<Found> read(std::string_view text, std::vector<size_t> cuts = {},
                          uint64_t dictionaries = ~uint64_t{0}) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_, 0, dictionaries);
    std::vector<Found> out;
    size_t at = 0;
    uint64_t edge = 0;
    cuts.push_back(text.size());
    for (const size_t cut : cuts) {
      EXPECT_TRUE(scanner.feed(bytes(text.substr(at, cut - at))));
      at = cut;
      if (cut == text.size()) scanner.end();
      for (const Finding& f : scanner.findings()) EXPECT_GE(f.start, edge);
      collect(scanner, out);
      edge = scanner.safe_edge();
    }
    EXPECT_EQ(scanner.late_findings(), 0U);
    return out;
  }
  std::vector<std::string> values(std::string_view text, uint64_t dictionaries = ~uint64_t{0}) {
    std::vector<std::string> out;
    for (const Found& f : read(text, {}, dictionaries))
      if (f.entity == "CUSTOMER") out.emplace_back(text.substr(f.start, f.end - f.start));
    return out;
  }

  std::vector<uint64_t> section_;
};

// Said slowly, for plain text: every phrase of up to eight words is looked up; of overlapping ones
// the longer stays, of equally long ones the earlier.
std::vector<Found> twin(const Lists& lists, const std::string& text) {
  std::map<std::string, bool> phrases;
  for (const auto& list : lists)
    for (const std::string& value : list) {
      std::string phrase;
      for (const auto& word : base::phrase_words(value)) phrase += word.folded + " ";
      phrases[phrase] = true;
    }
  const std::vector<base::PhraseWord> words = base::phrase_words(text);
  std::vector<Found> all;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string phrase;
    size_t longest = 0;
    for (size_t n = 1; n <= contract::kPhraseWordsMax && i + n <= words.size(); ++n) {
      if (n > 1 && words[i + n - 1].start - words[i + n - 2].end > contract::kPhraseSeparatorMax)
        break;
      phrase += words[i + n - 1].folded + " ";
      if (phrases.contains(phrase)) longest = n;
    }
    if (longest > 0) all.push_back({words[i].start, words[i + longest - 1].end, "CUSTOMER"});
  }
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) {
    return a.end - a.start > b.end - b.start;
  });
  std::vector<Found> out;
  for (const Found& f : all)
    if (std::none_of(out.begin(), out.end(),
                     [&](const Found& o) { return f.start < o.end && o.start < f.end; }))
      out.push_back(f);
  std::sort(out.begin(), out.end(),
            [](const Found& a, const Found& b) { return a.start < b.start; });
  return out;
}

TEST_F(DictionaryText, EveryCutGivesWhatTheTwinSays) {
  std::mt19937_64 random(31);
  const std::vector<std::string> alphabet{"ann", "bob", "acme", "co", "orion", "vega", "the", "of"};
  const std::vector<std::string> gaps{" ", "-", ", ", "\n", ".....", " / ", "      "};
  const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
  Lists lists(2);
  for (auto& list : lists)
    for (int i = 0; i < 12; ++i) {
      std::string value = pick(alphabet);
      for (size_t n = random() % 4; n > 0; --n) value += " " + pick(alphabet);
      list.push_back(value);
    }
  load(lists);
  size_t found = 0;
  for (int round = 0; round < 25; ++round) {
    std::string text;
    for (int n = 0; n < 25; ++n) text += pick(alphabet) + pick(gaps);
    const auto expected = twin(lists, text);
    found += expected.size();
    ASSERT_EQ(read(text), expected) << text;
    std::vector<size_t> every;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      ASSERT_EQ(read(text, {cut}), expected) << cut << ": " << text;
      every.push_back(cut);
    }
    ASSERT_EQ(read(text, every), expected) << text;
  }
  EXPECT_GT(found, 100U);
}

// A value may be written as everything else may be written (fold.h, encoded_runs.h), and an offset
// always tells where it stands in the text as it came.
TEST_F(DictionaryText, FormsOfWritingAreRead) {
  load({{"Erika Mustermann", "Projekt \xc3\x9c\x62\x65r", "AT&T 4711"}});
  for (const std::string text :
       {"erika mustermann", "ERIKA-MUSTERMANN", "\xef\xbc\xa5rika Mustermann",
        "Erika\xc2\xa0Mustermann", "Eri\xc2\xadka Muster\xe2\x80\x8bmann", "Projekt \\u00dcber",
        "projekt \xc3\xbc\x62\x65r", "AT&amp;T 4711"})
    EXPECT_THAT(values("call " + text + " now"), ElementsAre(text)) << text;
  // {"name":"Erika Mustermann","city":"Kiel"} in base64.
  const std::string encoded = "eyJuYW1lIjoiRXJpa2EgTXVzdGVybWFubiIsImNpdHkiOiJLaWVsIn0=";
  EXPECT_EQ(values("data " + encoded + " end").size(), 1U);
  EXPECT_THAT(values("data " + encoded + " end", 0), IsEmpty());
}

// Letters of every script in any case, with their marks in them or behind them, and between the
// quotes of their language.
TEST_F(DictionaryText, CaseAndMarksDoNotCountInAnyScript) {
  const std::vector<std::vector<std::string>> rows{
      {"\xc5\x81ukasz \xc5\xbb\xc3\xb3\xc5\x82w", "\xc5\x82ukasz \xc5\xbc\xc3\xb3\xc5\x82w",
       "\xc5\x81UKASZ \xc5\xbb\xc3\x93\xc5\x81W", "\xc5\x81ukasz Z\xcc\x87o\xcc\x81\xc5\x82w"},
      {"\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2 \xd0\x9f\xd1\x91\xd1\x82\xd1\x80",
       "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d\xd0\x9e\xd0\x92 \xd0\x9f\xd0\x81\xd0\xa2\xd0\xa0",
       "\xd0\xb8\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2 \xd0\xbf\xd1\x91\xd1\x82\xd1\x80",
       "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d\xd0\x9e\xd0\x92 \xd0\x9f\xd0\x95\xcc\x88\xd0\xa2\xd0\xa0"},
      {"\xce\x9d\xce\xaf\xce\xba\xce\xbf\xcf\x82 \xce\x91\xce\xb8\xce\xb7\xce\xbd\xce\xac",
       "\xce\xbd\xce\xaf\xce\xba\xce\xbf\xcf\x82 \xce\xb1\xce\xb8\xce\xb7\xce\xbd\xce\xac",
       "\xce\x9d\xce\x99\xce\x9a\xce\x9f\xce\xa3 \xce\x91\xce\x98\xce\x97\xce\x9d\xce\x91",
       "\xce\x9d\xce\xaf\xce\xba\xce\xbf\xcf\x82 \xce\xb1\xce\xb8\xce\xb7\xce\xbd\xce\xac"},
      {"Stra\xc3\x9f"
       "e GmbH",
       "STRASSE GMBH", "strasse gmbh"},
      {"Nguy\xe1\xbb\x85n V\xc4\x83n", "NGUY\xe1\xbb\x84N V\xc4\x82N",
       "nguye\xcc\x82\xcc\x83n va\xcc\x86n"},
      {"\xc4\xb0stanbul \xc5\x9eirketi", "istanbul \xc5\x9firketi"},
      {"M\xc3\xbcller Caf\xc3\xa9", "MU\xcc\x88LLER cafe\xcc\x81"},
      {"\xe3\x82\xac\xe3\x82\xb9\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe",
       "\xe3\x82\xab\xe3\x82\x99\xe3\x82\xb9\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe"},
      {"\xea\xb9\x80\xec\xb2\xa0\xec\x88\x98",
       "\xe1\x84\x80\xe1\x85\xb5\xe1\x86\xb7\xe1\x84\x8e\xe1\x85\xa5\xe1\x86\xaf\xe1\x84\x89\xe1"
       "\x85\xae"}};
  Lists lists(1);
  for (const auto& row : rows) lists[0].push_back(row[0]);
  load(lists);
  for (const auto& row : rows)
    for (const std::string& form : row)
      for (const auto& [before, after] : std::vector<std::pair<std::string, std::string>>{
               {"zz ", " yy"},
               {"\xc2\xab", "\xc2\xbb"},
               {"\xe3\x80\x81\xe3\x80\x8c", "\xe3\x80\x8d"},
               {"\xe2\x80\xa2", "\xe2\x80\xa6"}}) {
        const std::string text = before + form + after;
        EXPECT_THAT(values(text), ElementsAre(form)) << text;
        const auto whole = read(text);
        for (size_t cut = 1; cut < text.size(); ++cut) ASSERT_EQ(read(text, {cut}), whole) << cut;
      }
  for (const std::string other :
       {"Mueller Cafe",
        "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xb0 \xd0\x9f\xd1\x91\xd1\x82\xd1\x80",
        "\xd0\x93\xd0\x90\xd0\xa1\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe",
        "Muller Caf\xc3\xa9"})
    EXPECT_THAT(values(other), IsEmpty()) << other;
}

TEST_F(DictionaryText, OnlyListsOfTheTenantCountAndPrioritiesDecide) {
  load({{"4111 1111 1111 1111", "orion"}, {"vega"}});
  EXPECT_THAT(values("orion vega", 1), ElementsAre("orion"));
  EXPECT_THAT(values("orion vega", 2), ElementsAre("vega"));
  EXPECT_THAT(values("orion vega", 0), IsEmpty());
  EXPECT_THAT(values("no 4111 1111 1111 1111.", 1), ElementsAre("4111 1111 1111 1111"));
  EXPECT_THAT(texts_found("no 4111 1111 1111 1111."),
              ElementsAre("CREDIT_CARD=4111 1111 1111 1111"));
}

TEST_F(DictionaryText, TextIsHeldOnlyWhileAValueMayStillCome) {
  load({{"orion project budget"}});
  TextScanner scanner;
  scanner.begin(engine_, *scratch_, 0, 1);
  const auto edge_after = [&](std::string_view text) {
    EXPECT_TRUE(scanner.feed(bytes(text)));
    return scanner.safe_edge();
  };
  EXPECT_EQ(edge_after("the "), 4U);
  EXPECT_EQ(edge_after("orion "), 4U);
  EXPECT_EQ(edge_after("project "), 4U);
  EXPECT_EQ(edge_after("report "), 25U);
  EXPECT_THAT(scanner.findings(), IsEmpty());
}

TEST_F(DictionaryText, AnotherKeyAndAnUnknownRuleAreSaid) {
  load({{"orion"}});
  std::string error;
  const std::string_view known = "list-0";
  const std::string_view unknown = "list-1";
  EXPECT_FALSE(engine_.load_dictionaries(section(), DictionaryKey{4}, {&known, 1}, error));
  EXPECT_THAT(error, testing::HasSubstr("another key"));
  EXPECT_FALSE(engine_.load_dictionaries(section(), DictionaryKey{3}, {&unknown, 1}, error));
  EXPECT_THAT(error, testing::HasSubstr("no rule list-1"));
  EXPECT_FALSE(engine_.load_dictionaries(section(), DictionaryKey{3}, {}, error));
}

}  // namespace
}  // namespace sallyport::scan
