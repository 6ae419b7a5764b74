// query_verify.cc: verify() of query.h: the whole log against everything that it says about itself.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/log/store.h"
#include "controlplane/evidence/log/store_keys.h"
#include "controlplane/evidence/query/query.h"
#include "controlplane/evidence/ring/ring_reader.h"
#include "controlplane/evidence/verifier/export_note.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordHeader;
using contract::RecordKind;

constexpr size_t kProblemsMax = 100;

struct Admission {
  uint64_t index = 0;
  RingKey ring;
};

// A note to compare with: a stored checkpoint, or one that the caller kept.
struct Expected {
  Checkpoint checkpoint;
  bool from_outside = false;
  std::string witness = {};  // whose it is; empty: the caller's, or the log's own
  std::string name() const {
    return witness.empty() ? (from_outside ? "the known checkpoint" : "the checkpoint")
                           : "the checkpoint that " + witness + " keeps,";
  }
};

class Verifier {
 public:
  Verifier(const LogReader& log, const VerifyOptions& options) : log_(log), options_(options) {}

  VerifyReport run() {
    // One step after the other; a step that meets damage must not hide what the others find.
    step([&] { log_.walk(); });
    step([&] { read_keys(); });
    step([&] { read_checkpoints(); });
    step([&] { check_changes(); });
    step([&] { read_known_checkpoint(); });
    step([&] { check_witnesses(); });
    step([&] { read_witnessed(); });
    step([&] { read_book(); });
    step([&] { walk(log_.size()); });
    step([&] { check_tables(); });
    step([&] { check_pruned(); });
    report_.root = base64(range_.root());
    report_.records = range_.size();
    report_.open = open_.size();
    for (const Expected& expected : expected_)
      if (!expected.from_outside) newest_ = std::max(newest_, expected.checkpoint.size);
    report_.after_checkpoint = range_.size() - std::min(newest_, range_.size());
    report_.ok = report_.problems.empty();
    return report_;
  }

 private:
  template <class Step>
  void step(Step&& what) {
    try {
      what();
    } catch (const std::exception& error) {
      problem(error.what());
    }
  }
  void problem(const std::string& text) {
    if (report_.problems.size() < kProblemsMax) report_.problems.push_back(text);
  }

  void read_keys();
  std::optional<Checkpoint> opened(const std::string& note, const std::string& what);
  void check_changes();
  void read_checkpoints();
  void read_known_checkpoint();
  void check_witnesses();
  void read_witnessed();
  void judge_roots();
  void read_book();
  void walk(uint64_t size);
  void check_tables();
  void add(uint64_t index, std::span<const uint8_t> record);
  void check_sequence(uint64_t index, const RecordHeader& header);
  void check_exchange(uint64_t index, const RecordHeader& header);
  void check_index_entry(uint64_t index, const RecordHeader& header, bool verdict);
  void add_hash(uint32_t row, const Hash& hash);
  void compare_tile(uint32_t row);
  void check_tiles();
  void check_indexes(const Transaction& transaction);
  void check_rings(const Transaction& transaction);
  void check_book(const Transaction& transaction);
  void add_missing(uint64_t index);
  void check_pruned();

  const LogReader& log_;
  const VerifyOptions& options_;
  VerifyReport report_;
  std::vector<LogKey> log_keys_;
  std::optional<KeyChain> keys_;
  std::vector<Expected> expected_;
  std::multimap<uint64_t, const Expected*> by_size_;
  uint64_t newest_ = 0;
  CompactRange range_;
  std::vector<std::vector<Hash>> tiles_;  // being filled, one per row
  std::vector<uint64_t> tile_numbers_;
  std::map<contract::RequestId, Admission> open_;
  std::map<RingKey, uint64_t> sequences_;
  uint64_t indexed_ = 0;
  PrunedRanges missing_;
  std::map<RingKey, uint64_t> missing_at_;  // report_.pruned when the ring was last seen
  std::optional<contract::ControlPart> last_run_;
  uint64_t day_first_ = 0;
  Counts of_day_;
};

