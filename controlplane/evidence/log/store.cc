#include "controlplane/evidence/log/store.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "controlplane/evidence/log/bundle.h"
#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/log/plain_file.h"
#include "controlplane/evidence/log/store_keys.h"

namespace sallyport::evidence_log {
namespace {

using contract::RecordHeader;
using contract::RecordKind;

std::runtime_error not_ours(const std::filesystem::path& folder, const std::string& why) {
  return std::runtime_error("evidence log in " + folder.string() + ": " + why);
}

RecordHeader control_header(RecordKind kind, const std::optional<RingKey>& ring, uint64_t wall_ns,
                            uint64_t monotonic_ns) {
  RecordHeader header{};
  header.version = contract::kRecordVersion;
  header.kind = static_cast<uint16_t>(kind);
  header.total_bytes = contract::record_shape(header.kind).fixed_bytes;
  if (ring) {
    header.boot_id = ring->boot_id;
    header.generation = ring->generation;
    header.worker = ring->worker;
  }
  header.clock_state = static_cast<uint8_t>(clock_state());
  header.wall_ns = wall_ns;
  header.monotonic_ns = monotonic_ns;
  return header;
}

template <class Part>
std::vector<uint8_t> joined(const RecordHeader& header, const Part& part) {
  std::vector<uint8_t> bytes(sizeof(header) + sizeof(part));
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), &part, sizeof(part));
  return bytes;
}

// The tiles at the right edge, without the disk.
class EdgeSource : public TileSource {
 public:
  void add(uint64_t number, const std::vector<Hash>& hashes) {
    edges_.emplace_back(number, &hashes);
  }
  std::vector<Hash> tile(uint32_t row, uint64_t number) const override {
    if (row >= edges_.size() || edges_[row].first != number) return {};
    return *edges_[row].second;
  }

 private:
  std::vector<std::pair<uint64_t, const std::vector<Hash>*>> edges_;
};

}  // namespace

std::vector<uint8_t> note_record(const NoteFields& fields, uint64_t wall_ns,
                                 uint64_t monotonic_ns) {
  if (fields.kind == RecordKind::Administration) {
    ControlRecord record{.action = fields.code, .actor = fields.actor};
    record.detail = fields.detail;
    record.before = fields.before;
    record.after = fields.after;
    record.from = fields.from;
    record.to = fields.to;
    return control_record_bytes(record, wall_ns, monotonic_ns);
  }
  RecordHeader header = control_header(fields.kind, fields.ring, wall_ns, monotonic_ns);
  header.ring_sequence = fields.ring_sequence;
  contract::NotePart note{};
  note.code.assign(fields.code);
  note.actor.assign(fields.actor);
  note.detail.assign(fields.detail);
  note.before = fields.before;
  note.after = fields.after;
  note.from = fields.from;
  note.to = fields.to;
  return joined(header, note);
}

std::vector<uint8_t> interrupted_record(const RingKey& ring, const contract::RequestId& id,
                                        const char* reason, uint64_t wall_ns,
                                        uint64_t monotonic_ns) {
  RecordHeader header = control_header(RecordKind::Interrupted, ring, wall_ns, monotonic_ns);
  header.request_high = id.high();
  header.request_low = id.low();
  contract::OutcomePart outcome{};
  outcome.outcome = static_cast<uint16_t>(contract::Outcome::Interrupted);
  outcome.reason.assign(reason);
  return joined(header, outcome);
}

void count_record(std::span<const uint8_t> record, Counts& counts) {
  RecordHeader header{};
  std::memcpy(&header, record.data(), sizeof(header));
  uint64_t number = 1;
  uint64_t Counts::*member = &Counts::control;
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Admitted:
      member = &Counts::admitted;
      break;
    case RecordKind::Completed:
      member = &Counts::completed;
      break;
    case RecordKind::RefusedAggregate: {
      contract::AggregatePart part{};
      if (record.size() >= sizeof(header) + sizeof(part))
        std::memcpy(&part, record.data() + sizeof(header), sizeof(part));
      number = part.count;
      [[fallthrough]];
    }
    case RecordKind::Refused:
      member = &Counts::refused;
      break;
    case RecordKind::Interrupted:
      member = &Counts::interrupted;
      break;
    case RecordKind::Gap:
      member = &Counts::gaps;
      break;
    case RecordKind::Security:
      member = &Counts::security;
      break;
    case RecordKind::TlsConnection:  // has a digest of its own: vendor_of_day
      return;
    default:
      break;
  }
  counts.*member += number;
}

