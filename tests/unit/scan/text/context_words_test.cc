#include "dataplane/scan/text/context_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::scan {
namespace {

constexpr NearRules kAllRules{~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}, ~uint64_t{0}};

std::vector<std::string> found(std::string_view text, size_t value_start) {
  constexpr std::string_view kWords[] = {"tel",          "phone",     "né",  "id",
                                         "手机",         "téléphone", "ssn", "tax file",
                                         "licence_text", "pick up at"};
  ContextWords words;
  EXPECT_TRUE(words.load(kWords));
  // A rule of its own for each, so that what may be near can be compared with what is.
  for (uint16_t i = 0; i < words.size(); ++i) words.note_rule(i, static_cast<uint16_t>(i * 25));
  const TextView view{reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), true};
  ContextHits hits;
  ContextBlocks blocks;
  words.find(view, value_start, kProximityMax, blocks, hits);
  const NearRules around = words.rules_around(view, value_start, kAllRules, kProximityMax, blocks);
  std::vector<std::string> out;
  for (size_t i = 0; i < hits.count; ++i) {
    out.push_back(std::string(words.word(hits.hits[i].word)) + ":" +
                  std::to_string(hits.hits[i].distance));
    EXPECT_TRUE(share_rules(around, words.rules_of(hits.hits[i].word))) << text;
  }
  return out;
}
std::vector<std::string> found(std::string_view text) { return found(text, text.size()); }
using Words = std::vector<std::string>;

TEST(ContextWords, ShortOnesStandAlone) {
  EXPECT_EQ(found("tel "), Words{"tel:1"});
  EXPECT_EQ(found("hotel "), Words{});
  EXPECT_EQ(found("telly "), Words{});
  EXPECT_EQ(found("userTel="), Words{"tel:1"});
  EXPECT_EQ(found("user_tel="), Words{"tel:1"});
  EXPECT_EQ(found("SSNs: "), Words{"ssn:3"});
  EXPECT_EQ(found("identity "), Words{});
}

// A token of ours, a part number and a key are made of letters and digits, and say nothing.
TEST(ContextWords, ShortOnesAreNoPartOfSomethingMade) {
  EXPECT_EQ(found("[PHONE-NR-4W8SSNACK3SPHP], 7"), Words{"phone:22"});
  EXPECT_EQ(found("4W8SSN: "), Words{});
  EXPECT_EQ(found("W-SSNACK3 "), Words{});
  EXPECT_EQ(found("W-SSNSMITH "), Words{});
  EXPECT_EQ(found("W-SSN4X "), Words{});
  EXPECT_EQ(found("TEL2: "), Words{"tel:3"});
  EXPECT_EQ(found("SSN"), Words{"ssn:0"});
  EXPECT_EQ(found("SSNs and IDs: "), (Words{"ssn:11", "id:3"}));
  EXPECT_EQ(found("SSN_4 userSSN telNo "), (Words{"ssn:17", "ssn:7", "tel:3"}));
}

// Names of columns and members have signs for blanks; a word with a sign is such a name.
TEST(ContextWords, SignsBetweenWordsOfNamesAreBlanks) {
  EXPECT_EQ(found("tax file: "), Words{"tax file:2"});
  EXPECT_EQ(found("TAX_FILE_NO: "), Words{"tax file:5"});
  EXPECT_EQ(found("data-tax-file="), Words{"tax file:1"});
  EXPECT_EQ(found("taxfile="), Words{});
  EXPECT_EQ(found("pick_up_at="), Words{"pick up at:1"});
  EXPECT_EQ(found("pick-up at "), Words{});
  EXPECT_EQ(found("licence_text="), Words{"licence_text:1"});
  EXPECT_EQ(found("licence text "), Words{});
}

