// A value that became a token is one again where no word says what it is.
#include <gtest/gtest.h>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using contract::Action;

class KnownAgain : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }
  // One message after the other; each as it leaves.
  std::vector<std::string> request(const std::vector<std::string>& texts,
                                   RoleSet roles = contract::Role::User,
                                   scan::Whole whole = scan::Whole::Answer) {
    RewriteScope scope = world.scope(Direction::Request);
    std::vector<std::string> out;
    for (const std::string& text : texts) {
      TextRewriter rewriter;
      const bool first = out.empty();
      rewriter.begin(scope, {}, first ? RoleSet(contract::Role::User) : roles, nullptr,
                     first ? scan::Whole::Answer : whole);
      EXPECT_TRUE(rewriter.feed(bytes_of(text)) && rewriter.end());
      std::vector<SaidEdit> edits;
      for (const TextEdit& e : rewriter.edits().edits()) {
        const auto value = rewriter.edits().replacement(e);
        edits.push_back({e.start, e.end, std::string(value.begin(), value.end())});
      }
      out.push_back(edited(text, edits));
      world.tally = scope.tally;
    }
    return out;
  }
  World& world = World::get();
  const std::string ssn = world.token(World::Ssn, "536904399");
};

TEST_F(KnownAgain, InALaterTextAndLaterInTheSame) {
  const auto sent = request(
      {"536904399, my ssn is 536904399; 536904399!", "I noted 536904399.", "5369043990 536904398"});
  EXPECT_EQ(sent[0], "536904399, my ssn is " + ssn + "; " + ssn + "!");  // only forward
  EXPECT_EQ(sent[1], "I noted " + ssn + ".");
  EXPECT_EQ(sent[2], "5369043990 536904398");
  EXPECT_EQ(world.tally.detections[World::Ssn][static_cast<size_t>(Action::Tokenize)], 3U);
}

TEST_F(KnownAgain, NotInIdsNorInWhatTheSystemSays) {
  const std::vector<std::string> texts{"my ssn is 536904399", "536904399"};
  EXPECT_EQ(request(texts, contract::Role::Assistant)[1], ssn);
  EXPECT_EQ(request(texts, RoleSet::all())[1], ssn);
  EXPECT_EQ(request(texts, contract::Role::System)[1], "536904399");
  EXPECT_EQ(request(texts, RoleSet{})[1], "536904399");  // the description of a tool
  EXPECT_EQ(request(texts, contract::Role::User, scan::Whole::Field)[1], "536904399");
}

// Policy lets the assistant say it.
TEST_F(KnownAgain, WhatTheRoleMayIsItsOwn) {
  world.role_treatment = {contract::Role::Assistant, Treatment(Action::Observe)};
  const auto sent =
      request({"my ssn is 536904399", "I noted 536904399"}, contract::Role::Assistant);
  world.role_treatment.reset();
  EXPECT_EQ(sent[1], "I noted 536904399");
}

TEST_F(KnownAgain, WhatAReaderSeesThereCountsWhereItSaysMore) {
  // Inside a mail address, beside one, and a card that the number begins.
  const auto sent =
      request({"my ssn is 536904399", "to 536904399@example.com", "536904399 a@b.org"});
  EXPECT_EQ(sent[1], "to " + world.token(World::Email, "536904399@example.com"));
  EXPECT_EQ(sent[2], ssn + " " + world.token(World::Email, "a@b.org"));
}

TEST_F(KnownAgain, ATextThatWasCleanBeforeIsReadAgain) {
  const std::string body = R"({"messages":[{"role":"user","content":"536904399"},)"
                           R"({"role":"user","content":"ssn 536904399"},)"
                           R"({"role":"user","content":"536904399"}]})";
  const llm::ApiKind kind = llm::shipped_kind("openai_chat");
  const Said said = world.json_edits(Direction::Request, kind.request, body);
  EXPECT_EQ(edited(body, said.edits), R"({"messages":[{"role":"user","content":"536904399"},)"
                                      R"({"role":"user","content":"ssn )" +
                                          ssn + R"("},{"role":"user","content":")" + ssn + "\"}]}");
  EXPECT_EQ(world.json_edits(Direction::Request, kind.request, body, every_byte(body.size())),
            said);
}

TEST_F(KnownAgain, InAnotherFormItIsTheSameToken) {
  const auto sent = request({"my ssn is 536-90-4399", "I noted 536904399."});
  EXPECT_EQ(sent[1], "I noted " + ssn + ".");
}

// Clean where it is not looked for says nothing of where it is.
TEST_F(KnownAgain, ATextThatWasCleanForTheSystemIsReadAgain) {
  const std::string body = R"({"messages":[{"role":"user","content":"ssn 536904399"},)"
                           R"({"role":"system","content":"536904399"},)"
                           R"({"role":"user","content":"536904399"}]})";
  const llm::ApiKind kind = llm::shipped_kind("openai_chat");
  const Said said = world.json_edits(Direction::Request, kind.request, body);
  std::string expected = body;
  for (const std::string before : {"ssn ", R"({"role":"user","content":")"})
    expected.replace(expected.rfind(before + "536904399") + before.size(), 9, ssn);
  EXPECT_EQ(edited(body, said.edits), expected);
}

TEST_F(KnownAgain, TheSameAtEveryCut) {
  for (const std::string text :
       {"ssn 536904399 and 536904399", "ssn 536904399 536904399@example.com 536904399.",
        "social security 536904399, call +1 415-555-2671 or 536904399, 4155552671 536904399x",
        "ssn 536904399 [EMAIL-ADDRESS-01ABCDEFGHJKMNPQRSTVWXY] 536904399 4111 1111 1111 1111"}) {
    const Said whole = world.text_edits(Direction::Request, text);
    EXPECT_FALSE(whole.broken) << text;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const Said cut_once = world.text_edits(Direction::Request, text, {cut});
      EXPECT_EQ(cut_once, whole) << text << " at " << cut;
      EXPECT_FALSE(cut_once.broken) << text << " at " << cut;
    }
    EXPECT_EQ(world.text_edits(Direction::Request, text, every_byte(text.size())), whole) << text;
  }
  const std::string arguments = R"({"note":"ssn 536904399","again":["536904399",536904399]})";
  const Said whole = world.arguments_edits(Direction::Request, arguments);
  EXPECT_EQ(whole.edits.size(), 3U);
  for (size_t cut = 1; cut < arguments.size(); ++cut)
    EXPECT_EQ(world.arguments_edits(Direction::Request, arguments, {cut}), whole) << cut;
}

// Answers are not edited by it: what comes back there is what this request minted.
TEST_F(KnownAgain, NotInAnswers) {
  const auto sent = request({"my ssn is 536904399"});
  RewriteScope scope = world.scope(Direction::Response);
  EXPECT_EQ(scope.known, nullptr);
  EXPECT_EQ(edited("536904399", world.text_edits(Direction::Response, "536904399").edits),
            "536904399");
}

}  // namespace
}  // namespace sallyport::rewrite
