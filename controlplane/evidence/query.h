// query.h: what an operator or an auditor asks of the log, as JSON values for sallyctl and the
// admin socket.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "controlplane/evidence/log.h"

namespace sallyport::evidence_log {

struct ListFilter {
  std::string tenant = {};  // empty = any, as for the next four
  std::string principal = {};
  std::string vendor = {};
  std::string outcome = {};
  std::string kind = {};  // of the listed object, or "completed", "interrupted" of an exchange
  uint64_t from_wall_ns = 0;
  uint64_t to_wall_ns = ~0ULL;
  size_t limit = 100;  // newest first; 0 = all
};

// One object per record: {"index","kind","request_id","time",...}. Stable field names;
// docs/evidence.
nlohmann::json record_json(uint64_t index, std::span<const uint8_t> record);
// One object per exchange (admitted and verdict joined), refusal, note or aggregate. Newest first.
nlohmann::json list(const LogReader& log, const ListFilter& filter);
// The exchange as list() gives it, with "inclusion" and "verdict_inclusion": {index, leaf, proof,
// size, root, checkpoint}, null while no checkpoint covers the record. A refusal has "inclusion"
// only. Null when unknown; text that is no request id gives null too.
nlohmann::json show(const LogReader& log, std::string_view request_id);

struct VerifyOptions {
  std::optional<std::string> vkey;  // trusted key line; without it signatures are not judged
  std::optional<std::string>
      known_checkpoint;  // an older note (from elsewhere): must be extended by this log
};
struct VerifyReport {
  bool ok = false;
  uint64_t records = 0;
  uint64_t exchanges = 0;  // admitted
  uint64_t open = 0;       // admitted, still running
  uint64_t interrupted = 0;
  uint64_t gaps = 0;    // Gap records: explicit, not an error of the log
  uint64_t pruned = 0;  // content removed by a retention run that the log names
  uint64_t checkpoints = 0;
  uint64_t after_checkpoint = 0;  // records newer than the newest checkpoint
  bool signatures_checked = false;
  std::string root;                   // base64
  std::vector<std::string> problems;  // first 100
  nlohmann::json json() const;
};
// Record bytes, leaf hashes, tiles, roots of all checkpoints, signatures, sequences per ring,
// exactly one verdict per admitted exchange, indexes. Never throws for a damaged store: that is a
// problem in the report.
VerifyReport verify(const LogReader& log, const VerifyOptions& options);

// Plain files for somebody without our software: checkpoint, vkey, log.pub.pem, tile/...,
// records/<index>.bin, records.jsonl, leaves.sha256, checkpoints/, MANIFEST.json, SHA256SUMS,
// HOWTO.txt. The tree is that of the newest checkpoint; records behind it wait for the next export.
// Returns the manifest. Throws std::exception on I/O errors, when the folder is not empty, when
// there is no checkpoint yet or `vkey` did not sign it.
nlohmann::json export_plain(const LogReader& log, const std::string& vkey,
                            const std::filesystem::path& folder, uint64_t from = 0,
                            uint64_t to = kNoIndex);

}  // namespace sallyport::evidence_log
