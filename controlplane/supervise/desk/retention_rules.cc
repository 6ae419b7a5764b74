#include "controlplane/supervise/desk/retention_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace sallyport::supervise {

using controlplane::policy::kRecordKinds;
using controlplane::policy::RetentionInForce;
using evidence_log::kRetentionDaysDefault;
using evidence_log::RetentionPolicy;
using evidence_log::RetentionRule;

namespace {

std::optional<uint32_t> said_by_host(const RetentionPolicy& host, std::string_view kind,
                                     std::string_view tenant) {
  const bool says = std::any_of(host.rules.begin(), host.rules.end(), [&](const auto& rule) {
    return (rule.evidence.empty() || rule.evidence == kind) &&
           (rule.tenant.empty() || rule.tenant == tenant);
  });
  return says ? std::optional(host.days_of(kind, tenant)) : std::nullopt;
}

std::optional<uint32_t> said_by_bundle(const RetentionInForce& bundle, const std::string& kind,
                                       const std::string& tenant) {
  for (const std::string& name : {tenant, std::string()}) {
    const auto of = bundle.evidence_days.find(name);
    if (of == bundle.evidence_days.end()) continue;
    const auto days = of->second.find(kind);
    if (days != of->second.end()) return days->second;
  }
  return std::nullopt;
}

}  // namespace

RetentionPolicy retention_of(const RetentionPolicy& host, const RetentionInForce& bundle) {
  RetentionPolicy out;
  out.audit_period_days = std::max(host.audit_period_days, bundle.audit_period_days);
  std::set<std::string> tenants;
  for (const auto& [tenant, days] : bundle.evidence_days) tenants.insert(tenant);
  for (const RetentionRule& rule : host.rules) tenants.insert(rule.tenant);
  tenants.erase("");
  const auto days_of = [&](const std::string& kind, const std::string& tenant) {
    const auto from_host = said_by_host(host, kind, tenant);
    const auto from_bundle = said_by_bundle(bundle, kind, tenant);
    const uint32_t days = from_host || from_bundle
                              ? std::max(from_host.value_or(0), from_bundle.value_or(0))
                              : kRetentionDaysDefault;
    return std::max(days, out.audit_period_days);
  };
  for (const std::string_view name : kRecordKinds) {
    const std::string kind(name);
    const uint32_t general = days_of(kind, "");
    out.rules.push_back({kind, "", general});
    for (const std::string& tenant : tenants)
      if (const uint32_t own = days_of(kind, tenant); own != general)
        out.rules.push_back({kind, tenant, own});
  }
  return out;
}

}  // namespace sallyport::supervise
