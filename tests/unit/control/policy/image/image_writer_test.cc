#include "controlplane/policy/image/image_writer.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <set>

#include "dataplane/llm/api_tables.h"
#include "dataplane/policy/image.h"
#include "dataplane/policy/test_table.h"
#include "dataplane/scan/engine.h"
#include "tests/unit/control/policy/bundle_fixture.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;
using contract::Direction;
using contract::Durability;
using ::sallyport::policy::Image;
using testing::ElementsAre;
using testing::HasSubstr;

class ImageWriting : public BundleFixture {
 protected:
  void SetUp() override {
    compiled_ = compiled();
    std::string error;
    ASSERT_TRUE(image_.load(compiled_.bytes, error)) << error;
  }
  uint16_t entity(std::string_view name) const {
    for (uint16_t i = 0; i < image_.entity_count(); ++i)
      if (image_.entity_name(i) == name) return i;
    ADD_FAILURE() << name;
    return 0;
  }
  std::string ruling(const char* tenant, const char* environment, const char* vendor,
                     Direction direction, const char* name) const {
    const auto ruling =
        image_.ruling(*image_.find_tenant(tenant), *image_.find_environment(environment),
                      *image_.find_vendor(vendor), direction, entity(name));
    return std::string(ruling.rule) + " " + std::string(action_name(ruling.action));
  }
  CompiledImage compiled_;
  Image image_;
};

TEST_F(ImageWriting, DigestsAreThoseOfTheBytesAndTheBundle) {
  EXPECT_EQ(image_.digest(), compiled_.image_digest);
  EXPECT_EQ(image_.bundle_digest(), compiled_.bundle_digest);
  EXPECT_EQ(compiled_.image_digest, sha256(compiled_.bytes));
  EXPECT_EQ(compiled_.bundle_digest, good().digest);
}

TEST_F(ImageWriting, EqualBundlesGiveEqualBytesWhereverTheyLie) {
  TemporaryFolder elsewhere;
  for (const auto& [name, text] : files) elsewhere.write(name, text);
  std::vector<Problem> none;
  const auto bundle = read_bundle(elsewhere.path(), none);
  ASSERT_TRUE(bundle);
  const auto again = compile_image(*bundle, none);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes, compiled_.bytes);
}

TEST_F(ImageWriting, CommentsChangeTheBundleAndNothingElseInTheImage) {
  files["routes.yaml"] += "# a comment\n";
  auto other = compiled();
  EXPECT_NE(other.bundle_digest, compiled_.bundle_digest);
  ASSERT_EQ(other.bytes.size(), compiled_.bytes.size());
  const size_t digest_at = offsetof(contract::ImageHeader, bundle_digest);
  std::memcpy(other.bytes.data() + digest_at, compiled_.bytes.data() + digest_at,
              sizeof(contract::Digest));
  EXPECT_EQ(other.bytes, compiled_.bytes);
}

TEST_F(ImageWriting, SectionsStandInOrderAtTheirAlignment) {
  contract::ImageHeader header;
  std::memcpy(&header, compiled_.bytes.data(), sizeof header);
  EXPECT_EQ(header.section_count, contract::kSectionCount);
  EXPECT_EQ(header.image_bytes, compiled_.bytes.size());
  uint64_t end = sizeof header;
  for (size_t i = 0; i < contract::kSectionCount; ++i) {
    contract::ImageSection section;
    std::memcpy(&section, compiled_.bytes.data() + sizeof header + i * sizeof section,
                sizeof section);
    EXPECT_EQ(section.kind, i + 1);
    EXPECT_EQ(section.offset % contract::kImageAlign, 0U);
    EXPECT_GE(section.offset, end);
    end = section.offset + section.bytes;
  }
  EXPECT_EQ(end, compiled_.bytes.size());
}

