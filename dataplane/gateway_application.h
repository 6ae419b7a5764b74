// gateway_application.h: the gateway as a worker runs it: commands of the main thread between two
// turns, one turn of flow::Gateway, what the main thread may see.
//
// Owner  made and destroyed by the main thread; turn() by the worker. door(), block() and the
// request_ functions: any thread. Everything else only while the worker does not run.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/adoption.h"
#include "dataplane/contract/region_layout.h"
#include "dataplane/counter_catalog.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/flow/gateway.h"
#include "dataplane/worker/application.h"
#include "dataplane/worker/worker.h"

namespace sallyport::dataplane {

// Counters are copied out this often; the heartbeat at every turn.
inline constexpr uint64_t kCounterCopyMs = 50;

class GatewayApplication final : public worker::Application {
 public:
  // `queues`: of the worker's ports. All of it outlives this object.
  GatewayApplication(worker::Worker& worker, const flow::GatewayConfig& config,
                     evidence::RingProducer&& ring, const evidence::RecorderConfig& recording,
                     std::optional<evidence::RecallRing> recall,
                     std::vector<const nic::QueueCounters*> queues, int core);

  void turn(const base::Clock& clock) noexcept override;
  base::Instant next_deadline() const noexcept override {
    return seed_run_ != nullptr ? base::Instant{} : gateway_.next_deadline();
  }

  AdoptionDoor& door() noexcept { return door_; }
  const contract::WorkerBlock& block() const noexcept { return block_; }
  void request_clock_state(contract::ClockState state) noexcept {
    clock_state_.store(static_cast<uint32_t>(state), std::memory_order_relaxed);
  }
  // New connections are refused from the next turn on; what is open goes on.
  void request_drain() noexcept { draining_.store(true, std::memory_order_relaxed); }
  // Exchanges that are admitted and have no verdict yet.
  uint64_t open_exchanges() const noexcept {
    return open_exchanges_.load(std::memory_order_relaxed);
  }

  // REQUIRES: the worker has returned from run(). Writes what the recorder still holds.
  void end(const base::Clock& clock);

 private:
  void take_commands();
  void report(const base::Clock& clock) noexcept;
  void run_seed() noexcept;

  worker::Worker& worker_;
  evidence::Recorder recorder_;
  std::optional<evidence::RecallRing> recall_ring_;
  flow::Gateway gateway_;
  std::vector<const nic::QueueCounters*> queues_;
  std::vector<const ip::Interface*> interfaces_;

  AdoptionDoor door_;
  flow::SeedRun* seed_run_ = nullptr;  // the main thread's; until it is done
  contract::WorkerBlock block_{};
  std::atomic<uint32_t> clock_state_{static_cast<uint32_t>(contract::ClockState::Unknown)};
  std::atomic<bool> draining_{false};
  std::atomic<uint64_t> open_exchanges_{0};
  base::Instant next_copy_;
};

}  // namespace sallyport::dataplane
