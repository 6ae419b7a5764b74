// damaged_pages_test.cc: bytes are flipped in every kind of page of a real file. Each flip is found
// and named, or harmless: the log answers as it did. None ends the process that looks. Nothing here
// catches a fall on purpose: a reader that fell would fail the test.
//
// SALLYPORT_FLIP_STEP=1 takes every byte (the long test); else the bytes that hold a page together,
// and a spread of the others.
#include <cstdlib>
#include <map>
#include <thread>

#include "controlplane/evidence/pages/page_walk.h"
#include "dataplane/base/bus_guard.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHeader = 16;
constexpr uint64_t kExchanges = 130;  // enough for two levels of the index

enum class Seen : uint8_t { Same, Named, Wrong };

class DamagedPages : public ::testing::Test {
 protected:
  DamagedPages() {
    EXPECT_TRUE(base::install_bus_guard());
    {
      DrainerOptions options = host.options();
      options.map_bytes = 512 << 10;
      options.heartbeats = true;
      Drainer drainer(options);
      Worker worker(host.rings());
      for (uint64_t number = 1; number <= kExchanges; ++number) {
        worker.exchange(number);
        if (number % 10 == 0) drain_some(drainer);
      }
      drain(drainer);
      EXPECT_TRUE(worker.admit(kExchanges + 1));
      drain(drainer);
      vkey = drainer.verifier().text();
    }
    data = content_of(host.store() / "data.mdb");
    used = (data.find_last_not_of('\0') / kPage + 1) * kPage;
    answer = answers();
  }
  static void drain_some(Drainer& drainer) {
    for (int round = 0; round < 3; ++round) drainer.drain_once();
  }
  // All that a reader can be told: every record, every request, every checkpoint.
  std::string answers() const {
    const LogReader log = LogReader::open(host.store());
    std::string all = std::to_string(log.size());
    log.scan(0, log.size(), [&](uint64_t, std::span<const uint8_t> record) {
      all.append(record.begin(), record.end());
      return true;
    });
    records_end = all.size();
    for (uint64_t number = 1; number <= kExchanges + 1; ++number) {
      const auto found = log.exchange(request_id(number));
      all += found ? std::to_string(found->admitted) + "/" + std::to_string(found->verdict) : "-";
    }
    return all;
  }
  void flip(size_t at, uint8_t mask) {
    const auto changed = static_cast<char>(data[at] ^ static_cast<char>(mask));
    std::fstream file(host.store() / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put(changed);
  }
  void mend(size_t at) { flip(at, 0); }
  // As `sallyctl evidence verify` and `list` look, and as sallyportd starts.
  Seen look_as_reader(std::string& said) const {
    try {
      VerifyOptions options;
      options.vkey = vkey;
      const VerifyReport report = verify(LogReader::open(host.store()), options);
      if (!report.ok) {
        said = report.problems.front();
        return Seen::Named;
      }
      return answers() == answer ? Seen::Same : Seen::Wrong;
    } catch (const std::exception& error) {
      said = error.what();
      return Seen::Named;
    }
  }
  // Without verify() too: an error, the same records, or less, never something else.
  bool never_served() const {
    try {
      return answers().compare(0, records_end, answer, 0, records_end) == 0;
    } catch (const std::exception&) {
      return true;
    }
  }
  const char* kind(size_t page) const {
    if (page < 2) return "meta";
    if (overflow_of(page)) return "value";
    const unsigned flags = static_cast<uint8_t>(data[page * kPage + 10]);
    return flags == 1 ? "branch" : flags == 2 ? "leaf" : "other";
  }
  bool overflow_of(size_t page) const {
    for (size_t first = 2; first <= page; ++first) {
      const bool begins = data[first * kPage + 10] == 4 &&
                          static_cast<uint8_t>(data[first * kPage]) == (first & 0xff);
      uint32_t pages = 0;
      std::memcpy(&pages, data.data() + first * kPage + 12, sizeof(pages));
      if (begins && page < first + pages && pages < 1000) return true;
    }
    return false;
  }
  // Header, offsets and the head of each entry.
  bool holds_the_page_together(size_t at) const {
    const size_t page = at / kPage * kPage;
    if (at - page < kHeader || page < 2 * kPage) return at - page < 160;
    uint16_t lower = 0;
    std::memcpy(&lower, data.data() + page + 12, sizeof(lower));
    if (std::string_view(kind(page / kPage)) == "value" || lower > kPage) return false;
    if (at - page < lower) return true;
    for (size_t i = kHeader; i + 1 < lower; i += 2) {
      uint16_t offset = 0;
      std::memcpy(&offset, data.data() + page + i, sizeof(offset));
      if (at - page >= offset && at - page < offset + 8U) return (i / 2) % 5 == 0 || lower < 64;
    }
    return false;
  }

  Host host;
  std::string vkey;
  std::string data;
  std::string answer;
  mutable size_t records_end = 0;  // of the last answers()
  size_t used = 0;
};

TEST_F(DamagedPages, EveryFlipIsNamedOrHarmless) {
  const char* step = std::getenv("SALLYPORT_FLIP_STEP");
  const size_t spread = step != nullptr ? std::strtoul(step, nullptr, 10) : 3001;
  // The rest of a long run that ended early, or one byte of it.
  const char* from = std::getenv("SALLYPORT_FLIP_FROM");
  const char* to = std::getenv("SALLYPORT_FLIP_TO");
  const size_t first = from != nullptr ? std::strtoul(from, nullptr, 10) : 0;
  const size_t end = to != nullptr ? std::min<size_t>(std::strtoul(to, nullptr, 10), used) : used;
  std::map<std::string, std::map<Seen, size_t>> counted;
  size_t unnamed = 0;
  for (size_t at = first; at < end; ++at) {
    const bool some = at % 37 == 0 || std::string_view(kind(at / kPage)) == "branch";
    if (at % spread != 0 && !(some && holds_the_page_together(at))) continue;
    const uint8_t mask = at % 2 == 0 ? 0x80 : 0x01;
    flip(at, mask);
    std::string said;
    const Seen seen = look_as_reader(said);
    ++counted[kind(at / kPage)][seen];
    EXPECT_NE(seen, Seen::Wrong) << "byte " << at << " of a page of kind " << kind(at / kPage);
    EXPECT_TRUE(seen != Seen::Named || never_served()) << at << ": " << said;
    if (seen == Seen::Named && said.empty()) ++unnamed;
    mend(at);
  }
  EXPECT_EQ(unnamed, 0U);
  EXPECT_EQ(answers(), answer);
  if (first > 0 || end < used) return;
  for (const char* name : {"meta", "branch", "leaf", "value"})
    EXPECT_GT(counted[name][Seen::Named], 0U) << name << " pages were not met";
}

// A start that accepts the file works on; one that does not says which page.
TEST_F(DamagedPages, AStartNamesThePageOrWorks) {
  size_t refused = 0;
  for (size_t page = 0; page < used / kPage; page += page < 8 ? 1 : 3) {
    for (const size_t inside : {10U, 12U, 24U, 60U}) {
      const size_t at = page * kPage + inside;
      put_content(host.store() / "data.mdb", data);
      flip(at, 0x55);
      try {
        Drainer drainer(host.options());
        drain_some(drainer);
      } catch (const std::exception& error) {
        ++refused;
        EXPECT_NE(std::string(error.what()), "") << at;
      }
    }
  }
  EXPECT_GT(refused, used / kPage / 2);
}

// Some branch pages are former copies that nobody reads; one at least is not.
TEST_F(DamagedPages, WhatIsSaidNamesFileTableAndPage) {
  size_t named = 0;
  for (size_t page = 2; page < used / kPage; ++page) {
    if (std::string_view(kind(page)) != "branch") continue;
    flip(page * kPage + 12, 0x0f);
    std::string said;
    if (look_as_reader(said) == Seen::Named) {
      ++named;
      EXPECT_NE(said.find("data.mdb is damaged: page " + std::to_string(page) + " ("),
                std::string::npos)
          << said;
    }
    mend(page * kPage + 12);
  }
  EXPECT_GT(named, 0U);
}

TEST_F(DamagedPages, RandomPagesEndNobody) {
  uint64_t state = 88172645463325252ULL;
  for (int round = 0; round < 60; ++round) {
    std::string changed = data;
    const size_t page = 2 + state % (used / kPage - 2);
    for (size_t i = 0; i < kPage; ++i) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      // The number and often the kind are right, so that what follows is believed.
      if (i >= 8 && (i >= 12 || round % 3 == 0))
        changed[page * kPage + i] = static_cast<char>(state);
    }
    put_content(host.store() / "data.mdb", changed);
    std::string said;
    EXPECT_NE(look_as_reader(said), Seen::Wrong) << round;
    try {
      Drainer drainer(host.options());
      drain_some(drainer);
    } catch (const std::exception&) {
    }
  }
}

