// The set in tests/conformance/json through every reader of JSON: the verdict is the file's, at
// every cut, and a second parser agrees wherever RFC 8259 leaves no choice.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/llm/json_cases.h"
#include "tests/unit/llm/recording_sink.h"

namespace sallyport::llm {
namespace {

std::string_view wanted(const JsonCase& c) {
  return c.verdict == "ok-range" ? std::string_view("ok") : std::string_view(c.verdict);
}

std::string verdict(JsonWalker& walker, const std::string& text, size_t cut, size_t step) {
  Walk w;
  walk(walker, all_leaves(), text, cut, step, w);
  return w.ok ? "ok" : std::string(walk_error_name(w.error));
}

TEST(JsonConformance, EveryTextHasItsVerdictAtEveryCut) {
  const auto all = json_cases();
  ASSERT_GT(all.size(), 150U);
  JsonWalker walker;
  for (const JsonCase& c : all) {
    EXPECT_EQ(verdict(walker, c.text, 0, SIZE_MAX), wanted(c)) << "line " << c.line;
    EXPECT_EQ(verdict(walker, c.text, 0, 1), wanted(c)) << "line " << c.line;
    for (size_t cut = 1; cut < c.text.size(); ++cut)
      EXPECT_EQ(verdict(walker, c.text, cut, SIZE_MAX), wanted(c))
          << "line " << c.line << " cut " << cut;
  }
}

// What we accept is JSON to others; what we refuse is not, but for what we refuse on purpose.
TEST(JsonConformance, AnotherParserAgreesWhereTheStandardLeavesNoChoice) {
  for (const JsonCase& c : json_cases()) {
    const bool on_purpose = c.verdict == "json_duplicate_key" || c.verdict == "json_too_deep" ||
                            c.verdict == "json_number_too_long" ||
                            c.verdict == "json_byte_order_mark" || c.verdict == "ok-range" ||
                            c.text.find('\0') != std::string::npos;  // the other one stops there
    if (on_purpose) continue;
    EXPECT_EQ(nlohmann::json::accept(c.text), c.verdict == "ok") << "line " << c.line;
  }
}

}  // namespace
}  // namespace sallyport::llm
