// Exchanges as the vendors' own libraries make them, every feature once, through the shipped
// bundle: there is nobody's data in them, so not a byte of an id, a schema, a signature or a word
// of the protocol may change. {alnum*24} in exchanges.json stands for as many characters made at
// random.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/image/image_writer.h"
#include "dataplane/llm/api_tables.h"
#include "dataplane/mem/segment_pool.h"
#include "dataplane/policy/image.h"
#include "dataplane/redact/exchange_tokens.h"
#include "dataplane/rewrite/body/body_rewriter.h"
#include "dataplane/rewrite/body/stream_rewriter.h"
#include "dataplane/rewrite/text/ruling.h"
#include "dataplane/scan/engine.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::ordered_json;
using Direction = RewriteScope::Direction;

constexpr int kRounds = 40;

std::span<const uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// {name*count} becomes `count` characters of the alphabet of that name.
std::string filled(std::string_view text, std::mt19937& random) {
  static const std::map<std::string, std::string, std::less<>> kAlphabets = [] {
    const std::string digits = "0123456789", lower = "abcdefghijklmnopqrstuvwxyz";
    const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", all = upper + lower + digits;
    std::string base58;
    for (const char c : all)
      if (std::string_view("0OIl").find(c) == std::string_view::npos) base58 += c;
    return std::map<std::string, std::string, std::less<>>{
        {"alnum", all},         {"hex", digits + "abcdef"}, {"lower", lower + digits},
        {"base64", all + "+/"}, {"url", all + "-_"},        {"base58", base58}};
  }();
  std::string out;
  while (!text.empty()) {
    const size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const size_t star = text.find('*'), close = text.find('}');
    const auto alphabet =
        star < close ? kAlphabets.find(text.substr(1, star - 1)) : kAlphabets.end();
    if (alphabet == kAlphabets.end()) {
      out += text.substr(0, 1);
      text.remove_prefix(std::min<size_t>(1, text.size()));
      continue;
    }
    for (int left = std::atoi(text.data() + star + 1); left > 0; --left)
      out += alphabet->second[random() % alphabet->second.size()];
    text.remove_prefix(close + 1);
  }
  return out;
}

class Exchanges : public testing::Test {
 protected:
  void SetUp() override {
    const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
    if (root == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set";
    std::vector<controlplane::policy::Problem> problems;
    const auto bundle =
        controlplane::policy::read_bundle(std::string(root) + "/policies", problems);
    ASSERT_TRUE(bundle.has_value()) << (problems.empty() ? "" : problems.front().message);
    compiled_ = controlplane::policy::compile_image(*bundle, problems);
    ASSERT_TRUE(compiled_.has_value());
    std::string error;
    ASSERT_TRUE(image_.load(compiled_->bytes, error)) << error;
    ASSERT_TRUE(engine_.load(image_.matcher_section(), error)) << error;
    ASSERT_EQ(tables_.load(image_.llm_section()), llm::ApiTables::LoadError::None);
    scratch_ = engine_.make_scratch();
    std::vector<std::string_view> names;
    for (uint16_t i = 0; i < engine_.entity_count(); ++i) names.push_back(engine_.entity_name(i));
    ASSERT_TRUE(labels_.build(names) && mint_.load(std::vector<uint8_t>(32, 7), "01"));

    std::ifstream in(std::string(root) + "/tests/quality/exchanges.json");
    const Json file = Json::parse(in);
    for (Json exchange : file["exchanges"]) {
      std::string text = exchange.dump();
      const std::string schema = file["schema"].dump();
      for (size_t at = text.find("\"@schema\""); at != std::string::npos;
           at = text.find("\"@schema\"", at))
        text.replace(at, 9, schema);
      exchanges_.push_back(std::move(text));
    }
    ASSERT_FALSE(exchanges_.empty());
  }

  RewriteScope scope(Direction direction) {
    RewriteScope out;
    out.engine = &engine_;
    out.scratch = scratch_.get();
    out.labels = &labels_;
    out.mint = &mint_;
    out.tokens = &tokens_;
    out.whole_message = direction == Direction::Request;
    known_.clear();
    people_.clear();
    if (direction == Direction::Request) {
      out.known = &known_;
      out.people = &people_;
    }
    RulingFor who;
    who.principal = "somebody";
    who.reason = "assistance";
    EXPECT_TRUE(fill_scope(image_, who, direction, out));
    return out;
  }

  // What would be put in place of what, a line for each.
  std::string changes(Direction direction, const llm::PathTable& table, const std::string& text) {
    RewriteScope s = scope(direction);
    BodyRewriter body;
    body.begin(s, table, llm::BodyFormat::Json);
    if (!body.feed(bytes(text)) || !body.end() || s.refusal != Refusal::None)
      return "refused: " + std::string(body.problem());
    std::string out;
    for (const TextEdit& edit : body.edits().edits()) {
      const size_t from = edit.start > 40 ? edit.start - 40 : 0;
      out += text.substr(from, edit.end - from) + "\n";
    }
    return out;
  }

  // The texts of a stream may leave an event later; none of it may be lost or become another.
  std::string streamed(const llm::ApiKind& kind, const Json& events) {
    RewriteScope s = scope(Direction::Response);
    StreamTools tools(1);
    StreamRewriter stream(tools);
    stream.begin(s, kind);
    for (const Json& event : events)
      if (stream.event(bytes(event.dump())) == StreamRewriter::Result::Refused) return "refused";
    if (stream.finish() == StreamRewriter::Result::Refused) return "refused at the end";
    return s.tally.rewritten_bytes == 0 ? "" : "rewritten";
  }

  std::optional<controlplane::policy::CompiledImage> compiled_;
  policy::Image image_;
  scan::Engine engine_;
  std::unique_ptr<scan::Scratch> scratch_;
  llm::ApiTables tables_;
  redact::TokenLabels labels_;
  redact::TokenMint mint_;
  mem::SegmentPool pool_{64, 16 * 1024, mem::SegmentPool::Wipe::OnRelease};
  redact::ExchangeTokens tokens_{pool_};
  redact::KnownValues known_;
  scan::NamedPeople people_;
  std::vector<std::string> exchanges_;
};

TEST_F(Exchanges, NothingOfTheProtocolChanges) {
  std::mt19937 random(1);
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& text : exchanges_) {
      const Json exchange = Json::parse(filled(text, random));
      const std::string what = exchange["what"];
      llm::ApiKind kind;
      ASSERT_TRUE(tables_.find_kind(exchange["kind"].get<std::string>(), kind)) << what;
      std::string changed;
      if (exchange.contains("request"))
        changed += changes(Direction::Request, kind.request, exchange["request"].dump());
      if (exchange.contains("answer"))
        changed += changes(Direction::Response, kind.response, exchange["answer"].dump());
      if (exchange.contains("events")) changed += streamed(kind, exchange["events"]);
      EXPECT_EQ(changed, "") << what;
      tokens_.clear();
    }
  }
}

