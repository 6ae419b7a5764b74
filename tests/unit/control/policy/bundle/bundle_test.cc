#include "controlplane/policy/bundle/bundle.h"

#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/bundle/names.h"
#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;
using contract::Direction;
using contract::Durability;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class BundleReading : public BundleFixture {};
class BundleRefusal : public BundleFixture {
 protected:
  // One change, and the one problem that it makes.
  void expect(const std::string& file, const std::string& from, const std::string& to,
              const std::string& refusal) {
    const auto saved = files;
    change(file, from, to);
    EXPECT_THAT(refusals(), ElementsAre(StartsWith(refusal))) << to;
    files = saved;
  }
};

TEST_F(BundleReading, TheModelHoldsWhatTheFilesSay) {
  const Bundle bundle = good();
  EXPECT_EQ(bundle.name, "small");
  ASSERT_THAT(bundle.entities, SizeIs(2));
  EXPECT_EQ(bundle.entities[0].source.name, "EMAIL_ADDRESS");  // by name
  EXPECT_EQ(bundle.entities[0].source.must_match[0].match, "a@example.org");
  EXPECT_TRUE(bundle.entities[1].source.secret);
  EXPECT_EQ(bundle.entities[1].place.line, 2);
  ASSERT_THAT(bundle.vendors, SizeIs(2));
  EXPECT_EQ(bundle.vendors[0].host, "api.openai.com");
  EXPECT_THAT(bundle.vendors[0].addresses, ElementsAre(0xc000020aU, 0xc000020bU));
  EXPECT_EQ(bundle.vendors[0].auth_prefix, "Bearer ");
  EXPECT_EQ(bundle.vendors[1].port, 8443);
  ASSERT_THAT(bundle.tenants, SizeIs(2));
  EXPECT_EQ(bundle.tenants[0].durability.at("lab"), Durability::Committed);
  EXPECT_TRUE(bundle.tenants[1].scope_is_principal);
  ASSERT_THAT(bundle.keys, SizeIs(2));
  EXPECT_EQ(bundle.keys[0].id, "first");
  EXPECT_EQ(bundle.keys[0].default_reason, "support");
  EXPECT_THAT(bundle.actions[0].entities, ElementsAre("SECRET"));
  EXPECT_FALSE(bundle.actions[0].direction.has_value());
  EXPECT_EQ(bundle.access[1].reasons.size(), 2U);
  EXPECT_EQ(bundle.limits.first_byte_ms, 600'000U);
  EXPECT_EQ(bundle.tests[0].detections->at(0).match, "a@example.org");
}

TEST_F(BundleReading, TheFirstRuleThatFitsDecides) {
  const Bundle bundle = good();
  const auto id = [&](const char* tenant, const char* environment, const char* vendor,
                      Direction direction, const char* entity) {
    const auto rule = deciding_rule(bundle, tenant, environment, vendor, direction, entity);
    return rule ? bundle.actions[*rule].id : std::string("none");
  };
  EXPECT_EQ(id("acme", "lab", "openai", Direction::Request, "SECRET"), "secrets");
  EXPECT_EQ(id("acme", "lab", "openai", Direction::Request, "EMAIL_ADDRESS"), "mail");
  EXPECT_EQ(id("beta", "lab", "openai", Direction::Request, "EMAIL_ADDRESS"), "beta-mail");
  EXPECT_EQ(id("beta", "lab", "other", Direction::Response, "EMAIL_ADDRESS"), "lab-answers");
  EXPECT_EQ(id("beta", "production", "other", Direction::Response, "EMAIL_ADDRESS"), "none");
}

TEST_F(BundleReading, TheShippedBundleReads) {
  std::vector<Problem> found;
  const auto bundle = read_bundle(shipped_folder(), found);
  for (const Problem& p : found) ADD_FAILURE() << p.render();
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(bundle->keys.empty());
  EXPECT_THAT(bundle->vendors, SizeIs(9));
  EXPECT_THAT(bundle->environments, SizeIs(2));
}

TEST_F(BundleReading, AnEndpointMayBeRefusedWithAHint) {
  change("vendors/other.yaml", "api_kind: openai_chat", "refuse: use the other one");
  const Bundle bundle = good();
  const VendorEndpoint& endpoint = bundle.vendors[1].endpoints[0];
  EXPECT_EQ(endpoint.body, contract::BodyUse::Refused);
  EXPECT_EQ(endpoint.refusal_hint, "use the other one");
  EXPECT_EQ(endpoint.api_kind, "");
}

// A list becomes a rule of its entity, counts in the digest, and may belong to some tenants only.
TEST_F(BundleReading, DictionariesAreListsOfValues) {
  files["lists/customers.csv"] = "number,name\n1,Erika Mustermann\n";
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true, priority: 90}\n";
  files["dictionaries.yaml"] =
      "dictionaries:\n"
      "  customers: {file: lists/customers.csv, column: 2, header: true, entity: CUSTOMER,\n"
      "              tenants: [acme], confidence: 97}\n";
  const Bundle bundle = good();
  ASSERT_THAT(bundle.dictionaries, SizeIs(1));
  const BundleDictionary& one = bundle.dictionaries[0];
  EXPECT_EQ(one.source.name, "customers");
  EXPECT_EQ(one.source.column, 1);
  EXPECT_TRUE(one.source.has_header);
  EXPECT_THAT(one.tenants, ElementsAre("acme"));
  EXPECT_EQ(bundle.entities[0].source.name, "CUSTOMER");
  ASSERT_THAT(bundle.entities[0].source.rules, SizeIs(1));
  EXPECT_EQ(bundle.entities[0].source.rules[0].kind, contract::RuleKind::Dictionary);
  EXPECT_EQ(bundle.entities[0].source.rules[0].confidence, 97);
  EXPECT_TRUE(bundle.entities[0].source.rules[0].context.empty());
  files["lists/customers.csv"] += "2,Max Mustermann\n";
  EXPECT_NE(good().digest, bundle.digest);
  files["dictionaries.yaml"] +=
      "  harbors: {file: lists/customers.csv, column: 2, entity: CUSTOMER, context: [client],\n"
      "            against: [calm], proximity: 20, confidence_bare: 40}\n";
  const RuleSource rule = good().entities[0].source.rules[1];
  EXPECT_THAT(rule.context, ElementsAre("client"));
  EXPECT_THAT(rule.against, ElementsAre("calm"));
  EXPECT_EQ(rule.proximity, 20);
  EXPECT_EQ(rule.confidence_bare, 40);
}

