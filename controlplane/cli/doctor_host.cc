// Network cards, clock, disks and folders of this host.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "controlplane/cli/doctor.h"

namespace sallyport::cli {
namespace {

std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string link_name(const std::filesystem::path& path) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(path, error);
  return error ? "" : target.filename().string();
}

// The folder itself, or the nearest parent that exists.
std::filesystem::path existing(std::filesystem::path folder) {
  std::error_code error;
  while (!folder.empty() && !std::filesystem::exists(folder, error) &&
         folder != folder.parent_path())
    folder = folder.parent_path();
  return folder.empty() ? "." : folder;
}

bool drives_for_dpdk(const std::string& driver) {
  // The last two keep the kernel's driver beside DPDK's.
  static constexpr std::string_view kDrivers[] = {"vfio-pci", "uio_pci_generic", "igb_uio",
                                                  "mlx5_core", "mlx4_core"};
  return std::find(std::begin(kDrivers), std::end(kDrivers), driver) != std::end(kDrivers);
}

}  // namespace

std::vector<Check> check_network_cards(const std::filesystem::path& pci) {
  std::vector<Check> out;
  std::vector<std::filesystem::path> cards;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pci, error))
    if (first_line(entry.path() / "class").starts_with("0x02")) cards.push_back(entry.path());
  std::sort(cards.begin(), cards.end());
  size_t bound = 0;
  for (const auto& card : cards) {
    const std::string driver = link_name(card / "driver");
    const bool ours = drives_for_dpdk(driver);
    bound += ours ? 1 : 0;
    std::string interfaces;
    for (const auto& entry : std::filesystem::directory_iterator(card / "net", error))
      interfaces += " " + entry.path().filename().string();
    std::string node = first_line(card / "numa_node");
    out.push_back(
        {"nic-" + card.filename().string(), CheckState::Ok,
         fmt::format("{}{}, NUMA node {}{}", driver.empty() ? "no driver" : "driver " + driver,
                     interfaces.empty() ? "" : ", kernel interface" + interfaces,
                     node.empty() || node == "-1" ? "unknown" : node,
                     ours ? ", usable by DPDK" : ""),
         ""});
  }
  if (bound == 0)
    out.push_back({"nic-binding", CheckState::Warn,
                   cards.empty() ? "no PCI network card" : "no card is bound for DPDK",
                   cards.empty() ? "without a card only a lab works (net_af_packet, net_tap)"
                                 : "driverctl set-override PCI-ADDRESS vfio-pci (never the card "
                                   "that you are logged in over)"});
  else
    out.push_back({"nic-binding", CheckState::Ok, fmt::format("{} usable by DPDK", bound), ""});
  return out;
}

Check check_clock() {
  timex state{};
  const int answer = adjtimex(&state);
  if (answer < 0)
    return {"clock", CheckState::Warn, fmt::format("adjtimex: {}", std::strerror(errno)),
            "check time synchronisation by hand (chronyc tracking)"};
  if (answer == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
    return {"clock", CheckState::Warn, "not synchronised; records will say so",
            "apt-get install chrony, or systemctl enable --now systemd-timesyncd"};
  return {"clock", CheckState::Ok,
          fmt::format("synchronised, error at most {} ms", state.maxerror / 1000), ""};
}

Check check_disk(const std::string& name, const std::filesystem::path& folder, uint64_t warn_bytes,
                 uint64_t fail_bytes) {
  const auto where = existing(folder);
  struct statvfs space {};
  if (statvfs(where.c_str(), &space) != 0)
    return {name, CheckState::Fail, fmt::format("{}: {}", where.string(), std::strerror(errno)),
            "make the folder readable, or name another one"};
  const uint64_t free = space.f_bavail * space.f_frsize;
  const CheckState state = free < fail_bytes   ? CheckState::Fail
                           : free < warn_bytes ? CheckState::Warn
                                               : CheckState::Ok;
  return {name, state,
          fmt::format("{} MiB free for {}{}", free >> 20, folder.string(),
                      where == folder ? "" : " (not made yet)"),
          state == CheckState::Ok
              ? ""
              : fmt::format("make room or move it: {} MiB at least; a full disk refuses requests",
                            warn_bytes >> 20)};
}

Check check_folder_privacy(const std::string& name, const std::filesystem::path& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    if (errno == ENOENT)
      return {name, CheckState::Warn, folder.string() + " does not exist yet",
              fmt::format("install -d -m 0700 {}", folder.string())};
    return {name, CheckState::Warn, fmt::format("{}: {}", folder.string(), std::strerror(errno)),
            "run sallyctl doctor as root"};
  }
  if (!S_ISDIR(status.st_mode))
    return {name, CheckState::Fail, folder.string() + " is no folder", "move that file away"};
  if (status.st_uid != 0 && status.st_uid != geteuid())
    return {name, CheckState::Fail,
            fmt::format("{} belongs to uid {}", folder.string(), status.st_uid),
            fmt::format("chown root: {}", folder.string())};
  if ((status.st_mode & 077) != 0)
    return {name, CheckState::Fail,
            fmt::format("{} has mode {:04o}", folder.string(), status.st_mode & 07777U),
            fmt::format("chmod 0700 {}", folder.string())};
  return {name, CheckState::Ok, folder.string(), ""};
}

}  // namespace sallyport::cli
