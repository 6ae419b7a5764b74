// A log and its witnesses: tests/unit/control/evidence/witness.py is a real one, in another
// language, with openssl.
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "controlplane/evidence/witness/http_post.h"
#include "controlplane/evidence/witness/witness_thread.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

using namespace std::chrono_literals;  // NOLINT: the literals

template <class Ready>
bool wait_for(Ready ready, std::chrono::milliseconds time = 10s) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    if (ready()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return ready();
}

// The program, and where it listens.
class Server {
 public:
  Server(const std::filesystem::path& folder, const std::string& log_key,
         const char* more = nullptr)
      : folder_(folder) {
    const char* source = std::getenv("SALLYPORT_SOURCE_DIR");
    const std::string script =
        std::string(source == nullptr ? "." : source) + "/tests/unit/control/evidence/witness.py";
    std::filesystem::create_directories(folder);
    put_content(folder / "log.vkey", log_key);
    std::filesystem::remove(folder / "port");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("python3", "python3", script.c_str(), folder.c_str(), more, nullptr);
      ::_exit(127);
    }
    EXPECT_TRUE(wait_for([&] { return std::filesystem::exists(folder / "port"); }, 20s));
    url_ = "http://127.0.0.1:" + content_of(folder / "port");
  }
  ~Server() { stop(); }
  void stop() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    pid_ = 0;
  }
  std::string vkey() const { return content_of(folder_ / "vkey"); }
  const std::string& url() const { return url_; }
  std::filesystem::path file(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
  std::string url_;
  pid_t pid_ = 0;
};

WitnessOptions cosigner(const Server& server) {
  WitnessOptions options;
  options.kind = WitnessOptions::Kind::Cosigner;
  options.name = "witness.test";
  options.url = server.url() + "/";
  options.vkey = server.vkey();
  return options;
}

class WitnessTest : public ::testing::Test {
 protected:
  WitnessTest() : drainer(host.drainer()), worker(host.rings()) { grow(5); }
  void grow(uint64_t exchanges) {
    for (uint64_t i = 0; i < exchanges; ++i) worker.exchange(++number);
    drain(*drainer);
  }
  std::string note() const { return *drainer->reader().latest_checkpoint(); }
  std::string log_key() const { return drainer->verifier().text(); }

  Host host;
  std::unique_ptr<Drainer> drainer;
  Worker worker;
  uint64_t number = 0;
};

TEST_F(WitnessTest, CosignsWhatExtendsAndOnlyThat) {
  Server server(host.folder / "w", log_key());
  const auto witness = make_witness(cosigner(server));
  const WitnessAnswer first = witness->submit(drainer->reader(), note());
  ASSERT_TRUE(first.ok) << first.problem;
  const auto key = VerifierKey::parse(server.vkey());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->open(note() + first.cosignatures)->size, 10U);
  EXPECT_FALSE(key->open(note())) << "without it there is nothing to judge";
  std::string other = note() + first.cosignatures;
  other[other.find('\n') + 1] = '9';  // another size
  EXPECT_FALSE(key->open(other));
  // The log's own key still opens the note that carries a cosignature.
  EXPECT_TRUE(drainer->verifier().open(note() + first.cosignatures));
  grow(300);
  const WitnessAnswer second = witness->submit(drainer->reader(), note());
  EXPECT_TRUE(second.ok) << second.problem;
  // One that starts anew learns from the witness what it has, and proves from there.
  grow(20);
  const WitnessAnswer third = make_witness(cosigner(server))->submit(drainer->reader(), note());
  EXPECT_TRUE(third.ok) << third.problem;
  // The same once more is a cosignature too: nothing is wrong with it.
  EXPECT_TRUE(make_witness(cosigner(server))->submit(drainer->reader(), note()).ok);
}

