#include "dataplane/rewrite/text/ruling.h"

#include <gtest/gtest.h>

#include "tests/unit/policy/image_builder.h"

namespace sallyport::rewrite {
namespace {

using Direction = RewriteScope::Direction;

class Rulings : public testing::Test {
 protected:
  void load(const policy::ImageBuilder& builder) {
    bytes = builder.build();
    std::string error;
    ASSERT_TRUE(image.load(bytes, error)) << error;
  }
  std::vector<uint8_t> bytes;
  policy::Image image;
  RewriteScope scope;
};

TEST_F(Rulings, ActionsAndRestorationByEntity) {
  load(policy::small_image());
  scope.refusal = Refusal::PolicyBlocked;
  scope.tally.foreign_tokens = 3;
  ASSERT_TRUE(fill_scope(image, {1, 0, 1, "robot", "support"}, Direction::Request, scope));
  EXPECT_EQ(scope.actions[0], contract::Action::Tokenize);
  EXPECT_EQ(scope.actions[1], contract::Action::Block);
  EXPECT_EQ(scope.actions[2], contract::Action::Block) << "entities of nobody are blocked";
  EXPECT_FALSE(scope.may_restore[0]) << "the access rule is for the other tenant";
  EXPECT_EQ(scope.refusal, Refusal::None);
  EXPECT_EQ(scope.tally.foreign_tokens, 0U);
  ASSERT_TRUE(fill_scope(image, {1, 0, 1, "robot", "support"}, Direction::Response, scope));
  EXPECT_EQ(scope.direction, Direction::Response);
  EXPECT_EQ(scope.actions[0], contract::Action::Block);

  ASSERT_TRUE(fill_scope(image, {0, 1, 0, "robot", "support"}, Direction::Response, scope));
  EXPECT_TRUE(scope.may_restore[0]);
  EXPECT_FALSE(scope.may_restore[1]);
  EXPECT_FALSE(scope.may_restore[2]);
  ASSERT_TRUE(fill_scope(image, {0, 1, 0, "robot", ""}, Direction::Response, scope));
  EXPECT_FALSE(scope.may_restore[0]) << "no reason, no restoration";
  ASSERT_TRUE(fill_scope(image, {0, 1, 0, "someone", "support"}, Direction::Response, scope));
  EXPECT_FALSE(scope.may_restore[0]);
}

TEST_F(Rulings, RoleAndConfidenceOfAFindingCount) {
  policy::ImageBuilder b = policy::small_image();
  b.steps = {{0, 0, 0}, {0, 0, 0}, {1, 60, 0}};
  b.decisions = {{0, 1}, {1, 2}};
  b.cells = {0, 0, 0, 0, 0, 0, 0, 0};
  b.role_rulings.assign(size_t{2} * contract::kRoleCount * 2, 0);
  b.role_rulings[2 * static_cast<size_t>(contract::Role::Tool)] = 1;
  load(b);
  ASSERT_TRUE(fill_scope(image, {1, 0, 1, "robot", "support"}, Direction::Request, scope));
  using contract::Action;
  using contract::Role;
  EXPECT_EQ(scope.treatment(Role::Tool, 0, 60), Action::Tokenize);
  EXPECT_EQ(scope.treatment(Role::Tool, 0, 100), Action::Tokenize);
  EXPECT_EQ(scope.treatment(Role::Tool, 0, 59), Action::Block);
  EXPECT_EQ(scope.treatment(Role::User, 0, 100), Action::Block);
  EXPECT_EQ(scope.treatment(RoleSet::all(), 0, 100), Action::Block) << "the strictest";
  EXPECT_EQ(scope.treatment({}, 0, 100), Action::Block);
}

TEST_F(Rulings, WhatNobodyReadsIsAdmittedByItsKind) {
  policy::ImageBuilder b = policy::small_image();
  b.opaque_rules.push_back(b.opaque_rule("no-images", false));
  b.opaque_rulings = b.first_opaque_rule_everywhere();
  b.opaque_rulings[static_cast<size_t>(contract::OpaqueReason::Image)] = 1;  // acme, lab, openai
  load(b);
  ASSERT_TRUE(fill_scope(image, {0, 0, 0, "robot", ""}, Direction::Request, scope));
  EXPECT_TRUE(scope.admit_opaque(contract::OpaqueReason::Audio));
  EXPECT_FALSE(scope.admit_opaque(contract::OpaqueReason::Image));
  EXPECT_EQ(scope.refusal, Refusal::PolicyBlocked);
  EXPECT_EQ(scope.refusal_subject, "image");
  ASSERT_TRUE(fill_scope(image, {0, 0, 0, "robot", ""}, Direction::Response, scope));
  EXPECT_EQ(scope.refusal_subject, "");
  EXPECT_TRUE(scope.admit_opaque(contract::OpaqueReason::Image));
  ASSERT_TRUE(fill_scope(image, {0, 1, 0, "robot", ""}, Direction::Request, scope));
  EXPECT_TRUE(scope.admit_opaque(contract::OpaqueReason::Image));
  ASSERT_FALSE(fill_scope(image, {9, 1, 0, "robot", ""}, Direction::Request, scope));
  EXPECT_FALSE(scope.admit_opaque(contract::OpaqueReason::Other)) << "nobody's: all is refused";
}

TEST_F(Rulings, TokensBelongToTheTenantOrToThePrincipalAndToTheVendor) {
  load(policy::small_image());
  ASSERT_TRUE(fill_scope(image, {0, 0, 0, "robot", ""}, Direction::Request, scope));
  EXPECT_EQ(scope.token_scope.tenant, "acme");
  EXPECT_EQ(scope.token_scope.scope, "");
  EXPECT_EQ(scope.token_scope.vendor, "openai");
  ASSERT_TRUE(fill_scope(image, {1, 0, 1, "robot", ""}, Direction::Request, scope));
  EXPECT_EQ(scope.token_scope.tenant, "zeta");
  EXPECT_EQ(scope.token_scope.scope, "robot");
  EXPECT_EQ(scope.token_scope.vendor, "anthropic");
}

TEST_F(Rulings, TheImageBoundsTheTokensOfAnExchange) {
  auto builder = policy::small_image();
  builder.limits[0].max_tokens_per_exchange = 2;
  load(builder);
  mem::SegmentPool pool(4, 4'096, mem::SegmentPool::Wipe::OnRelease);
  redact::ExchangeTokens tokens(pool);
  scope.tokens = &tokens;
  ASSERT_TRUE(fill_scope(image, {0, 0, 0, "robot", ""}, Direction::Request, scope));
  redact::TokenCore core{};
  for (char i = '0'; i < '3'; ++i) {
    core.fill(i);
    const auto added = tokens.add(core, 0, std::vector<uint8_t>{1});
    EXPECT_EQ(added,
              i < '2' ? redact::ExchangeTokens::Added::New : redact::ExchangeTokens::Added::Full);
  }
  tokens.clear();
}

TEST_F(Rulings, WhatTheImageDoesNotHaveIsBlocked) {
  load(policy::small_image());
  for (const RulingFor who :
       {RulingFor{2, 0, 0, "robot", "support"}, RulingFor{0, 2, 0, "robot", "support"},
        RulingFor{0, 0, 2, "robot", "support"}}) {
    ASSERT_TRUE(fill_scope(image, {0, 0, 0, "robot", "support"}, Direction::Response, scope));
    EXPECT_FALSE(fill_scope(image, who, Direction::Response, scope));
    for (size_t i = 0; i < kEntitiesMax; ++i) {
      EXPECT_EQ(scope.actions[i], contract::Action::Block);
      EXPECT_FALSE(scope.may_restore[i]);
    }
  }
}

}  // namespace
}  // namespace sallyport::rewrite