TEST_F(BundleRefusal, OfDictionaries) {
  files["lists/customers.txt"] = "Erika Mustermann\n";
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true}\n";
  EXPECT_THAT(refusals(), ElementsAre(StartsWith("entities/own.yaml:2:3: nothing finds CUSTOMER")));
  const std::string file = "dictionaries.yaml";
  files[file] = "dictionaries:\n  customers: {file: lists/customers.txt, entity: CUSTOMER}\n";
  ASSERT_TRUE(read().has_value());
  expect(file, "lists/customers.txt", "lists/clients.txt", file + ":2:21: ");
  expect(file, "lists/customers.txt", "../customers.txt", file + ":2:21: a path inside");
  expect(file, "entity: CUSTOMER", "entity: CUSTOMER, tenants: [acne]",
         file + ":2:70: there is no tenant 'acne' (did you mean 'acme'?)");
  expect(file, "customers: {", "email: {", file + ":2:3: 'email' is already the id of a rule in");
  expect(file, "entity: CUSTOMER", "entity: CUSTOMER, column: 0", file + ":2:68: ");
  expect("entities/all.yaml", "kind: email", "kind: dictionary",
         "entities/all.yaml:11:9: a dictionary stands in dictionaries.yaml");
}

TEST_F(BundleReading, AnyIsAWordForNoMatcher) {
  change("actions.yaml", "entity: SECRET, action",
         "entity: any, direction: any, max_confidence: 9, action");
  EXPECT_TRUE(good().actions[0].entities.empty());
  EXPECT_FALSE(good().actions[0].direction.has_value());
}

TEST_F(BundleReading, OptionalFilesMayBeMissing) {
  for (const char* name : {"keys.yaml", "access.yaml", "tests/all.yaml"}) files.erase(name);
  EXPECT_TRUE(good().keys.empty());
}

TEST_F(BundleReading, FilesThatAreNoYamlAreNotLookedAt) {
  files["README.md"] = "hello";
  files["actions.yaml~"] = "{";
  files[".hidden/x.yaml"] = "{";
  files[".actions.yaml.swp"] = "{";
  good();
}

TEST_F(BundleReading, TheDigestIsWhatSha256sumWouldSay) {
  files.erase("tests/all.yaml");
  const Bundle bundle = good();
  std::string lines;
  for (const auto& [name, text] : files)  // a map is sorted by path
    lines += digest_hex(sha256(text)) + "  " + name + "\n";
  EXPECT_EQ(digest_hex(bundle.digest), digest_hex(sha256(lines)));
  change("bundle.yaml", "small", "large");
  EXPECT_NE(good().digest, bundle.digest);
}

// docs/policy.md says for each limit: name, shipped value, lowest, highest.
TEST_F(BundleReading, TheLimitsOfTheDocumentAreThoseOfTheCode) {
  std::istringstream page(text_of(shipped_folder() / "../docs/policy.md"));
  size_t rows = 0;
  for (std::string line; std::getline(page, line);) {
    std::string bar, name;
    uint64_t shipped = 0, lowest = 0, highest = 0;
    std::istringstream cells(line);
    if (!(cells >> bar >> name >> bar >> shipped >> bar >> lowest >> bar >> highest) || bar != "|")
      continue;
    name = name.substr(1, name.size() - 2);
    ++rows;
    const auto with = [&](uint64_t value) {
      change("limits.yaml", name + ": " + std::to_string(shipped),
             name + ": " + std::to_string(value));
      const bool accepted = read().has_value();
      change("limits.yaml", name + ": " + std::to_string(value),
             name + ": " + std::to_string(shipped));
      return accepted;
    };
    EXPECT_TRUE(with(lowest)) << name;
    EXPECT_TRUE(with(highest)) << name;
    EXPECT_FALSE(with(highest + 1)) << name;
    if (lowest > 0) {
      EXPECT_FALSE(with(lowest - 1)) << name;
    }
  }
  EXPECT_EQ(rows, 16U);
}

// --- the overlay ---------------------------------------------------------------------------------

class Overlay : public BundleFixture {
 protected:
  std::optional<Bundle> read_overlay() {
    for (const auto& [name, text] : files) folder_.write("base/" + name, text);
    for (const auto& [name, text] : overlay) folder_.write("site/" + name, text);
    problems.clear();
    return read_bundle(folder_.path() / "site", problems);
  }
  Bundle good_overlay() {
    auto bundle = read_overlay();
    for (const Problem& p : problems) ADD_FAILURE() << p.render();
    return bundle ? std::move(*bundle) : Bundle{};
  }
  std::map<std::string, std::string> overlay = {
      {"bundle.yaml", "format: 1\nname: site\nextends: ../base\n"}};
};

