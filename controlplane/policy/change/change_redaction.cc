// What happens to a value: the rulings of both bundles, cell by cell.
//
// It is harder than comparing rules because
//   1. the first rule that fits decides, so the same rules in another order are another policy;
//   2. a rule may fit by confidence, and which confidences there are is the detection's to say: a
//      lowered confidence can loosen what no action rule shows;
//   3. a tenant, environment or vendor that is new had decisions before, those of the rules that
//      name none; so both bundles are asked about the names of both.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "controlplane/policy/bundle/rulings.h"
#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;
using contract::Direction;
using contract::Role;

constexpr Direction kDirections[] = {Direction::Request, Direction::Response};

template <class Thing>
void add_names(std::set<std::string>& into, const std::vector<Thing>& things) {
  for (const Thing& thing : things) into.insert(thing.name);
}

// All names of both, in order.
struct Universe {
  std::vector<std::string> tenants, environments, vendors;
};

template <class Thing>
std::vector<std::string> union_of(const std::vector<Thing>& a, const std::vector<Thing>& b) {
  std::set<std::string> names;
  add_names(names, a);
  add_names(names, b);
  return {names.begin(), names.end()};
}

// The rules of `bundle` over the names of both. Entities keep their index.
Bundle over(const Bundle& bundle, const Universe& universe) {
  Bundle out;
  out.actions = bundle.actions;
  for (const Entity& entity : bundle.entities) {
    Entity& one = out.entities.emplace_back();
    one.source.name = entity.source.name;
  }
  const auto name_all = [](auto& things, const std::vector<std::string>& names) {
    for (const std::string& name : names) things.emplace_back().name = name;
  };
  name_all(out.tenants, universe.tenants);
  name_all(out.environments, universe.environments);
  name_all(out.vendors, universe.vendors);
  return out;
}

uint16_t rule_at(const Decision& decision, unsigned confidence) {
  uint16_t out = decision.front().rule;
  for (const RulingStep& step : decision)
    if (step.from <= confidence) out = step.rule;
  return out;
}

std::string action_words(const Bundle& bundle, size_t rule) {
  if (rule >= bundle.actions.size()) return "block (no rule)";
  const ActionRule& is = bundle.actions[rule];
  std::string out(action_name(is.action));
  if (is.keep_last > 0) out += " but the last " + std::to_string(is.keep_last);
  return out;
}

std::vector<std::string> role_names(unsigned mask) {
  std::vector<std::string> out;
  if (mask + 1 == 1U << contract::kRoleCount) return out;
  for (size_t role = 0; role < contract::kRoleCount; ++role)
    if ((mask >> role & 1) != 0) out.emplace_back(role_name(static_cast<Role>(role)));
  return out;
}

// Confidences with which one entity's values are found, before and after.
std::set<std::pair<uint8_t, uint8_t>> confidences(const EntitySource& before,
                                                  const EntitySource& after) {
  std::set<std::pair<uint8_t, uint8_t>> out;
  uint8_t top_before = 0, top_after = 0;
  for (const RuleSource& rule : before.rules) top_before = std::max(top_before, rule.confidence);
  for (const RuleSource& rule : after.rules) top_after = std::max(top_after, rule.confidence);
  for (const RulePair& pair : pair_rules(before, after)) {
    if (!pair.before || !pair.after) continue;
    const RuleSource& a = before.rules[*pair.before];
    const RuleSource& b = after.rules[*pair.after];
    out.emplace(a.confidence, b.confidence);
    if (a.confidence_alone > 0) out.emplace(a.confidence_alone, b.confidence_alone);
    // Without a context word it is still found, where the rule lists words and says how sure that
    // is.
    if (!a.context.empty() && a.confidence_bare > 0)
      out.emplace(a.confidence_bare, b.context.empty() ? b.confidence : b.confidence_bare);
  }
  // An entity of which no rule stayed: as sure as both are at best.
  if (out.empty() && top_before > 0) out.emplace(top_before, top_after);
  return out;
}

using Cell = std::tuple<size_t, size_t, size_t>;  // tenant, environment, vendor

// Cells as few boxes of names; a side that is the whole universe is empty.
std::vector<ChangeWhere> boxes_of(const std::set<Cell>& cells, const Universe& universe) {
  using Set = std::set<size_t>;
  std::map<std::pair<size_t, size_t>, Set> vendors;  // by tenant and environment
  for (const auto& [t, e, v] : cells) vendors[{t, e}].insert(v);
  std::map<std::pair<size_t, Set>, Set> environments;  // by tenant and vendors
  for (const auto& [te, set] : vendors) environments[{te.first, set}].insert(te.second);
  std::map<std::pair<Set, Set>, Set> tenants;  // by environments and vendors
  for (const auto& [tv, set] : environments) tenants[{set, tv.second}].insert(tv.first);
  const auto names = [](const Set& set, const std::vector<std::string>& all) {
    std::vector<std::string> out;
    if (set.size() == all.size()) return out;
    for (size_t i : set) out.push_back(all[i]);
    return out;
  };
  std::vector<ChangeWhere> out;
  for (const auto& [ev, set] : tenants)
    out.push_back({names(set, universe.tenants), names(ev.first, universe.environments),
                   names(ev.second, universe.vendors)});
  return out;
}

