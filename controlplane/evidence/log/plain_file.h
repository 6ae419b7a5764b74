// plain_file.h: small files, read whole and replaced atomically.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::evidence_log {

// Nothing when there is no such file. Throws std::runtime_error when it is longer than `bytes_max`,
// is no regular file, or cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& path, size_t bytes_max);

// Durable, all or nothing: written beside, synced, renamed, folder synced. Throws
// std::system_error.
void replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode);

void sync_folder(const std::filesystem::path& folder);

}  // namespace sallyport::evidence_log
