// Which packages are installed, asked of dpkg-query, against what this product was built for.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "controlplane/cli/doctor.h"

extern char** environ;

namespace sallyport::cli {
namespace {

struct Wanted {
  std::string_view package;
  std::string_view begins;  // of the version
  CheckState missing;
  std::string_view fix;
};
constexpr std::array<Wanted, 7> kWanted = {{
    {"libhyperscan5", "5.4.", CheckState::Fail, "apt-get install libhyperscan5"},
    {"dpdk", "22.11.", CheckState::Warn,
     "apt-get install dpdk (dpdk-devbind.py, dpdk-hugepages.py)"},
    {"librte-eal23", "22.11.", CheckState::Fail, "apt-get install librte-eal23"},
    {"libssl3", "3.0.", CheckState::Fail, "apt-get install libssl3"},
    {"liblmdb0", "0.9.", CheckState::Fail, "apt-get install liblmdb0"},
    {"libboost-program-options1.74.0", "1.74.", CheckState::Fail,
     "apt-get install libboost-program-options1.74.0"},
    {"libfyaml0", "", CheckState::Fail, "apt-get install libfyaml0"},
}};

const std::string* version_of(const std::vector<std::pair<std::string, std::string>>& installed,
                              std::string_view package) {
  const auto found = std::find_if(installed.begin(), installed.end(),
                                  [&](const auto& row) { return row.first == package; });
  return found == installed.end() ? nullptr : &found->second;
}

// What a program prints; nothing when it cannot be started.
std::optional<std::string> output_of(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  std::string text;
  if (error == 0) {
    std::array<char, 4'096> piece;
    for (ssize_t got; (got = read(pipe_ends[0], piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<size_t>(got));
    int status = 0;
    waitpid(child, &status, 0);
  }
  close(pipe_ends[0]);
  return error == 0 ? std::optional(text) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> installed_packages(
    const std::vector<std::string>& wanted) {
  std::vector<std::string> words = {"dpkg-query", "-W", "-f",
                                    "${Package} ${Version} ${db:Status-Status}\n"};
  for (const Wanted& row : kWanted) words.emplace_back(row.package);
  words.emplace_back("libvectorscan*");
  words.insert(words.end(), wanted.begin(), wanted.end());
  const auto text = output_of(std::move(words));
  if (!text) return std::nullopt;
  std::vector<std::pair<std::string, std::string>> out;
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string::npos || last <= first || line.substr(last + 1) != "installed")
      continue;
    out.emplace_back(line.substr(0, first), line.substr(first + 1, last - first - 1));
  }
  return out;
}

std::vector<Check> check_packages(
    const std::vector<std::pair<std::string, std::string>>& installed) {
  std::vector<Check> out;
  for (const Wanted& row : kWanted) {
    const std::string name = fmt::format("package-{}", row.package);
    const std::string* version = version_of(installed, row.package);
    if (version == nullptr) {
      out.push_back({name, row.missing, "not installed", std::string(row.fix)});
      continue;
    }
    // An epoch ("1:") is no part of the version we compare.
    const size_t colon = version->find(':');
    const std::string_view plain =
        std::string_view(*version).substr(colon == std::string::npos ? 0 : colon + 1);
    const bool fits = plain.starts_with(row.begins);
    out.push_back({name, fits ? CheckState::Ok : CheckState::Warn, *version,
                   fits ? "" : fmt::format("built and tested with {}x of Debian 12", row.begins)});
  }
  for (const auto& [package, version] : installed)
    if (package.starts_with("libvectorscan"))
      out.push_back({"no-vectorscan", CheckState::Fail, fmt::format("{} {}", package, version),
                     "it loses matches on AVX-512: apt-get install libhyperscan-dev libhyperscan5 "
                     "libvectorscan-dev- libvectorscan5-"});
  if (out.back().name != "no-vectorscan")
    out.push_back({"no-vectorscan", CheckState::Ok, "Vectorscan is not installed", ""});
  return out;
}

}  // namespace sallyport::cli
