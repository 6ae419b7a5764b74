// route_table.h: contract/route_table.h, written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/supervise/credentials/sealed_memory.h"
#include "dataplane/contract/image_layout.h"

namespace sallyport::supervise {

// Nothing: `error`. REQUIRES: `tenants` ascend, each once, as many and as long as the contract
// allows.
std::optional<SealedMemory> make_route_table(const contract::Digest& base,
                                             const contract::Digest& canary,
                                             const std::vector<std::string>& tenants,
                                             std::string& error);

}  // namespace sallyport::supervise
