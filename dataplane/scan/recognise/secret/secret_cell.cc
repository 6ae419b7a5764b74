#include "dataplane/scan/recognise/secret/secret_cell.h"

#include <algorithm>

#include "dataplane/scan/recognise/secret/assignment.h"
#include "dataplane/scan/recognise/secret/password.h"

namespace sallyport::scan {

bool names_secret_column(contract::RuleKind kind, Bytes cue) noexcept {
  return kind == contract::RuleKind::Password
             ? password_cue_is_name(cue)
             : kind == contract::RuleKind::Assignment && assignment_cue_is_name(cue);
}

SecretName secret_name_of(contract::RuleKind kind, Bytes name, Bytes cue) noexcept {
  SecretName out;
  out.is_password = kind == contract::RuleKind::Password;
  out.takes_uuid = !out.is_password && name_accepts_uuid(name);
  out.takes_phrase = !out.is_password && cue_accepts_phrase(cue);
  return out;
}

bool is_secret_cell(Bytes value, const SecretName& name) noexcept {
  const bool letters = std::any_of(value.begin(), value.end(), is_letter);
  if (!letters || is_placeholder(value)) return false;
  if (is_uuid(value)) return name.takes_uuid;
  const bool is_strong = password_strength(value) == Strength::Strong;
  if (name.is_password) return is_strong;
  return is_key_like(value) || (name.takes_phrase && is_strong && value.size() >= kSecretPhraseMin);
}

}  // namespace sallyport::scan
