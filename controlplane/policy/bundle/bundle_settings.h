// bundle_settings.h: the parts of a bundle that the control plane acts on: how long what is kept,
// who must approve, when a canary is ended, what the merge guard may let pass, prompt templates.
//
// Values of bundle.h; read by bundle_settings.cc and bundle_templates.cc. Every file of these is
// optional: without it the defaults below hold, and they are the careful ones.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/yaml/problem.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

// Kinds of evidence records (docs/evidence.md), as retention.yaml names them.
inline constexpr std::array<std::string_view, 12> kRecordKinds = {
    "REQ", "EGR", "TLS", "RST", "ADM", "POL", "TST", "CFG", "KEY", "RET", "DSR", "CHK"};
inline constexpr uint32_t kEvidenceDays = 400;     // a year's audit, and a month to do it
inline constexpr uint32_t kAuditPeriodDays = 365;  // evidence is kept at least so long
inline constexpr uint32_t kVaultHours = 24;

// retention.yaml
struct Retention {
  struct Of {
    std::map<std::string, uint32_t> evidence_days;  // by kind, where it differs
    std::optional<uint32_t> vault_hours;
  };
  uint32_t audit_period_days = kAuditPeriodDays;
  Of general;
  std::map<std::string, Of> tenants;
  Place place;

  uint32_t evidence_days(std::string_view kind, std::string_view tenant) const;
  uint32_t vault_hours(std::string_view tenant) const;
};

// approvals.yaml: more than the rules ask (approvals.h), never less.
struct ApprovalSettings {
  uint32_t approvers = 1;
  uint32_t approvers_of_loosening = 2;
  Place place;
};

// rollout.yaml: how long a canary is looked at, and what ends it by itself.
struct RolloutSettings {
  uint32_t canary_least_exchanges = 50;  // before promote
  uint32_t canary_least_seconds = 60;
  uint32_t halt_window_seconds = 60;   // what the percents below are counted over
  uint32_t halt_least_exchanges = 20;  // in the window, before anything is halted
  uint32_t halt_error_percent = 5;     // of exchanges that fail on our side
  uint32_t halt_block_percent = 20;    // more blocked exchanges than the policy in force has
  uint32_t halt_detection_change_percent = 50;  // detections per exchange, either way
  uint32_t tests_every_seconds = 3'600;         // of the seeded tests on the live box; 0: never
  Place place;
};

// What the merge guard refuses (guard.h), as exceptions name it.
inline constexpr std::array<std::string_view, 8> kGuardFindings = {
    "redaction_loosened", "detection_weakened", "reading_weakened", "test_weakened",
    "content_logging",    "vendor_unpinned",    "data_use_unknown", "restoration_widened"};

// exceptions.yaml: what the merge guard may let pass, whose word that is, and until when.
struct GuardException {
  std::string id;
  std::string finding;                    // code of the guard: "redaction_loosened"
  std::vector<std::string> subjects;      // entities, tests, vendors ...; one at least
  std::vector<std::string> tenants;       // empty: any
  std::vector<std::string> environments;  // empty: any
  std::vector<std::string> destinations;  // empty: any
  std::string owner;
  std::string reason;
  std::string ticket;
  std::string expires;      // "2026-12-31", the last day on which it holds, UTC
  int64_t expires_day = 0;  // days since 1970-01-01
  Place place;
};

// What a vendor may do with what it gets, by contract: `data_use` of a vendor. Every flag is there;
// what the file does not say is "unknown". Values: kDataUse, the strictest first.
struct DataUseFlag {
  std::string_view name;
  std::array<std::string_view, 4> values;  // the last one is "unknown"
};
inline constexpr std::array<DataUseFlag, 4> kDataUse = {
    {{"training", {"never", "opt_out", "permitted", "unknown"}},
     {"retention", {"zero", "days_30", "longer", "unknown"}},
     {"human_review", {"never", "abuse_only", "permitted", "unknown"}},
     {"content_logging", {"none", "metadata", "content", "unknown"}}}};
// Index into values, by flag.
using DataUse = std::array<uint8_t, kDataUse.size()>;
inline constexpr DataUse kDataUseUnknown = {3, 3, 3, 3};

// `reasons` of access.yaml: the codes that a restoration may name.
struct AccessReason {
  std::string name;
  std::string description;
  bool needs_ticket = false;
  Place place;
};

// templates/*.yaml
struct TemplatePiece {
  bool is_slot = false;
  std::string text;  // fixed text, or the name of the slot
};
struct TemplatePart {
  contract::Role role = contract::Role::User;
  std::vector<TemplatePiece> pieces;  // no two slots beside one another, no two fixed texts
};
struct PromptTemplate {
  std::string name;
  std::string version;
  bool is_retired = false;
  std::string owner;
  std::string description;
  std::vector<TemplatePart> parts;
  contract::Digest digest{};  // template_digest()
  Place place;
  std::string id() const { return name + "@" + version; }  // as x-sallyport-template has it
};

// SHA-256 over: "sallyport template 1\n", then NAME@VERSION\n, then for each part its role and \n
// and for each piece "text" or "slot", a space, the number of its bytes, \n, its bytes, \n.
contract::Digest template_digest(const PromptTemplate& one);

// Days since 1970-01-01 of "YYYY-MM-DD"; nothing: that is no date.
std::optional<int64_t> parse_day(std::string_view text);

}  // namespace sallyport::controlplane::policy
