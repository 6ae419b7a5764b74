// actions.yaml, access.yaml, tests/*.yaml: what happens to a value, who has it back, and the proof.
#include <algorithm>
#include <map>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;
using contract::Direction;
using contract::OpaqueReason;
using contract::Role;

constexpr YamlReader::Named<Action> kActions[] = {
    {"block", Action::Block},          {"allow", Action::Allow}, {"observe", Action::Observe},
    {"tokenize", Action::Tokenize},    {"mask", Action::Mask},   {"hash", Action::Hash},
    {"generalise", Action::Generalise}};
constexpr YamlReader::Named<Direction> kDirections[] = {{"request", Direction::Request},
                                                        {"response", Direction::Response}};
constexpr YamlReader::Named<bool> kOpaqueActions[] = {{"block", false}, {"allow", true}};
constexpr YamlReader::Named<bool> kVerdicts[] = {{"pass", false}, {"block", true}};

constexpr std::string_view kActionsFile = "actions.yaml";
constexpr std::string_view kOpaqueKey = "opaque";
constexpr std::string_view kAccessFile = "access.yaml";
constexpr std::string_view kReasonsKey = "reasons";

// The names of one matcher of a rule; empty: any.
using Names = BundleParts::Names;

Names matcher(BundleParts& parts, YamlMapping& mapping, std::string_view key) {
  const YamlNode* node = mapping.optional(key);
  if (node == nullptr) return {};
  return parts.names_or_any(*node, "an empty list matches nothing; leave the key out for any");
}

template <class Things>
std::vector<std::string> known_names(BundleParts& parts, Names names, const Things& things,
                                     std::string_view what) {
  std::vector<std::string> out;
  for (auto& [name, place] : names)
    if (parts.known_name(name, place, things, what)) out.push_back(std::move(name));
  return out;
}

std::string rule_id(BundleParts& parts, YamlMapping& mapping, std::map<std::string, Place>& ids) {
  const YamlNode* node = mapping.required("id");
  if (node == nullptr) return {};
  std::string id = parts.reader.text(*node);
  if (id.empty()) return id;
  if (!is_bundle_name(id) || id == kNoRuleId)
    parts.reader.add(node->place, "an id is a-z, 0-9 and inner . _ -, at most 47, not 'no-rule'");
  const auto [former, is_new] = ids.try_emplace(id, node->place);
  if (!is_new)
    parts.reader.add(node->place, "rule id '" + id + "' is already in " + former->second.file +
                                      ":" + std::to_string(former->second.line));
  return id;
}

Action read_action(BundleParts& parts, const YamlNode& node) {
  return parts.reader.choice(node, kActions);
}

void read_roles(BundleParts& parts, YamlMapping& mapping, ActionRule& rule) {
  for (const auto& [name, place] : matcher(parts, mapping, "role")) {
    YamlNode one;
    one.place = place;
    one.scalar = name;
    const Role role = parts.reader.choice(one, kRoles);
    if (std::find(rule.roles.begin(), rule.roles.end(), role) == rule.roles.end())
      rule.roles.push_back(role);
  }
}

void read_confidence(BundleParts& parts, YamlMapping& mapping, ActionRule& rule) {
  constexpr uint64_t kPercentMax = 100;
  rule.confidence_min =
      static_cast<uint8_t>(mapping.number_or("min_confidence", 0, 0, kPercentMax));
  rule.confidence_max =
      static_cast<uint8_t>(mapping.number_or("max_confidence", kPercentMax, 0, kPercentMax));
  if (rule.confidence_min > rule.confidence_max)
    parts.reader.add(rule.place, "min_confidence is above max_confidence: the rule fits nothing");
}

std::vector<OpaqueReason> opaque_kinds(BundleParts& parts, YamlMapping& mapping) {
  std::vector<std::string> known;
  for (size_t i = 0; i < contract::kOpaqueReasonCount; ++i)
    known.emplace_back(contract::opaque_reason_name(static_cast<OpaqueReason>(i)));
  std::vector<OpaqueReason> out;
  for (const auto& [name, place] : matcher(parts, mapping, "kind")) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      std::string all;
      for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
      parts.reader.add(place, "'" + name + "' is none of: " + all + did_you_mean(name, known));
      continue;
    }
    out.push_back(static_cast<OpaqueReason>(found - known.begin()));
  }
  return out;
}