TEST_F(Overlay, MappingsMergeScalarsAndListsAreReplaced) {
  overlay["vendors/openai.yaml"] =
      "vendor:\n  addresses: [203.0.113.5, \"2001:db8::5\"]\n  port: 9443\n";
  overlay["tenants.yaml"] = "tenants:\n  acme: {vendors: [openai]}\n  site: {vendors: [other]}\n";
  overlay["limits.yaml"] = "limits: {body_ms: 5000}\n";
  const Bundle bundle = good_overlay();
  EXPECT_EQ(bundle.name, "site");
  EXPECT_THAT(bundle.vendors[0].addresses, ElementsAre(0xcb007105U, *parse_address("2001:db8::5")));
  EXPECT_EQ(bundle.vendors[0].port, 9443);
  EXPECT_EQ(bundle.vendors[0].host, "api.openai.com");
  ASSERT_THAT(bundle.tenants, SizeIs(3));
  EXPECT_THAT(bundle.tenants[0].vendors, ElementsAre("openai"));
  EXPECT_EQ(bundle.tenants[0].durability.at("lab"), Durability::Committed);  // kept from the base
  EXPECT_EQ(bundle.limits.body_ms, 5'000U);
  EXPECT_EQ(bundle.limits.connect_ms, 10'000U);
}

TEST_F(Overlay, ItsRulesStandBeforeThoseOfTheBase) {
  overlay["actions.yaml"] =
      "rules:\n  - {id: site-mail, entity: EMAIL_ADDRESS, direction: request, action: block}\n";
  overlay["access.yaml"] = "rules: [{id: nobody, allow: false}]\n";
  const Bundle bundle = good_overlay();
  ASSERT_THAT(bundle.actions, SizeIs(5));
  EXPECT_EQ(bundle.actions[0].id, "site-mail");
  EXPECT_EQ(bundle.actions[1].id, "secrets");
  ASSERT_THAT(bundle.access, SizeIs(3));
  EXPECT_EQ(bundle.access[0].id, "nobody");
}

TEST_F(Overlay, AnEmptyMappingTakesNothingAway) {
  overlay["tenants.yaml"] = "tenants:\n";
  overlay["keys.yaml"] = "keys: {}\n";
  EXPECT_THAT(good_overlay().tenants, SizeIs(2));
  EXPECT_THAT(good_overlay().keys, SizeIs(2));
}

TEST_F(Overlay, PlacesNameTheFileThatSaidIt) {
  overlay["vendors/openai.yaml"] = "vendor:\n  addresses: [203.0.113.500]\n";
  overlay["actions.yaml"] =
      "rules:\n  - {id: mail, entity: EMAIL_ADDRESS, action: mask}\n  - {id: x, entity: NONE, "
      "action: "
      "mask}\n";
  EXPECT_FALSE(read_overlay());
  EXPECT_THAT(shown(),
              ElementsAre("site/vendors/openai.yaml:2:15: an IPv4 or IPv6 address is expected, "
                          "such as 192.0.2.10 or "
                          "2001:db8::10",
                          "site/actions.yaml:3:21: there is no entity 'NONE'",
                          StartsWith("base/actions.yaml:4:10: rule id 'mail' is already in ")));
}

TEST_F(Overlay, NamedFilesAreLookedForWhereTheyWereNamed) {
  overlay["vendors/openai.yaml"] = "vendor:\n  ca_file: certificates/ca.pem\n";
  EXPECT_FALSE(read_overlay());
  EXPECT_THAT(shown(), ElementsAre(HasSubstr("site/certificates/ca.pem: there is no such file")));
  folder_.write("site/certificates/ca.pem", "no certificate\n");
  EXPECT_FALSE(read_overlay());
  EXPECT_THAT(shown(),
              ElementsAre("site/vendors/openai.yaml:2:12: the file holds no PEM certificate"));
  for (const char* path : {"../base/bundle.yaml", "/etc/hostname", "a/../../x"}) {
    overlay["vendors/openai.yaml"] = "vendor:\n  ca_file: " + std::string(path) + "\n";
    EXPECT_FALSE(read_overlay());
    EXPECT_THAT(shown(), ElementsAre(HasSubstr("a path inside the folder"))) << path;
  }
}

TEST_F(Overlay, TheDigestCoversBothLayers) {
  const auto before = good_overlay().digest;
  change("limits.yaml", "retry_after_s: 2", "retry_after_s: 3");
  const auto base_changed = good_overlay().digest;
  EXPECT_NE(base_changed, before);
  overlay["limits.yaml"] = "limits: {retry_after_s: 3}\n";
  EXPECT_NE(good_overlay().digest, base_changed);
}

TEST_F(Overlay, LayersThatCannotBe) {
  overlay["bundle.yaml"] = "format: 1\nname: site\nextends: ../nowhere\n";
  EXPECT_FALSE(read_overlay());
  EXPECT_THAT(shown(), ElementsAre(StartsWith("site/bundle.yaml:3:10: there is no folder ")));
  overlay["bundle.yaml"] = "format: 1\nname: site\nextends: .\n";
  EXPECT_FALSE(read_overlay());
  EXPECT_THAT(shown(), Contains(HasSubstr("in a circle")));
}

// --- what is refused, and where ------------------------------------------------------------------

TEST_F(BundleRefusal, OfFilesAndFolders) {
  std::vector<Problem> none;
  EXPECT_FALSE(read_bundle(folder_.path() / "nowhere", none));
  EXPECT_THAT(none, ElementsAre(testing::Field(&Problem::message, "there is no such folder")));
  files["action.yaml"] = "rules: []\n";
  files["vendor/x.yaml"] = "vendor: {}\n";
  files["tests/more.yml"] = "tests: []\n";
  EXPECT_THAT(refusals(), testing::UnorderedElementsAre(
                              "action.yaml: a bundle has no file of this name or in this folder",
                              "vendor/x.yaml: a bundle has no file of this name or in this folder",
                              "tests/more.yml: the files of a bundle end in .yaml"));
}

// What is passed over is a rule that nobody applies.
TEST_F(BundleRefusal, OfFilesThatAreNone) {
  namespace fs = std::filesystem;
  TemporaryFolder elsewhere;
  elsewhere.write("rollout.yaml", "a: word that no message may quote\n");
  fs::create_symlink(elsewhere.path() / "rollout.yaml", folder_.path() / "rollout.yaml");
  fs::create_symlink(folder_.path() / "gone.yaml", folder_.path() / "approvals.yaml");
  fs::create_directory_symlink(elsewhere.path(), folder_.path() / "templates");
  fs::create_directory(folder_.path() / "exceptions.yaml");
  ASSERT_EQ(mkfifo((folder_.path() / "retention.yaml").c_str(), 0600), 0);
  files["Tests.YAML"] = "tests: []\n";
  // A mounted bundle is links within its folder; what is none of ours may lead anywhere.
  fs::create_directory(folder_.path() / "..data");
  files["..data/limits.yaml"] = files["limits.yaml"];
  files.erase("limits.yaml");
  fs::create_symlink("..data/limits.yaml", folder_.path() / "limits.yaml");
  fs::create_symlink("/dev/zero", folder_.path() / "notes.txt");
  EXPECT_THAT(refusals(), testing::UnorderedElementsAre(
                              "rollout.yaml: a link that leads out of the bundle",
                              "approvals.yaml: a link that leads nowhere",
                              "templates: a link to a folder is not followed",
                              "exceptions.yaml: no regular file", "retention.yaml: no regular file",
                              "Tests.YAML: the files of a bundle end in .yaml"));
}

TEST_F(BundleRefusal, OfMissingParts) {
  for (const char* name :
       {"environments.yaml", "tenants.yaml", "actions.yaml", "routes.yaml", "limits.yaml"}) {
    TemporaryFolder folder;
    for (const auto& [file, text] : small_bundle())
      if (file != name) folder.write(file, text);
    std::vector<Problem> found;
    EXPECT_FALSE(read_bundle(folder.path(), found));
    ASSERT_FALSE(found.empty());
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const Problem& p) {
      return p.file.ends_with(name) && p.line == 0 && p.message == "the bundle has no such file";
    })) << name;
  }
  TemporaryFolder empty;
  std::vector<Problem> found;
  EXPECT_FALSE(read_bundle(empty.path(), found));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].message, HasSubstr("every bundle has this file"));
}

