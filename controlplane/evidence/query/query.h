// query.h: what an operator or an auditor asks of the log, as JSON values for sallyctl and the
// admin socket.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/evidence/log/log.h"

namespace sallyport::evidence_log {

// By number (contract::Outcome). A released name never changes.
inline constexpr std::array<std::string_view, 17> kOutcomeNames{"none",
                                                                "served",
                                                                "blocked",
                                                                "blocked_midstream",
                                                                "refused_policy",
                                                                "refused_request",
                                                                "refused_identity",
                                                                "refused_overload",
                                                                "refused_evidence",
                                                                "refused_not_ready",
                                                                "upstream_failed",
                                                                "upstream_identity",
                                                                "upstream_timeout",
                                                                "client_gone",
                                                                "truncated",
                                                                "interrupted",
                                                                "failed"};
inline constexpr std::string_view kOpenOutcome = "open";  // of an exchange without a verdict

struct ListFilter {
  std::string tenant = {};  // empty = any, as for the next ones
  std::string principal = {};
  std::string vendor = {};
  std::string outcome = {};
  // Of the listed object ("exchange", "policy"), "completed" or "interrupted" of an exchange, or an
  // evidence code ("REQ", "ADM"); several with commas.
  std::string kind = {};
  uint64_t from_wall_ns = 0;
  uint64_t to_wall_ns = ~0ULL;  // inclusive
  size_t limit = 100;           // 0 = all
  uint64_t before = kNoIndex;   // list(): only what lies before this index
  std::string entity = {};      // detected or restored
  std::string action = {};      // of a detection, or of a record of the control plane
  std::string request_id = {};
};

// RFC 3339, UTC, nanoseconds.
std::string utc_text_ns(uint64_t wall_ns);
// One object per record: {"index","kind","request_id","time",...}. Stable field names;
// docs/evidence.
nlohmann::json record_json(uint64_t index, std::span<const uint8_t> record);
// One object per exchange (admitted and verdict joined), refusal, note or aggregate. Newest first.
// "index" of the last one is the next `before`.
nlohmann::json list(const LogReader& log, const ListFilter& filter);
using RowVisitor = std::function<bool(nlohmann::json&& row)>;  // false: enough
// The same objects for the records [from, to), oldest first. What lies at `to` and behind is not
// there: an exchange whose verdict does is open. Says how many records are pruned. `filter.limit`
// is the visitor's business.
uint64_t each_row(const LogReader& log, const ListFilter& filter, uint64_t from, uint64_t to,
                  const RowVisitor& visit);
// The records themselves, one by one, oldest first. A verdict is of its request's tenant,
// principal and vendor.
void each_record(const LogReader& log, const ListFilter& filter, uint64_t from, uint64_t to,
                 const RowVisitor& visit);
// The exchange as list() gives it, with "inclusion" and "verdict_inclusion": {index, leaf, proof,
// size, root, checkpoint}, null while no checkpoint covers the record. A refusal has "inclusion"
// only. Null when unknown; text that is no request id gives null too.
nlohmann::json show(const LogReader& log, std::string_view request_id);

// What a witness keeps of this log. With the note its signature is judged too.
struct WitnessedCheckpoint {
  std::string witness;
  uint64_t size = 0;
  Hash root{};
  std::string note = {};
};
struct VerifyOptions {
  std::optional<std::string> vkey;  // trusted key line; without it signatures are not judged
  std::optional<std::string>
      known_checkpoint;  // an older note (from elsewhere): must be extended by this log
  std::vector<std::string> witnesses = {};  // key lines; each must have cosigned a kept checkpoint
  std::vector<std::string> places = {};     // witnesses that must have some of `witnessed`
  std::vector<WitnessedCheckpoint> witnessed = {};  // each must be of this log's history
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
  uint64_t cosignatures = 0;      // of the given witnesses, over kept checkpoints
  uint64_t witnessed = 0;         // checkpoints of `witnessed`
  uint64_t witnessed_size = 0;    // the largest of them
  uint64_t after_checkpoint = 0;  // records newer than the newest checkpoint
  uint64_t keys = 0;  // that signed this log, one after the other; 0 when none was given
  bool signatures_checked = false;
  std::string root;                   // base64
  std::vector<std::string> problems;  // first 100
  nlohmann::json json() const;
};
// Record bytes, leaf hashes, tiles, roots of all checkpoints, signatures, sequences per ring,
// exactly one verdict per admitted exchange, indexes. Never throws for a damaged store: that is a
// problem in the report.
VerifyReport verify(const LogReader& log, const VerifyOptions& options);

}  // namespace sallyport::evidence_log
