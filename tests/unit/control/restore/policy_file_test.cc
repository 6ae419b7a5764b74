// restoration.yaml: what it means, what it refuses, and that its image section keeps all of it.
#include "controlplane/policy/bundle/restoration.h"
#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kFile = "restoration.yaml";

std::string whole_file() {
  return "reasons:\n"
         "  - {code: audit, text: yearly audit}\n"
         "  - {code: subject, text: own data, ticket: true}\n"
         "purposes: [investigation]\n"
         "identities:\n"
         "  - {name: alice, unix: alice, roles: [desk]}\n"
         "  - {name: bob, certificate_name: bob@example.org, certificate_key: \"" +
         kPinA +
         "\", roles: [desk, chief], mfa: hardware, expires: \"2027-01-31\"}\n"
         "rules:\n"
         "  - {id: never-alice, principal: alice, entity: SECRET, allow: false}\n"
         "  - {id: desk, role: desk, tenant: [acme], entity: EMAIL_ADDRESS, environment: lab, "
         "reason: "
         "[audit],\n"
         "     purpose: investigation, min_mfa: multi, hours: \"08:00-18:30\", days: [mon, fri], "
         "ticket: true, allow: true}\n"
         "break_glass: [chief]\n"
         "limits: {values_per_request: 5, values_per_hour: 6, denials_per_hour: 7}\n";
}

class RestorationFile : public BundleFixture {
 protected:
  void refused(const std::string& from, const std::string& to, const std::string& why) {
    files[kFile] = whole_file();
    change(kFile, from, to);
    const auto all = refusals();
    ASSERT_FALSE(all.empty()) << to;
    EXPECT_THAT(all[0], HasSubstr(why)) << to;
  }
};

TEST_F(RestorationFile, WithoutTheFileNobodyMayRestore) {
  const RestorationPolicy policy = good().restoration;
  EXPECT_THAT(policy.identities, IsEmpty());
  EXPECT_THAT(policy.rules, IsEmpty());
}

TEST_F(RestorationFile, TheModelHoldsWhatTheFileSays) {
  files[kFile] = whole_file();
  const RestorationPolicy policy = good().restoration;
  ASSERT_EQ(policy.identities.size(), 2U);
  EXPECT_EQ(policy.identities[0].mfa, MfaStrength::Unknown);
  EXPECT_EQ(policy.identities[1].subject_name, "bob@example.org");
  EXPECT_TRUE(policy.identities[1].spki.has_value());
  EXPECT_EQ(policy.identities[1].expires_s, 1'801'440'000);  // 2027-02-01T00:00:00Z
  ASSERT_EQ(policy.rules.size(), 2U);
  const RestorationRule& desk = policy.rules[1];
  EXPECT_EQ(desk.from_minute, 480);
  EXPECT_EQ(desk.to_minute, 1'110);
  EXPECT_EQ(desk.weekdays, 0b0010001);
  EXPECT_TRUE(desk.ticket_required);
  EXPECT_EQ(desk.mfa_min, MfaStrength::Multi);
  EXPECT_EQ(policy.limits.denials_per_hour, 7U);
  EXPECT_TRUE(policy.find_reason("subject")->ticket_required);
  EXPECT_EQ(policy.find_reason("other"), nullptr);
}

TEST_F(RestorationFile, TheImageSectionKeepsAllOfIt) {
  files[kFile] = whole_file();
  const RestorationPolicy policy = good().restoration;
  const std::string text = restoration_text(policy);
  const auto again = parse_restoration(text);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(restoration_text(*again), text);
  EXPECT_EQ(again->identities[1].spki, policy.identities[1].spki);
  EXPECT_EQ(again->rules[1].weekdays, policy.rules[1].weekdays);
}

TEST_F(RestorationFile, ABrokenSectionIsNoPolicy) {
  files[kFile] = whole_file();
  const std::string text = restoration_text(good().restoration);
  for (size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_FALSE(parse_restoration(text.substr(0, cut)).has_value()) << cut;
  std::string strong = text;
  const std::string from = "\"mfa\":3";
  strong.replace(strong.find(from), from.size(), "\"mfa\":9");
  EXPECT_FALSE(parse_restoration(strong).has_value());
}

TEST_F(RestorationFile, MistakesAreRefusedWhereTheyAre) {
  refused("code: subject", "code: audit", "'audit' is already in line 2");
  refused("unix: alice, ", "", "an identity has unix");
  refused("unix: alice, ", "unix: alice, mfa: multi, ", "a UNIX user's is unknown");
  refused("reason: [audit]", "reason: [audits]", "no reason 'audits' (did you mean 'audit'?)");
  refused("principal: alice", "principal: alicia", "there is no identity 'alicia'");
  refused("\"08:00-18:30\"", "\"18:00-08:00\"", "the earlier first");
  refused("\"08:00-18:30\"", "\"08:00-24:01\"", "hours are written");
  refused("days: [mon, fri]", "days: [monday]", "days are mon");
  refused("\"2027-01-31\"", "\"31.1.2027\"", "a day is written");
  refused("values_per_request: 5", "values_per_request: 0", "");
  refused("purpose: investigation", "purpose: curiosity", "there is no purpose 'curiosity'");
  refused("break_glass", "breakglass", "break");
}

TEST_F(RestorationFile, TwoIdentitiesNeverShareACredential) {
  refused("{name: alice, unix: alice,", "{name: a2, unix: x, certificate_name: bob@example.org,",
          "'bob@example.org' is already in line");
}

}  // namespace
}  // namespace sallyport::controlplane::policy
