// Every channel of every shipped API kind: a text cut anywhere into two deltas comes out as the
// whole text rewritten, and an event that ends the channel comes behind everything that was held.
//
// The deltas are made with the kind's own template for events of ours, so a template that is not
// read back as a delta of its channel fails here, too.
#include <gtest/gtest.h>

#include "dataplane/redact/json_escape.h"
#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

constexpr uint32_t kOuter = 3;
constexpr uint32_t kInner = 2;

struct Channel {
  llm::ApiKind kind;
  std::string name;
  uint8_t index = 0;
  llm::TextClass text_class = llm::TextClass::T;
  std::string label() const { return std::string(kind.name) + "." + name; }
};

std::vector<Channel> all_channels() {
  std::vector<Channel> out;
  const llm::ApiTables& tables = llm::shipped_tables();
  for (uint16_t k = 0; k < tables.kind_count(); ++k) {
    const llm::ApiKind kind = tables.kind(k);
    if (!kind.stream.valid()) continue;
    const uint32_t count = tables.shape(kind.stream.shape).channel_count;
    for (uint8_t c = 0; c < count; ++c)
      out.push_back(
          {kind, std::string(llm::channel_name(kind, c)), c, llm::channel_class(kind, c)});
  }
  return out;
}

std::string delta(const Channel& channel, const std::string& text) {
  std::vector<uint8_t> escaped(redact::json_escaped_size(bytes_of(text), 1));
  redact::json_escape(bytes_of(text), 1, escaped);
  const llm::ChannelKey key{channel.index, kOuter, kInner};
  std::vector<char> out(llm::delta_event_size_max(channel.kind, key, escaped.size()) + 1);
  const std::string_view content(reinterpret_cast<const char*>(escaped.data()), escaped.size());
  const size_t size =
      llm::write_delta_event(channel.kind, key, llm::StreamCaptures{}, content, out);
  return {out.data(), size};
}

// The joined text of the one channel that a play has.
std::string only_text(const Played& played) {
  EXPECT_EQ(played.channels.size(), 1U);
  return played.channels.empty() ? "" : played.channels.begin()->second;
}

class KindStreams : public testing::Test {
 protected:
  void SetUp() override {
    world.tokens.clear();
    token = world.minted(World::Email, "john.doe@example.org");
  }
  std::string text_for(const Channel& channel) const {
    return channel.text_class == llm::TextClass::J
               ? R"({"to": ")" + token + R"(", "cc": ["jane@example.net", 7]})"
               : "Write to " + token + ", not to jane@example.net \xc3\xa9.";
  }
  std::string expected(const Channel& channel, const std::string& text) {
    const Said said = channel.text_class == llm::TextClass::J
                          ? world.arguments_edits(Direction::Response, text)
                          : world.text_edits(Direction::Response, text);
    EXPECT_TRUE(said.accepted);
    const std::string out = edited(text, said.edits);
    EXPECT_NE(out.find("john.doe@example.org"), std::string::npos);
    return out;
  }

  World& world = World::get();
  std::string token;
};

TEST_F(KindStreams, EveryTwoWayCutOfADeltaIsTheWholeTextRewritten) {
  const std::vector<Channel> channels = all_channels();
  ASSERT_GT(channels.size(), 50U);
  for (const Channel& channel : channels) {
    StreamPlayer player(std::string(channel.kind.name).c_str());
    const std::string text = text_for(channel);
    const std::string whole = expected(channel, text);
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      if (cut < text.size() && (static_cast<uint8_t>(text[cut]) & 0xc0) == 0x80) continue;
      const Played played =
          player.play({delta(channel, text.substr(0, cut)), delta(channel, text.substr(cut))});
      ASSERT_TRUE(played.accepted && played.problem.empty())
          << channel.label() << " " << cut << " " << played.problem;
      ASSERT_EQ(only_text(played), whole) << channel.label() << " " << cut;
    }
  }
}