TEST_F(BundleRefusal, OfTheHead) {
  expect("bundle.yaml", "format: 1", "format: 2",
         "bundle.yaml:1:9: this program reads bundles of format 1");
  expect("bundle.yaml", "name: small\n", "description: x\n",
         "bundle.yaml:1:1: bundle.yaml has no 'name'");
  expect("bundle.yaml", "name: small", "name: small\nextend: x",
         "bundle.yaml:3:1: bundle.yaml has no key 'extend' (did you mean 'extends'?)");
  expect("bundle.yaml", "name: small", "name: no",
         "bundle.yaml:2:7: a text is expected here, and `no`");
}

TEST_F(BundleRefusal, OfBrokenYamlAlone) {
  // References to what a broken file would have said are not reported.
  expect("environments.yaml", "{durability: recorded}", "{durability: recorded",
         "environments.yaml:");
  expect("tenants.yaml", "beta:", "acme:", "tenants.yaml:3:3: duplicate key 'acme'");
}

TEST_F(BundleRefusal, OfEntities) {
  const std::string file = "entities/all.yaml";
  expect(file, "  SECRET:\n    secret: true", "  SECRET:\n    secret: yes",
         file + ":3:13: true or false is expected here, without quotes");
  expect(file, "priority: 100", "priority: 101",
         file + ":4:15: a number from 0 to 100 is expected");
  expect(file, "kind: email", "kind: emial",
         file +
             ":11:27: 'emial' is none of: pattern, phone, labelled_phone, called_phone, key_block, "
             "email, url_credentials, shape, "
             "run, cue, assignment, password, date, ip, mac, card_code, crypto, address, person, "
             "person_again, person_beside, "
             "spelt_email, "
             "post_code, travel_zone, field, dictionary (did you mean 'email'?)");
  expect(file, "id: email,", "id: key,", file + ":11:14: rule id 'key' is already in ");
  expect(file, "kind: email}", "kind: email, pattern: x}",
         file + ":11:43: a rule of this kind has no 'pattern'");
  expect(file, ", pattern: 'key-[a-z0-9]{16}'", "",
         file + ":6:9: a rule of kind pattern has a 'pattern'");
  expect(file, "kind: email}", "kind: email, context: [\"\"]}",
         file + ":11:44: a word has 1 to 64 bytes");
  expect(file, "kind: email}", "kind: email}\n      - {id: two, kind: email}",
         file + ":12:9: one rule of this kind is enough, and one is in ");
  expect(file, "must_match: [{text: a@example.org}]", "must_match: []",
         file + ":12:17: must_match is a list of at least one");
  expect(file, "    must_match: [{text: a@example.org}]\n", "",
         file + ":10:5: an entity has no 'must_match'");
  expect(file, "{text: a@example.org}", "{text: a@example.org, match: b}",
         file + ":12:18: the match is not in the text");
  expect(file, "kind: email}", "kind: email, confidance: 9}",
         file + ":11:34: a rule has no key 'confidance' (did you mean 'confidence'?)");
}

