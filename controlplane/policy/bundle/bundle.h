// bundle.h: a policy bundle (a folder of YAML, docs/policy.md) as a checked, typed model.
//
// read_bundle() reads every file, lays an overlay over its base, and checks all that can be checked
// without compiling: names, references, ranges, and that no secret entity can leave. A Bundle that
// was returned is complete; compile_image() (image_writer.h) turns it into the bytes that the
// dataplane adopts, self_test() (self_test.h) tries them.
//
// Orders are those of the files (rules) or of the names (everything that is a mapping), so that the
// same bundle gives the same image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "controlplane/policy/bundle/bundle_settings.h"
#include "controlplane/policy/bundle/restoration.h"
#include "controlplane/policy/dictionary/dictionary_compiler.h"
#include "controlplane/policy/matcher/matcher_compiler.h"
#include "controlplane/policy/yaml/problem.h"
#include "dataplane/contract/coverage.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct Entity {
  EntitySource source;
  contract::Generalisation generalisation = contract::Generalisation::Name;
  bool never_store = false;      // blocked or masked wholly, everywhere
  bool mask_or_hash = false;     // one tenant never has it masked in part and hashed
  bool from_dictionary = false;  // its values are listed in dictionaries.yaml
  Place place;
  std::vector<Place> rule_places;            // as source.rules
  std::vector<Place> must_match_places;      // as source.must_match
  std::vector<Place> must_not_match_places;  // as source.must_not_match
};

struct Environment {
  std::string name;
  contract::Durability durability = contract::Durability::Committed;
  Place place;
};

struct VendorEndpoint {
  std::string method;
  std::string path;                // contract/path_pattern.h
  std::string api_kind;            // empty: refused
  std::string refusal_hint;        // of a refused one: what to use instead
  std::vector<std::string> query;  // names of the parameters that go on
  contract::BodyUse body = contract::BodyUse::Required;
  Place place;
};

struct BundleVendor {
  std::string name;
  std::string host;
  std::string region;
  uint16_t port = 443;
  std::vector<contract::ImageAddress> addresses;
  std::vector<contract::Digest> pins;  // SHA-256 of a SubjectPublicKeyInfo
  std::string ca_pem;                  // empty: the roots of the host
  std::string auth_header;
  std::string auth_prefix;
  std::string credential;  // file vendor.<credential> of the credentials folder
  std::vector<VendorEndpoint> endpoints;
  contract::UnknownEndpoint unknown_endpoint = contract::UnknownEndpoint::Refuse;
  contract::UnknownField unknown_field = contract::UnknownField::Inspect;
  DataUse data_use = kDataUseUnknown;
  Place place;
};

struct BundleTenant {
  std::string name;
  std::vector<std::string> vendors;
  bool scope_is_principal = false;
  std::map<std::string, contract::Durability> durability;  // by environment, where it differs
  Place place;
};

struct GatewayKey {
  std::string id;
  contract::Digest hmac{};  // HMAC-SHA256(gateway HMAC key, key as presented)
  std::string tenant;
  std::string principal;
  std::string environment;
  std::string default_reason;  // empty: none
  Place place;
};

// Matchers: empty means any.
struct ActionRule {
  std::string id;
  std::vector<std::string> entities;
  std::vector<std::string> environments;
  std::vector<std::string> destinations;  // vendors
  std::vector<std::string> tenants;
  std::optional<contract::Direction> direction;
  std::vector<contract::Role> roles;
  uint8_t confidence_min = 0;  // of a finding, percent; both ends belong to it
  uint8_t confidence_max = 100;
  contract::Action action = contract::Action::Block;
  std::optional<contract::Action> would;  // of observe: what it tries out
  uint8_t keep_last = 0;                  // of mask
  char mask_char = '*';                   // of mask
  Place place;
};

// What is done with values that nobody reads: images, documents, what stands at the vendor.
struct OpaqueRule {
  std::string id;
  std::vector<contract::OpaqueReason> kinds;
  std::vector<std::string> environments;
  std::vector<std::string> destinations;
  std::vector<std::string> tenants;
  std::optional<contract::Direction> direction;
  bool allow = false;
  Place place;
};

