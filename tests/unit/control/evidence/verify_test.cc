// verify_test.cc: the alarms of verify() ring. Damage is done to copies; LMDB itself may fall over
// a damaged page, so each look is a process of its own, and a fall counts as found.
#include <sys/wait.h>

#include <functional>

#include "controlplane/evidence/log/bundle.h"
#include "controlplane/evidence/log/store_keys.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

enum class Look { Clean, Problems, Fell };

class Damage : public ::testing::Test {
 protected:
  Damage() {
    {
      DrainerOptions options = host.options();
      options.map_bytes = 256 << 10;  // each look at damage writes the file anew
      auto drainer = std::make_unique<Drainer>(options);
      Worker worker(host.rings());
      for (uint64_t number = 1; number <= 20; ++number) worker.exchange(number);
      EXPECT_TRUE(worker.admit(21));
      drain(*drainer);
      vkey = drainer->verifier().text();
      LogReader log = drainer->reader();
      early = log.checkpoints().front();
      log.scan(0, log.size(), [&](uint64_t, std::span<const uint8_t> record) {
        records.emplace_back(record.begin(), record.end());
        return true;
      });
      for (uint64_t number = 22; number <= 40; ++number) worker.exchange(number);
      drain(*drainer);
    }
    data = content_of(file());
    // What lies behind the pages in use is only reserved.
    used = data.find_last_not_of('\0') + 1;
  }
  std::filesystem::path file() const { return host.store() / "data.mdb"; }

  Look look(const VerifyOptions& options, bool same_records = false) const {
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(2);
      int code = 1;
      try {
        const LogReader log = LogReader::open(host.store());
        const bool ok = verify(log, options).ok;
        code = ok && (!same_records || all_there(log)) ? 0 : 1;
      } catch (...) {
      }
      ::_exit(code);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) return Look::Fell;
    return WEXITSTATUS(status) == 0 ? Look::Clean : Look::Problems;
  }
  bool all_there(const LogReader& log) const {
    size_t same = 0;
    log.scan(0, records.size(), [&](uint64_t index, std::span<const uint8_t> record) {
      same += std::equal(record.begin(), record.end(), records[index].begin(), records[index].end())
                  ? 1U
                  : 0U;
      return true;
    });
    return same == records.size();
  }
  VerifyOptions trusted() const {
    VerifyOptions options;
    options.vkey = vkey;
    return options;
  }
  Look with_flip(size_t at, bool same_records = false) const {
    std::string changed = data;
    changed[at] ^= 0x04;
    put_content(file(), changed);
    const Look seen = look(trusted(), same_records);
    put_content(file(), data);
    return seen;
  }
  // The log through its own tables: what somebody who knows LMDB would do.
  VerifyReport after(const std::function<void(const Transaction&, const Environment&)>& change) {
    EnvironmentOptions options;
    options.folder = host.store();
    const auto environment = Environment::open(options);
    Transaction transaction(*environment, true);
    change(transaction, *environment);
    transaction.commit();
    return verify(LogReader(environment), trusted());
  }

  Host host;
  std::string vkey;
  std::string early;
  std::string data;
  size_t used = 0;
  std::vector<std::vector<uint8_t>> records;
};

TEST_F(Damage, UntouchedIsClean) {
  EXPECT_EQ(look(trusted(), true), Look::Clean);
  EXPECT_EQ(look({}), Look::Clean);
}

TEST_F(Damage, BitFlipInAnyRecordIsFound) {
  for (size_t i = 0; i < records.size(); i += 3) {
    std::vector<uint8_t> packed;
    pack_record(records[i], packed);
    const std::string bytes(packed.begin(), packed.end());
    // The last copy is the live one: LMDB writes new pages, and older ones lie about.
    const size_t begin = data.rfind(bytes);
    ASSERT_NE(begin, std::string::npos) << i;
    for (size_t at = i % 7; at < bytes.size(); at += 131)
      EXPECT_NE(with_flip(begin + at), Look::Clean) << "record " << i << " byte " << at;
  }
}

