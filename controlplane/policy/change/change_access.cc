// Who has values back: access.yaml decision by decision, restoration.yaml rule by rule.
//
// Names that the rules of both bundles list in the same way are one class, so that the product of
// classes is asked, not of names: a company of thousands is as quick as its rules are few.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

constexpr const char* kAnyOther = "anybody else";

// Names of one dimension, one per class; "" stands for every name that no rule lists.
struct Classes {
  std::vector<std::string> first;                           // the name that is asked about
  std::map<std::string, std::vector<std::string>> members;  // by first
};

template <class Of>
Classes classes_of(const Bundle& a, const Bundle& b, const std::vector<std::string>& known, Of of) {
  std::map<std::string, std::string> signatures;  // by name
  std::set<std::string> names(known.begin(), known.end());
  const auto each_rule = [&](auto&& visit) {
    for (const Bundle* bundle : {&a, &b})
      for (const AccessRule& rule : bundle->access) visit(of(rule));
  };
  each_rule(
      [&](const std::vector<std::string>& listed) { names.insert(listed.begin(), listed.end()); });
  if (known.empty()) names.insert("");
  for (const std::string& name : names)
    each_rule([&](const std::vector<std::string>& listed) {
      const bool fits =
          listed.empty() || std::find(listed.begin(), listed.end(), name) != listed.end();
      signatures[name] += fits ? '1' : '0';
    });
  Classes out;
  std::map<std::string, std::string> first_of;  // by signature
  for (const std::string& name : names) {
    const auto [known_class, is_new] = first_of.try_emplace(signatures[name], name);
    if (is_new) out.first.push_back(name);
    out.members[known_class->second].push_back(name);
  }
  return out;
}

bool allows(const Bundle& bundle, const std::string& tenant, const std::string& principal,
            const std::string& entity, const std::string& reason) {
  const auto fits = [](const std::vector<std::string>& names, const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const AccessRule& rule : bundle.access)
    if (fits(rule.tenants, tenant) && fits(rule.principals, principal) &&
        fits(rule.entities, entity) && fits(rule.reasons, reason))
      return rule.allow;
  return false;
}

std::vector<std::string> names_of(const Classes& classes, const std::string& first) {
  std::vector<std::string> out = classes.members.at(first);
  for (std::string& name : out)
    if (name.empty()) name = kAnyOther;
  return out;
}

class AccessChange {
 public:
  explicit AccessChange(ChangeParts& parts) : parts_(parts) {}

  void run() {
    if (same_rules()) return;
    std::vector<std::string> tenants, entities;
    for (const BundleTenant& tenant : parts_.after.tenants) tenants.push_back(tenant.name);
    for (const Entity& entity : parts_.after.entities) entities.push_back(entity.source.name);
    const Bundle &a = parts_.before, &b = parts_.after;
    tenants_ = classes_of(a, b, tenants, [](const AccessRule& r) { return r.tenants; });
    entities_ = classes_of(a, b, entities, [](const AccessRule& r) { return r.entities; });
    principals_ = classes_of(a, b, {}, [](const AccessRule& r) { return r.principals; });
    reasons_ = classes_of(a, b, {}, [](const AccessRule& r) { return r.reasons; });
    for (const std::string& tenant : tenants_.first)
      for (const std::string& principal : principals_.first)
        for (const std::string& reason : reasons_.first) {
          if (reason.empty() && !parts_.after.reasons.empty()) continue;  // no other reason exists
          compare(tenant, principal, reason);
        }
  }

 private:
  bool same_rules() const {
    const auto& a = parts_.before.access;
    const auto& b = parts_.after.access;
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
      return std::tie(x.tenants, x.principals, x.entities, x.reasons, x.allow) ==
             std::tie(y.tenants, y.principals, y.entities, y.reasons, y.allow);
    });
  }

  void compare(const std::string& tenant, const std::string& principal, const std::string& reason) {
    std::map<bool, std::vector<std::string>> changed;  // entities by "is allowed now"
    for (const std::string& entity : entities_.first) {
      const bool was = allows(parts_.before, tenant, principal, entity, reason);
      const bool is = allows(parts_.after, tenant, principal, entity, reason);
      if (was == is) continue;
      const auto names = names_of(entities_, entity);
      changed[is].insert(changed[is].end(), names.begin(), names.end());
    }
    for (auto& [is, entities] : changed) {
      const std::vector<std::string> who = names_of(principals_, principal);
      const std::vector<std::string> why = reason.empty()
                                               ? std::vector<std::string>{"any other reason"}
                                               : names_of(reasons_, reason);
      const std::vector<std::string> of = names_of(tenants_, tenant);
      ChangeItem& item =
          parts_.add(ChangeArea::Access, is ? Effect::Looser : Effect::Stricter, Risk::Risky,
                     "live_answers", "",
                     listed(who) + (of.size() == 1 ? " of tenant " : " of tenants ") + listed(of) +
                         (is ? " now has " : " no longer has ") + listed(entities) +
                         " back in answers, for " + listed(why),
                     Place{parts_.after.folder + "/access.yaml", 0, 0});
      item.subjects = std::move(entities);
      item.where = {{of, {}, {}}};
      item.before = is ? "denied" : "allowed";
      item.after = is ? "allowed" : "denied";
    }
  }

  ChangeParts& parts_;
  Classes tenants_, entities_, principals_, reasons_;
};

