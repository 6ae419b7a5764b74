// Files in base64 in a request: those that are text are read and edited, and stay base64 of the
// same text outside of the edits; others are opaque as they were.
#include "dataplane/rewrite/body/encoded_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "dataplane/base/base64.h"
#include "tests/unit/rewrite/compiled_kind.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

class EncodedFileTest : public ::testing::Test {
 protected:
  using Json = nlohmann::json;
  static inline const std::string kMail = "erika@northwind-example.com";
  static inline const std::string kOther = "jo@northwind-example.com";

  static std::string base64(std::string_view text) {
    std::vector<uint8_t> out(base::base64_size(text.size()));
    base::base64_encode(bytes_of(text), out);
    return {out.begin(), out.end()};
  }

  static std::string decoded(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (text.size() % 4 != 0) text += '=';
    std::vector<uint8_t> out(text.size());
    size_t size = 0;
    EXPECT_TRUE(base::base64_decode(text, out, size)) << text;
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
  }

  static void replace(std::string& text, const std::string& what, const std::string& with) {
    for (size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size()))
      text.replace(at, what.size(), with);
  }

  static std::string body(const std::string& data) { return Json{{"file", data}}.dump(); }
  std::string sent(const std::string& body, const Cuts& cuts = {}) {
    said_ = World::get().json_edits(Direction::Request, table(), body, cuts);
    return edited(body, said_.edits);
  }
  std::string sent_data(const std::string& data) {
    const std::string out = sent(body(data));
    EXPECT_TRUE(said_.accepted);
    EXPECT_FALSE(said_.broken);
    return Json::parse(out)["file"];
  }
  // What is sent in place of `text`, blanks behind tokens left out.
  static std::string expected(std::string text) {
    for (const std::string& value : {kMail, kOther})
      replace(text, value, World::get().token(World::Email, value));
    return without_blanks(text);
  }
  static std::string without_blanks(std::string text) {
    for (const std::string& value : {kMail, kOther}) {
      const std::string token = World::get().token(World::Email, value);
      for (int i = 0; i < 2; ++i) replace(text, token + " ", token);
    }
    return text;
  }
  static llm::PathTable table() {
    static const CompiledKind kKind(
        "k",
        "api_kind: k\nformat: 1\nrequest:\n  paths:\n"
        "    file: {class: B, opaque: document}\n    image: {class: B, opaque: image}\n"
        "response: {paths: {image: {class: B, opaque: image}}}\n");
    return kKind.kind().request;
  }
  Said said_;
};

TEST_F(EncodedFileTest, TextIsEditedWhereverTheValueStandsInItsGroups) {
  for (size_t before = 0; before < 7; ++before)
    for (size_t behind = 0; behind < 7; ++behind) {
      const std::string text = "ab" + std::string(before, '.') + " " + kMail + " " +
                               std::string(behind, '.') + "\n" + kOther + "," + kMail;
      const std::string out = decoded(sent_data(base64(text)));
      EXPECT_EQ(without_blanks(out), expected(text));
      EXPECT_EQ(World::get().tally.opaque_bytes(), 0U);
    }
}

TEST_F(EncodedFileTest, TwoValuesMayShareAGroup) {
  for (const std::string joint : {",", ", ", " x ", "\n"})
    for (size_t before = 0; before < 3; ++before) {
      const std::string text = std::string(before, '.') + " " + kMail + joint + kOther + joint;
      EXPECT_EQ(without_blanks(decoded(sent_data(base64(text)))), expected(text));
    }
}

