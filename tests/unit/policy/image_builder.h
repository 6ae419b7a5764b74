// image_builder.h: a policy image made by hand, entry by entry, so that the reader is tested
// against the layout and not against the compiler. What it is given is written as it is, right or
// wrong.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/contract/coverage.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::policy {

class ImageBuilder {
 public:
  contract::ImageText text(std::string_view value) {
    const contract::ImageText t{static_cast<uint32_t>(strings.size()),
                                static_cast<uint32_t>(value.size())};
    strings.insert(strings.end(), value.begin(), value.end());
    return t;
  }

  contract::ImageEntity entity(std::string_view name) {
    contract::ImageEntity e{};
    e.name = text(name);
    return e;
  }

  // Lays the sections out in their order. A section by kind: strings(Matcher) and so on.
  std::vector<uint8_t> build() const {
    using contract::SectionKind;
    std::vector<uint8_t> image(sizeof(contract::ImageHeader) +
                               contract::kSectionCount * sizeof(contract::ImageSection));
    std::vector<contract::ImageSection> table;
    const auto add = [&](SectionKind kind, const auto& entries) {
      image.resize((image.size() + contract::kImageAlign - 1) / contract::kImageAlign *
                   contract::kImageAlign);
      contract::ImageSection section{};
      section.kind = static_cast<uint32_t>(kind);
      section.count = static_cast<uint32_t>(entries.size());
      section.offset = image.size();
      section.bytes = entries.size() * sizeof(entries[0]);
      table.push_back(section);
      const auto* bytes = reinterpret_cast<const uint8_t*>(entries.data());
      image.insert(image.end(), bytes, bytes + section.bytes);
    };
    add(SectionKind::Matcher, matcher);
    add(SectionKind::Llm, llm);
    add(SectionKind::Strings, strings);
    add(SectionKind::Entities, entities);
    add(SectionKind::Environments, environments);
    add(SectionKind::Vendors, vendors);
    add(SectionKind::Addresses, addresses);
    add(SectionKind::Pins, pins);
    add(SectionKind::Endpoints, endpoints);
    add(SectionKind::Tenants, tenants);
    add(SectionKind::Durability, durability);
    add(SectionKind::Keys, keys);
    add(SectionKind::Actions, actions);
    add(SectionKind::Rulings, role_rulings.empty() ? for_all_roles() : role_rulings);
    add(SectionKind::Access, access);
    add(SectionKind::Routes, routes);
    add(SectionKind::Limits, limits);
    add(SectionKind::Cells, cells.empty() ? one_row_each() : cells);
    add(SectionKind::Decisions, decisions.empty() ? one_step_each() : decisions);
    add(SectionKind::Steps, steps.empty() ? one_step_per_action() : steps);
    add(SectionKind::OpaqueRules, opaque_rules);
    add(SectionKind::OpaqueRulings,
        opaque_rulings.empty() ? first_opaque_rule_everywhere() : opaque_rulings);
    add(SectionKind::Restoration, restoration);
    add(SectionKind::Dictionaries, dictionaries);
    add(SectionKind::DictionaryNames, dictionary_names);
    add(SectionKind::DictionaryTenants, dictionary_tenants);
    add(SectionKind::Retention, retention);
    add(SectionKind::Rollout, rollout);
    add(SectionKind::Templates, templates);
    add(SectionKind::Tests, tests);
    contract::ImageHeader header{};
    header.magic = contract::kImageMagic;
    header.version = contract::kImageVersion;
    header.section_count = contract::kSectionCount;
    header.image_bytes = image.size();
    header.bundle_digest.fill(0xbd);
    std::memcpy(image.data(), &header, sizeof header);
    std::memcpy(image.data() + sizeof header, table.data(),
                table.size() * sizeof(contract::ImageSection));
    return image;
  }

