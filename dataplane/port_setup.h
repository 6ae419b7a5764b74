// port_setup.h: from sallyport.yaml's ports to what nic/, ip/ and worker/ take: queues, addresses,
// the workers that share a port, and the local addresses towards vendors.
//
// Owner  main thread; made before the workers, destroyed after them and before the ports.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/flow/source_addresses.h"
#include "dataplane/ip/interface.h"
#include "dataplane/nic/port.h"
#include "dataplane/options.h"
#include "dataplane/worker/team.h"
#include "dataplane/worker/worker.h"

namespace sallyport::dataplane {

// One queue for each worker of the port. net_af_packet is told how many (qpairs), unless the
// arguments do.
nic::PortConfig nic_config(const HostPort& port);
ip::InterfaceConfig interface_config(const HostPort& port, const nic::Port& device);

using Ports = std::vector<std::unique_ptr<nic::Port>>;

// The doors and teams of all workers.
class PortTeams {
 public:
  PortTeams(const HostConfig& config, const Ports& ports);

  // Null: the worker shares no port.
  worker::HandOver* door(uint32_t worker) const noexcept { return doors_[worker].get(); }
  // What worker `worker` attaches, in the order of the ports.
  std::vector<worker::AttachedPort> attached(uint32_t worker) const;
  // Of each port: how its frames are spread, who does checksums and the like, and why so.
  std::vector<std::string> say() const;
  // Lines to say once, when a device turned out to hash otherwise than it was told to.
  std::vector<std::string> take_news();

 private:
  const HostConfig& config_;
  const Ports& ports_;
  std::vector<std::unique_ptr<worker::HandOver>> doors_;  // by worker
  std::vector<std::unique_ptr<worker::Team>> teams_;      // by port; null: one worker
  std::vector<bool> said_;                                // by port
};

// Of one worker.
class PortSources final : public flow::SourceAddresses {
 public:
  explicit PortSources(const worker::Worker& worker);
  std::span<const wire::IpAddress> towards(const wire::IpAddress& remote) const noexcept override;

 private:
  const worker::Worker& worker_;
  std::vector<std::vector<wire::IpAddress>> v4_, v6_;  // by port of the worker
};

}  // namespace sallyport::dataplane
