#include "dataplane/base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::base {
namespace {

std::string encoded(const std::string& text) {
  std::string out(base64_size(text.size()), '\0');
  base64_encode({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  return out;
}

bool decodes(const std::string& text, std::string& out) {
  std::vector<uint8_t> bytes(text.size());
  size_t size = 0;
  const bool ok = base64_decode(text, bytes, size);
  out.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  return ok;
}

// RFC 4648 section 10.
TEST(Base64, TheVectorsOfTheRfc) {
  const std::string whole = "foobar";
  const char* expected[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  for (size_t n = 0; n <= whole.size(); ++n) {
    std::string back;
    EXPECT_EQ(encoded(whole.substr(0, n)), expected[n]);
    EXPECT_TRUE(decodes(expected[n], back));
    EXPECT_EQ(back, whole.substr(0, n));
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  std::string back;
  EXPECT_TRUE(decodes(encoded(all), back));
  EXPECT_EQ(back, all);
}

TEST(Base64, WhatTwoReadersCouldReadDifferentlyIsNone) {
  std::string out;
  for (const char* bad :
       {"Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zm-_", "=Zg="})
    EXPECT_FALSE(decodes(bad, out)) << bad;
}

}  // namespace
}  // namespace sallyport::base
