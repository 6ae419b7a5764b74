// An old log that was put back together with its signer's state, or without any: what memory says.
#include "controlplane/evidence/drain/last_seen.h"

#include "controlplane/evidence/drain/drainer.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

namespace fs = std::filesystem;

class LogOfAHost : public testing::Test {
 protected:
  LogOfAHost() { fs::create_directory(memory()); }
  fs::path memory() const { return host.folder / "run"; }
  fs::path state() const { return host.key().string() + ".state"; }
  DrainerOptions options() {
    DrainerOptions options = host.options();
    options.memory_folder = memory();
    return options;
  }
  // Runs it for a while; what status says then.
  std::string grow(uint64_t exchanges) {
    Drainer drainer(options());
    for (uint64_t i = 0; i < exchanges; ++i)
      drainer.append({.action = "sallyportd_started", .actor = "sallyportd"});
    drain(drainer);
    return drainer.status().put_back;
  }
  void copy_to(const char* name) const {
    fs::copy(host.store(), host.folder / name);
    fs::copy_file(state(), host.folder / name / "state");
  }
  void put_back(const char* name) const {
    fs::remove_all(host.store());
    fs::copy(host.folder / name, host.store());
    fs::rename(host.store() / "state", state());
  }
  std::vector<json> suspicions() {
    Drainer drainer(options());
    drain(drainer);
    std::vector<json> out;
    for (json& record : records_of(drainer.reader()))
      if (record.value("action", "") == "put_back_suspected") out.push_back(record);
    return out;
  }
  Host host;
};

TEST_F(LogOfAHost, StartsAgainWithoutASuspicion) {
  EXPECT_EQ(grow(3), "");
  EXPECT_EQ(grow(3), "");
  EXPECT_TRUE(suspicions().empty());
  fs::remove_all(memory());  // the host started anew
  fs::create_directory(memory());
  EXPECT_EQ(grow(3), "");
}

TEST_F(LogOfAHost, PutBackWithTheSignersStateIsFoundRecordedAndSaidUntilItIsLookedAt) {
  EXPECT_EQ(grow(3), "");
  copy_to("older");
  EXPECT_EQ(grow(4), "");
  put_back("older");
  const std::string said = grow(0);
  EXPECT_NE(said.find("an old copy was put back"), std::string::npos) << said;
  EXPECT_TRUE(host.said("an old copy was put back"));
  EXPECT_EQ(grow(20), said) << "another start does not make it good";
  ASSERT_EQ(suspicions().size(), 1U);
  const json record = suspicions()[0];
  EXPECT_EQ(record.at("kind"), "check");
  EXPECT_EQ(record.at("result"), "failed");
  EXPECT_EQ(record.at("reason"), "shorter_than_seen");
  EXPECT_EQ(record.at("from").get<uint64_t>(), record.at("to").get<uint64_t>() + 4);
  fs::remove(memory() / "evidence.put_back");
  EXPECT_EQ(grow(1), "");
}

TEST_F(LogOfAHost, PutBackWithoutTheSignersStateIsSaidAcrossAReboot) {
  EXPECT_EQ(grow(3), "");
  copy_to("older");
  EXPECT_EQ(grow(4), "");
  put_back("older");
  fs::remove(state());
  fs::remove(memory() / "evidence.seen");  // all that memory knew
  const std::string said = grow(0);
  EXPECT_NE(said.find("state is missing"), std::string::npos) << said;
  ASSERT_EQ(suspicions().size(), 1U);
  EXPECT_EQ(suspicions()[0].at("reason"), "state_missing");
}

TEST_F(LogOfAHost, AnotherHistoryOfTheSameLengthIsFound) {
  EXPECT_EQ(grow(3), "");
  copy_to("older");
  EXPECT_EQ(grow(4), "");
  const std::string seen = content_of(memory() / "evidence.seen");
  put_back("older");
  fs::remove(memory() / "evidence.seen");
  EXPECT_EQ(grow(9), "");  // another four records, and more
  put_content(memory() / "evidence.seen", seen);
  EXPECT_NE(grow(0).find("another one was put in its place"), std::string::npos);
}

TEST_F(LogOfAHost, ANewLogWhereOneWasIsFound) {
  EXPECT_EQ(grow(3), "");
  fs::remove_all(host.store());
  for (const char* suffix : {"", ".state", ".vkey", ".pem"})
    fs::remove(host.key().string() + suffix);
  EXPECT_NE(grow(0).find("another log was begun"), std::string::npos);
}

TEST_F(LogOfAHost, WhatIsBrokenInMemorySaysNothing) {
  EXPECT_EQ(grow(3), "");
  put_content(memory() / "evidence.seen", "nothing that anybody signed\n");
  EXPECT_EQ(grow(3), "");
  put_content(memory() / "evidence.seen", std::string(1 << 20, 'x'));
  EXPECT_EQ(grow(3), "");
  fs::remove_all(memory());
  EXPECT_EQ(grow(3), "");
}

}  // namespace
}  // namespace sallyport::evidence_log_test
