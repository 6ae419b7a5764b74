// The command line, its environment, and the one word of sallyport.yaml.
#include "controlplane/supervise/options.h"

#include <gmock/gmock.h>
#include <stdlib.h>

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

}  // namespace
}  // namespace sallyport::supervise
