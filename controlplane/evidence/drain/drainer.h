// drainer.h: from rings to the log. One thread of sallyportd calls drain_once() in a loop (or
// run()).
//
// A round: look for rings, read what they hold, commit it in one synced transaction, then move the
// cursors. Durability `committed` waits for exactly this, so there is no timer in it: while one
// commit syncs, the next batch gathers by itself. When LMDB or the disk is full, nothing advances,
// the state says so in every cursor and in status(), and the same batch is tried again until it
// goes through. Any other failure of the store (a sync that failed, damage) is thrown: a process
// that starts again reads what is really there, one that goes on would guess.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controlplane/evidence/drain/last_seen.h"
#include "controlplane/evidence/drain/retention.h"
#include "controlplane/evidence/drain/scrubber.h"
#include "controlplane/evidence/drain/tls_day.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/store.h"

namespace sallyport::evidence_log {

// Sealed mappings as they lay in a ring (contract/mapping_record.h), in the ring's order.
using SealedMappings = std::vector<std::vector<uint8_t>>;

struct DrainerOptions {
  std::filesystem::path rings_folder;  // <run dir>/rings; made when missing (0700)
  std::filesystem::path store_folder;  // <state dir>/evidence; made when missing (0700)
  // Names the files of the signer: ".state", ".vkey" and ".pem" are those of the log whatever key
  // is in force. Itself the first key, Ed25519, made when a new log has no token.
  std::filesystem::path key_file;
  // The run dir: memory that a copy of the state folder is no part of (last_seen.h). Empty: none.
  std::filesystem::path memory_folder;
  std::optional<TokenKeyOptions> token;  // the key that the configuration names
  OpenToken open_token;                  // token_key(); null: this program has no tokens
  std::string node_name;                 // origin becomes "sallyport/<node name>"
  uint64_t map_bytes = 256ULL << 20;
  uint64_t map_bytes_max = 256ULL << 30;
  size_t batch_records_max =
      16'384;                        // a backlog pays for few syncs; alone, a record waits for none
  uint64_t checkpoint_ms = 1000;     // no record is older than this without a signature
  uint64_t checkpoint_idle_ms = 20;  // sooner in a pause of so long, if none was signed just now,
                                     // and in any pause ten times as long
  uint64_t clock_doubt_ms = 86'400'000;  // after the wall clock was set by hours, nothing is
                                         // removed by age for so long: an operator may set it right
  bool heartbeats = false;  // a record each minute, also when nothing came; closes of day
  std::optional<RetentionPolicy> retention;  // a run each UTC day; none: nothing is ever removed
  HoldHook held;
  std::function<uint64_t()> wall_clock;         // nanoseconds; empty: the host's
  std::function<void(const std::string&)> log;  // one line per event worth an operator's attention
  // Makes mappings durable; the drainer's thread waits for it before it commits what stood behind
  // them in the ring. Empty: done (the same mappings may come again after a crash). Else why not:
  // nothing advances, and it is asked again. Null: mappings are dropped.
  std::function<std::string(const SealedMappings&)> keep_mappings;
  // Called at named points of a round ("gathered", "committed", "cursors_moved", "signed",
  // "checkpoint_kept", "ring_closed"; of a change of keys "key_made", "key_crossed", "key_kept",
  // "key_published", "key_removed"): where a test of crashes ends the process.
  std::function<void(const char* point)> at_point;
};

struct DrainerStatus {
  uint64_t log_size = 0;
  uint64_t records_committed = 0;  // by this process
  uint64_t commits = 0;
  uint64_t rings_live = 0;
  uint64_t rings_stopped = 0;  // framing problem: not read any more
  uint64_t gaps = 0;
  uint64_t interrupted = 0;
  uint64_t mappings = 0;    // sealed batches handed on, by this process
  uint64_t drained_ns = 0;  // CLOCK_MONOTONIC: all that rings held then is committed
  uint64_t last_commit_us = 0;
  uint64_t checkpoint_size = 0;
  uint64_t checkpoint_wall_ns = 0;
  uint64_t map_bytes = 0;
  uint64_t used_bytes = 0;
  uint64_t scrubbed_to = 0;       // read back and found right, since the day began
  uint64_t heartbeat_minute = 0;  // Unix time / 60 of the running minute
  uint64_t pruned_records = 0;
  uint64_t pruned_day = 0;    // Unix time / 86 400 of the last complete retention run
  int64_t clock_step_s = 0;   // the last time that the wall clock was set by an hour or more
  uint64_t clock_set_ns = 0;  // CLOCK_MONOTONIC when it was noticed; 0: never
  bool clock_in_doubt = false;
  bool blocked = false;
  std::string problem;       // empty when all is well
  std::string put_back;      // why the log may be an old copy; kept over starts (last_seen.h)
  bool key_differs = false;  // the configuration names another key than the one in force
};

// What came of rotate_key().
struct KeyChanged {
  std::string code = {};  // empty: done; else "busy", "key_unchanged", "key_retired",
                          // "key_unusable", "key_not_yet": it goes on by itself when there is room
  std::string problem = {};
  std::string old_vkey = {};
  std::string new_vkey = {};
  uint64_t record = 0;
  uint64_t checkpoint = 0;
};

class Drainer {
 public:
  // Opens the store, checks it against the last signed checkpoint, and refuses (std::runtime_error)
  // a log that was put back or changed. Notes a host reboot as a possible gap.
  explicit Drainer(DrainerOptions options);
  ~Drainer();
  Drainer(const Drainer&) = delete;

