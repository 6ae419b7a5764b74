// bundle_terms.h: under which terms a bundle may come into force on this host: what it changes, who
// stands behind it.
//
// Runs in the child that compiles (bundle_job.h): ssh-keygen is started there, and bundles are
// compared there.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "controlplane/policy/bundle/bundle.h"

namespace sallyport::supervise {

// `terms`: {"environment","signers","base","emergency","canary"}: of the host, and of the request.
// `bundles`: sources of what was in force. Adds to `answer`: "risk", "stricter", "looser",
// "environment", "author", "approvers", "approval", "review". Null, or the refusal.
nlohmann::json judge_terms(const controlplane::policy::Bundle& bundle,
                           const std::filesystem::path& folder,
                           const std::filesystem::path& bundles, const nlohmann::json& terms,
                           nlohmann::json& answer);

}  // namespace sallyport::supervise
