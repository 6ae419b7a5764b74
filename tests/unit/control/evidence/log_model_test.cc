// The log against a model, in random sequences of what can happen to an appliance. Seeded: a
// failure prints its seed, SALLYPORT_SEED=<n> runs that one again, SALLYPORT_MODEL_RUNS says how
// many.
//
// Appends, workers and daemons that end, a map and a disk that are full, clocks set both ways,
// prunes and holds here; erasures and rotations of keys in tests/unit/control/vault/
// vault_model_test.cc, kill -9 of both processes below.
//
// Nothing is lost, nothing is there twice, every checkpoint extends the one before, what is pruned
// was due and not held.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr uint64_t kBegin = 1'795'608'030 * kSecond;  // 2026-11-25T12:00:30Z
constexpr int kStepsPerRun = 60;

uint64_t number_of(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

// A disk of its own for the log, so small that it can be full; a plain folder for who may not
// mount.
class DiskOfOneMap {
 public:
  explicit DiskOfOneMap(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::create_directories(folder);
    mounted_ =
        ::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=0700") == 0;
  }
  ~DiskOfOneMap() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  DiskOfOneMap(const DiskOfOneMap&) = delete;
  bool mounted() const { return mounted_; }
  // Not a byte is free any more.
  void fill() {
    if (!mounted_) return;
    const int file = ::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const std::vector<char> some(4096, 'f');
    while (file >= 0 && ::write(file, some.data(), some.size()) > 0) continue;
    if (file >= 0) ::close(file);
  }
  void free() const { std::filesystem::remove(filler()); }

 private:
  std::filesystem::path filler() const { return folder_ / "filler"; }
  std::filesystem::path folder_;
  bool mounted_ = false;
};

struct Exchange {
  std::string tenant;
  uint64_t wall_ns = 0;
  uint64_t generation = 0;  // of its worker
  bool open = true;         // its worker has not said how it ended
};

class Appliance {
 public:
  explicit Appliance(uint64_t seed) : chance_(seed) { start(); }

  void step() {
    switch (chance_() % 16) {
      case 14:
        return disk_.fill();
      case 15:
        return disk_.free();
      case 0:
      case 1:
      case 2:
        return append();
      case 3:
        return finish_one();
      case 4:
      case 5:
        for (uint64_t rounds = 1 + chance_() % 4; rounds > 0; --rounds) drainer_->drain_once();
        return look();
      case 6:
        drain(*drainer_);
        return look();
      case 7:
        return start();  // the former one ends wherever it is
      case 8:
        worker_.reset();  // dies; the next start has another generation
        return;
      case 9:
        now_ += (1 + chance_() % 200) * kSecond;
        return;
      case 10:
        now_ -= std::min<uint64_t>((1 + chance_() % 7200) * kSecond, now_ - kBegin);
        return;
      case 11:
        now_ += kDay;
        return;
      case 12:
        held_ = held_.empty() ? (chance_() % 2 == 0 ? "lab" : "other") : "";
        return;
      default:
        return prune();
    }
  }

  // Everything to its end, and then against the model.
  void judge() {
    worker_.reset();
    disk_.free();
    start(true);
    drain(*drainer_);
    look();
    const VerifyReport report = verified(*drainer_);
    ASSERT_TRUE(report.ok) << problems_of(report);
    EXPECT_EQ(report.open, 0U);
    const LogReader log = drainer_->reader();
    uint64_t present = 0;
    for (const auto& [number, exchange] : exchanges_) {
      const auto index = log.exchange({kNode, kStart, 0, number});
      if (index) {
        ++present;
        EXPECT_NE(index->verdict, kNoIndex) << number;
      } else {
        EXPECT_LT(exchange.wall_ns + 400 * kDay, newest_) << number << " is lost";
      }
    }
    EXPECT_EQ(present, report.exchanges) << "as many as the model has, and no other";
  }

 private:
  DrainerOptions options() {
    DrainerOptions made = host_.options();
    made.heartbeats = true;
    made.retention = RetentionPolicy{};
    made.map_bytes = 256 << 10;  // grows on the way, or is full
    made.map_bytes_max = map_bytes_max_;
    made.wall_clock = [this] { return now_; };
    made.held = [this](const RecordForHold& asked) {
      return !held_.empty() && asked.tenant == held_ ? std::string("case") : std::string();
    };
    return made;
  }
  void start(bool with_room = false) {
    drainer_.reset();
    // Sometimes there is no more room than there is: everything waits, nothing is lost.
    if (!with_room && chance_() % 4 == 0) {
      const auto file = host_.store() / "data.mdb";
      if (std::filesystem::exists(file)) map_bytes_max_ = std::filesystem::file_size(file);
    } else {
      map_bytes_max_ = 256 << 20;
    }
    drainer_ = std::make_unique<Drainer>(options());
    look();
  }
  void append() {
    if (!worker_) worker_ = std::make_unique<Worker>(host_.rings(), ring_key(0, ++generation_));
    worker_->ring().attach_cursor();
    for (uint64_t count = 1 + chance_() % 20; count > 0; --count) {
      RecordFields fields;
      fields.id = {kNode, kStart, 0, number_ + 1};
      fields.tenant = chance_() % 3 == 0 ? "other" : "lab";
      fields.wall_ns = now_;
      if (!worker_->push(fields)) return;  // the ring is full: the product refuses the request
      exchanges_[++number_] = {fields.tenant, now_, generation_, true};
      if (chance_() % 4 != 0) complete(number_);
    }
  }
  void complete(uint64_t number) {
    RecordFields fields;
    fields.kind = RecordKind::Completed;
    fields.id = {kNode, kStart, 0, number};
    fields.wall_ns = now_;
    if (worker_->push(fields)) exchanges_[number].open = false;
  }
  void finish_one() {
    if (!worker_ || number_ == 0) return;
    // Of the living worker only: one that is dead says nothing any more.
    const uint64_t number = number_ - chance_() % std::min<uint64_t>(number_, 5);
    const Exchange& exchange = exchanges_[number];
    if (exchange.open && exchange.generation == generation_) complete(number);
  }
  void prune() {
    now_ += (50 + chance_() % 300) * kDay;
    drain(*drainer_);
    look();
  }
  // Invariants that hold at any time.
  void look() {
    newest_ = std::max(newest_, now_);
    const LogReader log = drainer_->reader();
    const auto note = log.latest_checkpoint();
    if (!note) return;
    const auto checkpoint = drainer_->verifier().open(*note);
    ASSERT_TRUE(checkpoint);
    ASSERT_GE(checkpoint->size, last_.size);
    if (last_.size != 0) {
      ASSERT_TRUE(verify_consistency(last_.size, checkpoint->size, last_.root, checkpoint->root,
                                     Tree(log).consistency_proof(last_.size, checkpoint->size)));
    }
    last_ = *checkpoint;
  }

  std::mt19937_64 chance_;
  Host host_;
  DiskOfOneMap disk_{host_.store()};
  uint64_t now_ = kBegin;
  uint64_t newest_ = kBegin;
  uint64_t map_bytes_max_ = 256 << 20;
  std::string held_;
  std::unique_ptr<Drainer> drainer_;
  std::unique_ptr<Worker> worker_;
  uint64_t generation_ = 10;
  uint64_t number_ = 0;
  std::map<uint64_t, Exchange> exchanges_;
  Checkpoint last_;
};

TEST(LogModel, RandomSequencesLoseNothingAndDoubleNothing) {
  const uint64_t fixed = number_of("SALLYPORT_SEED", 0);
  const uint64_t runs = fixed != 0 ? 1 : number_of("SALLYPORT_MODEL_RUNS", 6);
  for (uint64_t run = 0; run < runs; ++run) {
    const uint64_t seed = fixed != 0 ? fixed : 4'711 + run;
    SCOPED_TRACE("SALLYPORT_SEED=" + std::to_string(seed));
    Appliance appliance(seed);
    for (int step = 0; step < kStepsPerRun; ++step) {
      appliance.step();
      if (::testing::Test::HasFatalFailure()) return;
    }
    appliance.judge();
    if (::testing::Test::HasFailure()) return;
  }
}

// --- kill -9 -------------------------------------------------------------------------------------

// What the two processes tell the test, in memory that outlives them.
struct Told {
  std::atomic<uint64_t> published{0};  // records whose publication returned
  std::atomic<uint64_t> exchanges{0};
};

class Killed : public ::testing::TestWithParam<const char*> {
 protected:
  Killed() {
    void* memory =
        ::mmap(nullptr, sizeof(Told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    told = new (memory) Told();
  }
  ~Killed() override { ::munmap(static_cast<void*>(told), sizeof(Told)); }

  // Ends itself at the `count`th time that it comes to `point`; null: never.
  pid_t start_drainer(const char* point, uint64_t count) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    DrainerOptions options = host.options();
    options.at_point = [&](const char* here) {
      if (point != nullptr && std::string_view(here) == point && --count == 0)
        ::kill(::getpid(), SIGKILL);
    };
    try {
      Drainer drainer(options);
      const std::atomic<bool> stop{false};
      drainer.run(stop);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "drainer: %s\n", error.what());
    }
    ::_exit(1);
  }
  // Writes exchanges until it is killed.
  pid_t start_worker(uint64_t generation) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    Worker worker(host.rings(), ring_key(0, generation), 256 << 10);
    for (uint64_t number = 1;; ++number) {
      worker.ring().attach_cursor();
      RecordFields fields;
      fields.id = {kNode, kStart, 0, generation * 1'000'000 + number};
      for (const RecordKind kind : {RecordKind::Admitted, RecordKind::Completed}) {
        fields.kind = kind;
        while (!worker.push(fields)) ::usleep(200);
        ++told->published;
      }
      ++told->exchanges;
      if (number % 16 == 0) ::usleep(300);
    }
  }
  static void end(pid_t child) {
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << status;
  }
  void judge(uint64_t workers) {
    auto drainer = host.drainer();
    drain(*drainer);
    const VerifyReport report = verified(*drainer);
    EXPECT_TRUE(report.ok) << problems_of(report);
    EXPECT_EQ(report.open, 0U);
    EXPECT_EQ(report.gaps, 0U);
    // One record more than was told per worker at most: published, and killed before it said so.
    const uint64_t from_rings = report.records - report.interrupted;
    EXPECT_GE(from_rings, told->published.load());
    EXPECT_LE(from_rings, told->published.load() + workers);
    EXPECT_LE(report.interrupted, workers);
    EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
  }

  Host host;
  Told* told = nullptr;
};

