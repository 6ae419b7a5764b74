// Stream events of both vendors: channels, closes, marks, and events of our own.
#include "dataplane/llm/stream_events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dataplane/llm/json_string.h"
#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

class Events : public testing::Test {
 protected:
  const StreamEvent& read(const ApiKind& kind, const std::string& data) {
    data_ = data;
    EXPECT_EQ(reader.read(kind, bytes_of(data_), captures), StreamEventReader::Result::Ok)
        << walk_error_name(reader.walk_error()) << " in " << data;
    return reader.event();
  }
  std::string text(const StreamDelta& delta) const {
    return data_.substr(delta.raw_start, delta.raw_end - delta.raw_start);
  }
  std::string name(const ApiKind& kind, const StreamDelta& delta) const {
    return std::string(channel_name(kind, delta.key.channel));
  }
  StreamEventReader reader;
  StreamCaptures captures;
  std::string data_;
  ApiKind openai = shipped_kind("openai_chat");
  ApiKind anthropic = shipped_kind("anthropic_messages");
};

TEST_F(Events, OpenAiDeltasFindTheirChannel) {
  const auto& e = read(
      openai, R"({"id":"c1","object":"chat.completion.chunk","created":17,"model":"m","choices":[
    {"delta":{"content":"He\u00e9"},"index":1,"finish_reason":null},
    {"index":0,"delta":{"tool_calls":[{"function":{"arguments":"{\"a"},"index":2},{"index":0,
      "id":"x","function":{"name":"f","arguments":""}}]}}],
    "usage":null,"obfuscation":"abc"})");
  ASSERT_EQ(e.deltas.size(), 3U);
  EXPECT_EQ(name(openai, e.deltas[0]), "content");
  EXPECT_EQ(e.deltas[0].key.outer, 1U);
  EXPECT_EQ(e.deltas[0].key.inner, 0U);
  EXPECT_EQ(text(e.deltas[0]), "He\\u00e9");
  EXPECT_EQ(e.deltas[0].text_class, TextClass::T);
  EXPECT_EQ(name(openai, e.deltas[1]), "arguments");
  EXPECT_EQ(e.deltas[1].key.outer, 0U);
  EXPECT_EQ(e.deltas[1].key.inner, 2U);
  EXPECT_EQ(text(e.deltas[1]), "{\\\"a");
  EXPECT_EQ(e.deltas[1].text_class, TextClass::J);
  EXPECT_EQ(e.deltas[2].key.inner, 0U);
  EXPECT_TRUE(e.closes.empty());
  ASSERT_EQ(e.marks.size(), 1U);
  EXPECT_EQ(e.marks[0].kind, MarkKind::Obfuscation);
  EXPECT_EQ(data_.substr(e.marks[0].raw_start, e.marks[0].raw_end - e.marks[0].raw_start),
            "\"abc\"");
}

TEST_F(Events, OpenAiCloses) {
  const auto& e =
      read(openai,
           R"({"choices":[{"index":3,"delta":{"content":"x"},"finish_reason":"stop","logprobs":
      {"content":[]}}]})");
  ASSERT_EQ(e.closes.size(), 1U);
  EXPECT_EQ(e.closes[0].scope, CloseScope::Outer);
  EXPECT_EQ(e.closes[0].outer, 3U);
  EXPECT_EQ(e.deltas.size(), 1U);
  ASSERT_EQ(e.marks.size(), 1U);
  EXPECT_EQ(e.marks[0].kind, MarkKind::Strip);
  const auto& done = read(openai, "[DONE]");
  EXPECT_TRUE(done.done);
  ASSERT_EQ(done.closes.size(), 1U);
  EXPECT_EQ(done.closes[0].scope, CloseScope::All);
  const auto& error = read(openai, R"({"error":{"message":"no","type":"t"}})");
  ASSERT_EQ(error.closes.size(), 1U);
  EXPECT_EQ(error.closes[0].scope, CloseScope::All);
  ASSERT_EQ(error.leaves.size(), 2U);
  EXPECT_EQ(error.leaves[0].leaf.role, LeafRole::ErrorMessage);
  const auto& usage = read(
      openai, R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"x":{"y":1}}})");
  ASSERT_EQ(usage.leaves.size(), 2U);
  EXPECT_EQ(usage.leaves[1].leaf.role, LeafRole::OutputTokens);
}

