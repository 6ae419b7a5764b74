// control_record.h: a record that the control plane makes: who did what, to what, and what came of
// it. docs/evidence.md 2.5 has the actions and fields that are in use.
//
// Texts and fields are made safe here (contract/record_text.h): a word that could be data instead
// of a name becomes "withheld", whoever wrote it. A kind, result, action or field name that does
// not exist is our own mistake and ends the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/contract/evidence_record.h"
#include "dataplane/contract/request_id.h"

namespace sallyport::evidence_log {

struct ControlRecord {
  contract::RecordKind kind = contract::RecordKind::Administration;  // Administration or greater
  std::string action;  // fixed code: lower-case letters, digits, '_'
  std::string actor;
  std::string tenant = {};
  std::string object = {};
  std::string result = "ok";  // "ok", "denied", "failed", "deferred", "intended"
  std::string reason = {};
  std::string ticket = {};
  std::string detail = {};
  contract::Digest before{};
  contract::Digest after{};
  contract::RequestId request_id{};
  uint64_t count = 0;
  uint64_t from = 0;
  uint64_t to = 0;
  // Names of contract::kControlFields; one name may come several times. What is more than
  // kControlFieldsMax is dropped, and the last field kept says so.
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::vector<contract::SubjectId> subjects = {};  // keyed pseudonyms; the first kSubjectsMax
};

// The record's bytes. One content has one string of bytes.
std::vector<uint8_t> control_record_bytes(const ControlRecord& record, uint64_t wall_ns,
                                          uint64_t monotonic_ns);

// `text` as a record keeps it: at most `bytes_max` printable characters, unsafe words replaced.
std::string safe_record_text(std::string_view text, size_t bytes_max, contract::TextRule rule);

// "admitted", "policy", ...; "unknown_<n>" for a number that this version does not know.
std::string kind_name(uint64_t kind);
// The evidence code that auditors know: REQ, EGR, TLS, RST, ADM, POL, TST, CFG, KEY, RET, DSR, ACC,
// CHK.
std::string_view evidence_code(uint64_t kind);
// "2026-11-25T22:00:00Z", for fields of times.
std::string utc_text(uint64_t unix_seconds);

// The clock's word about itself, as every record carries it.
contract::ClockState clock_state();

}  // namespace sallyport::evidence_log
