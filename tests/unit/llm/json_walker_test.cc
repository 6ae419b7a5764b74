// The walker against a table of documents, against itself cut at every byte, and against
// nlohmann/json.
#include "dataplane/llm/json_walker.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "dataplane/base/cpu.h"
#include "tests/unit/llm/recording_sink.h"

namespace sallyport::llm {
namespace {

WalkError error_of(std::string_view text, const WalkerLimits& limits = {}) {
  JsonWalker walker(limits);
  Walk result;
  walk(walker, all_leaves(), text, 0, SIZE_MAX, result);
  EXPECT_EQ(result.ok, result.error == WalkError::None) << text;
  return result.error;
}

TEST(JsonWalker, SaysEachLeafWithItsText) {
  JsonWalker walker;
  Walk w;
  walk(walker, all_leaves(), R"( {"a":["x\n\u00e9\ud83d\ude00",-1.5e3,true,null],"b":{"c":"é"}} )",
       0, SIZE_MAX, w);
  ASSERT_TRUE(w.ok) << walk_error_name(w.error);
  ASSERT_EQ(w.sink.leaves.size(), 8U);
  EXPECT_TRUE(w.sink.contiguous);
  EXPECT_TRUE(w.sink.leaves[0].leaf.is_key);
  EXPECT_EQ(w.sink.leaves[0].text, "a");
  EXPECT_EQ(w.sink.leaves[1].text, "x\n\u00e9\U0001F600");
  EXPECT_EQ(w.sink.leaves[1].leaf.raw_start, 7U);
  EXPECT_EQ(w.sink.leaves[1].raw[1], (std::pair<uint64_t, uint64_t>(9, 11)));
  EXPECT_EQ(w.sink.leaves[1].raw[2], (std::pair<uint64_t, uint64_t>(11, 17)));
  EXPECT_EQ(w.sink.leaves[1].raw[4], (std::pair<uint64_t, uint64_t>(17, 29)));
  EXPECT_EQ(w.sink.leaves[1].raw_end, 29U);
  EXPECT_EQ(w.sink.leaves[2].text, "-1.5e3");
  EXPECT_EQ(w.sink.leaves[2].leaf.kind, LeafKind::Number);
  EXPECT_EQ(w.sink.leaves[2].leaf.indexes[0], 1U);
  EXPECT_EQ(w.sink.leaves[3].text, "true");
  EXPECT_EQ(w.sink.leaves[4].text, "null");
  EXPECT_EQ(w.sink.leaves[7].text, "é");
}

TEST(JsonWalker, NamesWhatItRefuses) {
  EXPECT_EQ(error_of(""), WalkError::Empty);
  EXPECT_EQ(error_of(" \n"), WalkError::Empty);
  EXPECT_EQ(error_of("{"), WalkError::Truncated);
  EXPECT_EQ(error_of("\"abc"), WalkError::Truncated);
  EXPECT_EQ(error_of("[1,"), WalkError::Truncated);
  EXPECT_EQ(error_of("1."), WalkError::Truncated);
  EXPECT_EQ(error_of("{} x"), WalkError::TrailingText);
  EXPECT_EQ(error_of("{}{}"), WalkError::TrailingText);
  EXPECT_EQ(error_of("\xEF\xBB\xBF{}"), WalkError::ByteOrderMark);
  EXPECT_EQ(error_of("[1,]"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("{\"a\":1,}"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("{a:1}"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("['a']"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("[1}"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("NaN"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("nul "), WalkError::BadLiteral);
  EXPECT_EQ(error_of("truE"), WalkError::BadLiteral);
  EXPECT_EQ(error_of("truex"), WalkError::TrailingText);
  EXPECT_EQ(error_of("[01]"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("[1.]"), WalkError::BadNumber);
  EXPECT_EQ(error_of("[-]"), WalkError::BadNumber);
  EXPECT_EQ(error_of("[1e]"), WalkError::BadNumber);
  EXPECT_EQ(error_of("[+1]"), WalkError::UnexpectedByte);
  EXPECT_EQ(error_of("[1" + std::string(2000, '0') + "]"), WalkError::NumberTooLong);
  EXPECT_EQ(error_of(R"("\x")"), WalkError::BadEscape);
  EXPECT_EQ(error_of(R"("\u12g4")"), WalkError::BadEscape);
  EXPECT_EQ(error_of(R"("\ud83d")"), WalkError::LoneSurrogate);
  EXPECT_EQ(error_of(R"("\ud83dx")"), WalkError::LoneSurrogate);
  EXPECT_EQ(error_of(R"("\ud83d\n")"), WalkError::LoneSurrogate);
  EXPECT_EQ(error_of(R"("\ud83d\u0041")"), WalkError::LoneSurrogate);
  EXPECT_EQ(error_of(R"("\ude00")"), WalkError::LoneSurrogate);
  EXPECT_EQ(error_of("\"a\tb\""), WalkError::ControlCharacter);
  EXPECT_EQ(error_of(std::string("\"a\0b\"", 5)), WalkError::ControlCharacter);
  EXPECT_EQ(error_of("\"\xC0\xAF\""), WalkError::BadUtf8);          // overlong
  EXPECT_EQ(error_of("\"\xED\xA0\x80\""), WalkError::BadUtf8);      // a surrogate
  EXPECT_EQ(error_of("\"\xF4\x90\x80\x80\""), WalkError::BadUtf8);  // above U+10FFFF
  EXPECT_EQ(error_of("\"\xE2\x82\""), WalkError::BadUtf8);
  EXPECT_EQ(error_of("\"\x80\""), WalkError::BadUtf8);
}

TEST(JsonWalker, RefusesDuplicateNamesAfterUnescaping) {
  EXPECT_EQ(error_of(R"({"a":1,"a":2})"), WalkError::DuplicateKey);
  EXPECT_EQ(error_of(R"({"a":1,"\u0061":2})"), WalkError::DuplicateKey);
  EXPECT_EQ(error_of(R"({"a":{"a":1},"b":{"a":1}})"), WalkError::None);
  EXPECT_EQ(error_of(R"([{"a":1},{"a":1}])"), WalkError::None);
  EXPECT_EQ(error_of(R"({"a":1,"b":{"x":1,"y":[{"a":1}]},"a":2})"), WalkError::DuplicateKey);
  EXPECT_EQ(error_of(R"({"":1,"":2})"), WalkError::DuplicateKey);
  const std::string long_name(300, 'k');
  EXPECT_EQ(error_of("{\"" + long_name + "\":1,\"" + long_name + "\":2}"), WalkError::DuplicateKey);
}

TEST(JsonWalker, LimitsAreLimits) {
  EXPECT_EQ(error_of("[[[]]]", {.depth_max = 3, .live_keys_max = 2}), WalkError::None);
  EXPECT_EQ(error_of("[[[[]]]]", {.depth_max = 3, .live_keys_max = 2}), WalkError::TooDeep);
  EXPECT_EQ(error_of(std::string(100'000, '[')), WalkError::TooDeep);
  EXPECT_EQ(error_of(R"({"a":1,"b":1})", {.depth_max = 3, .live_keys_max = 2}), WalkError::None);
  EXPECT_EQ(error_of(R"({"a":1,"b":1,"c":1})", {.depth_max = 3, .live_keys_max = 2}),
            WalkError::TooManyKeys);
  EXPECT_EQ(
      error_of(R"([{"a":1,"b":1},{"c":1,"d":2},{"a":1}])", {.depth_max = 3, .live_keys_max = 2}),
      WalkError::None);
  std::string many = "{";
  for (int i = 0; i < 100'000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(error_of(many), WalkError::TooManyKeys);
}

TEST(JsonWalker, ASinkCanStopIt) {
  JsonWalker walker;
  RecordingSink sink;
  sink.stop_after = 1;
  walker.begin(all_leaves(), sink);
  EXPECT_FALSE(walker.feed(bytes_of(R"(["a","b"])")));
  EXPECT_EQ(walker.error(), WalkError::StoppedBySink);
  EXPECT_FALSE(walker.feed(bytes_of("]")));
  EXPECT_FALSE(walker.end());
}

TEST(JsonWalker, BlankAndComplete) {
  JsonWalker walker;
  RecordingSink sink;
  walker.begin(all_leaves(), sink);
  EXPECT_TRUE(walker.blank());
  EXPECT_TRUE(walker.feed(bytes_of(" ")));
  EXPECT_TRUE(walker.blank());
  EXPECT_TRUE(walker.feed(bytes_of("{")));
  EXPECT_FALSE(walker.blank());
  EXPECT_FALSE(walker.complete());
  EXPECT_TRUE(walker.feed(bytes_of("}")));
  EXPECT_TRUE(walker.complete());
}

const std::vector<std::string>& documents() {
  static const std::vector<std::string> kDocuments = {
      R"({"model":"gpt-4o","messages":[{"role":"user","content":"Mail \"john@example.org\" )"
      R"(\ud83d\ude00 \u00e9\\n"}],"n":12,"x":[1,-0.5e+3,0,true,false,null]})",
      "[\"\\u0000\\b\\f\\n\\r\\t\\/\\\\\\\"\",\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 plain text of "
      "some length, to reach the wide loop\"]",
      R"({"\u0061b":{"a\nb":[[],{},[{}]]},"k":""})",
      "  42 ",
      "-0",
      "\"\"",
      "null",
      R"(["\ud83d\ude00\ud83d\ude00"])",
      R"({"a":1,"a":2})",
      R"(["\ud83d"])",
      "[1,2",
      "[\"\xED\xA0\x80\"]",
      R"([tru])",
      R"([1.e2])",
      "[1" + std::string(600, '0') + "]"};
  return kDocuments;
}

void expect_same(const Walk& whole, const Walk& cut, const std::string& what) {
  ASSERT_EQ(whole.ok, cut.ok) << what;
  ASSERT_EQ(whole.error, cut.error) << what;
  if (whole.ok) {
    ASSERT_EQ(whole.sink.leaves, cut.sink.leaves) << what;
    ASSERT_EQ(whole.sink.marks, cut.sink.marks) << what;
  }
  ASSERT_EQ(whole.offset, cut.offset) << what;
  ASSERT_TRUE(cut.sink.contiguous) << what;
}

TEST(JsonWalker, EveryCutGivesTheSame) {
  JsonWalker walker;
  for (const std::string& text : documents()) {
    Walk whole;
    walk(walker, all_leaves(), text, 0, SIZE_MAX, whole);
    for (size_t cut = 1; cut < text.size(); ++cut) {
      Walk w;
      walk(walker, all_leaves(), text, cut, SIZE_MAX, w);
      expect_same(whole, w, text + " cut at " + std::to_string(cut));
    }
    for (size_t piece : {1, 2, 3, 5}) {
      Walk w;
      walk(walker, all_leaves(), text, 0, piece, w);
      expect_same(whole, w, text + " in pieces of " + std::to_string(piece));
    }
  }
}

// The scalars in document order, by another parser.
void flatten(const nlohmann::ordered_json& value, std::vector<std::pair<std::string, bool>>& out) {
  if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      out.emplace_back(name, true);
      flatten(member, out);
    }
  } else if (value.is_array()) {
    for (const auto& element : value) flatten(element, out);
  } else if (value.is_string()) {
    out.emplace_back(value.get<std::string>(), false);
  } else {
    out.emplace_back(value.dump(), false);
  }
}

nlohmann::ordered_json random_value(std::mt19937& random, int depth) {
  static const std::vector<std::string> kTexts = {"",
                                                  "a",
                                                  "john@example.org",
                                                  "line\nbreak",
                                                  "\"q\\",
                                                  "\xC3\xA9",
                                                  "\xF0\x9F\x98\x80",
                                                  "\x01",
                                                  "4111 1111 1111 1111",
                                                  "type",
                                                  "text"};
  switch (random() % (depth > 4 ? 5 : 8)) {
    case 0:
      return static_cast<int>(random() % 100'000);
    case 1:
      return random() % 2 == 0;
    case 2:
      return nullptr;
    case 3:
    case 4:
      return kTexts[random() % kTexts.size()];
    case 5:
    case 6: {
      nlohmann::ordered_json object = nlohmann::ordered_json::object();
      for (auto i = random() % 5; i > 0; --i)
        object[kTexts[random() % kTexts.size()] + std::to_string(random() % 3)] =
            random_value(random, depth + 1);
      return object;
    }
    default: {
      nlohmann::ordered_json array = nlohmann::ordered_json::array();
      for (auto i = random() % 5; i > 0; --i) array.push_back(random_value(random, depth + 1));
      return array;
    }
  }
}

TEST(JsonWalker, AgreesWithAnotherParserOnRandomDocuments) {
  std::mt19937 random(20240611);
  JsonWalker walker;
  size_t valid = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string text =
        random_value(random, 0).dump(random() % 2 == 0 ? -1 : 1, ' ', random() % 2 == 0);
    if (random() % 2 == 0 && !text.empty()) {  // damage
      const size_t at = random() % text.size();
      static constexpr char kBytes[] = "\"\\{}[],:0e-.u \x80\x01t";
      if (random() % 2 == 0)
        text[at] = kBytes[random() % (sizeof(kBytes) - 1)];
      else
        text.erase(at, 1 + random() % 3);
    }
    Walk w;
    walk(walker, all_leaves(), text, 0, 1 + random() % 40, w);
    // The other parser keeps the last of two equal names: those we refuse and it does not are left
    // out.
    if (w.error == WalkError::DuplicateKey) continue;
    ASSERT_EQ(w.ok, nlohmann::ordered_json::accept(text))
        << text << " " << walk_error_name(w.error);
    if (!w.ok) continue;
    ++valid;
    std::vector<std::pair<std::string, bool>> expected;
    flatten(nlohmann::ordered_json::parse(text), expected);
    ASSERT_EQ(w.sink.leaves.size(), expected.size()) << text;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(w.sink.leaves[i].leaf.is_key, expected[i].second) << text;
      if (w.sink.leaves[i].leaf.kind == LeafKind::Number) continue;
      EXPECT_EQ(w.sink.leaves[i].text, expected[i].first) << text;
    }
  }
  EXPECT_GT(valid, 1'000U);
}

// Long values in every script, so that stretches are filled, cut and delivered; with a mistake now
// and then.
TEST(JsonWalker, EveryVectorLevelAndEveryPieceSizeSaysTheSame) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"plain text of a prompt, ",
                                           "\\n",
                                           "\\u00e9",
                                           "\\ud83d\\ude00",
                                           "\u4e2d\u6587\u5b57\u7b26\u3002",
                                           "\u0645\u0631\u062d\u0628\u0627 ",
                                           "caf\u00e9 ",
                                           "\\\"",
                                           "\U0001f600",
                                           "\\u4e2d\\u6587",
                                           std::string(100, 'x')};
  const std::vector<std::string> mistakes = {"\x80", "\xe4\xb8", "\x01", "\\x", "\\ud83d", "\\u12"};
  for (int round = 0; round < 60; ++round) {
    std::string text = "{\"a\":\"";
    for (uint64_t i = random() % 700; i > 0; --i) text += pieces[random() % pieces.size()];
    if (random() % 3 == 0) text += mistakes[random() % mistakes.size()];
    text += "\",\"b\":\"\\n\\n\\n\"}";
    const base::ForcedSimd portable(base::Simd::Portable);
    JsonWalker walker;
    Walk expected;
    walk(walker, all_leaves(), text, 0, 1, expected);  // the state machine alone
    for (const base::Simd simd : base::usable_simd()) {
      const base::ForcedSimd forced(simd);
      for (size_t piece : {size_t{SIZE_MAX}, size_t{1'460}, size_t{1 + random() % 200}}) {
        Walk w;
        walk(walker, all_leaves(), text, 0, piece, w);
        expect_same(expected, w,
                    std::string(base::simd_name(simd)) + " in " + std::to_string(piece) +
                        ", round " + std::to_string(round));
      }
    }
  }
}

// A row of escapes of one shape, and the longest list of pieces there can be.
TEST(JsonWalker, RowsAndManyPieces) {
  JsonWalker walker;
  for (const char* unit : {"\\u4e2d", "\\n", "\\ud83d\\ude00", "\\na", "\\na\\u00e9"}) {
    std::string text = "\"";
    for (int i = 0; i < 5'000; ++i) text += unit;
    text += '"';
    Walk bytewise;
    walk(walker, all_leaves(), text, 0, 1, bytewise);
    Walk whole;
    walk(walker, all_leaves(), text, 0, SIZE_MAX, whole);
    ASSERT_TRUE(whole.ok);
    expect_same(bytewise, whole, unit);
  }
}

}  // namespace
}  // namespace sallyport::llm
