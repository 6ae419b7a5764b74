// main.cc: sallyport-dataplane. Boot in one order (options, hardening, memory plan, EAL, ports,
// workers), then wait for a signal while the workers run. Everything that may allocate does so
// before the first worker starts.
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/check.h"
#include "dataplane/memory_plan.h"
#include "dataplane/nic/eal.h"
#include "dataplane/nic/port.h"
#include "dataplane/options.h"
#include "dataplane/worker/worker.h"

namespace sallyport::dataplane {

namespace {

constexpr int kMainPollMs = 200;

struct Placement {
  std::vector<int> main_cores;    // where the main thread may run
  std::vector<int> worker_cores;  // by worker
};

// Not dumpable, no core, locked: what is in memory stays there. Called before EAL maps anything.
void harden() {
  prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  // May fail where CAP_IPC_LOCK makes the limit moot; lock_memory() is what tells.
  setrlimit(RLIMIT_MEMLOCK, &all);
}

void lock_memory() {
  // On fault: EAL reserves address space that will never be touched.
  if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
    std::fprintf(stderr,
                 "warning: memory is not locked and may be swapped (run as root, or with "
                 "LimitMEMLOCK=infinity)\n");
}

// Workers get the cores that sallyport.yaml names; `auto` takes the highest that is left, so that a
// worker has core 1 and the main thread core 0 on the smallest machine. Sharing a core is allowed,
// and said.
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

base::SipKey random_key() {
  base::SipKey key;
  SP_CHECK_WHY(getrandom(&key, sizeof key, 0) == static_cast<ssize_t>(sizeof key), "getrandom");
  return key;
}

nic::PortConfig nic_config(const HostPort& port) {
  nic::PortConfig config;
  config.name = port.name;
  config.device = port.device;
  config.arguments = port.arguments;
  config.mtu = port.mtu;
  config.frames = port.frames;
  return config;
}

int run_worker(void* worker) {
  static_cast<worker::Worker*>(worker)->run();
  return 0;
}

class Dataplane {
 public:
  Dataplane(const Options& options, const HostConfig& config)
      : options_(options), config_(config) {}

  bool start(const MemoryPlan& plan, const Placement& placement, std::string& error);
  void wait_for_signal();
  void stop();

 private:
  bool open_ports(std::string& error);
  void make_worker(uint32_t index);

  const Options& options_;
  const HostConfig& config_;
  int signals_ = -1;
  std::vector<std::unique_ptr<nic::Port>> ports_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
};

bool Dataplane::open_ports(std::string& error) {
  for (const HostPort& port : config_.ports) {
    ports_.push_back(nic::Port::open(nic_config(port), error));
    if (ports_.back() == nullptr) return false;
  }
  return true;
}

void Dataplane::make_worker(uint32_t index) {
  worker::WorkerConfig settings;
  settings.index = index;
  settings.idle = config_.idle == IdleMode::Poll ? worker::Idle::Poll : worker::Idle::Adaptive;
  settings.copy_segments = config_.memory.tcp_mib * (1'048'576 / settings.copy_segment_bytes);
  settings.stack.connections_max = config_.memory.connections;
  settings.stack.half_open_max = std::max<uint32_t>(4, config_.memory.connections / 4);
  settings.stack.table_key = random_key();
  settings.stack.sequence_key = random_key();
  for (size_t i = 0; i < config_.ports.size(); ++i) {
    const HostPort& port = config_.ports[i];
    if (port.worker != index) continue;
    ip::InterfaceConfig interface;
    interface.mac = ports_[i]->mac();
    interface.address = port.address;
    interface.prefix_length = port.prefix_length;
    interface.next_hop = port.next_hop;
    interface.mtu = port.mtu;
    // One stack per worker has one MSS: the smallest of its ports.
    settings.stack.mtu = std::min(settings.stack.mtu, port.mtu);
    settings.ports.push_back(worker::AttachedPort{&ports_[i]->queue(0), interface, port.upstream});
  }
  workers_.push_back(std::make_unique<worker::Worker>(settings));
}

bool Dataplane::start(const MemoryPlan& plan, const Placement& placement, std::string& error) {
  // Blocked before EAL makes its threads, so that only the descriptor sees them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  signals_ = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);
  signal(SIGPIPE, SIG_IGN);

  nic::EalConfig eal;
  eal.use_hugepages = plan.use_hugepages;
  eal.memory_mib = plan.eal_mib;
  eal.main_cores = placement.main_cores;
  eal.worker_cores = placement.worker_cores;
  eal.verbose = options_.verbose;
  for (const HostPort& port : config_.ports) eal.ports.push_back(nic_config(port));
  if (!nic::Eal::start(eal, error)) return false;
  if (!open_ports(error)) return false;
  for (uint32_t i = 0; i < config_.workers.size(); ++i) make_worker(i);
  lock_memory();
  for (size_t i = 0; i < workers_.size(); ++i) {
    if (!nic::launch_worker(i, run_worker, workers_[i].get())) {
      error = "worker " + std::to_string(i) + " cannot be started on core " +
              std::to_string(placement.worker_cores[i]);
      return false;
    }
  }
  return true;
}

void Dataplane::wait_for_signal() {
  for (;;) {
    pollfd waiting{signals_, POLLIN, 0};
    if (poll(&waiting, 1, kMainPollMs) <= 0) continue;
    signalfd_siginfo came{};
    if (read(signals_, &came, sizeof came) == static_cast<ssize_t>(sizeof came)) return;
  }
}

void Dataplane::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (size_t i = 0; i < workers_.size(); ++i) nic::join_worker(i);
  workers_.clear();
  ports_.clear();
  nic::Eal::stop();
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
  Dataplane dataplane(options, config);
  if (!dataplane.start(plan, placement, error)) {
    std::fprintf(stderr, "sallyport-dataplane: %s\n", error.c_str());
    return 1;
  }
  std::printf("running\n");
  std::fflush(stdout);
  dataplane.wait_for_signal();
  dataplane.stop();
  std::printf("ended\n");
  return 0;
}

}  // namespace

}  // namespace sallyport::dataplane

int main(int argc, char** argv) { return sallyport::dataplane::boot(argc, argv); }
