// host_file.h: the top keys of sallyport.yaml, which both daemons read, each its own part of it.
//
// A key that is none of these is refused by both: a typed `enviroment` that one of them passed over
// would be a host that takes policy without approvals, a typed `evidence` one without witnesses.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport::contract {

inline constexpr std::array<std::string_view, 8> kHostFileKeys{
    "node", "environment", "idle", "workers", "ports", "gateway", "memory", "evidence"};

constexpr bool is_host_file_key(std::string_view key) {
  return std::find(kHostFileKeys.begin(), kHostFileKeys.end(), key) != kHostFileKeys.end();
}

}  // namespace sallyport::contract
