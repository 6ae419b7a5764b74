#include "controlplane/evidence/drain/drainer.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <stdexcept>
#include <thread>

#include "dataplane/base/bus_guard.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

using contract::Outcome;

TEST(Drainer, CommitsMovesTheCursorAndSigns) {
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 10; ++number) worker.exchange(number);
  drain(*drainer);
  EXPECT_TRUE(worker.ring().attach_cursor());
  EXPECT_EQ(worker.ring().committed_sequence(), 20U);
  EXPECT_EQ(worker.ring().used_bytes(), 0U);
  EXPECT_GT(worker.ring().heartbeat_ns(), 0U);
  EXPECT_FALSE(worker.ring().consumer_blocked());
  const DrainerStatus status = drainer->status();
  EXPECT_EQ(status.log_size, 20U);
  EXPECT_EQ(status.records_committed, 20U);
  EXPECT_EQ(status.checkpoint_size, 20U);
  EXPECT_EQ(status.rings_live, 1U);
  EXPECT_EQ(status.gaps, 0U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_TRUE(report.signatures_checked);
  EXPECT_EQ(report.exchanges, 10U);
  EXPECT_EQ(report.open, 0U);
  EXPECT_EQ(report.after_checkpoint, 0U);
  EXPECT_GT(report.checkpoints, 0U);
}

TEST(Drainer, MappingsAreKeptBeforeTheRecordsBehindThemAreCommitted) {
  Host host;
  DrainerOptions options = host.options();
  std::string refusal = "vault: no room";
  std::vector<SealedMappings> kept;
  Drainer* running = nullptr;
  options.keep_mappings = [&](const SealedMappings& mappings) {
    EXPECT_EQ(running->status().log_size, 0U) << "the log was first";
    if (refusal.empty()) kept.push_back(mappings);
    return refusal;
  };
  Drainer drainer(options);
  running = &drainer;
  Worker worker(host.rings());
  const std::vector<uint8_t> sealed(200, 0x5a);
  const auto into = worker.ring().begin_record(200);
  std::copy(sealed.begin(), sealed.end(), into.begin());
  worker.ring().publish_mapping();
  worker.exchange(1);
  drain(drainer);
  EXPECT_TRUE(drainer.status().blocked);
  EXPECT_EQ(drainer.status().problem, refusal);
  EXPECT_EQ(drainer.status().log_size, 0U);
  EXPECT_TRUE(worker.ring().attach_cursor());
  EXPECT_TRUE(worker.ring().consumer_blocked());
  EXPECT_EQ(worker.ring().committed_position(), 0U);
  refusal.clear();
  for (int i = 0; i < 50 && drainer.status().log_size == 0; ++i) {
    ::usleep(10'000);
    drain(drainer);
  }
  EXPECT_EQ(kept, (std::vector<SealedMappings>{{sealed}}));
  EXPECT_EQ(worker.ring().committed_sequence(), 2U);
  EXPECT_EQ(worker.ring().used_bytes(), 0U);
  EXPECT_FALSE(drainer.status().blocked);
  EXPECT_EQ(drainer.status().log_size, 2U) << "mappings never enter the log";
  EXPECT_TRUE(verified(drainer).ok);
}

// Durability `committed` costs one commit at most, beside the one that is running: a record that
// comes at any instant of a round is in the next commit, whatever a busy neighbour has waiting.
TEST(Drainer, ARecordIsInTheNextCommitWhateverOthersHaveWaiting) {
  Host host;
  DrainerOptions options = host.options();
  options.batch_records_max = 256;
  Worker busy(host.rings(), ring_key(0));
  Worker quiet(host.rings(), ring_key(1));
  std::string wanted;
  uint64_t number = 0;
  uint64_t commits = 0;
  uint64_t commits_before = 0;
  options.at_point = [&](const char* point) {
    commits += std::string_view(point) == "committed" ? 1 : 0;
    if (wanted != point) return;
    wanted.clear();
    quiet.exchange(++number);
    commits_before = commits;
  };
  Drainer drainer(options);
  ASSERT_TRUE(busy.ring().attach_cursor());
  ASSERT_TRUE(quiet.ring().attach_cursor());
  uint64_t filled = 0;
  uint64_t deepest = 0;
  for (const char* point : {"gathered", "committed", "cursors_moved"})
    for (int round = 0; round < 40; ++round) {
      while (busy.admit(filled + 1) && busy.complete(++filled)) continue;
      deepest =
          std::max(deepest, busy.ring().published_sequence() - busy.ring().committed_sequence());
      wanted = point;
      while (!wanted.empty() ||
             quiet.ring().committed_sequence() < quiet.ring().published_sequence())
        drainer.drain_once();
      EXPECT_LE(commits - commits_before, std::string_view(point) == "gathered" ? 2U : 1U)
          << point << " " << round;
    }
  EXPECT_GT(deepest, 4 * options.batch_records_max) << "the neighbour had little waiting";
}

TEST(Drainer, GoesOnWhereTheFormerOneStopped) {
  Host host;
  Worker worker(host.rings(), ring_key(), contract::kRingCapacityBytesMin);
  uint64_t number = 0;
  for (int start = 0; start < 5; ++start) {
    auto drainer = host.drainer();
    for (int i = 0; i < 60; ++i) {  // the ring wraps on the way
      worker.exchange(++number);
      if (i % 10 == 0) drain(*drainer);
    }
    drain(*drainer);
    worker.ring().attach_cursor();
    ASSERT_EQ(worker.ring().committed_sequence(), 2 * number);
  }
  auto drainer = host.drainer();
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.records, 2 * number);
  EXPECT_EQ(report.exchanges, number);
}

