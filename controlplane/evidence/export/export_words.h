// export_words.h: the readable half of an export: rows of records.jsonl and records.csv, HOWTO.txt.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/evidence/log/merkle.h"

namespace sallyport::evidence_log {

// record_json() and "leaf" (hex). For a pruned record, whose bytes are gone, index, kind and leaf.
nlohmann::json export_row(uint64_t index, std::span<const uint8_t> record, const Hash& leaf);
// Lines end with a return and a newline (RFC 4180); all cells are made harmless (csv_cell).
std::string csv_head();
std::string csv_row(const nlohmann::json& row);

extern const std::string_view kExportHowTo;

}  // namespace sallyport::evidence_log
