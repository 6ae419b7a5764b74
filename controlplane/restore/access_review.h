// access_review.h: who could have values back, who did, and what a reviewer said about it.
//
// "Could" is the policy in force, one row per identity and rule that would allow it something, and
// one per rule of live answers. "Did" and the decisions come from the log, between two times.
// Memory: one open exchange each in the span, and one row per (principal, tenant, entity, reason,
// rule, way).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "controlplane/policy/bundle/restoration.h"

namespace sallyport::evidence_log {
class LogReader;
}

namespace sallyport::restore {

inline constexpr size_t kReviewRowsMax = 100'000;  // of each part; more is said, not swallowed

// {"could":[{"principal","way","rule","roles","tenants","entities","environments","reasons",
//            "purposes","needs","can_meet","expires"}],
//  "did":[{"principal","way","tenant","entity","reason","rule","allowed","denied","first","last"}],
//  "decisions":[{"principal","rule","decision","reviewer","note","time"}], "truncated":false}
// A list in a row is texts; empty: any. `can_meet` is false where the identity can never meet what
// the rule needs (a second factor it does not have).
nlohmann::json access_review(const controlplane::policy::RestorationPolicy& policy,
                             const evidence_log::LogReader& log, uint64_t from_ns, uint64_t to_ns);
// Whether "could" of the policy has such a row, which is what a reviewer decides about.
bool has_review_row(const controlplane::policy::RestorationPolicy& policy,
                    std::string_view principal, std::string_view rule);

}  // namespace sallyport::restore