// The producer has the page mapped: a new file under the name would never be seen by it.
TEST(Drainer, KeepsTheCursorFileOfAnEarlierStart) {
  Host host;
  Worker worker(host.rings());
  auto drainer = host.drainer();
  drain(*drainer);
  ASSERT_TRUE(worker.ring().attach_cursor());
  drainer.reset();
  worker.exchange(1);
  drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(worker.ring().committed_sequence(), 2U);
}

TEST(Drainer, DeadProducersExchangesAreClosedOnceAndItsFilesGo) {
  Host host;
  auto drainer = host.drainer();
  {
    Worker worker(host.rings());
    worker.exchange(1);
    EXPECT_TRUE(worker.admit(2));
    EXPECT_TRUE(worker.admit(3));
    drain(*drainer);
    EXPECT_EQ(drainer->reader().open_count(), 2U);
    EXPECT_EQ(drainer->status().interrupted, 0U);
    EXPECT_TRUE(worker.admit(4));  // published, not drained, and then it dies
  }
  drain(*drainer);
  EXPECT_EQ(drainer->status().interrupted, 3U);
  EXPECT_EQ(drainer->status().rings_live, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
  drainer.reset();
  drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(drainer->status().interrupted, 0U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, 4U);
  EXPECT_EQ(report.interrupted, 3U);
  EXPECT_EQ(report.open, 0U);
  EXPECT_EQ(report.gaps, 0U);
}

TEST(Drainer, RingsOfSeveralStartsSideBySide) {
  Host host;
  auto drainer = host.drainer();
  auto old_one = std::make_unique<Worker>(host.rings(), ring_key(0, 7));
  Worker new_one(host.rings(), ring_key(0, 8));
  Worker second(host.rings(), ring_key(1, 8));
  for (uint64_t number = 1; number <= 50; ++number) {
    RecordFields fields;  // ids of the old start
    fields.id = {kNode, kStart, 0, number + 1000};
    EXPECT_TRUE(old_one->push(fields));
    new_one.exchange(number);
    second.exchange(number);
  }
  old_one.reset();
  drain(*drainer);
  EXPECT_EQ(drainer->status().rings_live, 2U);
  EXPECT_EQ(drainer->status().interrupted, 50U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, 150U);
}

TEST(Drainer, RecordThatBreaksTheContractBecomesAGap) {
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  worker.exchange(1);
  RecordFields fields;
  fields.kind = RecordKind::Interrupted;  // the control plane's own word
  fields.outcome = Outcome::Interrupted;
  fields.id = request_id(2);
  EXPECT_TRUE(worker.push(fields));
  EXPECT_TRUE(worker.push(std::vector<uint8_t>(100, 0x41)));
  worker.exchange(3);
  EXPECT_TRUE(worker.complete(3));  // a second verdict
  drain(*drainer);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 3U);
  EXPECT_EQ(gaps[0].at("code"), "record_invalid");
  EXPECT_EQ(gaps[0].at("from"), 3);
  EXPECT_EQ(gaps[1].at("code"), "record_invalid");
  EXPECT_EQ(gaps[1].at("to"), 4);
  EXPECT_EQ(gaps[2].at("code"), "record_unexpected");
  EXPECT_EQ(drainer->status().gaps, 3U);
  worker.ring().attach_cursor();
  EXPECT_EQ(worker.ring().committed_sequence(), 7U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.gaps, 3U);
}

