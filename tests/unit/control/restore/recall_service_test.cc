// Values of earlier exchanges for live answers: both files of rules have to agree, the row decides
// whose value it is, and nothing leaves without its record.
#include "controlplane/restore/recall_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/unit/control/restore/sample_policy.h"

namespace sallyport::restore {
namespace {

using contract::RecallQuestion;
using contract::RecallStatus;
using controlplane::policy::RestorationPolicy;

RestorationPolicy live_policy() {
  RestorationPolicy policy = sample_policy();
  policy.reasons.push_back({"support", "", false});
  policy.live = {{"no-cards", {}, {}, {"CREDIT_CARD"}, {}, false},
                 {"own", {"acme"}, {"robot", "deputy", "other"}, {}, {"support"}, true}};
  controlplane::policy::Identity deputy;
  deputy.name = deputy.gateway = "deputy";
  deputy.roles = {"desk"};
  policy.identities.push_back(deputy);
  policy.limits = {5, 4, 3};
  return policy;
}

struct LiveService : testing::Test {
  LiveService() {
    RecallService::Hooks hooks;
    hooks.find = [this](const std::string& tenant, const auto&) -> std::optional<RecallEntry> {
      if (sealed) throw std::runtime_error("sealed");
      if (tenant != "acme") return std::nullopt;
      RecallEntry entry{"EMAIL_ADDRESS", "openai", environment, {"robot"}, {}};
      const std::string_view value = "ann@example.com";
      entry.value.assign(value.begin(), value.end());
      entry.entity = stored_entity;
      entry.is_damaged = damaged;
      return entry;
    };
    hooks.record = [this](const std::vector<RestoreEvent>& events) {
      for (const RestoreEvent& event : events) log.push_back(event);
      return records;
    };
    hooks.policy_of = [this](std::string_view) {
      return std::make_shared<const RestorationPolicy>(policy);
    };
    hooks.now_s = [this] { return now_s; };
    hooks.steady_s = [this] { return steady_s; };
    service = std::make_unique<RecallService>(std::move(hooks));
  }
  RecallResult ask(const std::string& principal = "robot", const std::string& tenant = "acme",
                   const std::string& vendor = "openai") {
    RecallQuestion question{};
    question.request_low = 77;
    question.core.fill('0');
    question.tenant.assign(tenant);
    question.principal.assign(principal);
    question.vendor.assign(vendor);
    question.environment.assign("lab");
    question.reason.assign(reason);
    question.entity.assign(stored_entity);
    return std::move(service->answer({question}).at(0));
  }

  RestorationPolicy policy = live_policy();
  std::string environment = "lab", stored_entity = "EMAIL_ADDRESS", reason = "support";
  bool sealed = false, records = true, damaged = false;
  int64_t now_s = kMondayNoonS, steady_s = 100;
  std::vector<RestoreEvent> log;
  std::unique_ptr<RecallService> service;
};

TEST_F(LiveService, WhoSentTheValueHasItBackAndTheLogKnows) {
  const RecallResult result = ask();
  EXPECT_EQ(result.status, RecallStatus::Restored);
  EXPECT_EQ(vault::text_of(result.value), "ann@example.com");
  ASSERT_EQ(log.size(), 1U);
  EXPECT_TRUE(log[0].allowed);
  EXPECT_EQ(log[0].rule, "own");
  EXPECT_EQ(log[0].why, "minting_principal");
  EXPECT_EQ(log[0].caller.via, "live");
  EXPECT_TRUE(log[0].request.starts_with("sp_"));
}

TEST_F(LiveService, ADamagedRowIsNoAnswerAndTheLogKnowsWhy) {
  damaged = true;
  const RecallResult result = ask();
  EXPECT_EQ(result.status, RecallStatus::Unknown);
  EXPECT_TRUE(result.value.empty());
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].why, "row_damaged");
}

TEST_F(LiveService, OthersNeedARuleThatAllowsThemAndAllItAsksFor) {
  EXPECT_EQ(ask("other").status, RecallStatus::Denied);
  EXPECT_EQ(log.back().why, "not_minted");
  EXPECT_EQ(ask("deputy").status, RecallStatus::Restored);  // desk-lab, 08:00 to 18:00
  EXPECT_EQ(log.back().rule, "desk-lab");
  now_s += 8 * 3'600;
  EXPECT_EQ(ask("deputy").status, RecallStatus::Denied);
  EXPECT_EQ(log.back().why, "outside_hours");
  now_s = kMondayNoonS;
  environment = "production";
  EXPECT_EQ(ask("deputy").status, RecallStatus::Denied);
  EXPECT_EQ(ask("robot").status, RecallStatus::Restored);
}

TEST_F(LiveService, WithoutARuleOfAccessNobodyHasAnything) {
  EXPECT_EQ(ask("stranger").status, RecallStatus::Denied);
  EXPECT_EQ(log.back().why, "access_denies");
  reason = "audit";
  EXPECT_EQ(ask().status, RecallStatus::Denied);
  reason = "support";
  stored_entity = "CREDIT_CARD";
  EXPECT_EQ(ask().status, RecallStatus::Denied);
}

TEST_F(LiveService, ADenialThatNamesNobodyHoldsForEverybody) {
  stored_entity = "US_SSN";
  EXPECT_EQ(ask().status, RecallStatus::Denied);
  EXPECT_EQ(log.back().rule, "no-ssn");
}

TEST_F(LiveService, AnotherTenantAndAnotherVendorMeetNothing) {
  policy.live[1].tenants = {"acme", "beta"};
  EXPECT_EQ(ask("robot", "beta").status, RecallStatus::Unknown);
  EXPECT_EQ(ask("robot", "acme", "anthropic").status, RecallStatus::Unknown);
}

TEST_F(LiveService, NoEvidenceNoValue) {
  records = false;
  const RecallResult result = ask();
  EXPECT_EQ(result.status, RecallStatus::NoEvidence);
  EXPECT_TRUE(result.value.empty());
  EXPECT_EQ(service->counts().no_evidence, 1U);
}

TEST_F(LiveService, ASealedVaultIsSaidSo) {
  sealed = true;
  EXPECT_EQ(ask().status, RecallStatus::VaultSealed);
}

TEST_F(LiveService, TheHourOfAPrincipalIsBounded) {
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask().status, RecallStatus::Restored);
  EXPECT_EQ(ask().status, RecallStatus::Limited);
  EXPECT_EQ(ask("deputy").status, RecallStatus::Restored);
  now_s += 3'700;
  EXPECT_EQ(ask().status, RecallStatus::Limited) << "a clock that was set is no hour that passed";
  steady_s += 3'700;
  EXPECT_EQ(ask().status, RecallStatus::Restored);
}

}  // namespace
}  // namespace sallyport::restore
