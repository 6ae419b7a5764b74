// parts.h: the flow table and the timer wheel alone, for sallyport_tcp_bench.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>

#include "dataplane/base/check.h"
#include "dataplane/mem/huge_array.h"
#include "dataplane/tcp/flow_table.h"
#include "dataplane/tcp/timer_wheel.h"

namespace sallyport::bench {

inline constexpr size_t kBatch = 32;

// `count` flows with a record of the size of a connection each, of which a lookup reads the key.
class Lookups {
 public:
  explicit Lookups(uint32_t count) : table_(count), records_(count), count_(count) {
    for (uint32_t i = 0; i < count; ++i) {
      records_[i].key = key_of(i);
      table_.insert(tcp::flow_hash(secret_, records_[i].key), i);
    }
  }
  // As tcp::Core does it: hash and fetch the bucket, fetch the record, compare.
  uint32_t batch() {
    std::array<tcp::FlowKey, kBatch> keys;
    std::array<uint64_t, kBatch> hashes;
    std::array<uint32_t, kBatch> found;
    for (size_t i = 0; i < kBatch; ++i) keys[i] = key_of(chosen_[i]);
    for (size_t i = 0; i < kBatch; ++i) {
      hashes[i] = tcp::flow_hash(secret_, keys[i]);
      table_.prefetch(hashes[i]);
    }
    for (size_t i = 0; i < kBatch; ++i) {
      found[i] = table_.find(hashes[i], [](uint32_t) { return true; });
      __builtin_prefetch(&records_[found[i]]);
    }
    uint32_t good = 0;
    for (size_t i = 0; i < kBatch; ++i) {
      if (!(records_[found[i]].key == keys[i])) found[i] = exact(keys[i], hashes[i]);
      good += found[i] == chosen_[i] ? 1 : 0;
    }
    return good;
  }
  uint32_t one_by_one() {
    uint32_t good = 0;
    for (const uint32_t wanted : chosen_) {
      const tcp::FlowKey key = key_of(wanted);
      good += exact(key, tcp::flow_hash(secret_, key)) == wanted ? 1 : 0;
    }
    return good;
  }
  void choose() {
    for (uint32_t& c : chosen_) c = static_cast<uint32_t>(random_()) % count_;
  }

 private:
  struct alignas(512) Record {
    tcp::FlowKey key;
  };
  static tcp::FlowKey key_of(uint32_t i) {
    return {wire::IpAddress(0x0a000001), wire::IpAddress(0x0b000000U + i / 60'000), 443,
            static_cast<uint16_t>(1'024 + i % 60'000)};
  }
  uint32_t exact(const tcp::FlowKey& key, uint64_t hash) const {
    return table_.find(hash, [&](uint32_t i) { return records_[i].key == key; });
  }

  const base::SipKey secret_{5, 6};
  tcp::FlowTable table_;
  mem::HugeArray<Record> records_;
  const uint32_t count_;
  std::mt19937 random_{11};
  std::array<uint32_t, kBatch> chosen_{};
};

// `count` armed timers, as keepalives of idle connections; 32 at random move to where a delayed
// retransmission would be, and time goes on by a millisecond, so that as many fire and go back. The
// marks lie in records as large as a connection's. A timer is armed while its record is in hand:
// the segment that is the reason has fetched it.
class Timers {
  struct alignas(512) Record {
    tcp::TimerWheel::Marks marks;
  };
  auto marks() {
    return [this](uint32_t i) -> tcp::TimerWheel::Marks& { return records_[i].marks; };
  }

 public:
  explicit Timers(uint32_t count) : wheel_(count), records_(count), count_(count) {
    wheel_.advance(now_, 1, marks(), [](uint32_t) {});
    for (uint32_t i = 0; i < count; ++i) wheel_.arm(i, far(i), now_, marks());
  }
  void choose() {
    for (uint32_t& c : chosen_) {
      c = static_cast<uint32_t>(random_()) % count_;
      __builtin_prefetch(&records_[c], 1);
    }
  }
  void turn() {
    for (const uint32_t c : chosen_) wheel_.arm(c, now_ + kNearMs, now_, marks());
    ++now_;
    wheel_.advance(now_, 256, marks(),
                   [this](uint32_t node) { wheel_.arm(node, far(node), now_, marks()); });
  }

 private:
  static constexpr uint64_t kNearMs = 20;
  uint64_t far(uint32_t node) const { return now_ + 50'000 + node % 10'000; }

  tcp::TimerWheel wheel_;
  mem::HugeArray<Record> records_;
  const uint32_t count_;
  std::array<uint32_t, kBatch> chosen_{};
  uint64_t now_ = 1'000;
  std::mt19937 random_{13};
};

}  // namespace sallyport::bench
