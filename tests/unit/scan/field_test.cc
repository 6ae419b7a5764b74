// Values that only their place in a segment tells (recognise/field.h).
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class Fields : public ScanFixture {
 protected:
  using RuleSource = controlplane::policy::RuleSource;

  static RuleSource rule(std::string id, std::vector<std::string> cues, uint32_t field,
                         uint32_t first, uint32_t last) {
    RuleSource out;
    out.id = std::move(id);
    out.kind = contract::RuleKind::Field;
    out.cues = std::move(cues);
    out.length_min = field;
    out.length_max = contract::field_components(first, last);
    out.any_name = true;
    return out;
  }

  void SetUp() override {
    std::vector<controlplane::policy::EntitySource> entities(3);
    entities[0].name = "PERSON";
    entities[0].rules = {rule("pid", {"pid|"}, 5, 1, 3), rule("pv1", {"pv1|"}, 7, 2, 4),
                         rule("nm1", {"nm1*il*1*"}, 1, 1, 3), rule("vcard", {"\nn:"}, 1, 1, 3),
                         rule("mt", {":50k:", ":59:"}, 1, 1, 1)};
    entities[0].rules[4].any_name = false;
    entities[0].rules.push_back(rule("n3", {"~n3*", "\nn3*"}, 1, 1, 2));
    RuleSource verb;
    verb.id = "verb";
    verb.kind = contract::RuleKind::Person;
    verb.cues = {"lives at", "lives in", "wohnt in", "vive en"};
    entities[0].rules.push_back(verb);
    RuleSource anywhere;
    anywhere.id = "anywhere";
    anywhere.kind = contract::RuleKind::Person;
    entities[0].rules.push_back(anywhere);
    entities[1].name = "BIRTH";
    entities[1].rules = {rule("pid-birth", {"pid|"}, 7, 1, 1), rule("dmg", {"dmg*d8*"}, 1, 1, 1)};
    for (RuleSource& one : entities[1].rules) one.shapes = {"9{8}"};
    entities[2].name = "PLAN";
    entities[2].rules = {rule("nm109", {"nm1*il*1*"}, 7, 1, 1)};
    entities[2].rules[0].shapes = {"X{6,16}"};
    load(entities);
  }
};

TEST_F(Fields, OfHl7ByTheirNumber) {
  EXPECT_EQ(at_every_cut("MSH|^~\\&|A|B\rPID|1||8834^^^GH^MR||OKWUOSA^ZYNTHA^A^^^^L||19610615|F\r"),
            (Texts{"PERSON=OKWUOSA^ZYNTHA^A", "BIRTH=19610615"}));
  EXPECT_EQ(at_every_cut("PID|||8834||QUASTRUP^TAVIAN||19610615"),
            (Texts{"PERSON=QUASTRUP^TAVIAN", "BIRTH=19610615"}));
  EXPECT_EQ(at_every_cut("PV1|1|O|||||1234^QUASTRUP^TAVIAN^^^DR|"),
            Texts{"PERSON=QUASTRUP^TAVIAN"});
  EXPECT_EQ(at_every_cut("a PID|1||8834||QUASTRUP^TAVIAN~DOE^TAV||"),
            Texts{"PERSON=QUASTRUP^TAVIAN"});
}

TEST_F(Fields, OfOtherSegmentsAndCellsAreNone) {
  // Empty fields, deleted ones, a line that ends, a table, another name, a field too far away.
  EXPECT_EQ(at_every_cut("PID|1||8834||||1961\n"), Texts{});
  EXPECT_EQ(at_every_cut("PID|1||8834||\"\"||\n"), Texts{});
  EXPECT_EQ(at_every_cut("PID|1|\n||QUASTRUP^TAVIAN|QUASTRUP^TAVIAN|\n"), Texts{});
  EXPECT_EQ(at_every_cut("| PID|1|2|3|QUASTRUP|QUASTRUP|\n"), Texts{});
  EXPECT_EQ(at_every_cut("|PID|Name|2|3|QUASTRUP|QUASTRUP|\n"), Texts{});
  EXPECT_EQ(at_every_cut("pid|1|2|3|4|QUASTRUP|x\n"), Texts{});
  EXPECT_EQ(at_every_cut("APID|1|2|3|4|QUASTRUP|x\n"), Texts{});
  EXPECT_EQ(at_every_cut("PID|1||" + std::string(340, '8') + "||QUASTRUP^TAVIAN|"), Texts{});
}