// The whole log written anew with the real key: every signature is right, and the witness says no.
TEST_F(WitnessTest, AForkWithTheRealKeyIsRefused) {
  Server server(host.folder / "w", log_key());
  ASSERT_TRUE(make_witness(cosigner(server))->submit(drainer->reader(), note()).ok);
  Host forked;
  std::filesystem::copy_file(host.key(), forked.key());
  auto other = forked.drainer();
  Worker liar(forked.rings());
  for (uint64_t n = 100; n < 120; ++n) liar.exchange(n);
  drain(*other);
  const std::string forged = *other->reader().latest_checkpoint();
  EXPECT_TRUE(drainer->verifier().open(forged));
  WitnessAnswer answer = make_witness(cosigner(server))->submit(other->reader(), forged);
  EXPECT_FALSE(answer.ok);
  EXPECT_TRUE(answer.conflict) << answer.problem;
  // And so is yesterday's copy put back.
  const std::string old_note = note();
  grow(10);
  ASSERT_TRUE(make_witness(cosigner(server))->submit(drainer->reader(), note()).ok);
  answer = make_witness(cosigner(server))->submit(drainer->reader(), old_note);
  EXPECT_TRUE(answer.conflict) << answer.problem;
}

TEST_F(WitnessTest, AnUnknownKeyASilentServerAndAWrongSignature) {
  Server server(host.folder / "w", log_key());
  WitnessOptions options = cosigner(server);
  Server stranger(host.folder / "v", log_key());
  options.vkey = stranger.vkey();  // another witness' key: what it answers does not count
  WitnessAnswer answer = make_witness(options)->submit(drainer->reader(), note());
  EXPECT_FALSE(answer.ok);
  EXPECT_NE(answer.problem.find("no good signature"), std::string::npos) << answer.problem;
  Host unknown;
  auto other = unknown.drainer();
  Worker writer(unknown.rings());
  writer.exchange(1);
  drain(*other);
  answer =
      make_witness(cosigner(server))->submit(other->reader(), *other->reader().latest_checkpoint());
  EXPECT_NE(answer.problem.find("does not know this log's key"), std::string::npos);
  EXPECT_FALSE(answer.conflict);
  server.stop();
  answer = make_witness(cosigner(server))->submit(drainer->reader(), note());
  EXPECT_FALSE(answer.ok);
  EXPECT_FALSE(answer.problem.empty());
  options.vkey = log_key();
  EXPECT_THROW(make_witness(options), std::runtime_error) << "a log's key is no witness' key";
}

TEST_F(WitnessTest, ADirectoryKeepsEveryNoteAndRefusesAFork) {
  WitnessOptions options;
  options.directory = host.folder / "usb";
  const auto witness = make_witness(options);
  EXPECT_NE(witness->submit(drainer->reader(), note()).problem.find("no folder"),
            std::string::npos);
  std::filesystem::create_directories(options.directory);
  ASSERT_TRUE(witness->submit(drainer->reader(), note()).ok);
  const std::string old_note = note();
  grow(10);
  ASSERT_TRUE(witness->submit(drainer->reader(), note()).ok);
  EXPECT_EQ(content_of(options.directory / "checkpoint-00000000000000000010.txt"), old_note);
  EXPECT_EQ(content_of(options.directory / "latest.txt"), note());
  EXPECT_TRUE(witness->submit(drainer->reader(), old_note).conflict);
  Host forked;
  auto other = forked.drainer();
  Worker liar(forked.rings());
  for (uint64_t n = 100; n < 150; ++n) liar.exchange(n);
  drain(*other);
  EXPECT_TRUE(witness->submit(other->reader(), *other->reader().latest_checkpoint()).conflict);
}

TEST_F(WitnessTest, ATimestampIsVerifiedAndKept) {
  Server server(host.folder / "w", log_key(), "tsa");
  WitnessOptions options;
  options.kind = WitnessOptions::Kind::Timestamp;
  options.url = server.url() + "/tsa";
  options.directory = host.folder / "stamps";
  options.ca_file = server.file("tsa-ca.pem");
  std::filesystem::create_directories(options.directory);
  WitnessAnswer answer = make_witness(options)->submit(drainer->reader(), note());
  ASSERT_TRUE(answer.ok) << answer.problem;
  EXPECT_TRUE(std::filesystem::exists(options.directory / "checkpoint-00000000000000000010.tsr"));
  // For other bytes: an answer that was kept from before is no answer.
  options.url = server.url() + "/tsa-replay";
  grow(1);
  answer = make_witness(options)->submit(drainer->reader(), note());
  EXPECT_FALSE(answer.ok);
  EXPECT_NE(answer.problem.find("not good"), std::string::npos) << answer.problem;
  // By a certificate that nobody vouches for.
  options.url = server.url() + "/tsa";
  options.ca_file = server.file("other-ca.pem");
  answer = make_witness(options)->submit(drainer->reader(), note());
  EXPECT_FALSE(answer.ok);
}