  // Where nothing else is said: a row per cell, the same for every role; a decision per action.
  std::vector<uint16_t> for_all_roles() const {
    std::vector<uint16_t> out;
    for (size_t at = 0; at < rulings.size(); at += entities.size())
      for (size_t role = 0; role < contract::kRoleCount; ++role)
        for (size_t e = 0; e < entities.size() && at + e < rulings.size(); ++e)
          out.push_back(rulings[at + e]);
    return out;
  }
  std::vector<uint32_t> one_row_each() const {
    std::vector<uint32_t> out(tenants.size() * environments.size() * vendors.size());
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint32_t>(i);
    return out;
  }
  std::vector<contract::ImageRange> one_step_each() const {
    std::vector<contract::ImageRange> out;
    for (uint32_t i = 0; i < actions.size(); ++i) out.push_back({i, 1});
    return out;
  }
  std::vector<contract::ImageStep> one_step_per_action() const {
    std::vector<contract::ImageStep> out;
    for (uint16_t i = 0; i < actions.size(); ++i) out.push_back({i, 0, 0});
    return out;
  }

  std::vector<uint16_t> first_opaque_rule_everywhere() const {
    const size_t rows = cells.empty() ? tenants.size() * environments.size() * vendors.size()
                                      : *std::max_element(cells.begin(), cells.end()) + size_t{1};
    return std::vector<uint16_t>(rows * 2 * contract::kOpaqueReasonCount, 0);
  }
  contract::ImageOpaqueRule opaque_rule(std::string_view id, bool allow) {
    contract::ImageOpaqueRule rule{};
    rule.id = text(id);
    rule.allow = allow ? 1 : 0;
    return rule;
  }

  // The same ruling for every combination, to be changed afterwards with rule().
  void fill_rulings(uint16_t action_index) {
    rulings.assign(tenants.size() * environments.size() * vendors.size() * 2 * entities.size(),
                   action_index);
  }
  uint16_t& ruling(size_t tenant, size_t environment, size_t vendor, contract::Direction direction,
                   size_t entity) {
    size_t index = tenant * environments.size() + environment;
    index = index * vendors.size() + vendor;
    index = index * 2 + static_cast<size_t>(direction);
    return rulings[index * entities.size() + entity];
  }

  static contract::ImageLimits usual_limits() {
    contract::ImageLimits limits{};
    limits.max_body_bytes = 4U << 20;
    limits.max_response_bytes = 4U << 20;
    limits.max_tokens_per_exchange = 4'096;
    limits.header_ms = 10'000;
    limits.body_ms = 30'000;
    limits.client_idle_ms = 75'000;
    limits.connect_ms = 5'000;
    limits.first_byte_ms = 600'000;
    limits.stream_idle_ms = 120'000;
    limits.upstream_idle_ms = 60'000;
    limits.max_undrained_ms = 30'000;
    limits.commit_wait_ms = 2'000;
    limits.body_pool_percent = 25;
    limits.ring_high_water_percent = 80;
    limits.retry_after_s = 1;
    return limits;
  }

  std::vector<uint8_t> matcher;
  std::vector<uint8_t> llm;
  std::vector<char> strings;
  std::vector<contract::ImageEntity> entities;
  std::vector<contract::ImageText> environments;
  std::vector<contract::ImageVendor> vendors;
  std::vector<contract::ImageAddress> addresses;
  std::vector<contract::Digest> pins;
  std::vector<contract::ImageEndpoint> endpoints;
  std::vector<contract::ImageTenant> tenants;
  std::vector<uint8_t> durability;
  std::vector<contract::ImageKey> keys;
  std::vector<contract::ImageAction> actions;
  std::vector<uint16_t> rulings;       // [tenant][environment][vendor][direction][entity]
  std::vector<uint16_t> role_rulings;  // in its place: decisions, [row][direction][role][entity]
  std::vector<uint32_t> cells;
  std::vector<contract::ImageRange> decisions;
  std::vector<contract::ImageStep> steps;
  std::vector<contract::ImageOpaqueRule> opaque_rules{opaque_rule("opaque-passes", true)};
  std::vector<uint16_t> opaque_rulings;     // [row][direction][reason]
  std::vector<char> restoration{'{', '}'};  // opaque to the dataplane
  std::vector<uint8_t> dictionaries;        // opaque here
  std::vector<contract::ImageText> dictionary_names;
  std::vector<uint64_t> dictionary_tenants;
  std::vector<char> retention{'{', '}'};  // the same
  std::vector<contract::ImageRollout> rollout{contract::ImageRollout{}};
  std::vector<uint8_t> templates;  // contract/template_layout.h
  std::vector<uint8_t> tests;      // contract/test_layout.h
  std::vector<contract::ImageAccess> access;
  std::vector<contract::ImageRoute> routes;
  std::vector<contract::ImageLimits> limits{usual_limits()};
};

