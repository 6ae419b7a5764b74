// What was read before and is clean is known by every byte of it and of what stands before it, and
// by nothing else; what something was found in is read each time.
#include "dataplane/rewrite/text/clean_texts.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

TEST(CleanTexts, EveryByteCounts) {
  CleanTexts texts;
  const std::string text = "status: active, and nothing else";
  texts.add(bytes_of(text), 8);
  EXPECT_TRUE(texts.has(bytes_of(text), 8));
  EXPECT_FALSE(texts.has(bytes_of(text), 0)) << "it stood behind something";
  for (size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] ^= 1;
    EXPECT_FALSE(texts.has(bytes_of(other), 8)) << i;
    EXPECT_FALSE(texts.has(bytes_of(text.substr(0, i)), 8)) << i;
  }
  EXPECT_FALSE(texts.has(bytes_of(text + " "), 8));
  EXPECT_FALSE(texts.has(bytes_of(text), 8, ReadAs::Field));
  texts.add(bytes_of(text), 8, ReadAs::Field);
  EXPECT_TRUE(texts.has(bytes_of(text), 8, ReadAs::Field));
  texts.clear();
  EXPECT_FALSE(texts.has(bytes_of(text), 8));
}

TEST(CleanTexts, LongTextsAreNotKept) {
  CleanTexts texts;
  for (const size_t size : {size_t{1}, CleanTexts::kBytesMax, CleanTexts::kBytesMax + 1}) {
    const std::string text(size, 'a');
    texts.add(bytes_of(text), 0);
    EXPECT_EQ(texts.has(bytes_of(text), 0), size <= CleanTexts::kBytesMax);
  }
  texts.add({}, 0);
  EXPECT_FALSE(texts.has({}, 0));
}

// Newer ones push out older ones, and what was pushed out is unknown.
TEST(CleanTexts, ThereIsRoomForSomeOnly) {
  CleanTexts texts;
  size_t known = 0;
  for (int i = 0; i < 1'000; ++i) {
    texts.add(bytes_of("text " + std::to_string(i)), 0);
    EXPECT_TRUE(texts.has(bytes_of("text " + std::to_string(i)), 0));
  }
  for (int i = 0; i < 1'000; ++i)
    known += texts.has(bytes_of("text " + std::to_string(i)), 0) ? 1 : 0;
  EXPECT_GT(known, 16U);
  EXPECT_LT(known, 100U);
}

class RepeatedTexts : public ::testing::Test {
 protected:
  void SetUp() override { world_.tokens.clear(); }
  World& world_ = World::get();
  llm::ApiKind openai_ = llm::shipped_kind("openai_chat");
};

// The same digits behind a name that says what they are, and behind one that does not.
TEST_F(RepeatedTexts, AValueIsFoundEachTime) {
  std::string body =
      R"({"messages":[{"role":"assistant","tool_calls":[{"id":"call_1","type":"function",)"
      R"("function":)"
      R"({"name":"f","arguments":"{\"rows\":[)";
  for (int i = 0; i < 5; ++i)
    body += std::string(i > 0 ? "," : "") +
            R"({\"id\":\"536904399\",\"state\":\"open\",\"ssn\":\"536904399\",)"
            R"(\"mail\":\"erika@northwind-example.com\"})";
  body += R"(]}"}}]}]})";
  world_.looks_again = false;
  const Said said = world_.json_edits(Direction::Request, openai_.request, body);
  world_.looks_again = true;
  EXPECT_EQ(world_.tally.detections[World::Ssn][static_cast<size_t>(contract::Action::Tokenize)],
            5U);
  EXPECT_EQ(world_.tally.detections[World::Email][static_cast<size_t>(contract::Action::Tokenize)],
            5U);
  EXPECT_EQ(said.edits.size(), 10U);
  // Known from its first mention on: only the first id stands before that.
  EXPECT_EQ(world_.json_edits(Direction::Request, openai_.request, body).edits.size(), 14U);
}

// A token that is not restored is counted each time it is read.
TEST_F(RepeatedTexts, ATokenIsSeenEachTime) {
  const std::string token = world_.token(World::Email, "nobody@northwind-example.com");
  const std::string body =
      R"({"a":")" + token + R"(","b":")" + token + R"(","c":")" + token + R"("})";
  (void)world_.json_edits(Direction::Response, llm::all_leaves(), body);
  EXPECT_EQ(world_.tally.unrestored_tokens, 3U);
}

}  // namespace
}  // namespace sallyport::rewrite
