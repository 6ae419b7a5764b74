// What the rules of a bundle say together, whatever their order and whichever overlay said them.
#include <set>
#include <tuple>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/rulings.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Action;
using contract::Direction;
using contract::Role;

// Nothing of the value leaves.
bool is_whole_mask(const ActionRule& rule) {
  return rule.action == Action::Mask && rule.keep_last == 0;
}
bool is_partial_mask(const ActionRule& rule) {
  return rule.action == Action::Mask && rule.keep_last > 0;
}

class PromiseCheck {
 public:
  explicit PromiseCheck(BundleParts& parts)
      : parts_(parts), bundle_(parts.bundle), table_(make_rulings(parts.bundle)) {}

  void run() {
    for (size_t entity = 0; entity < bundle_.entities.size(); ++entity) {
      const Entity& e = bundle_.entities[entity];
      if (e.source.secret) check_kept(entity, true);
      if (e.never_store) check_kept(entity, false);
      if (e.mask_or_hash) check_mask_or_hash(entity);
    }
    check_priorities();
  }

 private:
  // visit(direction, role, rule index) for every rule that decides on the entity in a row.
  template <class Visit>
  void for_each_rule(const RulingRow& row, size_t entity, Visit&& visit) const {
    for (const Direction direction : {Direction::Request, Direction::Response})
      for (size_t role = 0; role < contract::kRoleCount; ++role)
        for (const RulingStep& step :
             decision_at(bundle_, table_, row, direction, static_cast<Role>(role), entity))
          if (step.rule < bundle_.actions.size())
            visit(direction, static_cast<Role>(role), step.rule);
  }

  // A secret leaves in no request in a form that could come back; what is never stored leaves
  // nowhere.
  void check_kept(size_t entity, bool is_secret) {
    const std::string& name = bundle_.entities[entity].source.name;
    for (const RulingRow& row : table_.rows)
      for_each_rule(row, entity, [&](Direction direction, Role role, uint16_t index) {
        const ActionRule& rule = bundle_.actions[index];
        if (is_secret && direction == Direction::Response) return;
        if (rule.action == Action::Block || is_whole_mask(rule)) return;
        if (!reported_.emplace(index, name, is_secret).second) return;
        parts_.reader.add(rule.place, kept_message(rule, name, is_secret, row, direction, role));
      });
  }

  static std::string kept_message(const ActionRule& rule, const std::string& entity, bool is_secret,
                                  const RulingRow& row, Direction direction, Role role) {
    std::string out = "rule '" + rule.id + "' answers '" + std::string(action_name(rule.action)) +
                      (is_partial_mask(rule) ? " with keep_last" : "") + "' for ";
    if (is_secret) out += "the secret ";
    out += entity + (direction == Direction::Request ? " in requests" : " in answers");
    out += " (tenant " + std::string(row.first.tenant) + ", environment " +
           std::string(row.first.environment) + ", destination " + std::string(row.first.vendor);
    if (!rule.roles.empty()) out += ", role " + std::string(role_name(role));
    return out + (is_secret ? "); a secret is blocked or masked"
                            : "); what is never stored is blocked or masked wholly, everywhere");
  }

  // A number of which one cell keeps the last digits and another the hash: the two together are a
  // short search (PCI DSS 3.5.1). One tenant has one hash key, so the cells of a tenant count.
  void check_mask_or_hash(size_t entity) {
    const size_t own = bundle_.environments.size() * bundle_.vendors.size();
    for (size_t tenant = 0; tenant < bundle_.tenants.size(); ++tenant) {
      const ActionRule* mask = nullptr;
      const ActionRule* hash = nullptr;
      std::set<uint32_t> rows(
          table_.cells.begin() + static_cast<std::ptrdiff_t>(tenant * own),
          table_.cells.begin() + static_cast<std::ptrdiff_t>((tenant + 1) * own));
      for (uint32_t row : rows)
        for_each_rule(table_.rows[row], entity, [&](Direction, Role, uint16_t index) {
          const ActionRule& rule = bundle_.actions[index];
          if (is_partial_mask(rule) && mask == nullptr) mask = &rule;
          if (rule.action == Action::Hash && hash == nullptr) hash = &rule;
        });
      if (mask == nullptr || hash == nullptr) continue;
      const std::string& name = bundle_.entities[entity].source.name;
      if (!pairs_.emplace(mask->id, hash->id, name).second) continue;
      parts_.reader.add(hash->place, "rule '" + hash->id + "' hashes " + name + " and rule '" +
                                         mask->id + "' keeps its last digits, both for tenant " +
                                         bundle_.tenants[tenant].name +
                                         "; together they give the value away (PCI DSS 3.5.1)");
    }
  }

  // Of two matches that overlap the higher priority stays, and its value may be stored: so nothing
  // that may be stored stands above what must not.
  void check_priorities() {
    const Entity* highest = nullptr;
    for (const Entity& e : bundle_.entities)
      if (!e.never_store && !e.source.secret &&
          (highest == nullptr || e.source.priority > highest->source.priority))
        highest = &e;
    for (const Entity& e : bundle_.entities)
      if (e.never_store && highest != nullptr && e.source.priority <= highest->source.priority)
        parts_.reader.add(e.place, e.source.name +
                                       " is never stored, so its priority must be above " +
                                       std::to_string(highest->source.priority) + ", that of " +
                                       highest->source.name);
  }

  BundleParts& parts_;
  const Bundle& bundle_;
  const RulingTable table_;
  std::set<std::tuple<uint16_t, std::string, bool>> reported_;
  std::set<std::tuple<std::string, std::string, std::string>> pairs_;
};

}  // namespace

void check_rulings(BundleParts& parts) { PromiseCheck(parts).run(); }

}  // namespace sallyport::controlplane::policy
