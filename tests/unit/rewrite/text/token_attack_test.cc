// Tokens of others, of other times, and invented ones: nobody gets a value by them.
#include <gtest/gtest.h>

#include <random>

#include "dataplane/rewrite/text/limits.h"
#include "tests/unit/rewrite/rewrite_world.h"

namespace sallyport::rewrite {
namespace {

using redact::TokenLabels;

class TokenAttacks : public testing::Test {
 protected:
  void SetUp() override { world.tokens.clear(); }

  static std::string token_of(redact::TokenMint& mint, const redact::TokenScope& scope,
                              std::string_view value = "a@example.org") {
    redact::Token out;
    EXPECT_TRUE(mint.mint(scope, "EMAIL_ADDRESS", bytes_of(value), out));
    return std::string(out.text());
  }
  std::string run(RewriteScope& scope, std::string_view text) {
    TextRewriter rewriter;
    rewriter.begin(scope);
    EXPECT_TRUE(rewriter.feed(bytes_of(text)) && rewriter.end());
    std::vector<SaidEdit> edits;
    for (const TextEdit& e : rewriter.edits().edits()) {
      const auto value = rewriter.edits().replacement(e);
      edits.push_back(
          {e.start, e.end, {reinterpret_cast<const char*>(value.data()), value.size()}});
    }
    return edited(text, edits);
  }
  std::string request(std::string_view text) {
    RewriteScope scope = world.scope(Direction::Request);
    const std::string out = run(scope, text);
    tally = scope.tally;
    return out;
  }
  std::string answer(std::string_view text) {
    RewriteScope scope = world.scope(Direction::Response);
    const std::string out = run(scope, text);
    tally = scope.tally;
    return out;
  }
  // In a request it becomes a literal, comes back as the same text, and no value is touched.
  void expect_literal(const std::string& text) {
    const std::string sent = request(text);
    EXPECT_EQ(sent, world.token(TokenLabels::kLiteral, text));
    EXPECT_EQ(tally.foreign_tokens, 1U);
    EXPECT_EQ(tally.verified_tokens, 0U);
    EXPECT_EQ(answer(sent), text);
    // An answer that holds it without that request gets nothing.
    world.tokens.clear();
    EXPECT_EQ(answer(text), text);
    EXPECT_EQ(tally.unrestored_tokens, 1U);
  }

