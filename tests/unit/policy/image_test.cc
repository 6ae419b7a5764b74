#include "dataplane/policy/image.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/unit/policy/image_builder.h"

namespace sallyport::policy {
namespace {

std::string load_error(const std::vector<uint8_t>& bytes) {
  Image image;
  std::string error;
  return image.load(bytes, error) ? "" : error;
}

class SmallImage : public testing::Test {
 protected:
  void SetUp() override {
    bytes_ = small_image().build();
    std::string error;
    ASSERT_TRUE(image_.load(bytes_, error)) << error;
  }
  std::vector<uint8_t> bytes_;
  Image image_;
};

TEST_F(SmallImage, TablesReadBackWhatWasWritten) {
  EXPECT_EQ(image_.entity_count(), 2U);
  EXPECT_EQ(image_.entity_name(1), "SECRET");
  EXPECT_EQ(image_.environment_name(1), "production");
  EXPECT_EQ(image_.matcher_section().size(), 3U);
  EXPECT_EQ(image_.llm_section()[1], 5);
  EXPECT_EQ(image_.bundle_digest()[0], 0xbd);
  const Vendor vendor = image_.vendor(1);
  EXPECT_EQ(vendor.name, "anthropic");
  EXPECT_EQ(vendor.host, "api.anthropic.example");
  EXPECT_EQ(vendor.addresses[0], 0x0a000102U);
  EXPECT_EQ(vendor.pins[0][31], 7);
  EXPECT_EQ(image_.endpoint(vendor.first_endpoint).api_kind, "anthropic_messages");
  EXPECT_TRUE(image_.tenant(1).scope_is_principal);
  EXPECT_FALSE(image_.tenant(0).scope_is_principal);
  EXPECT_EQ(image_.limits().commit_wait_ms, 2'000U);
  EXPECT_EQ(image_.find_tenant("zeta"), 1);
  EXPECT_EQ(image_.find_environment("production"), 1);
  EXPECT_EQ(image_.find_vendor("anthropic"), 1);
  EXPECT_EQ(image_.find_vendor("nobody"), std::nullopt);
}

TEST_F(SmallImage, SameBytesSameDigestAndAnyByteChangesIt) {
  Image again;
  std::string error;
  ASSERT_TRUE(again.load(bytes_, error));
  EXPECT_EQ(again.digest(), image_.digest());
  std::vector<uint8_t> other = bytes_;
  other[24] ^= 1;  // bundle digest: any value is good
  ASSERT_TRUE(again.load(other, error)) << error;
  EXPECT_NE(again.digest(), image_.digest());
}

TEST_F(SmallImage, KeysAreFoundByTheirHmacOnly) {
  std::array<uint8_t, 32> hmac;
  hmac.fill(0x11);
  const auto key = image_.find_key(hmac);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->id, "k-two");
  EXPECT_EQ(key->tenant, "zeta");
  EXPECT_EQ(key->environment, "production");
  EXPECT_EQ(key->default_reason, "");
  EXPECT_EQ(image_.durability(*key), Durability::Recorded);
  for (size_t i = 0; i < 32; ++i) {
    for (const int change : {-1, 1}) {
      auto near = hmac;
      near[i] = static_cast<uint8_t>(near[i] + change);
      EXPECT_FALSE(image_.find_key(near).has_value()) << i;
    }
  }
  hmac.fill(0x10);
  EXPECT_EQ(image_.durability(*image_.find_key(hmac)), Durability::Committed);
}

TEST_F(SmallImage, RoutesByHostAndByTheLongestPrefix) {
  EXPECT_EQ(image_.route("API.OpenAI.example", "/v1/x")->vendor, 0);
  EXPECT_EQ(image_.route("api.openai.example", "/anthropic/v1")->path, "/anthropic/v1");
  const auto messages = image_.route("Gateway.Example", "/anthropic/v1/messages");
  EXPECT_EQ(messages->vendor, 1);
  EXPECT_EQ(messages->path, "/v1/messages");
  EXPECT_EQ(image_.route("gateway.example", "/anthropic/eu/v1")->vendor, 0);
  EXPECT_EQ(image_.route("gateway.example", "/anthropic")->path, "/");
  EXPECT_EQ(image_.route("gateway.example", "/anthropical/v1")->vendor, contract::kImageAny);
  EXPECT_EQ(image_.route("gateway.example", "/openai/v1")->vendor, contract::kImageAny);
  EXPECT_FALSE(image_.route("other.example", "/anthropic/v1").has_value());
}

TEST(Image, AStarServesEveryName) {
  ImageBuilder b = small_image();
  b.routes[3].text = b.text("*");
  const auto bytes = b.build();
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(bytes, error)) << error;
  EXPECT_EQ(image.route("whatever.example", "/anthropic/v1")->vendor, 1);
}

TEST_F(SmallImage, RulingsByTheirWholeIndex) {
  for (uint16_t t = 0; t < 2; ++t)
    for (uint16_t e = 0; e < 2; ++e)
      for (uint16_t v = 0; v < 2; ++v)
        for (uint16_t n = 0; n < 2; ++n)
          for (const auto d : {Direction::Request, Direction::Response}) {
            const bool is_ours = t == 1 && e == 0 && v == 1 && n == 0 && d == Direction::Request;
            const Ruling ruling = image_.ruling(t, e, v, d, n);
            EXPECT_EQ(ruling.action, is_ours ? Action::Tokenize : Action::Block);
            EXPECT_EQ(ruling.rule, is_ours ? "email-tokenize" : "default-block");
          }
}

TEST_F(SmallImage, TheFirstAccessRuleThatFitsDecides) {
  EXPECT_TRUE(image_.access(0, "robot", 0, "support").allowed);
  EXPECT_EQ(image_.access(0, "robot", 0, "support").rule, "support-may");
  EXPECT_EQ(image_.access(0, "robot", 1, "support").rule, "no-secrets");
  EXPECT_FALSE(image_.access(0, "robot", 1, "support").allowed);
  EXPECT_FALSE(image_.access(1, "robot", 0, "support").allowed);
  EXPECT_FALSE(image_.access(0, "human", 0, "support").allowed);
  EXPECT_FALSE(image_.access(0, "robot", 0, "billing").allowed);
  EXPECT_EQ(image_.access(0, "robot", 0, "billing").rule, "");
  EXPECT_FALSE(image_.access(0, "robot", 0, "").allowed);
}

// One thing wrong at a time, and the section that the message must name.
struct Wrong {
  const char* section;
  std::function<void(ImageBuilder&)> make;
};

TEST(Image, EveryFieldThatDoesNotHoldIsRefusedByName) {
  const contract::ImageText nowhere{1U << 30, 4};
  const contract::ImageText overlong{0, 0xffff'ffff};
  const std::vector<Wrong> all{
      {"entities", [&](auto& b) { b.entities[0].name = nowhere; }},
      {"entities", [&](auto& b) { b.entities[1].name = overlong; }},
      {"entities", [&](auto& b) { b.entities[0].generalisation = 6; }},
      {"entities", [&](auto& b) { b.entities[0].flags = 4; }},
      {"entities", [&](auto& b) { b.entities[0].reserved[0] = 1; }},
      {"entities", [&](auto& b) { b.entities[1] = b.entities[0]; }},
      {"entities", [&](auto& b) { b.entities[1] = {}; }},
      {"environments", [&](auto& b) { b.environments[0] = b.text("a\nb"); }},
      {"vendors", [&](auto& b) { b.vendors[0].host = b.text("Upper.example"); }},
      {"vendors", [&](auto& b) { b.vendors[0].host = b.text("a\r\nb"); }},
      {"vendors", [&](auto& b) { b.vendors[0].auth_header = b.text("not a token"); }},
      {"vendors", [&](auto& b) { b.vendors[0].auth_prefix = b.text("x\r\n"); }},
      {"vendors", [&](auto& b) { b.vendors[0].ca_pem = nowhere; }},
      {"vendors",
       [&](auto& b) {
         b.vendors[0].addresses = {1, 2};
       }},
      {"vendors",
       [&](auto& b) {
         b.vendors[0].addresses = {0xffff'ffff, 2};
       }},
      {"vendors",
       [&](auto& b) {
         b.vendors[0].pins = {2, 0};
       }},
      {"vendors",
       [&](auto& b) {
         b.vendors[0].endpoints = {0, 3};
       }},
      {"vendors", [&](auto& b) { b.vendors[0].port = 0; }},
      {"vendors", [&](auto& b) { b.vendors[0].reserved[1] = 1; }},
      {"endpoints", [&](auto& b) { b.endpoints[0].path = b.text("no-slash"); }},
      {"endpoints", [&](auto& b) { b.endpoints[0].path = b.text("/a b"); }},
      {"endpoints", [&](auto& b) { b.endpoints[0].method = b.text("PO ST"); }},
      {"endpoints", [&](auto& b) { b.endpoints[0].api_kind = {}; }},
      {"endpoints", [&](auto& b) { b.endpoints[0].path = b.text("/a/x{id}"); }},
      {"endpoints", [&](auto& b) { b.endpoints[0].query = b.text("no line end"); }},
      {"endpoints", [&](auto& b) { b.endpoints[0].body = 4; }},
      {"endpoints", [&](auto& b) { b.endpoints[0].reserved[6] = 1; }},
      {"vendors", [&](auto& b) { b.vendors[0].unknown_endpoint = 2; }},
      {"vendors", [&](auto& b) { b.vendors[0].unknown_field = 3; }},
      {"tenants", [&](auto& b) { b.tenants[0].vendors = 4; }},
      {"lists", [&](auto& b) { b.dictionaries = {1}; }},
      {"lists",
       [&](auto& b) {
         b.dictionary_names = {b.text("a")};
         b.dictionary_tenants = {1, 1};
       }},
      {"list names",
       [&](auto& b) {
         b.dictionaries = {1};
         b.dictionary_names = {b.text("a"), b.text("a")};
         b.dictionary_tenants = {1, 1};
       }},
      {"list tenants",
       [&](auto& b) {
         b.dictionaries = {1};
         b.dictionary_names = {b.text("a")};
         b.dictionary_tenants = {1};
       }},
      {"list tenants",
       [&](auto& b) {
         b.dictionaries = {1};
         b.dictionary_names = {b.text("a")};
         b.dictionary_tenants = {1, 2};
       }},
      {"tenants", [&](auto& b) { b.tenants[0].token_scope = 2; }},
      {"tenants", [&](auto& b) { b.tenants[1].name = b.tenants[0].name; }},
      {"durability", [&](auto& b) { b.durability.pop_back(); }},
      {"durability", [&](auto& b) { b.durability[0] = 2; }},
      {"keys", [&](auto& b) { std::swap(b.keys[0], b.keys[1]); }},
      {"keys", [&](auto& b) { b.keys[1].hmac = b.keys[0].hmac; }},
      {"keys", [&](auto& b) { b.keys[0].tenant = 2; }},
      {"keys", [&](auto& b) { b.keys[0].environment = 2; }},
      {"keys", [&](auto& b) { b.keys[0].principal = {}; }},
      {"actions", [&](auto& b) { b.actions[0].action = contract::kActionCount; }},
      {"actions", [&](auto& b) { b.actions[0].reserved[3] = 1; }},
      {"actions", [&](auto& b) { b.actions[0].would = contract::kActionCount; }},
      {"actions", [&](auto& b) { b.actions[0].would = 1; }},
      {"actions", [&](auto& b) { b.actions[0].mask_char = '*'; }},
      {"actions", [&](auto& b) { b.actions[0].keep_last = 1; }},
      {"actions", [&](auto& b) { b.actions[0].action = b.actions[0].would = 3; }},
      {"rulings", [&](auto& b) { b.rulings.pop_back(); }},
      {"rulings", [&](auto& b) { b.rulings[3] = 2; }},
      {"cells", [&](auto& b) { b.cells = {0, 1, 2, 3, 4, 5, 6}; }},
      {"cells", [&](auto& b) { b.cells = {0, 1, 2, 3, 4, 5, 6, 8}; }},
      {"decisions",
       [&](auto& b) {
         b.decisions = {{0, 1}, {1, 0}};
       }},
      {"decisions",
       [&](auto& b) {
         b.decisions = {{0, 1}, {1, 2}};
       }},
      {"steps",
       [&](auto& b) {
         b.steps = {{0, 0, 0}, {2, 0, 0}};
       }},
      {"steps",
       [&](auto& b) {
         b.steps = {{0, 0, 0}, {1, 0, 1}};
       }},
      {"steps",
       [&](auto& b) {
         b.steps = {{0, 0, 0}, {1, 5, 0}};
       }},
      {"rulings", [&](auto& b) { b.entities[0].flags = contract::kEntityNeverStore; }},
      {"opaque rules", [&](auto& b) { b.opaque_rules[0].allow = 2; }},
      {"opaque rules", [&](auto& b) { b.opaque_rules[0].id = {}; }},
      {"opaque rulings", [&](auto& b) { b.opaque_rules.clear(); }},
      {"opaque rulings", [&](auto& b) { b.opaque_rulings.assign(24, 0); }},
      {"access", [&](auto& b) { b.access[0].entity = 2; }},
      {"access", [&](auto& b) { b.access[0].tenant = 2; }},
      {"access", [&](auto& b) { b.access[0].allow = 2; }},
      {"routes", [&](auto& b) { b.routes[0].vendor = 2; }},
      {"routes", [&](auto& b) { b.routes[1].text = b.text("/anthropic/"); }},
      {"routes", [&](auto& b) { b.routes[3].vendor = 0; }},
      {"routes", [&](auto& b) { b.routes[0].kind = 3; }},
      {"limits", [&](auto& b) { b.limits.clear(); }},
      {"limits", [&](auto& b) { b.limits.push_back(b.limits[0]); }},
      {"limits", [&](auto& b) { b.limits[0].max_body_bytes = 0; }},
      {"limits", [&](auto& b) { b.limits[0].commit_wait_ms = 0; }},
      {"limits", [&](auto& b) { b.limits[0].ring_high_water_percent = 101; }},
      {"limits", [&](auto& b) { b.limits[0].recall_wait_ms = contract::kRecallWaitMsMax + 1; }},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    ImageBuilder b = small_image();
    all[i].make(b);
    const std::string error = load_error(b.build());
    EXPECT_EQ(error.rfind("image: " + std::string(all[i].section), 0), 0U)
        << "case " << i << " of " << all[i].section << ": '" << error << "'";
  }
}

// Row 0 of cells 0 to 3 (tenant acme), row 1 of the others (zeta).
ImageBuilder with_actions(std::vector<std::pair<Action, uint8_t>> actions, uint16_t acme,
                          uint16_t zeta) {
  ImageBuilder b = small_image();
  b.actions.clear();
  for (const auto& [action, keep_last] : actions) {
    contract::ImageAction a{};
    a.id = b.text("rule");
    a.action = a.would = static_cast<uint8_t>(action);
    a.keep_last = keep_last;
    a.mask_char = action == Action::Mask ? '*' : 0;
    b.actions.push_back(a);
  }
  b.cells = {0, 0, 0, 0, 1, 1, 1, 1};
  constexpr size_t kRow = size_t{2} * contract::kRoleCount * 2;
  b.role_rulings.assign(2 * kRow, 0);
  b.role_rulings[kRow - 1] = acme;  // answers, tool, the second entity
  b.role_rulings[kRow] = zeta;      // requests, user, the first one
  return b;
}

TEST(Image, OneTenantNeverHasAValueMaskedInPartAndHashed) {
  const std::vector<std::pair<Action, uint8_t>> actions{
      {Action::Block, 0}, {Action::Mask, 4}, {Action::Hash, 0}, {Action::Mask, 0}};
  const auto error = [&](uint16_t first, uint16_t second) {
    ImageBuilder b = with_actions(actions, first, 0);
    b.entities[1].flags = contract::kEntityMaskOrHash;
    b.role_rulings[1] = second;  // requests, user, the second entity
    return load_error(b.build());
  };
  EXPECT_EQ(error(1, 1), "");
  EXPECT_EQ(error(2, 2), "");
  EXPECT_EQ(error(2, 3), "") << "a whole mask says nothing";
  EXPECT_EQ(error(1, 2), "image: rulings: one value masked in part and hashed");
  EXPECT_EQ(error(2, 1), "image: rulings: one value masked in part and hashed");
  ImageBuilder apart = with_actions(actions, 1, 0);
  apart.entities[1].flags = contract::kEntityMaskOrHash;
  apart.role_rulings.back() = 2;
  EXPECT_EQ(load_error(apart.build()), "") << "the other tenant's hash has another key";
}

TEST(Image, WhatIsNeverStoredIsBlockedOrMaskedWholly) {
  const std::vector<std::pair<Action, uint8_t>> actions{
      {Action::Block, 0},   {Action::Mask, 0},     {Action::Mask, 1}, {Action::Allow, 0},
      {Action::Observe, 0}, {Action::Tokenize, 0}, {Action::Hash, 0}, {Action::Generalise, 0}};
  for (uint16_t i = 0; i < actions.size(); ++i) {
    ImageBuilder b = with_actions(actions, i, 0);
    b.entities[1].flags = contract::kEntityNeverStore;
    EXPECT_EQ(load_error(b.build()) == "", i < 2) << i;
    b.entities[1].flags = 0;
    EXPECT_EQ(load_error(b.build()), "");
  }
}

TEST(Image, ADecisionGoesByRoleAndByConfidence) {
  ImageBuilder b =
      with_actions({{Action::Block, 0}, {Action::Observe, 0}, {Action::Mask, 2}}, 0, 0);
  b.steps = {{0, 0, 0}, {1, 0, 0}, {2, 60, 0}, {0, 90, 0}};
  b.decisions = {{0, 1}, {1, 3}};
  b.role_rulings[2 * static_cast<size_t>(contract::Role::Assistant)] = 1;
  const std::vector<uint8_t> bytes = b.build();
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(bytes, error)) << error;
  const auto action = [&](contract::Role role, unsigned confidence) {
    return image.ruling(0, 1, 1, Direction::Request, 0, role, confidence).action;
  };
  EXPECT_EQ(action(contract::Role::User, 0), Action::Block);
  EXPECT_EQ(action(contract::Role::Assistant, 0), Action::Observe);
  EXPECT_EQ(action(contract::Role::Assistant, 59), Action::Observe);
  EXPECT_EQ(action(contract::Role::Assistant, 60), Action::Mask);
  EXPECT_EQ(action(contract::Role::Assistant, 89), Action::Mask);
  EXPECT_EQ(action(contract::Role::Assistant, 90), Action::Block);
  EXPECT_EQ(image.ruling(0, 1, 1, Direction::Request, 0, contract::Role::Assistant, 70).keep_last,
            2);
  EXPECT_EQ(image.ruling(1, 1, 1, Direction::Request, 0, contract::Role::Assistant, 70).action,
            Action::Block);
}

TEST(Image, HeaderAndSectionTableAreChecked) {
  const std::vector<uint8_t> good = small_image().build();
  ASSERT_EQ(load_error(good), "");
  const auto changed = [&](size_t at, uint8_t value) {
    std::vector<uint8_t> bytes = good;
    bytes[at] = value;
    return load_error(bytes);
  };
  EXPECT_NE(changed(0, 0), "");
  EXPECT_NE(changed(8, 1), "");       // version
  EXPECT_NE(changed(12, 16), "");     // section count
  EXPECT_NE(changed(16, 1), "");      // image bytes
  EXPECT_NE(changed(56, 1), "");      // reserved
  EXPECT_NE(changed(64, 2), "");      // first section's kind
  EXPECT_NE(changed(64 + 8, 1), "");  // its offset: not aligned
  std::vector<uint8_t> longer = good;
  longer.push_back(0);
  EXPECT_NE(load_error(longer), "");
  // Two sections over each other.
  std::vector<uint8_t> over = good;
  std::memcpy(over.data() + 64 + 24 + 8, over.data() + 64 + 8, 8);
  EXPECT_NE(load_error(over), "");
}

// Everything that can be asked of an image, so that a wrong index inside shows under a sanitizer.
size_t visit_all(const Image& image) {
  size_t sum = 0;
  const auto add = [&](std::string_view text) {
    for (const char c : text) sum += static_cast<uint8_t>(c);
  };
  for (size_t i = 0; i < image.key_count(); ++i) {
    const Key key = image.key(i);
    for (const auto text : {key.id, key.tenant, key.principal, key.environment, key.default_reason})
      add(text);
    sum += static_cast<size_t>(image.durability(key));
  }
  for (uint16_t v = 0; v < image.vendor_count(); ++v) {
    const Vendor vendor = image.vendor(v);
    for (const auto text : {vendor.name, vendor.host, vendor.region, vendor.ca_pem,
                            vendor.auth_header, vendor.auth_prefix, vendor.credential_name})
      add(text);
    for (const auto& address : vendor.addresses) sum += address.bytes.back();
    for (const Digest& pin : vendor.pins) sum += pin[0];
    for (uint16_t i = 0; i < vendor.endpoint_count; ++i)
      add(image.endpoint(static_cast<uint16_t>(vendor.first_endpoint + i)).path);
  }
  for (uint16_t t = 0; t < image.tenant_count(); ++t)
    for (uint16_t e = 0; e < image.environment_count(); ++e)
      for (uint16_t v = 0; v < image.vendor_count(); ++v)
        for (uint16_t n = 0; n < image.entity_count(); ++n) {
          add(image.ruling(t, e, v, Direction::Request, n).rule);
          add(image.ruling(t, e, v, Direction::Response, n).rule);
          add(image.access(t, "robot", n, "support").rule);
        }
  for (const std::string_view host : {"api.openai.example", "gateway.example", "x"})
    if (const auto target = image.route(host, "/anthropic/v1/messages")) add(target->path);
  return sum + image.matcher_section().size() + image.llm_section().size();
}

TEST(Image, AnyByteChangedIsRefusedOrHarmless) {
  const std::vector<uint8_t> good = small_image().build();
  size_t refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const uint8_t flip : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xff}}) {
      std::vector<uint8_t> bytes = good;
      bytes[at] ^= flip;
      Image image;
      std::string error;
      if (image.load(bytes, error)) {
        visit_all(image);
      } else {
        ++refused;
        EXPECT_NE(error, "");
      }
    }
  }
  EXPECT_GT(refused, good.size() / 3);
}

TEST(Image, AnyCutIsRefused) {
  const std::vector<uint8_t> good = small_image().build();
  for (size_t size = 0; size < good.size(); ++size) {
    const std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_NE(load_error(cut), "") << size;
  }
}

TEST(Image, AFailedLoadLeavesNothingBehind) {
  const auto good = small_image().build();
  Image image;
  std::string error;
  ASSERT_TRUE(image.load(good, error));
  EXPECT_FALSE(image.load({}, error));
  EXPECT_FALSE(image.loaded());
}

}  // namespace
}  // namespace sallyport::policy
