// secret_cell.h: is the name of a column the name of a secret, and is what stands below it one?
//
// What password.h and assignment.h ask of a value behind its name, asked of a cell of a table,
// where no operator stands and nothing but the name above speaks for it: only what looks made or
// chosen as a secret passes, no plain word and no number.
#pragma once

#include "dataplane/contract/matcher_layout.h"
#include "dataplane/scan/validate/secret_text.h"

namespace sallyport::scan {

struct SecretName {
  bool is_password = false;  // chosen by somebody; else a key
  bool takes_uuid = false;
  bool takes_phrase = false;  // "secret": also of a key
};

// `cue` is one of a rule of `kind`. False: what it names is no column of secrets.
bool names_secret_column(contract::RuleKind kind, Bytes cue) noexcept;
SecretName secret_name_of(contract::RuleKind kind, Bytes name, Bytes cue) noexcept;
bool is_secret_cell(Bytes value, const SecretName& name) noexcept;

}  // namespace sallyport::scan
