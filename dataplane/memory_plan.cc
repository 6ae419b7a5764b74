#include "dataplane/memory_plan.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "dataplane/nic/port.h"

namespace sallyport::dataplane {

namespace {

constexpr uint64_t kKib = 1'024;
constexpr uint64_t kMib = 1'024 * kKib;
constexpr uint64_t kHugepageBytes = 2 * kMib;

// EAL's own tables and what its allocator rounds away; measured with two ports, rounded up.
constexpr uint64_t kEalOwnBytes = 12 * kMib;
// The packet socket's two mapped rings per af_packet port (kernel memory, ours all the same).
constexpr uint64_t kDeviceRingBytes = 2 * kMib;
// Control block, queues' bookkeeping, table share and timers of one TCP connection, and a compact
// TIME-WAIT entry for each four.
constexpr uint64_t kConnectionBytes = 1'536;
// Two TLS sessions of OpenSSL (dataplane notes c.3: 49 KB each with live buffers), heads, parsers,
// scanner and edit plans of one exchange.
constexpr uint64_t kExchangeBytes = 512 * kKib;
constexpr uint64_t kExchangeCount = 256;
// Image, engine, scratch and a TLS context per vendor: 2.6 MiB with the shipped bundle (measured),
// room for a bundle three times as large.
constexpr uint64_t kPolicyVersionBytes = 8 * kMib;
// Code, libraries, stacks.
constexpr uint64_t kProcessBytes = 64 * kMib;
constexpr uint64_t kBodyBytesMin = 8 * kMib;

std::string mib(uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MiB",
                static_cast<double>(bytes) / static_cast<double>(kMib));
  return text;
}

std::string where(const HostConfig& config, const std::string& setting) {
  const auto line = config.lines.find(setting);
  if (line == config.lines.end())
    return config.path + " (" + setting + " is not set there; add it)";
  return config.path + ":" + std::to_string(line->second) + ": " + setting;
}

void list_terms(const HostConfig& config, MemoryPlan& plan) {
  const auto add = [&plan](std::string name, uint64_t bytes, std::string setting = {},
                           bool is_eal = false) {
    plan.terms.push_back(PlanTerm{std::move(name), bytes, is_eal, std::move(setting)});
  };
  const HostMemory& m = config.memory;
  const uint64_t workers = config.workers.size();
  add("EAL itself", kEalOwnBytes, {}, true);
  for (const HostPort& port : config.ports) {
    nic::PortConfig nic_port;
    nic_port.frames = port.frames;
    nic_port.mtu = port.mtu;
    add("frames of port " + port.name, nic::Port::memory_bytes(nic_port, plan.use_hugepages),
        "ports." + port.name + ".frames", true);
    add("device rings of port " + port.name, port.workers.size() * kDeviceRingBytes);
  }
  add("TCP connections", workers * m.connections * kConnectionBytes, "memory.connections");
  add("payload in TCP queues", workers * m.tcp_mib * kMib, "memory.tcp_mib");
  add("TLS records", workers * m.tls_mib * kMib, "memory.tls_mib");
  add("exchanges", workers * kExchangeCount * kExchangeBytes);
  add("held bodies", workers * plan.body_bytes, "memory.body_mib");
  add("evidence rings", workers * m.evidence_ring_mib * kMib, "memory.evidence_ring_mib");
  add("policy versions", workers * kPolicyVersionsPlanned * kPolicyVersionBytes);
  add("process", kProcessBytes);
}

// Of both purses, with the pages that plan.use_hugepages says.
void add_up(const HostConfig& config, MemoryPlan& plan) {
  plan.terms.clear();
  plan.eal_bytes = plan.plain_bytes = 0;
  list_terms(config, plan);
  for (const PlanTerm& term : plan.terms)
    (term.is_eal ? plan.eal_bytes : plan.plain_bytes) += term.bytes;
  plan.eal_bytes = (plan.eal_bytes + kHugepageBytes - 1) / kHugepageBytes * kHugepageBytes;
  plan.eal_mib = static_cast<uint32_t>(plan.eal_bytes / kMib);
}

std::string bill(const HostConfig& config, const MemoryPlan& plan, uint64_t plain_limit,
                 uint64_t eal_limit) {
  std::ostringstream out;
  out << "memory plan (" << config.workers.size()
      << (config.workers.size() == 1 ? " worker, " : " workers, ")
      << (plan.use_hugepages ? "2 MiB hugepages" : "plain memory, no hugepages") << ")\n";
  for (const PlanTerm& term : plan.terms) {
    char line[160];
    std::snprintf(line, sizeof line, "  %-34s %12s  %s%s%s\n", term.name.c_str(),
                  mib(term.bytes).c_str(),
                  term.is_eal && plan.use_hugepages ? "hugepages" : "plain",
                  term.setting.empty() ? "" : "  ", term.setting.c_str());
    out << line;
  }
  if (plan.use_hugepages)
    out << "  hugepages: " << mib(plan.eal_bytes) << " of " << mib(eal_limit) << " free\n";
  out << "  plain:     " << mib(plan.plain_bytes) << " of " << mib(plain_limit)
      << (config.memory.total_mib != 0 ? " (memory.total_mib or what is available)\n"
                                       : " available\n");
  return out.str();
}

// The setting whose change frees most.
const PlanTerm& largest(const MemoryPlan& plan, bool is_eal) {
  const PlanTerm* found = nullptr;
  for (const PlanTerm& term : plan.terms)
    if (!term.setting.empty() && term.is_eal == is_eal &&
        (found == nullptr || term.bytes > found->bytes))
      found = &term;
  return *found;
}

}  // namespace

