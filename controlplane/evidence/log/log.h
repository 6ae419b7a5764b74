// log.h: read access to the evidence log: records by index, tiles, indexes, checkpoints.
//
// Works beside the writer, in its process (shared Environment) or in another one. Read transactions
// are short: a long one would pin pages and make the file grow.
//
// What is damaged is never an answer: pages are looked at before they are believed
// (table_reader.h), records are held against their hashes, places in the index against the record
// that lies there. Damage is an exception that names it (PageDamage, std::runtime_error).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/log/environment.h"
#include "controlplane/evidence/log/merkle.h"
#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::evidence_log {

inline constexpr uint64_t kNoIndex = ~0ULL;

// Positions of an exchange's records in the log.
struct ExchangeIndex {
  uint64_t admitted = kNoIndex;  // or the Refused record
  uint64_t verdict = kNoIndex;   // Completed or Interrupted; equal to `admitted` for Refused
};

// A record, decoded by copy. Pointers are null when the kind has no such part.
class RecordView {
 public:
  // REQUIRES: validate_record(bytes) == None.
  explicit RecordView(std::span<const uint8_t> bytes);
  const contract::RecordHeader& header() const { return header_; }
  contract::RecordKind kind() const { return static_cast<contract::RecordKind>(header_.kind); }
  contract::RequestId request_id() const {
    return contract::RequestId::of_words(header_.request_high, header_.request_low);
  }
  const std::optional<contract::RequestPart>& request() const { return request_; }
  const std::optional<contract::OutcomePart>& outcome() const { return outcome_; }
  const std::optional<contract::AggregatePart>& aggregate() const { return aggregate_; }
  const std::optional<contract::TlsPart>& tls() const { return tls_; }
  const std::optional<contract::NotePart>& note() const { return note_; }
  const std::optional<contract::ControlPart>& control() const { return control_; }
  const std::vector<contract::ControlField>& fields() const { return fields_; }
  const std::vector<contract::Tally>& tallies() const { return tallies_; }
  const std::vector<contract::SubjectId>& subjects() const { return subjects_; }

 private:
  contract::RecordHeader header_{};
  std::optional<contract::RequestPart> request_;
  std::optional<contract::OutcomePart> outcome_;
  std::optional<contract::AggregatePart> aggregate_;
  std::optional<contract::TlsPart> tls_;
  std::optional<contract::NotePart> note_;
  std::optional<contract::ControlPart> control_;
  std::vector<contract::ControlField> fields_;
  std::vector<contract::Tally> tallies_;
  std::vector<contract::SubjectId> subjects_;
};

// Of a retention record (RecordKind::Retention) that removed records, and of no other.
inline constexpr std::string_view kPrunedAction = "pruned";

// Which records are pruned. Every retention record of kPrunedAction holds the digest of this set
// as it was after that run, so the newest one answers for all that is missing.
class PrunedRanges {
 public:
  void add(uint64_t index);
  bool contains(uint64_t index) const;
  // SHA-256 over begin and end (u64, big-endian) of each range, ascending, ranges as long as can
  // be; zero when nothing is pruned.
  contract::Digest digest() const;
  const std::map<uint64_t, uint64_t>& ranges() const { return ranges_; }  // begin -> end

 private:
  std::map<uint64_t, uint64_t> ranges_;
};

struct Book;    // store.h
struct LogKey;  // key_chain.h

// AsStored is for those who compare with the hashes themselves, to name all that is wrong.
enum class Content : uint8_t { Hashed, AsStored };

class LogReader : public TileSource {
 public:
  // Opens the store read-only from its folder (sallyctl, offline), or shares the daemon's
  // environment.
  static LogReader open(const std::filesystem::path& folder);
  explicit LogReader(std::shared_ptr<Environment> environment);

  uint64_t size() const;                                             // records in the log
  std::optional<std::vector<uint8_t>> record(uint64_t index) const;  // nothing when it is pruned
  // Calls `visit` for records [from, to) in order until it returns false; a pruned one is empty.
  // Transactions are renewed on the way.
  void scan(uint64_t from, uint64_t to,
            const std::function<bool(uint64_t index, std::span<const uint8_t> record)>& visit,
            Content content = Content::Hashed) const;
  PrunedRanges pruned() const;  // reads the head of every bundle
  std::optional<Book> book() const;
  std::optional<ExchangeIndex> exchange(const contract::RequestId& id) const;
  // The same as the index has it, right or wrong.
  std::optional<ExchangeIndex> indexed(const contract::RequestId& id) const;
  uint64_t exchange_count() const;
  uint64_t open_count() const;  // admitted, no verdict yet
  std::vector<Hash> tile(uint32_t row, uint64_t number) const override;
  std::vector<std::string> checkpoints() const;  // all kept notes, oldest first
  std::optional<std::string> latest_checkpoint() const;
  std::optional<std::string> checkpoint(uint64_t size) const;  // the kept note of just this size
  std::string origin() const;
  // The keys that signed this log, oldest first; empty: it was never written by a version that
  // lists them. Nothing of it is proven (KeyChain).
  std::vector<LogKey> keys() const;
  std::optional<LogKey> coming_key() const;  // a change that is recorded and not signed yet
  const Environment& environment() const { return *environment_; }
  // Every page of the file, as it is now. Throws PageDamage for the first that is wrong.
  PageWalk walk() const;

 private:
  void check_place(const contract::RequestId& id, uint64_t index) const;
  std::shared_ptr<Environment> environment_;
};

}  // namespace sallyport::evidence_log