TEST_F(BundleRefusal, OfEntityNames) {
  for (const char* name : {"lower", "LITERAL", "A__B", "ABCDEFGHIJKLMNOPQRSTUVWXYZAB"}) {
    files["entities/more.yaml"] =
        "entities:\n  " + std::string(name) +
        ":\n    rules: [{id: more, kind: phone}]\n    must_match: [{text: x}]\n    "
        "must_not_match: [x]\n";
    EXPECT_THAT(refusals(),
                ElementsAre(StartsWith("entities/more.yaml:2:3: the name of an entity is A-Z")));
  }
  files["entities/more.yaml"] =
      "entities:\n  SECRET:\n    rules: [{id: more, kind: phone}]\n    must_match: [{text: x}]\n   "
      " "
      "must_not_match: [x]\n";
  EXPECT_THAT(refusals(),
              ElementsAre(StartsWith("entities/more.yaml:2:3: entity 'SECRET' is already in ")));
}

TEST_F(BundleRefusal, OfVendors) {
  const std::string file = "vendors/other.yaml";
  expect(file, "name: other", "name: another",
         file + ":2:9: the vendor of vendors/other.yaml is named 'other'");
  expect(file, "host: llm.example.com", "host: LLM.example.com",
         file + ":3:9: a host name in lower case");
  expect(file, "host: llm.example.com", "host: 192.0.2.1",
         file + ":3:9: a host name in lower case");
  expect(file, "port: 8443", "port: 0", file + ":4:9: a number from 1 to 65535");
  expect(file, "port: 8443", "port: 08443", file + ":4:9: a number without leading zeros");
  expect(file, "[198.51.100.7]", "[198.51.100.7, llm.example.com]",
         file + ":5:29: an IPv4 or IPv6 address is expected");
  expect(file, "[198.51.100.7]", "[127.0.0.1]", file + ":5:15: no vendor can have this address");
  expect(file, "[198.51.100.7]", "[198.51.100.7, 198.51.100.7]",
         file + ":5:29: the address is written twice");
  expect(file, "[198.51.100.7]", "[\"2001:db8::7\", \"2001:0DB8:0:0::7\"]",
         file + ":5:30: the address is written twice");
  expect(file, "[198.51.100.7]", "[\"fe80::7\"]", file + ":5:15: no vendor can have this address");
  expect(file, "[198.51.100.7]", "[]", file + ":5:14: a vendor has at least one address");
  expect(file, "[198.51.100.7]", "198.51.100.7", file + ":5:14: a list is expected here");
  expect(file, kPinA, "sha256/short", file + ":6:10: a pin is sha256/ and the base64 of 32 bytes");
  expect(file, "  pins: [\"" + kPinA + "\"]\n", "",
         file + ":2:3: a vendor has 'pins', a 'ca_file' or both");
  expect(file, "pins: [\"" + kPinA + "\"]", "pins: []",
         file + ":2:3: a vendor has 'pins', a 'ca_file' or both");
  expect(file, "auth_header: x-api-key", "auth_header: X-Api-Key",
         file + ":7:16: the name of a header");
  expect(file, "auth_header: x-api-key", "auth_header: host", file + ":7:16: the name of a header");
  expect(file, "credential: other", "credential: ../other", file + ":8:15: a name is a-z, 0-9");
  expect(file, "  credential: other\n", "", file + ":2:3: a vendor has no 'credential'");
  expect(file, "path: /v1/chat/completions", "path: /v1/chat/completions?x=1",
         file + ":10:28: a path without query");
  expect(file, "method: POST", "method: post",
         file + ":10:16: 'post' is none of: POST, GET, DELETE (did you mean 'POST'?)");
  const std::string endpoint = "path: /v1/chat/completions";
  expect(file, endpoint, "path: \"/v1/{id\"", file + ":10:28: a path without query");
  expect(file, endpoint, "path: \"/v1/x{id}\"", file + ":10:28: a path without query");
  expect(file, "method: POST, ", "method: GET, body: optional, ",
         file + ":10:27: GET and DELETE have no body");
  expect(file, "method: POST, ", "method: POST, query: [alt, key], ",
         file + ":10:35: a credential does not go on in a query");
  expect(file, "method: POST, ", "method: POST, query: [\"a=b\"], ",
         file + ":10:30: the name of a query parameter");
  expect(file, "  port: 8443\n", "  unknown_endpoint: inspect\n",
         file + ":4:21: there is no API kind 'any_json'");
  expect(file, "  port: 8443\n", "  unknown_field: ignore\n",
         file + ":4:18: 'ignore' is none of: inspect, block, pass");
  expect(file, "api_kind: openai_chat", "api_kind: openai_chat, refuse: \"use another\"",
         file + ":10:60: a refused endpoint has no 'api_kind'");
  expect(file, "api_kind: openai_chat", "refuse: \"say \\\"this\\\"\"",
         file + ":10:58: a hint is at most 96 printable ASCII characters");
  expect(file, "api_kind: openai_chat", "api_kind: openai_chats",
         file + ":10:60: there is no API kind 'openai_chats' (did you mean 'openai_chat'?)");
}

TEST_F(BundleRefusal, OfMoreThan64Vendors) {
  for (int i = 0; i < 63; ++i) {
    const std::string name = "v" + std::to_string(i);
    std::string text = files["vendors/other.yaml"];
    text.replace(text.find("name: other"), 11, "name: " + name);
    files["vendors/" + name + ".yaml"] = text;
  }
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("more than 64 vendors")));
}

