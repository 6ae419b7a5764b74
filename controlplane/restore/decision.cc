#include "controlplane/restore/decision.h"

#include <algorithm>

namespace sallyport::restore {

using controlplane::policy::Identity;
using controlplane::policy::MfaStrength;
using controlplane::policy::RestorationPolicy;
using controlplane::policy::RestorationRule;

namespace {

constexpr int64_t kMinuteS = 60;
constexpr int64_t kDayS = 86'400;
constexpr int64_t kFirstWeekday = 3;  // 1970-01-01 was a Thursday; Monday is 0

bool holds(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}
bool fits(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || holds(names, name);
}
bool fits_one_of(const std::vector<std::string>& names, const std::vector<std::string>& own) {
  return names.empty() ||
         std::any_of(own.begin(), own.end(), [&](const auto& one) { return holds(names, one); });
}

bool is_valid(const Identity& one, int64_t now_s) {
  return one.expires_s == 0 || now_s < one.expires_s;
}

bool matches(const RestorationRule& rule, const Caller& caller, const Question& question) {
  const bool environment = question.environment ? fits(rule.environments, *question.environment)
                                                : rule.environments.empty() || rule.allow;
  return environment && fits(rule.principals, caller.principal) &&
         fits_one_of(rule.roles, caller.roles) && fits(rule.tenants, question.tenant) &&
         fits(rule.entities, question.entity) && fits(rule.purposes, question.purpose) &&
         fits(rule.reasons, question.reason);
}

bool in_hours(const RestorationRule& rule, int64_t now_s) {
  const int64_t day = now_s / kDayS;
  const int64_t minute = now_s % kDayS / kMinuteS;
  const int64_t weekday = (day + kFirstWeekday) % 7;
  return minute >= rule.from_minute && minute < rule.to_minute &&
         (rule.weekdays >> weekday & 1U) != 0;
}

// What a rule that allows still asks for.
std::string_view lacks(const RestorationRule& rule, const Caller& caller,
                       const Question& question) {
  // Unknown is less than every strength that a rule can ask for.
  if (caller.mfa < rule.mfa_min) return "mfa_too_weak";
  if (!in_hours(rule, question.now_s)) return "outside_hours";
  if (rule.ticket_required && question.ticket.empty()) return "ticket_missing";
  return {};
}

}  // namespace

Caller caller_of_user(const RestorationPolicy& policy, std::string_view user_name, int64_t now_s) {
  for (const Identity& one : policy.identities)
    if (!one.unix_user.empty() && one.unix_user == user_name && is_valid(one, now_s))
      return {one.name, one.roles, MfaStrength::Unknown, "unix"};
  return {{}, {}, MfaStrength::Unknown, "unix"};
}

Caller caller_of_certificate(const RestorationPolicy& policy,
                             const std::vector<std::string>& subject_names,
                             const contract::Digest& spki, int64_t now_s) {
  for (const Identity& one : policy.identities) {
    if (one.subject_name.empty() && !one.spki) continue;
    const bool name = one.subject_name.empty() || holds(subject_names, one.subject_name);
    const bool key = !one.spki || *one.spki == spki;
    if (name && key && is_valid(one, now_s)) return {one.name, one.roles, one.mfa, "certificate"};
  }
  return {{}, {}, MfaStrength::Unknown, "certificate"};
}

Ruling decide(const RestorationPolicy& policy, const Caller& caller, const Question& question) {
  if (caller.principal.empty()) return {false, {}, "caller_unknown"};
  const auto* reason = policy.find_reason(question.reason);
  if (reason == nullptr) return {false, {}, "reason_unknown"};
  const bool purpose_known =
      question.purpose.empty() ? policy.purposes.empty() : holds(policy.purposes, question.purpose);
  if (!purpose_known) return {false, {}, "purpose_unknown"};
  const bool needs_ticket = reason->ticket_required || question.break_glass;
  if (needs_ticket && question.ticket.empty()) return {false, {}, "ticket_missing"};
  if (question.break_glass) {
    const bool may =
        !policy.break_glass_roles.empty() && fits_one_of(policy.break_glass_roles, caller.roles);
    if (may) return {true, "break-glass", "break_glass"};
    return {false, {}, "break_glass_not_yours"};
  }
  for (const RestorationRule& rule : policy.rules) {
    if (!matches(rule, caller, question)) continue;
    if (!rule.allow) return {false, rule.id, "rule_denies"};
    const std::string_view missing = lacks(rule, caller, question);
    if (!missing.empty()) return {false, rule.id, std::string(missing)};
    return {true, rule.id, "rule"};
  }
  return {false, {}, "no_rule"};
}

namespace {

// First rule of access.yaml that fits; null: none, or it denies.
const controlplane::policy::LiveAccess* access_of(const RestorationPolicy& policy,
                                                  const LiveQuestion& question) {
  for (const auto& rule : policy.live)
    if (fits(rule.tenants, question.tenant) && fits(rule.principals, question.principal) &&
        fits(rule.entities, question.entity) && fits(rule.reasons, question.reason))
      return rule.allow ? &rule : nullptr;
  return nullptr;
}

Caller caller_of_gateway(const RestorationPolicy& policy, const LiveQuestion& question) {
  for (const Identity& one : policy.identities)
    if (!one.gateway.empty() && one.gateway == question.principal && is_valid(one, question.now_s))
      return {one.name, one.roles, MfaStrength::Unknown, "live"};
  return {{}, {}, MfaStrength::Unknown, "live"};
}

}  // namespace

Ruling decide_live(const RestorationPolicy& policy, const LiveQuestion& question) {
  const auto* access = access_of(policy, question);
  if (access == nullptr) return {false, {}, "access_denies"};
  const Caller caller = caller_of_gateway(policy, question);
  Question asked;
  asked.tenant = question.tenant;
  asked.entity = question.entity;
  asked.environment = question.environment;
  asked.reason = question.reason;
  asked.now_s = question.now_s;
  for (const RestorationRule& rule : policy.rules) {
    if (!matches(rule, caller, asked)) continue;
    if (!rule.allow) return {false, rule.id, "rule_denies"};
    // One that allows is for identities: it ends the search for theirs only.
    if (!caller.principal.empty()) break;
  }
  if (question.minted) return {true, access->id, "minting_principal"};
  if (caller.principal.empty()) return {false, access->id, "not_minted"};
  return decide(policy, caller, asked);
}

}  // namespace sallyport::restore
