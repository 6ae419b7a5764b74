#include "controlplane/policy/change/bundle_change.h"

#include "controlplane/policy/change/bundle_store.h"
#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Changes : public BundleFixture {
 protected:
  void SetUp() override { before = good(); }
  BundleChange compare() {
    after = good();
    return compare_bundles(before, after);
  }
  // "area code effect: words" of every item.
  std::vector<std::string> words() {
    std::vector<std::string> out;
    for (const ChangeItem& item : compare().items)
      out.push_back(std::string(change_area_name(item.area)) + " " + item.code + " " +
                    std::string(effect_name(item.effect)) + ": " + item.words);
    return out;
  }
  Bundle before, after;
};

TEST_F(Changes, NothingChangesNothing) { EXPECT_THAT(words(), IsEmpty()); }

TEST_F(Changes, CommentsAndOrderWithoutEffectAreNoChange) {
  files["actions.yaml"] = "# new words\n" + files["actions.yaml"];
  change("actions.yaml", "{id: secrets, entity: SECRET,", "{id: keys-stay, entity: SECRET,");
  const BundleChange change = compare();
  EXPECT_THAT(change.items, IsEmpty());
  EXPECT_EQ(change.risk(), Risk::None);
}

TEST_F(Changes, ALooserActionIsSaidWithEntityTenantAndPlace) {
  change("actions.yaml", "tenant: beta, direction: request, action: mask",
         "tenant: beta, direction: request, action: observe");
  const BundleChange change = compare();
  ASSERT_EQ(change.items.size(), 1U);
  const ChangeItem& item = change.items[0];
  EXPECT_EQ(item.words,
            "EMAIL_ADDRESS in requests: mask becomes observe for tenant beta (rule 'beta-mail')");
  EXPECT_EQ(item.effect, Effect::Looser);
  EXPECT_TRUE(item.is_protected);
  ASSERT_EQ(item.where.size(), 1U);
  EXPECT_THAT(item.where[0].tenants, ElementsAre("beta"));
  EXPECT_THAT(item.where[0].environments, IsEmpty());
  EXPECT_EQ(item.place.line, 3);
  EXPECT_EQ(change.risk(), Risk::Loosening);
  EXPECT_TRUE(change.is_loosening());
}

// A value less is found no more, a tenant less has nothing found: said by number, never by value.
TEST_F(Changes, ListsOfValuesAreComparedByValueAndTenant) {
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true}\n";
  files["lists/all.txt"] = "Erika Mustermann\nMax Muster\n";
  files["dictionaries.yaml"] = "dictionaries:\n  all: {file: lists/all.txt, entity: CUSTOMER}\n";
  before = good();
  files["lists/all.txt"] = "# sorted\nMAX  Muster\nErika Mustermann\n";
  EXPECT_THAT(words(), IsEmpty());
  files["lists/all.txt"] = "Max Muster\nMoni Muster\nMaxi Muster\n";
  EXPECT_THAT(
      words(),
      ElementsAre("detection dictionary_values_removed looser: list all of CUSTOMER: 1 value "
                  "is not in it any more",
                  "detection dictionary_values_added stricter: list all of CUSTOMER: 2 values "
                  "are new in it"));
  EXPECT_TRUE(compare().is_loosening());
  files["lists/all.txt"] = "Erika Mustermann\nMax Muster\n";
  change("dictionaries.yaml", "entity: CUSTOMER", "entity: CUSTOMER, tenants: [acme]");
  EXPECT_THAT(words(), ElementsAre("detection dictionary_tenants looser: list all of CUSTOMER does "
                                   "not count any more in texts of beta"));
}

TEST_F(Changes, AStricterActionIsRiskyAndWantsACanary) {
  change("actions.yaml", "direction: request, action: tokenize",
         "direction: request, action: block");
  const BundleChange change = compare();
  EXPECT_EQ(change.risk(), Risk::Risky);
  EXPECT_TRUE(change.wants_canary());
  EXPECT_FALSE(change.is_loosening());
}