// Of another tenant, another vendor, another principal, or invented: where a table puts a text and
// wherever it is cut, nothing comes back and the stream goes on.
TEST_F(KindStreams, ATokenThatThisRequestDidNotMintStaysInEveryChannel) {
  std::vector<std::string> foreign{token};
  foreign[0][token.size() - 2] = token[token.size() - 2] == '0' ? '1' : '0';
  for (const redact::TokenScope& scope :
       {redact::TokenScope{"other", "", "openai"}, redact::TokenScope{"acme", "", "anthropic"},
        redact::TokenScope{"acme", "someone-else", "openai"}}) {
    redact::Token out;
    ASSERT_TRUE(world.mint.mint(scope, "EMAIL_ADDRESS", bytes_of("john.doe@example.org"), out));
    foreign.emplace_back(out.text());
  }
  for (const Channel& channel : all_channels()) {
    StreamPlayer player(std::string(channel.kind.name).c_str());
    for (size_t i = 0; i < foreign.size(); ++i) {
      const bool json = channel.text_class == llm::TextClass::J;
      const std::string text = json ? R"({"to": ")" + foreign[i] + R"(", "n": ")" + token + "\"}"
                                    : "To " + foreign[i] + " and " + token + " now.";
      std::string expected = text;
      expected.replace(text.find(token), token.size(), "john.doe@example.org");
      for (size_t cut = i; cut <= text.size(); cut += 4) {
        const Played played =
            player.play({delta(channel, text.substr(0, cut)), delta(channel, text.substr(cut))});
        ASSERT_TRUE(played.accepted && played.problem.empty()) << channel.label() << " " << cut;
        ASSERT_EQ(only_text(played), expected) << channel.label() << " " << cut;
        EXPECT_EQ(played.tally.unrestored_tokens, 1U) << channel.label();
        EXPECT_EQ(played.tally.restored[World::Email], 1U) << channel.label();
      }
    }
  }
}

// What the client has got when a stream is refused: nothing of the value, in no channel, whatever
// the cut.
TEST_F(KindStreams, OfABlockedValueNoByteLeavesInAnyChannel) {
  const std::string card = "4111 1111 1111 1111";
  for (const Channel& channel : all_channels()) {
    StreamPlayer player(std::string(channel.kind.name).c_str());
    player.response_actions[World::Card] = contract::Action::Block;
    const bool json = channel.text_class == llm::TextClass::J;
    const std::string before = json ? R"({"a": "x y z, card )" : "x y z, card ";
    const std::string text = before + card + (json ? "\"}" : " and more.");
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      const Played played =
          player.play({delta(channel, text.substr(0, cut)), delta(channel, text.substr(cut))});
      ASSERT_FALSE(played.accepted) << channel.label() << " " << cut;
      EXPECT_EQ(played.refusal, Refusal::ResponseBlocked) << channel.label();
      if (played.channels.empty()) continue;
      const std::string left = only_text(played);
      ASSERT_TRUE(before.starts_with(left)) << channel.label() << " " << cut << " " << left;
    }
  }
}

// Under observe an event leaves byte for byte; cut inside a value its text does. What would have
// happened is counted either way.
TEST_F(KindStreams, ObserveChangesNothingInAnyChannelAndSaysWhatItWould) {
  for (const Channel& channel : all_channels()) {
    StreamPlayer player(std::string(channel.kind.name).c_str());
    Treatment tried(contract::Action::Observe);
    tried.would = contract::Action::Mask;
    for (auto& rulings : player.response_actions) rulings = tried;
    const bool json = channel.text_class == llm::TextClass::J;
    const std::string text = json ? R"({"n": "card 4111 1111 1111 1111", "to": "jane@example.net"})"
                                  : "card 4111 1111 1111 1111, mail jane@example.net now.";
    for (size_t cut = 0; cut <= text.size(); cut += 3) {
      const std::vector<std::string> events =
          cut == 0
              ? std::vector{delta(channel, text)}
              : std::vector{delta(channel, text.substr(0, cut)), delta(channel, text.substr(cut))};
      const Played played = player.play(events);
      ASSERT_TRUE(played.accepted && played.problem.empty()) << channel.label() << " " << cut;
      ASSERT_EQ(only_text(played), text) << channel.label() << " " << cut;
      for (const auto entity : {World::Card, World::Email}) {
        EXPECT_EQ(played.tally.would[entity][static_cast<size_t>(contract::Action::Mask)], 1U)
            << channel.label() << " " << cut;
      }
      EXPECT_EQ(played.tally.rewritten_bytes, 0U) << channel.label();
    }
  }
}