TEST_F(Events, AMissingIndexFallsBackToThePosition) {
  const auto& e =
      read(openai, R"({"choices":[{"delta":{"content":"a"}},{"delta":{"content":"b"}}]})");
  ASSERT_EQ(e.deltas.size(), 2U);
  EXPECT_EQ(e.deltas[0].key.outer, 0U);
  EXPECT_EQ(e.deltas[1].key.outer, 1U);
}

TEST_F(Events, AnthropicDeltasAndCloses) {
  const auto& start =
      read(anthropic,
           R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})");
  ASSERT_EQ(start.deltas.size(), 1U);
  EXPECT_EQ(start.deltas[0].key.outer, 1U);
  const ChannelKey channel = start.deltas[0].key;
  const auto& delta =
      read(anthropic,
           R"({"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"},"index":1})");
  ASSERT_EQ(delta.deltas.size(), 1U);
  EXPECT_EQ(delta.deltas[0].key, channel);
  const auto& json =
      read(anthropic,
           R"({"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",
      "partial_json":"{\"a\": \"b"}})");
  ASSERT_EQ(json.deltas.size(), 1U);
  EXPECT_EQ(json.deltas[0].text_class, TextClass::J);
  EXPECT_FALSE(json.deltas[0].key == channel);
  const auto& stop = read(anthropic, R"({"type":"content_block_stop","index":1})");
  ASSERT_EQ(stop.closes.size(), 1U);
  EXPECT_EQ(stop.closes[0].outer, 1U);
  EXPECT_EQ(stop.closes[0].scope, CloseScope::Outer);
  EXPECT_EQ(read(anthropic, R"({"type":"message_stop"})").closes[0].scope, CloseScope::All);
  EXPECT_TRUE(read(anthropic, R"({"type":"ping"})").closes.empty());
  EXPECT_EQ(read(anthropic, R"({"type":"error","error":{"type":"x","message":"m"}})").closes.size(),
            1U);
}

TEST_F(Events, AnthropicLeavesThatAreWholeOrOpaque) {
  const auto& thinking =
      read(anthropic,
           R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta",
      "thinking":"t"}})");
  EXPECT_TRUE(thinking.deltas.empty());
  EXPECT_EQ(thinking.leaves.back().leaf.text_class, TextClass::O);
  const auto& tool = read(anthropic,
                          R"({"type":"content_block_start","index":0,"content_block":
      {"type":"web_search_tool_result","content":[{"title":"tt","url":"uu"}]}})");
  bool title = false;
  for (const StreamLeaf& leaf : tool.leaves) {
    if (data_.substr(leaf.raw_start, leaf.raw_end - leaf.raw_start) != "tt") continue;
    title = leaf.leaf.text_class == TextClass::T;
  }
  EXPECT_TRUE(title);
  const auto& start = read(
      anthropic,
      R"({"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":3}}})");
  EXPECT_EQ(start.leaves.back().leaf.role, LeafRole::InputTokens);
}

TEST_F(Events, RefusesWhatIsNotJsonOrTooMuch) {
  const std::string bad = "{\"a\":1,\"a\":2}";
  EXPECT_EQ(reader.read(openai, bytes_of(bad), captures), StreamEventReader::Result::BadJson);
  EXPECT_EQ(reader.walk_error(), WalkError::DuplicateKey);
  std::string many = "{\"choices\":[";
  for (int i = 0; i < 200; ++i) many += R"({"delta":{"content":"x"}},)";
  many.back() = ']';
  many += "}";
  EXPECT_EQ(reader.read(openai, bytes_of(many), captures), StreamEventReader::Result::TooManyParts);
  EXPECT_EQ(reader.read(openai, bytes_of("[DONE] x"), captures),
            StreamEventReader::Result::BadJson);
}

