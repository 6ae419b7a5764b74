#include "controlplane/evidence/export/export.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "controlplane/evidence/export/export_layout.h"
#include "controlplane/evidence/export/export_words.h"
#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/log/key_chain.h"
#include "controlplane/evidence/log/plain_file.h"
#include "controlplane/evidence/query/query.h"
#include "controlplane/evidence/ring/ring_reader.h"

namespace sallyport::evidence_log {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr uint64_t kProgressRecords = 4'096;  // between two calls of progress()
constexpr int kExportFormat = 2;
// A retention run removes in slices of seconds, and each is under a checkpoint within a second.
constexpr int kTriesMax = 5;
constexpr std::chrono::seconds kCheckpointWait{10};
constexpr std::chrono::milliseconds kCheckpointLook{20};

// What was read is not a state that a checkpoint covers: record `index` removed others meanwhile.
struct PrunedMeanwhile {
  uint64_t index;
};

// The folder that is being filled: beside the wanted one, ours alone, gone unless published.
class Workplace {
 public:
  explicit Workplace(const fs::path& wanted) : wanted_(fs::absolute(wanted).lexically_normal()) {
    if (!wanted_.has_filename()) wanted_ = wanted_.parent_path();
    look_at_wanted();
    fs::create_directories(wanted_.parent_path());
    path_ = wanted_.parent_path() / ("." + wanted_.filename().string() + ".sallyport-export");
    fs::create_directory(path_);
    lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    // In a folder that everybody may write, somebody may have been there first: then what we write
    // would be that person's to read, and to change before it is published.
    struct stat ours {};
    if (lock_ < 0 || ::fstat(lock_, &ours) != 0 || ours.st_uid != ::geteuid()) {
      if (lock_ >= 0) ::close(lock_);
      throw ExportRefused(path_.string() + " is there already, and is no folder of this user",
                          "remove it, or name a folder in one that only you may write");
    }
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
      throw ExportRefused("another export to " + wanted_.string() + " is running",
                          "wait until it is done, or name another folder");
    for (const auto& left : fs::directory_iterator(path_)) fs::remove_all(left.path());
    // What is in it is not secret, but it is about people.
    fs::permissions(path_, fs::perms::owner_all);
  }
  ~Workplace() {
    std::error_code ignored;
    if (!published_ && lock_ >= 0) fs::remove_all(path_, ignored);
    if (lock_ >= 0) ::close(lock_);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const fs::path& path() const { return path_; }
  void publish() {
    if (::syncfs(lock_) != 0)
      throw std::runtime_error("cannot sync " + path_.string() + ": " + std::strerror(errno));
    fs::rename(path_, wanted_);
    published_ = true;
    sync_folder(wanted_.parent_path());
  }

 private:
  void look_at_wanted() const {
    struct stat there {};
    if (::lstat(wanted_.c_str(), &there) != 0) return;
    if (!S_ISDIR(there.st_mode))
      throw ExportRefused(wanted_.string() + " is not a folder", "name a folder");
    if (!fs::is_empty(wanted_))
      throw ExportRefused(wanted_.string() + " is not empty", "name a new folder");
    struct stat above {};
    if (::stat(wanted_.parent_path().c_str(), &above) == 0 && above.st_dev != there.st_dev)
      throw ExportRefused(wanted_.string() + " is where a file system begins",
                          "name a folder in it");
  }
  fs::path wanted_;
  fs::path path_;
  int lock_ = -1;
  bool published_ = false;
};

class Exporter {
 public:
  Exporter(const LogReader& log, const ExportOptions& options)
      : log_(log), options_(options), place_(options.folder) {}
  ExportResult run();

 private:
  void choose_range();
  void write(const std::string& name, std::string_view content);
  void add_sum(const std::string& name, const Hash& hash, uint64_t bytes);
  void write_keys();
  void write_checkpoints();
  void write_tiles();
  void write_records();
  std::span<const LogKey> changes() const;
  bool is_of_change(uint64_t number) const;
  void write_bundle(uint64_t number, const std::string& bundle, uint64_t width);
  Hash leaf_at(uint64_t index);
  void look_for_pruning_meanwhile() const;
  json manifest() const;

