#include "controlplane/evidence/environment.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>

#include "dataplane/base/bus_guard.h"

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kMapBytesMin = 64 * 1024;
constexpr uint64_t kGrowStepBytesMin = 256 << 10;
constexpr unsigned kTables = 16;

// LMDB's locks are those of fcntl: a second open of the same file in one process would drop them.
std::mutex g_open_mutex;
std::map<std::string, std::weak_ptr<Environment>>& open_environments() {
  static std::map<std::string, std::weak_ptr<Environment>> open;
  return open;
}

uint64_t whole_pages(uint64_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

void check(int code, const std::string& operation) {
  if (code != MDB_SUCCESS) throw StoreError(operation, code);
}

}  // namespace

StoreError::StoreError(const std::string& operation, int code)
    : std::runtime_error(operation + ": " + mdb_strerror(code)), code_(code) {}

bool StoreError::is_full() const {
  return code_ == MDB_MAP_FULL || code_ == ENOSPC || code_ == EDQUOT;
}

std::shared_ptr<Environment> Environment::open(const EnvironmentOptions& options) {
  std::error_code ignored;
  const std::string path = std::filesystem::weakly_canonical(options.folder, ignored).string();
  const std::lock_guard lock(g_open_mutex);
  auto& known = open_environments()[path];
  if (std::shared_ptr<Environment> open = known.lock()) {
    if (open->read_only() && !options.read_only)
      throw StoreError("evidence store " + path + " is open read-only in this process", EBUSY);
    return open;
  }
  std::shared_ptr<Environment> made(new Environment());
  made->options_ = options;
  made->options_.folder = path;
  if (!options.read_only) made->take_writer_lock();
  made->open_handle();
  made->open_tables();
  known = made;
  return made;
}

void Environment::take_writer_lock() {
  const std::string path = options_.folder / "writer.lock";
  writer_lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (writer_lock_ < 0) throw StoreError("open " + path, errno);
  if (::flock(writer_lock_, LOCK_EX | LOCK_NB) != 0)
    throw StoreError("another process writes the evidence log in " + options_.folder.string(),
                     errno);
}

void Environment::open_handle() {
  const std::string data = options_.folder / "data.mdb";
  check(mdb_env_create(&env_), "create an LMDB environment");
  check(mdb_env_set_maxdbs(env_, kTables), "set the number of tables");
  if (!options_.read_only) {
    struct stat file {};
    const bool exists = ::stat(data.c_str(), &file) == 0;
    const auto bytes = std::max(options_.map_bytes, kMapBytesMin);
    const auto have = exists ? static_cast<uint64_t>(file.st_size) : 0;
    check(mdb_env_set_mapsize(env_, std::max(whole_pages(bytes), whole_pages(have))),
          "set the map size");
  }
  // NOTLS: a read transaction belongs to its object, not to the thread.
  const unsigned flags = MDB_NOTLS | (options_.read_only ? MDB_RDONLY : 0U);
  check(mdb_env_open(env_, options_.folder.c_str(), flags, 0600), "open " + data);
  watch_map();
  check_whole();
  if (!options_.read_only) reserve_first();
}

void Environment::watch_map() {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  if (watched_ != nullptr && watched_ != info.me_mapaddr) base::unwatch_range(watched_);
  watched_ = info.me_mapaddr;
  if (watched_ != nullptr) base::watch_range(watched_, info.me_mapsize);
}

void Environment::check_whole() const {
  int file = -1;
  struct stat info {};
  if (mdb_env_get_fd(env_, &file) != MDB_SUCCESS || ::fstat(file, &info) != 0) return;
  const uint64_t used = used_bytes();
  if (static_cast<uint64_t>(info.st_size) < used)
    throw StoreError("the evidence file " + (options_.folder / "data.mdb").string() +
                         " was cut: it has " + std::to_string(info.st_size) + " of " +
                         std::to_string(used) + " bytes; put a whole copy back",
                     EIO);
}

// A disk smaller than the first map is no reason to stay down: take what fits.
void Environment::reserve_first() {
  uint64_t bytes = map_bytes();
  for (;;) {
    try {
      reserve_blocks(bytes);
      break;
    } catch (const StoreError& error) {
      if (!error.is_full() || bytes / 2 < std::max(kMapBytesMin, whole_pages(used_bytes()))) throw;
      bytes = whole_pages(bytes / 2);
    }
  }
  if (bytes != map_bytes()) check(mdb_env_set_mapsize(env_, bytes), "set a smaller map size");
  watch_map();
}

