// main.cc: sallyport-dataplane. Boot in one order (options, hardening, memory plan, EAL, ports,
// workers), then wait for a signal while the workers run. Everything that may allocate does so
// before the first worker starts.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>

#include "dataplane/appliance.h"
#include "dataplane/base/bus_guard.h"
#include "dataplane/memory_plan.h"
#include "dataplane/options.h"
#include "dataplane/placement.h"

namespace sallyport::dataplane {

namespace {

// Not dumpable, no core, locked: what is in memory stays there. Called before EAL maps anything.
void harden() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  // May fail where CAP_IPC_LOCK makes the limit moot; lock_memory() is what tells.
  setrlimit(RLIMIT_MEMLOCK, &all);
  umask(077);
}

int boot(int argc, char** argv) {
  Options options;
  switch (parse_command_line(argc, argv, options)) {
    case Parse::Run:
      break;
    case Parse::Leave:
      return 0;
    case Parse::Error:
      return 2;
  }
  HostConfig config;
  std::string error;
  if (!read_host_config(options.config_path, config, error)) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  MemoryPlan plan;
  Placement placement;
  const bool fits = plan_memory(config, options.no_huge, read_machine_memory(), plan, error);
  std::printf("%s", plan.text.c_str());
  if (!fits || !place(config, placement, error)) {
    std::fprintf(stderr, "refused: %s\n", error.c_str());
    return 1;
  }
  for (size_t i = 0; i < placement.worker_cores.size(); ++i)
    std::printf("worker %zu on core %d\n", i, placement.worker_cores[i]);
  if (options.check) return 0;
  std::fflush(stdout);

  harden();
  Appliance appliance(options, config);
  if (!appliance.start(plan, placement, error)) {
    std::fprintf(stderr, "sallyport-dataplane: %s\n", error.c_str());
    return 1;
  }
  std::printf("running\n");
  std::fflush(stdout);
  appliance.run();
  appliance.stop();
  std::printf("ended\n");
  return 0;
}

}  // namespace

}  // namespace sallyport::dataplane

int main(int argc, char** argv) {
  sallyport::base::install_bus_guard();
  return sallyport::dataplane::boot(argc, argv);
}