TEST(ContextWords, LongOnesStandAnywhereInAnyCase) {
  EXPECT_EQ(found("TelePHONE: "), Words{"phone:2"});
  EXPECT_EQ(found("Téléphone "), (Words{"téléphone:1", "phone:1"}));
  EXPECT_EQ(found("TÉLÉPHONE "), (Words{"téléphone:1", "phone:1"}));
  EXPECT_EQ(found("手机号码"), Words{"手机:6"});
}

TEST(ContextWords, CountOnlyBeforeTheValueAndNear) {
  EXPECT_EQ(found("phone 123", 2), Words{});
  EXPECT_EQ(found("phone" + std::string(kProximityMax - 5, ' ')), Words{"phone:123"});
  EXPECT_EQ(found("phone" + std::string(kProximityMax - 4, ' ')), Words{});
}

TEST(ContextWords, NothingSpeaksForARuleWithoutAWord) {
  constexpr std::string_view kWords[] = {"ssn"};
  ContextWords words;
  ASSERT_TRUE(words.load(kWords));
  words.note_rule(0, 70);
  ContextBlocks blocks;
  const auto around = [&](std::string_view text, size_t start) {
    blocks.forget();
    const TextView view{reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), true};
    return words.rules_around(view, start, kAllRules, kProximityMax, blocks);
  };
  EXPECT_EQ(around("his number is 1234", 14), NearRules{});
  EXPECT_EQ(around("his ssn is 1234", 11), (NearRules{0, uint64_t{1} << 6, 0, 0}));
  EXPECT_EQ(around("ssn" + std::string(3 * kProximityMax, ' '), 3 * kProximityMax), NearRules{});
}

TEST(ContextWords, RulesThatAreSetApartAreAnsweredAlike) {
  constexpr std::string_view kWords[] = {"pin", "ssn", "account number", "zip"};
  ContextWords whole, apart;
  for (ContextWords* words : {&whole, &apart}) {
    ASSERT_TRUE(words->load(kWords));
    for (uint16_t i = 0; i < words->size(); ++i) words->note_rule(i, static_cast<uint16_t>(i * 60));
  }
  const NearRules short_rules{whole.rules_of(0)[0], 0, whole.rules_of(3)[2], 0};
  const NearRules ssn_rules = whole.rules_of(1);
  apart.set_apart(short_rules);
  apart.set_apart(ssn_rules);
  const std::string text = "your pin and zip, no ssn: account number 12 " + std::string(90, '.') +
                           "the zip 345 " + std::string(200, '.') + " 6";
  const TextView view{reinterpret_cast<const uint8_t*>(text.data()), 0, text.size(), true};
  // Of `other` the sets are asked before all words of a block are known, of `known` behind that.
  ContextBlocks one, other, known;
  const auto same = [](const NearRules& a, const NearRules& b, const NearRules& of) {
    bool is_same = true;
    for (size_t i = 0; i < of.size(); ++i) is_same = is_same && ((a[i] ^ b[i]) & of[i]) == 0;
    return is_same;
  };
  for (size_t at = 0; at <= text.size(); ++at)
    for (const uint64_t reach : {20U, 64U, 128U}) {
      const NearRules all = whole.rules_around(view, at, kAllRules, reach, one);
      EXPECT_EQ(apart.rules_around(view, at, kAllRules, reach, known), all) << at;
      for (const NearRules& set : {short_rules, ssn_rules})
        for (ContextBlocks* blocks : {&other, &known})
          EXPECT_TRUE(same(apart.rules_around(view, at, set, reach, *blocks), all, set))
              << at << " " << reach;
    }
}

TEST(ContextWords, LowerCaseKeepsSizes) {
  const std::string text = "ÀÉÖ×ß ŁŚŻ ΑΩ АЯ ЖЮ aZ";
  std::string lower(text.size(), ' ');
  lower_text({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
             reinterpret_cast<uint8_t*>(lower.data()));
  EXPECT_EQ(lower, "àéö×ß łśż αω ая жю az");
}

}  // namespace
}  // namespace sallyport::scan
