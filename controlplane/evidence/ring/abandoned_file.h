// abandoned_file.h: what a process that was killed in the middle of making a shared file leaves.
#pragma once

#include <filesystem>
#include <string_view>

namespace sallyport::evidence_log {

// True for the name that a ring's file has until it is complete: ".STEM" and the suffix.
bool is_hidden_of_ring(std::string_view name, std::string_view suffix);

// Removes the file when nobody holds a lock on it: whoever made it is dead. Safe against one who
// is just about to lock it (dataplane/evidence/locked_file.h then makes another), and against one
// who has given the file its name meanwhile. Call it only for hidden files whose makers lock them,
// or that only the calling thread makes. True: removed.
bool remove_if_abandoned(const std::filesystem::path& path);

}  // namespace sallyport::evidence_log
