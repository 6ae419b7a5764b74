#include "controlplane/cli/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "controlplane/cli/admin_client.h"
#include "controlplane/cli/time_text.h"
#include "dataplane/scan/engine.h"

namespace sallyport::cli {
namespace {

constexpr uint64_t kMib = 1ULL << 20;

std::string read_text(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string processor_flags() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("flags")) return line + " ";
  return "";
}

// The number of a line "Name:  123 kB" of /proc/meminfo.
std::optional<uint64_t> meminfo_value(std::string_view meminfo, std::string_view name) {
  const size_t at = meminfo.find(fmt::format("{}:", name));
  if (at == std::string_view::npos || (at > 0 && meminfo[at - 1] != '\n')) return std::nullopt;
  uint64_t value = 0;
  bool any = false;
  for (size_t i = at + name.size() + 1; i < meminfo.size() && meminfo[i] != '\n'; ++i) {
    if (meminfo[i] >= '0' && meminfo[i] <= '9') {
      value = value * 10 + static_cast<uint64_t>(meminfo[i] - '0');
      any = true;
    } else if (any) {
      break;
    }
  }
  return any ? std::optional(value) : std::nullopt;
}

void append(std::vector<Check>& to, std::vector<Check> rows) {
  for (Check& row : rows) to.push_back(std::move(row));
}

}  // namespace

std::string_view word_of(CheckState state) {
  switch (state) {
    case CheckState::Ok:
      return "OK";
    case CheckState::Warn:
      return "WARN";
    case CheckState::Fail:
      return "FAIL";
  }
  return "FAIL";
}

std::vector<Check> check_processor(std::string_view flags, unsigned cores) {
  struct Flag {
    std::string_view word;
    const char* name;
    CheckState missing;
    const char* fix;
  };
  static constexpr Flag kFlags[] = {
      {" sse4_2 ", "cpu-sse4.2", CheckState::Fail,
       "another processor, or the host's CPU model in the virtual machine (x86-64-v2 at least)"},
      {" ssse3 ", "cpu-ssse3", CheckState::Fail, "as cpu-sse4.2: the matcher does not run without"},
      {" aes ", "cpu-aes", CheckState::Warn,
       "let the virtual machine see the host's AES-NI, or TLS is several times slower"},
      {" pclmulqdq ", "cpu-pclmul", CheckState::Warn, "as cpu-aes: AES-GCM needs it to be fast"},
      {" avx2 ", "cpu-avx2", CheckState::Warn, "nothing to do; scanning is slower without AVX2"},
  };
  std::vector<Check> out;
  const std::string padded = fmt::format(" {} ", flags);
  for (const Flag& flag : kFlags) {
    const bool there = padded.find(flag.word) != std::string::npos;
    out.push_back({flag.name, there ? CheckState::Ok : flag.missing, there ? "present" : "missing",
                   there ? "" : flag.fix});
  }
  const bool wide = padded.find(" avx512bw ") != std::string::npos;
  out.push_back({"cpu-avx512", CheckState::Ok, wide ? "present" : "not there (not needed)", ""});
  out.push_back({"cpu-cores", cores >= 2 ? CheckState::Ok : CheckState::Warn,
                 fmt::format("{} online", cores),
                 cores >= 2 ? "" : "give the machine 2 cores: one works, one controls"});
  return out;
}

Check check_hugepages(std::string_view meminfo) {
  const auto total = meminfo_value(meminfo, "HugePages_Total");
  const auto free = meminfo_value(meminfo, "HugePages_Free");
  const auto size_kb = meminfo_value(meminfo, "Hugepagesize");
  if (!total || !free || !size_kb)
    return {"hugepages", CheckState::Warn, "this kernel does not tell",
            "use a kernel with hugetlbfs, or the lab's --no-huge"};
  const std::string found = fmt::format("{} of {} kB, {} free", *total, *size_kb, *free);
  if (*total == 0)
    return {"hugepages", CheckState::Warn, found,
            "dpdk-hugepages.py --setup 512M (the dataplane prints how many it wants), or run it "
            "with --no-huge in a lab"};
  return {"hugepages", CheckState::Ok, found, ""};
}

Check check_memory(std::string_view meminfo) {
  const auto total = meminfo_value(meminfo, "MemTotal"),
             available = meminfo_value(meminfo, "MemAvailable");
  if (!total || !available)
    return {"memory", CheckState::Warn, "/proc/meminfo cannot be read", "mount /proc"};
  const std::string found =
      fmt::format("{} MiB, {} MiB available", *total / 1024, *available / 1024);
  const bool enough = *total >= 1'900 * 1024;
  return {"memory", enough ? CheckState::Ok : CheckState::Warn, found,
          enough ? "" : "2 GiB at least; less memory wants a smaller memory: section"};
}

Check check_matcher(std::string_view version) {
  // Both answer hs_version(); Hyperscan ended at 5.4.2, Vectorscan's packages begin above.
  const bool hyperscan =
      version.starts_with("5.4.0") || version.starts_with("5.4.1") || version.starts_with("5.4.2");
  return {"matcher", hyperscan ? CheckState::Ok : CheckState::Fail,
          fmt::format("Hyperscan runtime {}", version),
          hyperscan ? ""
                    : "this is not Debian's Hyperscan: apt-get install libhyperscan-dev "
                      "libhyperscan5 libvectorscan-dev- libvectorscan5-, then build again"};
}

Check check_daemon(const Settings& settings) {
  try {
    const auto answer =
        ask_daemon(settings, {{"command", "hello"}}, std::chrono::milliseconds{2'000});
    return {"daemon", CheckState::Ok, "sallyportd answers on " + settings.admin_socket().string(),
            ""};
  } catch (const Failure& failure) {
    return {"daemon", failure.exit == Exit::Unreachable ? CheckState::Warn : CheckState::Fail,
            fmt::format("{} ({})", failure.message, failure.why), failure.next};
  }
}

std::vector<Check> examine(const Settings& settings) {
  std::vector<Check> out;
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  append(out, check_processor(processor_flags(), cores > 0 ? static_cast<unsigned>(cores) : 1));
  const std::string meminfo = read_text("/proc/meminfo");
  out.push_back(check_memory(meminfo));
  out.push_back(check_hugepages(meminfo));
  out.push_back(check_matcher(scan::matcher_version()));
  if (const auto packages = installed_packages({}))
    append(out, check_packages(*packages));
  else
    out.push_back({"packages", CheckState::Warn, "dpkg-query cannot be run",
                   "run on Debian 12, or check the versions of docs/operator_guide.md by hand"});
  append(out, check_network_cards("/sys/bus/pci/devices"));
  out.push_back(check_clock());
  out.push_back(check_disk("disk-state", settings.state_dir, 2'048 * kMib, 256 * kMib));
  out.push_back(check_disk("disk-run", settings.run_dir, 128 * kMib, 32 * kMib));
  out.push_back(check_folder_privacy("state-folder", settings.state_dir));
  out.push_back(check_folder_privacy("credentials-folder", settings.credentials));
  append(out, check_certificate(settings.credentials,
                                static_cast<int64_t>(wall_clock_ns() / 1'000'000'000)));
  out.push_back(check_daemon(settings));
  return out;
}

}  // namespace sallyport::cli
