#include "dataplane/rewrite/body/json_rewriter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Json = nlohmann::json;

class JsonRewriting : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }
  std::string chat(Direction direction, const std::string& body) {
    const auto said = world.json_edits(
        direction, direction == Direction::Request ? openai.request : openai.response, body);
    EXPECT_TRUE(said.accepted) << body;
    EXPECT_FALSE(said.broken);
    std::string out = edited(body, said.edits);
    EXPECT_TRUE(Json::accept(out)) << out;
    return out;
  }
  std::string arguments(Direction direction, const std::string& text) {
    const auto said = world.arguments_edits(direction, text);
    EXPECT_TRUE(said.accepted && !said.broken) << text;
    return edited(text, said.edits);
  }
  World& world = World::get();
  llm::ApiKind openai = llm::shipped_kind("openai_chat");
  llm::ApiKind anthropic = llm::shipped_kind("anthropic_messages");
};

TEST_F(JsonRewriting, OnlyTheValuesChange) {
  const std::string body =
      R"({ "model":"m", "messages":[ {"role":"user","content":"hi \u00e9\ud83d\ude00 )"
      R"(a\u0040example.org\n\/x"} ], "temperature":1.0e0 })";
  const std::string out = chat(Direction::Request, body);
  const std::string token = world.token(World::Email, "a@example.org");
  EXPECT_EQ(out, R"({ "model":"m", "messages":[ {"role":"user","content":"hi \u00e9\ud83d\ude00 )" +
                     token + R"(\n\/x"} ], "temperature":1.0e0 })");
}

TEST_F(JsonRewriting, EveryActionWorksInStringsNumbersNamesAndArguments) {
  const std::string body =
      R"({"model":"m","messages":[{"role":"user","content":"4111\u00201111 1111 1111"},)"
      R"({"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f",)"
      R"("arguments":"{\"card\":4111111111111111,\"4111 1111 1111 1111\":1}"}}]}]})";
  const auto with = [&](const Treatment& treatment) {
    world.everything = treatment;
    const Json out = Json::parse(chat(Direction::Request, body));
    world.everything.reset();
    EXPECT_EQ(world.tally.detections[World::Card][static_cast<size_t>(treatment.action)], 3U);
    const Json& messages = out["messages"];
    const Json arguments =
        Json::parse(messages[1]["tool_calls"][0]["function"]["arguments"].get<std::string>());
    return messages[0]["content"].get<std::string>() + " | " + arguments.dump();
  };
  Treatment keeping(contract::Action::Mask);
  keeping.keep_last = 4;
  EXPECT_EQ(with(keeping),
            R"(**** **** **** 1111 | {"**** **** **** 1111":1,"card":"************1111"})");
  EXPECT_EQ(with(contract::Action::Generalise),
            R"([CREDIT-CARD] | {"[CREDIT-CARD]":1,"card":"[CREDIT-CARD]"})");
  const std::string hashed = with(contract::Action::Hash);
  const std::string hash = hashed.substr(0, hashed.find(' '));
  EXPECT_EQ(hashed, hash + R"( | {")" + hash + R"(":1,"card":")" + hash + R"("})");
}

TEST_F(JsonRewriting, WhoseWordsATextIsDecidesWhatHappensToIt) {
  const std::string card = "4111 1111 1111 1111", coarse = "[CREDIT-CARD]";
  const auto message = [&](const std::string& role) {
    return R"({"role":")" + role + R"(","content":")" + card + R"("})";
  };
  const auto with = [&](contract::Role role, const std::string& messages) {
    world.everything = Treatment(contract::Action::Observe);
    world.role_treatment = {role, contract::Action::Generalise};
    const Json out = Json::parse(
        chat(Direction::Request, R"({"model":"m","messages":[)" + messages + "]}"))["messages"];
    world.everything.reset();
    world.role_treatment.reset();
    return out;
  };
  const std::string all = message("system") + "," + message("user") + "," + message("assistant") +
                          "," + message("tool") + "," + message("developer") + "," + message("x");
  const auto changed = [&](contract::Role role) {
    std::string out;
    for (const Json& one : with(role, all)) out += one["content"] == coarse ? 'x' : '.';
    return out;
  };
  EXPECT_EQ(changed(contract::Role::System), "x...x.");
  EXPECT_EQ(changed(contract::Role::User), ".x...x");
  EXPECT_EQ(changed(contract::Role::Assistant), "..x...");
  EXPECT_EQ(changed(contract::Role::Tool), "...x..");
  // Arguments of a call are the assistant's.
  const Json call = with(contract::Role::Assistant,
                         R"({"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":)"
                         R"("{\"n\":4111111111111111}"}}]})");
  EXPECT_EQ(call[0]["tool_calls"][0]["function"]["arguments"], R"({"n":"[CREDIT-CARD]"})");
  // Before its role a text is judged by the strictest of all.
  for (const auto role : {contract::Role::User, contract::Role::System, contract::Role::Assistant,
                          contract::Role::Tool}) {
    const Json late =
        with(role, R"({"content":")" + card + R"(","role":"user","refusal":")" + card + R"("})");
    EXPECT_EQ(late[0]["content"], coarse);
    EXPECT_EQ(late[0]["refusal"], role == contract::Role::User ? coarse : card);
  }
}

