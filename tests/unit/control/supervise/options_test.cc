// The command line, its environment, and the one word of sallyport.yaml.
#include "controlplane/supervise/options.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "controlplane/supervise/evidence_options.h"
#include "dataplane/contract/host_file.h"
#include "tests/unit/control/supervise/test_files.h"

namespace sallyport::supervise {
namespace {

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    for (const char* name : {"SALLYPORT_RUN_DIR", "SALLYPORT_STATE_DIR", "SALLYPORT_CREDENTIALS",
                             "CREDENTIALS_DIRECTORY"})
      unsetenv(name);
  }
  Parse parse(std::vector<const char*> words) {
    words.insert(words.begin(), "sallyportd");
    options_ = Options();
    return parse_command_line(static_cast<int>(words.size()), words.data(), options_);
  }
  Options options_;
};

TEST_F(OptionsTest, DefaultsEnvironmentAndOptionsInThatOrder) {
  ASSERT_EQ(parse({}), Parse::Run);
  EXPECT_EQ(options_.run_dir, "/run/sallyport");
  EXPECT_EQ(options_.credentials, "/etc/sallyport/credentials");
  EXPECT_TRUE(options_.policy.empty());
  setenv("CREDENTIALS_DIRECTORY", "/run/credentials/unit", 1);
  setenv("SALLYPORT_STATE_DIR", "/state", 1);
  ASSERT_EQ(parse({}), Parse::Run);
  EXPECT_EQ(options_.credentials, "/run/credentials/unit");
  setenv("SALLYPORT_CREDENTIALS", "/mine", 1);
  ASSERT_EQ(parse({"--state-dir", "/given", "--policy", "/with a space"}), Parse::Run);
  EXPECT_EQ(options_.credentials, "/mine");
  EXPECT_EQ(options_.state_dir, "/given");
  EXPECT_EQ(options_.policy, "/with a space");
}

TEST_F(OptionsTest, RelativePathsBecomeAbsolute) {
  ASSERT_EQ(parse({"--run-dir", "run/./x", "--policy", "bundle"}), Parse::Run);
  EXPECT_EQ(options_.run_dir, std::filesystem::current_path() / "run/x");
  EXPECT_EQ(options_.policy, std::filesystem::current_path() / "bundle");
}

TEST_F(OptionsTest, NothingIsGuessed) {
  EXPECT_EQ(parse({"--run", "/x"}), Parse::Error);
  EXPECT_EQ(parse({"--policyy", "/x"}), Parse::Error);
  EXPECT_EQ(parse({"stray"}), Parse::Error);
  EXPECT_EQ(parse({"--log-level", "loud"}), Parse::Error);
  EXPECT_EQ(parse({"--help"}), Parse::Leave);
  EXPECT_EQ(parse({"--version"}), Parse::Leave);
}

TEST_F(OptionsTest, TheNodeNameComesFromTheFileOrTheHost) {
  TestFolder folder;
  std::string error;
  EXPECT_NE(read_node_name(folder / "none.yaml", error), "");
  EXPECT_EQ(error, "");
  write_file(folder / "a.yaml", "idle: poll\nnode: sallyport-7\n");
  EXPECT_EQ(read_node_name(folder / "a.yaml", error), "sallyport-7");
  write_file(folder / "a.yaml", "idle: poll\n");
  EXPECT_EQ(read_node_name(folder / "a.yaml", error), "sallyport");
  write_file(folder / "a.yaml", "node: \"two words\"\n");
  EXPECT_EQ(read_node_name(folder / "a.yaml", error), "");
  EXPECT_THAT(error, testing::HasSubstr("a.yaml"));
  error.clear();
  write_file(folder / "a.yaml", "node: [\n");
  EXPECT_EQ(read_node_name(folder / "a.yaml", error), "");
  EXPECT_NE(error, "");
}

