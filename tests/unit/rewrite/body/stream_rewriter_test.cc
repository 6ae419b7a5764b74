#include "dataplane/rewrite/body/stream_rewriter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

class StreamRewriting : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }
  World& world = World::get();
  StreamPlayer openai{"openai_chat"};
  StreamPlayer anthropic{"anthropic_messages"};
};

TEST_F(StreamRewriting, EventsWithoutChangePassByteForByte) {
  const auto played = openai.play(
      {openai.content(0, "Hello "), openai.content(0, "there, "), openai.finish(0), "[DONE]"});
  ASSERT_TRUE(played.accepted);
  EXPECT_EQ(played.out, played.in);
}

TEST_F(StreamRewriting, ATokenCutOverEventsComesBackInItsChannel) {
  const std::string token = world.minted(World::Email, "a@example.org");
  for (size_t cut = 0; cut <= token.size(); ++cut) {
    const auto played = openai.play(
        {openai.content(0, "to " + token.substr(0, cut)), openai.content(1, "other "),
         openai.content(0, token.substr(cut) + "."), openai.finish(0), openai.finish(1), "[DONE]"});
    ASSERT_TRUE(played.accepted) << played.problem;
    EXPECT_EQ(played.text("content", 0), "to a@example.org.") << cut;
    EXPECT_EQ(played.text("content", 1), "other ");
  }
}

TEST_F(StreamRewriting, HeldTextLeavesBeforeTheEventThatClosesItsChannel) {
  const std::string token = world.minted(World::Email, "a@example.org");
  auto played = openai.play({openai.content(0, "see " + token), openai.finish(0), "[DONE]"});
  ASSERT_TRUE(played.accepted) << played.problem;
  EXPECT_EQ(played.text("content", 0), "see a@example.org");
  EXPECT_EQ(played.out.back(), "[DONE]");
  EXPECT_EQ(played.out[played.out.size() - 2], openai.finish(0));
  played = anthropic.play({anthropic.start_text(0), anthropic.text(0, "see joh"),
                           anthropic.text(0, "n@example"), anthropic.stop(0)});
  ASSERT_TRUE(played.accepted) << played.problem;
  EXPECT_EQ(played.text("text", 0), "see john@example");
  EXPECT_EQ(played.out.back(), anthropic.stop(0));
  EXPECT_EQ(played.names[played.names.size() - 2], "content_block_delta");
}

TEST_F(StreamRewriting, AStreamThatJustEndsStillGivesWhatWasHeld) {
  const std::string token = world.minted(World::Email, "a@example.org");
  const auto played = openai.play({openai.content(0, "see " + token)});
  ASSERT_TRUE(played.accepted);
  EXPECT_EQ(played.text("content", 0), "see a@example.org");
}

TEST_F(StreamRewriting, ArgumentsCutInsideEscapes) {
  std::string value = "\"quoted\"\nline\x01\\";
  const std::string token = world.minted(World::Url, value);
  const std::string json =
      nlohmann::json{{"a", "\u00e9\n" + token}, {"b", {{"c", token + "\t"}}}}.dump(-1, ' ', true);
  for (size_t cut = 0; cut <= json.size(); ++cut) {
    const auto played = openai.play({openai.arguments(0, 1, json.substr(0, cut)),
                                     openai.arguments(0, 1, json.substr(cut)), openai.finish(0)});
    ASSERT_TRUE(played.accepted) << played.problem;
    const auto out = nlohmann::json::parse(played.text("arguments", 0, 1));
    EXPECT_EQ(out["a"], "\u00e9\n" + value) << cut;
    EXPECT_EQ(out["b"]["c"], value + "\t") << cut;
    const auto other =
        anthropic.play({anthropic.start_tool(2), anthropic.partial_json(2, json.substr(0, cut)),
                        anthropic.partial_json(2, json.substr(cut)), anthropic.stop(2)});
    ASSERT_TRUE(other.accepted) << other.problem;
    EXPECT_EQ(nlohmann::json::parse(other.text("input_json", 2)), out) << cut;
  }
}

TEST_F(StreamRewriting, LogProbabilitiesAndPaddingGoOnlyWhenTextChanged) {
  const std::string token = world.minted(World::Email, "a@example.org");
  const auto event = [](const std::string& text) {
    return nlohmann::json{{"choices",
                           {{{"index", 0},
                             {"delta", {{"content", text}}},
                             {"logprobs", {{"content", {{{"token", text}}}}}}}}},
                          {"obfuscation", "abcd"}}
        .dump();
  };
  const auto played =
      openai.play({event("plain "), event(token + " and some words. "), openai.finish(0)});
  ASSERT_TRUE(played.accepted) << played.problem;
  EXPECT_EQ(played.out[0], event("plain "));
  const auto changed = nlohmann::json::parse(played.out[1]);
  EXPECT_TRUE(changed["choices"][0]["logprobs"].is_null());
  const std::string padding = changed["obfuscation"];
  EXPECT_NE(padding, "abcd");
  EXPECT_FALSE(padding.empty());
  EXPECT_EQ(changed["choices"][0]["delta"]["content"], "a@example.org and some words. ");
}

// Vendors fill the place with an empty list where nobody asked for them, and types of clients say
// list.
TEST_F(StreamRewriting, LogProbabilitiesThatAreNoneStay) {
  const std::string token = world.minted(World::Email, "a@example.org");
  const auto played = StreamPlayer("openai_responses")
                          .play({R"({"type":"response.output_text.delta","output_index":0,)"
                                 R"("content_index":0,"delta":"to )" +
                                 token + R"( and some words. ","logprobs":[]})"});
  ASSERT_TRUE(played.accepted) << played.problem;
  const auto changed = nlohmann::json::parse(played.out[0]);
  EXPECT_EQ(changed["logprobs"], nlohmann::json::array());
  EXPECT_NE(std::string(changed["delta"]).find("a@example.org"), std::string::npos);
}

