#include "dataplane/redact/mask.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace sallyport::redact {
namespace {

std::string masked(std::string_view value, uint8_t keep_last, char with = '*') {
  std::array<uint8_t, kMaskBytesMax> out{};
  const size_t size = mask_value({reinterpret_cast<const uint8_t*>(value.data()), value.size()},
                                 keep_last, with, out);
  return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(MaskValue, TheLastDigitsStayAndSoDoesTheShape) {
  EXPECT_EQ(masked("4111 1111 1111 1234", 4), "**** **** **** 1234");
  EXPECT_EQ(masked("378282246310005", 4, 'x'), "xxxxxxxxxxx0005");
  EXPECT_EQ(masked("a.b@example.org", 4), "*.*@******e.org");
}

TEST(MaskValue, NeverMoreThanAThirdIsKept) {
  EXPECT_EQ(masked("536-90-4399", 4), "***-**-*399");
  EXPECT_EQ(masked("12345", 4), "****5");
  EXPECT_EQ(masked("12", 4), "**");
  EXPECT_EQ(masked("--", 4), "**");
}

TEST(MaskValue, AWholeMaskShowsNoSeparatorsAndABoundedLength) {
  EXPECT_EQ(masked("536-90-4399", 0), "***********");
  EXPECT_EQ(masked(std::string(500, 'k'), 0), std::string(64, '*'));
  EXPECT_EQ(masked(std::string(65, 'k'), 4), std::string(64, '*'));
}

TEST(MaskValue, ACharacterOutsideAsciiIsOneStarOrWhole) {
  EXPECT_EQ(masked("Zo\xc3\xab K\xc3\xbchn", 2), "*** **hn");
  EXPECT_EQ(masked("abcdef\xc3\xbch", 2), "******\xc3\xbch");
}

}  // namespace
}  // namespace sallyport::redact