TEST_F(JsonRewriting, WhatNobodyReadsIsRefusedByItsKind) {
  using enum contract::OpaqueReason;
  const auto refused = [&](contract::OpaqueReason kind, const std::string& part) {
    const std::string body =
        R"({"model":"m","messages":[{"role":"user","content":[)" + part + "]}]}";
    world.refused_kind = kind;
    const auto whole = world.json_edits(Direction::Request, openai.request, body);
    const auto cut =
        world.json_edits(Direction::Request, openai.request, body, every_byte(body.size()));
    world.refused_kind.reset();
    EXPECT_EQ(whole, cut);
    return !whole.accepted && whole.refusal == Refusal::PolicyBlocked;
  };
  const auto image = [](const std::string& url) {
    return R"({"type":"image_url","image_url":{"url":")" + url + R"("}})";
  };
  EXPECT_TRUE(refused(RemoteUrl, image("https://example.org/a.png")));
  EXPECT_FALSE(refused(Image, image("https://example.org/a.png")));
  EXPECT_TRUE(refused(Image, image("DATA:image/png;base64,iVBORw0KGgo=")));
  EXPECT_TRUE(refused(Image, image("data:\\u0069mage/png;base64,iVBORw0KGgo=")));
  EXPECT_FALSE(refused(RemoteUrl, image("data:image/png;base64,iVBORw0KGgo=")));
  EXPECT_FALSE(refused(Document, image("data:text/plain;base64,aGVsbG8=")));
  EXPECT_TRUE(refused(Document, image("data:application/pdf;base64,JVBERi0=")));
  EXPECT_TRUE(refused(ReferenceId, R"({"type":"file","file":{"file_id":"file-1"}})"));
  EXPECT_FALSE(refused(ReferenceId, R"({"type":"text","text":"file-1"})"));
}

TEST_F(JsonRewriting, AnswersAreTheAssistants) {
  const std::string body =
      R"({"choices":[{"message":{"role":"assistant","content":"4111 1111 1111 1111"}}]})";
  world.role_treatment = {contract::Role::Assistant, contract::Action::Generalise};
  const std::string out = chat(Direction::Response, body);
  world.role_treatment.reset();
  EXPECT_NE(out.find("[CREDIT-CARD]"), std::string::npos) << out;
}

TEST_F(JsonRewriting, NumbersAndNamesOfTreesAreText) {
  Json body = {{"model", "m"},
               {"messages", Json::array()},
               {"tools",
                {{{"type", "function"},
                  {"function",
                   {{"name", "f"},
                    {"parameters", {{"default", 4111111111111111U}, {"a@example.org", 7}}}}}}}}};
  const Json out = Json::parse(chat(Direction::Request, body.dump()));
  const Json& parameters = out["tools"][0]["function"]["parameters"];
  EXPECT_EQ(parameters["default"], world.token(World::Card, "4111111111111111"));
  EXPECT_TRUE(parameters.contains(world.token(World::Email, "a@example.org")));
  EXPECT_EQ(out["tools"][0]["function"]["name"], "f");
}

TEST_F(JsonRewriting, TheNameOfAMemberIsContext) {
  const std::string out =
      arguments(Direction::Request, R"({"ssn":"536904399","id":"536904398","SSN":536904397})");
  EXPECT_EQ(out, R"({"ssn":")" + world.token(World::Ssn, "536904399") +
                     R"(","id":"536904398","SSN":")" + world.token(World::Ssn, "536904397") +
                     R"("})");
}

