// Whose words a text is: what the tables say, what a sibling says, before and behind the text.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

// The texts of class T, J, L or unknown, each with its speaker, whatever the cuts.
std::map<std::string, Speaker> speakers(const PathTable& table, std::string_view text) {
  std::map<std::string, Speaker> out;
  for (const size_t piece : {size_t{1}, size_t{7}, text.size()}) {
    JsonWalker walker;
    Walk w;
    walk(walker, table, text, 0, piece, w);
    EXPECT_TRUE(w.ok) << walk_error_name(w.error) << " at " << w.offset << " in " << text;
    std::map<std::string, Speaker> seen;
    for (const SeenLeaf& leaf : w.sink.leaves) seen[leaf.text] = leaf.leaf.speaker;
    if (out.empty()) out = seen;
    EXPECT_EQ(out, seen) << piece;
  }
  return out;
}

TEST(Speaker, IsTheRoleOfTheMessage) {
  const auto said = speakers(shipped_kind("openai_chat").request, R"({"messages":[
      {"role":"system","content":"one"},
      {"role":"developer","content":[{"type":"text","text":"two"}]},
      {"role":"user","content":"three"},{"role":"Assistant","content":"four",
       "tool_calls":[{"function":{"name":"f","arguments":"five"}}]},
      {"role":"tool","content":"six"},{"role":"function","content":"seven"},
      {"role":"somebody","content":"eight"},{"role":"s\u0079stem","content":"nine"},
      {"role":"a role that is far longer than any name which a table of a vendor may know at all",
       "content":"ten"}],
      "tools":[{"function":{"description":"eleven"}}],"stop":"twelve"})");
  EXPECT_EQ(said.at("one"), Speaker::System);
  EXPECT_EQ(said.at("two"), Speaker::System);
  EXPECT_EQ(said.at("three"), Speaker::User);
  EXPECT_EQ(said.at("four"), Speaker::Assistant);
  EXPECT_EQ(said.at("five"), Speaker::Assistant);
  EXPECT_EQ(said.at("six"), Speaker::Tool);
  EXPECT_EQ(said.at("seven"), Speaker::Tool);
  EXPECT_EQ(said.at("eight"), Speaker::User);
  EXPECT_EQ(said.at("nine"), Speaker::System);
  EXPECT_EQ(said.at("ten"), Speaker::User);
  EXPECT_EQ(said.at("eleven"), Speaker::Unsaid);
  EXPECT_EQ(said.at("twelve"), Speaker::Unsaid);
}

TEST(Speaker, OfATextBeforeTheRoleIsUndecided) {
  const auto said = speakers(shipped_kind("openai_chat").request, R"({"messages":[
      {"content":"before","role":"assistant","refusal":"behind"},
      {"content":[{"type":"text","text":"deep"}]},{"role":7,"content":"number"}]})");
  EXPECT_EQ(said.at("before"), Speaker::Undecided);
  EXPECT_EQ(said.at("behind"), Speaker::Assistant);
  EXPECT_EQ(said.at("deep"), Speaker::Undecided);
  EXPECT_EQ(said.at("number"), Speaker::Undecided);
}

TEST(Speaker, OfAnthropicPromptsAndToolResults) {
  const auto said = speakers(shipped_kind("anthropic_messages").request, R"({"system":"one",
      "messages":[{"role":"user","content":[{"type":"text","text":"three"},
        {"type":"tool_result","tool_use_id":"t","content":"four"},
        {"type":"tool_result","content":[{"type":"text","text":"five"}]},
        {"type":"document","source":{"type":"text","data":"six"}}]},
        {"role":"assistant","content":[{"type":"tool_use","id":"t","input":{"q":"seven"}}]}]})");
  EXPECT_EQ(said.at("one"), Speaker::System);
  EXPECT_EQ(said.at("three"), Speaker::User);
  EXPECT_EQ(said.at("four"), Speaker::Tool);
  EXPECT_EQ(said.at("five"), Speaker::Tool);
  EXPECT_EQ(said.at("six"), Speaker::User);
  EXPECT_EQ(said.at("seven"), Speaker::Assistant);
  const auto blocks = speakers(shipped_kind("anthropic_messages").request,
                               R"({"system":[{"type":"text","text":"two"}]})");
  EXPECT_EQ(blocks.at("two"), Speaker::System);
}

