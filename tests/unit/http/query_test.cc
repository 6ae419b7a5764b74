// The parameters of a query, and what an escape stands for.
#include "dataplane/http/query.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sallyport::http {
namespace {

std::string all(std::string_view query) {
  std::string out;
  QueryReader reader(query);
  while (reader.next())
    out += std::string(reader.name()) + "|" + std::string(reader.value()) + "|" +
           std::string(reader.raw()) + ";";
  return out;
}

std::string decoded(std::string_view text) {
  std::array<char, 8> out;
  const size_t size = decode_query(text, out);
  return size == std::string_view::npos ? "no" : std::string(out.data(), size);
}

TEST(Query, GivesItsParametersInTheirOrder) {
  EXPECT_EQ(all(""), "");
  EXPECT_EQ(all("&&"), "");
  EXPECT_EQ(all("alt=sse"), "alt|sse|alt=sse;");
  EXPECT_EQ(all("a=1&&b&c=&d=x=y&"), "a|1|a=1;b||b;c||c=;d|x=y|d=x=y;");
  EXPECT_EQ(all("=v"), "|v|=v;");
}

TEST(Query, DecodesEscapesAndNothingElse) {
  EXPECT_EQ(decoded("a%40b"), "a@b");
  EXPECT_EQ(decoded("a+b"), "a b");
  EXPECT_EQ(decoded("include%5b%5D"), "no") << "longer than the room";
  EXPECT_EQ(decoded("x%5B%5d"), "x[]");
  for (const char* wrong : {"%", "%4", "%4g", "a%%40"}) EXPECT_EQ(decoded(wrong), "no") << wrong;
}

TEST(Query, FindsTheFirstOfAName) {
  EXPECT_EQ(find_in_query("a=1&key=one&key=two", "key"), "one");
  EXPECT_EQ(find_in_query("a=1&monkey=x", "key").data(), nullptr);
}

}  // namespace
}  // namespace sallyport::http
