// Lines in, lines out: every finding with its byte offsets, ids as they came, bad lines in place.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "controlplane/cli/bundle_reading.h"
#include "controlplane/cli/scan_line.h"
#include "controlplane/cli/text_scan.h"

namespace sallyport::cli {
namespace {

using nlohmann::json;

// Shaped like a live key, and made here so that no file holds one.
std::string aws_key() { return std::string("AK") + "IA" + "Q7ZK3M9QWERT1XC5"; }

class Scan : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
    if (root == nullptr) return;
    image_ = new std::vector<uint8_t>(compile_or_fail(std::string(root) + "/policies").image.bytes);
    scan_ = make({}).release();
  }
  static void TearDownTestSuite() {
    delete scan_;
    delete image_;
    scan_ = nullptr;
    image_ = nullptr;
  }
  void SetUp() override {
    if (scan_ == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
  }
  static std::unique_ptr<TextScan> make(ScanAs as) { return TextScan::build(*image_, as); }

  static std::string answer(const std::string& line, bool redact = false) {
    std::string out;
    answer_line(line, 1, *scan_, {.redacted = redact}, out);
    EXPECT_TRUE(out.ends_with("\n"));
    return out.substr(0, out.size() - 1);
  }
  static json answer_to(const std::string& text, bool redact = false) {
    return json::parse(answer(json{{"id", 1}, {"text", text}}.dump(), redact));
  }
  // The text with \1ENTITY\2 where a span changes it.
  static std::string with_marks(const std::string& text, const json& row) {
    std::string out;
    size_t at = 0;
    for (const auto& span : row["spans"]) {
      if (span["action"] == "allow" || span["action"] == "observe") continue;
      const size_t start = span["start"];
      out += text.substr(at, start - at) + "\x01" + span["entity"].get<std::string>() + "\x02";
      at = span["end"];
    }
    return out + text.substr(at);
  }

  static std::vector<uint8_t>* image_;
  static TextScan* scan_;
};
std::vector<uint8_t>* Scan::image_ = nullptr;
TextScan* Scan::scan_ = nullptr;

TEST_F(Scan, OffsetsAreBytesOfTheUtf8Text) {
  const json row = answer_to("\u00e9 jo@example.org \U0001f600");
  ASSERT_EQ(row["spans"].size(), 1U);
  EXPECT_EQ(row["spans"][0],
            (json{{"start", 3}, {"end", 17}, {"entity", "EMAIL_ADDRESS"}, {"action", "tokenize"}}));
  EXPECT_EQ(row["verdict"], "redact");
}

TEST_F(Scan, NothingFoundIsAPass) {
  const json row = answer_to("nothing to see");
  EXPECT_EQ(row, (json{{"id", 1}, {"spans", json::array()}, {"verdict", "pass"}}));
  EXPECT_EQ(answer_to("")["verdict"], "pass");
}

TEST_F(Scan, ABlockedTextListsEverythingBehindTheBlock) {
  const json row = answer_to("a@example.org " + aws_key() + " b@example.org", true);
  EXPECT_EQ(row["verdict"], "block");
  ASSERT_EQ(row["spans"].size(), 3U);
  EXPECT_EQ(row["spans"][1]["entity"], "SECRET");
  EXPECT_EQ(row["spans"][1]["action"], "block");
  EXPECT_EQ(row["spans"][2]["start"], 35);
  EXPECT_TRUE(row["redacted"].is_null());
}

TEST_F(Scan, ABlockIsForgottenWithItsText) {
  answer_to(aws_key());
  EXPECT_EQ(answer_to("plain")["verdict"], "pass");
}

TEST_F(Scan, TokenLikeTextIsALiteral) {
  const std::string token = "[EMAIL-ADDRESS-00" + std::string(21, 'A') + "]";
  const json row = answer_to("see " + token);
  ASSERT_EQ(row["spans"].size(), 1U);
  EXPECT_EQ(row["spans"][0]["entity"], "LITERAL");
  EXPECT_EQ(row["spans"][0]["end"], 4 + token.size());
}

TEST_F(Scan, IdsComeBackByteForByte) {
  for (const char* id : {"1.50", "123456789012345678901234567890", "null", "\"a\\u0041\\/\"", "-0",
                         "{ \"b\" : [1,{}] , \"a\":\"}\\\"]\" }", "[]", "true"}) {
    const std::string wanted = std::string("{\"id\":") + id + ",\"spans\"";
    EXPECT_TRUE(answer(std::string("{\"id\":") + id + ",\"text\":\"x\"}").starts_with(wanted))
        << id;
    EXPECT_TRUE(
        answer(std::string(" { \"text\" : \"x\", \"more\":[\"id\"], \"id\" :  ") + id + " } ")
            .starts_with(wanted))
        << id;
  }
  EXPECT_TRUE(answer("{\"\\u0069d\":7,\"text\":\"x\"}").starts_with("{\"id\":7,"));
  EXPECT_TRUE(answer("{\"text\":\"x\"}").starts_with("{\"id\":null,\"spans\""));
}

TEST_F(Scan, BadLinesSayWhyAndNeverWhat) {
  const std::string secret = "hidden@example.org";
  const std::vector<std::string> lines = {"{\"id\":1,\"text\":\"" + secret,
                                          "\"" + secret + "\"",
                                          "[\"" + secret + "\"]",
                                          "{\"id\":1,\"text\":[\"" + secret + "\"]}",
                                          R"({"id":1,"text":7})",
                                          R"({"id":1,"text":null})",
                                          R"({"id":1})",
                                          "{}",
                                          "7",
                                          R"({"id":1,"id":2,"text":"x"})",
                                          R"({"id":1,"text":"x","text_b64":"eA=="})",
                                          R"({"id":1,"text":"x"} {})",
                                          "{\"id\":1,\"text\":\"\xff\"}",
                                          R"({"id":1,"text":"\ud800"})",
                                          R"({"id":1,"text_b64":"####"})",
                                          R"({"id":1,"text":{"text":"x"}})"};
  for (const std::string& line : lines) {
    std::string out;
    EXPECT_FALSE(answer_line(line, 9, *scan_, {}, out)) << line;
    const json row = json::parse(out);
    EXPECT_TRUE(row["error"].is_string()) << line;
    EXPECT_EQ(row["line"], 9);
    EXPECT_EQ(out.find("hidden"), std::string::npos) << out;
  }
}

TEST_F(Scan, Base64TakesAnyBytes) {
  // "\xff jo@example.org"
  const json row = json::parse(answer(R"({"id":1,"text_b64":"/yBqb0BleGFtcGxlLm9yZw=="})", true));
  ASSERT_EQ(row["spans"].size(), 1U);
  EXPECT_EQ(row["spans"][0]["start"], 2);
  EXPECT_TRUE(row["redacted_b64"].is_string());
}

TEST_F(Scan, TheRedactedTextIsTheSpans) {
  std::mt19937 chance(7);
  const std::vector<std::string> pieces = {"jo@example.org",
                                           "4111 1111 1111 1111",
                                           "+1 415 555 2671",
                                           "plain",
                                           "\u00e9",
                                           "123-45-6789",
                                           "a@b",
                                           "555",
                                           "(415) 555-2671",
                                           "x",
                                           "\n",
                                           "SSN 536-22-1234"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) text += pieces[chance() % pieces.size()] + " ";
    const json row = answer_to(text, true);
    if (row["verdict"] == "block") continue;
    // Put the spans' entities in place of the tokens and compare.
    std::string shaped = row["redacted"];
    for (const auto& span : row["spans"]) {
      std::string label = span["entity"];
      std::replace(label.begin(), label.end(), '_', '-');
      const size_t at = shaped.find("[" + label + "-");
      ASSERT_NE(at, std::string::npos) << shaped;
      shaped.replace(at, label.size() + 26, "\x01" + span["entity"].get<std::string>() + "\x02");
    }
    EXPECT_EQ(shaped, with_marks(text, row));
  }
}

