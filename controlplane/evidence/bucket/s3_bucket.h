// s3_bucket.h: the few S3 calls that an evidence bucket needs, over libcurl.
//
// What the store may not do is not believed but looked at: object lock is asked for before the
// first upload, and each upload must come back with a version id. Names are never reused and no
// conditional create is relied on: some servers accept If-None-Match and ignore it.
// Owner  one thread. Secrets are in memory as long as the object; no message holds them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "controlplane/evidence/bucket/s3_signature.h"

namespace sallyport::evidence_log {

// What the server or the network said. status() is the HTTP status; 0: no answer at all.
class S3Error : public std::runtime_error {
 public:
  S3Error(const std::string& what, long http_status, std::string code)
      : std::runtime_error(what), status_(http_status), code_(std::move(code)) {}
  long status() const { return status_; }
  const std::string& code() const { return code_; }  // "AccessDenied", ...; may be empty
  bool denied() const { return status_ == 401 || status_ == 403; }

 private:
  long status_;
  std::string code_;
};

struct S3Options {
  std::string endpoint;  // "https://s3.example.com", "http://127.0.0.1:8000": path style
  std::string region = "us-east-1";
  std::string bucket;
  S3Secret secret;
  std::filesystem::path ca_file = {};  // empty: the system's
  long timeout_s = 120;                // without a byte moved
};

// Until when nobody, root of the bucket included, may delete or shorten.
struct S3Lock {
  std::string retain_until;  // "2027-12-31T00:00:00Z"; empty: no retention
  bool legal_hold = false;
};

inline constexpr uint64_t kS3ObjectBytesMax = 5ULL << 30;  // of one PUT

// One version of an object: its name behind the folder that was asked for.
struct S3Version {
  std::string name;
  std::string version;
};

class S3Bucket {
 public:
  explicit S3Bucket(S3Options options);
  ~S3Bucket();
  S3Bucket(const S3Bucket&) = delete;
  S3Bucket& operator=(const S3Bucket&) = delete;

  // Whether the bucket was made with object lock.
  bool has_object_lock();
  // Uploads the file: the version id. Throws S3Error, also when the answer has no version id.
  std::string put(const std::string& key, const std::filesystem::path& file, const S3Lock& lock);
  std::string put_bytes(const std::string& key, const std::string& bytes, const S3Lock& lock);
  std::string get(const std::string& key, const std::string& version);
  // "COMPLIANCE <until>" as the server says it, empty when there is none.
  std::string retention(const std::string& key, const std::string& version);
  // All versions of what lies in a folder (its name ends with a slash), by name; folders in it are
  // left out.
  std::vector<S3Version> versions(const std::string& folder);
  void set_legal_hold(const std::string& key, const std::string& version, bool on);
  void remove(const std::string& key, const std::string& version);

 private:
  struct Answer {
    long status = 0;
    std::string body;
    std::map<std::string, std::string> headers;  // lower-case names
  };
  struct Upload;
  Answer call(const std::string& method, const std::string& key,
              std::map<std::string, std::string> query, std::map<std::string, std::string> headers,
              Upload* upload);
  std::string put_upload(const std::string& key, Upload& upload, const S3Lock& lock);
  void refuse(const std::string& what, const Answer& answer) const;

  S3Options options_;
  std::string host_;
  void* curl_ = nullptr;  // CURL, kept for its connection
};

}  // namespace sallyport::evidence_log
