#include "controlplane/policy/change/bundle_change.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

void append(std::string& out, std::string_view text) {
  out += std::to_string(text.size()) + ":" + std::string(text) + ";";
}
void append(std::string& out, const std::vector<std::string>& texts) {
  out += std::to_string(texts.size()) + "[";
  for (const std::string& text : texts) append(out, text);
}

std::string entity_content(const Entity& entity) {
  std::vector<std::string> rules;
  for (const RuleSource& rule : entity.source.rules) rules.push_back(rule_content(rule));
  std::sort(rules.begin(), rules.end());
  std::string out;
  append(out, rules);
  return out;
}

bool is_name_of(const std::vector<Entity>& entities, const std::string& name) {
  return std::any_of(entities.begin(), entities.end(),
                     [&](const Entity& entity) { return entity.source.name == name; });
}

}  // namespace

std::string rule_content(const RuleSource& rule) {
  std::string out;
  append(out, std::to_string(static_cast<int>(rule.kind)));
  append(out, rule.pattern);
  for (const int value :
       {int{rule.case_insensitive}, static_cast<int>(rule.validator), int{rule.confidence},
        int{rule.confidence_bare}, int{rule.confidence_alone}, int{rule.boundary_left},
        int{rule.boundary_right}, int{rule.proximity}, int{rule.separated}, int{rule.unseparated},
        int{rule.evasive}, int{rule.any_name}, int{rule.upper_only}, int{rule.title_cues},
        int{rule.names_beside}, static_cast<int>(rule.alphabet), static_cast<int>(rule.length_min),
        static_cast<int>(rule.length_max)})
    out += std::to_string(value) + ",";
  append(out, rule.context);
  append(out, rule.against);
  append(out, rule.shapes);
  append(out, rule.cues);
  return out;
}

std::vector<EntityPair> pair_entities(const Bundle& before, const Bundle& after) {
  std::vector<EntityPair> out;
  std::multimap<std::string, size_t> came;  // by content
  for (size_t i = 0; i < after.entities.size(); ++i)
    if (!is_name_of(before.entities, after.entities[i].source.name))
      came.emplace(entity_content(after.entities[i]), i);
  for (size_t i = 0; i < before.entities.size(); ++i) {
    EntityPair pair;
    pair.before = i;
    const auto same = std::find_if(
        after.entities.begin(), after.entities.end(),
        [&](const auto& e) { return e.source.name == before.entities[i].source.name; });
    if (same != after.entities.end()) {
      pair.after = static_cast<size_t>(same - after.entities.begin());
    } else if (const auto renamed = came.find(entity_content(before.entities[i]));
               renamed != came.end()) {
      pair.after = renamed->second;
      pair.is_renamed = true;
      came.erase(renamed);
    }
    out.push_back(pair);
  }
  for (const auto& [content, i] : came) out.push_back({std::nullopt, i, false});
  return out;
}

std::vector<RulePair> pair_rules(const EntitySource& before, const EntitySource& after) {
  std::vector<RulePair> out;
  std::set<size_t> open;
  for (size_t i = 0; i < after.rules.size(); ++i) open.insert(i);
  const auto take = [&](auto&& fits) -> std::optional<size_t> {
    for (size_t i : open)
      if (fits(after.rules[i])) {
        open.erase(i);
        return i;
      }
    return std::nullopt;
  };
  for (size_t i = 0; i < before.rules.size(); ++i)
    out.push_back({i, take([&](const RuleSource& r) { return r.id == before.rules[i].id; })});
  for (RulePair& pair : out)
    if (!pair.after)
      pair.after = take([&](const RuleSource& r) {
        return rule_content(r) == rule_content(before.rules[*pair.before]);
      });
  for (size_t i : open) out.push_back({std::nullopt, i});
  return out;
}

std::string listed(const std::vector<std::string>& names, size_t most) {
  std::string out;
  const size_t shown = names.size() > most ? most - 1 : names.size();
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += names[i];
  }
  if (shown < names.size()) out += " and " + std::to_string(names.size() - shown) + " more";
  return out;
}

std::string where_words(const std::vector<ChangeWhere>& where) {
  std::string out;
  for (const ChangeWhere& box : where) {
    std::string one;
    const auto say = [&](const std::string& before, const std::vector<std::string>& names) {
      if (names.empty()) return;
      one += (one.empty() ? "" : ", ") + before + " " + listed(names);
    };
    say(box.tenants.size() == 1 ? "tenant" : "tenants", box.tenants);
    say("in", box.environments);
    say("at", box.destinations);
    if (one.empty()) return {};
    out += (out.empty() ? " for " : "; and for ") + one;
  }
  return out;
}

ChangeItem& ChangeParts::add(ChangeArea area, Effect effect, Risk risk, std::string code,
                             std::string subject, std::string words, const Place& place) {
  ChangeItem item;
  item.area = area;
  item.effect = effect;
  item.risk = effect == Effect::Looser || effect == Effect::Unproven ? Risk::Loosening : risk;
  item.code = std::move(code);
  item.subjects = {std::move(subject)};
  item.words = std::move(words);
  item.place = place;
  items.push_back(std::move(item));
  return items.back();
}

std::string_view effect_name(Effect effect) {
  static constexpr std::string_view kNames[] = {"stricter", "looser", "unproven", "changed"};
  return kNames[static_cast<size_t>(effect)];
}

std::string_view risk_name(Risk risk) {
  static constexpr std::string_view kNames[] = {"none", "low", "risky", "loosening"};
  return kNames[static_cast<size_t>(risk)];
}

std::string_view change_area_name(ChangeArea area) {
  static constexpr std::string_view kNames[] = {"redaction", "detection",   "reading",  "test",
                                                "vendor",    "data_use",    "access",   "retention",
                                                "tenant",    "key",         "route",    "template",
                                                "limit",     "environment", "operation"};
  return kNames[static_cast<size_t>(area)];
}

Risk BundleChange::risk() const {
  Risk out = Risk::None;
  for (const ChangeItem& item : items) out = std::max(out, item.risk);
  return out;
}

BundleChange compare_bundles(const Bundle& before, const Bundle& after) {
  BundleChange out;
  if (before.digest == after.digest && before.digest != contract::Digest{}) return out;
  ChangeParts parts{before, after, pair_entities(before, after), {}, out.items};
  mark_protected(parts);
  compare_redaction(parts);
  compare_detection(parts);
  compare_dictionaries(parts);
  compare_reading(parts);
  compare_tests(parts);
  compare_vendors(parts);
  compare_access(parts);
  compare_restoration(parts);
  compare_tenants(parts);
  compare_retention(parts);
  compare_routes(parts);
  compare_templates(parts);
  compare_operation(parts);
  std::stable_sort(out.items.begin(), out.items.end(), [](const auto& a, const auto& b) {
    return std::tuple(-static_cast<int>(a.risk), a.area) <
           std::tuple(-static_cast<int>(b.risk), b.area);
  });
  return out;
}

}  // namespace sallyport::controlplane::policy