void overwrite(const Host& host, const RingKey& key, uint64_t offset, const std::string& bytes) {
  std::fstream file(host.rings() / (key.file_stem() + ".data"),
                    std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file << bytes;
}

TEST(Drainer, DamagedFramingStopsTheRingAndSaysSo) {
  Host host;
  auto drainer = host.drainer();
  auto worker = std::make_unique<Worker>(host.rings());
  worker->exchange(1);
  drain(*drainer);
  const uint64_t end = worker->ring().used_bytes();
  EXPECT_TRUE(worker->admit(2));
  overwrite(host, worker->key(), contract::kRingHeaderBytes + 2 * 1000 + end, "garbage garbage");
  // The slot of the third record begins behind the two that are committed.
  const uint64_t third =
      contract::slot_total_bytes(static_cast<uint32_t>(RecordFields{}.bytes().size())) +
      contract::slot_total_bytes(contract::record_shape(2).fixed_bytes);
  overwrite(host, worker->key(), contract::kRingHeaderBytes + third, std::string(16, '\x7f'));
  drain(*drainer);
  EXPECT_EQ(drainer->status().rings_stopped, 1U);
  EXPECT_EQ(drainer->status().rings_live, 0U);
  auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].at("code"), "ring_damaged");
  EXPECT_EQ(gaps[0].at("from"), 3);
  worker.reset();
  drain(*drainer);
  EXPECT_TRUE(std::filesystem::is_empty(host.rings()));
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

TEST(Drainer, FileThatIsNoRingIsAGapAndGoes) {
  Host host;
  auto drainer = host.drainer();
  put_content(host.rings() / (ring_key().file_stem() + ".data"), std::string(100'000, 'x'));
  put_content(host.rings() / "something.data", "x");
  drain(*drainer);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].at("code"), "ring_damaged");
  EXPECT_FALSE(std::filesystem::exists(host.rings() / (ring_key().file_stem() + ".data")));
  EXPECT_TRUE(std::filesystem::exists(host.rings() / "something.data"));  // not ours to touch
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

TEST(Drainer, MissingRingIsAPossibleGapAndItsExchangesEnd) {
  Host host;
  {
    auto drainer = host.drainer();
    Worker worker(host.rings());
    EXPECT_TRUE(worker.admit(1));
    drain(*drainer);
  }
  std::filesystem::remove_all(host.rings());
  auto drainer = host.drainer();
  drain(*drainer);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].at("code"), "ring_missing");
  EXPECT_EQ(gaps[0].at("from"), 2);
  EXPECT_EQ(records_of(drainer->reader(), "interrupted").size(), 1U);
  drainer.reset();
  drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(records_of(drainer->reader(), "gap").size(), 1U);  // said once
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

// Started once with another run directory: the ring was closed as missing, but it lives.
TEST(Drainer, RingThatReappearsAliveIsReadOn) {
  Host host;
  Worker worker(host.rings());
  {
    auto drainer = host.drainer();
    worker.exchange(1);
    drain(*drainer);
  }
  DrainerOptions elsewhere = host.options();
  elsewhere.rings_folder = host.folder / "other";
  {
    Drainer drainer(elsewhere);
    drain(drainer);
  }
  worker.exchange(2);
  auto drainer = host.drainer();
  drain(*drainer);
  worker.ring().attach_cursor();
  EXPECT_EQ(worker.ring().committed_sequence(), 4U);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[0].at("code"), "ring_missing");
  EXPECT_EQ(gaps[1].at("code"), "ring_reappeared");
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

