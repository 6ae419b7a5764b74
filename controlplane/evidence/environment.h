// environment.h: one LMDB environment, opened once per process and path (LMDB's own rule), shared
// by the store that writes and the readers of the same process.
//
// A data file that somebody cut is an error in words (StoreError, EIO), at the begin of the next
// transaction or at the end of the one that met it, and never SIGBUS (bus_guard.h).
//
// Default sync mode and no other: NOSYNC loses acknowledged records. Blocks of the data file are
// reserved ahead (fallocate), so a full disk is met when the map grows, not in the middle of a
// commit.
#pragma once

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <shared_mutex>
#include <stdexcept>
#include <string>

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

  MDB_dbi meta = 0, bundles = 0, tiles = 0, requests = 0, open_exchanges = 0, rings = 0,
          checkpoints = 0;

 private:
  friend class Transaction;
  Environment() = default;
  void open_handle();
  void open_tables();
  void take_writer_lock();
  void reserve_first();
  void reserve_blocks(uint64_t bytes);
  void watch_map();
  void check_whole() const;
  EnvironmentOptions options_;
  MDB_env* env_ = nullptr;
  const void* watched_ = nullptr;  // the map, for the bus guard
  int writer_lock_ = -1;           // held for life: a second writer of the same log is refused
  // Held shared by every transaction, alone while the map moves.
  mutable std::shared_mutex map_;
};

// Ends itself: aborts unless committed. One at a time per thread. Throws StoreError.
class Transaction {
 public:
  Transaction(Environment& environment, bool write);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  MDB_txn* handle() const { return txn_; }
  void commit();

 private:
  void begin(Environment& environment, bool write);
  std::shared_lock<std::shared_mutex> map_;
  MDB_txn* txn_ = nullptr;
  uint64_t faults_ = 0;  // base::bus_faults() when it began
};

}  // namespace sallyport::evidence_log
