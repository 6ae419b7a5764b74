#include "controlplane/vault/database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "controlplane/evidence/pages/liblmdb_map.h"
#include "dataplane/base/bus_guard.h"

namespace sallyport::vault {
namespace {

constexpr uint64_t kPageBytes = 4096;
constexpr std::array<const char*, Database::kTables> kNames{
    "meta", "tokens", "by_age", "subjects", "by_subject", "links", "holds", "deferred"};

bool is_full(int code) { return code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT; }

void check(int code, const std::string& operation) {
  if (code != MDB_SUCCESS)
    throw VaultError(code == MDB_MAP_FULL ? "map_full"
                     : is_full(code)      ? "no_room"
                                          : "store",
                     "vault: " + operation + ": " + mdb_strerror(code));
}

std::string_view text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Everything that looks at pages says damage in the vault's words.
template <class Look>
decltype(auto) looking(const Look& look) {
  try {
    return look();
  } catch (const evidence_log::PageDamage& damage) {
    throw VaultError("store_damaged", std::string("vault: ") + damage.what());
  }
}

MDB_val val(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }
std::string_view text(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

}  // namespace

Database::Database(const Options& options) : options_(options) {
  std::error_code ignored;
  std::filesystem::create_directories(options.folder, ignored);
  check(mdb_env_create(&env_), "create an LMDB environment");
  check(mdb_env_set_maxdbs(env_, kTables), "set the number of tables");
  const std::string data = data_file();
  struct stat file {};
  const auto have = ::stat(data.c_str(), &file) == 0 ? static_cast<uint64_t>(file.st_size) : 0;
  const uint64_t bytes =
      (std::max(options.map_bytes, have) + kPageBytes - 1) / kPageBytes * kPageBytes;
  check(mdb_env_set_mapsize(env_, bytes), "set the map size");
  check(mdb_env_open(env_, options.folder.c_str(), MDB_NOTLS, 0600), "open " + data);
  reserve(bytes);
  MDB_txn* txn = nullptr;
  check(mdb_txn_begin(env_, nullptr, 0, &txn), "begin");
  for (size_t i = 0; i < kTables; ++i) {
    const int code = mdb_dbi_open(txn, kNames[i], MDB_CREATE, &tables_[i]);
    if (code != MDB_SUCCESS) mdb_txn_abort(txn);
    check(code, std::string("open table ") + kNames[i]);
  }
  check(mdb_txn_commit(txn), "commit the tables");
  looking([&] { map_file(); });
}

Database::~Database() {
  if (watched_ != nullptr) base::unwatch_range(watched_);
  if (env_ != nullptr) mdb_env_close(env_);
}

void Database::reserve(uint64_t bytes) {
  int file = -1;
  check(mdb_env_get_fd(env_, &file), "find the data file");
  struct stat before {};
  if (::fstat(file, &before) != 0) check(errno, "look at the data file");
  const int code = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  if (code == 0) return;
  // Some file systems keep what they got before the end of their space.
  if (::ftruncate(file, before.st_size) != 0) check(errno, "cut the data file");
  check(code, "reserve " + std::to_string(bytes) + " bytes of disk");
}

void Database::map_file() {
  int file = -1;
  check(mdb_env_get_fd(env_, &file), "find the data file");
  faults_ = base::bus_faults();
  mapping_ = std::make_unique<evidence_log::FileMapping>(file, map_bytes(), data_file());
  if (watched_ != nullptr) base::unwatch_range(watched_);
  watched_ = evidence_log::liblmdb_map(env_, *mapping_, data_file(), kNames[0]);
  if (watched_ != nullptr) base::watch_range(watched_, map_bytes());
}

// Also after it was cut and put right again: pages of a mapping that were met while they were
// missing are zeros of our own until the file is mapped anew. REQUIRES: no transaction is open.
void Database::check_whole() {
  int file = -1;
  struct stat info {};
  check(mdb_env_get_fd(env_, &file), "find the data file");
  if (::fstat(file, &info) != 0) check(errno, "look at the data file");
  if (static_cast<uint64_t>(info.st_size) < used_bytes())
    throw VaultError("store_damaged", "vault: the file " + data_file().string() +
                                          " was cut: it has " + std::to_string(info.st_size) +
                                          " of " + std::to_string(used_bytes()) +
                                          " bytes; put a whole copy back");
  if (base::bus_faults() == faults_) return;
  if (watched_ != nullptr) base::unwatch_range(std::exchange(watched_, nullptr));
  check(mdb_env_set_mapsize(env_, map_bytes()), "map the data file anew");
  map_file();
}

void Database::grow() {
  const uint64_t now = map_bytes();
  if (now >= options_.map_bytes_max)
    throw VaultError("no_room", "vault: the store has reached its largest size");
  const uint64_t wanted = std::min(now * 2, options_.map_bytes_max);
  reserve(wanted);
  check(mdb_env_set_mapsize(env_, wanted), "grow the map");
  looking([&] { map_file(); });
}

void Database::write(const std::function<void(Transaction&)>& work) {
  for (;;) {
    try {
      Transaction transaction(*this, true);
      work(transaction);
      transaction.commit();
      return;
    } catch (const VaultError& error) {
      if (error.code() != "map_full") throw;
    }
    grow();
  }
}

uint64_t Database::map_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return info.me_mapsize;
}

uint64_t Database::used_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(env_, &info);
  return (static_cast<uint64_t>(info.me_last_pgno) + 1) * kPageBytes;
}

