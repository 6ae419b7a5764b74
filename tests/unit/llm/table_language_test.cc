// What a table can say beyond a path and a class: kinds that build on kinds, two spellings of a
// name, variants of a whole message, channels with few or odd numbers.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "dataplane/llm/stream_events.h"
#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

using controlplane::policy::compile_api_kind_files;

class Language : public testing::Test {
 protected:
  void compile(const std::vector<std::string>& files) {
    std::vector<controlplane::policy::NamedText> named;
    for (size_t i = 0; i < files.size(); ++i)
      named.push_back({"k" + std::to_string(i) + ".yaml", files[i]});
    const auto section = compile_api_kind_files(named);
    for (const auto& p : section.problems)
      ADD_FAILURE() << p.file << ":" << p.line << " " << p.what;
    section_ = std::make_unique<AlignedSection>(section.bytes);
    ASSERT_EQ(load_error_name(tables_.load(section_->bytes())), "none");
    ASSERT_GT(tables_.kind_count(), 0);
  }
  ApiKind kind(std::string_view name) {
    ApiKind found;
    EXPECT_TRUE(tables_.find_kind(name, found)) << name;
    return found;
  }
  // The class of the first leaf whose text is `value`.
  std::string class_of(const PathTable& table, const std::string& text, const std::string& value) {
    JsonWalker walker;
    Walk w;
    walk(walker, table, text, 0, SIZE_MAX, w);
    EXPECT_TRUE(w.ok) << text;
    for (const SeenLeaf& leaf : w.sink.leaves)
      if (leaf.text == value) return std::string(text_class_name(leaf.leaf.text_class));
    return "not seen";
  }
  const StreamEvent& read(std::string_view of, const std::string& data) {
    data_ = data;
    EXPECT_EQ(reader_.read(kind(of), bytes_of(data_), captures_), StreamEventReader::Result::Ok)
        << data;
    return reader_.event();
  }
  static std::string problem(const std::vector<std::string>& files) {
    std::vector<controlplane::policy::NamedText> named;
    for (const std::string& file : files) named.push_back({"k.yaml", file});
    const auto section = compile_api_kind_files(named);
    EXPECT_TRUE(section.bytes.empty());
    if (section.problems.empty()) return "none";
    return std::to_string(section.problems[0].line) + " " + section.problems[0].what;
  }

  std::unique_ptr<AlignedSection> section_;
  ApiTables tables_;
  StreamEventReader reader_;
  StreamCaptures captures_;
  std::string data_;
};

const std::string kBase =
    "api_kind: base\nformat: 1\n"
    "fragments: {part: {by: type, paths: {type: structural, data: T}, variants: {raw: {data: "
    "B}}}}\n"
    "request: {paths: {\"p.{a,b}\": T, \"parts[*]\": {use: part}}}\n"
    "response: {paths: {r: T}}\n"
    "stream: {channels: {c: {class: T, event_data: '{\"d\":${text}}'}},\n"
    "  paths: {d: {class: T, channel: c}}}\n";

TEST_F(Language, AKindThatExtendsAnotherKeepsWhatItDoesNotSay) {
  compile({kBase,
           "api_kind: more\nformat: 1\nextends: base\n"
           "fragments: {part: {paths: {extra: S}}}\n"
           "request: {paths: {p.a: O, q: I}}\n"});
  const ApiKind more = kind("more");
  EXPECT_EQ(class_of(more.request, R"({"p":{"a":"x"}})", "x"), "O");
  EXPECT_EQ(class_of(more.request, R"({"p":{"b":"x"}})", "x"), "T");
  EXPECT_EQ(class_of(more.request, R"({"q":"x"})", "x"), "I");
  EXPECT_EQ(class_of(more.request, R"({"parts":[{"type":"raw","data":"x"}]})", "x"), "B");
  EXPECT_EQ(class_of(more.request, R"({"parts":[{"extra":"x"}]})", "x"), "S");
  EXPECT_EQ(class_of(more.response, R"({"r":"x"})", "x"), "T");
  EXPECT_EQ(class_of(kind("base").request, R"({"q":"x"})", "x"), "unknown");
  EXPECT_EQ(read("more", R"({"d":"x"})").deltas.size(), 1U);
}

