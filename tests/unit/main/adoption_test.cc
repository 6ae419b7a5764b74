// Real secrets, real certificates and a real compiled image; the worker is played by the test.
#include "dataplane/adoption.h"

#include <gtest/gtest.h>

#include <cstring>

#include "dataplane/contract/route_table.h"
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
    return adoption_->take_image(image, version, digest_of(image), false, error_);
  }
  bool take_canary(const std::vector<uint8_t>& image) {
    return adoption_->take_canary(image, digest_of(image), error_);
  }
  bool take_routes(const std::vector<uint8_t>& base, const std::vector<uint8_t>& canary,
                   uint64_t version) {
    return adoption_->take_routes(RouteTable{digest_of(base), digest_of(canary), {"a", "b"}},
                                  version, error_);
  }
  // What a worker does between two turns.
  void turn(size_t worker) {
    AdoptionDoor& door = doors_[worker];
    if (const flow::PolicySet* set = door.sets.fetch(); set != nullptr) sets_[worker] = set;
    if (const GatewayCertificate* fetched = door.certificates.fetch(); fetched != nullptr) {
      certificate_[worker] = fetched;
      door.certificate_sequence = fetched->sequence;
    }
    door.newest_sequence = sets_[worker] != nullptr ? sets_[worker]->sequence : 0;
  }
  void turn_both() {
    turn(0);
    turn(1);
  }

  Identity identity_;
  std::array<AdoptionDoor, 2> doors_;
  flow::PolicyVersion* base(size_t worker) const { return sets_[worker]->base; }

  std::array<const flow::PolicySet*, 2> sets_{};
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
  EXPECT_FALSE(adoption_->take_image(image, 2, digest, false, error_));
  EXPECT_FALSE(error_.empty());
  // Not what was announced.
  EXPECT_FALSE(adoption_->take_image(image_of("c"), 3, digest, false, error_));
  EXPECT_FALSE(adoption_->take_image({1, 2, 3}, 4, digest, false, error_));
  turn_both();
  EXPECT_EQ(adoption_->loaded_version(), 1U);
  EXPECT_EQ(adoption_->adopted_version(0), 1U);
  EXPECT_EQ(adoption_->held_count(0), 1U);
}

TEST_F(AdoptionTest, AVersionInUseOutlivesItsSuccessor) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 10));
  turn_both();
  flow::PolicyVersion* const first = base(0);
  first->begin_use();  // an exchange of worker 0
  ASSERT_TRUE(take(image_of("b"), 11));
  turn_both();
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 2U);
  EXPECT_EQ(adoption_->held_count(1), 1U);
  EXPECT_EQ(adoption_->adopted_version(0), 11U);
  EXPECT_EQ(adoption_->oldest_version(0), 10U);
  EXPECT_EQ(adoption_->oldest_version(1), 11U);
  first->end_use();
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 1U);
  EXPECT_EQ(adoption_->oldest_version(0), 11U);
}

TEST_F(AdoptionTest, AStormOfVersionsIsBounded) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  const std::vector<uint8_t> a = image_of("a");
  const std::vector<uint8_t> b = image_of("b");
  std::vector<flow::PolicyVersion*> used;
  for (uint64_t i = 1; i <= kVersionsHeldMax; ++i) {
    ASSERT_TRUE(take(i % 2 != 0 ? a : b, i)) << error_;
    turn_both();
    used.push_back(base(0));
    used.back()->begin_use();
  }
  EXPECT_EQ(adoption_->held_count(0), kVersionsHeldMax);
  EXPECT_EQ(adoption_->held_count(1), 2U);  // the one before is not looked for before the next
  EXPECT_FALSE(take(a, 100));
  EXPECT_NE(error_.find("still in use"), std::string::npos);
  EXPECT_EQ(adoption_->loaded_version(), kVersionsHeldMax);
  // Secrets are taken, and wait for room.
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_)) << error_;
  turn_both();
  EXPECT_EQ(base(0), used.back());
  EXPECT_FALSE(adoption_->all_adopted());
  used[0]->end_use();  // the long exchange ends
  EXPECT_FALSE(adoption_->reclaim().has_value());
  turn_both();
  EXPECT_NE(base(0), used.back());
  EXPECT_TRUE(adoption_->all_adopted());
  for (size_t i = 1; i < 4; ++i) used[i]->end_use();
  EXPECT_TRUE(take(a, 101)) << error_;
  // A worker that does not look gets the newest only.
  for (uint64_t i = 102; i < 120; ++i) ASSERT_TRUE(take(i % 2 != 0 ? a : b, i)) << error_;
  EXPECT_LE(adoption_->held_count(1), 3U);
  turn_both();
  EXPECT_EQ(adoption_->adopted_version(0), 119U);
  for (size_t i = 4; i < used.size(); ++i) used[i]->end_use();
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 1U);
}

TEST_F(AdoptionTest, TheSameImageAgainIsOnlyANewNumber) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 7));
  turn_both();
  const flow::PolicySet* const set = sets_[0];
  ASSERT_TRUE(take(image_of("a"), 1));  // a restarted control plane counts from the start
  turn_both();
  EXPECT_EQ(sets_[0], set);
  EXPECT_EQ(adoption_->adopted_version(0), 1U);
  EXPECT_TRUE(adoption_->all_adopted());
}

