// A net_ring port gives back what it sends, so one queue is its own peer. Needs no root and no
// hugepage.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "dataplane/nic/eal.h"
#include "dataplane/nic/port.h"

namespace sallyport::nic {
namespace {

PortConfig ring_port() {
  PortConfig config;
  config.name = "loop";
  config.device = "net_ring0";
  config.frames = 512;  // fewer than the ring holds, so that the pool empties first
  return config;
}

// EAL starts once per process, and so does the port.
Port* shared_port() {
  static std::unique_ptr<Port> port = [] {
    EalConfig eal;
    eal.use_hugepages = false;
    eal.memory_mib = 64;
    eal.main_cores = {0};
    eal.worker_cores = {static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)) - 1};
    eal.ports = {ring_port()};
    std::string error;
    EXPECT_TRUE(Eal::start(eal, error)) << error;
    auto opened = Port::open(ring_port(), error);
    EXPECT_NE(opened, nullptr) << error;
    return opened;
  }();
  return port.get();
}

class LoopedQueue : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(shared_port(), nullptr); }
  void TearDown() override { receive_all(); }

  Queue& queue() { return shared_port()->queue(0); }
  bool send(uint8_t value, size_t bytes) {
    const std::span<uint8_t> frame = queue().frame();
    if (frame.empty()) return false;
    std::fill_n(frame.begin(), bytes, value);
    queue().commit(bytes);
    return true;
  }
  size_t receive_all() {
    size_t count = 0;
    queue().flush();
    std::array<mem::Segment*, kBurstFramesMax> came;
    while (const size_t n = queue().receive(came)) {
      for (size_t i = 0; i < n; ++i) came[i]->owner->release(came[i]);
      count += n;
    }
    return count;
  }
};

TEST_F(LoopedQueue, WhatIsSentComesBackWhole) {
  ASSERT_TRUE(send(7, 60));
  ASSERT_TRUE(send(8, 1'514));
  EXPECT_EQ(queue().queued(), 2U);
  queue().flush();
  EXPECT_EQ(queue().queued(), 0U);
  std::array<mem::Segment*, kBurstFramesMax> came;
  ASSERT_EQ(queue().receive(came), 2U);
  EXPECT_EQ(came[0]->size, 60U);
  EXPECT_EQ(came[1]->size, 1'514U);
  for (const uint8_t byte : came[1]->bytes()) ASSERT_EQ(byte, 8);
  EXPECT_EQ(came[1]->owner, &queue());
  came[0]->owner->release(came[0]);
  came[1]->owner->release(came[1]);
}

TEST_F(LoopedQueue, AskingAgainWithoutCommitGivesTheSameBuffer) {
  const auto first = queue().frame();
  EXPECT_EQ(queue().frame().data(), first.data());
  EXPECT_GE(first.size(), 1'514U);
}

TEST_F(LoopedQueue, AFullBurstIsFlushedByTheNextFrame) {
  for (size_t i = 0; i < kBurstFramesMax; ++i) ASSERT_TRUE(send(1, 64));
  EXPECT_EQ(queue().queued(), kBurstFramesMax);
  ASSERT_TRUE(send(1, 64));
  EXPECT_EQ(queue().queued(), 1U);
  EXPECT_EQ(receive_all(), kBurstFramesMax + 1);
}

TEST_F(LoopedQueue, AnEmptyPoolIsAnAnswerAndPasses) {
  const uint64_t before = queue().counters().no_frame;
  size_t sent = 0;
  while (sent < 2'000 && send(2, 64)) ++sent;
  EXPECT_LT(sent, 2'000U);
  EXPECT_TRUE(queue().frame().empty());
  EXPECT_GT(queue().counters().no_frame, before);
  EXPECT_EQ(receive_all(), sent);
  EXPECT_TRUE(send(3, 64));
}

TEST_F(LoopedQueue, EveryFrameIsGivenBack) {
  for (int round = 0; round < 20'000; ++round) {
    ASSERT_TRUE(send(4, 64)) << round;
    ASSERT_EQ(receive_all(), 1U);
  }
}

TEST_F(LoopedQueue, ADeviceThatIsNotThereIsNamed) {
  PortConfig config = ring_port();
  config.name = "absent";
  config.device = "net_ring9";
  std::string error;
  EXPECT_EQ(Port::open(config, error), nullptr);
  EXPECT_NE(error.find("absent (net_ring9)"), std::string::npos) << error;
}

TEST_F(LoopedQueue, OnlyAfPacketHasADescriptorToWaitOn) {
  EXPECT_EQ(queue().wait_descriptor(), -1);
}

}  // namespace
}  // namespace sallyport::nic
