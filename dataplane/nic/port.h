// port.h: one DPDK port (a PCI device or a vdev with arguments) and its queues.
//
// What the device may do is decided at start (offloads.h); one segment per frame, whatever the
// device can. "Unknown" is never mistaken for "good" (dataplane notes f). Frames are handed up as
// mem::Segment whose storage is the mbuf's; the Segment itself lives in the mbuf's private area, so
// reception allocates nothing. The stack copies payload at once, so a frame is held for one turn.
//
// Owner   Port: main thread, at start and end. Queue: the one worker that polls it; no locks.
// Not here ARP and IP (ip/), who polls when (worker/).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataplane/mem/segment.h"
#include "dataplane/nic/offloads.h"
#include "dataplane/nic/rss.h"
#include "dataplane/nic/segment_merge.h"

struct rte_mbuf;
struct rte_mempool;

namespace sallyport::nic {

// Frames of one burst, either way. 32 fill the PMDs' vector paths; 64 let one flush() carry a full
// initial window of several connections.
inline constexpr size_t kBurstFramesMax = 64;
inline constexpr uint32_t kEthernetHeaderBytes = 14;
// Storage of one mbuf without headroom, at least: holds an MTU of 1500 (and of 1982) whole. A
// port with a larger MTU has larger ones.
inline constexpr uint32_t kFrameBytesMin = 2'048;
inline constexpr uint32_t kVlanTagBytes = 4;
// Beyond the tag: what a device may leave behind a frame (check sequence), and alignment.
inline constexpr uint32_t kFrameSlackBytes = 64;
// Jumbo frames as everybody means them.
inline constexpr uint16_t kMtuMax = 9'000;
// A device that takes nothing for so many flushes is not full but refuses the first frame: it is
// dropped, so that the others go on. With an idle worker this is seconds, and TCP sends again.
inline constexpr uint32_t kRefusalsMax = 4'096;
// A queue with fewer descriptors loses frames in the time of one turn.
inline constexpr uint16_t kDescriptorsMin = 64;

struct PortConfig {
  std::string name;       // for messages
  std::string device;     // "0000:03:00.0" or a vdev such as "net_af_packet0"
  std::string arguments;  // of the vdev: "iface=eth1,blocksz=..."; empty for PCI
  uint16_t mtu = 1'500;
  uint16_t queue_count = 1;
  uint16_t receive_descriptors = 512;
  uint16_t transmit_descriptors = 512;
  uint32_t frames = 2'048;  // mbufs of this port, both ways
  bool offloads = true;     // false: software does all of it, whatever the device has
  bool is_pci() const noexcept;
  // Storage of one of its mbufs.
  uint32_t frame_bytes() const noexcept {
    const uint32_t whole = mtu + kEthernetHeaderBytes + kVlanTagBytes + kFrameSlackBytes;
    return whole < kFrameBytesMin ? kFrameBytesMin : (whole + 1'023) / 1'024 * 1'024;
  }
};

// What one queue did. Written by its worker, read by anybody (each word is one relaxed store).
struct QueueCounters {
  uint64_t frames_received = 0;
  uint64_t bytes_received = 0;
  uint64_t frames_sent = 0;
  uint64_t bytes_sent = 0;
  uint64_t no_frame = 0;       // the mbuf pool was empty when a frame was to be sent
  uint64_t transmit_full = 0;  // the device took fewer frames than offered; they stay queued
  uint64_t multi_segment_dropped = 0;  // in pieces, and too large for one buffer
  uint64_t gathered = 0;               // in pieces, copied into one buffer
  uint64_t truncated = 0;              // the device cut the end off: dropped before it is parsed
  uint64_t checksums_received = 0;     // TCP checksums that the device found good
  uint64_t checksums_sent = 0;         // TCP checksums that the device was asked to write
  uint64_t transmit_refused = 0;       // dropped: the device took nothing kRefusalsMax times
  uint64_t segments_merged = 0;        // TCP segments that left within the frame of another (TSO)
};

class Queue final : public mem::SegmentOwner {
 public:
  // Up to out.size() (at most kBurstFramesMax) frames, Ethernet header first. The caller holds
  // them.
  size_t receive(std::span<mem::Segment*> out) noexcept;