TEST_F(Language, AShapeOrFragmentOfAnotherKindIsGrafted) {
  compile({kBase,
           "api_kind: batch\nformat: 1\n"
           "request: {paths: {\"requests[*].body\": {use: \"base.request\"}, x: {use: "
           "\"base.part\"}}}\n"
           "response: {paths: {\"results[*]\": {use: \"base.response\"}}}\n"});
  const ApiKind batch = kind("batch");
  EXPECT_EQ(class_of(batch.request, R"({"requests":[{"body":{"p":{"a":"x"}}}]})", "x"), "T");
  EXPECT_EQ(class_of(batch.request,
                     R"({"requests":[{"body":{"parts":[{"type":"raw","data":"x"}]}}]})", "x"),
            "B");
  EXPECT_EQ(class_of(batch.request, R"({"x":{"type":"raw","data":"x"}})", "x"), "B");
  EXPECT_EQ(class_of(batch.response, R"({"results":[{"r":"x"}]})", "x"), "T");
}

TEST_F(Language, ATreeGoesOnAroundPathsThatAreWrittenOut) {
  compile(
      {"api_kind: k\nformat: 1\n"
       "response: {paths: {t: L, t.a.key: S, \"t.list[*].id\": O, plain.x.y: T}}\n"});
  const PathTable table = kind("k").response;
  EXPECT_EQ(class_of(table, R"({"t":{"a":{"key":"x"}}})", "x"), "S");
  EXPECT_EQ(class_of(table, R"({"t":{"a":{"other":"x"}}})", "x"), "L");
  EXPECT_EQ(class_of(table, R"({"t":{"a":"x"}})", "x"), "L");
  EXPECT_EQ(class_of(table, R"({"t":{"list":[{"id":"x"}]}})", "x"), "O");
  EXPECT_EQ(class_of(table, R"({"t":{"list":["x"]}})", "x"), "L");
  EXPECT_EQ(class_of(table, R"({"t":{"list":[{"more":["x"]}]}})", "x"), "L");
  EXPECT_EQ(class_of(table, R"({"plain":{"x":{"z":"x1"}}})", "x1"), "unknown");
}

TEST_F(Language, ProtoNamesHaveTwoSpellings) {
  compile(
      {"api_kind: k\nformat: 1\nproto_names: true\n"
       "response: {paths: {inlineData.mimeType: structural, inlineData.data: B, a.fooBar: T,\n"
       "  a.foo_bar: O}}\n"});
  const PathTable table = kind("k").response;
  EXPECT_EQ(class_of(table, R"({"inlineData":{"data":"x"}})", "x"), "B");
  EXPECT_EQ(class_of(table, R"({"inline_data":{"data":"x"}})", "x"), "B");
  EXPECT_EQ(class_of(table, R"({"inline_data":{"mime_type":"x"}})", "x"), "structural");
  EXPECT_EQ(class_of(table, R"({"a":{"foo_bar":"x"}})", "x"), "O");
  EXPECT_EQ(class_of(table, R"({"a":{"fooBar":"x"}})", "x"), "T");
}

const std::string kEvents =
    "api_kind: k\nformat: 1\nresponse: {paths: {a: T}}\n"
    "stream:\n"
    "  by: kind\n"
    "  channels:\n"
    "    text: {class: T, event_data: '{\"delta\":${text}}'}\n"
    "    arguments: {class: J, keys: outer, event_data: '{\"delta\":${text}}'}\n"
    "    only: {class: T, keys: one, event_data: '{\"delta\":${text}}'}\n"
    "    thought: {class: T, event_data: '{\"delta\":${text}}'}\n"
    "  paths:\n"
    "    kind: {class: structural, role: event_type, closes: {\"{done,end}\": inner}}\n"
    "    o: {class: structural, role: outer_index}\n"
    "    i: {class: structural, role: inner_index}\n"
    "    delta: T\n"
    "    more: {class: structural, closes: {\"false\": inner}}\n"
    "    part: {use: part}\n"
    "  variants:\n"
    "    \"{a,b}\": {delta: {class: T, channel: text}}\n"
    "    j: {delta: {class: J, channel: arguments}}\n"
    "    one: {delta: {class: T, channel: only}}\n"
    "fragments:\n"
    "  part:\n"
    "    by: thought\n"
    "    paths: {thought: structural, text: {class: T, channel: text}}\n"
    "    variants: {\"true\": {text: {class: T, channel: thought}}}\n";