TEST_F(Fields, OfX12ByTheirNumber) {
  EXPECT_EQ(at_every_cut("SBR*P~NM1*IL*1*OKWUOSA*ZYNTHA*A***MI*W123456789~DMG*D8*19610615*F~"),
            (Texts{"PERSON=OKWUOSA*ZYNTHA*A", "PLAN=W123456789", "BIRTH=19610615"}));
  EXPECT_EQ(at_every_cut("NM1*IL*1*OKWUOSA~\n"), Texts{"PERSON=OKWUOSA"});
  // The end of the segment before is part of a cue.
  EXPECT_EQ(at_every_cut("HL*2~N3*1 QUAY ST*APT 4~N4*X"), Texts{"PERSON=1 QUAY ST*APT 4"});
  EXPECT_EQ(at_every_cut("HL*2~\r\nN3*1 QUAY ST~"), Texts{"PERSON=1 QUAY ST"});
  EXPECT_EQ(at_every_cut("~n3*1 QUAY ST~, y~xN3*1 QUAY ST~"), Texts{});
  EXPECT_EQ(at_every_cut("NM1*PR*2*WIDGET HEALTH*****PI*123456789~"), Texts{});
  EXPECT_EQ(at_every_cut("x = DMG*D8*19610615\n"), Texts{});
}

TEST_F(Fields, OfCardsAndPayments) {
  EXPECT_EQ(at_every_cut("BEGIN:VCARD\nN:Quastrup;Zyntha;;;\nORG:x\n"),
            Texts{"PERSON=Quastrup;Zyntha"});
  EXPECT_EQ(at_every_cut("a\nN: Number; M: More\nN:5;6\n"), Texts{});
  EXPECT_EQ(at_every_cut(":50K:/123456789\nMICHAEL MENSAH\nLEEDS\n"),
            Texts{"PERSON=MICHAEL MENSAH"});
  EXPECT_EQ(at_every_cut(":59:/123456789\nWIDGETS LIMITED\nLEEDS\n"), Texts{});
}

TEST_F(Fields, AGivenNameAndAnUnknownWordStandFree) {
  EXPECT_EQ(at_every_cut("met Peter Zworgl, who\nAnna Q. Zworgl said: no"),
            (Texts{"PERSON=Peter Zworgl", "PERSON=Anna Q. Zworgl"}));
  EXPECT_EQ(at_every_cut("# by Peter Zworgl\nthe Peter Zworgl trial, Rua Peter Zworgl 894"),
            Texts{});
}

// Of text that is released before its verb arrives.
TEST_F(Fields, NamesStandBeforeWhereTheyLive) {
  EXPECT_EQ(at_every_cut("my friend Zyntha Quastrup lives at 12 Elm St"),
            Texts{"PERSON=Zyntha Quastrup"});
  EXPECT_EQ(at_every_cut("Zyntha Mensah wohnt in Bonn"), Texts{"PERSON=Zyntha Mensah"});
  EXPECT_EQ(at_every_cut("tia Zyntha Quastrup vive en Vigo"), Texts{"PERSON=Zyntha Quastrup"});
  EXPECT_EQ(at_every_cut("and Maria lives in Leeds"), Texts{"PERSON=Maria"});
  EXPECT_EQ(at_every_cut("The Documentation lives in src, Unsere Mutter wohnt in Bonn"), Texts{});
}

}  // namespace
}  // namespace sallyport::scan
