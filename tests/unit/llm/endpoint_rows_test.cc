// Every row of endpoint_rows.txt against the shipped tables: a message is made in which exactly the
// row's path holds a known value, and the walker must give it the row's class.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_merge.h"
#include "dataplane/llm/stream_events.h"
#include "tests/unit/llm/recording_sink.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::llm {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kText[] = "the text of this row";
constexpr int kNumber = 8'642;

struct Row {
  int line = 0;
  std::string kind;
  std::string shape;
  std::string text_class;
  std::string path;
};

std::vector<Row> rows() {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  std::ifstream in(std::string(root == nullptr ? "." : root) + "/tests/unit/llm/endpoint_rows.txt");
  EXPECT_TRUE(in.good());
  std::vector<Row> out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Row row;
    row.line = number;
    words >> row.kind >> row.shape >> row.text_class;
    std::getline(words >> std::ws, row.path);
    EXPECT_FALSE(row.path.empty()) << "line " << number;
    std::vector<std::string> paths;
    EXPECT_TRUE(controlplane::policy::expand_braces(row.path, paths)) << "line " << number;
    for (const std::string& path : paths) {
      row.path = path;
      out.push_back(row);
    }
  }
  return out;
}

// How the message of a row is written.
struct Spelling {
  bool snake = false;      // names of members, not the values of types
  bool type_last = false;  // the discriminator stands behind what it decides about
};

std::string spelled(const std::string& name, const Spelling& spelling) {
  if (!spelling.snake) return name;
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') out += '_';
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

Json leaf_value(const std::string& text_class) {
  if (text_class == "N") return kNumber;
  return kText;
}

Json build(const std::string& path, const std::string& text_class, const Spelling& spelling);

// `name=value` and the rest of the object.
Json with_type(const std::string& type, const std::string& rest, const std::string& text_class,
               const Spelling& spelling) {
  const size_t equals = type.find('=');
  const std::string name = spelled(type.substr(0, equals), spelling);
  const std::string value = type.substr(equals + 1);
  Json object = Json::object();
  const Json typed = value == "true" ? Json(true) : Json(value);
  if (!spelling.type_last) object[name] = typed;
  object.update(build(rest, text_class, spelling));
  if (spelling.type_last) object[name] = typed;
  return object;
}

Json build(const std::string& path, const std::string& text_class, const Spelling& spelling) {
  if (path.empty()) return leaf_value(text_class);
  if (path[0] == '[') {
    const size_t close = path.find(']');
    const std::string type = path.substr(1, close - 1);
    std::string rest = path.substr(close + 1);
    if (rest.starts_with('.')) rest = rest.substr(1);
    if (type == "*") return Json::array({build(rest, text_class, spelling)});
    return Json::array({with_type(type, rest, text_class, spelling)});
  }
  if (path[0] == '(') {
    const size_t close = path.find(')');
    return with_type(path.substr(1, close - 1), path.substr(close + 2), text_class, spelling);
  }
  const size_t end = std::min(path.find_first_of(".[("), path.size());
  const std::string name = path.substr(0, end);
  std::string rest = path.substr(end);
  if (rest.starts_with('.')) rest = rest.substr(1);
  return Json{
      {name == "*" ? "any_name" : spelled(name, spelling), build(rest, text_class, spelling)}};
}

// What the value of a row was seen as; "strip" when the whole value around it was marked.
std::string seen_in_walk(const PathTable& table, const std::string& text, bool wants_mark) {
  JsonWalker walker;
  Walk w;
  walk(walker, table, text, 0, SIZE_MAX, w);
  if (!w.ok) return std::string(walk_error_name(w.error));
  if (wants_mark) return w.sink.marks.empty() ? "no mark" : "strip";
  for (const SeenLeaf& leaf : w.sink.leaves)
    if (leaf.text == kText || leaf.text == std::to_string(kNumber))
      return std::string(text_class_name(leaf.leaf.text_class));
  return "not seen";
}

std::string seen_in_event(const ApiKind& kind, const std::string& text, bool wants_mark) {
  StreamEventReader reader;
  StreamCaptures captures;
  if (reader.read(kind, bytes_of(text), captures) != StreamEventReader::Result::Ok)
    return "not an event";
  const StreamEvent& event = reader.event();
  if (wants_mark) return event.marks.empty() ? "no mark" : "strip";
  const auto is_it = [&](uint64_t start, uint64_t end) {
    const std::string found = text.substr(start, end - start);
    return found == kText || found == std::to_string(kNumber);
  };
  for (const StreamDelta& delta : event.deltas)
    if (is_it(delta.raw_start, delta.raw_end))
      return std::string(text_class_name(delta.text_class));
  for (const StreamLeaf& leaf : event.leaves)
    if (!leaf.leaf.is_key && is_it(leaf.raw_start, leaf.raw_end))
      return std::string(text_class_name(leaf.leaf.text_class));
  return "not seen";
}

void expect_row(const Row& row, const Spelling& spelling) {
  const ApiKind kind = shipped_kind(row.kind);
  const bool wants_mark = row.text_class == "strip";
  const std::string text = build(row.path, row.text_class, spelling).dump();
  std::string seen;
  if (row.shape == "stream") {
    ASSERT_TRUE(kind.stream.valid()) << "line " << row.line;
    seen = seen_in_event(kind, text, wants_mark);
  } else {
    const PathTable& table = row.shape == "request" ? kind.request : kind.response;
    ASSERT_TRUE(table.valid()) << "line " << row.line;
    seen = seen_in_walk(table, text, wants_mark);
  }
  EXPECT_EQ(seen, row.text_class) << "line " << row.line << ": " << row.path << "\n" << text;
}

TEST(EndpointRows, EveryPathHasTheClassOfItsRow) {
  const std::vector<Row> all = rows();
  ASSERT_GT(all.size(), 400U);
  for (const Row& row : all) expect_row(row, Spelling{});
}

TEST(EndpointRows, ProtoNamesAreTheSameInSnakeCase) {
  size_t count = 0;
  for (const Row& row : rows()) {
    if (!row.kind.starts_with("gemini")) continue;
    expect_row(row, Spelling{.snake = true});
    ++count;
  }
  EXPECT_GT(count, 50U);
}

// Some servers write the members of an event in the order of the alphabet.
TEST(EndpointRows, AnEventIsTheSameWithItsTypeLast) {
  size_t count = 0;
  for (const Row& row : rows()) {
    if (row.shape != "stream" || row.path.find('=') == std::string::npos) continue;
    expect_row(row, Spelling{.type_last = true});
    ++count;
  }
  EXPECT_GT(count, 60U);
}

// A kind without a row would be one whose table nobody compared with the vendor's.
TEST(EndpointRows, EveryKindHasRows) {
  std::string named;
  for (const Row& row : rows()) named += " " + row.kind + " ";
  for (uint16_t i = 0; i < shipped_tables().kind_count(); ++i) {
    const std::string name(shipped_tables().kind(i).name);
    if (name == "any_json") continue;  // describes nothing on purpose
    EXPECT_NE(named.find(" " + name + " "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace sallyport::llm
