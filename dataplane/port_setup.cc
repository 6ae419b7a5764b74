#include "dataplane/port_setup.h"

#include <algorithm>

#include "dataplane/nic/packet_socket.h"

namespace sallyport::dataplane {
namespace {

std::string list_of(const std::vector<uint32_t>& workers) {
  std::string text;
  for (const uint32_t worker : workers) text += (text.empty() ? "" : " ") + std::to_string(worker);
  return text;
}

worker::SteeringConfig steering_of(const HostConfig& config, const HostPort& port,
                                   const nic::Port& device) {
  worker::SteeringConfig out;
  out.seats = static_cast<uint16_t>(port.workers.size());
  for (const HostListen& listen : config.listen)
    if (port.has(listen.address)) out.listening.push_back({listen.address, listen.port});
  out.key = device.rss().key;
  out.table = device.rss().table;
  out.device = device.rss().device;
  return out;
}

// The worker's own number of port `index`: its ports in the order of the file.
uint32_t side_of(const HostConfig& config, size_t index, uint32_t worker) {
  uint32_t side = 0;
  for (size_t i = 0; i < index; ++i) side += config.ports[i].serves(worker) ? 1 : 0;
  return side;
}

}  // namespace

nic::PortConfig nic_config(const HostPort& port) {
  nic::PortConfig config;
  config.name = port.name;
  config.device = port.device;
  config.arguments = port.arguments;
  config.mtu = port.mtu;
  config.frames = port.frames;
  config.offloads = port.offloads;
  config.queue_count = static_cast<uint16_t>(port.workers.size());
  if (config.queue_count > 1 && nic::is_packet_socket(port.device) &&
      port.arguments.find("qpairs=") == std::string::npos)
    config.arguments +=
        (port.arguments.empty() ? "qpairs=" : ",qpairs=") + std::to_string(config.queue_count);
  return config;
}

ip::InterfaceConfig interface_config(const HostPort& port, const nic::Port& device) {
  ip::InterfaceConfig out;
  out.mac = device.mac();
  out.address = port.address;
  out.prefix_length = port.prefix_length;
  out.next_hop = port.next_hop;
  out.mtu = port.mtu;
  out.address6 = port.address6;
  out.prefix_length6 = port.prefix_length6;
  out.next_hop6 = port.next_hop6;
  out.more_addresses = port.more_addresses;
  out.routes = port.routes;
  out.vlan = port.vlan;
  return out;
}

PortTeams::PortTeams(const HostConfig& config, const Ports& ports)
    : config_(config), ports_(ports), doors_(config.workers.size()), said_(ports.size()) {
  for (const HostPort& port : config.ports) {
    if (port.workers.size() < 2) continue;
    for (const uint32_t worker : port.workers)
      if (doors_[worker] == nullptr)
        doors_[worker] = std::make_unique<worker::HandOver>("hand_over_" + std::to_string(worker));
  }
  for (size_t i = 0; i < ports.size(); ++i) {
    const HostPort& port = config.ports[i];
    teams_.push_back(nullptr);
    if (port.workers.size() < 2) continue;
    std::vector<worker::Seat> seats;
    for (const uint32_t worker : port.workers)
      seats.push_back({doors_[worker].get(), side_of(config, i, worker)});
    teams_.back() =
        std::make_unique<worker::Team>(steering_of(config, port, *ports[i]), std::move(seats));
  }
}

std::vector<worker::AttachedPort> PortTeams::attached(uint32_t worker) const {
  std::vector<worker::AttachedPort> out;
  for (size_t i = 0; i < ports_.size(); ++i) {
    const HostPort& port = config_.ports[i];
    const auto place = std::find(port.workers.begin(), port.workers.end(), worker);
    if (place == port.workers.end()) continue;
    const auto seat = static_cast<uint16_t>(place - port.workers.begin());
    out.push_back({&ports_[i]->queue(seat), interface_config(port, *ports_[i]), port.upstream,
                   teams_[i].get(), seat, ports_[i]->offloads().send_checksum.device});
  }
  return out;
}

std::vector<std::string> PortTeams::say() const {
  std::vector<std::string> lines;
  for (size_t i = 0; i < ports_.size(); ++i) {
    const HostPort& port = config_.ports[i];
    std::string line = "port " + port.name + ": ";
    if (teams_[i] == nullptr) {
      line += "worker " + list_of(port.workers);
    } else {
      line += "workers " + list_of(port.workers) + ", " +
              std::to_string(ports_[i]->receive_queues()) + " receive queues, spread by " +
              (ports_[i]->rss().device ? "the device (RSS: " : "software (") +
              ports_[i]->rss().why + ")";
    }
    lines.push_back(line);
    for (const std::string& choice : ports_[i]->offloads().lines())
      lines.push_back("port " + port.name + ": " + choice);
  }
  return lines;
}

std::vector<std::string> PortTeams::take_news() {
  std::vector<std::string> lines;
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (teams_[i] == nullptr || said_[i] || !ports_[i]->rss().device) continue;
    const worker::Steering& steering = teams_[i]->steering;
    if (steering.believes_device(false) && steering.believes_device(true)) continue;
    said_[i] = true;
    lines.push_back("port " + config_.ports[i].name +
                    ": the device hashes otherwise than it was told to; frames are spread in "
                    "software from now on (worker.handed_over counts them)");
  }
  return lines;
}

PortSources::PortSources(const worker::Worker& worker) : worker_(worker) {
  for (size_t i = 0; i < worker.port_count(); ++i) {
    v4_.push_back(worker.interface(i).local_addresses(false));
    v6_.push_back(worker.interface(i).local_addresses(true));
  }
}

std::span<const wire::IpAddress> PortSources::towards(
    const wire::IpAddress& remote) const noexcept {
  const size_t port = worker_.port_towards(remote);
  if (port == v4_.size()) return {};
  return remote.is_v6() ? v6_[port] : v4_[port];
}

}  // namespace sallyport::dataplane