Store::Store(std::shared_ptr<Environment> environment, const std::string& origin)
    : environment_(std::move(environment)), origin_(origin) {
  const LogReader reader(environment_);
  if (reader.origin().empty() && reader.size() == 0) begin_log();
  load();
}

void Store::begin_log() {
  Transaction transaction(*environment_, true);
  const Environment& e = *environment_;
  const uint64_t size = 0;
  put(transaction, e.meta, as_val(kMetaVersion), plain_val(kStoreVersion));
  put(transaction, e.meta, as_val(kMetaOrigin), as_val(std::string_view(origin_)));
  put(transaction, e.meta, as_val(kMetaSize), plain_val(size));
  transaction.commit();
  sync_folder(environment_->folder());
}

void Store::load() {
  const LogReader reader(environment_);
  if (reader.origin() != origin_)
    throw not_ours(environment_->folder(),
                   "belongs to " + reader.origin() + ", this node is " + origin_);
  {
    const Transaction transaction(*environment_, false);
    MDB_val value{};
    uint64_t version = 0;
    if (!get(transaction, environment_->meta, as_val(kMetaVersion), value) ||
        !read_val(value, version) || version < kStoreVersionOldest || version > kStoreVersion)
      throw not_ours(environment_->folder(),
                     "has a format that this version does not know: use the sallyportd that wrote "
                     "it, or a newer one");
    if (get(transaction, environment_->meta, as_val(kMetaBook), value) && !read_val(value, book_))
      throw not_ours(environment_->folder(), "damaged: book");
  }
  size_ = reader.size();
  keys_ = reader.keys();
  load_edges(reader);
}

void Store::load_edges(const LogReader& reader) {
  edges_.clear();
  for (uint64_t entries = size_, row = 0; entries > 0; entries /= kTileWidth, ++row) {
    EdgeTile edge{entries / kTileWidth, {}};
    if (entries % kTileWidth != 0)
      edge.hashes = reader.tile(static_cast<uint32_t>(row), edge.number);
    if (edge.hashes.size() != entries % kTileWidth)
      throw not_ours(environment_->folder(), "damaged: edge tile of row " + std::to_string(row));
    edges_.push_back(std::move(edge));
  }
}

Hash Store::root() const {
  EdgeSource source;
  for (const EdgeTile& edge : edges_) source.add(edge.number, edge.hashes);
  // Every peak of the tree is inside an edge tile: a complete tile is an entry one row up.
  return Tree(source).root(size_);
}

// One commit: works on copies, which replace the store's only after LMDB has said yes (I3).
struct Store::Writer {
  Writer(const Store& owner, const Batch& from)
      : store(owner),
        e(*owner.environment_),
        batch(from),
        transaction(*owner.environment_, true),
        size(owner.size_),
        edges(owner.edges_),
        touched(owner.edges_.size(), false),
        book(owner.book_) {}

  void run();
  void check_still_ours();
  void add(const Batch::Entry& entry);
  void check_sequence(const Batch::Entry& entry, const RecordHeader& header);
  bool expected(const RecordHeader& header);
  bool expected_verdict(const RecordHeader& header, const RingKey& ring, MDB_val request);
  void replace_by_gap(const Batch::Entry& entry, const RecordHeader& header);
  void append(std::span<const uint8_t> record);
  void turn();
  void count(std::span<const uint8_t> record);
  void prune();
  void prune_bundle(uint64_t first, std::span<const uint8_t> value,
                    std::span<const uint64_t> indexes);
  void forget(std::span<const uint8_t> record);
  void append_hash(size_t row, const Hash& hash);
  void put_tile(size_t row);
  void flush_bundle();
  void put_states();

