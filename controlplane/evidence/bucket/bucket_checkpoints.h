// bucket_checkpoints.h: checkpoints in a bucket with object lock, as a witness keeps them and as
// `evidence verify` reads them back.
//
//   PREFIX/ORIGIN/checkpoints/SIZE-ROOT.txt     size in 20 digits, root in hex: in the order of
//   sizes,
//                                               and a list of names alone tells a fork
//
// Every version counts, not the newest: who has the bucket's credential may put another one over
// it, but nobody can take a locked version away.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "controlplane/evidence/bucket/s3_bucket.h"
#include "controlplane/evidence/log/checkpoint.h"

namespace sallyport::evidence_log {

struct BucketPlace {
  std::string bucket;
  std::string prefix;  // without a slash at its end; may be empty
};
// "s3://BUCKET/PREFIX". Throws std::runtime_error for what is none.
BucketPlace bucket_place(const std::string& url);

// The file with the lines "access_key_id ..." and "secret_access_key ...".
// Throws std::runtime_error that names the file and the way out, when it is not there, is not for
// its owner alone, or says something else.
S3Secret read_s3_secret(const std::filesystem::path& path);

struct BucketCheckpoint {
  uint64_t size = 0;
  Hash root{};
  std::string key;
  std::string version;
};
std::string checkpoint_key(const std::string& prefix, const Checkpoint& checkpoint);
// Of one log, by size. Throws S3Error.
std::vector<BucketCheckpoint> checkpoints_in(S3Bucket& bucket, const std::string& prefix,
                                             const std::string& origin);

}  // namespace sallyport::evidence_log
