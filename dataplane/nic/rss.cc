#include "dataplane/nic/rss.h"

#include <rte_ethdev.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>

#include "dataplane/base/check.h"
#include "dataplane/nic/toeplitz.h"

namespace sallyport::nic {
namespace {

// Four-tuples of TCP, and what the device hashes of everything else matters to nobody.
constexpr uint64_t kWanted = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP;

void deal_software_table(uint16_t queues, RssState& state) {
  state.table.resize(kSoftwareTableEntries);
  for (size_t i = 0; i < state.table.size(); ++i)
    state.table[i] = static_cast<uint16_t>(i % queues);
}

void use_software(uint16_t queues, const std::string& why, RssState& state) {
  state.device = false;
  state.why = why;
  if (state.key.size() < kRssKeyBytesMin) state.key.resize(kRssKeyBytesMin);
  deal_software_table(queues, state);
}

using Groups = std::vector<rte_eth_rss_reta_entry64>;

Groups groups_of(size_t entries) {
  Groups groups((entries + RTE_ETH_RETA_GROUP_SIZE - 1) / RTE_ETH_RETA_GROUP_SIZE);
  for (size_t i = 0; i < entries; ++i)
    groups[i / RTE_ETH_RETA_GROUP_SIZE].mask |= 1ULL << (i % RTE_ETH_RETA_GROUP_SIZE);
  return groups;
}

// Key and table as the device has them now. False: `why` says what it does not tell.
bool read_back(uint16_t port_id, uint16_t entries, uint16_t queues, RssState& state) {
  std::vector<uint8_t> key(std::max(state.key.size(), kRssKeyBytesMin));
  rte_eth_rss_conf now{};
  now.rss_key = key.data();
  now.rss_key_len = static_cast<uint8_t>(key.size());
  if (rte_eth_dev_rss_hash_conf_get(port_id, &now) != 0) {
    state.why = "the device does not tell its RSS key";
    return false;
  }
  if ((now.rss_hf & kWanted) == 0) {
    state.why = "the device does not hash TCP ports";
    return false;
  }
  state.key = key;
  Groups groups = groups_of(entries);
  if (rte_eth_dev_rss_reta_query(port_id, groups.data(), entries) != 0) {
    state.why = "the device does not tell its RSS table";
    return false;
  }
  state.table.resize(entries);
  for (size_t i = 0; i < entries; ++i) {
    state.table[i] = groups[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
    if (state.table[i] >= queues) {
      state.why = "the device's RSS table names a queue that nobody polls";
      return false;
    }
  }
  return true;
}

}  // namespace

void ask_rss(const rte_eth_dev_info& device, uint16_t queues, rte_eth_conf& settings,
             RssState& state) {
  const size_t key_bytes =
      std::max<size_t>(device.hash_key_size != 0 ? device.hash_key_size : 0, kRssKeyBytesMin);
  state.key.resize(key_bytes);
  SP_CHECK_WHY(getrandom(state.key.data(), key_bytes, 0) == static_cast<ssize_t>(key_bytes),
               "getrandom");
  if (queues <= 1) return use_software(queues, "one worker", state);
  const uint64_t can = device.flow_type_rss_offloads & kWanted;
  if (can == 0) return use_software(queues, "the device has no RSS over TCP", state);
  if (device.reta_size == 0 || device.reta_size > kTableEntriesMax ||
      !std::has_single_bit(device.reta_size))
    return use_software(queues, "the device has no RSS table of a usable size", state);
  state.device = true;
  settings.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  settings.rx_adv_conf.rss_conf.rss_key = state.key.data();
  settings.rx_adv_conf.rss_conf.rss_key_len = static_cast<uint8_t>(key_bytes);
  settings.rx_adv_conf.rss_conf.rss_hf = can;
  settings.rxmode.offloads |= device.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH;
}

void leave_rss(uint16_t queues, const std::string& reason, rte_eth_conf& settings,
               RssState& state) {
  settings.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
  settings.rx_adv_conf.rss_conf = {};
  settings.rxmode.offloads &= ~RTE_ETH_RX_OFFLOAD_RSS_HASH;
  use_software(queues, reason, state);
}

void settle_rss(uint16_t port_id, const rte_eth_dev_info& device, uint16_t queues,
                RssState& state) {
  if (!state.device) return;
  const uint16_t entries = device.reta_size;
  Groups groups = groups_of(entries);
  for (size_t i = 0; i < entries; ++i)
    groups[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
        static_cast<uint16_t>(i % queues);
  const bool written = rte_eth_dev_rss_reta_update(port_id, groups.data(), entries) == 0;
  if (!read_back(port_id, entries, queues, state)) {
    const std::string why = state.why;
    return use_software(queues, why, state);
  }
  state.why = written ? "key and table are ours" : "the device keeps a table of its own";
}

}  // namespace sallyport::nic
