#include "controlplane/evidence/bucket/snapshot.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <system_error>

#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/log/plain_file.h"
#include "dataplane/base/bytes.h"

namespace sallyport::evidence_log {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr size_t kStateBytesMax = 256U << 20;  // the last receipt, one line per object
constexpr size_t kHashInName = 12;
constexpr const char* kSentFile = "sent.jsonl";

class Snapshot {
 public:
  Snapshot(const LogReader& log, const SnapshotOptions& options)
      : log_(log),
        options_(options),
        state_file_(
            options.state /
            (lower_hex(sha256(base::bytes_of(options.destination))).substr(0, 16) + ".json")) {
    fs::create_directories(options.state);
    fs::permissions(options.state, fs::perms::owner_all);
  }

  // Where this one begins: what the last one to the same place ended with.
  uint64_t begin() const {
    const auto text = options_.whole ? std::nullopt : read_file(state_file_, kStateBytesMax);
    const json last = text ? json::parse(*text, nullptr, false) : json();
    if (!last.is_object() || last.value("origin", "") != log_.origin()) return 0;
    const uint64_t to = last.value("to", uint64_t{0});
    return to <= log_.size() ? to : 0;
  }

  ExportResult write(const fs::path& folder) {
    ExportOptions with = options_.with;
    with.folder = folder;
    with.from = begin();
    with.to = kNoIndex;
    return export_log(log_, with);
  }

  json receipt(const ExportResult& made) const {
    json out = json::object();
    for (const char* name : {"origin", "from", "to", "size", "root", "records", "bytes"})
      out[name] = made.manifest.at(name);
    out["manifest_sha256"] = made.manifest_sha256;
    out["day"] = options_.day;
    out["destination"] = options_.destination;
    out["retain_until"] = options_.lock.retain_until;
    out["legal_hold"] = options_.lock.legal_hold;
    out["objects"] = json::array();
    return out;
  }

  // Appended and synced: a hold must find what lies in the bucket.
  void remember_sent(const json& receipt, const std::string& base) const {
    json line = options_.place;
    line["destination"] = options_.destination;
    line["base"] = base;
    line["receipt_version"] = receipt.at("receipt_version");
    line["legal_hold"] = receipt.at("legal_hold");
    const std::string text = line.dump() + "\n";
    const std::string path = options_.state / kSentFile;
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const bool good =
        file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    const int code = errno;
    if (file >= 0) ::close(file);
    if (!good) throw std::system_error(code, std::generic_category(), "write " + path);
  }

  void remember(const json& receipt) { replace_file(state_file_, receipt.dump() + "\n", 0600); }

 private:
  const LogReader& log_;
  const SnapshotOptions& options_;
  fs::path state_file_;
};

std::string name_of(const json& receipt) {
  return receipt.at("origin").get<std::string>() + "/" + receipt.at("day").get<std::string>() +
         "/" + std::to_string(receipt.at("size").get<uint64_t>()) + "-" +
         receipt.at("manifest_sha256").get<std::string>().substr(0, kHashInName);
}

// The manifest last: an export without it is none.
std::vector<std::string> files_in_order(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    const bool a_last = a.starts_with("MANIFEST");
    const bool b_last = b.starts_with("MANIFEST");
    return a_last != b_last ? b_last : a < b;
  });
  return names;
}

// Gone whatever happens: the bucket has it, or the next run makes it anew.
struct WorkFolder {
  fs::path path;
  explicit WorkFolder(fs::path where) : path(std::move(where)) { fs::remove_all(path); }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
};

}  // namespace

json snapshot_to_folder(const LogReader& log, const SnapshotOptions& options,
                        const fs::path& folder) {
  Snapshot snapshot(log, options);
  // Beside its place, so that the last step is a rename there.
  const fs::path work = folder / ".sallyport-snapshot";
  WorkFolder gone(work);
  fs::create_directories(folder);
  const ExportResult made = snapshot.write(work);
  json receipt = snapshot.receipt(made);
  for (const std::string& name : files_in_order(work))
    receipt["objects"].push_back({{"name", name}, {"bytes", fs::file_size(work / name)}});
  const fs::path place = folder / name_of(receipt);
  receipt["name"] = name_of(receipt);
  fs::create_directories(place.parent_path());
  fs::rename(work, place);
  sync_folder(place.parent_path());
  replace_file(place.string() + ".RECEIPT.json", receipt.dump(2) + "\n", 0600);
  snapshot.remember(receipt);
  return receipt;
}

json snapshot_to_bucket(const LogReader& log, const SnapshotOptions& options, S3Bucket& bucket,
                        const std::string& prefix) {
  if (!bucket.has_object_lock())
    throw S3Error("the bucket was made without object lock: what is in it can be deleted", 0,
                  "NoObjectLock");
  Snapshot snapshot(log, options);
  WorkFolder work(options.state / "work");
  const ExportResult made = snapshot.write(work.path);
  json receipt = snapshot.receipt(made);
  receipt["name"] = name_of(receipt);
  const std::string base = (prefix.empty() ? "" : prefix + "/") + name_of(receipt) + "/";
  const std::vector<std::string> names = files_in_order(work.path);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string version = bucket.put(base + names[i], work.path / names[i], options.lock);
    receipt["objects"].push_back(
        {{"name", names[i]}, {"version", version}, {"bytes", fs::file_size(work.path / names[i])}});
    if (options.progress) options.progress(i + 1, names.size() + 1);
  }
  const std::string receipt_text = receipt.dump(2) + "\n";
  const std::string receipt_version =
      bucket.put_bytes(base + "RECEIPT.json", receipt_text, options.lock);
  if (!options.lock.retain_until.empty()) {
    // Some servers take the headers and do nothing.
    const std::string kept = bucket.retention(base + "RECEIPT.json", receipt_version);
    if (!kept.starts_with("COMPLIANCE ") ||
        kept.substr(11, 10) < options.lock.retain_until.substr(0, 10))
      throw S3Error("the bucket does not keep the lock that was asked for", 200, "LockIgnored");
  }
  if (bucket.get(base + "RECEIPT.json", receipt_version) != receipt_text)
    throw S3Error("the bucket gives back another receipt than it was given", 200, "Changed");
  receipt["receipt_version"] = receipt_version;
  snapshot.remember_sent(receipt, base);
  snapshot.remember(receipt);
  return receipt;
}

std::vector<json> sent_snapshots(const fs::path& state) {
  std::vector<json> sent;
  std::istringstream lines(read_file(state / kSentFile, kStateBytesMax).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    json one = json::parse(line, nullptr, false);
    if (one.is_object() && one.contains("base") && one.contains("receipt_version"))
      sent.push_back(std::move(one));
  }
  return sent;
}

uint64_t set_snapshot_hold(S3Bucket& bucket, const json& sent, bool on) {
  const auto base = sent.at("base").get<std::string>();
  const auto version = sent.at("receipt_version").get<std::string>();
  const json receipt = json::parse(bucket.get(base + "RECEIPT.json", version), nullptr, false);
  if (!receipt.is_object() || !receipt.contains("objects"))
    throw std::runtime_error("the receipt of " + base + " cannot be read");
  uint64_t objects = 1;
  for (const json& one : receipt["objects"]) {
    bucket.set_legal_hold(base + one.at("name").get<std::string>(),
                          one.at("version").get<std::string>(), on);
    ++objects;
  }
  // Last: a run that was cut short is seen by it, and made again.
  bucket.set_legal_hold(base + "RECEIPT.json", version, on);
  return objects;
}

}  // namespace sallyport::evidence_log
