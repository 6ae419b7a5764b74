// The shipped tables: every row of the vendors' wire formats leads to its class.
#include "dataplane/llm/api_tables.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

// Text of each string leaf -> its class; keys are prefixed by "key ".
std::map<std::string, std::string> classes(const PathTable& table, std::string_view text) {
  JsonWalker walker;
  Walk w;
  walk(walker, table, text, 0, 7, w);
  EXPECT_TRUE(w.ok) << walk_error_name(w.error) << " at " << w.offset << " in " << text;
  std::map<std::string, std::string> out;
  for (const SeenLeaf& leaf : w.sink.leaves)
    out[(leaf.leaf.is_key ? "key " : "") + leaf.text] = text_class_name(leaf.leaf.text_class);
  return out;
}

// Each string of `text` names the class that it must have: "T:anything", "unknown:x".
void expect_named_classes(const PathTable& table, std::string_view text) {
  size_t seen = 0;
  for (const auto& [value, text_class] : classes(table, text)) {
    const size_t colon = value.find(':');
    if (colon == std::string::npos) continue;
    EXPECT_EQ(text_class,
              value.substr(value.rfind(' ', colon) + 1, colon - value.rfind(' ', colon) - 1))
        << value;
    ++seen;
  }
  EXPECT_GT(seen, 0U);
}

TEST(OpenAiChat, Request) {
  const PathTable table = shipped_kind("openai_chat").request;
  expect_named_classes(table, R"({
    "model":"structural:gpt","store":true,"user":"I:u","safety_identifier":"I:s",
      "prompt_cache_key":"I:p",
    "messages":[
      {"role":"structural:user","content":"T:1","name":"I:n"},
      {"role":"user","content":[{"type":"text","text":"T:2"},{"type":"refusal","refusal":"T:3"},
         {"type":"image_url","image_url":{"url":"U:4","detail":"structural:low"}},
         {"type":"input_audio","input_audio":{"data":"B:5","format":"structural:wav"}},
         {"type":"file","file":{"file_data":"B:6","filename":"T:7","file_id":"R:8"}},
         {"type":"new_kind","new_text":"unknown:9"}]},
      {"role":"assistant","content":null,"refusal":"T:10","audio":{"id":"R:11"},
       "tool_calls":[{"id":"structural:c","type":"function","function":{"name":"structural:f",
      "arguments":"J:12"}},
                     {"id":"c2","type":"custom","custom":{"name":"structural:g","input":"T:13"}}],
       "function_call":{"name":"structural:f","arguments":"J:14"}},
      {"role":"tool","tool_call_id":"I:c","content":"T:15"}],
    "tools":[{"type":"function","function":{"name":"structural:f","description":"T:16",
       "parameters":{"L:key":{"description":"L:17","enum":["L:18",1]}}}},
       {"type":"custom","custom":{"name":"g","description":"T:19","format":{"type":"grammar",
      "grammar":{"definition":"T:20"}}}}],
    "functions":[{"name":"structural:h","description":"T:21","parameters":{"L:k":"L:22"}}],
    "prediction":{"type":"content","content":[{"type":"text","text":"T:23"}]},
    "response_format":{"type":"json_schema","json_schema":{"name":"L:24","description":"L:25",
      "schema":{"a":"L:26"}}},
    "stop":["T:27"],"metadata":{"I:key":"I:28"},
    "web_search_options":{"user_location":{"type":"approximate","approximate":{"city":"T:29",
      "country":"T:30"}}},
    "stream":true,"stream_options":{"include_usage":true},
    "unknown:new_member":{"unknown:k":["unknown:31",{"unknown:kk":"unknown:32"}]}
  })");
  expect_named_classes(
      table, R"({"stop":"T:1","prediction":{"content":"T:2"},"function_call":"structural:auto",
    "tool_choice":{"type":"structural:function","function":{"name":"structural:f"}},
      "messages":"unknown:text"})");
  expect_named_classes(
      table,
      R"({"messages":[{"content":[{"text":{"nested":"unknown:1"}},"unknown:2"]}],"model":
      ["unknown:3"]})");
}

