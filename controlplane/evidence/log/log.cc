#include "controlplane/evidence/log/log.h"

#include <cstring>
#include <iterator>

#include "controlplane/evidence/log/bundle.h"
#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/log/store.h"
#include "controlplane/evidence/log/store_keys.h"

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kScanBytesPerTransaction = 1 << 20;
constexpr size_t kBundlesPerTransaction = 1024;
constexpr std::chrono::hours kWalkTimeMax{24};  // no limit to who asked for all of it

class PartReader {
 public:
  explicit PartReader(std::span<const uint8_t> bytes) : rest_(bytes) {}
  template <class T>
  T take(size_t bytes_written = sizeof(T)) {
    T part{};
    // Short only when the caller broke the REQUIRES; zeros are then better than a wild read.
    const size_t bytes = bytes_written <= rest_.size() ? bytes_written : 0;
    std::memcpy(&part, rest_.data(), bytes);
    rest_ = rest_.subspan(bytes);
    return part;
  }

 private:
  std::span<const uint8_t> rest_;
};

std::runtime_error damaged(const std::string& what) {
  return std::runtime_error("evidence store damaged: " + what);
}

std::vector<Hash> read_tile(const Transaction& transaction, const Environment& environment,
                            uint32_t row, uint64_t number) {
  MDB_val value{};
  std::vector<Hash> hashes;
  if (!get(transaction, environment.tiles, as_val(tile_key(row, number)), value)) return hashes;
  if (value.mv_size % sizeof(Hash) != 0 || value.mv_size > kTileWidth * sizeof(Hash))
    throw damaged("tile size");
  hashes.resize(value.mv_size / sizeof(Hash));
  if (!hashes.empty()) std::memcpy(hashes.data(), value.mv_data, value.mv_size);
  return hashes;
}

// What was hashed when a record was written, one tile at a time.
class LeafHashes {
 public:
  LeafHashes(const Transaction& transaction, const Environment& environment)
      : transaction_(transaction), environment_(environment) {}
  void check(uint64_t index, std::span<const uint8_t> record) {
    if (record.empty()) return;  // pruned
    if (number_ != index / kTileWidth) {
      number_ = index / kTileWidth;
      tile_ = read_tile(transaction_, environment_, 0, number_);
    }
    const uint64_t at = index % kTileWidth;
    if (at >= tile_.size()) throw damaged("record " + std::to_string(index) + " has no hash");
    if (tile_[at] != leaf_hash(record))
      throw damaged("record " + std::to_string(index) +
                    " is not what was hashed when it was written");
  }

 private:
  const Transaction& transaction_;
  const Environment& environment_;
  uint64_t number_ = kNoIndex;
  std::vector<Hash> tile_;
};

}  // namespace

void PrunedRanges::add(uint64_t index) {
  if (!ranges_.empty() && ranges_.rbegin()->second == index) {
    ++ranges_.rbegin()->second;
    return;
  }
  auto after = ranges_.lower_bound(index);
  const bool joins_before = after != ranges_.begin() && std::prev(after)->second == index;
  const bool joins_after = after != ranges_.end() && after->first == index + 1;
  const uint64_t end = joins_after ? after->second : index + 1;
  if (joins_after) after = ranges_.erase(after);
  if (joins_before) {
    std::prev(after)->second = end;
  } else {
    ranges_.emplace(index, end);
  }
}

contract::Digest PrunedRanges::digest() const {
  if (ranges_.empty()) return {};
  std::vector<uint8_t> bytes;
  for (const auto& [begin, end] : ranges_)
    for (const uint64_t number : {begin, end}) {
      const NumberKey key = number_key(number);
      bytes.insert(bytes.end(), key.begin(), key.end());
    }
  return sha256(bytes);
}

bool PrunedRanges::contains(uint64_t index) const {
  const auto after = ranges_.upper_bound(index);
  return after != ranges_.begin() && index < std::prev(after)->second;
}

