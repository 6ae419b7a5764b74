// Values cut over two texts of one role, against the same values in one text.
#include "dataplane/rewrite/text/joined_texts.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using Ordered = nlohmann::ordered_json;

class JoinedTextsTest : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }

  // The body as it would leave; the edits are taken when all of it is judged.
  std::string request(const std::string& body, const Cuts& cuts = {}, bool whole_message = true) {
    RewriteScope scope = world.scope(Direction::Request);
    scope.whole_message = whole_message;
    json_.begin(scope, openai.request);
    size_t at = 0;
    for (size_t i = 0; i <= cuts.size(); ++i) {
      const size_t end = i < cuts.size() ? cuts[i] : body.size();
      EXPECT_TRUE(json_.feed(bytes_of(body).subspan(at, end - at))) << body;
      at = end;
    }
    EXPECT_TRUE(json_.end());
    std::vector<SaidEdit> edits;
    for (const TextEdit& e : json_.edits().edits()) {
      const auto value = json_.edits().replacement(e);
      edits.push_back(
          {e.start, e.end, {reinterpret_cast<const char*>(value.data()), value.size()}});
    }
    std::string out = edited(body, edits);
    EXPECT_TRUE(Ordered::accept(out)) << out;
    return out;
  }
  static std::string body_of(const std::vector<std::pair<std::string, std::string>>& messages) {
    Ordered body{{"model", "m"}, {"messages", Ordered::array()}};
    for (const auto& [role, content] : messages)
      body["messages"].push_back({{"role", role}, {"content", content}});
    return body.dump();
  }
  std::string half(std::string_view value) { return world.token(World::Card, value); }

  World& world = World::get();
  llm::ApiKind openai = llm::shipped_kind("openai_chat");
  JsonRewriter json_{kJsonNestingMax};
};

TEST_F(JoinedTextsTest, ACardOverTwoMessagesOfOneRoleIsFoundOnBothSides) {
  const std::string body = body_of({{"user", "card no 4111 1111"}, {"user", "1111 1111 is it"}});
  const std::string expected =
      body_of({{"user", "card no " + half("4111 1111")}, {"user", half("1111 1111") + " is it"}});
  EXPECT_EQ(request(body), expected);
  EXPECT_EQ(request(body, every_byte(body.size())), expected);
  // Each half comes back for itself.
  const std::string token = half("4111 1111");
  EXPECT_EQ(edited(token, world.text_edits(Direction::Response, token).edits), "4111 1111");
}

TEST_F(JoinedTextsTest, PartsOfOneMessageAndTextsBetweenOtherRoles) {
  const std::string parts = R"({"model":"m","messages":[{"role":"user","content":[{"type":"text",)"
                            R"("text":"no 4111\u00201111"},)"
                            R"({"type":"text","text":" 1111 1111."}]}]})";
  EXPECT_EQ(request(parts),
            R"({"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"no )" +
                half("4111 1111") + R"("},{"type":"text","text":" )" + half("1111 1111") +
                R"(."}]}]})");
  EXPECT_EQ(
      request(body_of({{"user", "41111111"}, {"assistant", "go on"}, {"user", "11111111"}})),
      body_of({{"user", half("41111111")}, {"assistant", "go on"}, {"user", half("11111111")}}));
}

// As in one text: it needs its word, and nothing but blanks before it.
TEST_F(JoinedTextsTest, ANumberHasItsWordInTheTextBefore) {
  const std::string ssn = "536904399";
  const std::string token = world.token(World::Ssn, ssn);
  for (const std::string before : {"my ssn is", "my ssn is ", "ssn:", "the ssn: ", "SSN=", "ssn #"})
    for (const std::string behind : {"", " I think", ", is it?"}) {
      const std::string body = body_of({{"user", before}, {"user", ssn + behind}});
      const std::string expected = body_of({{"user", before}, {"user", token + behind}});
      EXPECT_EQ(request(body), expected);
      EXPECT_EQ(request(body, every_byte(body.size())), expected);
    }
  for (const auto& messages : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {{"user", "my order is"}, {"user", ssn}},
           {{"user", "my ssn is"}, {"system", ssn}},
           {{"user", "I have no ssn."}, {"user", ssn}},
           {{"user", "my ssn is"}, {"user", "order " + ssn}},
           {{"user", "my ssn is"}, {"user", ssn + std::string(60, '1')}}}) {
    const std::string body = body_of(messages);
    EXPECT_EQ(request(body), request(body, {}, false)) << body;
  }
}

