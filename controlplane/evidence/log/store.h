// store.h: the one writer of the evidence log. Everything a batch brings (record bundles, Merkle
// tiles, request index, open exchanges, ring cursors) commits in one LMDB transaction: no loss, no
// duplicate.
//
//   bundles         first index (u64 BE)          -> records, packed (bundle.h)
//   tiles           row (u8), number (u64 BE)     -> hashes, 32 bytes each
//   requests        request id (16)               -> ExchangeIndex
//   open_exchanges  ring key (28), request id     -> index of the admitted record
//   rings           ring key (28)                 -> RingState
//   checkpoints     tree size (u64 BE)            -> signed note
//   meta            size, origin, boot, version, book, keys, rotation, tls_size, tls_day
//
// A pruned record leaves its place in the bundle (a length of 0) and its leaf hash in tiles.
//
// Invariants
//   I1  a ring's records enter the log once, in sequence order: RingState is in the same
//       transaction, and a batch that does not continue it is refused.
//   I2  every Completed or Interrupted record has an Admitted record of the same ring before it,
//       and none has two.
//   I3  after a failed commit the store is as it was; the same batch can be tried again.
// Limits kCheckpointsKept notes; then older ones are thinned: the first, the newest and those that
//        two keys signed stay.
// Owner  one thread (the drainer's).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/environment.h"
#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/log/log.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {

struct RingState {
  uint64_t committed_sequence = 0;
  uint64_t committed_position = 0;
  uint64_t closed = 0;  // its files may be removed
};

// What the drainer says about a ring or the host. Everything else is a ControlRecord; an
// Administration given here becomes one.
struct NoteFields {
  contract::RecordKind kind = contract::RecordKind::Administration;
  std::string code;
  std::string actor;
  std::string detail;
  contract::Digest before{};
  contract::Digest after{};
  uint64_t from = 0;
  uint64_t to = 0;
  std::optional<RingKey> ring;  // a Gap's producer
  uint64_t ring_sequence = 0;   // set when the note stands for that record of the ring
};

// What came, by kind: of the minute and of the UTC day. In the log's own transactions, so exact.
struct Counts {
  uint64_t admitted = 0;
  uint64_t completed = 0;
  uint64_t refused = 0;  // single and in aggregates
  uint64_t interrupted = 0;
  uint64_t gaps = 0;
  uint64_t security = 0;
  uint64_t control = 0;
  uint64_t traffic() const { return admitted + refused; }
};
struct Book {
  uint64_t minute = 0;          // Unix time / 60 of the running minute; 0: never begun
  uint64_t day_first = 0;       // index of the day's first record
  uint64_t pruned_day = 0;      // Unix time / 86 400 of the last complete retention run
  uint64_t pruned_records = 0;  // of all runs
  Counts of_minute;
  Counts of_day;
};
// Adds one record. REQUIRES: a whole header.
void count_record(std::span<const uint8_t> record, Counts& counts);
enum class Turn : uint8_t { None, Minute, Day };

inline constexpr size_t kCheckpointsKept = 10'000;

class Store {
 public:
  // Opens or makes the log. Throws StoreError, or std::runtime_error when the content is not ours.
  Store(std::shared_ptr<Environment> environment, const std::string& origin);

  // A batch collects; commit() makes it durable. Any exception leaves the log as it was (I3).
  struct Batch {
    struct Entry {
      std::vector<uint8_t> bytes;
      std::optional<RingKey> ring;  // set for records of a ring, and for Gaps that stand for one
    };
    std::vector<Entry> entries;
    std::map<RingKey, RingState> rings;
    std::optional<std::array<uint8_t, 16>> boot_id;
    // A new minute or day: the counts begin anew before the entries are added.
    Turn turn = Turn::None;
    uint64_t minute = 0;
    // Records whose content goes, ascending; entries must hold the record that says so.
    std::vector<uint64_t> pruned;
    std::optional<uint64_t> pruned_day;
    // A key that is coming: its record is among the entries. Or it does not come.
    std::optional<LogKey> coming_key;
    bool no_coming_key = false;
    // The list of the log's keys, with what one of the entries says of a key.
    std::optional<std::vector<LogKey>> keys;
    bool empty() const {
      return entries.empty() && rings.empty() && !boot_id && turn == Turn::None && pruned.empty() &&
             !pruned_day && !coming_key && !no_coming_key && !keys;
    }
  };
  // Records that break I2 are replaced by a Gap with their digest (a hostile producer; counted).
  // Throws StoreError (is_full() among others), std::logic_error for a batch that breaks I1.
  void commit(const Batch& batch);

  // What TlsDay counted of the first `size` records.
  struct TlsState {
    uint64_t size = 0;
    std::string state;
  };
  // REQUIRES: a note for this size that the signer has made durable. `tls` goes into the same
  // transaction.
  void add_checkpoint(uint64_t size, const std::string& note,
                      const std::optional<TlsState>& tls = {});
  std::optional<TlsState> tls_state() const;  // nothing: never kept

  // `keys` become the list of the log's keys. With a note, that of the newest key's crossing
  // checkpoint: it is kept for ever, and no key is coming any more, all in one transaction.
  void set_keys(const std::vector<LogKey>& keys, const std::string& note = {});

  uint64_t size() const { return size_; }
  const std::vector<LogKey>& keys() const { return keys_; }
  const Book& book() const { return book_; }
  Hash root() const;
  std::optional<RingState> ring(const RingKey& key) const;
  std::vector<std::pair<RingKey, RingState>> rings() const;
  std::vector<contract::RequestId> open_exchanges(const RingKey& key) const;
  std::optional<std::array<uint8_t, 16>> boot_id() const;
  uint64_t unexpected_records() const { return unexpected_; }
  const std::shared_ptr<Environment>& environment() const { return environment_; }

 private:
  struct EdgeTile {
    uint64_t number = 0;
    std::vector<Hash> hashes;
  };
  struct Writer;  // one commit in progress
  void load();
  void load_edges(const LogReader& reader);
  void begin_log();
  void thin_checkpoints(const Transaction& transaction) const;

  std::shared_ptr<Environment> environment_;
  std::string origin_;
  uint64_t size_ = 0;
  std::vector<EdgeTile> edges_;  // right edge tile per row
  uint64_t unexpected_ = 0;
  Book book_;
  std::vector<LogKey> keys_;
};

// Bytes of the records that the control plane makes itself.
std::vector<uint8_t> note_record(const NoteFields& fields, uint64_t wall_ns, uint64_t monotonic_ns);
std::vector<uint8_t> interrupted_record(const RingKey& ring, const contract::RequestId& id,
                                        const char* reason, uint64_t wall_ns,
                                        uint64_t monotonic_ns);

}  // namespace sallyport::evidence_log
