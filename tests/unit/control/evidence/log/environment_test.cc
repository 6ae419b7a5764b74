#include "controlplane/evidence/log/environment.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>

#include "controlplane/evidence/log/store_keys.h"
#include "tests/unit/control/evidence/evidence_fixture.h"

namespace sallyport::evidence_log_test {
namespace {

EnvironmentOptions options_in(const Folder& folder, uint64_t bytes = 1 << 20,
                              uint64_t bytes_max = 64 << 20) {
  EnvironmentOptions options;
  options.folder = folder.path();
  options.map_bytes = bytes;
  options.map_bytes_max = bytes_max;
  return options;
}

uint64_t file_bytes(const Folder& folder) {
  struct stat info {};
  EXPECT_EQ(::stat((folder / "data.mdb").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  return static_cast<uint64_t>(info.st_size);
}

// The other side of an operation in a process of its own: LMDB is opened once per process.
template <class Work>
int in_a_child(Work&& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 9;
    try {
      code = work();
    } catch (const StoreError& error) {
      code = error.is_full() ? 8 : 7;
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Environment, OneObjectPerFolderAndProcess) {
  const Folder folder;
  const auto first = Environment::open(options_in(folder));
  EnvironmentOptions reading = options_in(folder);
  reading.read_only = true;
  reading.folder = folder / "../" / folder.path().filename();  // another spelling of the same
  EXPECT_EQ(Environment::open(reading), first);
}

TEST(Environment, ReaderBlocksAWriterOfTheSameProcess) {
  const Folder folder;
  Environment::open(options_in(folder)).reset();
  EnvironmentOptions reading = options_in(folder);
  reading.read_only = true;
  const auto reader = Environment::open(reading);
  EXPECT_THROW(Environment::open(options_in(folder)), StoreError);
}

TEST(Environment, SecondWriterIsRefused) {
  const Folder folder;
  auto first = Environment::open(options_in(folder));
  const auto second = [&] {
    return in_a_child([&] {
      // The parent's object is of no use here; a fresh look at the folder is what counts.
      const int lock = ::open((folder / "writer.lock").c_str(), O_RDWR | O_CLOEXEC);
      return ::flock(lock, LOCK_EX | LOCK_NB) == 0 ? 0 : 1;
    });
  };
  EXPECT_EQ(second(), 1);
  first.reset();
  EXPECT_EQ(second(), 0);
}

TEST(Environment, BlocksAreReservedAndGrowDoubles) {
  const Folder folder;
  const auto environment = Environment::open(options_in(folder));
  EXPECT_EQ(environment->map_bytes(), 1U << 20);
  EXPECT_EQ(file_bytes(folder), 1U << 20);
  environment->grow();
  EXPECT_EQ(environment->map_bytes(), 2U << 20);
  EXPECT_EQ(file_bytes(folder), 2U << 20);
}

TEST(Environment, GrowStopsAtTheLargestSize) {
  const Folder folder;
  const auto environment = Environment::open(options_in(folder, 1 << 20, 3 << 20));
  environment->grow();
  environment->grow();
  EXPECT_EQ(environment->map_bytes(), 3U << 20);
  try {
    environment->grow();
    FAIL() << "grew beyond map_bytes_max";
  } catch (const StoreError& error) {
    EXPECT_TRUE(error.is_full()) << error.what();
  }
  EXPECT_EQ(environment->map_bytes(), 3U << 20);
}

TEST(Environment, AReopenedFileKeepsItsSize) {
  const Folder folder;
  Environment::open(options_in(folder, 4 << 20)).reset();
  EXPECT_EQ(Environment::open(options_in(folder, 1 << 20))->map_bytes(), 4U << 20);
}

TEST(Environment, ReaderOfAnotherProcessAdoptsAGrownMap) {
  const Folder folder;
  Environment::open(options_in(folder)).reset();
  int ready[2];
  int grown[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(grown), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    EnvironmentOptions reading = options_in(folder);
    reading.read_only = true;
    const auto environment = Environment::open(reading);
    { const Transaction before(*environment, false); }
    char byte = 'r';
    if (::write(ready[1], &byte, 1) != 1 || ::read(grown[0], &byte, 1) != 1) ::_exit(3);
    try {
      const Transaction after(*environment, false);
      MDB_val value{};
      const bool found = get(after, environment->meta, as_val(std::string_view("big")), value);
      ::_exit(found && value.mv_size == 3 << 20 ? 0 : 4);
    } catch (const StoreError&) {
      ::_exit(5);
    }
  }
  const auto environment = Environment::open(options_in(folder));
  char byte = 'g';
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  environment->grow();
  environment->grow();
  environment->grow();
  {
    Transaction writing(*environment, true);
    const std::vector<uint8_t> big(3 << 20, 0x55);
    put(writing, environment->meta, as_val(std::string_view("big")), as_val(big));
    writing.commit();
  }
  ASSERT_EQ(::write(grown[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  for (const int file : {ready[0], ready[1], grown[0], grown[1]}) ::close(file);
}

TEST(Transaction, IsUndoneUnlessCommitted) {
  const Folder folder;
  const auto environment = Environment::open(options_in(folder));
  const std::string key = "k";
  {
    const Transaction writing(*environment, true);
    put(writing, environment->meta, as_val(std::string_view(key)), as_val(std::string_view("v")));
  }
  const Transaction reading(*environment, false);
  MDB_val value{};
  EXPECT_FALSE(get(reading, environment->meta, as_val(std::string_view(key)), value));
}

TEST(StoreError, KnowsWhatIsFull) {
  EXPECT_TRUE(StoreError("x", MDB_MAP_FULL).is_full());
  EXPECT_TRUE(StoreError("x", ENOSPC).is_full());
  EXPECT_TRUE(StoreError("x", EDQUOT).is_full());
  EXPECT_FALSE(StoreError("x", EIO).is_full());
  EXPECT_FALSE(StoreError("x", MDB_CORRUPTED).is_full());
}

}  // namespace
}  // namespace sallyport::evidence_log_test
