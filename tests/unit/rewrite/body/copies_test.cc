// A vendor that sends a text in pieces and then once more as a whole gets both edited alike: what a
// client joined from the pieces is what the copy says. And what is signed or encrypted is the same
// to the byte, in every shape.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/rewrite/probe_kind.h"
#include "tests/unit/rewrite/rewrite_world.h"
#include "tests/unit/rewrite/stream_player.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

class Copies : public testing::Test {
 protected:
  void SetUp() override { world_.tokens.clear(); }

  // Everything that is judged by what stands around it: places, damage, access, new data, openers
  // that come to nothing.
  std::string text() {
    std::string out;
    for (size_t n = random_() % 9; n > 0; --n) {
      const std::string email =
          world_.minted(World::Email, "u" + std::to_string(random_() % 9) + "@example.org");
      const std::string phone = world_.minted(World::Phone, "+1 202 555 0143");
      std::string lower = email;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const std::array<std::string, 14> pieces{"word ",
                                               "caf\xc3\xa9 \xf0\x9f\x98\x80 ",
                                               email + " ",
                                               phone + ", ",
                                               lower + " ",
                                               "**" + email.substr(1, email.size() - 2) + "** ",
                                               "https://a.example/?q=" + email + " ",
                                               "[x](https://a.example/" + email + ") ",
                                               "<a href=\"" + email + "\"> ",
                                               "[EMAIL-ADDRESS-01AAAA ",
                                               "new.person@example.net ",
                                               "card 4111 1111 1111 1111 ",
                                               "4111 1111 11",
                                               "quote \" and \\ and\nline "};
      out += pieces[random_() % pieces.size()];
    }
    return out;
  }

  struct Seen {
    std::string text;
    std::string arguments;
  };

  // Plays one event and adds what a client sees of the channels.
  Json play(StreamRewriter& stream, const std::string& data, Seen& seen) {
    const auto result = stream.event(bytes_of(data));
    EXPECT_NE(result, StreamRewriter::Result::Refused) << data;
    const auto see = [&](const Json& e) {
      if (e.contains("text")) seen.text += e.at("text").get<std::string>();
      if (e.contains("arguments")) seen.arguments += e.at("arguments").get<std::string>();
    };
    for (size_t i = 0; i < stream.before_count(); ++i) {
      const auto own = stream.before(i).data;
      see(Json::parse(own.begin(), own.end()));
    }
    const Json e = result == StreamRewriter::Result::Unchanged
                       ? Json::parse(data)
                       : Json::parse(stream.data().begin(), stream.data().end());
    see(e);
    return e;
  }

  World& world_ = World::get();
  llm::ApiKind kind_ = probe_kind();
  std::mt19937 random_{31};
};

TEST_F(Copies, TheWholeSaysWhatThePiecesSaidWhateverTheCutsAndTheRules) {
  size_t edited_copies = 0;
  for (uint32_t round = 0; round < 1'500 / kThinning; ++round) {
    world_.tokens.clear();
    const std::string text = this->text();
    const std::string arguments = random_() % 4 == 0
                                      ? text
                                      : Json{{"to", this->text()},
                                             {"n", 4111111111111111U},
                                             {"deep", Json{{"x", this->text()}}.dump()}}
                                            .dump();
    RewriteScope scope = world_.scope(Direction::Response);
    scope.may_restore[World::Phone] = random_() % 2 != 0;
    scope.actions[World::Email] =
        random_() % 2 != 0 ? contract::Action::Mask : contract::Action::Observe;
    scope.actions[World::Card] = contract::Action::Mask;
    StreamTools tools{1};
    StreamRewriter stream(tools);
    stream.begin(scope, kind_);
    Seen seen;
    std::string text_left = text;
    std::string arguments_left = arguments;
    while (!text_left.empty() || !arguments_left.empty()) {
      const bool is_text = arguments_left.empty() || (!text_left.empty() && random_() % 2 != 0);
      std::string& left = is_text ? text_left : arguments_left;
      size_t size = 1 + random_() % 20;
      while (size < left.size() && (left[size] & 0xc0) == 0x80) ++size;
      play(stream, Json{{"item", 0}, {is_text ? "text" : "arguments", left.substr(0, size)}}.dump(),
           seen);
      left.erase(0, std::min(size, left.size()));
    }
    play(stream, R"({"item":0,"ends":"one"})", seen);
    const Json copy = play(
        stream, Json{{"full", {{"items", {{{"texts", {text}}, {"arguments", arguments}}}}}}}.dump(),
        seen);
    ASSERT_EQ(copy.at("full").at("items").at(0).at("texts").at(0), seen.text) << text;
    ASSERT_EQ(copy.at("full").at("items").at(0).at("arguments"), seen.arguments) << arguments;
    edited_copies += seen.text != text ? 1 : 0;
  }
  EXPECT_GT(edited_copies, 300U);
}