RecordView::RecordView(std::span<const uint8_t> bytes) {
  PartReader reader(bytes);
  header_ = reader.take<contract::RecordHeader>();
  const contract::RecordShape shape = contract::record_shape(header_.kind, header_.version);
  if (shape.request) request_ = reader.take<contract::RequestPart>(shape.request_bytes);
  if (shape.outcome) outcome_ = reader.take<contract::OutcomePart>(shape.outcome_bytes);
  if (shape.aggregate) aggregate_ = reader.take<contract::AggregatePart>();
  if (shape.tls) tls_ = reader.take<contract::TlsPart>();
  if (shape.note) note_ = reader.take<contract::NotePart>();
  if (shape.control) control_ = reader.take<contract::ControlPart>();
  const size_t fields = control_ ? control_->field_count : 0U;
  for (size_t i = 0; i < fields && i < contract::kControlFieldsMax; ++i)
    fields_.push_back(reader.take<contract::ControlField>());
  for (size_t i = 0; i < header_.tally_count && i < contract::kTalliesMax; ++i)
    tallies_.push_back(reader.take<contract::Tally>());
  for (size_t i = 0; i < header_.subject_count && i < contract::kSubjectsMax; ++i)
    subjects_.push_back(reader.take<contract::SubjectId>());
}

LogReader LogReader::open(const std::filesystem::path& folder) {
  EnvironmentOptions options;
  options.folder = folder;
  options.read_only = true;
  return LogReader(Environment::open(options));
}

LogReader::LogReader(std::shared_ptr<Environment> environment)
    : environment_(std::move(environment)) {}

uint64_t LogReader::size() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  uint64_t size = 0;
  if (get(transaction, environment_->meta, as_val(kMetaSize), value) && !read_val(value, size))
    throw damaged("size");
  // Held against the last bundle: whoever believed a wrong size would append in the wrong place.
  Cursor cursor(transaction, environment_->bundles);
  MDB_val key{};
  uint64_t end = 0;
  if (cursor.get(key, value, MDB_LAST)) {
    if (key.mv_size != sizeof(NumberKey)) throw damaged("last bundle");
    end = get_be64(static_cast<const uint8_t*>(key.mv_data)) + BundleView(bytes_of(value)).count();
  }
  if (end != size) throw damaged("size");
  return size;
}

std::string LogReader::origin() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  if (!get(transaction, environment_->meta, as_val(kMetaOrigin), value)) return {};
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::vector<LogKey> LogReader::keys() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  if (!get(transaction, environment_->meta, as_val(kMetaKeys), value)) return {};
  return log_keys_of({static_cast<const char*>(value.mv_data), value.mv_size});
}

std::optional<LogKey> LogReader::coming_key() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  if (!get(transaction, environment_->meta, as_val(kMetaRotation), value)) return std::nullopt;
  const auto keys = log_keys_of({static_cast<const char*>(value.mv_data), value.mv_size});
  return keys.empty() ? std::nullopt : std::optional(keys.front());
}

std::optional<std::vector<uint8_t>> LogReader::record(uint64_t index) const {
  std::optional<std::vector<uint8_t>> found;
  scan(index, index + 1, [&](uint64_t, std::span<const uint8_t> bytes) {
    if (!bytes.empty()) found.emplace(bytes.begin(), bytes.end());
    return false;
  });
  return found;
}

void LogReader::scan(
    uint64_t from, uint64_t to,
    const std::function<bool(uint64_t index, std::span<const uint8_t> record)>& visit,
    Content content) const {
  uint64_t next = from;
  while (next < to) {
    // Copied out, so that the visitor may take its time and open transactions of its own.
    std::vector<std::vector<uint8_t>> records;
    const uint64_t begin = next;
    {
      const Transaction transaction(*environment_, false);
      Cursor cursor(transaction, environment_->bundles);
      LeafHashes hashes(transaction, *environment_);
      MDB_val value{};
      MDB_val key{};
      uint64_t first = 0;
      size_t bytes = 0;
      bool more = find_bundle(cursor, next, first, value);
      while (more && next < to && bytes < kScanBytesPerTransaction) {
        BundleView bundle(bytes_of(value));
        std::span<const uint8_t> record;
        uint64_t index = first;
        for (; index < to && bundle.next(record); ++index) {
          if (index < next) continue;
          if (content == Content::Hashed) hashes.check(index, record);
          records.emplace_back(record.begin(), record.end());
          bytes += record.size() + sizeof(uint32_t);
        }
        if (!bundle.whole()) throw damaged("bundle " + std::to_string(first));
        if (index <= next) break;
        next = index;
        more = next < to && cursor.get(key, value, MDB_NEXT) && key.mv_size == sizeof(NumberKey);
        if (more) first = get_be64(static_cast<const uint8_t*>(key.mv_data));
        if (more && first != next) throw damaged("no record " + std::to_string(next));
      }
    }
    if (records.empty()) return;
    for (size_t i = 0; i < records.size(); ++i)
      if (!visit(begin + i, records[i])) return;
  }
}

