// Checkpoints signed by a key in a PKCS#11 token: SoftHSM2, where it is installed.
#include <atomic>
#include <cstdlib>
#include <thread>

#include "controlplane/evidence/log/signing_key.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr const char* kModules[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"};

class TokenKeyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* module : kModules)
      if (std::filesystem::exists(module)) options.module = module;
    if (options.module.empty() ||
        std::system("command -v softhsm2-util pkcs11-tool >/dev/null") != 0)
      GTEST_SKIP() << "softhsm2 and opensc are not installed: scripts/setup --tests";
    std::filesystem::create_directories(host.folder / "tokens");
    put_content(host.folder / "softhsm.conf",
                "directories.tokendir = " + (host.folder / "tokens").string() + "\n");
    ::setenv("SOFTHSM2_CONF", (host.folder / "softhsm.conf").c_str(), 1);
    options.token = "sallyport";
    options.key = "evidence-log";
    options.pin_file = host.folder / "pin";
    put_content(options.pin_file, "314159\n");
    run("softhsm2-util --init-token --free --label sallyport --so-pin 271828 --pin 314159");
    run(tool() + " --keypairgen --key-type EC:prime256v1 --label evidence-log --id 01");
    // Of another kind: an engine would stumble over it.
    run(tool() + " --keypairgen --key-type rsa:2048 --label another --id 02");
  }
  std::string tool() const {
    return "pkcs11-tool --module " + options.module.string() +
           " --token-label sallyport --login --pin 314159";
  }
  void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
  }
  DrainerOptions drainer_options() {
    DrainerOptions made = host.options();
    made.token = options;
    made.open_token = token_key;
    return made;
  }

  Host host;
  TokenKeyOptions options;
};

TEST_F(TokenKeyTest, SignsALogThatVerifiesAndGoesOnAfterAStart) {
  Worker worker(host.rings());
  for (int start = 0; start < 2; ++start) {
    Drainer drainer(drainer_options());
    EXPECT_EQ(drainer.verifier().type(), KeyType::Ecdsa);
    worker.exchange(static_cast<uint64_t>(start + 1));
    drain(drainer);
    const VerifyReport report = verified(drainer);
    EXPECT_TRUE(report.ok) << problems_of(report);
    EXPECT_EQ(report.after_checkpoint, 0U);
  }
  EXPECT_FALSE(std::filesystem::exists(host.key())) << "no key of ours";
  // openssl alone, as an auditor has it.
  const std::string note = content_of(host.key().string() + ".state");
  const size_t at = note.rfind("\n\n");
  put_content(host.folder / "body", note.substr(0, at + 1));
  const std::string line = note.substr(at + 2);
  const auto blob =
      from_base64(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2));
  ASSERT_TRUE(blob);
  put_content(host.folder / "sig", std::string(blob->begin() + 4, blob->end()));
  run("openssl dgst -sha256 -verify " + host.key().string() + ".pem" + " -signature " +
      (host.folder / "sig").string() + " " + (host.folder / "body").string());
}

// From a file into the token, to another key of it, and back to a file.
TEST_F(TokenKeyTest, TheLogsKeyMovesIntoTheTokenAndOutOfIt) {
  run(tool() + " --keypairgen --key-type EC:prime256v1 --label second --id 03");
  TokenKeyOptions second = options;
  second.key = "second";
  DrainerOptions made = host.options();
  made.open_token = token_key;
  std::string first;
  Worker worker(host.rings());
  uint64_t number = 0;
  const std::vector<std::optional<TokenKeyOptions>> wanted{options, second, std::nullopt};
  for (const auto& token : wanted) {
    Drainer drainer(made);
    worker.exchange(++number);
    drain(drainer);
    if (first.empty()) first = drainer.verifier().text();
    KeyChanged answer;
    std::atomic<bool> done{false};
    std::thread asking([&] {
      answer = drainer.rotate_key(token, "ann", "yearly", std::chrono::seconds(60));
      done = true;
    });
    while (!done) drainer.drain_once();
    asking.join();
    ASSERT_EQ(answer.code, "") << answer.problem;
    EXPECT_EQ(drainer.verifier().type(), token ? KeyType::Ecdsa : KeyType::Ed25519);
    worker.exchange(++number);
    drain(drainer);
    for (const std::string& vkey : {first, drainer.verifier().text()}) {
      VerifyOptions by;
      by.vkey = vkey;
      const VerifyReport report = verify(drainer.reader(), by);
      EXPECT_TRUE(report.ok) << problems_of(report);
    }
    made.token = token;  // the operator's configuration follows, or was ahead
  }
  // A configuration that names what is not in force: the log goes on, and says so.
  made.token = options;
  Drainer drainer(made);
  EXPECT_TRUE(drainer.status().key_differs);
  EXPECT_EQ(drainer.verifier().type(), KeyType::Ed25519);
  EXPECT_EQ(drainer.rotate_key(options, "ann", "", std::chrono::seconds(1)).code, "key_retired");
}

TEST_F(TokenKeyTest, SaysWhatIsMissingAndHowToMakeIt) {
  const auto problem = [&](const TokenKeyOptions& wrong) -> std::string {
    try {
      token_key(wrong);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  TokenKeyOptions wrong = options;
  wrong.key = "absent";
  EXPECT_NE(problem(wrong).find("pkcs11-tool --login --keypairgen"), std::string::npos);
  wrong = options;
  wrong.key = "another";
  EXPECT_NE(problem(wrong).find("no EC key"), std::string::npos);
  wrong = options;
  wrong.token = "absent";
  EXPECT_NE(problem(wrong).find("no such token"), std::string::npos);
  wrong = options;
  wrong.module = "/nowhere.so";
  EXPECT_NE(problem(wrong).find("cannot be loaded"), std::string::npos);
  put_content(host.folder / "wrong_pin", "111111\n");
  wrong = options;
  wrong.pin_file = host.folder / "wrong_pin";
  EXPECT_NE(problem(wrong).find("PIN"), std::string::npos);
  EXPECT_EQ(problem(wrong).find("111111"), std::string::npos);
  EXPECT_EQ(problem(options), "") << "nothing of this kept the right one out";
}

}  // namespace
}  // namespace sallyport::evidence_log_test
