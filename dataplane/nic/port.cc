#include "dataplane/nic/port.h"

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "dataplane/nic/packet_socket.h"

namespace sallyport::nic {

namespace {

constexpr uint16_t kPrivateBytes =
    (sizeof(mem::Segment) + RTE_MBUF_PRIV_ALIGN - 1) & ~(RTE_MBUF_PRIV_ALIGN - 1);
constexpr unsigned kPoolCache = 32;

// Free frames beyond what both rings of every queue can hold: bursts, and what a worker holds.
constexpr uint32_t kFramesBeyondRings = 128;

// The arguments of net_af_packet whose ring keeps a frame of `mtu` whole; a ring frame must not be
// larger than a buffer of ours either.
std::string larger_ring(uint16_t mtu) {
  const uint32_t whole = mtu + kEthernetHeaderBytes + kVlanTagBytes + kBeforeFrame + 1;
  const uint32_t frame = (whole + 1'023) / 1'024 * 1'024;
  return "; give its arguments framesz=" + std::to_string(frame) +
         ",blocksz=" + std::to_string(4 * frame);
}

}  // namespace

bool PortConfig::is_pci() const noexcept { return device.find(':') != std::string::npos; }

uint64_t Port::memory_bytes(const PortConfig& config, bool hugepages) noexcept {
  // One mempool object: its header (64), the mbuf (128), private area, data room; rounded up as the
  // pool does.
  const uint64_t object_bytes =
      (64 + sizeof(rte_mbuf) + kPrivateBytes + RTE_PKTMBUF_HEADROOM + config.frame_bytes() + 127) &
      ~uint64_t{63};
  constexpr uint64_t kPageBytes = 4'096;
  const uint64_t object = hugepages
                              ? object_bytes
                              : kPageBytes / std::max<uint64_t>(1, kPageBytes / object_bytes) *
                                    ((object_bytes + kPageBytes - 1) / kPageBytes);
  const uint64_t rings = 16ULL * config.frames;
  return object * config.frames + rings + 256 * 1024;
}

std::string Port::failed(const std::string& what, int code) const {
  std::string text = "port " + config_.name + " (" + config_.device + "): " + what;
  if (code != 0) text += std::string(": ") + rte_strerror(code < 0 ? -code : code);
  return text;
}

std::unique_ptr<Port> Port::open(const PortConfig& config, std::string& error) {
  std::unique_ptr<Port> port(new Port(config));
  const int found = rte_eth_dev_get_port_by_name(config.device.c_str(), &port->port_id_);
  if (found != 0) {
    error = port->failed(
        "no such device (bound to a DPDK driver? interface there, in this network namespace?)", 0);
    return nullptr;
  }
  const int socket = rte_eth_dev_socket_id(port->port_id_);
  port->pool_ = rte_pktmbuf_pool_create(
      ("frames_" + config.name).substr(0, 24).c_str(), config.frames, kPoolCache, kPrivateBytes,
      static_cast<uint16_t>(RTE_PKTMBUF_HEADROOM + config.frame_bytes()), socket);
  if (port->pool_ == nullptr) {
    error = port->failed("no memory for " + std::to_string(config.frames) + " frames", rte_errno);
    return nullptr;
  }
  if (!port->configure(error) || !port->set_up_queues(socket, error) || !port->start(error))
    return nullptr;
  return port;
}

bool Port::configure(std::string& error) {
  const uint16_t queues = config_.queue_count;
  rte_eth_dev_info device{};
  int code = rte_eth_dev_info_get(port_id_, &device);
  if (code != 0) {
    error = failed("what it can", code);
    return false;
  }
  if (queues > device.max_tx_queues) {
    error = failed("it has " + std::to_string(device.max_tx_queues) + " send queues for " +
                       std::to_string(queues) + " workers: name fewer in ports." + config_.name +
                       ".workers" +
                       (config_.device.rfind("net_", 0) == 0
                            ? ", or give the virtual device more queues in its arguments"
                            : ""),
                   0);
    return false;
  }
  receive_queues_ = std::min(queues, device.max_rx_queues);
  rte_eth_conf settings{};
  ask_rss(device, queues, settings, rss_);
  ask_offloads(device, config_.offloads, settings, offloads_);
  if (rss_.device && receive_queues_ < queues)
    leave_rss(queues, "it has fewer receive queues than workers", settings, rss_);
  code = rte_eth_dev_configure(port_id_, receive_queues_, queues, &settings);
  if (code != 0 && rss_.device) {
    leave_rss(queues, std::string("the device refused it: ") + rte_strerror(-code), settings, rss_);
    code = rte_eth_dev_configure(port_id_, receive_queues_, queues, &settings);
  }
  if (code != 0) {
    error = failed("configure with " + std::to_string(queues) + " queues", code);
    return false;
  }
  if (!ring_is_even(config_.device, config_.arguments)) {
    error = failed(
                "its blocksz must be a multiple of its framesz (frames would be looked for in "
                "the wrong places)",
                0) +
            larger_ring(config_.mtu);
    return false;
  }
  if (snap_bytes(config_.device, config_.arguments) <=
      config_.mtu + kEthernetHeaderBytes + kVlanTagBytes) {
    error =
        failed("frames of mtu " + std::to_string(config_.mtu) + " would be cut by its ring", 0) +
        larger_ring(config_.mtu);
    return false;
  }
  // Some PMDs (memif, null) have no MTU to set; a frame that does not fit is then counted by the
  // queue.
  // net_af_packet of 22.11 knows 1500 at most; its ring and the interface carry more, and what the
  // ring cuts is known (above). The interface's own mtu is its owner's.
  if (is_packet_socket(config_.device) && config_.mtu > RTE_ETHER_MTU) return true;
  code = rte_eth_dev_set_mtu(port_id_, config_.mtu);
  if (code != 0 && code != -ENOTSUP) {
    error = failed("mtu " + std::to_string(config_.mtu), code);
    return false;
  }
  return true;
}

bool Port::set_up_queues(int socket, std::string& error) {
  uint16_t receive_descriptors = config_.receive_descriptors;
  uint16_t transmit_descriptors = config_.transmit_descriptors;
  const auto wanted = [&] {
    return uint32_t{receive_queues_} * receive_descriptors +
           uint32_t{config_.queue_count} * transmit_descriptors + kFramesBeyondRings;
  };
  // Rings that could hold every frame would leave none to receive into. One worker keeps what it
  // always had: virtual devices hold no frames in their rings.
  while (config_.queue_count > 1 && wanted() > config_.frames &&
         receive_descriptors > kDescriptorsMin) {
    receive_descriptors /= 2;
    transmit_descriptors = std::max<uint16_t>(kDescriptorsMin, transmit_descriptors / 2);
  }
  if (config_.queue_count > 1 && wanted() > config_.frames) {
    error = failed(std::to_string(config_.frames) + " frames are too few for " +
                       std::to_string(config_.queue_count) + " queues: give ports." + config_.name +
                       ".frames " + std::to_string(wanted()) + " or more",
                   0);
    return false;
  }
  rte_eth_dev_adjust_nb_rx_tx_desc(port_id_, &receive_descriptors, &transmit_descriptors);
  for (uint16_t i = 0; i < config_.queue_count; ++i) {
    int code = 0;
    if (i < receive_queues_)
      code = rte_eth_rx_queue_setup(port_id_, i, receive_descriptors, static_cast<unsigned>(socket),
                                    nullptr, pool_);
    if (code == 0)
      code = rte_eth_tx_queue_setup(port_id_, i, transmit_descriptors,
                                    static_cast<unsigned>(socket), nullptr);
    if (code != 0) {
      error = failed("queue " + std::to_string(i), code);
      return false;
    }
    auto queue = std::make_unique<Queue>();
    queue->port_id_ = port_id_;
    queue->queue_index_ = i;
    queue->receives_ = i < receive_queues_;
    queue->pool_ = pool_;
    queue->merges_ = offloads_.segmentation.device;
    // net_tap of 22.11 says yes to TSO, knows IPv4 only, and refuses packets whose link header does
    // not fit into the mtu as well.
    if (config_.device.rfind("net_tap", 0) == 0) queue->merge_limits_ = {false, config_.mtu};
    queue->frame_bytes_ = config_.frame_bytes();
    queue->truncated_at_ = snap_bytes(config_.device, config_.arguments);
    queue->wait_descriptor_ = find_wait_descriptor(config_.device, config_.arguments, i);
    queues_.push_back(std::move(queue));
  }
  return true;
}

bool Port::start(std::string& error) {
  int code = rte_eth_dev_start(port_id_);
  if (code != 0) {
    error = failed("start", code);
    return false;
  }
  is_started_ = true;
  rte_eth_dev_info device{};
  if (rte_eth_dev_info_get(port_id_, &device) == 0)
    settle_rss(port_id_, device, config_.queue_count, rss_);
  rte_ether_addr mac{};
  code = rte_eth_macaddr_get(port_id_, &mac);
  if (code != 0) {
    error = failed("MAC address", code);
    return false;
  }
  for (size_t i = 0; i < mac_.size(); ++i) mac_[i] = mac.addr_bytes[i];
  return true;
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