TEST(OpenAiChat, Response) {
  const PathTable table = shipped_kind("openai_chat").response;
  expect_named_classes(
      table, R"({"id":"structural:i","choices":[{"index":0,"finish_reason":"structural:stop",
    "message":{"role":"assistant","content":"T:1","refusal":"T:2","reasoning_content":"T:3",
      "tool_calls":[{"id":"x","function":{"name":"f","arguments":"J:4"}},{"custom":
      {"input":"T:5"}}],
      "function_call":{"arguments":"J:6"},"audio":{"data":"B:7","transcript":"T:8"},
      "annotations":[{"type":"url_citation","url_citation":{"title":"T:9","url":"U:10",
      "start_index":3,"end_index":5}}]},
    "logprobs":{"content":[{"token":"structural:t","bytes":[1],"top_logprobs":
      [{"token":"structural:u"}]}]}}],
    "usage":{"prompt_tokens":1},"metadata":{"a":"I:11"},"error":{"message":"T:12",
      "type":"structural:e"}})");
}

TEST(AnthropicMessages, Request) {
  const PathTable table = shipped_kind("anthropic_messages").request;
  expect_named_classes(table, R"({"model":"structural:m","max_tokens":5,"stream":false,
    "system":[{"type":"text","text":"T:1","cache_control":{"type":"structural:ephemeral"}}],
    "messages":[{"role":"structural:user","content":"T:2"},
     {"role":"user","content":[
      {"type":"text","text":"T:3","citations":[{"type":"char_location","cited_text":"T:4",
      "document_title":"T:5","url":"U:6","start_char_index":1}]},
      {"type":"image","source":{"type":"base64","media_type":"structural:image/png","data":"B:7"}},
      {"type":"image","source":{"type":"url","url":"U:8"}},
      {"type":"image","source":{"type":"file","file_id":"R:9"}},
      {"type":"document","title":"T:10","context":"T:11","citations":{"enabled":true},"source":
      {"type":"text","media_type":"text/plain","data":"T:12"}},
      {"type":"document","source":{"data":"T:13","type":"base64"}},
      {"type":"document","source":{"type":"content","content":[{"type":"text","text":"T:14"},
      {"type":"image","source":{"type":"base64","data":"B:15"}}]}},
      {"type":"search_result","source":"T:16","title":"T:17","content":[{"type":"text",
      "text":"T:18"}]},
      {"type":"tool_use","id":"structural:t","name":"structural:n","input":{"L:k":["L:19",
      {"L:kk":"L:20"}]}},
      {"type":"tool_result","tool_use_id":"structural:t","content":[{"type":"text","text":"T:21"},
      {"type":"document","source":{"type":"text","data":"T:22"}}]},
      {"type":"tool_result","tool_use_id":"t","content":"T:23","is_error":true},
      {"type":"web_search_tool_result","content":[{"type":"web_search_result","title":"T:24",
      "url":"U:25","encrypted_content":"O:26"}]},
      {"type":"web_fetch_tool_result","content":{"type":"web_fetch_result","url":"U:27",
      "content":{"type":"document","title":"T:28","source":{"type":"text","data":"T:29"}}}},
      {"type":"bash_code_execution_tool_result","content":{"type":"r","stdout":"T:30",
      "stderr":"T:31","encrypted_stdout":"O:32","content":[{"file_id":"R:33"}]}},
      {"type":"text_editor_code_execution_tool_result","content":{"type":"v","content":"T:34",
      "lines":["T:35"]}},
      {"type":"mid_conv_system","content":[{"type":"text","text":"T:36"}]},
      {"type":"thinking","thinking":"O:37","signature":"O:38"},{"type":"redacted_thinking",
      "data":"O:39"},
      {"type":"compaction","content":"T:40","encrypted_content":"O:41"},
      {"type":"container_upload","file_id":"R:42"},
      {"type":"new","new":"unknown:43"}]}],
    "container":"R:44",
    "tools":[{"name":"structural:x","description":"T:45","input_schema":{"a":"L:46"},
      "input_examples":[{"b":"L:47"}]}],
    "mcp_servers":[{"url":"U:48","authorization_token":"S:49","name":"structural:s"}],
    "stop_sequences":["T:50"],"metadata":{"user_id":"I:51"},"inference_geo":"structural:us"})");
  expect_named_classes(table, R"({"system":"T:1","messages":[]})");
}

