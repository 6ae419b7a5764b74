// validator_names.h: the names that a bundle gives to the validators of contract/matcher_layout.h.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/contract/matcher_layout.h"

namespace sallyport::controlplane::policy {

// "card", "uk_nhs"; "none" for None.
std::string_view validator_name(contract::Validator validator);
// Nothing: no validator has this name.
std::optional<contract::Validator> find_validator(std::string_view name);

}  // namespace sallyport::controlplane::policy
