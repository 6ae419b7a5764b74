// witness.h: where checkpoints go off the box, so that a log that is written anew, key and all,
// does not fit what others hold.
//
//   Cosigner    a C2SP tlog-witness: POST <url>/add-checkpoint with the proof from what it saw
//   last;
//               it answers with its own signature over the checkpoint and its time
//   Directory   files that another machine, or a medium that is written once, takes away
//   Timestamp   an RFC 3161 authority: a signed time over the note
//   Bucket      objects in S3 that nobody can delete or change until their time is over (object
//   lock
//               in mode COMPLIANCE), each read back
//
// Every kind first makes sure that the log extends what the witness already has; a witness that has
// more, or something else, is the alarm this is all about.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/log.h"

namespace sallyport::evidence_log {

struct WitnessOptions {
  enum class Kind : uint8_t { Cosigner, Directory, Timestamp, Bucket };
  Kind kind = Kind::Directory;
  std::string name;  // for status and records: host or folder
  std::string url;   // Cosigner: the submission prefix; Timestamp: the service; Bucket: s3://...
  std::string vkey;  // Cosigner: its verifier key line
  std::filesystem::path directory;  // Directory; Timestamp: where replies are kept
  std::filesystem::path ca_file;    // empty: the system's
  std::string endpoint;             // Bucket, as the next ones
  std::string region = "us-east-1";
  uint64_t retain_days = 0;
  std::filesystem::path secret_file;  // read for each checkpoint: it may be replaced
};

struct WitnessAnswer {
  bool ok = false;
  bool conflict = false;     // what the witness holds is not in this log's past: somebody forked it
  std::string cosignatures;  // lines, judged
  std::string problem;       // when not ok
};

class Witness {
 public:
  virtual ~Witness() = default;
  // Hands over the checkpoint of `note`. Blocks for kPostSecondsMax at most per call. Throws
  // nothing but std::bad_alloc.
  virtual WitnessAnswer submit(const LogReader& log, const std::string& note) = 0;
};

// Throws std::runtime_error for options that cannot work (a key line that is none).
std::unique_ptr<Witness> make_witness(const WitnessOptions& options);
std::unique_ptr<Witness> make_bucket_witness(const WitnessOptions& options);

}  // namespace sallyport::evidence_log
