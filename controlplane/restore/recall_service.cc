#include "controlplane/restore/recall_service.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

#include "dataplane/contract/request_id.h"

namespace sallyport::restore {

using contract::RecallQuestion;
using contract::RecallStatus;

namespace {

// Principals of gateway keys are those of a tenant; no identity has such a name.
std::string user_of(const RecallQuestion& question) {
  return "live:" + std::string(question.tenant.view()) + "/" +
         std::string(question.principal.view());
}

std::string request_of(const RecallQuestion& question) {
  const auto id = contract::RequestId::of_words(question.request_high, question.request_low);
  return std::string(contract::request_id_text(id).view());
}

}  // namespace

struct RecallService::Judged {
  RecallResult result;
  Ruling ruling;
};

RecallService::Judged RecallService::judge(const RecallQuestion& question) {
  Judged out;
  const auto policy = hooks_.policy_of(question.tenant.view());
  if (policy == nullptr) {
    out.ruling.why = "no_policy";
    return out;
  }
  LiveQuestion asked;
  asked.tenant = question.tenant.view();
  asked.principal = question.principal.view();
  asked.entity = question.entity.view();
  asked.reason = question.reason.view();
  asked.now_s = hooks_.now_s();
  const HourlyUse::Sums used = use_.of(user_of(question), hooks_.steady_s());
  std::optional<RecallEntry> entry;
  try {
    entry = hooks_.find(asked.tenant, question.core);
  } catch (const std::runtime_error&) {
    out.result.status = RecallStatus::VaultSealed;
    out.ruling.why = "vault_sealed";
    return out;
  }
  if (entry && entry->is_damaged) {
    out.result.status = RecallStatus::Unknown;
    out.ruling.why = "row_damaged";
    return out;
  }
  if (!entry || entry->entity != asked.entity || entry->vendor != question.vendor.view() ||
      entry->value.empty()) {
    out.result.status = RecallStatus::Unknown;
    out.ruling.why = "not_in_vault";
    return out;
  }
  asked.environment = entry->environment;
  asked.minted = std::find(entry->principals.begin(), entry->principals.end(), asked.principal) !=
                 entry->principals.end();
  out.ruling = decide_live(*policy, asked);
  if (!out.ruling.allow) return out;
  const bool limited = used.values >= policy->limits.values_per_hour ||
                       used.denials >= policy->limits.denials_per_hour ||
                       !use_.add(user_of(question), hooks_.steady_s(), 1, 0);
  if (limited) {
    out.result.status = RecallStatus::Limited;
    out.ruling = {false, out.ruling.rule, "hourly_limit"};
    return out;
  }
  out.result.status = RecallStatus::Restored;
  out.result.value = std::move(entry->value);
  return out;
}

void RecallService::count(const RecallResult& result) {
  ++counts_.asked;
  switch (result.status) {
    case RecallStatus::Restored:
      ++counts_.restored;
      return;
    case RecallStatus::Denied:
      ++counts_.denied;
      return;
    case RecallStatus::Unknown:
      ++counts_.unknown;
      return;
    case RecallStatus::VaultSealed:
      ++counts_.sealed;
      return;
    case RecallStatus::NoEvidence:
      ++counts_.no_evidence;
      return;
    case RecallStatus::Limited:
      ++counts_.limited;
      return;
  }
}

std::vector<RecallResult> RecallService::answer(const std::vector<RecallQuestion>& questions) {
  std::vector<RecallResult> results;
  using Key = std::tuple<std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, RestoreEvent> events;
  for (const RecallQuestion& question : questions) {
    Judged judged = judge(question);
    const bool allowed = judged.result.status == RecallStatus::Restored;
    RestoreEvent event;
    event.caller.principal = question.principal.view();
    event.caller.via = "live";
    event.tenant = question.tenant.view();
    event.entity = question.entity.view();
    event.reason = question.reason.view();
    event.rule = judged.ruling.rule;
    event.why = judged.ruling.why;
    event.request = request_of(question);
    event.allowed = allowed;
    if (judged.result.status == RecallStatus::Denied)
      use_.add(user_of(question), hooks_.steady_s(), 0, 1);
    auto& sum = events
                    .try_emplace({event.request, event.entity, event.rule, event.why,
                                  event.tenant + "/" + event.caller.principal},
                                 event)
                    .first->second;
    ++sum.count;
    results.push_back(std::move(judged.result));
  }
  std::vector<RestoreEvent> all;
  for (auto& [key, event] : events) all.push_back(std::move(event));
  if (!all.empty() && !hooks_.record(all)) {
    for (RecallResult& result : results) {
      if (result.status != RecallStatus::Restored) continue;
      result.status = RecallStatus::NoEvidence;
      result.value = {};
    }
  }
  for (const RecallResult& result : results) count(result);
  return results;
}

}  // namespace sallyport::restore
