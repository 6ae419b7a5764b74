// What is not edited leaves as it came, to the byte: bodies of every shipped kind with odd white
// space, orders, escapes and number forms, and every text of the corpus beside the project, where
// it is there. With edits the body stays JSON, and each of its strings is the old one but for them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/llm/json_cases.h"
#include "tests/unit/rewrite/probe_kind.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

// Writes a JSON value as strangely as the grammar allows.
class OddWriter {
 public:
  explicit OddWriter(uint32_t seed) : random_(seed) {}

  std::string write(const Json& value) {
    out_.clear();
    put(value);
    space();
    return out_;
  }
  uint32_t pick(uint32_t below) { return static_cast<uint32_t>(random_() % below); }

 private:
  void space() {
    static constexpr const char* kSpaces[] = {"", "", "", " ", "\t", "\r\n", "\n    "};
    out_ += kSpaces[pick(7)];
  }
  void put(const Json& value) {
    space();
    if (value.is_object() || value.is_array()) {
      const bool is_object = value.is_object();
      std::vector<std::string> names;
      for (const auto& member : value.items()) names.push_back(member.key());
      if (is_object) std::shuffle(names.begin(), names.end(), random_);
      out_ += is_object ? '{' : '[';
      for (size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out_ += ',';
        if (is_object) {
          space();
          text(names[i], false);
          space();
          out_ += ':';
        }
        put(is_object ? value[names[i]] : value[i]);
        space();
      }
      space();
      out_ += is_object ? '}' : ']';
    } else if (value.is_string()) {
      text(value.get<std::string>(), true);
    } else if (value.is_number_integer() && value == 0) {
      static constexpr const char* kZeros[] = {"0", "-0", "0.0", "0e5", "0E-0", "-0.000"};
      out_ += kZeros[pick(6)];
    } else {
      out_ += value.dump();
    }
  }
  void text(const std::string& s, bool odd) {
    out_ += '"';
    for (size_t at = 0; at < s.size();) {
      size_t size = 1;
      while (at + size < s.size() && (s[at + size] & 0xc0) == 0x80) ++size;
      const std::string character = s.substr(at, size);
      std::string plain = Json(character).dump();  // with what must be escaped
      std::string ascii = Json(character).dump(-1, ' ', true);
      if (character == "/" && odd && pick(2) != 0)
        out_ += "\\/";
      else if (odd && size == 1 && pick(12) == 0)
        out_ += unicode(static_cast<unsigned char>(s[at]));
      else
        out_ += odd && pick(3) == 0 ? ascii.substr(1, ascii.size() - 2)
                                    : plain.substr(1, plain.size() - 2);
      at += size;
    }
    out_ += '"';
  }
  std::string unicode(unsigned char c) {
    static constexpr char kLower[] = "0123456789abcdef";
    static constexpr char kUpper[] = "0123456789ABCDEF";
    const char* digits = pick(2) != 0 ? kLower : kUpper;
    return std::string("\\u00") + digits[c >> 4] + digits[c & 15];
  }

  std::mt19937 random_;
  std::string out_;
};

class Preservation : public testing::Test {
 protected:
  void SetUp() override { world_.tokens.clear(); }

  struct Result {
    bool accepted = false;
    bool found = false;  // any value or token
    std::vector<SaidEdit> edits;
  };
  Result run(Direction direction, const llm::PathTable& table, const std::string& body) {
    RewriteScope scope = world_.scope(direction);
    OffsetBook request_texts;
    scope.request_texts = &request_texts;
    json_.begin(scope, table);
    Result result;
    result.accepted = true;
    for (size_t at = 0; at < body.size() && result.accepted;) {
      const size_t size = std::min<size_t>(body.size() - at, 1 + random_() % 200);
      result.accepted = json_.feed(bytes_of(body).subspan(at, size));
      at += size;
    }
    result.accepted = result.accepted && json_.end();
    if (!result.accepted) return result;
    for (const TextEdit& e : json_.edits().edits()) {
      const auto value = json_.edits().replacement(e);
      result.edits.push_back({e.start, e.end, std::string(value.begin(), value.end())});
    }
    for (const auto& actions : scope.tally.detections)
      for (const uint32_t count : actions) result.found |= count > 0;
    for (const uint32_t count : scope.tally.restored) result.found |= count > 0;
    result.found |= scope.tally.foreign_tokens > 0;
    return result;
  }

