// Names that were found before in the text (named_before.h), cut at every byte.
#include "dataplane/scan/named_before.h"

#include <random>

#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

using Texts = std::vector<std::string>;

class NamedAgain : public ScanFixture {
 protected:
  static constexpr uint8_t kSure = 85, kUnsure = 72, kMost = 80;

  void SetUp() override {
    std::vector<controlplane::policy::EntitySource> entities(2);
    controlplane::policy::RuleSource cue, list, again;
    cue.id = "cue";
    cue.kind = list.kind = contract::RuleKind::Person;
    cue.cues = {"patient"};
    cue.confidence = kSure;
    list.id = "list";
    list.confidence = kUnsure;
    again.id = "again";
    again.kind = contract::RuleKind::PersonAgain;
    again.confidence = kMost;
    entities[0].name = "PERSON";
    entities[0].rules = {cue, list, again};
    entities[1].name = "EMAIL";
    entities[1].priority = 60;
    entities[1].rules.resize(1);
    entities[1].rules[0].id = "email";
    entities[1].rules[0].kind = contract::RuleKind::Email;
    load(entities);
  }
  static Texts persons(std::initializer_list<std::string_view> names) {
    Texts out;
    for (std::string_view name : names) out.push_back("PERSON=" + std::string(name));
    return out;
  }
};

TEST_F(NamedAgain, BehindTheWholeName) {
  for (std::string_view text :
       {"Anna Schmidt came. Schmidt left", "Anna Schmidt (Schmidt)", "Anna Schmidt\nSchmidt: no",
        "Anna Schmidt, \"Schmidt\"", "Anna Schmidt and **Schmidt**", "Anna Schmidt|Schmidt|",
        "Anna Schmidt; then Schmidt's dog", "Patient: Schmidt, Anna. So Schmidt said.",
        "Anna Schmidt came. Then Schmidt", "Anna Schmidt. The Schmidt case"}) {
    const Texts found = at_every_cut(std::string(text));
    ASSERT_EQ(found.size(), 2U) << text;
    EXPECT_EQ(found[1], "PERSON=Schmidt") << text;
  }
  EXPECT_EQ(at_every_cut("Anna Schmidt came. SCHMIDT left, so did Anna, too."),
            persons({"Anna Schmidt", "SCHMIDT", "Anna"}));
  EXPECT_EQ(at_every_cut("Patient Anna Zworgl. Zworgl slept."), persons({"Anna Zworgl", "Zworgl"}));
  EXPECT_EQ(at_every_cut("J\xc3\xbcrgen M\xc3\xbcller left. M\xc3\xbcller said so."),
            persons({"J\xc3\xbcrgen M\xc3\xbcller", "M\xc3\xbcller"}));
}

TEST_F(NamedAgain, WhoseNameIsDoubleOrCutShort) {
  EXPECT_EQ(at_every_cut("I met Jean-Pierre Schmidt. Schmidt left"),
            persons({"Jean-Pierre Schmidt", "Schmidt"}));
  EXPECT_EQ(at_every_cut("so Hans-J\xc3\xbcrgen Quastrup left. Quastrup said"),
            persons({"Hans-J\xc3\xbcrgen Quastrup", "Quastrup"}));
  EXPECT_EQ(at_every_cut("so Anna K. left, Anna too"), persons({"Anna K.", "Anna"}));
}

TEST_F(NamedAgain, WhoseNameHasMarksOrParticles) {
  EXPECT_EQ(at_every_cut("so Jos\xc3\xa9 \xc3\x81lvarez and Piotr \xc5\x81ukasiewicz left"),
            persons({"Jos\xc3\xa9 \xc3\x81lvarez", "Piotr \xc5\x81ukasiewicz"}));
  EXPECT_EQ(at_every_cut("Patient Prof. Dr. Anna Schmidt left"), persons({"Anna Schmidt"}));
}

TEST_F(NamedAgain, WhoseFamilyStandsFirst) {
  EXPECT_EQ(at_every_cut("I met Zhang Wei, Kim Min-jun and Nguyen Van Anh. Ji-sung Park left"),
            persons({"Zhang Wei", "Kim Min-jun", "Nguyen Van Anh", "Ji-sung Park"}));
  EXPECT_EQ(at_every_cut("so Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b Lan and TANAKA Hiroshi left"),
            persons({"Nguy\xe1\xbb\x85n Th\xe1\xbb\x8b Lan", "TANAKA Hiroshi"}));
  for (const std::string text : {"Wu Tang Clan", "Feng Shui", "Hong Kong", "Ma Bell", "Wang Can",
                                 "Zhang Wei Industries", "rue Zhang Wei", "Chen Primes"})
    EXPECT_EQ(at_every_cut("so " + text + ", said"), Texts{}) << text;
}

TEST_F(NamedAgain, NotBeforeIt) {
  EXPECT_EQ(at_every_cut("Schmidt left. Anna Schmidt came."), persons({"Anna Schmidt"}));
}

TEST_F(NamedAgain, NotInWhatIsCalledSo) {
  for (std::string_view rest :
       {"rue Schmidt", "Schmidt Street", "Schmidt.js", "Schmidt & Sons", "class Schmidt(x)",
        "x_Schmidt", "a.Schmidt", "/Schmidt/", "Schmidt-Rottluff", "Schmidtke said", "schmidt",
        "Schmidt::run", "Schmidt:3", "xSchmidt", "3Schmidt", "Schmid"})
    EXPECT_EQ(at_every_cut("Anna Schmidt came. " + std::string(rest)), persons({"Anna Schmidt"}))
        << rest;
}

