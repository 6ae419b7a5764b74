// No shipped pattern is slow, and the meter tells a slow one from a fast one.
#include "controlplane/policy/matcher/rule_speed.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/matcher/matcher_compiler.h"
#include "controlplane/policy/matcher/prompt_sample.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text/char_masks.h"

namespace sallyport::controlplane::policy {
namespace {

EntitySource with_pattern(std::string id, std::string pattern) {
  EntitySource entity;
  entity.name = "SECRET";
  RuleSource rule;
  rule.id = std::move(id);
  rule.pattern = std::move(pattern);
  entity.rules = {rule};
  return entity;
}

// None: the bundle cannot be read.
std::vector<EntitySource> shipped_sources(const char* root) {
  std::vector<Problem> problems;
  const auto bundle = read_bundle(std::string(root) + "/policies", problems);
  std::vector<EntitySource> sources;
  if (bundle.has_value())
    for (const Entity& entity : bundle->entities) sources.push_back(entity.source);
  return sources;
}

TEST(RuleSpeed, AnAnchoredRuleIsFastAndABareClassIsSlow) {
  const std::vector<EntitySource> entities{with_pattern("anchored", "vendor_[A-Za-z0-9]{36}"),
                                           with_pattern("bare", "[A-Za-z0-9 ]{40}")};
  const RuleSpeedReport report = measure_rule_speed(entities, 5);
  ASSERT_EQ(report.rules.size(), 2U);
  EXPECT_EQ(report.rules[0].rule, "bare");  // slowest first
  EXPECT_TRUE(report.rules[0].is_too_slow) << report.rules[0].share;
  EXPECT_FALSE(report.rules[1].is_too_slow) << report.rules[1].share;
  EXPECT_EQ(report.too_slow, 1U);
}

TEST(RuleSpeed, WhatDoesNotCompileSaysWhy) {
  const RuleSpeedReport report =
      measure_rule_speed(std::vector<EntitySource>{with_pattern("broken", "a(?=b)")}, 1);
  ASSERT_EQ(report.rules.size(), 1U);
  EXPECT_FALSE(report.rules[0].error.empty());
  EXPECT_EQ(report.too_slow, 1U);
}

TEST(RuleSpeed, EveryShippedPatternIsFastEnough) {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  if (root == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "figures of a sanitizer build mean nothing";
#endif
  const std::vector<EntitySource> sources = shipped_sources(root);
  ASSERT_FALSE(sources.empty());
  const RuleSpeedReport report = measure_rule_speed(sources);
  EXPECT_GT(report.rules.size(), 20U);
  std::printf("yardstick %.1f GB/s; slowest:", report.yardstick);
  for (size_t i = 0; i < report.rules.size() && i < 5; ++i)
    std::printf(" %s %.1f", report.rules[i].rule.c_str(), report.rules[i].gigabytes_per_second);
  std::printf("\n");
  for (const RuleSpeed& speed : report.rules)
    EXPECT_FALSE(speed.is_too_slow || !speed.error.empty())
        << speed.rule << ": " << speed.gigabytes_per_second << " GB/s, " << speed.share
        << " of the yardstick " << speed.error;
}

// A shorter one has every word of a text searched for the literals of all patterns (word_stage.cc):
// one such rule took 8 % of the scanner, and no rule by itself was slow.
TEST(RuleSpeed, NoShippedPatternMatchesLessThanALongWord) {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  if (root == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
  const std::vector<EntitySource> sources = shipped_sources(root);
  ASSERT_FALSE(sources.empty());
  const CompiledMatcher compiled = compile_matcher(sources);
  scan::Engine engine;
  std::string error;
  ASSERT_TRUE(engine.load(compiled.section, error)) << error;
  EXPECT_GE(engine.anchored_bytes_min(), scan::CharMasks::kRowBytes);
}

TEST(PromptSample, IsTheSameForASeedAndLooksLikeRequests) {
  const PromptSample sample = make_prompt_sample(3, 2'000'000);
  EXPECT_EQ(sample.bodies, make_prompt_sample(3, 2'000'000).bodies);
  EXPECT_NE(sample.bodies, make_prompt_sample(4, 2'000'000).bodies);
  const size_t mean = sample.body_bytes / sample.bodies.size();
  EXPECT_GT(mean, 10'000U);
  EXPECT_LT(mean, 40'000U);
  size_t escaped = 0;
  for (const std::string& body : sample.bodies)
    escaped += body.find("\\u0") != std::string::npos ? 1 : 0;
  EXPECT_GT(escaped * 10, sample.bodies.size());
  EXPECT_LT(escaped * 2, sample.bodies.size());
}

}  // namespace
}  // namespace sallyport::controlplane::policy