// A program that keeps numbers as doubles prints long ones with an exponent (Java, Gson).
TEST_F(JsonRewriting, NumbersWithAnExponentAreReadWrittenOut) {
  const std::string card = world.token(World::Card, "4111111111111111");
  const std::string ssn = world.token(World::Ssn, "536904399");
  const auto tree = [](const std::string& card_text, const std::string& ssn_text) {
    return R"({"card":)" + card_text + R"(,"list":[1e3,-2.5E-7,6.02e23,1E400,0e1],"ssn":)" +
           ssn_text + "}";
  };
  const std::string edited_tree = tree('"' + card + '"', '"' + ssn + '"');
  for (const char* number : {"4.111111111111111E15", "4.111111111111111e+15", "41111111.11111111e8",
                             "41111111111111110e-1", "4111111111111111.0e0"})
    for (const char* digits : {"5.36904399E8", "53690439.9e1", "536904399e0"}) {
      const std::string text = tree(number, digits);
      EXPECT_EQ(arguments(Direction::Request, text), edited_tree);
      const Said whole = world.arguments_edits(Direction::Request, text);
      EXPECT_EQ(world.arguments_edits(Direction::Request, text, every_byte(text.size())), whole);
    }
  // The digits of another number are none of these.
  EXPECT_EQ(arguments(Direction::Request, R"({"card":4.111111111111111e14,"ssn":5.36904399e7})"),
            R"({"card":4.111111111111111e14,"ssn":5.36904399e7})");
}

// A vendor takes strings there, and whoever sends a number has sent it.
TEST_F(JsonRewriting, NumbersThatStandForIdentifiersAreText) {
  const std::string card = world.token(World::Card, "4111111111111111");
  const auto with = [](const std::string& value) {
    return R"({"user":)" + value + R"(,"metadata":{"a":)" + value + R"(},"messages":[{"name":)" +
           value + R"(}],"seed":7,"max_tokens":100})";
  };
  EXPECT_EQ(chat(Direction::Request, with("4111111111111111")), with('"' + card + '"'));
}

// Servers that speak this API take arguments as an object, and clients send fields of their own.
TEST_F(JsonRewriting, NumbersThatNoTableNamesAreText) {
  const std::string card = '"' + world.token(World::Card, "4111111111111111") + '"';
  const std::string ssn = '"' + world.token(World::Ssn, "536904399") + '"';
  const auto with = [](const std::string& one, const std::string& two) {
    const std::string object =
        R"({"card":)" + one + R"(,"ssn":[)" + two + R"(],"n":4111111111111112})";
    return R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f",)"
           R"("arguments":)" +
           object + R"(}}],"content":)" + object + R"(}],"new":)" + object + R"(,"seed":)" +
           "4111111111111111" + "}";
  };
  const std::string body = with("4111111111111111", "536904399");
  EXPECT_EQ(chat(Direction::Request, body), with(card, ssn));
  const llm::PathTable& table = llm::shipped_kind("openai_chat").request;
  EXPECT_EQ(world.json_edits(Direction::Request, table, body, every_byte(body.size())),
            world.json_edits(Direction::Request, table, body));
}

// Names of a map that is the client's own are context, as in a tree; names of the vendor are none.
TEST_F(JsonRewriting, TheNameInAMapIsContext) {
  const std::string ssn = world.token(World::Ssn, "536904399");
  const std::string out =
      chat(Direction::Request, R"({"metadata":{"order":"536904399","ssn":"536904399","n":{}},)"
                               R"("user":"536904399"})");
  EXPECT_EQ(out, R"({"metadata":{"order":"536904399","ssn":")" + ssn +
                     R"(","n":{}},"user":"536904399"})");
}

TEST_F(JsonRewriting, ArgumentsAreJsonInJson) {
  const std::string inner = R"({"to":"a@example.org","text":"say \"hi\"\n to b\u0040example.org"})";
  Json body = {{"model", "m"},
               {"messages",
                {{{"role", "assistant"},
                  {"tool_calls",
                   {{{"id", "c1"},
                     {"type", "function"},
                     {"function", {{"name", "send"}, {"arguments", inner}}}}}}}}}};
  const Json out = Json::parse(chat(Direction::Request, body.dump()));
  const Json sent =
      Json::parse(out["messages"][0]["tool_calls"][0]["function"]["arguments"].get<std::string>());
  EXPECT_EQ(sent["to"], world.token(World::Email, "a@example.org"));
  EXPECT_EQ(sent["text"], "say \"hi\"\n to " + world.token(World::Email, "b@example.org"));
}

