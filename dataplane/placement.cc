#include "dataplane/placement.h"

#include <sched.h>

namespace sallyport::dataplane {

bool place(const HostConfig& config, Placement& placement, std::string& error) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    error = "sched_getaffinity failed";
    return false;
  }
  std::vector<int> left;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(static_cast<size_t>(core), &allowed)) left.push_back(core);
  const std::vector<int> all = left;
  for (const HostWorker& worker : config.workers) {
    if (worker.core < 0) continue;
    if (!CPU_ISSET(static_cast<size_t>(worker.core), &allowed)) {
      error = config.path + ": workers: core " + std::to_string(worker.core) +
              " is not one this process may use";
      return false;
    }
    std::erase(left, worker.core);
  }
  for (const HostWorker& worker : config.workers) {
    int core = worker.core;
    if (core < 0) {
      core = left.empty() ? all.back() : left.back();
      if (!left.empty()) left.pop_back();
    }
    placement.worker_cores.push_back(core);
  }
  placement.main_cores = left.empty() ? all : left;
  return true;
}

}  // namespace sallyport::dataplane
