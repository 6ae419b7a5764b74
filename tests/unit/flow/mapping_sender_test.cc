// What goes to the vault, when, and what happens when it cannot.
#include "dataplane/flow/mapping_sender.h"

#include <gtest/gtest.h>

#include <optional>

#include "dataplane/base/bytes.h"
#include "tests/unit/evidence/ring_fixture.h"
#include "tests/unit/llm/shipped_tables.h"
#include "tests/unit/policy/image_builder.h"
#include "tests/unit/policy/secrets_builder.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::flow {
namespace {

using contract::Direction;
using contract::SecretKind;
using evidence_test::clock_at;

constexpr uint16_t kEntity = 0;

std::unique_ptr<PolicyVersion> version_with(const std::optional<std::string>& vault_key,
                                            bool subject_key = true, bool never_store = false) {
  static const std::vector<uint8_t> kMatcher =
      controlplane::policy::compile_matcher(scan::first_entities()).section;
  policy::SecretsBuilder secrets;
  secrets.add(SecretKind::GatewayHmacKey, "", policy::key_bytes('h'))
      .add(SecretKind::TokenKey, "acme", policy::key_bytes('a'), 0, "0A")
      .add(SecretKind::VendorCredential, "openai", "the-credential");
  if (subject_key) secrets.add(SecretKind::SubjectKey, "acme", policy::key_bytes('s'));
  if (vault_key) secrets.add(SecretKind::VaultKey, "", *vault_key);
  std::string error;
  auto read = policy::Secrets::of_bytes(secrets.build(), error);
  EXPECT_NE(read, nullptr) << error;
  policy::ImageBuilder b = policy::small_image();
  b.matcher = kMatcher;
  b.llm = llm::shipped_section();
  b.entities.clear();
  for (const auto& entity : scan::first_entities()) b.entities.push_back(b.entity(entity.name));
  if (never_store) b.entities[kEntity].flags = contract::kEntityNeverStore;
  b.fill_rulings(0);
  b.keys.resize(1);
  b.keys[0].hmac = read->hmac_of_key("right-key");
  b.keys[0].tenant = 0;
  auto version = PolicyVersion::build(b.build(), std::move(read), 7, error);
  EXPECT_NE(version, nullptr) << error;
  return version;
}

class MappingSenderTest : public testing::Test {
 protected:
  MappingSenderTest()
      : config(evidence_test::config_in(folder)),
        recorder(evidence_test::make_ring(config), {}),
        sender(recorder) {}

  void begin(PolicyVersion& version, std::string_view principal = "support-desk") {
    exchange.tokens.clear();
    exchange.tokens_seen = exchange.mapping_batches = 0;
    exchange.version = &version;
    const auto caller = version.caller("right-key");
    ASSERT_TRUE(caller.has_value());
    exchange.caller = *caller;
    exchange.caller.principal = principal;
    exchange.id = recorder.next_request_id();
  }
  void mint(std::string_view value, uint16_t entity = kEntity) {
    redact::TokenCore core{};
    core.fill('0');
    for (size_t i = 0; i < value.size() && i < core.size(); ++i)
      core[i] = redact::crockford_char(static_cast<unsigned char>(value[i]));
    ASSERT_EQ(exchange.tokens.add(core, entity, base::bytes_of(value)),
              redact::ExchangeTokens::Added::New);
  }
  Reason send(PolicyVersion& newest, uint64_t ms = 0) {
    return sender.send(exchange, newest, Direction::Request, clock_at(ms));
  }
  uint64_t batches() const { return recorder.counters().mappings; }

