#include "controlplane/policy/dictionary/dictionary_compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using testing::StartsWith;

CompiledDictionaries compile(const std::string& text, int column = -1, size_t length_min = 4) {
  const DictionarySource source{"customers", text, column, length_min};
  return compile_dictionaries({&source, 1}, DictionaryKey{1, 2, 3});
}

std::vector<std::string> errors(const CompiledDictionaries& compiled) {
  std::vector<std::string> out;
  for (const auto& e : compiled.errors) out.push_back(std::to_string(e.line) + ": " + e.message);
  return out;
}

TEST(DictionaryCompiler, TheSameValuesInAnyOrderAreTheSameBytes) {
  const auto one = compile("Erika Mustermann\nACME Inc\n");
  const auto two = compile("# customers\r\n\r\nacme, inc.\r\nERIKA  MUSTERMANN\r\nAcme Inc");
  ASSERT_THAT(one.errors, SizeIs(0));
  EXPECT_EQ(one.section, two.section);
  EXPECT_EQ(one.entry_count, 2U);
  const DictionarySource source{"customers", "Erika Mustermann\nACME Inc\n", -1, 4};
  EXPECT_NE(compile_dictionaries({&source, 1}, DictionaryKey{9}).section, one.section);
}

TEST(DictionaryCompiler, AColumnOfCsvIsReadWithItsQuotes) {
  const auto csv = compile("1,\"Muster\"\"mann, Erika\",x\n2,Acme Inc,y\n", 1);
  ASSERT_THAT(errors(csv), ElementsAre());
  EXPECT_EQ(csv.section, compile("Muster mann Erika\nacme inc\n").section);
  EXPECT_THAT(errors(compile("1,\"open\n2\n", 1)),
              ElementsAre(StartsWith("1: no column 2, or a quote that does not close"),
                          StartsWith("2: no column 2, or a quote that does not close")));
}

TEST(DictionaryCompiler, ErrorsSayTheLineAndNeverTheValue) {
  EXPECT_THAT(errors(compile("Erika\nabc\na b c d e f g h i\n" + std::string(49, 'x') + "\n")),
              ElementsAre("2: fewer than 4 letters and digits (length_min)", "3: more than 8 words",
                          "4: a word of more than 48 bytes"));
  EXPECT_THAT(errors(compile("# nothing\n \n")), ElementsAre("0: the dictionary has no values"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "ab\n";
  EXPECT_THAT(compile(many).errors, SizeIs(CompiledDictionaries::kErrorsMax));
  EXPECT_TRUE(compile(many).section.empty());
}

// What spreadsheets write: a byte order mark, line ends of every kind. What would never be found
// stops the bundle.
TEST(DictionaryCompiler, AListIsReadAsItsProgramWroteIt) {
  const auto good = compile("# ours\nErika Mustermann\nACME Inc\n");
  for (const char* text : {"\xef\xbb\xbf# ours\nErika Mustermann\nACME Inc\n",
                           "Erika Mustermann\rACME Inc\r", "\r\nErika Mustermann\r\n\r\nACME Inc"})
    EXPECT_EQ(compile(text).section, good.section) << text;
  EXPECT_EQ(compile("\xef\xbb\xbf\"Mustermann, Erika\",1\n", 0).section,
            compile("Mustermann Erika\n").section);
  EXPECT_THAT(errors(compile("Erika\nM\xfcller AG\n")),
              ElementsAre("2: no UTF-8; save the list as UTF-8"));
  EXPECT_THAT(errors(compile("\xff\xfe"
                             "E")),
              ElementsAre("1: the list is UTF-16; save it as UTF-8"));
  EXPECT_THAT(errors(compile("Erika\n***\n\xe2\x98\x8e\xe2\x98\x8e\n \t \n")),
              ElementsAre("2: no letters or digits", "3: no letters or digits"));
}

// Letters, not bytes: two of Cyrillic are two. Names in Han have two letters, so these count
// double.
TEST(DictionaryCompiler, AShortValueIsToldByItsLetters) {
  EXPECT_THAT(errors(compile("\xd0\xaf\xd0\xbd\n\xe7\x8e\x8b\xe4\xbc\x9f\n\xe6\x9d\x8e\n")),
              ElementsAre("1: fewer than 4 letters and digits (length_min)",
                          "3: fewer than 4 letters and digits (length_min)"));
}

TEST(DictionaryCompiler, AHeaderLineIsNoValueAndValuesAreFoldedLikeTexts) {
  DictionarySource source{"customers", "name,number\nErika Mustermann,4711\n", 0, 4};
  source.has_header = true;
  EXPECT_EQ(compile_dictionaries({&source, 1}, DictionaryKey{1, 2, 3}).section,
            compile("Erika Mustermann\n").section);
  DictionaryOptions options;
  options.fold = [](std::string_view) { return std::string("acme inc"); };
  EXPECT_EQ(compile_dictionaries({&source, 1}, DictionaryKey{1, 2, 3}, options).section,
            compile("acme inc\n").section);
}

// The promised size: it says how far it is, and no value of it is in the section.
TEST(DictionaryCompiler, AMillionValuesCompileAndTheirProgressIsTold) {
  constexpr size_t kValues = 1'000'000;
  DictionarySource source{"customers", {}, -1, 4};
  source.text.reserve(kValues * 24);
  for (size_t i = 0; i < kValues; ++i) {
    uint64_t rest = i * 2'654'435'761U % 4'294'967'291U;
    for (int at = 0; at < 7; ++at, rest /= 26) source.text += static_cast<char>('a' + rest % 26);
    source.text += " customer " + std::to_string(i) + "\n";
  }
  std::vector<size_t> told;
  DictionaryOptions options;
  options.progress = [&](size_t, size_t values) { told.push_back(values); };
  const auto compiled = compile_dictionaries({&source, 1}, DictionaryKey{1, 2, 3}, options);
  ASSERT_THAT(errors(compiled), ElementsAre());
  EXPECT_EQ(compiled.entry_count, kValues);
  ASSERT_THAT(told, SizeIs(kValues / kProgressValues));
  EXPECT_EQ(told.back(), kValues);
  const std::string_view section(reinterpret_cast<const char*>(compiled.section.data()),
                                 compiled.section.size());
  EXPECT_EQ(section.find("customer"), std::string_view::npos);
  EXPECT_LT(section.size(), size_t{64} << 20);
}

}  // namespace
}  // namespace sallyport::controlplane::policy