// Nothing, said as a problem, when it is none, or not by a key that may have signed it.
std::optional<Checkpoint> Verifier::opened(const std::string& note, const std::string& what) {
  std::string why = "is malformed";
  const auto body = read_checkpoint(note);
  if (!body) {
    problem(what + " is malformed");
    return std::nullopt;
  }
  const auto checkpoint = keys_ ? keys_->open(note, why) : body;
  if (!checkpoint) problem(what + " of size " + std::to_string(body->size) + " " + why);
  return checkpoint;
}

void Verifier::read_keys() {
  if (!options_.vkey) return;
  const auto key = VerifierKey::parse(*options_.vkey);
  if (!key) return problem("the given key is no verifier key line");
  if (key->name() != log_.origin())
    problem("the log is of " + log_.origin() + ", the key is of " + key->name());
  log_keys_ = log_.keys();
  keys_.emplace(*key, log_keys_);
  if (!keys_->problem().empty()) problem(keys_->problem());
  report_.keys = keys_->size();
  report_.signatures_checked = true;
}

// Each change of keys has its record, and both signatures over what covers it.
void Verifier::check_changes() {
  for (size_t i = 1; keys_ && i < keys_->size(); ++i) {
    const LogKey& key = log_keys_[i];
    const auto record = log_.record(key.record).value_or(std::vector<uint8_t>{});
    const std::string why =
        keys_->change_problem(i, record, log_.checkpoint(key.checkpoint).value_or(""));
    if (!why.empty()) problem(why);
  }
}

void Verifier::read_checkpoints() {
  const std::string origin = log_.origin();
  uint64_t former = 0;
  for (const std::string& note : log_.checkpoints()) {
    ++report_.checkpoints;
    const auto checkpoint = opened(note, "checkpoint");
    if (!checkpoint) continue;
    if (checkpoint->origin != origin) problem("a checkpoint of another log: " + checkpoint->origin);
    if (checkpoint->size < former) problem("checkpoints out of order");
    former = checkpoint->size;
    expected_.push_back({*checkpoint, false});
  }
}

void Verifier::read_known_checkpoint() {
  if (!options_.known_checkpoint) return;
  const auto known = opened(*options_.known_checkpoint, "the known checkpoint");
  if (!known) return;
  if (known->origin != log_.origin()) problem("the known checkpoint is of " + known->origin);
  expected_.push_back({*known, true});
}

// A witness need not have seen every checkpoint, but one of the kept ones it must have.
void Verifier::check_witnesses() {
  for (const std::string& line : options_.witnesses) {
    const auto witness = export_check::PublicKey::parse(line);
    if (!witness) {
      problem("that is no key of a witness: " + line);
      continue;
    }
    uint64_t newest = 0;
    for (const std::string& note : log_.checkpoints())
      if (const auto seen = witness->open(note)) {
        ++report_.cosignatures;
        newest = std::max(newest, seen->size);
      }
    if (newest == 0) problem("no kept checkpoint has a good cosignature of " + witness->name());
  }
}

// Not one may be of another history: the log was written anew after it was handed over.
void Verifier::read_witnessed() {
  for (const std::string& place : options_.places)
    if (std::none_of(options_.witnessed.begin(), options_.witnessed.end(),
                     [&](const WitnessedCheckpoint& one) { return one.witness == place; }))
      problem("the witness " + place + " keeps no checkpoint of this log");
  for (const WitnessedCheckpoint& one : options_.witnessed) {
    ++report_.witnessed;
    report_.witnessed_size = std::max(report_.witnessed_size, one.size);
    expected_.push_back({{log_.origin(), one.size, one.root}, true, one.witness});
    if (one.note.empty()) continue;
    const auto signed_one = opened(one.note, "the checkpoint that " + one.witness + " keeps");
    if (signed_one && (signed_one->size != one.size || signed_one->root != one.root ||
                       signed_one->origin != log_.origin()))
      problem("what " + one.witness + " keeps for size " + std::to_string(one.size) +
              " is another checkpoint");
  }
}

