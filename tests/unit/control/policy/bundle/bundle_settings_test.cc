#include "controlplane/policy/bundle/bundle_settings.h"

#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Settings : public BundleFixture {
 protected:
  void refused(const std::string& file, const std::string& text, const std::string& why) {
    files[file] = text;
    EXPECT_THAT(refusals(), ElementsAre(HasSubstr(why)));
    files.erase(file);
    std::filesystem::remove(folder_.path() / file);
  }
};

TEST_F(Settings, WithoutFilesTheCarefulDefaultsHold) {
  const Bundle bundle = good();
  EXPECT_EQ(bundle.retention.evidence_days("REQ", "acme"), 400U);
  EXPECT_EQ(bundle.retention.vault_hours("acme"), 24U);
  EXPECT_EQ(bundle.approvals.approvers, 1U);
  EXPECT_EQ(bundle.approvals.approvers_of_loosening, 2U);
  EXPECT_TRUE(bundle.exceptions.empty());
  EXPECT_EQ(bundle.vendors[0].data_use, kDataUseUnknown);
}

TEST_F(Settings, RetentionIsPerKindAndTenant) {
  files["retention.yaml"] =
      "retention:\n  audit_period_days: 90\n  evidence_days: {REQ: 120}\n  vault_hours: 12\n"
      "  tenants:\n    acme: {evidence_days: {REQ: 800, RST: 900}, vault_hours: 2}\n";
  const Bundle bundle = good();
  EXPECT_EQ(bundle.retention.evidence_days("REQ", "acme"), 800U);
  EXPECT_EQ(bundle.retention.evidence_days("REQ", "beta"), 120U);
  EXPECT_EQ(bundle.retention.evidence_days("RST", "acme"), 900U);
  EXPECT_EQ(bundle.retention.evidence_days("RST", "beta"), 400U);
  EXPECT_EQ(bundle.retention.vault_hours("acme"), 2U);
  EXPECT_EQ(bundle.retention.vault_hours("beta"), 12U);
}

TEST_F(Settings, EvidenceIsKeptForTheAuditPeriod) {
  refused("retention.yaml", "retention: {evidence_days: {REQ: 364}}\n",
          "evidence is kept for the audit period at least, 365 days");
  refused("retention.yaml",
          "retention: {audit_period_days: 500, tenants: {beta: {evidence_days: {KEY: 400}}}}\n",
          "500 days");
  refused("retention.yaml", "retention: {evidence_days: {REQS: 400}}\n",
          "evidence_days has no key 'REQS' (did you mean 'REQ'?)");
  files["retention.yaml"] = "retention: {audit_period_days: 500}\n";
  EXPECT_EQ(good().retention.evidence_days("REQ", "acme"), 500U);
}

TEST_F(Settings, ApprovalSettingsNeverAskForLessThanTheRules) {
  refused("approvals.yaml", "approvals: {approvers: 0}\n", "from 1 to 8");
  refused("approvals.yaml", "approvals: {approvers_of_loosening: 1}\n", "from 2 to 8");
  files["approvals.yaml"] = "approvals: {approvers: 2, approvers_of_loosening: 3}\n";
  EXPECT_EQ(good().approvals.approvers_of_loosening, 3U);
}

TEST_F(Settings, RolloutSettingsAreRead) {
  files["rollout.yaml"] = "rollout: {halt_error_percent: 2, tests_every_seconds: 0}\n";
  const Bundle bundle = good();
  EXPECT_EQ(bundle.rollout.halt_error_percent, 2U);
  EXPECT_EQ(bundle.rollout.tests_every_seconds, 0U);
  EXPECT_EQ(bundle.rollout.halt_window_seconds, 60U);
}

constexpr const char* kException =
    "exceptions:\n"
    "  - {id: e1, finding: redaction_loosened, subject: EMAIL_ADDRESS, tenant: beta,\n"
    "     owner: kim@example.org, expires: 2026-12-31, reason: migration}\n";

TEST_F(Settings, AnExceptionHasAnOwnerAndADay) {
  files["exceptions.yaml"] = kException;
  const Bundle bundle = good();
  ASSERT_EQ(bundle.exceptions.size(), 1U);
  EXPECT_EQ(bundle.exceptions[0].expires_day, 20'818);
  EXPECT_THAT(bundle.exceptions[0].tenants, ElementsAre("beta"));
  for (const auto& [from, why] :
       std::map<std::string, std::string>{{"2026-12-31", "a day is expected"},
                                          {"redaction_loosened", "no finding of this name"},
                                          {"beta", "there is no tenant"}}) {
    files["exceptions.yaml"] = kException;
    change("exceptions.yaml", from, from == "2026-12-31" ? "2026-02-30" : "redaction_lost");
    EXPECT_THAT(refusals(), ElementsAre(HasSubstr(why))) << from;
  }
  files["exceptions.yaml"] = kException;
  change("exceptions.yaml", "owner: kim@example.org, ", "");
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("an exception has no 'owner'")));
}