// Who watches the line sees sizes only: with new padding they are multiples of one block, whatever
// was restored, and an event of our own is none that stands out.
TEST_F(StreamRewriting, NewPaddingHidesTheSizeOfWhatWasRestored) {
  std::map<size_t, std::set<size_t>> sizes;  // length of the value -> sizes of its events
  for (int round = 0; round < 60; ++round) {
    for (const std::string value : {"a@b.org", "quite.a.long.name@department.example.org"}) {
      world.tokens.clear();
      const std::string token = world.minted(World::Email, value);
      const auto event = [](const std::string& text) {
        nlohmann::json e = nlohmann::json::parse(StreamPlayer::content(0, text));
        e["obfuscation"] = "xy";
        return e.dump();
      };
      const auto played = openai.play(
          {event(token + " and some words. "), event("end " + token), openai.finish(0)});
      ASSERT_TRUE(played.accepted) << played.problem;
      ASSERT_EQ(played.out.size(), 4U);  // the last token leaves in an event of our own
      for (const size_t i : {size_t{0}, size_t{2}}) {
        const std::string padding = nlohmann::json::parse(played.out[i]).at("obfuscation");
        EXPECT_TRUE(std::all_of(padding.begin(), padding.end(),
                                [](unsigned char c) { return std::isalnum(c) != 0; }));
        EXPECT_FALSE(padding.empty());
        EXPECT_EQ(played.out[i].size() % kPaddingBlockBytes, 0U) << played.out[i];
      }
      sizes[value.size()].insert(played.out[0].size());
    }
  }
  for (const auto& [length, seen] : sizes) EXPECT_GT(seen.size(), 1U) << length;
}

// Bedrock's padding stands inside the event, whose only member is its type.
TEST_F(StreamRewriting, PaddingOfOurOwnEventStandsWhereTheVendorsStands) {
  StreamPlayer bedrock("bedrock_converse");
  const std::string token = world.minted(World::Email, "a@example.org");
  const auto played =
      bedrock.play({R"({"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"to )" + token +
                        R"("},"p":"ab{\"c"}})",
                    R"({"contentBlockStop":{"contentBlockIndex":0,"p":"ab"}})"});
  ASSERT_TRUE(played.accepted) << played.problem;
  ASSERT_EQ(played.out.size(), 3U);
  const auto own = nlohmann::json::parse(played.out[1]);
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own["contentBlockDelta"]["delta"]["text"], "a@example.org");
  EXPECT_FALSE(own["contentBlockDelta"]["p"].get<std::string>().empty());
}

TEST_F(StreamRewriting, NewSecretsOfAnAnswerEndTheStreamBeforeTheyLeave) {
  const std::string key = "AKI" + std::string("A") + "Q7ZK3M9QWERT1XC5";
  openai.response_actions[World::Secret] = contract::Action::Block;
  for (size_t cut = 0; cut <= key.size(); ++cut) {
    const auto played = openai.play({openai.content(0, "key " + key.substr(0, cut)),
                                     openai.content(0, key.substr(cut) + " "), openai.finish(0)});
    EXPECT_FALSE(played.accepted);
    EXPECT_EQ(played.refusal, Refusal::ResponseBlocked);
    EXPECT_EQ(played.text("content", 0).substr(0, 4),
              std::string("key ").substr(0, played.text("content", 0).size()));
    EXPECT_LE(played.text("content", 0).size(), 4U);
  }
}

TEST_F(StreamRewriting, EveryActionWorksOverEventsCutAnywhere) {
  const std::string card = "4111 1111 1111 1111";
  Treatment keeping(contract::Action::Mask);
  keeping.keep_last = 4;
  const std::vector<std::pair<Treatment, std::string>> all{
      {keeping, "**** **** **** 1111"},
      {contract::Action::Generalise, "[CREDIT-CARD]"},
      {contract::Action::Observe, card}};
  for (const auto& [treatment, wanted] : all) {
    openai.response_actions[World::Card] = treatment;
    for (size_t cut = 0; cut <= card.size(); ++cut) {
      const auto played = openai.play({openai.content(0, "card " + card.substr(0, cut)),
                                       openai.content(0, card.substr(cut) + "."),
                                       openai.arguments(1, 0, "{\"n\":\"" + card.substr(0, cut)),
                                       openai.arguments(1, 0, card.substr(cut) + "\"}"),
                                       openai.finish(0), openai.finish(1), "[DONE]"});
      ASSERT_TRUE(played.accepted) << played.problem;
      EXPECT_EQ(played.text("content", 0), "card " + wanted + ".") << cut;
      EXPECT_EQ(played.text("arguments", 1, 0), "{\"n\":\"" + wanted + "\"}") << cut;
    }
  }
}

TEST_F(StreamRewriting, BrokenEventsAreRefused) {
  EXPECT_EQ(openai.play({"{\"choices\":"}).refusal, Refusal::MalformedEvent);
  EXPECT_EQ(openai.play({"{\"choices\":[],\"choices\":[]}"}).refusal, Refusal::MalformedEvent);
}

TEST_F(StreamRewriting, ErrorTextAndOtherLeavesAreRewrittenToo) {
  const std::string token = world.minted(World::Email, "a@example.org");
  const auto played = openai.play(
      {openai.content(0, "x " + token), R"({"error":{"message":"no )" + token + R"("}})"});
  ASSERT_TRUE(played.accepted) << played.problem;
  EXPECT_EQ(played.text("content", 0), "x a@example.org");
  EXPECT_EQ(played.out.back(), R"({"error":{"message":"no a@example.org"}})");
}

}  // namespace
}  // namespace sallyport::rewrite
