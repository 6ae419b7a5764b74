// admin_client.h: one question to sallyportd over <run dir>/admin.sock, and its answer.
//
// One JSON object on one line each way, then the connection ends. The daemon knows who asks by the
// socket's peer credentials, so nothing about identity is sent that it would have to believe,
// besides a name for the records.
#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "controlplane/cli/command.h"

namespace sallyport::cli {

// Answers larger than this are not ours.
inline constexpr size_t kAdminAnswerBytesMax = 16U << 20;

// The daemon's answer with ok:true. Throws Failure: Unreachable (no daemon), Denied (not for this
// user), Timeout, or what an answer with ok:false says.
nlohmann::json ask_daemon(const Settings& settings, nlohmann::json request,
                          std::chrono::milliseconds patience);

// The same at another socket of the daemon (restore.sock).
nlohmann::json ask_daemon_at(const std::filesystem::path& socket, nlohmann::json request,
                             std::chrono::milliseconds patience);

// Who runs sallyctl, by name; sudo's caller where there is one. The daemon adds the uid it sees.
std::string actor_name();
// The exit code that an error code of the daemon stands for.
Exit exit_of_code(std::string_view code);

}  // namespace sallyport::cli
