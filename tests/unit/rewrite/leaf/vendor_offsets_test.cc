// The rows of class N of the shipped tables: each vendor's annotation, in an answer and in its
// stream, points at the same words after a value was restored before them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

class VendorOffsets : public testing::Test {
 protected:
  void SetUp() override {
    world_.tokens.clear();
    token_ = world_.minted(World::Email, kValue);
  }

  // $T the token, $S and $E numbers one and five behind its end, as the vendor counts. In what is
  // expected: the value, and the same words.
  std::string sent(std::string text) const { return filled(std::move(text), token_); }
  std::string seen(std::string text) const { return filled(std::move(text), kValue); }
  static std::string filled(std::string text, const std::string& word) {
    const auto all = [&](const std::string& what, const std::string& with) {
      for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
        text.replace(at, what.size(), with);
    };
    all("$T", word);
    all("$S", std::to_string(word.size() + 1));
    all("$E", std::to_string(word.size() + 5));
    return text;
  }

  void expect_answer(const char* kind, const std::string& body) {
    const Said said =
        world_.json_edits(Direction::Response, llm::shipped_kind(kind).response, sent(body));
    ASSERT_TRUE(said.accepted) << kind;
    EXPECT_EQ(Json::parse(edited(sent(body), said.edits)), Json::parse(seen(body))) << kind;
  }

  // The last event has the numbers; the others bring the text.
  void expect_stream(const char* kind, const std::vector<std::string>& events) {
    RewriteScope scope = world_.scope(Direction::Response);
    StreamTools tools{1};
    StreamRewriter stream(tools);
    stream.begin(scope, llm::shipped_kind(kind));
    std::string data;
    for (const std::string& event : events) {
      data = sent(event);
      const auto result = stream.event(bytes_of(data));
      ASSERT_NE(result, StreamRewriter::Result::Refused) << kind << ' ' << data;
      if (result == StreamRewriter::Result::Rewritten)
        data.assign(stream.data().begin(), stream.data().end());
    }
    EXPECT_EQ(Json::parse(data), Json::parse(seen(events.back()))) << kind;
  }

  const std::string kValue = "a@example.org";
  std::string token_;
  World& world_ = World::get();
};

TEST_F(VendorOffsets, OpenAi) {
  expect_answer("openai_chat",
                R"({"choices":[{"index":0,"message":{"content":"$T said it",
    "annotations":[{"type":"url_citation","url_citation":{"start_index":$S,"end_index":$E,
    "url":"https://a.example"}}]}}]})");
  expect_stream("openai_chat",
                {R"({"choices":[{"index":0,"delta":{"content":"$T "}}]})",
                 R"({"choices":[{"index":0,"delta":{"content":"said it"}}]})",
                 R"({"choices":[{"index":0,"delta":{"annotations":[{"type":"url_citation",
                    "url_citation":{"start_index":$S,"end_index":$E}}]}}]})"});
  const std::string part = R"({"type":"output_text","text":"$T said it","annotations":[
    {"type":"url_citation","start_index":$S,"end_index":$E},{"type":"file_citation","index":$E}]})";
  expect_answer("openai_responses", R"({"output":[{"type":"message","content":[)" + part + "]}]}");
  expect_stream("openai_responses",
                {R"({"type":"response.output_text.delta","output_index":0,"content_index":0,
                    "item_id":"i","delta":"$T said it "})",
                 R"({"type":"response.output_text.annotation.added","output_index":0,
                    "content_index":0,"annotation_index":0,
                    "annotation":{"type":"url_citation","start_index":$S,"end_index":$E}})"});
  // The copies at the end, each with its own text.
  expect_stream("openai_responses", {R"({"type":"response.content_part.done","output_index":0,
                    "content_index":0,"part":)" +
                                     part + "}"});
  expect_stream(
      "openai_responses",
      {R"({"type":"response.completed","response":{"output":[{"type":"message","content":[)" +
       part + "]}]}}"});
  const std::string content = R"({"type":"text","text":{"value":"$T said it","annotations":[
    {"type":"file_citation","text":"x","start_index":$S,"end_index":$E}]}})";
  expect_answer("openai_assistants", R"({"object":"thread.message","content":[)" + content + "]}");
  expect_stream("openai_assistants",
                {R"({"object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text",
                    "text":{"value":"$T said it "}}]}})",
                 R"({"object":"thread.message.delta","delta":{"content":[{"index":0,"type":"text",
                    "text":{"annotations":[{"index":0,"type":"file_citation","start_index":$S,
                    "end_index":$E}]}}]}})"});
}

TEST_F(VendorOffsets, Azure) {
  expect_stream("azure_chat",
                {R"({"choices":[{"index":0,"delta":{"content":"$T said it"}}]})",
                 R"({"choices":[{"index":0,"delta":{"content":" "}}]})",
                 R"({"choices":[{"index":0,"content_filter_offsets":{"check_offset":$S,
                    "start_offset":$S,"end_offset":$E}}]})"});
}

TEST_F(VendorOffsets, Gemini) {
  const std::string metadata = R"("citationMetadata":{"citationSources":[{"startIndex":$S,
    "endIndex":$E,"uri":"https://a.example"}]},"groundingMetadata":{"groundingSupports":[
    {"segment":{"startIndex":$S,"endIndex":$E,"text":"said"}}]})";
  expect_answer("gemini_generate",
                R"({"candidates":[{"content":{"parts":[{"text":"$T said "},{"text":"it"}]},)" +
                    metadata + "}]}");
  expect_answer("gemini_generate",
                R"({"candidates":[{"content":{"parts":[{"text":"one"},{"text":"$T said"}]},
    "groundingMetadata":{"groundingSupports":[{"segment":{"partIndex":1,"startIndex":$S}}]}}]})");
  expect_stream(
      "gemini_generate",
      {R"({"candidates":[{"index":0,"content":{"parts":[{"text":"$T said it "}]}}]})",
       R"({"candidates":[{"index":0,"content":{"parts":[{"text":""}]},)" + metadata + "}]}"});
}

