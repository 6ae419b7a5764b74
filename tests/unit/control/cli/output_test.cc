// Tables, JSON, errors and times: the forms that people and scripts see.
#include "controlplane/cli/output.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/cli/problem_text.h"
#include "controlplane/cli/time_text.h"

namespace sallyport::cli {
namespace {

struct Streams {
  std::FILE* data = std::tmpfile();
  std::FILE* notes = std::tmpfile();
  ~Streams() {
    std::fclose(data);
    std::fclose(notes);
  }
  static std::string text(std::FILE* file) {
    std::fflush(file);
    std::rewind(file);
    std::string out;
    for (int c; (c = std::fgetc(file)) != EOF;) out += static_cast<char>(c);
    return out;
  }
};

TEST(Output, ATableIsAsWideAsItsCells) {
  Streams streams;
  Output(Format::Table, streams.data, streams.notes)
      .table({"A", "LONGER"}, {{"wide cell", "x"}, {"é", "y"}});
  EXPECT_EQ(Streams::text(streams.data),
            "A          LONGER\n"
            "wide cell  x\n"
            "é          y\n");
}

TEST(Output, ATerminalIsNotDrivenByNames) {
  Streams streams;
  Output(Format::Table, streams.data, streams.notes).table({"A"}, {{"x\x1b[2Jy"}});
  EXPECT_EQ(Streams::text(streams.data).find('\x1b'), std::string::npos);
}

TEST(Output, JsonCarriesItsSchema) {
  Streams streams;
  Output(Format::Json, streams.data, streams.notes).json("sallyport/x-y/1", {{"a", 1}});
  const auto value = nlohmann::json::parse(Streams::text(streams.data));
  EXPECT_EQ(value, (nlohmann::json{{"schema", "sallyport/x-y/1"}, {"a", 1}}));
}

TEST(Output, AFailureIsThreeLinesOrOneObject) {
  const Failure failure(Exit::NotFound, "no_such", "it is not there", "nobody made it", "make it");
  Streams table, json;
  Output(Format::Table, table.data, table.notes).failure(failure);
  EXPECT_EQ(Streams::text(table.notes),
            "sallyctl: it is not there\n  why:  nobody made it\n  next: make it\n");
  Output(Format::Json, json.data, json.notes).failure(failure);
  const auto value = nlohmann::json::parse(Streams::text(json.notes));
  EXPECT_EQ(value["code"], "no_such");
  EXPECT_EQ(value["exit"], 4);
  EXPECT_EQ(value["hint"], "make it");
  EXPECT_EQ(Streams::text(json.data), "");
}

TEST(Output, AFullDiskIsNoticed) {
  std::FILE* full = std::fopen("/dev/full", "w");
  if (full == nullptr) GTEST_SKIP() << "/dev/full is not here";
  Output out(Format::Table, full, stderr);
  out.line("data");
  EXPECT_FALSE(out.flush());
  std::fclose(full);
}

TEST(ProblemText, TheCaretStandsUnderTheColumn) {
  const nlohmann::json rows = {
      {{"file", "a.yaml"}, {"line", 3}, {"column", 5}, {"message", "no"}, {"text", "    bad: 1"}},
      {{"file", "b.yaml"}, {"message", "whole file"}}};
  EXPECT_EQ(problem_text(rows),
            "a.yaml:3:5: no\n        bad: 1\n        ^\n"
            "b.yaml: whole file\n");
}

TEST(TimeText, FormsOfATime) {
  constexpr uint64_t kNow = 1'000'000'000'000'000'000;
  EXPECT_EQ(parse_time("1970-01-02", "since", kNow), 86'400ULL * 1'000'000'000);
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.5Z", "since", kNow), 1'500'000'000ULL);
  EXPECT_EQ(parse_time("1970-01-01T02:00:00+01:30", "since", kNow), 1'800ULL * 1'000'000'000);
  EXPECT_EQ(parse_time("24h", "since", kNow), kNow - 86'400ULL * 1'000'000'000);
  EXPECT_EQ(parse_time("-2m", "since", kNow), kNow - 120ULL * 1'000'000'000);
  EXPECT_EQ(parse_time("99999999w", "since", kNow), 0U);
  EXPECT_EQ(time_text(1'500'000'000), "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(parse_time(time_text(1'764'000'000'123'000'000), "since", kNow),
            1'764'000'000'123'000'000U);
}

TEST(TimeText, WhatIsNoTimeIsRefused) {
  for (const char* text : {"", "yesterday", "24", "h", "-h", "2026-13-01", "2026-02-30", "2026-1-1",
                           "2026-01-01T25:00:00Z", "2026-01-01T10:00:00", "2026-01-01T10:00", "1x",
                           "99999999999999999999h", "1960-01-01"})
    EXPECT_THROW(parse_time(text, "since", 0), Failure) << text;
}

}  // namespace
}  // namespace sallyport::cli