TEST(AnthropicMessages, Response) {
  const PathTable table = shipped_kind("anthropic_messages").response;
  expect_named_classes(
      table,
      R"({"id":"structural:i","type":"structural:message","content":[{"type":"text","text":"T:1"},
     {"type":"tool_use","input":{"k":"L:2"}},{"type":"thinking","thinking":"O:3",
      "signature":"O:4"}],
     "stop_reason":"structural:end_turn","stop_sequence":"T:5","usage":{"input_tokens":3,
      "service_tier":"structural:x"}})");
  expect_named_classes(table,
                       R"({"type":"error","error":{"type":"structural:e","message":"T:1"},
      "request_id":"structural:r"})");
}

// Servers that speak an API beside its vendor's own send it where the vendor does not.
TEST(ApiTables, EveryServerSentStreamMayEndWithDone) {
  constexpr std::string_view kDone = "[DONE]";
  const auto is_end = [](const ApiKind& kind, std::string_view data) {
    return kind.ends({reinterpret_cast<const uint8_t*>(data.data()), data.size()});
  };
  for (uint16_t i = 0; i < shipped_tables().kind_count(); ++i) {
    const ApiKind kind = shipped_tables().kind(i);
    if (!kind.stream.valid() || !kind.stream.takes(StreamFormat::Sse)) continue;
    EXPECT_TRUE(is_end(kind, kDone)) << kind.name;
    EXPECT_TRUE(is_end(kind, "[DONE] ")) << kind.name;
    EXPECT_FALSE(is_end(kind, "[DONE]x")) << kind.name;
    EXPECT_FALSE(is_end(kind, "[DONE")) << kind.name;
    EXPECT_FALSE(is_end(kind, "")) << kind.name;
  }
}

TEST(ApiTables, NamesAndIndexesAndRoles) {
  const ApiKind kind = shipped_kind("openai_chat");
  EXPECT_EQ(kind.done_data, "[DONE]");
  EXPECT_FALSE(shipped_kind("anthropic_messages").request.tables == nullptr);
  ApiKind none;
  EXPECT_FALSE(shipped_tables().find_kind("openai", none));
  JsonWalker walker;
  Walk w;
  walk(walker, kind.request,
       R"({"model":"m","stream":true,"messages":[{},{"content":[{"text":"a"},{"text":"b"}]}]})", 0,
       1, w);
  ASSERT_TRUE(w.ok);
  ASSERT_EQ(w.sink.leaves.size(), 4U);
  EXPECT_EQ(w.sink.leaves[0].leaf.role, LeafRole::Model);
  EXPECT_EQ(w.sink.leaves[1].leaf.role, LeafRole::Stream);
  EXPECT_EQ(w.sink.leaves[1].text, "true");
  EXPECT_EQ(w.sink.leaves[3].leaf.index_count, 2);
  EXPECT_EQ(w.sink.leaves[3].leaf.indexes[0], 1U);
  EXPECT_EQ(w.sink.leaves[3].leaf.indexes[1], 1U);
  EXPECT_EQ(shipped_tables().rule_path(w.sink.leaves[3].leaf.rule), "content_part:text");
  EXPECT_EQ(shipped_tables().rule_path(kNoRule), "");
}

TEST(ApiTables, MarksTheValueNotItsParts) {
  JsonWalker walker;
  Walk w;
  const std::string text =
      R"({"choices":[{"logprobs":{"content":[{"token":"a"}]}},{"logprobs":null}]})";
  walk(walker, shipped_kind("openai_chat").response, text, 0, 3, w);
  ASSERT_TRUE(w.ok);
  ASSERT_EQ(w.sink.marks.size(), 2U);
  EXPECT_EQ(
      text.substr(w.sink.marks[0].raw_start, w.sink.marks[0].raw_end - w.sink.marks[0].raw_start),
      R"({"content":[{"token":"a"}]})");
  EXPECT_EQ(
      text.substr(w.sink.marks[1].raw_start, w.sink.marks[1].raw_end - w.sink.marks[1].raw_start),
      "null");
}

