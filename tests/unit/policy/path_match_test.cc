// Paths with variables: what fits, what does not, and what a caller may put into one.
#include "dataplane/policy/path_match.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::policy {
namespace {

std::string match(std::string_view pattern, std::string_view path) {
  EXPECT_TRUE(contract::is_path_pattern(pattern)) << pattern;
  PathVariables variables;
  if (!match_path(pattern, path, variables)) return "no";
  std::string out;
  for (std::string_view value : variables.all()) out += std::string(value) + ";";
  return out + std::string(variables.model);
}

TEST(PathMatch, TakesVariablesApart) {
  EXPECT_EQ(match("/v1/responses", "/v1/responses"), "");
  EXPECT_EQ(match("/v1/responses/{id}", "/v1/responses/resp_12-3"), "resp_12-3;");
  EXPECT_EQ(match("/v1/threads/{t}/runs/{r}/cancel", "/v1/threads/a/runs/b/cancel"), "a;b;");
  EXPECT_EQ(match("/v1beta/models/{model}:generateContent",
                  "/v1beta/models/gemini-2.5-pro:generateContent"),
            "gemini-2.5-pro;gemini-2.5-pro");
  EXPECT_EQ(match("/openai/deployments/{model}/chat/completions",
                  "/openai/deployments/my.dep/chat/completions"),
            "my.dep;my.dep");
  EXPECT_EQ(match("/model/{model}/converse", "/model/us.anthropic.claude-v1%3A0/converse"),
            "us.anthropic.claude-v1%3A0;us.anthropic.claude-v1%3A0");
  EXPECT_EQ(match("/model/{model}/converse", "/model/amazon.titan-v1:0/converse"),
            "amazon.titan-v1:0;amazon.titan-v1:0");
}

// The name of a model may be an ARN, which SDKs write with the escape of its slash.
TEST(PathMatch, AModelMayBeAnArn) {
  const char* const arn =
      "arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Aapplication-inference-profile%2Fa1b2c3";
  EXPECT_EQ(match("/model/{model}/converse", "/model/" + std::string(arn) + "/converse"),
            std::string(arn) + ";" + arn);
  EXPECT_EQ(match("/model/{model}/converse", "/model/arn:aws:bedrock:x:1:y%2fz/converse"),
            "arn:aws:bedrock:x:1:y%2fz;arn:aws:bedrock:x:1:y%2fz");
  for (const char* value : {"arn%3Ax%2F", "arn%3Ax%2F.", "arn%3Ax%2F..%2Fy", "arn%3Ax%2F%2Fy",
                            "arn%3Ax%2E", "xarn%3Ay%2Fz", "arnx%2Fy"})
    EXPECT_EQ(match("/model/{model}/converse", "/model/" + std::string(value) + "/converse"), "no")
        << value;
  EXPECT_EQ(match("/v1/x/{id}", "/v1/x/arn%3Aaws%2Fz"), "no");
}

TEST(PathMatch, FitsWholePathsOnly) {
  for (const char* path :
       {"/v1/responses", "/v1/responses/", "/v1/responses//", "/v1/responses/a/",
        "/v1/responses/a/b", "/v1/response/a", "/v2/responses/a", "v1/responses/a", "", "/"})
    EXPECT_EQ(match("/v1/responses/{id}", path), "no") << path;
  EXPECT_EQ(match("/m/{model}:go", "/m/:go"), "no");
  EXPECT_EQ(match("/m/{model}:go", "/m/a:going"), "no");
  EXPECT_EQ(match("/m/{model}:go", "/m/a:b:go"), "no");
  EXPECT_EQ(match("/m/{model}:go", "/m/go"), "no");
}

TEST(PathMatch, AVariableIsAnIdAndNothingElse) {
  for (const char* value : {".", "..", "a%2fb", "a%2Fb", "%2e%2e", "a%40b", "a%", "a%3", "a b",
                            "a;b", "a$b", "a(b", "a,b", "\xc3\xa9"})
    EXPECT_EQ(match("/v1/x/{id}", std::string("/v1/x/") + value), "no") << value;
  EXPECT_NE(match("/v1/x/{id}", "/v1/x/" + std::string(contract::kPathVariableBytesMax, 'a')),
            "no");
  EXPECT_EQ(match("/v1/x/{id}", "/v1/x/" + std::string(contract::kPathVariableBytesMax + 1, 'a')),
            "no");
}

TEST(PathMatch, APlainPathHasOneReading) {
  for (const char* path : {"/a", "/v1/models/gpt-4.1:tune/x_y~z@1"})
    EXPECT_TRUE(is_plain_path(path)) << path;
  for (const char* path :
       {"", "/", "a", "/a/", "//a", "/a//b", "/./a", "/a/..", "/a%41", "/a;b", "/a b"})
    EXPECT_FALSE(is_plain_path(path)) << path;
}

TEST(PathPattern, KnowsWhatIsNone) {
  for (const char* pattern :
       {"", "/", "a/b", "/a//b", "/a/", "/{}", "/{a", "/a}", "/x{a}", "/{a}x", "/{a}:", "/{a}{b}",
        "/{a}:{b}", "/{a-b}", "/{a}/{b}/{c}/{d}/{e}/{f}/{g}"})
    EXPECT_FALSE(contract::is_path_pattern(pattern)) << pattern;
  for (const char* pattern : {"/a", "/{a}", "/{a_1}:verb/x", "/{a}/{b}/{c}/{d}/{e}/{f}"})
    EXPECT_TRUE(contract::is_path_pattern(pattern)) << pattern;
}

}  // namespace
}  // namespace sallyport::policy