TEST_F(WitnessTest, TheThreadKeepsCosignaturesSaysWhatChangedAndCatchesUp) {
  auto server = std::make_unique<Server>(host.folder / "w", log_key());
  WitnessThreadOptions options;
  options.witnesses = {cosigner(*server)};
  options.interval_ms = 50;
  options.retry_ms = 20;
  std::mutex mutex;
  std::vector<std::string> said;
  options.keep = [&](uint64_t size, const std::string& lines) {
    drainer->add_cosignatures(size, lines);
  };
  options.record = [&](const ControlRecord& record) {
    const std::lock_guard lock(mutex);
    said.push_back(record.action);
  };
  WitnessThread thread(drainer->reader(), options);
  thread.start();
  ASSERT_TRUE(wait_for([&] { return thread.states()[0].size == 10; }));
  EXPECT_EQ(thread.states()[0].lag_s, 0U);
  drain(*drainer);
  const auto key = VerifierKey::parse(server->vkey());
  EXPECT_TRUE(key->open(*drainer->reader().checkpoint(10))) << "kept with the note";
  EXPECT_TRUE(verified(*drainer).ok) << problems_of(verified(*drainer));
  server->stop();
  grow(10);
  ASSERT_TRUE(wait_for([&] { return !thread.states()[0].problem.empty(); }));
  EXPECT_EQ(thread.states()[0].size, 10U);
  grow(10);
  thread.stop();
  const std::lock_guard lock(mutex);
  EXPECT_EQ(said, (std::vector<std::string>{"witnessed", "witness_failed"}));
}

// Five minutes by a clock that the test sets: the alarm rings once, says which witness and how
// late, and rings again when it is late again.
TEST_F(WitnessTest, TheAlarmRingsWhenACheckpointIsFiveMinutesLate) {
  WitnessThreadOptions options;
  WitnessOptions usb;
  usb.name = "usb";
  usb.directory = host.folder / "usb";
  options.witnesses = {usb};
  options.interval_ms = 10;
  options.retry_ms = 10;
  std::atomic<uint64_t> clock_ms{1'000};
  options.clock_ms = [&] { return clock_ms += 10; };
  std::mutex mutex;
  std::vector<ControlRecord> said;
  options.record = [&](const ControlRecord& record) {
    const std::lock_guard lock(mutex);
    said.push_back(record);
  };
  const auto count = [&](const char* action) {
    const std::lock_guard lock(mutex);
    return std::count_if(said.begin(), said.end(),
                         [&](const ControlRecord& one) { return one.action == action; });
  };
  WitnessThread thread(drainer->reader(), options);
  thread.start();  // the folder is not there
  ASSERT_TRUE(wait_for([&] { return count("witness_failed") == 1; }));
  clock_ms += (kWitnessLagSecondsMax - 20) * 1000;
  ASSERT_TRUE(wait_for([&] { return thread.states()[0].lag_s >= kWitnessLagSecondsMax - 20; }));
  EXPECT_EQ(count("witness_late"), 0) << "not yet";
  clock_ms += 40'000;
  ASSERT_TRUE(wait_for([&] { return count("witness_late") == 1; })) << "it did not ring";
  // It is recorded first and shown then.
  EXPECT_TRUE(wait_for([&] { return thread.states()[0].lag_s > kWitnessLagSecondsMax; }));
  // Mended, and late once more.
  std::filesystem::create_directories(host.folder / "usb");
  ASSERT_TRUE(wait_for([&] {
    clock_ms += 1'000;
    return thread.states()[0].size == 10;
  }));
  EXPECT_EQ(thread.states()[0].lag_s, 0U);
  std::filesystem::remove_all(host.folder / "usb");
  grow(5);
  ASSERT_TRUE(wait_for([&] {
    clock_ms += 20'000;
    return count("witness_late") == 2;
  }));
  thread.stop();
  const auto late = std::find_if(said.begin(), said.end(), [](const ControlRecord& one) {
    return one.action == "witness_late";
  });
  EXPECT_EQ(late->result, "failed");
  EXPECT_EQ(late->object, "usb");
}

}  // namespace
}  // namespace sallyport::evidence_log_test
