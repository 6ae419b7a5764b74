#include "controlplane/restore/decision.h"

#include <gtest/gtest.h>

#include "tests/unit/control/restore/sample_policy.h"

namespace sallyport::restore {
namespace {

using controlplane::policy::MfaStrength;
using controlplane::policy::RestorationPolicy;

constexpr int64_t kHourS = 3'600;
constexpr int64_t kDayS = 24 * kHourS;

class Decision : public testing::Test {
 protected:
  std::string why(const Caller& caller, const Question& question) {
    const Ruling ruling = decide(policy, caller, question);
    return (ruling.allow ? "allow " : "deny ") + ruling.why;
  }
  RestorationPolicy policy = sample_policy();
  Caller desk{"desk", {"desk"}, MfaStrength::Unknown, "unix"};
  Caller chief{"chief", {"chief"}, MfaStrength::Multi, "certificate"};
  Question mail{"acme", "EMAIL_ADDRESS", "lab", "", "audit", "", kMondayNoonS, false};
};

TEST_F(Decision, TheFirstRuleThatFitsDecides) {
  EXPECT_EQ(decide(policy, desk, mail).rule, "desk-lab");
  EXPECT_EQ(decide(policy, chief, mail).rule, "chief-all");
  mail.entity = "US_SSN";
  EXPECT_EQ(decide(policy, chief, mail).rule, "no-ssn");
  EXPECT_EQ(why(chief, mail), "deny rule_denies");
}

TEST_F(Decision, WhereNoRuleFitsTheAnswerIsNo) {
  mail.tenant = "beta";
  EXPECT_EQ(why(desk, mail), "deny no_rule");
  mail.tenant = "acme";
  mail.environment = "production";
  EXPECT_EQ(why(desk, mail), "deny no_rule");
  policy.rules.clear();
  EXPECT_EQ(why(chief, mail), "deny no_rule");
}

TEST_F(Decision, WhatARuleAsksForIsADenialAndNotTheNextRule) {
  controlplane::policy::RestorationRule wide;
  wide.id = "wide";
  wide.allow = true;
  policy.rules.push_back(wide);
  for (const MfaStrength weak : {MfaStrength::Unknown, MfaStrength::Single}) {
    chief.mfa = weak;
    EXPECT_EQ(why(chief, mail), "deny mfa_too_weak");
  }
  chief.mfa = MfaStrength::Hardware;
  EXPECT_EQ(why(chief, mail), "allow rule");
  policy.rules[2].ticket_required = true;
  EXPECT_EQ(why(chief, mail), "deny ticket_missing");
  mail.ticket = "T-1";
  EXPECT_EQ(why(chief, mail), "allow rule");
}

TEST_F(Decision, HoursAndDaysAreThoseOfUtc) {
  const int64_t midnight = kMondayNoonS - 12 * kHourS;
  for (int64_t minute = 0; minute < 7 * 24 * 60; ++minute) {
    mail.now_s = midnight + minute * 60 + 59;
    const int64_t of_day = minute % (24 * 60);
    const bool open = minute / (24 * 60) < 5 && of_day >= 8 * 60 && of_day < 18 * 60;
    ASSERT_EQ(why(desk, mail), open ? "allow rule" : "deny outside_hours") << minute;
  }
}

TEST_F(Decision, AReasonIsOneOfThePolicyAndATicketComesWithThoseThatAskForIt) {
  mail.reason = "curious";
  EXPECT_EQ(why(desk, mail), "deny reason_unknown");
  mail.reason = "";
  EXPECT_EQ(why(desk, mail), "deny reason_unknown");
  mail.reason = "subject";
  EXPECT_EQ(why(desk, mail), "deny ticket_missing");
  mail.ticket = "T-1";
  EXPECT_EQ(why(desk, mail), "allow rule");
}

TEST_F(Decision, PurposesAreAskedForWhereThePolicyListsThem) {
  mail.purpose = "made-up";
  EXPECT_EQ(why(desk, mail), "deny purpose_unknown");
  policy.purposes = {"investigation"};
  EXPECT_EQ(why(desk, mail), "deny purpose_unknown");
  mail.purpose = "";
  EXPECT_EQ(why(desk, mail), "deny purpose_unknown");
  mail.purpose = "investigation";
  EXPECT_EQ(why(desk, mail), "allow rule");
}

TEST_F(Decision, BeforeTheEnvironmentIsKnownOnlyAnAllowCanFit) {
  mail.environment.reset();
  EXPECT_EQ(why(desk, mail), "allow rule");
  policy.rules[1].allow = false;
  EXPECT_EQ(why(desk, mail), "deny no_rule");
}

TEST_F(Decision, BreakGlassIsForItsRolesAndNeverWithoutATicket) {
  mail.entity = "US_SSN";
  mail.break_glass = true;
  EXPECT_EQ(why(chief, mail), "deny ticket_missing");
  mail.ticket = "INC-9";
  EXPECT_EQ(why(chief, mail), "allow break_glass");
  EXPECT_EQ(why(desk, mail), "deny break_glass_not_yours");
  policy.break_glass_roles.clear();
  EXPECT_EQ(why(chief, mail), "deny break_glass_not_yours");
}

TEST_F(Decision, ACallerThatPolicyDoesNotKnowIsNobody) {
  EXPECT_EQ(why(Caller{}, mail), "deny caller_unknown");
  EXPECT_TRUE(caller_of_user(policy, "root", kMondayNoonS).principal.empty());
  EXPECT_TRUE(caller_of_user(policy, "", kMondayNoonS).principal.empty());
  EXPECT_EQ(caller_of_user(policy, "desk", kMondayNoonS).principal, "desk");
  policy.identities[0].expires_s = kMondayNoonS;
  EXPECT_TRUE(caller_of_user(policy, "desk", kMondayNoonS).principal.empty());
  EXPECT_EQ(caller_of_user(policy, "desk", kMondayNoonS - kDayS).principal, "desk");
}

TEST_F(Decision, ACertificateFitsEverythingThatItsIdentityNames) {
  contract::Digest key{}, other{};
  other.fill(9);
  const auto name_of = [&](const std::vector<std::string>& names, const contract::Digest& spki) {
    return caller_of_certificate(policy, names, spki, kMondayNoonS).principal;
  };
  EXPECT_EQ(name_of({"x", "chief@example.org"}, other), "chief");
  EXPECT_EQ(name_of({"desk"}, other), "");
  EXPECT_EQ(name_of({""}, other), "");
  policy.identities[1].spki = key;
  EXPECT_EQ(name_of({"chief@example.org"}, other), "");
  EXPECT_EQ(name_of({"chief@example.org"}, key), "chief");
  EXPECT_EQ(name_of({"somebody"}, key), "");
}

}  // namespace
}  // namespace sallyport::restore
