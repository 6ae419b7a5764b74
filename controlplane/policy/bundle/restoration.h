// restoration.h: who may have values back outside of a live exchange, and why: restoration.yaml.
//
// A live answer restores by access.yaml. This is the other way in: a named person or service asks
// sallyportd for the value behind a token (controlplane/restore). The text of this policy is a
// section of the image, so that what decides is what was approved; the dataplane does not read it.
//
// Rules are read in order and the first whose matchers fit decides; none: denied. Matchers say who,
// what and why; requirements (second factor, hours, ticket) then turn an `allow` into a denial with
// its own word, never into the next rule: a later, wider rule must not make up for a missing
// factor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/policy/yaml/problem.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::controlplane::policy {

struct BundleParts;

inline constexpr size_t kRestorationBytesMax = 1U << 20;  // of the section: a table of people
inline constexpr size_t kIdentitiesMax = 4'096;
inline constexpr size_t kRestorationRulesMax = 1'024;
inline constexpr uint16_t kDayMinutes = 24 * 60;

// How well a caller proved who it is. Unknown is what a UNIX socket can say.
enum class MfaStrength : uint8_t { Unknown = 0, Single = 1, Multi = 2, Hardware = 3 };
std::string_view mfa_name(MfaStrength strength);

struct RestorationReason {
  std::string code;  // what a caller gives; in every record
  std::string text;  // for people
  bool ticket_required = false;
};

// A principal of the restoration service. Gateway keys are none: an identity with `gateway` says
// which rules hold when a live answer to that principal quotes what others of its tenant sent.
struct Identity {
  std::string name;
  std::string gateway;                   // principal of gateway keys; empty: not in live answers
  std::string unix_user;                 // empty: not over the UNIX socket
  std::string subject_name;              // a subjectAltName of the client certificate; empty: none
  std::optional<contract::Digest> spki;  // SHA-256 of its public key; with subject_name both hold
  std::vector<std::string> roles;
  MfaStrength mfa = MfaStrength::Unknown;  // of the certificate's key; never of a UNIX socket
  int64_t expires_s = 0;                   // Unix time from which on it is nobody; 0: never
};

// Matchers: empty means any.
struct RestorationRule {
  std::string id;
  std::vector<std::string> principals, roles, tenants, entities, environments, purposes, reasons;
  MfaStrength mfa_min = MfaStrength::Unknown;
  uint16_t from_minute = 0;  // of the day, UTC; [from, to)
  uint16_t to_minute = kDayMinutes;
  uint8_t weekdays = 0x7f;  // bit 0 is Monday
  bool ticket_required = false;
  bool allow = false;
  Place place;  // not in an image
};

// A rule of access.yaml, as far as a review of access asks: who may have values in live answers.
struct LiveAccess {
  std::string id;
  std::vector<std::string> tenants, principals, entities, reasons;
  bool allow = false;
};

struct RestorationLimits {
  uint32_t values_per_request = 100;
  uint32_t values_per_hour = 1'000;  // of one principal
  uint32_t denials_per_hour = 50;    // then everything is denied, and it is an alarm
};

struct RestorationPolicy {
  std::vector<RestorationReason> reasons;
  std::vector<std::string> purposes;  // empty: no purpose is asked for
  std::vector<Identity> identities;
  std::vector<RestorationRule> rules;
  std::vector<std::string> break_glass_roles;  // may skip the rules, never reason and ticket
  RestorationLimits limits;
  std::vector<LiveAccess> live;

  const RestorationReason* find_reason(std::string_view code) const;
};

// restoration.yaml of a bundle; without the file nobody may restore.
RestorationPolicy read_restoration(BundleParts& parts);

// Canonical JSON, the same bytes for the same policy.
std::string restoration_text(const RestorationPolicy& policy);
// Nothing: not such a text. Whoever wrote the image: everything is checked again.
std::optional<RestorationPolicy> parse_restoration(std::string_view text);
}  // namespace sallyport::controlplane::policy
