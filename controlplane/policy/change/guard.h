// guard.h: what may not be merged: the merge guard over a change of a bundle.
//
// The bundle before says what is protected, so a change cannot first unprotect and then loosen.
// What is refused can be let pass by exceptions.yaml of the bundle after, for what it names and
// until its day is over; an exception that covers a part of a finding covers none of it.
//
// Not here  who must approve (approvals.h); application code (code_guard.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/policy/change/bundle_change.h"

namespace sallyport::controlplane::policy {

struct GuardFinding {
  std::string name;     // one of kGuardFindings
  std::string subject;  // one entity, test, vendor, API kind
  std::string words;
  std::vector<ChangeWhere> where;
  Place place;
  std::string excused_by;    // id of an exception; empty: refused
  std::string excused_text;  // its owner, reason and last day
  std::string near_miss;     // why an exception that names it does not hold; empty: there is none
};

struct GuardReport {
  std::vector<GuardFinding> findings;
  std::vector<std::string> notes;  // exceptions that are over, or that nothing needs
  size_t refused() const;
};

// `today`: days since 1970-01-01, UTC.
GuardReport guard_change(const Bundle& before, const Bundle& after, int64_t today);
GuardReport guard_change(const BundleChange& change, const Bundle& after, int64_t today);

// One sentence about a finding's name, for SARIF and help.
std::string_view guard_finding_text(std::string_view name);

}  // namespace sallyport::controlplane::policy
