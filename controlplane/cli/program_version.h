// program_version.h: which sallyctl this is, and what it runs with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::cli {

std::string_view program_version();
// (library, version as the loaded library itself says it); only those that can be asked.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace sallyport::cli