TEST_F(Changes, ARuleThatShadowsALaterOneIsSeen) {
  change("actions.yaml", "rules:\n",
         "rules:\n  - {id: new, tenant: acme, environment: lab, destination: other, role: tool, "
         "entity: EMAIL_ADDRESS, action: allow}\n");
  EXPECT_THAT(
      words(),
      Contains("redaction action looser: EMAIL_ADDRESS in requests (tool): tokenize becomes "
               "allow for tenant acme, in lab, at other (rule 'new')"));
}

TEST_F(Changes, ALoweredConfidenceLoosensThroughTheRulesThatAskForOne) {
  files["actions.yaml"] =
      "rules:\n"
      "  - {id: secrets, entity: SECRET, action: block}\n"
      "  - {id: sure, min_confidence: 80, direction: request, action: tokenize}\n"
      "  - {id: unsure, direction: request, action: observe}\n"
      "  - {id: answers, direction: response, action: observe}\n";
  files["tests/all.yaml"] = "tests: []\n";
  before = good();
  change("entities/all.yaml", "{id: email, kind: email}",
         "{id: email, kind: email, confidence: 79}");
  EXPECT_THAT(words(), Contains(HasSubstr("tokenize becomes observe (found with 79 percent, before "
                                          "with 80)")));
}

TEST_F(Changes, ANewTenantIsComparedWithWhatTheRulesSaidAboutAnybody) {
  change("tenants.yaml", "tenants:\n", "tenants:\n  gamma: {vendors: [other]}\n");
  change("actions.yaml", "rules:\n",
         "rules:\n  - {id: g, tenant: gamma, entity: EMAIL_ADDRESS, direction: request, action: "
         "observe}\n");
  EXPECT_THAT(words(), Contains(HasSubstr("redaction action looser: EMAIL_ADDRESS in requests: "
                                          "tokenize becomes observe for tenant gamma")));
}

TEST_F(Changes, ACallerWhoMovesToALooserTenantIsSeen) {
  change("actions.yaml", "tenant: beta, direction: request, action: mask",
         "tenant: beta, direction: request, action: block");
  before = good();
  change("keys.yaml", "tenant: beta, principal: batch@jobs", "tenant: acme, principal: batch@jobs");
  EXPECT_THAT(words(), Contains(HasSubstr("redaction action looser: EMAIL_ADDRESS in requests: "
                                          "block becomes tokenize")));
}

TEST_F(Changes, ARenamedEntityIsFollowed) {
  for (const char* file : {"entities/all.yaml", "actions.yaml", "access.yaml", "tests/all.yaml"}) {
    std::string& text = files[file];
    for (size_t at; (at = text.find("EMAIL_ADDRESS")) != std::string::npos;)
      text.replace(at, 13, "MAIL");
  }
  EXPECT_THAT(words(),
              Contains("detection entity_renamed changed: EMAIL_ADDRESS is now called MAIL"));
  change("actions.yaml", "direction: request, action: tokenize",
         "direction: request, action: observe");
  EXPECT_THAT(words(), Contains(HasSubstr("redaction action looser: MAIL in requests")));
}

TEST_F(Changes, AnEntityThatIsGoneOrRewrittenIsNoLongerLookedFor) {
  change("entities/all.yaml", "EMAIL_ADDRESS:", "MAIL:");
  change("entities/all.yaml", "{id: email, kind: email}",
         "{id: other, kind: pattern, pattern: 'mail-[a-z]{8}'}");
  change("entities/all.yaml", "{text: a@example.org}", "{text: mail-abcdefgh}");
  files["tests/all.yaml"] = "tests: []\n";
  files["access.yaml"] = "rules: []\n";
  change("actions.yaml", "entity: EMAIL_ADDRESS, ", "");
  change("actions.yaml", "entity: [EMAIL_ADDRESS], ", "");
  EXPECT_THAT(words(), Contains(HasSubstr("detection entity_removed looser: EMAIL_ADDRESS")));
}

