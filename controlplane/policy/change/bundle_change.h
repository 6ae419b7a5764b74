// bundle_change.h: what changes when one bundle takes the place of another.
//
// Effective decisions are compared, not texts: what happens to every entity in every cell (tenant,
// environment, destination, direction, role, confidence of each rule that finds it), which values
// come back to whom, how messages are read, whom data reaches. So a rule that is moved, renamed,
// shadowed or split over files changes nothing here as long as it decides the same.
//
// What cannot be shown to be as strict (another pattern, another validator) is Unproven, and
// counts like Looser.
//
// The written rules of effects and risk classes: docs/policy_changes.md, section 2.
// Not here  whether a change may be merged (guard.h) or applied (approvals.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/bundle.h"

namespace sallyport::controlplane::policy {

enum class Effect : uint8_t { Stricter, Looser, Unproven, Changed };
std::string_view effect_name(Effect effect);  // "stricter" and so on

// Ascending; that of a change is the highest of its items.
enum class Risk : uint8_t {
  None,      // decides everything as before
  Low,       // no live request meets it, or it only adds callers and proofs
  Risky,     // live requests are decided in another way: a canary first
  Loosening  // something is looser, or cannot be shown not to be: a canary, and two approvers
};
std::string_view risk_name(Risk risk);

enum class ChangeArea : uint8_t {
  Redaction,    // what happens to a value that was found
  Detection,    // what is found
  Reading,      // what of a message is looked at, and what nobody can read
  Test,         // seeded tests and examples
  Vendor,       // whom data reaches, and how that is proven
  UseOfData,    // what a vendor may do with it
  Access,       // who has values back: live answers, restoration service
  Retention,    // how long evidence and mappings are kept
  Tenant,       // tenants and whom they reach
  Key,          // gateway keys
  Route,        // hosts and prefixes
  Template,     // prompt templates
  Limit,        // bounds and timeouts
  Environment,  // durability
  Operation,    // approvals, rollout, exceptions, names
};
std::string_view change_area_name(ChangeArea area);

// A box of cells. Empty: every one.
struct ChangeWhere {
  std::vector<std::string> tenants;
  std::vector<std::string> environments;
  std::vector<std::string> destinations;
};

struct ChangeItem {
  ChangeArea area = ChangeArea::Operation;
  Effect effect = Effect::Changed;
  Risk risk = Risk::Low;
  std::string code;                   // stable: "action", "rule_removed", "pins_removed"
  std::vector<std::string> subjects;  // entities, a vendor, a test, a tenant ...
  std::string direction;              // "request", "response"; empty: both, or neither
  std::vector<std::string> roles;     // empty: all
  std::vector<ChangeWhere> where;     // empty: everywhere, or no matter of cells
  std::string before;                 // empty: there was none
  std::string after;
  bool is_protected = false;  // the bundle before kept these values back
  std::string words;          // one sentence for people
  Place place;                // in the bundle after, where it has one; else before
};

struct BundleChange {
  std::vector<ChangeItem> items;  // loosening first, then by area
  Risk risk() const;
  // R2 of approvals.h: two approvers.
  bool is_loosening() const { return risk() == Risk::Loosening; }
  // Rollout: not without a canary.
  bool wants_canary() const { return risk() >= Risk::Risky; }
};

BundleChange compare_bundles(const Bundle& before, const Bundle& after);

}  // namespace sallyport::controlplane::policy