class RedactionChange {
 public:
  explicit RedactionChange(ChangeParts& parts)
      : parts_(parts),
        universe_{union_of(parts.before.tenants, parts.after.tenants),
                  union_of(parts.before.environments, parts.after.environments),
                  union_of(parts.before.vendors, parts.after.vendors)},
        before_(over(parts.before, universe_)),
        after_(over(parts.after, universe_)),
        rulings_before_(make_rulings(before_)),
        rulings_after_(make_rulings(after_)) {
    for (const EntityPair& pair : parts_.entities) {
      const Entity* a = parts_.entity_before(pair);
      const Entity* b = parts_.entity_after(pair);
      confidences_.push_back(a != nullptr && b != nullptr
                                 ? confidences(a->source, b->source)
                                 : std::set<std::pair<uint8_t, uint8_t>>{});
    }
  }

  void mark() {
    parts_.is_protected.assign(parts_.before.entities.size(), false);
    for (size_t e = 0; e < parts_.before.entities.size(); ++e) {
      const Entity& entity = parts_.before.entities[e];
      bool kept = entity.source.secret || entity.never_store;
      for (const RulingRow& row : rulings_before_.rows)
        for (size_t role = 0; role < contract::kRoleCount && !kept; ++role)
          for (const RulingStep& step : decision_at(before_, rulings_before_, row,
                                                    Direction::Request, static_cast<Role>(role), e))
            kept = kept || strength_of(parts_.before, step.rule, entity).rank >= kKeepsBack;
      parts_.is_protected[e] = kept;
    }
  }

  void run() {
    for (size_t t = 0; t < universe_.tenants.size(); ++t)
      for (size_t e = 0; e < universe_.environments.size(); ++e)
        for (size_t v = 0; v < universe_.vendors.size(); ++v)
          if (is_after(t, e, v)) compare(cell_index(t, e, v), cell_index(t, e, v), {t, e, v});
    compare_moved_keys();
    report();
  }

 private:
  // One thing that changed, in the same words wherever it did.
  struct Key {
    Direction direction;
    Effect effect;
    std::string before, after;
    size_t rule_after;
    bool is_protected;
    std::string name;
    auto operator<=>(const Key&) const = default;
  };

  template <class Thing>
  static bool has(const std::vector<Thing>& things, const std::string& name) {
    return std::any_of(things.begin(), things.end(),
                       [&](const Thing& thing) { return thing.name == name; });
  }
  bool is_after(size_t t, size_t e, size_t v) const {
    return has(parts_.after.tenants, universe_.tenants[t]) &&
           has(parts_.after.environments, universe_.environments[e]) &&
           has(parts_.after.vendors, universe_.vendors[v]);
  }
  size_t cell_index(size_t t, size_t e, size_t v) const {
    return (t * universe_.environments.size() + e) * universe_.vendors.size() + v;
  }
  static size_t index_of(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  }

  // A caller whose key now belongs to another tenant or environment meets that one's rules.
  void compare_moved_keys() {
    for (const GatewayKey& old : parts_.before.keys)
      for (const GatewayKey& now : parts_.after.keys) {
        if (old.hmac != now.hmac ||
            (old.tenant == now.tenant && old.environment == now.environment))
          continue;
        const size_t t = index_of(universe_.tenants, now.tenant);
        const size_t e = index_of(universe_.environments, now.environment);
        const size_t t_old = index_of(universe_.tenants, old.tenant);
        const size_t e_old = index_of(universe_.environments, old.environment);
        for (size_t v = 0; v < universe_.vendors.size(); ++v)
          if (is_after(t, e, v))
            compare(cell_index(t_old, e_old, v), cell_index(t, e, v), {t, e, v});
      }
  }

  void compare(size_t cell_before, size_t cell_after, const Cell& cell) {
    const std::pair<uint32_t, uint32_t> rows{rulings_before_.cells[cell_before],
                                             rulings_after_.cells[cell_after]};
    const auto [known, is_new] = changes_of_rows_.try_emplace(rows);
    if (is_new) compare_rows(rows.first, rows.second, known->second);
    for (const auto& [key, roles] : known->second) found_[key][roles].insert(cell);
  }

  void compare_rows(uint32_t row_before, uint32_t row_after, std::map<Key, unsigned>& out) {
    for (size_t i = 0; i < parts_.entities.size(); ++i)
      for (const Direction direction : kDirections)
        for (size_t role = 0; role < contract::kRoleCount; ++role)
          for (const auto& [sure_before, sure_after] : confidences_[i]) {
            const EntityPair& pair = parts_.entities[i];
            const size_t a =
                rule_at(decision_at(before_, rulings_before_, rulings_before_.rows[row_before],
                                    direction, static_cast<Role>(role), *pair.before),
                        sure_before);
            const size_t b =
                rule_at(decision_at(after_, rulings_after_, rulings_after_.rows[row_after],
                                    direction, static_cast<Role>(role), *pair.after),
                        sure_after);
            compare_rules(pair, a, b, sure_before, sure_after, direction, 1U << role, out);
          }
  }

