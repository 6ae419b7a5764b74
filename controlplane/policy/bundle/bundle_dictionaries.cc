// dictionaries.yaml: lists of a tenant's own values, and the entity that each list is about.
#include <algorithm>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

// Room for kDictionaryEntriesMax values of thirty bytes.
constexpr size_t kDictionaryFileBytesMax = 128U << 20;
constexpr uint64_t kColumnsMax = 1'000;
constexpr size_t kListWordBytesMax = 64;     // scan/text/context_words.h
constexpr uint32_t kListProximityMax = 128;  // scan/text/context_words.h
constexpr uint16_t kListProximity = 48;

class DictionaryReader {
 public:
  explicit DictionaryReader(BundleParts& parts) : parts_(parts), reader_(parts.reader) {}

  void read(const YamlMember& member) {
    BundleDictionary dictionary;
    dictionary.source.name = member.key.scalar;
    dictionary.place = member.key.place;
    check_name(member.key);
    YamlMapping mapping(reader_, member.value, "a dictionary");
    Entity* entity = nullptr;
    if (const YamlNode* name = mapping.required("entity")) {
      dictionary.entity = reader_.text(*name);
      if (!dictionary.entity.empty()) entity = find_entity(*name, dictionary.entity);
    }
    if (const YamlNode* tenants = mapping.optional("tenants")) read_tenants(*tenants, dictionary);
    const uint64_t column = mapping.number_or("column", 0, 1, kColumnsMax);
    if (column > 0) dictionary.source.column = static_cast<int>(column) - 1;
    dictionary.source.has_header = mapping.truth_or("header", false);
    dictionary.source.length_min =
        mapping.number_or("length_min", dictionary.source.length_min, 1, contract::kPhraseBytesMax);
    RuleSource rule;
    rule.confidence = static_cast<uint8_t>(mapping.number_or("confidence", 95, 1, 100));
    read_words(mapping, member, rule);
    if (const YamlNode* file = mapping.required("file")) read_file(*file, dictionary);
    mapping.finish();
    if (entity != nullptr) add_rule(*entity, dictionary, std::move(rule));
    parts_.bundle.dictionaries.push_back(std::move(dictionary));
  }

 private:
  // It is the id of a rule, and of a rule of its own.
  void check_name(const YamlNode& key) {
    if (!is_bundle_name(key.scalar))
      reader_.add(key.place, "the name of a dictionary is a-z, 0-9 and inner . _ -, at most 47");
    for (const Entity& entity : parts_.bundle.entities)
      for (size_t i = 0; i < entity.source.rules.size(); ++i)
        if (entity.source.rules[i].id == key.scalar)
          reader_.add(key.place, "'" + key.scalar + "' is already the id of a rule in " +
                                     entity.rule_places[i].file + ":" +
                                     std::to_string(entity.rule_places[i].line));
  }

  Entity* find_entity(const YamlNode& said, const std::string& name) {
    if (!parts_.known_name(name, said.place, parts_.bundle.entities, "entity")) return nullptr;
    const auto found = std::find_if(parts_.bundle.entities.begin(), parts_.bundle.entities.end(),
                                    [&](const Entity& e) { return e.source.name == name; });
    return &*found;
  }

  void read_tenants(const YamlNode& node, BundleDictionary& dictionary) {
    for (auto& [name, place] :
         parts_.names_or_any(node, "an empty list is nobody's; leave the key out for everybody's"))
      if (parts_.known_name(name, place, parts_.bundle.tenants, "tenant"))
        dictionary.tenants.push_back(std::move(name));
  }

  void read_file(const YamlNode& node, BundleDictionary& dictionary) {
    dictionary.file = reader_.text(node);
    dictionary.file_place = node.place;
    if (dictionary.file.empty()) return;
    std::string error;
    auto text =
        parts_.files.read_named(node.place, dictionary.file, error, kDictionaryFileBytesMax);
    if (!text) return reader_.add(node.place, error);
    dictionary.source.text = std::move(*text);
  }

  // Values that are also words of the language (a project "Harbor", an account "1000") may ask for
  // words around them, like the values of every rule.
  void read_words(YamlMapping& mapping, const YamlMember& member, RuleSource& rule) {
    const auto words = [&](std::string_view key) {
      std::vector<std::string> out;
      const YamlNode* node = mapping.optional(key);
      if (node == nullptr) return out;
      for (auto& [word, place] : reader_.texts(*node)) {
        if (word.empty() || word.size() > kListWordBytesMax)
          reader_.add(place, "a word has 1 to 64 bytes");
        else
          out.push_back(std::move(word));
      }
      return out;
    };
    rule.context = words("context");
    rule.against = words("against");
    rule.proximity =
        static_cast<uint16_t>(mapping.number_or("proximity", kListProximity, 1, kListProximityMax));
    rule.confidence_bare = static_cast<uint8_t>(mapping.number_or("confidence_bare", 0, 0, 100));
    if (rule.context.empty() && rule.confidence_bare > 0)
      reader_.add(member.key.place,
                  "'confidence_bare' says what a value is worth without its context words, and "
                  "there are none");
  }

  static void add_rule(Entity& entity, const BundleDictionary& dictionary, RuleSource rule) {
    rule.id = dictionary.source.name;
    rule.kind = contract::RuleKind::Dictionary;
    entity.source.rules.push_back(std::move(rule));
    entity.rule_places.push_back(dictionary.place);
  }

  BundleParts& parts_;
  YamlReader& reader_;
};

}  // namespace

void read_dictionaries(BundleParts& parts) {
  if (const YamlNode* all = parts.top("dictionaries.yaml", "dictionaries", false)) {
    YamlMapping mapping(parts.reader, *all, "dictionaries");
    if (mapping.is_mapping() && all->members.size() > contract::kDictionariesMax)
      parts.reader.add(all->place,
                       "more than " + std::to_string(contract::kDictionariesMax) + " dictionaries");
    DictionaryReader reader(parts);
    for (const YamlMember& member : all->members) reader.read(member);
    std::sort(parts.bundle.dictionaries.begin(), parts.bundle.dictionaries.end(),
              [](const auto& a, const auto& b) { return a.source.name < b.source.name; });
  }
  for (const Entity& entity : parts.bundle.entities)
    if (entity.from_dictionary && entity.source.rules.empty())
      parts.reader.add(entity.place, "nothing finds " + entity.source.name +
                                         ": no dictionary of dictionaries.yaml names it");
}

}  // namespace sallyport::controlplane::policy
