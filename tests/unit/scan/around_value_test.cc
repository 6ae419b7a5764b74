// Words that speak of a value from elsewhere than before it: the head of its column
// (column_heads.h), the rest of its sentence (value_tail.h), nothing at all (the text is the
// value).
#include "dataplane/scan/number/value_tail.h"
#include "dataplane/scan/tables/column_heads.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::scan {
namespace {

class AroundValue : public ScanFixture {
 protected:
  void SetUp() override {
    auto entities = first_entities();
    entities[3].rules[0].against = {"part"};
    entities[3].rules[1].confidence_alone = 50;
    controlplane::policy::EntitySource& birth = entities.emplace_back();
    birth.name = "BIRTH";
    birth.priority = 61;
    birth.rules.resize(1);
    birth.rules[0].id = "birth";
    birth.rules[0].kind = contract::RuleKind::Date;
    birth.rules[0].context = {"dob"};
    birth.rules[0].proximity = 12;
    load(entities);
  }
};

using Texts = std::vector<std::string>;

TEST_F(AroundValue, AnExtensionIsAPartOfItsNumber) {
  for (const std::string number :
       {"(415) 555-2671 x070", "(415) 555-2671x4", "(415) 555-2671 ext. 44",
        "(415) 555-2671, extension 2211", "(415) 555-2671 Durchwahl 12", "(415) 555-2671 #221",
        "(415) 555-2671 (poste 158)", "(415) 555-2671;ext=102",
        "(415) 555-2671 \xd0\xb4\xd0\xbe\xd0\xb1. 12",
        "(415) 555-2671\xe8\xbd\xac"
        "123"}) {
    EXPECT_EQ(at_every_cut("to " + number + ", please"), Texts{"PHONE_NUMBER=" + number}) << number;
    EXPECT_EQ(at_every_cut("a;b\n1;" + number + "\n"), Texts{"PHONE_NUMBER=" + number}) << number;
  }
  for (const std::string rest : {" extra 44", " ext", " kl. 12", " #3", " x1234567", " ext 4.5",
                                 " 44 ext", "\next 44", " int main"})
    EXPECT_EQ(at_every_cut("to (415) 555-2671" + rest), Texts{"PHONE_NUMBER=(415) 555-2671"})
        << rest;
}

TEST_F(AroundValue, AQuoteOfAWordOpensNoCell) {
  for (const char* word : {"5\" screw", "\xd7\xa9\xd7\x99\"\xd7\xa8"})
    EXPECT_EQ(at_every_cut("who,what,ssn,team\nKim," + std::string(word) + ",536904399,red\n"),
              (Texts{"US_SSN=536904399"}))
        << word;
  EXPECT_EQ(at_every_cut("who,what,ssn\nKim,\"said \"\"no, no\"\"\",536904399\n"),
            (Texts{"US_SSN=536904399"}));
}

TEST_F(AroundValue, DatesThatBeginWithTheirYear) {
  EXPECT_EQ(at_every_cut("name;dob;x\nKim;1982\xe5\xb9\xb4"
                         "5\xe6\x9c\x88"
                         "14\xe6\x97\xa5;7\n"),
            (Texts{"BIRTH=1982\xe5\xb9\xb4"
                   "5\xe6\x9c\x88"
                   "14\xe6\x97\xa5"}));
  EXPECT_EQ(at_every_cut("name;dob;x\nKim;1956. j\xc3\xbalius 28.;7\n"),
            (Texts{"BIRTH=1956. j\xc3\xbalius 28"}));
  EXPECT_EQ(at_every_cut("1984 March 4 (dob)"), (Texts{"BIRTH=1984 March 4"}));
}

TEST_F(AroundValue, TheHeadOfAColumnIsContextForItsCells) {
  EXPECT_EQ(at_every_cut("id,ssn,team\n17,536904399,red\n18,096917070,blue\n"),
            (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
  EXPECT_EQ(at_every_cut("id\tname\tssn\n1\tKim\t536904399\n2\tLee\t096917070"),
            (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
  EXPECT_EQ(
      at_every_cut("x\n| Name | SSN |\n|---|---|\n| Kim | 536904399 |\n| Lee | 096917070 |\n"),
      (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
  EXPECT_EQ(at_every_cut("\"who, when\";\"ssn\"\n\"a; b\";\"536904399\"\n\"c\";\"096917070\"\n"),
            (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
  EXPECT_EQ(at_every_cut("<table><tr><th>Name</th><th>SSN</th></tr>"
                         "<tr><td>Kim</td><td>536904399</td></tr>"
                         "<tr><td>Lee</td><td>096917070</td></tr></table>"),
            (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
}

TEST_F(AroundValue, DatesOfAColumnMayNameTheirMonth) {
  EXPECT_EQ(at_every_cut("name,dob,town\nAnna,16 August 1969,Leeds\nCy,21 de marzo de 1988,Vigo\n"),
            (Texts{"BIRTH=16 August 1969", "BIRTH=21 de marzo de 1988"}));
  // The year of one row, its last cell, and the day of the next are one row of numbers.
  EXPECT_EQ(
      at_every_cut("| Name | DOB |\n|---|---|\n| Kim | 9 March 1971 |\n| Lee | 1st May 1980 |\n"),
      (Texts{"BIRTH=9 March 1971", "BIRTH=1st May 1980"}));
  EXPECT_EQ(at_every_cut("name\tdob\nLee\tMay 1st, 1980\nBo\tAug. 16, 1969\nAl\tMärz 2, 1970\n"),
            (Texts{"BIRTH=May 1st, 1980", "BIRTH=Aug. 16, 1969", "BIRTH=März 2, 1970"}));
  // Two in one row of numbers; and the day of one row is none of the next, which is split.
  EXPECT_EQ(at_every_cut("| DOB | dob |\n|---|---|\n| May 6, 1979 | 12 August 1980 |\n"),
            (Texts{"BIRTH=May 6, 1979", "BIRTH=12 August 1980"}));
  std::string numbers = "dob 9 March 1971, and then";
  for (int i = 0; i < 70; ++i) numbers += " 11";
  EXPECT_EQ(at_every_cut(numbers), Texts{"BIRTH=9 March 1971"});
  EXPECT_EQ(at_every_cut("what,when\nlaunch,16 August 1969\nend,May 3, 1971\n"), Texts{});
  EXPECT_EQ(at_every_cut("dob\n16 Augustine 1969\nin May 3 of 1971\n"), Texts{});
}

TEST_F(AroundValue, TimesOfDayHideNothing) {
  EXPECT_EQ(at_every_cut("name,dob\nAnna,1969-08-16 00:00:00\nCy,1988-03-21T00:00:00Z\n"),
            (Texts{"BIRTH=1969-08-16", "BIRTH=1988-03-21"}));
  EXPECT_EQ(at_every_cut("seen,ssn,dob\n2024-05-12 08:31:07,536904399,1969-08-16\n"),
            (Texts{"US_SSN=536904399", "BIRTH=1969-08-16"}));
  // A table whose numbers are times goes on.
  EXPECT_EQ(at_every_cut("seen|ssn\n2024-05-12 08:31:07|x\n2024-05-13 08:31:07|536904399\n"),
            Texts{"US_SSN=536904399"});
}

TEST_F(AroundValue, OtherColumnsAreAboutOtherThings) {
  // The name stands closer to the number of the first column than its own head.
  EXPECT_EQ(at_every_cut("ticket,x,ssn\n536904399,,\n536904399,,096917070\n"),
            Texts{"US_SSN=096917070"});
  EXPECT_EQ(at_every_cut("<tr><th>SSN</th><th>Part</th></tr><tr><td>-</td><td>536904399</td></tr>"),
            Texts{});
}

TEST_F(AroundValue, MissingValuesAreNoHeads) {
  EXPECT_EQ(at_every_cut("id,ssn\n1,n/a\n2,\n3,null\n4,536904399\n"), Texts{"US_SSN=536904399"});
}

TEST_F(AroundValue, AnotherParagraphIsAboutAnotherThing) {
  EXPECT_EQ(at_every_cut("Do not share your ssn here.\n\nDrawing 536904399, bolts"), Texts{});
  EXPECT_EQ(at_every_cut("Send me your ssn please.\n\n> 536904399"), (Texts{"US_SSN=536904399"}));
  EXPECT_EQ(at_every_cut("Not your ssn here!\n\n---\n\nDrawing 536904399, bolts"), Texts{});
  EXPECT_EQ(at_every_cut("ssn no.\nKim 536904399"), (Texts{"US_SSN=536904399"}));
  EXPECT_EQ(at_every_cut("ssn 536904399\n\nDrawing 096917070, bolts"), (Texts{"US_SSN=536904399"}));
  EXPECT_EQ(at_every_cut("ssn 536904399\nKim 096917070"),
            (Texts{"US_SSN=536904399", "US_SSN=096917070"}));
}

TEST_F(AroundValue, ATableMayBeLongerThanWhatIsLookedBack) {
  std::string text = "id,note,ssn\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(i) + ",nothing much to say here,536904399\n";
  ASSERT_GT(text.size(), 2 * kTableReachBytes);
  EXPECT_EQ(texts_found(text).size(), 60U);
  std::vector<size_t> cuts;
  for (size_t cut = 97; cut < text.size(); cut += 97) cuts.push_back(cut);
  EXPECT_EQ(scan(text, cuts).size(), 60U);
}

TEST_F(AroundValue, SeparatorsInsideOfQuotesPartNoCellsHoweverLongTheCell) {
  // Lines are read 64 characters at a time: the quotes stand at every place of such a block.
  for (size_t size = 0; size < 140; ++size) {
    const std::string cell = '"' + std::string(size, 'a') + ",;,x\"";
    EXPECT_EQ(texts_found("id,note,ssn\n1," + cell + ",536904399\n2," + cell + ",096917070\n"),
              (Texts{"US_SSN=536904399", "US_SSN=096917070"}))
        << size;
    EXPECT_EQ(texts_found("ssn,note,id\n1," + cell + ",536904399\n"), Texts{}) << size;
  }
}

TEST_F(AroundValue, ATableEndsWithAnotherLine) {
  EXPECT_EQ(
      at_every_cut("id,ssn\n1,536904399\nThis is the end of it and what follows is no row of it.\n"
                   "parts, 096917070\n"),
      Texts{"US_SSN=536904399"});
}

TEST_F(AroundValue, WhatFollowsSaysWhatItIs) {
  EXPECT_EQ(at_every_cut("see 536904399 (SSN), please"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("so 536904399 is my social security number."), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("so 536904399, which is his SSN"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("so \"536904399\" - SSN of Kim"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("so 536904399 is an order. SSN follows"), Texts{});
  EXPECT_EQ(at_every_cut("so 536904399 came before the SSN"), Texts{});
}

TEST_F(AroundValue, WhatItIsForSaysWhatItIs) {
  EXPECT_EQ(at_every_cut("use 536904399 for the SSN, please"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("use 536904399 for a while, SSN"), Texts{});
}

TEST_F(AroundValue, ADateThatNamesItsMonthMayHaveItsLabelBehind) {
  EXPECT_EQ(at_every_cut("on 2 April 1962 (DOB), she"), Texts{"BIRTH=2 April 1962"});
  EXPECT_EQ(at_every_cut("on April 2, 1962 (DOB), she"), Texts{"BIRTH=April 2, 1962"});
  EXPECT_EQ(at_every_cut("on 2 April 1962 (due), she"), Texts{});
  EXPECT_EQ(at_every_cut("on 2 April 1962 she said (DOB)"), Texts{});
}

TEST_F(AroundValue, ALabelBehindMayStandInTheBracketOfItsValue) {
  EXPECT_EQ(at_every_cut("Kim (536904399 SSN), seen"), Texts{"US_SSN=536904399"});
}

TEST_F(AroundValue, AValueAloneNeedsNoWord) {
  EXPECT_EQ(at_every_cut("536904399"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut(" 536904399.\n"), Texts{"US_SSN=536904399"});
  EXPECT_EQ(at_every_cut("no 536904399"), Texts{});
  EXPECT_EQ(at_every_cut("536904399 it"), Texts{});
  EXPECT_EQ(at_every_cut("536904399 536904399"), Texts{});
}

TEST_F(AroundValue, ANumberOfASumNeedsAWord) {
  EXPECT_EQ(at_every_cut("x = 536-90-4399\ny == 096-91-7070; a + 536-90-4399"), Texts{});
  EXPECT_EQ(at_every_cut("(536-90-4399) * 2, 096-91-7070 = ? and 536-90-4399 + 1"), Texts{});
  EXPECT_EQ(at_every_cut("536-90-4399=="), Texts{});
  EXPECT_EQ(at_every_cut(">>> 536-90-4399\n"), Texts{});
  EXPECT_EQ(at_every_cut("(536-90-4399)/2"), Texts{});
  EXPECT_EQ(at_every_cut("print(536-90-4399)"), Texts{});
  EXPECT_EQ(at_every_cut("> 536-90-4399"), Texts{"US_SSN=536-90-4399"});
  EXPECT_EQ(at_every_cut("ssn = 536-90-4399"), Texts{"US_SSN=536-90-4399"});
  EXPECT_EQ(at_every_cut("- Kim\n* 536-90-4399\n  + 096-91-7070 Lee"),
            (Texts{"US_SSN=536-90-4399", "US_SSN=096-91-7070"}));
  EXPECT_EQ(at_every_cut("Kim **536-90-4399**, Lee (096-91-7070)"),
            (Texts{"US_SSN=536-90-4399", "US_SSN=096-91-7070"}));
}

TEST_F(AroundValue, ListsOfPartsAreSuchToTheirEnd) {
  EXPECT_EQ(
      at_every_cut("A part 536-90-4399, 536-90-4398\n" + std::string(80, '.') +
                   "536-90-4397\nKim: ssn 536-90-4396\n" + std::string(90, '.') + " 096-91-7070"),
      (Texts{"US_SSN=536-90-4396", "US_SSN=096-91-7070"}));
}

// Rows of a matrix have the sizes of three groups by chance.
TEST_F(AroundValue, NumbersOfAMatrixAreNobodysWithoutAWord) {
  EXPECT_EQ(at_every_cut("x: 229 73 2398 858 94 9424 139 64 1154\n"), Texts{});
  EXPECT_EQ(at_every_cut("m = [\n    273 63 5022\n    844 52 5975\n]\n"), Texts{});
  EXPECT_EQ(at_every_cut("[[273 63 5022]\n [744 52 5975]]\n"), Texts{});
  EXPECT_EQ(at_every_cut("1 22 333\n273 63 5022\n744 52 5975\n"), Texts{});
  EXPECT_EQ(at_every_cut("273 63 5022\n1 22 333\n"), Texts{});
  EXPECT_EQ(at_every_cut("536 90 4399\n096 91 7070\n"), Texts{});
  EXPECT_EQ(at_every_cut("Q1 536 90 4399\nQ2 096 91 7070\n"), Texts{});
  // A row that is judged in halves knows of its beginning.
  std::string rows;
  for (int i = 0; i < 60; ++i) rows += "273 63 5022\n";
  EXPECT_EQ(at_every_cut(rows + "\n536-90-4399"), Texts{"US_SSN=536-90-4399"});
  // Items, columns of names, a sentence, a word, nothing else.
  EXPECT_EQ(at_every_cut("536 90 4399, 096 91 7070\n"),
            (Texts{"US_SSN=536 90 4399", "US_SSN=096 91 7070"}));
  EXPECT_EQ(at_every_cut("Kim 536 90 4399\nLee 096 91 7070\n"),
            (Texts{"US_SSN=536 90 4399", "US_SSN=096 91 7070"}));
  EXPECT_EQ(at_every_cut("SSNs:\n536 90 4399\n096 91 7070\n"),
            (Texts{"US_SSN=536 90 4399", "US_SSN=096 91 7070"}));
  EXPECT_EQ(at_every_cut("536 90 4399\n"), Texts{"US_SSN=536 90 4399"});
  EXPECT_EQ(at_every_cut("Kim 536 90 4399, 3 of 4\n"), Texts{"US_SSN=536 90 4399"});
  EXPECT_EQ(at_every_cut("ssn 536 90 4399 12 13\n"), Texts{"US_SSN=536 90 4399"});
}

}  // namespace
}  // namespace sallyport::scan
