// A stream whose events are known after the first one against the same stream in which each event
// differs from the one before in white space, so that all of it is read: what comes out is the
// same, and so is what is counted.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

using Ordered = nlohmann::ordered_json;

struct EventDialect {
  const char* kind;
  std::string (*event)(const std::string& text, const std::string& padding, uint64_t count);
};

std::string quoted(const std::string& text) { return Ordered(text).dump(); }

const EventDialect kEventDialects[] = {
    {"openai_chat",
     [](const std::string& text, const std::string& padding, uint64_t) {
       return R"({"id":"c1","object":"chat.completion.chunk","created":17,"model":"m","choices":[)"
              R"({"index":0,"delta":{"content":)" +
              quoted(text) + R"(},"logprobs":null,"finish_reason":null}],"obfuscation":)" +
              quoted(padding) + "}";
     }},
    {"openai_responses",
     [](const std::string& text, const std::string& padding, uint64_t count) {
       return R"({"type":"response.output_text.delta","sequence_number":)" + std::to_string(count) +
              R"(,"item_id":"i1","output_index":0,"content_index":0,"delta":)" + quoted(text) +
              R"(,"logprobs":[],"obfuscation":)" + quoted(padding) + "}";
     }},
    {"anthropic_messages",
     [](const std::string& text, const std::string&, uint64_t) {
       return R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":)" +
              quoted(text) + "}}";
     }},
    {"anthropic_messages",
     [](const std::string& text, const std::string&, uint64_t) {
       return R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta",)"
              R"("partial_json":)" +
              quoted(text) + "}}";
     }},
    {"gemini_generate",
     [](const std::string& text, const std::string&, uint64_t count) {
       return R"({"candidates": [{"content": {"parts": [{"text": )" + quoted(text) +
              R"(}],"role": "model"},"index": 0}],"usageMetadata": {"totalTokenCount": )" +
              std::to_string(count) + R"(},"modelVersion": "g"})";
     }},
};

// Without what is drawn by chance: padding.
std::string without_padding(const std::string& data) {
  Ordered json = Ordered::parse(data);
  json.erase("obfuscation");
  return json.dump();
}

class RepeatedEvents : public testing::Test {
 protected:
  void SetUp() override { world_.tokens.clear(); }

  // Values, tokens and words, cut anywhere.
  std::vector<std::string> pieces(std::mt19937_64& draw) {
    const std::string mail = "erika@northwind-example.com";
    const std::vector<std::string> parts{"Please write to ",
                                         world_.minted(World::Email, mail),
                                         mail,
                                         " and call. ",
                                         "4111 1111 1111 1111",
                                         "\n\n",
                                         "Zürich 漢字 ",
                                         "\"quoted\" \\ path\t",
                                         world_.token(World::Email, "nobody@example.org"),
                                         "536-90-4399",
                                         "[EMAIL",
                                         " x"};
    std::string text;
    for (int i = 0; i < 12; ++i) text += parts[draw() % parts.size()];
    std::vector<std::string> out;
    for (size_t at = 0; at < text.size();) {
      size_t size = 1 + draw() % 9;
      while (at + size < text.size() && (static_cast<uint8_t>(text[at + size]) & 0xc0) == 0x80)
        ++size;
      out.push_back(text.substr(at, size));
      at += size;
    }
    return out;
  }
  World& world_ = World::get();
};

TEST_F(RepeatedEvents, AreWhatTheyWouldBeIfAllOfThemWereRead) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    std::mt19937_64 draw(seed);
    const EventDialect& dialect = kEventDialects[seed % std::size(kEventDialects)];
    StreamPlayer player(dialect.kind);
    std::vector<std::string> events, others;
    uint64_t count = 0, spaces = 0;
    for (const std::string& piece : pieces(draw)) {
      std::string padding(draw() % 12, 'a');
      // A value may hide in what should be noise.
      if (draw() % 40 == 0) padding = "4111111111111111";
      events.push_back(dialect.event(piece, padding, count++));
      others.push_back(events.back() + std::string(count % 2, ' '));
      spaces += count % 2;
    }
    const Played known = player.play(events);
    const Played read = player.play(others);
    ASSERT_TRUE(known.accepted && read.accepted) << "seed " << seed << known.problem;
    EXPECT_EQ(known.problem, "") << "seed " << seed;
    EXPECT_EQ(known.channels, read.channels) << "seed " << seed;
    ASSERT_EQ(known.out.size(), read.out.size()) << "seed " << seed;
    for (size_t i = 0; i < known.out.size(); ++i)
      EXPECT_EQ(without_padding(known.out[i]), without_padding(read.out[i]))
          << "seed " << seed << " event " << i;
    const Tally &a = known.tally, &b = read.tally;
    EXPECT_EQ(a.inspected_bytes, b.inspected_bytes) << "seed " << seed;
    EXPECT_EQ(a.structure_bytes + spaces, b.structure_bytes) << "seed " << seed;
    EXPECT_EQ(a.rewritten_bytes, b.rewritten_bytes) << "seed " << seed;
    EXPECT_EQ(a.opaque_bytes(), b.opaque_bytes()) << "seed " << seed;
    EXPECT_EQ(a.detections, b.detections) << "seed " << seed;
    EXPECT_EQ(a.restored, b.restored) << "seed " << seed;
    EXPECT_EQ(a.unrestored_tokens, b.unrestored_tokens) << "seed " << seed;
    EXPECT_EQ(a.unknown_fields, b.unknown_fields) << "seed " << seed;
  }
}

// Padding of an event that is not read is judged all the same.
TEST_F(RepeatedEvents, WhatIsRefusedInPaddingIsRefused) {
  StreamPlayer player("openai_chat");
  player.response_actions[World::Card] = contract::Action::Block;
  const EventDialect& dialect = kEventDialects[0];
  const std::string first = dialect.event("Hello ", "abcd", 1);
  EXPECT_TRUE(player.play({first, dialect.event("you ", "efgh", 2)}).accepted);
  const Played played = player.play({first, dialect.event("you ", "4111111111111111", 2)});
  EXPECT_FALSE(played.accepted);
  EXPECT_EQ(played.refusal, Refusal::ResponseBlocked);
  EXPECT_EQ(played.tally.detections[World::Card][static_cast<size_t>(contract::Action::Block)], 1U);
}

}  // namespace
}  // namespace sallyport::rewrite