MachineMemory read_machine_memory() {
  MachineMemory machine;
  std::ifstream file("/proc/meminfo");
  std::string key;
  uint64_t value = 0;
  uint64_t page_kib = 0;
  uint64_t free_pages = 0;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> key >> value;
    if (key == "MemAvailable:") machine.available_bytes = value * kKib;
    if (key == "HugePages_Free:") free_pages = value;
    if (key == "Hugepagesize:") page_kib = value;
  }
  if (page_kib * kKib == kHugepageBytes) machine.hugepage_free_bytes = free_pages * kHugepageBytes;
  return machine;
}

bool plan_memory(const HostConfig& config, bool no_huge, const MachineMemory& machine,
                 MemoryPlan& plan, std::string& error) {
  const HostMemory& m = config.memory;
  uint64_t limit = machine.available_bytes;
  if (m.total_mib != 0) limit = std::min(limit, m.total_mib * kMib);
  plan = MemoryPlan{};
  plan.body_bytes = m.body_mib != 0 ? m.body_mib * kMib
                                    : std::max(kBodyBytesMin, limit / 4 / config.workers.size());
  plan.use_hugepages = true;
  add_up(config, plan);
  const bool fits_hugepages = plan.eal_bytes <= machine.hugepage_free_bytes;
  const uint64_t hugepage_bytes = plan.eal_bytes;
  const bool wants_hugepages = !no_huge && m.hugepages != HugepageUse::Off;
  plan.use_hugepages = wants_hugepages && fits_hugepages;
  if (!plan.use_hugepages) add_up(config, plan);
  if (!plan.use_hugepages) plan.plain_bytes += plan.eal_bytes;
  plan.text = bill(config, plan, limit, machine.hugepage_free_bytes);

  if (wants_hugepages && m.hugepages == HugepageUse::Required && !fits_hugepages) {
    error = where(config, "memory.hugepages") + " is required, but " + mib(hugepage_bytes) +
            " of 2 MiB pages are needed and " + mib(machine.hugepage_free_bytes) +
            " are free: raise vm.nr_hugepages to at least " +
            std::to_string(hugepage_bytes / kHugepageBytes) + ", or lower " +
            where(config, largest(plan, true).setting);
    return false;
  }
  if (plan.plain_bytes > limit) {
    const PlanTerm& term = largest(plan, false);
    const uint64_t over = plan.plain_bytes - limit;
    error = where(config, term.setting) + ": the plan is " + mib(over) +
            " larger than the memory there is (" + mib(limit) + "); this is its largest term (" +
            mib(term.bytes) + ")" +
            (over < term.bytes ? ": give it " + mib(term.bytes - over) + " or less"
                               : ", and it is not the only one too large");
    return false;
  }
  return true;
}

}  // namespace sallyport::dataplane