TEST_F(ImageWriting, VendorsAreAsWritten) {
  const auto vendor = image_.vendor(*image_.find_vendor("openai"));
  EXPECT_EQ(vendor.host, "api.openai.com");
  EXPECT_EQ(vendor.region, "us");
  EXPECT_EQ(vendor.auth_header, "authorization");
  EXPECT_EQ(vendor.auth_prefix, "Bearer ");
  EXPECT_EQ(vendor.credential_name, "openai");
  EXPECT_EQ(vendor.ca_pem, "");
  EXPECT_EQ(vendor.port, 443);
  EXPECT_THAT(vendor.addresses, ElementsAre(0xc000020aU, 0xc000020bU));
  EXPECT_THAT(vendor.pins, ElementsAre(contract::Digest{}));
  ASSERT_EQ(vendor.endpoint_count, 1);
  EXPECT_EQ(image_.endpoint(vendor.first_endpoint).path, "/v1/chat/completions");
  EXPECT_EQ(image_.endpoint(vendor.first_endpoint).api_kind, "openai_chat");
  EXPECT_EQ(image_.vendor(*image_.find_vendor("other")).port, 8443);
  EXPECT_FALSE(image_.find_vendor("nobody"));
}

// The values of a tenant stand in an image as hashes under a key: not one word of them in clear.
TEST_F(ImageWriting, DictionariesAreHashesOfTheTenantsThatHaveThem) {
  files["lists/customers.txt"] = "Erika Mustermann\nZweigstelle Quickborn\n4711-0815\n";
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true}\n";
  files["dictionaries.yaml"] =
      "dictionaries:\n"
      "  shared: {file: lists/customers.txt, entity: CUSTOMER}\n"
      "  customers: {file: lists/customers.txt, entity: CUSTOMER, tenants: [beta]}\n";
  const Bundle bundle = good();
  CompileOptions options;
  options.dictionary_key = DictionaryKey{7};
  std::vector<Problem> none;
  const auto made = compile_image(bundle, none, options);
  ASSERT_TRUE(made);
  EXPECT_EQ(compile_image(bundle, none, options)->bytes, made->bytes);
  std::string bytes(made->bytes.begin(), made->bytes.end());
  std::transform(bytes.begin(), bytes.end(), bytes.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"erika", "mustermann", "zweigstelle", "quickborn", "4711", "0815"})
    EXPECT_EQ(bytes.find(word), std::string::npos) << word;
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(made->bytes, error)) << error;
  ASSERT_EQ(image.dictionary_count(), 2U);
  EXPECT_EQ(image.dictionary_name(0), "customers");
  EXPECT_EQ(image.dictionaries_of(*image.find_tenant("acme")), 2U);
  EXPECT_EQ(image.dictionaries_of(*image.find_tenant("beta")), 3U);
  EXPECT_EQ(image_.dictionary_count(), 0U);
  EXPECT_EQ(image_.dictionaries_of(*image_.find_tenant("beta")), 0U);
  options.dictionary_key = DictionaryKey{8};
  EXPECT_NE(compile_image(bundle, none, options)->image_digest, made->image_digest);
}

