#include "controlplane/policy/bundle/rulings.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace sallyport::controlplane::policy {
namespace {

using contract::Direction;
using contract::kRoleCount;
using contract::Role;

using Rules = std::vector<uint16_t>;  // indexes into bundle.actions, in their order

bool names(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

// Which of `rules` decides at each confidence. The whole table is far larger than the list of
// rules, so they are sieved level by level and this is asked once per row, direction and role.
Decision decide(const Bundle& bundle, const Rules& rules, const std::string& entity) {
  const auto none = static_cast<uint16_t>(bundle.actions.size());
  constexpr size_t kPercents = 101;
  std::array<uint16_t, kPercents> by_confidence;
  by_confidence.fill(none);
  size_t open = kPercents;
  for (uint16_t index : rules) {
    const ActionRule& rule = bundle.actions[index];
    if (!names(rule.entities, entity)) continue;
    for (size_t c = rule.confidence_min; c <= rule.confidence_max && c < kPercents; ++c)
      if (by_confidence[c] == none) {
        by_confidence[c] = index;
        --open;
      }
    if (open == 0) break;
  }
  Decision out;
  for (size_t c = 0; c < kPercents; ++c)
    if (out.empty() || out.back().rule != by_confidence[c])
      out.push_back({static_cast<uint8_t>(c), by_confidence[c]});
  return out;
}

class TableMaker {
 public:
  explicit TableMaker(const Bundle& bundle) : bundle_(bundle) {}

  RulingTable make() {
    Rules all(bundle_.actions.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint16_t>(i);
    Rules all_opaque(bundle_.opaque.size());
    for (size_t i = 0; i < all_opaque.size(); ++i) all_opaque[i] = static_cast<uint16_t>(i);
    for (const BundleTenant& tenant : bundle_.tenants) {
      const Rules of_tenant =
          sieve(all, [&](const ActionRule& r) { return names(r.tenants, tenant.name); });
      for (const Environment& environment : bundle_.environments) {
        const Rules of_environment = sieve(of_tenant, [&](const ActionRule& r) {
          return names(r.environments, environment.name);
        });
        for (const BundleVendor& vendor : bundle_.vendors) {
          const RulingCell cell{tenant.name, environment.name, vendor.name};
          table_.cells.push_back(
              row_of(sieve(of_environment,
                           [&](const ActionRule& r) { return names(r.destinations, vendor.name); }),
                     opaque_of(all_opaque, tenant, environment, vendor), cell));
        }
      }
    }
    return std::move(table_);
  }

 private:
  template <class Fits>
  Rules sieve(const Rules& rules, Fits&& fits) const {
    Rules out;
    for (uint16_t index : rules)
      if (fits(bundle_.actions[index])) out.push_back(index);
    return out;
  }

  Rules opaque_of(const Rules& all, const BundleTenant& tenant, const Environment& environment,
                  const BundleVendor& vendor) const {
    Rules out;
    for (uint16_t index : all) {
      const OpaqueRule& rule = bundle_.opaque[index];
      if (names(rule.tenants, tenant.name) && names(rule.environments, environment.name) &&
          names(rule.destinations, vendor.name))
        out.push_back(index);
    }
    return out;
  }

  std::vector<uint16_t> decide_opaque(const Rules& rules) const {
    std::vector<uint16_t> out;
    for (const Direction direction : {Direction::Request, Direction::Response})
      for (size_t kind = 0; kind < contract::kOpaqueReasonCount; ++kind) {
        const auto first = std::find_if(rules.begin(), rules.end(), [&](uint16_t index) {
          const OpaqueRule& r = bundle_.opaque[index];
          return (!r.direction || *r.direction == direction) &&
                 (r.kinds.empty() ||
                  std::find(r.kinds.begin(), r.kinds.end(),
                            static_cast<contract::OpaqueReason>(kind)) != r.kinds.end());
        });
        out.push_back(first == rules.end() ? static_cast<uint16_t>(bundle_.opaque.size()) : *first);
      }
    return out;
  }

  uint32_t row_of(const Rules& rules, const Rules& opaque, const RulingCell& cell) {
    const auto [known, is_new] =
        rows_.try_emplace({rules, opaque}, static_cast<uint32_t>(table_.rows.size()));
    if (!is_new) return known->second;
    RulingRow row;
    row.first = cell;
    row.opaque = decide_opaque(opaque);
    for (const Direction direction : {Direction::Request, Direction::Response}) {
      const Rules of_direction = sieve(
          rules, [&](const ActionRule& r) { return !r.direction || *r.direction == direction; });
      for (size_t role = 0; role < kRoleCount; ++role) {
        const Rules of_role = sieve(of_direction, [&](const ActionRule& r) {
          return r.roles.empty() || std::find(r.roles.begin(), r.roles.end(),
                                              static_cast<Role>(role)) != r.roles.end();
        });
        for (const Entity& entity : bundle_.entities)
          row.decisions.push_back(decision_of(decide(bundle_, of_role, entity.source.name)));
      }
    }
    table_.rows.push_back(std::move(row));
    return known->second;
  }

  uint16_t decision_of(Decision decision) {
    const auto [known, is_new] =
        decisions_.try_emplace(decision, static_cast<uint16_t>(table_.decisions.size()));
    if (is_new) table_.decisions.push_back(std::move(decision));
    return known->second;
  }

  const Bundle& bundle_;
  RulingTable table_;
  std::map<std::pair<Rules, Rules>, uint32_t> rows_;  // by rules and opaque rules
  std::map<Decision, uint16_t> decisions_;
};

}  // namespace

RulingTable make_rulings(const Bundle& bundle) { return TableMaker(bundle).make(); }

const Decision& decision_at(const Bundle& bundle, const RulingTable& table, const RulingRow& row,
                            Direction direction, Role role, size_t entity) {
  const size_t place = (static_cast<size_t>(direction) * kRoleCount + static_cast<size_t>(role)) *
                           bundle.entities.size() +
                       entity;
  return table.decisions[row.decisions[place]];
}

}  // namespace sallyport::controlplane::policy
