// image.h: a compiled policy image (contract/image_layout.h) as a validated, read-only view.
//
// Every index, offset, enumerator and order is checked once in load(); afterwards the accessors
// follow them without a check. The view owns nothing: the bytes must outlive it and must not
// change. Owner  whoever owns the bytes (flow/policy_version.h, one per worker; sallyctl scan).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/contract/coverage.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::policy {

using contract::Action;
using contract::Digest;
using contract::Direction;
using contract::Durability;
using Limits = contract::ImageLimits;

// The caller that a gateway key names. Views into the image.
struct Key {
  std::string_view id;
  std::string_view tenant;
  std::string_view principal;
  std::string_view environment;
  std::string_view default_reason;  // empty: none
  uint16_t tenant_index = 0;
  uint16_t environment_index = 0;
};

struct Endpoint {
  std::string_view method;
  std::string_view path;  // contract/path_pattern.h
  std::string_view api_kind;
  std::string_view query;  // names that go on, each followed by a line feed
  contract::BodyUse body = contract::BodyUse::Required;
  std::string_view refusal_hint;  // of a refused one, which has no kind
};

struct Vendor {
  std::string_view name;
  std::string_view host;
  std::string_view region;
  std::string_view ca_pem;
  std::string_view auth_header;
  std::string_view auth_prefix;
  std::string_view credential_name;
  std::span<const contract::ImageAddress> addresses;
  std::span<const Digest> pins;
  uint16_t first_endpoint = 0;
  uint16_t endpoint_count = 0;
  uint16_t port = 443;
  contract::UnknownEndpoint unknown_endpoint = contract::UnknownEndpoint::Refuse;
  contract::UnknownField unknown_field = contract::UnknownField::Inspect;
};

struct Tenant {
  std::string_view name;
  uint64_t vendors = 0;  // bit per vendor
  bool scope_is_principal = false;
};

// Where a host and a path lead. `vendor` is kImageAny where no vendor is named.
struct Target {
  uint16_t vendor = contract::kImageAny;
  std::string_view path;  // as the vendor knows it: the prefix is gone, the query too
  bool requires_template = false;
};

struct Ruling {
  Action action = Action::Block;
  Action would = Action::Block;  // of Observe: the action that it tries out, or Observe
  uint8_t keep_last = 0;         // of Mask
  char mask_char = '*';          // of Mask
  std::string_view rule;         // id of the rule that decided
};

struct AccessAnswer {
  bool allowed = false;
  std::string_view rule;  // id of the rule that decided; empty: none matched, denied
};

class Image {
 public:
  Image() = default;

  // False: `error` names the section and what does not hold. Hashes the bytes (digest()).
  [[nodiscard]] bool load(std::span<const uint8_t> bytes, std::string& error);
  bool loaded() const noexcept { return header_ != nullptr; }

  const Digest& digest() const noexcept { return digest_; }
  const Digest& bundle_digest() const noexcept { return header_->bundle_digest; }
  const Limits& limits() const noexcept { return *limits_; }

  // Opaque sections, for scan::Engine and llm::ApiTables.
  std::span<const uint8_t> matcher_section() const noexcept;
  std::span<const uint8_t> llm_section() const noexcept;
  std::span<const uint8_t> dictionary_section() const noexcept;  // empty: there are none
  size_t dictionary_count() const noexcept;
  std::string_view dictionary_name(size_t index) const noexcept;
  // A bit for each dictionary whose values are looked for in the texts of this tenant.
  uint64_t dictionaries_of(uint16_t tenant) const noexcept;
  // Of a kind whose layout somebody else knows (template_table.h, flow/seed_tests.h).
  std::span<const uint8_t> opaque_section(contract::SectionKind kind) const noexcept;
  // Nothing: it does not lie in Strings.
  std::optional<std::string_view> find_text(const contract::ImageText& t) const noexcept;

  size_t entity_count() const noexcept;
  std::string_view entity_name(uint16_t index) const noexcept;
  contract::Generalisation generalisation(uint16_t entity) const noexcept;
  bool never_stored(uint16_t entity) const noexcept;  // kEntityNeverStore
  size_t environment_count() const noexcept;
  std::string_view environment_name(uint16_t index) const noexcept;
  size_t vendor_count() const noexcept;
  Vendor vendor(uint16_t index) const noexcept;
  Endpoint endpoint(uint16_t index) const noexcept;
  size_t tenant_count() const noexcept;
  Tenant tenant(uint16_t index) const noexcept;
  size_t key_count() const noexcept;
  Key key(size_t index) const noexcept;

  // Index by name; nothing when there is none.
  std::optional<uint16_t> find_tenant(std::string_view name) const noexcept;
  std::optional<uint16_t> find_environment(std::string_view name) const noexcept;
  std::optional<uint16_t> find_vendor(std::string_view name) const noexcept;

  // By HMAC-SHA256 of the presented key; compares in constant time per probe.
  std::optional<Key> find_key(std::span<const uint8_t, 32> hmac) const noexcept;

  // `host` without port, any case; `path` without query. Nothing: the host is not served here. A
  // target without vendor: a gateway host, and no prefix fits.
  std::optional<Target> route(std::string_view host, std::string_view path) const noexcept;

  Durability durability(const Key& key) const noexcept;
  // What happens to findings of an entity with this confidence, in this cell. REQUIRES: indexes
  // below the counts above.
  Ruling ruling(uint16_t tenant, uint16_t environment, uint16_t vendor, Direction direction,
                uint16_t entity, contract::Role role = contract::Role::User,
                unsigned confidence = 100) const noexcept;
  // The same in two steps, for who asks once per exchange: an index that stays valid while the
  // image does, then the ruling for a confidence.
  uint16_t decision(uint16_t tenant, uint16_t environment, uint16_t vendor, Direction direction,
                    contract::Role role, uint16_t entity) const noexcept;
  // Of all entities, by their index; valid while the image is.
  std::span<const uint16_t> decisions(uint16_t tenant, uint16_t environment, uint16_t vendor,
                                      Direction direction, contract::Role role) const noexcept;
  Ruling ruling_of(uint16_t decision, unsigned confidence) const noexcept;
  // May a value that nobody reads (an image, a document) pass in this cell, and which rule says so.
  // REQUIRES: indexes below the counts above.
  AccessAnswer opaque(uint16_t tenant, uint16_t environment, uint16_t vendor, Direction direction,
                      contract::OpaqueReason reason) const noexcept;
  // The same ruling at every confidence.
  bool is_plain(uint16_t decision) const noexcept;
  // May this principal have values of this entity back, for this reason? An empty reason is always
  // denied.
  AccessAnswer access(uint16_t tenant, std::string_view principal, uint16_t entity,
                      std::string_view reason) const noexcept;

 private:
  template <class T>
  std::span<const T> section(contract::SectionKind kind) const noexcept;
  std::string_view text(const contract::ImageText& t) const noexcept;

  std::span<const uint8_t> bytes_;
  const contract::ImageHeader* header_ = nullptr;
  const contract::ImageSection* sections_ = nullptr;
  const Limits* limits_ = nullptr;
  Digest digest_{};
};

}  // namespace sallyport::policy
