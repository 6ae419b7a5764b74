// subject_search.h: where in the evidence log a subject appears: exchange, vendor, time.
//
// The whole span is read: records have no index by subject, because such an index would outlive an
// erasure of the pseudonym's key. Any thread but the main loop's.
// Limits  kAppearancesMax listed; the counts go on.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "controlplane/evidence/log/log.h"

namespace sallyport::supervise {

inline constexpr size_t kAppearancesMax = 10'000;
inline constexpr size_t kErasuresMax = 1'000;  // some records each; the first ones are told

struct SubjectQuestion {
  std::string tenant;
  std::vector<contract::SubjectId> subjects;
  uint64_t from_ns = 0;
  uint64_t to_ns = ~0ULL;
};

// {"appearances": [{request_id, time, vendor, region, principal, environment, model, api_kind,
// direction, subject, index}], "exchanges", "erasures": [{id, time, action, result, reason,
// ticket}], "by_vendor": {name: count}, "truncated", "records_without_all_subjects": exchanges of
// the tenant that had more subjects than a record holds, "records_pruned"}
nlohmann::json find_subjects(const evidence_log::LogReader& log, const SubjectQuestion& question);

// The subjects that an exchange's records name.
std::vector<contract::SubjectId> subjects_of_exchange(const evidence_log::LogReader& log,
                                                      const contract::RequestId& id);

}  // namespace sallyport::supervise
