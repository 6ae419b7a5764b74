// retention_text.h: retention.yaml as it crosses to the running daemon: the image's section of that
// name, so that what is enforced is what was approved.
//
//   {"audit_period_days": 365, "vault_hours": {"": 24, "sales": 4},
//    "evidence_days": {"": {"REQ": 400, ...}, "sales": {...}}}
//
// The empty name stands for tenants that are not named. Every kind and tenant is written out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/policy/bundle/bundle.h"

namespace sallyport::controlplane::policy {

std::string retention_text(const Bundle& bundle);

struct RetentionInForce {
  uint32_t audit_period_days = kAuditPeriodDays;
  std::map<std::string, uint64_t> vault_hours;  // by tenant; "": the others
  std::map<std::string, std::map<std::string, uint32_t>> evidence_days;  // by tenant, kind
};
// Nothing: it cannot be read.
std::optional<RetentionInForce> parse_retention(std::string_view text);

}  // namespace sallyport::controlplane::policy