TEST_F(OptionsTest, KeysOfBothDaemonsAreKnownAndNoOthers) {
  TestFolder folder;
  std::string error;
  for (const std::string_view key : contract::kHostFileKeys) {
    write_file(folder / "a.yaml", std::string(key) + ": lab\n");
    EXPECT_NE(read_node_name(folder / "a.yaml", error), "") << key << error;
  }
  write_file(folder / "a.yaml", "node: a\nenviroment: production\n");
  EXPECT_EQ(read_node_name(folder / "a.yaml", error), "");
  EXPECT_THAT(error, testing::HasSubstr("a.yaml:2:1: unknown key 'enviroment'"));
  EXPECT_EQ(read_host_environment(folder / "a.yaml", error), "");
  for (const char* text : {"node:\n", "node: [a]\n", "node: {a: b}\n", "[node]\n", "node\n"}) {
    write_file(folder / "a.yaml", text);
    EXPECT_EQ(read_node_name(folder / "a.yaml", error), "") << text;
  }
}

TEST(EvidenceOptionsTest, AreReadAndTheDefaultsAreSafe) {
  TestFolder folder;
  std::string error;
  const auto read = [&](const std::string& text) {
    write_file(folder / "sallyport.yaml", text);
    error.clear();
    return read_evidence_options(folder.path() / "sallyport.yaml", "/state", error);
  };
  auto options = read("node: edge\n");
  ASSERT_TRUE(options) << error;
  EXPECT_TRUE(options->witnesses.empty());
  EXPECT_EQ(options->retention.days_of("REQ", ""), 400U);
  options = read(
      "node: edge\nevidence:\n  audit_period_days: 180\n  retention:\n"
      "    - {kind: REQ, tenant: lab, days: 200}\n  witness_every_seconds: 5\n  witnesses:\n"
      "    - {directory: /mnt/worm}\n    - {timestamp: \"http://tsa.example/x\", ca_file: /ca}\n"
      "  pkcs11: {module: /m.so, token: t, key: k, pin_file: /pin}\n");
  ASSERT_TRUE(options) << error;
  EXPECT_EQ(options->retention.days_of("REQ", "lab"), 200U);
  EXPECT_EQ(options->witness_interval_ms, 5000U);
  ASSERT_EQ(options->witnesses.size(), 2U);
  EXPECT_EQ(options->witnesses[0].name, "/mnt/worm");
  EXPECT_EQ(options->witnesses[1].name, "tsa.example");
  EXPECT_EQ(options->witnesses[1].directory, "/state/timestamps");
  const auto bucket = read(
      "evidence:\n  witnesses:\n    - {bucket: \"s3://b/site\", endpoint: \"https://s3.example\", "
      "retain_days: 30}\n");
  ASSERT_TRUE(bucket) << error;
  EXPECT_EQ(bucket->witnesses.at(0).name, "s3://b/site");
  EXPECT_EQ(bucket->witnesses.at(0).retain_days, 30U);
  EXPECT_EQ(options->token->key, "k");
}

TEST(EvidenceOptionsTest, WhatIsWrongIsSaidWithItsPlace) {
  TestFolder folder;
  const auto problem = [&](const std::string& lines) {
    write_file(folder / "sallyport.yaml", "evidence:\n" + lines);
    std::string error;
    EXPECT_FALSE(read_evidence_options(folder.path() / "sallyport.yaml", "/state", error));
    return error;
  };
  EXPECT_THAT(problem("  retention: [{kind: REQ, days: 30}]\n"),
              testing::HasSubstr("less than the audit period"));
  EXPECT_THAT(problem("  retention: [{kind: XYZ, days: 500}]\n"),
              testing::HasSubstr("no such kind"));
  EXPECT_THAT(problem("  witness: []\n"), testing::HasSubstr("witnesses"));
  EXPECT_THAT(problem("  witnesses: [{directory: usb}]\n"), testing::HasSubstr("absolute"));
  EXPECT_THAT(problem("  witnesses: [{}]\n"), testing::HasSubstr("one of"));
  EXPECT_THAT(problem("  witnesses: [{bucket: \"s3://b\"}]\n"), testing::HasSubstr("endpoint"));
  EXPECT_THAT(problem("  witnesses: [{bucket: b, endpoint: \"http://h\"}]\n"),
              testing::HasSubstr("s3://BUCKET"));
  EXPECT_THAT(problem("  witnesses: [{url: \"http://w/\", vkey: nothing}]\n"),
              testing::HasSubstr("key line"));
  EXPECT_THAT(problem("  witnesses:\n    - {url: \"http://w/\", directory: /x}\n"),
              testing::HasSubstr("sallyport.yaml:3"));
}

}  // namespace
}  // namespace sallyport::supervise
