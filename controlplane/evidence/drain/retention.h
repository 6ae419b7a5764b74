// retention.h: how long records stay, and the run that removes the content of those that are over.
//
// A run looks at the log from its beginning, a slice at a time, and names what goes; the store then
// removes it in the transaction that also holds the retention record (docs/evidence.md 3.2). The
// leaf hash of a record stays, so every checkpoint ever signed still verifies.
//
// What stays whatever its age: an exchange without a verdict, what no checkpoint covers yet, what a
// hold names, retention records themselves, because the newest answers for all that is missing, and
// changes of the log's key.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/holds.h"
#include "controlplane/evidence/log/log.h"

namespace sallyport::evidence_log {

inline constexpr uint32_t kRetentionDaysDefault = 400;  // a year, and the auditor's weeks after it
inline constexpr uint32_t kAuditPeriodDaysDefault = 365;
inline constexpr uint32_t kRetentionDaysMax = 36'500;
inline constexpr size_t kRetentionRulesMax = 256;

struct RetentionRule {
  std::string evidence;  // "REQ"; empty: every kind
  std::string tenant;    // empty: every tenant
  uint32_t days = kRetentionDaysDefault;
};

struct RetentionPolicy {
  uint32_t audit_period_days = kAuditPeriodDaysDefault;
  std::vector<RetentionRule> rules;

  // The most special rule: tenant and kind, then tenant, then kind.
  uint32_t days_of(std::string_view evidence, std::string_view tenant) const;
  uint32_t days_min() const;
  // Empty when it can be used; else what is wrong and the way out.
  std::string problem() const;
};

struct PruneSlice {
  std::vector<uint64_t> indexes;  // ascending
  std::map<std::string, uint64_t> by_evidence;
  uint64_t looked_at = 0;
  uint64_t held = 0;
  bool last = false;
};

class RetentionRun {
 public:
  // `limit`: records from here on are not looked at (the newest checkpoint's size).
  RetentionRun(LogReader log, RetentionPolicy policy, HoldHook held, uint64_t now_wall_ns,
               uint64_t limit);
  // Looks at `records_max` more records. Throws what the hook throws, and std::runtime_error for a
  // damaged store.
  PruneSlice next(size_t records_max);
  // The record of a slice that removes something. Counts it as removed.
  ControlRecord slice_record(const PruneSlice& slice);
  // The record of the whole run, also of one that found nothing, or could not look.
  ControlRecord run_record(const std::string& problem) const;
  uint64_t removed() const { return removed_; }

 private:
  void look_at(uint64_t index, std::span<const uint8_t> record, PruneSlice& slice);
  bool is_due(std::string_view evidence, std::string_view tenant, const RecordView& view) const;

  LogReader log_;
  RetentionPolicy policy_;
  HoldHook hold_;
  uint64_t now_ns_;
  uint64_t limit_;
  uint64_t next_ = 0;
  uint64_t young_ = 0;  // in a row: the log is in the order of time, so they end the run
  uint64_t removed_ = 0;
  uint64_t looked_at_ = 0;
  uint64_t held_ = 0;
  std::map<std::string, uint64_t> by_evidence_;
  PrunedRanges pruned_;
};

}  // namespace sallyport::evidence_log
