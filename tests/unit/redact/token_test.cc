#include "dataplane/redact/token.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dataplane/redact/subject_epochs.h"

namespace sallyport::redact {
namespace {

std::span<const uint8_t> bytes_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

std::string canonical(std::string_view entity, std::string_view value) {
  std::vector<uint8_t> out(64);
  const size_t size = canonical_value(entity, bytes_of(value), out);
  return {out.begin(), out.begin() + static_cast<ptrdiff_t>(size)};
}

class Mint : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mint.load(std::vector<uint8_t>(32, 7), "01", std::vector<uint8_t>(32, 6), "00"));
  }
  std::string make(std::string_view value, std::string_view entity = "EMAIL_ADDRESS") {
    EXPECT_TRUE(mint.mint(scope, entity, bytes_of(value), token));
    return std::string(token.text());
  }
  TokenMint mint;
  Token token;
  TokenScope scope{"acme", "", "openai"};
};

TEST_F(Mint, FormAndSizeAreThoseOfTheDesign) {
  const std::string text = make("john@example.org");
  EXPECT_EQ(text.size(), token_size("EMAIL_ADDRESS"));
  EXPECT_EQ(text.substr(0, 17), "[EMAIL-ADDRESS-01");
  EXPECT_EQ(text.back(), ']');
  for (char c : token.core) EXPECT_EQ(crockford_char(static_cast<unsigned>(crockford_value(c))), c);
  EXPECT_LE(token_size(std::string(kEntityNameBytesMax, 'A')), kTokenBytesMax);
}

TEST_F(Mint, SameInputSameTokenAndEveryFieldCounts) {
  const std::string first = make("john@example.org");
  EXPECT_EQ(make("john@example.org"), first);
  std::set<std::string> all{first};
  const auto add = [&](const TokenScope& s, std::string_view entity, std::string_view value) {
    EXPECT_TRUE(mint.mint(s, entity, bytes_of(value), token));
    EXPECT_TRUE(all.insert(std::string(token.text())).second);
  };
  add({"acme", "", "anthropic"}, "EMAIL_ADDRESS", "john@example.org");
  add({"acme", "p1", "openai"}, "EMAIL_ADDRESS", "john@example.org");
  add({"acmeo", "", "penai"}, "EMAIL_ADDRESS", "john@example.org");
  add({"other", "", "openai"}, "EMAIL_ADDRESS", "john@example.org");
  add({"acme", "", "openai"}, "PHONE_NUMBER", "john@example.org");
  add({"acme", "", "openai"}, "EMAIL_ADDRESS", "john@example.com");
  TokenMint same;
  ASSERT_TRUE(same.load(std::vector<uint8_t>(32, 7), "01"));
  ASSERT_TRUE(same.mint(scope, "EMAIL_ADDRESS", bytes_of("john@example.org"), token));
  EXPECT_EQ(token.text(), first);
}

