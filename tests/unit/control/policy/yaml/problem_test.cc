#include "controlplane/policy/yaml/problem.h"

#include <gtest/gtest.h>

namespace sallyport::controlplane::policy {
namespace {

TEST(Problem, RendersTheLineAndACaretBelowTheCharacter) {
  Sources sources;
  sources.add("a.yaml", "first\r\n\té: wrong\nlast");
  EXPECT_EQ(sources.problem({"a.yaml", 2, 5}, "is wrong").render(),
            "a.yaml:2:5: is wrong\n    \té: wrong\n    \t   ^");
  EXPECT_EQ(sources.problem({"a.yaml", 1, 1}, "m").source_line, "first");
  EXPECT_EQ(sources.problem({"a.yaml", 3, 0}, "m").render(), "a.yaml:3: m\n    last");
  EXPECT_EQ(sources.problem({"a.yaml", 0, 0}, "m").render(), "a.yaml: m");
  EXPECT_EQ(sources.problem({"a.yaml", 9, 1}, "m").render(), "a.yaml:9:1: m");
  EXPECT_EQ(sources.problem({"b.yaml", 1, 1}, "m").render(), "b.yaml:1:1: m");
}

TEST(Problem, LongLinesAreCutAndControlCharactersDoNotReachATerminal) {
  Sources sources;
  sources.add("a", std::string(1'000, 'x') + "\n\x1b[31mred\x7f\n" + std::string(159, 'y') + "éé");
  EXPECT_EQ(sources.problem({"a", 1, 1}, "").source_line, std::string(160, 'x') + "...");
  EXPECT_EQ(sources.problem({"a", 2, 1}, "").source_line, "?[31mred?");
  EXPECT_EQ(sources.problem({"a", 3, 1}, "").source_line, std::string(159, 'y') + "...");
}

TEST(Problem, DidYouMeanOnlyWhatIsClose) {
  const std::vector<std::string> known = {"entity", "environment", "action"};
  EXPECT_EQ(did_you_mean("entiti", known), " (did you mean 'entity'?)");
  EXPECT_EQ(did_you_mean("actoin", known), " (did you mean 'action'?)");
  EXPECT_EQ(did_you_mean("enviroment", known), " (did you mean 'environment'?)");
  EXPECT_EQ(did_you_mean("colour", known), "");
  EXPECT_EQ(did_you_mean(std::string(10'000, 'x'), known), "");
}

}  // namespace
}  // namespace sallyport::controlplane::policy