// What is a word as well is nobody's name by itself.
TEST_F(NamedAgain, WordsAreNotLearned) {
  EXPECT_EQ(at_every_cut("Patient Peter Brown. Brown rice, Brown said."), persons({"Peter Brown"}));
}

TEST_F(NamedAgain, AnotherFindingKeepsItsPlace) {
  EXPECT_EQ(at_every_cut("Anna Schmidt, Schmidt@x.example, Schmidt."),
            (Texts{"PERSON=Anna Schmidt", "EMAIL=Schmidt@x.example", "PERSON=Schmidt"}));
}

TEST_F(NamedAgain, AsSurelyAsTheWholeName) {
  const auto surest = [&](std::string_view text) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_);
    EXPECT_TRUE(scanner.feed(bytes(text)));
    scanner.end();
    return unsigned{scanner.findings().back().confidence};
  };
  EXPECT_EQ(surest("Anna Schmidt came. Schmidt left."), unsigned{kUnsure});
  EXPECT_EQ(surest("Patient Anna Schmidt. Schmidt left."), unsigned{kMost});
  EXPECT_EQ(surest("Anna Schmidt came. Patient Anna Schmidt. Schmidt left."), unsigned{kMost});
}

// Texts whose answer is known from how they are made, at random cuts.
TEST_F(NamedAgain, EqualsWhatTheTextWasMadeOf) {
  const std::string_view families[] = {"Schmidt", "Novak", "Johansson", "Kowalczyk"};
  const std::string_view others[] = {"said no", "rue Schmidt 5", "Novak.js", "rain",
                                     "Monday",  "x=3",           "schmidt",  "a\xc3\xa9"};
  std::mt19937 draw(3);
  for (unsigned round = 0; round < 300; ++round) {
    std::string text;
    std::vector<Found> expected;
    bool named[std::size(families)] = {};
    const auto put = [&](std::string_view name) {
      expected.push_back({text.size(), text.size() + name.size(), "PERSON"});
      text += name;
    };
    for (unsigned piece = 0; piece < 12; ++piece) {
      const size_t who = draw() % std::size(families);
      switch (draw() % 3) {
        case 0:
          put("Anna " + std::string(families[who]));
          named[who] = true;
          break;
        case 1:
          if (named[who])
            put(families[who]);
          else
            text += families[who];
          break;
        default:
          text += others[draw() % std::size(others)];
      }
      text += "; ";
    }
    std::vector<size_t> cuts;
    for (size_t at = draw() % 9; at < text.size(); at += 1 + draw() % 30) cuts.push_back(at);
    EXPECT_EQ(scan(text), expected) << text;
    EXPECT_EQ(scan(text, cuts), expected) << text;
  }
}

TEST_F(NamedAgain, TheOldestOfManyNamesGivesWay) {
  std::string text;
  const auto family = [](size_t i) {
    return std::string("Zworgl") + static_cast<char>('a' + i / 26) +
           static_cast<char>('a' + i % 26);
  };
  // One word each: only the first given name is known as one.
  for (size_t i = 0; i < NamedPeople::kNamesMax; ++i)
    text += "Patient Anna " + family(i) + ".\n";  // with "Anna", one more than fit
  const size_t whole = texts_found(text).size();
  EXPECT_EQ(texts_found(text + family(0) + " left. " + family(1) + " left.").size(), whole + 2);
  EXPECT_EQ(texts_found(text + "so Anna, then").size(), whole) << "the oldest word";
}

// Texts of one request: each once whole and cut at every byte, all with the names of those before.
class NamedInTextsBefore : public NamedAgain {
 protected:
  struct Text {
    std::string_view text;
    bool looks = true;
  };
  std::vector<Texts> request(const std::vector<Text>& texts) {
    NamedPeople whole, cut;
    std::vector<Texts> out;
    for (const Text& one : texts) {
      out.push_back(read(one.text, one.text.size(), {&whole, one.looks}));
      EXPECT_EQ(read(one.text, 1, {&cut, one.looks}), out.back()) << one.text;
    }
    return out;
  }

 private:
  Texts read(std::string_view text, size_t step, const PeopleBefore& before) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_, 0, 0, Whole::Answer, before);
    for (size_t at = 0; at < text.size(); at += step)
      EXPECT_TRUE(scanner.feed(bytes(text.substr(at, step))));
    scanner.end();
    Texts out;
    for (const Finding& one : scanner.findings())
      out.push_back("PERSON=" + std::string(text.substr(one.start, one.end - one.start)));
    return out;
  }
};

TEST_F(NamedInTextsBefore, OneWordOfThem) {
  EXPECT_EQ(request({{"Schmidt left."},
                     {"Patient Anna Zworgl came."},
                     {"Zworgl left, said Anna Schmidt."},
                     {"Then Schmidt left, not Zworgl."}}),
            (std::vector<Texts>{{},
                                persons({"Anna Zworgl"}),
                                persons({"Zworgl", "Anna Schmidt"}),
                                persons({"Schmidt", "Zworgl"})}));
}

TEST_F(NamedInTextsBefore, OnlyWhereTheyAreLookedFor) {
  const auto found = request({{"Patient Anna Zworgl came.", false},
                              {"Zworgl left. Anna Schmidt came. Schmidt left.", false},
                              {"Zworgl and Schmidt left."}});
  EXPECT_EQ(found[1], persons({"Anna Schmidt", "Schmidt"})) << "its own are";
  EXPECT_EQ(found[2], persons({"Zworgl", "Schmidt"})) << "but all are known from there on";
}

}  // namespace
}  // namespace sallyport::scan