// What is found by its form or by a word is found in such a field too: it is a way out like any.
TEST_F(Exchanges, AValueInAFieldOfTheProtocolIsFound) {
  llm::ApiKind kind;
  ASSERT_TRUE(tables_.find_kind("openai_chat", kind));
  for (const char* field : {"user", "model", "prompt_cache_key", "service_tier"}) {
    for (const char* value : {"anna@example.org", "534-68-7253", "passport C01X00T47"}) {
      const Json body = {{field, value}};
      EXPECT_NE(changes(Direction::Request, kind.request, body.dump()), "") << body;
    }
  }
}

// Who was named before in a request is known by one word, but not to the system nor in ids.
TEST_F(Exchanges, WhoWasNamedInAMessageIsKnownInTheNext) {
  llm::ApiKind kind;
  ASSERT_TRUE(tables_.find_kind("openai_chat", kind));
  const auto said = [](const char* role, const char* content) {
    return Json{{"role", role}, {"content", content}};
  };
  const auto found = [&](std::vector<Json> messages) {
    const std::string body = Json{{"messages", messages}}.dump();
    const std::string changed = changes(Direction::Request, kind.request, body);
    return std::count(changed.begin(), changed.end(), '\n');
  };
  const Json named = said("user", "My name is Anna Quastrup.");
  const Json again = said("user", "Did Quastrup answer?");
  EXPECT_EQ(found({again}), 0);
  EXPECT_EQ(found({again, named}), 1);
  EXPECT_EQ(found({named, said("assistant", "I called Quastrup."), again}), 3);
  EXPECT_EQ(found({said("tool", "My name is Anna Quastrup"), again}), 2);
  EXPECT_EQ(found({named, said("system", "Did Quastrup answer?"), again}), 2);
  const std::string ids = Json{{"messages", {named}}, {"user", "Quastrup"}}.dump();
  const std::string changed = changes(Direction::Request, kind.request, ids);
  EXPECT_EQ(std::count(changed.begin(), changed.end(), '\n'), 1) << changed;
}

// The same text is an answer elsewhere in the message: that it is clean as an id says nothing.
TEST_F(Exchanges, WhatIsAnIdInAFieldMayBeAnAnswerInAText) {
  llm::ApiKind kind;
  ASSERT_TRUE(tables_.find_kind("openai_chat", kind));
  const Json body = {{"user", "iv84b4Kw8"},
                     {"messages", {{{"role", "user"}, {"content", "iv84b4Kw8"}}}}};
  const std::string changed = changes(Direction::Request, kind.request, body.dump());
  EXPECT_NE(changed.find("\"content\":\"iv84b4Kw8"), std::string::npos) << changed;
  EXPECT_EQ(changed.find("\"user\":\"iv84b4Kw8\n"), std::string::npos) << changed;
}

}  // namespace
}  // namespace sallyport::rewrite
