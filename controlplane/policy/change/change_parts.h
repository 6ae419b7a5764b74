// change_parts.h: the parts of compare_bundles(), each of which looks at one side of a change.
//
// Internal to bundle_change.cc and change_*.cc.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/policy/change/bundle_change.h"

namespace sallyport::controlplane::policy {

// The same entity in both bundles; one side is missing where it came or went.
struct EntityPair {
  std::optional<size_t> before;
  std::optional<size_t> after;
  bool is_renamed = false;  // other name, same rules
};

// The same rule of an entity in both bundles, by id or by content.
struct RulePair {
  std::optional<size_t> before;
  std::optional<size_t> after;
};

struct ChangeParts {
  const Bundle& before;
  const Bundle& after;
  std::vector<EntityPair> entities;
  // By index into before.entities: its values do not leave as they are, in some request.
  std::vector<bool> is_protected;
  std::vector<ChangeItem>& items;

  // Looser and Unproven are loosening; otherwise `risk`.
  ChangeItem& add(ChangeArea area, Effect effect, Risk risk, std::string code, std::string subject,
                  std::string words, const Place& place);
  const Entity* entity_before(const EntityPair& pair) const {
    return pair.before ? &before.entities[*pair.before] : nullptr;
  }
  const Entity* entity_after(const EntityPair& pair) const {
    return pair.after ? &after.entities[*pair.after] : nullptr;
  }
};

std::vector<EntityPair> pair_entities(const Bundle& before, const Bundle& after);
std::vector<RulePair> pair_rules(const EntitySource& before, const EntitySource& after);
// Everything of a rule but its id, as one text.
std::string rule_content(const RuleSource& rule);

// How much of a value an action keeps back: 0 allow, 1 observe, then more. Actions of one rank can
// differ (strength_effect()).
struct Strength {
  int rank = 0;
  int detail = 0;  // within a rank: more is stricter; only of the same action
  contract::Action action = contract::Action::Block;
};
inline constexpr int kKeepsBack = 2;  // ranks from here on: the value does not leave as it is
// `rule` may be bundle.actions.size(): no rule, block.
Strength strength_of(const Bundle& bundle, size_t rule, const Entity& entity);
// Nothing: the same.
std::optional<Effect> strength_effect(const Strength& before, const Strength& after);

// "a, b and c"; more than `most` are counted.
std::string listed(const std::vector<std::string>& names, size_t most = 6);
// " for tenant sales, in production, at openai"; "" when it is everywhere.
std::string where_words(const std::vector<ChangeWhere>& where);

void mark_protected(ChangeParts& parts);        // change_redaction.cc
void compare_redaction(ChangeParts& parts);     // change_redaction.cc
void compare_detection(ChangeParts& parts);     // change_detection.cc
void compare_dictionaries(ChangeParts& parts);  // change_dictionaries.cc
void compare_tests(ChangeParts& parts);         // change_tests.cc
void compare_vendors(ChangeParts& parts);       // change_vendors.cc
void compare_reading(ChangeParts& parts);       // change_reading.cc
void compare_access(ChangeParts& parts);        // change_access.cc
void compare_restoration(ChangeParts& parts);   // change_access.cc
void compare_tenants(ChangeParts& parts);       // change_settings.cc, as the rest
void compare_retention(ChangeParts& parts);
void compare_routes(ChangeParts& parts);
void compare_templates(ChangeParts& parts);
void compare_operation(ChangeParts& parts);

}  // namespace sallyport::controlplane::policy