TEST_F(Scan, AThousandTokensMoreThanAnExchangeMayHaveIsABlockWithItsReason) {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "u" + std::to_string(i) + "@example.org ";
  const json row = answer_to(text);
  EXPECT_EQ(row["verdict"], "block");
  EXPECT_EQ(row["reason"], "too_many_tokens");
  EXPECT_EQ(row["spans"].size(), 5'000U);
}

TEST_F(Scan, WhatObserveTriesOutIsSaid) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("scan-would-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string shipped = std::string(std::getenv("SALLYPORT_SOURCE_DIR")) + "/policies";
  std::ofstream(folder / "bundle.yaml") << "format: 1\nname: site\nextends: " << shipped << "\n";
  std::ofstream(folder / "actions.yaml")
      << "rules:\n"
         "  - {id: try, entity: EMAIL_ADDRESS, action: observe, would: generalise}\n"
         "  - {id: year, entity: DATE_OF_BIRTH, action: generalise}\n"
         "  - {id: last, entity: CREDIT_CARD, action: mask, keep_last: 4}\n";
  ScanAs as;
  const auto scan = TextScan::build(compile_or_fail(folder.string()).image.bytes, as);
  std::filesystem::remove_all(folder);
  std::string out;
  answer_line(R"({"id":1,"text":"a@example.org 4111 1111 1111 1111, born 1984-03-04"})", 1, *scan,
              {.redacted = true}, out);
  const json row = json::parse(out);
  ASSERT_EQ(row["spans"].size(), 3U);
  EXPECT_EQ(row["spans"][0]["action"], "observe");
  EXPECT_EQ(row["spans"][0]["would"], "generalise");
  EXPECT_FALSE(row["spans"][1].contains("would"));
  EXPECT_EQ(row["redacted"], "a@example.org **** **** **** 1111, born 1984");
}

TEST_F(Scan, UnknownNamesAreNotFound) {
  for (const ScanAs& as :
       {ScanAs{"nobody", "", "", false, ""}, ScanAs{"", "nowhere", "", false, ""},
        ScanAs{"", "", "nothing", false, ""}}) {
    try {
      make(as);
      FAIL() << "found";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.exit, Exit::NotFound);
      EXPECT_NE(failure.why.find("it has: "), std::string::npos);
    }
  }
}