// Two of everything that may be two: enough for every table to be looked up at an index that is not
// zero.
inline ImageBuilder small_image() {
  ImageBuilder b;
  b.matcher = {1, 2, 3};
  b.llm = {4, 5};
  for (std::string_view name : {"EMAIL_ADDRESS", "SECRET"}) b.entities.push_back(b.entity(name));
  for (std::string_view name : {"lab", "production"}) b.environments.push_back(b.text(name));
  const auto vendor = [&](std::string_view name, std::string_view host, uint32_t first) {
    contract::ImageVendor v{};
    v.name = b.text(name);
    v.host = b.text(host);
    v.region = b.text("eu");
    v.auth_header = b.text("authorization");
    v.auth_prefix = b.text("Bearer ");
    v.credential_name = b.text(name);
    v.addresses = {first, 1};
    v.pins = {0, 1};
    v.endpoints = {first, 1};
    v.port = 443;
    b.vendors.push_back(v);
  };
  vendor("openai", "api.openai.example", 0);
  vendor("anthropic", "api.anthropic.example", 1);
  b.addresses = {0x0a000101, 0x0a000102};
  b.pins.resize(1);
  b.pins[0].fill(7);
  b.endpoints = {{b.text("POST"), b.text("/v1/chat/completions"), b.text("openai_chat")},
                 {b.text("POST"), b.text("/v1/messages"), b.text("anthropic_messages")}};
  b.tenants.resize(2);
  b.tenants[0].name = b.text("acme");
  b.tenants[0].vendors = 3;
  b.tenants[1].name = b.text("zeta");
  b.tenants[1].vendors = 2;
  b.tenants[1].token_scope = 1;
  b.durability = {0, 1, 0, 0};
  b.keys.resize(2);
  for (uint8_t i = 0; i < 2; ++i) {
    b.keys[i].hmac.fill(static_cast<uint8_t>(0x10 + i));
    b.keys[i].id = b.text(i == 0 ? "k-one" : "k-two");
    b.keys[i].principal = b.text("robot");
    b.keys[i].default_reason = i == 0 ? b.text("support") : contract::ImageText{};
    b.keys[i].tenant = i;
    b.keys[i].environment = 1;
  }
  b.actions.resize(2);
  b.actions[0].id = b.text("default-block");
  b.actions[0].action = b.actions[0].would = static_cast<uint8_t>(contract::Action::Block);
  b.actions[1].id = b.text("email-tokenize");
  b.actions[1].action = b.actions[1].would = static_cast<uint8_t>(contract::Action::Tokenize);
  b.fill_rulings(0);
  b.ruling(1, 0, 1, contract::Direction::Request, 0) = 1;
  b.access.resize(2);
  b.access[0].id = b.text("no-secrets");
  b.access[0].tenant = contract::kImageAny;
  b.access[0].entity = 1;
  b.access[1].id = b.text("support-may");
  b.access[1].principal = b.text("robot");
  b.access[1].reason = b.text("support");
  b.access[1].tenant = 0;
  b.access[1].entity = contract::kImageAny;
  b.access[1].allow = 1;
  const auto route = [&](std::string_view text, uint16_t vendor_index, contract::RouteKind kind) {
    contract::ImageRoute r{};
    r.text = b.text(text);
    r.vendor = vendor_index;
    r.kind = static_cast<uint8_t>(kind);
    b.routes.push_back(r);
  };
  route("api.openai.example", 0, contract::RouteKind::Host);
  route("/anthropic", 1, contract::RouteKind::Prefix);
  route("/anthropic/eu", 0, contract::RouteKind::Prefix);
  route("gateway.example", contract::kImageAny, contract::RouteKind::GatewayHost);
  return b;
}

}  // namespace sallyport::policy
