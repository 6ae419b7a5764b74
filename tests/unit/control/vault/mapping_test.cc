// What a worker seals, the vault opens; nobody else does, and a hostile batch is never half read.
#include "controlplane/vault/mapping_opener.h"
#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

class MappingTest : public ::testing::Test {
 protected:
  static redact::MappingRequest request() {
    redact::MappingRequest out;
    out.tenant = "acme";
    return out;
  }
  Secret key = random_secret(kKeyBytes);
  PublicKey half = public_half(key);
  Worker worker;
};

TEST_F(MappingTest, WhatAWorkerSealsTheVaultOpens) {
  const auto sealed = worker.seal(half, {"john@example.com", "jane@example.com"});
  const auto opened = open_mappings(sealed, key);
  ASSERT_TRUE(opened.has_value());
  ASSERT_EQ(opened->size(), 2U);
  const Mapping& first = opened->front();
  EXPECT_EQ(text_of(first.value), "john@example.com");
  EXPECT_EQ(first.tenant, "acme");
  EXPECT_EQ(first.principal, "alice");
  EXPECT_EQ(first.vendor, "openai");
  EXPECT_EQ(first.environment, "lab");
  EXPECT_EQ(first.entity, "EMAIL_ADDRESS");
  EXPECT_EQ(first.core, core_of("john@example.com"));
  EXPECT_EQ(first.subject, subject_of("john@example.com"));
  EXPECT_EQ(first.request, (contract::RequestId::of_words(7, 1)));
}

TEST_F(MappingTest, NothingOfAValueIsReadableInWhatIsSealed) {
  const auto sealed = worker.seal(half, {"john@example.com"});
  const std::string text(sealed.begin(), sealed.end());
  EXPECT_EQ(text.find("john"), std::string::npos);
  EXPECT_EQ(text.find("alice"), std::string::npos) << "nor of the principal";
  EXPECT_EQ(text.find("EMAIL"), std::string::npos);
}

TEST_F(MappingTest, AnotherKeyOpensNothing) {
  const auto sealed = worker.seal(half, {"john@example.com"});
  EXPECT_FALSE(open_mappings(sealed, random_secret(kKeyBytes)).has_value());
}

TEST_F(MappingTest, EveryChangedByteIsSeen) {
  const auto sealed = worker.seal(half, {"john@example.com"});
  for (size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] ^= 1;
    EXPECT_FALSE(open_mappings(changed, key).has_value()) << at;
  }
  for (size_t size = 0; size < sealed.size(); ++size)
    EXPECT_FALSE(open_mappings(std::span(sealed).first(size), key).has_value()) << size;
}

TEST_F(MappingTest, TheLongestValueAndAFullBatchFit) {
  const std::string longest(contract::kMappingValueBytesMax, 'x');
  const auto sealed = worker.seal(half, {longest});
  ASSERT_TRUE(open_mappings(sealed, key).has_value());
  EXPECT_LE(sealed.size(), contract::kMappingBytesMax);
  redact::MappingSealer& sealer = worker.sealer();
  ASSERT_TRUE(sealer.begin(request()));
  size_t count = 0;
  while (sealer.add(core_of("x"), "US_SSN", subject_of("x"), base::bytes_of("078-05-1120")))
    ++count;
  EXPECT_GT(count, 40U);
}

TEST_F(MappingTest, ANewMinuteAndANewKeyOfTheVaultBringANewPair) {
  const auto pair_of = [&](const PublicKey& to, uint64_t ms) {
    EXPECT_TRUE(
        worker.sealer().use_key(std::span<const uint8_t, kKeyBytes>(to), base::after_ms({}, ms)));
    EXPECT_TRUE(worker.sealer().begin(request()));
    EXPECT_TRUE(worker.sealer().add(core_of("x"), "X", subject_of("x"), base::bytes_of("x")));
    std::vector<uint8_t> out(worker.sealer().sealed_bytes());
    EXPECT_TRUE(worker.sealer().seal({}, out));
    return read_mapping_header(out)->ephemeral_public;
  };
  const auto first = pair_of(half, 0);
  EXPECT_EQ(pair_of(half, redact::kMappingPairMsMax - 1), first);
  const auto second = pair_of(half, redact::kMappingPairMsMax);
  EXPECT_NE(second, first);
  EXPECT_NE(pair_of(public_half(random_secret(kKeyBytes)), redact::kMappingPairMsMax), second);
}

TEST_F(MappingTest, BatchesOfOneRequestNeverShareANonce) {
  redact::MappingSealer& sealer = worker.sealer();
  ASSERT_TRUE(sealer.use_key(std::span<const uint8_t, kKeyBytes>(half), {}));
  std::vector<std::vector<uint8_t>> sealed;
  uint32_t next = 0;
  for (int round = 0; round < 3; ++round) {  // an answer mints again, under the same request
    ASSERT_TRUE(sealer.begin(request(), next));
    ASSERT_TRUE(sealer.add(core_of("x"), "X", subject_of("x"), base::bytes_of("same")));
    sealed.emplace_back(sealer.sealed_bytes());
    ASSERT_TRUE(sealer.seal({}, sealed.back()));
    next = sealer.next_batch();
  }
  EXPECT_NE(read_mapping_header(sealed[0])->batch, read_mapping_header(sealed[1])->batch);
  EXPECT_NE(sealed[1], sealed[2]);
}

}  // namespace
}  // namespace sallyport::vault_test