TEST_F(Events, OwnEventsReadBackAsTheirChannel) {
  read(openai, R"({"id":"chat-\u0031","created":1718,"model":"gpt","choices":[]})");
  for (const ApiKind& kind : {openai, anthropic}) {
    const uint32_t channels = kind.stream.tables->shape(kind.stream.shape).channel_count;
    ASSERT_GT(channels, 0U);
    for (uint8_t c = 0; c < channels; ++c) {
      const bool inner = kind.name == "openai_chat" && (channel_name(kind, c) == "arguments" ||
                                                        channel_name(kind, c) == "custom_input");
      const ChannelKey key{c, 4'000'000'000U, inner ? 7U : 0U};
      const std::string escaped = R"(a\"\n\u00e9)";
      std::string out(delta_event_size_max(kind, key, escaped.size()), '\0');
      const size_t size = write_delta_event(kind, key, captures, escaped, out);
      ASSERT_GT(size, 0U);
      EXPECT_EQ(write_delta_event(kind, key, captures, escaped, std::span(out).first(size - 1)),
                0U);
      out.resize(size);
      EXPECT_TRUE(nlohmann::json::accept(out)) << out;
      StreamCaptures other;
      ASSERT_EQ(reader.read(kind, bytes_of(out), other), StreamEventReader::Result::Ok) << out;
      ASSERT_EQ(reader.event().deltas.size(), 1U) << out;
      EXPECT_EQ(reader.event().deltas[0].key, key) << out;
      EXPECT_EQ(out.substr(reader.event().deltas[0].raw_start, escaped.size()), escaped);
      EXPECT_TRUE(reader.event().closes.empty()) << out;
      const auto json = nlohmann::json::parse(out);
      EXPECT_EQ(json.value("id", "chat-1"), "chat-1") << out;
      EXPECT_EQ(delta_event_name(kind, key),
                kind.name == "openai_chat" ? "" : "content_block_delta");
    }
  }
  StreamCaptures none;
  std::string out(600, '\0');
  out.resize(write_delta_event(openai, ChannelKey{0, 0, 0}, none, "x", out));
  EXPECT_TRUE(nlohmann::json::accept(out)) << out;
}

TEST(JsonStringPieces, GiveWhatTheWalkerGives) {
  const std::string content = R"(plain \"q\" \u00e9\ud83d\ude00\\ x\/\b\f\n\r\t é end)";
  const std::string document = "\"" + content + "\"";
  JsonWalker walker;
  Walk w;
  walk(walker, all_leaves(), document, 0, SIZE_MAX, w);
  ASSERT_TRUE(w.ok);
  JsonStringPieces pieces(bytes_of(content), 1);
  std::string text;
  std::vector<std::pair<uint64_t, uint64_t>> raw;
  while (pieces.next()) {
    const bool linear = pieces.decoded().size() == pieces.raw_end() - pieces.raw_start();
    for (size_t i = 0; i < pieces.decoded().size(); ++i)
      raw.emplace_back(linear ? pieces.raw_start() + i : pieces.raw_start(),
                       linear ? pieces.raw_start() + i + 1 : pieces.raw_end());
    text.append(reinterpret_cast<const char*>(pieces.decoded().data()), pieces.decoded().size());
  }
  EXPECT_EQ(text, w.sink.leaves[0].text);
  EXPECT_EQ(raw, w.sink.leaves[0].raw);
  for (size_t size = 0; size < content.size(); ++size) {
    JsonStringPieces cut(bytes_of(std::string_view(content).substr(0, size)), 0);
    while (cut.next()) EXPECT_LE(cut.raw_end(), size);
  }
}

}  // namespace
}  // namespace sallyport::llm