// A page that leads back to one above it must not be walked for ever.
// The page is damaged when the writer has looked at its file and goes on: it is named before
// liblmdb is let at it, or nothing of what follows needs it. Each page of the trees in turn.
TEST_F(DamagedPages, APageDamagedUnderAWriterIsNamedAndEndsNobody) {
  const Folder whole;
  std::filesystem::copy(host.folder.path(), whole / "copy",
                        std::filesystem::copy_options::recursive);
  size_t named = 0;
  for (size_t page = 2; page < used / kPage; ++page) {
    const std::string_view what = kind(page);
    if (what == "value") continue;
    SCOPED_TRACE(std::to_string(page) + " " + std::string(what));
    for (const auto& old : std::filesystem::directory_iterator(host.folder.path()))
      std::filesystem::remove_all(old.path());
    std::filesystem::copy(whole / "copy", host.folder.path(),
                          std::filesystem::copy_options::recursive);
    Worker worker(host.rings(), ring_key(1, 8));
    Drainer drainer(host.options());
    {
      std::fstream file(host.store() / "data.mdb", std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(page * kPage + kHeader));
      file << std::string(24, '\x7f');  // where its entries are
    }
    try {
      for (uint64_t number = 1; number <= 40; ++number) {
        worker.exchange(number);
        if (number % 10 == 0) drain_some(drainer);
      }
      for (int round = 0; round < 40; ++round) drainer.drain_once();
    } catch (const std::exception& error) {
      ++named;
      EXPECT_NE(std::string(error.what()).find("page " + std::to_string(page) + " "),
                std::string::npos)
          << error.what();
    }
  }
  EXPECT_GT(named, 0U);
}