TEST_F(KindStreams, ADeltaOfOursIsReadAsADeltaOfItsChannel) {
  for (const Channel& channel : all_channels()) {
    llm::StreamEventReader reader;
    llm::StreamCaptures captures;
    const std::string event = delta(channel, "x");
    ASSERT_EQ(reader.read(channel.kind, bytes_of(event), captures),
              llm::StreamEventReader::Result::Ok);
    ASSERT_EQ(reader.event().deltas.size(), 1U) << channel.label() << " " << event;
    const llm::ChannelKey key = reader.event().deltas[0].key;
    EXPECT_EQ(key.channel, channel.index) << channel.label();
    const auto& tables = *channel.kind.stream.tables;
    const auto& shape = tables.shape(channel.kind.stream.shape);
    const uint8_t levels = tables.channel(shape.channel_first + channel.index).key_levels;
    EXPECT_EQ(key.outer, levels > 0 ? kOuter : 0U) << channel.label();
    // A string's number is a hash (Gemini's paths into the arguments).
    if (channel.label() == "gemini_generate.partial") continue;
    EXPECT_EQ(key.inner, levels > 1 ? kInner : 0U) << channel.label();
  }
}

// What ends a channel: `channel` * is every one of the kind. ${text} is the text of the channel.
struct Closer {
  const char* kind;
  const char* channel;
  const char* event;
};
constexpr Closer kClosers[] = {
    {"openai_chat", "*", R"({"choices":[{"index":3,"delta":{},"finish_reason":"stop"}]})"},
    {"openai_chat", "*", R"({"error":{"message":"no"}})"},
    {"openai_chat", "*", "[DONE]"},
    {"openai_chat_stored", "*", R"({"choices":[{"index":3,"delta":{},"finish_reason":"stop"}]})"},
    {"azure_chat", "*", R"({"choices":[{"index":3,"delta":{},"finish_reason":"stop"}]})"},
    {"mistral_chat", "*", R"({"choices":[{"index":3,"delta":{},"finish_reason":"length"}]})"},
    {"mistral_fim", "*", R"({"choices":[{"index":3,"delta":{},"finish_reason":"stop"}]})"},
    {"openai_completions", "*", R"({"choices":[{"index":3,"finish_reason":"stop"}]})"},
    {"bedrock_invoke", "*", R"({"type":"message_stop"})"},
    {"bedrock_invoke", "generation", R"({"stop_reason":"stop"})"},
    {"bedrock_invoke", "output_text", R"({"completionReason":"FINISH"})"},
    {"bedrock_invoke", "outputs", R"({"outputs":[{"stop_reason":"stop"}]})"},
    {"bedrock_invoke", "event_text", R"({"is_finished":true,"event_type":"stream-end"})"},
    {"bedrock_invoke", "content", R"({"choices":[{"index":3,"delta":{},"finish_reason":"stop"}]})"},
    {"bedrock_invoke", "message_content", R"({"choices":[{"index":3,"stop_reason":"stop"}]})"},
    {"bedrock_invoke", "block_text", R"({"contentBlockStop":{"contentBlockIndex":3}})"},
    {"bedrock_invoke", "block_input", R"({"messageStop":{"stopReason":"tool_use"}})"},
    {"openai_responses", "text",
     R"({"type":"response.output_text.done","output_index":3,"content_index":2,"text":${text}})"},
    {"openai_responses", "text",
     R"({"text":${text},"output_index":3,"content_index":2,"type":"response.output_text.done"})"},
    {"openai_responses", "refusal",
     R"({"type":"response.refusal.done","output_index":3,"content_index":2,"refusal":${text}})"},
    {"openai_responses", "reasoning",
     R"({"type":"response.reasoning_text.done","output_index":3,"content_index":2,)"
     R"("text":${text}})"},
    {"openai_responses", "summary",
     R"({"type":"response.reasoning_summary_text.done","output_index":3,)"
     R"("summary_index":2,"text":${text}})"},
    {"openai_responses", "arguments",
     R"({"type":"response.function_call_arguments.done","output_index":3,"arguments":${text}})"},
    {"openai_responses", "mcp_arguments",
     R"({"type":"response.mcp_call_arguments.done","output_index":3,"arguments":${text}})"},
    {"openai_responses", "custom_input",
     R"({"type":"response.custom_tool_call_input.done","output_index":3,"input":${text}})"},
    {"openai_responses", "code",
     R"({"type":"response.code_interpreter_call_code.done","output_index":3,"code":${text}})"},
    {"openai_responses", "command",
     R"({"type":"response.shell_call_command.done","output_index":3,"command_index":2,)"
     R"("command":${text}})"},
    {"openai_responses", "diff",
     R"({"type":"response.apply_patch_call_operation_diff.done","output_index":3,"diff":${text}})"},
    {"openai_responses", "transcript", R"({"type":"response.audio.transcript.done"})"},
    {"openai_responses", "text",
     R"({"type":"response.content_part.done","output_index":3,"content_index":2,)"
     R"("part":{"type":"output_text","text":${text}}})"},
    {"openai_responses", "arguments",
     R"({"type":"response.output_item.done","output_index":3,)"
     R"("item":{"type":"function_call","arguments":${text}}})"},
    {"openai_responses", "*", R"({"type":"response.completed","response":{"output":[]}})"},
    {"openai_responses", "*", R"({"type":"error","message":"no"})"},
    {"openai_assistants", "text", R"({"object":"thread.message","status":"completed"})"},
    {"openai_assistants", "*", R"({"object":"thread.run.step","status":"completed"})"},
    {"openai_assistants", "*", "[DONE]"},
    {"openai_audio", "*", R"({"type":"transcript.text.done","text":${text}})"},
    {"anthropic_messages", "*", R"({"type":"content_block_stop","index":3})"},
    {"anthropic_messages", "*", R"({"type":"message_stop"})"},
    {"anthropic_complete", "*", R"({"type":"completion","stop_reason":"stop_sequence"})"},
    {"gemini_generate", "text", R"({"candidates":[{"index":3,"finishReason":"STOP"}]})"},
    {"gemini_generate", "thought", R"({"candidates":[{"finish_reason":"STOP","index":3}]})"},
    {"gemini_generate", "*", R"({"error":{"message":"no"}})"},
    {"bedrock_converse", "*", R"({"contentBlockStop":{"contentBlockIndex":3}})"},
    {"bedrock_converse", "*", R"({"messageStop":{"stopReason":"end_turn"}})"},
    {"bedrock_converse", "*", R"({"throttlingException":{"message":"no"}})"},
    {"cohere_chat", "text", R"({"type":"content-end","index":3})"},
    {"cohere_chat", "thinking", R"({"type":"content-end","index":3})"},
    {"cohere_chat", "arguments", R"({"type":"tool-call-end","index":3})"},
    {"cohere_chat", "plan", R"({"type":"tool-call-start","index":0})"},
    {"cohere_chat", "*", R"({"type":"message-end","delta":{"finish_reason":"COMPLETE"}})"},
    {"cohere_chat_v1", "*",
     R"({"event_type":"stream-end","is_finished":true,"response":{"text":${text}}})"},
    {"mistral_conversations", "*", R"({"type":"conversation.response.done","usage":{}})"},
};

