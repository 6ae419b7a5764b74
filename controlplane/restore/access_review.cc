#include "controlplane/restore/access_review.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "dataplane/base/time.h"

namespace sallyport::restore {

using contract::RecordKind;
using contract::TallySection;
using controlplane::policy::Identity;
using controlplane::policy::LiveAccess;
using controlplane::policy::RestorationPolicy;
using controlplane::policy::RestorationRule;
using nlohmann::json;

namespace {

bool concerns(const RestorationRule& rule, const Identity& one) {
  const auto holds = [](const std::vector<std::string>& all, const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  return (rule.principals.empty() || holds(rule.principals, one.name)) &&
         (rule.roles.empty() || std::any_of(one.roles.begin(), one.roles.end(),
                                            [&](const auto& r) { return holds(rule.roles, r); }));
}

// A rule asks for a ticket, or the reason that is given does: all of those a rule takes, or some.
std::string ticket_need(const RestorationPolicy& policy, const RestorationRule& rule) {
  std::string with_ticket;
  bool all = true;
  for (const auto& reason : policy.reasons) {
    const bool taken = rule.reasons.empty() || std::find(rule.reasons.begin(), rule.reasons.end(),
                                                         reason.code) != rule.reasons.end();
    if (!taken) continue;
    all = all && reason.ticket_required;
    if (reason.ticket_required) with_ticket += (with_ticket.empty() ? "" : ", ") + reason.code;
  }
  if (rule.ticket_required || (all && !with_ticket.empty())) return "ticket";
  return with_ticket.empty() ? "" : "ticket for " + with_ticket;
}

std::string needs_of(const RestorationPolicy& policy, const RestorationRule& rule) {
  using controlplane::policy::kDayMinutes;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (rule.mfa_min != controlplane::policy::MfaStrength::Unknown)
    add("mfa " + std::string(controlplane::policy::mfa_name(rule.mfa_min)));
  if (const std::string ticket = ticket_need(policy, rule); !ticket.empty()) add(ticket);
  if (rule.from_minute != 0 || rule.to_minute != kDayMinutes || rule.weekdays != 0x7f) add("hours");
  return out;
}

json row_of(const RestorationPolicy& policy, const Identity& one, const RestorationRule& rule) {
  return {{"principal", one.name},
          {"way", "service"},
          {"rule", rule.id},
          {"roles", one.roles},
          {"tenants", rule.tenants},
          {"entities", rule.entities},
          {"environments", rule.environments},
          {"reasons", rule.reasons},
          {"purposes", rule.purposes},
          {"needs", needs_of(policy, rule)},
          {"can_meet", one.mfa >= rule.mfa_min},
          {"expires", one.expires_s == 0
                          ? json(nullptr)
                          : json(evidence_log::utc_text(static_cast<uint64_t>(one.expires_s)))}};
}

json row_of(const std::string& principal, const LiveAccess& rule) {
  return {{"principal", principal},
          {"way", "live"},
          {"rule", rule.id},
          {"roles", json::array()},
          {"tenants", rule.tenants},
          {"entities", rule.entities},
          {"environments", json::array()},
          {"reasons", rule.reasons},
          {"purposes", json::array()},
          {"needs", ""},
          {"can_meet", true},
          {"expires", nullptr}};
}

json break_glass_row(const RestorationPolicy& policy, const Identity& one) {
  RestorationRule rule;
  rule.id = "break-glass";
  rule.ticket_required = true;
  return row_of(policy, one, rule);
}

json who_could(const RestorationPolicy& policy, bool& truncated) {
  json rows = json::array();
  const auto add = [&](json row) {
    if (rows.size() < kReviewRowsMax)
      rows.push_back(std::move(row));
    else
      truncated = true;
  };
  for (const Identity& one : policy.identities) {
    for (const RestorationRule& rule : policy.rules)
      if (rule.allow && concerns(rule, one)) add(row_of(policy, one, rule));
    const bool breaks = std::any_of(one.roles.begin(), one.roles.end(), [&](const auto& role) {
      return std::find(policy.break_glass_roles.begin(), policy.break_glass_roles.end(), role) !=
             policy.break_glass_roles.end();
    });
    if (breaks) add(break_glass_row(policy, one));
  }
  for (const LiveAccess& rule : policy.live) {
    if (!rule.allow) continue;
    if (rule.principals.empty()) add(row_of("any", rule));
    for (const std::string& principal : rule.principals) add(row_of(principal, rule));
  }
  return rows;
}

// What the log says between two times.
class Uses {
 public:
  Uses(uint64_t from_ns, uint64_t to_ns) : from_ns_(from_ns), to_ns_(to_ns) {}

  void take(const evidence_log::RecordView& record) {
    // An exchange that began before the span may have ended in it.
    if (record.request()) note_principal(record);
    const uint64_t at = record.header().wall_ns;
    if (at < from_ns_ || at >= to_ns_) return;
    if (record.control() && record.kind() == RecordKind::Restoration) take_service(record);
    if (record.control() && record.kind() == RecordKind::Access) take_decision(record);
    if (record.outcome()) take_live(record);
  }
  json did(bool& truncated) const {
    truncated = truncated || truncated_;
    json rows = json::array();
    for (const auto& [key, use] : uses_)
      rows.push_back({{"way", std::get<0>(key)},
                      {"principal", std::get<1>(key)},
                      {"tenant", std::get<2>(key)},
                      {"entity", std::get<3>(key)},
                      {"reason", std::get<4>(key)},
                      {"rule", std::get<5>(key)},
                      {"allowed", use.allowed},
                      {"denied", use.denied},
                      {"first", evidence_log::utc_text(use.first_ns / base::kNsPerS)},
                      {"last", evidence_log::utc_text(use.last_ns / base::kNsPerS)}});
    return rows;
  }
  const json& decisions() const { return decisions_; }

 private:
  struct Use {
    uint64_t allowed = 0, denied = 0, first_ns = 0, last_ns = 0;
  };
  struct Who {
    std::string principal, tenant;
  };
  using Key =
      std::tuple<std::string, std::string, std::string, std::string, std::string, std::string>;

  using Id = std::pair<uint64_t, uint64_t>;

  static Id id_of(const evidence_log::RecordView& record) {
    return {record.header().request_high, record.header().request_low};
  }
  static std::string field(const evidence_log::RecordView& record, std::string_view name) {
    for (const contract::ControlField& one : record.fields())
      if (one.name >= 1 && one.name <= contract::kControlFields.size() &&
          contract::kControlFields[one.name - 1U].name == name)
        return std::string(one.value.view());
    return {};
  }

  void note_principal(const evidence_log::RecordView& record) {
    if (record.kind() != RecordKind::Admitted || open_.size() >= kReviewRowsMax) return;
    open_[id_of(record)] = {std::string(record.request()->principal.view()),
                            std::string(record.request()->tenant.view())};
  }
  void add(Key key, uint64_t allowed, uint64_t denied, uint64_t at) {
    auto found = uses_.find(key);
    if (found == uses_.end()) {
      if (uses_.size() >= kReviewRowsMax) {
        truncated_ = true;
        return;
      }
      found = uses_.emplace(std::move(key), Use{0, 0, at, at}).first;
    }
    Use& use = found->second;
    use.allowed += allowed;
    use.denied += denied;
    use.first_ns = std::min(use.first_ns, at);
    use.last_ns = std::max(use.last_ns, at);
  }
  void take_service(const evidence_log::RecordView& record) {
    if (record.control()->action.view() != "restore") return;
    const auto& part = *record.control();
    const bool allowed = part.result == static_cast<uint8_t>(contract::ControlResult::Ok);
    add({"service", field(record, "principal"), std::string(part.tenant.view()),
         field(record, "entity"), std::string(part.reason.view()), field(record, "rule")},
        allowed ? part.count : 0, allowed ? 0 : part.count, record.header().wall_ns);
  }
  void take_live(const evidence_log::RecordView& record) {
    const auto found = open_.find(id_of(record));
    const Who who = found == open_.end() ? Who{"(began before)", ""} : found->second;
    if (found != open_.end()) open_.erase(found);
    for (const contract::Tally& tally : record.tallies()) {
      const auto section = static_cast<TallySection>(tally.section);
      const bool allowed = section == TallySection::RestorationAllowed;
      if (!allowed && section != TallySection::RestorationDenied) continue;
      add({"live", who.principal, who.tenant, std::string(tally.name.view()),
           std::string(tally.reason.view()), ""},
          allowed ? tally.count : 0, allowed ? 0 : tally.count, record.header().wall_ns);
    }
  }
  void take_decision(const evidence_log::RecordView& record) {
    if (record.control()->action.view() != "access_reviewed") return;
    if (decisions_.size() >= kReviewRowsMax) {
      truncated_ = true;
      return;
    }
    decisions_.push_back(
        {{"principal", field(record, "principal")},
         {"rule", field(record, "rule")},
         {"decision", field(record, "decision")},
         {"reviewer", record.control()->actor.view()},
         {"note", record.control()->detail.view()},
         {"time", evidence_log::utc_text(record.header().wall_ns / base::kNsPerS)}});
  }

  uint64_t from_ns_;
  uint64_t to_ns_;
  std::map<Id, Who> open_;
  std::map<Key, Use> uses_;
  json decisions_ = json::array();
  bool truncated_ = false;
};

}  // namespace

json access_review(const RestorationPolicy& policy, const evidence_log::LogReader& log,
                   uint64_t from_ns, uint64_t to_ns) {
  bool truncated = false;
  json out;
  out["could"] = who_could(policy, truncated);
  Uses uses(from_ns, to_ns);
  log.scan(0, log.size(), [&](uint64_t, std::span<const uint8_t> bytes) {
    if (evidence_log::validate_record(bytes) == evidence_log::RecordProblem::None)
      uses.take(evidence_log::RecordView(bytes));
    return true;
  });
  out["did"] = uses.did(truncated);
  out["decisions"] = uses.decisions();
  out["truncated"] = truncated;
  return out;
}

bool has_review_row(const RestorationPolicy& policy, std::string_view principal,
                    std::string_view rule) {
  bool truncated = false;
  const json rows = who_could(policy, truncated);
  return truncated || std::any_of(rows.begin(), rows.end(), [&](const json& row) {
           return row["principal"].get_ref<const std::string&>() == principal &&
                  row["rule"].get_ref<const std::string&>() == rule;
         });
}

}  // namespace sallyport::restore
