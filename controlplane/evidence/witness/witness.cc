#include "controlplane/evidence/witness/witness.h"

#include <charconv>
#include <stdexcept>

#include "controlplane/evidence/log/plain_file.h"
#include "controlplane/evidence/witness/http_post.h"
#include "controlplane/evidence/witness/timestamp.h"

namespace sallyport::evidence_log {
namespace {

constexpr size_t kNoteBytesMax = 64 * 1024;
constexpr int kTriesMax = 2;  // the second one with the size that the witness named

WitnessAnswer refused(const std::string& problem) {
  WitnessAnswer answer;
  answer.problem = problem;
  return answer;
}

WitnessAnswer forked(const std::string& problem) {
  WitnessAnswer answer = refused(problem);
  answer.conflict = true;
  return answer;
}

std::string http_problem(const HttpAnswer& answer) {
  return answer.status == 0 ? answer.error : "HTTP status " + std::to_string(answer.status);
}

class Cosigner final : public Witness {
 public:
  explicit Cosigner(const WitnessOptions& options) : options_(options) {
    const auto key = VerifierKey::parse(options.vkey);
    if (!key || key->type() != KeyType::Cosignature)
      throw std::runtime_error("witness " + options.name +
                               ": vkey is no cosignature key line (name+id+base64, type 4)");
    key_ = *key;
    while (!options_.url.empty() && options_.url.back() == '/') options_.url.pop_back();
  }

  WitnessAnswer submit(const LogReader& log, const std::string& note) override {
    const auto checkpoint = read_checkpoint(note);
    if (!checkpoint) return refused("not a checkpoint");
    for (int attempt = 0; attempt < kTriesMax; ++attempt) {
      if (seen_ > checkpoint->size)
        return forked("it has seen " + std::to_string(seen_) + " records, this log has " +
                      std::to_string(checkpoint->size));
      const HttpAnswer answer = http_post(options_.url + "/add-checkpoint", "text/plain",
                                          body_of(log, *checkpoint, note), options_.ca_file);
      if (answer.status == 409 && answer.content_type.starts_with("text/x.tlog.size") &&
          attempt + 1 < kTriesMax && take_size(answer.body))
        continue;
      return judge(answer, *checkpoint, note);
    }
    return refused("it names another size each time");
  }

 private:
  std::string body_of(const LogReader& log, const Checkpoint& checkpoint,
                      const std::string& note) const {
    std::string body = "old " + std::to_string(seen_) + "\n";
    if (seen_ != 0 && seen_ != checkpoint.size)
      for (const Hash& hash : Tree(log).consistency_proof(seen_, checkpoint.size))
        body += base64(hash) + "\n";
    return body + "\n" + note;
  }
  // False: the same as we thought, so asking again is no use.
  bool take_size(const std::string& body) {
    uint64_t size = 0;
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size);
    if (error != std::errc() || end == body.data() || size == seen_) return false;
    seen_ = size;
    return true;
  }
  WitnessAnswer judge(const HttpAnswer& answer, const Checkpoint& checkpoint,
                      const std::string& note) {
    switch (answer.status) {
      case 200:
        break;
      case 403:
        return refused("it does not know this log's key: give it evidence.key.vkey");
      case 404:
        return refused("it does not know this log: give it the origin " + checkpoint.origin);
      case 409:
        return forked("what it saw last is not in this log's past");
      case 422:
        return forked("the log does not extend what it saw last (" + std::to_string(seen_) +
                      " records)");
      default:
        return refused(http_problem(answer));
    }
    WitnessAnswer good;
    good.cosignatures = key_->cosignatures(note, answer.body);
    if (good.cosignatures.empty()) return refused("its answer has no good signature of its key");
    good.ok = true;
    seen_ = checkpoint.size;
    return good;
  }

  WitnessOptions options_;
  std::optional<VerifierKey> key_;
  uint64_t seen_ = 0;  // at the first time 0: it answers with what it has
};

// Both kinds below keep files; a file once written is never another one.
std::filesystem::path note_path(const std::filesystem::path& folder, uint64_t size,
                                const char* suffix) {
  std::string number = std::to_string(size);
  number.insert(0, 20 - std::min<size_t>(20, number.size()), '0');  // in the order of names
  return folder / ("checkpoint-" + number + suffix);
}

class Directory final : public Witness {
 public:
  explicit Directory(const WitnessOptions& options) : options_(options) {}

  WitnessAnswer submit(const LogReader& log, const std::string& note) override {
    try {
      const auto checkpoint = read_checkpoint(note);
      if (!checkpoint) return refused("not a checkpoint");
      if (!std::filesystem::is_directory(options_.directory))
        return refused("there is no folder " + options_.directory.string() + ": is it mounted?");
      const std::string trouble = compare(log, *checkpoint);
      if (!trouble.empty()) return forked(trouble);
      const auto path = note_path(options_.directory, checkpoint->size, ".txt");
      if (!read_file(path, kNoteBytesMax)) replace_file(path, note, 0444);
      replace_file(options_.directory / "latest.txt", note, 0644);
      WitnessAnswer good;
      good.ok = true;
      return good;
    } catch (const std::exception& error) {
      return refused(error.what());
    }
  }

 private:
  std::string compare(const LogReader& log, const Checkpoint& checkpoint) const {
    const auto former = read_file(options_.directory / "latest.txt", kNoteBytesMax);
    if (!former) return {};
    const auto known = read_checkpoint(*former);
    if (!known || known->origin != checkpoint.origin)
      return "latest.txt is no checkpoint of this log";
    if (known->size > checkpoint.size)
      return "it has " + std::to_string(known->size) + " records, this log has " +
             std::to_string(checkpoint.size);
    if (Tree(log).root(known->size) != known->root)
      return "the log does not extend latest.txt (" + std::to_string(known->size) + " records)";
    return {};
  }
  WitnessOptions options_;
};

class Timestamp final : public Witness {
 public:
  explicit Timestamp(const WitnessOptions& options) : options_(options) {}

  WitnessAnswer submit(const LogReader&, const std::string& note) override {
    try {
      const auto checkpoint = read_checkpoint(note);
      if (!checkpoint) return refused("not a checkpoint");
      const TimestampQuery query = timestamp_query(note);
      const HttpAnswer answer =
          http_post(options_.url, "application/timestamp-query", query.der, options_.ca_file);
      if (answer.status != 200) return refused(http_problem(answer));
      uint64_t unix_s = 0;
      const std::string problem = timestamp_problem(query, answer.body, options_.ca_file, unix_s);
      if (!problem.empty()) return refused(problem);
      // The reply is about the bytes of the note, so both are kept.
      replace_file(note_path(options_.directory, checkpoint->size, ".txt"), note, 0444);
      replace_file(note_path(options_.directory, checkpoint->size, ".tsr"), answer.body, 0444);
      WitnessAnswer good;
      good.ok = true;
      return good;
    } catch (const std::exception& error) {
      return refused(error.what());
    }
  }

 private:
  WitnessOptions options_;
};

}  // namespace

std::unique_ptr<Witness> make_witness(const WitnessOptions& options) {
  switch (options.kind) {
    case WitnessOptions::Kind::Cosigner:
      return std::make_unique<Cosigner>(options);
    case WitnessOptions::Kind::Timestamp:
      return std::make_unique<Timestamp>(options);
    case WitnessOptions::Kind::Bucket:
      return make_bucket_witness(options);
    case WitnessOptions::Kind::Directory:
      break;
  }
  return std::make_unique<Directory>(options);
}

}  // namespace sallyport::evidence_log
