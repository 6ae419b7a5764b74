// doctor.h: looks at this machine and says what fits, what may hurt and what must change.
//
// Every check is one line: what was found, and when it is not OK the command or the step that
// mends it. Checks never change anything, never need the daemon, and never fail as a whole: what
// cannot be read is itself a finding.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/cli/command.h"

namespace sallyport::cli {

enum class CheckState : uint8_t { Ok, Warn, Fail };

struct Check {
  std::string name;  // stable word for scripts
  CheckState state = CheckState::Ok;
  std::string found;
  std::string fix;  // empty when OK
};

std::string_view word_of(CheckState state);

// All checks, in the order in which they are worth reading.
std::vector<Check> examine(const Settings& settings);

// The parts, for tests. `flags`: the flags line of the processor; `meminfo`: /proc/meminfo.
std::vector<Check> check_processor(std::string_view flags, unsigned cores);
Check check_hugepages(std::string_view meminfo);
Check check_memory(std::string_view meminfo);
// (package, version) of what is installed, from dpkg-query; nothing when it cannot be asked.
std::optional<std::vector<std::pair<std::string, std::string>>> installed_packages(
    const std::vector<std::string>& wanted);
std::vector<Check> check_packages(
    const std::vector<std::pair<std::string, std::string>>& installed);
Check check_matcher(std::string_view version);
// `pci`: /sys/bus/pci/devices
std::vector<Check> check_network_cards(const std::filesystem::path& pci);
Check check_clock();
Check check_disk(const std::string& name, const std::filesystem::path& folder, uint64_t warn_bytes,
                 uint64_t fail_bytes);
// gateway.pem and gateway.key of the folder.
std::vector<Check> check_certificate(const std::filesystem::path& folder, int64_t now_s);
Check check_folder_privacy(const std::string& name, const std::filesystem::path& folder);
Check check_daemon(const Settings& settings);

}  // namespace sallyport::cli