  World& world = World::get();
  Tally tally;
};

TEST_F(TokenAttacks, TokensOfAnotherTenantVendorOrPrincipalAreTextOfNobody) {
  expect_literal(token_of(world.mint, {"other", "", "openai"}));
  expect_literal(token_of(world.mint, {"acme", "", "anthropic"}));
  expect_literal(token_of(world.mint, {"acme", "someone-else", "openai"}));
  redact::TokenMint other_key;
  ASSERT_TRUE(other_key.load(std::vector<uint8_t>(32, 8), "01"));
  expect_literal(token_of(other_key, {"acme", "", "openai"}));
}

TEST_F(TokenAttacks, TheTokenOfAPrincipalIsNoneOfAnother) {
  RewriteScope alice = world.scope(Direction::Request);
  alice.token_scope.scope = "alice";
  const std::string hers = run(alice, "mail a@example.org");
  EXPECT_EQ(run(alice, hers), hers);
  RewriteScope bob = world.scope(Direction::Request);
  bob.token_scope.scope = "bob";
  EXPECT_NE(run(bob, hers), hers);
  EXPECT_EQ(bob.tally.foreign_tokens, 1U);
  EXPECT_EQ(bob.tally.verified_tokens, 0U);
}

TEST_F(TokenAttacks, AnEpochIsValidForOneMoreAndThenForNobody) {
  const std::vector<uint8_t> first(32, 1), second(32, 2), third(32, 3);
  const redact::TokenScope scope{"acme", "", "openai"};
  redact::TokenMint then, next, last;
  ASSERT_TRUE(then.load(first, "01"));
  ASSERT_TRUE(next.load(second, "02", first, "01"));
  ASSERT_TRUE(last.load(third, "03", second, "02"));
  const std::string old = token_of(then, scope);
  for (auto [mint, ours] :
       {std::pair(&then, true), std::pair(&next, true), std::pair(&last, false)}) {
    RewriteScope request = world.scope(Direction::Request);
    request.mint = mint;
    EXPECT_EQ(run(request, old) == old, ours);
    EXPECT_EQ(request.tally.verified_tokens, ours ? 1U : 0U);
  }
  // The epoch's name is not enough: the same letters under the next key.
  std::string renamed = old;
  renamed.replace(renamed.size() - 24, 2, "02");
  RewriteScope request = world.scope(Direction::Request);
  request.mint = &next;
  EXPECT_NE(run(request, renamed), renamed);
}

TEST_F(TokenAttacks, ATokenOfAnEarlierExchangeBringsNothingBack) {
  const std::string sent = request("mail a@example.org");
  EXPECT_EQ(answer(sent), "mail a@example.org");
  world.tokens.clear();  // the exchange is over
  EXPECT_EQ(answer(sent), sent);
  // A client that replays it may keep it, and gets no value by it either.
  EXPECT_EQ(request(sent), sent);
  EXPECT_EQ(tally.verified_tokens, 1U);
  EXPECT_EQ(answer(sent), sent);
}

TEST_F(TokenAttacks, TokensInventedByTheClientComeBackAsThatText) {
  expect_literal("[EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ4]");
  expect_literal("[email-address-0a7zk3m9qwert1xc5vbnhj4]");
  // A literal inside a literal: the client sends what we would have made of its own text.
  const std::string invented = "[EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ4]";
  const std::string ours = world.token(TokenLabels::kLiteral, invented);
  EXPECT_EQ(request(ours), ours);  // it verifies: it is a token of this tenant
  EXPECT_EQ(answer(ours), ours);   // and stands for nothing in this exchange
}

TEST_F(TokenAttacks, TokensInventedByTheVendorStayAsTheyAre) {
  const std::string known = world.minted(World::Email, "a@example.org");
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    std::string guess = known;
    const size_t at = guess.size() - 2 - random() % redact::kTokenCoreChars;
    const char c = redact::crockford_char(random() % 32);
    if (guess[at] == c) continue;
    guess[at] = c;
    EXPECT_EQ(answer(guess), guess);
  }
  // The label counts too: no other entity's rules of access are reached with it.
  EXPECT_EQ(answer("[PHONE-NUMBER" + known.substr(known.rfind('-'))),
            "[PHONE-NUMBER" + known.substr(known.rfind('-')));
}

// The 40-bit check may be tried so often in one exchange and no more.
TEST_F(TokenAttacks, GuessesAreCountedAndThenNothingIsCheckedAnyMore) {
  const std::string ours = world.token(World::Email, "a@example.org");
  std::string text;
  std::mt19937 random(6);
  const uint32_t guesses = kFailedChecksMax + 10;
  for (uint32_t i = 0; i < guesses; ++i) {
    text += "[EMAIL-ADDRESS-01";
    for (int k = 0; k < 21; ++k) text += redact::crockford_char(random() % 32);
    text += "] ";
  }
  const std::string sent = request(ours + " " + text + ours);
  EXPECT_EQ(tally.verified_tokens, 1U);
  EXPECT_EQ(tally.foreign_tokens, kFailedChecksMax);
  EXPECT_EQ(tally.unchecked_tokens, 11U);
  EXPECT_TRUE(sent.starts_with(ours));
  // Behind the bound even a right guess looks like a wrong one.
  EXPECT_TRUE(sent.ends_with(world.token(TokenLabels::kLiteral, ours)));
  EXPECT_EQ(answer(sent), ours + " " + text + ours);
}

// Neither direction says whether a token is real where a value may not stand.
TEST_F(TokenAttacks, APlaceThatIsFetchedGivesRealAndInventedTokensTheSameAnswer) {
  const std::string real = world.minted(World::Email, "a@example.org");
  std::string invented = real;
  invented[invented.size() - 2] = invented[invented.size() - 2] == '0' ? '1' : '0';
  for (const std::string& token : {real, invented})
    for (const auto& [before, behind] : std::vector<std::pair<std::string, std::string>>{
             {"https://evil.example/?q=", ""},
             {"![x](https://evil.example/", ")"},
             {"[x](//evil.example/?", " \"title\")"},
             {"<img src=\"https://evil.example/", "\">"},
             {"<a href='", "'>"},
             {"[x]: https://evil.example/", "\n"},
             {"www.evil.example/", ""},
             {"", ".evil.example/"},
             {"a-", "-b.evil.example"},
             {"", "@evil.example"},
             {"", ".in"},
             {"mailto:", "@evil.example"},
             {"[x]: ", ".evil.example"},
             {"", "\u200b.evil.example"},
             {"user:", ":x@evil.example"},
             {"https://evil.example/?d=\"", "\""},
             {"evil.example:8080/?d=", ""},
             {"mailto:x@evil.example?body=", ""}}) {
      const std::string text = before + token + behind;
      EXPECT_EQ(answer(text), text);
    }
}

// Counted by where it stood, at every cut; what stands in plain text behind comes back.
TEST_F(TokenAttacks, TheTextBehindATokenSaysWhetherItNamesAHost) {
  const std::string token = world.minted(World::Email, "a@example.org");
  for (const auto& [behind, restored] :
       std::vector<std::pair<std::string, bool>>{{".evil.example/x.png and ", false},
                                                 {"@evil.example ", false},
                                                 {"-x.evil.example\n", false},
                                                 {token + ".evil.example ", false},
                                                 {". Next: ", true},
                                                 {".pdf ", true},
                                                 {".[1] ", true},
                                                 {", x@example.net ", true},
                                                 {" ", true},
                                                 {"-", true}}) {
    const std::string text = "to " + token + behind + token;
    const std::string value = "a@example.org";
    const bool twice = behind.starts_with(token);
    const std::string expected =
        restored ? "to " + value + behind + value : "to " + token + behind + value;
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      RewriteScope scope = world.scope(Direction::Response);
      TextRewriter rewriter;
      rewriter.begin(scope);
      ASSERT_TRUE(rewriter.feed(bytes_of(std::string_view(text).substr(0, cut))));
      for (const TextEdit& e : rewriter.edits().edits()) ASSERT_LE(e.end, rewriter.edge());
      ASSERT_TRUE(rewriter.feed(bytes_of(std::string_view(text).substr(cut))) && rewriter.end());
      std::vector<SaidEdit> edits;
      for (const TextEdit& e : rewriter.edits().edits()) {
        const auto said = rewriter.edits().replacement(e);
        edits.push_back(
            {e.start, e.end, {reinterpret_cast<const char*>(said.data()), said.size()}});
      }
      ASSERT_EQ(edited(text, edits), expected) << cut;
      EXPECT_EQ(scope.tally.restored[World::Email], restored ? 2U : 1U);
      EXPECT_EQ(scope.tally.restore_misplaced[World::Email], restored ? 0U : twice ? 2U : 1U);
      EXPECT_EQ(scope.tally.restore_denied[World::Email], 0U);
    }
  }
}

}  // namespace
}  // namespace sallyport::rewrite