// restoration.yaml has seven matchers and requirements besides; what is asked is whether each rule
// of one is a rule of the other.
class RestorationChange {
 public:
  explicit RestorationChange(ChangeParts& parts)
      : parts_(parts),
        a_(own_rules(parts.before.restoration)),
        b_(own_rules(parts.after.restoration)) {}

  void run() {
    if (restoration_text(a_) == restoration_text(b_)) return;
    compare_rules();
    compare_people();
    more(b_.break_glass_roles, a_.break_glass_roles, "break_glass", " may break the glass");
    for (const RestorationReason& reason : b_.reasons) {
      const RestorationReason* was = a_.find_reason(reason.code);
      if (was == nullptr)
        say(Effect::Changed, "reason_added", reason.code, "reason " + reason.code + " is there");
      else if (was->ticket_required && !reason.ticket_required)
        say(Effect::Looser, "ticket", reason.code, reason.code + " no longer asks for a ticket");
    }
    if (b_.limits.values_per_request > a_.limits.values_per_request ||
        b_.limits.values_per_hour > a_.limits.values_per_hour ||
        b_.limits.denials_per_hour > a_.limits.denials_per_hour)
      say(Effect::Looser, "limits", "limits", "more values can be restored at once");
    if (parts_.items.size() == before_)
      say(Effect::Stricter, "restoration", "restoration.yaml", "fewer may restore, or less");
  }

 private:
  // access.yaml stands in it, too, and is compared decision by decision above.
  static RestorationPolicy own_rules(RestorationPolicy policy) {
    policy.live.clear();
    return policy;
  }

  void say(Effect effect, std::string code, const std::string& subject, const std::string& words) {
    parts_.add(ChangeArea::Access, effect, Risk::Low, "restoration_" + code, subject,
               "restoration: " + words, Place{parts_.after.folder + "/restoration.yaml", 0, 0});
  }

  static auto who_and_what(const RestorationRule& r) {
    return std::tie(r.principals, r.roles, r.tenants, r.entities, r.environments, r.purposes,
                    r.reasons, r.allow);
  }
  static auto requirements(const RestorationRule& r) {
    return std::tie(r.mfa_min, r.from_minute, r.to_minute, r.weekdays, r.ticket_required);
  }
  // `now` asks for no less.
  static bool asks_no_less(const RestorationRule& now, const RestorationRule& old) {
    return now.mfa_min >= old.mfa_min && now.from_minute >= old.from_minute &&
           now.to_minute <= old.to_minute && (now.weekdays & ~old.weekdays) == 0 &&
           (now.ticket_required || !old.ticket_required);
  }

  // The rules of `b_` in order, each one of `a_` in order, where only denials came and permissions
  // went: then nobody has more. Anything else is not shown to be as strict.
  void compare_rules() {
    size_t at = 0;
    for (const RestorationRule& now : b_.rules) {
      size_t same = at;
      while (same < a_.rules.size() && (who_and_what(a_.rules[same]) != who_and_what(now) ||
                                        (now.allow && !asks_no_less(now, a_.rules[same])))) {
        if (!a_.rules[same].allow) break;  // a denial cannot be left away
        ++same;
      }
      const bool found = same < a_.rules.size() &&
                         who_and_what(a_.rules[same]) == who_and_what(now) &&
                         (!now.allow || asks_no_less(now, a_.rules[same]));
      if (found)
        at = same + 1;
      else if (now.allow)
        return say(Effect::Unproven, "rules", now.id, "rule '" + now.id + "' may let more restore");
    }
    for (; at < a_.rules.size(); ++at)
      if (!a_.rules[at].allow)
        return say(Effect::Unproven, "rules", a_.rules[at].id,
                   "the denial '" + a_.rules[at].id + "' is gone");
  }

  void compare_people() {
    for (const Identity& now : b_.identities) {
      const auto was = std::find_if(a_.identities.begin(), a_.identities.end(),
                                    [&](const Identity& one) { return one.name == now.name; });
      if (was == a_.identities.end()) {
        say(Effect::Looser, "identity_added", now.name, now.name + " is known");
        continue;
      }
      const bool wider =
          now.mfa > was->mfa || now.unix_user != was->unix_user || now.gateway != was->gateway ||
          now.subject_name != was->subject_name || now.spki != was->spki ||
          (was->expires_s != 0 && (now.expires_s == 0 || now.expires_s > was->expires_s)) ||
          std::any_of(now.roles.begin(), now.roles.end(), [&](const auto& role) {
            return std::find(was->roles.begin(), was->roles.end(), role) == was->roles.end();
          });
      if (wider)
        say(Effect::Looser, "identity_changed", now.name,
            now.name + " has another proof, more roles, or longer");
    }
  }

  void more(const std::vector<std::string>& now, const std::vector<std::string>& old,
            const std::string& code, const std::string& words) {
    for (const std::string& one : now)
      if (std::find(old.begin(), old.end(), one) == old.end())
        say(Effect::Looser, code, one, one + words);
  }

  ChangeParts& parts_;
  const RestorationPolicy a_, b_;
  const size_t before_ = parts_.items.size();
};

}  // namespace

void compare_access(ChangeParts& parts) { AccessChange(parts).run(); }

void compare_restoration(ChangeParts& parts) { RestorationChange(parts).run(); }

}  // namespace sallyport::controlplane::policy
