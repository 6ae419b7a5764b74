// Where the texts of a list begin and end does not depend on how the bytes were cut, and the pieces
// joined are the stream.
#include "dataplane/http/json_splitter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/http/chains.h"

namespace sallyport::http {
namespace {

struct Split {
  std::vector<std::string> texts;
  std::string raw;
  bool complete = false;
  bool failed = false;
  size_t last_part = 0;  // of the parts fed, the one that brought the last text
};

Split split(JsonSplitter::Form form, const std::vector<std::string>& parts) {
  Split out;
  JsonSplitter splitter;
  splitter.begin(form);
  const auto take = [&](size_t part) {
    JsonPiece piece;
    for (;;) {
      const auto result = splitter.next(piece);
      if (result == JsonSplitter::Result::NeedMore) return;
      if (result == JsonSplitter::Result::Failed) {
        out.failed = true;
        return;
      }
      out.raw.append(piece.raw.begin(), piece.raw.end());
      if (!piece.has_text) continue;
      out.texts.emplace_back(piece.text().begin(), piece.text().end());
      out.last_part = part;
    }
  };
  for (size_t i = 0; i < parts.size() && !out.failed; ++i) {
    splitter.feed(bytes_of(parts[i]));
    take(i);
  }
  splitter.end();
  if (!out.failed) take(parts.size());
  out.complete = splitter.complete();
  return out;
}

void expect_texts(JsonSplitter::Form form, const std::string& stream,
                  const std::vector<std::string>& texts) {
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    const Split two = split(form, {stream.substr(0, cut), stream.substr(cut)});
    ASSERT_EQ(two.texts, texts) << cut;
    ASSERT_EQ(two.raw, stream) << cut;
    ASSERT_TRUE(two.complete) << cut;
  }
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  EXPECT_EQ(split(form, bytes).texts, texts);
}

constexpr auto kLines = JsonSplitter::Form::Lines;
constexpr auto kArray = JsonSplitter::Form::Array;

TEST(JsonSplitter, LinesOfAnyEnd) {
  expect_texts(kLines, "{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"});
  expect_texts(kLines, "{\"a\":1}\r\n\r\n \n {\"b\":2} ", {"{\"a\":1}", "{\"b\":2}"});
  expect_texts(kLines, "", {});
}

TEST(JsonSplitter, ElementsOfAnArray) {
  expect_texts(kArray, "[{\"a\":[1,{\"b\":\"]}\\\"\"}]}\n,\r\n{\"c\":{}}\n]\n",
               {"{\"a\":[1,{\"b\":\"]}\\\"\"}]}", "{\"c\":{}}"});
  expect_texts(kArray, " [ ] ", {});
  expect_texts(kArray, "[1,\"x,]\", true ,[[2],[]]]", {"1", "\"x,]\"", "true", "[[2],[]]"});
}

TEST(JsonSplitter, AnElementIsHandedOverWithItsLastByte) {
  const Split out = split(kArray, {"[{\"a\":1", "}", ",\n"});
  EXPECT_EQ(out.texts, (std::vector<std::string>{"{\"a\":1}"}));
  EXPECT_EQ(out.last_part, 1U);
}

TEST(JsonSplitter, WhatIsNoArrayFails) {
  for (const char* bad : {"{\"a\":1}", "[1 2]", "[,1]", "[1,]", "[1]]", "[1],", "x", "[1] x"})
    EXPECT_TRUE(split(kArray, {bad}).failed) << bad;
}

TEST(JsonSplitter, ACutStreamIsNotComplete) {
  for (const char* cut : {"", "[", "[{\"a\":1}", "[{\"a\":1},", "[{\"a\":1", "[1"})
    EXPECT_FALSE(split(kArray, {cut}).complete) << cut;
}

TEST(JsonSplitter, ATextThatIsTooLargeFails) {
  const std::string large = "\"" + std::string(kSseEventBytesMax, 'x') + "\"";
  EXPECT_TRUE(split(kLines, {large + "\n"}).failed);
  EXPECT_TRUE(split(kArray, {"[" + large}).failed);
}

}  // namespace
}  // namespace sallyport::http