// Called at every size: the tree as it is now against every note about this size.
void Verifier::judge_roots() {
  const auto [begin, end] = by_size_.equal_range(range_.size());
  for (auto at = begin; at != end; ++at) {
    const Expected& expected = *at->second;
    if (range_.root() == expected.checkpoint.root) continue;
    problem(expected.name() + " of size " + std::to_string(range_.size()) +
            " has another root than the records");
  }
}

void Verifier::read_book() {
  if (const auto book = log_.book()) day_first_ = book->day_first;
}

// From where the last walk ended.
void Verifier::walk(uint64_t size) {
  by_size_.clear();
  for (const Expected& expected : expected_) by_size_.emplace(expected.checkpoint.size, &expected);
  if (range_.size() == 0) judge_roots();
  log_.scan(
      range_.size(), size,
      [&](uint64_t index, std::span<const uint8_t> record) {
        add(index, record);
        judge_roots();
        return true;
      },
      Content::AsStored);
  if (range_.size() != size)
    problem("the log says " + std::to_string(size) + " records and holds " +
            std::to_string(range_.size()));
}

// A log that lives has grown meanwhile. What came is walked too, to the size that the tables have
// in one transaction, so that they must fit exactly.
void Verifier::check_tables() {
  const Environment& e = log_.environment();
  const Transaction transaction(const_cast<Environment&>(e), false);
  MDB_val value{};
  uint64_t size = 0;
  if (get(transaction, e.meta, as_val(kMetaSize), value) && !read_val(value, size))
    problem("the size of the log is damaged");
  if (size > range_.size()) walk(size);
  for (const Expected& expected : expected_)
    if (expected.checkpoint.size > size)
      problem(expected.name() + " has size " + std::to_string(expected.checkpoint.size) +
              ", the log " + std::to_string(size));
  step([&] { check_tiles(); });
  step([&] { check_indexes(transaction); });
  step([&] { check_rings(transaction); });
  step([&] { check_book(transaction); });
}

void Verifier::check_book(const Transaction& transaction) {
  const Environment& e = log_.environment();
  MDB_val value{};
  Book book;
  if (!get(transaction, e.meta, as_val(kMetaBook), value)) return;
  if (!read_val(value, book)) return problem("the book of counts is damaged");
  // A new day since we began, or records of this day that cannot be counted any more.
  const auto& gone = missing_.ranges();
  if (book.day_first != day_first_ || (!gone.empty() && gone.rbegin()->second > day_first_)) return;
  const auto same = [](const Counts& a, const Counts& b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0;
  };
  if (!same(book.of_day, of_day_))
    problem("the counts of the day are not those of its records (from " +
            std::to_string(day_first_) + ")");
}

// Its content is gone; its leaf hash is not, and the roots say whether it is the right one.
void Verifier::add_missing(uint64_t index) {
  const std::vector<Hash> tile = log_.tile(0, index / kTileWidth);
  const uint64_t at = index % kTileWidth;
  if (at >= tile.size())
    throw std::runtime_error("record " + std::to_string(index) + " is gone, and its hash too");
  range_.append(tile[at]);
  add_hash(0, tile[at]);
  missing_.add(index);
  ++report_.pruned;
}

void Verifier::check_pruned() {
  if (report_.pruned == 0) return;
  const std::string first = "record " + std::to_string(missing_.ranges().begin()->first);
  if (!last_run_) return problem(first + " is missing: no retention run of this log removed it");
  if (last_run_->after != missing_.digest())
    problem(std::to_string(report_.pruned) + " records are missing, the first is " + first +
            ": not those that the retention runs removed (" + std::to_string(last_run_->count) +
            " by the last one)");
}