TEST_F(Mint, AnEpochOfASubjectGivesOtherTokensThatVerifyLikeAll) {
  std::set<std::string> all{make("john@example.org")};
  for (const uint32_t epoch : {1U, 2U, 256U, 0xffff'ffffU}) {
    ASSERT_TRUE(mint.mint(scope, "EMAIL_ADDRESS", bytes_of("john@example.org"), token, epoch));
    EXPECT_TRUE(all.insert(std::string(token.text())).second) << epoch;
    EXPECT_EQ(mint.verify(scope, "EMAIL_ADDRESS", token.core), TokenMint::Verdict::Current);
  }
}

// A list as the secrets carry it; every subject in it and none beside it is found.
TEST(SubjectEpochsTest, FindEachSubjectAndNobodyElse) {
  SubjectHash hash;
  ASSERT_TRUE(hash.load(std::vector<uint8_t>(kSubjectKeyBytes, 5)));
  std::map<Subject, uint32_t> wanted;
  for (uint32_t i = 0; i < 50; ++i) {
    Subject subject{};
    ASSERT_TRUE(hash.of("acme", "PERSON", bytes_of("v" + std::to_string(i)), subject));
    if (i % 3 == 0) wanted[subject] = i + 1;
  }
  std::vector<uint8_t> entries;
  for (const auto& [subject, epoch] : wanted) {
    entries.insert(entries.end(), subject.begin(), subject.end());
    const auto* raw = reinterpret_cast<const uint8_t*>(&epoch);
    entries.insert(entries.end(), raw, raw + sizeof epoch);
  }
  const SubjectEpochs epochs(hash, entries);
  for (uint32_t i = 0; i < 50; ++i) {
    uint32_t epoch = 99;
    ASSERT_TRUE(epochs.of("acme", "PERSON", bytes_of("v" + std::to_string(i)), epoch));
    EXPECT_EQ(epoch, i % 3 == 0 ? i + 1 : 0);
    ASSERT_TRUE(epochs.of("beta", "PERSON", bytes_of("v" + std::to_string(i)), epoch));
    EXPECT_EQ(epoch, 0U);
  }
  uint32_t epoch = 99;
  ASSERT_TRUE(SubjectEpochs().of("acme", "PERSON", bytes_of("v0"), epoch));
  EXPECT_EQ(epoch, 0U);
}

TEST_F(Mint, VerifiesOnlyItsOwn) {
  make("john@example.org");
  EXPECT_EQ(mint.verify(scope, "EMAIL_ADDRESS", token.core), TokenMint::Verdict::Current);
  EXPECT_EQ(mint.verify(scope, "PHONE_NUMBER", token.core), TokenMint::Verdict::NotOurs);
  EXPECT_EQ(mint.verify({"other", "", "openai"}, "EMAIL_ADDRESS", token.core),
            TokenMint::Verdict::NotOurs);
  EXPECT_EQ(mint.verify({"acme", "", "anthropic"}, "EMAIL_ADDRESS", token.core),
            TokenMint::Verdict::NotOurs);
  for (size_t i = 0; i < token.core.size(); ++i) {
    TokenCore changed = token.core;
    changed[i] = changed[i] == 'X' ? 'Y' : 'X';
    EXPECT_EQ(mint.verify(scope, "EMAIL_ADDRESS", changed), TokenMint::Verdict::NotOurs) << i;
  }
  TokenMint old;
  ASSERT_TRUE(old.load(std::vector<uint8_t>(32, 6), "00"));
  ASSERT_TRUE(old.mint(scope, "EMAIL_ADDRESS", bytes_of("a@b.org"), token));
  EXPECT_EQ(mint.verify(scope, "EMAIL_ADDRESS", token.core), TokenMint::Verdict::Previous);
}

TEST_F(Mint, AHashIsOfTenantEntityAndValueAlone) {
  const auto hashed = [&](std::string_view tenant, std::string_view entity,
                          std::string_view value) {
    ValueHash out;
    EXPECT_TRUE(mint.hash(tenant, entity, bytes_of(value), out));
    return std::string(out.text());
  };
  const std::string one = hashed("acme", "EMAIL_ADDRESS", "a@example.org");
  EXPECT_EQ(one, hashed("acme", "EMAIL_ADDRESS", "a@example.org"));
  EXPECT_NE(one, hashed("beta", "EMAIL_ADDRESS", "a@example.org"));
  EXPECT_NE(one, hashed("acme", "EMAIL_ADDRESS", "b@example.org"));
  EXPECT_NE(one.substr(one.find('#')), hashed("acme", "PHONE_NUMBER", "a@example.org").substr(14));
  EXPECT_EQ(one.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz", 15), one.size() - 1);
  ValueHash out;
  EXPECT_FALSE(mint.hash("acme", "no label", bytes_of("x"), out));
  EXPECT_FALSE(mint.hash("acme", "EMAIL_ADDRESS", {}, out));
}

TEST(TokenMint, RefusesBadKeysAndNames) {
  TokenMint mint;
  EXPECT_FALSE(mint.load(std::vector<uint8_t>(31), "01"));
  EXPECT_FALSE(mint.load(std::vector<uint8_t>(32), "0"));
  EXPECT_FALSE(mint.load(std::vector<uint8_t>(32), "0U"));
  EXPECT_FALSE(mint.load(std::vector<uint8_t>(32), "01", std::vector<uint8_t>(32), "01"));
  EXPECT_FALSE(mint.loaded());
  ASSERT_TRUE(mint.load(std::vector<uint8_t>(32), "01"));
  Token token;
  EXPECT_FALSE(mint.mint({}, "lower", bytes_of("x"), token));
  EXPECT_FALSE(mint.mint({}, "A__B", bytes_of("x"), token));
  EXPECT_FALSE(mint.mint({}, std::string(49, 'A'), bytes_of("x"), token));
  TokenMint moved = std::move(mint);
  EXPECT_TRUE(moved.mint({}, "A", bytes_of("x"), token));
}

TEST(CanonicalValue, MakesSurfacesThatMeanTheSameEqual) {
  EXPECT_EQ(canonical("EMAIL_ADDRESS", "John.Doe@Example.ORG"), "john.doe@example.org");
  EXPECT_EQ(canonical("PHONE_NUMBER", "+1 (415) 555-0100"), "+14155550100");
  EXPECT_EQ(canonical("PHONE_NUMBER", "(+44) 20 7946"), "+44207946");
  EXPECT_EQ(canonical("PHONE_NUMBER", "415-555-0100"), "4155550100");
  EXPECT_EQ(canonical("CREDIT_CARD", "4111 1111-1111 1111"), "4111111111111111");
  EXPECT_EQ(canonical("US_SSN", "123-45-6789"), "123456789");
  EXPECT_EQ(canonical("US_SSN", "none"), "none");
  EXPECT_EQ(canonical("LITERAL", "[Email-X]"), "[Email-X]");
  std::vector<uint8_t> small(3);
  EXPECT_EQ(canonical_value("US_SSN", bytes_of("1234"), small), 0U);
}

}  // namespace
}  // namespace sallyport::redact
