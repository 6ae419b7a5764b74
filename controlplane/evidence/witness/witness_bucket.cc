// witness_bucket.cc: the witness of kind Bucket.
#include "controlplane/evidence/bucket/bucket_checkpoints.h"
#include "controlplane/evidence/log/clock.h"
#include "controlplane/evidence/log/control_record.h"
#include "controlplane/evidence/witness/witness.h"

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kSecondsPerDay = 86'400;
constexpr long kAnswerSecondsMax = 20;  // without a byte moved: other witnesses wait meanwhile

class BucketWitness final : public Witness {
 public:
  explicit BucketWitness(const WitnessOptions& options)
      : options_(options), place_(bucket_place(options.url)) {}

  WitnessAnswer submit(const LogReader& log, const std::string& note) override {
    WitnessAnswer answer;
    try {
      const auto checkpoint = read_checkpoint(note);
      if (!checkpoint) throw std::runtime_error("not a checkpoint");
      S3Bucket bucket(s3_options());
      look_once(bucket, checkpoint->origin);
      answer.problem = compare(log, *checkpoint);
      answer.conflict = !answer.problem.empty();
      if (answer.conflict) return answer;
      put(bucket, *checkpoint, note);
      newest_ = {checkpoint->size, checkpoint->root, {}, {}};
      answer.ok = true;
    } catch (const std::exception& error) {
      answer.problem = error.what();
    }
    return answer;
  }

 private:
  S3Options s3_options() const {
    S3Options s3;
    s3.endpoint = options_.endpoint;
    s3.region = options_.region;
    s3.bucket = place_.bucket;
    s3.secret = read_s3_secret(options_.secret_file);
    s3.ca_file = options_.ca_file;
    s3.timeout_s = kAnswerSecondsMax;
    return s3;
  }
  // After a start: what the bucket is, and what is in it already.
  void look_once(S3Bucket& bucket, const std::string& origin) {
    if (looked_) return;
    if (!bucket.has_object_lock())
      throw std::runtime_error("the bucket " + place_.bucket +
                               " was made without object lock: what is in it can be deleted");
    const auto there = checkpoints_in(bucket, place_.prefix, origin);
    if (!there.empty()) newest_ = there.back();
    looked_ = true;
  }
  std::string compare(const LogReader& log, const Checkpoint& checkpoint) const {
    if (newest_.size > checkpoint.size)
      return "it has " + std::to_string(newest_.size) + " records, this log has " +
             std::to_string(checkpoint.size);
    if (newest_.size != 0 && Tree(log).root(newest_.size) != newest_.root)
      return "the log does not extend what it has (" + std::to_string(newest_.size) + " records)";
    return {};
  }
  // Some servers take the headers of a lock and do nothing.
  void put(S3Bucket& bucket, const Checkpoint& checkpoint, const std::string& note) const {
    const uint64_t until =
        clock_ns(CLOCK_REALTIME) / 1'000'000'000 + options_.retain_days * kSecondsPerDay;
    const S3Lock lock{utc_text(until), false};
    const std::string key = checkpoint_key(place_.prefix, checkpoint);
    const std::string version = bucket.put_bytes(key, note, lock);
    if (bucket.get(key, version) != note)
      throw std::runtime_error("the bucket gives back another checkpoint than it was given");
    const std::string kept = bucket.retention(key, version);
    if (!kept.starts_with("COMPLIANCE ") || kept.substr(11, 10) < lock.retain_until.substr(0, 10))
      throw std::runtime_error("the bucket does not keep the lock that was asked for");
  }

  WitnessOptions options_;
  BucketPlace place_;
  bool looked_ = false;
  BucketCheckpoint newest_;
};

}  // namespace

std::unique_ptr<Witness> make_bucket_witness(const WitnessOptions& options) {
  return std::make_unique<BucketWitness>(options);
}

}  // namespace sallyport::evidence_log
