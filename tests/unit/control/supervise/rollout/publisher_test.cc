// Which image under which version, across restarts and deaths between two writes.
#include "controlplane/supervise/rollout/publisher.h"

#include <gmock/gmock.h>
#include <openssl/sha.h>

#include <cstring>

#include "controlplane/supervise/credentials/private_file.h"
#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

// Enough of an image for the control plane: a header and empty sections.
controlplane::policy::CompiledImage image_of(uint8_t number) {
  controlplane::policy::CompiledImage image;
  image.bytes.resize(1024);
  contract::ImageHeader header{};
  header.magic = contract::kImageMagic;
  header.version = contract::kImageVersion;
  header.section_count = contract::kSectionCount;
  header.image_bytes = image.bytes.size();
  header.bundle_digest.fill(number);
  std::memcpy(image.bytes.data(), &header, sizeof header);
  for (uint32_t kind = 1; kind <= contract::kSectionCount; ++kind) {
    const contract::ImageSection section{kind, 0, 512, 0};
    std::memcpy(image.bytes.data() + sizeof header + (kind - 1) * sizeof section, &section,
                sizeof section);
  }
  SHA256(image.bytes.data(), image.bytes.size(), image.image_digest.data());
  image.bundle_digest = header.bundle_digest;
  return image;
}

class PublisherTest : public testing::Test {
 protected:
  PublisherTest() {
    for (uint8_t number = 1; number <= 6; ++number) digests_[number] = cache(image_of(number));
  }
  contract::Digest cache(const controlplane::policy::CompiledImage& image) {
    controlplane::policy::ImageCache(folder_ / "images").put(image);
    return image.image_digest;
  }
  // As an operation does it.
  uint64_t publish(Publisher& publisher, uint8_t number) {
    auto image = publisher.load(digests_[number], error_);
    EXPECT_NE(image, nullptr) << error_;
    const uint64_t version = publisher.reserve_version(image->digest, 100, error_);
    EXPECT_TRUE(publisher.publish(Plan{image, nullptr, {}}, version, 100, error_)) << error_;
    return version;
  }
  uint64_t publish_canary(Publisher& publisher, uint8_t number) {
    Plan plan{publisher.current()->image, publisher.load(digests_[number], error_),
              publisher.current()->rollout};
    EXPECT_NE(plan.canary, nullptr) << error_;
    plan.state.canary = digests_[number];
    plan.state.tenants = {"acme", "beta"};
    plan.state.confirm_by_s = 4'000;
    plan.state.change_link = "https://changes.example/17";
    const uint64_t version = publisher.reserve_version(plan.base->digest, 200, error_);
    EXPECT_TRUE(publisher.publish(plan, version, 200, error_)) << error_;
    return version;
  }
  TestFolder folder_;
  contract::Digest digests_[7];
  std::string error_;
};

TEST_F(PublisherTest, ARestartFindsWhatWasPublished) {
  Publisher first(folder_.path());
  ASSERT_TRUE(first.restore(1, error_));
  EXPECT_FALSE(first.current());
  EXPECT_EQ(publish(first, 1), 1U);
  EXPECT_EQ(publish(first, 2), 2U);
  EXPECT_EQ(publish(first, 1), 3U);  // a rollback is a new version
  EXPECT_TRUE(read_file(folder_ / "current").starts_with(digest_hex(digests_[1]) + "\n{"));
  EXPECT_TRUE(first.was_published(digests_[2]));
  EXPECT_FALSE(first.was_published(digests_[3]));
  Publisher second(folder_.path());
  ASSERT_TRUE(second.restore(500, error_)) << error_;
  ASSERT_TRUE(second.current());
  EXPECT_EQ(second.current()->version, 3U);
  EXPECT_EQ(second.current()->published_at_s, 100);
  EXPECT_EQ(second.current()->image->digest, digests_[1]);
  EXPECT_EQ(second.current()->image->names.bundle_digest[0], 1);
}