  const Store& store;
  const Environment& e;
  const Batch& batch;
  Transaction transaction;
  uint64_t size;
  std::vector<EdgeTile> edges;
  std::vector<bool> touched;
  uint64_t unexpected = 0;
  Book book;
  std::map<RingKey, uint64_t> sequences;
  // Admitted in this batch, and still open. Most are over in the same batch: a put and a delete in
  // a table that is else empty would each time take a new page, and write it (2 KiB a record).
  std::map<OpenKey, uint64_t> opened;
  BundleWriter bundle;
  uint64_t bundle_first = 0;
};

void Store::Writer::run() {
  check_still_ours();
  prune();
  turn();
  bundle_first = size;
  for (const Batch::Entry& entry : batch.entries) add(entry);
  flush_bundle();
  for (const auto& [key, index] : opened)
    put(transaction, e.open_exchanges, as_val(key), plain_val(index));
  for (size_t row = 0; row < edges.size(); ++row)
    if (touched[row] && !edges[row].hashes.empty()) put_tile(row);
  put(transaction, e.meta, as_val(kMetaSize), plain_val(size));
  put(transaction, e.meta, as_val(kMetaBook), plain_val(book));
  put(transaction, e.meta, as_val(kMetaVersion), plain_val(kStoreVersion));
  put_states();
  transaction.commit();
}

void Store::Writer::turn() {
  if (batch.pruned_day) book.pruned_day = *batch.pruned_day;
  book.pruned_records += batch.pruned.size();
  if (batch.turn == Turn::None) return;
  book.minute = batch.minute;
  book.of_minute = {};
  if (batch.turn != Turn::Day) return;
  book.of_day = {};
  book.day_first = size;
}

void Store::Writer::count(std::span<const uint8_t> record) {
  count_record(record, book.of_minute);
  count_record(record, book.of_day);
}

// What is pruned keeps its place and its hash; nothing else of it stays.
void Store::Writer::prune() {
  std::span<const uint64_t> rest(batch.pruned);
  Cursor cursor(transaction, e.bundles);
  while (!rest.empty()) {
    MDB_val value{};
    uint64_t first = 0;
    if (!find_bundle(cursor, rest.front(), first, value))
      throw std::logic_error("pruned before it was written: " + std::to_string(rest.front()));
    const uint64_t end = first + BundleView(bytes_of(value)).count();
    size_t inside = 0;
    while (inside < rest.size() && rest[inside] < end && rest[inside] >= first) ++inside;
    if (inside == 0) throw not_ours(e.folder(), "damaged: bundle " + std::to_string(first));
    const std::vector<uint8_t> copy(bytes_of(value).begin(), bytes_of(value).end());
    prune_bundle(first, copy, rest.first(inside));
    rest = rest.subspan(inside);
  }
}

void Store::Writer::prune_bundle(uint64_t first, std::span<const uint8_t> value,
                                 std::span<const uint64_t> indexes) {
  BundleView view(value);
  BundleWriter kept;
  size_t next = 0;
  std::span<const uint8_t> record;
  for (uint64_t index = first; view.next(record); ++index) {
    if (next < indexes.size() && indexes[next] == index) {
      ++next;
      forget(record);
      record = {};
    }
    kept.add(record);
  }
  if (!view.whole() || next != indexes.size())
    throw not_ours(e.folder(), "damaged: bundle " + std::to_string(first));
  put(transaction, e.bundles, as_val(number_key(first)), as_val(kept.value()));
}

// An exchange goes as a whole (retention.h), and with it its place in the index.
void Store::Writer::forget(std::span<const uint8_t> record) {
  RecordHeader header{};
  if (record.size() < sizeof(header)) throw std::logic_error("a record is pruned twice");
  std::memcpy(&header, record.data(), sizeof(header));
  const auto kind = static_cast<RecordKind>(header.kind);
  if (kind != RecordKind::Admitted && kind != RecordKind::Refused) return;
  const RequestKey id = request_key(header.request_high, header.request_low);
  drop(transaction, e.requests, as_val(id));
}