// A value of quotes, line ends and control characters, three levels of JSON deep.
TEST_F(JsonRewriting, RestoredValuesFitTheirPlaceThreeLevelsDeep) {
  std::string value = "\"}]\n\ndata: x\r\n\\u0022\\";
  for (char c = 1; c < 0x20; ++c) value += c;
  value += "\x7f\u2028\u2029'</script>";
  const std::string token = world.minted(World::Url, value);
  const Json deepest = {{"v", "<" + token + ">"}};
  const Json middle = {{"body", deepest.dump()}, {"v", token}};
  const Json answer = {{"choices",
                        {{{"index", 0},
                          {"message",
                           {{"role", "assistant"},
                            {"content", "got " + token},
                            {"tool_calls",
                             {{{"id", "c"},
                               {"type", "function"},
                               {"function", {{"name", "f"}, {"arguments", middle.dump()}}}}}}}}}}}};
  const Json out = Json::parse(chat(Direction::Response, answer.dump()));
  const Json& message = out["choices"][0]["message"];
  EXPECT_EQ(message["content"], "got " + value);
  const Json arguments_out =
      Json::parse(message["tool_calls"][0]["function"]["arguments"].get<std::string>());
  EXPECT_EQ(arguments_out["v"], value);
  EXPECT_EQ(Json::parse(arguments_out["body"].get<std::string>())["v"], "<" + value + ">")
      << "the tag place keeps nothing here: '<' before '[' opens none";
}

TEST_F(JsonRewriting, ArgumentsThatAreNotJsonAreOneText) {
  const std::string token = world.minted(World::Email, "a@example.org");
  EXPECT_EQ(arguments(Direction::Response, token), "a@example.org");
  EXPECT_EQ(arguments(Direction::Response, " " + token + " rest"), " a@example.org rest");
  EXPECT_EQ(arguments(Direction::Response, R"({"a": )" + token + "}"), R"({"a": a@example.org})");
  const std::string card = world.token(World::Card, "4111111111111111");
  for (const std::string& text :
       {std::string("4111 1111 1111 1111"), std::string("[4111 1111 1111 1111]"),
        std::string("{\"a\": 4111-1111-1111-1111}"), std::string("{\"a\":\"x\ny 4111111111111111"),
        std::string("null 4111111111111111")}) {
    const std::string out = arguments(Direction::Request, text);
    EXPECT_NE(out.find(card), std::string::npos) << text << " -> " << out;
    EXPECT_EQ(out.find("1111"), std::string::npos) << out;
  }
  // Context and boundaries reach over the place where it stopped being JSON.
  EXPECT_EQ(arguments(Direction::Request, "{\"a\":\"ssn 536904399\nb\"}"),
            "{\"a\":\"ssn " + world.token(World::Ssn, "536904399") + "\nb\"}");
}

TEST_F(JsonRewriting, LogProbabilitiesAndPaddingAreMarked) {
  RewriteScope scope = world.scope(Direction::Response);
  JsonRewriter rewriter(kJsonNestingMax);
  rewriter.begin(scope, openai.response);
  const std::string body = R"({"choices":[{"index":0,"message":{"content":"x"},)"
                           R"("logprobs":{"content":[{"token":"x"}]}}]})";
  ASSERT_TRUE(rewriter.feed(bytes_of(body)) && rewriter.end());
  ASSERT_EQ(rewriter.marks().size(), 1U);
  const auto& mark = rewriter.marks()[0];
  EXPECT_EQ(body.substr(mark.raw_start, mark.raw_end - mark.raw_start),
            R"({"content":[{"token":"x"}]})");
}

TEST_F(JsonRewriting, SignedThinkingAndBinaryPassByteForByte) {
  const std::string token = world.minted(World::Email, "a@example.org");
  const std::string body = R"({"type":"message","content":[{"type":"thinking","thinking":"hm )" +
                           token + R"(","signature":"c2ln"},{"type":"text","text":")" + token +
                           R"("}]})";
  const auto said = world.json_edits(Direction::Response, anthropic.response, body);
  ASSERT_EQ(said.edits.size(), 1U);
  const std::string out = edited(body, said.edits);
  EXPECT_NE(out.find("hm " + token), std::string::npos);
  EXPECT_NE(out.find(R"("text":"a@example.org")"), std::string::npos);
}

TEST_F(JsonRewriting, FactsOfTheMessage) {
  RewriteScope scope = world.scope(Direction::Request);
  JsonRewriter rewriter(kJsonNestingMax);
  rewriter.begin(scope, openai.request);
  ASSERT_TRUE(rewriter.feed(bytes_of(R"({"model":"gpt-x","stream":true,"messages":[]})")));
  ASSERT_TRUE(rewriter.end());
  EXPECT_EQ(rewriter.facts().model_name(), "gpt-x");
  EXPECT_TRUE(rewriter.facts().stream);
}

}  // namespace
}  // namespace sallyport::rewrite