// A seeded text may hold a value of a list: in an image it stands sealed, and is tried all the
// same.
TEST_F(ImageWriting, SeededTextsOfABundleWithDictionariesAreSealedUnderTheirKey) {
  files["lists/customers.txt"] = "Erika Mustermann\n";
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true}\n";
  files["dictionaries.yaml"] =
      "dictionaries:\n  customers: {file: lists/customers.txt, entity: CUSTOMER}\n";
  files["tests/own.yaml"] =
      "tests:\n"
      "  - {name: a customer, tenant: acme, environment: lab, destination: openai,\n"
      "     text: write to Erika Mustermann,\n"
      "     expect: {detections: [{entity: CUSTOMER, match: Erika Mustermann}]}}\n";
  const Bundle bundle = good();
  CompileOptions options;
  options.dictionary_key = DictionaryKey{7};
  std::vector<Problem> none;
  const auto made = compile_image(bundle, none, options);
  ASSERT_TRUE(made);
  const std::string bytes(made->bytes.begin(), made->bytes.end());
  EXPECT_EQ(bytes.find("Mustermann"), std::string::npos);
  EXPECT_EQ(bytes.find("write to"), std::string::npos);
  Image image;
  ::sallyport::policy::TestTable table;
  std::string error;
  ASSERT_TRUE(image.load(made->bytes, error)) << error;
  ASSERT_TRUE(table.load(image, DictionaryKey{7}, error)) << error;
  ASSERT_EQ(table.tests().size(), bundle.tests.size());
  for (size_t i = 0; i < bundle.tests.size(); ++i)
    EXPECT_EQ(table.seeded_text(table.tests()[i]), bundle.tests[i].text);
  // Another key, none, and a text that was changed: refused without a word of it.
  EXPECT_FALSE(table.load(image, DictionaryKey{8}, error));
  EXPECT_EQ(error, "image: tests: sealed under another dictionary key, or changed");
  EXPECT_FALSE(table.load(image, std::nullopt, error));
  EXPECT_EQ(error, "secrets: no dictionary key");
  ASSERT_TRUE(table.load(image, DictionaryKey{7}, error));
  const std::string_view sealed = table.text(table.tests()[0].text);
  for (const size_t offset : {size_t{0}, size_t{13}, sealed.size() - 1}) {
    std::vector<uint8_t> changed = made->bytes;
    changed[bytes.find(sealed) + offset] ^= 1;
    ASSERT_TRUE(image.load(changed, error));
    EXPECT_FALSE(table.load(image, DictionaryKey{7}, error)) << offset;
    ASSERT_TRUE(image.load(made->bytes, error));
  }
}

TEST_F(ImageWriting, AValueThatIsNoneIsNamedByItsLineAlone) {
  files["lists/customers.txt"] = "Erika Mustermann\nxyz\n";
  files["entities/own.yaml"] = "entities:\n  CUSTOMER: {dictionary: true}\n";
  files["dictionaries.yaml"] =
      "dictionaries:\n  customers: {file: lists/customers.txt, entity: CUSTOMER}\n";
  const Bundle bundle = good();
  std::vector<Problem> found;
  EXPECT_FALSE(compile_image(bundle, found));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message,
            "lists/customers.txt line 2: fewer than 4 letters and digits (length_min)");
  EXPECT_EQ(found[0].render().find("xyz"), std::string::npos);
}

TEST_F(ImageWriting, TenantsAndKeys) {
  const auto acme = *image_.find_tenant("acme"), beta = *image_.find_tenant("beta");
  const uint64_t openai = uint64_t{1} << *image_.find_vendor("openai"),
                 other = uint64_t{1} << *image_.find_vendor("other");
  EXPECT_EQ(image_.tenant(acme).vendors, openai | other);
  EXPECT_EQ(image_.tenant(beta).vendors, other);
  EXPECT_FALSE(image_.tenant(acme).scope_is_principal);
  EXPECT_TRUE(image_.tenant(beta).scope_is_principal);
  contract::Digest hmac;
  hmac.fill(0xaa);
  const auto kim = image_.find_key(hmac);
  ASSERT_TRUE(kim);
  EXPECT_EQ(kim->id, "first");
  EXPECT_EQ(kim->principal, "kim");
  EXPECT_EQ(kim->tenant, "acme");
  EXPECT_EQ(kim->environment, "lab");
  EXPECT_EQ(kim->default_reason, "support");
  EXPECT_EQ(image_.durability(*kim), Durability::Committed);  // of the tenant, not of lab
  hmac.fill(0xbb);
  EXPECT_EQ(image_.durability(*image_.find_key(hmac)), Durability::Committed);  // of production
  hmac.fill(0xcc);
  EXPECT_FALSE(image_.find_key(hmac));
}

TEST_F(ImageWriting, RulingsAreTheFirstRuleThatFits) {
  EXPECT_EQ(ruling("acme", "lab", "openai", Direction::Request, "SECRET"), "secrets block");
  EXPECT_EQ(ruling("acme", "lab", "openai", Direction::Request, "EMAIL_ADDRESS"), "mail tokenize");
  EXPECT_EQ(ruling("beta", "lab", "other", Direction::Request, "EMAIL_ADDRESS"), "beta-mail mask");
  EXPECT_EQ(ruling("acme", "lab", "other", Direction::Response, "EMAIL_ADDRESS"),
            "lab-answers observe");
  EXPECT_EQ(ruling("acme", "production", "other", Direction::Response, "EMAIL_ADDRESS"),
            "no-rule block");
}

