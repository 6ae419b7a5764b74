// decision.h: may this caller have the value behind such a token, and which rule says so?
//
// Pure: policy and question in, answer out. The words of `why` are fixed; they go into evidence and
// to the caller, who learns from a denial what he lacks, never whether the token exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/bundle/restoration.h"

namespace sallyport::restore {

// Who asks, as the transport proved it.
struct Caller {
  std::string principal;  // name of an identity; empty: nobody that policy knows
  std::vector<std::string> roles;
  controlplane::policy::MfaStrength mfa = controlplane::policy::MfaStrength::Unknown;
  std::string via;  // "unix", "certificate", "live"
};

// The identity of a UNIX user; of a client certificate (its names, its key). An identity that has
// expired at `now_s` is nobody. A certificate must fit everything that the identity names.
Caller caller_of_user(const controlplane::policy::RestorationPolicy& policy,
                      std::string_view user_name, int64_t now_s);
Caller caller_of_certificate(const controlplane::policy::RestorationPolicy& policy,
                             const std::vector<std::string>& subject_names,
                             const contract::Digest& spki, int64_t now_s);

struct Question {
  std::string tenant;
  std::string entity;
  // Of the exchange that made the token; nothing: not known yet, then a rule that allows some
  // environment fits and one that denies some does not.
  std::optional<std::string> environment;
  std::string purpose;
  std::string reason;
  std::string ticket;
  int64_t now_s = 0;  // Unix
  bool break_glass = false;
};

struct Ruling {
  bool allow = false;
  std::string rule;  // id; "break-glass"; empty: none fitted
  std::string why;   // "rule", "no_rule", "rule_denies", "mfa_too_weak", "outside_hours",
                     // "ticket_missing", "reason_unknown", "purpose_unknown", "caller_unknown",
                     // "break_glass", "break_glass_not_yours"
};

Ruling decide(const controlplane::policy::RestorationPolicy& policy, const Caller& caller,
              const Question& question);

// A live answer that quotes a token of an earlier exchange.
struct LiveQuestion {
  std::string tenant;
  std::string principal;  // of the gateway key
  std::string entity;
  std::string environment;  // of the exchange that made the token
  std::string reason;
  bool minted = false;  // this principal sent the value itself
  int64_t now_s = 0;    // Unix
};

// Both files have to agree: access.yaml says whether such a value comes back to this principal at
// all. Then a rule of restoration.yaml that denies and names nobody holds for everybody; the
// principal's own values need no more; those of others need a rule that allows its identity (the
// one with `gateway`), with all that the rule asks for.
// `why` also: "minting_principal", "access_denies", "not_minted".
Ruling decide_live(const controlplane::policy::RestorationPolicy& policy,
                   const LiveQuestion& question);

}  // namespace sallyport::restore
