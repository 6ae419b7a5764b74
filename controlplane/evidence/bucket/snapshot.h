// snapshot.h: what is new in the log since the last snapshot, as an export in the evidence bucket.
//
// The bucket is a folder (a mount that somebody else owns) or an S3 bucket with object lock. Each
// snapshot begins where the one before ended, so nothing falls between two days, and each has a
// name that was never used: ORIGIN/DAY/SIZE-HASH/... It counts when RECEIPT.json is there, which is
// written last; objects of a run that was killed before stay, locked, and say nothing.
// What was sent to a bucket is remembered in <state>/sent.jsonl, so that a legal hold finds the
// objects of every snapshot again: their versions are in the receipts, which lie in the bucket.
// Owner  one run at a time per state folder.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/evidence/bucket/s3_bucket.h"
#include "controlplane/evidence/export/export.h"

namespace sallyport::evidence_log {

struct SnapshotOptions {
  ExportOptions with;           // folder, from and to are the snapshot's own business
  std::string destination;      // "s3://bucket/prefix" or a folder: names it in the state
  std::filesystem::path state;  // folder of what was sent, and of the work in between
  std::string day;              // "2026-11-25"
  S3Lock lock;
  nlohmann::json place = nlohmann::json::object();  // of the bucket: remembered with what was sent
  bool whole = false;  // from the first record, whatever was sent before
  std::function<void(uint64_t, uint64_t)> progress = {};  // objects done, objects in all
};

// The receipt: {"origin","day","from","to","size","root","manifest_sha256","destination","objects":
// [{"name","version","bytes"}],"retain_until","legal_hold"}. Throws S3Error, ExportRefused,
// std::runtime_error.
nlohmann::json snapshot_to_folder(const LogReader& log, const SnapshotOptions& options,
                                  const std::filesystem::path& folder);
nlohmann::json snapshot_to_bucket(const LogReader& log, const SnapshotOptions& options,
                                  S3Bucket& bucket, const std::string& prefix);

// One snapshot in a bucket: {"destination","base","receipt_version","legal_hold"} and what
// SnapshotOptions::place said.
std::vector<nlohmann::json> sent_snapshots(const std::filesystem::path& state);

// Legal hold on, or off, for every object of a snapshot that was sent, its receipt included: how
// many. The lock of its retention is not touched. Throws S3Error, std::runtime_error for a receipt
// that is none.
uint64_t set_snapshot_hold(S3Bucket& bucket, const nlohmann::json& sent, bool on);

}  // namespace sallyport::evidence_log