  World& world_ = World::get();
  JsonRewriter json_{kJsonNestingMax};
  std::mt19937 random_{23};
};

Json random_value(std::mt19937& random, int depth) {
  static const std::vector<Json> kScalars = {"",
                                             "plain words",
                                             "caf\xc3\xa9 / \xf0\x9f\x98\x80",
                                             "line\nbreak\t\"quoted\" \\ back",
                                             "{\"a\": [1, 2]}",
                                             "[not json",
                                             0,
                                             1,
                                             -12,
                                             1.5,
                                             1e30,
                                             true,
                                             false,
                                             nullptr,
                                             "a@b",
                                             "4111 11"};
  if (depth == 0 || random() % 3 == 0) return kScalars[random() % kScalars.size()];
  if (random() % 2 == 0) {
    Json list = Json::array();
    for (size_t n = random() % 4; n > 0; --n) list.push_back(random_value(random, depth - 1));
    return list;
  }
  static constexpr const char* kNames[] = {
      "role",    "content", "text",  "type",     "messages", "arguments",  "start_index", "source",
      "choices", "delta",   "index", "logprobs", "data",     "tool_calls", "annotations", "new"};
  Json object = Json::object();
  for (size_t n = random() % 5; n > 0; --n)
    object[kNames[random() % 16]] = random_value(random, depth - 1);
  return object;
}

