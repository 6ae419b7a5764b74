// crash_test.cc: the drainer is killed at random instants while a worker writes. Nothing is lost,
// nothing is there twice, and every start finds a log that it accepts.
#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <set>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr int kKills = 25;

class Crash : public ::testing::Test {
 protected:
  // A drainer in a process of its own, that never ends by itself.
  pid_t start() {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
      Drainer drainer(host.options());
      const std::atomic<bool> stop{false};
      drainer.run(stop);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "drainer: %s\n", error.what());
    }
    ::_exit(1);
  }
  void kill(pid_t child) {
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the drainer ended by itself: " << status;
  }
  Host host;
  std::mt19937 chance{20'240'601};
};

TEST_F(Crash, KilledDrainerNeitherLosesNorDoubles) {
  Worker worker(host.rings(), ring_key(), 256 << 10);
  uint64_t number = 0;
  for (int round = 0; round < kKills; ++round) {
    const pid_t child = start();
    const uint64_t pieces = 5 + chance() % 40;
    for (uint64_t piece = 0; piece < pieces; ++piece) {
      // Full means that the reader is behind: then the worker waits, as the product refuses.
      for (int i = 0; i < 8; ++i)
        if (worker.admit(number + 1) && ++number != 0)
          for (int tries = 0; !worker.complete(number) && tries < 5000; ++tries) {
            worker.ring().attach_cursor();  // a slow start's cursor appears meanwhile
            ::usleep(1000);
          }
      worker.ring().attach_cursor();
      ::usleep(static_cast<useconds_t>(chance() % 1500));
    }
    kill(child);
  }
  auto drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(worker.ring().committed_sequence(), worker.ring().published_sequence());
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.records, worker.ring().published_sequence());
  EXPECT_EQ(report.exchanges, number);
  EXPECT_EQ(report.open, 0U);
  EXPECT_EQ(report.gaps, 0U);
  EXPECT_GT(report.checkpoints, 1U);
  std::set<std::string> models;
  for (const json& record : records_of(drainer->reader(), "admitted"))
    models.insert(record.at("model").get<std::string>());
  EXPECT_EQ(models.size(), number);
}

// Both die, again and again: each start has its own ring, and orphans are closed exactly once.
TEST_F(Crash, KilledWorkersAndDrainersCloseOrphansOnce) {
  uint64_t orphans = 0;
  uint64_t exchanges = 0;
  for (int round = 0; round < kKills; ++round) {
    const pid_t child = start();
    {
      const RingKey key = ring_key(static_cast<uint32_t>(round % 4), 100 + round);
      Worker worker(host.rings(), key);
      for (uint64_t i = 1; i <= 20; ++i) {
        RecordFields fields;
        fields.id = {kNode, kStart, key.worker, static_cast<uint64_t>(round) * 1000 + i};
        ASSERT_TRUE(worker.push(fields));
        ++exchanges;
        if (i % 5 == 0) {
          ++orphans;
        } else {
          fields.kind = RecordKind::Completed;
          ASSERT_TRUE(worker.push(fields));
        }
      }
      ::usleep(static_cast<useconds_t>(chance() % 20'000));
    }
    ::usleep(static_cast<useconds_t>(chance() % 40'000));
    kill(child);
  }
  auto drainer = host.drainer();
  drain(*drainer);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, exchanges);
  EXPECT_EQ(report.interrupted, orphans);
  EXPECT_EQ(report.open, 0U);
  EXPECT_EQ(report.gaps, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
}

}  // namespace
}  // namespace sallyport::evidence_log_test