  const LogReader& log_;
  const ExportOptions& options_;
  Workplace place_;
  std::string note_;
  Checkpoint checkpoint_;
  std::vector<LogKey> keys_;  // oldest first
  uint64_t from_ = 0;
  uint64_t to_ = 0;
  uint64_t pruned_ = 0;
  uint64_t bytes_ = 0;
  std::string sums_;  // in the form of sha256sum
  Hash sums_hash_{};
  std::vector<Hash> leaves_;  // the row-0 tile that leaf_at() read last
  uint64_t leaves_number_ = kNoIndex;
};

void Exporter::choose_range() {
  const auto note = log_.latest_checkpoint();
  const auto checkpoint = note ? read_checkpoint(*note) : std::nullopt;
  if (!checkpoint)
    throw ExportRefused("the log has no checkpoint yet",
                        "sallyportd signs one within a second: sallyctl status");
  note_ = *note;
  checkpoint_ = *checkpoint;
  const auto given = VerifierKey::parse(options_.vkey);
  if (!given)
    throw ExportRefused("that is no verifier key line",
                        "--vkey names one, or a file with it: sallyctl evidence key list");
  keys_ = log_.keys();
  const KeyChain chain(*given, keys_);
  std::string why;
  if (!chain.problem().empty())
    throw ExportRefused(chain.problem(), "--vkey names a key of this log");
  if (!chain.open(note_, why))
    throw ExportRefused("the newest checkpoint " + why,
                        "--vkey names a key of this log; sallyctl evidence verify says more");
  if (keys_.empty()) keys_.push_back({given->text(), {}});
  // What is not signed yet cannot be proven to anybody; it is in the next export.
  to_ = std::min(options_.to, checkpoint_.size);
  from_ = std::min(options_.from, to_) / kTileWidth * kTileWidth;
  if (to_ != checkpoint_.size)
    to_ = std::min(checkpoint_.size, (to_ + kTileWidth - 1) / kTileWidth * kTileWidth);
}

void Exporter::add_sum(const std::string& name, const Hash& hash, uint64_t bytes) {
  sums_ += lower_hex(hash) + "  " + name + "\n";
  bytes_ += bytes;
}

void Exporter::write(const std::string& name, std::string_view content) {
  SummedFile file(place_.path() / name);
  file.write(content);
  add_sum(name, file.close(), content.size());
}

void Exporter::write_keys() {
  const auto key = VerifierKey::parse(keys_.back().vkey);
  write("vkey", key->text() + "\n");
  write("log.pub.pem", key->pem());
  write("checkpoint", note_);
  std::string lines;
  for (const LogKey& one : keys_) lines += one.vkey + "\n";
  write("keys", lines);
  for (const LogKey& one : changes()) {
    const auto record = log_.record(one.record);
    if (!record) throw std::runtime_error("the record of a change of keys is gone");
    write("rotations/" + std::to_string(one.record),
          {reinterpret_cast<const char*>(record->data()), record->size()});
  }
}

std::span<const LogKey> Exporter::changes() const {
  return std::span(keys_).subspan(std::min<size_t>(1, keys_.size()));
}

// A tile of the lowest row that a change of keys is judged by: the hash of its record, and the edge
// of the tree that both keys signed.
bool Exporter::is_of_change(uint64_t number) const {
  for (const LogKey& one : changes())
    if (one.record / kTileWidth == number || one.checkpoint / kTileWidth == number) return true;
  return false;
}

// Those whose root can be computed from the hashes that a range brings.
void Exporter::write_checkpoints() {
  for (const std::string& note : log_.checkpoints()) {
    const auto one = read_checkpoint(note);
    if (!one || one->size > checkpoint_.size) continue;
    const bool crossing = std::any_of(keys_.begin(), keys_.end(), [&](const LogKey& key) {
      return key.checkpoint == one->size && key.checkpoint != 0;
    });
    if (crossing || (one->size >= from_ && (one->size <= to_ || one->size == checkpoint_.size)))
      write("checkpoints/" + std::to_string(one->size), note);
  }
}

// All rows but the lowest whole; of that one what the range needs, and the right edge.
void Exporter::write_tiles() {
  uint64_t entries = checkpoint_.size;
  for (uint32_t row = 0; entries > 0; entries /= kTileWidth, ++row) {
    const uint64_t edge = entries / kTileWidth;
    for (uint64_t number = 0; number * kTileWidth < entries; ++number) {
      const bool outside = number < from_ / kTileWidth || number * kTileWidth >= to_;
      if (row == 0 && outside && number < edge && !is_of_change(number)) continue;
      const uint64_t width = std::min(kTileWidth, entries - number * kTileWidth);
      const std::vector<Hash> tile = log_.tile(row, number);
      if (tile.size() < width) throw std::runtime_error("a tile is short: the store is damaged");
      write(tile_path(std::to_string(row), number, width),
            {reinterpret_cast<const char*>(tile.data()), width * sizeof(Hash)});
    }
  }
}

Hash Exporter::leaf_at(uint64_t index) {
  if (index / kTileWidth != leaves_number_) {
    leaves_number_ = index / kTileWidth;
    leaves_ = log_.tile(0, leaves_number_);
  }
  const uint64_t at = index % kTileWidth;
  if (at >= leaves_.size()) throw std::runtime_error("a tile is short: the store is damaged");
  return leaves_[at];
}

void Exporter::write_bundle(uint64_t number, const std::string& bundle, uint64_t width) {
  write(tile_path(kEntriesRow, number, width), bundle);
}

void Exporter::write_records() {
  SummedFile lines(place_.path() / "records.jsonl");
  SummedFile table(place_.path() / "records.csv");
  uint64_t line_bytes = 0;
  uint64_t table_bytes = 0;
  const auto put = [](SummedFile& file, uint64_t& count, const std::string& text) {
    file.write(text);
    count += text.size();
  };
  put(table, table_bytes, csv_head());
  std::string bundle;
  uint64_t next = from_;
  log_.scan(from_, to_, [&](uint64_t index, std::span<const uint8_t> record) {
    if (index != next) throw std::runtime_error("no record " + std::to_string(next));
    const Hash leaf = leaf_at(index);
    const json row = export_row(index, record, leaf);
    put(lines, line_bytes, row.dump() + "\n");
    put(table, table_bytes, csv_row(row));
    if (record.empty()) ++pruned_;
    bundle += static_cast<char>(record.size() >> 8);
    bundle += static_cast<char>(record.size() & 0xff);
    bundle.append(reinterpret_cast<const char*>(record.data()), record.size());
    ++next;
    if (next % kTileWidth == 0 || next == to_) {
      const uint64_t first = index / kTileWidth * kTileWidth;
      write_bundle(first / kTileWidth, bundle, next - first);
      bundle.clear();
    }
    if (options_.progress && (next - from_) % kProgressRecords == 0)
      options_.progress(next - from_, to_ - from_);
    return true;
  });
  if (next != to_) throw std::runtime_error("the log ends at record " + std::to_string(next));
  add_sum("records.jsonl", lines.close(), line_bytes);
  add_sum("records.csv", table.close(), table_bytes);
  if (options_.progress) options_.progress(to_ - from_, to_ - from_);
}

// What a retention run removes while we read is named by a record that our checkpoint does not
// cover: such an export would look like a loss.
void Exporter::look_for_pruning_meanwhile() const {
  log_.scan(checkpoint_.size, log_.size(), [&](uint64_t index, std::span<const uint8_t> record) {
    if (validate_record(record) != RecordProblem::None) return true;
    const RecordView view(record);
    // Holds and the end of a run are of this kind too, and remove nothing.
    if (view.kind() == contract::RecordKind::Retention &&
        view.control()->action.view() == kPrunedAction)
      throw PrunedMeanwhile{index};
    return true;
  });
}

json Exporter::manifest() const {
  return {{"format", kExportFormat},
          {"origin", checkpoint_.origin},
          {"size", checkpoint_.size},
          {"root", base64(checkpoint_.root)},
          {"from", from_},
          {"to", to_},
          {"records", to_ - from_},
          {"pruned", pruned_},
          {"bytes", bytes_},
          {"vkey", keys_.back().vkey},
          {"software", options_.software},
          {"made_by", options_.made_by},
          {"made_at", options_.made_at},
          {"sha256sums", lower_hex(sums_hash_)}};
}

ExportResult Exporter::run() {
  choose_range();
  write_keys();
  write_checkpoints();
  write_tiles();
  write_records();
  look_for_pruning_meanwhile();
  write("HOWTO.txt", kExportHowTo);
  SummedFile sums(place_.path() / "SHA256SUMS");
  sums.write(sums_);
  sums_hash_ = sums.close();
  ExportResult result;
  result.manifest = manifest();
  const std::string text = result.manifest.dump(2) + "\n";
  SummedFile file(place_.path() / "MANIFEST.json");
  file.write(text);
  result.manifest_sha256 = lower_hex(file.close());
  SummedFile pin(place_.path() / "MANIFEST.sha256");
  pin.write(result.manifest_sha256 + "  MANIFEST.json\n");
  pin.close();
  result.bytes = bytes_;
  place_.publish();
  return result;
}

// False: nobody signed record `index` in time.
bool wait_for_checkpoint_over(const LogReader& log, uint64_t index) {
  const auto until = std::chrono::steady_clock::now() + kCheckpointWait;
  while (true) {
    const auto note = log.latest_checkpoint();
    const auto checkpoint = note ? read_checkpoint(*note) : std::nullopt;
    if (checkpoint && checkpoint->size > index) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kCheckpointLook);
  }
}

}  // namespace

ExportResult export_log(const LogReader& log, const ExportOptions& options) {
  for (int tried = 1;; ++tried) {
    try {
      return Exporter(log, options).run();
    } catch (const PrunedMeanwhile& pruned) {
      if (!wait_for_checkpoint_over(log, pruned.index))
        throw ExportRefused("a retention run removed records, and no checkpoint covers that yet",
                            "sallyctl status: is sallyportd running?");
      if (tried == kTriesMax)
        throw ExportRefused("a retention run is at work", "try again in a minute");
    }
  }
}

}  // namespace sallyport::evidence_log