// The writer's lock keeps others out; this is for a file that was swapped under us.
void Store::Writer::check_still_ours() {
  MDB_val value{};
  uint64_t stored = 0;
  if (!get(transaction, e.meta, as_val(kMetaSize), value) || !read_val(value, stored) ||
      stored != store.size_)
    throw not_ours(e.folder(), "changed by somebody else");
}

void Store::Writer::add(const Batch::Entry& entry) {
  RecordHeader header{};
  if (entry.bytes.size() < sizeof(header)) throw std::logic_error("a record without a header");
  std::memcpy(&header, entry.bytes.data(), sizeof(header));
  check_sequence(entry, header);
  if (expected(header)) {
    append(entry.bytes);
  } else {
    replace_by_gap(entry, header);
  }
}

// I1
void Store::Writer::check_sequence(const Batch::Entry& entry, const RecordHeader& header) {
  if (!entry.ring || header.ring_sequence == 0) return;
  auto known = sequences.find(*entry.ring);
  if (known == sequences.end()) {
    MDB_val value{};
    RingState state;
    if (get(transaction, e.rings, as_val(ring_key_bytes(*entry.ring)), value))
      read_val(value, state);
    known = sequences.emplace(*entry.ring, state.committed_sequence).first;
  }
  if (header.ring_sequence != known->second + 1)
    throw std::logic_error("ring " + entry.ring->file_stem() + ": sequence " +
                           std::to_string(header.ring_sequence) + " after " +
                           std::to_string(known->second));
  ++known->second;
}

// I2, and the index entries that go with a record that keeps it.
bool Store::Writer::expected(const RecordHeader& header) {
  const RequestKey id = request_key(header.request_high, header.request_low);
  const RingKey ring{header.boot_id, header.generation, header.worker};
  MDB_val value{};
  switch (static_cast<RecordKind>(header.kind)) {
    case RecordKind::Admitted:
    case RecordKind::Refused: {
      if (get(transaction, e.requests, as_val(id), value)) return false;
      const bool admitted = header.kind == static_cast<uint16_t>(RecordKind::Admitted);
      const ExchangeIndex index{size, admitted ? kNoIndex : size};
      put(transaction, e.requests, as_val(id), plain_val(index));
      if (admitted) opened[open_key(ring, header.request_high, header.request_low)] = size;
      return true;
    }
    case RecordKind::Completed:
    case RecordKind::Interrupted:
      return expected_verdict(header, ring, as_val(id));
    default:
      return true;
  }
}

bool Store::Writer::expected_verdict(const RecordHeader& header, const RingKey& ring,
                                     MDB_val request) {
  MDB_val value{};
  ExchangeIndex index;
  if (!get(transaction, e.requests, request, value)) return false;
  if (!read_val(value, index)) throw not_ours(e.folder(), "damaged: request index");
  if (index.verdict != kNoIndex) return false;
  const OpenKey open = open_key(ring, header.request_high, header.request_low);
  if (opened.erase(open) == 0) {
    MDB_val key = as_val(open);
    transaction.look(e.open_exchanges, bytes_of(key), true);
    const int code = mdb_del(transaction.handle(), e.open_exchanges, &key, nullptr);
    if (code == MDB_NOTFOUND) return false;  // admitted by another ring
    if (code != MDB_SUCCESS) throw StoreError("delete", code);
  }
  index.verdict = size;
  put(transaction, e.requests, request, plain_val(index));
  return true;
}

