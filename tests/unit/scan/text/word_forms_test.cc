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
  EXPECT_EQ(word_forms(folded_lower("паспорт")), Forms{folded_lower("ПАСПОРТ")});
  EXPECT_EQ(word_forms(folded_lower("егн")), Forms{folded_lower("ЕГН")});
  EXPECT_NE(folded_lower("егн"), folded_lower("ЕГН"));
}

}  // namespace
}  // namespace sallyport::scan