TEST_F(DamagedPages, ALoopInATreeIsNamed) {
  size_t named = 0;
  for (size_t branch = 2; branch < used / kPage; ++branch) {
    if (std::string_view(kind(branch)) != "branch") continue;
    uint16_t offset = 0;
    std::memcpy(&offset, data.data() + branch * kPage + kHeader, sizeof(offset));
    std::string changed = data;
    const auto own = static_cast<uint32_t>(branch);
    std::memcpy(changed.data() + branch * kPage + offset, &own, sizeof(own));
    put_content(host.store() / "data.mdb", changed);
    std::string said;
    named += look_as_reader(said) == Seen::Named ? 1 : 0;
  }
  EXPECT_GT(named, 0U);
}

TEST_F(DamagedPages, AFileThatIsCutUnderAReaderIsNamed) {
  const LogReader log = LogReader::open(host.store());
  EXPECT_EQ(log.size(), 2 * kExchanges + 1 + (log.size() - 2 * kExchanges - 1));
  const Transaction open(const_cast<Environment&>(log.environment()), false);
  std::filesystem::resize_file(host.store() / "data.mdb", 2 * kPage);
  EXPECT_THROW(open.table(log.environment().bundles), PageDamage);
  EXPECT_THROW(log.size(), StoreError);
}

TEST(LivingLog, IsVerifiedWhileItGrows) {
  Host host;
  auto drainer = host.drainer();
  Worker worker(host.rings(), ring_key(), 4 << 20);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (uint64_t number = 1; !stop.load(); ++number) {
      if (!worker.admit(number)) break;
      if (number % 3 != 0 && !worker.complete(number)) break;
      drainer->drain_once();
    }
  });
  while (drainer->status().log_size < 1500 && !::testing::Test::HasFailure()) {
    const VerifyReport report = verified(*drainer);
    EXPECT_TRUE(report.ok) << problems_of(report);
  }
  stop = true;
  writer.join();
}

TEST(PageWalk, ANewAndAMissingFileAreInOrder) {
  const Folder folder;
  EXPECT_TRUE(walk_file(folder / "none", std::chrono::seconds(1)).complete);
  put_content(folder / "empty", "");
  EXPECT_TRUE(walk_file(folder / "empty", std::chrono::seconds(1)).complete);
  put_content(folder / "short", "not a database");
  EXPECT_THROW(walk_file(folder / "short", std::chrono::seconds(1)), PageDamage);
}

TEST_F(DamagedPages, AWalkWithoutTimeSaysSo) {
  const PageWalk walk = walk_file(host.store() / "data.mdb", std::chrono::seconds(10));
  EXPECT_TRUE(walk.complete);
  EXPECT_GT(walk.pages, 10U);
}

}  // namespace
}  // namespace sallyport::evidence_log_test
