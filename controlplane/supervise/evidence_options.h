// evidence_options.h: the part `evidence` of sallyport.yaml: retention, witnesses, and where the
// key is that signs checkpoints. docs/evidence.md 3.3 has it with examples.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/evidence/drain/retention.h"
#include "controlplane/evidence/log/signing_key.h"
#include "controlplane/evidence/witness/witness.h"

namespace sallyport::supervise {

struct EvidenceOptions {
  evidence_log::RetentionPolicy retention;
  std::vector<evidence_log::WitnessOptions> witnesses;
  std::optional<evidence_log::TokenKeyOptions> token;
  uint64_t witness_interval_ms = 60'000;
};

// Without the file, or without `evidence` in it: the defaults. Nothing: `error` says what is wrong,
// where, and the way out. `state_dir` is where replies of a timestamp authority are kept.
std::optional<EvidenceOptions> read_evidence_options(const std::filesystem::path& config,
                                                     const std::filesystem::path& state_dir,
                                                     std::string& error);

}  // namespace sallyport::supervise
