#include "dataplane/flow/policy_set.h"

#include <algorithm>

namespace sallyport::flow {

bool PolicySet::takes(std::string_view tenant) const noexcept {
  return std::binary_search(canary_tenants.begin(), canary_tenants.end(), tenant);
}

Choice choose(const PolicySet& set, std::string_view presented_key) {
  Choice by_base{set.base, set.base->caller(presented_key)};
  if (set.canary == nullptr) return by_base;
  Choice by_canary{set.canary, set.canary->caller(presented_key)};
  if (by_canary.caller.has_value() && set.takes(by_canary.caller->tenant)) return by_canary;
  const bool revoked = !by_canary.caller.has_value() && by_base.caller.has_value() &&
                       set.takes(by_base.caller->tenant);
  if (!revoked) return by_base;
  by_canary.lost_by_canary = true;
  return by_canary;
}

}  // namespace sallyport::flow