TEST_F(Damage, BitFlipAnywhereIsFoundOrHarmless) {
  size_t found = 0;
  for (size_t at = 3; at < used; at += 1009) found += with_flip(at, true) != Look::Clean ? 1U : 0U;
  // Harmless is what no record depends on: freed pages, the free list, the unused part of pages.
  EXPECT_GT(found, 0U);
}

TEST_F(Damage, TruncatedFileIsFound) {
  put_content(file(), data.substr(0, used / 2));
  EXPECT_NE(look(trusted()), Look::Clean);
}

TEST_F(Damage, ForeignKeyAndForeignCheckpointAreFound) {
  const Folder other;
  Signer signer = Signer::load_or_create(other / "k", "sallyport/test");
  VerifyOptions options;
  options.vkey = signer.verifier().text();
  EXPECT_EQ(look(options), Look::Problems);
  options.vkey = "nonsense";
  EXPECT_EQ(look(options), Look::Problems);
}

TEST_F(Damage, KnownCheckpointMustBeExtended) {
  VerifyOptions options = trusted();
  options.known_checkpoint = early;
  EXPECT_EQ(look(options), Look::Clean);
  options.known_checkpoint = "nonsense";
  EXPECT_EQ(look(options), Look::Problems);
  // Another history, signed with the same key: a fork.
  std::filesystem::remove(host.key().string() + ".state");
  Signer signer = Signer::load(host.key(), "sallyport/test");
  Checkpoint fork = *read_checkpoint(early);
  fork.root[0] ^= 1;
  options.known_checkpoint = signer.sign(fork, {});
  EXPECT_EQ(look(options), Look::Problems);
  // Larger than the log: its tail was cut.
  std::filesystem::remove(host.key().string() + ".state");
  Signer again = Signer::load(host.key(), "sallyport/test");
  fork.size = 1000;
  options.known_checkpoint = again.sign(fork, {});
  EXPECT_EQ(look(options), Look::Problems);
}

TEST_F(Damage, RemovedVerdictInIndexIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    const ExchangeIndex index{0, kNoIndex};
    const RequestId id = request_id(1);
    put(transaction, e.requests, as_val(request_key(id.high(), id.low())), plain_val(index));
  });
  EXPECT_FALSE(report.ok);
}

TEST_F(Damage, CursorSetBackIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    RingState state;
    state.committed_sequence = 10;
    put(transaction, e.rings, as_val(ring_key_bytes(ring_key())), plain_val(state));
  });
  EXPECT_FALSE(report.ok);
}

TEST_F(Damage, OpenExchangeThatIsNotListedIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    mdb_drop(transaction.handle(), e.open_exchanges, 0);
  });
  EXPECT_FALSE(report.ok);
}

TEST_F(Damage, ChangedTileIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    const std::vector<uint8_t> hashes(32 * 79);
    put(transaction, e.tiles, as_val(tile_key(0, 0)), as_val(hashes));
  });
  EXPECT_FALSE(report.ok);
}

TEST_F(Damage, TailCutBehindTheSignatureIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    const uint64_t size = 20;
    put(transaction, e.meta, as_val(kMetaSize), plain_val(size));
  });
  EXPECT_FALSE(report.ok);
}

TEST_F(Damage, ChangedCheckpointIsFound) {
  const auto report = after([](const Transaction& transaction, const Environment& e) {
    Cursor cursor(transaction, e.checkpoints);
    MDB_val key{};
    MDB_val value{};
    ASSERT_TRUE(cursor.get(key, value, MDB_LAST));
    std::string note(static_cast<const char*>(value.mv_data), value.mv_size);
    note[note.find('\n') + 1] ^= 1;
    NumberKey same;
    std::memcpy(same.data(), key.mv_data, same.size());
    put(transaction, e.checkpoints, as_val(same), as_val(std::string_view(note)));
  });
  EXPECT_FALSE(report.ok);
}

}  // namespace
}  // namespace sallyport::evidence_log_test