void Verifier::add(uint64_t index, std::span<const uint8_t> record) {
  if (record.empty()) return add_missing(index);
  const Hash leaf = leaf_hash(record);
  range_.append(leaf);
  add_hash(0, leaf);
  if (index >= day_first_ && record.size() >= sizeof(RecordHeader)) count_record(record, of_day_);
  const RecordProblem wrong = validate_record(record);
  if (wrong != RecordProblem::None) {
    problem("record " + std::to_string(index) + " is malformed: " + name_of(wrong));
    return;
  }
  RecordHeader header{};
  std::memcpy(&header, record.data(), sizeof(header));
  check_sequence(index, header);
  check_exchange(index, header);
  if (header.kind != static_cast<uint16_t>(RecordKind::Retention)) return;
  const RecordView view(record);
  if (view.control()->action.view() == kPrunedAction) last_run_ = view.control();
}

void Verifier::check_sequence(uint64_t index, const RecordHeader& header) {
  if (header.ring_sequence == 0) return;
  const RingKey ring{header.boot_id, header.generation, header.worker};
  uint64_t& last = sequences_[ring];
  // Pruned records may have been this ring's.
  const uint64_t between = report_.pruned - std::exchange(missing_at_[ring], report_.pruned);
  if (header.ring_sequence <= last || header.ring_sequence - last - 1 > between)
    problem("record " + std::to_string(index) + ": ring " + ring.file_stem() + " goes from " +
            std::to_string(last) + " to " + std::to_string(header.ring_sequence));
  last = header.ring_sequence;
}

void Verifier::check_exchange(uint64_t index, const RecordHeader& header) {
  const auto id = contract::RequestId::of_words(header.request_high, header.request_low);
  const std::string where =
      "record " + std::to_string(index) + ", " + std::string(contract::request_id_text(id).view());
  const RingKey ring{header.boot_id, header.generation, header.worker};
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Gap:
      ++report_.gaps;
      return;
    case RecordKind::Refused:
      check_index_entry(index, header, false);
      return;
    case RecordKind::Admitted:
      ++report_.exchanges;
      if (!open_.emplace(id, Admission{index, ring}).second) problem(where + ": admitted twice");
      check_index_entry(index, header, false);
      return;
    case RecordKind::Interrupted:
      ++report_.interrupted;
      [[fallthrough]];
    case RecordKind::Completed: {
      const auto admission = open_.find(id);
      if (admission == open_.end()) {
        problem(where + ": a verdict without an admission, or a second one");
        return;
      }
      if (admission->second.ring != ring) problem(where + ": a verdict from another ring");
      open_.erase(admission);
      check_index_entry(index, header, true);
      return;
    }
    default:
      return;
  }
}

// The index names this record, so no other record can stand for the same half of the exchange.
void Verifier::check_index_entry(uint64_t index, const RecordHeader& header, bool verdict) {
  const auto id = contract::RequestId::of_words(header.request_high, header.request_low);
  const auto entry = log_.indexed(id);
  if (!verdict) ++indexed_;
  if (!entry || (verdict ? entry->verdict : entry->admitted) != index)
    problem("record " + std::to_string(index) + " is not where the index of requests says");
}

void Verifier::add_hash(uint32_t row, const Hash& hash) {
  if (row == tiles_.size()) {
    tiles_.emplace_back();
    tile_numbers_.push_back(0);
  }
  tiles_[row].push_back(hash);
  if (tiles_[row].size() < kTileWidth) return;
  compare_tile(row);
  CompactRange whole;
  for (const Hash& entry : tiles_[row]) whole.append(entry);
  tiles_[row].clear();
  ++tile_numbers_[row];
  add_hash(row + 1, whole.root());
}

void Verifier::compare_tile(uint32_t row) {
  std::vector<Hash> stored = log_.tile(row, tile_numbers_[row]);
  if (stored.size() > tiles_[row].size()) stored.resize(tiles_[row].size());  // it has grown
  if (stored != tiles_[row])
    problem("tile " + std::to_string(row) + "/" + std::to_string(tile_numbers_[row]) +
            " does not fit the records");
}