TEST_F(Scan, LinesInAnyChunkingGiveTheSame) {
  const std::string input =
      "{\"id\":1,\"text\":\"a@example.org\"}\n\r\n  \nbad\n"
      "{\"id\":2,\"text\":\"plain\"}\r\n{\"id\":3,\"text\":\"last\"}";
  std::string whole;
  LineReader reader(*scan_, {});
  reader.feed(input, whole);
  reader.end(whole);
  EXPECT_EQ(reader.lines(), 4U);
  EXPECT_EQ(reader.bad_lines(), 1U);
  EXPECT_NE(whole.find("\"line\":4}"), std::string::npos) << whole;
  for (size_t size = 1; size < input.size(); ++size) {
    std::string cut;
    LineReader pieces(*scan_, {});
    for (size_t at = 0; at < input.size(); at += size)
      pieces.feed(std::string_view(input).substr(at, size), cut);
    pieces.end(cut);
    ASSERT_EQ(cut, whole) << size;
  }
}

TEST_F(Scan, AnExplanationNamesTheRuleAndItsConfidence) {
  std::string out;
  ASSERT_TRUE(
      answer_line(R"({"id":1,"text":"jo@example.org [EMAIL-ADDRESS-00AAAAAAAAAAAAAAAAAAAAA]"})", 1,
                  *scan_, {.explained = true}, out));
  const json row = json::parse(out);
  ASSERT_EQ(row["spans"].size(), 2U);
  EXPECT_EQ(row["spans"][0]["rule"], "email-address");
  EXPECT_EQ(row["spans"][0]["kind"], "email");
  EXPECT_EQ(row["spans"][0]["validator"], "none");
  EXPECT_TRUE(row["spans"][0]["context"].is_null());
  EXPECT_EQ(row["spans"][0]["folded"], json::array());
  EXPECT_EQ(row["spans"][0]["confidence"], 95);
  EXPECT_TRUE(row["spans"][1]["rule"].is_null());  // a LITERAL is found by no rule
}

TEST_F(Scan, AnExplanationNamesTheWordThatCountedAndWhatWasFolded) {
  std::string out;
  ASSERT_TRUE(answer_line(R"({"id":1,"text":"my ssn: 536\u200b904399"})", 1, *scan_,
                          {.explained = true}, out));
  const json span = json::parse(out)["spans"][0];
  EXPECT_EQ(span["entity"], "US_SSN");
  EXPECT_EQ(span["context"], "ssn");
  EXPECT_EQ(span["folded"], (json{"invisible characters"}));
}

TEST_F(Scan, StatisticsCountTextsBytesFindingsAndWhatWasHeld) {
  auto scan = make({});
  std::string out;
  const std::string text = "write to jo@example.org now";
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(answer_line(json{{"text", text}}.dump(), 1, *scan, {.counted = true}, out));
  EXPECT_EQ(scan->statistics().texts, 3U);
  EXPECT_EQ(scan->statistics().bytes, 3 * text.size());
  EXPECT_EQ(scan->statistics().findings.at("EMAIL_ADDRESS"), 3U);
  EXPECT_GE(scan->statistics().held_bytes_max, std::string("jo@example.org").size());
  EXPECT_LE(scan->statistics().held_bytes_max, text.size());
  EXPECT_GT(scan->statistics().megabytes_per_second(), 0.0);
}

TEST_F(Scan, ALineIsAnsweredAsSoonAsItEnds) {
  std::string out;
  LineReader reader(*scan_, {});
  reader.feed("{\"id\":1,\"text\":\"x\"}", out);
  EXPECT_EQ(out, "");
  reader.feed("\n{\"id\"", out);
  EXPECT_EQ(out, "{\"id\":1,\"spans\":[],\"verdict\":\"pass\"}\n");
}

}  // namespace
}  // namespace sallyport::cli
