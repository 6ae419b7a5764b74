// whole_file.h: a file appears whole or not at all: written beside with mode 0600, synced, renamed,
// and its folder synced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace sallyport::controlplane::policy {

// Throws std::runtime_error with the path and the reason; what was there stays.
void write_whole_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);

}  // namespace sallyport::controlplane::policy