TEST(ApiTables, EveryCutGivesTheSame) {
  const std::string text =
      R"({"messages":[{"content":[{"type":"document","source":{"type":"base64",
      "da\u0074a":"AAAA"}},{"source":{"data":"t","type":"base64"}}]}],"n\u00e9w":[1]})";
  JsonWalker walker;
  Walk whole;
  walk(walker, shipped_kind("anthropic_messages").request, text, 0, SIZE_MAX, whole);
  ASSERT_TRUE(whole.ok);
  for (size_t cut = 1; cut < text.size(); ++cut) {
    Walk w;
    walk(walker, shipped_kind("anthropic_messages").request, text, cut, 3, w);
    ASSERT_TRUE(w.ok);
    ASSERT_EQ(w.sink.leaves, whole.sink.leaves) << cut;
    ASSERT_TRUE(w.sink.contiguous);
  }
}

TEST(ApiTables, SameSourceSameBytes) {
  std::vector<controlplane::policy::NamedText> files = shipped_files();
  std::reverse(files.begin(), files.end());
  const auto again = controlplane::policy::compile_api_kind_files(files);
  EXPECT_EQ(again.bytes, shipped_section());
}

// Any damaged section is either refused or safe to walk.
TEST(ApiTables, DamagedSectionsAreRefusedOrHarmless) {
  std::mt19937 random(5);
  size_t refused = 0;
  JsonWalker walker;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<uint8_t> bytes = shipped_section();
    for (int i = 0; i < 1 + round % 3; ++i) {
      const size_t at = random() % (round % 2 == 0 ? 104 : bytes.size());
      bytes[at] = static_cast<uint8_t>(random());
    }
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    AlignedSection section(bytes);
    ApiTables tables;
    if (tables.load(section.bytes()) != ApiTables::LoadError::None) {
      ++refused;
      continue;
    }
    for (uint16_t k = 0; k < tables.kind_count(); ++k) {
      const ApiKind kind = tables.kind(k);
      Walk w;
      if (kind.request.valid())
        walk(walker, kind.request,
             R"({"messages":[{"content":[{"type":"text","text":"x"},{"source":{"type":"base64",
      "data":""}}]}]})",
             0, SIZE_MAX, w);
    }
  }
  EXPECT_GT(refused, 1'000U);
}

struct Compiled {
  explicit Compiled(const std::vector<controlplane::policy::NamedText>& files)
      : bytes(controlplane::policy::compile_api_kind_files(files).bytes), section(bytes) {
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(load_error_name(tables.load(section.bytes())), "none");
  }
  ApiKind kind(std::string_view name) const {
    ApiKind out;
    EXPECT_TRUE(tables.find_kind(name, out)) << name;
    return out;
  }
  std::vector<uint8_t> bytes;
  AlignedSection section;
  ApiTables tables;
};

TEST(ApiKindFile, SaysHowBodiesAreFramed) {
  const Compiled made({{"k.yaml",
                        "api_kind: k\nformat: 1\n"
                        "request: {bodies: [json, multipart], paths: {a: T}}\n"
                        "response: {paths: {a: T}}\n"
                        "stream: {bodies: [json_array, event_stream], paths: {a: T}}\n"},
                       {"get.yaml", "api_kind: get\nformat: 1\nresponse: {paths: {a: T}}\n"}});
  const ApiKind k = made.kind("k");
  EXPECT_TRUE(k.request.takes(BodyFormat::Json));
  EXPECT_TRUE(k.request.takes(BodyFormat::Multipart));
  EXPECT_FALSE(k.request.takes(BodyFormat::JsonLines));
  EXPECT_TRUE(k.response.takes(BodyFormat::Json));
  EXPECT_FALSE(k.response.takes(BodyFormat::Opaque));
  EXPECT_TRUE(k.stream.takes(StreamFormat::JsonArray));
  EXPECT_TRUE(k.stream.takes(StreamFormat::EventStream));
  EXPECT_FALSE(k.stream.takes(StreamFormat::Sse));
  EXPECT_FALSE(made.kind("get").request.takes(BodyFormat::Json));
  EXPECT_TRUE(shipped_kind("openai_chat").stream.takes(StreamFormat::Sse));
}

