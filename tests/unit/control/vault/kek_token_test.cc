// The key-encryption key behind a PKCS#11 token: SoftHSM2. A token that holds an Ed25519 key too is
// what ends processes that go through the OpenSSL engine; here it is refused.
#include "controlplane/vault/kek_token.h"

#include "tests/unit/control/vault/vault_fixture.h"

namespace sallyport::vault_test {
namespace {

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";

class KekTokenTest : public VaultTest {
 protected:
  void SetUp() override {
    if (::access(kModule, R_OK) != 0 || run("command -v softhsm2-util pkcs11-tool") != 0)
      GTEST_SKIP() << "softhsm2 and opensc are not installed";
    std::filesystem::create_directories(folder / "tokens");
    std::ofstream(folder / "softhsm2.conf")
        << "directories.tokendir = " << (folder / "tokens").string() << "\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder / "softhsm2.conf").c_str(), 1);
    make_token("sallyport");
    make_key("sallyport", "rsa:2048", "vault");
    write("1234\n", "vault.pin");
    configure("vault");
  }
  static int run(const std::string& command) {
    return ::system((command + " >/dev/null 2>&1").c_str());
  }
  void write(const std::string& text, const std::string& name) {
    replace_private_file(folder / name, bytes_of(text));
  }
  static void make_token(const std::string& label) {
    ASSERT_EQ(run("softhsm2-util --init-token --free --so-pin 1234 --pin 1234 --label " + label),
              0);
  }
  static void make_key(const std::string& token, const std::string& type,
                       const std::string& label) {
    ASSERT_EQ(run(std::string("pkcs11-tool --module ") + kModule + " --token-label " + token +
                  " --login --pin 1234 --keypairgen --key-type " + type + " --label " + label),
              0);
  }
  void configure(const std::string& key, const std::string& label = "sallyport") {
    write("# the vault's key\nmodule=" + std::string(kModule) + "\ntoken=" + label +
              "\nkey=" + key + "\npin_file=" + (folder / "vault.pin").string() + "\n",
          "vault.pkcs11");
  }
  std::unique_ptr<KekSource> token() const {
    return open_kek_token(folder / "vault.pkcs11", vault_folder() / "kek.wrapped");
  }
  std::string code_of_load() {
    try {
      token()->load();
      return "none";
    } catch (const VaultError& error) {
      return error.code();
    }
  }
};

TEST_F(KekTokenTest, AVaultLivesRotatesAndOpensAgainUnderATokensKey) {
  {
    auto vault = closed();
    vault->create(token());
    put(*vault, {"john@example.com"});
    vault->begin_rotation();
    while (!vault->step_rotation()) continue;
    EXPECT_EQ(vault->status().kek_generation, 2U);
    EXPECT_EQ(vault->status().kek_source, "PKCS#11 token sallyport, key vault");
    EXPECT_TRUE(files_with(folder.path(), hex(vault->newest_kek().key)).empty());
  }
  auto vault = closed();
  vault->unseal(token());
  EXPECT_EQ(value_in(*vault, "john@example.com"), "john@example.com");
}

TEST_F(KekTokenTest, AWrongPinAMissingKeyAndAnotherKeyAreRefusedByName) {
  token()->load();
  write("4321\n", "vault.pin");
  EXPECT_EQ(code_of_load(), "token");
  write("1234\n", "vault.pin");
  configure("nobody");
  EXPECT_EQ(code_of_load(), "token");
  make_token("mixed");
  make_key("mixed", "rsa:2048", "vault");
  make_key("mixed", "EC:edwards25519", "other");
  configure("vault", "mixed");
  EXPECT_EQ(code_of_load(), "token") << "refused in words, and no crash";
  configure("vault", "nobody");
  EXPECT_EQ(code_of_load(), "token");
  const std::string wrapped = content_of(vault_folder() / "kek.wrapped");
  configure("vault");
  std::string changed = wrapped;
  changed[10] = changed[10] == '0' ? '1' : '0';
  replace_private_file(vault_folder() / "kek.wrapped", bytes_of(changed));
  EXPECT_EQ(code_of_load(), "kek_wrong");
  replace_private_file(vault_folder() / "kek.wrapped", bytes_of(wrapped));
  EXPECT_EQ(code_of_load(), "none");
}

TEST_F(KekTokenTest, ASettingsFileThatSaysTooLittleIsRefused) {
  write("module=x\n", "vault.pkcs11");
  EXPECT_THROW(token(), VaultError);
  write("no line\n", "vault.pkcs11");
  EXPECT_THROW(token(), VaultError);
}

}  // namespace
}  // namespace sallyport::vault_test
