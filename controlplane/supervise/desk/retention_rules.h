// retention_rules.h: how long evidence stays: what the bundle says (approved by people) and what
// the host says, together.
//
// Neither can make the other's records go early: where both name a kind and tenant, the longer time
// counts, and nothing is shorter than the longer of the two audit periods. Where the host says
// nothing, the bundle decides; where neither does, kRetentionDaysDefault.
#pragma once

#include "controlplane/evidence/drain/retention.h"
#include "controlplane/policy/image/retention_text.h"

namespace sallyport::supervise {

evidence_log::RetentionPolicy retention_of(const evidence_log::RetentionPolicy& host,
                                           const controlplane::policy::RetentionInForce& bundle);

}  // namespace sallyport::supervise
