// appliance.h: the dataplane as one thing: ports, workers, gateways, and the main thread's loop
// that ties them to the control plane.
//
// Fail closed: without a control plane the gateway listens and refuses connections (no
// certificate); with a certificate and no policy it answers 503 not_ready. What was adopted stays
// in use when the control plane goes away.
//
// Owner  main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/adoption.h"
#include "dataplane/control_link.h"
#include "dataplane/evidence/ring_producer.h"
#include "dataplane/gateway_application.h"
#include "dataplane/memory_plan.h"
#include "dataplane/nic/port.h"
#include "dataplane/options.h"
#include "dataplane/placement.h"
#include "dataplane/port_setup.h"
#include "dataplane/region_writer.h"
#include "dataplane/worker/worker.h"

namespace sallyport::dataplane {

// The region is written, and what is out of use freed, this often.
inline constexpr uint64_t kTickMs = 100;
// While workers adopt what was just taken, for at most kAdoptingMs.
inline constexpr uint64_t kAdoptingTickMs = 2;
inline constexpr uint64_t kAdoptingMs = 1'000;
inline constexpr uint64_t kClockStateMs = 1'000;
// A worker that has not turned for so long is said to be stuck: its deadlines are 20 ms apart.
inline constexpr uint64_t kWorkerStuckMs = 2'000;
// After SIGTERM exchanges in flight may end within this; a second signal ends it at once.
inline constexpr uint64_t kDrainMsMax = 5'000;

class Appliance {
 public:
  Appliance(const Options& options, const HostConfig& config)
      : options_(options), config_(config) {}
  ~Appliance() { stop(); }
  Appliance(const Appliance&) = delete;
  Appliance& operator=(const Appliance&) = delete;

  // False: `error` says what cannot be had. Everything that workers allocate is allocated here.
  bool start(const MemoryPlan& plan, const Placement& placement, std::string& error);
  // Until SIGTERM or SIGINT.
  void run();
  // Refuses new connections, lets exchanges end, stops the workers, writes what is left to record.
  // Also after a start that failed half way; a second call does nothing.
  void stop();

 private:
  bool open_ports(std::string& error);
  void make_worker(uint32_t index);
  bool make_gateway(uint32_t index, const MemoryPlan& plan, int core, std::string& error);
  bool launch(const Placement& placement, std::string& error);
  void drain();

  bool wait(base::Instant until);  // true: a signal came
  void turn(base::Instant now);
  void take(ControlArrival& arrival, base::Instant now);
  bool take_policy(ControlArrival& arrival, std::string& error);
  void take_tests(ControlArrival& arrival, base::Instant now);
  void answer_tests(base::Instant now);
  void tick(base::Instant now);
  void write_region(base::Instant now);
  void watch_workers(base::Instant now);
  bool exchanges_open() const;
  contract::DataplaneState state() const;

  const Options& options_;
  const HostConfig& config_;
  evidence::StartIdentity identity_;
  OwnedDescriptor signals_;
  bool eal_is_up_ = false;
  std::vector<std::unique_ptr<nic::Port>> ports_;
  std::unique_ptr<PortTeams> teams_;
  std::vector<std::unique_ptr<worker::Worker>> workers_;
  std::vector<std::unique_ptr<PortSources>> sources_;  // by worker
  std::vector<std::unique_ptr<GatewayApplication>> gateways_;
  size_t launched_ = 0;

  std::unique_ptr<ControlLink> link_;
  std::unique_ptr<flow::SeedRun> seed_run_;  // in worker 0; null: none
  ControlArrival seed_asked_;
  std::unique_ptr<Adoption> adoption_;
  std::unique_ptr<RegionWriter> region_;
  std::vector<bool> stuck_;  // by worker: said already
  bool stopping_ = false;
  base::Instant adopting_until_;
  base::Instant next_tick_;
  base::Instant next_clock_state_;
};

}  // namespace sallyport::dataplane
