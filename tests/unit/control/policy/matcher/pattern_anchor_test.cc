#include "controlplane/policy/matcher/pattern_anchor.h"

#include <gtest/gtest.h>

namespace sallyport::controlplane::policy {
namespace {

using Literals = std::vector<std::string>;

Literals literals(std::string_view pattern) { return pattern_anchor(pattern).literals; }

TEST(PatternAnchor, APrefixIsTheAnchor) {
  const PatternAnchor anchor = pattern_anchor("hf_[A-Za-z0-9]{30,40}");
  EXPECT_EQ(anchor.literals, Literals{"hf_"});
  EXPECT_TRUE(anchor.is_prefix);
}

TEST(PatternAnchor, SmallClassesAndAlternativesAreWrittenOut) {
  EXPECT_EQ(literals("gh[po]_[A-Za-z0-9]{36}"), (Literals{"gho_", "ghp_"}));
  EXPECT_EQ(literals("(?:AKIA|ASIA)[A-Z0-9]{16}"), (Literals{"AKIA", "ASIA"}));
  EXPECT_EQ(literals("sk-or-(?:v1-)?[a-f0-9]{64}"), Literals{"sk-or-"});
  EXPECT_EQ(literals("hv[bs]\\.[A-Za-z0-9]{24}"), (Literals{"hvb.", "hvs."}));
}

TEST(PatternAnchor, TheLongestPartThatEveryMatchHoldsIsTaken) {
  const PatternAnchor anchor = pattern_anchor("sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}");
  EXPECT_EQ(anchor.literals, Literals{"T3BlbkFJ"});
  EXPECT_FALSE(anchor.is_prefix);
}

TEST(PatternAnchor, ShortOnesTakeInTheClassBesideThem) {
  EXPECT_EQ(literals("[0-3]{8,10}:A[A-Za-z0-9_-]{34}"), (Literals{"0:A", "1:A", "2:A", "3:A"}));
  EXPECT_EQ(literals("SK[01]{32}"), (Literals{"SK00", "SK01", "SK10", "SK11"}));
  EXPECT_EQ(literals("\\$(?:6\\$[a-z]{1,8}x|5\\$[a-z]{2})"), (Literals{"$5$", "$6$"}));
}

TEST(PatternAnchor, WhatMayBeMissingIsNone) {
  EXPECT_EQ(literals("(?:abcd)?[a-z]{9,12}"), Literals{});
  EXPECT_EQ(literals("(?:abcd|[a-z]{9})"), Literals{});
  EXPECT_EQ(literals("[A-Za-z0-9]{40}"), Literals{});
}

TEST(PatternAnchor, WhatIsNotUnderstoodHasNone) {
  for (const std::string_view pattern :
       {"^abcd", "abcd$", "\\babcd", "(?i)abcd", "abcd++", "(abcd", "abcd)", "[[:alpha:]]abcd",
        "abcd\\1", "abcd{", "[abcd", "a(?=bcd)", "\\x41bcd"})
    EXPECT_EQ(literals(pattern), Literals{}) << pattern;
}

}  // namespace
}  // namespace sallyport::controlplane::policy