TEST_F(ImageWriting, EveryRulingIsTheOneOfTheModel) {
  const Bundle bundle = good();
  for (const BundleTenant& t : bundle.tenants)
    for (const Environment& e : bundle.environments)
      for (const BundleVendor& v : bundle.vendors)
        for (const Direction d : {Direction::Request, Direction::Response})
          for (const Entity& n : bundle.entities) {
            const auto rule = deciding_rule(bundle, t.name, e.name, v.name, d, n.source.name);
            const std::string expected =
                rule ? bundle.actions[*rule].id + " " +
                           std::string(action_name(bundle.actions[*rule].action))
                     : "no-rule block";
            EXPECT_EQ(
                ruling(t.name.c_str(), e.name.c_str(), v.name.c_str(), d, n.source.name.c_str()),
                expected);
          }
}

TEST_F(ImageWriting, RolesAndConfidencesDecideAsTheFirstRuleThatFitsDoes) {
  files["tests/all.yaml"] = "tests: []\n";
  files["actions.yaml"] =
      "rules:\n"
      "  - {id: secrets, entity: SECRET, action: block}\n"
      "  - {id: tools, role: [tool, system], min_confidence: 30, max_confidence: 70, action: "
      "hash}\n"
      "  - {id: doubt, max_confidence: 49, environment: lab, action: observe, would: mask}\n"
      "  - {id: beta, tenant: beta, role: assistant, action: mask, keep_last: 3, mask_with: x}\n"
      "  - {id: sure, min_confidence: 50, direction: request, action: tokenize}\n";
  const CompiledImage made = compiled();
  const Bundle bundle = good();
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(made.bytes, error)) << error;
  std::set<std::string> seen;
  for (uint16_t t = 0; t < bundle.tenants.size(); ++t)
    for (uint16_t e = 0; e < bundle.environments.size(); ++e)
      for (uint16_t v = 0; v < bundle.vendors.size(); ++v)
        for (const Direction d : {Direction::Request, Direction::Response})
          for (uint16_t n = 0; n < bundle.entities.size(); ++n)
            for (size_t r = 0; r < contract::kRoleCount; ++r)
              for (unsigned c = 0; c <= 100; ++c) {
                const auto role = static_cast<contract::Role>(r);
                const auto rule = deciding_rule(bundle, bundle.tenants[t].name,
                                                bundle.environments[e].name, bundle.vendors[v].name,
                                                d, bundle.entities[n].source.name, role, c);
                const auto is = image.ruling(t, e, v, d, n, role, c);
                ASSERT_EQ(is.rule, rule ? std::string_view(bundle.actions[*rule].id) : kNoRuleId);
                if (!rule) continue;
                const ActionRule& shall = bundle.actions[*rule];
                ASSERT_EQ(is.action, shall.action);
                ASSERT_EQ(is.would, shall.would.value_or(shall.action));
                ASSERT_EQ(is.keep_last, shall.keep_last);
                seen.insert(shall.id);
              }
  EXPECT_EQ(seen.size(), bundle.actions.size()) << "every rule decides somewhere";
}