PrunedRanges LogReader::pruned() const {
  PrunedRanges ranges;
  // One bundle per step of the cursor, and its lengths only: a transaction that is not long.
  for (uint64_t next = 0, more = 1; more != 0;) {
    const Transaction transaction(*environment_, false);
    Cursor cursor(transaction, environment_->bundles);
    const NumberKey from = number_key(next);
    MDB_val key = as_val(from);
    MDB_val value{};
    more = cursor.get(key, value, MDB_SET_RANGE) ? 1 : 0;
    for (size_t bundles = 0; more != 0 && bundles < kBundlesPerTransaction; ++bundles) {
      if (key.mv_size != sizeof(NumberKey)) throw damaged("key of a bundle");
      uint64_t index = get_be64(static_cast<const uint8_t*>(key.mv_data));
      BundleView bundle(bytes_of(value));
      bool pruned = false;
      for (; bundle.next_is_pruned(pruned); ++index)
        if (pruned) ranges.add(index);
      if (!bundle.whole()) throw damaged("bundle before record " + std::to_string(index));
      next = index;
      more = cursor.get(key, value, MDB_NEXT) ? 1 : 0;
    }
  }
  return ranges;
}

std::optional<Book> LogReader::book() const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  Book book;
  if (!get(transaction, environment_->meta, as_val(kMetaBook), value)) return std::nullopt;
  if (!read_val(value, book)) throw damaged("book");
  return book;
}

std::optional<ExchangeIndex> LogReader::exchange(const contract::RequestId& id) const {
  const auto found = indexed(id);
  if (!found) return found;
  check_place(id, found->admitted);
  if (found->verdict != kNoIndex && found->verdict != found->admitted)
    check_place(id, found->verdict);
  return found;
}

// An index that was damaged must not show one request's record for another's.
void LogReader::check_place(const contract::RequestId& id, uint64_t index) const {
  bool right = false;
  scan(
      index, index + 1,
      [&](uint64_t, std::span<const uint8_t> record) {
        contract::RecordHeader header{};
        if (record.size() >= sizeof(header)) std::memcpy(&header, record.data(), sizeof(header));
        right =
            record.empty() || (header.request_high == id.high() && header.request_low == id.low());
        return false;
      },
      Content::AsStored);
  if (!right)
    throw damaged("the index of requests says record " + std::to_string(index) + " for " +
                  std::string(contract::request_id_text(id).view()));
}

std::optional<ExchangeIndex> LogReader::indexed(const contract::RequestId& id) const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  if (!get(transaction, environment_->requests, as_val(request_key(id.high(), id.low())), value))
    return std::nullopt;
  ExchangeIndex index;
  if (!read_val(value, index)) throw damaged("request index");
  return index;
}

uint64_t LogReader::exchange_count() const {
  const Transaction transaction(*environment_, false);
  return entries(transaction, environment_->requests);
}

uint64_t LogReader::open_count() const {
  const Transaction transaction(*environment_, false);
  return entries(transaction, environment_->open_exchanges);
}

std::vector<Hash> LogReader::tile(uint32_t row, uint64_t number) const {
  const Transaction transaction(*environment_, false);
  return read_tile(transaction, *environment_, row, number);
}

PageWalk LogReader::walk() const {
  const Transaction transaction(*environment_, false);
  return walk_pages(*transaction.snapshot(), kWalkTimeMax);
}

std::vector<std::string> LogReader::checkpoints() const {
  const Transaction transaction(*environment_, false);
  Cursor cursor(transaction, environment_->checkpoints);
  std::vector<std::string> notes;
  MDB_val key{};
  MDB_val value{};
  for (bool more = cursor.get(key, value, MDB_FIRST); more; more = cursor.get(key, value, MDB_NEXT))
    notes.emplace_back(static_cast<const char*>(value.mv_data), value.mv_size);
  return notes;
}

std::optional<std::string> LogReader::checkpoint(uint64_t size) const {
  const Transaction transaction(*environment_, false);
  MDB_val value{};
  if (!get(transaction, environment_->checkpoints, as_val(number_key(size)), value))
    return std::nullopt;
  return std::string(static_cast<const char*>(value.mv_data), value.mv_size);
}

std::optional<std::string> LogReader::latest_checkpoint() const {
  const Transaction transaction(*environment_, false);
  Cursor cursor(transaction, environment_->checkpoints);
  MDB_val key{};
  MDB_val value{};
  if (!cursor.get(key, value, MDB_LAST)) return std::nullopt;
  return std::string(static_cast<const char*>(value.mv_data), value.mv_size);
}

}  // namespace sallyport::evidence_log