TEST_F(Language, TheTypeOfAnEventCountsWhereverItStands) {
  compile({kEvents});
  for (const char* data :
       {R"({"kind":"b","delta":"x","o":2,"i":3})", R"({"delta":"x","i":3,"o":2,"kind":"b"})"}) {
    const StreamEvent& e = read("k", data);
    ASSERT_EQ(e.deltas.size(), 1U) << data;
    EXPECT_EQ(channel_name(kind("k"), e.deltas[0].key.channel), "text");
    EXPECT_EQ(e.deltas[0].key, (ChannelKey{e.deltas[0].key.channel, 2, 3}));
  }
  EXPECT_EQ(read("k", R"({"delta":"{","o":2,"i":3,"kind":"j"})").deltas[0].text_class,
            TextClass::J);
  EXPECT_TRUE(read("k", R"({"delta":"x","kind":"other"})").deltas.empty());
}

TEST_F(Language, AChannelHasAsManyNumbersAsItsTableSays) {
  compile({kEvents});
  EXPECT_EQ(read("k", R"({"kind":"j","delta":"","o":2,"i":3})").deltas[0].key.inner, 0U);
  const StreamEvent& e = read("k", R"({"kind":"one","delta":"","o":2,"i":3})");
  EXPECT_EQ(e.deltas[0].key.outer + e.deltas[0].key.inner, 0U);
  const uint32_t first = read("k", R"({"kind":"a","delta":"","i":"$.x"})").deltas[0].key.inner;
  EXPECT_NE(first, read("k", R"({"kind":"a","delta":"","i":"$.y"})").deltas[0].key.inner);
  EXPECT_EQ(first, read("k", R"({"kind":"a","delta":"","i":"$.x"})").deltas[0].key.inner);
}

TEST_F(Language, ALiteralTellsPartsApart) {
  compile({kEvents});
  const auto name = [&](const char* data) {
    const StreamEvent& e = read("k", data);
    return e.deltas.empty() ? std::string("none")
                            : std::string(channel_name(kind("k"), e.deltas[0].key.channel));
  };
  EXPECT_EQ(name(R"({"part":{"text":"x"}})"), "text");
  EXPECT_EQ(name(R"({"part":{"text":"x","thought":true}})"), "thought");
  EXPECT_EQ(name(R"({"part":{"thought":true,"text":"x"}})"), "thought");
  EXPECT_EQ(name(R"({"part":{"thought":false,"text":"x"}})"), "text");
}

TEST_F(Language, EventsCloseByMemberOrLiteral) {
  compile({kEvents});
  const StreamEvent& done = read("k", R"({"i":4,"o":1,"kind":"end"})");
  ASSERT_EQ(done.closes.size(), 1U);
  EXPECT_EQ(done.closes[0].scope, CloseScope::Inner);
  EXPECT_EQ(done.closes[0].outer, 1U);
  EXPECT_EQ(done.closes[0].inner, 4U);
  EXPECT_EQ(read("k", R"({"more":false})").closes.size(), 1U);
  EXPECT_TRUE(read("k", R"({"more":true})").closes.empty());
}

TEST_F(Language, WhatCannotBeIsAProblem) {
  const std::string head = "api_kind: k\nformat: 1\nresponse: {paths: {a: T}}\n";
  const auto request = [&](const std::string& paths) {
    return problem({head + "request: {paths: {t: T, i: structural, " + paths + "}}\n"});
  };
  EXPECT_EQ(problem({head + "extends: none\n"}), "1 no API kind named 'none'");
  EXPECT_EQ(problem({head + "extends: k\n"}), "1 API kind 'k' builds on itself");
  EXPECT_EQ(request("x: {use: \"none.request\"}"), "4 no API kind named 'none'");
  EXPECT_EQ(request("n: {class: T, closes: {\"*\": all}}"), "4 'closes' outside a stream");
  EXPECT_EQ(problem({head + "request: {by: x, paths: {a: T}}\n"}),
            "4 'request' is chosen by 'x', which has no path");
  EXPECT_EQ(problem({head + "request: {paths: {a: T}, variants: {v: {a: O}}}\n"}),
            "4 'request' has variants but no 'by'");
}

// An event that we make ourselves becomes a frame: its template must have the form of one.
TEST_F(Language, AFrameOfOursHasANameAndAPayload) {
  const auto framed = [&](const std::string& data) {
    return problem(
        {"api_kind: k\nformat: 1\nresponse: {paths: {a: T}}\nstream:\n  bodies: [event_stream]\n  "
         "channels:\n"
         "    t: {class: T, event_data: '" +
         data + "'}\n  paths: {a: {class: T, channel: t}}\n"});
  };
  for (const char* bad : {"${text}", "[${text}]", "{\"\":${text}}", "{\"a b\":${text}}",
                          "{\"name\" :${text}}", "{\"name\":${text}} "})
    EXPECT_NE(framed(bad).find("is {\"NAME\":PAYLOAD} in an event_stream"), std::string::npos)
        << bad << ": " << framed(bad);
}

}  // namespace
}  // namespace sallyport::llm
