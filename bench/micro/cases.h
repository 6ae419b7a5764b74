// cases.h: the measured parts of the micro suite; each file builds the cases of one group. What a
// case needs is owned by its closure.
#pragma once

#include <filesystem>
#include <vector>

#include "bench/harness/harness.h"

namespace sallyport::bench {

// Prompt JSON through the stages alone and together, with the bundle in `policies`; also what is in
// the file `texts`, if one is named (prompt_mixes.h).
std::vector<Case> scan_cases(const std::filesystem::path& policies,
                             const std::filesystem::path& texts);
// Answers that arrive event by event, through the relay.
std::vector<Case> stream_cases(const std::filesystem::path& policies);
// Prompt text against a tenant's dictionary of a million values.
std::vector<Case> dictionary_cases();
// What a token stands for, sealed for the vault.
std::vector<Case> mapping_cases();
// One segment into an established connection.
std::vector<Case> tcp_cases();
// One record sealed, one opened, against the cipher alone.
std::vector<Case> tls_cases();

}  // namespace sallyport::bench