TEST_F(BundleRefusal, OfApiKinds) {
  const std::string file = "vendors/api/openai_chat.yaml";
  expect(file, "format: 1", "format: 2", file + ":2:9: this program reads format 1 only");
  expect(file, "api_kind: openai_chat", "api_kind: openai",
         file + ": the API kind of this file is named 'openai_chat'");
}

TEST_F(BundleRefusal, OfTenantsAndKeys) {
  expect("tenants.yaml", "[openai, other]", "[openai, othr]",
         "tenants.yaml:2:28: there is no vendor 'othr' (did you mean 'other'?)");
  expect("tenants.yaml", "token_scope: principal", "token_scope: user",
         "tenants.yaml:3:41: 'user' is none of: tenant, principal");
  expect("tenants.yaml", "{lab: committed}", "{lap: committed}",
         "tenants.yaml:2:49: there is no environment 'lap' (did you mean 'lab'?)");
  expect("keys.yaml", kHmacB, "abc", "keys.yaml:2:18: 64 hex digits in lower case");
  expect("keys.yaml", kHmacB, kHmacA, "keys.yaml:3:3: the same hmac as key 'second'");
  expect("keys.yaml", "tenant: beta", "tenant: bet",
         "keys.yaml:2:92: there is no tenant 'bet' (did you mean 'beta'?)");
  expect("keys.yaml", "environment: production", "environment: prod",
         "keys.yaml:2:134: there is no environment 'prod'");
  expect("keys.yaml", "principal: kim", "principal: any",
         "keys.yaml:3:108: a principal is letters");
  expect("keys.yaml", "default_reason: support", "default_reason: Support!",
         "keys.yaml:3:147: a name is a-z");
  expect("keys.yaml", "second:", "Second:", "keys.yaml:2:3: a name is a-z");
}

TEST_F(BundleRefusal, OfActions) {
  expect("actions.yaml", "action: tokenize", "action: tokenise",
         "actions.yaml:4:69: 'tokenise' is none of: block, allow, observe, tokenize, mask, hash, "
         "generalise (did you mean 'tokenize'?)");
  expect("actions.yaml", "entity: SECRET,", "entity: SECRET, role: model,",
         "actions.yaml:2:41: 'model' is none of: user, system, assistant, tool");
  expect("actions.yaml", "entity: SECRET,", "entity: SECRET, min_confidence: 101,",
         "actions.yaml:2:51: a number from 0 to 100 is expected here");
  expect("actions.yaml", "entity: SECRET,",
         "entity: SECRET, min_confidence: 60, max_confidence: 59,",
         "actions.yaml:2:5: min_confidence is above max_confidence: the rule fits nothing");
  expect("actions.yaml", "action: mask", "action: mask, keep_last: 9",
         "actions.yaml:3:103: a number from 0 to 8 is expected here");
  expect("actions.yaml", "action: mask", "action: mask, mask_with: '\"'",
         "actions.yaml:3:103: a value is masked with one of * # x X _ - .");
  expect("actions.yaml", "action: mask", "action: hash, keep_last: 2",
         "actions.yaml:3:103: only a rule with the action 'mask' has 'keep_last'");
  expect("actions.yaml", "action: tokenize", "action: tokenize, would: mask",
         "actions.yaml:4:86: only a rule with the action 'observe' has 'would'");
  expect("actions.yaml", "action: tokenize", "action: observe, would: allow",
         "actions.yaml:4:85: tried out can be tokenize, mask, hash, generalise or block");
  expect("actions.yaml", "[EMAIL_ADDRESS]", "[EMAIL_ADRESS]",
         "actions.yaml:4:25: there is no entity 'EMAIL_ADRESS' (did you mean 'EMAIL_ADDRESS'?)");
  expect("actions.yaml", "[EMAIL_ADDRESS]", "[]",
         "actions.yaml:4:24: an empty list matches nothing");
  expect("actions.yaml", "[EMAIL_ADDRESS]", "[any, EMAIL_ADDRESS]",
         "actions.yaml:4:25: 'any' stands alone");
  expect("actions.yaml", "id: mail", "id: secrets",
         "actions.yaml:4:10: rule id 'secrets' is already in ");
  expect("actions.yaml", "id: mail", "id: no-rule", "actions.yaml:4:10: an id is a-z");
  expect("actions.yaml", "tenant: beta", "tenants: beta",
         "actions.yaml:3:44: a rule has no key 'tenants' (did you mean 'tenant'?)");
  expect("actions.yaml", "direction: response", "direction: answer",
         "actions.yaml:5:52: 'answer' is none of: request, response");
}

TEST_F(BundleRefusal, OfAccessRoutesLimitsAndTests) {
  expect("access.yaml", "allow: false", "allow: deny",
         "access.yaml:2:57: true or false is expected");
  expect("access.yaml", "reason: audit,", "reason: Audit!,", "access.yaml:2:43: a reason is a-z");
  expect("access.yaml", "tenant: [acme]", "tenant: [acne]",
         "access.yaml:3:28: there is no tenant 'acne' (did you mean 'acme'?)");
  expect("routes.yaml", "/openai: openai", "/openai/: openai",
         "routes.yaml:2:12: a prefix begins with /");
  expect("routes.yaml", "/openai: openai", "/openai: opena",
         "routes.yaml:2:21: there is no vendor 'opena' (did you mean 'openai'?)");
  expect("routes.yaml", "[gateway.lab]", "[gateway.lab, llm.example.com]",
         "routes.yaml:3:9: the host is among gateway_hosts too");
  expect("routes.yaml", "gateway_hosts: [gateway.lab]\n", "",
         "routes.yaml:1:1: gateway_hosts and prefixes belong together");
  expect("limits.yaml", "connect_ms: 10000", "connect_ms: 10",
         "limits.yaml:14:15: a number from 100 to 300000");
  expect("limits.yaml", "  connect_ms: 10000\n", "", "limits.yaml:4:3: limits has no 'connect_ms'");
  expect("limits.yaml", "max_tokens_per_exchange: 4096", "max_tokens_per_exchange: 4097",
         "limits.yaml:7:28: a number from 1 to 4096");
  expect("tests/all.yaml", "tenant: acme", "tenant: acm",
         "tests/all.yaml:3:13: there is no tenant 'acm'");
  expect("tests/all.yaml", "verdict: pass", "verdict: passes",
         "tests/all.yaml:8:16: 'passes' is none of");
  expect("tests/all.yaml", "match: a@example.org", "match: b@example.org",
         "tests/all.yaml:9:20: the match is not in the text");
}

