#include "controlplane/supervise/bundle_terms.h"

#include <time.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/policy/bundle/digest.h"
#include "controlplane/policy/change/bundle_change.h"
#include "controlplane/policy/change/bundle_store.h"
#include "controlplane/supervise/socket/admin_server.h"

namespace sallyport::supervise {

using nlohmann::json;
namespace policy = controlplane::policy;

namespace {

struct Compared {
  bool is_loosening = false;
  bool wants_canary = false;
  policy::ApprovalSettings before;  // of the bundle in force: a change cannot lower its own bar
};

// What cannot be compared with what is in force counts as looser.
Compared compare(const policy::Bundle& bundle, const std::filesystem::path& bundles,
                 const std::string& base, json& answer) {
  Compared out;
  answer["risk"] = "first";
  const auto digest = policy::parse_digest(base);
  if (!digest) return out;
  std::string error;
  const std::optional<policy::Bundle> before = policy::BundleStore(bundles).get(*digest, error);
  if (!before) {
    answer["risk"] = "unknown";
    answer["compared"] = "the sources of what is in force are not here: " + error;
    out.is_loosening = out.wants_canary = true;
    return out;
  }
  const policy::BundleChange change = policy::compare_bundles(*before, bundle);
  size_t stricter = 0, looser = 0;
  for (const policy::ChangeItem& item : change.items) {
    stricter += item.effect == policy::Effect::Stricter ? 1 : 0;
    looser += item.effect == policy::Effect::Looser || item.effect == policy::Effect::Unproven;
  }
  answer["risk"] = std::string(policy::risk_name(change.risk()));
  answer["stricter"] = stricter;
  answer["looser"] = looser;
  if (!change.items.empty()) answer["first_change"] = change.items.front().words;
  out.is_loosening = change.is_loosening();
  out.wants_canary = change.wants_canary();
  out.before = before->approvals;
  return out;
}

}  // namespace

json judge_terms(const policy::Bundle& bundle, const std::filesystem::path& folder,
                 const std::filesystem::path& bundles, const json& terms, json& answer) {
  const std::string base = terms.value("base", "");
  const std::string before = terms.value("compare_with", base);
  const Compared compared = compare(bundle, bundles, before, answer);
  policy::ApprovalRequest request;
  request.bundle = bundle.digest;
  request.environment = policy::approval_environment(bundle, terms.value("environment", "lab"));
  request.is_loosening = compared.is_loosening;
  request.is_emergency = terms.value("emergency", false);
  request.allowed_signers = terms.value("signers", "");
  request.bundle_folder = folder;
  request.approvers_min = compared.is_loosening
                              ? std::max(bundle.approvals.approvers_of_loosening,
                                         compared.before.approvers_of_loosening)
                              : std::max(bundle.approvals.approvers, compared.before.approvers);
  request.now_s = static_cast<int64_t>(time(nullptr));
  answer["environment"] = request.environment;
  const bool is_lab = request.environment == policy::kEnvironmentWithoutApprovals;
  std::string error;
  if (!is_lab) request.signatures = policy::read_signatures(folder, bundle.digest, error);
  const policy::ApprovalOutcome outcome = policy::verify_approvals(request);
  answer["approval"] = outcome.code;
  answer["review"] = outcome.opens_review;
  answer["approvers"] = json::array();
  for (const policy::Signer& signer : outcome.approvers)
    answer["approvers"].push_back(signer.principal);
  if (outcome.author) answer["author"] = outcome.author->principal;
  if (!outcome.allowed) {
    const std::string against =
        before == base
            ? ""
            : "; compared with what was in force before the emergency whose review is open";
    json refusal = admin_error(outcome.code, outcome.why + against, outcome.next);
    for (const policy::RefusedSignature& one : outcome.refused)
      refusal["problems"].push_back(
          {{"file", one.file}, {"line", 0}, {"column", 0}, {"message", one.why}, {"text", ""}});
    return refusal;
  }
  const bool is_in_force = policy::digest_hex(bundle.digest) == base;
  const bool straight = !terms.value("canary", false) && !request.is_emergency && !is_in_force;
  if (!is_lab && !base.empty() && compared.wants_canary && straight)
    return admin_error("canary_required",
                       "this change is classed " + answer["risk"].get<std::string>() +
                           ": it does not come into force for everybody at once",
                       "sallyctl policy apply DIR --canary TENANT, then sallyctl policy promote; "
                       "sallyctl policy diff says why");
  return nullptr;
}

}  // namespace sallyport::supervise