TEST_F(Preservation, ABodyInWhichNothingIsFoundIsNotEdited) {
  const llm::ApiTables& tables = llm::shipped_tables();
  size_t bodies = 0;
  for (uint32_t round = 0; round < 400 / kThinning; ++round) {
    Json value = Json::object();
    for (const char* name : {"messages", "choices", "content", "system", "tools", "error"})
      if (random_() % 2 == 0) value[name] = random_value(random_, 5);
    const std::string body = OddWriter(round).write(value);
    ASSERT_EQ(Json::parse(body), value);
    for (uint16_t k = 0; k < tables.kind_count(); ++k) {
      const llm::ApiKind kind = tables.kind(k);
      for (const bool is_request : {true, false}) {
        const llm::PathTable& table = is_request ? kind.request : kind.response;
        if (!table.valid()) continue;
        const Result result =
            run(is_request ? Direction::Request : Direction::Response, table, body);
        ASSERT_TRUE(result.accepted) << kind.name << ' ' << body;
        ASSERT_TRUE(result.found || result.edits.empty()) << kind.name << ' ' << body;
        bodies += result.found ? 0 : 1;
      }
    }
  }
  EXPECT_GT(bodies, 1'000U);
}

// Strings that hold values: the tree that comes out is the tree that went in with those values
// replaced, whatever the escapes were.
TEST_F(Preservation, WithEditsEveryStringIsTheOldOneButForTheValues) {
  const llm::ApiKind kind = llm::shipped_kind("openai_chat");
  for (uint32_t round = 0; round < 400; ++round) {
    OddWriter writer(round);
    Json body = {{"model", "m"}, {"messages", Json::array()}, {"zero", 0}};
    Json expected = body;
    for (uint32_t n = 1 + writer.pick(4); n > 0; --n) {
      std::string was;
      std::string is;
      for (uint32_t p = writer.pick(6); p > 0; --p) {
        static constexpr const char* kWords[] = {"caf\xc3\xa9 ", "a/b ", "\xf0\x9f\x98\x80 ",
                                                 "\"x\"\n", "\\ "};
        const std::string word = kWords[writer.pick(5)];
        was += word;
        is += word;
        if (writer.pick(2) != 0) continue;
        const std::string value = "u" + std::to_string(writer.pick(30)) + "@example.org";
        was += value + " ";
        is += world_.token(World::Email, value) + " ";
      }
      body["messages"].push_back({{"role", "user"}, {"content", was}});
      expected["messages"].push_back({{"role", "user"}, {"content", is}});
    }
    const std::string text = writer.write(body);
    const Result result = run(Direction::Request, kind.request, text);
    ASSERT_TRUE(result.accepted);
    const std::string out = edited(text, result.edits);
    ASSERT_TRUE(Json::accept(out)) << out;
    ASSERT_EQ(Json::parse(out), expected) << text;
    world_.tokens.clear();
  }
}

// As a body and as the arguments of a tool call, at every cut: what is JSON is read, what is not is
// refused or one plain text, and neither is changed.
TEST_F(Preservation, EveryTextOfTheConformanceSetStaysAsItIs) {
  const llm::PathTable table = probe_kind().request;
  for (const llm::JsonCase& c : llm::json_cases()) {
    const bool is_json = c.verdict.starts_with("ok");
    const Result body = run(Direction::Request, table, c.text);
    ASSERT_EQ(body.accepted, is_json) << "line " << c.line;
    ASSERT_TRUE(body.edits.empty()) << "line " << c.line;
    // Arguments are the decoded content of a string: always well-formed UTF-8.
    if (c.verdict == "json_bad_utf8") continue;
    try {
      (void)Json(c.text).dump();
    } catch (const Json::exception&) {
      continue;  // no UTF-8
    }
    const Cuts cuts = c.text.size() < 200 ? every_byte(c.text.size()) : Cuts{};
    const Said said = world_.arguments_edits(Direction::Request, c.text, cuts);
    ASSERT_TRUE(said.accepted && !said.broken) << "line " << c.line;
    ASSERT_TRUE(said.edits.empty()) << "line " << c.line << ' ' << said;
  }
}

TEST_F(Preservation, EveryTextOfTheCorpusBesideTheProject) {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  const std::filesystem::path folder =
      std::filesystem::path(root == nullptr ? "." : root) / ".." / "shared" / "corpus";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder;
  const llm::ApiKind kind = llm::shipped_kind("openai_chat");
  TextRewriter text_rewriter;
  size_t unchanged = 0;
  size_t changed = 0;
  size_t lines = 0;
  uint32_t seed = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".jsonl") continue;
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      if (++lines % kThinning != 0) continue;
      // The line itself is a body too: unknown members, numbers, text in place.
      const Result whole = run(Direction::Request, kind.request, line);
      ASSERT_TRUE(whole.accepted) << line;
      ASSERT_TRUE(whole.found || whole.edits.empty()) << line;
      world_.tokens.clear();
      const Json record = Json::parse(line);
      if (!record.contains("text") || !record["text"].is_string()) continue;
      const Json body = {{"messages", {{{"role", "user"}, {"content", record["text"]}}}}};
      const std::string text = OddWriter(++seed).write(body);
      const Result result = run(Direction::Request, kind.request, text);
      ASSERT_TRUE(result.accepted) << text;
      if (!result.found) {
        ASSERT_TRUE(result.edits.empty()) << text;
        ++unchanged;
        continue;
      }
      // The same text without JSON around it says what the string must be.
      world_.tokens.clear();
      const Said said = world_.text_edits(Direction::Request, record["text"].get<std::string>());
      Json expected = body;
      expected["messages"][0]["content"] = edited(record["text"].get<std::string>(), said.edits);
      const std::string out = edited(text, result.edits);
      ASSERT_TRUE(Json::accept(out)) << out;
      ASSERT_EQ(Json::parse(out), expected) << text;
      ++changed;
      world_.tokens.clear();
    }
  }
  EXPECT_GT(unchanged, 100U);
  EXPECT_GT(changed, 100U);
}

}  // namespace
}  // namespace sallyport::rewrite