  evidence_test::Folder folder;
  evidence::RingConfig config;
  evidence::Recorder recorder;
  MappingSender sender;
  mem::SegmentPool pool{64, 8'192, mem::SegmentPool::Wipe::OnRelease};
  rewrite::StreamTools tools{1};
  Exchange exchange{tools, pool};
  std::string vault_key = [] {
    std::string key(32, '\0');
    key[0] = 9;  // the curve's base point: as good as any public key
    return key;
  }();
};

TEST_F(MappingSenderTest, WithoutAVaultSubjectsAreNamedAndNothingIsSent) {
  const auto version = version_with(std::nullopt);
  begin(*version);
  mint("one@example.com");
  EXPECT_EQ(send(*version), Reason::None);
  EXPECT_EQ(batches(), 0U);
  EXPECT_EQ(sender.subjects(exchange, Direction::Request).size(), 1U);
  EXPECT_EQ(sender.subjects(exchange, Direction::Response).size(), 0U);
}

TEST_F(MappingSenderTest, EachMappingIsSentOnceForAPrincipalUntilItIsDueAgain) {
  const auto version = version_with(vault_key);
  const auto sent_by = [&](std::string_view principal, uint64_t ms) {
    const uint64_t before = batches();
    begin(*version, principal);
    mint("one@example.com");
    EXPECT_EQ(send(*version, ms), Reason::None);
    return batches() - before;
  };
  EXPECT_EQ(sent_by("support-desk", 0), 1U);
  EXPECT_EQ(sent_by("support-desk", 1'000), 0U);
  EXPECT_EQ(sent_by("batch", 1'000), 1U) << "another minting principal";
  EXPECT_EQ(sent_by("support-desk", kMappingRepeatMs - 1), 0U);
  EXPECT_EQ(sent_by("support-desk", kMappingRepeatMs), 1U);
  auto reader = evidence_test::reader_of(config);
  for (const auto& record : evidence_test::read_all(reader)) {
    EXPECT_TRUE(record.is_mapping);
    const std::string bytes(record.bytes.begin(), record.bytes.end());
    EXPECT_EQ(bytes.find("one@example.com"), std::string::npos);
  }
}

TEST_F(MappingSenderTest, ANewKeyOfTheVaultBringsEverythingAgain) {
  const auto version = version_with(vault_key);
  begin(*version);
  mint("one@example.com");
  EXPECT_EQ(send(*version), Reason::None);
  std::string other = vault_key;
  other[1] = 1;
  const auto newest = version_with(other);
  begin(*version);
  mint("one@example.com");
  EXPECT_EQ(send(*newest), Reason::None);
  EXPECT_EQ(batches(), 2U);
}

TEST_F(MappingSenderTest, ASealedVaultRefusesWhatWouldHaveToBeKeptAndNothingElse) {
  const auto sealed = version_with(std::string(32, '\0'));
  begin(*sealed);
  EXPECT_EQ(send(*sealed), Reason::None) << "no token, no need";
  mint("[EMAIL-LOOKS-LIKE-ONE]", redact::TokenLabels::kLiteral);
  EXPECT_EQ(send(*sealed), Reason::None) << "literals are not kept";
  mint("one@example.com");
  EXPECT_EQ(send(*sealed), Reason::VaultSealed);
  EXPECT_EQ(batches(), 0U);
}

TEST_F(MappingSenderTest, WithoutRoomInTheRingNothingLeavesAndNothingIsHalfSent) {
  const auto version = version_with(vault_key);
  std::vector<evidence::Reservation> held;
  for (;;) {  // room for others' records is not ours
    evidence::Reservation one;
    if (!recorder.reserve(one)) break;
    held.push_back(one);
  }
  begin(*version);
  for (int i = 0; i < 200; ++i) mint("value." + std::to_string(i) + "@example.com");
  const uint64_t used = recorder.ring().used_bytes();
  EXPECT_EQ(send(*version), Reason::EvidenceFull);
  EXPECT_EQ(recorder.ring().used_bytes(), used);
  for (evidence::Reservation& one : held) recorder.cancel(one);
  exchange.tokens_seen = 0;
  EXPECT_EQ(send(*version), Reason::None) << "and later it goes";
  EXPECT_GT(batches(), 1U);
}

TEST_F(MappingSenderTest, NeverStoredEntitiesHaveNoMapping) {
  const auto version = version_with(vault_key, true, true);
  begin(*version);
  mint("one@example.com");
  EXPECT_EQ(send(*version), Reason::None);
  EXPECT_EQ(batches(), 0U);
}

TEST_F(MappingSenderTest, AVaultWithoutTheTenantsSubjectKeyIsNotServed) {
  const auto version = version_with(vault_key, false);
  begin(*version);
  mint("one@example.com");
  EXPECT_EQ(send(*version), Reason::NotReady);
}

}  // namespace
}  // namespace sallyport::flow