TEST_F(AdoptionTest, NewSecretsBuildTheSameImageAgain) {
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  ASSERT_TRUE(take(image_of("a"), 7));
  turn_both();
  const uint64_t sequence = base(0)->sequence();
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  EXPECT_FALSE(adoption_->all_adopted());
  turn_both();
  EXPECT_GT(base(0)->sequence(), sequence);
  EXPECT_EQ(adoption_->adopted_version(0), 7U);
  EXPECT_TRUE(adoption_->all_adopted());
}

TEST_F(AdoptionTest, ACanaryStandsBesideTheBaseUntilItIsPromotedOrDropped) {
  const auto a = image_of("a"), b = image_of("b"), c = image_of("c");
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_));
  EXPECT_FALSE(take_canary(b));  // nothing to stand beside
  ASSERT_TRUE(take(a, 1));
  EXPECT_FALSE(take_routes(a, b, 2));  // not loaded
  ASSERT_TRUE(take_canary(b)) << error_;
  turn_both();
  EXPECT_EQ(sets_[0]->canary, nullptr);  // loaded is not routed
  EXPECT_FALSE(take_routes(c, b, 2));    // another base than the sender believes
  ASSERT_TRUE(take_routes(a, b, 2)) << error_;
  turn_both();
  ASSERT_NE(sets_[0]->canary, nullptr);
  EXPECT_EQ(sets_[0]->canary->image().digest(), digest_of(b));
  EXPECT_TRUE(sets_[0]->takes("a") && sets_[0]->takes("b") && !sets_[0]->takes("c"));
  EXPECT_EQ(adoption_->adopted_version(0), 2U);
  EXPECT_EQ(adoption_->oldest_version(0), 1U);
  // New secrets build both again, and nobody changes place.
  ASSERT_TRUE(adoption_->take_secrets(secrets(), error_)) << error_;
  flow::PolicyVersion* const before = sets_[0]->canary;
  turn_both();
  EXPECT_NE(sets_[0]->canary, before);
  EXPECT_EQ(adoption_->loaded_version(), 2U);
  // The control plane starts again: the same base, routes to follow.
  const flow::PolicySet* const set = sets_[0];
  ASSERT_TRUE(adoption_->take_image(a, 1, digest_of(a), true, error_));
  ASSERT_TRUE(take_canary(b) && take_routes(a, b, 2)) << error_;
  turn_both();
  EXPECT_EQ(sets_[0], set);
  EXPECT_EQ(adoption_->adopted_version(0), 2U);
  // Promotion: the canary's own build becomes the base.
  flow::PolicyVersion* const canary = sets_[0]->canary;
  ASSERT_TRUE(take(b, 3));
  turn_both();
  EXPECT_EQ(base(0), canary);
  EXPECT_EQ(sets_[0]->canary, nullptr);
  EXPECT_FALSE(sets_[0]->takes("a"));
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 1U);
  // Dropped: the base stays the build it was.
  ASSERT_TRUE(take_canary(c) && take_routes(b, c, 4)) << error_;
  turn_both();
  ASSERT_TRUE(take(b, 5));
  turn_both();
  EXPECT_EQ(base(0), canary);
  EXPECT_EQ(sets_[0]->canary, nullptr);
  adoption_->reclaim();
  EXPECT_EQ(adoption_->held_count(0), 1U);
}

TEST_F(AdoptionTest, ARouteTableIsReadAsIfItsWriterWereHostile) {
  using contract::RouteTableHeader;
  const auto table = [](std::vector<std::string> names, RouteTableHeader header) {
    header.tenant_count = static_cast<uint32_t>(names.size());
    std::vector<uint8_t> out(sizeof header + names.size() * contract::kRouteTenantBytes);
    std::memcpy(out.data(), &header, sizeof header);
    for (size_t i = 0; i < names.size(); ++i)
      std::copy(names[i].begin(), names[i].end(),
                out.begin() + sizeof header + i * contract::kRouteTenantBytes);
    return out;
  };
  const RouteTableHeader sound{contract::kRouteTableMagic, contract::kRouteTableVersion, 0, {}, {}};
  const auto read = RouteTable::read(table({"acme", "beta"}, sound), error_);
  ASSERT_TRUE(read.has_value()) << error_;
  EXPECT_EQ(read->tenants, (std::vector<std::string>{"acme", "beta"}));
  RouteTableHeader other = sound;
  other.version = 2;
  std::vector<uint8_t> cut = table({"acme"}, sound);
  cut.pop_back();
  for (const auto& bytes :
       {table({}, sound), table({"beta", "acme"}, sound), table({"a", "a"}, sound),
        table({""}, sound), table({std::string(contract::kRouteTenantBytes, 'x')}, sound),
        table({"acme"}, other), cut, std::vector<uint8_t>{}})
    EXPECT_FALSE(RouteTable::read(bytes, error_).has_value()) << bytes.size();
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
