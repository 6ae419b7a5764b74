#include "controlplane/restore/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

#include "tests/unit/control/restore/sample_policy.h"

namespace sallyport::restore {
namespace {

using controlplane::policy::MfaStrength;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kMail = "[EMAIL-ADDRESS-0A7ZK3M9QWERT1XC5VBNHJ4]";
const std::string kOther = "[EMAIL-ADDRESS-0A0000000000000000000AA]";
const std::string kSsn = "[US-SSN-0A7ZK3M9QWERT1XC5VBNHJ4]";
const std::string kAbroad = "[PHONE-NUMBER-0A7ZK3M9QWERT1XC5VBNHJ4]";

class Service : public testing::Test {
 protected:
  Service() { service.set_policy(policy); }

  RestoreAnswer ask(const Caller& caller, std::vector<std::string> tokens,
                    const std::string& ticket = "", bool break_glass = false) {
    return service.restore(caller, {"acme", std::move(tokens), "", "audit", ticket, break_glass});
  }
  std::vector<std::string> said(const RestoreAnswer& answer) {
    std::vector<std::string> out;
    for (const RestoredToken& one : answer.tokens)
      out.push_back(std::string(status_name(one.status)) + " " + one.value + one.why);
    return out;
  }

  std::map<std::string, StoredValue> vault = {{kMail, {"kim@example.org", "lab"}},
                                              {kSsn, {"a number", "lab"}},
                                              {kAbroad, {"a phone", "production"}}};
  std::vector<std::string> asked;
  std::vector<RestoreEvent> events;
  std::string saved;
  bool evidence_works = true;
  bool disk_works = true;
  bool sealed = false;
  int64_t now_s = kMondayNoonS;
  int64_t steady_s = 100;  // the host has just started
  std::shared_ptr<controlplane::policy::RestorationPolicy> policy =
      std::make_shared<controlplane::policy::RestorationPolicy>(sample_policy());
  RestoreService service{
      {[this](std::string_view tenant, std::string_view token) -> std::optional<StoredValue> {
         asked.emplace_back(token);
         if (sealed) throw std::runtime_error("the vault is sealed");
         const auto found = vault.find(std::string(token));
         if (tenant != "acme" || found == vault.end()) return std::nullopt;
         return found->second;
       },
       [this](const std::vector<RestoreEvent>& some) {
         events.insert(events.end(), some.begin(), some.end());
         return evidence_works;
       },
       [this] { return now_s; },
       [this](std::string_view text) {
         if (disk_works) saved = text;
         return disk_works;
       },
       [this] { return steady_s; }},
      ""};
  Caller desk{"desk", {"desk"}, MfaStrength::Unknown, "unix"};
  Caller chief{"chief", {"chief"}, MfaStrength::Multi, "certificate"};
  Caller nobody{};
};

TEST_F(Service, WhoMayHasTheValueAndEvidenceSaysWhy) {
  const RestoreAnswer answer = ask(desk, {kMail, kMail, kOther}, "T-1");
  ASSERT_TRUE(answer.ok);
  EXPECT_THAT(said(answer), ElementsAre("restored kim@example.orgrule",
                                        "restored kim@example.orgrule", "unknown not_in_vault"));
  ASSERT_THAT(events, SizeIs(2));
  const RestoreEvent& granted = events[0].allowed ? events[0] : events[1];
  EXPECT_EQ(granted.count, 2U);
  EXPECT_EQ(granted.rule, "desk-lab");
  EXPECT_EQ(granted.entity, "EMAIL_ADDRESS");
  EXPECT_EQ(granted.caller.principal, "desk");
  EXPECT_EQ(granted.ticket, "T-1");
}

TEST_F(Service, WhoMayNotLearnsNothingOfTheToken) {
  EXPECT_EQ(said(ask(desk, {kSsn})), said(ask(desk, {"[US-SSN-0A0000000000000000000AA]"})));
  EXPECT_EQ(said(ask(nobody, {kMail})), said(ask(nobody, {kOther})));
  EXPECT_THAT(asked, IsEmpty());  // the vault was not even asked: no difference in time either
  // A token of an environment that the rule does not name is as one that is not there.
  EXPECT_EQ(said(ask(desk, {kAbroad})),
            said(ask(desk, {"[PHONE-NUMBER-0A0000000000000000000AA]"})));
  bool denied_by_rule = false;
  for (const RestoreEvent& event : events) denied_by_rule |= event.why == "no_rule";
  EXPECT_TRUE(denied_by_rule);  // evidence knows better
}

TEST_F(Service, DenialsAreEvidenceToo) {
  ask(nobody, {kMail, kSsn});
  ASSERT_THAT(events, SizeIs(2));
  for (const RestoreEvent& event : events) {
    EXPECT_FALSE(event.allowed);
    EXPECT_EQ(event.why, "caller_unknown");
  }
}

TEST_F(Service, WithoutEvidenceThereIsNoValue) {
  evidence_works = false;
  const RestoreAnswer answer = ask(desk, {kMail});
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(answer.code, "evidence_unavailable");
  EXPECT_THAT(answer.tokens, IsEmpty());
}

TEST_F(Service, ASealedVaultIsSaidAndGivesNothing) {
  sealed = true;
  const RestoreAnswer answer = ask(desk, {kMail});
  EXPECT_EQ(answer.code, "vault_unavailable");
  EXPECT_THAT(answer.tokens, IsEmpty());
}

TEST_F(Service, ADamagedRowIsNoAnswerAndTheOthersOfTheRequestAre) {
  vault[kMail].is_damaged = true;
  vault[kOther] = {"jo@example.org", "lab"};
  const RestoreAnswer answer = ask(desk, {kMail, kOther}, "T-1");
  ASSERT_TRUE(answer.ok);
  EXPECT_EQ(answer.tokens[0].status, TokenStatus::Unknown);
  EXPECT_EQ(answer.tokens[0].why, "not_in_vault") << "the caller learns nothing of it";
  EXPECT_EQ(answer.tokens[0].value, "");
  EXPECT_EQ(answer.tokens[1].value, "jo@example.org");
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_FALSE(events[0].allowed && events[1].allowed);
  EXPECT_TRUE(events[0].why == "row_damaged" || events[1].why == "row_damaged");
}

TEST_F(Service, AnHourHasItsLimitAndTheNextHourItsOwn) {
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(ask(desk, {kMail, kMail}).tokens[1].status, TokenStatus::Restored);
  EXPECT_THAT(said(ask(desk, {kMail})), ElementsAre("denied hourly_limit"));
  EXPECT_EQ(ask(chief, {kMail}).tokens[0].status, TokenStatus::Restored);  // another principal
  steady_s += 3'539;
  EXPECT_THAT(said(ask(desk, {kMail})), ElementsAre("denied hourly_limit"));
  steady_s += 61;
  EXPECT_EQ(ask(desk, {kMail}).tokens[0].status, TokenStatus::Restored);
  EXPECT_EQ(ask(desk, {kMail, kMail, kMail, kMail, kMail, kMail}).code, "too_many_tokens");
}

TEST_F(Service, AClockThatIsSetBeginsNoNewHourAndStretchesNone) {
  for (int i = 0; i < 4; ++i) ask(desk, {kMail, kMail});
  now_s += 2 * 3'600;
  EXPECT_THAT(said(ask(desk, {kMail})), ElementsAre("denied hourly_limit"));
  now_s -= 7 * 24 * 3'600;
  EXPECT_THAT(said(ask(desk, {kMail})), ElementsAre("denied hourly_limit"));
  steady_s += 3'660;
  now_s = kMondayNoonS;
  EXPECT_EQ(ask(desk, {kMail}).tokens[0].status, TokenStatus::Restored);
}

TEST_F(Service, ManyDenialsEndEverythingAndAreAnAlarm) {
  for (int i = 0; i < 6; ++i) ask(desk, {kSsn});
  EXPECT_THAT(said(ask(desk, {kMail})), ElementsAre("denied too_many_denials"));
  EXPECT_THAT(service.suspicious(), ElementsAre("desk"));
  EXPECT_EQ(ask(chief, {kMail}).tokens[0].status, TokenStatus::Restored);
  steady_s += 3'660;
  EXPECT_THAT(service.suspicious(), IsEmpty());
}

TEST_F(Service, BreakGlassOpensAReviewThatStaysUntilItIsClosed) {
  const RestoreAnswer answer = ask(chief, {kSsn}, "INC-1", true);
  ASSERT_TRUE(answer.ok);
  EXPECT_EQ(answer.tokens[0].value, "a number");
  EXPECT_EQ(answer.review, "bg-20261123-1");
  ASSERT_THAT(service.open_reviews(), SizeIs(1));
  // Another start reads what was saved.
  const Reviews again(saved, [](std::string_view) { return true; });
  ASSERT_THAT(again.open(), SizeIs(1));
  EXPECT_EQ(again.open()[0].ticket, "INC-1");
  EXPECT_FALSE(service.close_review("bg-0-0"));
  EXPECT_TRUE(service.close_review(answer.review));
  EXPECT_THAT(service.open_reviews(), IsEmpty());
  EXPECT_EQ(saved.find("INC-1"), std::string::npos);
}

TEST_F(Service, ABreakGlassThatCannotBeWrittenDownGivesNothing) {
  disk_works = false;
  const RestoreAnswer answer = ask(chief, {kSsn}, "INC-1", true);
  EXPECT_EQ(answer.code, "review_not_opened");
  EXPECT_THAT(answer.tokens, IsEmpty());
  const Reviews damaged("{\"open\": [", [](std::string_view) { return true; });
  EXPECT_TRUE(damaged.damaged());
}

TEST_F(Service, WithoutAPolicyEverythingIsDenied) {
  service.set_policy(nullptr);
  EXPECT_EQ(ask(desk, {kMail}).code, "no_policy");
}

TEST_F(Service, ACanarysRulesCountForItsTenantsOnly) {
  auto none = sample_policy();
  none.rules.clear();
  service.set_canary(std::make_shared<const controlplane::policy::RestorationPolicy>(none),
                     {"acme"});
  EXPECT_EQ(ask(desk, {kMail}).tokens.at(0).why, "no_rule");
  service.set_canary(std::make_shared<const controlplane::policy::RestorationPolicy>(none),
                     {"beta"});
  EXPECT_EQ(ask(desk, {kMail}).tokens.at(0).status, TokenStatus::Restored);
  service.set_canary(nullptr, {"acme"});
  EXPECT_EQ(ask(desk, {kMail}).code, "no_policy");
  service.set_canary(nullptr, {});
  EXPECT_EQ(ask(desk, {kMail}).tokens.at(0).status, TokenStatus::Restored);
}

}  // namespace
}  // namespace sallyport::restore
