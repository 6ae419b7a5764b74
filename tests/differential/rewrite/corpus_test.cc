// The detection corpus, where it stands beside the source tree: its texts cut everywhere, and as
// the content of a message the same as on their own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/differential/rewrite/generator.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

std::string base64(const std::string& in) {
  static const std::string kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0, have = 0;
  for (char c : in) {
    const size_t value = kDigits.find(c);
    if (value == std::string::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(value);
    if ((have += 6) < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

std::vector<std::string> corpus() {
  const char* root = std::getenv("SALLYPORT_SOURCE_DIR");
  const auto folder =
      std::filesystem::path(root == nullptr ? "." : root) / ".." / "shared" / "corpus";
  std::vector<std::string> out;
  std::error_code ignored;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const Json record = Json::parse(line);
      out.push_back(record.contains("text_b64") ? base64(record["text_b64"].get<std::string>())
                                                : record["text"].get<std::string>());
    }
  }
  return out;
}

class Corpus : public testing::Test {
 protected:
  void SetUp() override {
    texts = corpus();
    if (texts.empty()) GTEST_SKIP() << "no corpus beside the source tree";
    step = std::max<size_t>(1, texts.size() / rounds(1'500));
  }
  Said fresh(const std::string& text, const rewrite::Cuts& cuts) {
    world.tokens.clear();
    const Said said = world.text_edits(Direction::Request, text, cuts);
    EXPECT_FALSE(said.broken);
    return said;
  }
  std::vector<std::string> texts;
  size_t step = 1;
  World& world = World::get();
};

TEST_F(Corpus, CutAnywhereTheEditsAreTheSame) {
  size_t edits = 0;
  for (size_t i = 0; i < texts.size(); i += step) {
    const std::string& text = texts[i];
    const Said whole = fresh(text, {});
    edits += whole.edits.size();
    ASSERT_EQ(fresh(text, every_byte(text.size())), whole) << text;
    ASSERT_EQ(fresh(text, every_few_bytes(text.size(), 7)), whole) << text;
    Generator generator(static_cast<uint32_t>(i));
    for (int k = 0; k < 3; ++k)
      ASSERT_EQ(fresh(text, generator.cuts(text.size(), 2)), whole) << text;
    const bool every = i / step % 8 == 0 && text.size() < 400;
    for (size_t cut = 0; every && cut <= text.size(); ++cut)
      ASSERT_EQ(fresh(text, {cut}), whole) << text;
  }
  EXPECT_GT(edits, 20U);
}

TEST_F(Corpus, AsTheContentOfAMessageItIsTheSameText) {
  const llm::ApiKind kind = llm::shipped_kind("openai_chat");
  for (size_t i = 0; i < texts.size(); i += step) {
    const std::string& text = texts[i];
    const std::string alone = edited(text, fresh(text, {}).edits);
    for (const bool ascii : {false, true}) {
      const std::string body =
          Json{{"model", "m"}, {"messages", {{{"role", "user"}, {"content", text}}}}}.dump(-1, ' ',
                                                                                           ascii);
      world.tokens.clear();
      const Said said = world.json_edits(Direction::Request, kind.request, body, {body.size() / 2});
      const Json out = Json::parse(edited(body, said.edits));
      ASSERT_EQ(out["messages"][0]["content"], alone) << body;
    }
  }
}

}  // namespace
}  // namespace sallyport::rewrite
