// entities/*.yaml: what is looked for, and the examples that prove it.
#include <algorithm>
#include <map>

#include "controlplane/policy/bundle/bundle_rule.h"
#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Generalisation;
using contract::RuleKind;

constexpr YamlReader::Named<Generalisation> kGeneralisations[] = {
    {"name", Generalisation::Name},
    {"year", Generalisation::Year},
    {"birth_year", Generalisation::BirthYear},
    {"zip", Generalisation::Zip},
    {"age", Generalisation::Age},
    {"network", Generalisation::Network}};

constexpr size_t kEntitiesMax = 256;  // rewrite/text/rewrite_scope.h

// Kinds of which the scanner follows one rule only.
bool is_single(RuleKind kind) {
  return kind == RuleKind::Email || kind == RuleKind::UrlCredentials || kind == RuleKind::KeyBlock;
}

class EntityReader {
 public:
  explicit EntityReader(BundleParts& parts) : parts_(parts), reader_(parts.reader) {}

  void read_file(const std::string& path) {
    const YamlNode* entities = parts_.top(path, "entities", false);
    if (entities == nullptr) return;
    YamlMapping mapping(reader_, *entities, "entities");
    for (const YamlMember& member : entities->members) read_entity(member);
  }

 private:
  void read_entity(const YamlMember& member) {
    const std::string& name = member.key.scalar;
    if (!is_entity_name(name))
      reader_.add(member.key.place,
                  "the name of an entity is A-Z, 0-9 and single _ between them, "
                  "a letter first, at most 27, not LITERAL");
    const auto [former, is_new] = names_.try_emplace(name, member.key.place);
    if (!is_new)
      reader_.add(member.key.place, "entity '" + name + "' is already in " + former->second.file +
                                        ":" + std::to_string(former->second.line));
    Entity entity;
    entity.place = member.key.place;
    entity.source.name = name;
    YamlMapping mapping(reader_, member.value, "an entity");
    entity.source.description = mapping.text_or("description", "");
    entity.source.priority = static_cast<uint8_t>(mapping.number_or("priority", 50, 0, 100));
    entity.source.secret = mapping.truth_or("secret", false);
    if (const YamlNode* samples = mapping.optional("samples"))
      for (auto& [sample, place] : reader_.texts(*samples)) entity.source.samples.push_back(sample);
    entity.never_store = mapping.truth_or("never_store", false);
    entity.mask_or_hash = mapping.truth_or("mask_or_hash", false);
    if (const YamlNode* how = mapping.optional("generalise_to"))
      entity.generalisation = reader_.choice(*how, kGeneralisations);
    entity.from_dictionary = mapping.truth_or("dictionary", false);
    // What is listed elsewhere needs no rule here, and an example would be one of its values.
    const auto part = [&](const char* key) {
      return entity.from_dictionary ? mapping.optional(key) : mapping.required(key);
    };
    if (const YamlNode* rules = part("rules")) read_rules(*rules, entity);
    if (const YamlNode* examples = part("must_match")) read_must_match(*examples, entity);
    if (const YamlNode* examples = part("must_not_match")) read_must_not_match(*examples, entity);
    mapping.finish();
    if (is_new) parts_.bundle.entities.push_back(std::move(entity));
  }

  bool is_list(const YamlNode& node, std::string_view what) {
    if (node.kind == YamlNode::Kind::Sequence && !node.items.empty()) return true;
    reader_.add(node.place, std::string(what) + " is a list of at least one");
    return false;
  }

  void read_rules(const YamlNode& node, Entity& entity) {
    if (!is_list(node, "rules")) return;
    for (const YamlNode& item : node.items) {
      YamlMapping mapping(reader_, item, "a rule");
      RuleSource rule;
      if (const YamlNode* id = mapping.required("id")) rule.id = rule_id(*id);
      read_rule(reader_, mapping, item, rule);
      mapping.finish();
      check_single(item.place, rule);
      if (rule.kind == RuleKind::Dictionary)
        reader_.add(item.place, "a dictionary stands in dictionaries.yaml and names its entity");
      entity.source.rules.push_back(std::move(rule));
      entity.rule_places.push_back(item.place);
    }
  }

  std::string rule_id(const YamlNode& node) {
    std::string id = reader_.text(node);
    if (id.empty()) return id;
    if (!is_bundle_name(id))
      reader_.add(node.place, "an id is a-z, 0-9 and inner . _ -, at most 47");
    const auto [former, is_new] = rule_ids_.try_emplace(id, node.place);
    if (!is_new)
      reader_.add(node.place, "rule id '" + id + "' is already in " + former->second.file + ":" +
                                  std::to_string(former->second.line));
    return id;
  }

  void check_single(const Place& place, const RuleSource& rule) {
    if (!is_single(rule.kind)) return;
    const auto [former, is_new] = single_.try_emplace(rule.kind, place);
    if (!is_new)
      reader_.add(place, "one rule of this kind is enough, and one is in " + former->second.file +
                             ":" + std::to_string(former->second.line));
  }

  void read_must_match(const YamlNode& node, Entity& entity) {
    if (!is_list(node, "must_match")) return;
    for (const YamlNode& item : node.items) {
      YamlMapping mapping(reader_, item, "an example");
      ExampleSource example;
      example.text = mapping.joined_text("text", true);
      example.match = mapping.joined_text("match", false);
      mapping.finish();
      if (example.match.empty()) example.match = example.text;
      if (example.text.find(example.match) == std::string::npos)
        reader_.add(item.place, "the match is not in the text");
      entity.source.must_match.push_back(std::move(example));
      entity.must_match_places.push_back(item.place);
    }
  }

  void read_must_not_match(const YamlNode& node, Entity& entity) {
    if (!is_list(node, "must_not_match")) return;
    for (const YamlNode& item : node.items) {
      ExampleSource example;
      if (item.kind == YamlNode::Kind::Mapping) {
        YamlMapping mapping(reader_, item, "an example");
        example.text = mapping.joined_text("text", true);
        mapping.finish();
      } else {
        example.text = reader_.text(item);
      }
      entity.source.must_not_match.push_back(std::move(example));
      entity.must_not_match_places.push_back(item.place);
    }
  }

  BundleParts& parts_;
  YamlReader& reader_;
  std::map<std::string, Place> names_;
  std::map<std::string, Place> rule_ids_;
  std::map<RuleKind, Place> single_;
};

}  // namespace

void read_entities(BundleParts& parts) {
  const std::vector<std::string> paths = parts.files.in_folder("entities");
  if (paths.empty())
    parts.reader.add(Place{parts.files.shown("entities"), 0, 0},
                     "the bundle has no entities: a file entities/NAME.yaml is expected");
  EntityReader reader(parts);
  for (const std::string& path : paths) reader.read_file(path);
  auto& entities = parts.bundle.entities;
  std::sort(entities.begin(), entities.end(),
            [](const Entity& a, const Entity& b) { return a.source.name < b.source.name; });
  if (entities.size() > kEntitiesMax)
    parts.reader.add(entities.back().place, "more than 256 entities");
}

}  // namespace sallyport::controlplane::policy