TEST_F(Changes, EveryKeyOfARuleKnowsItsDirection) {
  const std::string rule = "{id: key, kind: pattern, pattern: 'key-[a-z0-9]{16}'";
  const auto effect_of = [&](const std::string& more) {
    files = small_bundle();
    change("entities/all.yaml", rule, rule + more);
    for (const ChangeItem& item : compare().items)
      if (item.code == "rule_changed") return std::string(effect_name(item.effect));
    return std::string("none");
  };
  EXPECT_EQ(effect_of(", boundary_right: false"), "stricter");
  EXPECT_EQ(effect_of(", case_insensitive: true"), "stricter");
  EXPECT_EQ(effect_of(", validator: entropy"), "looser");
  EXPECT_EQ(effect_of(", context: [key]"), "looser");
  EXPECT_EQ(effect_of(", context: [key], confidence_bare: 50"), "changed");
  EXPECT_EQ(effect_of(", against: [sample]"), "looser");
  EXPECT_EQ(effect_of(", confidence: 99"), "changed");
  EXPECT_EQ(effect_of(", confidence: 80"), "none");
  files = small_bundle();
  change("entities/all.yaml", "'key-[a-z0-9]{16}'", "'key-[a-f0-9]{16}'");
  EXPECT_THAT(words(),
              Contains("detection rule_changed unproven: SECRET: rule 'key': another pattern"));
}

TEST_F(Changes, APromiseThatIsGoneLoosens) {
  change("entities/all.yaml", "    secret: true\n", "");
  EXPECT_THAT(words(), Contains("detection promise_gone looser: SECRET: secret is gone"));
}

TEST_F(Changes, APriorityThatLetsSomethingLooserDecideLoosens) {
  change("entities/all.yaml", "  EMAIL_ADDRESS:\n",
         "  COUNTED:\n    priority: 60\n    rules: [{id: counted, kind: pattern, pattern: "
         "'cnt-[a-z]{8}'}]\n    must_match: [{text: cnt-abcdefgh}]\n    must_not_match: [x]\n"
         "  EMAIL_ADDRESS:\n    priority: 70\n");
  change("actions.yaml", "rules:\n", "rules:\n  - {id: count, entity: COUNTED, action: observe}\n");
  before = good();
  change("entities/all.yaml", "priority: 70", "priority: 50");
  EXPECT_THAT(words(), ElementsAre("detection priority looser: EMAIL_ADDRESS: priority 70 becomes "
                                   "50; where they overlap, COUNTED decides"));
}

TEST_F(Changes, ATestIsKnownByWhatItProves) {
  change("tests/all.yaml", "name: mail", "name: another name");
  files["tests/moved.yaml"] = files["tests/all.yaml"];
  files["tests/all.yaml"] = "tests: []\n";
  EXPECT_THAT(words(), IsEmpty());
}

TEST_F(Changes, AWeakenedTestIsSeen) {
  const auto with = [&](const std::string& from, const std::string& to) {
    files = small_bundle();
    change("tests/all.yaml", from, to);
    const auto all = words();
    return all.empty() ? std::string() : all[0];
  };
  EXPECT_THAT(with(", action: tokenize", ""),
              HasSubstr("test_weakened looser: test 'mail' no longer"));
  EXPECT_THAT(with("      verdict: pass\n", ""), HasSubstr("no verdict is expected"));
  EXPECT_THAT(with("      detections: [{entity: EMAIL_ADDRESS, match: a@example.org, action: "
                   "tokenize}]\n",
                   ""),
              HasSubstr("no detections are expected"));
  EXPECT_THAT(with("environment: lab", "environment: production"),
              HasSubstr("another text or situation"));
  EXPECT_THAT(with("write to a@example.org", "mail a@example.org"), HasSubstr("another text"));
  files = small_bundle();
  files["tests/all.yaml"] = "tests: []\n";
  EXPECT_THAT(words(), ElementsAre("test test_removed looser: test 'mail' is gone"));
  files = small_bundle();
  change("entities/all.yaml", "must_not_match: [\"a@b\"]", "must_not_match: [\"b@c\"]");
  EXPECT_THAT(words(), ElementsAre(HasSubstr("1 of must_not_match is gone")));
}

