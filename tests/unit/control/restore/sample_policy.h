// sample_policy.h: a restoration policy for tests: a desk, a chief, an outsider.
#pragma once

#include "controlplane/policy/bundle/restoration.h"

namespace sallyport::restore {

inline constexpr int64_t kMondayNoonS = 1'795'435'200;  // 2026-11-23T12:00:00Z

inline controlplane::policy::RestorationPolicy sample_policy() {
  using controlplane::policy::Identity;
  using controlplane::policy::MfaStrength;
  using controlplane::policy::RestorationRule;
  controlplane::policy::RestorationPolicy policy;
  policy.reasons = {{"audit", "", false}, {"subject", "", true}};
  Identity desk, chief;
  desk.name = desk.unix_user = "desk";
  desk.roles = {"desk"};
  chief.name = "chief";
  chief.subject_name = "chief@example.org";
  chief.roles = {"chief"};
  chief.mfa = MfaStrength::Multi;
  policy.identities = {desk, chief};
  RestorationRule no_ssn, lab, strong;
  no_ssn.id = "no-ssn";
  no_ssn.entities = {"US_SSN"};
  no_ssn.allow = false;
  lab.id = "desk-lab";
  lab.roles = {"desk"};
  lab.tenants = {"acme"};
  lab.environments = {"lab"};
  lab.from_minute = 8 * 60;
  lab.to_minute = 18 * 60;
  lab.weekdays = 0x1f;
  lab.allow = true;
  strong.id = "chief-all";
  strong.roles = {"chief"};
  strong.mfa_min = MfaStrength::Multi;
  strong.allow = true;
  policy.rules = {no_ssn, lab, strong};
  policy.break_glass_roles = {"chief"};
  policy.limits = {5, 8, 6};
  return policy;
}

}  // namespace sallyport::restore