// One line of a batch file: what its body is, its `url` says.
TEST(ApiKindFile, AMessageOfAnotherKindStandsInsideThisOne) {
  const std::string batch = R"(
api_kind: batch
format: 1
fragments:
  line:
    by: url
    paths: {url: structural, custom_id: I}
    variants:
      /v1/chat/completions: {body: {use: openai_chat.request}}
      /v1/messages: {body: {use: anthropic_messages.request}}
request: {paths: {"lines[*]": {use: line}}}
response: {paths: {result.message: {use: anthropic_messages.response}}}
)";
  // `batch` is compiled behind the kinds it uses, and still stands where its name belongs.
  const Compiled made({{"a.yaml", batch},
                       shipped_file("openai_chat.yaml"),
                       shipped_file("anthropic_messages.yaml")});
  EXPECT_EQ(made.tables.kind(1).name, "batch");
  expect_named_classes(made.kind("batch").request, R"({"lines":[
    {"custom_id":"I:1","url":"/v1/chat/completions","body":{"model":"structural:m","messages":[
      {"role":"user","content":"T:2","tool_calls":[{"function":{"arguments":"J:3"}}]}]}},
    {"url":"/v1/messages","body":{"system":"T:4","metadata":{"user_id":"I:5"}}},
    {"url":"/v1/other","body":{"system":"unknown:6"}},
    {"body":{"system":"unknown:7"},"url":"/v1/messages"}]})");
  expect_named_classes(made.kind("batch").response,
                       R"({"result":{"message":{"content":[{"text":"T:1","thinking":"O:2"}]}}})");
}

TEST(ApiKindFile, KindsThatStandInsideEachOtherAreRefused) {
  const auto one = [](const std::string& name, const std::string& other) {
    return controlplane::policy::NamedText{
        name + ".yaml", "api_kind: " + name + "\nformat: 1\nresponse: {paths: {a: {use: " + other +
                            ".response}}}\n"};
  };
  const auto section = controlplane::policy::compile_api_kind_files({one("a", "b"), one("b", "a")});
  EXPECT_TRUE(section.bytes.empty());
  ASSERT_FALSE(section.problems.empty());
  EXPECT_NE(section.problems[0].what.find("builds on itself"), std::string::npos);
}

TEST(ApiKindFile, ProblemsSayWhere) {
  const auto problem = [](const std::string& yaml) {
    const auto section = controlplane::policy::compile_api_kind_files({{"k.yaml", yaml}});
    EXPECT_TRUE(section.bytes.empty());
    if (section.problems.empty()) return std::string("none");
    const auto& p = section.problems[0];
    return std::to_string(p.line) + ":" + std::to_string(p.column) + " " + p.what;
  };
  const std::string head = "api_kind: k\nformat: 1\nresponse: {paths: {a: T}}\n";
  EXPECT_EQ(problem(head + "request:\n  paths:\n    a: X\n").substr(0, 27),
            "6:8 'X' is none of: B, I, J");
  EXPECT_EQ(problem(head + "request:\n  pathes:\n    a: T\n"),
            "5:3 unknown key 'pathes'; it can have bodies, by, paths, variants");
  EXPECT_NE(problem(head + "request: {paths: {a: T, a: T}}\n").find("duplicate"),
            std::string::npos);
  EXPECT_EQ(problem(head + "request: {paths: {\"a.{b,b}\": T}}\n").substr(0, 31),
            "4:0 path 'a.b' is written twice");
  EXPECT_EQ(problem(head + "request: {paths: {a: {use: q}}}\n"), "4:0 no fragment named 'q'");
  EXPECT_EQ(problem(head + "request: {paths: {a: {class: T, speaker: model}}}\n"),
            "4:42 'model' is none of: assistant, system, tool, user");
  EXPECT_EQ(problem(head + "request: {paths: {a..b: T}}\n"), "4:0 bad path 'a..b'");
  EXPECT_EQ(problem("api_kind: k\nformat: 1\nrequest: {paths: {a: T}}\n"),
            "1:1 response is missing");
  EXPECT_EQ(problem(head + "request: {bodies: [sse], paths: {a: T}}\n").substr(0, 26),
            "4:20 'sse' is none of: jso");
  EXPECT_EQ(problem(head + "request: {bodies: [], paths: {a: T}}\n"),
            "4:19 a list is expected here");
  EXPECT_EQ(problem(head + "request: {paths: {a: {use: other.request}}}\n"),
            "4:0 no API kind named 'other'");
  EXPECT_EQ(problem(head + "request: {paths: {a: {use: k.response}}}\n"),
            "1:0 API kind 'k' builds on itself");
  EXPECT_NE(problem("").find("1:"), std::string::npos);
  EXPECT_NE(problem("a: [").find(":"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::llm
