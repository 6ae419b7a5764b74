// retention.yaml, approvals.yaml, rollout.yaml, exceptions.yaml.
#include "controlplane/policy/bundle/bundle_settings.h"

#include <algorithm>
#include <chrono>

#include "controlplane/policy/bundle/approvals.h"
#include "controlplane/policy/bundle/bundle_sections.h"
#include "controlplane/policy/bundle/names.h"

namespace sallyport::controlplane::policy {
namespace {

constexpr uint32_t kDaysMax = 36'500;          // a century
constexpr uint32_t kVaultHoursMax = 24 * 365;  // a year: what is restorable can be stolen
constexpr uint32_t kApproversMax = 8;
constexpr size_t kOwnerBytesMax = 200;
constexpr uint32_t kDaySeconds = 86'400;

struct NumberKey {
  std::string_view name;
  uint32_t RolloutSettings::*member;
  uint32_t min;
  uint32_t max;
};
constexpr NumberKey kRollout[] = {
    {"canary_least_exchanges", &RolloutSettings::canary_least_exchanges, 0, 1'000'000'000},
    {"canary_least_seconds", &RolloutSettings::canary_least_seconds, 0, 30 * kDaySeconds},
    {"halt_window_seconds", &RolloutSettings::halt_window_seconds, 1, kDaySeconds},
    {"halt_least_exchanges", &RolloutSettings::halt_least_exchanges, 1, 1'000'000'000},
    {"halt_error_percent", &RolloutSettings::halt_error_percent, 1, 100},
    {"halt_block_percent", &RolloutSettings::halt_block_percent, 1, 100},
    {"halt_detection_change_percent", &RolloutSettings::halt_detection_change_percent, 1, 1'000},
    {"tests_every_seconds", &RolloutSettings::tests_every_seconds, 0, 7 * kDaySeconds}};

void read_kept(BundleParts& parts, YamlMapping& mapping, uint32_t audit_days, Retention::Of& out) {
  if (const YamlNode* days = mapping.optional("evidence_days")) {
    YamlMapping by_kind(parts.reader, *days, "evidence_days");
    for (const std::string_view kind : kRecordKinds)
      if (const YamlNode* value = by_kind.optional(kind)) {
        const auto number = static_cast<uint32_t>(parts.reader.number(*value, 1, kDaysMax));
        if (number > 0 && number < audit_days)
          parts.reader.add(value->place, "evidence is kept for the audit period at least, " +
                                             std::to_string(audit_days) + " days");
        out.evidence_days[std::string(kind)] = number;
      }
    by_kind.finish();
  }
  if (const YamlNode* hours = mapping.optional("vault_hours"))
    out.vault_hours = static_cast<uint32_t>(parts.reader.number(*hours, 1, kVaultHoursMax));
}

std::string bounded_text(BundleParts& parts, YamlMapping& mapping, std::string_view key,
                         bool is_required) {
  const YamlNode* node = is_required ? mapping.required(key) : mapping.optional(key);
  if (node == nullptr) return {};
  std::string text = parts.reader.text(*node);
  if (text.size() > kOwnerBytesMax || (is_required && text.empty()))
    parts.reader.add(node->place, "a text of 1 to 200 bytes is expected");
  return text;
}

template <class Things>
std::vector<std::string> named(BundleParts& parts, YamlMapping& mapping, std::string_view key,
                               const Things& things, std::string_view what) {
  std::vector<std::string> out;
  const YamlNode* node = mapping.optional(key);
  if (node == nullptr) return out;
  for (auto& [name, place] : parts.reader.text_or_texts(*node))
    if (parts.known_name(name, place, things, what)) out.push_back(std::move(name));
  return out;
}

void read_exception(BundleParts& parts, const YamlNode& item) {
  GuardException one;
  one.place = item.place;
  YamlMapping mapping(parts.reader, item, "an exception");
  one.id = bounded_text(parts, mapping, "id", true);
  if (const YamlNode* finding = mapping.required("finding")) {
    one.finding = parts.reader.text(*finding);
    if (!one.finding.empty() && std::find(kGuardFindings.begin(), kGuardFindings.end(),
                                          one.finding) == kGuardFindings.end())
      parts.reader.add(finding->place, "the guard has no finding of this name" +
                                           did_you_mean(one.finding, {kGuardFindings.begin(),
                                                                      kGuardFindings.end()}));
  }
  if (const YamlNode* subject = mapping.required("subject"))
    for (auto& [name, place] : parts.reader.text_or_texts(*subject)) one.subjects.push_back(name);
  one.tenants = named(parts, mapping, "tenant", parts.bundle.tenants, "tenant");
  one.environments = named(parts, mapping, "environment", parts.bundle.environments, "environment");
  one.destinations = named(parts, mapping, "destination", parts.bundle.vendors, "vendor");
  one.owner = bounded_text(parts, mapping, "owner", true);
  one.reason = bounded_text(parts, mapping, "reason", true);
  one.ticket = bounded_text(parts, mapping, "ticket", false);
  if (const YamlNode* expires = mapping.required("expires")) {
    one.expires = expires->scalar;
    if (const auto day = parse_day(one.expires))
      one.expires_day = *day;
    else
      parts.reader.add(expires->place, "a day is expected, such as 2026-12-31");
  }
  mapping.finish();
  for (const GuardException& former : parts.bundle.exceptions)
    if (former.id == one.id && !one.id.empty())
      parts.reader.add(item.place, "exception '" + one.id + "' is already in " + former.place.file +
                                       ":" + std::to_string(former.place.line));
  parts.bundle.exceptions.push_back(std::move(one));
}

}  // namespace

uint32_t Retention::evidence_days(std::string_view kind, std::string_view tenant) const {
  const std::string name(kind);
  if (const auto own = tenants.find(std::string(tenant)); own != tenants.end())
    if (const auto days = own->second.evidence_days.find(name);
        days != own->second.evidence_days.end())
      return days->second;
  const auto days = general.evidence_days.find(name);
  if (days != general.evidence_days.end()) return days->second;
  return std::max(kEvidenceDays, audit_period_days);
}

uint32_t Retention::vault_hours(std::string_view tenant) const {
  const auto own = tenants.find(std::string(tenant));
  if (own != tenants.end() && own->second.vault_hours) return *own->second.vault_hours;
  return general.vault_hours.value_or(kVaultHours);
}

std::optional<int64_t> parse_day(std::string_view text) {
  constexpr std::string_view kForm = "9999-99-99";
  if (text.size() != kForm.size()) return std::nullopt;
  for (size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == '9' ? text[i] < '0' || text[i] > '9' : text[i] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t count) {
    int value = 0;
    for (char c : text.substr(at, count)) value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                         std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                         std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

void read_retention(BundleParts& parts) {
  const YamlNode* node = parts.top("retention.yaml", "retention", false);
  if (node == nullptr) return;
  Retention& retention = parts.bundle.retention;
  retention.place = node->place;
  YamlMapping mapping(parts.reader, *node, "retention");
  retention.audit_period_days =
      static_cast<uint32_t>(mapping.number_or("audit_period_days", kAuditPeriodDays, 1, kDaysMax));
  read_kept(parts, mapping, retention.audit_period_days, retention.general);
  if (const YamlNode* tenants = mapping.optional("tenants")) {
    YamlMapping each(parts.reader, *tenants, "tenants");
    for (const YamlMember& member : tenants->members) {
      if (!parts.known_name(member.key.scalar, member.key.place, parts.bundle.tenants, "tenant"))
        continue;
      YamlMapping own(parts.reader, member.value, "the retention of a tenant");
      read_kept(parts, own, retention.audit_period_days, retention.tenants[member.key.scalar]);
      own.finish();
    }
  }
  mapping.finish();
}

void read_approvals(BundleParts& parts) {
  const YamlNode* node = parts.top("approvals.yaml", "approvals", false);
  if (node == nullptr) return;
  ApprovalSettings& settings = parts.bundle.approvals;
  settings.place = node->place;
  YamlMapping mapping(parts.reader, *node, "approvals");
  settings.approvers = static_cast<uint32_t>(
      mapping.number_or("approvers", kApproversMin, kApproversMin, kApproversMax));
  settings.approvers_of_loosening = static_cast<uint32_t>(mapping.number_or(
      "approvers_of_loosening", kApproversOfLooseningMin, kApproversOfLooseningMin, kApproversMax));
  mapping.finish();
}

void read_rollout(BundleParts& parts) {
  const YamlNode* node = parts.top("rollout.yaml", "rollout", false);
  if (node == nullptr) return;
  RolloutSettings& settings = parts.bundle.rollout;
  settings.place = node->place;
  YamlMapping mapping(parts.reader, *node, "rollout");
  for (const NumberKey& key : kRollout)
    settings.*key.member =
        static_cast<uint32_t>(mapping.number_or(key.name, settings.*key.member, key.min, key.max));
  mapping.finish();
}

void read_exceptions(BundleParts& parts) {
  const YamlNode* node = parts.top("exceptions.yaml", "exceptions", false);
  if (node == nullptr) return;
  if (node->kind != YamlNode::Kind::Sequence)
    return parts.reader.add(node->place, "exceptions is a list; write [] when there is none");
  for (const YamlNode& item : node->items) read_exception(parts, item);
}

}  // namespace sallyport::controlplane::policy