TEST(Drainer, RebootIsAPossibleGap) {
  Host host;
  host.drainer();
  {
    EnvironmentOptions options;
    options.folder = host.store();
    Store store(Environment::open(options), "sallyport/test");
    Store::Batch batch;
    batch.boot_id.emplace();
    batch.boot_id->fill(0x11);
    store.commit(batch);
  }
  auto drainer = host.drainer();
  drain(*drainer);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].at("code"), "host_reboot");
  drainer.reset();
  drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(records_of(drainer->reader(), "gap").size(), 1U);
}

TEST(Drainer, NotesAreCommittedAndCanBeWaitedFor) {
  Host host;
  auto drainer = host.drainer();
  NoteFields note;
  note.code = "policy_applied";
  note.actor = "operator";
  const uint64_t ticket = drainer->append_note(note);
  EXPECT_FALSE(drainer->wait_note(ticket, std::chrono::milliseconds(1)));
  std::atomic<bool> stop{false};
  std::thread thread([&] { drainer->run(stop); });
  EXPECT_TRUE(drainer->wait_note(ticket, std::chrono::seconds(10)));
  const uint64_t second = drainer->append_note(note);
  EXPECT_TRUE(drainer->wait_note(second, std::chrono::seconds(10)));
  stop = true;
  thread.join();
  EXPECT_EQ(records_of(drainer->reader(), "administration").size(), 2U);
  EXPECT_EQ(verified(*drainer).after_checkpoint, 0U);  // signed at the end
}

// Full: the state is said, nothing is lost, and it goes on by itself.
TEST(Drainer, FullMapBlocksAndResumes) {
  Host host;
  DrainerOptions options = host.options();
  options.map_bytes = 128 << 10;
  options.map_bytes_max = 512 << 10;
  auto drainer = std::make_unique<Drainer>(options);
  Worker worker(host.rings());
  drain(*drainer);
  uint64_t number = 0;
  for (int round = 0; round < 2000 && !drainer->status().blocked; ++round) {
    worker.exchange(++number);
    drainer->drain_once();
    worker.ring().attach_cursor();
  }
  ASSERT_TRUE(drainer->status().blocked);
  EXPECT_FALSE(drainer->status().problem.empty());
  EXPECT_EQ(drainer->status().map_bytes, options.map_bytes_max);
  EXPECT_TRUE(worker.ring().consumer_blocked());
  const uint64_t before = worker.ring().heartbeat_ns();
  const uint64_t committed = worker.ring().committed_sequence();
  EXPECT_LT(committed, 2 * number);
  drain(*drainer);
  EXPECT_GT(worker.ring().heartbeat_ns(), before);  // alive, and still blocked
  EXPECT_EQ(worker.ring().committed_sequence(), committed);
  EXPECT_TRUE(worker.ring().consumer_blocked());
  drainer.reset();

  options.map_bytes_max = 64 << 20;
  drainer = std::make_unique<Drainer>(options);
  drain(*drainer);
  EXPECT_FALSE(drainer->status().blocked);
  EXPECT_FALSE(worker.ring().consumer_blocked());
  EXPECT_EQ(worker.ring().committed_sequence(), 2 * number);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, number);
}

TEST(Drainer, MapGrowsWithoutAWord) {
  Host host;
  DrainerOptions options = host.options();
  options.map_bytes = 128 << 10;
  Drainer drainer(options);
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 2000; ++number) {
    worker.exchange(number);
    if (number % 100 == 0) drain(drainer);
    worker.ring().attach_cursor();
  }
  drain(drainer);
  EXPECT_FALSE(drainer.status().blocked);
  EXPECT_EQ(drainer.status().problem, "");
  EXPECT_EQ(worker.ring().committed_sequence(), 4000U);
  EXPECT_TRUE(verified(drainer).ok) << problems_of(verified(drainer));
}

