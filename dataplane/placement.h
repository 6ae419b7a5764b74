// placement.h: which core runs what.
#pragma once

#include <string>
#include <vector>

#include "dataplane/options.h"

namespace sallyport::dataplane {

struct Placement {
  std::vector<int> main_cores;    // where the main thread may run
  std::vector<int> worker_cores;  // by worker
};

// Workers get the cores that sallyport.yaml names; `auto` takes the highest that is left, so that a
// worker has core 1 and the main thread core 0 on the smallest machine. Sharing a core is allowed,
// and said. False: `error` names a core that this process may not use.
bool place(const HostConfig& config, Placement& placement, std::string& error);

}  // namespace sallyport::dataplane
