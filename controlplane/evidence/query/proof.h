// proof.h: proofs that somebody takes away: a record is in the log; one checkpoint extends another.
//
// Text forms are C2SP's: c2sp.org/tlog-proof@v1 for inclusion, and the body of tlog-witness
// add-checkpoint ("old SIZE", hashes, the newer checkpoint) for consistency. docs/auditors.md.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "controlplane/evidence/log/log.h"

namespace sallyport::evidence_log {

// The checkpoint is not one of this log, or does not cover the record. The answer is no.
class NoProof : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The kept note of exactly this size.
std::optional<std::string> kept_checkpoint(const LogReader& log, uint64_t size);
// {"index","leaf","size","root","proof","checkpoint","text"}; hashes in base64. Throws NoProof.
nlohmann::json prove_inclusion(const LogReader& log, uint64_t index, const std::string& note);
// {"old_size","old_root","size","root","proof","checkpoint","text"}. Throws NoProof.
nlohmann::json prove_consistency(const LogReader& log, const std::string& old_note,
                                 const std::string& new_note);

}  // namespace sallyport::evidence_log
