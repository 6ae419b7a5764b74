// Short values behind the word that names them (recognise/cue_value.h), cut at every byte.
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class CueValues : public ScanFixture {
 protected:
  void SetUp() override {
    std::vector<controlplane::policy::EntitySource> entities(1);
    entities[0].name = "CODE";
    controlplane::policy::RuleSource rule;
    rule.id = "code";
    rule.kind = contract::RuleKind::Cue;
    rule.cues = {"cvv"};
    rule.shapes = {"9{3,4}"};
    entities[0].rules = {rule};
    load(entities);
  }
};

TEST_F(CueValues, BehindARemarkABracketOrAForm) {
  for (const std::string_view text :
       {"CVV (3 digits): 123", "CVV (on the back) = 123", "CVV (123)", "(CVV): 123", "[cvv] 123",
        "CVV:\n123\n", "CVV: \r\n123.", "x; name=\"cvv\"\r\n\r\n123\r\n--", "cvv; 123",
        "<input name=\"cvv\" value=\"123\">", "<i name='cvv' value='123'/>", "<td>cvv</td><td>123"})
    EXPECT_EQ(at_every_cut(std::string(text)), Texts{"CODE=123"}) << text;
}

TEST_F(CueValues, AreAnswersAndStandInClauses) {
  for (const std::string_view text :
       {"CVV\n123", "your CVV?\n123\n", "cvv?\nCustomer (Anna): sure, it's 123.", "cvv? 123",
        "need ur cvv\n[10:03] Bob: 123\n", "The CVV on file is 123, please", "('cvv', '123')",
        "x\nCVV,123\n", "{'cvv','123'}"})
    EXPECT_EQ(at_every_cut(std::string(text)), Texts{"CODE=123"}) << text;
  for (const std::string_view text :
       {"your CVV? We have 123 of them", "CVV\nwe have 123\n", "the cvv, 123",
        "cvv on a card that was 123", "a CVV,123", "cvv\n\n\n12345\n"})
    EXPECT_EQ(at_every_cut(std::string(text)), Texts{}) << text;
}

TEST_F(CueValues, NotOverLinesRemarksAndWordsOfOthers) {
  for (const std::string_view text :
       {"the CVV (3 or 4 digits) is on the back", "CVV (3 digits) 123 of them",
        "CVV\n123 Main Street", "CVV:\n\n123", "x \"cvv\"\n123", "name=\"cvv\"\n\n\n123",
        "cvv value=123", "cvv) 123", "CVV (a remark that has no end for so long): 123",
        "CVV (a\nb): 123", "CVV ((a)): 123"})
    EXPECT_EQ(at_every_cut(std::string(text)), Texts{}) << text;
}

}  // namespace
}  // namespace sallyport::scan
