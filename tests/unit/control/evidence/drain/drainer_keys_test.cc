// drainer_keys_test.cc: the log's signing key changes. Who trusts either key follows the change, a
// process that is killed in any step of it goes on, and what is no change is named.
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "controlplane/evidence/log/key_chain.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr std::chrono::seconds kPatience{60};

// Asks on a thread of its own, as sallyportd does, and drains meanwhile.
KeyChanged rotate(Drainer& drainer, const std::optional<TokenKeyOptions>& token = std::nullopt) {
  KeyChanged answer;
  std::atomic<bool> done{false};
  std::thread asking([&] {
    answer = drainer.rotate_key(token, "ann", "yearly", kPatience);
    done = true;
  });
  while (!done) {
    drainer.drain_once();
    ::usleep(200);
  }
  asking.join();
  drain(drainer);
  return answer;
}

VerifyReport verified_by(const Drainer& drainer, const std::string& vkey,
                         const std::string& known = "") {
  VerifyOptions options;
  options.vkey = vkey;
  if (!known.empty()) options.known_checkpoint = known;
  return verify(drainer.reader(), options);
}

bool names(const VerifyReport& report, const std::string& words) {
  for (const std::string& problem : report.problems)
    if (problem.find(words) != std::string::npos) return true;
  return false;
}

class KeyRotation : public ::testing::Test {
 protected:
  size_t rotations(const Drainer& drainer, const std::string& result = "intended") const {
    size_t count = 0;
    for (const json& record : records_of(drainer.reader(), "key"))
      count += record.at("action") == "log_key_rotated" && record.at("result") == result ? 1 : 0;
    return count;
  }
  static size_t ends(const Drainer& drainer) {
    size_t count = 0;
    for (const json& record : records_of(drainer.reader(), "key"))
      count += record.at("action") == "log_key_retired" ? 1 : 0;
    return count;
  }
  Host host;
};

TEST_F(KeyRotation, EitherKeyFollowsTheChangeAndTheOldOneIsGone) {
  Worker worker(host.rings());
  auto drainer = host.drainer();
  worker.exchange(1);
  drain(*drainer);
  const std::string first = drainer->verifier().text();
  const std::string kept = *drainer->reader().latest_checkpoint();
  const KeyChanged changed = rotate(*drainer);
  ASSERT_EQ(changed.code, "") << changed.problem;
  EXPECT_EQ(changed.old_vkey, first);
  EXPECT_EQ(changed.new_vkey, drainer->verifier().text());
  EXPECT_NE(changed.new_vkey, first);
  EXPECT_FALSE(std::filesystem::exists(host.key()));
  EXPECT_TRUE(std::filesystem::exists(host.folder / "evidence.key.2"));
  EXPECT_EQ(content_of(host.key().string() + ".vkey"), changed.new_vkey + "\n");

  const std::string crossing = drainer->reader().checkpoint(changed.checkpoint).value_or("");
  for (const std::string& vkey : {changed.old_vkey, changed.new_vkey}) {
    EXPECT_TRUE(VerifierKey::parse(vkey)->open(crossing));
    const auto record = drainer->reader().record(changed.record);
    ASSERT_TRUE(record);
    EXPECT_TRUE(names_both(*record, changed.old_vkey, changed.new_vkey));
  }
  for (int start = 0; start < 2; ++start) {
    worker.exchange(static_cast<uint64_t>(start + 2));
    drain(*drainer);
    for (const std::string& vkey : {changed.old_vkey, changed.new_vkey}) {
      const VerifyReport report = verified_by(*drainer, vkey, kept);
      EXPECT_TRUE(report.ok) << problems_of(report);
      EXPECT_EQ(report.keys, 2U);
      EXPECT_EQ(report.after_checkpoint, 0U);
    }
    drainer.reset();
    drainer = host.drainer();
  }
  ASSERT_EQ(rotate(*drainer).code, "");
  EXPECT_TRUE(verified_by(*drainer, first, kept).ok);
  EXPECT_EQ(drainer->reader().keys().size(), 3U);
  Folder elsewhere;
  const std::string stranger =
      Signer::load_or_create(elsewhere / "k", "sallyport/test").verifier().text();
  EXPECT_TRUE(names(verified_by(*drainer, stranger), "none of the keys of this log"));
}