void Store::Writer::replace_by_gap(const Batch::Entry& entry, const RecordHeader& header) {
  NoteFields gap;
  gap.kind = RecordKind::Gap;
  gap.code = "record_unexpected";
  gap.detail = "kind " + std::to_string(header.kind) + " does not fit what was recorded before";
  gap.before = sha256(entry.bytes);
  gap.from = gap.to = header.ring_sequence;
  gap.ring = entry.ring;
  gap.ring_sequence = header.ring_sequence;
  append(note_record(gap, clock_ns(CLOCK_REALTIME), clock_ns(CLOCK_MONOTONIC)));
  ++unexpected;
}

void Store::Writer::append(std::span<const uint8_t> record) {
  if (!bundle.has_room_for(record.size())) flush_bundle();
  bundle.add(record);
  append_hash(0, leaf_hash(record));
  count(record);
  ++size;
}

void Store::Writer::append_hash(size_t row, const Hash& hash) {
  if (row == edges.size()) {
    edges.emplace_back();
    touched.push_back(false);
  }
  edges[row].hashes.push_back(hash);
  touched[row] = true;
  if (edges[row].hashes.size() < kTileWidth) return;
  put_tile(row);
  std::vector<Hash> fold = std::move(edges[row].hashes);
  for (; fold.size() > 1; fold.resize(fold.size() / 2))
    for (size_t i = 0; i * 2 < fold.size(); ++i) fold[i] = node_hash(fold[2 * i], fold[2 * i + 1]);
  edges[row].hashes.clear();
  ++edges[row].number;
  append_hash(row + 1, fold[0]);
}

void Store::Writer::put_tile(size_t row) {
  const EdgeTile& edge = edges[row];
  put(transaction, e.tiles, as_val(tile_key(static_cast<uint32_t>(row), edge.number)),
      MDB_val{edge.hashes.size() * sizeof(Hash), const_cast<Hash*>(edge.hashes.data())});
}

void Store::Writer::flush_bundle() {
  if (bundle.count() == 0) return;
  put(transaction, e.bundles, as_val(number_key(bundle_first)), as_val(bundle.value()), MDB_APPEND);
  bundle_first += bundle.count();
  bundle.clear();
}

void Store::Writer::put_states() {
  for (const auto& [ring, sequence] : sequences) {
    const auto state = batch.rings.find(ring);
    if (state == batch.rings.end() || state->second.committed_sequence != sequence)
      throw std::logic_error("ring " + ring.file_stem() + ": state does not follow the records");
  }
  for (const auto& [ring, state] : batch.rings)
    put(transaction, e.rings, as_val(ring_key_bytes(ring)), plain_val(state));
  if (batch.boot_id) put(transaction, e.meta, as_val(kMetaBoot), as_val(*batch.boot_id));
  if (batch.coming_key) {
    const std::string text = log_keys_text({*batch.coming_key});
    put(transaction, e.meta, as_val(kMetaRotation), as_val(std::string_view(text)));
  }
  if (batch.no_coming_key) drop(transaction, e.meta, as_val(kMetaRotation));
  if (batch.keys) {
    const std::string text = log_keys_text(*batch.keys);
    put(transaction, e.meta, as_val(kMetaKeys), as_val(std::string_view(text)));
  }
}

void Store::commit(const Batch& batch) {
  Writer writer(*this, batch);
  writer.run();
  size_ = writer.size;
  edges_ = std::move(writer.edges);
  unexpected_ += writer.unexpected;
  book_ = writer.book;
  if (batch.keys) keys_ = *batch.keys;
}

void Store::add_checkpoint(uint64_t size, const std::string& note,
                           const std::optional<TlsState>& tls) {
  Transaction transaction(*environment_, true);
  put(transaction, environment_->checkpoints, as_val(number_key(size)),
      as_val(std::string_view(note)));
  thin_checkpoints(transaction);
  if (tls) {
    put(transaction, environment_->meta, as_val(kMetaTlsSize), plain_val(tls->size));
    put(transaction, environment_->meta, as_val(kMetaTlsDay), as_val(std::string_view(tls->state)));
  }
  transaction.commit();
}

