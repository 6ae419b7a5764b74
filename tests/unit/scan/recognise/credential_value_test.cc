#include "dataplane/scan/recognise/secret/credential_value.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/base/bytes.h"

namespace sallyport::scan {
namespace {

std::string read(const std::string& text, Stop stop = Stop::Line) {
  const TextView view{base::bytes_of(text).data(), 0, text.size(), true};
  Reader reader(view, 0, text.size() + 1);
  const Value value = read_value(reader, stop);
  return value.found ? text.substr(value.start, value.end - value.start) : "(none)";
}

TEST(CredentialValue, QuotesAreNoPartOfIt) {
  EXPECT_EQ(read("\"abc def\" x"), "abc def");
  EXPECT_EQ(read("'it\"s'"), "it\"s");
  EXPECT_EQ(read("r\"a\\\"b\""), "a\\\"b");
  EXPECT_EQ(read("\\\"abc\\\", x"), "abc");
  EXPECT_EQ(read("\xe2\x80\x9c"
                 "abc"
                 "\xe2\x80\x9d"),
            "abc");
  EXPECT_EQ(read("**abc**"), "abc");
  EXPECT_EQ(read("\"open\nnext"), "(none)");
}

TEST(CredentialValue, WithoutQuotesItEndsWhereItsKindOfTextSays) {
  EXPECT_EQ(read("abc; d"), "abc");
  EXPECT_EQ(read("abc;d", Stop::Word), "abc;d");
  EXPECT_EQ(read("a&b=c", Stop::Query), "a");
  EXPECT_EQ(read("a&b"), "a&b");
  EXPECT_EQ(read("abc, d"), "abc");
  EXPECT_EQ(read("abc."), "abc");
  EXPECT_EQ(read("abc)"), "abc");
  EXPECT_EQ(read("a(b)c)"), "a(b)c");
  EXPECT_EQ(read("abc</p>"), "abc");
  EXPECT_EQ(read("abc\\nX=1"), "abc");
}

}  // namespace
}  // namespace sallyport::scan