// Words that belong to one action only.
void read_action_words(BundleParts& parts, YamlMapping& mapping, ActionRule& rule) {
  const auto word = [&](std::string_view key, Action of) {
    const YamlNode* node = mapping.optional(key);
    if (node != nullptr && rule.action != of)
      parts.reader.add(node->place, "only a rule with the action '" + std::string(action_name(of)) +
                                        "' has '" + std::string(key) + "'");
    return node;
  };
  if (const YamlNode* would = word("would", Action::Observe)) {
    rule.would = read_action(parts, *would);
    if (*rule.would == Action::Allow || *rule.would == Action::Observe)
      parts.reader.add(would->place, "tried out can be tokenize, mask, hash, generalise or block");
  }
  if (const YamlNode* keep = word("keep_last", Action::Mask))
    rule.keep_last =
        static_cast<uint8_t>(parts.reader.number(*keep, 0, contract::kMaskKeepLastMax));
  if (const YamlNode* with = word("mask_with", Action::Mask)) {
    const std::string text = parts.reader.text(*with);
    if (text.size() == 1 && contract::is_mask_char(text[0]))
      rule.mask_char = text[0];
    else
      parts.reader.add(with->place, "a value is masked with one of * # x X _ - .");
  }
}

// The rules of a file; none: an empty list.
const std::vector<YamlNode>& rules_of(BundleParts& parts, std::string_view path, bool is_required,
                                      std::string_view beside = {}) {
  static const std::vector<YamlNode> kNone;
  const YamlNode* node = parts.top(path, "rules", is_required, beside);
  if (node == nullptr) return kNone;
  if (node->kind != YamlNode::Kind::Sequence) {
    parts.reader.add(node->place, "rules is a list; write [] when there is none");
    return kNone;
  }
  return node->items;
}

ExpectedDetection read_detection(BundleParts& parts, const YamlNode& item) {
  ExpectedDetection out;
  YamlMapping mapping(parts.reader, item, "a detection");
  if (const YamlNode* entity = mapping.required("entity")) {
    out.entity = parts.reader.text(*entity);
    if (!out.entity.empty())
      parts.known_name(out.entity, entity->place, parts.bundle.entities, "entity");
  }
  out.match = mapping.joined_text("match", true);
  if (const YamlNode* action = mapping.optional("action")) out.action = read_action(parts, *action);
  mapping.finish();
  return out;
}

std::string known_text(BundleParts& parts, YamlMapping& mapping, std::string_view key,
                       const auto& things, std::string_view what) {
  const YamlNode* node = mapping.required(key);
  if (node == nullptr) return {};
  std::string name = parts.reader.text(*node);
  if (!name.empty()) parts.known_name(name, node->place, things, what);
  return name;
}

std::vector<ExpectedRestoration> read_restorations(BundleParts& parts, const YamlNode& list,
                                                   const BundleTest& test) {
  std::vector<ExpectedRestoration> out;
  if (list.kind != YamlNode::Kind::Sequence)
    parts.reader.add(list.place, "restorations is a list; [] when nothing comes back");
  if (test.direction != Direction::Request)
    parts.reader.add(list.place, "what comes back is what a request took away: direction request");
  for (const YamlNode& item : list.items) {
    ExpectedRestoration one;
    YamlMapping mapping(parts.reader, item, "a restoration");
    if (const YamlNode* entity = mapping.required("entity")) {
      one.entity = parts.reader.text(*entity);
      if (!one.entity.empty())
        parts.known_name(one.entity, entity->place, parts.bundle.entities, "entity");
    }
    one.match = mapping.joined_text("match", true);
    mapping.finish();
    if (!one.match.empty() && test.text.find(one.match) == std::string::npos)
      parts.reader.add(item.place, "the match is not in the text");
    out.push_back(std::move(one));
  }
  return out;
}