TEST_F(KeyRotation, KilledAtAnyPointItIsDoneOrNotBegun) {
  const std::vector<std::string> points{"key_made",    "gathered", "committed",     "cursors_moved",
                                        "key_crossed", "key_kept", "key_published", "key_removed"};
  for (const std::string& wanted : points) {
    Host one;
    std::string first;
    {
      Worker worker(one.rings());
      auto drainer = one.drainer();
      worker.exchange(1);
      drain(*drainer);
      first = drainer->verifier().text();
    }
    const pid_t child = ::fork();
    if (child == 0) {
      DrainerOptions options = one.options();
      std::atomic<bool> armed{false};  // when only the change is left to be committed
      std::atomic<bool> begun{false};
      options.at_point = [&](const char* point) {
        begun = begun || std::string_view(point) == "key_made";
        if (armed && begun && wanted == point) ::kill(::getpid(), SIGKILL);
      };
      Drainer drainer(options);
      drain(drainer);
      armed = true;
      rotate(drainer);
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << wanted;

    auto drainer = one.drainer();
    drain(*drainer);
    const bool begun = wanted != "key_made" && wanted != "gathered";
    EXPECT_EQ(drainer->reader().keys().size(), begun ? 2U : 1U) << wanted;
    EXPECT_EQ(rotations(*drainer), begun ? 1U : 0U) << wanted;
    EXPECT_EQ(std::filesystem::exists(one.key()), !begun) << wanted;
    EXPECT_FALSE(drainer->reader().coming_key()) << wanted;
    const VerifyReport report = verified_by(*drainer, first);
    EXPECT_TRUE(report.ok) << wanted << problems_of(report);
    EXPECT_EQ(ends(*drainer), begun ? 1U : 0U) << wanted;
    ASSERT_EQ(rotate(*drainer).code, "") << wanted;
    EXPECT_TRUE(verified_by(*drainer, first).ok) << wanted;
    EXPECT_EQ(ends(*drainer), begun ? 2U : 1U) << wanted;
  }
}

// Nothing of ours is left of a token's key when it ends, so no file can tell whether its end was
// said: the log's own list does. Also where the process dies again at the point of its last death.
TEST_F(KeyRotation, TheEndOfATokensKeyIsSaidOnceWhereverTheProcessDies) {
  struct Point {
    const char* after;  // counted from here on
    const char* name;
  };
  const std::vector<Point> points{{"key_made", "key_crossed"},
                                  {"key_made", "key_kept"},
                                  {"key_made", "key_published"},
                                  {"key_published", "gathered"},
                                  {"key_published", "committed"}};
  for (const Point& point : points) {
    SCOPED_TRACE(std::string(point.after) + " " + point.name);
    Host one;
    make_key_file(one.folder / "in_token");
    TokenKeyOptions token;
    token.token = "sallyport";
    token.key = "evidence-log";
    token.pin_file = one.folder / "in_token";
    DrainerOptions options = one.options();
    options.token = token;
    options.open_token = [](const TokenKeyOptions& wanted) { return file_key(wanted.pin_file); };
    std::string first;
    {
      Drainer drainer(options);
      drain(drainer);
      first = drainer.verifier().text();
    }
    for (int death = 0; death < 2; ++death) {
      const pid_t child = ::fork();
      if (child == 0) {
        DrainerOptions dying = options;
        std::atomic<bool> counts{death == 1 && std::string_view(point.after) != "key_made"};
        dying.at_point = [&](const char* at) {
          if (counts && std::string_view(at) == point.name) ::kill(::getpid(), SIGKILL);
          counts = counts || std::string_view(at) == point.after;
        };
        Drainer drainer(dying);
        drain(drainer);
        if (death == 0) rotate(drainer);
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (death == 0) {
        ASSERT_TRUE(WIFSIGNALED(status));
      }
    }
    for (int start = 0; start < 2; ++start) {
      Drainer drainer(options);
      drain(drainer);
      EXPECT_EQ(drainer.reader().keys().size(), 2U);
      EXPECT_EQ(ends(drainer), 1U);
      const auto keys = drainer.reader().keys();
      const auto record = drainer.reader().record(keys.at(0).retired);
      ASSERT_TRUE(record);
      const json shown = record_json(keys[0].retired, *record);
      EXPECT_EQ(shown.at("action"), "log_key_retired");
      EXPECT_TRUE(verified_by(drainer, first).ok);
    }
    EXPECT_TRUE(std::filesystem::exists(token.pin_file)) << "a token is its custodian's";
  }
}

TEST_F(KeyRotation, ANewKeyThatIsLostBeforeItSignedDoesNotCome) {
  const pid_t child = ::fork();
  if (child == 0) {
    DrainerOptions options = host.options();
    std::atomic<bool> begun{false};
    options.at_point = [&](const char* point) {
      begun = begun || std::string_view(point) == "key_made";
      if (begun && std::string_view(point) == "committed") ::kill(::getpid(), SIGKILL);
    };
    Drainer drainer(options);
    drain(drainer);
    rotate(drainer);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::filesystem::remove(host.folder / "evidence.key.2");
  auto drainer = host.drainer();
  drain(*drainer);
  EXPECT_EQ(rotations(*drainer, "failed"), 1U);
  EXPECT_EQ(drainer->reader().keys().size(), 1U);
  EXPECT_TRUE(verified(*drainer).ok);
  ASSERT_EQ(rotate(*drainer).code, "");
  EXPECT_TRUE(verified(*drainer).ok);
}

TEST_F(KeyRotation, ForgedMissingAndUnsignedChangesAreNamed) {
  Worker worker(host.rings());
  std::string old_key;
  KeyChanged changed;
  std::vector<LogKey> keys;
  std::string crossing;
  {
    auto drainer = host.drainer();
    worker.exchange(1);
    drain(*drainer);
    old_key = content_of(host.key());
    changed = rotate(*drainer);
    worker.exchange(2);
    drain(*drainer);
    keys = drainer->reader().keys();
    crossing = *drainer->reader().checkpoint(changed.checkpoint);
  }
  const auto judged = [&](const std::vector<LogKey>& list, const std::string& note) {
    EnvironmentOptions environment;
    environment.folder = host.store();
    Store store(Environment::open(environment), "sallyport/test");
    store.set_keys(list, note);
    VerifyOptions options;
    options.vkey = changed.old_vkey;
    return verify(LogReader(store.environment()), options);
  };
  EXPECT_TRUE(judged(keys, crossing).ok);
  std::vector<LogKey> forged = keys;
  forged[1].record = 0;
  EXPECT_TRUE(names(judged(forged, crossing), "record 0 does not name both"));
  const std::string stranger =
      Signer::load_or_create(host.folder / "s", "sallyport/test").verifier().text();
  forged = keys;
  forged[1].vkey = stranger;
  EXPECT_TRUE(names(judged(forged, crossing), "is not in the log"));
  // One signature line of the two is taken away.
  const size_t lines = crossing.rfind("\n\n") + 2;
  const size_t middle = crossing.find('\n', lines) + 1;
  const std::string by_new = crossing.substr(0, middle);
  const std::string by_old = crossing.substr(0, lines) + crossing.substr(middle);
  EXPECT_TRUE(names(judged(keys, by_old), "is not signed by key " + key_id_text(changed.new_vkey)));
  EXPECT_TRUE(names(judged(keys, by_new), "is not signed by key " + key_id_text(changed.old_vkey)));
  EXPECT_TRUE(judged(keys, crossing).ok);
  // Who has the retired key can sign nothing that comes after it.
  put_content(host.folder / "stolen", old_key);
  ::chmod((host.folder / "stolen").c_str(), 0600);
  auto drainer = host.drainer();
  Signer thief = Signer::load(host.folder / "stolen", "sallyport/test");
  const auto newest = read_checkpoint(*drainer->reader().latest_checkpoint());
  ASSERT_GT(newest->size, changed.checkpoint);
  EXPECT_TRUE(names(verified_by(*drainer, changed.new_vkey, thief.sign(*newest, {})),
                    "which was replaced at size"));
}

TEST_F(KeyRotation, ALogWrittenAnewWithTheKeysIsCaughtByAnOldCheckpoint) {
  std::string kept;
  std::string first;
  Host other;
  {
    auto drainer = host.drainer();
    Worker worker(host.rings());
    worker.exchange(1);
    drain(*drainer);
    first = drainer->verifier().text();
    kept = *drainer->reader().latest_checkpoint();
    std::filesystem::copy_file(host.key(), other.key());
    ASSERT_EQ(rotate(*drainer).code, "");
    EXPECT_TRUE(verified_by(*drainer, first, kept).ok);
  }
  auto drainer = other.drainer();
  Worker worker(other.rings());
  worker.exchange(7);
  drain(*drainer);
  ASSERT_EQ(rotate(*drainer).code, "");
  EXPECT_TRUE(verified_by(*drainer, first).ok) << "a fork by itself is consistent";
  EXPECT_TRUE(names(verified_by(*drainer, first, kept), "another root"));
}

}  // namespace
}  // namespace sallyport::evidence_log_test