  // A writable buffer of one frame, empty when there is none now; the same one until commit().
  std::span<uint8_t> frame() noexcept;
  // Queues the first `bytes` of it.
  void commit(size_t bytes) noexcept;
  // The same; the device writes the TCP checksum. REQUIRES: Port::offloads().send_checksum.device.
  void commit(size_t bytes, const ChecksumPlace& checksum) noexcept;
  // Gives what is queued to the device. What it does not take stays queued for the next call.
  void flush() noexcept;
  size_t queued() const noexcept { return queued_count_; }

  // What the device hashed of frame `index` of the last receive(); none: it did not say.
  std::optional<uint32_t> device_hash(size_t index) const noexcept {
    return has_hash_[index] ? std::optional<uint32_t>(hashes_[index]) : std::nullopt;
  }
  // The device verified the TCP checksum of this segment, which came from a queue of ours.
  static bool checksum_is_good(const mem::Segment& segment) noexcept;
  // The same bytes in another mbuf of this port, for another worker. Null: none is free.
  [[nodiscard]] mem::Segment* copy(const mem::Segment& segment) noexcept;

  // A descriptor that poll(2) says readable on when frames wait; -1: there is none, look again
  // soon.
  int wait_descriptor() const noexcept { return wait_descriptor_; }
  const QueueCounters& counters() const noexcept { return counters_; }

  // From whichever worker held it last: only the pool is touched.
  void release(mem::Segment* segment) noexcept override;

 private:
  friend class Port;
  void drop_first() noexcept;
  uint16_t port_id_ = 0;
  uint16_t queue_index_ = 0;
  uint32_t frame_bytes_ = kFrameBytesMin;
  uint32_t truncated_at_ = UINT32_MAX;  // a frame of so many bytes has lost its end
  bool receives_ = true;
  rte_mempool* pool_ = nullptr;
  int wait_descriptor_ = -1;
  rte_mbuf* open_frame_ = nullptr;  // given by frame(), not committed
  std::array<rte_mbuf*, kBurstFramesMax> queued_{};
  size_t queued_count_ = 0;
  std::array<ChecksumPlace, kBurstFramesMax> places_{};  // of queued_
  bool merges_ = false;                                  // the device cuts segments
  MergeLimits merge_limits_;
  uint32_t refused_in_a_row_ = 0;  // flushes of which the device took nothing
  std::array<uint32_t, kBurstFramesMax> hashes_{};
  std::array<bool, kBurstFramesMax> has_hash_{};
  QueueCounters counters_;
};

class Port {
 public:
  // Opens, configures and starts the device. Null: `error` says what and which setting. REQUIRES:
  // EAL is up.
  static std::unique_ptr<Port> open(const PortConfig& config, std::string& error);
  ~Port();  // stops and closes
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  const PortConfig& config() const noexcept { return config_; }
  std::array<uint8_t, 6> mac() const noexcept { return mac_; }
  // One for each of config().queue_count workers. Those from receive_queues() on only send: the
  // device has fewer, and what is theirs is handed over.
  Queue& queue(uint16_t index) noexcept { return *queues_[index]; }
  uint16_t receive_queues() const noexcept { return receive_queues_; }
  const RssState& rss() const noexcept { return rss_; }
  const Offloads& offloads() const noexcept { return offloads_; }
  bool is_link_up() const noexcept;
  // Frames the device dropped because nobody fetched them in time, or had no mbuf for.
  uint64_t missed() const noexcept;

  // Hugepage (or, without, anonymous) memory this port takes from EAL. For the memory plan.
  // Without hugepages no frame crosses a 4 KiB page, so most of them waste a good part of one.
  static uint64_t memory_bytes(const PortConfig& config, bool hugepages) noexcept;

 private:
  explicit Port(const PortConfig& config) : config_(config) {}
  std::string failed(const std::string& what, int code) const;
  bool configure(std::string& error);
  bool set_up_queues(int socket, std::string& error);
  bool start(std::string& error);

  PortConfig config_;
  uint16_t port_id_ = 0;
  uint16_t receive_queues_ = 0;
  bool is_started_ = false;
  RssState rss_;
  Offloads offloads_;
  std::array<uint8_t, 6> mac_{};
  rte_mempool* pool_ = nullptr;
  std::vector<std::unique_ptr<Queue>> queues_;
};

}  // namespace sallyport::nic
