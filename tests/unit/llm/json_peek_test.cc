// The look ahead for one member of an object.
#include "dataplane/llm/json_peek.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/llm/recording_sink.h"

namespace sallyport::llm {
namespace {

std::string peek(std::string_view object, std::string_view name) {
  uint64_t looked_at = 0;
  const auto found = peek_member(bytes_of(object).subspan(1), name, looked_at);
  EXPECT_LE(looked_at, object.size());
  return std::string(found);
}

TEST(JsonPeek, FindsAStringOrALiteralWhereverItStands) {
  EXPECT_EQ(peek(R"({"type":"a"})", "type"), "a");
  EXPECT_EQ(peek(R"({ "x" : { "type":"no", "y":[{"type":"no"}]} , "type" : "b" })", "type"), "b");
  EXPECT_EQ(peek(R"({"x":"a\"},{\\","n":-1.5e3,"t":[],"type":true})", "type"), "true");
  EXPECT_EQ(peek(R"({"type":null})", "type"), "null");
}

TEST(JsonPeek, SaysNothingWhereTheWalkMustDecide) {
  EXPECT_EQ(peek(R"({"x":1}{"type":"a"})", "type"), "");
  EXPECT_EQ(peek(R"({"x":{"type":"a"}})", "type"), "");
  EXPECT_EQ(peek(R"({"type":"\u0061"})", "type"), "");
  EXPECT_EQ(peek(R"({"t\u0079pe":"a"})", "type"), "");
  EXPECT_EQ(peek(R"({"type":{"type":"a"}})", "type"), "");
  EXPECT_EQ(peek(R"({"type":7})", "type"), "");
}

TEST(JsonPeek, EndsWithTheTextWhateverItIs) {
  const std::string text = R"({"a":[{"b":"c\"d"},1],"e":"f\\","type":"t"})";
  for (size_t size = 1; size + 1 < text.size(); ++size)
    EXPECT_EQ(peek(text.substr(0, size), "type"), "") << size;
  for (const char* odd :
       {"{", "{\"", "{\"a\"", "{\"a\":", "{\"a\":]", "{}}", "{\"a\":\"\\", "{\"\\"})
    EXPECT_EQ(peek(odd, "type"), "");
}

}  // namespace
}  // namespace sallyport::llm
