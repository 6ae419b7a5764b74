// scan_fixture.h: an engine with the rules of the first entities, made from C++ values, and the
// whole-text answer.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "controlplane/policy/matcher/matcher_compiler.h"
#include "dataplane/scan/engine.h"
#include "dataplane/scan/text_scanner.h"

namespace sallyport::scan {

inline std::vector<controlplane::policy::EntitySource> first_entities() {
  using namespace controlplane::policy;
  using contract::RuleKind;
  using contract::Validator;
  const auto rule = [](std::string id, RuleKind kind, std::string pattern, Validator validator) {
    RuleSource r;
    r.id = std::move(id);
    r.kind = kind;
    r.pattern = std::move(pattern);
    r.validator = validator;
    return r;
  };
  std::vector<EntitySource> out(6);
  out[0].name = "EMAIL_ADDRESS";
  out[0].priority = 60;
  out[0].rules = {rule("email", RuleKind::Email, "", Validator::None)};
  out[0].rules[0].boundary_left = false;
  out[1].name = "PHONE_NUMBER";
  out[1].priority = 40;
  out[1].rules = {rule("phone", RuleKind::Phone, "", Validator::None),
                  rule("phone-context", RuleKind::Phone, "", Validator::None)};
  out[1].rules[1].context = {"phone", "call", "tel"};
  out[2].name = "CREDIT_CARD";
  out[2].priority = 70;
  out[2].rules = {rule("card", RuleKind::Shape, "", Validator::Card)};
  out[2].rules[0].shapes = {"9999-9999-9999-9999", "9999-999999-99999", "9{12,19}"};
  out[2].rules[0].evasive = true;
  out[3].name = "US_SSN";
  out[3].priority = 65;
  out[3].rules = {rule("ssn", RuleKind::Shape, "", Validator::Ssn),
                  rule("ssn-context", RuleKind::Shape, "", Validator::Ssn)};
  out[3].rules[0].shapes = {"999-99-9999"};
  out[3].rules[0].separated = true;
  out[3].rules[1].shapes = {"999-99-9999"};
  out[3].rules[1].evasive = true;
  out[3].rules[1].context = {"ssn", "social security"};
  out[4].name = "URL_CREDENTIALS";
  out[4].priority = 80;
  out[4].rules = {rule("url", RuleKind::UrlCredentials, "", Validator::None)};
  out[4].rules[0].boundary_right = false;
  out[5].name = "SECRET";
  out[5].priority = 100;
  out[5].secret = true;
  out[5].rules = {
      rule("aws-access-key-id", RuleKind::Pattern, "(?:AKIA|ASIA)[A-Z0-9]{16}", Validator::None),
      rule("private-key", RuleKind::KeyBlock, "", Validator::None)};
  return out;
}

// Rules of passwords and of keys, for SECRET.
inline void add_secret_rules(std::vector<controlplane::policy::EntitySource>& entities,
                             std::vector<std::string> password_cues,
                             std::vector<std::string> key_cues) {
  controlplane::policy::RuleSource password, key;
  password.id = "password";
  password.kind = contract::RuleKind::Password;
  password.cues = std::move(password_cues);
  password.length_min = 4;
  password.length_max = 256;
  key = password;
  key.id = "key";
  key.kind = contract::RuleKind::Assignment;
  key.cues = std::move(key_cues);
  key.length_min = 8;
  entities[5].rules.push_back(std::move(password));
  entities[5].rules.push_back(std::move(key));
}

struct Found {
  uint64_t start, end;
  std::string entity;
  friend bool operator==(const Found&, const Found&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Found& f) {
    return out << f.entity << '[' << f.start << ',' << f.end << ')';
  }
};

class ScanFixture : public testing::Test {
 protected:
  void SetUp() override { load(first_entities()); }
  void load(const std::vector<controlplane::policy::EntitySource>& entities) {
    auto compiled = controlplane::policy::compile_matcher(entities);
    for (const auto& error : compiled.errors) ADD_FAILURE() << error.rule << ": " << error.message;
    std::string error;
    ASSERT_TRUE(engine_.load(compiled.section, error)) << error;
    scratch_ = engine_.make_scratch();
  }

  static std::span<const uint8_t> bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
  }

  void collect(TextScanner& scanner, std::vector<Found>& out) {
    for (const Finding& f : scanner.findings()) {
      EXPECT_LE(f.end, scanner.safe_edge());
      out.push_back(Found{f.start, f.end, std::string(engine_.entity_name(f.entity))});
    }
    scanner.take(scanner.findings().size());
  }

  // The same pieces held, and read at the end or when there are many.
  std::vector<Found> scan_held(std::string_view text, const std::vector<size_t>& cuts) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_);
    size_t at = 0;
    for (size_t cut : cuts) {
      scanner.hold(bytes(text.substr(at, cut - at)));
      at = cut;
    }
    scanner.end();
    EXPECT_EQ(scanner.safe_edge(), text.size());
    std::vector<Found> out;
    collect(scanner, out);
    return out;
  }

  // Feeds the pieces that `cuts` make of the text.
  std::vector<Found> scan(std::string_view text, std::vector<size_t> cuts = {}) {
    TextScanner scanner;
    scanner.begin(engine_, *scratch_);
    std::vector<Found> out;
    size_t at = 0;
    cuts.push_back(text.size());
    for (size_t cut : cuts) {
      EXPECT_TRUE(scanner.feed(bytes(text.substr(at, cut - at))));
      const uint64_t edge = scanner.safe_edge();
      EXPECT_LE(edge, cut);
      collect(scanner, out);
      at = cut;
    }
    scanner.end();
    EXPECT_EQ(scanner.safe_edge(), text.size());
    EXPECT_EQ(scanner.late_findings(), 0U);
    collect(scanner, out);
    EXPECT_EQ(scan_held(text, cuts), out) << text;
    return out;
  }

  // What is found in the whole text, after the same at every cut and byte by byte.
  std::vector<Found> found_at_every_cut(const std::string& text) {
    const auto whole = scan(text);
    std::vector<size_t> bytes;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      EXPECT_EQ(scan(text, {cut}), whole) << cut << ": " << text;
      bytes.push_back(cut);
    }
    EXPECT_EQ(scan(text, bytes), whole) << text;
    return whole;
  }
  std::vector<std::string> at_every_cut(const std::string& text) {
    found_at_every_cut(text);
    return texts_found(text);
  }

  std::vector<std::string> texts_found(std::string_view text) {
    std::vector<std::string> out;
    for (const Found& f : scan(text))
      out.push_back(f.entity + "=" + std::string(text.substr(f.start, f.end - f.start)));
    return out;
  }

  Engine engine_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace sallyport::scan
