// policy_history.h: the changelog of a host's policy, made from the evidence log alone.
//
// One step per record that says what was intended (applied, canary, promoted, rolled back,
// confirmed) or refused; what came of it is taken from the records that follow.
#pragma once

#include <nlohmann/json.hpp>

namespace sallyport::cli {

// `records`: those of kind "policy" as evidence_log::list() gives them, newest first. The answer is
// newest first too; names of members are those of docs/rollout.md.
nlohmann::json policy_history(const nlohmann::json& records);

}  // namespace sallyport::cli