TEST_P(Killed, AtANamedPointOfTheRound) {
  std::mt19937_64 chance(number_of("SALLYPORT_SEED", 99));
  const uint64_t rounds = number_of("SALLYPORT_MODEL_RUNS", 6) / 2 + 1;
  for (uint64_t round = 0; round < rounds; ++round) {
    const pid_t worker = start_worker(100 + round);
    const pid_t drainer = start_drainer(GetParam(), 1 + chance() % 6);
    ::usleep(static_cast<useconds_t>(20'000 + chance() % 40'000));
    // Some points come only at a worker's end.
    end(worker);
    ::usleep(30'000);
    end(drainer);
  }
  judge(rounds);
}
INSTANTIATE_TEST_SUITE_P(Points, Killed,
                         ::testing::Values("gathered", "committed", "cursors_moved", "signed",
                                           "checkpoint_kept", "ring_closed"));

using KilledAnywhere = Killed;
TEST_P(KilledAnywhere, BothProcessesAtAnyInstant) {
  std::mt19937_64 chance(number_of("SALLYPORT_SEED", 77));
  const uint64_t rounds = number_of("SALLYPORT_MODEL_RUNS", 6) * 2;
  uint64_t workers = 0;
  pid_t worker = start_worker(1000 + workers++);
  pid_t drainer = start_drainer(nullptr, 0);
  for (uint64_t round = 0; round < rounds; ++round) {
    ::usleep(static_cast<useconds_t>(chance() % 25'000));
    if (chance() % 2 == 0) {
      end(worker);
      worker = start_worker(1000 + workers++);
    } else {
      end(drainer);
      drainer = start_drainer(nullptr, 0);
    }
  }
  end(worker);
  end(drainer);
  judge(workers);
}
INSTANTIATE_TEST_SUITE_P(Both, KilledAnywhere, ::testing::Values("anywhere"));

}  // namespace
}  // namespace sallyport::evidence_log_test
