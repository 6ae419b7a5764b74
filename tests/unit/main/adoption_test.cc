// Real secrets, real certificates and a real compiled image; the worker is played by the test.
#include "dataplane/adoption.h"

#include <gtest/gtest.h>

#include "dataplane/tls/session.h"
#include "tests/unit/llm/shipped_tables.h"
#include "tests/unit/policy/image_builder.h"
#include "tests/unit/policy/secrets_builder.h"
#include "tests/unit/scan/scan_fixture.h"
#include "tests/unit/tls/certificates.h"

namespace sallyport::dataplane {
namespace {

using contract::SecretKind;

// `mark` is in the image's text, so that two images differ.
std::vector<uint8_t> image_of(const std::string& mark) {
  static const std::vector<uint8_t> kMatcher =
      controlplane::policy::compile_matcher(scan::first_entities()).section;
  policy::ImageBuilder b;
  b.matcher = kMatcher;
  b.llm = llm::shipped_section();
  for (const auto& entity : scan::first_entities()) b.entities.push_back(b.entity(entity.name));
  b.environments = {b.text("lab")};
  b.tenants.resize(1);
  b.tenants[0].name = b.text(mark);
  b.durability = {0};
  b.actions.resize(1);
  b.actions[0].id = b.text("block");
  b.actions[0].action = b.actions[0].would = static_cast<uint8_t>(contract::Action::Block);
  return b.build();
}

contract::Digest digest_of(const std::vector<uint8_t>& image) {
  policy::Image read;
  std::string error;
  EXPECT_TRUE(read.load(image, error)) << error;
  return read.digest();
}

struct Identity {
  tls::Authority authority;
  tls::Leaf leaf{authority, tls::Wanted{}};
  std::string certificate = tls::pem_of(leaf.certificate.get());
  std::string key = tls::pem_of(leaf.key.get());
};

class AdoptionTest : public ::testing::Test {
 protected:
  AdoptionTest() : adoption_(std::make_unique<Adoption>(doors())) {}

  std::vector<AdoptionDoor*> doors() { return {&doors_[0], &doors_[1]}; }
  std::shared_ptr<const policy::Secrets> secrets(const std::string& certificate,
                                                 const std::string& key) {
    policy::SecretsBuilder b;
    b.add(SecretKind::GatewayHmacKey, "", policy::key_bytes('g'));
    if (!certificate.empty())
      b.add(SecretKind::ServerCertificate, "", certificate).add(SecretKind::ServerKey, "", key);
    std::string error;
    auto made = policy::Secrets::of_bytes(b.build(), error);
    EXPECT_NE(made, nullptr) << error;
    return made;
  }
  std::shared_ptr<const policy::Secrets> secrets() {
    return secrets(identity_.certificate, identity_.key);
  }
  bool take(const std::vector<uint8_t>& image, uint64_t version) {
    return adoption_->take_image(image, version, digest_of(image), error_);
  }
  // What a worker does between two turns; `oldest` is what an exchange of it still uses.
  void turn(size_t worker, uint64_t oldest = 0) {
    AdoptionDoor& door = doors_[worker];
    if (flow::PolicyVersion* version = door.versions.fetch(); version != nullptr)
      current_[worker] = version->sequence();
    if (const GatewayCertificate* fetched = door.certificates.fetch(); fetched != nullptr) {
      certificate_[worker] = fetched;
      door.certificate_sequence = fetched->sequence;
    }
    door.oldest_sequence = oldest == 0 ? current_[worker] : oldest;
    door.newest_sequence = current_[worker];
  }
  void turn_both() {
    turn(0);
    turn(1);
  }

  Identity identity_;
  std::array<AdoptionDoor, 2> doors_;
  std::array<uint64_t, 2> current_{};
  std::array<const GatewayCertificate*, 2> certificate_{};
  std::string error_;
  std::unique_ptr<Adoption> adoption_;
};

TEST_F(AdoptionTest, EveryWorkerTakesItsOwnVersionAndCertificate) {
  EXPECT_FALSE(take(image_of("a"), 1));  // no secrets yet
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_)) << error_;
  EXPECT_TRUE(adoption_->has_certificate());
  EXPECT_FALSE(adoption_->all_adopted());
  ASSERT_TRUE(take(image_of("a"), 41)) << error_;
  EXPECT_EQ(adoption_->loaded_version(), 41U);
  turn(0);
  EXPECT_EQ(adoption_->adopted_version(0), 41U);
  EXPECT_EQ(adoption_->adopted_version(1), 0U);
  EXPECT_FALSE(adoption_->all_adopted());
  turn(1);
  EXPECT_TRUE(adoption_->all_adopted());
  EXPECT_EQ(adoption_->oldest_version(1), 41U);
  ASSERT_TRUE(certificate_[0] != nullptr && certificate_[1] != nullptr);
  EXPECT_NE(certificate_[0]->context.get(), certificate_[1]->context.get());
  EXPECT_EQ(adoption_->certificate_not_after_s(), certificate_[0]->context->expires_at());
}

