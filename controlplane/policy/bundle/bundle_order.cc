// What would be read and do nothing. Rules that can never decide: the first that fits does, and one
// before them fits all that they fit; a refusal behind a permission would look like one, and be
// none. Words of a rule that have nothing to count for, and reasons that nobody grants.
#include <algorithm>
#include <optional>
#include <vector>

#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"

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
    check(bundle.access, [](const AccessRule& a, const AccessRule& b) {
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
    check_words();
    check_default_reasons();
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

  void check_words() {
    const uint16_t usual = RuleSource{}.proximity;
    for (const Entity& entity : parts_.bundle.entities)
      for (size_t i = 0; i < entity.source.rules.size(); ++i) {
        const RuleSource& rule = entity.source.rules[i];
        const auto refuse = [&](const char* why) {
          parts_.reader.add(entity.rule_places[i], "rule '" + rule.id + "': " + why);
        };
        if (rule.proximity != usual && rule.context.empty() && rule.against.empty())
          refuse("'proximity' says how far words count, and there are none");
        if (rule.confidence_bare > rule.confidence)
          refuse("'confidence_bare' is above 'confidence': a value is not surer without its words");
      }
  }

  // Where reasons are not listed, the rules are what says which there are.
  void check_default_reasons() {
    const Bundle& bundle = parts_.bundle;
    if (!bundle.reasons.empty() || bundle.access.empty()) return;
    std::vector<std::string> granted;
    for (const AccessRule& rule : bundle.access) {
      if (rule.reasons.empty()) return;  // any
      granted.insert(granted.end(), rule.reasons.begin(), rule.reasons.end());
    }
    for (const GatewayKey& key : bundle.keys)
      if (!key.default_reason.empty() &&
          std::find(granted.begin(), granted.end(), key.default_reason) == granted.end())
        parts_.reader.add(key.place,
                          "key '" + key.id + "': no rule of access.yaml has the reason '" +
                              key.default_reason + "', so nothing would be restored for it" +
                              did_you_mean(key.default_reason, granted) +
                              "; a reason that grants nothing stands under 'reasons'");
  }

  BundleParts& parts_;
  std::vector<contract::Role> roles_;
  std::vector<contract::OpaqueReason> kinds_;
};

}  // namespace

void check_order(BundleParts& parts) { OrderCheck(parts).run(); }

}  // namespace sallyport::controlplane::policy