TEST_F(Changes, VendorsPinsAndDataUse) {
  change("vendors/other.yaml", "  pins: [\"" + kPinA + "\"]\n", "  pins: []\n  ca_file: ca.pem\n");
  files["ca.pem"] =
      text_of(shipped_folder().parent_path() / "tests/unit/control/policy/test_ca.pem");
  const auto all = words();
  EXPECT_THAT(all, Contains("vendor pins_removed looser: vendor other: it is no longer pinned"));
  EXPECT_THAT(all,
              Contains("vendor vendor_unpinned looser: vendor other is allowed without a pin"));
  files = small_bundle();
  change("tenants.yaml", "beta: {vendors: [other]", "beta: {vendors: [other, openai]");
  const auto reach = words();
  EXPECT_THAT(reach, Contains("vendor vendor_reached looser: tenant beta can reach vendor openai"));
  EXPECT_THAT(reach, Contains(HasSubstr("data use is unknown: training")));
  files = small_bundle();
  change("vendors/other.yaml", "  credential: other\n",
         "  credential: other\n  data_use: {content_logging: none}\n");
  before = good();
  change("vendors/other.yaml", "content_logging: none", "content_logging: content");
  EXPECT_THAT(words(), ElementsAre("data_use content_logging looser: vendor other: content_logging "
                                   "was none and is content"));
}

TEST_F(Changes, AMemberThatIsNoLongerReadAsTextIsSeen) {
  change("vendors/api/openai_chat.yaml", "\"messages[*].content\": T",
         "\"messages[*].content\": structural");
  EXPECT_THAT(words(),
              ElementsAre("reading table_changed unproven: messages of openai_chat are read "
                          "in another way"));
  files = small_bundle();
  change("vendors/api/openai_chat.yaml", "\"messages[*].content\": T",
         "\"messages[*].content\": T, note: T");
  EXPECT_THAT(words(), ElementsAre(HasSubstr("table_changed stricter")));
  files = small_bundle();
  change("vendors/other.yaml", "  credential: other\n",
         "  credential: other\n  unknown_field: pass\n");
  EXPECT_THAT(words(), ElementsAre(HasSubstr("reading unknown_field looser: vendor other")));
}

TEST_F(Changes, WhoHasValuesBackIsAskedByDecision) {
  change("access.yaml", "  - {id: not-kim, principal: kim, reason: audit, allow: false}\n", "");
  EXPECT_THAT(words(), ElementsAre("access live_answers looser: kim of tenant acme now has "
                                   "EMAIL_ADDRESS back in answers, for audit"));
  files = small_bundle();
  change("access.yaml", "reason: [support, audit]", "reason: [support, audit, other]");
  EXPECT_THAT(words(),
              ElementsAre(HasSubstr("anybody else of tenant acme now has EMAIL_ADDRESS back "
                                    "in answers, for other"),
                          HasSubstr("kim of tenant acme now has")));
}

TEST_F(Changes, WhoMayRestoreIsAskedByRule) {
  files["restoration.yaml"] =
      "reasons: [{code: support, ticket: true}]\n"
      "identities: [{name: kim, unix: kim, roles: [desk]}]\n"
      "rules:\n  - {id: none, entity: SECRET, allow: false}\n"
      "  - {id: desk, role: desk, reason: support, hours: \"08:00-18:00\", allow: true}\n";
  before = good();
  const auto with = [&](const std::string& from, const std::string& to) {
    const std::string old = files["restoration.yaml"];
    change("restoration.yaml", from, to);
    std::string out;
    for (const std::string& one : words()) out += one + "\n";
    files["restoration.yaml"] = old;
    return out;
  };
  EXPECT_THAT(with("  - {id: none, entity: SECRET, allow: false}\n", ""), HasSubstr("unproven"));
  EXPECT_THAT(with("hours: \"08:00-18:00\", ", ""), HasSubstr("unproven"));
  EXPECT_THAT(with("08:00", "09:00"), HasSubstr("stricter: restoration: fewer may restore"));
  EXPECT_THAT(with("ticket: true", "ticket: false"), HasSubstr("no longer asks for a ticket"));
  EXPECT_THAT(with("roles: [desk]", "roles: [desk, chief]"), HasSubstr("identity_changed looser"));
  EXPECT_THAT(with("identities: [", "break_glass: [desk]\nidentities: ["),
              HasSubstr("break the glass"));
}