void read_expectation(BundleParts& parts, const YamlNode& node, BundleTest& test) {
  YamlMapping mapping(parts.reader, node, "expect");
  if (const YamlNode* verdict = mapping.optional("verdict"))
    test.blocked = parts.reader.choice(*verdict, kVerdicts);
  if (const YamlNode* detections = mapping.optional("detections")) {
    if (detections->kind != YamlNode::Kind::Sequence)
      parts.reader.add(detections->place, "detections is a list");
    test.detections.emplace();
    for (const YamlNode& item : detections->items) {
      test.detections->push_back(read_detection(parts, item));
      const std::string& match = test.detections->back().match;
      if (!match.empty() && test.text.find(match) == std::string::npos)
        parts.reader.add(item.place, "the match is not in the text");
    }
  }
  if (const YamlNode* restorations = mapping.optional("restorations"))
    test.restorations = read_restorations(parts, *restorations, test);
  mapping.finish();
  if (!test.blocked && !test.detections && !test.restorations)
    parts.reader.add(node.place, "a test expects a verdict, detections or restorations");
}

// Who asks, or for what: a name that access.yaml could have.
std::string asking_name(BundleParts& parts, YamlMapping& mapping, std::string_view key) {
  const YamlNode* node = mapping.optional(key);
  if (node == nullptr) return {};
  std::string name = parts.reader.text(*node);
  const bool fits =
      key == "principal" ? is_principal_name(name) : is_bundle_name(name, kReasonBytes);
  if (!name.empty() && !fits)
    parts.reader.add(node->place, "no " + std::string(key) + " can have this name");
  return name;
}

void read_test(BundleParts& parts, const YamlNode& item, std::map<std::string, Place>& names) {
  BundleTest test;
  test.place = item.place;
  YamlMapping mapping(parts.reader, item, "a test");
  if (const YamlNode* name = mapping.required("name")) {
    test.name = parts.reader.text(*name);
    const auto [former, is_new] = names.try_emplace(test.name, name->place);
    if (!is_new && !test.name.empty())
      parts.reader.add(name->place, "a test of this name is already in " + former->second.file +
                                        ":" + std::to_string(former->second.line));
  }
  test.tenant = known_text(parts, mapping, "tenant", parts.bundle.tenants, "tenant");
  test.environment =
      known_text(parts, mapping, "environment", parts.bundle.environments, "environment");
  test.destination = known_text(parts, mapping, "destination", parts.bundle.vendors, "vendor");
  if (const YamlNode* direction = mapping.optional("direction"))
    test.direction = parts.reader.choice(*direction, kDirections);
  if (const YamlNode* role = mapping.optional("role"))
    test.role = parts.reader.choice(*role, kRoles);
  test.principal = asking_name(parts, mapping, "principal");
  test.reason = asking_name(parts, mapping, "reason");
  test.text = mapping.joined_text("text", true);
  if (const YamlNode* expect = mapping.required("expect")) read_expectation(parts, *expect, test);
  mapping.finish();
  parts.bundle.tests.push_back(std::move(test));
}

}  // namespace

void read_actions(BundleParts& parts) {
  std::map<std::string, Place> ids;
  for (const YamlNode& item : rules_of(parts, kActionsFile, true, kOpaqueKey)) {
    ActionRule rule;
    rule.place = item.place;
    YamlMapping mapping(parts.reader, item, "a rule");
    rule.id = rule_id(parts, mapping, ids);
    rule.entities =
        known_names(parts, matcher(parts, mapping, "entity"), parts.bundle.entities, "entity");
    rule.environments = known_names(parts, matcher(parts, mapping, "environment"),
                                    parts.bundle.environments, "environment");
    rule.destinations =
        known_names(parts, matcher(parts, mapping, "destination"), parts.bundle.vendors, "vendor");
    rule.tenants =
        known_names(parts, matcher(parts, mapping, "tenant"), parts.bundle.tenants, "tenant");
    const YamlNode* direction = mapping.optional("direction");
    if (direction != nullptr && !(direction->plain && direction->scalar == kAny))
      rule.direction = parts.reader.choice(*direction, kDirections);
    read_roles(parts, mapping, rule);
    read_confidence(parts, mapping, rule);
    if (const YamlNode* action = mapping.required("action"))
      rule.action = read_action(parts, *action);
    read_action_words(parts, mapping, rule);
    mapping.finish();
    parts.bundle.actions.push_back(std::move(rule));
  }
}

