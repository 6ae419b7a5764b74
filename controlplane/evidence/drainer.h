// drainer.h: from rings to the log. One thread of sallyportd calls drain_once() in a loop (or
// run()).
//
// A round: look for rings, read what they hold, commit it in one synced transaction, then move the
// cursors. Durability `committed` waits for exactly this, so there is no timer in it: while one
// commit syncs, the next batch gathers by itself. When LMDB or the disk is full, nothing advances,
// the state says so in every cursor and in status(), and the same batch is tried again until it
// goes through.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "controlplane/evidence/store.h"

namespace sallyport::evidence_log {

struct DrainerOptions {
  std::filesystem::path rings_folder;  // <run dir>/rings; made when missing (0700)
  std::filesystem::path store_folder;  // <state dir>/evidence; made when missing (0700)
  std::filesystem::path key_file;      // Ed25519, made when missing
  std::string node_name;               // origin becomes "sallyport/<node name>"
  uint64_t map_bytes = 256ULL << 20;
  uint64_t map_bytes_max = 256ULL << 30;
  size_t batch_records_max = 4096;
  uint64_t checkpoint_ms = 1000;                // at most one signature per so long while busy
  uint64_t checkpoint_idle_ms = 20;             // or after so long without a new record
  std::function<void(const std::string&)> log;  // one line per event worth an operator's attention
};

struct DrainerStatus {
  uint64_t log_size = 0;
  uint64_t records_committed = 0;  // by this process
  uint64_t commits = 0;
  uint64_t rings_live = 0;
  uint64_t rings_stopped = 0;  // framing problem: not read any more
  uint64_t gaps = 0;
  uint64_t interrupted = 0;
  uint64_t last_commit_us = 0;
  uint64_t checkpoint_size = 0;
  uint64_t checkpoint_wall_ns = 0;
  uint64_t map_bytes = 0;
  uint64_t used_bytes = 0;
  bool blocked = false;
  std::string problem;  // empty when all is well
};

class Drainer {
 public:
  // Opens the store, checks it against the last signed checkpoint, and refuses (std::runtime_error)
  // a log that was put back or changed. Notes a host reboot as a possible gap.
  explicit Drainer(DrainerOptions options);
  ~Drainer();
  Drainer(const Drainer&) = delete;

  // Work done: records committed, rings opened or closed, checkpoints signed. Never throws for a
  // full disk.
  size_t drain_once();
  // Until `stop`: drain_once, sleeping 200 us to 1 ms when there was nothing to do.
  void run(const std::atomic<bool>& stop);
  // Any thread: goes into the log with the next commit.
  void append_note(NoteFields fields);
  DrainerStatus status() const;
  // For queries in this process.
  LogReader reader() const;
  VerifierKey verifier() const;

 private:
  struct Ring;
  void scan_rings(uint64_t now_ns);
  void open_ring(const RingKey& key, uint64_t now_ns);
  void note_missing_rings();
  void note_reboot();
  size_t gather(Store::Batch& batch);
  void gather_ring(Ring& ring, Store::Batch& batch);
  void finish_ring(Ring& ring, Store::Batch& batch);
  bool try_commit(const Store::Batch& batch);
  void advance_cursors(const Store::Batch& batch);
  void remove_closed();
  bool sign_if_due(uint64_t now_ns);
  void check_against_last_signed();
  void heartbeat(uint64_t now_ns);
  void say(const std::string& line) const;
  void set_problem(const std::string& problem, bool blocked);

  DrainerOptions options_;
  std::unique_ptr<Signer> signer_;
  std::unique_ptr<Store> store_;
  std::map<RingKey, std::unique_ptr<Ring>> rings_;
  Store::Batch pending_;           // kept until it is committed
  std::vector<NoteFields> notes_;  // guarded by mutex_
  mutable std::mutex mutex_;
  DrainerStatus status_;  // guarded by mutex_
  uint64_t next_scan_ns_ = 0;
  uint64_t last_commit_ns_ = 0;
  uint64_t last_signed_ns_ = 0;
  uint64_t signed_size_ = 0;
  uint64_t retry_at_ns_ = 0;
  uint64_t readers_checked_ns_ = 0;
};

}  // namespace sallyport::evidence_log