TEST_F(AdoptionTest, AnImageThatDoesNotHoldChangesNothing) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 1));
  turn_both();
  std::vector<uint8_t> image = image_of("b");
  const contract::Digest digest = digest_of(image);
  image[image.size() / 2] ^= 1;
  EXPECT_FALSE(adoption_->take_image(image, 2, digest, error_));
  EXPECT_FALSE(error_.empty());
  EXPECT_FALSE(adoption_->take_image(image_of("c"), 3, digest, error_));  // not what was announced
  EXPECT_FALSE(adoption_->take_image({1, 2, 3}, 4, digest, error_));
  turn_both();
  EXPECT_EQ(adoption_->loaded_version(), 1U);
  EXPECT_EQ(adoption_->adopted_version(0), 1U);
  EXPECT_EQ(adoption_->held_count(0), 1U);
}

TEST_F(AdoptionTest, AVersionInUseOutlivesItsSuccessor) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 10));
  turn_both();
  const uint64_t first = current_[0];
  ASSERT_TRUE(take(image_of("b"), 11));
  turn(0, first);  // an exchange of worker 0 began with the first
  turn(1);
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 2U);
  EXPECT_EQ(adoption_->held_count(1), 1U);
  EXPECT_EQ(adoption_->adopted_version(0), 11U);
  EXPECT_EQ(adoption_->oldest_version(0), 10U);
  EXPECT_EQ(adoption_->oldest_version(1), 11U);
  turn(0);
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 1U);
  EXPECT_EQ(adoption_->oldest_version(0), 11U);
}

TEST_F(AdoptionTest, AStormOfVersionsIsBounded) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  const std::vector<uint8_t> a = image_of("a");
  const std::vector<uint8_t> b = image_of("b");
  uint64_t first = 0;
  for (uint64_t i = 1; i <= kVersionsHeldMax; ++i) {
    ASSERT_TRUE(take(i % 2 != 0 ? a : b, i)) << error_;
    turn(0, first);
    turn(1);
    if (first == 0) first = current_[0];
  }
  EXPECT_EQ(adoption_->held_count(0), kVersionsHeldMax);
  EXPECT_FALSE(take(a, 100));
  EXPECT_NE(error_.find("still in use"), std::string::npos);
  EXPECT_EQ(adoption_->loaded_version(), kVersionsHeldMax);
  // Secrets are taken, and wait for room.
  const uint64_t newest = current_[0];
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_)) << error_;
  turn(0, first);
  turn(1);
  EXPECT_EQ(current_[0], newest);
  EXPECT_FALSE(adoption_->all_adopted());
  turn(0);  // the long exchange ends
  EXPECT_FALSE(adoption_->reclaim().has_value());
  turn_both();
  EXPECT_EQ(current_[0], newest + 1);
  EXPECT_TRUE(adoption_->all_adopted());
  EXPECT_TRUE(take(a, 101)) << error_;
  // A worker that does not look gets the newest only.
  for (uint64_t i = 102; i < 120; ++i) ASSERT_TRUE(take(i % 2 != 0 ? a : b, i)) << error_;
  EXPECT_LE(adoption_->held_count(0), 2U);
  turn_both();
  EXPECT_EQ(adoption_->adopted_version(0), 119U);
}

TEST_F(AdoptionTest, TheSameImageAgainIsOnlyANewNumber) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 7));
  turn_both();
  const uint64_t sequence = current_[0];
  ASSERT_TRUE(take(image_of("a"), 1));  // a restarted control plane counts from the start
  turn_both();
  EXPECT_EQ(current_[0], sequence);
  EXPECT_EQ(adoption_->adopted_version(0), 1U);
  EXPECT_TRUE(adoption_->all_adopted());
}

TEST_F(AdoptionTest, NewSecretsBuildTheSameImageAgain) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 7));
  turn_both();
  const uint64_t sequence = current_[0];
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  EXPECT_FALSE(adoption_->all_adopted());
  turn_both();
  EXPECT_GT(current_[0], sequence);
  EXPECT_EQ(adoption_->adopted_version(0), 7U);
  EXPECT_TRUE(adoption_->all_adopted());
}

TEST_F(AdoptionTest, ACertificateGoesWhenItsSessionsAreOver) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  turn_both();
  const tls::ServerContext* before = certificate_[0]->context.get();
  mem::SegmentPool pool(8, 1'024, mem::SegmentPool::Wipe::No);
  tls::Session session;
  ASSERT_TRUE(session.init_server(*before, pool));
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  turn_both();
  EXPECT_EQ(certificate_[0]->context.get(), before);  // the same certificate: nothing to do

  const Identity second;
  ASSERT_TRUE(adoption_->take_secrets(secrets(second.certificate, second.key), error_));
  turn_both();
  EXPECT_NE(certificate_[0]->context.get(), before);
  adoption_->reclaim();
  EXPECT_EQ(before->session_count(), 1U);  // still there for the session (ASan would tell)
  session.reset();
  adoption_->reclaim();

  ASSERT_TRUE(adoption_->take_secrets(secrets("", ""), error_));
  turn_both();
  EXPECT_EQ(certificate_[0]->context, nullptr);  // no certificate: nobody is served
  EXPECT_FALSE(adoption_->has_certificate());
}

TEST_F(AdoptionTest, ABadCertificateChangesNothing) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  turn_both();
  const GatewayCertificate* before = certificate_[0];
  const Identity other;
  EXPECT_FALSE(adoption_->take_secrets(secrets(identity_.certificate, other.key), error_));
  EXPECT_FALSE(adoption_->take_secrets(secrets("nothing", other.key), error_));
  turn_both();
  EXPECT_EQ(certificate_[0], before);
  EXPECT_TRUE(adoption_->has_certificate());
}

}  // namespace
}  // namespace sallyport::dataplane