TEST_F(EncodedFileTest, GroupsOutsideTheValueStayToTheCharacter) {
  std::string text;
  while (text.size() < 60'000) text += "a line of a long document, in which nobody is named\n";
  const std::string data = base64(text + kMail + "\n" + text);
  const std::string out = sent_data(data);
  const size_t at = text.size() / 3 * 4;
  EXPECT_EQ(out.substr(0, at), data.substr(0, at));
  EXPECT_EQ(out.substr(out.size() - at + 4), data.substr(data.size() - at + 4));
  EXPECT_EQ(without_blanks(decoded(out)), expected(text + kMail + "\n" + text));
}

TEST_F(EncodedFileTest, EveryWayToWriteBase64IsReadAndKept) {
  const std::string text = "to \xc3\xbf\xc3\xbe?? " + kMail + " ~~~ and " + kOther + " from home";
  const std::string plain = base64(text);
  std::string lines;
  for (size_t at = 0; at < plain.size(); at += 19) lines += plain.substr(at, 19) + "\r\n";
  std::string url = plain;
  for (char& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  std::string bare = plain;
  while (bare.ends_with('=')) bare.pop_back();
  for (const std::string& data : {plain, lines, url, bare, lines + "\n\n"})
    EXPECT_EQ(without_blanks(decoded(sent_data(data))), expected(text)) << data;
  const std::string uri = "data:text/plain;charset=utf-8;base64,";
  const std::string out = sent_data(uri + plain);
  ASSERT_TRUE(out.starts_with(uri)) << out;
  EXPECT_EQ(without_blanks(decoded(out.substr(uri.size()))), expected(text));
}

TEST_F(EncodedFileTest, CutsChangeNothing) {
  const std::string text = R"({"to": ")" + kMail + R"(", "n": 1} and so on, )" + kOther;
  for (const std::string& data :
       {base64(text), base64("x" + text), "data:text/csv;base64," + base64(text), base64(kMail),
        "to " + kMail, std::string(1'500, 'Q'), base64(std::string(900, 'x') + text)}) {
    const std::string raw = body(data);
    const Said whole = World::get().json_edits(Direction::Request, table(), raw);
    for (size_t cut = 1; cut < raw.size(); ++cut)
      ASSERT_EQ(World::get().json_edits(Direction::Request, table(), raw, {cut}), whole) << cut;
    ASSERT_EQ(World::get().json_edits(Direction::Request, table(), raw, every_byte(raw.size())),
              whole);
  }
}

TEST_F(EncodedFileTest, WhatIsNoBase64IsTheTextThatItIs) {
  EXPECT_EQ(sent_data("write to " + kMail), expected("write to " + kMail));
  EXPECT_EQ(sent_data("data:text/plain,write%20to%20" + kMail),
            expected("data:text/plain,write%20to%20" + kMail));
  EXPECT_EQ(sent_data("4111-1111-1111-1111").find("4111"), std::string::npos);
  EXPECT_EQ(sent_data(""), "");
  EXPECT_EQ(sent_data("Q"), "Q");
}

TEST_F(EncodedFileTest, OtherFilesAreOpaqueToTheByte) {
  const std::string png("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  std::string wide("\xff\xfe", 2);
  for (const char c : kMail) wide += std::string{c, '\0'};
  for (const std::string& file :
       {png, png + kMail, "%PDF-1.7\n" + kMail, wide, std::string(700, '\0') + kMail}) {
    for (const std::string prefix : {"", "data:image/png;base64,"}) {
      const std::string data = prefix + base64(file);
      EXPECT_EQ(sent_data(data), data);
      const Tally& tally = World::get().tally;
      EXPECT_EQ(tally.opaque_bytes(), data.size());
      EXPECT_EQ(tally.opaque_values[static_cast<size_t>(contract::OpaqueReason::Document)], 1U);
      EXPECT_EQ(tally.inspected_bytes + tally.structure_bytes + tally.opaque_bytes(),
                body(data).size());
    }
  }
}

// Policy may refuse what nobody reads; a text that was read is none of it.
TEST_F(EncodedFileTest, ARefusedKindIsOneThatIsNotRead) {
  World::get().refused_kind = contract::OpaqueReason::Document;
  EXPECT_TRUE((sent(body(base64("nothing but text"))), said_.accepted));
  sent(body(base64(std::string(9, '\1'))));
  EXPECT_FALSE(said_.accepted);
  EXPECT_EQ(said_.refusal, Refusal::PolicyBlocked);
  World::get().refused_kind.reset();
}

// A few letters do not make a text of what is said to be a picture; a value in it does.
TEST_F(EncodedFileTest, APictureIsOneUntilAValueShowsInIt) {
  const auto picture = [](const std::string& text) { return Json{{"image", base64(text)}}.dump(); };
  constexpr auto kImage = static_cast<size_t>(contract::OpaqueReason::Image);
  const Tally& tally = World::get().tally;
  const std::string quiet = picture("no picture");
  EXPECT_EQ(sent(quiet), quiet);
  EXPECT_EQ(tally.opaque_bytes_by_reason[kImage], base64("no picture").size());
  EXPECT_EQ(tally.opaque_values[kImage], 1U);
  const std::string loud = picture("mail " + kMail);
  EXPECT_EQ(sent(loud).find(base64("mail " + kMail)), std::string::npos);
  EXPECT_EQ(tally.opaque_bytes(), 0U);
  for (const std::string& body : {quiet, loud}) {
    sent(body);
    EXPECT_EQ(tally.inspected_bytes + tally.structure_bytes + tally.opaque_bytes(), body.size());
    World::get().refused_kind = contract::OpaqueReason::Image;
    sent(body);
    EXPECT_FALSE(said_.accepted);
    World::get().refused_kind.reset();
  }
}

TEST_F(EncodedFileTest, ABlockedValueInAFileBlocksTheRequest) {
  World::get().everything = Treatment{contract::Action::Block};
  sent(body(base64("to " + kMail)));
  EXPECT_FALSE(said_.accepted);
  World::get().everything = Treatment{contract::Action::Observe};
  const std::string data = base64("to " + kMail);
  EXPECT_EQ(sent(body(data)), body(data));
  World::get().everything.reset();
}

// Documents that begin like JSON and may go on like anything: the same edits at any cuts.
TEST_F(EncodedFileTest, DocumentsOfJsonAndOfWhatLooksLikeIt) {
  const std::vector<std::string> pieces{"{\"a\":",
                                        "\"",
                                        kMail,
                                        kOther,
                                        ",",
                                        "[",
                                        "]",
                                        "}",
                                        ":",
                                        "\\",
                                        "\\n",
                                        "\\u0041",
                                        " ",
                                        "\n",
                                        "4111111111111111",
                                        "12.5e3",
                                        "é",
                                        "4111 1111 1111 1111",
                                        "true",
                                        "[EMAIL-ADDRESS-01"};
  std::mt19937 random(11);
  for (int round = 0; round < 1'500; ++round) {
    std::string text = random() % 2 != 0 ? "{" : "[\"";
    for (size_t n = random() % 40; n > 0; --n) text += pieces[random() % pieces.size()];
    std::string data = base64(text);
    if (random() % 3 == 0)
      for (size_t at = 1 + random() % 30; at < data.size(); at += 1 + random() % 80)
        data.insert(at, "\n");
    const std::string raw = body(data);
    const Said whole = World::get().json_edits(Direction::Request, table(), raw);
    Cuts cuts;
    for (size_t at = random() % 50; at < raw.size(); at += 1 + random() % 60)
      if (at > 0) cuts.push_back(at);
    ASSERT_EQ(World::get().json_edits(Direction::Request, table(), raw, cuts), whole) << text;
    ASSERT_FALSE(whole.broken) << text;
    if (!whole.accepted) continue;
    // Decodes, to more than it was where something was replaced.
    const std::string out = decoded(Json::parse(edited(raw, whole.edits))["file"]);
    ASSERT_EQ(out == text, whole.edits.empty()) << text;
  }
}

// What a hostile client writes ends in an answer, whatever it is.
TEST_F(EncodedFileTest, OddBase64EndsInAnAnswer) {
  const std::string text = base64("see " + kMail + " and others, too");
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::string data = text;
    for (int i = 0; i < 6; ++i) {
      constexpr std::string_view kOdd = "=-_+/\n*A ";
      const size_t at = random() % (data.size() + 1);
      data.insert(at, 1 + random() % 3, kOdd[random() % kOdd.size()]);
    }
    const std::string out = sent(body(data));
    ASSERT_TRUE(!said_.accepted || Json::accept(out)) << data;
  }
  sent(body(text.substr(0, 6) + std::string(500, '\n') + text.substr(6)));
  EXPECT_FALSE(said_.accepted);
  // Two encoders, one behind the other: groups stay groups.
  const std::string two = base64("1 " + kMail + " is") + base64("2 " + kOther + " no");
  const std::string out = sent_data(two);
  EXPECT_EQ(out.find(two.substr(8, 24)), std::string::npos);
}

}  // namespace
}  // namespace sallyport::rewrite