TEST_F(JoinedTextsTest, WhatIsNotSureOrNotOneValueStays) {
  for (const auto& messages : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {{"user", "4111 1111"}, {"system", "1111 1111"}},           // another role
           {{"user", "4111 1111"}, {"user", "1111 1112"}},             // no checksum
           {{"user", "mail john7"}, {"user", "x@example.org is he"}},  // not sure by itself
           {{"user", "4111 1111."}, {"user", "1111 1111"}},
           {{"user", "4111 1111"}, {"user", "is 1111 1111"}},
           {{"user", "4111"}, {"user", "1111 1111"}, {"user", "1111"}}}) {  // over three
    const std::string body = body_of(messages);
    const std::string alone = request(body, {}, false);
    EXPECT_EQ(request(body), alone) << body;
  }
  const std::string body = body_of({{"user", "4111 1111"}, {"user", "1111 1111"}});
  EXPECT_EQ(request(body, {}, false), body) << "a message that is not held cannot be edited late";
}

TEST_F(JoinedTextsTest, TheActionOfTheEntityHoldsForEachHalf) {
  const std::string body = body_of({{"user", "4111 1111"}, {"user", "1111 1111"}});
  world.everything = contract::Action::Mask;
  EXPECT_EQ(request(body), body_of({{"user", "*********"}, {"user", "*********"}}));
  world.everything = contract::Action::Observe;
  EXPECT_EQ(request(body), body);
  world.everything.reset();
  RewriteScope scope = world.scope(Direction::Request);
  scope.whole_message = true;
  scope.actions[World::Card] = contract::Action::Block;
  json_.begin(scope, openai.request);
  EXPECT_FALSE(json_.feed(bytes_of(body)));
  EXPECT_EQ(scope.refusal, Refusal::PolicyBlocked);
  EXPECT_EQ(scope.refusal_entity, World::Card);
}

std::string random_card(std::mt19937& random) {
  std::string digits = "4";
  for (int i = 0; i < 14; ++i) digits += static_cast<char>('0' + random() % 10);
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int d = (digits[digits.size() - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
    sum += d > 9 ? d - 9 : d;
  }
  return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
}

// The oracle: both texts read as one. Halves that are something by themselves are left out.
TEST_F(JoinedTextsTest, AgreesWithTheJoinedTextReadAsOne) {
  std::mt19937 random(4);
  const std::vector<std::string> words = {"the ",          "invoice \n", "\u00e9t\u00e9 ",
                                          "\u4e2d\u6587 ", "a\"b ",      "\\ "};
  size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    std::string before, behind;
    for (auto i = random() % 60; i > 0; --i) before += words[random() % words.size()];
    for (auto i = random() % 60; i > 0; --i) behind += " " + words[random() % words.size()];
    std::string card = random_card(random);
    if (random() % 4 == 0) card[3] = card[3] == '5' ? '6' : '5';
    const size_t cut = 5 + random() % 7;
    const std::string a = before + card.substr(0, cut);
    const std::string b = card.substr(cut) + behind;
    if (!world.text_edits(Direction::Request, a).edits.empty() ||
        !world.text_edits(Direction::Request, b).edits.empty())
      continue;
    const auto whole = world.text_edits(Direction::Request, a + b);
    const bool straddles = whole.edits.size() == 1 && whole.edits[0].start == before.size() &&
                           whole.edits[0].end == before.size() + card.size() &&
                           whole.edits[0].replacement == world.token(World::Card, card);
    const std::string body = body_of({{"user", a}, {"user", b}});
    const std::string expected = straddles ? body_of({{"user", before + half(card.substr(0, cut))},
                                                      {"user", half(card.substr(cut)) + behind}})
                                           : body;
    if (whole.edits.empty() || straddles) {
      ASSERT_EQ(request(body, {random() % body.size()}), expected) << body;
    }
    found += straddles ? 1 : 0;
    world.tokens.clear();
  }
  EXPECT_GT(found, 50U);
}

}  // namespace
}  // namespace sallyport::rewrite