TEST_F(PublisherTest, ACanaryStandsAfterARestartOrIsSaidToBeLost) {
  Publisher first(folder_.path());
  publish(first, 1);
  EXPECT_EQ(publish_canary(first, 2), 2U);
  {
    Publisher second(folder_.path());
    ASSERT_TRUE(second.restore(500, error_)) << error_;
    EXPECT_EQ(second.current()->version, 2U);
    EXPECT_EQ(second.current()->image->digest, digests_[1]);
    ASSERT_NE(second.current()->canary, nullptr);
    EXPECT_EQ(second.current()->canary->digest, digests_[2]);
    EXPECT_EQ(second.current()->rollout.tenants, (std::vector<std::string>{"acme", "beta"}));
    EXPECT_EQ(second.current()->rollout.confirm_by_s, 4'000);
    EXPECT_EQ(second.current()->rollout.change_link, "https://changes.example/17");
    EXPECT_FALSE(second.canary_lost());
  }
  std::filesystem::remove(folder_ / "images" / (digest_hex(digests_[2]) + ".image"));
  Publisher third(folder_.path());
  ASSERT_TRUE(third.restore(600, error_)) << error_;
  EXPECT_TRUE(third.canary_lost());
  EXPECT_EQ(third.current()->canary, nullptr);
  EXPECT_EQ(third.current()->version, 3U);
  EXPECT_FALSE(third.current()->rollout.is_open());
  write_file(folder_ / "current", digest_hex(digests_[1]) + "\n{\"base_version\":1}\n");
  Publisher fourth(folder_.path());
  EXPECT_FALSE(fourth.restore(700, error_));
  EXPECT_NE(error_.find("second line"), std::string::npos);
  // As the release before wrote it.
  write_file(folder_ / "current", digest_hex(digests_[1]) + "\n");
  Publisher fifth(folder_.path());
  ASSERT_TRUE(fifth.restore(700, error_)) << error_;
  EXPECT_EQ(fifth.current()->canary, nullptr);
}

TEST_F(PublisherTest, OldImagesAreRemovedButNeverOneThatIsNeeded) {
  Publisher publisher(folder_.path());
  publish(publisher, 1);
  publish_canary(publisher, 2);
  for (uint8_t number = 10; number < 10 + kImagesKept + 8; ++number) cache(image_of(number));
  // The oldest of all by its time, and still in force.
  const auto image = folder_ / "images" / (digest_hex(digests_[1]) + ".image");
  std::filesystem::last_write_time(image, std::filesystem::file_time_type{});
  EXPECT_EQ(publisher.prune(), 8U + 4U);  // digests_[3..6] are older still
  EXPECT_TRUE(std::filesystem::exists(image));
  EXPECT_NE(publisher.load(digests_[2], error_), nullptr);
  EXPECT_EQ(publisher.prune(), 0U);
}

TEST_F(PublisherTest, DeathAfterAVersionWasSeenGivesAHigherOne) {
  Publisher first(folder_.path());
  publish(first, 1);
  EXPECT_EQ(first.reserve_version(digests_[2], 100, error_), 2U);  // and then we die
  Publisher second(folder_.path());
  ASSERT_TRUE(second.restore(500, error_)) << error_;
  EXPECT_EQ(second.current()->image->digest, digests_[1]);
  EXPECT_EQ(second.current()->version, 3U);
  Publisher third(folder_.path());
  ASSERT_TRUE(third.restore(600, error_));
  EXPECT_EQ(third.current()->version, 3U);
}

TEST_F(PublisherTest, ALostVersionFileStartsAgainAndRisesAboveTheDataplane) {
  {
    Publisher first(folder_.path());
    publish(first, 1);
  }
  std::filesystem::remove(folder_ / "policy_version");
  Publisher second(folder_.path());
  ASSERT_TRUE(second.restore(500, error_)) << error_;
  EXPECT_EQ(second.current()->version, 1U);
  EXPECT_TRUE(second.rise_above(57, 500, error_));
  EXPECT_EQ(second.current()->version, 58U);
  EXPECT_TRUE(second.rise_above(~0ULL, 500, error_));  // a lie
  EXPECT_EQ(second.current()->version, 58U);
}

TEST_F(PublisherTest, AnImageThatIsGoneOrChangedIsSaid) {
  {
    Publisher first(folder_.path());
    publish(first, 1);
  }
  const auto file = folder_ / "images" / (digest_hex(digests_[1]) + ".image");
  std::string bytes = read_file(file);
  bytes[1000] ^= 1;
  write_file(file, bytes);
  Publisher second(folder_.path());
  EXPECT_FALSE(second.restore(500, error_));
  EXPECT_NE(error_, "");
  EXPECT_FALSE(second.current());
  std::filesystem::remove(file);
  Publisher third(folder_.path());
  EXPECT_FALSE(third.restore(500, error_));
  write_file(folder_ / "current", "not a digest\n");
  Publisher fourth(folder_.path());
  EXPECT_FALSE(fourth.restore(500, error_));
}

TEST_F(PublisherTest, VersionsGoOnAfterAnImageWasLost) {
  {
    Publisher first(folder_.path());
    for (uint8_t number = 1; number <= 4; ++number) publish(first, number);
  }
  std::filesystem::remove_all(folder_ / "images");
  Publisher second(folder_.path());
  EXPECT_FALSE(second.restore(500, error_));
  cache(image_of(5));
  EXPECT_EQ(publish(second, 5), 5U);
}

TEST_F(PublisherTest, MoreImagesThanAreKeptInMemoryStillLoad) {
  Publisher publisher(folder_.path());
  for (int round = 0; round < 3; ++round)
    for (uint8_t number = 1; number <= 6; ++number)
      EXPECT_EQ(publisher.load(digests_[number], error_)->digest, digests_[number]);
  contract::Digest unknown{};
  EXPECT_EQ(publisher.load(unknown, error_), nullptr);
}

}  // namespace
}  // namespace sallyport::supervise
