// memory_plan.h: every byte the dataplane will take, as a bill, before it takes any.
//
// Two purses: EAL memory (hugepages, or plain with --no-huge) and plain memory. A plan that does
// not fit is refused with the line of sallyport.yaml to change, so that the kernel's OOM killer
// never decides for us.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/options.h"

namespace sallyport::dataplane {

// Of each worker: the one in use, the next, and those that long exchanges began with.
inline constexpr uint64_t kPolicyVersionsPlanned = 8;

// What this machine has now.
struct MachineMemory {
  uint64_t available_bytes = 0;      // MemAvailable
  uint64_t hugepage_free_bytes = 0;  // 2 MiB pages only
};
MachineMemory read_machine_memory();

struct PlanTerm {
  std::string name;
  uint64_t bytes = 0;
  bool is_eal = false;
  std::string setting;  // the key that sizes it; empty: fixed
};

struct MemoryPlan {
  bool use_hugepages = false;
  uint32_t eal_mib = 0;     // for EAL without hugepages
  uint64_t body_bytes = 0;  // per worker, after the default was worked out
  std::vector<PlanTerm> terms;
  uint64_t eal_bytes = 0;
  uint64_t plain_bytes = 0;  // includes EAL's when there are no hugepages
  std::string text;          // the bill, to print
};

// False: `error` says what does not fit and which line to change. `plan.text` is filled either way.
bool plan_memory(const HostConfig& config, bool no_huge, const MachineMemory& machine,
                 MemoryPlan& plan, std::string& error);

}  // namespace sallyport::dataplane
