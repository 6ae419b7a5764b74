// counter_catalog.h: every counter of a worker under one stable dotted name, in one order.
//
// The names go into the region once, the values ten times a second; one list makes both, so they
// cannot drift apart. Ports of one worker are added up. Names that `sallyctl status` and alarms
// rely on are listed in docs/contract.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/contract/region_layout.h"
#include "dataplane/evidence/recorder.h"
#include "dataplane/flow/gateway_counters.h"
#include "dataplane/flow/policy_set.h"
#include "dataplane/ip/interface.h"
#include "dataplane/nic/port.h"
#include "dataplane/tcp/counters.h"
#include "dataplane/worker/worker.h"

namespace sallyport::dataplane {

// Where the values are read. A null or empty part counts as zero. Views: valid for one call.
struct CounterSources {
  const flow::GatewayCounters* gateway = nullptr;
  const flow::RecallCounters* recall = nullptr;
  const tcp::Counters* tcp = nullptr;
  const worker::WorkerCounters* worker = nullptr;
  const evidence::Recorder::Counters* recorder = nullptr;
  const evidence::RingProducer* ring = nullptr;
  std::span<const ip::Interface* const> interfaces;
  std::span<const nic::QueueCounters* const> queues;
  uint64_t connections_open = 0;
  uint64_t copies_free = 0;  // segments of the TCP payload pool
};

// Boot: the name of each index.
std::vector<std::string> counter_names();
// Worker or test: writes each value with one relaxed store; allocates nothing.
void copy_counters(const CounterSources& sources, contract::WorkerBlock& out) noexcept;
// Worker: what the base and the canary have decided; null: there is no policy yet.
void copy_versions(const flow::PolicySet* policy, contract::WorkerBlock& out) noexcept;
// Main thread: from the worker's own block into the region. A digest that changes under the copy
// leaves zero, which readers pass over.
void copy_version_block(const contract::VersionBlock& from, contract::VersionBlock& to) noexcept;

}  // namespace sallyport::dataplane
