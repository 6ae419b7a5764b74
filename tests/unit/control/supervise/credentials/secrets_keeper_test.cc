// When a new message is made, and when the former one stays.
#include "controlplane/supervise/credentials/secrets_keeper.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

using Refreshed = SecretsKeeper::Refreshed;

class SecretsKeeperTest : public testing::Test {
 protected:
  SecretsKeeperTest() {
    std::filesystem::create_directory(folder_ / "credentials");
    put_certificate(folder_ / "credentials", make_certificate("gateway.example", kYearS));
    write_file(folder_ / "credentials/vendor.acme", "first");
  }
  TestFolder folder_;
  WantedSecrets wanted_{{"alpha"}, {"acme"}};
  SecretsKeeper keeper_{Credentials(folder_ / "credentials", folder_ / "keys"), 41};
};

TEST_F(SecretsKeeperTest, GenerationsGrowOnlyWithChanges) {
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Changed);
  EXPECT_EQ(keeper_.generation(), 41U);
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Same);
  EXPECT_EQ(keeper_.generation(), 41U);
  write_file(folder_ / "credentials/vendor.acme", "second");
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Changed);
  EXPECT_EQ(keeper_.generation(), 42U);
}

TEST_F(SecretsKeeperTest, ABrokenFileLeavesTheFormerMessage) {
  keeper_.refresh(wanted_);
  const std::vector<uint8_t> before(keeper_.message()->bytes().begin(),
                                    keeper_.message()->bytes().end());
  chmod((folder_ / "credentials/vendor.acme").c_str(), 0644);
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Kept);
  EXPECT_EQ(keeper_.generation(), 41U);
  EXPECT_THAT(keeper_.message()->bytes(), testing::ElementsAreArray(before));
  EXPECT_EQ(keeper_.problems().size(), 2U);
  chmod((folder_ / "credentials/vendor.acme").c_str(), 0600);
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Same);
  EXPECT_TRUE(keeper_.problems().empty());
}

TEST_F(SecretsKeeperTest, ACertificateThatVanishesIsKept) {
  keeper_.refresh(wanted_);
  std::filesystem::remove(folder_ / "credentials/gateway.pem");
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Kept);
  EXPECT_GT(keeper_.certificate().not_after_s, 0);
}

TEST_F(SecretsKeeperTest, AVendorCredentialThatWasTakenAwayIsGone) {
  keeper_.refresh(wanted_);
  std::filesystem::remove(folder_ / "credentials/vendor.acme");
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Changed);
  EXPECT_EQ(keeper_.vendors(), 0U);
}

TEST_F(SecretsKeeperTest, TheFirstMessageIsMadeOfWhatIsGood) {
  write_file(folder_ / "credentials/gateway.key", "broken");
  EXPECT_EQ(keeper_.refresh(wanted_), Refreshed::Changed);
  EXPECT_EQ(keeper_.vendors(), 1U);
  EXPECT_EQ(keeper_.certificate().not_after_s, 0);
}

TEST_F(SecretsKeeperTest, ItKnowsWhatItCovers) {
  EXPECT_FALSE(keeper_.covers({}));
  keeper_.refresh(wanted_);
  EXPECT_TRUE(keeper_.covers({{}, {"acme"}}));
  EXPECT_FALSE(keeper_.covers({{"alpha", "beta"}, {}}));
  EXPECT_FALSE(keeper_.covers({{}, {"other"}}));
}

TEST_F(SecretsKeeperTest, AChangeCountsWhenTheFilesHoldStill) {
  keeper_.refresh(wanted_);
  EXPECT_FALSE(keeper_.files_changed());
  write_file(folder_ / "credentials/vendor.acme", "halfway");
  EXPECT_FALSE(keeper_.files_changed());  // just changed: perhaps not the last change
  write_file(folder_ / "credentials/vendor.acme", "the whole");
  EXPECT_FALSE(keeper_.files_changed());
  EXPECT_TRUE(keeper_.files_changed());
  EXPECT_FALSE(keeper_.files_changed());
}

}  // namespace
}  // namespace sallyport::supervise
