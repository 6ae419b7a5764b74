// Rules that can never decide: the first that fits does, and one before them fits all that they
// fit. A refusal behind a permission would look like one, and be none.
#include <algorithm>
#include <optional>
#include <vector>

#include "controlplane/policy/bundle/bundle_sections.h"

namespace sallyport::controlplane::policy {
namespace {

// Whether one matcher takes all that the other takes; an empty list takes everything. `all`: those
// that there are, where that is settled. Of names it is not: a rule without tenants waits for those
// to come.
template <class Name>
bool takes_all(const std::vector<Name>& wide, const std::vector<Name>& narrow,
               const std::vector<Name>& all = {}) {
  if (wide.empty()) return true;
  const std::vector<Name>& asked = narrow.empty() ? all : narrow;
  return !asked.empty() && std::all_of(asked.begin(), asked.end(), [&](const Name& name) {
    return std::find(wide.begin(), wide.end(), name) != wide.end();
  });
}

bool takes_all(const std::optional<contract::Direction>& wide,
               const std::optional<contract::Direction>& narrow) {
  return !wide || wide == narrow;
}

class OrderCheck {
 public:
  explicit OrderCheck(BundleParts& parts) : parts_(parts) {
    for (size_t i = 0; i < contract::kRoleCount; ++i)
      roles_.push_back(static_cast<contract::Role>(i));
    for (size_t i = 0; i < contract::kOpaqueReasonCount; ++i)
      kinds_.push_back(static_cast<contract::OpaqueReason>(i));
  }

  void run() {
    const Bundle& bundle = parts_.bundle;
    check(bundle.actions, [this](const ActionRule& a, const ActionRule& b) {
      return same_cells(a, b) && takes_all(a.entities, b.entities) &&
             takes_all(a.roles, b.roles, roles_) && a.confidence_min <= b.confidence_min &&
             a.confidence_max >= b.confidence_max;
    });
    check(bundle.opaque, [this](const OpaqueRule& a, const OpaqueRule& b) {
      return same_cells(a, b) && takes_all(a.kinds, b.kinds, kinds_);
    });
    check(bundle.access, [this](const AccessRule& a, const AccessRule& b) {
      return takes_all(a.tenants, b.tenants) && takes_all(a.principals, b.principals) &&
             takes_all(a.entities, b.entities) && takes_all(a.reasons, b.reasons);
    });
    check(bundle.restoration.rules, [](const RestorationRule& a, const RestorationRule& b) {
      // Live answers to whom is no identity are asked of refusals alone (restore/decision.cc).
      if (a.allow && !b.allow && b.principals.empty() && b.roles.empty()) return false;
      return takes_all(a.principals, b.principals) && takes_all(a.roles, b.roles) &&
             takes_all(a.tenants, b.tenants) && takes_all(a.entities, b.entities) &&
             takes_all(a.environments, b.environments) && takes_all(a.purposes, b.purposes) &&
             takes_all(a.reasons, b.reasons);
    });
  }

 private:
  template <class Rule>
  bool same_cells(const Rule& a, const Rule& b) const {
    return takes_all(a.tenants, b.tenants) && takes_all(a.environments, b.environments) &&
           takes_all(a.destinations, b.destinations) && takes_all(a.direction, b.direction);
  }

  // Of one file: that an overlay leaves nothing to a rule of its base is what overlays are for.
  template <class Rule, class Covers>
  void check(const std::vector<Rule>& rules, const Covers& covers) {
    for (size_t later = 1; later < rules.size(); ++later) {
      const Rule& rule = rules[later];
      const auto end = rules.begin() + static_cast<std::ptrdiff_t>(later);
      const auto before = std::find_if(rules.begin(), end, [&](const Rule& one) {
        return one.place.file == rule.place.file && covers(one, rule);
      });
      if (before != end)
        parts_.reader.add(rule.place, "rule '" + rule.id + "' never decides: the first rule that " +
                                          "fits does, and '" + before->id + "' in line " +
                                          std::to_string(before->place.line) +
                                          " fits everything that this one fits; put it before " +
                                          "that one, or take it out");
    }
  }

  BundleParts& parts_;
  std::vector<contract::Role> roles_;
  std::vector<contract::OpaqueReason> kinds_;
};

}  // namespace

void check_order(BundleParts& parts) { OrderCheck(parts).run(); }

}  // namespace sallyport::controlplane::policy
