#include "controlplane/supervise/desk/retention_rules.h"

#include <gtest/gtest.h>

namespace sallyport::supervise {
namespace {

using controlplane::policy::RetentionInForce;
using evidence_log::RetentionPolicy;

TEST(RetentionRules, WhereTheHostSaysNothingTheBundleDecides) {
  RetentionInForce bundle;
  bundle.evidence_days = {{"", {{"REQ", 365}, {"RST", 800}}}, {"acme", {{"REQ", 500}}}};
  const RetentionPolicy policy = retention_of({}, bundle);
  EXPECT_EQ(policy.days_of("REQ", ""), 365U);
  EXPECT_EQ(policy.days_of("REQ", "other"), 365U);
  EXPECT_EQ(policy.days_of("REQ", "acme"), 500U);
  EXPECT_EQ(policy.days_of("RST", "acme"), 800U);  // its general word stands for every tenant
  EXPECT_EQ(policy.days_of("KEY", ""), 400U);
  EXPECT_EQ(policy.problem(), "");
}

TEST(RetentionRules, NeitherCanMakeTheOthersRecordsGoEarly) {
  RetentionPolicy host;
  host.audit_period_days = 500;
  host.rules = {{"REQ", "", 900}, {"", "acme", 600}};
  RetentionInForce bundle;
  bundle.evidence_days = {{"", {{"REQ", 400}, {"RST", 1000}}}, {"acme", {{"REQ", 700}}}};
  const RetentionPolicy policy = retention_of(host, bundle);
  EXPECT_EQ(policy.audit_period_days, 500U);
  EXPECT_EQ(policy.days_of("REQ", ""), 900U);
  EXPECT_EQ(policy.days_of("REQ", "acme"), 700U);  // 600 of the host, 700 of the bundle
  EXPECT_EQ(policy.days_of("RST", "acme"), 1000U);
  EXPECT_EQ(policy.days_of("TST", "acme"), 600U);
  EXPECT_EQ(policy.days_of("TST", ""), 500U);  // never shorter than the audit period
  EXPECT_EQ(policy.problem(), "");
}

}  // namespace
}  // namespace sallyport::supervise