  void compare_rules(const EntityPair& pair, size_t a, size_t b, unsigned sure_before,
                     unsigned sure_after, Direction direction, unsigned role,
                     std::map<Key, unsigned>& out) {
    const Strength was = strength_of(parts_.before, a, *parts_.entity_before(pair));
    const Strength is = strength_of(parts_.after, b, *parts_.entity_after(pair));
    const auto effect = strength_effect(was, is);
    if (!effect) return;
    Key key{direction,
            *effect,
            action_words(parts_.before, a),
            action_words(parts_.after, b),
            b,
            was.rank >= kKeepsBack || parts_.before.entities[*pair.before].source.secret,
            parts_.entity_after(pair)->source.name};
    if (sure_before != sure_after)
      key.after += " (found with " + std::to_string(sure_after) + " percent, before with " +
                   std::to_string(sure_before) + ")";
    out[key] |= role;
  }

  // Entities to which the same happened in the same places are one item.
  void report() {
    std::map<std::tuple<Key, unsigned, std::set<Cell>>, std::vector<std::string>> grouped;
    for (const auto& [key, by_roles] : found_)
      for (const auto& [roles, cells] : by_roles) {
        Key of_all = key;
        of_all.name.clear();
        grouped[{of_all, roles, cells}].push_back(key.name);
      }
    for (const auto& [what, entities] : grouped) {
      const auto& [key, roles, cells] = what;
      add(key, role_names(roles), boxes_of(cells, universe_), entities);
    }
  }

  void add(const Key& key, std::vector<std::string> roles, std::vector<ChangeWhere> where,
           const std::vector<std::string>& entities) {
    std::string words =
        listed(entities) + (key.direction == Direction::Request ? " in requests" : " in answers");
    if (!roles.empty()) words += " (" + listed(roles) + ")";
    words += ": " + key.before + " becomes " + key.after + where_words(where);
    const bool has_rule = key.rule_after < parts_.after.actions.size();
    if (has_rule) words += " (rule '" + parts_.after.actions[key.rule_after].id + "')";
    Place place{parts_.after.folder + "/actions.yaml", 0, 0};
    if (has_rule) place = parts_.after.actions[key.rule_after].place;
    ChangeItem& item = parts_.add(ChangeArea::Redaction, key.effect, Risk::Risky, "action", "",
                                  std::move(words), place);
    item.subjects = entities;
    item.direction = key.direction == Direction::Request ? "request" : "response";
    item.roles = std::move(roles);
    item.where = std::move(where);
    item.before = key.before;
    item.after = key.after;
    item.is_protected = key.is_protected;
  }

  ChangeParts& parts_;
  const Universe universe_;
  const Bundle before_, after_;
  const RulingTable rulings_before_, rulings_after_;
  std::vector<std::set<std::pair<uint8_t, uint8_t>>> confidences_;  // as parts_.entities
  std::map<std::pair<uint32_t, uint32_t>, std::map<Key, unsigned>> changes_of_rows_;
  std::map<Key, std::map<unsigned, std::set<Cell>>> found_;
};

}  // namespace

Strength strength_of(const Bundle& bundle, size_t rule, const Entity& entity) {
  if (rule >= bundle.actions.size()) return {8, 0, Action::Block};
  const ActionRule& is = bundle.actions[rule];
  switch (is.action) {
    case Action::Block:
      return {8, 0, is.action};
    case Action::Mask:
      if (is.keep_last == 0) return {7, 0, is.action};
      return {3, -int{is.keep_last}, is.action};
    case Action::Hash:
      return {6, 0, is.action};
    case Action::Tokenize:
      return {5, 0, is.action};
    case Action::Generalise:
      // What becomes the name of its kind keeps as little as a mask.
      if (entity.generalisation == contract::Generalisation::Name) return {7, 0, Action::Mask};
      return {3, -static_cast<int>(entity.generalisation), is.action};
    case Action::Observe:
      return {1, 0, is.action};
    case Action::Allow:
      break;
  }
  return {0, 0, Action::Allow};
}

std::optional<Effect> strength_effect(const Strength& before, const Strength& after) {
  if (before.rank != after.rank)
    return after.rank > before.rank ? Effect::Stricter : Effect::Looser;
  if (before.action != after.action) return Effect::Unproven;
  if (before.detail == after.detail) return std::nullopt;
  // Years, networks and post codes: which of two keeps less depends on the value.
  if (before.action == Action::Generalise) return Effect::Unproven;
  return after.detail > before.detail ? Effect::Stricter : Effect::Looser;
}

void mark_protected(ChangeParts& parts) { RedactionChange(parts).mark(); }

void compare_redaction(ChangeParts& parts) { RedactionChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