TEST_F(BundleRefusal, OfATestThatExpectsNothing) {
  files["tests/all.yaml"] =
      "tests: [{name: t, tenant: acme, environment: lab, destination: openai, text: x, expect: "
      "{}}]\n";
  EXPECT_THAT(refusals(),
              ElementsAre("tests/all.yaml:1:89: a test expects a verdict, detections or "
                          "restorations"));
}

TEST_F(BundleRefusal, OfSecretsThatWouldLeave) {
  for (const char* action : {"allow", "observe", "tokenize"}) {
    expect("actions.yaml", "entity: SECRET, action: block",
           std::string("entity: SECRET, action: ") + action,
           "actions.yaml:2:5: rule 'secrets' answers '" + std::string(action) +
               "' for the secret SECRET in requests (tenant acme, environment lab, destination "
               "openai)");
  }
  expect("actions.yaml", "rules:\n",
         "rules:\n  - {id: hole, environment: lab, tenant: beta, destination: other, direction: "
         "request, "
         "action: observe}\n",
         "actions.yaml:2:5: rule 'hole' answers 'observe' for the secret SECRET in requests "
         "(tenant beta, "
         "environment lab, destination other)");
  // Blocked and masked is fine, and so is an answer.
  change("actions.yaml", "entity: SECRET, action: block",
         "entity: SECRET, direction: request, action: mask");
  good();
}

TEST_F(BundleRefusal, OfAPartOfASecret) {
  expect("actions.yaml", "entity: SECRET, action: block",
         "entity: SECRET, action: mask, keep_last: 4",
         "actions.yaml:2:5: rule 'secrets' answers 'mask with keep_last' for the secret SECRET in "
         "requests (tenant acme");
}

TEST_F(BundleRefusal, OfRulesThatWouldStoreWhatIsNeverStored) {
  const std::string entity = "  EMAIL_ADDRESS:\n";
  change("entities/all.yaml", entity, entity + "    never_store: true\n    priority: 90\n");
  files["tests/all.yaml"] = "tests: []\n";
  const std::string masked =
      "rules:\n  - {id: secrets, entity: SECRET, action: block}\n"
      "  - {id: mail, entity: EMAIL_ADDRESS, tenant: beta, action: mask}\n";
  files["actions.yaml"] = masked;
  good();
  for (const char* action : {"allow", "observe", "tokenize", "hash", "generalise"}) {
    files["actions.yaml"] = masked + "  - {id: lab, environment: lab, tenant: acme, role: tool, " +
                            "direction: response, action: " + action + "}\n";
    EXPECT_THAT(refusals(),
                ElementsAre("actions.yaml:4:5: rule 'lab' answers '" + std::string(action) +
                            "' for EMAIL_ADDRESS in answers (tenant acme, environment lab, "
                            "destination openai, role tool); what is never stored is blocked or "
                            "masked wholly, everywhere"));
  }
  files["actions.yaml"] = masked + "  - {id: part, action: mask, keep_last: 1}\n";
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("rule 'part' answers 'mask with keep_last'")));
  // A finding of low confidence is no way out either.
  files["actions.yaml"] = masked + "  - {id: low, max_confidence: 20, action: observe}\n";
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("rule 'low' answers 'observe'")));
}

TEST_F(BundleRefusal, OfAnEntityThatIsNeverStoredBelowOneThatMayBe) {
  const std::string entity = "  EMAIL_ADDRESS:\n";
  change("entities/all.yaml", entity, entity + "    never_store: true\n");
  files["entities/more.yaml"] =
      "entities:\n  CUSTOMER:\n    priority: 60\n    rules: [{id: customer, kind: pattern, "
      "pattern: 'cust-[a-z0-9]{16}'}]\n    must_match: [{text: cust-0123456789abcdef}]\n"
      "    must_not_match: [cust-0]\n";
  files["tests/all.yaml"] = "tests: []\n";
  files["actions.yaml"] = "rules: [{id: all, action: block}]\n";
  EXPECT_THAT(refusals(),
              ElementsAre("entities/all.yaml:9:3: EMAIL_ADDRESS is never stored, so its priority "
                          "must be above 60, that of CUSTOMER"));
}

