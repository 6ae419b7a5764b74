#include "dataplane/flow/policy_version.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/llm/shipped_tables.h"
#include "tests/unit/policy/image_builder.h"
#include "tests/unit/policy/secrets_builder.h"
#include "tests/unit/scan/scan_fixture.h"

namespace sallyport::flow {
namespace {

using contract::SecretKind;

policy::SecretsBuilder usual_secrets() {
  policy::SecretsBuilder b;
  b.add(SecretKind::GatewayHmacKey, "", policy::key_bytes('h'))
      .add(SecretKind::TokenKey, "acme", policy::key_bytes('a'), 0, "0A")
      .add(SecretKind::VendorCredential, "openai", "the-credential");
  return b;
}

std::shared_ptr<const policy::Secrets> read(const policy::SecretsBuilder& builder) {
  std::string error;
  auto secrets = policy::Secrets::of_bytes(builder.build(), error);
  EXPECT_NE(secrets, nullptr) << error;
  return secrets;
}

// The small image with real sections: entities of the scan fixture, the shipped API kinds.
policy::ImageBuilder usual_image() {
  static const std::vector<uint8_t> kMatcher =
      controlplane::policy::compile_matcher(scan::first_entities()).section;
  policy::ImageBuilder b = policy::small_image();
  b.matcher = kMatcher;
  b.llm = llm::shipped_section();
  b.entities.clear();
  for (const auto& entity : scan::first_entities()) b.entities.push_back(b.entity(entity.name));
  b.fill_rulings(0);
  b.keys.resize(1);
  b.keys[0].hmac = read(usual_secrets())->hmac_of_key("right-key");
  b.keys[0].tenant = 0;
  return b;
}

std::unique_ptr<PolicyVersion> build(
    std::string& error, const std::function<void(policy::ImageBuilder&)>& change = {},
    std::shared_ptr<const policy::Secrets> secrets = read(usual_secrets())) {
  policy::ImageBuilder b = usual_image();
  if (change) change(b);
  return PolicyVersion::build(b.build(), std::move(secrets), 7, error);
}

TEST(PolicyVersion, IsBuiltFromImageAndSecrets) {
  std::string error;
  const auto version = build(error);
  ASSERT_NE(version, nullptr) << error;
  EXPECT_EQ(version->sequence(), 7U);
  EXPECT_EQ(version->vendor_count(), 2U);
  const auto& credential = version->vendor(0).credential_value;
  EXPECT_EQ(std::string(credential.begin(), credential.end()), "Bearer the-credential");
  EXPECT_EQ(version->vendor(0).error_shape, ErrorShape::OpenAi);
  EXPECT_EQ(version->vendor(1).error_shape, ErrorShape::Anthropic);
}

TEST(PolicyVersion, WhatDoesNotFitTogetherIsRefused) {
  std::string error;
  EXPECT_EQ(build(error, [](auto& b) { b.endpoints[1].api_kind = b.text("other_kind"); }), nullptr);
  EXPECT_NE(error.find("no API kind other_kind"), std::string::npos);
  EXPECT_EQ(build(error, [](auto& b) { std::swap(b.entities[0], b.entities[1]); }), nullptr);
  EXPECT_NE(error.find("entities"), std::string::npos);
  EXPECT_EQ(build(error, [](auto& b) { b.matcher.resize(b.matcher.size() / 2); }), nullptr);
  EXPECT_EQ(build(error, [](auto& b) { b.llm.clear(); }), nullptr);
  EXPECT_EQ(build(error, [](auto& b) { b.vendors[0].ca_pem = b.text("no certificate"); }), nullptr);
  EXPECT_EQ(build(error, {}, nullptr), nullptr);
  policy::SecretsBuilder keyless;
  keyless.add(SecretKind::TokenKey, "acme", policy::key_bytes('a'), 0, "0A");
  EXPECT_EQ(build(error, {}, read(keyless)), nullptr);
  EXPECT_NE(error.find("HMAC"), std::string::npos);
}

class BuiltVersion : public testing::Test {
 protected:
  void SetUp() override {
    std::string error;
    version_ = build(error);
    ASSERT_NE(version_, nullptr) << error;
  }
  Reason route(std::string_view method, std::string_view host, std::string_view path) {
    http::RequestHead head;
    head.method = method;
    head.host = host;
    head.path = path;
    route_ = Route{};
    return version_->route(head, route_);
  }
  std::unique_ptr<PolicyVersion> version_;
  Route route_;
};

TEST_F(BuiltVersion, RoutesExactEndpointsOnly) {
  EXPECT_EQ(route("POST", "gateway.example", "/anthropic/v1/messages"), Reason::None);
  EXPECT_EQ(route_.vendor_index, 1);
  EXPECT_EQ(route_.target_path, "/v1/messages");
  EXPECT_EQ(route_.kind.name, "anthropic_messages");
  EXPECT_EQ(route("POST", "api.openai.example", "/v1/chat/completions"), Reason::None);
  EXPECT_EQ(route("GET", "api.openai.example", "/v1/chat/completions"), Reason::UnknownMethod);
  EXPECT_EQ(route("POST", "api.openai.example", "/v1/chat/completions/"), Reason::UnknownPath);
  EXPECT_EQ(route("POST", "gateway.example", "/other"), Reason::UnknownPath);
  EXPECT_EQ(route("POST", "nobody.example", "/v1/messages"), Reason::UnknownHost);
  EXPECT_EQ(route("POST", "gateway.example", "/anthropic/v1/other"), Reason::UnknownPath);
  EXPECT_EQ(route_.error_shape, ErrorShape::Anthropic);
}

TEST(PolicyVersion, APathWrittenOutWinsOverOneWithVariables) {
  std::string error;
  const auto version = build(error, [](policy::ImageBuilder& b) {
    const auto add = [&](std::string_view method, std::string_view path, std::string_view kind) {
      contract::ImageEndpoint e{};
      e.method = b.text(method);
      e.path = b.text(path);
      e.api_kind = b.text(kind);
      e.body = static_cast<uint8_t>(method == "GET" ? contract::BodyUse::None
                                                    : contract::BodyUse::Required);
      b.endpoints.push_back(e);
    };
    const auto first = static_cast<uint32_t>(b.endpoints.size());
    add("POST", "/v1/responses/{id}", "openai_conversations");
    add("POST", "/v1/responses/compact", "openai_responses");
    add("GET", "/v1/responses/{id}", "openai_responses");
    b.vendors[0].endpoints = {first, 3};
  });
  ASSERT_NE(version, nullptr) << error;
  http::RequestHead head;
  head.host = "api.openai.example";
  const auto route = [&](std::string_view method, std::string_view path, Route& out) {
    head.method = method;
    head.path = path;
    return version->route(head, out);
  };
  Route written;
  EXPECT_EQ(route("POST", "/v1/responses/compact", written), Reason::None);
  EXPECT_EQ(written.kind.name, "openai_responses");
  EXPECT_EQ(written.variables.count, 0U);
  EXPECT_TRUE(written.kind.request.valid());
  Route variable;
  EXPECT_EQ(route("POST", "/v1/responses/other", variable), Reason::None);
  EXPECT_EQ(variable.kind.name, "openai_conversations");
  EXPECT_EQ(variable.target_path, "/v1/responses/other");
  Route read;
  EXPECT_EQ(route("GET", "/v1/responses/compact", read), Reason::None);
  EXPECT_FALSE(read.kind.request.valid());
  Route none;
  EXPECT_EQ(route("DELETE", "/v1/responses/compact", none), Reason::UnknownMethod);
  EXPECT_EQ(route("GET", "/v1/responses/a/b", none), Reason::UnknownPath);
}

// A cloud's own errors wrap what it serves in another vendor's language; what is known and not
// served says what to use instead, and needs no API kind.
TEST(PolicyVersion, AnEndpointMayBeNamedOnlyToBeRefused) {
  std::string error;
  const auto version = build(error, [](policy::ImageBuilder& b) {
    const auto add = [&](std::string_view path, std::string_view kind, contract::BodyUse use) {
      contract::ImageEndpoint e{};
      e.method = b.text("POST");
      e.path = b.text(path);
      e.api_kind = b.text(kind);
      e.body = static_cast<uint8_t>(use);
      b.endpoints.push_back(e);
    };
    const auto first = static_cast<uint32_t>(b.endpoints.size());
    add("/model/{model}/hidden", "use converse", contract::BodyUse::Refused);
    add("/model/{model}/converse", "bedrock_converse", contract::BodyUse::Required);
    add("/model/{model}/invoke", "anthropic_messages", contract::BodyUse::Required);
    b.vendors[0].endpoints = {first, 3};
  });
  ASSERT_NE(version, nullptr) << error;
  http::RequestHead head;
  head.host = "api.openai.example";
  head.method = "POST";
  Route route;
  head.path = "/model/m/hidden";
  EXPECT_EQ(version->route(head, route), Reason::UnsupportedEndpoint);
  EXPECT_EQ(route.refusal_hint, "use converse");
  EXPECT_EQ(route.error_shape, ErrorShape::Bedrock);
  head.path = "/model/m/invoke";
  Route invoke;
  EXPECT_EQ(version->route(head, invoke), Reason::None);
  EXPECT_EQ(invoke.kind.name, "anthropic_messages");
  EXPECT_EQ(invoke.error_shape, ErrorShape::Bedrock);
  EXPECT_EQ(build(error,
                  [](auto& b) {
                    b.endpoints[0].api_kind = b.text("say \"this\"");
                    b.endpoints[0].body = static_cast<uint8_t>(contract::BodyUse::Refused);
                  }),
            nullptr);
}

TEST(PolicyVersion, DictionariesNeedTheirKey) {
  std::string error;
  EXPECT_EQ(build(error,
                  [](policy::ImageBuilder& b) {
                    b.dictionaries = {1, 2, 3};
                    b.dictionary_names = {b.text("customers")};
                    b.dictionary_tenants.assign(b.tenants.size(), 1);
                  }),
            nullptr);
  EXPECT_EQ(error, "secrets: no dictionary key");
}

TEST_F(BuiltVersion, KnowsCallersByTheirKeyOnly) {
  ASSERT_TRUE(version_->caller("right-key").has_value());
  EXPECT_EQ(version_->caller("right-key")->tenant, "acme");
  EXPECT_FALSE(version_->caller("right-kez").has_value());
  EXPECT_FALSE(version_->caller("").has_value());
}

TEST_F(BuiltVersion, SaysWhatACallerLacks) {
  policy::Key caller = *version_->caller("right-key");
  std::string_view detail;
  ASSERT_EQ(route("POST", "api.openai.example", "/v1/chat/completions"), Reason::None);
  EXPECT_EQ(version_->readiness(caller, route_, detail), Reason::None);
  ASSERT_EQ(route("POST", "gateway.example", "/anthropic/v1/messages"), Reason::None);
  EXPECT_EQ(version_->readiness(caller, route_, detail), Reason::NotReady);
  EXPECT_EQ(detail, "no credential for this vendor");
  caller.tenant_index = 1;
  EXPECT_EQ(version_->readiness(caller, route_, detail), Reason::NotReady);
  EXPECT_EQ(detail, "no token key for this tenant");
}

TEST_F(BuiltVersion, PreparesBothDirections) {
  const policy::Key caller = *version_->caller("right-key");
  ASSERT_EQ(route("POST", "api.openai.example", "/v1/chat/completions"), Reason::None);
  auto request = std::make_unique<rewrite::RewriteScope>();
  auto response = std::make_unique<rewrite::RewriteScope>();
  ASSERT_TRUE(version_->prepare(*request, *response, caller, route_, "support"));
  EXPECT_EQ(request->direction, rewrite::RewriteScope::Direction::Request);
  EXPECT_EQ(response->direction, rewrite::RewriteScope::Direction::Response);
  EXPECT_EQ(request->engine, &version_->engine());
  EXPECT_EQ(request->token_scope.tenant, "acme");
  EXPECT_EQ(request->token_scope.vendor, "openai");
  EXPECT_EQ(request->actions[0], contract::Action::Block);
  EXPECT_TRUE(response->may_restore[0]);
  ASSERT_TRUE(version_->prepare(*request, *response, caller, route_, ""));
  EXPECT_FALSE(response->may_restore[0]);
}

}  // namespace
}  // namespace sallyport::flow
