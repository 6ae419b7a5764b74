// rule_words.h: what each kind of rule and each validator does, in plain words, with its source:
// for `sallyctl policy explain`, `sallyctl scan --explain` and the people who read them.
#pragma once

#include <string_view>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::controlplane::policy {

struct KindWords {
  std::string_view name;   // as in the bundle's YAML
  std::string_view how;    // how candidates are found
  std::string_view limit;  // what such a rule does not see
};

struct ValidatorWords {
  std::string_view name;    // as in the bundle's YAML
  std::string_view holds;   // what must hold of a candidate
  std::string_view source;  // the standard or document it is from; empty: of our own
};

KindWords words_of(contract::RuleKind kind);
ValidatorWords words_of(contract::Validator validator);

}  // namespace sallyport::controlplane::policy
