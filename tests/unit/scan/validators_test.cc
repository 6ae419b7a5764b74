#include "dataplane/scan/validators.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::scan {
namespace {

std::vector<uint8_t> digits(const std::string& text) {
  std::vector<uint8_t> out;
  for (char c : text) out.push_back(static_cast<uint8_t>(c - '0'));
  return out;
}

Bytes bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(Validators, LuhnAcceptsTestNumbersAndRefusesTheirNeighbours) {
  for (const char* good : {"4111111111111111", "378282246310005", "5555555555554444",
                           "6011111111111117", "30569309025904"})
    EXPECT_TRUE(luhn(digits(good)) && is_card_range(digits(good))) << good;
  EXPECT_FALSE(luhn(digits("4111111111111112")));
  EXPECT_FALSE(is_card_range(digits("0000000000000000")));
}

TEST(Validators, SsnAreasGroupsAndSerials) {
  EXPECT_TRUE(is_ssn(digits("536904399")));
  for (const char* bad :
       {"000123456", "666123456", "900123456", "123001234", "123450000", "078051120"})
    EXPECT_FALSE(is_ssn(digits(bad))) << bad;
}

TEST(Validators, EmailNarrowsToTheAddress) {
  const std::string text = "'mailto=a.b@c-d.example.com.";
  uint32_t start = 0, end = static_cast<uint32_t>(text.size());
  ASSERT_TRUE(email(bytes(text), start, end));
  EXPECT_EQ(text.substr(start, end - start), "a.b@c-d.example.com");
  for (const std::string& bad : {std::string("a@b"), std::string("@b.co"), std::string("a.@b.co"),
                                 std::string("a@-b.co"), std::string("a@b.1")}) {
    start = 0;
    end = static_cast<uint32_t>(bad.size());
    EXPECT_FALSE(email(bytes(bad), start, end)) << bad;
  }
}

TEST(Validators, PlaceholdersAreNoSecrets) {
  EXPECT_TRUE(is_placeholder(bytes("xxxxxxxx")));
  EXPECT_TRUE(is_placeholder(bytes("${TOKEN}")));
  EXPECT_FALSE(is_placeholder(bytes("Orbit0014x")));
  EXPECT_FALSE(looks_random(bytes("aaaaaaaaaaaaaaaaaaab")));
}

}  // namespace
}  // namespace sallyport::scan