TEST_F(VendorOffsets, Cohere) {
  expect_answer("cohere_chat", R"({"message":{"content":[{"type":"thinking","thinking":"hm"},
    {"type":"text","text":"$T said it"}],"citations":[{"start":$S,"end":$E,"text":"said",
    "content_index":1,"type":"TEXT_CONTENT"}]}})");
  expect_answer("cohere_chat", R"({"message":{"tool_plan":"$T said it","content":[{"type":"text",
    "text":"a long answer without any value in it, longer than the plan, so that it would fit"}],
    "citations":[{"type":"PLAN","start":$S,"end":$E}]}})");
  expect_stream("cohere_chat",
                {R"({"type":"content-delta","index":0,"delta":{"message":{"content":{
                    "text":"$T said it "}}}})",
                 R"({"type":"citation-start","index":3,"delta":{"message":{"citations":{
                    "start":$S,"end":$E,"text":"said","content_index":0,
                    "type":"TEXT_CONTENT"}}}})"});
  expect_answer("cohere_chat_v1",
                R"({"text":"$T said it","citations":[{"start":$S,"end":$E,"text":"said"}]})");
  expect_stream("cohere_chat_v1",
                {R"({"event_type":"text-generation","text":"$T said it "})",
                 R"({"event_type":"citation-generation","citations":[{"start":$S,"end":$E,
                    "text":"said"}]})"});
  expect_stream("cohere_chat_v1", {R"({"event_type":"stream-end","response":{"text":"$T said it",
                    "citations":[{"start":$S,"end":$E,"text":"said"}]}})"});
}

// Documents are numbered over the whole request, images and nested results are none of them.
TEST_F(VendorOffsets, AnthropicAndBedrockCountInTheDocumentsOfTheRequest) {
  struct Row {
    const char* kind;
    std::string request;
    std::string answer;
    std::string event;
  };
  const std::string citation = R"({"type":"char_location","cited_text":"said","document_index":1,
    "start_char_index":$S,"end_char_index":$E})";
  const std::string bedrock = R"({"location":{"documentChar":{"documentIndex":1,"start":$S,
    "end":$E}}})";
  const std::vector<Row> rows = {
      {"anthropic_messages",
       R"({"messages":[{"role":"user","content":[
         {"type":"document","source":{"type":"base64","media_type":"application/pdf",
           "data":"AAAA"}},
         {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
         {"source":{"data":"$T said it","media_type":"text/plain","type":"text"},"type":"document"},
         {"type":"text","text":"?"}]},
         {"role":"assistant","content":[{"type":"text","text":"x","citations":[)" +
           citation + "]}]}]}",
       R"({"content":[{"type":"text","text":"y","citations":[)" + citation + "]}]}",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":)" +
           citation + "}}"},
      {"bedrock_converse",
       R"({"messages":[{"role":"user","content":[
         {"document":{"name":"a","format":"pdf","source":{"bytes":"AAAA"}}},
         {"document":{"name":"b","format":"txt","source":{"text":"$T said it"}}}]},
         {"role":"assistant","content":[{"citationsContent":{"content":[{"text":"x"}],
           "citations":[)" +
           bedrock + "]}}]}]}",
       R"({"output":{"message":{"content":[{"citationsContent":{"content":[{"text":"y"}],
           "citations":[)" +
           bedrock + "]}}]}}}",
       R"({"contentBlockDelta":{"contentBlockIndex":0,"delta":{"citation":)" + bedrock + "}}}"}};
  for (const Row& row : rows) {
    const llm::ApiKind kind = llm::shipped_kind(row.kind);
    OffsetBook request_texts;
    // The client writes the value and counts in it; the vendor gets the token.
    const auto run = [&](Direction direction, const llm::PathTable& table,
                         const std::string& body) {
      RewriteScope scope = world_.scope(direction);
      scope.request_texts = &request_texts;
      JsonRewriter rewriter(kJsonNestingMax);
      rewriter.begin(scope, table);
      EXPECT_TRUE(rewriter.feed(bytes_of(body)) && rewriter.end()) << body;
      std::vector<SaidEdit> edits;
      for (const TextEdit& e : rewriter.edits().edits()) {
        const auto value = rewriter.edits().replacement(e);
        edits.push_back({e.start, e.end, std::string(value.begin(), value.end())});
      }
      return Json::parse(edited(body, edits));
    };
    EXPECT_EQ(run(Direction::Request, kind.request, seen(row.request)),
              Json::parse(sent(row.request)))
        << row.kind;
    EXPECT_EQ(run(Direction::Response, kind.response, sent(row.answer)),
              Json::parse(seen(row.answer)))
        << row.kind;
    RewriteScope scope = world_.scope(Direction::Response);
    scope.request_texts = &request_texts;
    StreamTools tools{1};
    StreamRewriter stream(tools);
    stream.begin(scope, kind);
    const std::string event = sent(row.event);
    ASSERT_EQ(stream.event(bytes_of(event)), StreamRewriter::Result::Rewritten) << row.kind;
    EXPECT_EQ(Json::parse(stream.data().begin(), stream.data().end()),
              Json::parse(seen(row.event)));
  }
}

}  // namespace
}  // namespace sallyport::rewrite