// One request of every kind of conversation: whose words are its texts?
TEST(Speaker, OfEveryKindOfConversation) {
  struct Case {
    const char* kind;
    const char* request;
    const char* wanted;  // first letters of the speakers of the texts a, b, c ...
  };
  const Case cases[] = {
      {"azure_chat", R"({"messages":[{"role":"system","content":"a"},{"role":"user","content":"b"},
          {"role":"tool","content":"c"}]})",
       "sut"},
      {"mistral_chat", R"({"messages":[{"role":"system","content":"a"},
          {"role":"user","content":[{"type":"text","text":"b"}]},
          {"role":"tool","content":"c"},{"role":"assistant","content":"d"}]})",
       "suta"},
      {"cohere_chat", R"({"messages":[{"role":"system","content":"a"},
          {"role":"user","content":"b"},{"role":"tool","content":[{"type":"text","text":"c"}]}]})",
       "sut"},
      {"cohere_chat_v1", R"({"preamble":"a","message":"b","chat_history":[
          {"role":"CHATBOT","message":"c"},{"role":"TOOL","tool_results":[{"outputs":[{"x":"d"}]}]},
          {"role":"SYSTEM","message":"e"}]})",
       "s-ats"},
      {"gemini_generate", R"({"systemInstruction":{"role":"user","parts":[{"text":"a"}]},
          "contents":[{"role":"user","parts":[{"text":"b"}]},
          {"role":"model","parts":[{"text":"c"}]},
          {"role":"user","parts":[{"functionResponse":{"response":{"x":"d"}}}]}]})",
       "suat"},
      {"bedrock_converse", R"({"system":[{"text":"a"}],"messages":[
          {"role":"user","content":[{"text":"b"},{"toolResult":{"content":[{"text":"c"}]}}]},
          {"role":"assistant","content":[{"text":"d"}]}]})",
       "suta"},
      {"openai_responses", R"({"instructions":"a","input":[
          {"type":"message","role":"developer","content":"b"},
          {"role":"user","content":[{"type":"input_text","text":"c"}]},
          {"type":"function_call","name":"fn","arguments":"d"},
          {"type":"function_call_output","output":"e"}]})",
       "ssuat"},
      {"mistral_conversations", R"({"instructions":"a","inputs":[{"role":"user","content":"b"},
          {"type":"function.result","result":"c"}]})",
       "sut"},
      {"openai_assistants", R"({"instructions":"a","thread":{"messages":[
          {"role":"assistant","content":"b"},{"role":"user","content":"c"}]}})",
       "sau"}};
  constexpr std::string_view kLetters = "-usat?";  // by Speaker
  for (const Case& one : cases) {
    const auto said = speakers(shipped_kind(one.kind).request, one.request);
    std::string is;
    for (char text = 'a'; said.contains(std::string(1, text)); ++text)
      is += kLetters[static_cast<size_t>(said.at(std::string(1, text)))];
    EXPECT_EQ(is, one.wanted) << one.kind;
  }
}

TEST(Speaker, OfAVariantIsWhatItsPathsSay) {
  const auto section = controlplane::policy::compile_api_kind_files({{"k.yaml", R"(
api_kind: k
format: 1
fragments:
  item:
    by: type
    paths: {type: structural, output: T, text: T}
    variants: {result: {output: {class: T, speaker: tool}}}
request: {paths: {"input[*]": {use: item}}}
response: {paths: {text: T}}
)"}});
  ASSERT_TRUE(section.problems.empty());
  AlignedSection bytes(section.bytes);
  ApiTables tables;
  ASSERT_EQ(tables.load(bytes.bytes()), ApiTables::LoadError::None);
  const auto said = speakers(tables.kind(0).request, R"({"input":[
      {"type":"result","output":"one","text":"two"},{"type":"other","output":"three"}]})");
  EXPECT_EQ(said.at("one"), Speaker::Tool);
  EXPECT_EQ(said.at("two"), Speaker::Unsaid);
  EXPECT_EQ(said.at("three"), Speaker::Unsaid);
}

}  // namespace
}  // namespace sallyport::llm
