#include "controlplane/vault/shares.h"

#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

class SharesTest : public ::testing::Test {
 protected:
  SharesTest() {
    for (int i = 0; i < 5; ++i) {
      privates.push_back(random_secret(kKeyBytes));
      publics.push_back(public_half(privates.back()));
    }
    kek.key = random_secret(kKeyBytes);
    kek.generation = 4;
  }
  std::vector<Share> opened(const std::vector<SealedShare>& sealed,
                            const std::vector<size_t>& which) {
    std::vector<Share> out;
    for (const size_t i : which) out.push_back(open_share(sealed[i], privates[i]));
    return out;
  }
  static std::string code_of(const std::vector<Share>& shares) {
    try {
      combine_shares(shares);
      return "none";
    } catch (const VaultError& error) {
      return error.code();
    }
  }
  std::vector<Secret> privates;
  std::vector<PublicKey> publics;
  Kek kek;
};

TEST_F(SharesTest, AnyThreeOfFiveGiveTheKeyAndItsGeneration) {
  const auto sealed = split_kek(kek, 3, publics);
  ASSERT_EQ(sealed.size(), 5U);
  for (size_t a = 0; a < 5; ++a)
    for (size_t b = a + 1; b < 5; ++b)
      for (size_t c = b + 1; c < 5; ++c) {
        const Kek back = combine_shares(opened(sealed, {c, a, b}));
        EXPECT_EQ(back.key, kek.key);
        EXPECT_EQ(back.generation, 4U);
      }
  EXPECT_EQ(combine_shares(opened(sealed, {0, 1, 2, 3, 4})).key, kek.key);
}

TEST_F(SharesTest, TooFewForeignDoubledAndChangedSharesAreRefusedByName) {
  const auto sealed = split_kek(kek, 3, publics);
  const auto other = split_kek(kek, 3, publics);
  EXPECT_EQ(code_of({}), "share_too_few");
  EXPECT_EQ(code_of(opened(sealed, {0, 1})), "share_too_few");
  EXPECT_EQ(code_of(opened(sealed, {0, 1, 1})), "share_duplicate");
  auto mixed = opened(sealed, {0, 1});
  mixed.push_back(opened(other, {2}).front());
  EXPECT_EQ(code_of(mixed), "share_foreign");
  for (size_t at = 0; at < 64; ++at) {
    auto wrong = opened(sealed, {0, 1, 2});
    wrong[1].bytes[at] ^= 1;
    EXPECT_EQ(code_of(wrong), "share_wrong") << at;
  }
  // Two shares that claim to be enough: garbage, and said so.
  auto lowered = opened(sealed, {0, 1});
  for (Share& share : lowered) share.label.threshold = 2;
  EXPECT_EQ(code_of(lowered), "share_wrong");
}

TEST_F(SharesTest, AShareOpensForItsCustodianOnlyAndWithItsOwnLabel) {
  const auto sealed = split_kek(kek, 2, publics);
  EXPECT_THROW(open_share(sealed[0], privates[1]), VaultError);
  SealedShare relabelled = sealed[0];
  relabelled.label.threshold = 1;
  EXPECT_THROW(open_share(relabelled, privates[0]), VaultError);
  const std::string text = share_text(sealed[0]);
  EXPECT_EQ(open_share(parse_share(text), privates[0]).bytes,
            open_share(sealed[0], privates[0]).bytes);
  EXPECT_THROW(parse_share("{}"), VaultError);
  EXPECT_THROW(parse_share("no json"), VaultError);
  EXPECT_EQ(text.find(hex(kek.key)), std::string::npos);
}

TEST_F(SharesTest, SplitsThatProtectNothingAreRefused) {
  EXPECT_THROW(split_kek(kek, 1, publics), VaultError);
  EXPECT_THROW(split_kek(kek, 6, publics), VaultError);
  EXPECT_THROW(split_kek(kek, 2, {publics[0], publics[0]}), VaultError);
}

TEST_F(SharesTest, ABackupGivesTheKeyToItsHolderOnly) {
  const Backup backup = parse_backup(backup_text(kek, publics[0], "box-1"));
  EXPECT_EQ(open_backup(backup, privates[0]).key, kek.key);
  EXPECT_EQ(backup.kek_fingerprint, kek_fingerprint(kek));
  EXPECT_THROW(open_backup(backup, privates[1]), VaultError);
  Backup changed = backup;
  changed.generation = 5;
  EXPECT_THROW(open_backup(changed, privates[0]), VaultError);
  EXPECT_THROW(parse_backup("{}"), VaultError);
}

}  // namespace
}  // namespace sallyport::vault_test