TEST_F(ImageWriting, TheFirstRuleThatFitsDecidesOnWhatNobodyReads) {
  files["actions.yaml"] +=
      "opaque:\n"
      "  - {id: scans, kind: [image, document], tenant: acme, direction: request, action: block}\n"
      "  - {id: sounds, kind: audio, environment: lab, destination: other, action: block}\n"
      "  - {id: rest, tenant: acme, action: allow}\n";
  const CompiledImage made = compiled();
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(made.bytes, error)) << error;
  const auto said = [&](const char* tenant, const char* environment, const char* vendor,
                        Direction direction, contract::OpaqueReason reason) {
    const auto answer =
        image.opaque(*image.find_tenant(tenant), *image.find_environment(environment),
                     *image.find_vendor(vendor), direction, reason);
    return std::string(answer.rule) + (answer.allowed ? " allow" : " block");
  };
  using enum contract::OpaqueReason;
  EXPECT_EQ(said("acme", "lab", "openai", Direction::Request, Image), "scans block");
  EXPECT_EQ(said("acme", "lab", "openai", Direction::Response, Image), "rest allow");
  EXPECT_EQ(said("acme", "production", "other", Direction::Request, Document), "scans block");
  EXPECT_EQ(said("acme", "lab", "other", Direction::Response, Audio), "sounds block");
  EXPECT_EQ(said("acme", "lab", "openai", Direction::Request, Audio), "rest allow");
  EXPECT_EQ(said("beta", "lab", "openai", Direction::Request, Image), "no-rule block");
}

TEST_F(ImageWriting, CellsUnderTheSameRulesShareTheirRulings) {
  contract::ImageSection section;
  const auto count_of = [&](const CompiledImage& image, contract::SectionKind kind) {
    std::memcpy(&section,
                image.bytes.data() + sizeof(contract::ImageHeader) +
                    (static_cast<size_t>(kind) - 1) * sizeof section,
                sizeof section);
    return section.count;
  };
  const size_t before = count_of(compiled_, contract::SectionKind::Rulings);
  for (int i = 0; i < 50; ++i)
    files["tenants.yaml"] += "  t" + std::to_string(i) + ": {vendors: [other]}\n";
  const CompiledImage many = compiled();
  EXPECT_EQ(count_of(many, contract::SectionKind::Rulings), before);
  EXPECT_EQ(count_of(many, contract::SectionKind::Cells), 52U * 2 * 2);
}

TEST_F(ImageWriting, AccessRulesWithListsAreEachCombination) {
  const auto acme = *image_.find_tenant("acme"), beta = *image_.find_tenant("beta");
  const uint16_t mail = entity("EMAIL_ADDRESS"), secret = entity("SECRET");
  EXPECT_TRUE(image_.access(acme, "lee", mail, "support").allowed);
  EXPECT_TRUE(image_.access(acme, "lee", mail, "audit").allowed);
  EXPECT_EQ(image_.access(acme, "lee", mail, "audit").rule, "support");
  EXPECT_FALSE(image_.access(acme, "kim", mail, "audit").allowed);  // the first rule
  EXPECT_EQ(image_.access(acme, "kim", mail, "audit").rule, "not-kim");
  EXPECT_FALSE(image_.access(beta, "lee", mail, "support").allowed);
  EXPECT_FALSE(image_.access(acme, "lee", secret, "support").allowed);
  EXPECT_FALSE(image_.access(acme, "lee", mail, "other").allowed);
  EXPECT_FALSE(image_.access(acme, "lee", mail, "").allowed);
}

TEST_F(ImageWriting, RoutesLeadWhereTheyShould) {
  const auto vendor = [&](std::string_view host, std::string_view path) {
    const auto target = image_.route(host, path);
    if (!target) return std::string("refused");
    if (target->vendor == contract::kImageAny) return std::string("no vendor");
    return std::string(image_.vendor(target->vendor).name) + " " + std::string(target->path);
  };
  EXPECT_EQ(vendor("gateway.lab", "/openai/v1/x"), "openai /v1/x");
  EXPECT_EQ(vendor("GATEWAY.lab", "/openai/other/v1/x"), "other /v1/x");  // the longest prefix
  EXPECT_EQ(vendor("gateway.lab", "/openai2/v1/x"), "no vendor");
  EXPECT_EQ(vendor("llm.example.com", "/v1/x"), "other /v1/x");
  EXPECT_EQ(vendor("elsewhere", "/openai/v1/x"), "refused");
}

