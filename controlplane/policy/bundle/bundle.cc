#include "controlplane/policy/bundle/bundle.h"

#include <algorithm>
#include <utility>

#include "controlplane/policy/bundle/bundle_files.h"
#include "controlplane/policy/bundle/bundle_sections.h"

namespace sallyport::controlplane::policy {
namespace {

bool fits(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const YamlNode* BundleParts::top(std::string_view path, std::string_view key, bool is_required,
                                 std::string_view beside) {
  const YamlNode* tree = files.find(path);
  if (tree == nullptr) {
    if (is_required) reader.add(Place{files.shown(path), 0, 0}, "the bundle has no such file");
    return nullptr;
  }
  YamlMapping file(reader, *tree, std::string(path));
  const YamlNode* value = file.required(key);
  if (!beside.empty()) file.optional(beside);
  file.finish();
  return value;
}

BundleParts::Names BundleParts::names_or_any(const YamlNode& node, std::string_view of_empty) {
  Names names = reader.text_or_texts(node);
  if (names.size() == 1 && names[0].first == kAny) return {};
  for (const auto& [name, place] : names)
    if (name == kAny) reader.add(place, "'any' stands alone");
  std::erase_if(names, [](const auto& one) { return one.first == kAny; });
  if (node.kind == YamlNode::Kind::Sequence && node.items.empty())
    reader.add(node.place, std::string(of_empty));
  return names;
}

namespace {

std::optional<Bundle> read_parts(BundleFiles& files, const std::filesystem::path& folder,
                                 std::vector<Problem>& problems, bool is_new) {
  const size_t before = problems.size();
  Bundle bundle;
  bundle.folder = folder.string();
  bundle.name = files.name();
  bundle.description = files.description();
  YamlReader reader(files.sources(), problems);
  BundleParts parts{files, reader, bundle};
  read_entities(parts);
  read_environments(parts);
  read_api_kinds(parts);
  read_vendors(parts);
  read_tenants(parts);
  read_dictionaries(parts);
  read_keys(parts);
  read_actions(parts);
  read_opaque(parts);
  read_access(parts);
  bundle.restoration = read_restoration(parts);
  for (const AccessRule& rule : bundle.access)
    bundle.restoration.live.push_back(
        {rule.id, rule.tenants, rule.principals, rule.entities, rule.reasons, rule.allow});
  read_routes(parts);
  read_limits(parts);
  read_tests(parts);
  read_templates(parts);
  read_retention(parts);
  read_approvals(parts);
  read_rollout(parts);
  read_exceptions(parts);
  if (problems.size() == before) check_rulings(parts);
  // A source of former times is compared, not corrected.
  if (problems.size() == before && is_new) check_order(parts);
  if (problems.size() != before) return std::nullopt;
  bundle.digest = files.digest();
  bundle.sources = files.sources();
  bundle.files = files.take_bytes();
  return bundle;
}

}  // namespace

std::optional<Bundle> read_bundle(const std::filesystem::path& folder,
                                  std::vector<Problem>& problems) {
  BundleFiles files;
  // Files that cannot be read would only make their users' references look wrong.
  if (!files.read(folder, problems)) return std::nullopt;
  return read_parts(files, folder, problems, true);
}

std::optional<Bundle> read_stored_bundle(const std::filesystem::path& folder,
                                         std::vector<Problem>& problems) {
  BundleFiles files;
  if (!files.read_stored(folder, problems)) return std::nullopt;
  return read_parts(files, folder / "0", problems, false);
}

std::optional<size_t> deciding_rule(const Bundle& bundle, std::string_view tenant,
                                    std::string_view environment, std::string_view vendor,
                                    contract::Direction direction, std::string_view entity,
                                    contract::Role role, unsigned confidence) {
  for (size_t i = 0; i < bundle.actions.size(); ++i) {
    const ActionRule& rule = bundle.actions[i];
    if (fits(rule.entities, entity) && fits(rule.environments, environment) &&
        fits(rule.destinations, vendor) && fits(rule.tenants, tenant) &&
        (!rule.direction || *rule.direction == direction) &&
        (rule.roles.empty() ||
         std::find(rule.roles.begin(), rule.roles.end(), role) != rule.roles.end()) &&
        confidence >= rule.confidence_min && confidence <= rule.confidence_max)
      return i;
  }
  return std::nullopt;
}

std::string_view action_name(contract::Action action) {
  static constexpr std::string_view kNames[contract::kActionCount] = {
      "allow", "observe", "tokenize", "mask", "hash", "generalise", "block"};
  return kNames[static_cast<size_t>(action)];
}

std::string_view role_name(contract::Role role) {
  static constexpr std::string_view kNames[contract::kRoleCount] = {"user", "system", "assistant",
                                                                    "tool"};
  return kNames[static_cast<size_t>(role)];
}

}  // namespace sallyport::controlplane::policy
