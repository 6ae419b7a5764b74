#include "controlplane/policy/dictionary_compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

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
              ElementsAre("1: the line has no such column, or a quote that does not close",
                          "2: the line has no such column, or a quote that does not close"));
}

TEST(DictionaryCompiler, ErrorsSayTheLineAndNeverTheValue) {
  EXPECT_THAT(errors(compile("Erika\nabc\na b c d e f g h i\n" + std::string(49, 'x') + "\n")),
              ElementsAre("2: fewer than 4 letters and digits", "3: more than 8 words",
                          "4: a word of more than 48 bytes"));
  EXPECT_THAT(errors(compile("# nothing\n \n")), ElementsAre("0: the dictionary has no values"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "ab\n";
  EXPECT_THAT(compile(many).errors, SizeIs(CompiledDictionaries::kErrorsMax));
  EXPECT_TRUE(compile(many).section.empty());
}

}  // namespace
}  // namespace sallyport::controlplane::policy
