#include "dataplane/memory_plan.h"

#include <gtest/gtest.h>

namespace sallyport::dataplane {
namespace {

constexpr uint64_t kMib = 1'024 * 1'024;

HostConfig small_host() {
  HostConfig config;
  config.path = "host.yaml";
  config.workers.resize(1);
  for (const char* name : {"clients", "vendors"}) {
    HostPort port;
    port.name = name;
    config.ports.push_back(port);
  }
  config.memory.connections = 1'024;
  config.memory.tcp_mib = 32;
  config.memory.body_mib = 64;
  return config;
}

TEST(MemoryPlan, TheLabFitsATwoGibibyteMachineWithAndWithoutHugepages) {
  MemoryPlan plan;
  std::string error;
  EXPECT_TRUE(plan_memory(small_host(), false, {1'500 * kMib, 0}, plan, error)) << error;
  EXPECT_FALSE(plan.use_hugepages);
  const uint64_t all_plain = plan.plain_bytes;
  EXPECT_TRUE(plan_memory(small_host(), false, {1'500 * kMib, 64 * kMib}, plan, error)) << error;
  EXPECT_TRUE(plan.use_hugepages);
  // Small pages hold fewer frames.
  EXPECT_LT(plan.plain_bytes + plan.eal_bytes, all_plain);
  EXPECT_GT(plan.plain_bytes + 2 * plan.eal_bytes, all_plain);
  EXPECT_TRUE(plan_memory(small_host(), true, {1'500 * kMib, 64 * kMib}, plan, error)) << error;
  EXPECT_FALSE(plan.use_hugepages);
}

TEST(MemoryPlan, TheBillIsTheSumOfItsLines) {
  MemoryPlan plan;
  std::string error;
  ASSERT_TRUE(plan_memory(small_host(), false, {1'500 * kMib, 64 * kMib}, plan, error));
  uint64_t plain = 0;
  for (const PlanTerm& term : plan.terms)
    if (!term.is_eal) plain += term.bytes;
  EXPECT_EQ(plain, plan.plain_bytes);
  for (const PlanTerm& term : plan.terms) EXPECT_NE(plan.text.find(term.name), std::string::npos);
}

TEST(MemoryPlan, TooLargeIsRefusedWithTheLineToChange) {
  HostConfig config = small_host();
  config.memory.body_mib = 4'000;
  config.lines["memory.body_mib"] = 17;
  MemoryPlan plan;
  std::string error;
  EXPECT_FALSE(plan_memory(config, false, {1'500 * kMib, 64 * kMib}, plan, error));
  EXPECT_NE(error.find("host.yaml:17: memory.body_mib"), std::string::npos) << error;
  EXPECT_NE(error.find("MiB or less"), std::string::npos) << error;
}

TEST(MemoryPlan, TheTotalOfTheFileBindsToo) {
  HostConfig config = small_host();
  config.memory.total_mib = 200;
  MemoryPlan plan;
  std::string error;
  EXPECT_FALSE(plan_memory(config, false, {64'000 * kMib, 64 * kMib}, plan, error));
  EXPECT_NE(error.find("200.0 MiB"), std::string::npos) << error;
}

TEST(MemoryPlan, RequiredHugepagesThatAreNotThereAreRefused) {
  HostConfig config = small_host();
  config.memory.hugepages = HugepageUse::Required;
  config.lines["memory.hugepages"] = 9;
  MemoryPlan plan;
  std::string error;
  EXPECT_FALSE(plan_memory(config, false, {1'500 * kMib, 2 * kMib}, plan, error));
  EXPECT_NE(error.find("host.yaml:9: memory.hugepages"), std::string::npos) << error;
  EXPECT_NE(error.find("vm.nr_hugepages"), std::string::npos) << error;
}

TEST(MemoryPlan, HeldBodiesAreAQuarterByDefault) {
  HostConfig config = small_host();
  config.memory.body_mib = 0;
  MemoryPlan plan;
  std::string error;
  ASSERT_TRUE(plan_memory(config, false, {1'600 * kMib, 64 * kMib}, plan, error)) << error;
  EXPECT_EQ(plan.body_bytes, 400 * kMib);
}

TEST(MemoryPlan, ThisMachineHasMemory) { EXPECT_GT(read_machine_memory().available_bytes, kMib); }

}  // namespace
}  // namespace sallyport::dataplane