Database::Transaction::Transaction(Database& database, bool write)
    : database_(database), write_(write) {
  looking([&] { database.check_whole(); });
  faults_ = base::bus_faults();
  check(mdb_txn_begin(database.env_, nullptr, write ? 0U : MDB_RDONLY, &txn_), "begin");
  try {
    looking([&] { take_snapshot(); });
  } catch (...) {
    mdb_txn_abort(txn_);
    throw;
  }
}

Database::Transaction::~Transaction() {
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

// The meta page that liblmdb begins with; there is no other writer, so it stays as it is.
void Database::Transaction::take_snapshot() {
  const uint64_t id = mdb_txn_id(txn_) - (write_ ? 1 : 0);
  evidence_log::PageFile file(database_.mapping_->begin(), database_.mapping_->bytes(),
                              database_.data_file());
  const evidence_log::MetaPage meta = file.meta(id % 2);
  if (meta.transaction != id || meta.last_page >= file.pages())
    throw evidence_log::PageDamage(file.name(), id % 2, "meta", "is not the one that was written");
  snapshot_.emplace(std::move(file), meta);
}

const evidence_log::Table& Database::Transaction::table_of(Table table) const {
  auto& found = snapshot_tables_[static_cast<size_t>(table)];
  if (!found) found = snapshot_->table(kNames[static_cast<size_t>(table)]);
  if (!found)
    throw evidence_log::PageDamage(
        snapshot_->file().name(), snapshot_->meta().main.root, "tables",
        std::string("does not have the table ") + kNames[static_cast<size_t>(table)]);
  return *found;
}

evidence_log::WayLook& Database::Transaction::way_of(Table table) const {
  auto& found = ways_[static_cast<size_t>(table)];
  if (!found) found.emplace(table_of(table));
  return *found;
}

void Database::Transaction::before_change(Table table, std::string_view key, bool removes) {
  looking([&] {
    if (!std::exchange(free_list_seen_, true)) evidence_log::check_free_list(*snapshot_);
    way_of(table).look(bytes_of(key), removes);
  });
}

void Database::Transaction::commit() {
  if (base::bus_faults() != faults_)
    throw VaultError("store_damaged", "vault: the file " + database_.data_file().string() +
                                          " was cut while it was in use");
  MDB_txn* txn = txn_;
  txn_ = nullptr;
  check(mdb_txn_commit(txn), "commit");
}

std::optional<std::string_view> Database::Transaction::get(Table table,
                                                           std::string_view key) const {
  if (!write_) {
    return looking([&]() -> std::optional<std::string_view> {
      evidence_log::TableCursor cursor(table_of(table));
      if (!cursor.seek(bytes_of(key))) return std::nullopt;
      const evidence_log::TableEntry entry = cursor.entry();
      if (text(entry.key) != key) return std::nullopt;
      return text(entry.value);
    });
  }
  looking([&] { way_of(table).look(bytes_of(key), false); });
  MDB_val wanted = val(key), found{};
  const int code = mdb_get(txn_, database_.tables_[static_cast<size_t>(table)], &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code, "read");
  return text(found);
}

void Database::Transaction::put(Table table, std::string_view key, std::string_view value) {
  before_change(table, key, false);
  MDB_val name = val(key), content = val(value);
  check(mdb_put(txn_, database_.tables_[static_cast<size_t>(table)], &name, &content, 0), "write");
}

bool Database::Transaction::remove(Table table, std::string_view key) {
  before_change(table, key, true);
  MDB_val name = val(key);
  const int code = mdb_del(txn_, database_.tables_[static_cast<size_t>(table)], &name, nullptr);
  if (code == MDB_NOTFOUND) return false;
  check(code, "delete");
  return true;
}

void Database::Transaction::scan(Table table, std::string_view prefix, const Visit& visit) const {
  visit_keys(table, prefix, prefix, visit);
}

void Database::Transaction::scan_from(Table table, std::string_view from,
                                      const Visit& visit) const {
  visit_keys(table, from, "", visit);
}

void Database::Transaction::scan_around(Table table, const Visit& visit,
                                        const Damaged& damaged) const {
  enum class Move : uint8_t { First, Next, Skip };
  evidence_log::TableCursor cursor(looking([&]() -> auto& { return table_of(table); }));
  for (Move move = Move::First;;) {
    evidence_log::TableEntry entry;
    const Move tried = std::exchange(move, Move::Skip);
    try {
      const bool more = tried == Move::First  ? cursor.first()
                        : tried == Move::Next ? cursor.next()
                                              : cursor.skip();
      if (!more) return;
      move = Move::Next;  // a value that lies in a page of its own is left out alone
      entry = cursor.entry();
    } catch (const evidence_log::PageDamage& damage) {
      damaged(damage.page());
      continue;
    }
    if (!visit(text(entry.key), text(entry.value))) return;
  }
}

uint64_t Database::Transaction::count(Table table) const {
  if (!write_) return looking([&] { return table_of(table).entries(); });
  MDB_stat stat{};
  check(mdb_stat(txn_, database_.tables_[static_cast<size_t>(table)], &stat), "count");
  return stat.ms_entries;
}

void Database::Transaction::visit_keys(Table table, std::string_view from, std::string_view prefix,
                                       const Visit& visit) const {
  std::string last(from);
  looking([&] {
    evidence_log::TableCursor cursor(table_of(table));
    for (bool more = cursor.seek(bytes_of(from)); more; more = cursor.next()) {
      const evidence_log::TableEntry entry = cursor.entry();
      if (!text(entry.key).starts_with(prefix)) break;
      if (write_)
        last = text(entry.key);
      else if (!visit(text(entry.key), text(entry.value)))
        break;
    }
    if (write_) way_of(table).look(bytes_of(last), true);
  });
  if (write_) visit_changed(table, from, prefix, visit);
}

// What this transaction sees, its own changes included. REQUIRES: the pages of the span were looked
// at.
void Database::Transaction::visit_changed(Table table, std::string_view from,
                                          std::string_view prefix, const Visit& visit) const {
  struct Closer {
    MDB_cursor* cursor = nullptr;
    ~Closer() {
      if (cursor != nullptr) mdb_cursor_close(cursor);
    }
  } open;
  check(mdb_cursor_open(txn_, database_.tables_[static_cast<size_t>(table)], &open.cursor),
        "open a cursor");
  MDB_val key = val(from), value{};
  int code = mdb_cursor_get(open.cursor, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (code == MDB_SUCCESS && text(key).starts_with(prefix) && visit(text(key), text(value)))
    code = mdb_cursor_get(open.cursor, &key, &value, MDB_NEXT);
  if (code != MDB_NOTFOUND) check(code, "move a cursor");
}

}  // namespace sallyport::vault
