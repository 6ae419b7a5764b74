// The evidence commands over a real log: made by the drainer, read by the rows of the table.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "controlplane/cli/command_line.h"
#include "controlplane/evidence/drain/drainer.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

class Evidence : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "evidence-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    std::filesystem::create_directory(folder_ / "keys");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A log with `count` notes and a signed checkpoint over them.
  void make_log(int count) {
    evidence_log::DrainerOptions options;
    options.rings_folder = folder_ / "rings";
    options.store_folder = folder_ / "evidence";
    options.key_file = folder_ / "keys" / "evidence.key";
    options.node_name = "test";
    options.map_bytes = 16U << 20;
    options.checkpoint_ms = options.checkpoint_idle_ms = 0;
    evidence_log::Drainer drainer(options);
    for (int i = 0; i < count; ++i) {
      evidence_log::NoteFields fields;
      fields.code = "policy_applied";
      fields.actor = "somebody";
      fields.detail = "note " + std::to_string(i);
      drainer.append_note(fields);
    }
    for (int i = 0; i < 20; ++i) drainer.drain_once();
    EXPECT_GE(drainer.status().log_size, static_cast<uint64_t>(count));
    EXPECT_EQ(drainer.status().checkpoint_size, drainer.status().log_size);
  }

  // Runs a line; the data it wrote is in out_.
  Exit run(std::vector<std::string> words) {
    words.insert(words.end(), {"--state-dir", folder_.string()});
    bool json_errors = false;
    const ParsedLine line = parse_line(words, json_errors);
    std::FILE* data = std::tmpfile();
    std::FILE* notes = std::tmpfile();
    Output out(line.settings.output, data, notes);
    out_.clear();
    Exit exit = Exit::Ok;
    try {
      exit = line.command->run(Call{line.settings, line.arguments, out});
    } catch (const Failure& failure) {
      exit = failure.exit;
      next_ = failure.next;
    }
    std::rewind(data);
    for (int c; (c = std::fgetc(data)) != EOF;) out_ += static_cast<char>(c);
    std::fclose(data);
    std::fclose(notes);
    return exit;
  }

  std::filesystem::path folder_;
  std::string out_;
  std::string next_;  // of the last failure
};

TEST_F(Evidence, ListIsNewestFirstAndLimited) {
  make_log(5);
  ASSERT_EQ(run({"evidence", "list", "--output", "json", "--limit", "2"}), Exit::Ok);
  const json value = json::parse(out_);
  EXPECT_EQ(value["schema"], "sallyport/evidence-list/1");
  ASSERT_EQ(value["exchanges"].size(), 2U);
  EXPECT_EQ(value["exchanges"][0]["detail"], "note 4");
  ASSERT_EQ(run({"evidence", "list", "--kind", "administration", "--limit", "0"}), Exit::Ok);
  EXPECT_NE(out_.find("note 0"), std::string::npos);
  EXPECT_NE(out_.find("policy_applied"), std::string::npos);
  ASSERT_EQ(run({"evidence", "list", "--until", "24h", "--output", "json"}), Exit::Ok);
  EXPECT_EQ(json::parse(out_)["exchanges"].size(), 0U);
}

TEST_F(Evidence, VerifySaysOk) {
  make_log(3);
  ASSERT_EQ(run({"evidence", "verify"}), Exit::Ok);
  EXPECT_NE(out_.find("evidence verify: OK\n"), std::string::npos);
  ASSERT_EQ(run({"evidence", "verify", "--output", "json"}), Exit::Ok);
  const json value = json::parse(out_);
  EXPECT_TRUE(value["ok"]);
  EXPECT_TRUE(value["signatures_checked"]);
}

TEST_F(Evidence, AnotherKeyIsANo) {
  make_log(3);
  const auto other =
      evidence_log::Signer::load_or_create(folder_ / "other.key", "sallyport/test").verifier();
  EXPECT_EQ(run({"evidence", "verify", "--vkey", other.text()}), Exit::No);
  EXPECT_NE(out_.find("evidence verify: FAILED\n"), std::string::npos);
  EXPECT_NE(out_.find("problem: "), std::string::npos);
  EXPECT_EQ(run({"evidence", "verify", "--vkey", (folder_ / "other.key.vkey").string()}), Exit::No);
  EXPECT_EQ(run({"evidence", "verify", "--vkey", (folder_ / "missing").string()}), Exit::NotFound);
}