void Verifier::check_tiles() {
  for (uint32_t row = 0; row < tiles_.size(); ++row)
    if (!tiles_[row].empty()) compare_tile(row);
}

void Verifier::check_indexes(const Transaction& transaction) {
  const Environment& e = log_.environment();
  const uint64_t requests = entries(transaction, e.requests);
  if (requests != indexed_)
    problem("the index of requests has " + std::to_string(requests) + " entries for " +
            std::to_string(indexed_) + " requests");
  Cursor cursor(transaction, e.open_exchanges);
  MDB_val key{};
  MDB_val value{};
  size_t listed = 0;
  for (bool more = cursor.get(key, value, MDB_FIRST); more;
       more = cursor.get(key, value, MDB_NEXT), ++listed) {
    uint64_t index = 0;
    if (key.mv_size != sizeof(OpenKey) || !read_val(value, index)) {
      problem("the list of open exchanges is damaged");
      continue;
    }
    const auto* bytes = static_cast<const uint8_t*>(key.mv_data);
    const auto found =
        open_.find(contract::RequestId::of_words(get_be64(bytes + 28), get_be64(bytes + 36)));
    if (found == open_.end() || found->second.index != index ||
        found->second.ring != ring_key_of(bytes))
      problem("an exchange is listed as open that is not");
  }
  if (listed != open_.size())
    problem(std::to_string(open_.size()) + " exchanges have no verdict, " + std::to_string(listed) +
            " are listed as open");
}

void Verifier::check_rings(const Transaction& transaction) {
  const Environment& e = log_.environment();
  Cursor cursor(transaction, e.rings);
  MDB_val key{};
  MDB_val value{};
  std::map<RingKey, uint64_t> left = sequences_;
  std::set<RingKey> closed;
  for (bool more = cursor.get(key, value, MDB_FIRST); more;
       more = cursor.get(key, value, MDB_NEXT)) {
    RingState state;
    if (key.mv_size != sizeof(RingKeyBytes) || !read_val(value, state) || state.closed > 1) {
      problem("the table of rings is damaged");
      continue;
    }
    const RingKey ring = ring_key_of(static_cast<const uint8_t*>(key.mv_data));
    const auto seen = left.find(ring);
    const uint64_t last = seen == left.end() ? 0 : seen->second;
    const uint64_t between = report_.pruned - missing_at_[ring];
    if (last > state.committed_sequence || state.committed_sequence - last > between)
      problem("ring " + ring.file_stem() + ": committed to " +
              std::to_string(state.committed_sequence) + ", the records end at " +
              std::to_string(last));
    if (state.closed != 0) closed.insert(ring);
    if (seen != left.end()) left.erase(seen);
  }
  for (const auto& [ring, last] : left) problem("ring " + ring.file_stem() + " has no state");
  for (const auto& [id, admission] : open_)
    if (closed.contains(admission.ring))
      problem(std::string(contract::request_id_text(id).view()) +
              " has no verdict, but its ring is closed");
}

}  // namespace

VerifyReport verify(const LogReader& log, const VerifyOptions& options) {
  return Verifier(log, options).run();
}

nlohmann::json VerifyReport::json() const {
  return {{"ok", ok},
          {"records", records},
          {"exchanges", exchanges},
          {"open", open},
          {"interrupted", interrupted},
          {"gaps", gaps},
          {"pruned", pruned},
          {"checkpoints", checkpoints},
          {"cosignatures", cosignatures},
          {"witnessed", witnessed},
          {"witnessed_size", witnessed_size},
          {"after_checkpoint", after_checkpoint},
          {"keys", keys},
          {"signatures_checked", signatures_checked},
          {"root", root},
          {"problems", problems}};
}

}  // namespace sallyport::evidence_log