  // Work done: records committed, rings opened or closed, checkpoints signed. Never throws for a
  // full disk; std::exception for what only a new start can mend.
  size_t drain_once();
  // Until `stop`: drain_once, sleeping 200 us to 1 ms when there was nothing to do, 2 ms after a
  // second of that. After `stop` it commits and signs what is there. Throws what drain_once throws.
  void run(const std::atomic<bool>& stop);
  // Any thread: goes into the log with the next commit. The answer, a ticket, is for wait_note().
  uint64_t append(const ControlRecord& record);
  uint64_t append_note(const NoteFields& fields);
  // Any thread but the drainer's: true once that record is committed, false when time ran out.
  bool wait_note(uint64_t ticket, std::chrono::milliseconds time);
  // Any thread: signature lines of a witness for the checkpoint of this size; kept with its note.
  // Lines are the caller's to judge (VerifierKey::cosignatures).
  void add_cosignatures(uint64_t size, const std::string& lines);
  // Any thread but the drainer's; blocks while it opens the key, and then for `time` at most. The
  // next key of the log: `token`, or a new file beside the signer's state. drainer_keys.cc has the
  // steps; a process that ends in one of them goes on with it at its next start.
  KeyChanged rotate_key(const std::optional<TokenKeyOptions>& token, const std::string& actor,
                        const std::string& reason, std::chrono::milliseconds time);
  // Any thread: from the next retention run on. Without options.retention nothing is ever removed.
  void set_retention(RetentionPolicy policy);
  DrainerStatus status() const;
  // For queries in this process.
  LogReader reader() const;
  VerifierKey verifier() const;

