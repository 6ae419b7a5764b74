#include "dataplane/region_writer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <set>

#include "dataplane/counter_catalog.h"
#include "dataplane/sealed_file.h"

namespace sallyport::dataplane {
namespace {

using contract::Region;

// The region as sallyportd makes it, mapped by a reader.
struct SharedRegion {
  explicit SharedRegion(size_t bytes = sizeof(Region)) {
    file.reset(memfd_create("region", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(file.get(), static_cast<off_t>(bytes)), 0);
    const contract::RegionHeader header = contract::region_header();
    EXPECT_EQ(pwrite(file.get(), &header, sizeof header, 0), static_cast<ssize_t>(sizeof header));
    at = static_cast<Region*>(mmap(nullptr, sizeof(Region), PROT_READ, MAP_SHARED, file.get(), 0));
  }
  ~SharedRegion() { munmap(at, sizeof(Region)); }
  OwnedDescriptor file;
  Region* at = nullptr;
};

TEST(RegionWriter, WritesNamesStateAndEveryWorker) {
  const SharedRegion shared;
  RegionWriter writer({"gateway.admitted", "tcp.retransmits"});
  writer.write({}, {}, 1);  // no region yet: nothing happens
  std::string error;
  ASSERT_TRUE(writer.map(shared.file.get(), error)) << error;
  EXPECT_STREQ(shared.at->counter_names[0], "gateway.admitted");
  EXPECT_STREQ(shared.at->counter_names[1], "tcp.retransmits");
  EXPECT_EQ(shared.at->dataplane.counter_count.load(), 2U);
  EXPECT_EQ(shared.at->dataplane.pid.load(), static_cast<uint64_t>(getpid()));

  // On the heap: the sanitizer\'s copy of a frame does not keep an alignment of 64.
  const auto first_block = std::make_unique<contract::WorkerBlock>();
  contract::WorkerBlock& first = *first_block;
  // On the heap: the sanitizer\'s copy of a frame does not keep an alignment of 64.
  const auto second_block = std::make_unique<contract::WorkerBlock>();
  contract::WorkerBlock& second = *second_block;
  first.counters[0] = 11;
  first.counters[1] = 12;
  first.turns = 5;
  second.counters[0] = 21;
  second.core = 3;
  const std::array<WorkerStatus, 2> workers{WorkerStatus{&first, 1'000, 7, 6},
                                            WorkerStatus{&second, 2'000, 8, 8}};
  DataplaneStatus status;
  status.state = contract::DataplaneState::Ready;
  status.start_generation = 44;
  status.loaded_version = 8;
  status.secrets_generation = 2;
  status.certificate_not_after_s = 1'900'000'000;
  writer.write(status, workers, 123'456);
  EXPECT_EQ(shared.at->dataplane.heartbeat_ns.load(), 123'456U);
  EXPECT_EQ(shared.at->dataplane.state.load(), 3U);
  EXPECT_EQ(shared.at->dataplane.start_generation.load(), 44U);
  EXPECT_EQ(shared.at->dataplane.worker_count.load(), 2U);
  EXPECT_EQ(shared.at->dataplane.loaded_version.load(), 8U);
  EXPECT_EQ(shared.at->dataplane.secrets_generation.load(), 2U);
  EXPECT_EQ(shared.at->dataplane.certificate_not_after_s.load(), 1'900'000'000U);
  EXPECT_EQ(shared.at->workers[0].counters[0].load(), 11U);
  EXPECT_EQ(shared.at->workers[0].counters[1].load(), 12U);
  EXPECT_EQ(shared.at->workers[0].turns.load(), 5U);
  EXPECT_EQ(shared.at->workers[0].heartbeat_ns.load(), 1'000U);
  EXPECT_EQ(shared.at->workers[0].adopted_version.load(), 7U);
  EXPECT_EQ(shared.at->workers[0].oldest_version.load(), 6U);
  EXPECT_EQ(shared.at->workers[1].counters[0].load(), 21U);
  EXPECT_EQ(shared.at->workers[1].core.load(), 3U);
  // The other side's block is never ours to write.
  EXPECT_EQ(shared.at->control.heartbeat_ns.load(), 0U);
}

TEST(RegionWriter, RefusesWhatIsNotTheRegionAndKeepsTheOneBefore) {
  const SharedRegion good;
  RegionWriter writer({"a.b"});
  std::string error;
  ASSERT_TRUE(writer.map(good.file.get(), error));
  {
    const SharedRegion small(sizeof(Region) - 1);
    EXPECT_FALSE(writer.map(small.file.get(), error));
  }
  for (const size_t at : {0U, 8U, 12U, 16U, 24U, 28U, 32U, 48U}) {
    const SharedRegion other;
    const uint8_t wrong = 0xee;
    ASSERT_EQ(pwrite(other.file.get(), &wrong, 1, static_cast<off_t>(at)), 1);
    EXPECT_FALSE(writer.map(other.file.get(), error)) << at;
    EXPECT_NE(error.find("layout"), std::string::npos);
  }
  std::array<int, 2> pipes{};
  ASSERT_EQ(pipe(pipes.data()), 0);
  EXPECT_FALSE(writer.map(pipes[1], error));
  close(pipes[0]);
  close(pipes[1]);
  EXPECT_FALSE(writer.map(-1, error));
  writer.write({}, {}, 99);
  EXPECT_EQ(good.at->dataplane.heartbeat_ns.load(), 99U);
}

TEST(RegionWriter, ANewRegionIsFilledFromTheStart) {
  const SharedRegion first;
  const SharedRegion second;
  RegionWriter writer({"a.b"});
  std::string error;
  ASSERT_TRUE(writer.map(first.file.get(), error));
  ASSERT_TRUE(writer.map(second.file.get(), error));
  EXPECT_STREQ(second.at->counter_names[0], "a.b");
  writer.write({}, {}, 5);
  EXPECT_EQ(first.at->dataplane.heartbeat_ns.load(), 0U);
  EXPECT_EQ(second.at->dataplane.heartbeat_ns.load(), 5U);
}

size_t index_of(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  EXPECT_NE(found, names.end()) << name;
  return static_cast<size_t>(found - names.begin());
}

TEST(CounterCatalog, NamesAreUniqueDottedAndFit) {
  const std::vector<std::string> names = counter_names();
  EXPECT_LE(names.size(), contract::kCountersMax);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const std::string& name : names) {
    EXPECT_LT(name.size(), contract::kCounterNameBytes);
    EXPECT_NE(name.find('.'), std::string::npos) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_."), std::string::npos)
        << name;
  }
  for (const char* known :
       {"gateway.admitted", "gateway.served", "gateway.refused.policy_blocked",
        "gateway.refused.not_ready", "tcp.retransmits", "ip.frames_in", "arp.malformed",
        "evidence.ring_used_bytes", "worker.busy_turns", "nic.no_frame"})
    index_of(names, known);
}

TEST(CounterCatalog, AValueIsFoundUnderItsName) {
  const std::vector<std::string> names = counter_names();
  flow::GatewayCounters gateway;
  gateway.admitted = 3;
  gateway.refusals[static_cast<size_t>(flow::Reason::PolicyBlocked)] = 4;
  tcp::Counters tcp;
  tcp.add(tcp::Counter::Retransmits, 5);
  worker::WorkerCounters worker;
  worker.turns = 6;
  evidence::Recorder::Counters recorder;
  recorder.security_lost = 7;
  nic::QueueCounters one;
  one.no_frame = 8;
  nic::QueueCounters two;
  two.no_frame = 30;
  const std::array<const nic::QueueCounters*, 2> queues{&one, &two};
  CounterSources from;
  from.gateway = &gateway;
  from.tcp = &tcp;
  from.worker = &worker;
  from.recorder = &recorder;
  from.queues = queues;
  from.connections_open = 9;
  // On the heap: the sanitizer\'s copy of a frame does not keep an alignment of 64.
  const auto block_block = std::make_unique<contract::WorkerBlock>();
  contract::WorkerBlock& block = *block_block;
  copy_counters(from, block);
  const auto value = [&](std::string_view name) {
    return block.counters[index_of(names, name)].load();
  };
  EXPECT_EQ(value("gateway.admitted"), 3U);
  EXPECT_EQ(value("gateway.refused.policy_blocked"), 4U);
  EXPECT_EQ(value("gateway.refused.not_ready"), 0U);
  EXPECT_EQ(value("tcp.retransmits"), 5U);
  EXPECT_EQ(value("worker.turns"), 6U);
  EXPECT_EQ(value("evidence.security_lost"), 7U);
  EXPECT_EQ(value("nic.no_frame"), 38U);
  EXPECT_EQ(value("tcp.connections_open"), 9U);
}

}  // namespace
}  // namespace sallyport::dataplane
