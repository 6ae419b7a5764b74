// export.h: the log, or a range of it, as plain files that anybody can check (export_layout.h).
//
// All or nothing: the files are written into a hidden folder beside the wanted one, synced, and
// renamed into place as the last step. What a killed export leaves is taken away by the next one.
// Limits  two exports to the same place at once: the second is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "controlplane/evidence/log/log.h"

namespace sallyport::evidence_log {

// The wanted folder cannot become an export; the text says why, next() what to do.
class ExportRefused : public std::runtime_error {
 public:
  ExportRefused(const std::string& why, std::string next)
      : std::runtime_error(why), next_(std::move(next)) {}
  const std::string& next() const { return next_; }

 private:
  std::string next_;
};

struct ExportOptions {
  std::string vkey;              // signed the newest checkpoint, or the export is refused
  std::filesystem::path folder;  // new, or empty
  // Records wanted; widened to whole bundles of kTileWidth, and cut at the newest checkpoint.
  uint64_t from = 0;
  uint64_t to = kNoIndex;
  std::string software;  // e.g. "sallyctl 1.0.0"
  std::string made_by;   // who asked
  std::string made_at;   // RFC 3339
  // Called now and then with records done and records in all.
  std::function<void(uint64_t, uint64_t)> progress = {};
};

struct ExportResult {
  nlohmann::json manifest;      // as in MANIFEST.json
  std::string manifest_sha256;  // pins the whole export
  uint64_t bytes = 0;
};

// Throws ExportRefused (folder, checkpoint, key), StoreError, std::runtime_error (I/O).
ExportResult export_log(const LogReader& log, const ExportOptions& options);

}  // namespace sallyport::evidence_log