TEST_F(BundleRefusal, OfOneValueMaskedInPartAndHashedForOneTenant) {
  const std::string entity = "  EMAIL_ADDRESS:\n";
  change("entities/all.yaml", entity, entity + "    mask_or_hash: true\n");
  files["tests/all.yaml"] = "tests: []\n";
  const auto rules = [&](const std::string& first, const std::string& second) {
    files["actions.yaml"] =
        "rules:\n  - {id: secrets, entity: SECRET, action: block}\n"
        "  - {id: one, " +
        first + "}\n  - {id: two, " + second + "}\n";
  };
  const std::string part = "action: mask, keep_last: 2", hash = "action: hash";
  const auto refused = ElementsAre(HasSubstr("EMAIL_ADDRESS and rule"));
  rules("environment: lab, " + part, hash);
  EXPECT_THAT(refusals(),
              ElementsAre("actions.yaml:4:5: rule 'two' hashes EMAIL_ADDRESS and rule 'one' keeps "
                          "its last digits, both for tenant acme; together they give the value "
                          "away (PCI DSS 3.5.1)"));
  rules("direction: response, " + hash, part);
  EXPECT_THAT(refusals(), refused);
  rules("role: system, " + hash, part);
  EXPECT_THAT(refusals(), refused);
  rules("min_confidence: 99, " + hash, part);
  EXPECT_THAT(refusals(), refused);
  rules("tenant: acme, " + part, "tenant: beta, " + hash);
  good();  // two tenants, two keys
  rules("environment: lab, action: mask", hash);
  good();  // a whole mask says nothing
}

TEST_F(BundleRefusal, OfRulesForWhatNobodyReads) {
  const std::string rules = files["actions.yaml"];
  const auto refused = [&](const std::string& opaque) {
    files["actions.yaml"] = "opaque: " + opaque + "\n" + rules;
    return refusals();
  };
  EXPECT_THAT(refused("[{id: a, kind: images, action: block}]"),
              ElementsAre(StartsWith("actions.yaml:1:24: 'images' is none of: other, image, ")));
  EXPECT_THAT(refused("[{id: a, kind: image, action: tokenize}]"),
              ElementsAre("actions.yaml:1:39: 'tokenize' is none of: block, allow"));
  EXPECT_THAT(refused("[{id: a, action: block}, {id: a, action: allow}]"),
              ElementsAre(StartsWith("actions.yaml:1:39: rule id 'a' is already in ")));
  EXPECT_THAT(refused("{}"), ElementsAre("actions.yaml:1:9: opaque is a list; write [] when there "
                                         "is none"));
  EXPECT_THAT(refused("[{id: a, kind: image, role: user, action: block}]"),
              ElementsAre(HasSubstr("role")));
}

// A refusal behind a permission looks like one.
TEST_F(BundleRefusal, OfARuleThatCanNeverDecide) {
  expect("actions.yaml", "{id: lab-answers, environment: lab,",
         "{id: any-role, entity: EMAIL_ADDRESS, action: mask}\n  - {id: late, entity: "
         "[EMAIL_ADDRESS], role: [user, tool], min_confidence: 60,",
         "actions.yaml:6:5: rule 'late' never decides: the first rule that fits does, and "
         "'any-role' in line 5 fits everything that this one fits");
  expect("access.yaml", "entity: EMAIL_ADDRESS, reason: [support, audit], allow: true}",
         "allow: true}\n  - {id: no-mail, tenant: acme, entity: EMAIL_ADDRESS, allow: false}",
         "access.yaml:4:5: rule 'no-mail' never decides: ");
  const auto saved = files;
  change("actions.yaml", "rules:",
         "opaque: [{id: all, action: allow}, {id: scans, kind: image, action: block}]\nrules:");
  EXPECT_THAT(refusals(), ElementsAre(HasSubstr("'scans' never decides")));
  // Rules that only look covered: for tenants to come, for what is found with less.
  files = saved;
  change("actions.yaml", "tenant: beta, direction", "tenant: [acme, beta], direction");
  change("actions.yaml", "action: tokenize", "min_confidence: 60, action: tokenize");
  change("actions.yaml", "{id: lab-answers,",
         "{id: doubtful, entity: EMAIL_ADDRESS, direction: request, action: mask}\n  - "
         "{id: lab-answers,");
  good();
}

TEST_F(BundleRefusal, OfADefaultReasonThatNobodyGrants) {
  change("keys.yaml", "default_reason: support", "default_reason: suport");
  EXPECT_THAT(refusals(),
              ElementsAre(HasSubstr("no rule of access.yaml has the reason 'suport', so nothing "
                                    "would be restored for it (did you mean 'support'?)")));
  files["access.yaml"] += "reasons: {suport: {}, support: {}, audit: {}}\n";
  good();
}

TEST_F(BundleRefusal, OfWordsThatCountForNothing) {
  const auto refused = [&](const std::string& words) {
    files["entities/own.yaml"] =
        "entities:\n  BADGE:\n    rules: [{id: badge, kind: pattern, pattern: 'bdg-[0-9]{6}'" +
        words + "}]\n    must_match: [{text: bdg-123456}]\n    must_not_match: [bdg-1]\n";
    return refusals();
  };
  EXPECT_THAT(refused(", proximity: 90"),
              ElementsAre(HasSubstr("'proximity' says how far words count, and there are none")));
  EXPECT_THAT(refused(", context: [badge], confidence: 60, confidence_bare: 61"),
              ElementsAre(HasSubstr("a value is not surer without its words")));
}

TEST_F(BundleRefusal, TellsAllThatIsWrongAtOnceWithItsLine) {
  change("vendors/other.yaml", "port: 8443", "port: x");
  change("vendors/other.yaml", "host: llm.example.com", "host: no");
  change("actions.yaml", "id: mail", "id: Mail");
  EXPECT_THAT(refusals(), SizeIs(3));
  EXPECT_EQ(problems[1].source_line, "  port: x");
  EXPECT_THAT(problems[1].render(),
              testing::EndsWith(
                  "vendors/other.yaml:4:9: a number is expected here: decimal digits, without "
                  "quotes\n      port: x\n            ^"));
}

}  // namespace
}  // namespace sallyport::controlplane::policy
