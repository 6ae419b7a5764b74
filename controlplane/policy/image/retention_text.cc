#include "controlplane/policy/image/retention_text.h"

#include <nlohmann/json.hpp>

namespace sallyport::controlplane::policy {

using nlohmann::json;

std::string retention_text(const Bundle& bundle) {
  json hours = json::object(), days = json::object();
  const auto add = [&](const std::string& tenant) {
    hours[tenant] = bundle.retention.vault_hours(tenant);
    json& kinds = days[tenant] = json::object();
    for (const std::string_view kind : kRecordKinds)
      kinds[std::string(kind)] = bundle.retention.evidence_days(kind, tenant);
  };
  add("");
  for (const BundleTenant& tenant : bundle.tenants) add(tenant.name);
  return json{{"audit_period_days", bundle.retention.audit_period_days},
              {"vault_hours", hours},
              {"evidence_days", days}}
      .dump();
}

std::optional<RetentionInForce> parse_retention(std::string_view text) {
  try {
    const json from = json::parse(text);
    RetentionInForce out;
    out.audit_period_days = from.at("audit_period_days").get<uint32_t>();
    out.vault_hours = from.at("vault_hours").get<std::map<std::string, uint64_t>>();
    out.evidence_days =
        from.at("evidence_days").get<std::map<std::string, std::map<std::string, uint32_t>>>();
    return out;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

}  // namespace sallyport::controlplane::policy