TEST_F(Changes, SettingsKnowTheirDirection) {
  files["retention.yaml"] =
      "retention: {audit_period_days: 30, evidence_days: {REQ: 90}, vault_hours: 48}\n";
  files["rollout.yaml"] = "rollout: {halt_error_percent: 50, tests_every_seconds: 0}\n";
  change("environments.yaml", "production: {durability: committed}",
         "production: {durability: recorded}");
  change("limits.yaml", "max_undrained_ms: 30000", "max_undrained_ms: 60000");
  change("tenants.yaml", ", token_scope: principal", "");
  size_t looser = 0;
  for (const ChangeItem& item : compare().items) {
    EXPECT_EQ(item.effect, Effect::Looser) << item.words;
    ++looser;
  }
  EXPECT_EQ(
      looser,
      10U);  // audit period, REQ and vault of two tenants, two of rollout, durability, limit, scope
}

TEST_F(Changes, ABundleIsKeptByItsDigestWithItsBase) {
  TemporaryFolder store_folder, site;
  for (const auto& [name, text] : files) site.write("base/" + name, text);
  site.write("site/bundle.yaml", "format: 1\nname: site\nextends: ../base\n");
  std::vector<Problem> found;
  const auto bundle = read_bundle(site.path() / "site", found);
  ASSERT_TRUE(bundle);
  const BundleStore store(store_folder.path() / "bundles");
  store.put(*bundle);
  store.put(*bundle);
  std::string error;
  const auto kept = store.get(bundle->digest, error);
  ASSERT_TRUE(kept) << error;
  EXPECT_EQ(kept->actions.size(), bundle->actions.size());
  EXPECT_THAT(compare_bundles(before, *kept).items, testing::SizeIs(1));  // its name
  EXPECT_FALSE(store.get(before.digest, error));
  EXPECT_THAT(error, HasSubstr("not kept here"));
  std::ofstream(store.path_of(bundle->digest) / "1/actions.yaml", std::ios::app) << "# more\n";
  EXPECT_FALSE(store.get(bundle->digest, error));
  EXPECT_THAT(error, HasSubstr("not those of this digest"));
}

TEST_F(Changes, EveryByteOfKeptSourcesThatIsFlippedIsFound) {
  TemporaryFolder store_folder;
  const BundleStore store(store_folder.path());
  store.put(before);
  const size_t step = flip_step(31);
  size_t at = 0, flips = 0;
  for (const auto& [name, text] : files) {
    const std::filesystem::path path = store.path_of(before.digest) / "0" / name;
    ASSERT_EQ(text_of(path), text);
    for (; at < text.size(); at += step, ++flips) {
      std::string changed = text;
      changed[at] = flipped(changed[at], at);
      write_file(path, changed);
      std::string error;
      EXPECT_FALSE(store.get(before.digest, error)) << name << " byte " << at;
      EXPECT_NE(error, "");
    }
    at -= text.size();
    write_file(path, text);
  }
  EXPECT_GT(flips, 50U);
  std::string error;
  EXPECT_TRUE(store.get(before.digest, error)) << error;
}

TEST(ShippedBundle, ComparesWithItselfInOneSecond) {
  std::vector<Problem> found;
  auto bundle = read_bundle(shipped_folder(), found);
  ASSERT_TRUE(bundle);
  Bundle other = *bundle;
  other.digest = {};
  for (int i = 0; i < 300; ++i) {
    BundleTenant tenant;
    tenant.name = "t" + std::to_string(i);
    bundle->tenants.push_back(tenant);
    other.tenants.push_back(tenant);
  }
  EXPECT_THAT(compare_bundles(*bundle, other).items, IsEmpty());
}

}  // namespace
}  // namespace sallyport::controlplane::policy