TEST_F(Settings, WhatAVendorMayDoWithDataIsNamedOrUnknown) {
  change("vendors/other.yaml", "  credential: other\n",
         "  credential: other\n  data_use: {training: never, retention: zero}\n");
  const Bundle bundle = good();
  EXPECT_EQ(bundle.vendors[1].data_use, (DataUse{0, 0, 3, 3}));
  change("vendors/other.yaml", "training: never", "training: maybe");
  EXPECT_THAT(refusals(),
              ElementsAre(HasSubstr("'maybe' is none of: never, opt_out, permitted, unknown")));
}

TEST_F(Settings, ReasonsOnceListedAreTheOnlyOnes) {
  files["access.yaml"] =
      "reasons:\n  support: {description: tickets, ticket: true}\n  audit: {}\n" +
      files["access.yaml"];
  const Bundle bundle = good();
  ASSERT_EQ(bundle.reasons.size(), 2U);
  EXPECT_EQ(bundle.reasons[1].name, "support");
  EXPECT_TRUE(bundle.reasons[1].needs_ticket);
  change("access.yaml", "  audit: {}\n", "");
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("there is no reason 'audit'"),
                                      HasSubstr("there is no reason 'audit'")));
}

constexpr const char* kTemplates =
    "templates:\n"
    "  - name: support-answer\n"
    "    version: v3\n"
    "    status: active\n"
    "    parts:\n"
    "      - {role: system, text: \"You help {{company}}, in {{language}} only.\"}\n"
    "      - {role: user, text: \"Question: {{question}}\"}\n"
    "  - {name: support-answer, version: v2, status: retired, parts: [{role: user, text: Hi}]}\n";

TEST_F(Settings, ATemplateIsFixedWordsAndNamedSlots) {
  files["templates/support.yaml"] = kTemplates;
  const Bundle bundle = good();
  ASSERT_EQ(bundle.templates.size(), 2U);
  EXPECT_TRUE(bundle.templates[0].is_retired);
  const PromptTemplate& one = bundle.templates[1];
  EXPECT_EQ(one.id(), "support-answer@v3");
  ASSERT_EQ(one.parts.size(), 2U);
  EXPECT_EQ(one.parts[0].role, contract::Role::System);
  ASSERT_EQ(one.parts[0].pieces.size(), 5U);
  EXPECT_EQ(one.parts[0].pieces[1].text, "company");
  EXPECT_EQ(one.parts[0].pieces[2].text, ", in ");
  EXPECT_TRUE(one.parts[1].pieces[1].is_slot);
  EXPECT_EQ(one.digest, template_digest(one));
  PromptTemplate other = one;
  other.parts[0].pieces[2].text = ", in  ";
  EXPECT_NE(template_digest(other), one.digest);
}

TEST_F(Settings, ATemplateThatHoldsNobodyToAnythingIsRefused) {
  const auto with = [](const std::string& text) {
    return "templates:\n  - {name: a, version: v1, status: active, parts: [{role: user, text: '" +
           text + "'}]}\n";
  };
  refused("templates/a.yaml", with("{{everything}}"), "without fixed words");
  refused("templates/a.yaml", with("x {{a}}{{b}}"), "two slots need words between them");
  refused("templates/a.yaml", with("x {{a"), "a slot is {{name}}");
  refused("templates/a.yaml", with("x {{A b}}"), "a slot is {{name}}");
}

TEST_F(Settings, ARouteThatRequiresATemplateIsARoute) {
  change("routes.yaml", "\nhosts:", "\nrequire_template: [/openai, llm.example.com]\nhosts:");
  EXPECT_EQ(good().routes.require_template.size(), 2U);
  change("routes.yaml", "[/openai, ", "[/azure, ");
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("a prefix or a host of this file is expected")));
}

TEST(Days, AreReal) {
  EXPECT_EQ(parse_day("1970-01-02"), 1);
  EXPECT_EQ(parse_day("2024-02-29"), 19'782);
  for (const char* text : {"2023-02-29", "2023-13-01", "23-01-01", "2023/01/01", ""})
    EXPECT_EQ(parse_day(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sallyport::controlplane::policy
