// bundle_sections.h: the parts of a bundle, each read and checked against the parts before it.
//
// Every function reads its files, appends to the bundle, and reports at the value that is wrong.
// The order is that of references: what a part may name has been read.
// Not here: reading files and overlays (bundle_files.h), compiling (image_writer.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/bundle/bundle_files.h"
#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {

// Whose words a text of a request or an answer is.
inline constexpr YamlReader::Named<contract::Role> kRoles[] = {
    {"user", contract::Role::User},
    {"system", contract::Role::System},
    {"assistant", contract::Role::Assistant},
    {"tool", contract::Role::Tool}};

// Of a matcher: whatever there is.
inline constexpr std::string_view kAny = "any";

struct BundleParts {
  BundleFiles& files;
  YamlReader& reader;
  Bundle& bundle;

  // The value of the one top-level key of a file; null: no such file (reported when required), or
  // no such key.
  // `beside`: another key that the file may have, which somebody else reads.
  const YamlNode* top(std::string_view path, std::string_view key, bool is_required,
                      std::string_view beside = {});
  using Names = std::vector<std::pair<std::string, Place>>;
  // The names of a matcher; none: any. `of_empty`: what is said of a list of nothing.
  Names names_or_any(const YamlNode& node, std::string_view of_empty);
  // A name that must be among `known`; reported otherwise.
  template <class Things>
  bool known_name(const std::string& name, const Place& place, const Things& things,
                  std::string_view what) {
    for (const auto& thing : things)
      if (thing_name(thing) == name) return true;
    std::vector<std::string> names;
    for (const auto& thing : things) names.push_back(thing_name(thing));
    reader.add(place,
               "there is no " + std::string(what) + " '" + name + "'" + did_you_mean(name, names));
    return false;
  }

  static const std::string& thing_name(const Entity& entity) { return entity.source.name; }
  template <class Thing>
  static const std::string& thing_name(const Thing& thing) {
    return thing.name;
  }
};

void read_entities(BundleParts& parts);
void read_environments(BundleParts& parts);
void read_api_kinds(BundleParts& parts);
void read_vendors(BundleParts& parts);
void read_tenants(BundleParts& parts);
// Adds a rule to the entity that a list is about. Behind entities and tenants.
void read_dictionaries(BundleParts& parts);
void read_keys(BundleParts& parts);
// keys.yaml alone, without references: what KeysFile lists.
void read_key_entries(YamlReader& reader, const YamlNode& keys, std::vector<GatewayKey>& out);
void read_actions(BundleParts& parts);
// `opaque:` of actions.yaml: values that nobody reads.
void read_opaque(BundleParts& parts);
void read_access(BundleParts& parts);
void read_routes(BundleParts& parts);
void read_limits(BundleParts& parts);
void read_tests(BundleParts& parts);
void read_templates(BundleParts& parts);  // bundle_templates.cc
void read_retention(BundleParts& parts);  // these: bundle_settings.cc
void read_approvals(BundleParts& parts);
void read_rollout(BundleParts& parts);
void read_exceptions(BundleParts& parts);
// What the rules say together, in every cell: nothing secret leaves, what is never stored is
// blocked or masked, and no number is both masked in part and hashed (bundle_promises.cc).
void check_rulings(BundleParts& parts);
// Nothing was written that does nothing: a rule of an ordered list that never decides, words that
// count for nothing (bundle_order.cc).
void check_order(BundleParts& parts);

}  // namespace sallyport::controlplane::policy
