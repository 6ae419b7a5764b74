#include "dataplane/nic/port.h"

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/nic/wait_descriptor.h"

namespace sallyport::nic {

namespace {

constexpr uint16_t kPrivateBytes =
    (sizeof(mem::Segment) + RTE_MBUF_PRIV_ALIGN - 1) & ~(RTE_MBUF_PRIV_ALIGN - 1);
constexpr uint16_t kDataRoomBytes = RTE_PKTMBUF_HEADROOM + kFrameBytesMax;
constexpr unsigned kPoolCache = 32;

std::string failed(const PortConfig& config, const std::string& what, int code) {
  std::string text = "port " + config.name + " (" + config.device + "): " + what;
  if (code != 0) text += std::string(": ") + rte_strerror(code < 0 ? -code : code);
  return text;
}

}  // namespace

bool PortConfig::is_pci() const noexcept { return device.find(':') != std::string::npos; }

uint64_t Port::memory_bytes(const PortConfig& config) noexcept {
  // One mempool object: its header (64), the mbuf (128), private area, data room; rounded up as the
  // pool does.
  constexpr uint64_t kObjectBytes =
      (64 + sizeof(rte_mbuf) + kPrivateBytes + kDataRoomBytes + 127) & ~uint64_t{63};
  const uint64_t rings = 16ULL * config.frames;
  return kObjectBytes * config.frames + rings + 256 * 1024;
}

std::unique_ptr<Port> Port::open(const PortConfig& config, std::string& error) {
  std::unique_ptr<Port> port(new Port(config));
  const int found = rte_eth_dev_get_port_by_name(config.device.c_str(), &port->port_id_);
  if (found != 0) {
    error = failed(
        config,
        "no such device (bound to a DPDK driver? interface there, in this network namespace?)", 0);
    return nullptr;
  }
  const int socket = rte_eth_dev_socket_id(port->port_id_);
  port->pool_ =
      rte_pktmbuf_pool_create(("frames_" + config.name).substr(0, 24).c_str(), config.frames,
                              kPoolCache, kPrivateBytes, kDataRoomBytes, socket);
  if (port->pool_ == nullptr) {
    error = failed(config, "no memory for " + std::to_string(config.frames) + " frames", rte_errno);
    return nullptr;
  }
  rte_eth_conf settings{};  // no offload, no RSS beyond the default
  int code =
      rte_eth_dev_configure(port->port_id_, config.queue_count, config.queue_count, &settings);
  if (code != 0) {
    error =
        failed(config, "configure with " + std::to_string(config.queue_count) + " queues", code);
    return nullptr;
  }
  // Some PMDs (memif, null) have no MTU to set; a frame that does not fit is then counted by the
  // queue.
  code = rte_eth_dev_set_mtu(port->port_id_, config.mtu);
  if (code != 0 && code != -ENOTSUP) {
    error = failed(config, "mtu " + std::to_string(config.mtu), code);
    return nullptr;
  }
  uint16_t receive_descriptors = config.receive_descriptors;
  uint16_t transmit_descriptors = config.transmit_descriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(port->port_id_, &receive_descriptors, &transmit_descriptors);
  for (uint16_t i = 0; i < config.queue_count; ++i) {
    code = rte_eth_rx_queue_setup(port->port_id_, i, receive_descriptors,
                                  static_cast<unsigned>(socket), nullptr, port->pool_);
    if (code == 0)
      code = rte_eth_tx_queue_setup(port->port_id_, i, transmit_descriptors,
                                    static_cast<unsigned>(socket), nullptr);
    if (code != 0) {
      error = failed(config, "queue " + std::to_string(i), code);
      return nullptr;
    }
    auto queue = std::make_unique<Queue>();
    queue->port_id_ = port->port_id_;
    queue->queue_index_ = i;
    queue->pool_ = port->pool_;
    queue->wait_descriptor_ = find_wait_descriptor(config.device, config.arguments, i);
    port->queues_.push_back(std::move(queue));
  }
  code = rte_eth_dev_start(port->port_id_);
  if (code != 0) {
    error = failed(config, "start", code);
    return nullptr;
  }
  port->is_started_ = true;
  rte_ether_addr mac{};
  code = rte_eth_macaddr_get(port->port_id_, &mac);
  if (code != 0) {
    error = failed(config, "MAC address", code);
    return nullptr;
  }
  for (size_t i = 0; i < port->mac_.size(); ++i) port->mac_[i] = mac.addr_bytes[i];
  return port;
}

Port::~Port() {
  if (!is_started_) return;
  for (const auto& queue : queues_) {
    queue->flush();
    for (size_t i = 0; i < queue->queued_count_; ++i) rte_pktmbuf_free(queue->queued_[i]);
    rte_pktmbuf_free(queue->open_frame_);
  }
  rte_eth_dev_stop(port_id_);
  rte_eth_dev_close(port_id_);
}

bool Port::is_link_up() const noexcept {
  rte_eth_link link{};
  return rte_eth_link_get_nowait(port_id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

uint64_t Port::missed() const noexcept {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(port_id_, &stats) != 0) return 0;
  return stats.imissed + stats.rx_nombuf;
}

}  // namespace sallyport::nic
