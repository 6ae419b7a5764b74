#include "dataplane/scan/text/word_forms.h"

#include <gtest/gtest.h>

#include "dataplane/scan/text/fold.h"

namespace sallyport::scan {
namespace {

using Forms = std::vector<std::string>;

TEST(WordForms, MarksAreLeftOut) {
  EXPECT_EQ(word_forms("número de cuenta"), Forms{"numero de cuenta"});
  EXPECT_EQ(word_forms("prüfnummer"), (Forms{"prufnummer", "pruefnummer"}));
  EXPECT_EQ(word_forms("doğum tarihi"), Forms{"dogum tarihi"});
}

// "ne le", "tel" and "nee le" are other words.
TEST(WordForms, ShortOnesKeepTheirMarks) {
  EXPECT_EQ(word_forms("né le"), Forms{});
  EXPECT_EQ(word_forms("tél"), Forms{});
}

TEST(WordForms, AsciiHasNone) { EXPECT_EQ(word_forms("account number"), Forms{}); }

TEST(WordForms, CapitalsThatFoldToOtherBytes) {
  EXPECT_EQ(word_forms("паспорт"), Forms{folded_lower("ПАСПОРТ")});
  EXPECT_EQ(word_forms("егн"), Forms{folded_lower("ЕГН")});
  EXPECT_NE(folded_lower("егн"), folded_lower("ЕГН"));
}

TEST(WordForms, FirstLettersThatFoldToOtherBytes) {
  EXPECT_EQ(word_forms("телефон"), (Forms{folded_lower("Телефон"), folded_lower("ТЕЛЕФОН")}));
  EXPECT_EQ(word_forms("номер телефона"),
            (Forms{folded_lower("Номер телефона"), folded_lower("Номер Телефона"),
                   folded_lower("НОМЕР ТЕЛЕФОНА")}));
}

TEST(WordForms, CapitalsOfGreekHaveNoAccents) {
  EXPECT_EQ(capital_forms("κινητό"), (Forms{folded_text("Κινητό"), folded_text("ΚΙΝΗΤΟ")}));
}

TEST(WordForms, CapitalsOfCues) {
  EXPECT_EQ(capital_forms("дата"), (Forms{folded_text("Дата"), folded_text("ДАТА")}));
  EXPECT_EQ(capital_forms("född"), Forms{"fÖdd"});
  EXPECT_EQ(capital_forms("datum narození"), Forms{"datum narozenÍ"});
  EXPECT_EQ(capital_forms("žena č"), (Forms{"Žena č", "Žena Č"}));
  EXPECT_EQ(capital_forms("date of birth"), Forms{});
}

}  // namespace
}  // namespace sallyport::scan
