// rss.h: how the frames of a port are spread over its queues.
//
// A device with RSS gets a key of our own (random per start: an attacker who knows the key aims at
// one core) and a table that deals its entries round; where it refuses either, what it has is read
// back. Without RSS the same key and a table of our own serve the software distribution
// (worker/steering.h), and the device may spread as it likes.
// Owner   main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct rte_eth_conf;
struct rte_eth_dev_info;

namespace sallyport::nic {

// Entries of the software distribution's table: a share of a worker is then at most 1 % off.
inline constexpr size_t kSoftwareTableEntries = 128;
// Larger tables of a device are for more queues than we have workers.
inline constexpr size_t kTableEntriesMax = 4'096;

struct RssState {
  bool device = false;          // the device hashes and spreads by `key` and `table`
  std::vector<uint8_t> key;     // at least kRssKeyBytesMin
  std::vector<uint16_t> table;  // hash modulo its size (a power of two) to queue
  std::string why;              // one line for the operator
};

// Before rte_eth_dev_configure(): asks for RSS over TCP where the device says it can. `state.key`
// is made here and must outlive `settings`.
void ask_rss(const rte_eth_dev_info& device, uint16_t queues, rte_eth_conf& settings,
             RssState& state);
// The device refused to be configured with RSS, for `reason`.
void leave_rss(uint16_t queues, const std::string& reason, rte_eth_conf& settings, RssState& state);
// After the start: writes the table, and reads back what the device has.
void settle_rss(uint16_t port_id, const rte_eth_dev_info& device, uint16_t queues, RssState& state);

}  // namespace sallyport::nic
