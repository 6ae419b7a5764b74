// options.h: the command line of sallyportd, and the one thing it reads of sallyport.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sallyport::supervise {

struct Options {
  std::filesystem::path config = "/etc/sallyport/sallyport.yaml";
  std::filesystem::path run_dir = "/run/sallyport";
  std::filesystem::path state_dir = "/var/lib/sallyport";
  std::filesystem::path credentials = "/etc/sallyport/credentials";
  std::filesystem::path policy;          // empty: none
  std::filesystem::path restore_socket;  // empty: <run dir>/restore.sock
  std::string admin_listen;              // "ADDRESS:PORT" of the HTTPS admin API; empty: none
  std::string log_level = "info";
  // Set in the child that compiles a bundle (bundle_job.h).
  std::filesystem::path compile;
  std::filesystem::path images;
  std::string terms;
};

enum class Parse : uint8_t { Run, Leave /*help or version was printed*/, Error };

// Errors go to stderr. Defaults come from SALLYPORT_RUN_DIR, SALLYPORT_STATE_DIR,
// SALLYPORT_CREDENTIALS and CREDENTIALS_DIRECTORY.
Parse parse_command_line(int argc, const char* const* argv, Options& options);

// `environment` of the file: "lab" when it does not say. Every host whose bundle has gateway keys
// of another environment is that one for approvals, whatever stands here
// (policy/bundle/approvals.h).
std::string read_host_environment(const std::filesystem::path& config, std::string& error);

// The name of this appliance: `node` of the file ("sallyport" when it does not say), or this
// machine's host name when there is no file. Empty: `error` says why.
std::string read_node_name(const std::filesystem::path& config, std::string& error);

}  // namespace sallyport::supervise
