#include "controlplane/evidence/log/environment.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <mutex>
#include <system_error>
#include <utility>

#include "controlplane/evidence/pages/liblmdb_map.h"
#include "dataplane/base/bus_guard.h"

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kMapBytesMin = 64 * 1024;
constexpr uint64_t kGrowStepBytesMin = 256 << 10;
constexpr unsigned kTables = 16;
constexpr const char* kTableNames[] = {"meta", "bundles", "tiles",      "requests",
                                       "open", "rings",   "checkpoints"};
constexpr MDB_dbi kFirstReaderTable = 2;  // as liblmdb numbers them
constexpr int kSnapshotTries = 100;       // a writer that commits twice in each of them is none

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
  made->look_before_opening();
  made->open_handle();
  made->open_tables();
  made->map_file();
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

// liblmdb reads both meta pages when it opens a file, and trees of it when it opens a table.
void Environment::look_before_opening() {
  const std::filesystem::path data = options_.folder / "data.mdb";
  struct stat file {};
  // liblmdb would begin a new log in it, or say "bad file descriptor" to a reader.
  if (options_.read_only && ::stat(data.c_str(), &file) == 0 && file.st_size == 0)
    throw StoreError("the evidence file " + data.string() + " is empty; put a whole copy back",
                     EIO);
  if (options_.read_only) return check_meta_pages(data);
  try {
    opening_walk_ = walk_file(data, options_.walk_time);
  } catch (const std::system_error& error) {
    throw StoreError("look at " + data.string(), error.code().value());
  }
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
  check_whole();
  if (!options_.read_only) reserve_first();
}

void Environment::map_file() {
  int file = -1;
  check(mdb_env_get_fd(env_, &file), "find the data file");
  mapping_ = std::make_unique<FileMapping>(file, map_bytes(), options_.folder / "data.mdb");
  if (watched_ != nullptr) base::unwatch_range(watched_);
  // A reader's liblmdb looks at meta pages only.
  watched_ =
      options_.read_only
          ? nullptr
          : liblmdb_map(env_, *mapping_, (options_.folder / "data.mdb").string(), kTableNames[0]);
  if (watched_ != nullptr) base::watch_range(watched_, map_bytes());
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
}

// Readers look names up in the snapshot of each transaction; their handles are only numbers.
void Environment::open_tables() {
  const auto tables = {std::pair{&meta, kTableNames[0]},  {&bundles, kTableNames[1]},
                       {&tiles, kTableNames[2]},          {&requests, kTableNames[3]},
                       {&open_exchanges, kTableNames[4]}, {&rings, kTableNames[5]},
                       {&checkpoints, kTableNames[6]}};
  if (options_.read_only) {
    MDB_dbi number = kFirstReaderTable;
    for (const auto& [handle, name] : tables) *handle = number++;
    return;
  }
  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env_, nullptr, 0, &txn), "begin");
  for (const auto& [handle, name] : tables) {
    const int code = mdb_dbi_open(txn, name, MDB_CREATE, handle);
    if (code != MDB_SUCCESS) {
      mdb_txn_abort(txn);
      throw StoreError(std::string("open table ") + name, code);
    }
  }
  check(mdb_txn_commit(txn), "commit the tables");
}

std::string_view Environment::table_name(MDB_dbi table) const {
  const MDB_dbi handles[] = {meta, bundles, tiles, requests, open_exchanges, rings, checkpoints};
  for (size_t i = 0; i < std::size(handles); ++i)
    if (handles[i] == table) return kTableNames[i];
  throw std::logic_error("a table that this environment does not have");
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
      map_file();
      return;
    } catch (const StoreError& error) {
      if (!error.is_full() || step / 2 < std::min(now, kGrowStepBytesMin)) throw;
    }
  }
}

void Environment::adopt_size() {
  const std::unique_lock lock(map_);
  check(mdb_env_set_mapsize(env_, 0), "adopt the map size");
  map_file();
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

Transaction::Transaction(Environment& environment, bool write)
    : map_(environment.map_), environment_(environment) {
  begin(environment, write);
  if (write) return;
  try {
    for (int attempt = 0; !take_snapshot(environment); ++attempt) {
      mdb_txn_reset(txn_);
      if (attempt == kSnapshotTries) throw StoreError("begin", MDB_BAD_TXN);
      const int code = mdb_txn_renew(txn_);
      if (code != MDB_SUCCESS) throw StoreError("begin", code);
    }
  } catch (...) {
    mdb_txn_abort(txn_);
    txn_ = nullptr;
    throw;
  }
}

// The meta page of this transaction. liblmdb keeps its trees for us, but not the page: it is
// written again two commits later. Then (false) the transaction is begun anew.
bool Transaction::take_snapshot(const Environment& environment) {
  const auto id = static_cast<uint64_t>(mdb_txn_id(txn_));
  const FileMapping& mapping = *environment.mapping_;
  const PageFile file(mapping.begin(), mapping.bytes(),
                      (environment.folder() / "data.mdb").string());
  const MetaPage meta = file.meta(id % 2);
  if (meta.transaction != id || file.meta(id % 2).transaction != id) return false;
  const uint64_t end = meta.last_page + 1;
  if (meta.last_page == kNoPage || end > file.pages())
    throw PageDamage(file.name(), id % 2, "meta", "names a last page that cannot be");
  snapshot_.emplace(file, meta);
  return true;
}

const Table& Transaction::table(MDB_dbi table) const {
  const auto known = tables_.find(table);
  if (known != tables_.end()) return known->second;
  const std::string_view name = environment_.table_name(table);
  auto found = snapshot_->table(name);
  if (!found) throw StoreError("open table " + std::string(name), MDB_NOTFOUND);
  return tables_.emplace(table, std::move(*found)).first->second;
}

struct Transaction::Committed {
  FileSnapshot snapshot;
  std::map<MDB_dbi, Table> tables = {};
  std::map<MDB_dbi, WayLook> ways = {};
};

// There is one writer, so the meta page of the last commit stays as it is until ours.
void Transaction::take_committed() const {
  const uint64_t id = mdb_txn_id(txn_) - 1;
  const FileMapping& mapping = *environment_.mapping_;
  const PageFile file(mapping.begin(), mapping.bytes(),
                      (environment_.folder() / "data.mdb").string());
  const MetaPage meta = file.meta(id % 2);
  if (meta.transaction != id || meta.last_page >= file.pages())
    throw PageDamage(file.name(), id % 2, "meta", "is not the one that was written");
  committed_.reset(new Committed{.snapshot = FileSnapshot(file, meta)});
  check_free_list(committed_->snapshot);
}

void Transaction::look(MDB_dbi table, std::span<const uint8_t> key, bool removes) const {
  if (!committed_) take_committed();
  auto way = committed_->ways.find(table);
  if (way == committed_->ways.end()) {
    const std::string_view name = environment_.table_name(table);
    auto found = committed_->snapshot.table(name);
    if (!found) throw StoreError("open table " + std::string(name), MDB_NOTFOUND);
    const Table& kept = committed_->tables.emplace(table, std::move(*found)).first->second;
    way = committed_->ways.emplace(table, kept).first;
  }
  way->second.look(key, removes);
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