 private:
  struct Ring;
  // drainer_keys.cc: the key in force, and how the next one comes into force.
  struct KeyChange {
    enum class Step : uint8_t { Wanted, Recorded, Crossed, Removing };
    Step step = Step::Wanted;
    LogKey coming;
    std::unique_ptr<SigningKey> key;
    ControlRecord record;  // Wanted
    std::string problem;   // of a key that cannot come
    size_t retiring = 0;   // Removing: the number of the key that ends
    uint64_t retry_at_ns = 0;
  };
  void open_signer(const std::string& origin);
  std::unique_ptr<SigningKey> key_in_force();
  std::unique_ptr<SigningKey> open_key(const LogKey& key) const;
  void go_on_with_change();
  void go_on_with_removal();
  bool is_crossing() const;  // nothing is signed until the log has the last checkpoint
  void list_first_key();
  size_t change_key();
  void begin_change();
  void cross_sign();
  void abandon_change(const std::string& problem);
  void keep_change();
  void begin_removal();
  void end_change(KeyChanged answer);
  void leave_change();  // nobody waits for what this process does not do any more
  std::filesystem::path keys_folder() const { return options_.key_file.parent_path(); }
  // Start: drainer_start.cc.
  void check_against_last_signed();
  void check_tail() const;
  void look_for_put_back();
  void suspect(const char* reason, const std::string& what, uint64_t known_size);
  void keep_checkpoint(uint64_t size, const std::string& note,
                       const std::optional<Store::TlsState>& tls = {});
  void note_reboot();
  void note_missing_rings();
  // Rings.
  size_t scan_rings();
  bool open_ring(const RingKey& key);
  bool attach_cursor(Ring& ring);
  void mend_cursor(Ring& ring);
  void note_reappeared(Ring& ring);
  void complain(const RingKey& key, const std::string& why);
  void remove_files(const RingKey& key) const;
  size_t remove_closed();
  // One round.
  size_t gather();
  size_t gather_notes();
  size_t gather_ring(Ring& ring, size_t records_max);
  void add_record(Ring& ring, RingRecord& record);
  void stop_ring(Ring& ring, RingProblem problem);
  bool finish_ring(Ring& ring);
  void close_exchanges(const RingKey& key, const char* reason);
  uint64_t append_bytes(std::vector<uint8_t> bytes);
  void add_note(const NoteFields& fields);
  size_t commit_pending();
  bool try_commit();
  bool keep_mappings();
  void after_commit(uint64_t began_ns);
  size_t sign_if_due(bool at_end);
  void sign();
  void heartbeat();
  void grow_ahead();
  void update_sizes();
  // drainer_book.cc: minutes, days, retention, reading back.
  uint64_t wall_ns() const;
  void add_control(const ControlRecord& record);
  size_t turn_minute();
  void note_clock(uint64_t wall_ns, uint64_t minute);
  void doubt_clock(int64_t step_ns);
  bool is_clock_in_doubt();
  ControlRecord heartbeat_record(uint64_t minute) const;
  void close_day(uint64_t minute);
  void add_sequences(ControlRecord& record) const;
  void take_up_tls_day(uint64_t unix_seconds);
  void see_again(uint64_t from);
  std::optional<Store::TlsState> tls_state() const;
  void see_identities();
  std::string vendor_of(const contract::RequestId& id) const;
  void close_tls_at_end();
  size_t keep_cosignatures();
  size_t care_in_pause();
  void scrub();
  RetentionPolicy retention_now() const;
  size_t prune();
  void say(const std::string& line) const;
  void at(const char* point) const {
    if (options_.at_point) options_.at_point(point);
  }
  void set_problem(const std::string& problem, bool blocked);

  DrainerOptions options_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Signer> signer_;
  LastSeen last_seen_;
  std::string suspicion_;              // of this start
  std::unique_ptr<KeyChange> change_;  // in work, by the drainer's thread
  KeyPlace place_in_force_;
  std::map<RingKey, std::unique_ptr<Ring>> rings_;
  std::set<RingKey> complained_;
  Store::Batch pending_;  // kept until it is committed
  SealedMappings pending_mappings_;
  uint64_t read_all_ns_ = 0;  // the last round that read every ring to its end
  uint64_t pending_gaps_ = 0;
  uint64_t pending_interrupted_ = 0;
  uint64_t pending_ticket_ = 0;  // the last note in pending_
  uint64_t now_ns_ = 0;          // CLOCK_MONOTONIC at the beginning of the round
  uint64_t next_scan_ns_ = 0;
  uint64_t last_record_ns_ = 0;
  uint64_t last_signed_ns_ = 0;
  uint64_t unsigned_since_ns_ = 0;  // the oldest record without a signature was committed then
  uint64_t retry_at_ns_ = 0;
  uint64_t sign_retry_at_ns_ = 0;
  uint64_t next_care_ns_ = 0;
  uint64_t next_scrub_ns_ = 0;
  uint64_t next_prune_ns_ = 0;
  bool sign_at_once_ = false;            // the day is over
  bool minute_seen_ = false;             // in this process
  uint64_t doubt_until_ns_ = 0;          // CLOCK_MONOTONIC
  std::optional<int64_t> clock_offset_;  // wall clock - CLOCK_MONOTONIC
  std::optional<Scrubber> scrubber_;
  bool scrub_said_ = false;
  std::optional<RetentionRun> run_;
  TlsDay tls_day_;
  uint64_t tls_ticket_ = 0;  // the last record that tls_day_ gave to append()
  uint64_t former_unexpected_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable committed_;
  std::vector<std::vector<uint8_t>> waiting_;     // guarded by mutex_, as all below
  std::map<uint64_t, std::string> cosignatures_;  // by checkpoint size, to be kept
  std::unique_ptr<KeyChange> wanted_change_;
  bool changing_key_ = false;
  std::optional<KeyChanged> key_changed_;
  uint64_t tickets_ = 0;
  uint64_t committed_ticket_ = 0;
  DrainerStatus status_;
};

}  // namespace sallyport::evidence_log