TEST_F(Evidence, AChangedRecordIsANo) {
  make_log(3);
  const auto file = folder_ / "evidence" / "data.mdb";
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  size_t changed = 0;
  for (size_t at = 0; (at = bytes.find("note 1", at)) != std::string::npos; ++at, ++changed)
    bytes[at + 5] = '7';
  ASSERT_GT(changed, 0U);
  std::ofstream(file, std::ios::binary) << bytes;
  EXPECT_EQ(run({"evidence", "verify"}), Exit::No);
  EXPECT_NE(out_.find("evidence verify: FAILED\n"), std::string::npos);
}

TEST_F(Evidence, WithoutAKeySignaturesAreNotJudged) {
  make_log(1);
  std::filesystem::remove(folder_ / "keys" / "evidence.key.vkey");
  ASSERT_EQ(run({"evidence", "verify", "--output", "json"}), Exit::Ok);
  EXPECT_FALSE(json::parse(out_)["signatures_checked"]);
}

TEST_F(Evidence, WhatIsNotThere) {
  EXPECT_EQ(run({"evidence", "list"}), Exit::NotFound);
  make_log(1);
  EXPECT_EQ(run({"evidence", "show", "nonsense"}), Exit::NotFound);
  EXPECT_EQ(run({"evidence", "show", "sp_" + std::string(26, '0')}), Exit::NotFound);
}

TEST_F(Evidence, ExportGoesIntoAnEmptyFolderOnly) {
  make_log(2);
  const auto target = folder_ / "out";
  ASSERT_EQ(run({"evidence", "export", target.string(), "--output", "json"}), Exit::Ok);
  EXPECT_TRUE(json::parse(out_)["manifest"].is_object());
  EXPECT_TRUE(std::filesystem::exists(target / "checkpoint"));
  EXPECT_EQ(run({"evidence", "export", target.string()}), Exit::Conflict);
  EXPECT_EQ(next_, "name a new folder");
  std::ofstream(folder_ / "file") << "x";
  EXPECT_EQ(run({"evidence", "export", (folder_ / "file").string()}), Exit::Conflict);
  EXPECT_EQ(next_, "name a folder");
  const auto other =
      evidence_log::Signer::load_or_create(folder_ / "other.key", "sallyport/test").verifier();
  EXPECT_EQ(run({"evidence", "export", (folder_ / "new").string(), "--vkey", other.text()}),
            Exit::Conflict);
  EXPECT_NE(next_.find("--vkey"), std::string::npos) << next_;
}

TEST_F(Evidence, AWordThatIsNoKindIsNoEmptyAnswer) {
  make_log(2);
  EXPECT_EQ(run({"evidence", "list", "--kind", "ADM,policy,exchange"}), Exit::Ok);
  EXPECT_EQ(run({"evidence", "list", "--kind", "ADM,POLICIES"}), Exit::Usage);
  EXPECT_EQ(run({"evidence", "query", "--kind", "nope"}), Exit::Usage);
}

TEST_F(Evidence, ABankedPopulationWithAnotherCountIsNotSampled) {
  make_log(3);
  const auto ask = [&] {
    return run({"evidence", "population", "--kind", "ADM", "--from", "2h", "--to", "1h", "--output",
                "json"});
  };
  ASSERT_EQ(ask(), Exit::Ok);
  json bank = json::parse(out_);
  const auto file = folder_ / "q.json";
  std::ofstream(file) << bank.dump();
  EXPECT_EQ(run({"evidence", "sample", "--population", file.string()}), Exit::Ok);
  bank["count"] = bank["count"].get<uint64_t>() + 1;
  std::ofstream(file) << bank.dump();
  EXPECT_EQ(run({"evidence", "sample", "--population", file.string()}), Exit::No);
  EXPECT_EQ(run({"evidence", "population", "--control", "CC0", "--from", "2h", "--to", "1h"}),
            Exit::No);
  EXPECT_NE(next_.find("CC6.7"), std::string::npos) << "names those there are";
}

}  // namespace
}  // namespace sallyport::cli