TEST_F(ImageWriting, LimitsAndOpaqueSections) {
  EXPECT_EQ(image_.limits().first_byte_ms, 600'000U);
  EXPECT_EQ(image_.limits().body_pool_percent, 25U);
  EXPECT_EQ(image_.limits().recall_wait_ms, 250U);
  scan::Engine engine;
  std::string error;
  ASSERT_TRUE(engine.load(image_.matcher_section(), error)) << error;
  ASSERT_EQ(engine.entity_count(), image_.entity_count());
  for (uint16_t i = 0; i < engine.entity_count(); ++i)
    EXPECT_EQ(engine.entity_name(i), image_.entity_name(i));
  llm::ApiTables tables;
  EXPECT_EQ(tables.load(image_.llm_section()), llm::ApiTables::LoadError::None);
  llm::ApiKind kind;
  EXPECT_TRUE(tables.find_kind("openai_chat", kind));
}

class Compiling : public BundleFixture {
 protected:
  std::vector<std::string> errors() {
    const Bundle bundle = good();
    problems.clear();
    EXPECT_FALSE(compile_image(bundle, problems));
    return shown();
  }
};

TEST_F(Compiling, PatternsThatDoNotCompileAreShownAtTheirRule) {
  change("entities/all.yaml", "key-[a-z0-9]{16}", "key-([a-z0-9]{16}");
  EXPECT_THAT(errors(), ElementsAre("entities/all.yaml:6:9: rule 'key': Missing close parenthesis "
                                    "for group started at index 4."));
  EXPECT_EQ(problems[0].source_line,
            "      - {id: key, kind: pattern, pattern: 'key-([a-z0-9]{16}'}");
}

TEST_F(Compiling, PatternsThatTheScannerCouldMissAreRefused) {
  change("entities/all.yaml", "key-[a-z0-9]{16}", "key[a-z0-9]{4}");
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("rule 'key': the pattern may match less than 8")));
  files = small_bundle();
  change("entities/all.yaml", "key-[a-z0-9]{16}", "key-[a-z0-9]+");
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("rule 'key': the pattern may match")));
  // The matcher sees a stream: an anchor would be its end, not that of a word.
  files = small_bundle();
  change("entities/all.yaml", "key-[a-z0-9]{16}", "key-[a-z0-9]{16}$");
  EXPECT_THAT(errors(), ElementsAre(HasSubstr("rule 'key': the pattern has an anchor")));
}

TEST_F(Compiling, ApiKindsThatDoNotCompileAreShownAtTheirLine) {
  files["vendors/api/openai_chat.yaml"] =
      "api_kind: openai_chat\nformat: 1\nrequest:\n  paths:\n    a..b: T\nresponse: {paths: {a: "
      "T}}\n";
  EXPECT_THAT(errors(), ElementsAre("vendors/api/openai_chat.yaml:5:0: bad path 'a..b'"));
}

TEST_F(Compiling, ACertificateAuthorityOfTheBundleIsInTheImage) {
  // A self-signed certificate made for this test: openssl req -x509 -newkey ed25519 -subj /CN=test
  files["vendors/other.yaml"] += "  ca_file: ca.pem\n";
  files["ca.pem"] =
      text_of(std::filesystem::path(shipped_folder()) / "../tests/unit/control/policy/test_ca.pem");
  const CompiledImage image = compiled();
  Image loaded;
  std::string error;
  ASSERT_TRUE(loaded.load(image.bytes, error)) << error;
  EXPECT_EQ(loaded.vendor(*loaded.find_vendor("other")).ca_pem, files["ca.pem"]);
}

TEST_F(Compiling, ABundleWithManyTenantsCompiles) {
  std::string tenants = "tenants:\n  acme: {vendors: [openai]}\n  beta: {vendors: [other]}\n";
  for (int i = 0; i < 2'000; ++i) tenants += "  t" + std::to_string(i) + ": {vendors: [openai]}\n";
  files["tenants.yaml"] = tenants;
  const CompiledImage image = compiled();
  Image loaded;
  std::string error;
  ASSERT_TRUE(loaded.load(image.bytes, error)) << error;
  EXPECT_EQ(loaded.tenant_count(), 2'002U);
}

}  // namespace
}  // namespace sallyport::controlplane::policy