// The events in which vendors repeat a text: every copy, at every level, is what the pieces said.
TEST_F(Copies, EveryVendorsCopiesSayWhatThePiecesSaid) {
  struct Row {
    const char* kind;
    std::function<Json(const std::string&)> piece;
    std::string at;  // of the text in a piece
    std::function<std::vector<Json>(const std::string&)> copies;
    std::vector<std::string> places;  // of the text in each copy
  };
  const auto part = [](const std::string& t) {
    return Json{{"type", "output_text"}, {"text", t}, {"annotations", Json::array()}};
  };
  const auto item = [&](const std::string& t) {
    return Json{{"type", "message"}, {"id", "i"}, {"content", {part(t)}}};
  };
  const auto call = [](const std::string& t) {
    return Json{{"type", "function_call"}, {"id", "i"}, {"name", "f"}, {"arguments", t}};
  };
  const std::vector<Row> rows = {
      {"openai_responses",
       [](const std::string& t) {
         return Json{{"type", "response.output_text.delta"},
                     {"item_id", "i"},
                     {"output_index", 0},
                     {"content_index", 0},
                     {"delta", t},
                     {"obfuscation", "x"}};
       },
       "/delta",
       [&](const std::string& t) {
         return std::vector<Json>{
             {{"type", "response.output_text.done"},
              {"output_index", 0},
              {"content_index", 0},
              {"text", t}},
             {{"type", "response.content_part.done"},
              {"output_index", 0},
              {"content_index", 0},
              {"part", part(t)}},
             {{"type", "response.output_item.done"}, {"output_index", 0}, {"item", item(t)}},
             {{"type", "response.completed"}, {"response", {{"output", {item(t)}}}}}};
       },
       {"/text", "/part/text", "/item/content/0/text", "/response/output/0/content/0/text"}},
      {"openai_responses",
       [](const std::string& t) {
         return Json{{"type", "response.function_call_arguments.delta"},
                     {"item_id", "i"},
                     {"output_index", 0},
                     {"delta", t}};
       },
       "/delta",
       [&](const std::string& t) {
         return std::vector<Json>{
             {{"type", "response.function_call_arguments.done"},
              {"output_index", 0},
              {"arguments", t}},
             {{"type", "response.output_item.done"}, {"output_index", 0}, {"item", call(t)}},
             {{"type", "response.completed"}, {"response", {{"output", {call(t)}}}}}};
       },
       {"/arguments", "/item/arguments", "/response/output/0/arguments"}},
      {"openai_assistants",
       [](const std::string& t) {
         return Json{{"object", "thread.message.delta"},
                     {"delta",
                      {{"content", {{{"index", 0}, {"type", "text"}, {"text", {{"value", t}}}}}}}}};
       },
       "/delta/content/0/text/value",
       [](const std::string& t) {
         return std::vector<Json>{
             {{"object", "thread.message"},
              {"status", "completed"},
              {"content",
               {{{"type", "text"}, {"text", {{"value", t}, {"annotations", Json::array()}}}}}}}};
       },
       {"/content/0/text/value"}},
      {"cohere_chat_v1",
       [](const std::string& t) {
         return Json{{"event_type", "text-generation"}, {"text", t}};
       },
       "/text",
       [](const std::string& t) {
         return std::vector<Json>{{{"event_type", "stream-end"}, {"response", {{"text", t}}}}};
       },
       {"/response/text"}}};
  StreamTools tools{1};
  for (const Row& row : rows) {
    for (int round = 0; round < 150; ++round) {
      world_.tokens.clear();
      const std::string text = this->text();
      RewriteScope scope = world_.scope(Direction::Response);
      scope.may_restore[World::Phone] = random_() % 2 != 0;
      StreamRewriter stream(tools);
      stream.begin(scope, llm::shipped_kind(row.kind));
      std::string seen;
      const Json::json_pointer at(row.at);
      const auto play = [&](const Json& event) {
        const std::string data = event.dump();
        const auto result = stream.event(bytes_of(data));
        EXPECT_NE(result, StreamRewriter::Result::Refused) << data;
        for (size_t i = 0; i < stream.before_count(); ++i) {
          const auto own = stream.before(i).data;
          seen += Json::parse(own.begin(), own.end()).at(at).get<std::string>();
        }
        return result == StreamRewriter::Result::Unchanged
                   ? event
                   : Json::parse(stream.data().begin(), stream.data().end());
      };
      for (size_t from = 0; from < text.size();) {
        size_t size = 1 + random_() % 20;
        while (from + size < text.size() && (text[from + size] & 0xc0) == 0x80) ++size;
        seen += play(row.piece(text.substr(from, size))).at(at).get<std::string>();
        from += size;
      }
      const auto copies = row.copies(text);
      for (size_t i = 0; i < copies.size(); ++i)
        ASSERT_EQ(play(copies[i]).at(Json::json_pointer(row.places[i])), seen)
            << row.kind << ' ' << i << ' ' << text;
    }
  }
}

