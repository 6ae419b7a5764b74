// crash_test.cc: the drainer is killed at random instants while a worker writes. Nothing is lost,
// nothing is there twice, and every start finds a log that it accepts.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "controlplane/evidence/ring/abandoned_file.h"
#include "dataplane/evidence/locked_file.h"
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

// --- killed while a file is made -----------------------------------------------------------------

// From here on the calling process meets `action` at its first call of `number`, before the call
// does anything. With `second` the second argument has to be that.
void stop_at(long number, uint32_t action, std::optional<uint32_t> second = std::nullopt) {
  constexpr uint32_t kNumber = offsetof(seccomp_data, nr);
  constexpr uint32_t kSecondArgument = offsetof(seccomp_data, args) + sizeof(uint64_t);
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(number), 0,
               static_cast<uint8_t>(second ? 3 : 1)),
  };
  if (second) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kSecondArgument));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *second, 0, 1));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, action));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<uint16_t>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    ::_exit(3);
}

// Runs `what` in a process that dies at its first call of `number`.
template <class What>
void die_at(long number, What what) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    what([&] { stop_at(number, SECCOMP_RET_KILL_PROCESS); });
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
}

bool has_hidden(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with('.')) return true;
  return false;
}

// Made and not yet locked; locked and empty; whole and without its name.
TEST_F(Crash, AWorkerKilledWhileItMakesItsRingLeavesNothing) {
  auto drainer = host.drainer();
  for (const long call : {SYS_flock, SYS_fallocate, SYS_renameat2}) {
    SCOPED_TRACE(call);
    die_at(call, [&](auto armed) {
      armed();
      Worker(host.rings(), ring_key(0, static_cast<uint64_t>(1000 + call)));
    });
    EXPECT_TRUE(has_hidden(host.rings()));
    drain(*drainer);
    EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
  }
  EXPECT_TRUE(host.said("removed the unfinished file"));
  EXPECT_EQ(verified(*drainer).gaps, 0U);
}

// And the ring is gone before the next drainer looks: then nobody else would remove the cursor.
TEST_F(Crash, ADrainerKilledWhileItMakesACursorLeavesNothing) {
  for (const long call : {SYS_fallocate, SYS_rename}) {
    SCOPED_TRACE(call);
    { const auto once = host.drainer(); }  // the files that a first start makes are there
    const RingKey key = ring_key(0, static_cast<uint64_t>(2000 + call));
    die_at(call, [&](auto armed) {
      Drainer drainer(host.options());
      Worker worker(host.rings(), key);
      armed();
      drain(drainer);
    });
    EXPECT_TRUE(std::filesystem::exists(host.rings() / ("." + key.file_stem() + ".cursor")));
    std::filesystem::remove(host.rings() / (key.file_stem() + ".data"));
    drain(*host.drainer());
    EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
  }
}

TEST_F(Crash, AFileThatIsBeingMadeStays) {
  const std::filesystem::path path = host.folder / ".being-made.data";
  std::string error;
  const int file = evidence::make_locked_file(path, error);
  ASSERT_GE(file, 0) << error;
  EXPECT_FALSE(remove_if_abandoned(path));
  EXPECT_TRUE(std::filesystem::exists(path));
  ::close(file);
  EXPECT_TRUE(remove_if_abandoned(path));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// The one instant in which a file has no lock and its maker lives: between making and locking. The
// scan comes exactly there, and the maker makes another.
TEST_F(Crash, AFileRemovedBeforeItsLockIsMadeAgain) {
  static std::filesystem::path path;
  static std::atomic<int> removed;
  path = host.folder / ".unlucky.data";
  removed = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    struct sigaction trap {};
    trap.sa_flags = SA_SIGINFO;
    trap.sa_sigaction = [](int, siginfo_t*, void* context) {
      auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
      if (removed == 0 && remove_if_abandoned(path)) ++removed;
      // The same call by another number of flags: it may wait, and is not stopped.
      registers[REG_RAX] = ::flock(static_cast<int>(registers[REG_RDI]), LOCK_EX);
    };
    ::sigaction(SIGSYS, &trap, nullptr);
    stop_at(SYS_flock, SECCOMP_RET_TRAP, LOCK_EX | LOCK_NB);
    std::string error;
    const int file = evidence::make_locked_file(path, error);
    struct stat made {};
    ::_exit(file >= 0 && removed == 1 && ::fstat(file, &made) == 0 && made.st_nlink == 1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(Crash, RingsAppearWhileTheFolderIsCleared) {
  std::atomic<bool> stop{false};
  std::filesystem::create_directories(host.rings());
  std::thread clearing([&] {
    while (!stop)
      for (const auto& entry : std::filesystem::directory_iterator(host.rings()))
        if (is_hidden_of_ring(entry.path().filename().string(), ".data"))
          remove_if_abandoned(entry.path());
  });
  for (uint64_t generation = 1; generation <= 300; ++generation) {
    const Worker worker(host.rings(), ring_key(0, generation), 64 << 10);
    const auto path = host.rings() / (worker.key().file_stem() + ".data");
    EXPECT_TRUE(std::filesystem::remove(path)) << generation;
  }
  stop = true;
  clearing.join();
}

}  // namespace
}  // namespace sallyport::evidence_log_test
