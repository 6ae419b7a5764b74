// policy_set.h: the policy versions that a worker decides by at one moment, and who belongs to
// which.
//
// One version (the base) for everybody, or two: then the route table names the tenants whose
// requests the second one (the canary) decides. A set is adopted whole, between two turns, so no
// request meets half of a change.
//
// Owner  the main lcore makes and frees sets and versions; the worker looks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/flow/policy_version.h"

namespace sallyport::flow {

struct PolicySet {
  PolicyVersion* base = nullptr;
  PolicyVersion* canary = nullptr;          // null: none
  std::vector<std::string> canary_tenants;  // ascending
  uint64_t sequence = 0;                    // ascending over the process

  bool holds(const PolicyVersion* version) const noexcept {
    return version != nullptr && (version == base || version == canary);
  }
  bool takes(std::string_view tenant) const noexcept;
};

// Which version decides about the owner of a key, and who that is.
struct Choice {
  PolicyVersion* version = nullptr;
  std::optional<policy::Key> caller;
  // The base knows this caller; the canary, which decides for the tenant, does not.
  bool lost_by_canary = false;
};

// A key of a tenant on the canary is looked up in the canary: what the change says of keys holds
// for it. A key that neither image gives to such a tenant belongs to the base. REQUIRES: set.base
// is there.
Choice choose(const PolicySet& set, std::string_view presented_key);

}  // namespace sallyport::flow
