// private_file.h: files and folders that only root (or our own user) may touch.
//
// Everything here reports with a message that names the file, says what is wrong and ends with the
// command that repairs it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/vault/secret_memory.h"

namespace sallyport::supervise {

// What a file is allowed to be.
enum class Privacy : uint8_t {
  Secret,  // no access at all for group and others
  Public   // may be read by anybody, written by its owner only
};

enum class ReadResult : uint8_t { Ok, Missing, Refused };

// Reads a regular file (links are followed, the target is what counts) of at most `bytes_max`,
// owned by root or by us. Refused: `error` says why and how to repair it.
ReadResult read_private(const std::filesystem::path& file, Privacy privacy, size_t bytes_max,
                        vault::Secret& bytes, std::string& error);

// Writes a new file (0600, synced) under its final name in one step. False: it exists already, or
// cannot be written (`error` is then not empty).
bool create_private(const std::filesystem::path& file, std::span<const uint8_t> bytes,
                    std::string& error);

// Replaces a file (0600, synced, renamed into place): readers see the old or the new content.
bool replace_private(const std::filesystem::path& file, std::string_view text, std::string& error);

// Puts `text` behind what the file holds, in one write (a new file is 0600), and syncs it. False:
// `error` says why; a part of `text` may then be there.
bool append_private(const std::filesystem::path& file, std::string_view text, std::string& error);

// Makes the folder and its parents when missing (0700), and refuses one that another user owns or
// that group or others may write.
bool ensure_private_folder(const std::filesystem::path& folder, std::string& error);

// Small public text file; nothing when missing or larger than `bytes_max`.
std::optional<std::string> read_small(const std::filesystem::path& file, size_t bytes_max = 4096);

}  // namespace sallyport::supervise
