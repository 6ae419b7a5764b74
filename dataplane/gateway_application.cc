#include "dataplane/gateway_application.h"

namespace sallyport::dataplane {

GatewayApplication::GatewayApplication(worker::Worker& worker, const flow::GatewayConfig& config,
                                       evidence::RingProducer&& ring,
                                       const evidence::RecorderConfig& recording,
                                       std::optional<evidence::RecallRing> recall,
                                       std::vector<const nic::QueueCounters*> queues, int core)
    : worker_(worker),
      recorder_(std::move(ring), recording),
      recall_ring_(std::move(recall)),
      gateway_(config, worker.stack(), recorder_, recall_ring_ ? &*recall_ring_ : nullptr),
      queues_(std::move(queues)) {
  for (size_t i = 0; i < worker.port_count(); ++i) interfaces_.push_back(&worker.interface(i));
  block_.core.store(static_cast<uint64_t>(core), std::memory_order_relaxed);
}

void GatewayApplication::take_commands() {
  if (const flow::PolicySet* set = door_.sets.fetch(); set != nullptr) gateway_.adopt(set);
  if (const GatewayCertificate* certificate = door_.certificates.fetch(); certificate != nullptr) {
    gateway_.adopt_certificate(certificate->context.get());
    door_.certificate_sequence.store(certificate->sequence, std::memory_order_release);
  }
  if (flow::SeedRun* run = door_.seed_runs.fetch(); run != nullptr) seed_run_ = run;
  // Last, so that a certificate that came late does not open the door again.
  if (draining_.load(std::memory_order_relaxed)) gateway_.adopt_certificate(nullptr);
  recorder_.set_clock_state(
      static_cast<contract::ClockState>(clock_state_.load(std::memory_order_relaxed)));
}

void GatewayApplication::turn(const base::Clock& clock) noexcept {
  take_commands();
  gateway_.turn(clock);
  run_seed();
  report(clock);
}

// One text a turn: clients do not notice.
void GatewayApplication::run_seed() noexcept {
  if (seed_run_ != nullptr && seed_run_->step(gateway_.policy())) seed_run_ = nullptr;
}

void GatewayApplication::report(const base::Clock& clock) noexcept {
  const flow::PolicySet* const policy = gateway_.policy();
  door_.newest_sequence.store(policy != nullptr ? policy->sequence : 0, std::memory_order_release);
  block_.heartbeat_ns.store(clock.now.ns, std::memory_order_relaxed);
  if (clock.now < next_copy_) return;
  next_copy_ = base::after_ms(clock.now, kCounterCopyMs);
  const worker::WorkerCounters& counters = worker_.counters();
  block_.turns.store(counters.turns.load(std::memory_order_relaxed), std::memory_order_relaxed);
  const evidence::Recorder::Counters& recorded = recorder_.counters();
  open_exchanges_.store(recorded.admitted - recorded.completed, std::memory_order_relaxed);
  CounterSources from;
  from.gateway = &gateway_.counters();
  from.recall = &gateway_.recall_counters();
  from.tcp = &worker_.stack().counters();
  from.worker = &counters;
  from.recorder = &recorded;
  from.ring = &recorder_.ring();
  from.interfaces = interfaces_;
  from.queues = queues_;
  from.connections_open = worker_.stack().connection_count();
  from.copies_free = worker_.copies().available();
  copy_counters(from, block_);
  copy_versions(policy, block_);
}

void GatewayApplication::end(const base::Clock& clock) {
  recorder_.flush(clock);
  next_copy_ = base::Instant{};
  report(clock);
}

}  // namespace sallyport::dataplane