// A list of a tenant's own values. Its rule, of the same name, stands among those of its entity.
struct BundleDictionary {
  DictionarySource source;  // the name, and the values in clear
  std::string entity;
  std::vector<std::string> tenants;  // in whose texts it counts; empty: in everybody's
  std::string file;                  // as written
  Place file_place;                  // where it is named
  Place place;
};

struct AccessRule {
  std::string id;
  std::vector<std::string> tenants;
  std::vector<std::string> principals;
  std::vector<std::string> entities;
  std::vector<std::string> reasons;
  bool allow = false;
  Place place;
};

struct Routes {
  std::vector<std::string> gateway_hosts;       // lower case; "*": every name
  std::map<std::string, std::string> prefixes;  // "/openai" -> vendor
  std::map<std::string, std::string> hosts;     // "api.openai.com" -> vendor
  // Prefixes and hosts of which every request names an active prompt template.
  std::vector<std::string> require_template;
};

struct ExpectedDetection {
  std::string entity;
  std::string match;                       // text that is found
  std::optional<contract::Action> action;  // nothing: whatever the rules say
};

// A value that an answer gives back to whom it came from.
struct ExpectedRestoration {
  std::string entity;
  std::string match;
};

// One text through the rewriters, as a request to or an answer from `destination`.
struct BundleTest {
  std::string name;
  std::string tenant;
  std::string environment;
  std::string destination;
  contract::Direction direction = contract::Direction::Request;
  contract::Role role = contract::Role::User;
  std::string principal;  // who asks, for what: for restorations; empty: nobody in particular
  std::string reason;
  std::string text;
  std::optional<bool> blocked;  // nothing: either
  // In the order of the text, all there are; nothing: the verdict alone is expected.
  std::optional<std::vector<ExpectedDetection>> detections;
  // What comes back when the answer repeats what left, all there is; nothing: not looked at.
  std::optional<std::vector<ExpectedRestoration>> restorations;
  Place place;
};

struct Bundle {
  std::string name;
  std::string description;
  std::string folder;            // as given
  contract::Digest digest{};     // SHA-256 over the sorted (path, file hash): what people approve
  std::vector<Entity> entities;  // by name; index = entity id
  std::vector<Environment> environments;       // by name
  std::vector<BundleVendor> vendors;           // by name
  std::vector<ApiKindSource> api_kinds;        // by file
  std::vector<BundleTenant> tenants;           // by name
  std::vector<BundleDictionary> dictionaries;  // by name
  std::vector<GatewayKey> keys;                // by id
  std::vector<ActionRule> actions;             // first match decides; none: block
  std::vector<OpaqueRule> opaque;              // first match decides; none: block
  std::vector<AccessRule> access;              // first match decides; none: denied
  RestorationPolicy restoration;               // for named people, outside of live exchanges
  std::vector<AccessReason> reasons;           // by name; empty: the rules' own words are the list
  Routes routes;
  std::vector<PromptTemplate> templates;  // by id
  Retention retention;
  ApprovalSettings approvals;
  RolloutSettings rollout;
  std::vector<GuardException> exceptions;
  contract::ImageLimits limits{};
  std::vector<BundleTest> tests;
  Sources sources;  // for the problems of later steps
  // Bytes of every file that the digest covers, by its path there ("base/actions.yaml").
  std::map<std::string, std::string> files;
};

// What is decided where no action rule matches.
inline constexpr std::string_view kNoRuleId = "no-rule";

// Nothing: `problems` (which is appended to) says what is wrong, all that was found, in the order
// of files and lines.
std::optional<Bundle> read_bundle(const std::filesystem::path& folder,
                                  std::vector<Problem>& problems);

// The same of a folder that BundleStore wrote (bundle_store.h).
std::optional<Bundle> read_stored_bundle(const std::filesystem::path& folder,
                                         std::vector<Problem>& problems);

// Index into bundle.actions of the rule that decides; nothing: no rule matches, block. Every cell
// of a bundle at once: rulings.h.
std::optional<size_t> deciding_rule(const Bundle& bundle, std::string_view tenant,
                                    std::string_view environment, std::string_view vendor,
                                    contract::Direction direction, std::string_view entity,
                                    contract::Role role = contract::Role::User,
                                    unsigned confidence = 100);

// "tokenize" and so on, as written in the YAML.
std::string_view action_name(contract::Action action);
std::string_view role_name(contract::Role role);

}  // namespace sallyport::controlplane::policy