// In bodies of both directions and in streams; what an answer kept back is counted.
TEST_F(Copies, ProtectedTextIsTheSameToTheByteInEveryShapeAndItsTokensAreCounted) {
  const std::string token = world_.minted(World::Email, "a@example.org");
  const std::string value = "b@example.org";
  const auto protected_reason = static_cast<size_t>(contract::OpaqueReason::Protected);
  // A body of each direction, with odd escapes inside the protected text.
  for (const Direction direction : {Direction::Request, Direction::Response}) {
    const std::string inside = "hm \\u0040 " + token + " \\/ " + value + " \\ud83d\\ude00";
    const std::string body = "{ \"signed\" :\t\"" + inside + "\"}";
    RewriteScope scope = world_.scope(direction);
    JsonRewriter rewriter(kJsonNestingMax);
    rewriter.begin(scope, direction == Direction::Request ? kind_.request : kind_.response);
    for (const char& c : body) ASSERT_TRUE(rewriter.feed(bytes_of({&c, 1})));
    ASSERT_TRUE(rewriter.end());
    EXPECT_EQ(rewriter.edits().count(), 0U);
    EXPECT_EQ(scope.tally.opaque_bytes_by_reason[protected_reason], inside.size());
    EXPECT_EQ(scope.tally.opaque_values[protected_reason], 1U);
    EXPECT_EQ(scope.tally.protected_tokens, direction == Direction::Response ? 1U : 0U);
  }
  // A stream that brings it in pieces.
  RewriteScope scope = world_.scope(Direction::Response);
  StreamTools tools{1};
  StreamRewriter stream(tools);
  stream.begin(scope, kind_);
  Seen seen;
  const std::string text = "x " + token + " y " + token;
  for (size_t at = 0; at < text.size(); at += 5) {
    const std::string data = Json{{"item", 1}, {"signed", text.substr(at, 5)}}.dump();
    EXPECT_EQ(stream.event(bytes_of(data)), StreamRewriter::Result::Unchanged);
    EXPECT_EQ(stream.before_count(), 0U);
  }
  EXPECT_EQ(stream.finish(), StreamRewriter::Result::Unchanged);
  EXPECT_EQ(scope.tally.protected_tokens, 2U);
  EXPECT_EQ(scope.tally.opaque_bytes_by_reason[protected_reason], text.size());
}

TEST_F(Copies, SignedThinkingOfAVendorPassesBetweenTextThatIsRestored) {
  const llm::ApiKind anthropic = llm::shipped_kind("anthropic_messages");
  const std::string token = world_.minted(World::Email, "a@example.org");
  const Json content = {{{"type", "thinking"}, {"thinking", "so " + token}, {"signature", "c2ln"}},
                        {{"type", "redacted_thinking"}, {"data", "ZGF0YQ==" + token}},
                        {{"type", "text"}, {"text", "to " + token}}};
  const std::array<std::pair<const llm::PathTable*, Json>, 2> shapes{
      {{&anthropic.request, {{"messages", {{{"role", "assistant"}, {"content", content}}}}}},
       {&anthropic.response, {{"type", "message"}, {"content", content}}}}};
  for (const auto& [table, body] : shapes) {
    const bool is_request = table == &anthropic.request;
    const std::string text = body.dump();
    const Said said = world_.json_edits(is_request ? Direction::Request : Direction::Response,
                                        *table, text, every_byte(text.size()));
    ASSERT_TRUE(said.accepted);
    const Json out = Json::parse(edited(text, said.edits));
    const Json& blocks = is_request ? out["messages"][0]["content"] : out["content"];
    EXPECT_EQ(blocks[0], content[0]);
    EXPECT_EQ(blocks[1], content[1]);
    EXPECT_EQ(blocks[2]["text"], is_request ? "to " + token : "to a@example.org");
  }
  StreamPlayer player("anthropic_messages");
  const auto block = [](const Json& delta) {
    return Json{{"type", "content_block_delta"}, {"index", 0}, {"delta", delta}}.dump();
  };
  const std::vector<std::string> events = {
      block({{"type", "thinking_delta"}, {"thinking", "so " + token}}),
      block({{"type", "signature_delta"}, {"signature", "c2ln"}}), StreamPlayer::stop(0)};
  const auto played = player.play(events);
  ASSERT_TRUE(played.accepted) << played.problem;
  EXPECT_EQ(played.out, events);
}

}  // namespace
}  // namespace sallyport::rewrite
