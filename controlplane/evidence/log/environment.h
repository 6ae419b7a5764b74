// environment.h: one LMDB environment, opened once per process and path (LMDB's own rule), shared
// by the store that writes and the readers of the same process.
//
// A data file that somebody cut is an error in words (StoreError, EIO), at the begin of the next
// transaction or at the end of the one that met it, and never SIGBUS (bus_guard.h).
//
// liblmdb is let at trees only where nothing is damaged: a writer's file is walked before it is
// opened (page_walk.h), write transactions look at what it will follow before each change
// (way_look.h), and read transactions go down the trees themselves (table_reader.h), so a damaged
// page is PageDamage, which names it, and never a fall or an answer.
//
// Default sync mode and no other: NOSYNC loses acknowledged records. Blocks of the data file are
// reserved ahead (fallocate), so a full disk is met when the map grows, not in the middle of a
// commit.
#pragma once

#include <lmdb.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "controlplane/evidence/pages/page_walk.h"
#include "controlplane/evidence/pages/table_reader.h"
#include "controlplane/evidence/pages/way_look.h"

namespace sallyport::evidence_log {

// What LMDB or the disk said, with the operation in words. code() is an MDB_* or errno value.
class StoreError : public std::runtime_error {
 public:
  StoreError(const std::string& operation, int code);
  int code() const { return code_; }
  // No room (map or disk): a state to wait in, not a defect.
  bool is_full() const;

 private:
  int code_;
};

struct EnvironmentOptions {
  std::filesystem::path folder;
  bool read_only = false;
  uint64_t map_bytes = 256ULL << 20;  // first size; reserved on disk when writable
  uint64_t map_bytes_max = 256ULL << 30;
  // A writer waits so long for the look at its file; what is then left is looked at when it is
  // read. Index pages of some tens of gigabytes of log are done in it.
  std::chrono::milliseconds walk_time{10'000};
};

class Environment {
 public:
  static std::shared_ptr<Environment> open(const EnvironmentOptions& options);
  ~Environment();
  Environment(const Environment&) = delete;

  MDB_env* handle() const { return env_; }
  bool read_only() const { return options_.read_only; }
  const std::filesystem::path& folder() const { return options_.folder; }

  // Doubles the map (or adds less, when the disk has less) and reserves its blocks; waits for open
  // transactions of this process. REQUIRES: this thread has none open.
  // Throws StoreError (is_full()) when the disk or map_bytes_max does not allow it.
  void grow();
  // Another process grew the map: adopt its size. Waits and requires as grow() does.
  void adopt_size();
  uint64_t map_bytes() const;
  uint64_t used_bytes() const;
  int clear_dead_readers();
  // What was looked at before this environment was opened; nothing for a reader.
  const PageWalk& opening_walk() const { return opening_walk_; }
  std::string_view table_name(MDB_dbi table) const;

  MDB_dbi meta = 0, bundles = 0, tiles = 0, requests = 0, open_exchanges = 0, rings = 0,
          checkpoints = 0;

 private:
  friend class Transaction;
  Environment() = default;
  void look_before_opening();
  void open_handle();
  void open_tables();
  void take_writer_lock();
  void reserve_first();
  void reserve_blocks(uint64_t bytes);
  void map_file();
  void check_whole() const;
  EnvironmentOptions options_;
  PageWalk opening_walk_;
  MDB_env* env_ = nullptr;
  std::unique_ptr<FileMapping> mapping_;  // ours, for snapshots: liblmdb tells nobody of its own
  const void* watched_ = nullptr;         // liblmdb's, for the bus guard
  int writer_lock_ = -1;  // held for life: a second writer of the same log is refused
  // Held shared by every transaction, alone while the map moves.
  mutable std::shared_mutex map_;
};

// Ends itself: aborts unless committed. One at a time per thread. Throws StoreError, PageDamage.
class Transaction {
 public:
  Transaction(Environment& environment, bool write);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  MDB_txn* handle() const { return txn_; }
  // Of a transaction that reads: the tables as they are for it. Null for one that writes.
  const FileSnapshot* snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }
  // REQUIRES: snapshot(). Throws StoreError (MDB_NOTFOUND) when the file has no such table.
  const Table& table(MDB_dbi table) const;
  // Of a transaction that writes: liblmdb may be let at this key of the table. Throws PageDamage.
  // `removes`: the entry may go, or a cursor move on from here.
  void look(MDB_dbi table, std::span<const uint8_t> key, bool removes) const;
  void commit();

 private:
  void begin(Environment& environment, bool write);
  bool take_snapshot(const Environment& environment);
  struct Committed;
  void take_committed() const;
  std::shared_lock<std::shared_mutex> map_;
  const Environment& environment_;
  MDB_txn* txn_ = nullptr;
  std::optional<FileSnapshot> snapshot_;
  mutable std::map<MDB_dbi, Table> tables_;       // found so far
  mutable std::unique_ptr<Committed> committed_;  // what a write begins with, once it looks
  uint64_t faults_ = 0;                           // base::bus_faults() when it began
};

}  // namespace sallyport::evidence_log
