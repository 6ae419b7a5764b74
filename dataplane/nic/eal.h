// eal.h: DPDK's environment, started the one way we allow: nothing on disk, no telemetry socket, no
// other process.
//
// After `kill -9` a named hugepage file still held plaintext (measured), hence --in-memory. The
// dump and core settings of the process belong to main, before this.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/nic/port.h"

namespace sallyport::nic {

struct EalConfig {
  bool use_hugepages = true;
  uint32_t memory_mib =
      64;  // for EAL without hugepages; with them pages are taken as needed up to this
  std::vector<int> main_cores;    // cores the main thread may run on
  std::vector<int> worker_cores;  // one lcore each; lcore n+1 runs worker_cores[n]
  std::vector<PortConfig> ports;  // so that only these devices are probed
  bool verbose = false;
};

class Eal {
 public:
  // False: `error` says why. Once per process.
  static bool start(const EalConfig& config, std::string& error);
  static void stop();
};

// Runs `body(argument)` on the lcore of worker `index` (0-based). False: that lcore is not there or
// busy.
bool launch_worker(size_t index, int (*body)(void*), void* argument);
// Waits for it to return.
void join_worker(size_t index);

}  // namespace sallyport::nic
