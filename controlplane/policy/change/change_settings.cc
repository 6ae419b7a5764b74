// Tenants, keys, environments, retention, routes, templates, limits, and how changes are made.
#include <algorithm>
#include <set>
#include <tuple>

#include "controlplane/policy/bundle/bundle_limits.h"
#include "controlplane/policy/change/change_parts.h"

namespace sallyport::controlplane::policy {
namespace {

using contract::Durability;

template <class Things, class Name>
auto find(const Things& things, Name&& fits) -> decltype(&*things.begin()) {
  const auto found = std::find_if(things.begin(), things.end(), fits);
  return found == things.end() ? nullptr : &*found;
}

// The durability that counts for a tenant in an environment.
Durability durability_of(const Bundle& bundle, const std::string& tenant,
                         const std::string& environment) {
  for (const BundleTenant& one : bundle.tenants)
    if (one.name == tenant)
      if (const auto own = one.durability.find(environment); own != one.durability.end())
        return own->second;
  for (const Environment& one : bundle.environments)
    if (one.name == environment) return one.durability;
  return Durability::Committed;
}

void compare_durability(ChangeParts& parts) {
  ChangeWhere looser, stricter;
  std::set<std::string> looser_in, stricter_in;
  for (const BundleTenant& tenant : parts.after.tenants)
    for (const Environment& environment : parts.after.environments) {
      const Durability was = durability_of(parts.before, tenant.name, environment.name);
      const Durability is = durability_of(parts.after, tenant.name, environment.name);
      const bool was_there = find(parts.before.environments, [&](const Environment& e) {
                               return e.name == environment.name;
                             }) != nullptr;
      if (was == is || !was_there) continue;
      auto& where = is == Durability::Recorded ? looser : stricter;
      if (where.tenants.empty() || where.tenants.back() != tenant.name)
        where.tenants.push_back(tenant.name);
      (is == Durability::Recorded ? looser_in : stricter_in).insert(environment.name);
    }
  const auto say = [&](ChangeWhere& where, const std::set<std::string>& in, Effect effect,
                       const char* words) {
    if (in.empty()) return;
    where.environments.assign(in.begin(), in.end());
    std::string text = words + where_words({where});
    parts
        .add(ChangeArea::Environment, effect, Risk::Risky, "durability", *in.begin(),
             std::move(text), Place{parts.after.folder + "/environments.yaml", 0, 0})
        .where = {where};
  };
  say(looser, looser_in, Effect::Looser, "requests leave before their record is on disk");
  say(stricter, stricter_in, Effect::Stricter, "requests wait until their record is on disk");
}

void compare_keys(ChangeParts& parts) {
  const auto of_hmac = [](const std::vector<GatewayKey>& keys, const contract::Digest& hmac) {
    return find(keys, [&](const GatewayKey& key) { return key.hmac == hmac; });
  };
  for (const GatewayKey& now : parts.after.keys) {
    const GatewayKey* was = of_hmac(parts.before.keys, now.hmac);
    if (was == nullptr)
      parts.add(ChangeArea::Key, Effect::Changed, Risk::Low, "key_added", now.id,
                "key " + now.id + " lets " + now.principal + " of tenant " + now.tenant + " in",
                now.place);
    else if (std::tie(was->tenant, was->environment, was->principal, was->default_reason) !=
             std::tie(now.tenant, now.environment, now.principal, now.default_reason))
      parts.add(ChangeArea::Key, Effect::Unproven, Risk::Risky, "key_moved", now.id,
                "key " + now.id + " now stands for " + now.principal + " of tenant " + now.tenant +
                    " in " + now.environment,
                now.place);
  }
  for (const GatewayKey& old : parts.before.keys)
    if (of_hmac(parts.after.keys, old.hmac) == nullptr)
      parts.add(ChangeArea::Key, Effect::Stricter, Risk::Risky, "key_removed", old.id,
                "key " + old.id + " lets nobody in any more", old.place);
}

struct NumberOf {
  const char* name;
  uint32_t RolloutSettings::*member;
  bool more_is_looser;
};
constexpr NumberOf kRollout[] = {
    {"canary_least_exchanges", &RolloutSettings::canary_least_exchanges, false},
    {"canary_least_seconds", &RolloutSettings::canary_least_seconds, false},
    {"halt_least_exchanges", &RolloutSettings::halt_least_exchanges, true},
    {"halt_error_percent", &RolloutSettings::halt_error_percent, true},
    {"halt_block_percent", &RolloutSettings::halt_block_percent, true},
    {"halt_detection_change_percent", &RolloutSettings::halt_detection_change_percent, true}};

std::string becomes(const std::string& name, uint64_t before, uint64_t after) {
  return name + ": " + std::to_string(before) + " becomes " + std::to_string(after);
}

void compare_rollout(ChangeParts& parts) {
  const RolloutSettings &a = parts.before.rollout, &b = parts.after.rollout;
  const Place place{parts.after.folder + "/rollout.yaml", 0, 0};
  const auto say = [&](Effect effect, const char* name, uint32_t was, uint32_t is) {
    parts.add(ChangeArea::Operation, effect, Risk::Low, "rollout", name, becomes(name, was, is),
              place);
  };
  for (const NumberOf& one : kRollout) {
    const uint32_t was = a.*one.member, is = b.*one.member;
    if (was != is)
      say((is > was) == one.more_is_looser ? Effect::Looser : Effect::Stricter, one.name, was, is);
  }
  if (a.halt_window_seconds != b.halt_window_seconds)
    say(Effect::Changed, "halt_window_seconds", a.halt_window_seconds, b.halt_window_seconds);
  // Never is 0, and the longest of all.
  if (a.tests_every_seconds != b.tests_every_seconds)
    say(b.tests_every_seconds - 1 > a.tests_every_seconds - 1 ? Effect::Looser : Effect::Stricter,
        "tests_every_seconds", a.tests_every_seconds, b.tests_every_seconds);
}

void compare_limits(ChangeParts& parts) {
  const Place place{parts.after.folder + "/limits.yaml", 0, 0};
  for (const LimitValue& was : limit_values(parts.before.limits))
    for (const LimitValue& is : limit_values(parts.after.limits)) {
      if (was.name != is.name || was.value == is.value) continue;
      // Requests that leave while nobody drains their records.
      const bool loosens = is.name == "max_undrained_ms" && is.value > was.value;
      parts.add(ChangeArea::Limit, loosens ? Effect::Looser : Effect::Changed,
                is.value < was.value ? Risk::Risky : Risk::Low, "limit", std::string(is.name),
                becomes(std::string(is.name), was.value, is.value), place);
    }
}

}  // namespace

void compare_tenants(ChangeParts& parts) {
  for (const BundleTenant& now : parts.after.tenants) {
    const BundleTenant* was =
        find(parts.before.tenants, [&](const BundleTenant& t) { return t.name == now.name; });
    if (was == nullptr)
      parts.add(ChangeArea::Tenant, Effect::Changed, Risk::Low, "tenant_added", now.name,
                "tenant " + now.name + " is there", now.place);
    else if (was->scope_is_principal != now.scope_is_principal)
      parts.add(ChangeArea::Tenant, now.scope_is_principal ? Effect::Stricter : Effect::Looser,
                Risk::Risky, "token_scope", now.name,
                "tenant " + now.name + ": a token means the same for " +
                    (now.scope_is_principal ? "one principal" : "the whole tenant"),
                now.place);
    std::vector<std::string> lost;
    if (was != nullptr)
      for (const std::string& vendor : was->vendors)
        if (std::find(now.vendors.begin(), now.vendors.end(), vendor) == now.vendors.end())
          lost.push_back(vendor);
    if (!lost.empty())
      parts.add(ChangeArea::Tenant, Effect::Stricter, Risk::Risky, "vendor_withdrawn", now.name,
                "tenant " + now.name + " no longer reaches " + listed(lost), now.place);
  }
  for (const BundleTenant& old : parts.before.tenants)
    if (find(parts.after.tenants, [&](const BundleTenant& t) { return t.name == old.name; }) ==
        nullptr)
      parts.add(ChangeArea::Tenant, Effect::Stricter, Risk::Risky, "tenant_removed", old.name,
                "tenant " + old.name + " is gone", old.place);
  compare_keys(parts);
  compare_durability(parts);
}

void compare_retention(ChangeParts& parts) {
  const Retention &a = parts.before.retention, &b = parts.after.retention;
  const Place place{parts.after.folder + "/retention.yaml", 0, 0};
  const auto say = [&](Effect effect, const char* code, const std::string& subject,
                       std::string words) {
    parts.add(ChangeArea::Retention, effect, Risk::Low, code, subject, std::move(words), place);
  };
  if (a.audit_period_days != b.audit_period_days)
    say(b.audit_period_days < a.audit_period_days ? Effect::Looser : Effect::Stricter,
        "audit_period", "audit_period_days",
        becomes("audit_period_days", a.audit_period_days, b.audit_period_days));
  for (const BundleTenant& tenant : parts.after.tenants) {
    for (const std::string_view kind : kRecordKinds) {
      const uint32_t was = a.evidence_days(kind, tenant.name);
      const uint32_t is = b.evidence_days(kind, tenant.name);
      if (was != is)
        say(is < was ? Effect::Looser : Effect::Stricter, "evidence_days", tenant.name,
            becomes("days that " + std::string(kind) + " records of tenant " + tenant.name +
                        " are kept",
                    was, is));
    }
    const uint32_t was = a.vault_hours(tenant.name), is = b.vault_hours(tenant.name);
    if (was != is)
      say(is > was ? Effect::Looser : Effect::Stricter, "vault_hours", tenant.name,
          becomes("hours that tokens of tenant " + tenant.name + " can be looked up", was, is));
  }
}

void compare_routes(ChangeParts& parts) {
  const Routes &a = parts.before.routes, &b = parts.after.routes;
  const Place place{parts.after.folder + "/routes.yaml", 0, 0};
  const auto say = [&](Effect effect, const char* code, const std::string& subject,
                       std::string words) {
    parts.add(ChangeArea::Route, effect, Risk::Risky, code, subject, std::move(words), place);
  };
  const auto compare = [&](const std::map<std::string, std::string>& was,
                           const std::map<std::string, std::string>& is) {
    for (const auto& [route, vendor] : is) {
      const auto old = was.find(route);
      if (old == was.end())
        say(Effect::Changed, "route_added", route, route + " leads to " + vendor);
      else if (old->second != vendor)
        say(Effect::Changed, "route_changed", route,
            route + " leads to " + vendor + ", before to " + old->second);
    }
    for (const auto& [route, vendor] : was)
      if (!is.contains(route))
        say(Effect::Stricter, "route_removed", route, route + " leads nowhere any more");
  };
  compare(a.prefixes, b.prefixes);
  compare(a.hosts, b.hosts);
  if (a.gateway_hosts != b.gateway_hosts)
    say(Effect::Changed, "gateway_hosts", "gateway_hosts", "prefixes are served under other names");
  const auto only = [&](const std::vector<std::string>& here, const std::vector<std::string>& there,
                        Effect effect, const char* words) {
    for (const std::string& route : here)
      if (std::find(there.begin(), there.end(), route) == there.end())
        say(effect, "require_template", route, route + words);
  };
  only(b.require_template, a.require_template, Effect::Stricter, " requires a prompt template");
  only(a.require_template, b.require_template, Effect::Looser,
       " no longer requires a prompt template");
}

void compare_templates(ChangeParts& parts) {
  const auto of_id = [](const std::vector<PromptTemplate>& all, const std::string& id) {
    return find(all, [&](const PromptTemplate& one) { return one.id() == id; });
  };
  const auto say = [&](const PromptTemplate& one, Effect effect, Risk risk, const char* code,
                       const char* words) {
    parts.add(ChangeArea::Template, effect, risk, code, one.id(), "template " + one.id() + words,
              one.place);
  };
  for (const PromptTemplate& now : parts.after.templates) {
    const PromptTemplate* was = of_id(parts.before.templates, now.id());
    if (was == nullptr) {
      say(now, Effect::Changed, Risk::Low, "template_added", " is there");
      continue;
    }
    if (was->digest != now.digest)
      say(now, Effect::Unproven, Risk::Risky, "template_changed",
          " has other words under the same version");
    if (was->is_retired != now.is_retired)
      say(now, now.is_retired ? Effect::Stricter : Effect::Changed, Risk::Risky, "template_status",
          now.is_retired ? " is retired" : " is active again");
  }
  for (const PromptTemplate& old : parts.before.templates)
    if (of_id(parts.after.templates, old.id()) == nullptr)
      say(old, Effect::Stricter, Risk::Risky, "template_removed", " is gone");
}

void compare_operation(ChangeParts& parts) {
  compare_limits(parts);
  compare_rollout(parts);
  const ApprovalSettings &a = parts.before.approvals, &b = parts.after.approvals;
  const auto approvers = [&](const char* name, uint32_t was, uint32_t is) {
    if (was != is)
      parts.add(ChangeArea::Operation, is < was ? Effect::Looser : Effect::Stricter, Risk::Low,
                "approvals", name, becomes(name, was, is),
                Place{parts.after.folder + "/approvals.yaml", 0, 0});
  };
  approvers("approvers", a.approvers, b.approvers);
  approvers("approvers_of_loosening", a.approvers_of_loosening, b.approvers_of_loosening);
  for (const GuardException& now : parts.after.exceptions)
    if (find(parts.before.exceptions, [&](const GuardException& e) { return e.id == now.id; }) ==
        nullptr)
      parts.add(ChangeArea::Operation, Effect::Changed, Risk::Low, "exception_added", now.id,
                "exception '" + now.id + "' of " + now.owner + " until " + now.expires, now.place);
  if (parts.before.name != parts.after.name || parts.before.description != parts.after.description)
    parts.add(ChangeArea::Operation, Effect::Changed, Risk::Low, "name", parts.after.name,
              "the bundle is called " + parts.after.name,
              Place{parts.after.folder + "/bundle.yaml", 0, 0});
  std::set<std::string> reasons;
  for (const AccessReason& one : parts.before.reasons)
    if (one.needs_ticket) reasons.insert(one.name);
  for (const AccessReason& one : parts.after.reasons)
    if (reasons.contains(one.name) && !one.needs_ticket)
      parts.add(ChangeArea::Access, Effect::Looser, Risk::Low, "ticket", one.name,
                "reason " + one.name + " no longer asks for a ticket", one.place);
}

}  // namespace sallyport::controlplane::policy
