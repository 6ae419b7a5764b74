#include "dataplane/options.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace sallyport::dataplane {
namespace {

Parse parse(std::vector<const char*> words, Options& options) {
  words.insert(words.begin(), "sallyport-dataplane");
  return parse_command_line(static_cast<int>(words.size()), words.data(), options);
}

TEST(Options, EveryOptionIsRead) {
  Options options;
  ASSERT_EQ(parse({"--config", "a", "--run-dir=b", "--no-huge", "--check", "--verbose"}, options),
            Parse::Run);
  EXPECT_EQ(options.config_path, "a");
  EXPECT_EQ(options.run_dir, "b");
  EXPECT_TRUE(options.no_huge && options.check && options.verbose);
}

TEST(Options, DefaultsAreTheInstalledPaths) {
  Options options;
  ASSERT_EQ(parse({}, options), Parse::Run);
  EXPECT_EQ(options.config_path, "/etc/sallyport/sallyport.yaml");
  EXPECT_EQ(options.run_dir, "/run/sallyport");
  EXPECT_FALSE(options.no_huge || options.check || options.verbose);
}

TEST(Options, TheEnvironmentGivesTheRunDirAndTheOptionWins) {
  setenv("SALLYPORT_RUN_DIR", "/elsewhere", 1);
  Options options;
  ASSERT_EQ(parse({}, options), Parse::Run);
  EXPECT_EQ(options.run_dir, "/elsewhere");
  ASSERT_EQ(parse({"--run-dir", "b"}, options), Parse::Run);
  EXPECT_EQ(options.run_dir, "b");
  setenv("SALLYPORT_RUN_DIR", "", 1);
  Options empty;
  ASSERT_EQ(parse({}, empty), Parse::Run);
  EXPECT_EQ(empty.run_dir, "/run/sallyport");
  unsetenv("SALLYPORT_RUN_DIR");
}

TEST(Options, GuessesAndStrangersAreRefused) {
  Options options;
  EXPECT_EQ(parse({"--conf", "a"}, options), Parse::Error);
  EXPECT_EQ(parse({"--what"}, options), Parse::Error);
  EXPECT_EQ(parse({"word"}, options), Parse::Error);
  EXPECT_EQ(parse({"--config"}, options), Parse::Error);
}

TEST(Options, HelpAndVersionLeave) {
  Options options;
  EXPECT_EQ(parse({"--help"}, options), Parse::Leave);
  EXPECT_EQ(parse({"--version"}, options), Parse::Leave);
}

}  // namespace
}  // namespace sallyport::dataplane
