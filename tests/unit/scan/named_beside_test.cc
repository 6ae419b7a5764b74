// Names right before values that are somebody's (named_beside.h), cut at every byte.
#include "dataplane/scan/named_beside.h"

#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class NamedBesideValues : public ScanFixture {
 protected:
  void SetUp() override {
    using contract::RuleKind;
    std::vector<controlplane::policy::EntitySource> entities(4);
    const auto add = [&](size_t entity, std::string name, uint8_t priority,
                         std::initializer_list<RuleKind> kinds) {
      entities[entity].name = name;
      entities[entity].priority = priority;
      for (RuleKind kind : kinds) {
        controlplane::policy::RuleSource rule;
        rule.id = name + std::to_string(entities[entity].rules.size());
        rule.kind = kind;
        entities[entity].rules.push_back(rule);
      }
    };
    add(0, "PERSON", 20, {RuleKind::Person, RuleKind::PersonAgain, RuleKind::PersonBeside});
    add(1, "EMAIL", 60, {RuleKind::Email});
    add(2, "PHONE", 40, {RuleKind::Phone});
    add(3, "ADDRESS", 50, {RuleKind::Address});
    load(entities);
  }
  // The names in `text`, which no cut changes.
  Texts names(const std::string& text) {
    Texts out;
    for (const std::string& one : at_every_cut(text))
      if (one.starts_with("PERSON=")) out.push_back(one.substr(7));
    return out;
  }
};

TEST_F(NamedBesideValues, MailAddressesThatSpellThem) {
  for (std::string_view text :
       {"so Xqar Vlen (xqar@mail.example) left", "so Xqar Vlen, x.vlen@mail.example",
        "so Xqar Vlen's e-mail is xqarvlen@mail.example", "Xqar Vlen: xvlen@mail.example",
        "| Xqar Vlen | vlen@mail.example |", "1,Xqar Vlen,xqar.vlen@mail.example",
        "\"Xqar Vlen\",\"xqar_vlen@mail.example\"", "Xqar Vlen\nxqar.vlen@mail.example",
        "* Xqar Vlen - xqar@mail.example", "Xqar Vlen <vlen.xqar@mail.example>"})
    EXPECT_EQ(names(std::string(text)), Texts{"Xqar Vlen"}) << text;
  EXPECT_EQ(names("so Bj\xc3\xb6rk M\xc3\xbchlzorg (muehlzorg@mail.example)"),
            Texts{"Bj\xc3\xb6rk M\xc3\xbchlzorg"});
  EXPECT_EQ(names("so Xqar van der Vlen (vlen@mail.example)"), Texts{"Xqar van der Vlen"});
  EXPECT_EQ(names("so X. Vlen (x.vlen@mail.example)"), Texts{"X. Vlen"});
}

TEST_F(NamedBesideValues, OneWordWhereTheAddressHasAnother) {
  EXPECT_EQ(names("ask Xqar (xqar.vlen@mail.example)"), Texts{"Xqar"});
  EXPECT_EQ(names("Kollegin Vlen (b.vlen@mail.example)"), Texts{"Vlen"});
  EXPECT_EQ(names("so Phoenix (phoenix@mail.example)"), Texts{});
  EXPECT_EQ(names("Project Phoenix (team42@mail.example)"), Texts{});
}

TEST_F(NamedBesideValues, AnyAddressInAngles) {
  EXPECT_EQ(names("by Xqar Vlen <qx77@mail.example>,"), Texts{"Xqar Vlen"});
  EXPECT_EQ(names("-- Xqar Bzlorp Vlen <qx77@mail.example>"), Texts{"Xqar Bzlorp Vlen"});
  EXPECT_EQ(names("> Xqar B. Vlen <qx77@mail.example>"), Texts{"Xqar B. Vlen"});
}

TEST_F(NamedBesideValues, NotOfOfficesAndPrograms) {
  for (std::string_view text :
       {"Blorp Widgets <blorp@mail.example>", "Blorp Zworgl <info@zworgl.example>",
        "Blorp Zworgl <no-reply@zworgl.example>", "Customer Service <service@mail.example>",
        "Blorp Zworgl <blorp@lists.mail.example>", "Front Desk, xqar@mail.example",
        "the Blorp Zworgl (blorp@mail.example)", "see Blorp.Zworgl (blorp@mail.example)",
        "import Blorp_Zworgl <blorp@mail.example>", "call Customer Service at +1 415 555 0134",
        "call Blorp Zworgl at +1 800 555 0134", "Blorp Zworgl at +1 415 555 0134"})
    EXPECT_EQ(names(std::string(text)), Texts{}) << text;
}

TEST_F(NamedBesideValues, TelephonesAndStreetsBehindALead) {
  for (std::string_view text : {"please call Xqar Vlen at +1 415 555 0134",
                                "a letter from Xqar Vlen, phone +1 415 555 0134",
                                "my colleague Xqar Vlen can be reached at +1 415 555 0134",
                                "send it to Xqar Vlen, 12 Oak Street, Dayton, OH 45402",
                                "Ship to: Xqar Vlen\n12 Oak Street\nDayton, OH 45402",
                                "Rufen Sie bitte Xqar Vlen unter +49 171 2345678 an"})
    EXPECT_EQ(names(std::string(text)), Texts{"Xqar Vlen"}) << text;
  EXPECT_EQ(names("Blorp Zworgl, 12 Oak Street, Dayton, OH 45402"), Texts{});
}

TEST_F(NamedBesideValues, KnownNamesOnLinesAbove) {
  for (std::string_view text :
       {"Anna Vlen\n12 Oak Street\nDayton, OH 45402", "Anna Vlen\nHead of Sales\n+1 415 555 0134",
        "> Anna Vlen\n> Blorp Works\n> 12 Oak Street\n> Dayton, OH 45402",
        "Anna Vlen\nBlorp Inc\n27 2279 President St\nDayton, OH 45402",
        "Anna Vlen\n\n12 Oak Street\nDayton, OH 45402"})
    EXPECT_EQ(names(std::string(text)), Texts{"Anna Vlen"}) << text;
  EXPECT_EQ(names("Anna Barab\xc3\xa1s\nBlorp Inc\n12 Oak Street\nDayton, OH 45402"),
            Texts{"Anna Barab\xc3\xa1s"});
  EXPECT_EQ(names("Anna-Lena Vlen-\xc3\x96rt\nBlorp Inc\n12 Oak Street\nDayton, OH 45402"),
            Texts{"Anna-Lena Vlen-\xc3\x96rt"});
  EXPECT_EQ(names("Xqar J. Vlen\nHead of Sales\n+1 415 555 0134"), Texts{"Xqar J. Vlen"});
  EXPECT_EQ(names("Xqar Gu\xc3\xb0mundsd\xc3\xb3ttir\n12 Oak Street\nDayton, OH 45402"),
            Texts{"Xqar Gu\xc3\xb0mundsd\xc3\xb3ttir"});
}

// What others found of it gives way to the whole.
TEST_F(NamedBesideValues, InPlaceOfAPart) {
  EXPECT_EQ(names("so Anna Schmidt (anna@mail.example), Schmidt left"),
            (Texts{"Anna Schmidt", "Schmidt"}));
  EXPECT_EQ(names("-- Xqar Anna Schmidt <anna@mail.example>"), Texts{"Xqar Anna Schmidt"});
}

}  // namespace
}  // namespace sallyport::scan