void read_opaque(BundleParts& parts) {
  const YamlNode* file = parts.files.find(kActionsFile);
  const YamlNode* list = file == nullptr ? nullptr : file->find(kOpaqueKey);
  if (list == nullptr) return;
  if (list->kind != YamlNode::Kind::Sequence) {
    parts.reader.add(list->place, "opaque is a list; write [] when there is none");
    return;
  }
  std::map<std::string, Place> ids;
  for (const YamlNode& item : list->items) {
    OpaqueRule rule;
    rule.place = item.place;
    YamlMapping mapping(parts.reader, item, "a rule");
    rule.id = rule_id(parts, mapping, ids);
    rule.kinds = opaque_kinds(parts, mapping);
    rule.environments = known_names(parts, matcher(parts, mapping, "environment"),
                                    parts.bundle.environments, "environment");
    rule.destinations =
        known_names(parts, matcher(parts, mapping, "destination"), parts.bundle.vendors, "vendor");
    rule.tenants =
        known_names(parts, matcher(parts, mapping, "tenant"), parts.bundle.tenants, "tenant");
    const YamlNode* direction = mapping.optional("direction");
    if (direction != nullptr && !(direction->plain && direction->scalar == kAny))
      rule.direction = parts.reader.choice(*direction, kDirections);
    if (const YamlNode* action = mapping.required("action"))
      rule.allow = parts.reader.choice(*action, kOpaqueActions);
    mapping.finish();
    parts.bundle.opaque.push_back(std::move(rule));
  }
}

void read_reasons(BundleParts& parts) {
  const YamlNode* file = parts.files.find(kAccessFile);
  const YamlNode* list = file == nullptr ? nullptr : file->find(kReasonsKey);
  if (list == nullptr) return;
  YamlMapping reasons(parts.reader, *list, "reasons");
  for (const YamlMember& member : list->members) {
    AccessReason reason;
    reason.name = member.key.scalar;
    reason.place = member.key.place;
    if (!is_bundle_name(reason.name, kReasonBytes))
      parts.reader.add(member.key.place, "a reason is a-z, 0-9 and inner . _ -, at most 31");
    YamlMapping mapping(parts.reader, member.value, "a reason");
    reason.description = mapping.text_or("description", "");
    reason.needs_ticket = mapping.truth_or("ticket", false);
    mapping.finish();
    parts.bundle.reasons.push_back(std::move(reason));
  }
  std::sort(parts.bundle.reasons.begin(), parts.bundle.reasons.end(),
            [](const AccessReason& a, const AccessReason& b) { return a.name < b.name; });
  for (const GatewayKey& key : parts.bundle.keys)
    if (!key.default_reason.empty())
      parts.known_name(key.default_reason, key.place, parts.bundle.reasons, "reason");
}

void read_access(BundleParts& parts) {
  read_reasons(parts);
  std::map<std::string, Place> ids;
  for (const YamlNode& item : rules_of(parts, kAccessFile, false, kReasonsKey)) {
    AccessRule rule;
    rule.place = item.place;
    YamlMapping mapping(parts.reader, item, "a rule");
    rule.id = rule_id(parts, mapping, ids);
    rule.tenants =
        known_names(parts, matcher(parts, mapping, "tenant"), parts.bundle.tenants, "tenant");
    for (auto& [name, place] : matcher(parts, mapping, "principal")) {
      if (!is_principal_name(name))
        parts.reader.add(place, "a principal is letters, digits and . _ @ : / + -, at most 63");
      rule.principals.push_back(std::move(name));
    }
    rule.entities =
        known_names(parts, matcher(parts, mapping, "entity"), parts.bundle.entities, "entity");
    for (auto& [name, place] : matcher(parts, mapping, "reason")) {
      if (!is_bundle_name(name, kReasonBytes))
        parts.reader.add(place, "a reason is a-z, 0-9 and inner . _ -, at most 31");
      else if (!parts.bundle.reasons.empty())
        parts.known_name(name, place, parts.bundle.reasons, "reason");
      rule.reasons.push_back(std::move(name));
    }
    if (const YamlNode* allow = mapping.required("allow")) rule.allow = parts.reader.truth(*allow);
    mapping.finish();
    parts.bundle.access.push_back(std::move(rule));
  }
}

void read_tests(BundleParts& parts) {
  std::map<std::string, Place> names;
  for (const std::string& path : parts.files.in_folder("tests")) {
    const YamlNode* node = parts.top(path, "tests", false);
    if (node == nullptr) continue;
    if (node->kind != YamlNode::Kind::Sequence) {
      parts.reader.add(node->place, "tests is a list");
      continue;
    }
    for (const YamlNode& item : node->items) read_test(parts, item, names);
  }
}

}  // namespace sallyport::controlplane::policy