// A small disk of its own, when this process may have one.
class SmallDisk : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir((host.folder / "disk").c_str(), 0700), 0);
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, "") != 0 ||
        ::mount("tmpfs", (host.folder / "disk").c_str(), "tmpfs", 0, "size=3m") != 0)
      GTEST_SKIP() << "mounting is not permitted here";
  }
  void TearDown() override { ::umount2((host.folder / "disk").c_str(), MNT_DETACH); }
  DrainerOptions options() {
    DrainerOptions options = host.options();
    options.store_folder = host.folder / "disk/evidence";
    options.map_bytes = 64 << 20;  // more than the disk has
    return options;
  }
  void fill() {
    std::ofstream file(host.folder / "disk/filler", std::ios::binary);
    const std::string page(4096, 'f');
    while (file.write(page.data(), 4096).flush()) continue;
  }
  Host host;
};

TEST_F(SmallDisk, SmallerThanTheFirstMapIsNoReasonToStayDown) {
  Drainer drainer(options());
  EXPECT_LE(drainer.status().map_bytes, 3U << 20);
  EXPECT_GE(drainer.status().map_bytes, 1U << 20);
}

// F2
TEST_F(SmallDisk, FullDiskBlocksAndResumesByItself) {
  Drainer drainer(options());
  fill();
  Worker worker(host.rings());
  drain(drainer);
  uint64_t number = 0;
  for (int round = 0; round < 5000 && !drainer.status().blocked; ++round) {
    worker.exchange(++number);
    drainer.drain_once();
    worker.ring().attach_cursor();
  }
  ASSERT_TRUE(drainer.status().blocked);
  EXPECT_TRUE(worker.ring().consumer_blocked());
  EXPECT_LT(worker.ring().committed_sequence(), 2 * number);
  EXPECT_EQ(verified(drainer).ok, true) << problems_of(verified(drainer));
  std::filesystem::remove(host.folder / "disk/filler");
  ::usleep(150'000);
  drain(drainer);
  EXPECT_FALSE(drainer.status().blocked) << drainer.status().problem;
  EXPECT_FALSE(worker.ring().consumer_blocked());
  EXPECT_EQ(worker.ring().committed_sequence(), 2 * number);
  const VerifyReport report = verified(drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, number);
}

class PutBack : public ::testing::Test {
 protected:
  void grow(uint64_t from, uint64_t to) {
    auto drainer = host.drainer();
    Worker worker(host.rings(), ring_key(0, from));
    for (uint64_t number = from; number <= to; ++number) {
      RecordFields fields;
      fields.id = request_id(number);
      EXPECT_TRUE(worker.push(fields));
    }
    drain(*drainer);
  }
  std::string why_not() {
    try {
      host.drainer();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
  Host host;
};

TEST_F(PutBack, OlderCopyOfTheLogIsRefused) {
  grow(1, 10);
  std::filesystem::copy(host.store(), host.folder / "older");
  grow(11, 20);
  std::filesystem::remove_all(host.store());
  std::filesystem::rename(host.folder / "older", host.store());
  EXPECT_NE(why_not().find("put back"), std::string::npos) << why_not();
  std::filesystem::remove_all(host.store());  // an empty one is older still
  EXPECT_NE(why_not().find("put back"), std::string::npos) << why_not();
}

TEST_F(PutBack, ChangedRecordIsRefused) {
  grow(1, 10);
  std::string data = content_of(host.store() / "data.mdb");
  const size_t at = data.rfind("openai_chat");
  ASSERT_NE(at, std::string::npos);
  data[at] ^= 1;
  put_content(host.store() / "data.mdb", data);
  EXPECT_NE(why_not().find("damaged at record"), std::string::npos) << why_not();
}

TEST_F(PutBack, ForeignKeyIsRefused) {
  grow(1, 10);
  for (const char* suffix : {"", ".state", ".vkey", ".pem"})
    std::filesystem::remove(host.key().string() + suffix);
  EXPECT_NE(why_not().find("another key"), std::string::npos) << why_not();
}

TEST_F(PutBack, LostOrOlderSignerStateIsTakenFromTheLog) {
  grow(1, 10);
  const std::string state = host.key().string() + ".state";
  const std::string older = content_of(state);
  grow(11, 20);
  put_content(state, older);
  EXPECT_EQ(why_not(), "");
  EXPECT_EQ(content_of(state).find(older), std::string::npos);
  std::filesystem::remove(state);
  EXPECT_EQ(why_not(), "");
  EXPECT_TRUE(host.said("going on from its last checkpoint"));
  EXPECT_TRUE(std::filesystem::exists(state));
}

// Idle costs next to nothing, and a record does not wait for it.
TEST(Drainer, IdleSleepsAndWakesSoon) {
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> cpu_ns{0};
  std::thread thread([&] {
    drainer->run(stop);
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_ns =
        static_cast<uint64_t>(used.tv_sec) * 1'000'000'000ULL + static_cast<uint64_t>(used.tv_nsec);
  });
  while (!worker.ring().attach_cursor()) ::usleep(1000);
  ::usleep(1'300'000);
  for (uint64_t number = 1; number <= 5; ++number) {
    worker.exchange(number);
    for (int i = 0; i < 5000 && worker.ring().committed_sequence() < 2 * number; ++i) ::usleep(200);
    EXPECT_EQ(worker.ring().committed_sequence(), 2 * number);
  }
  stop = true;
  thread.join();
  EXPECT_LT(cpu_ns.load(), 700'000'000U);
}

// --- files that somebody cuts
// ---------------------------------------------------------------------

TEST(CutFiles, ACursorIsMadeWholeAgainAndNothingIsLost) {
  ASSERT_TRUE(base::install_bus_guard());
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  worker.exchange(1);
  drain(*drainer);
  ASSERT_TRUE(worker.ring().attach_cursor());
  const auto path = host.rings() / (worker.key().file_stem() + ".cursor");
  std::filesystem::resize_file(path, 0);
  // Both touch the page that is gone.
  EXPECT_FALSE(worker.ring().attached());
  EXPECT_EQ(worker.ring().heartbeat_ns(), 0U) << "no consumer: fails closed";
  worker.exchange(2);
  drain(*drainer);
  EXPECT_TRUE(host.said("was cut"));
  ASSERT_TRUE(worker.ring().attach_cursor());
  EXPECT_EQ(worker.ring().committed_sequence(), 4U);
  worker.exchange(3);
  drain(*drainer);
  EXPECT_EQ(worker.ring().committed_sequence(), 6U);
  const VerifyReport report = verified(*drainer);
  EXPECT_TRUE(report.ok) << problems_of(report);
  EXPECT_EQ(report.exchanges, 3U);
}

TEST(CutFiles, ARingIsNamedAndItsProducerLives) {
  ASSERT_TRUE(base::install_bus_guard());
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings(), ring_key(), contract::kRingCapacityBytesMin);
  worker.exchange(1);
  drain(*drainer);
  ASSERT_TRUE(worker.ring().attach_cursor());
  std::filesystem::resize_file(host.rings() / (worker.key().file_stem() + ".data"), 4096);
  for (uint64_t number = 2; worker.admit(number); ++number) continue;  // until it is full
  drain(*drainer);
  const auto gaps = records_of(drainer->reader(), "gap");
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].at("code"), "ring_damaged");
  EXPECT_EQ(gaps[0].at("from"), 3);
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
}

TEST(CutFiles, TheLogIsAnErrorInWordsForWriterAndReader) {
  ASSERT_TRUE(base::install_bus_guard());
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings());
  for (uint64_t number = 1; number <= 500; ++number) worker.exchange(number);
  drain(*drainer);
  const LogReader log = drainer->reader();
  std::filesystem::resize_file(host.store() / "data.mdb", 3 * 4096);
  worker.exchange(501);
  const auto message = [](auto&& touch) -> std::string {
    try {
      touch();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message([&] { drain(*drainer); }).find("was cut"), std::string::npos);
  EXPECT_NE(message([&] { log.record(3); }).find("was cut"), std::string::npos);
  const VerifyReport report = verify(log, {});
  EXPECT_FALSE(report.ok);
  EXPECT_NE(problems_of(report).find("was cut"), std::string::npos);
  drainer.reset();
  EXPECT_FALSE(message([&] { host.drainer(); }).empty());
}

}  // namespace
}  // namespace sallyport::evidence_log_test