void Environment::open_tables() {
  struct Table {
    const char* name;
    MDB_dbi* handle;
  };
  const Table tables[] = {{"meta", &meta},
                          {"bundles", &bundles},
                          {"tiles", &tiles},
                          {"requests", &requests},
                          {"open", &open_exchanges},
                          {"rings", &rings},
                          {"checkpoints", &checkpoints}};
  MDB_txn* txn = nullptr;
  const bool write = !options_.read_only;
  check(mdb_txn_begin(env_, nullptr, write ? 0U : MDB_RDONLY, &txn), "begin");
  for (const Table& table : tables) {
    const int code = mdb_dbi_open(txn, table.name, write ? MDB_CREATE : 0U, table.handle);
    if (code != MDB_SUCCESS) {
      mdb_txn_abort(txn);
      throw StoreError(std::string("open table ") + table.name, code);
    }
  }
  check(mdb_txn_commit(txn), "commit the tables");
}

Environment::~Environment() {
  if (watched_ != nullptr) base::unwatch_range(watched_);
  if (env_ != nullptr) mdb_env_close(env_);
  if (writer_lock_ >= 0) ::close(writer_lock_);
}

void Environment::reserve_blocks(uint64_t bytes) {
  int file = -1;
  check(mdb_env_get_fd(env_, &file), "find the data file");
  struct stat before {};
  if (::fstat(file, &before) != 0) throw StoreError("look at the data file", errno);
  int code = 0;
  do {
    code = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  } while (code == EINTR);
  if (code == 0) return;
  // Some file systems keep what they got before the end of their space. It is nobody's.
  if (::ftruncate(file, before.st_size) != 0) code = errno;
  throw StoreError("reserve " + std::to_string(bytes) + " bytes of disk for the evidence log",
                   code);
}

void Environment::grow() {
  const std::unique_lock lock(map_);
  const uint64_t now = map_bytes();
  if (now >= options_.map_bytes_max)
    throw StoreError("the evidence log has reached its largest size", MDB_MAP_FULL);
  for (uint64_t step = now;; step /= 2) {
    const uint64_t wanted = whole_pages(std::min(now + step, options_.map_bytes_max));
    try {
      reserve_blocks(wanted);
      check(mdb_env_set_mapsize(env_, wanted), "grow the map");
      watch_map();
      return;
    } catch (const StoreError& error) {
      if (!error.is_full() || step / 2 < std::min(now, kGrowStepBytesMin)) throw;
    }
  }
}

void Environment::adopt_size() {
  const std::unique_lock lock(map_);
  check(mdb_env_set_mapsize(env_, 0), "adopt the map size");
  watch_map();
}

uint64_t Environment::map_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_mapsize;
}

uint64_t Environment::used_bytes() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return (static_cast<uint64_t>(info.me_last_pgno) + 1) * stat.ms_psize;
}

int Environment::clear_dead_readers() {
  int dead = 0;
  mdb_reader_check(env_, &dead);
  return dead;
}

Transaction::Transaction(Environment& environment, bool write) : map_(environment.map_) {
  begin(environment, write);
}

void Transaction::begin(Environment& environment, bool write) {
  // Twice is enough for each cause; a third time is somebody fighting over the store.
  for (int attempt = 0;; ++attempt) {
    environment.check_whole();
    faults_ = base::bus_faults();
    const int code = mdb_txn_begin(environment.handle(), nullptr, write ? 0U : MDB_RDONLY, &txn_);
    if (code == MDB_SUCCESS) return;
    txn_ = nullptr;
    if (attempt == 3) throw StoreError("begin", code);
    if (code == MDB_MAP_RESIZED) {
      map_.unlock();
      environment.adopt_size();
      map_.lock();
    } else if (code == MDB_READERS_FULL) {
      environment.clear_dead_readers();
    } else {
      throw StoreError("begin", code);
    }
  }
}

Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

void Transaction::commit() {
  if (base::bus_faults() != faults_)
    throw StoreError("the evidence file was cut while it was in use", EIO);
  MDB_txn* txn = txn_;
  txn_ = nullptr;
  const int code = mdb_txn_commit(txn);
  if (code != MDB_SUCCESS) throw StoreError("commit", code);
}

}  // namespace sallyport::evidence_log