TEST_F(KindStreams, WhatEndsAChannelComesBehindWhatWasHeld) {
  std::string seen;
  for (const Channel& channel : all_channels()) {
    for (const Closer& closer : kClosers) {
      const bool named = closer.channel == channel.name || std::string(closer.channel) == "*";
      if (channel.kind.name != closer.kind || !named) continue;
      seen += " " + channel.label();
      const std::string text = text_for(channel);
      std::string event = closer.event;
      if (const size_t at = event.find("${text}"); at != std::string::npos)
        event.replace(at, 7, nlohmann::json(text).dump());
      StreamPlayer player(closer.kind);
      // Cut inside the token: the second half is held until the end is known.
      const std::string first = text.substr(0, text.find(token) + token.size() / 2);
      const Played played = player.play({delta(channel, first), event});
      ASSERT_TRUE(played.accepted && played.problem.empty())
          << channel.label() << " " << event << " " << played.problem;
      ASSERT_EQ(played.out.size(), 3U) << channel.label() << " " << event;
      EXPECT_EQ(only_text(played), first) << channel.label();
      EXPECT_EQ(played.out.back().substr(0, 9), event.substr(0, 9)) << channel.label();
      if (event.find(token) != std::string::npos) {
        EXPECT_NE(played.out.back().find("john.doe@example.org"), std::string::npos) << event;
      }
    }
  }
  for (const Channel& channel : all_channels())
    EXPECT_NE(seen.find(" " + channel.label()), std::string::npos) << channel.label();
}

}  // namespace
}  // namespace sallyport::rewrite