// Every second one of the older half goes: all of them are extended by what stays.
void Store::thin_checkpoints(const Transaction& transaction) const {
  if (entries(transaction, environment_->checkpoints) <= kCheckpointsKept) return;
  const auto crossing = [&](const MDB_val& key) {
    const uint64_t at =
        key.mv_size == sizeof(NumberKey) ? get_be64(static_cast<const uint8_t*>(key.mv_data)) : 0;
    return std::any_of(keys_.begin(), keys_.end(),
                       [at](const LogKey& one) { return one.checkpoint == at; });
  };
  Cursor cursor(transaction, environment_->checkpoints);
  MDB_val key{};
  MDB_val value{};
  bool more = cursor.get(key, value, MDB_FIRST);
  for (size_t i = 0; more && i < kCheckpointsKept / 2; ++i) {
    if (i % 2 == 1 && !crossing(key)) cursor.remove();
    more = cursor.get(key, value, MDB_NEXT);
  }
}

void Store::set_keys(const std::vector<LogKey>& keys, const std::string& note) {
  const std::string text = log_keys_text(keys);
  Transaction transaction(*environment_, true);
  put(transaction, environment_->meta, as_val(kMetaKeys), as_val(std::string_view(text)));
  if (!note.empty()) {
    put(transaction, environment_->checkpoints, as_val(number_key(keys.back().checkpoint)),
        as_val(std::string_view(note)));
    drop(transaction, environment_->meta, as_val(kMetaRotation));
  }
  transaction.commit();
  keys_ = keys;
}

std::optional<RingState> Store::ring(const RingKey& key) const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  RingState state;
  if (!get(transaction, environment_->rings, as_val(ring_key_bytes(key)), value))
    return std::nullopt;
  if (!read_val(value, state)) throw not_ours(environment_->folder(), "damaged: ring state");
  return state;
}

std::vector<std::pair<RingKey, RingState>> Store::rings() const {
  const Transaction transaction(*environment_, false);
  Cursor cursor(transaction, environment_->rings);
  std::vector<std::pair<RingKey, RingState>> found;
  MDB_val key{};
  MDB_val value{};
  for (bool more = cursor.get(key, value, MDB_FIRST); more;
       more = cursor.get(key, value, MDB_NEXT)) {
    RingState state;
    if (key.mv_size != sizeof(RingKeyBytes) || !read_val(value, state))
      throw not_ours(environment_->folder(), "damaged: ring state");
    found.emplace_back(ring_key_of(static_cast<const uint8_t*>(key.mv_data)), state);
  }
  return found;
}

std::vector<contract::RequestId> Store::open_exchanges(const RingKey& key) const {
  const Transaction transaction(*environment_, false);
  Cursor cursor(transaction, environment_->open_exchanges);
  const OpenKey first = open_key(key, 0, 0);
  std::vector<contract::RequestId> ids;
  MDB_val at = as_val(first);
  MDB_val value{};
  for (bool more = cursor.get(at, value, MDB_SET_RANGE); more;
       more = cursor.get(at, value, MDB_NEXT)) {
    const auto* bytes = static_cast<const uint8_t*>(at.mv_data);
    if (at.mv_size != sizeof(OpenKey) || std::memcmp(bytes, first.data(), 28) != 0) break;
    ids.push_back(contract::RequestId::of_words(get_be64(bytes + 28), get_be64(bytes + 36)));
  }
  return ids;
}

std::optional<std::array<uint8_t, 16>> Store::boot_id() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  std::array<uint8_t, 16> boot{};
  if (!get(transaction, environment_->meta, as_val(kMetaBoot), value) || !read_val(value, boot))
    return std::nullopt;
  return boot;
}

std::optional<Store::TlsState> Store::tls_state() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  TlsState found;
  if (!get(transaction, environment_->meta, as_val(kMetaTlsSize), value) ||
      !read_val(value, found.size) ||
      !get(transaction, environment_->meta, as_val(kMetaTlsDay), value))
    return std::nullopt;
  found.state.assign(static_cast<const char*>(value.mv_data), value.mv_size);
  return found;
}

}  // namespace sallyport::evidence_log
